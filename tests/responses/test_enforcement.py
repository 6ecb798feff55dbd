"""Requests of other sites that a policy refuses on the server, and those that it lets through."""

from __future__ import annotations

import asyncio
import json
import logging
import pickle
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.template.backends.django import DjangoTemplates
from django.template.response import TemplateResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.middleware import CorsMiddleware
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.protocol.reasons import Reason
from cors_views.responses import enforcement, refusal_log
from cors_views.responses.kept_decision import what_was_decided
from tests.tables import (
    METHODS,
    ORIGIN,
    Patterns,
    Sender,
    Spy,
    assert_cors_headers,
    urlconf,
)

APP, SITE, STRANGER = "https://app.example", "https://site.example", "https://stranger.example"
OWN = "http://testserver"
MIDDLEWARE = ["cors_views.middleware.CorsMiddleware", "django.middleware.common.CommonMiddleware"]


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=[SITE]):
        yield


@pytest.fixture
def spy() -> Spy:
    return Spy()


@pytest.fixture
def view(spy: Spy) -> Callable[..., HttpResponse]:
    def view(request: Any, **kwargs: Any) -> HttpResponse:
        spy.note(request.method)
        return HttpResponse("ran")

    return view


def handlers(spy: Spy, **declared: Any) -> type[View]:
    """Return a view class whose handlers run, declared by method."""

    def handler(self: Any, request: Any) -> HttpResponse:
        spy.note(request.method)
        return HttpResponse("ran")

    made = {
        name: declared.get(name, lambda function: function)(handler)
        for name in ("get", "post", "delete")
    }
    return type("Handlers", (View,), made)


# --- Who is let through ------------------------------------------------------------------------

enforced = cors_allow(origins=[APP], enforce=True)

# name -> (headers of a POST, whether the view runs)
SENDERS: dict[str, tuple[dict[str, str], bool]] = {
    "admitted": ({"origin": APP}, True),
    "stranger": ({"origin": STRANGER}, False),
    "an origin of the settings is a stranger to the view": ({"origin": SITE}, False),
    "no Origin": ({}, True),
    "an empty Origin": ({"origin": ""}, True),
    "no Origin, whatever Fetch Metadata says": ({"sec-fetch-site": "cross-site"}, True),
    "own origin": ({"origin": OWN}, True),
    "own origin with its default port": ({"origin": f"{OWN}:80"}, False),
    "own host over another scheme": ({"origin": "https://testserver"}, False),
    "own host at another port": ({"origin": f"{OWN}:8000"}, False),
    "a page of the site under no-referrer": (
        {"origin": "null", "sec-fetch-site": "same-origin"},
        True,
    ),
    "what a user does by hand": ({"origin": "null", "sec-fetch-site": "none"}, True),
    "null": ({"origin": "null"}, False),
    "a sandboxed frame": ({"origin": "null", "sec-fetch-site": "cross-site"}, False),
    "a sibling host": ({"origin": "http://www.testserver", "sec-fetch-site": "same-site"}, False),
    "a stranger with Fetch Metadata": (
        {"origin": STRANGER, "sec-fetch-site": "cross-site"},
        False,
    ),
    "Fetch Metadata in upper case is none of a browser": (
        {"origin": STRANGER, "sec-fetch-site": "SAME-ORIGIN"},
        False,
    ),
    "two origins": ({"origin": f"{APP}, {STRANGER}"}, False),
    "what is no origin": ({"origin": f"{APP}/"}, False),
}


@pytest.mark.parametrize(("headers", "runs"), SENDERS.values(), ids=SENDERS)
def test_who_reaches_a_view_that_enforces(
    send: Sender, view: Any, spy: Spy, headers: dict[str, str], runs: bool
) -> None:
    with urlconf(path("v/", enforced(view))):
        response = send("POST", "/v/", headers)

    assert (response.status_code, spy.calls) == ((200, ["POST"]) if runs else (403, []))
    assert response.headers["Vary"] == "origin"
    assert (ORIGIN in response) is (headers.get("origin") == APP)


