"""The middleware as a browser meets it: preflights, answers, errors, caches, hostile input."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.core.exceptions import PermissionDenied
from django.http import (
    Http404,
    HttpResponse,
    HttpResponseNotModified,
    HttpResponseRedirect,
    StreamingHttpResponse,
)
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import ResolverMatch, path
from django.views import View
from django.views.decorators.common import no_append_slash
from django.views.decorators.http import require_http_methods
from django.views.decorators.vary import vary_on_headers

from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.middleware import CorsMiddleware
from cors_views.protocol import actual_answers, preflight_answers
from cors_views.protocol.reasons import Reason
from cors_views.signals import check_request_enabled
from cors_views.testing import Browser, CorsError
from tests.tables import (
    CREDENTIALS,
    DEFAULT_HEADERS,
    EXPOSE,
    HEADERS,
    MAX_AGE,
    METHODS,
    ORIGIN,
    PRIVATE_NETWORK,
    Patterns,
    Sender,
    Spy,
    assert_cors_headers,
    cors_headers,
    urlconf,
)

APP = "https://app.example"
SITE = "https://site.example"
STRANGER = "https://stranger.example"
REFUSED = {"vary": "origin"}
ADMITTED = {ORIGIN: APP, "vary": "origin"}
DEFAULT_METHODS = "DELETE, GET, OPTIONS, PATCH, POST, PUT"


@pytest.fixture
def spy() -> Spy:
    return Spy()


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=[SITE]):
        yield


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


allow_app = cors_allow(origins=[APP])


# --- Actual requests ---------------------------------------------------------------------------

# name -> (policy of the view, Origin or None, exact CORS headers)
ACTUAL: dict[str, tuple[Any, str | None, dict[str, str]]] = {
    "admitted": (allow_app, APP, ADMITTED),
    "refused": (allow_app, STRANGER, REFUSED),
    "no Origin": (allow_app, None, REFUSED),
    "an empty Origin": (allow_app, "", REFUSED),
    "the site's own origins are not the view's": (allow_app, SITE, REFUSED),
    "no origin at all": (allow_app, "https://app.example/", REFUSED),
    "two origins": (allow_app, f"{APP}, {APP}", REFUSED),
    "null is not admitted by default": (allow_app, "null", REFUSED),
    "credentials": (
        cors_allow(origins=[APP], credentials=True),
        APP,
        {ORIGIN: APP, CREDENTIALS: "true", "vary": "origin"},
    ),
    "credentials, refused": (cors_allow(origins=[APP], credentials=True), STRANGER, REFUSED),
    "exposed headers": (
        cors_allow(origins=[APP], expose_headers=["X-Total", "ETag"]),
        APP,
        {ORIGIN: APP, EXPOSE: "x-total, etag", "vary": "origin"},
    ),
    "all headers exposed": (
        cors_allow(origins=[APP], expose_headers=["*"]),
        APP,
        {ORIGIN: APP, EXPOSE: "*", "vary": "origin"},
    ),
    "exposed headers, refused": (
        cors_allow(origins=[APP], expose_headers=["X-Total"]),
        STRANGER,
        REFUSED,
    ),
    "any origin is the same for everybody": (cors_allow(origins="*"), STRANGER, {ORIGIN: "*"}),
    "any origin without Origin": (
        cors_allow(origins="*", expose_headers=["X-Total"]),
        None,
        {ORIGIN: "*", EXPOSE: "x-total"},
    ),
    "any origin reflects nothing": (cors_allow(origins="*"), "<script>", {ORIGIN: "*"}),
    "any origin and null": (cors_allow(origins="*"), "null", {ORIGIN: "*"}),
    "any origin as the second of two depends on the origin": (
        cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins="*")),
        STRANGER,
        {ORIGIN: "*", "vary": "origin"},
    ),
    "any origin as the second of two, and what is no origin": (
        cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins="*")),
        "<script>",
        {ORIGIN: "*", "vary": "origin"},
    ),
    "two lists, the first": (
        cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins=[SITE], credentials=True)),
        APP,
        ADMITTED,
    ),
    "two lists, the second": (
        cors_allow(CorsPolicy(origins=[SITE]), CorsPolicy(origins=[APP], credentials=True)),
        APP,
        {ORIGIN: APP, CREDENTIALS: "true", "vary": "origin"},
    ),
    "in both of two lists, the first answers": (
        cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins=[APP], credentials=True)),
        APP,
        ADMITTED,
    ),
    "two lists, in neither": (
        cors_allow(CorsPolicy(origins=[SITE]), CorsPolicy(origins=[APP], credentials=True)),
        STRANGER,
        REFUSED,
    ),
    "a list and a pattern": (
        cors_allow(CorsPolicy(origins=[SITE]), CorsPolicy(origins=["https://*.example"])),
        APP,
        ADMITTED,
    ),
    "any origin as the first of two, without Origin": (
        cors_allow(CorsPolicy(origins="*"), CorsPolicy(origins=[APP])),
        None,
        REFUSED,
    ),
    "two policies without Origin": (
        cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins="*")),
        None,
        REFUSED,
    ),
    "null, written out": (
        cors_allow(origins=["null"]),
        "null",
        {ORIGIN: "null", "vary": "origin"},
    ),
    "a subdomain": (
        cors_allow(origins=["https://*.example"]),
        APP,
        ADMITTED,
    ),
    "any port": (
        cors_allow(origins=["http://localhost:*"]),
        "http://localhost:5173",
        {ORIGIN: "http://localhost:5173", "vary": "origin"},
    ),
    "a regex": (cors_allow(origin_regexes=[r"https://\w+\.example"]), APP, ADMITTED),
    "a regex matches the whole origin": (
        cors_allow(origin_regexes=[r"https://app\.example"]),
        "https://app.example.evil.org",
        REFUSED,
    ),
    "denied: not even Vary": (cors_deny, APP, {}),
    "max_age and methods say nothing on an answer": (
        cors_allow(origins=[APP], max_age=5, methods=["PUT"], headers=["x-a"]),
        APP,
        ADMITTED,
    ),
}


@pytest.mark.parametrize("name", ACTUAL)
def test_actual_request(send: Sender, name: str) -> None:
    decorator, origin, expected = ACTUAL[name]

    with urlconf(path("v/", decorator(answer))):
        response = send.actual("/v/", origin)

    assert response.content == b"answer"
    assert_cors_headers(response, expected)


# --- Preflights --------------------------------------------------------------------------------


class Shop(View):
    """Offers GET, POST and DELETE; each handler may get a policy of its own."""

    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")

    def delete(self, request: Any) -> HttpResponse:
        return HttpResponse("delete")


def shop(whole: Any = None, **handlers: Any) -> Any:
    """Return the shop's view with a decorator on the class, and on single handlers."""
    attributes = {name: decorate(getattr(Shop, name)) for name, decorate in handlers.items()}
    view = type("DecoratedShop", (Shop,), attributes)
    return (whole(view) if whole else view).as_view()


def allowed(methods: str = "", headers: str = DEFAULT_HEADERS, **more: str) -> dict[str, str]:
    """Return what the preflight of an admitted APP answers."""
    named = {METHODS: methods, HEADERS: headers, MAX_AGE: "86400", "vary": "origin"}
    return {ORIGIN: APP, **{name: value for name, value in {**named, **more}.items() if value}}


public = cors_allow(origins="*")
with_cookies = cors_allow(origins=[APP], credentials=True)

