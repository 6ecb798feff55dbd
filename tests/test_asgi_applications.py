"""CorsASGI around whole applications: FastAPI that Starlette mounts, and Django itself."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.asgi import get_asgi_application
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.http import HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from cors_views import cors_allow
from cors_views.asgi import CorsASGI
from tests.tables import Patterns
from tests.test_asgi import APP, EVIL, OTHER, scope_of

SITE = "https://site.example"


class Response:
    """What a visitor gets: names and what is in ``Vary`` in lower case, as Django has them not."""

    def __init__(self, messages: list[Any]) -> None:
        self.status = messages[0]["status"]
        pairs = [(name.decode().lower(), value.decode()) for name, value in messages[0]["headers"]]
        self.headers = dict(pairs)
        assert len(self.headers) == len(pairs), pairs
        self.body = b"".join(each.get("body", b"") for each in messages)

    @property
    def cors(self) -> dict[str, str]:
        found = {
            name: value
            for name, value in self.headers.items()
            if name.startswith("access-control-")
        }
        return found | {"vary": self.headers["vary"].lower()}


class Client:
    """What a server sends to an application, and gets of it."""

    def __init__(self, app: Any) -> None:
        self.app = app

    def ask(self, method: str, url: str, **headers: str) -> Response:
        scope = self.scope("http", method, url, headers)
        return Response(async_to_sync(self._run)(scope, "http.request"))

    def preflight(self, url: str, origin: str, method: str) -> Response:
        return self.ask("OPTIONS", url, origin=origin, access_control_request_method=method)

    def open(self, url: str, **headers: str) -> list[Any]:
        return async_to_sync(self._run)(
            self.scope("websocket", "GET", url, headers), "websocket.connect"
        )

    def scope(self, kind: str, method: str, url: str, headers: dict[str, str]) -> Any:
        names = {name.replace("_", "-"): value for name, value in headers.items()}
        more = {"path": url, "raw_path": url.encode(), "subprotocols": [], "http_version": "1.1"}
        return scope_of(kind, names, method, **more)

    async def _run(self, scope: Any, first: str) -> list[Any]:
        messages: list[Any] = []
        received = iter([{"type": first, "body": b"", "more_body": False}])

        async def receive() -> Any:
            for message in received:
                return message
            # The visitor stays.
            await asyncio.Event().wait()
            raise AssertionError

        async def send(message: Any) -> None:
            messages.append(message)

        # A server logs it.
        with contextlib.suppress(ZeroDivisionError):
            await self.app(scope, receive, send)
        return messages


ADMITTED = {"access-control-allow-origin": APP, "vary": "origin"}
REFUSED = {"vary": "origin"}


@pytest.fixture(autouse=True)
def connections_stay() -> Iterator[None]:
    """Let Django's handler close no connection of the tests, as its test client does."""
    signals = (request_started, request_finished)
    for signal in signals:
        signal.disconnect(close_old_connections)
    yield
    for signal in signals:
        signal.connect(close_old_connections)


# --- FastAPI -------------------------------------------------------------------------------------


@pytest.fixture(params=["mounted", "mounted-with-its-own-middleware"])
def site(request: pytest.FixtureRequest) -> Client:
    """A FastAPI application below a path, beside Django, as docs/asgi.rst has it."""
    fastapi = pytest.importorskip("fastapi")
    from fastapi.middleware.cors import CORSMiddleware
    from fastapi.responses import StreamingResponse
    from starlette.applications import Starlette
    from starlette.routing import Mount

    stock = fastapi.FastAPI()
    if request.param == "mounted-with-its-own-middleware":
        stock.add_middleware(CORSMiddleware, allow_origins=["*"], allow_credentials=True)

    # The types of parameters: FastAPI looks for names of annotations in this module.
    def prices(number: Any = 3) -> Any:
        return {"rye": number}

    prices.__annotations__ = {"number": int}
    stock.get("/prices")(prices)

    @stock.get("/fails")
    async def fails() -> Any:
        return 1 / 0

    @stock.get("/forbidden")
    async def forbidden() -> Any:
        raise fastapi.HTTPException(403, "no")

    @stock.get("/stream")
    async def stream() -> Any:
        return StreamingResponse(iter(["one ", "two"]), media_type="text/plain")

    async def ticker(websocket: Any) -> None:
        await websocket.accept()
        await websocket.send_text("cookie" if websocket.cookies else "no cookie")

    ticker.__annotations__ = {"websocket": fastapi.WebSocket}
    stock.websocket("/ticker")(ticker)

    django = get_asgi_application()
    return Client(
        Starlette(
            routes=[
                Mount("/stock", app=CorsASGI(stock, origins=[APP], methods=["GET", "PUT"])),
                Mount("/", app=django),
            ]
        )
    )