PROXY = {"USE_X_FORWARDED_HOST": True, "USE_X_FORWARDED_PORT": True}
TLS = {**PROXY, "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}
SHOP, SHOP_8000 = {"X-Forwarded-Host": "shop.example"}, {"X-Forwarded-Host": "shop.example:8000"}

# name -> (settings, Origin, headers of the proxy, whether the view runs)
HOSTS: dict[str, tuple[dict[str, Any], str, dict[str, str], bool]] = {
    "the host of a proxy": (PROXY, "http://shop.example", SHOP, True),
    "the host of a proxy that nobody trusts": ({}, "http://shop.example", SHOP, False),
    "a port": (PROXY, "http://shop.example:8000", SHOP_8000, True),
    "another port": (PROXY, "http://shop.example:8001", SHOP_8000, False),
    "no port": (PROXY, "http://shop.example", SHOP_8000, False),
    "https": (TLS, "https://shop.example", {**SHOP, "X-Forwarded-Proto": "https"}, True),
    "http at a site over https": (
        TLS,
        "http://shop.example",
        {**SHOP, "X-Forwarded-Proto": "https"},
        False,
    ),
    "https that nobody trusts": (
        PROXY,
        "https://shop.example",
        {**SHOP, "X-Forwarded-Proto": "https"},
        False,
    ),
    "another host": ({}, STRANGER, {"Host": "shop.example"}, False),
    "the end of another host": ({}, "http://shop.example", {"Host": "example"}, False),
    "a proxy with another host": (PROXY, "http://shop.example", {**SHOP, "Host": "inside"}, True),
    "the host that a proxy has": (PROXY, "http://inside", {**SHOP, "Host": "inside"}, False),
    "a host that is not allowed": (
        {**PROXY, "ALLOWED_HOSTS": ["testserver"]},
        "http://shop.example",
        SHOP,
        False,
    ),
}


@pytest.mark.parametrize(("settings", "origin", "headers", "runs"), HOSTS.values(), ids=HOSTS)
def test_what_the_own_origin_of_the_site_is(
    send: Sender,
    view: Any,
    spy: Spy,
    settings: dict[str, Any],
    origin: str,
    headers: dict[str, str],
    runs: bool,
) -> None:
    with override_settings(**settings), urlconf(path("v/", enforced(view))):
        response = send("POST", "/v/", {"origin": origin, **headers})

    assert (response.status_code, spy.calls) == ((200, ["POST"]) if runs else (403, []))


# --- Which policy enforces ---------------------------------------------------------------------

allow_app = cors_allow(origins=[APP])
refining = cors_allow(enforce=True)


def _class(spy: Spy, decorator: Any) -> Any:
    return decorator(handlers(spy)).as_view()


# name -> (makes the patterns of a spy and a view, settings, {(method, origin): whether it runs})
DECLARED: dict[str, tuple[Callable[[Spy, Any], list[Any]], dict[str, Any], dict[Any, bool]]] = {
    "nothing": (lambda spy, view: [path("v/", view)], {}, {("POST", STRANGER): True}),
    "the settings": (
        lambda spy, view: [path("v/", view)],
        {"CORS_ENFORCE": True},
        {("POST", STRANGER): False, ("POST", SITE): True, ("GET", STRANGER): False},
    ),
    "the settings, mended at the view": (
        lambda spy, view: [path("v/", cors_allow(enforce=False)(view))],
        {"CORS_ENFORCE": True},
        {("POST", STRANGER): True, ("POST", "null"): True},
    ),
    "the settings, inherited by a policy with origins": (
        lambda spy, view: [path("v/", allow_app(view))],
        {"CORS_ENFORCE": True},
        {("POST", STRANGER): False, ("POST", SITE): False, ("POST", APP): True},
    ),
    "the settings, where the policy says no": (
        lambda spy, view: [path("v/", cors_allow(origins=[APP], enforce=False)(view))],
        {"CORS_ENFORCE": True},
        {("POST", STRANGER): True},
    ),
    "the settings, inherited by a denial": (
        lambda spy, view: [path("v/", cors_deny(view))],
        {"CORS_ENFORCE": True},
        {("POST", STRANGER): False, ("POST", SITE): False, ("GET", STRANGER): False},
    ),
    "a setting that is no answer enforces": (
        lambda spy, view: [path("v/", view)],
        {"CORS_ENFORCE": "yes"},
        {("POST", STRANGER): False},
    ),
    "the settings elsewhere": (
        lambda spy, view: [path("v/", view)],
        {"CORS_ENFORCE": True, "CORS_URLS_REGEX": r"^/api/"},
        {("POST", STRANGER): True},
    ),
    "the settings here": (
        lambda spy, view: [path("v/", view)],
        {"CORS_ENFORCE": True, "CORS_URLS_REGEX": r"^/v/"},
        {("POST", STRANGER): False},
    ),
    "opt-in, not opted in": (
        lambda spy, view: [path("v/", view)],
        {"CORS_ENFORCE": True, "CORS_OPT_IN": True},
        {("POST", STRANGER): True},
    ),
    "opt-in, opted in": (
        lambda spy, view: [path("v/", cors_allow(view))],
        {"CORS_ENFORCE": True, "CORS_OPT_IN": True},
        {("POST", STRANGER): False, ("POST", SITE): True},
    ),
    "a denial": (
        lambda spy, view: [path("v/", cors_deny(enforce=True)(view))],
        {},
        {("POST", STRANGER): False, ("POST", SITE): False, ("GET", STRANGER): False},
    ),
    "a denial by itself": (
        lambda spy, view: [path("v/", cors_deny(view))],
        {},
        {("POST", STRANGER): True},
    ),
    "a denial that does not": (
        lambda spy, view: [path("v/", cors_deny(enforce=False)(view))],
        {"CORS_ENFORCE": True},
        {("POST", STRANGER): True},
    ),
    "refining a denial": (
        lambda spy, view: [path("v/", refining(cors_deny(view)))],
        {},
        {("POST", STRANGER): False},
    ),
    "refining the settings": (
        lambda spy, view: [path("v/", refining(view))],
        {},
        {("POST", STRANGER): False, ("POST", SITE): True},
    ),
    "a class": (
        lambda spy, view: [path("v/", _class(spy, enforced))],
        {},
        {("POST", STRANGER): False, ("POST", APP): True, ("DELETE", STRANGER): False},
    ),
    "a class by method_decorator": (
        lambda spy, view: [path("v/", _class(spy, method_decorator(enforced, name="dispatch")))],
        {},
        {("POST", STRANGER): False, ("POST", APP): True},
    ),
    "as_view()": (
        lambda spy, view: [path("v/", enforced(handlers(spy).as_view()))],
        {},
        {("POST", STRANGER): False, ("POST", APP): True},
    ),
    "a handler": (
        lambda spy, view: [path("v/", handlers(spy, post=enforced).as_view())],
        {},
        {
            ("POST", STRANGER): False,
            ("POST", APP): True,
            ("GET", STRANGER): True,
            ("DELETE", STRANGER): True,
        },
    ),
    "a handler refines its class": (
        lambda spy, view: [path("v/", allow_app(handlers(spy, post=refining)).as_view())],
        {},
        {("POST", STRANGER): False, ("POST", APP): True, ("DELETE", STRANGER): True},
    ),
    "a handler kept open": (
        lambda spy, view: [
            path("v/", enforced(handlers(spy, post=cors_allow(enforce=False))).as_view())
        ],
        {},
        {("POST", STRANGER): True, ("DELETE", STRANGER): False},
    ),
    "a denied handler": (
        lambda spy, view: [
            path("v/", allow_app(handlers(spy, delete=cors_deny(enforce=True))).as_view())
        ],
        {},
        {("DELETE", APP): False, ("DELETE", STRANGER): False, ("POST", STRANGER): True},
    ),
    "a route that a denial closes whole": (
        lambda spy, view: [
            path("v/", cors_deny(enforce=True)(handlers(spy, post=allow_app).as_view()))
        ],
        {},
        {("POST", APP): False, ("GET", STRANGER): False},
    ),
    "a named policy": (
        lambda spy, view: [path("v/", cors_allow("partners")(view))],
        {"CORS_POLICIES": {"partners": {"origins": [APP], "enforce": True}}},
        {("POST", STRANGER): False, ("POST", APP): True},
    ),
    "a named policy, kept open": (
        lambda spy, view: [path("v/", cors_allow("partners", enforce=False)(view))],
        {"CORS_POLICIES": {"partners": CorsPolicy(origins=[APP], enforce=True)}},
        {("POST", STRANGER): True},
    ),
    "several, one of which enforces": (
        lambda spy, view: [path("v/", cors_allow("partners", CorsPolicy(origins=[SITE]))(view))],
        {"CORS_POLICIES": {"partners": {"origins": [APP], "enforce": True}}},
        {("POST", STRANGER): False, ("POST", APP): True, ("POST", SITE): True},
    ),
    "an include": (
        lambda spy, view: [
            path("", cors_include([path("v/", view)], origins=[APP], enforce=True)),
        ],
        {},
        {("POST", STRANGER): False, ("POST", APP): True},
    ),
    "a denied include": (
        lambda spy, view: [
            path("", cors_include([path("v/", view)], policy=cors_deny(enforce=True)))
        ],
        {},
        {("POST", STRANGER): False, ("POST", SITE): False},
    ),
    "nested includes": (
        lambda spy, view: [
            path("", cors_include([path("", include([path("v/", view)]))], enforce=True)),
        ],
        {},
        {("POST", STRANGER): False, ("POST", SITE): True},
    ),
    "any origin refuses nobody": (
        lambda spy, view: [path("v/", cors_allow(origins="*", enforce=True)(view))],
        {},
        {("POST", STRANGER): True, ("POST", "null"): True, ("GET", STRANGER): True},
    ),
    "null, admitted": (
        lambda spy, view: [path("v/", cors_allow(origins=["null"], enforce=True)(view))],
        {},
        {("POST", "null"): True, ("POST", STRANGER): False},
    ),
    "a callable": (
        lambda spy, view: [
            path(
                "v/", cors_allow(origins=lambda request, origin: origin == APP, enforce=True)(view)
            )
        ],
        {},
        {("POST", APP): True, ("POST", STRANGER): False},
    ),
    "a method that is not offered": (
        lambda spy, view: [
            path("v/", cors_allow(origins=[APP], methods=["GET"], enforce=True)(view))
        ],
        {},
        {("POST", APP): False, ("GET", APP): True, ("HEAD", APP): True},
    ),
    "all methods": (
        lambda spy, view: [
            path("v/", cors_allow(origins=[APP], methods=["*"], enforce=True)(view))
        ],
        {},
        {("POST", APP): True, ("PURGE", APP): True, ("PURGE", STRANGER): False},
    ),
    "any origin with a method that is not offered": (
        lambda spy, view: [
            path("v/", cors_allow(origins="*", methods=["GET"], enforce=True)(view))
        ],
        {},
        {("POST", STRANGER): False, ("GET", STRANGER): True},
    ),
}


@pytest.mark.parametrize(("patterns", "settings", "requests"), DECLARED.values(), ids=DECLARED)
def test_which_policy_enforces(
    send: Sender,
    view: Any,
    spy: Spy,
    patterns: Callable[[Spy, Any], list[Any]],
    settings: dict[str, Any],
    requests: dict[tuple[str, str], bool],
) -> None:
    found = {}
    with override_settings(**settings), urlconf(*patterns(spy, view)):
        for method, origin in requests:
            spy.calls.clear()
            response = send.actual("/v/", origin, method)
            found[method, origin] = bool(spy.calls)
            assert response.status_code == (200 if spy.calls else 403)

    assert found == requests


def test_a_named_policy_that_changes_enforces_from_the_first_request_on(
    send: Sender, view: Any, spy: Spy
) -> None:
    with override_settings(CORS_POLICIES={"partners": {"origins": [APP]}}):
        declared = cors_allow("partners")(view)
        with urlconf(path("v/", declared)):
            send.actual("/v/", STRANGER, "POST")
            with override_settings(CORS_POLICIES={"partners": {"origins": [APP], "enforce": True}}):
                response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, spy.calls) == (403, ["POST"])


