"""What docs/security.rst says that no check sees: each of it happens, and the checks are quiet."""

from __future__ import annotations

import contextvars
from collections.abc import Callable
from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from docutils import nodes

from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.declarations import marks
from cors_views.signals import check_request_enabled
from cors_views.testing import Browser, CorsError, PreflightCache
from tests.samples import ROOT, document
from tests.tables import CREDENTIALS, ORIGIN, Sender, Spy, cors_headers, urlconf

APP, STRANGER = "https://app.example.com", "https://stranger.example"
MIDDLEWARE = "cors_views.middleware.CorsMiddleware"
SECTION = "What no check sees"


@pytest.fixture(autouse=True)
def _nothing_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_everything_applied", set())


def found() -> list[str]:
    return [str(one.id) for one in run_checks() if str(one.id).startswith("cors_views.")]


def told(path: str, origin: str, method: str = "GET") -> tuple[str | None, str | None]:
    headers = cors_headers(Sender("wsgi").actual(path, origin, method))
    return headers.get(ORIGIN), headers.get(CREDENTIALS)


def a_callable_that_always_says_yes() -> None:
    @cors_allow(origins=[lambda request, origin: True], credentials=True, methods=["GET"])
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    with urlconf(path("", view)):
        assert found() == []
        assert told("/", STRANGER) == (STRANGER, "true")


def a_receiver_that_admits() -> None:
    def yes(sender: object, **kwargs: Any) -> bool:
        return True

    with (
        urlconf(path("", lambda request: HttpResponse())),
        override_settings(CORS_ALLOW_CREDENTIALS=True, CORS_ALLOWED_ORIGINS=[APP]),
    ):
        before = found()
        assert told("/", STRANGER) == (None, None)
        check_request_enabled.connect(yes)
        try:
            assert found() == before
            assert told("/", STRANGER) == (STRANGER, "true")
        finally:
            check_request_enabled.disconnect(yes)


