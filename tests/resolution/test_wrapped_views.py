"""What stands behind a URLconf entry, whatever wraps it."""

from __future__ import annotations

import functools
from typing import Any

import pytest
from django.contrib.syndication.views import Feed
from django.http import HttpResponse
from django.urls import path
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from cors_views import cors_allow
from cors_views.resolution.wrapped_views import inspect_view
from tests.tables import ORIGIN, Sender, assert_cors_headers, urlconf

APP = "https://app.example"
ADMITTED = {ORIGIN: APP, "vary": "origin"}
allow_app = cors_allow(origins=[APP])


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Reader(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")


class Writer(Reader):
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")

    # Not a handler: nothing can be dispatched to it.
    put = None


class Shown(Reader):
    """A handler that only an instance has."""

    @property
    def post(self) -> Any:
        return self.get


class NoHead(Reader):
    http_method_names = ["get", "options"]


# name -> (callback, handlers by method)
HANDLERS: dict[str, tuple[Any, dict[str, str] | None]] = {
    "a function": (answer, None),
    "a partial of a function": (functools.partial(answer), None),
    "a class": (Reader.as_view(), {"GET": "get", "HEAD": "get", "OPTIONS": "options"}),
    "a class with more, and an attribute that is no handler": (
        Writer.as_view(),
        {"GET": "get", "HEAD": "get", "OPTIONS": "options", "POST": "post"},
    ),
    "a handler that is a property": (
        Shown.as_view(),
        {"GET": "get", "HEAD": "get", "OPTIONS": "options", "POST": "post"},
    ),
    "a class without HEAD": (NoHead.as_view(), {"GET": "get", "OPTIONS": "options"}),
    "as_view(http_method_names=...)": (
        Writer.as_view(http_method_names=["post"]),
        {"POST": "post"},
    ),
    "a class behind decorators": (
        csrf_exempt(never_cache(NoHead.as_view())),
        {"GET": "get", "OPTIONS": "options"},
    ),
    "a class behind a partial": (
        functools.partial(NoHead.as_view()),
        {"GET": "get", "OPTIONS": "options"},
    ),
}


@pytest.mark.parametrize("name", HANDLERS)
def test_the_methods_that_a_view_implements(name: str) -> None:
    callback, expected = HANDLERS[name]

    assert inspect_view(callback).handlers == expected


@allow_app
class News(Feed):
    """A callable instance: there is no function to decorate."""

    title = "News"
    link = "/news/"

    def items(self) -> list[str]:
        return []


class CalledByHand:
    @allow_app
    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse("called")


class Site:
    """Views as bound methods, as admin sites have them."""

    @allow_app
    def marked(self, request: Any) -> HttpResponse:
        return HttpResponse("marked")

    def plain(self, request: Any) -> HttpResponse:
        return HttpResponse("plain")


def closure(view: Any) -> Any:
    """Wrap without copying anything but the way inwards."""

    def wrapper(request: Any) -> HttpResponse:
        return view(request)

    wrapper.__wrapped__ = view  # type: ignore[attr-defined]
    return wrapper


@allow_app
class Delegating:
    """A callable instance that keeps what looks like the class of a view."""

    cls = dict

    def __init__(self, view_class: Any = None) -> None:
        self.view_class = view_class

    def __call__(self, request: Any) -> HttpResponse:
        return self.view_class.as_view()(request) if self.view_class else answer(request)


class Unmarked:
    def __call__(self, request: Any) -> HttpResponse:
        return answer(request)


@allow_app
class Wrapping:
    """A decorator that is a class, and copies what it wraps."""

    def __init__(self, view: Any) -> None:
        self.view = view
        functools.update_wrapper(self, view, ())

    def __call__(self, request: Any) -> HttpResponse:
        return self.view(request)


UNUSUAL = {
    "a marked class whose instances have some class at hand": Delegating(),
    "a marked class whose instances stand in for a view": Delegating(Reader),
    "a marked class of callable instances": CalledByHand(),
    "a marked bound method": Site().marked,
    "a bound method, marked in the URLconf": allow_app(Site().plain),
    "a marked class without as_view()": allow_app(type("Direct", (HttpResponse,), {})),
    "the child of a marked class without as_view()": type(
        "Child", (allow_app(type("Direct", (HttpResponse,), {})),), {}
    ),
    "a marked class whose instances wrap a function": Wrapping(answer),
    "such an instance inside of a partial": functools.partial(Wrapping(answer)),
    "such an instance around another callable instance": Wrapping(Unmarked()),
    "a wrapper that copies nothing but the way inwards": closure(allow_app(answer)),
    "a class below such a wrapper": closure(allow_app(type("V", (Reader,), {})).as_view()),
    "a partial of a partial": functools.partial(functools.partial(allow_app(answer))),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_a_declaration_is_found_wherever_it_hides(send: Sender, name: str) -> None:
    with urlconf(path("v/", UNUSUAL[name])):
        response = send.actual("/v/", APP)

    assert response.status_code == 200
    assert_cors_headers(response, ADMITTED)


def test_a_marked_feed(send: Sender) -> None:
    from cors_views.resolution import lookup, pattern_paths

    with urlconf(path("v/", News())):
        (chain,) = pattern_paths.all_pattern_paths()
        ruling = lookup.build_safely(chain).effective("GET")

    assert ruling.policies[0].origins.admits(APP)


def test_a_cycle_of_wrappers_ends() -> None:
    def one(request: Any) -> HttpResponse:
        return HttpResponse()

    one.__wrapped__ = one  # type: ignore[attr-defined]

    assert inspect_view(one).view_class is None
