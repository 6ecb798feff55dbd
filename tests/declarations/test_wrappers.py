"""Every wrapper that Django ships, above and below the decorator: no declaration is lost."""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any

import django
import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.contrib.auth.decorators import (
    login_not_required,
    login_required,
    permission_required,
    user_passes_test,
)
from django.contrib.auth.models import AnonymousUser
from django.db import transaction
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.utils.decorators import (
    decorator_from_middleware,
    method_decorator,
)
from django.views import View
from django.views.decorators import cache, clickjacking, common, csrf, debug, gzip, http, vary

from cors_views import cors_allow
from tests.tables import ORIGIN, Sender, cors_headers, urlconf

APP = "https://app.example"
allow_app = cors_allow(origins=[APP])

Decorator = Callable[[Any], Any]


def user(view: Any) -> Any:
    """Give requests a user, as AuthenticationMiddleware does, around wrappers that ask for one."""

    if iscoroutinefunction(view):

        @functools.wraps(view)
        async def awrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
            request.user = AnonymousUser()
            request.auser = sync_to_async(AnonymousUser)
            return await view(request, *args, **kwargs)

        return awrapper

    @functools.wraps(view)
    def wrapper(request: Any, *args: Any, **kwargs: Any) -> Any:
        request.user = AnonymousUser()
        return view(request, *args, **kwargs)

    return wrapper


class NoMiddleware:
    def __init__(self, get_response: Any) -> None:
        self.get_response = get_response


DJANGO: dict[str, Decorator] = {
    "csrf_exempt": csrf.csrf_exempt,
    "csrf_protect": csrf.csrf_protect,
    "ensure_csrf_cookie": csrf.ensure_csrf_cookie,
    "requires_csrf_token": csrf.requires_csrf_token,
    "login_not_required": login_not_required,
    "login_required": lambda view: user(login_required(view)),
    "permission_required": lambda view: user(permission_required("auth.add_user")(view)),
    "user_passes_test": lambda view: user(user_passes_test(lambda user: True)(view)),
    "cache_page": cache.cache_page(60),
    "never_cache": cache.never_cache,
    "cache_control": cache.cache_control(private=True),
    "gzip_page": gzip.gzip_page,
    "conditional_page": http.conditional_page,
    "require_http_methods": http.require_http_methods(["GET", "OPTIONS"]),
    "require_GET": http.require_GET,
    "require_safe": http.require_safe,
    "etag": http.etag(lambda request: "etag"),
    "last_modified": http.last_modified(lambda request: None),
    "vary_on_headers": vary.vary_on_headers("Accept"),
    "vary_on_cookie": vary.vary_on_cookie,
    "sensitive_post_parameters": debug.sensitive_post_parameters(),
    "sensitive_variables": debug.sensitive_variables(),
    "xframe_options_exempt": clickjacking.xframe_options_exempt,
    "xframe_options_deny": clickjacking.xframe_options_deny,
    "xframe_options_sameorigin": clickjacking.xframe_options_sameorigin,
    "no_append_slash": common.no_append_slash,
    "decorator_from_middleware": decorator_from_middleware(NoMiddleware),
    "transaction.atomic": transaction.atomic,
    "transaction.non_atomic_requests": transaction.non_atomic_requests,
    "functools.partial": functools.partial,
    "functools.lru_cache": functools.lru_cache,
    "sync_to_async": sync_to_async,
    "to async and back": lambda view: async_to_sync(sync_to_async(view)),
}
if django.VERSION >= (6, 0):
    from django.views.decorators import csp

    DJANGO["csp_override"] = csp.csp_override({"default-src": ["'self'"]})
    DJANGO["csp_report_only_override"] = csp.csp_report_only_override({"default-src": []})

#: What Django itself cannot put around an async view.
SYNC_ONLY = {
    "decorator_from_middleware",
    "gzip_page",
    "transaction.atomic",
    "functools.lru_cache",
    "sync_to_async",
    "to async and back",
    "conditional_page",
    "requires_csrf_token",
    "ensure_csrf_cookie",
    "csrf_protect",
    "cache_page",
    "etag",
    "last_modified",
    "sensitive_variables",
}


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


