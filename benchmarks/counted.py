"""One case served by one contender, in a process of its own: what ``callgrind`` counts.

It makes a site of the case, and serves ``--requests`` twice: without the contender, and with it.
What one process holds in memory changes what a request costs, so that the difference of two
processes says little. Before, a few requests fill every cache.
"""

from __future__ import annotations

import argparse
import asyncio
import io
import random
import sys
from collections.abc import Callable
from typing import Any

import django
from django.conf import settings

from benchmarks.callgrind import counting
from benchmarks.cases import CASES, Case
from benchmarks.environments import environ, scope

OURS, THEIRS, BY_HAND, DJANGO = "cors_views", "django-cors-headers", "by hand", "Django"
CONTENDERS = (DJANGO, THEIRS, BY_HAND, OURS)
_WARM_UP = 20
_STARTPROJECT = (
    "django.middleware.security.SecurityMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
)
_MIDDLEWARE = {
    DJANGO: [],
    THEIRS: ["corsheaders.middleware.CorsMiddleware"],
    BY_HAND: ["benchmarks.counted.ByHand"],
    OURS: ["cors_views.middleware.CorsMiddleware"],
}


class Served:
    """A contender serving a case."""

    def __init__(self, contender: str, case: Case) -> None:
        self.contender, self.case = contender, case
        self.declares = contender == OURS and case.view != "plain"
        self._configure()
        self.bare = self._handler(DJANGO)
        self.handler = self._handler(contender)
        self.loop = asyncio.new_event_loop()

    def _configure(self) -> None:
        case = self.case
        apps = ["cors_views"] if self.contender == OURS else []
        if case.middleware_of_startproject:
            apps += [
                f"django.contrib.{app}" for app in ("auth", "contenttypes", "messages", "sessions")
            ]
        options: dict[str, Any] = {}
        # Whoever reads the settings gets the policy there; cors_views has it at the view.
        if not self.declares:
            options |= self._cors_settings()
        settings.configure(
            SECRET_KEY="benchmarks",
            ALLOWED_HOSTS=["*"],
            INSTALLED_APPS=apps,
            LOGGING_CONFIG=None,
            # Without the app of Django that has the users.
            REST_FRAMEWORK={"UNAUTHENTICATED_USER": None},
            ROOT_URLCONF="urls_of_the_site",
            **options,
        )
        django.setup()
        urls: Any = type(sys)("urls_of_the_site")
        urls.urlpatterns = self._urlpatterns()
        sys.modules["urls_of_the_site"] = urls

    def _cors_settings(self) -> dict[str, Any]:
        case = self.case
        allowed = [*case.origins, *case.trusted]
        regexes = [
            "^" + origin.replace(".", r"\.").replace("*", "[^.]+") + "$"
            for origin in allowed
            if "*." in origin
        ]
        exposed = dict(case.response_headers).get("Access-Control-Expose-Headers", "")
        return {
            "CORS_ALLOW_ALL_ORIGINS": "*" in allowed,
            "CORS_ALLOWED_ORIGINS": [origin for origin in allowed if "*" not in origin],
            "CORS_ALLOWED_ORIGIN_REGEXES": regexes,
            "CORS_ALLOW_CREDENTIALS": case.credentials,
            "CORS_EXPOSE_HEADERS": exposed.split(", ") if exposed else [],
            **({"CORS_ALLOW_HEADERS": ["*"]} if case.any_header else {}),
        }

    def _declaration(self) -> Callable[[Any], Any]:
        from cors_views import CorsPolicy, cors_allow

        case = self.case
        if case.trusted:
            trusted = CorsPolicy(origins=case.trusted, credentials=True)
            return cors_allow(CorsPolicy(origins=case.origins), trusted)
        fields: dict[str, Any] = {
            "origins": "*" if case.origins == ("*",) else case.origins,
            "methods": ["DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"],
        }
        if case.any_header:
            fields["headers"] = ["*"]
        return cors_allow(**fields)

    def _view(self) -> Any:
        from django.http import HttpRequest, HttpResponse
        from django.views import View

        case = self.case

        def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return HttpResponse("answer", headers={"Vary": case.vary} if case.vary else None)

        async def async_answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return HttpResponse("answer")

        def method(self: Any, request: HttpRequest, **kwargs: Any) -> HttpResponse:
            return HttpResponse("answer")

        base: Any = View
        if case.view == "drf":
            from rest_framework.views import APIView

            base = APIView
        if case.view in ("class", "drf"):
            handlers = dict.fromkeys(("get", "post", "put", "patch", "delete"), method)
            extra: dict[str, Any] = {"cors_origins": frozenset(case.origins)}
            if case.view == "drf":
                extra |= {"authentication_classes": [], "permission_classes": []}
            return type("Answer", (base,), {**handlers, **extra})
        return async_answer if case.is_async else answer

    def _urlpatterns(self) -> list[Any]:
        from django.urls import include, path

        case, view = self.case, self._view()
        decorate: Callable[[Any], Any] = lambda view: view  # noqa: E731
        if self.declares and case.view != "include":
            decorate = self._declaration()
        elif case.view == "function":

            def decorate(view: Any) -> Any:
                view.cors_origins = frozenset(case.origins)
                return view

        if case.view in ("class", "drf"):
            view = decorate(view).as_view()
            decorate = lambda view: view  # noqa: E731
        route = "async" if case.is_async else "r{}"
        entries = [
            path(f"{route.format(number)}/<int:pk>/", decorate(view))
            for number in range(case.routes)
        ]
        if case.view == "include":
            included = (entries, "partners")
            if self.declares:
                from cors_views import cors_include

                return [path("", cors_include(included, origins=case.origins))]
            return [path("", include(included))]
        step = case.per_include
        if step:
            groups = [entries[start : start + step] for start in range(0, case.routes, step)]
            return [
                path(f"group{number}/", include((group, f"group{number}")))
                for number, group in enumerate(groups)
            ]
        return entries

    def _handler(self, contender: str) -> Any:
        from django.core.handlers.base import BaseHandler

        case, middleware = self.case, list(_MIDDLEWARE[contender])
        if contender == DJANGO and case.method == "OPTIONS":
            # Beside what serves it at once, not beside a view that no preflight reaches.
            middleware = ["benchmarks.by_hand.Ready"]
        if case.middleware_of_startproject:
            middleware += _STARTPROJECT
        settings.MIDDLEWARE = middleware
        if contender == BY_HAND:
            from benchmarks import by_hand

            global ByHand
            ByHand = type("ByHand", (getattr(by_hand, self.case.by_hand),), {"case": case})
        handler = BaseHandler()
        handler.load_middleware(is_async=case.is_async)
        return handler

    def requests(self, number: int) -> list[Any]:
        """Return so many requests, as a server makes them."""
        return [self._request() for _ in range(number)]

    def _request(self) -> Any:
        from django.core.handlers.asgi import ASGIRequest
        from django.core.handlers.wsgi import WSGIRequest

        case = self.case
        if case.is_async:
            return ASGIRequest(scope(case.url, case.method, case.request), io.BytesIO())
        return WSGIRequest(environ(case.url, case.method, case.request))

    def check(self, response: Any) -> None:
        """See that a response is the one that the case is about: no error is to be counted."""
        assert response.status_code == self.case.status, response.status_code

    def serve(self, handler: Any, requests: list[Any]) -> Any:
        """Serve requests, the last one first, and return the last response.

        As by a server, each response is closed, and a request is dropped when it was served.
        """
        if self.case.is_async:
            return self.loop.run_until_complete(self._aserve(handler, requests))
        response = None
        while requests:
            response = handler.get_response(requests.pop())
            response.close()
        return response

    async def _aserve(self, handler: Any, requests: list[Any]) -> Any:
        response = None
        while requests:
            response = await handler.get_response_async(requests.pop())
            response.close()
        return response