# name -> (view, requested method, requested headers, exact CORS headers)
PREFLIGHTS: dict[str, tuple[Any, str, str, dict[str, str]]] = {
    "a function view offers CORS_ALLOW_METHODS": (
        allow_app(answer),
        "PUT",
        "",
        allowed(DEFAULT_METHODS),
    ),
    "a class offers what it implements": (
        shop(allow_app),
        "DELETE",
        "",
        allowed("DELETE, GET, OPTIONS, POST"),
    ),
    "a method that is not implemented: the full set, the browser refuses": (
        shop(allow_app),
        "PUT",
        "",
        allowed("DELETE, GET, OPTIONS, POST"),
    ),
    "a class whose dispatch serves whatever it likes": (
        allow_app(type("Graph", (View,), {"dispatch": answer})).as_view(),
        "PUT",
        "",
        allowed(DEFAULT_METHODS),
    ),
    "methods of the policy": (
        shop(cors_allow(origins=[APP], methods=["get", "PUT"])),
        "PUT",
        "",
        allowed("GET, PUT"),
    ),
    "no methods at all": (
        shop(cors_allow(origins=[APP], methods=[])),
        "PUT",
        "",
        allowed(),
    ),
    "a requested method that is empty": (
        allow_app(answer),
        "",
        "",
        allowed(DEFAULT_METHODS),
    ),
    "patch in lower case names PATCH alone": (
        allow_app(answer),
        "patch",
        "",
        allowed(DEFAULT_METHODS),
    ),
    "any method": (
        cors_allow(origins=[APP], methods=["*"])(answer),
        "PURGE",
        "",
        allowed("*"),
    ),
    "any method with credentials is echoed": (
        cors_allow(origins=[APP], methods=["*"], credentials=True)(answer),
        "PURGE",
        "",
        allowed("PURGE", **{CREDENTIALS: "true"}),
    ),
    "any method with credentials is echoed as it was sent": (
        cors_allow(origins=[APP], methods=["*"], credentials=True)(answer),
        "patch",
        "",
        allowed("patch", **{CREDENTIALS: "true"}),
    ),
    "any method of a handler is echoed as it was sent, where another has another policy": (
        type(
            "V",
            (Shop,),
            {"patch": cors_allow(origins=[APP], methods=["*"])(Shop.post)}
            | {"delete": cors_allow(origins=[STRANGER])(Shop.delete)},
        ).as_view(),
        "patch",
        "",
        allowed("PATCH, patch", **{MAX_AGE: "0"}),
    ),
    "a method in lower case is not echoed where it is named": (
        cors_allow(origins=[APP], methods=["PATCH"], credentials=True)(answer),
        "patch",
        "",
        allowed("PATCH", **{CREDENTIALS: "true"}),
    ),
    "a forbidden method in lower case is never echoed": (
        cors_allow(origins=[APP], methods=["*"], credentials=True)(answer),
        "track",
        "",
        allowed("", **{CREDENTIALS: "true"}),
    ),
    "what is no method is never echoed": (
        cors_allow(origins=[APP], methods=["*"], credentials=True)(answer),
        "PURGE\u00ad<x>",
        "",
        allowed("", **{CREDENTIALS: "true"}),
    ),
    "a forbidden method is never echoed": (
        cors_allow(origins=[APP], methods=["*"], credentials=True)(answer),
        "TRACE",
        "",
        allowed("", **{CREDENTIALS: "true"}),
    ),
    "any method on a route with two policies: the methods are named": (
        shop(cors_allow(origins=[APP], methods=["*"]), delete=cors_deny),
        "GET",
        "",
        allowed("GET, HEAD, OPTIONS, POST"),
    ),
    "headers of the policy": (
        cors_allow(origins=[APP], headers=["X-One", "x-two"])(answer),
        "PUT",
        "x-other",
        allowed(DEFAULT_METHODS, "x-one, x-two"),
    ),
    "no headers at all": (
        cors_allow(origins=[APP], headers=[])(answer),
        "PUT",
        "x-other",
        allowed(DEFAULT_METHODS, ""),
    ),
    "any header": (
        cors_allow(origins=[APP], headers=["*"])(answer),
        "PUT",
        "x-one",
        allowed(DEFAULT_METHODS, "*"),
    ),
    "any header does not cover Authorization": (
        cors_allow(origins=[APP], headers=["*"])(answer),
        "PUT",
        "authorization,x-one",
        allowed(DEFAULT_METHODS, "x-one"),
    ),
    "any header, and Authorization alone asked for": (
        cors_allow(origins=[APP], headers=["*"])(answer),
        "PUT",
        "Authorization",
        allowed(DEFAULT_METHODS, ""),
    ),
    "any header and Authorization named": (
        cors_allow(origins=[APP], headers=["*", "Authorization"])(answer),
        "PUT",
        "authorization,x-one",
        allowed(DEFAULT_METHODS, "*, authorization"),
    ),
    "any header with credentials is echoed": (
        cors_allow(origins=[APP], headers=["*"], credentials=True)(answer),
        "PUT",
        "X-One, x-two",
        allowed(DEFAULT_METHODS, "x-one, x-two", **{CREDENTIALS: "true"}),
    ),
    "any header with credentials does not cover Authorization": (
        cors_allow(origins=[APP], headers=["*"], credentials=True)(answer),
        "PUT",
        "authorization, x-two",
        allowed(DEFAULT_METHODS, "x-two", **{CREDENTIALS: "true"}),
    ),
    "a header that no browser asks for is never echoed, nor what is beside it": (
        cors_allow(origins=[APP], headers=["*"], credentials=True)(answer),
        "PUT",
        "x-one, cookie",
        allowed(DEFAULT_METHODS, "", **{CREDENTIALS: "true"}),
    ),
    "a header list too long to read gets no star, for Authorization may hide in it": (
        cors_allow(origins=[APP], headers=["*"])(answer),
        "PUT",
        ",".join(f"x-{number}" for number in range(2000)),
        allowed(DEFAULT_METHODS, ""),
    ),
    "max_age": (
        cors_allow(origins=[APP], max_age=5)(answer),
        "PUT",
        "",
        allowed(DEFAULT_METHODS, **{MAX_AGE: "5"}),
    ),
    "a policy's max_age of 0 is sent": (
        cors_allow(origins=[APP], max_age=0)(answer),
        "PUT",
        "",
        allowed(DEFAULT_METHODS, **{MAX_AGE: "0"}),
    ),
    "any origin, for everybody the same": (
        public(answer),
        "PUT",
        "",
        {ORIGIN: "*", METHODS: DEFAULT_METHODS, HEADERS: DEFAULT_HEADERS, MAX_AGE: "86400"},
    ),
    "denied": (cors_deny(answer), "PUT", "", {}),
    "denied handler": (shop(allow_app, delete=cors_deny), "DELETE", "", {}),
    "refused": (cors_allow(origins=[STRANGER])(answer), "PUT", "", REFUSED),
    # A declaration on a handler offers the handler's method in any case.
    "a marked handler is offered": (
        shop(delete=allow_app),
        "DELETE",
        "",
        allowed("DELETE", **{MAX_AGE: "0"}),
    ),
    "a marked handler is offered, whatever CORS_ALLOW_METHODS": (
        type(
            "V",
            (Shop,),
            {"purge": lambda self, request: HttpResponse("purged")}
            | {"http_method_names": ["get", "purge"]}
            | {"purge": allow_app(lambda self, request: HttpResponse("purged"))},
        ).as_view(),
        "PURGE",
        "",
        allowed("PURGE"),
    ),
    "a marked handler is offered, whatever the class's methods": (
        shop(cors_allow(origins=[APP], methods=["GET"]), delete=cors_allow(max_age=3)),
        "DELETE",
        "",
        allowed("DELETE, GET", **{MAX_AGE: "3"}),
    ),
    "a marked handler with methods of its own": (
        shop(allow_app, delete=cors_allow(methods=["PUT"])),
        "DELETE",
        "",
        allowed("GET, OPTIONS, POST"),
    ),
    "a method in lower case finds the handler that Django would call": (
        type("V", (Shop,), {"patch": allow_app(Shop.post)}).as_view(),
        "patch",
        "",
        allowed("PATCH", **{MAX_AGE: "0"}),
    ),
    # No bleed through the browser's preflight cache.
    "methods of another audience are not named": (
        shop(allow_app, delete=cors_allow(origins=[STRANGER])),
        "GET",
        "x-requested-with",
        allowed("GET, OPTIONS, POST"),
    ),
    "a denied method is not named": (
        shop(allow_app, delete=cors_deny),
        "GET",
        "",
        allowed("GET, OPTIONS, POST"),
    ),
    "methods under the settings alone are not named": (
        shop(delete=allow_app, post=allow_app),
        "DELETE",
        "",
        allowed("DELETE, POST"),
    ),
    "a POST of another audience: nothing is cached": (
        shop(allow_app, post=cors_allow(origins=[STRANGER])),
        "GET",
        "x-requested-with",
        allowed("DELETE, GET, OPTIONS", **{MAX_AGE: "0"}),
    ),
    "a denied POST: nothing is cached": (
        shop(allow_app, post=cors_deny),
        "GET",
        "x-requested-with",
        allowed("DELETE, GET, OPTIONS", **{MAX_AGE: "0"}),
    ),
    "a denied POST, but the policy itself says max_age": (
        shop(cors_allow(origins=[APP], max_age=60), post=cors_deny),
        "GET",
        "x-requested-with",
        allowed("DELETE, GET, OPTIONS", **{MAX_AGE: "60"}),
    ),
    "an offered method allows fewer headers: nothing is cached": (
        shop(allow_app, delete=cors_allow(headers=["x-csrftoken"])),
        "GET",
        "x-requested-with",
        allowed("DELETE, GET, OPTIONS, POST", **{MAX_AGE: "0"}),
    ),
    "an offered method allows more headers: cached": (
        shop(
            cors_allow(origins=[APP], headers=["x-one"]),
            delete=cors_allow(headers=["x-one", "x-two"]),
        ),
        "GET",
        "x-one",
        allowed("DELETE, GET, OPTIONS, POST", "x-one"),
    ),
    "an offered method allows any header, which covers all but Authorization": (
        shop(
            cors_allow(origins=[APP], headers=["x-one", "authorization"]),
            delete=cors_allow(headers=["*"]),
        ),
        "GET",
        "x-one",
        allowed("DELETE, GET, OPTIONS, POST", "x-one, authorization", **{MAX_AGE: "0"}),
    ),
    "a method without credentials does not ride on one with them": (
        shop(with_cookies, delete=allow_app),
        "GET",
        "x-requested-with",
        allowed("GET, OPTIONS, POST", **{CREDENTIALS: "true"}),
    ),
    "a POST without credentials does not ride either": (
        shop(with_cookies, post=allow_app),
        "GET",
        "x-requested-with",
        allowed("DELETE, GET, OPTIONS", **{CREDENTIALS: "true", MAX_AGE: "0"}),
    ),
    "a method with credentials rides on one without": (
        shop(allow_app, delete=with_cookies),
        "GET",
        "x-requested-with",
        allowed("DELETE, GET, OPTIONS, POST"),
    ),
    "what is allowed with credentials counts for a method without, too: nothing is cached": (
        shop(
            cors_allow(origins=[APP], credentials=True, headers=["x-one"]),
            delete=cors_allow(origins=[APP], headers=[]),
        ),
        "GET",
        "x-one",
        allowed("GET, OPTIONS, POST", "x-one", **{CREDENTIALS: "true", MAX_AGE: "0"}),
    ),
    "a method without credentials that allows the headers: cached": (
        shop(
            cors_allow(origins=[APP], credentials=True, headers=["x-one"]),
            delete=cors_allow(origins=[APP], headers=["x-one"]),
        ),
        "GET",
        "x-one",
        allowed("GET, OPTIONS, POST", "x-one", **{CREDENTIALS: "true"}),
    ),
    "a method without credentials that nobody is offered: cached": (
        shop(
            cors_allow(origins=[APP], credentials=True, headers=["x-one"]),
            delete=cors_allow(origins=[APP], methods=["PUT"], headers=[]),
        ),
        "GET",
        "x-one",
        allowed("GET, OPTIONS, POST", "x-one", **{CREDENTIALS: "true"}),
    ),
    "any origin beside another audience depends on the origin": (
        shop(public, delete=allow_app),
        "GET",
        "",
        {
            ORIGIN: "*",
            METHODS: "DELETE, GET, OPTIONS, POST",
            HEADERS: DEFAULT_HEADERS,
            MAX_AGE: "86400",
            "vary": "origin",
        },
    ),
    "HEAD is served by get": (
        shop(allow_app, get=cors_allow(max_age=7)),
        "HEAD",
        "",
        allowed("DELETE, OPTIONS, POST", **{MAX_AGE: "7"})
        | {METHODS: "DELETE, GET, HEAD, OPTIONS, POST"},
    ),
}


