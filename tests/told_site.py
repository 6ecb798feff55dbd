"""A small site for Chromium and for our Browser, that answers as the URL tells it to.

It runs in the process of the tests, over HTTP for Chromium and through Django's test client for
the Browser, at every host below ``.localhost``: those are the pages' origins too.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from socketserver import ThreadingMixIn
from types import SimpleNamespace
from typing import Any
from urllib.parse import quote, urlsplit
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from asgiref.sync import async_to_sync
from django.contrib.auth.decorators import login_required
from django.core.handlers.wsgi import WSGIHandler
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

from cors_views import cors_allow, cors_deny
from cors_views.testing import AsyncBrowser, Browser, CorsError, PreflightCache
from tests.calls import Call, Row
from tests.tables import Patterns

HOSTS = {
    "api": "api.shop.localhost",
    # Another origin than the API, but the same site.
    "app": "app.shop.localhost",
    "other": "other.localhost",
    "third": "third.localhost",
    # To a browser these two are two sites, although both are this machine.
    "localhost": "localhost",
    "loopback": "127.0.0.1",
    # No browser takes it for this machine: Chromium has to be told where it is.
    "plain": "plain.example",
}

#: What arrived, by the ``run`` that the URL names.
ARRIVED: dict[str, list[dict[str, Any]]] = defaultdict(list)


def record(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Write down all that arrives: the outermost middleware."""
    seen = {
        "origin": "HTTP_ORIGIN",
        "asks for": "HTTP_ACCESS_CONTROL_REQUEST_METHOD",
        "and for": "HTTP_ACCESS_CONTROL_REQUEST_HEADERS",
        "authorization": "HTTP_AUTHORIZATION",
        "x-one": "HTTP_X_ONE",
    }

    def middleware(request: HttpRequest) -> HttpResponse:
        arrived = {
            "method": request.META["REQUEST_METHOD"],
            "host": request.get_host(),
            "cookies": dict(request.COOKIES),
            "type": request.META.get("CONTENT_TYPE", "") if request.body else "",
            "body": request.body.decode(),
            "ran": False,
        }
        arrived |= {name: request.META.get(key) for name, key in seen.items()}
        # At once: somebody may be waiting for it, and take away what is there.
        ARRIVED[request.GET.get("run", "")].append(arrived)
        request.META["told_site.arrived"] = arrived
        return get_response(request)

    return middleware


