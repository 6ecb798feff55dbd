"""What docs/missing_headers.rst and docs/deployment.rst say of what stands around Django.

What they say of browsers is in tests/browser/test_missing_headers.py.
"""

from __future__ import annotations

import http.client
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from wsgiref.simple_server import make_server

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.core.asgi import get_asgi_application
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.testing import Browser, CorsError, Reason
from tests.samples import ROOT, samples
from tests.servers import find, framed, free_port, running
from tests.tables import (
    CREDENTIALS,
    EXPOSE,
    HEADERS,
    MAX_AGE,
    METHODS,
    ORIGIN,
    Sender,
    cors_headers,
    urlconf,
)
from tests.told_site import Handler, Server

APP, STRANGER = "https://app.example.com", "https://stranger.example"
MIDDLEWARE = "cors_views.middleware.CorsMiddleware"
(LOCATION,) = (
    one.code for one in samples(ROOT / "docs" / "missing_headers.rst") if one.language == "nginx"
)


# --- X-Accel-Redirect ----------------------------------------------------------------------------


def file(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponse(headers={"X-Accel-Redirect": f"/protected/{name}"})


FILES = [
    path(
        "named/<name>",
        cors_allow(origins=[APP], credentials=True, expose_headers=["etag"], methods=["GET"])(file),
    ),
    path("any/<name>", cors_allow(origins="*", methods=["GET"])(file)),
    path("denied/<name>", cors_deny(file)),
]
NAMED = {ORIGIN: APP, CREDENTIALS: "true", EXPOSE: "etag", "vary": "origin"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("accel")
    (made / "files").mkdir()
    (made / "files" / "a.txt").write_text("a file")
    return made


@pytest.fixture(scope="module")
def ports(folder: Path) -> Iterator[dict[str, int]]:
    """Serve the views behind two nginx: as the page says, and without the lines it adds."""
    nginx = find("nginx")
    assert LOCATION.count("/srv/shop/protected/") == 1
    carried = LOCATION.replace("/srv/shop/protected/", f"{folder}/files/")
    dropped = "\n".join(one for one in carried.splitlines() if "add_header" not in one)
    at = {"carried": free_port(), "dropped": free_port()}
    with make_server("127.0.0.1", 0, WSGIHandler(), Server, Handler) as server:
        text = "".join(
            f"server {{ listen 127.0.0.1:{at[name]};\n"
            f"location / {{ proxy_pass http://127.0.0.1:{server.server_port}; }}\n{location}\n}}\n"
            for name, location in (("carried", carried), ("dropped", dropped))
        )
        (folder / "nginx.conf").write_text(framed(folder, text))
        command = [nginx, "-c", str(folder / "nginx.conf")]
        with override_settings(MIDDLEWARE=[MIDDLEWARE], ALLOWED_HOSTS=["*"]), urlconf(*FILES):
            server.set_app(WSGIHandler())
            threading.Thread(target=server.serve_forever, daemon=True).start()
            try:
                with running(command, at["carried"], folder, dict(os.environ)):
                    yield at
            finally:
                server.shutdown()


def ask(port: int, target: str, **headers: str) -> tuple[int, bytes, dict[str, str]]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request("GET", target, headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        # Several of one name would be an error to a browser, so they are kept apart.
        pairs = [(name.lower(), value) for name, value in answer.getheaders()]
        assert len(dict(pairs)) == len(pairs)
        wanted = ("access-control-", "vary")
        return answer.status, body, {n: v for n, v in pairs if n.startswith(wanted)}
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("target", "origin", "expected"),
    [
        pytest.param("/named/a.txt", APP, NAMED, id="admitted"),
        pytest.param("/named/a.txt", STRANGER, {"vary": "origin"}, id="refused"),
        pytest.param("/named/a.txt", None, {"vary": "origin"}, id="no-origin"),
        pytest.param("/any/a.txt", STRANGER, {ORIGIN: "*"}, id="any-origin"),
        pytest.param("/denied/a.txt", APP, {}, id="denied"),
    ],
)
def test_nginx_carries_over_what_django_says(
    ports: dict[str, int], target: str, origin: str | None, expected: dict[str, str]
) -> None:
    headers = {"Origin": origin} if origin else {}

    assert ask(ports["carried"], target, **headers) == (200, b"a file", expected)
    assert ask(ports["dropped"], target, **headers) == (200, b"a file", {})


@pytest.mark.parametrize(
    ("target", "more", "status"),
    [
        pytest.param("/named/a.txt", {"Range": "bytes=0-1"}, 206, id="part"),
        pytest.param("/named/none.txt", {}, 404, id="no-such-file"),
    ],
)
def test_nginx_carries_over_whatever_the_status(
    ports: dict[str, int], target: str, more: dict[str, str], status: int
) -> None:
    answer = ask(ports["carried"], target, Origin=APP, **more)

    assert (answer[0], answer[2]) == (status, NAMED)


# --- Applications beside Django ------------------------------------------------------------------


async def consumer(scope: Any, receive: Any, send: Any) -> None:
    """Stand for a consumer of Channels: an application that Django does not run."""
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b"ok"})