# --- Before anything else ----------------------------------------------------------------------


class Below:
    """A middleware below ours that runs whatever authenticates."""

    sync_capable = async_capable = True
    ran: list[str] = []

    def __new__(cls, get_response: Any) -> Any:
        from asgiref.sync import iscoroutinefunction

        if iscoroutinefunction(get_response):

            async def middleware(request: Any) -> Any:
                cls.ran.append("below")
                return await get_response(request)
        else:

            def middleware(request: Any) -> Any:
                cls.ran.append("below")
                return get_response(request)

        return middleware


def test_nothing_below_runs(send: Sender, view: Any) -> None:
    Below.ran.clear()
    stack = [MIDDLEWARE[0], f"{__name__}.Below", "django.middleware.csrf.CsrfViewMiddleware"]
    with override_settings(MIDDLEWARE=stack), urlconf(path("v/", enforced(view))):
        response = send.actual("/v/", STRANGER, "POST")
        refused = list(Below.ran)
        send.actual("/v/", APP, "GET")

    assert response.status_code == 403
    assert b"CSRF" not in response.content
    assert (refused, Below.ran) == ([], ["below"])


def test_a_redirect_to_the_final_slash_is_refused_as_the_view_is(
    send: Sender, view: Any, spy: Spy
) -> None:
    with override_settings(MIDDLEWARE=MIDDLEWARE), urlconf(path("v/", enforced(view))):
        stranger, admitted = (send.actual("/v", origin) for origin in (STRANGER, APP))

    assert (stranger.status_code, admitted.status_code) == (403, 301)