class Overrides:
    """A middleware as in many projects: the header says which method is meant."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.method = request.headers.get("X-HTTP-Method-Override", request.method)
        return self.get_response(request)


def a_header_or_a_field_that_changes_the_method() -> None:
    ran = Spy()

    @method_decorator(csrf_exempt, "dispatch")
    @cors_allow(origins=[APP], headers=["X-HTTP-Method-Override"])
    class Orders(View):
        def post(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

        @cors_deny
        def delete(self, request: HttpRequest) -> HttpResponse:
            ran.note("delete")
            return HttpResponse()

    with (
        urlconf(path("", Orders.as_view())),
        override_settings(MIDDLEWARE=[MIDDLEWARE, f"{__name__}.Overrides"]),
    ):
        assert found() == []
        page = Browser(APP)
        with pytest.raises(CorsError):
            page.fetch("/", method="DELETE")
        assert ran.calls == []
        with pytest.raises(CorsError):
            page.fetch("/", method="POST", headers={"X-HTTP-Method-Override": "DELETE"})
        assert ran.calls == ["delete"]


def a_method_that_calls_another() -> None:
    pytest.importorskip("rest_framework")
    from rest_framework.response import Response
    from rest_framework.viewsets import ViewSet

    from cors_views.rest_framework import CorsMixin

    ran = Spy()

    class Orders(CorsMixin, ViewSet):
        authentication_classes: list[Any] = []
        cors_policy = "app"
        cors_action_policies = {"update": cors_deny}

        def update(self, request: Any, partial: bool = False) -> Response:
            ran.note("update")
            return Response()

        def partial_update(self, request: Any) -> Response:
            return self.update(request, partial=True)

    routes = {"put": "update", "patch": "partial_update"}
    policies = {"app": {"origins": [APP]}}
    with override_settings(CORS_POLICIES=policies), urlconf(path("", Orders.as_view(routes))):
        assert found() == []
        page = Browser(APP)
        with pytest.raises(CorsError):
            page.fetch("/", method="PUT")
        assert ran.calls == []
        assert page.fetch("/", method="PATCH").ok
        assert ran.calls == ["update"]


tenant: contextvars.ContextVar[str] = contextvars.ContextVar("tenant")


def choosing(get_response: Callable[[HttpRequest], HttpResponse]) -> Any:
    """Choose the tenant by the host, as packages do that keep it for the thread."""

    def middleware(request: HttpRequest) -> HttpResponse:
        tenant.set(request.get_host().partition(".")[0])
        return get_response(request)

    return middleware


def what_is_decided_below_the_middleware() -> None:
    def is_the_tenants(request: HttpRequest, origin: str) -> bool:
        return origin == f"https://{tenant.get('')}.example"

    def is_of_the_host(request: HttpRequest, origin: str) -> bool:
        return origin == f"https://{request.get_host().partition('.')[0]}.example"

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    def preflight(path: str) -> str | None:
        headers = {
            "host": "spelt.localhost",
            "origin": "https://rye.example",
            "access-control-request-method": "PUT",
        }
        return Client().options(path, headers=headers).headers.get(ORIGIN)

    below = [MIDDLEWARE, f"{__name__}.choosing"]
    with (
        urlconf(
            path("theirs/", cors_allow(origins=[is_the_tenants], methods=["GET", "PUT"])(view)),
            path("hosts/", cors_allow(origins=[is_of_the_host], methods=["GET", "PUT"])(view)),
        ),
        override_settings(MIDDLEWARE=below, ALLOWED_HOSTS=[".localhost"]),
    ):
        for page in ("/theirs/", "/hosts/"):
            # The request before was the tenant's rye.
            Client().get(page, headers={"host": "rye.localhost"})
            assert preflight(page) == ("https://rye.example" if page == "/theirs/" else None)
        with override_settings(MIDDLEWARE=below[::-1]):
            Client().get("/theirs/", headers={"host": "rye.localhost"})
            assert preflight("/theirs/") is None


def a_preflight_that_a_browser_keeps() -> None:
    ran = Spy()

    def view(request: HttpRequest) -> HttpResponse:
        ran.note(str(request.method))
        return HttpResponse()

    wide = CorsPolicy(origins=[APP], methods=["PUT"], max_age=600)
    narrow = wide.replace(methods=["GET"], max_age=0)
    page = Browser(APP, preflights=PreflightCache())
    with override_settings(CORS_POLICIES={"app": wide}):
        declared = path("", cors_allow("app")(view))
        with urlconf(declared):
            assert page.fetch("/", method="PUT").ok
    with override_settings(CORS_POLICIES={"app": narrow}), urlconf(declared):
        assert found() == []
        with pytest.raises(CorsError):
            Browser(APP).fetch("/", method="PUT")
        assert ran.calls == ["PUT"]
        # Methods are a question of the preflight alone, so that the answer is even readable.
        assert page.fetch("/", method="PUT").ok
    elsewhere = override_settings(CORS_POLICIES={"app": wide.replace(origins=[STRANGER])})
    with elsewhere, urlconf(declared), pytest.raises(CorsError):
        page.fetch("/", method="PUT")
    assert ran.calls == ["PUT", "PUT", "PUT"]


def a_declaration_that_is_made_while_a_request_is_served() -> None:
    pytest.importorskip("rest_framework")
    from cors_views.rest_framework import CorsMixin

    def answer(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    class Late(View):
        get = property(lambda self: cors_deny(answer))

    class Computing(type):
        cors_policy = property(lambda cls: cors_deny)

    class Computed(CorsMixin, View, metaclass=Computing):
        def get(self, request: HttpRequest) -> HttpResponse:
            return HttpResponse()

    class Written(CorsMixin, View):
        cors_policy = cors_deny
        get = Computed.get

    routes = [path(view.__name__, view.as_view()) for view in (Late, Computed, Written)]
    with override_settings(CORS_ALLOWED_ORIGINS=[APP]), urlconf(*routes):
        assert found() == []
        assert told("/Late", APP) == told("/Computed", APP) == (APP, None)
        assert told("/Written", APP) == (None, None)


SHOWN: dict[str, Callable[[], None]] = {
    "A callable that always says yes": a_callable_that_always_says_yes,
    "A receiver that admits": a_receiver_that_admits,
    "A header or a field that changes the method": a_header_or_a_field_that_changes_the_method,
    "A method that calls another": a_method_that_calls_another,
    "What is decided below the middleware": what_is_decided_below_the_middleware,
    "A declaration that is made while a request is served": (
        a_declaration_that_is_made_while_a_request_is_served
    ),
    "A preflight that a browser keeps": a_preflight_that_a_browser_keeps,
}


@pytest.mark.parametrize("name", SHOWN)
def test_that_it_happens_and_the_checks_are_quiet(name: str) -> None:
    with override_settings(MIDDLEWARE=[MIDDLEWARE], CSRF_TRUSTED_ORIGINS=[APP, STRANGER]):
        SHOWN[name]()


def test_that_the_page_lists_these() -> None:
    page = document(ROOT / "docs" / "security.rst")
    (section,) = (
        node
        for node in page.findall(nodes.section)
        if node.next_node(nodes.title).astext() == SECTION
    )

    assert {node.astext() for node in section.findall(nodes.term)} >= SHOWN.keys()
