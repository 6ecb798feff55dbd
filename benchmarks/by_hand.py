"""What somebody writes by hand, for one case each, with Django's public API and nothing to spare.

These are the mark that cors_views is compared with. Each is as fast as its case allows, and knows
nothing else: no settings, no checks, no second policy, no patterns where it lists origins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.urls import ResolverMatch, resolve
from django.utils.cache import patch_vary_headers

_ALLOW_ORIGIN = "Access-Control-Allow-Origin"


class Middleware:
    """The part that all share: sync or async, a preflight first, the response's headers last."""

    sync_capable = True
    async_capable = True
    #: What the case is about; ``benchmarks.counted`` makes a subclass with it.
    case: Any

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        self.get_response = get_response
        self.async_mode = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        if self.async_mode:
            return self.acall(request)
        if request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META:
            return self.preflight(request)
        response = self.get_response(request)
        self.write(request, response)
        return response

    async def acall(self, request: HttpRequest) -> HttpResponseBase:
        """Do the same in an event loop."""
        if request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in request.META:
            return self.preflight(request)
        response: HttpResponseBase = await self.get_response(request)
        self.write(request, response)
        return response

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        """Write the headers of an answer that is no preflight's."""
        raise NotImplementedError

    def preflight(self, request: HttpRequest) -> HttpResponse:
        """Answer a preflight."""
        raise NotImplementedError


class OneList(Middleware):
    """One set of origins for all views."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.origins = frozenset(self.case.origins)
        self.headers = dict(self.case.response_headers)
        self.offer = dict(self.case.preflight_headers)

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        patch_vary_headers(response, ("origin",))
        origin = request.META.get("HTTP_ORIGIN")
        if origin in self.origins:
            headers = response.headers
            headers[_ALLOW_ORIGIN] = origin
            for name, value in self.headers.items():
                headers[name] = value

    def preflight(self, request: HttpRequest) -> HttpResponse:
        origin = request.META.get("HTTP_ORIGIN")
        if origin not in self.origins:
            return HttpResponse(headers={"Content-Length": "0", "Vary": "origin"})
        return HttpResponse(
            headers={"Content-Length": "0", "Vary": "origin", _ALLOW_ORIGIN: origin, **self.offer}
        )


class OneListNoVary(OneList):
    """The same where no response had a ``Vary`` before."""

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        headers = response.headers
        headers["Vary"] = "origin"
        origin = request.META.get("HTTP_ORIGIN")
        if origin in self.origins:
            headers[_ALLOW_ORIGIN] = origin
            for name, value in self.headers.items():
                headers[name] = value


class Marked(OneListNoVary):
    """A set of origins that stands on the view, as a decorator leaves it there."""

    def origins_of(self, match: ResolverMatch) -> frozenset[str]:
        """Return the origins of the view that a URL resolved to."""
        return getattr(match.func, "cors_origins", frozenset())

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        headers = response.headers
        headers["Vary"] = "origin"
        origin = request.META.get("HTTP_ORIGIN")
        if origin in self.origins_of(request.resolver_match):
            headers[_ALLOW_ORIGIN] = origin
            for name, value in self.headers.items():
                headers[name] = value

    def preflight(self, request: HttpRequest) -> HttpResponse:
        origin = request.META.get("HTTP_ORIGIN")
        if origin not in self.origins_of(resolve(request.path_info)):
            return HttpResponse(headers={"Content-Length": "0", "Vary": "origin"})
        return HttpResponse(
            headers={"Content-Length": "0", "Vary": "origin", _ALLOW_ORIGIN: origin, **self.offer}
        )


class MarkedClass(Marked):
    """The same, on the class behind ``as_view()``."""

    def origins_of(self, match: ResolverMatch) -> frozenset[str]:
        return match.func.view_class.cors_origins


class MarkedAPIView(MarkedClass):
    """The same, of Django REST framework, whose responses have a ``Vary`` of their own."""

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        patch_vary_headers(response, ("origin",))
        origin = request.META.get("HTTP_ORIGIN")
        if origin in self.origins_of(request.resolver_match):
            headers = response.headers
            headers[_ALLOW_ORIGIN] = origin
            for name, value in self.headers.items():
                headers[name] = value


class MarkedNamespace(Marked):
    """The same, by the namespace of an include."""

    def origins_of(self, match: ResolverMatch) -> frozenset[str]:
        return self.by_namespace[match.namespace]

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.by_namespace: Mapping[str, frozenset[str]] = {"partners": self.origins}


class Subdomains(OneListNoVary):
    """All subdomains of so many domains: one label below each is what is asked for."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.domains = frozenset(origin.replace("//*.", "//") for origin in self.case.origins)

    def admits(self, origin: str) -> bool:
        """Return whether an origin is one label below a domain of the set."""
        scheme, _, host = origin.partition("://")
        return f"{scheme}://{host.partition('.')[2]}" in self.domains

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        headers = response.headers
        headers["Vary"] = "origin"
        origin = request.META.get("HTTP_ORIGIN")
        if origin is not None and self.admits(origin):
            headers[_ALLOW_ORIGIN] = origin


class AnyOrigin(Middleware):
    """``*`` on every response."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.offer = dict(self.case.preflight_headers)

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        response.headers[_ALLOW_ORIGIN] = "*"

    def preflight(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse(headers={"Content-Length": "0", _ALLOW_ORIGIN: "*", **self.offer})


class AnyHeader(OneListNoVary):
    """Any request header: what is asked for is sent back, and Authorization stays apart."""

    def preflight(self, request: HttpRequest) -> HttpResponse:
        response = super().preflight(request)
        asked = request.META.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", "")
        if "authorization" not in asked:
            response.headers["Access-Control-Allow-Headers"] = "*"
        return response


class TwoPolicies(OneListNoVary):
    """Two sets of origins, the second with credentials."""

    def __init__(self, get_response: Callable[[HttpRequest], Any]) -> None:
        super().__init__(get_response)
        self.trusted = frozenset(self.case.trusted)

    def write(self, request: HttpRequest, response: HttpResponseBase) -> None:
        headers = response.headers
        headers["Vary"] = "origin"
        origin = request.META.get("HTTP_ORIGIN")
        if origin in self.origins:
            headers[_ALLOW_ORIGIN] = origin
        elif origin in self.trusted:
            headers[_ALLOW_ORIGIN] = origin
            headers["Access-Control-Allow-Credentials"] = "true"


class Ready(Middleware):
    """Nothing at all: a response that is there already. What a preflight costs is beside this."""

    response = None

    def preflight(self, request: HttpRequest) -> HttpResponse:
        if Ready.response is None:
            Ready.response = HttpResponse()
        return Ready.response
