"""CorsASGI around consumers of Channels and around Starlette, under the servers that there are."""

from __future__ import annotations

import contextlib
import http.client
import os
import secrets
from pathlib import Path
from textwrap import dedent

import pytest

from tests.servers import ASGI_SERVERS, ROOT, AsgiServers, find, framed, free_port, running
from tests.wire import ask, handshake, opened

APP, EVIL = "https://app.example", "https://evil.example"


@pytest.fixture(params=ASGI_SERVERS)
def port(request: pytest.FixtureRequest, asgi_servers: AsgiServers) -> int:
    return asgi_servers.port_of(request.param)


@pytest.mark.parametrize(
    ("path", "headers", "becomes"),
    [
        pytest.param("/plain/", {"Origin": APP}, (101, "no cookie"), id="admitted"),
        pytest.param("/cookies/", {"Origin": APP}, (101, "cookie"), id="with-credentials"),
        pytest.param("/plain/", {}, (101, "cookie"), id="no-page"),
        pytest.param("/plain/", {"Origin": EVIL}, (403, ""), id="refused"),
        pytest.param("/plain/", {"Origin": "null"}, (403, ""), id="null"),
        pytest.param("/plain/", {"Origin": "own"}, (101, "cookie"), id="the-sites-own"),
    ],
)
def test_which_handshakes_are_accepted(
    port: int, path: str, headers: dict[str, str], becomes: tuple[int, str]
) -> None:
    if headers.get("Origin") == "own":
        headers = {"Origin": f"http://127.0.0.1:{port}"}

    assert handshake(port, path, Cookie="sessionid=1", **headers) == becomes


#: What no browser sends, and who wants to be let in may try.
HOSTILE = [
    pytest.param([("Origin", APP), ("Origin", EVIL)], id="two"),
    pytest.param([("Origin", EVIL), ("Origin", APP)], id="two-in-the-other-order"),
    pytest.param([("Origin", APP), ("Origin", APP)], id="one-twice"),
    pytest.param([("Origin", ""), ("Origin", EVIL)], id="an-empty-one-before"),
    pytest.param([("Origin", EVIL), ("Origin", "")], id="an-empty-one-behind"),
    pytest.param([("ORIGIN", EVIL)], id="upper-case-name"),
    pytest.param([("origin", EVIL)], id="lower-case-name"),
    pytest.param([("Origin", APP.upper())], id="upper-case-value"),
    pytest.param([("Origin", f"{APP}\xff")], id="a-byte-that-is-no-text"),
    pytest.param([("Origin", "\xe9")], id="only-such-a-byte"),
    pytest.param([("Origin", f"{APP}/")], id="a-path"),
    pytest.param([("Origin", f"{APP}\x0b")], id="a-control-character"),
    pytest.param([("Origin", f"{APP}\r\n .evil.example")], id="a-folded-line"),
    pytest.param([("Origin", "https://" + "a" * 6_000)], id="a-long-one"),
    pytest.param([("Origin", EVIL), ("Sec_Fetch_Site", "same-origin")], id="an-underscore"),
    pytest.param([("Origin", EVIL), ("X-Forwarded-Host", "evil.example")], id="another-host"),
]


@pytest.mark.parametrize("origin", HOSTILE)
def test_that_no_hostile_handshake_gets_through(port: int, origin: list[tuple[str, str]]) -> None:
    status, _ = handshake(port, "/cookies/", *origin, Cookie="sessionid=1")

    # Some servers refuse such by themselves.
    assert status in (400, 403)


@pytest.mark.parametrize("origin", HOSTILE)
@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_that_no_hostile_request_gets_through(
    port: int, method: str, origin: list[tuple[str, str]]
) -> None:
    asked = [("Access-Control-Request-Method", "PUT")] if method == "OPTIONS" else []

    answer = ask(port, method, "/strict/", [*asked, *origin])

    # Some servers refuse such by themselves.
    assert answer is not None
    assert answer.status in (400, 403)
    assert "access-control-" not in str(answer.headers).lower()


@pytest.mark.parametrize(
    ("method", "path", "status", "body"),
    [
        pytest.param("GET", "/stream/", 200, b"one two", id="a-stream"),
        pytest.param("GET", "/mounted/ok", 200, b"ok", id="mounted"),
        pytest.param("GET", "/mounted/fails", 500, b"Internal Server Error", id="an-error"),
        pytest.param("GET", "/mounted/nothing", 404, b"Not Found", id="a-404"),
        pytest.param("OPTIONS", "/stream/", 200, b"", id="a-preflight"),
    ],
)
def test_what_http_gets(port: int, method: str, path: str, status: int, body: bytes) -> None:
    asked = [("Access-Control-Request-Method", "PUT")] if method == "OPTIONS" else []

    for origin, allowed in ((APP, [APP]), (EVIL, [])):
        answer = ask(port, method, path, [*asked, ("Origin", origin)])
        assert answer is not None
        assert (answer.status, answer.body) == (status, body)
        assert answer.values("access-control-allow-origin") == allowed
        assert answer.values("vary") == ["origin"]


@pytest.mark.parametrize(
    "origin", [pytest.param(APP, id="admitted"), pytest.param(EVIL, id="refused")]
)
@pytest.mark.parametrize("app", ["consumer", "bare"])
def test_that_a_stream_is_passed_on_piece_by_piece(port: int, app: str, origin: str) -> None:
    """The second piece is not sent before a visitor who has the first one asks for it."""
    name = secrets.token_hex()
    headers = [("Host", f"127.0.0.1:{port}"), ("Origin", origin)]
    with (
        opened(port, "GET", f"/waits/{app}/?{name}", headers) as connection,
        contextlib.closing(http.client.HTTPResponse(connection)) as answer,
    ):
        answer.begin()
        first = answer.read(len(b"one "))
        released = ask(port, "GET", f"/release/?{name}", [])
        rest = answer.read()

    allowed = APP if origin == APP else None
    assert answer.getheader("Access-Control-Allow-Origin") == allowed
    assert answer.getheader("Vary") == "origin"
    assert released is not None
    assert (first, released.body, rest) == (b"one ", b"released", b"two")


def test_that_the_configuration_of_the_docs_lets_websockets_through(
    port: int, tmp_path: Path
) -> None:
    nginx, door = find("nginx"), free_port()
    page = (ROOT / "docs" / "asgi.rst").read_text("utf-8")
    location = dedent(page.partition(".. code-block:: nginx\n")[2].partition("\n\nThe ")[0])
    for written, here in {"/ws/": "/", "//application": f"//127.0.0.1:{port}"}.items():
        assert written in location
        location = location.replace(written, here)
    text = f"server {{ listen 127.0.0.1:{door};\n{location}\n}}\n"
    (tmp_path / "nginx.conf").write_text(framed(tmp_path, text))

    with running([nginx, "-c", str(tmp_path / "nginx.conf")], door, tmp_path, {**os.environ}):
        assert handshake(door, "/plain/", Origin=APP) == (101, "no cookie")
        assert handshake(door, "/plain/", Origin=EVIL) == (403, "")
        # As for nginx's own port, where it is the usual one.
        own = {"Host": "shop.example", "Origin": "http://shop.example", "Cookie": "a=1"}
        assert handshake(door, "/plain/", **own) == (101, "cookie")