def test_a_url_without_a_view_has_the_answer_of_the_settings(send: Sender, view: Any) -> None:
    with override_settings(CORS_ENFORCE=True), urlconf(path("v/", view)):
        found = [send.actual("/none/", origin).status_code for origin in (STRANGER, SITE)]

    assert found == [403, 404]


def test_a_request_is_not_enforced_upon_above_the_middleware(send: Sender, view: Any) -> None:
    above = f"{__name__}.Below"
    Below.ran.clear()
    with (
        override_settings(MIDDLEWARE=[above, *MIDDLEWARE]),
        urlconf(path("v/", enforced(view))),
    ):
        send.actual("/v/", STRANGER, "POST")

    assert Below.ran == ["below"]


# --- The answer --------------------------------------------------------------------------------


def forbidden(request: Any, exception: Exception) -> HttpResponse:
    headers = {ORIGIN: "*", METHODS: "POST", "Vary": "Cookie"}
    return HttpResponse(f"ours: {exception}", status=403, headers=headers)


class WithHandler(Patterns):
    handler403 = staticmethod(forbidden)


def test_the_answer_is_the_403_page_of_the_site(send: Sender, view: Any) -> None:
    with override_settings(ROOT_URLCONF=WithHandler([path("v/", enforced(view))])):
        response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, response.content[:5]) == (403, b"ours:")
    assert_cors_headers(response, {"vary": "Cookie, origin"})


def late(request: Any, exception: Exception) -> TemplateResponse:
    engine = DjangoTemplates({"NAME": "ours", "DIRS": [], "APP_DIRS": False, "OPTIONS": {}})
    template = engine.from_string("later: {{ why }}")
    return TemplateResponse(request, template, {"why": exception}, status=403)


