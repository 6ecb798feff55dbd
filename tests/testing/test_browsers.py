"""The browsers for tests: what pages at some origin get of a site, through Django's clients."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path, re_path
from django.views import View

from cors_views import cors_allow, cors_deny
from cors_views.testing import AsyncBrowser, Browser, CorsError, PreflightCache, Reason
from tests.calls import ROWS
from tests.tables import urlconf
from tests.told_site import Visit, at_port, by_the_browser, installed, verdicts

AT = at_port(8000)
PAGE = "https://app.example.com"
STRANGER = "https://stranger.example"

here: Callable[..., Any] = cors_allow(
    origins=[PAGE], credentials=True, methods=["GET", "POST", "PUT"], headers=["Content-Type"]
)


@here
def echo(request: HttpRequest) -> JsonResponse:
    return JsonResponse(
        {
            "method": request.method,
            "host": request.get_host(),
            "secure": request.is_secure(),
            "query": request.META["QUERY_STRING"],
            "type": request.META.get("CONTENT_TYPE", ""),
            "body": request.body.decode("latin1"),
            "cookies": request.COOKIES,
            "agent": request.headers.get("User-Agent"),
        }
    )


@here
def form(request: HttpRequest) -> JsonResponse:
    files = {name: request.FILES[name].read().decode() for name in request.FILES}
    return JsonResponse({"fields": dict(request.POST.lists()), "files": files})


@here
def crash(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("as it happens")


@here
def stream(request: HttpRequest) -> StreamingHttpResponse:
    def parts() -> Iterator[str]:
        yield from ("a", "b")

    return StreamingHttpResponse(parts())


@here
async def astream(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        yield "a"
        yield "b"

    return StreamingHttpResponse(parts())


@here
def bom(request: HttpRequest) -> HttpResponse:
    return HttpResponse("﻿ä".encode() + b"\xff", headers={"X-Hidden": "1"})


def undeclared(request: HttpRequest) -> HttpResponse:
    return HttpResponse("not for pages")


def by_hand(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Access-Control-Allow-Origin": "https://b.example"})


@here
def away(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": "https://elsewhere.example/"})


class Orders(View):
    @here
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("orders")

    @cors_deny
    def delete(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("gone")


SITE = urlconf(
    path("echo/", echo),
    path("form/", form),
    path("crash/", crash),
    path("stream/", stream),
    path("astream/", astream),
    path("bom/", bom),
    path("by-hand/", by_hand),
    path("away/", away),
    path("orders/", Orders.as_view()),
    path("public/", cors_allow(origins="*")(bom)),
    path("undeclared/", undeclared),
)


@pytest.fixture(autouse=True)
def site() -> Iterator[None]:
    with SITE:
        yield


@pytest.fixture(params=["wsgi", "asgi"])
def fetch(request: pytest.FixtureRequest) -> Callable[..., Any]:
    """Return ``fetch`` of a page, over either client."""
    kinds: dict[str, type[Any]] = {"wsgi": Browser, "asgi": AsyncBrowser}
    kind = kinds[request.param]

    def fetch(url: str, *, origin: str = PAGE, browser: Any = None, **options: Any) -> Any:
        page = kind(origin, **browser or {})
        return (
            page.fetch(url, **options)
            if kind is Browser
            else async_to_sync(page.fetch)(url, **options)
        )

    return fetch


@pytest.mark.parametrize("mode", ["wsgi", "asgi"])
@pytest.mark.parametrize("name", ROWS)
def test_that_pages_get_what_fetch_lets_them_have(mode: str, name: str) -> None:
    with installed(AT):
        seen = by_the_browser(Visit(AT, f"{mode}-{name}"), ROWS[name], mode)

    assert verdicts(seen) == ROWS[name].readable


# --- What is sent --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        pytest.param(
            {"json": {"a": [1, None]}},
            {"type": "application/json", "body": '{"a": [1, null]}'},
            id="json",
        ),
        pytest.param(
            {"json": 1, "content_type": "application/vnd.api+json"},
            {"type": "application/vnd.api+json", "body": "1"},
            id="json-of-another-type",
        ),
        pytest.param({"body": "ä"}, {"type": "text/plain;charset=UTF-8", "body": "Ã¤"}, id="text"),
        pytest.param(
            {"body": b"\xff", "content_type": "text/plain"},
            {"type": "text/plain", "body": "ÿ"},
            id="bytes",
        ),
        pytest.param({"body": b"x"}, {"type": "", "body": "x"}, id="bytes-without-type"),
        pytest.param(
            {"json": {}, "headers": {"content-TYPE": "text/plain"}},
            {"type": "text/plain", "body": "{}"},
            id="the-header-wins",
        ),
        pytest.param(
            {"data": {"a": ["1", "2"]}, "content_type": "application/x-www-form-urlencoded"},
            {"type": "application/x-www-form-urlencoded", "body": "a=1&a=2"},
            id="form",
        ),
        pytest.param({"body": ""}, {"type": "text/plain;charset=UTF-8", "body": ""}, id="empty"),
        pytest.param({}, {"type": "", "body": ""}, id="nothing"),
    ],
)
def test_bodies(fetch: Callable[..., Any], options: dict[str, Any], sent: dict[str, str]) -> None:
    seen = fetch("/echo/", method="POST", **options).json()

    assert {"type": seen["type"], "body": seen["body"]} == sent


def test_that_data_is_a_form_with_files(fetch: Callable[..., Any]) -> None:
    file = SimpleUploadedFile("a.txt", b"content")

    seen = fetch("/form/", method="POST", data={"name": "ä", "file": file}).json()

    assert seen == {"fields": {"name": ["ä"]}, "files": {"file": "content"}}


def test_that_there_is_one_body(fetch: Callable[..., Any]) -> None:
    with pytest.raises(TypeError, match="takes one body"):
        fetch("/echo/", method="POST", body="x", json={})


@pytest.mark.parametrize(
    ("server", "url", "seen"),
    [
        pytest.param("http://testserver", "/echo/?a=%20b", "http testserver a=%20b", id="default"),
        pytest.param("http://testserver", "http://testserver/echo/", "http testserver ", id="full"),
        pytest.param("https://api.example.com", "/echo/", "https api.example.com ", id="named"),
        pytest.param("http://localhost:8000", "/echo/", "http localhost:8000 ", id="with-a-port"),
        pytest.param(
            ["https://a.example", "https://b.example"],
            "https://b.example/echo/",
            "https b.example ",
            id="the-second",
        ),
        pytest.param(
            ["https://a.example", "https://b.example"], "/echo/", "https a.example ", id="the-first"
        ),
    ],
)
def test_servers(fetch: Callable[..., Any], server: Any, url: str, seen: str) -> None:
    response = fetch(url, browser={"server": server}).json()

    scheme = "https" if response["secure"] else "http"
    assert f"{scheme} {response['host']} {response['query']}" == seen


def test_that_another_server_has_to_be_named(fetch: Callable[..., Any]) -> None:
    with pytest.raises(ValueError) as error:
        fetch("https://api.example.com/echo/")

    assert str(error.value) == (
        "'https://api.example.com/echo/' is not at http://testserver. If this site answers "
        "there too, write server=['http://testserver', 'https://api.example.com']"
    )


def test_that_the_headers_of_the_client_go_along() -> None:
    client = Client(headers={"User-Agent": "test"})

    assert Browser(PAGE, client=client).fetch("/echo/").json()["agent"] == "test"


# --- What the page gets --------------------------------------------------------------------------


def test_a_response(fetch: Callable[..., Any]) -> None:
    response = fetch("/bom/")

    assert (response.status, response.ok, response.type) == (200, True, "cors")
    assert (response.url, response.redirected) == ("http://testserver/bom/", False)
    assert response.text == "ä�"
    assert response.content == "﻿ä".encode() + b"\xff"
    assert response.headers["content-TYPE"] == "text/html; charset=utf-8"
    assert "X-Hidden" not in response.headers
    assert response.unfiltered.headers["X-Hidden"] == "1"
    assert response.verdict.exchanges[0].sent.method == "GET"
    assert repr(response) == "<Response 200 from http://testserver/bom/>"
    with pytest.raises(ValueError):
        response.json()


@pytest.mark.parametrize("url", ["/stream/", "/astream/"])
def test_that_streams_are_read(url: str) -> None:
    # Each with the client that does not have to adapt the stream: Django warns of that.
    async def read() -> str:
        return (await AsyncBrowser(PAGE).fetch(url)).text

    text = Browser(PAGE).fetch(url).text if url == "/stream/" else asyncio.run(read())

    assert text == "ab"


def test_that_a_sync_stream_is_read_by_the_async_browser() -> None:
    assert async_to_sync(AsyncBrowser(PAGE).fetch)("/stream/").text == "ab"


def test_that_a_manual_redirect_shows_nothing(fetch: Callable[..., Any]) -> None:
    response = fetch("/away/", redirect="manual")

    assert (response.type, response.status, response.ok) == ("opaqueredirect", 0, False)
    assert (dict(response.headers), response.content) == ({}, b"")


def test_that_an_exception_is_a_500(fetch: Callable[..., Any]) -> None:
    response = fetch("/crash/")

    assert (response.status, response.ok) == (500, False)


def test_that_an_exception_can_be_raised(fetch: Callable[..., Any]) -> None:
    with pytest.raises(RuntimeError, match="as it happens"):
        fetch("/crash/", browser={"raise_request_exception": True})


@pytest.mark.parametrize("kind", [Browser, AsyncBrowser])
def test_repr(kind: type[Any]) -> None:
    assert repr(kind("HTTPS://app.example.com:443")) == f"{kind.__name__}('{PAGE}')"


# --- Refusals ------------------------------------------------------------------------------------

REFUSALS = [
    pytest.param("/orders/", {"method": "DELETE"}, Reason.DENIED, id="denied"),
    pytest.param("/undeclared/", {}, Reason.NO_POLICY, id="no-policy"),
    pytest.param("/undeclared/", {"method": "PUT"}, Reason.NO_POLICY, id="no-policy-preflight"),
    pytest.param("/echo/", {"origin": STRANGER}, Reason.ORIGIN_NOT_ADMITTED, id="origin"),
    pytest.param(
        "/echo/",
        {"origin": STRANGER, "method": "PUT"},
        Reason.ORIGIN_NOT_ADMITTED,
        id="origin-preflight",
    ),
    pytest.param("/echo/", {"method": "PATCH"}, Reason.METHOD_NOT_OFFERED, id="method"),
    pytest.param("/echo/", {"headers": {"X-A": "1"}}, Reason.HEADER_NOT_ALLOWED, id="header"),
    pytest.param("/by-hand/", {}, Reason.WRONG_ALLOW_ORIGIN, id="by-hand"),
]
BROWSERS_OWN = [
    pytest.param(
        "/public/", {"credentials": "include"}, Reason.CREDENTIALS_NOT_ALLOWED, id="credentials"
    ),
    pytest.param(
        "/public/",
        {"method": "FETCH", "headers": {"X-A": "1"}, "credentials": "include"},
        Reason.CREDENTIALS_NOT_ALLOWED,
        id="credentials-before-method-and-header",
    ),
    pytest.param("/away/", {}, Reason.REDIRECT_REFUSED, id="nobody-there"),
    pytest.param("/away/", {"redirect": "error"}, Reason.REDIRECT_REFUSED, id="redirect"),
]


@pytest.mark.parametrize(("url", "options", "reason"), REFUSALS)
@override_settings(CORS_OPT_IN=True)
def test_that_error_and_log_name_the_same_reason(
    fetch: Callable[..., Any],
    caplog: pytest.LogCaptureFixture,
    url: str,
    options: dict[str, Any],
    reason: Reason,
) -> None:
    with caplog.at_level(logging.DEBUG, "cors_views"), pytest.raises(CorsError) as refused:
        fetch(url, **options)

    error = refused.value
    (record,) = (record for record in caplog.records if record.name == "cors_views")
    assert (error.reason, error.source) == (reason, record.source)  # type: ignore[attr-defined]
    assert record.reason is reason  # type: ignore[attr-defined]


@pytest.mark.parametrize(("url", "options", "reason"), BROWSERS_OWN)
def test_reasons_that_only_a_browser_knows(
    fetch: Callable[..., Any], url: str, options: dict[str, Any], reason: Reason
) -> None:
    with pytest.raises(CorsError) as refused:
        fetch(url, **options)

    assert refused.value.reason is reason


@override_settings(MIDDLEWARE=[])
def test_that_it_works_without_the_middleware(fetch: Callable[..., Any]) -> None:
    with pytest.raises(CorsError) as refused:
        fetch("/echo/")

    assert (refused.value.reason, refused.value.source) == (Reason.NO_POLICY, "")
    assert "CorsMiddleware did not see it" in str(refused.value)


def test_what_an_error_says(fetch: Callable[..., Any]) -> None:
    with pytest.raises(CorsError) as refused:
        fetch("/echo/", headers={"X-B": "1", "X-A": "1"})

    error = refused.value
    assert error.missing == ("x-a", "x-b")
    assert (error.request.kind, error.request.method) == ("preflight", "OPTIONS")
    assert (error.expected, error.received) == ("", None)
    assert error.steps == error.verdict.steps
    assert error.source.startswith("route policy declared at ")
    assert f"{__file__}:" in error.source
    assert str(error) == (
        f"A page at {PAGE} cannot read GET http://testserver/echo/\nReason: HEADER_NOT_ALLOWED, "
        "the policy admits the origin, but does not allow a request header: x-a, x-b\nFailed: "
        "Access-Control-Allow-Headers of the preflight OPTIONS http://testserver/echo/: x-a, "
        f"x-b asked for, 'content-type' received\nDecided by: {error.source}"
    )


def test_that_an_error_names_both_origins(fetch: Callable[..., Any]) -> None:
    with pytest.raises(CorsError) as refused:
        fetch("/by-hand/")

    assert (refused.value.expected, refused.value.received) == (PAGE, "https://b.example")


# --- Cookies, and what pages share ---------------------------------------------------------------


def cookies_at(page: Browser, **options: Any) -> dict[str, str]:
    cookies: dict[str, str] = page.fetch("/echo/", credentials="include", **options).json()[
        "cookies"
    ]
    return cookies


@pytest.mark.parametrize(
    ("server", "attributes", "setting", "sent"),
    [
        pytest.param("http://testserver", {}, "Lax", True, id="any-site-stands-for-ours"),
        pytest.param("http://testserver", {"secure": True}, "Lax", True, id="and-any-scheme"),
        pytest.param("https://api.example.com", {}, "Lax", True, id="same-site"),
        pytest.param("http://api.example.com", {}, "Lax", False, id="another-scheme"),
        pytest.param("https://api.example.org", {}, "Lax", False, id="another-site"),
        pytest.param("https://api.example.org", {}, False, False, id="unsaid-is-lax"),
        pytest.param(
            "https://api.example.org", {"secure": True}, "None", True, id="as-the-settings-say"
        ),
        pytest.param(
            "https://api.example.org",
            {"secure": True, "samesite": "Lax"},
            "None",
            False,
            id="the-cookie-says-otherwise",
        ),
        pytest.param("https://api.example.org", {}, "None", False, id="none-needs-secure"),
        pytest.param(
            "http://api.example.com", {"secure": True}, "None", False, id="secure-needs-https"
        ),
        pytest.param("http://localhost:8000", {"secure": True}, "None", True, id="or-localhost"),
    ],
)
def test_the_session_cookie(
    server: str, attributes: dict[str, Any], setting: Any, sent: bool
) -> None:
    client = Client()
    # As client.force_login() does.
    client.cookies["sessionid"] = "1"
    client.cookies["sessionid"].update(attributes)

    with override_settings(SESSION_COOKIE_SAMESITE=setting):
        seen = cookies_at(Browser(PAGE, client=client, server=server))

    assert seen == ({"sessionid": "1"} if sent else {})
    assert client.cookies["sessionid"]["samesite"] == attributes.get("samesite", "")


def test_that_only_cookies_that_go_along_are_sent() -> None:
    client = Client()
    client.cookies["lax"] = "1"
    client.cookies["none"] = "2"
    client.cookies["none"].update({"samesite": "none", "secure": True})
    page = Browser(PAGE, client=client, server="https://api.example.org")

    assert cookies_at(page) == {"none": "2"}
    assert page.fetch("/echo/").json()["cookies"] == {}


def test_that_the_client_stays_as_it_was() -> None:
    client = Client()
    client.cookies["a"] = "1"
    page = Browser(PAGE, client=client, server="https://api.example.com")

    response = page.fetch("/crash/")

    assert response.unfiltered.client is client
    assert client.cookies["a"].value == "1"
    with pytest.raises(RuntimeError):
        client.get("/crash/")
    assert client.get("/echo/").json()["host"] == "testserver"


def test_that_requests_at_the_same_time_do_not_meet() -> None:
    client = AsyncClient()
    client.cookies["a"] = "1"
    page = AsyncBrowser(PAGE, client=client)

    async def both() -> list[Any]:
        calls = [page.fetch("/echo/", credentials=mode) for mode in ("include", "omit", "include")]
        return [response.json()["cookies"] for response in await asyncio.gather(*calls)]

    assert asyncio.run(both()) == [{"a": "1"}, {}, {"a": "1"}]


def test_that_preflights_are_remembered_by_a_clock() -> None:
    now = [0.0]
    page = Browser(PAGE, preflights=PreflightCache(clock=lambda: now[0]))

    def exchanges() -> int:
        return len(page.fetch("/echo/", method="PUT").verdict.exchanges)

    assert [exchanges(), exchanges()] == [2, 1]
    now[0] = 7201
    assert exchanges() == 2


def test_that_a_page_without_origin_is_at_another_site() -> None:
    client = Client()
    client.cookies["a"] = "1"

    with urlconf(path("any/", cors_allow(origins=["null"], credentials=True)(echo))):
        page = Browser("null", client=client)
        assert page.fetch("/any/", credentials="include").json()["cookies"] == {}


@pytest.mark.parametrize(
    ("credentials", "kept"), [("omit", set()), ("same-origin", set()), ("include", {"a"})]
)
def test_which_cookies_are_kept(credentials: Any, kept: set[str]) -> None:
    def sets_one(request: HttpRequest) -> HttpResponse:
        response = HttpResponse()
        response.set_cookie("a", "1")
        return response

    with urlconf(path("sets/", here(sets_one))):
        page = Browser(PAGE)
        page.fetch("/sets/", credentials=credentials)

    assert set(page.client.cookies) == kept


# --- What pytest shows of a failure ------------------------------------------------------------


def last_shown(raised: pytest.ExceptionInfo[Exception]) -> str:
    """Return the name of the function at which pytest's traceback ends."""
    return list(raised.traceback.filter(raised))[-1].name