def test_that_a_star_of_the_settings_echoes_the_method_as_it_was_sent(send: Sender) -> None:
    every = {"CORS_ALLOW_METHODS": ["*"], "CORS_ALLOWED_ORIGINS": [APP]}

    with override_settings(**every), urlconf(path("v/", cors_allow(credentials=True)(answer))):
        response = send.preflight("/v/", APP, "patch")

    assert_cors_headers(response, allowed("patch", **{CREDENTIALS: "true"}))


def test_that_no_kept_preflight_lets_a_header_run_on_another_method(spy: Spy) -> None:
    """Fetch, "CORS-preflight cache": what was kept with credentials counts without them, too."""

    class Orders(View):
        @cors_allow(origins=[APP], credentials=True, headers=["x-admin"])
        def patch(self, request: Any) -> HttpResponse:
            return HttpResponse()

        @cors_allow(origins=[APP], headers=[])
        def put(self, request: Any) -> HttpResponse:
            spy.note("x-admin" in request.headers and "as an administrator")
            return HttpResponse()

    admin = {"headers": {"X-Admin": "1"}}
    with urlconf(path("v/", Orders.as_view())):
        page = Browser(APP)
        page.fetch("/v/", method="PATCH", credentials="include", **admin)
        page.fetch("/v/", method="PUT", credentials="omit")
        with pytest.raises(CorsError, match="HEADER_NOT_ALLOWED"):
            page.fetch("/v/", method="PUT", credentials="omit", **admin)

    assert spy.calls == [False]


@pytest.mark.parametrize("name", PREFLIGHTS)
def test_preflight(send: Sender, name: str) -> None:
    view, method, headers, expected = PREFLIGHTS[name]

    with urlconf(path("v/", view)):
        response = send.preflight("/v/", APP, method, headers)

    assert response.status_code == 200
    assert response.content == b""
    assert response["content-length"] == "0"
    assert_cors_headers(response, expected)


def test_a_preflight_reaches_no_view_and_no_middleware_below(send: Sender, spy: Spy) -> None:
    def view(request: Any) -> HttpResponse:
        spy.note(request.method)
        raise PermissionDenied

    routes = [path("a/", allow_app(view)), path("b/", cors_deny(view)), path("c/", view)]
    with urlconf(*routes):
        statuses = [send.preflight(f"/{name}/", APP, "PUT").status_code for name in "abc"]

    assert statuses == [200, 200, 200]
    assert spy.calls == []


NOT_PREFLIGHTS = {
    "no Access-Control-Request-Method": {"origin": APP},
    "no Origin": {"access-control-request-method": "PUT"},
    "an empty Origin": {"origin": "", "access-control-request-method": "PUT"},
}


@pytest.mark.parametrize("name", NOT_PREFLIGHTS)
def test_an_options_request_that_is_no_preflight_reaches_the_view(send: Sender, name: str) -> None:
    with urlconf(path("v/", allow_app(answer))):
        response = send("OPTIONS", "/v/", NOT_PREFLIGHTS[name])

    assert response.content == b"answer"
    assert_cors_headers(response, ADMITTED if "no Access" in name else REFUSED)


def test_private_network_is_answered_where_it_is_asked_for(send: Sender) -> None:
    asks = {"access_control_request_private_network": "true"}
    routes = [
        path("yes/", cors_allow(origins=[APP], private_network=True)(answer)),
        path("no/", allow_app(answer)),
    ]

    with urlconf(*routes):
        asked = cors_headers(send.preflight("/yes/", APP, "PUT", **asks))
        unasked = cors_headers(send.preflight("/yes/", APP, "PUT"))
        refused = cors_headers(send.preflight("/no/", APP, "PUT", **asks))

    assert asked[PRIVATE_NETWORK] == "true"
    assert PRIVATE_NETWORK not in unasked
    assert PRIVATE_NETWORK not in refused


@pytest.mark.parametrize(("setting", "sent"), [(0, None), (5, "5")])
def test_the_settings_max_age_of_0_sends_none(send: Sender, setting: int, sent: str | None) -> None:
    with override_settings(CORS_PREFLIGHT_MAX_AGE=setting), urlconf(path("v/", allow_app(answer))):
        assert cors_headers(send.preflight("/v/", APP, "PUT")).get(MAX_AGE) == sent


def test_inherited_stars_of_the_settings(send: Sender) -> None:
    stars = override_settings(CORS_ALLOW_METHODS=["*"], CORS_ALLOW_HEADERS="*")
    with stars, urlconf(path("v/", allow_app(answer))):
        plain = cors_headers(send.preflight("/v/", APP, "PURGE", "x-one"))
        authorized = cors_headers(send.preflight("/v/", APP, "PURGE", "authorization,x-one"))

    assert (plain[METHODS], plain[HEADERS]) == ("*", "*")
    assert authorized[HEADERS] == "x-one"