def below(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Know visitors by a cookie, and write the headers that the URL says: the innermost one."""

    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = SimpleNamespace(is_authenticated="sessionid" in request.COOKIES)  # type: ignore[assignment]
        response = get_response(request)
        for name, value in json.loads(request.GET.get("below", "{}")).items():
            response.headers[name] = value
        return response

    return middleware


#: Where somebody wants to know what the panel says.
SHOWN: list[list[str]] = []


def toolbar(
    get_response: Callable[[HttpRequest], HttpResponse],
) -> Callable[[HttpRequest], HttpResponse]:
    """Stand where django-debug-toolbar does, and ask the panel."""

    def middleware(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        if SHOWN and find_spec("debug_toolbar"):
            from cors_views.panels import CorsPanel

            panel = CorsPanel.__new__(CorsPanel)
            panel.record_stats = lambda stats: SHOWN[-1].append(stats["short"])
            panel.generate_stats(request, response)
        return response

    return middleware


def told(request: HttpRequest) -> HttpResponse:
    """Answer with the status, the headers and the cookies that the URL says."""
    request.META["told_site.arrived"]["ran"] = True
    preflight = "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META
    say = json.loads(request.GET.get("preflight" if preflight else "answer", "{}"))
    headers = {"X-Shown": "shown", "X-Hidden": "hidden", "ETag": '"1"'} | say.get("headers", {})
    response = HttpResponse("ok", status=say.get("status", 200), headers=headers)
    for name, value in say.get("cookies", {}).items():
        response.set_cookie(name, "1", **value)
    return response


def again(request: HttpRequest, more: int) -> HttpResponse:
    """Redirect so many times."""
    if not more:
        return HttpResponse("ok")
    location = f"/any/{more - 1}/?{request.META['QUERY_STRING']}"
    return HttpResponse(status=302, headers={"Location": location})


def urlpatterns(at: dict[str, str]) -> list[Any]:
    app = [at["app"]]
    pages = [at[name] for name in ("app", "other", "localhost")]
    everything = ["GET", "POST", "PUT", "PATCH", "DELETE"]
    return [
        # The middleware leaves it alone under CORS_OPT_IN: what the URL says is what is sent.
        path("told/", told),
        path("blank/", lambda request: HttpResponse("<!doctype html><title>blank</title>")),
        path(
            "named/",
            cors_allow(
                origins=app,
                credentials=True,
                methods=everything,
                headers=["X-One", "Content-Type", "Authorization"],
                expose_headers=["X-Shown"],
                max_age=600,
            )(told),
        ),
        path("never-kept/", cors_allow(origins=app, headers=["X-One"], max_age=0)(told)),
        path(
            "any/",
            cors_allow(
                origins="*", methods=["*"], headers=["*"], expose_headers=["*"], max_age=600
            )(told),
        ),
        path("any/<int:more>/", cors_allow(origins="*")(again)),
        path("bare/", cors_allow(origins="*")(lambda request: HttpResponse(status=302))),
        path("denied/", cors_deny(told)),
        path("null/", cors_allow(origins=["null"], credentials=True)(told)),
        path(
            "enforcing/",
            cors_allow(origins=app, methods=["GET", "POST", "PUT"], enforce=True)(told),
        ),
        path("enforcing-denied/", cors_deny(enforce=True)(told)),
        path("enforcing-open/", cors_allow(origins=app, methods=["PUT"], enforce=False)(told)),
        path("reporting/", cors_allow(origins=app, enforce="report")(told)),
        path("refusing/", cors_allow(origins=[at["third"]], credentials=True)(told)),
        path("mine/", cors_allow(origins=pages, credentials=True)(login_required(told))),
    ]


@contextmanager
def panels() -> Iterator[list[str]]:
    """Yield the panel's word on each request from now on, where the toolbar is installed."""
    SHOWN.append([])
    try:
        yield SHOWN[-1]
    finally:
        SHOWN.pop()


class Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class Handler(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent."""


def at_port(port: int, second: int = 1) -> dict[str, str]:
    """Return the origins of the site, by name; it has the API at a second port, too."""
    at = {name: f"http://{host}:{port}" for name, host in HOSTS.items()}
    return at | {"second": f"http://{HOSTS['api']}:{second}"}


def installed(at: dict[str, str]) -> override_settings:
    """Serve the site at these origins."""
    return override_settings(
        ROOT_URLCONF=Patterns(urlpatterns(at)),
        CORS_OPT_IN=True,
        LOGIN_URL="/told/",
        MIDDLEWARE=[
            "tests.told_site.record",
            "cors_views.middleware.CorsMiddleware",
            "tests.told_site.toolbar",
            "django.middleware.common.CommonMiddleware",
            "tests.told_site.below",
        ],
    )


@contextmanager
def running() -> Iterator[dict[str, str]]:
    """Serve the site over HTTP too, and yield its origins."""
    with ExitStack() as stack:
        servers = [
            stack.enter_context(make_server("127.0.0.1", 0, WSGIHandler(), Server, Handler))
            for _ in range(2)
        ]
        at = at_port(*(server.server_port for server in servers))
        stack.enter_context(installed(at))
        for server in servers:
            # Only now: it has the middleware of the settings.
            server.set_app(WSGIHandler())
            threading.Thread(target=server.serve_forever, daemon=True).start()
            stack.callback(server.shutdown)
        yield at


def query(**values: Any) -> str:
    """Return the query that tells the site what to say."""
    return "&".join(f"{name}={quote(json.dumps(value))}" for name, value in values.items())


# --- Visitors ------------------------------------------------------------------------------------

BLOCKED = "blocked"


class Visit:
    """One visitor who does what a row says; ``run`` makes its URLs new to every cache."""

    def __init__(self, at: dict[str, str], run: str) -> None:
        self.at = at
        self.run = run

    def url(self, call: Call) -> str:
        answer = call.answer
        if call.to is not None:
            location = {"Location": self.url(call.to)}
            answer = answer | {"headers": answer["headers"] | location}
        said = query(preflight=self.named(call.preflight), answer=self.named(answer))
        if call.below:
            said += f"&{query(below=self.named(call.below))}"
        return f"{self.at[call.at]}{call.path}?run={self.run}&{said}"

    def named(self, said: dict[str, Any]) -> Any:
        """Put the names of the origins into what the site is told to say."""
        text = json.dumps(said)
        for name, origin in self.at.items():
            text = text.replace(f"{{{name}}}", origin)
        return json.loads(text.replace("{api-host}", urlsplit(self.at["api"]).netloc))

    def arrived(self) -> list[dict[str, Any]]:
        return ARRIVED.pop(self.run, [])


def by_the_browser(visit: Visit, row: Row, mode: str = "wsgi") -> list[Any]:
    """Return what the pages see of each call of a row."""
    client = Client() if mode == "wsgi" else AsyncClient()
    shared = {"client": client, "server": visit.at.values(), "preflights": PreflightCache()}
    return [_seen(visit, call, shared, mode) for call in row.calls]


def _seen(visit: Visit, call: Call, shared: dict[str, Any], mode: str) -> Any:
    origin = visit.at.get(call.page, call.page)
    fetch: Any = Browser(origin, **shared).fetch
    if mode == "asgi":
        fetch = async_to_sync(AsyncBrowser(origin, **shared).fetch)
    try:
        response = fetch(visit.url(call), **call.options)
    except CorsError:
        return BLOCKED
    return {
        "status": response.status,
        "type": response.type,
        "redirected": response.redirected,
        "url": response.url,
        "headers": {name.lower() for name in response.headers},
    }


def verdicts(seen: list[Any]) -> str:
    return "".join("n" if each == BLOCKED else "y" for each in seen)