@pytest.mark.parametrize(
    ("url", "status", "body"),
    [
        pytest.param("/stock/prices", 200, b'{"rye":3}', id="an-answer"),
        pytest.param("/stock/stream", 200, b"one two", id="a-stream"),
        pytest.param("/stock/forbidden", 403, b'{"detail":"no"}', id="an-error-of-the-application"),
        pytest.param("/stock/nothing", 404, b'{"detail":"Not Found"}', id="a-404"),
        pytest.param("/stock/fails", 500, b"Internal Server Error", id="an-exception"),
        pytest.param("/stock/openapi.json", 200, None, id="its-own-description"),
    ],
)
def test_what_fastapi_gets(site: Client, url: str, status: int, body: bytes | None) -> None:
    admitted, refused = (site.ask("GET", url, origin=each) for each in (APP, EVIL))

    assert (admitted.status, admitted.cors) == (status, ADMITTED)
    assert (refused.status, refused.cors) == (status, REFUSED)
    assert body is None or admitted.body == refused.body == body


def test_that_preflights_of_fastapi_are_those_of_the_policy(site: Client) -> None:
    admitted = site.preflight("/stock/prices", APP, "PUT")

    assert admitted.status == 200
    assert admitted.headers["access-control-allow-methods"] == "GET, PUT"
    assert site.preflight("/stock/prices", EVIL, "PUT").cors == REFUSED


def test_that_websockets_of_fastapi_are_asked_whose_they_are(site: Client) -> None:
    admitted = site.open("/stock/ticker", origin=APP, cookie="a=1")
    own = site.open("/stock/ticker", origin=SITE, cookie="a=1")

    assert [each.get("text") for each in admitted[:2]] == [None, "no cookie"]
    assert [each.get("text") for each in own[:2]] == [None, "cookie"]
    assert site.open("/stock/ticker", origin=EVIL) == [{"type": "websocket.close", "code": 1008}]


def test_that_frameworks_can_add_it_as_a_middleware() -> None:
    fastapi = pytest.importorskip("fastapi")
    stock = fastapi.FastAPI()
    stock.add_middleware(CorsASGI, origins=[APP], methods=["PUT"])
    stock.get("/fails")(lambda: 1 / 0)
    site = Client(stock)

    answers = [site.ask("GET", url, origin=APP) for url in ("/openapi.json", "/fails")]
    assert [(each.status, each.cors) for each in answers] == [(200, ADMITTED), (500, ADMITTED)]
    assert site.preflight("/prices", APP, "PUT").headers["access-control-allow-methods"] == "PUT"
    assert site.ask("GET", "/openapi.json", origin=EVIL).cors == REFUSED


# --- What applications may send besides --------------------------------------------------------


def sending(*messages: dict[str, Any]) -> Client:
    async def app(scope: Any, receive: Any, send: Any) -> None:
        for message in messages:
            await send(message)

    return Client(CorsASGI(app, origins=[APP]))


DENIAL = [
    {"type": "websocket.http.response.start", "status": 401, "headers": [(b"x-a", b"1")]},
    {"type": "websocket.http.response.body", "body": b"sign in"},
]
ACCEPTED = [
    {"type": "websocket.accept", "subprotocol": "chat", "headers": [(b"x-a", b"1")]},
    {"type": "websocket.send", "text": "hello"},
    {"type": "websocket.close", "code": 4001, "reason": "bye"},
]


@pytest.mark.parametrize(
    "messages", [pytest.param(DENIAL, id="denied"), pytest.param(ACCEPTED, id="accepted")]
)
def test_that_what_a_consumer_sends_is_left_as_it_is(messages: list[Any]) -> None:
    assert sending(*messages).open("/ws/", origin=APP) == messages


@pytest.mark.parametrize(
    ("origin", "credentials", "set_there"),
    [
        pytest.param(APP, True, True, id="with-credentials"),
        pytest.param(APP, False, False, id="without"),
        pytest.param(SITE, False, True, id="the-sites-own"),
        pytest.param("", False, True, id="no-page"),
    ],
)
@pytest.mark.parametrize("kind", ["websocket.accept", "websocket.http.response.start"])
def test_whose_browser_is_given_cookies(
    kind: str, origin: str, credentials: bool, set_there: bool
) -> None:
    start = {"type": kind, "headers": [(b"Set-Cookie", b"sessionid=2"), (b"x-a", b"1")]}

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send(start)

    site = Client(CorsASGI(app, origins=[APP], credentials=credentials))
    (sent,) = site.open("/ws/", **({"origin": origin} if origin else {}))

    assert (b"Set-Cookie" in dict(sent["headers"])) is set_there
    assert dict(sent["headers"])[b"x-a"] == b"1"