#: The middleware of the case, which ``Served`` puts here for Django to find by its name.
ByHand: Any = None


#: What lies in memory beside the site.
_OBJECTS: list[bytes] = []


def _fill_memory(layout: int) -> None:
    """Keep objects of all small sizes, as many of each as the layout says, and number classes.

    What a request costs depends on where its objects find room, and on which of the attributes that
    it looks up share a place in Python's cache of them: that goes by address and by the number of
    a class. Either may be a thousand instructions. The layouts stand for several real processes.
    """
    numbers = random.Random(layout)
    for size in range(0, 480, 16):
        _OBJECTS.extend(bytes(size) for _ in range(numbers.randrange(300)))
    for _ in range(numbers.randrange(4096)):
        # A class gets its number when an attribute is looked up.
        hasattr(type("Class", (), {}), "attribute")


def main() -> None:
    """Serve the requests that are counted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counted", description=__doc__)
    parser.add_argument("contender", choices=CONTENDERS)
    parser.add_argument("case", choices=CASES, metavar="case")
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--layout", type=int, default=0)
    options = parser.parse_args()
    _fill_memory(options.layout)
    served = Served(options.contender, CASES[options.case])

    handlers = (served.bare, served.handler)
    for handler in handlers:
        served.check(served.serve(handler, served.requests(_WARM_UP)))
    for handler in handlers:
        requests = served.requests(options.requests)
        with counting():
            served.serve(handler, requests)


if __name__ == "__main__":
    # Django finds ByHand in the module of this name, not in __main__.
    from benchmarks import counted

    counted.main()
