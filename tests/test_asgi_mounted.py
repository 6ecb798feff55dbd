"""FastAPI, Starlette and Django, mounted in each other and in CorsASGI, served by uvicorn."""

from __future__ import annotations

import pytest

from tests.servers import AsgiServers
from tests.wire import Answer, ask, handshake

APP, OTHER, PARTNER = "https://app.example", "https://other.example", "https://partner.example"
EVIL = "https://evil.example"


@pytest.fixture
def port(asgi_servers: AsgiServers) -> int:
    return asgi_servers.port_of("uvicorn", "mounted", "fastapi", "starlette")


def asked(port: int, method: str, path: str, origin: str, preflight: str = "") -> Answer:
    headers = [("Origin", origin)]
    if preflight:
        headers.append(("Access-Control-Request-Method", preflight))
    answer = ask(port, method, path, headers)
    assert answer is not None
    return answer


def admitted(origin: str, **more: str) -> dict[str, str]:
    named = {f"access-control-allow-{name}": value for name, value in more.items()}
    return {"access-control-allow-origin": origin, **named, "vary": "origin"}


REFUSED = {"vary": "origin"}
#: The path, the status, the body, and which of the two policies governs: the one around the
#: application, or that of Django's view.
ANSWERS = [
    pytest.param("/inside/prices", 200, b"/inside /prices", APP, id="fastapi-inside"),
    pytest.param("/inside/forbids", 403, b'{"detail":"no"}', APP, id="fastapi-inside-403"),
    pytest.param("/inside/nothing", 404, b'{"detail":"Not Found"}', APP, id="fastapi-inside-404"),
    pytest.param("/inside/fails", 500, b"Internal Server Error", APP, id="fastapi-inside-500"),
    pytest.param("/inside/django/view/", 200, b"/inside/django /view/", APP, id="django-inside"),
    pytest.param("/inside/django/view", 301, b"", APP, id="django-inside-slash"),
    pytest.param("/inside/django/forbids/", 403, None, APP, id="django-inside-403"),
    pytest.param("/inside/django/nothing/", 404, None, APP, id="django-inside-404"),
    pytest.param("/inside/django/fails/", 500, None, APP, id="django-inside-500"),
    pytest.param("/inside/django", 307, b"", APP, id="the-slash-of-a-mount"),
    pytest.param("/outside/prices", 200, b"/outside /prices", None, id="fastapi-without-a-policy"),
    pytest.param("/outside/stock/prices", 200, b"/outside/stock /prices", APP, id="mounted"),
    pytest.param("/outside/stock/forbids", 403, b'{"detail":"no"}', APP, id="mounted-403"),
    pytest.param("/outside/stock/nothing", 404, b'{"detail":"Not Found"}', APP, id="mounted-404"),
    pytest.param("/outside/stock/fails", 500, b"Internal Server Error", APP, id="mounted-500"),
    pytest.param(
        "/outside/django/view/", 200, b"/outside/django /view/", OTHER, id="django-outside"
    ),
    pytest.param("/outside/django/view", 301, b"", OTHER, id="django-outside-slash"),
    pytest.param("/outside/django/forbids/", 403, None, OTHER, id="django-outside-403"),
    pytest.param("/outside/django/fails/", 500, None, OTHER, id="django-outside-500"),
    pytest.param("/starlette/page", 200, b"/starlette /page", APP, id="starlette"),
    pytest.param(
        "/starlette/deep/deeper/page", 200, b"/starlette/deep/deeper /page", APP, id="deep"
    ),
    pytest.param("/starlette/deep/nothing", 404, b"Not Found", APP, id="deep-404"),
    pytest.param(
        "/starlette/deep/deeper/broken", 500, b"Internal Server Error", APP, id="deep-500"
    ),
]


@pytest.mark.parametrize(("path", "status", "body", "governs"), ANSWERS)
def test_what_is_answered(
    port: int, path: str, status: int, body: bytes | None, governs: str | None
) -> None:
    of_view = {"credentials": "true"} if governs == OTHER else {}

    for origin in (APP, OTHER, EVIL):
        answer = asked(port, "GET", path, origin)
        assert answer.status == status
        assert body is None or answer.body == body
        expected = admitted(origin, **of_view) if origin == governs else REFUSED
        assert answer.cors == (expected if governs else {})


@pytest.mark.parametrize(
    ("path", "governs", "methods"),
    [
        pytest.param("/inside/prices", APP, "GET, PUT", id="fastapi-inside"),
        pytest.param("/inside/django/view/", APP, "GET, PUT", id="django-inside"),
        pytest.param("/inside/django/fails/", APP, "GET, PUT", id="no-error-of-the-view"),
        pytest.param("/inside/nothing", APP, "GET, PUT", id="no-404"),
        pytest.param("/outside/stock/prices", APP, "GET, PUT", id="mounted"),
        pytest.param("/outside/django/view/", OTHER, "GET, PATCH", id="django-outside"),
        pytest.param("/outside/django/view", OTHER, "GET, PATCH", id="django-outside-slash"),
        pytest.param("/starlette/page", APP, "GET, PUT", id="starlette"),
        pytest.param("/starlette/deep/deeper/page", APP, "GET, PUT", id="deep"),
    ],
)
def test_what_preflights_are_answered(port: int, path: str, governs: str, methods: str) -> None:
    for origin in (APP, OTHER, EVIL):
        answer = asked(port, "OPTIONS", path, origin, methods.split()[1])
        assert (answer.status, answer.body) == (200, b"")
        if origin == governs:
            assert answer.cors["access-control-allow-origin"] == origin
            assert answer.cors["access-control-allow-methods"] == methods
        else:
            assert answer.cors == REFUSED


def test_that_a_callable_sees_what_is_mounted_where(port: int) -> None:
    at_its_path = asked(port, "GET", "/outside/stock/prices", PARTNER)
    elsewhere = asked(port, "GET", "/outside/stock/forbids", PARTNER)

    assert at_its_path.cors == admitted(PARTNER)
    assert elsewhere.cors == REFUSED


@pytest.mark.parametrize(
    ("method", "origin", "preflight", "status"),
    [
        pytest.param("GET", APP, "", 200, id="admitted"),
        pytest.param("GET", EVIL, "", 403, id="refused"),
        pytest.param("PUT", APP, "", 403, id="a-method-not-offered"),
        pytest.param("OPTIONS", APP, "GET", 200, id="a-preflight"),
        pytest.param("OPTIONS", EVIL, "GET", 403, id="a-preflight-refused"),
        pytest.param("PUT", "own", "", 200, id="own"),
    ],
)
def test_what_is_refused_on_the_server(
    port: int, method: str, origin: str, preflight: str, status: int
) -> None:
    origin = f"http://127.0.0.1:{port}" if origin == "own" else origin
    answer = asked(port, method, "/outside/strict/prices", origin, preflight)

    assert answer.status == status
    ran = status == 200 and not preflight
    assert answer.body == (
        b"/outside/strict /prices" if ran else b"" if preflight else b"Forbidden"
    )


@pytest.mark.parametrize("path", ["/inside/ticker", "/outside/stock/ticker"])
def test_whose_websockets_are_accepted(port: int, path: str) -> None:
    opened = (101, f"{path.removesuffix('/ticker')} /ticker")

    assert handshake(port, path, Origin=APP) == opened
    assert handshake(port, path) == opened
    assert handshake(port, path, Origin=EVIL) == (403, "")