def test_no_policy_reaches_an_application_beside_django() -> None:
    django = get_asgi_application()

    async def router(scope: Any, receive: Any, send: Any) -> None:
        app = consumer if scope["path"] == "/events/" else django
        await app(scope, receive, send)

    async def headers(target: str) -> set[bytes]:
        scope = {
            "type": "http",
            "method": "GET",
            "path": target,
            "headers": [(b"origin", APP.encode())],
        }
        called = ApplicationCommunicator(router, scope)
        await called.send_input({"type": "http.request"})
        start = await called.receive_output(10)
        await called.receive_output(10)
        await called.wait()
        return {name.lower() for name, _ in start["headers"]}

    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    allowed = override_settings(CORS_ALLOWED_ORIGINS=[APP], MIDDLEWARE=[MIDDLEWARE])
    with allowed, urlconf(path("view/", view), path("events/", view)):
        django.load_middleware(is_async=True)

        assert ORIGIN.encode() in async_to_sync(headers)("/view/")
        assert ORIGIN.encode() not in async_to_sync(headers)("/events/")


# --- SECURE_SSL_REDIRECT -------------------------------------------------------------------------


@pytest.fixture
def redirecting() -> Iterator[None]:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    named = CorsPolicy(origins=[APP], methods=["PUT"], headers=["X-One"], max_age=0)
    with (
        override_settings(
            MIDDLEWARE=[MIDDLEWARE, "django.middleware.security.SecurityMiddleware"],
            SECURE_SSL_REDIRECT=True,
            ALLOWED_HOSTS=["testserver", "api.example.com"],
        ),
        urlconf(
            path("named/", cors_allow(named)(view)),
            path("any/", cors_allow(origins="*", methods=["GET"])(view)),
        ),
    ):
        yield


@pytest.mark.usefixtures("redirecting")
@pytest.mark.parametrize("mode", ["wsgi", "asgi"])
def test_the_preflight_gets_its_answer_and_the_request_the_redirect(mode: str) -> None:
    asked = Sender(mode).preflight("/named/", APP, "PUT")
    sent = Sender(mode).actual("/named/", APP, "PUT")

    assert (asked.status_code, cors_headers(asked)) == (
        200,
        {
            ORIGIN: APP,
            METHODS: "PUT",
            HEADERS: "x-one",
            MAX_AGE: "0",
            "vary": "origin",
        },
    )
    assert (sent.status_code, sent.headers["location"]) == (301, "https://testserver/named/")
    assert cors_headers(sent) == {ORIGIN: APP, "vary": "origin"}


@pytest.mark.usefixtures("redirecting")
def test_a_page_that_asks_by_http_comes_by_https_as_null() -> None:
    page = Browser(APP, server=["http://api.example.com", "https://api.example.com"])

    with pytest.raises(CorsError) as refused:
        page.fetch("http://api.example.com/named/", method="PUT")

    assert refused.value.reason is Reason.ORIGIN_NOT_ADMITTED
    assert page.fetch("https://api.example.com/named/", method="PUT").ok
    assert page.fetch("http://api.example.com/any/").redirected