# --- Whatever the view does ----------------------------------------------------------------------


def raises(error: Exception) -> Any:
    def view(request: Any) -> HttpResponse:
        raise error

    return view


async def asynchronous(request: Any) -> HttpResponse:
    await asyncio.sleep(0)
    return HttpResponse("answer")


RESPONSES: dict[str, tuple[Any, int]] = {
    "200": (answer, 200),
    "200, async": (asynchronous, 200),
    "304": (lambda request: HttpResponseNotModified(), 304),
    "302": (lambda request: HttpResponseRedirect("/elsewhere/"), 302),
    "400": (lambda request: HttpResponse(status=400), 400),
    "401": (lambda request: HttpResponse(status=401), 401),
    "403": (raises(PermissionDenied()), 403),
    "404": (raises(Http404()), 404),
    "405": (require_http_methods(["POST"])(answer), 405),
    "429": (lambda request: HttpResponse(status=429), 429),
    "500": (raises(RuntimeError("broken")), 500),
    "streaming": (lambda request: StreamingHttpResponse([b"an", b"swer"]), 200),
}


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning")
@pytest.mark.parametrize("debug", [False, True], ids=["", "debug"])
@pytest.mark.parametrize("name", RESPONSES)
def test_every_response_of_a_view_carries_its_policy(send: Sender, name: str, debug: bool) -> None:
    view, status = RESPONSES[name]

    with override_settings(DEBUG=debug), urlconf(path("v/", allow_app(view))):
        response = send.actual("/v/", APP)
        refused = send.actual("/v/", STRANGER)

    assert response.status_code == refused.status_code == status
    assert_cors_headers(response, ADMITTED)
    assert_cors_headers(refused, REFUSED)


def test_a_405_of_a_class_based_view_is_readable(send: Sender) -> None:
    with urlconf(path("v/", shop(allow_app))):
        response = send.actual("/v/", APP, "PATCH")

    assert response.status_code == 405
    assert_cors_headers(response, ADMITTED)


@pytest.mark.filterwarnings("ignore:StreamingHttpResponse must consume:Warning")
def test_a_streaming_response_passes_through_untouched(send: Sender, spy: Spy) -> None:
    def chunks() -> Iterator[bytes]:
        for chunk in (b"an", b"swer"):
            spy.note("chunk")
            yield chunk

    def view(request: Any) -> StreamingHttpResponse:
        return StreamingHttpResponse(chunks())

    middleware = CorsMiddleware(allow_app(view))
    request = RequestFactory().get("/v/", headers={"origin": APP})

    response = middleware(request)

    assert spy.calls == []
    assert b"".join(response.streaming_content) == b"answer"


# --- Where no view answered ----------------------------------------------------------------------


def early(get_response: Any) -> Any:
    """Answer some requests before any view does, as a cache or a maintenance page would."""
    if iscoroutinefunction(get_response):

        async def amiddleware(request: Any) -> Any:
            if "early" in request.GET:
                return HttpResponse("early", status=503)
            return await get_response(request)

        return amiddleware

    def middleware(request: Any) -> Any:
        if "early" in request.GET:
            return HttpResponse("early", status=503)
        return get_response(request)

    return middleware


early.sync_capable = early.async_capable = True  # type: ignore[attr-defined]

STACK = [
    "cors_views.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
    f"{__name__}.early",
]
ADMITTED_SITE = {ORIGIN: SITE, "vary": "origin"}

# name -> (path, who is admitted with which headers)
WITHOUT_VIEW: dict[str, tuple[str, str, dict[str, str]]] = {
    "another middleware answered: the view's policy": ("/v/?early", APP, ADMITTED),
    "another middleware answered: not the settings'": ("/v/?early", SITE, REFUSED),
    "a redirect for the slash: the policy of the URL with it": ("/v", APP, ADMITTED),
    "a redirect for the slash: not the settings'": ("/v", SITE, REFUSED),
    "no redirect for the slash: the settings": ("/bare", SITE, ADMITTED_SITE),
    "a 404: the settings": ("/nowhere/", SITE, ADMITTED_SITE),
    "a 404: nobody else": ("/nowhere/", APP, REFUSED),
}


@pytest.mark.parametrize("name", WITHOUT_VIEW)
def test_where_no_view_answered(send: Sender, name: str) -> None:
    url, origin, expected = WITHOUT_VIEW[name]
    routes = [path("v/", allow_app(answer)), path("bare/", no_append_slash(allow_app(answer)))]

    with override_settings(MIDDLEWARE=STACK), urlconf(*routes):
        response = send.actual(url, origin)
        preflight = send.preflight(url, origin, "GET")

    assert response.status_code in (301, 404, 503)
    assert_cors_headers(response, expected)
    assert (ORIGIN in preflight) == (ORIGIN in expected)


@pytest.mark.parametrize(
    "settings",
    [{"APPEND_SLASH": False}, {"MIDDLEWARE": STACK[:1]}],
    ids=["APPEND_SLASH is off", "CommonMiddleware is not there"],
)
def test_a_slash_that_django_does_not_append(send: Sender, settings: dict[str, Any]) -> None:
    with override_settings(**settings), urlconf(path("v/", allow_app(answer))):
        assert_cors_headers(send.actual("/v", APP), REFUSED)
        assert_cors_headers(send.preflight("/v", APP, "GET"), REFUSED)


@pytest.mark.usefixtures("nothing_enforces")
def test_an_actual_request_is_resolved_once(send: Sender, monkeypatch: Any) -> None:
    from django.urls.resolvers import URLPattern

    resolved = []
    original = URLPattern.resolve
    monkeypatch.setattr(
        URLPattern, "resolve", lambda self, path: resolved.append(path) or original(self, path)
    )
    with override_settings(MIDDLEWARE=STACK[:1]), urlconf(path("v/", allow_app(answer))):
        send.actual("/v/", APP)

    assert resolved == ["v/"]


def overrides_the_method(get_response: Any) -> Any:
    """Take a header for the method, as middlewares for old proxies do."""

    def middleware(request: Any) -> Any:
        request.method = request.headers["x-http-method-override"]
        return get_response(request)

    return middleware


@pytest.mark.parametrize("method", ["POST", "post", "Post"])
def test_a_method_that_a_middleware_changed_is_judged_as_the_view_takes_it(
    send: Sender, method: str
) -> None:
    class Shop(View):
        @cors_deny
        def post(self, request: Any) -> HttpResponse:
            return HttpResponse("post")

    stack = [*STACK[:1], f"{__name__}.overrides_the_method"]
    with override_settings(MIDDLEWARE=stack), urlconf(path("v/", Shop.as_view())):
        response = send.actual("/v/", SITE, "PATCH", x_http_method_override=method)

    assert response.content == b"post"
    assert_cors_headers(response, {})


# --- Vary, and headers that the view wrote -------------------------------------------------------

VARY = {
    "none": (None, "origin"),
    "another": ("Cookie", "Cookie, origin"),
    "the same, in another case": ("ORIGIN", "ORIGIN"),
    "the same among others": ("Cookie, Origin", "Cookie, Origin"),
    "the star": ("*", "*"),
}


@pytest.mark.parametrize("name", VARY)
@pytest.mark.parametrize("origin", [None, APP, STRANGER])
def test_vary_is_added_and_never_doubled(send: Sender, name: str, origin: str | None) -> None:
    written, expected = VARY[name]

    def view(request: Any) -> HttpResponse:
        return HttpResponse(headers={} if written is None else {"Vary": written})

    with urlconf(path("v/", allow_app(view))):
        assert send.actual("/v/", origin)["vary"] == expected


def test_vary_beside_vary_on_headers(send: Sender) -> None:
    with urlconf(path("v/", vary_on_headers("Accept")(allow_app(answer)))):
        assert send.actual("/v/", APP)["vary"] == "Accept, origin"


def by_hand(request: Any) -> HttpResponse:
    """Write CORS headers by hand, as views did before there was a library."""
    return HttpResponse(
        headers={
            "Access-Control-Allow-Origin": "https://hand.example",
            "Access-Control-Allow-Credentials": "true",
            "Access-Control-Allow-Methods": "PUT",
            "Access-Control-Max-Age": "1",
        }
    )