def broken(request: Any, exception: Exception) -> HttpResponse:
    raise RuntimeError("the page is broken")


@pytest.mark.parametrize(
    ("handler", "status", "content"),
    [
        pytest.param(late, 403, b"later: This site does not accept", id="rendered afterwards"),
        pytest.param(broken, 500, b"\n<!doctype html>", id="broken"),
    ],
)
def test_a_403_page_is_treated_as_django_does(
    send: Sender, view: Any, handler: Any, status: int, content: bytes
) -> None:
    class WithIt(Patterns):
        handler403 = staticmethod(handler)

    with override_settings(ROOT_URLCONF=WithIt([path("v/", enforced(view))])):
        response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, response.content[: len(content)]) == (status, content)
    assert_cors_headers(response, {"vary": "origin"})


@pytest.mark.parametrize(
    "asked", [pytest.param({}, id="a request"), pytest.param({"ask": "x-a"}, id="a preflight")]
)
def test_django_logs_a_line_and_no_traceback(
    send: Sender, view: Any, caplog: pytest.LogCaptureFixture, asked: dict[str, str]
) -> None:
    with urlconf(path("v/", enforced(view))):
        if asked:
            send.preflight("/v/", STRANGER, "POST", **asked)
        else:
            send.actual("/v/", STRANGER, "POST")

    records = [record for record in caplog.records if record.name == "django.request"]
    assert [(record.levelname, record.getMessage()) for record in records] == [
        ("WARNING", "Forbidden: /v/")
    ]
    assert not any(record.exc_info and record.exc_info[1] for record in records)


def test_what_is_above_knows_the_view(view: Any) -> None:
    request = RequestFactory().post("/v/", headers={"origin": STRANGER})
    with urlconf(path("v/", enforced(view), name="named")):
        CorsMiddleware(view)(request)
        decided = what_was_decided(request)

    assert request.resolver_match is not None
    assert request.resolver_match.view_name == "named"
    assert decided is not None
    assert (decided.enforced, decided.refusal()) == (True, (Reason.ORIGIN_NOT_ADMITTED, ()))


def test_a_view_of_rest_framework_answers_with_json(send: Sender, spy: Spy) -> None:
    views = pytest.importorskip("rest_framework.views")
    decorators = pytest.importorskip("rest_framework.decorators")

    class Orders(views.APIView):  # type: ignore[misc,name-defined]
        def perform_authentication(self, request: Any) -> None:
            spy.note("authentication")

        def post(self, request: Any) -> HttpResponse:
            return HttpResponse("ran")

    @decorators.api_view(["POST"])  # type: ignore[untyped-decorator]
    def function(request: Any) -> HttpResponse:
        spy.note("ran")
        return HttpResponse("ran")

    with urlconf(path("class/", enforced(Orders).as_view()), path("function/", enforced(function))):
        found = [send.actual(url, STRANGER, "POST") for url in ("/class/", "/function/")]

    for response in found:
        assert response.status_code == 403
        assert response.headers["Content-Type"] == "application/json"
        assert list(json.loads(response.content)) == ["detail"]
        assert_cors_headers(response, {"vary": "origin"})
    assert spy.calls == []


VARIES = {"vary": "origin"}
# name -> (declaration, Origin or None, exact CORS headers of a GET)
HEADERS: dict[str, tuple[Any, str | None, dict[str, str]]] = {
    "admitted": (enforced, APP, {ORIGIN: APP, **VARIES}),
    "refused": (enforced, STRANGER, VARIES),
    "without Origin": (enforced, None, VARIES),
    # A cache must not serve others the refusal, nor strangers what it kept for the site.
    "denied": (cors_deny(enforce=True), STRANGER, VARIES),
    "denied, without Origin": (cors_deny(enforce=True), None, VARIES),
    "denied, only reported": (cors_deny(enforce="report"), None, {}),
    "any origin": (cors_allow(origins="*", enforce=True), STRANGER, {ORIGIN: "*"}),
    "any origin, without Origin": (cors_allow(origins="*", enforce=True), None, {ORIGIN: "*"}),
    "any origin, not by this method": (
        cors_allow(origins="*", methods=["POST"], enforce=True),
        STRANGER,
        VARIES,
    ),
    "any origin, not by this method, without Origin": (
        cors_allow(origins="*", methods=["POST"], enforce=True),
        None,
        VARIES,
    ),
}


@pytest.mark.parametrize(("declared", "origin", "expected"), HEADERS.values(), ids=HEADERS)
def test_the_headers_of_what_may_be_refused(
    send: Sender, view: Any, declared: Any, origin: str | None, expected: dict[str, str]
) -> None:
    with urlconf(path("v/", declared(view))):
        response = send.actual("/v/", origin)

    assert_cors_headers(response, expected)