def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the view failed")


def test_that_the_traceback_of_a_cors_error_ends_at_the_tests_own_line() -> None:
    def of_mine() -> None:
        Browser("https://other.example").fetch("/closed/")

    async def of_mine_too() -> None:
        await AsyncBrowser("https://other.example").fetch("/closed/")

    with urlconf(path("closed/", cors_deny(fails))):
        with pytest.raises(CorsError) as raised:
            of_mine()
        with pytest.raises(CorsError) as raised_too:
            async_to_sync(of_mine_too)()

    assert [last_shown(raised), last_shown(raised_too)] == ["of_mine", "of_mine_too"]


def test_that_the_traceback_of_a_views_error_leads_to_the_view() -> None:
    browser = Browser("https://other.example", raise_request_exception=True)

    with urlconf(path("fails/", fails)), pytest.raises(RuntimeError) as raised:
        browser.fetch("/fails/")

    assert last_shown(raised) == "fails"
    assert "fetch" in [entry.name for entry in raised.traceback.filter(raised)]


# --- What a browser would not do ----------------------------------------------------------------


class TokenClient(Client):
    """Keeps headers as ``APIClient.credentials()`` of DRF does."""

    _credentials = {"HTTP_AUTHORIZATION": "Token x"}


@pytest.mark.parametrize(
    ("client", "hint"),
    [
        pytest.param(Client(headers={"Authorization": "x"}), "Let the page send it", id="default"),
        pytest.param(TokenClient(), "Let the page send it", id="as-of-drf"),
        pytest.param(Client(headers={"Cookie": "a=b"}), "client.cookies", id="cookie"),
        pytest.param(Client(headers={"Origin": PAGE}), "Name the origin", id="origin"),
    ],
)
def test_a_client_that_adds_what_no_browser_adds_is_refused(client: Client, hint: str) -> None:
    with urlconf(path("v/", echo)), pytest.raises(ValueError, match=hint):
        Browser(PAGE, client=client).fetch("/v/")


@pytest.mark.parametrize(
    ("location", "leaves"),
    [
        ("///evil.example/x", True),
        ("/\\evil.example/x", True),
        ("\\\\evil.example/x", True),
        ("http:///evil.example/x", True),
        ("HTTP:\\\\evil.example/x", True),
        ("https:evil.example/x", True),
        ("https:/evil.example/x", True),
        ("http:/evil.example/x", False),
        ("http:evil.example/x", False),
        ("/x?next=\\\\evil.example", False),
    ],
)
def test_a_redirect_leads_where_browsers_go(location: str, leaves: bool) -> None:
    @here
    def away(request: HttpRequest) -> HttpResponse:
        return HttpResponse(status=302, headers={"Location": location})

    with urlconf(path("away/", away), re_path("", echo)):
        browser = Browser(PAGE)
        if leaves:
            with pytest.raises(CorsError, match=r"evil\.example") as caught:
                browser.fetch("/away/")
            assert caught.value.reason is Reason.REDIRECT_REFUSED
        else:
            assert browser.fetch("/away/").url.startswith("http://testserver/")