WRITTEN = {
    "access-control-allow-origin": "https://hand.example",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "PUT",
    "access-control-max-age": "1",
}
BY_HAND = {
    "all go where a policy admits": (allow_app(by_hand), APP, ADMITTED),
    "all go under any origin": (public(by_hand), None, {ORIGIN: "*"}),
    "all go where a policy refuses": (allow_app(by_hand), STRANGER, REFUSED),
    "all go without Origin": (allow_app(by_hand), None, REFUSED),
    "all go under cors_deny": (cors_deny(by_hand), APP, {}),
    "all go where a declaration only refines the settings": (
        cors_allow(max_age=1)(by_hand),
        STRANGER,
        REFUSED,
    ),
    "all go where the settings admit": (by_hand, SITE, ADMITTED_SITE),
    "all stay where the settings refuse": (by_hand, STRANGER, {**WRITTEN, **REFUSED}),
    "all stay without Origin where nothing is declared": (by_hand, None, {**WRITTEN, **REFUSED}),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_headers_that_the_view_wrote(send: Sender, name: str) -> None:
    view, origin, expected = BY_HAND[name]

    with urlconf(path("v/", view)):
        assert_cors_headers(send.actual("/v/", origin), expected)


# --- The gates of the settings -------------------------------------------------------------------

GATES = {
    "CORS_URLS_REGEX": {"CORS_URLS_REGEX": r"^/api/"},
    "CORS_URLS_REGEX, several": {"CORS_URLS_REGEX": [r"^/api/", r"^/more/"]},
    "CORS_OPT_IN": {"CORS_OPT_IN": True},
}


@pytest.mark.parametrize("name", GATES)
def test_what_a_view_declares_is_not_gated(send: Sender, name: str) -> None:
    with (
        override_settings(**GATES[name]),
        urlconf(path("v/", allow_app(answer)), path("bare/", cors_allow(answer))),
    ):
        assert_cors_headers(send.actual("/v/", APP), ADMITTED)
        assert_cors_headers(send.actual("/bare/", SITE), ADMITTED_SITE)
        assert ORIGIN in send.preflight("/v/", APP, "PUT")


@pytest.mark.parametrize("name", GATES)
def test_where_no_policy_governs_the_view_gets_the_preflight(send: Sender, name: str) -> None:
    with override_settings(**GATES[name]), urlconf(path("v/", answer)):
        preflight = send.preflight("/v/", SITE, "PUT")
        actual = send.actual("/v/", SITE)

    assert preflight.content == b"answer"
    assert_cors_headers(preflight, {})
    assert_cors_headers(actual, {})


def test_an_unmarked_handler_beside_a_marked_one_is_gated(send: Sender) -> None:
    with override_settings(CORS_OPT_IN=True), urlconf(path("v/", shop(delete=allow_app))):
        assert_cors_headers(send.actual("/v/", SITE), {})
        assert_cors_headers(send.actual("/v/", APP, "DELETE"), ADMITTED)


def test_several_url_regexes_open_each_its_urls(send: Sender) -> None:
    with override_settings(**GATES["CORS_URLS_REGEX, several"]):
        headers = {
            url: ORIGIN in send.actual(url, SITE) for url in ("/api/x/", "/more/x/", "/no/api/")
        }

    assert headers == {"/api/x/": True, "/more/x/": True, "/no/api/": False}


# --- Callables and the signal --------------------------------------------------------------------


def says(word: Any, spy: Spy) -> Any:
    """Return callable origins, sync and async, that note that they were asked."""

    def sync(request: Any, origin: str) -> Any:
        spy.note(origin)
        if isinstance(word, Exception):
            raise word
        return word

    async def asynchronous(request: Any, origin: str) -> Any:
        return sync(request, origin)

    class Awaiting:
        async def __call__(self, request: Any, origin: str) -> Any:
            return sync(request, origin)

    return {"sync": sync, "async": asynchronous, "an object with an async call": Awaiting()}


@pytest.mark.parametrize("shape", ["sync", "async", "an object with an async call"])
@pytest.mark.parametrize(
    ("word", "expected"),
    [(True, ADMITTED), (False, REFUSED), (None, REFUSED), (RuntimeError("no"), REFUSED)],
    ids=["yes", "no", "nothing", "raises"],
)
def test_a_callable_origin(
    send: Sender, spy: Spy, shape: str, word: Any, expected: dict[str, str], caplog: Any
) -> None:
    view = cors_allow(origins=[says(word, spy)[shape]])(answer)

    with urlconf(path("v/", view)):
        response = send.actual("/v/", APP)

    assert response.content == b"answer"
    assert_cors_headers(response, expected)
    assert spy.calls == [APP]
    assert ("raised an exception when called" in caplog.text) == isinstance(word, Exception)


def test_an_origin_that_a_callable_rewrites(send: Sender) -> None:
    def rewrites(request: Any, origin: str) -> bool:
        request.META["HTTP_ORIGIN"] = STRANGER
        return origin == APP

    with urlconf(path("v/", cors_allow(origins=[rewrites])(answer))):
        assert_cors_headers(send.actual("/v/", APP), ADMITTED)
        assert send.preflight("/v/", APP, "PUT")[ORIGIN] == APP


def test_who_is_asked_sees_no_exception_of_ours(send: Sender, caplog: Any) -> None:
    def raises(request: Any, origin: str) -> bool:
        raise LookupError(origin)

    with urlconf(path("v/", cors_allow(origins=[raises])(answer))):
        send.actual("/v/", APP)
        send.preflight("/v/", APP, "PUT")

    errors = [record.exc_info[1] for record in caplog.records if record.exc_info]
    assert [type(error) for error in errors] == [LookupError, LookupError]
    assert [error.__context__ for error in errors] == [None, None]


def yields(request: Any, origin: str) -> Iterator[bool]:
    """Be what a stray yield makes of a callable: a generator, which counts as true."""
    yield False


async def ayields(request: Any, origin: str) -> Any:
    yield False


async def returns_a_coroutine(request: Any, origin: str) -> Any:
    return says(False, Spy())["async"](request, origin)


def finds_no_tenant(request: Any, origin: str) -> Any:
    """Look a tenant up in the natural way, which raises StopIteration for an unknown origin."""
    return next(tenant for tenant in () if tenant == origin)


async def returns_a_filter(request: Any, origin: str) -> Any:
    return filter(origin.__eq__, [STRANGER])


# name -> (callable, what the log says of what it returned)
NO_ANSWERS: dict[str, tuple[Any, str]] = {
    "a stray yield": (yields, "returned generator "),
    "a stray yield in async def": (ayields, "returned async_generator "),
    "a coroutine that says no": (returns_a_coroutine, ""),
    "StopIteration": (finds_no_tenant, "raised "),
    "filter()": (lambda request, origin: filter(origin.__eq__, [STRANGER]), "returned filter "),
    "filter() of async def": (returns_a_filter, "returned filter "),
    "map()": (lambda request, origin: map(origin.__eq__, [STRANGER]), "returned map "),
    "an iterator": (lambda request, origin: iter([]), "returned list_iterator "),
    "a generator": (lambda request, origin: (each for each in ()), "returned generator "),
    "a function that is not called": (lambda request, origin: yields, "returned function "),
    "a method that is not called": (lambda request, origin: [].count, "returned builtin_"),
    "a class": (lambda request, origin: Spy, "returned type "),
    "an exception that is not raised": (
        lambda request, origin: LookupError(origin),
        "returned LookupError ",
    ),
}


@pytest.mark.parametrize("name", NO_ANSWERS)
def test_a_callable_that_does_not_answer_means_no(send: Sender, caplog: Any, name: str) -> None:
    ask, told = NO_ANSWERS[name]

    with urlconf(path("v/", cors_allow(origins=[ask], credentials=True)(answer))):
        response = send.actual("/v/", APP)

    assert response.content == b"answer"
    assert_cors_headers(response, REFUSED)
    assert told in caplog.text
    assert ("ERROR" in caplog.text) is bool(told)


@pytest.mark.parametrize("yes", [True, 1, "tenant", [False], re.compile("a").match("a")])
def test_what_else_counts_as_true_means_yes(send: Sender, yes: Any) -> None:
    with urlconf(path("v/", cors_allow(origins=[lambda request, origin: yes])(answer))):
        assert send.actual("/v/", APP)[ORIGIN] == APP


class ConnectsLate(Patterns):
    """A URLconf that connects a receiver when it is first asked for its patterns."""

    def __init__(self, connect: Any) -> None:
        super().__init__([])
        del self.urlpatterns
        self.connect = connect

    def __getattr__(self, name: str) -> Any:
        if name != "urlpatterns":
            raise AttributeError(name)
        self.urlpatterns = [path("v/", answer)]
        self.connect(says_yes)
        return self.urlpatterns


def says_yes(sender: Any, request: Any, **kwargs: Any) -> bool:
    return True


@pytest.mark.parametrize("first", ["actual", "preflight"])
def test_a_receiver_that_the_urlconf_connects_is_asked_by_the_first_request(
    send: Sender, receivers: Any, first: str
) -> None:
    with override_settings(ROOT_URLCONF=ConnectsLate(receivers)):
        response = getattr(send, first)("/v/", APP, "GET")

    assert response[ORIGIN] == APP


def test_a_receiver_that_is_gone_says_nothing(send: Sender) -> None:
    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        raise AssertionError("nobody holds it any more")

    # Signals keep a weak reference.
    check_request_enabled.connect(receiver)
    del receiver

    with urlconf(path("v/", answer)):
        assert_cors_headers(send.actual("/v/", APP), REFUSED)


class Receiver:
    """Is taken for a sync receiver by Django, because only its call is async."""

    def __init__(self, word: Any) -> None:
        self.word = word

    async def __call__(self, sender: Any, request: Any, **kwargs: Any) -> Any:
        if isinstance(self.word, Exception):
            raise self.word
        return self.word


def generating_receiver(sender: Any, request: Any, **kwargs: Any) -> Iterator[bool]:
    yield False


# name -> (receivers, whether they admit together)
RECEIVERS: dict[str, tuple[list[Any], bool]] = {
    "a coroutine that says yes": ([Receiver(True)], True),
    "a coroutine that says no": ([Receiver(False)], False),
    "a coroutine that raises": ([Receiver(RuntimeError("no"))], False),
    "a coroutine that raises, and one that says yes": (
        [Receiver(RuntimeError("no")), Receiver(True)],
        True,
    ),
    "a generator": ([generating_receiver], False),
    "what counts as true, as in django-cors-headers": ([Receiver(iter([]))], True),
}


@pytest.mark.parametrize("name", RECEIVERS)
def test_a_receiver_is_awaited_and_never_taken_for_true(
    send: Sender, receivers: Any, name: str
) -> None:
    connected, admits = RECEIVERS[name]
    for receiver in connected:
        receivers(receiver)

    with urlconf(path("v/", answer)):
        assert_cors_headers(send.actual("/v/", APP), ADMITTED if admits else REFUSED)


def test_a_callable_is_asked_once_a_request(send: Sender, spy: Spy) -> None:
    ask = says(False, spy)["sync"]
    view = shop(cors_allow(origins=[ask]), delete=cors_allow(origins=[STRANGER, ask]))

    with urlconf(path("v/", view)):
        send.preflight("/v/", APP, "GET")

    assert spy.calls == [APP]


@pytest.mark.parametrize("origin", [None, "", "garbage", "https://app.example/x", "x" * 10_000])
def test_a_callable_never_sees_what_is_no_origin(
    send: Sender, spy: Spy, origin: str | None
) -> None:
    with urlconf(path("v/", cors_allow(origins=[says(True, spy)["sync"]])(answer))):
        assert_cors_headers(send.actual("/v/", origin), REFUSED)

    assert spy.calls == []


def test_a_callable_is_not_asked_where_a_pattern_admits(send: Sender, spy: Spy) -> None:
    with urlconf(path("v/", cors_allow(origins=[says(True, spy)["sync"], APP])(answer))):
        assert_cors_headers(send.actual("/v/", APP), ADMITTED)

    assert spy.calls == []


@pytest.mark.parametrize(
    ("word", "expected"),
    [(True, ADMITTED), (False, REFUSED), (RuntimeError("no"), REFUSED)],
    ids=["yes", "no", "raises"],
)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
def test_a_receiver_of_the_signal(
    send: Sender, spy: Spy, receivers: Any, word: Any, expected: Any, asynchronous: bool
) -> None:
    def receiver(sender: Any, request: Any, **kwargs: Any) -> Any:
        spy.note(request.path)
        if isinstance(word, Exception):
            raise word
        return word

    async def areceiver(sender: Any, request: Any, **kwargs: Any) -> Any:
        return receiver(sender, request)

    receivers(areceiver if asynchronous else receiver)
    with urlconf(path("v/", answer)):
        response = send.actual("/v/", APP)
        preflight = send.preflight("/v/", APP, "PUT")

    assert response.content == b"answer"
    assert_cors_headers(response, expected)
    assert (ORIGIN in preflight) == (ORIGIN in expected)
    assert spy.calls == ["/v/", "/v/"]


# name -> (settings, view, path, Origin, how often the receiver is asked)
ASKED: dict[str, tuple[dict[str, Any], Any, str | None, int]] = {
    "the origin is not in the settings": ({}, answer, APP, 1),
    "the origin is in the settings": ({}, answer, SITE, 0),
    "no Origin": ({}, answer, None, 0),
    "no origin": ({}, answer, "garbage", 0),
    "the view has a policy": ({}, allow_app(answer), STRANGER, 0),
    "the view is denied": ({}, cors_deny(answer), APP, 0),
    "the view refines the settings": ({}, cors_allow(answer), APP, 1),
    "the URL is not the settings'": ({"CORS_URLS_REGEX": "^/no/"}, answer, APP, 1),
    "the URL is not the settings', but the view has a policy": (
        {"CORS_URLS_REGEX": "^/no/"},
        allow_app(answer),
        STRANGER,
        0,
    ),
    "nothing declared under CORS_OPT_IN": ({"CORS_OPT_IN": True}, answer, APP, 0),
}


@pytest.mark.parametrize("name", ASKED)
@pytest.mark.parametrize("method", ["GET", "preflight"])
def test_the_signal_is_sent_once_and_only_when_needed(
    send: Sender, spy: Spy, receivers: Any, name: str, method: str
) -> None:
    settings, view, origin, times = ASKED[name]

    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        spy.note(request.path)
        return False

    receivers(receiver)
    with override_settings(**settings), urlconf(path("v/", view)):
        if method == "GET":
            send.actual("/v/", origin)
        elif origin is not None:
            send.preflight("/v/", origin, "PUT")
        else:
            times = 0

    assert spy.calls == ["/v/"] * times


def test_a_receiver_sees_what_the_view_left_on_the_request(
    send: Sender, spy: Spy, receivers: Any
) -> None:
    def view(request: Any) -> HttpResponse:
        request.user = "somebody"
        return HttpResponse("answer")

    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        return getattr(request, "user", None) == "somebody"

    receivers(receiver)
    with urlconf(path("v/", view)):
        assert_cors_headers(send.actual("/v/", APP), ADMITTED)


def test_receivers_open_a_url_before_the_view_as_in_django_cors_headers(
    send: Sender, receivers: Any
) -> None:
    """What the view leaves on the request must not open a URL that was closed when it arrived."""

    def view(request: Any) -> HttpResponse:
        request.user = "somebody"
        return HttpResponse("answer")

    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        return getattr(request, "user", None) == "somebody"

    receivers(receiver)
    with override_settings(CORS_URLS_REGEX="^/no/"), urlconf(path("v/", view)):
        assert_cors_headers(send.actual("/v/", APP), REFUSED)


# name -> (settings, view, whether a receiver listens, the Origin, exact headers): the receiver
# opens every URL to APP
LEFT_CLOSED: dict[str, tuple[dict[str, Any], Any, bool, str | None, dict[str, str]]] = {
    "opened": ({}, answer, True, APP, ADMITTED),
    "left closed": ({}, answer, True, STRANGER, REFUSED),
    "left closed to the settings' own origin": ({}, answer, True, SITE, REFUSED),
    "left closed without Origin": ({}, answer, True, None, REFUSED),
    "left closed to what is no origin": ({}, answer, True, "no origin", REFUSED),
    "a handler beside a declared one": (
        {},
        shop(delete=allow_app),
        True,
        STRANGER,
        REFUSED,
    ),
    "nobody listens": ({}, answer, False, STRANGER, {}),
    "nobody listens, without Origin": ({}, answer, False, None, {}),
    "nobody is asked about what is not opted in": (
        {"CORS_OPT_IN": True},
        answer,
        True,
        APP,
        {},
    ),
}


@pytest.mark.parametrize("name", LEFT_CLOSED)
def test_a_url_that_a_receiver_may_open_varies_for_everybody(
    send: Sender, receivers: Any, name: str
) -> None:
    site, view, listens, origin, expected = LEFT_CLOSED[name]

    def opens(sender: Any, request: Any, **kwargs: Any) -> bool:
        return request.META.get("HTTP_ORIGIN") == APP

    if listens:
        receivers(opens)
    with override_settings(CORS_URLS_REGEX="^/no/", **site), urlconf(path("v/", view)):
        assert_cors_headers(send.actual("/v/", origin), expected)


# --- Hostile input -------------------------------------------------------------------------------

MEGABYTE = 1024 * 1024
HOSTILE = {
    "a megabyte": "x" * MEGABYTE,
    "a megabyte of origin": "https://" + "a." * (MEGABYTE // 2) + "example",
    "a megabyte of commas": "," * MEGABYTE,
    "every byte of latin-1": "".join(map(chr, range(256))).replace("\r", "").replace("\n", ""),
    "line breaks": "https://app.example\r\nx-evil: 1",
    "markup": "https://<script>alert(1)</script>",
    "surrogates as WSGI hands on bytes": "https://\xff\xfe.example",
    "nothing": "",
    "white space": " \t ",
}


@pytest.mark.parametrize("value", HOSTILE.values(), ids=HOSTILE.keys())
@pytest.mark.parametrize("field", ["origin", "method", "headers"])
def test_hostile_values_are_never_reflected_and_never_an_error(field: str, value: str) -> None:
    sent = {"origin": APP, "method": "PUT", "headers": "x-one", field: value}
    policy = {"origin_regexes": [".*"], "methods": ["*"], "headers": ["*"], "credentials": True}

    with urlconf(path("v/", cors_allow(**policy)(answer))):
        for mode in ("wsgi", "asgi"):
            response = Sender(mode)(
                "OPTIONS",
                "/v/",
                {
                    "origin": sent["origin"],
                    "access-control-request-method": sent["method"],
                    "access-control-request-headers": sent["headers"],
                },
            )

            assert response.status_code == 200
            headers = "\n".join(cors_headers(response).values())
            assert not value.strip(" \t,") or value not in headers
            if field == "origin":
                assert ORIGIN not in response


# --- The log -------------------------------------------------------------------------------------


def logged(caplog: Any) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "cors_views"]


# name -> (view, how it is asked, what the one line says)
REFUSALS: dict[str, tuple[Any, tuple[str, ...], str]] = {
    "origin": (
        allow_app(answer),
        ("GET", STRANGER),
        (
            "The browser refuses GET '/v/' from 'https://stranger.example': the policy does not "
            "admit the origin (route policy declared at "
        ),
    ),
    "no origin": (allow_app(answer), ("GET", "garbage"), "the Origin header is not an origin"),
    "denied": (cors_deny(answer), ("GET", APP), "the view is closed to other origins by cors_deny"),
    "settings": (
        answer,
        ("GET", APP),
        "does not admit the origin (the CORS_* settings: the view declares nothing)",
    ),
    "settings, for one method": (
        shop(post=allow_app),
        ("GET", APP),
        "(the CORS_* settings: nothing is declared for this method)",
    ),
    "method": (
        shop(allow_app),
        ("OPTIONS", APP, "PUT"),
        (
            "The browser refuses the preflight for 'PUT' at '/v/' from 'https://app.example': the "
            "policy admits the origin, but does not offer the method"
        ),
    ),
    "method in lower case": (
        allow_app(answer),
        ("OPTIONS", APP, "patch"),
        "the preflight for 'patch' at",
    ),
    "header": (
        allow_app(answer),
        ("OPTIONS", APP, "PUT", "x-other"),
        "admits the origin, but does not allow a request header: 'x-other' (",
    ),
    "refining": (
        cors_allow(max_age=1)(allow_app(answer)),
        ("GET", STRANGER),
        ", refined by the route policy declared at ",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_one_debug_line(send: Sender, caplog: Any, name: str) -> None:
    view, asked, line = REFUSALS[name]
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", view)):
        if asked[0] == "GET":
            send.actual("/v/", asked[1], cookie="sessionid=secret", authorization="Bearer secret")
        else:
            send.preflight("/v/", *asked[1:])

    assert len(logged(caplog)) == 1
    assert line in logged(caplog)[0]
    assert "secret" not in caplog.text


class MatchesByHand:
    """A middleware that answers by itself, and says of which view; it has walked no URLconf."""

    def __init__(self, get_response: Any) -> None:
        pass

    def __call__(self, request: Any) -> HttpResponse:
        view = {"/denied/": cors_deny(answer), "/plain/": answer}[request.path]
        request.resolver_match = ResolverMatch(view, (), {})
        return HttpResponse("by hand")


@pytest.mark.parametrize(
    ("url", "headers"), [("/denied/", {}), ("/plain/", {ORIGIN: APP, "vary": "origin"})]
)
def test_the_view_of_a_match_that_no_resolver_made_is_asked_for_its_policy(
    url: str, headers: dict[str, str]
) -> None:
    stack = [STACK[0], f"{__name__}.MatchesByHand"]

    with override_settings(MIDDLEWARE=stack, CORS_ALLOWED_ORIGINS=[APP]), urlconf():
        response = Sender("wsgi").actual(url, APP)

    assert_cors_headers(response, headers)


@pytest.mark.parametrize(
    ("installed", "warnings"), [(["cors_views"], 0), ([], 1)], ids=["installed", "missing"]
)
def test_an_app_that_is_missing_is_said_once(
    caplog: Any, installed: list[str], warnings: int
) -> None:
    with override_settings(INSTALLED_APPS=installed):
        CorsMiddleware(answer)

    assert sum("INSTALLED_APPS" in line for line in logged(caplog)) == warnings


def test_a_misspelt_url_is_called_one(send: Sender, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", answer)):
        send.actual("/misspelt/", APP)
        send.preflight("/misspelt/", APP, "PUT")

    assert len(logged(caplog)) == 2
    for line in logged(caplog):
        assert "(the CORS_* settings: no route matches the URL). For more, run: " in line


def answers_with(**headers: str) -> Any:
    """Return a view that writes these headers itself."""

    def view(request: Any) -> HttpResponse:
        return HttpResponse(
            headers={f"Access-Control-Allow-{name}": value for name, value in headers.items()}
        )

    return view


PASSED_ON = {"CORS_URLS_REGEX": r"^/api/"}

# name -> (settings, view, how it is asked, the reason that is logged)
OWN_HEADERS: dict[str, tuple[dict[str, Any], Any, tuple[str, ...], Reason | None]] = {
    "the origin": ({}, answers_with(Origin=STRANGER), ("GET", STRANGER), None),
    "any origin": ({}, answers_with(Origin="*"), ("GET", STRANGER), None),
    "the origin, under a declaration": (
        {},
        allow_app(answers_with(Origin=STRANGER)),
        ("GET", STRANGER),
        Reason.ORIGIN_NOT_ADMITTED,
    ),
    "any origin, under cors_deny": (
        {},
        cors_deny(answers_with(Origin="*")),
        ("GET", STRANGER),
        Reason.DENIED,
    ),
    "another origin": (
        {},
        answers_with(Origin="https://hand.example"),
        ("GET", STRANGER),
        Reason.WRONG_ALLOW_ORIGIN,
    ),
    "another origin, and the settings admit": (
        {},
        answers_with(Origin="https://hand.example"),
        ("GET", SITE),
        None,
    ),
    "other headers alone": (
        {},
        answers_with(Credentials="true"),
        ("GET", STRANGER),
        Reason.ORIGIN_NOT_ADMITTED,
    ),
    "a preflight passed on": (PASSED_ON, answer, ("OPTIONS", APP, "PUT"), Reason.NO_POLICY),
    "a preflight passed on, and allowed": (
        PASSED_ON,
        answers_with(Origin="*", Methods="PUT", Headers="x-one"),
        ("OPTIONS", APP, "PUT", "x-one"),
        None,
    ),
    "a preflight passed on, without the method": (
        PASSED_ON,
        answers_with(Origin="*"),
        ("OPTIONS", APP, "PUT"),
        Reason.METHOD_NOT_OFFERED,
    ),
    "a preflight passed on, without the header": (
        PASSED_ON,
        answers_with(Origin="*", Methods="*"),
        ("OPTIONS", APP, "PUT", "x-one"),
        Reason.HEADER_NOT_ALLOWED,
    ),
}


@pytest.mark.parametrize("name", OWN_HEADERS)
def test_what_the_view_answers_by_itself_is_no_refusal_of_ours(
    send: Sender, caplog: Any, name: str
) -> None:
    site, view, asked, reason = OWN_HEADERS[name]
    caplog.set_level(logging.DEBUG, "cors_views")

    with override_settings(**site), urlconf(path("v/", view)):
        if asked[0] == "GET":
            send.actual("/v/", asked[1])
        else:
            send.preflight("/v/", *asked[1:])

    assert reasons_logged(caplog) == ([reason] if reason else [])


def reasons_logged(caplog: Any) -> list[Reason]:
    """Return the reasons of the refusals in the log; its warnings have none."""
    return [
        record.reason
        for record in caplog.records
        if record.name == "cors_views" and record.levelno == logging.DEBUG
    ]


WITH_COOKIE = {"cookie": "sessionid=secret"}

# name -> (view, the headers of the request beside its origin, the reason that is logged)
COOKIES: dict[str, tuple[Any, dict[str, str], Reason | None]] = {
    "any origin": (
        cors_allow(origins="*")(answer),
        WITH_COOKIE,
        Reason.CREDENTIALS_NOT_ALLOWED,
    ),
    "any origin, without cookies": (cors_allow(origins="*")(answer), {}, None),
    "no credentials": (
        cors_allow(origins=[APP])(answer),
        WITH_COOKIE,
        Reason.CREDENTIALS_NOT_ALLOWED,
    ),
    "credentials": (cors_allow(origins=[APP], credentials=True)(answer), WITH_COOKIE, None),
    "the view's own star, and credentials": (
        answers_with(Origin="*", Credentials="true"),
        WITH_COOKIE,
        Reason.CREDENTIALS_NOT_ALLOWED,
    ),
    "the view's own headers": (
        answers_with(Origin=APP, Credentials="true"),
        WITH_COOKIE,
        None,
    ),
    "another reason comes first": (
        cors_allow(origins=[STRANGER])(answer),
        WITH_COOKIE,
        Reason.ORIGIN_NOT_ADMITTED,
    ),
    "a script that says so": (
        cors_allow(origins=[APP])(answer),
        {**WITH_COOKIE, "sec_fetch_mode": "cors"},
        Reason.CREDENTIALS_NOT_ALLOWED,
    ),
    "a form": (
        cors_allow(origins=[APP])(answer),
        {**WITH_COOKIE, "sec_fetch_mode": "navigate"},
        None,
    ),
}


@pytest.mark.parametrize("name", COOKIES)
def test_cookies_that_a_page_sent_in_vain_are_a_refusal(
    send: Sender, caplog: Any, name: str
) -> None:
    view, headers, reason = COOKIES[name]
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", view)):
        send.actual("/v/", APP, **headers)

    assert reasons_logged(caplog) == ([reason] if reason else [])
    assert "secret" not in caplog.text


def test_what_hangs_on_the_credentials_mode_is_no_refusal(send: Sender, caplog: Any) -> None:
    # The browser takes the star for a name with credentials, and no preflight says whether it has.
    star = {"CORS_ALLOW_HEADERS": ["*"], "CORS_ALLOW_CREDENTIALS": True}
    caplog.set_level(logging.DEBUG, "cors_views")

    with override_settings(**star), urlconf(path("v/", answer)):
        send.preflight("/v/", SITE, "PUT", "x-one")

    assert logged(caplog) == []


def test_that_more_headers_than_anybody_sends_are_named(send: Sender, caplog: Any) -> None:
    names = [f"x-{number}" for number in range(200)]
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", cors_allow(origins=[APP], headers=names[1:])(answer))):
        send.preflight("/v/", APP, "PUT", ",".join(names))

    (line,) = logged(caplog)
    assert "does not allow a request header: 'x-0' (" in line


def test_a_refusal_names_file_and_line(send: Sender, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", cors_allow(origins=[APP])(answer))):
        send.actual("/v/", STRANGER)

    assert "test_middleware.py:" in logged(caplog)[0]


def test_nothing_is_logged_for_the_site_itself_nor_for_what_is_admitted(
    send: Sender, caplog: Any
) -> None:
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", allow_app(answer))):
        # The ASGI client sends a Host header by itself, the WSGI client does not.
        host = {"host": "testserver"} if send.mode == "wsgi" else {}
        send.actual("/v/", "http://testserver", "POST", **host)
        send.actual("/v/", APP)
        send.actual("/v/", None)
        send.preflight("/v/", APP, "PUT")

    assert logged(caplog) == []


def test_a_line_of_the_log_cannot_be_forged(send: Sender, caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", allow_app(answer))):
        send.actual("/v/", "evil\nThe browser refuses nothing" + "x" * 1000)

    (line,) = logged(caplog)
    assert "\n" not in line
    assert len(line) < 600


# --- As many as one likes -------------------------------------------------------------------------


def many(spy: Spy, last: bool) -> list[Any]:
    """Return a thousand callables, of which the last one says so."""

    def one(number: int) -> Any:
        def asked(request: Any, origin: str) -> bool:
            spy.note(str(number))
            return last and number == 999

        return asked

    return [one(number) for number in range(1000)]


def one_policy(spy: Spy, last: bool) -> Any:
    return cors_allow(origins=many(spy, last))(answer)


def a_thousand_policies(spy: Spy, last: bool) -> Any:
    return cors_allow(*(CorsPolicy(origins=[each]) for each in many(spy, last)))(answer)


def a_class_of_two(spy: Spy, last: bool) -> Any:
    asked = many(spy, last)
    return shop(cors_allow(origins=asked), delete=cors_allow(origins=[*asked, STRANGER]))


@pytest.mark.parametrize("last", [True, False], ids=["the last one says yes", "refused"])
@pytest.mark.parametrize("method", ["GET", "OPTIONS"], ids=["actual", "preflight"])
@pytest.mark.parametrize(
    ("declared", "at_most"),
    [
        pytest.param(one_policy, 2, id="one policy"),
        pytest.param(a_thousand_policies, 2, id="a thousand policies"),
        pytest.param(a_class_of_two, 3, id="two handlers that ask the same"),
    ],
)
def test_the_work_grows_with_the_number_of_callables_and_not_with_its_square(
    send: Sender,
    spy: Spy,
    monkeypatch: pytest.MonkeyPatch,
    declared: Any,
    at_most: int,
    method: str,
    last: bool,
) -> None:
    begun: list[str] = []
    for module, name in ((actual_answers, "actual"), (preflight_answers, "preflight")):
        decide = getattr(module, name)

        def counted(*args: Any, decide: Any = decide, **kwargs: Any) -> Any:
            begun.append("again")
            return decide(*args, **kwargs)

        monkeypatch.setattr(module, name, counted)

    with urlconf(path("v/", declared(spy, last))):
        if method == "GET":
            response = send.actual("/v/", APP)
        else:
            response = send.preflight("/v/", APP, "DELETE")

    assert spy.calls == [str(number) for number in range(1000)]
    assert (ORIGIN in response) is last
    assert len(begun) <= at_most


# --- The middleware itself -----------------------------------------------------------------------


def test_it_follows_the_handler_below_it() -> None:
    async def get_response(request: Any) -> HttpResponse:
        return HttpResponse()

    assert iscoroutinefunction(CorsMiddleware(get_response))
    assert not iscoroutinefunction(CorsMiddleware(answer))


def test_an_async_stack_is_not_sent_through_a_thread(monkeypatch: Any) -> None:
    from asgiref.sync import SyncToAsync

    hops = []
    original = SyncToAsync.__call__
    monkeypatch.setattr(
        SyncToAsync,
        "__call__",
        lambda self, *args, **kwargs: hops.append(self) or original(self, *args, **kwargs),
    )
    request = RequestFactory().get("/v/", headers={"origin": APP})

    with urlconf(path("v/", allow_app(asynchronous))):
        response = asyncio.run(CorsMiddleware(asynchronous)(request))

    assert_cors_headers(response, ADMITTED)
    assert hops == []