# name -> (declaration, Origin, method asked for, status)
PREFLIGHTS: dict[str, tuple[Any, str, str, int]] = {
    "admitted": (enforced, APP, "PUT", 200),
    "refused": (enforced, STRANGER, "PUT", 403),
    "null": (enforced, "null", "PUT", 403),
    "denied": (cors_deny(enforce=True), APP, "PUT", 403),
    "own origin": (enforced, OWN, "PUT", 200),
    "a method that is not offered": (
        cors_allow(origins=[APP], methods=["GET"], enforce=True),
        APP,
        "POST",
        403,
    ),
    "a method that is none": (enforced, APP, "a b", 403),
    "only reported": (cors_allow(origins=[APP], enforce="report"), STRANGER, "PUT", 200),
    "not enforced": (allow_app, STRANGER, "PUT", 200),
    "any origin": (cors_allow(origins="*", enforce=True), STRANGER, "PUT", 200),
}


@pytest.mark.parametrize(
    ("declared", "origin", "method", "status"), PREFLIGHTS.values(), ids=PREFLIGHTS
)
def test_a_preflight_of_what_would_be_refused_is_a_403(
    send: Sender, view: Any, spy: Spy, declared: Any, origin: str, method: str, status: int
) -> None:
    with urlconf(path("v/", declared(view))):
        response = send.preflight("/v/", origin, method, "x-one")

    assert (response.status_code, response.content) == (status, b"")
    assert response.headers["Content-Length"] == "0"
    if status == 403:
        assert_cors_headers(response, VARIES)
    assert spy.calls == []


def test_a_header_that_is_not_allowed_is_for_the_browser_to_refuse(send: Sender, view: Any) -> None:
    with urlconf(path("v/", cors_allow(origins=[APP], headers=[], enforce=True)(view))):
        response = send.preflight("/v/", APP, "PUT", "x-one")

    assert (response.status_code, response.headers[ORIGIN]) == (200, APP)


# --- Report and log ----------------------------------------------------------------------------