def test_that_an_application_that_answers_twice_says_nothing_of_its_own_twice() -> None:
    own = [(b"access-control-allow-origin", b"*"), (b"vary", b"accept")]
    start = {"type": "http.response.start", "status": 200, "headers": own}
    body = {"type": "http.response.body", "body": b"a"}
    site = sending(start, body, start, body)

    for origin, found in ((APP, [("access-control-allow-origin", APP)]), (EVIL, [])):
        messages = async_to_sync(site._run)(
            site.scope("http", "GET", "/", {"origin": origin}), "http.request"
        )
        # The server objects to the second start; what it has of CORS is ours in either.
        told = [
            (name.encode(), value.encode()) for name, value in [*found, ("vary", "accept, origin")]
        ]
        assert [each.get("headers") for each in messages] == [told, None, told, None]


def test_that_messages_of_extensions_pass() -> None:
    start = {"type": "http.response.start", "status": 200, "trailers": True}
    rest = [
        {"type": "http.response.pathsend", "path": "/srv/a"},
        {"type": "http.response.trailers", "headers": [(b"x-a", b"1")]},
    ]
    site = sending(start, *rest)
    scope = site.scope("http", "GET", "/", {"origin": APP})

    first, *others = async_to_sync(site._run)(scope, "http.request")
    assert (first["status"], first["trailers"], others) == (200, True, rest)
    assert dict(first["headers"])[b"access-control-allow-origin"] == APP.encode()


# --- Django --------------------------------------------------------------------------------------


def open_view(request: Any) -> HttpResponse:
    return HttpResponse("a view", headers={"Vary": "Accept"})


async def stream_view(request: Any) -> StreamingHttpResponse:
    async def pieces() -> Any:
        yield "one "
        yield "two"

    return StreamingHttpResponse(pieces())


DJANGO = override_settings(
    ROOT_URLCONF=Patterns(
        [
            path("view/", cors_allow(origins=[OTHER], credentials=True)(open_view)),
            path("stream/", stream_view),
        ]
    )
)
BARE = override_settings(MIDDLEWARE=["django.middleware.common.CommonMiddleware"])


def test_that_django_beside_answers_by_its_own_policies(site: Client) -> None:
    with DJANGO:
        admitted = site.ask("GET", "/view/", origin=OTHER)
        refused = site.ask("GET", "/view/", origin=APP)

    assert admitted.cors == {
        "access-control-allow-origin": OTHER,
        "access-control-allow-credentials": "true",
        "vary": "accept, origin",
    }
    assert refused.cors == {"vary": "accept, origin"}


@pytest.mark.parametrize(
    ("url", "status", "vary", "body"),
    [
        pytest.param("/view/", 200, "accept, origin", b"a view", id="a-view"),
        pytest.param("/view", 301, "origin", b"", id="a-redirect"),
        pytest.param("/stream/", 200, "origin", b"one two", id="a-stream"),
        pytest.param("/nothing/", 404, "origin", None, id="a-404"),
    ],
)
@pytest.mark.parametrize(
    "settings", [pytest.param(BARE, id="bare"), pytest.param(override_settings(), id="with-ours")]
)
def test_django_inside_has_the_one_policy_around_it(
    settings: Any, url: str, status: int, vary: str, body: bytes | None
) -> None:
    with DJANGO, settings:
        around = Client(CorsASGI(get_asgi_application(), origins=[APP], expose_headers=["x-a"]))
        admitted = around.ask("GET", url, origin=APP)
        others = [around.ask("GET", url, origin=each) for each in (OTHER, EVIL)]

    assert admitted.status == status
    assert body is None or admitted.body == body
    assert admitted.cors == {
        "access-control-allow-origin": APP,
        "access-control-expose-headers": "x-a",
        "vary": vary,
    }
    # What CorsMiddleware has written for another origin is gone, too.
    assert [each.cors for each in others] == [{"vary": vary}] * 2


def test_that_policies_of_views_that_get_lost_are_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with DJANGO:
        around = Client(CorsASGI(get_asgi_application(), origins=[APP]))
        around.ask("GET", "/view/", origin=OTHER)

    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert "writes access-control-allow-origin and access-control-allow-credentials itself" in (
        record.getMessage()
    )