async def aanswer(request: Any) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("answer")


def admitted(send: Sender, view: Any) -> tuple[bool, bool]:
    """Return whether APP is admitted by the preflight and on the answer, and nobody else is."""
    cached = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}
    with override_settings(CACHES=cached), urlconf(path("v/", view)):
        other = send.actual("/v/", "https://other.example")
        assert other.status_code in (200, 302)
        assert ORIGIN not in other
        assert "origin" in cors_headers(other)["vary"]
        return (
            cors_headers(send.preflight("/v/", APP, "GET")).get(ORIGIN) == APP,
            cors_headers(send.actual("/v/", APP)).get(ORIGIN) == APP,
        )


@pytest.mark.django_db
@pytest.mark.parametrize("name", DJANGO)
@pytest.mark.parametrize("place", ["above", "below"])
def test_around_a_function_view(send: Sender, name: str, place: str) -> None:
    wrap = DJANGO[name]

    view = wrap(allow_app(answer)) if place == "above" else allow_app(wrap(answer))

    assert admitted(send, view) == (True, True)


@pytest.mark.parametrize("name", sorted(DJANGO.keys() - SYNC_ONLY))
@pytest.mark.parametrize("place", ["above", "below"])
def test_around_an_async_function_view(send: Sender, name: str, place: str) -> None:
    wrap = DJANGO[name]

    view = wrap(allow_app(aanswer)) if place == "above" else allow_app(wrap(aanswer))

    assert admitted(send, view) == (True, True)


NOT_FOR_METHODS = {"functools.partial", "functools.lru_cache", "sync_to_async", "to async and back"}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted(DJANGO.keys() - NOT_FOR_METHODS))
@pytest.mark.parametrize("place", ["above", "below"])
@pytest.mark.parametrize("where", ["dispatch", "get", "as_view"])
def test_around_a_class_based_view(send: Sender, name: str, place: str, where: str) -> None:
    class Reader(View):
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse("get")

    stack = [DJANGO[name], allow_app] if place == "above" else [allow_app, DJANGO[name]]
    if where == "as_view":
        view = stack[0](stack[1](Reader.as_view()))
    else:
        view = method_decorator(stack, name=where)(Reader).as_view()

    assert admitted(send, view) == (True, True)


def test_async_only_wrappers_keep_a_declaration(send: Sender) -> None:
    def async_only(view: Any) -> Any:
        @functools.wraps(view)
        async def wrapper(request: Any) -> Any:
            return await view(request)

        return wrapper

    assert admitted(send, async_only(allow_app(aanswer))) == (True, True)
    assert admitted(send, allow_app(async_only(aanswer))) == (True, True)


def _bound_late() -> tuple[Callable[..., Any], Callable[[], None]]:
    """Return a view that answers what its closure holds, and what changes that."""
    answers = "before"

    def view(request: Any) -> str:
        return answers

    def change() -> None:
        nonlocal answers
        answers = "after"

    return view, change


def test_that_a_decorated_view_takes_what_it_took_before() -> None:
    def view(request: Any, pk: int = 1, *rest: int, page: int = 2, **more: int) -> tuple[Any, ...]:
        return (pk, rest, page, more)

    decorated = allow_app(view)

    assert decorated("request") == (1, (), 2, {})
    assert decorated("request", 3, 4, page=5, size=6) == (3, (4,), 5, {"size": 6})


def test_that_a_decorated_view_shares_its_closure() -> None:
    view, change = _bound_late()
    decorated = allow_app(view)

    change()

    assert (view("request"), decorated("request")) == ("after", "after")


def test_that_a_view_stays_undeclared_where_it_stands_undecorated(send: Sender) -> None:
    def view(request: Any) -> HttpResponse:
        return HttpResponse()

    with urlconf(path("declared/", allow_app(view)), path("plain/", view)):
        assert cors_headers(send.actual("/declared/", APP)).get(ORIGIN) == APP
        assert ORIGIN not in cors_headers(send.actual("/plain/", APP))


def test_that_an_async_view_stays_one() -> None:
    decorated = allow_app(aanswer)

    assert iscoroutinefunction(decorated)
    assert iscoroutinefunction(functools.partial(decorated))