def test_the_log_tells_the_two_refusals_apart(
    send: Sender, view: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Under ``report`` the view runs, so that only the browser refuses."""
    caplog.set_level(logging.DEBUG, "cors_views")
    report = cors_allow(origins=[APP], enforce="report")
    with urlconf(path("v/", report(view)), path("w/", enforced(view))):
        send.actual("/v/", STRANGER, "POST")
        send.actual("/w/", STRANGER, "POST")

    begins = [
        (
            record.levelname,
            record.getMessage().partition(" from ")[0],
            vars(record)["reported"],
        )
        for record in caplog.records
        if record.name == "cors_views"
    ]
    assert begins == [
        ("WARNING", "With enforce=True, CORS would have sent 403 to POST '/v/'", True),
        ("DEBUG", "The browser refuses POST '/v/'", False),
        ("WARNING", "CORS sent 403 to POST '/w/'", False),
    ]


@pytest.mark.parametrize("method", ["POST", "OPTIONS"])
@pytest.mark.parametrize(
    ("enforce", "said"),
    [
        pytest.param(True, "CORS sent 403 to", id="refused"),
        pytest.param("report", "With enforce=True, CORS would have sent 403 to", id="reported"),
        pytest.param(False, None, id="neither"),
    ],
)
def test_what_the_log_says(
    send: Sender,
    view: Any,
    spy: Spy,
    caplog: pytest.LogCaptureFixture,
    enforce: Any,
    said: str | None,
    method: str,
) -> None:
    # What is refused has one line at any level; what is not, one of DEBUG besides.
    caplog.set_level(logging.DEBUG if enforce is True else logging.INFO, "cors_views")
    with urlconf(path("v/", cors_allow(origins=[APP], enforce=enforce)(view))):
        if method == "OPTIONS":
            send.preflight("/v/", STRANGER, "PUT")
        else:
            send("POST", "/v/", {"origin": STRANGER, "cookie": "sessionid=secret"})
        for silent in (APP, OWN, None):
            send.actual("/v/", silent, "POST")
    records = [record for record in caplog.records if record.name == "cors_views"]

    assert len(records) == (0 if said is None else 1)
    for record in records:
        text = record.getMessage()
        assert record.levelname == "WARNING"
        assert text.startswith(f"{said} ")
        assert STRANGER in text
        assert Reason.ORIGIN_NOT_ADMITTED.value in text
        assert "test_enforcement.py:" in text
        assert "secret" not in text
        assert vars(record)["enforced"] is (enforce is True)
        assert vars(record)["reported"] is (enforce == "report")
    ran = spy.calls.count("POST") - 3
    assert ran == (method == "POST" and enforce is not True)


def test_a_log_that_fails_lets_nothing_through(
    send: Sender,
    view: Any,
    spy: Spy,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fails(request: Any) -> str:
        raise RuntimeError("fails")

    monkeypatch.setattr(refusal_log, "view_of", fails)
    with urlconf(path("v/", enforced(view))):
        response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, spy.calls) == (403, [])
    assert "could not be logged" in caplog.text


# --- Callables and receivers -------------------------------------------------------------------


@pytest.mark.parametrize("regex", [r"^/v/", r"^/elsewhere/"])
def test_a_receiver_is_asked_once_and_before_the_view(
    send: Sender, view: Any, spy: Spy, receivers: Any, regex: str
) -> None:
    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        spy.note("asked")
        return bool(request.headers["origin"] == APP)

    receivers(receiver)
    with (
        override_settings(CORS_ENFORCE=True, CORS_URLS_REGEX=regex),
        urlconf(path("v/", view)),
    ):
        admitted = send.actual("/v/", APP, "POST")
        assert (admitted.headers[ORIGIN], spy.calls) == (APP, ["asked", "POST"])
        spy.calls.clear()
        response = send.actual("/v/", STRANGER, "POST")

    # Where the regex does not match and no receiver speaks up, no policy governs.
    governed = regex == r"^/v/"
    assert response.status_code == (403 if governed else 200)
    assert spy.calls == (["asked"] if governed else ["asked", "POST"])


def test_a_callable_is_asked_once(send: Sender, view: Any, spy: Spy) -> None:
    def ask(request: Any, origin: str) -> bool:
        spy.note("asked")
        return origin == APP

    with urlconf(path("v/", cors_allow(origins=ask, enforce=True)(view))):
        send.actual("/v/", APP, "POST")
        send.actual("/v/", STRANGER, "POST")

    assert spy.calls == ["asked", "POST", "asked"]


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"origin": "http://testserver"}, id="the-host"),
        pytest.param(
            {"origin": "http://shop.example", **SHOP, "Host": "inside"}, id="the-host-of-a-proxy"
        ),
    ],
)
@pytest.mark.parametrize(
    "declared",
    [
        pytest.param(lambda ask: cors_allow(origins=ask, enforce=True), id="a-callable"),
        pytest.param(lambda ask: cors_allow(enforce=True), id="a-receiver"),
        pytest.param(lambda ask: lambda view: view, id="a-receiver-of-the-settings"),
    ],
)
def test_nobody_is_asked_before_the_view_about_the_site_itself(
    send: Sender, view: Any, spy: Spy, receivers: Any, declared: Any, headers: dict[str, str]
) -> None:
    """Receivers that want to know request.user would fail."""

    def ask(*args: Any, **kwargs: Any) -> bool:
        spy.note("asked")
        return False

    receivers(ask)
    with (
        override_settings(CORS_ENFORCE=True, **PROXY),
        urlconf(path("v/", declared(ask)(view))),
    ):
        response = send("POST", "/v/", headers)

    assert (response.status_code, spy.calls[:1]) == (200, ["POST"])


# --- What cannot be found out ------------------------------------------------------------------


class Broken:
    """A URLconf that raises while it is imported."""

    @property
    def urlpatterns(self) -> Any:
        raise ImproperlyConfigured("broken")


def test_a_url_that_cannot_be_resolved_is_refused_where_anything_enforces(
    send: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    with override_settings(ROOT_URLCONF=Broken(), DEBUG_PROPAGATE_EXCEPTIONS=False):
        response = send.actual("/v/", STRANGER, "POST")

    # Its 403 page stands in the URLconf that is broken.
    assert response.status_code in (403, 500)


def test_a_view_that_cannot_be_understood_is_refused_where_it_may_enforce(
    send: Sender, view: Any, spy: Spy
) -> None:
    class Meta(type):
        @property
        def http_method_names(cls) -> Any:
            raise RuntimeError("odd")

    odd = cors_allow(origins=[APP], enforce=True)(view)
    odd.view_class = Meta("Strange", (), {"as_view": None})
    with urlconf(path("v/", odd)):
        response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, spy.calls) == (403, [])


# --- What it costs -----------------------------------------------------------------------------


@pytest.mark.usefixtures("nothing_enforces")
def test_a_site_that_enforces_nothing_looks_once(
    send: Sender, view: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked = []
    for name in ("forbid", "aforbid"):
        original = getattr(enforcement, name)

        def counted(*args: Any, original: Any = original) -> Any:
            looked.append(args)
            return original(*args)

        monkeypatch.setattr(enforcement, name, counted)
    with urlconf(path("v/", allow_app(view))):
        for origin in (None, OWN, STRANGER, APP, STRANGER):
            send.actual("/v/", origin, "POST")

    assert len(looked) == 2  # Only the first stranger makes it look; the own origin came before.


@pytest.mark.usefixtures("nothing_enforces")
@pytest.mark.parametrize("nested", [0, 1, 3])
def test_the_first_request_of_a_process_is_refused_too(
    send: Sender, view: Any, spy: Spy, nested: int
) -> None:
    class Lazy:
        """A URLconf whose views are imported by the first request, as that of every site is."""

        @property
        def urlpatterns(self) -> Any:
            return [path("v/", cors_allow(origins=[APP], enforce=True)(view))]

    root: Any = Lazy()
    for _ in range(nested):
        # What include() imports is there already; what a tuple names is not.
        root = Patterns([path("", (root, None, None))])
    with override_settings(ROOT_URLCONF=root):
        response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, spy.calls) == (403, [])


PICKLED = pickle.dumps(CorsPolicy(origins=[APP], enforce=True))


@pytest.mark.usefixtures("nothing_enforces")
def test_a_policy_that_another_process_has_pickled_enforces(
    send: Sender, view: Any, spy: Spy
) -> None:
    with urlconf(path("v/", cors_allow(pickle.loads(PICKLED))(view))):
        response = send.actual("/v/", STRANGER, "POST")

    assert (response.status_code, spy.calls) == (403, [])


class ChoosesURLconf(Below):
    """A middleware above ours that gives each request the URLconf of its host."""

    def __new__(cls, get_response: Any) -> Any:
        below = super().__new__(cls, get_response)
        from asgiref.sync import iscoroutinefunction, markcoroutinefunction

        def middleware(request: Any) -> Any:
            if "api" in request.path:
                request.urlconf = cls.urlconf
            return below(request)

        return markcoroutinefunction(middleware) if iscoroutinefunction(below) else middleware

    urlconf: Any = None


@pytest.mark.usefixtures("nothing_enforces")
def test_a_urlconf_of_the_request_is_loaded_before_its_views_run(
    send: Sender, view: Any, spy: Spy
) -> None:
    class Lazy:
        @property
        def urlpatterns(self) -> Any:
            return [path("api/", cors_allow(origins=[APP], enforce=True)(view))]

    ChoosesURLconf.urlconf = Lazy()
    stack = [f"{__name__}.ChoosesURLconf", *MIDDLEWARE]
    with override_settings(MIDDLEWARE=stack), urlconf(path("v/", view)):
        response = send.actual("/api/", STRANGER, "POST")

    assert (response.status_code, spy.calls) == (403, [])


@pytest.mark.parametrize(("origin", "runs"), [(APP, True), (STRANGER, False)])
def test_an_async_stack_is_not_sent_through_a_thread(
    monkeypatch: pytest.MonkeyPatch, origin: str, runs: bool
) -> None:
    from asgiref.sync import SyncToAsync

    hops, threads = [], []
    original = SyncToAsync.__call__

    def hop(self: Any, *args: Any, **kwargs: Any) -> Any:
        hops.append(self.func)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(SyncToAsync, "__call__", hop)

    async def asynchronous(request: Any) -> HttpResponse:
        threads.append(threading.get_ident())
        return HttpResponse("ran")

    async def ask(request: Any, origin: str) -> bool:
        threads.append(threading.get_ident())
        return origin == APP

    async def sent() -> HttpResponse:
        threads.append(threading.get_ident())
        request = RequestFactory().post("/v/", headers={"origin": origin})
        response: HttpResponse = await CorsMiddleware(asynchronous)(request)
        return response

    with urlconf(path("v/", cors_allow(origins=ask, enforce=True)(asynchronous))):
        response = asyncio.run(sent())

    assert response.status_code == (200 if runs else 403)
    assert len(set(threads)) == 1
    # The page for 403 is a sync view: it runs in a thread, as Django does for any view's 403.
    assert [function.__name__ for function in hops] == ([] if runs else ["_response"])


@pytest.mark.parametrize(
    ("origin", "times"),
    [
        pytest.param(None, 1, id="no-origin"),
        pytest.param(OWN, 1, id="own-origin"),
        # Django takes nobody's match: it looks for its own.
        pytest.param(APP, 2, id="admitted"),
        # The second time for those who want to know whose request it was.
        pytest.param(STRANGER, 2, id="refused"),
    ],
)
def test_how_often_the_url_is_looked_up(
    send: Sender,
    view: Any,
    spy: Spy,
    monkeypatch: pytest.MonkeyPatch,
    origin: str | None,
    times: int,
) -> None:
    from django.urls.resolvers import RoutePattern

    matched = []
    original = RoutePattern.match
    with override_settings(MIDDLEWARE=MIDDLEWARE[:1]), urlconf(path("v/", enforced(view))):
        send.actual("/v/", STRANGER, "POST")
        monkeypatch.setattr(
            RoutePattern, "match", lambda self, path: matched.append(path) or original(self, path)
        )
        send.actual("/v/", origin, "POST")

    assert matched == ["v/"] * times
    assert spy.calls == ([] if origin == STRANGER else ["POST"])


def test_that_a_urlconf_may_include_itself(send: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ENFORCING, "declared", False)
    patterns = [path("v/", lambda request: HttpResponse("view"))]
    patterns.append(path("again/", include(patterns)))

    with override_settings(MIDDLEWARE=MIDDLEWARE), urlconf(*patterns):
        response = send.actual("/again/again/v/", STRANGER, "POST")
        is_settled = ENFORCING.settled

    assert response.status_code == 200
    assert is_settled
