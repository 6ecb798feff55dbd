"""The site that is measured, in as many sizes as there are cases, and who serves it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import django
from django.conf import settings

SECRET_KEY = "benchmarks"
NO_MIDDLEWARE: list[str] = []
THEIRS = ["corsheaders.middleware.CorsMiddleware"]
OURS = ["cors_views.middleware.CorsMiddleware"]
#: Who is compared, in the order in which the tables show them.
CONTENDERS = {"Django": NO_MIDDLEWARE, "django-cors-headers": THEIRS, "cors_views": OURS}
STRANGER = "https://stranger.example.org"

if not settings.configured:
    settings.configure(
        SECRET_KEY=SECRET_KEY, ALLOWED_HOSTS=["*"], INSTALLED_APPS=["cors_views"], USE_I18N=False
    )
    django.setup()

from django.core.handlers.asgi import ASGIRequest  # noqa: E402
from django.core.handlers.base import BaseHandler  # noqa: E402
from django.core.handlers.wsgi import WSGIRequest  # noqa: E402
from django.http import HttpRequest, HttpResponse  # noqa: E402
from django.test.utils import override_settings  # noqa: E402
from django.urls import include, path  # noqa: E402

from benchmarks.environments import environ, scope  # noqa: E402
from cors_views import CorsPolicy, cors_allow  # noqa: E402

Serve = Callable[[], Any]


def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Answer with the least there is."""
    return HttpResponse("answer")


async def async_answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    """Answer with the least there is, in the event loop."""
    return HttpResponse("answer")


def origins(number: int) -> list[str]:
    """Return that many origins, none of them a prefix of another."""
    return [f"https://app{index}.tenant.example.com" for index in range(number)]


def patterns(number: int) -> list[str]:
    """Return that many patterns of subdomains."""
    return [f"https://*.tenant{index}.example.com" for index in range(number)]


class Site:
    """Some routes under some origins: declared at each view, and in the settings as well.

    django-cors-headers reads the settings, cors_views the declarations. Each has its own URLconf,
    so that only the views of cors_views carry what its decorators put around them.
    """

    def __init__(self, allowed: list[str], *, routes: int = 1, below_includes_of: int = 0) -> None:
        self.allowed = allowed
        self.plain = URLconf(routes, below_includes_of, lambda view: view)
        self.declared = URLconf(routes, below_includes_of, cors_allow(CorsPolicy(origins=allowed)))

    def urlconf_of(self, contender: str) -> URLconf:
        """Return which URLconf a contender serves."""
        return self.declared if contender == "cors_views" else self.plain

    @contextmanager
    def active(self) -> Iterator[None]:
        """Serve this site."""
        exact = [origin for origin in self.allowed if "*" not in origin]
        regexes = [
            "^" + origin.replace(".", r"\.").replace("*", "[^.]+") + "$"
            for origin in self.allowed
            if "*" in origin
        ]
        with override_settings(
            ROOT_URLCONF=self.plain,
            CORS_ALLOWED_ORIGINS=exact,
            CORS_ALLOWED_ORIGIN_REGEXES=regexes,
        ):
            yield


class URLconf:
    """So many routes, each a sync and an async view, flat or below includes of so many."""

    def __init__(self, routes: int, below_includes_of: int, decorate: Callable[[Any], Any]) -> None:
        views = [(f"r{index}/<int:pk>/", answer) for index in range(routes)]
        entries = [path(route, decorate(view)) for route, view in views]
        step = below_includes_of
        if step:
            groups = [entries[start : start + step] for start in range(0, routes, step)]
            entries = [
                path(f"group{number}/", include((group, f"group{number}")))
                for number, group in enumerate(groups)
            ]
        self.urlpatterns = [*entries, path("async/<int:pk>/", decorate(async_answer))]


def handler(middleware: list[str], *, is_async: bool = False) -> BaseHandler:
    """Return Django's request handler with just this middleware."""
    with override_settings(MIDDLEWARE=middleware):
        made = BaseHandler()
        made.load_middleware(is_async=is_async)
    return made


def wsgi_requests(
    urlconf: URLconf, url: str, method: str = "GET", **headers: str
) -> Callable[[], WSGIRequest]:
    """Return what makes requests as a WSGI server does, to a URLconf of their own."""
    made = environ(url, method, _named(headers))

    def make() -> WSGIRequest:
        request = WSGIRequest(dict(made))
        request.urlconf = urlconf
        return request

    return make


def _named(headers: dict[str, str]) -> list[tuple[str, str]]:
    return [(f"HTTP_{name.upper()}", value) for name, value in headers.items()]


def asgi_requests(
    urlconf: URLconf, url: str, method: str = "GET", **headers: str
) -> Callable[[], ASGIRequest]:
    """Return what makes requests as an ASGI server does, to a URLconf of their own."""
    made = scope(url, method, _named(headers))

    def make() -> ASGIRequest:
        request = ASGIRequest(dict(made), io.BytesIO())
        request.urlconf = urlconf
        return request

    return make
