"""Write an answer on a response: its headers, and ``Vary``."""

from __future__ import annotations

import functools
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase, ResponseHeaders
from django.utils.cache import patch_vary_headers

from cors_views.conf.settings_cache import VALUES_READ
from cors_views.responses import debug_header, view_headers
from cors_views.responses.kept_decision import Decided, DecidedParts, EnforcedParts
from cors_views.responses.refusal_log import LEVEL, LEVELS_READ, are_refusals_logged, log_refusal
from cors_views.standard.response_headers import (
    ALLOW_ORIGIN,
    CORS_RESPONSE_HEADERS,
    cors_headers_among,
)

#: The class of headers, if Django keeps them as ``write`` knows: as pairs, by name in lower case.
KNOWN_HEADERS = (
    ResponseHeaders
    if vars(ResponseHeaders({"Vary": "a"})) == {"_store": {"vary": ("Vary", "a")}}
    else None
)
#: Whether a response has no CORS header yet.
_has_none = CORS_RESPONSE_HEADERS.isdisjoint
_VARY = ("Vary", "origin")


def write(request: Any, response: HttpResponseBase, decided: DecidedParts | EnforcedParts) -> None:
    """Write what was decided for a request on the response that its view has made."""
    answer = decided[1]
    headers: Any = response.headers
    if type(headers) is not KNOWN_HEADERS:
        _write_checked(request, response, decided)
    else:
        # All that is written was checked when its policy was compiled, or is an origin that was
        # found to be one. To check and encode it again, and to raise and catch an exception for a
        # Vary that is not there, would be three quarters of what CORS adds to a request.
        store = headers._store
        # As ``view_headers.stay`` says; without this one, a browser goes by none that stays. To
        # search for all takes the longer, the more headers a response has.
        if answer.headers or not decided[2].undeclared:
            view_wrote = not _has_none(store)
        else:
            view_wrote = ALLOW_ORIGIN in store
        if view_wrote:
            view_headers.judge(request, headers, decided)
        if answer.headers:
            for pair in answer.headers:
                store[pair[0]] = pair
        if answer.vary:
            # Fetch, "CORS protocol and HTTP caches".
            if "vary" in store:
                store["vary"] = ("Vary", with_origin(store["vary"][1]))
            else:
                store["vary"] = _VARY
    request._cors_outcome = decided
    # Without an Origin nobody is refused.
    if decided[0]:
        try:
            if not (LEVELS_READ[LEVEL] or VALUES_READ["DEBUG"]):
                return
        except KeyError:
            # Not read yet, or forgotten because it has changed: who is told asks again.
            pass
        _tell(request, response, decided)


def _write_checked(
    request: Any, response: HttpResponseBase, decided: DecidedParts | EnforcedParts
) -> None:
    """The same by what Django documents, for headers of another class."""
    answer, headers = decided[1], response.headers
    if not _has_none(map(str.lower, headers)):
        view_headers.judge(request, headers, decided)
    for name, value in answer.headers:
        headers[name] = value
    if answer.vary:
        patch_vary_headers(response, ("origin",))


@functools.lru_cache(maxsize=128)
def with_origin(vary: str) -> str:
    """Return what Django makes of a Vary header that gets ``origin`` added to it."""
    response = HttpResponse(headers={"Vary": vary})
    patch_vary_headers(response, ("origin",))
    return response.headers["Vary"]


def write_forbidden(request: Any, response: HttpResponseBase, decided: EnforcedParts) -> None:
    """Write on the response to a request that was refused on the server; it has no CORS header."""
    for name in cors_headers_among(response.headers):
        del response.headers[name]
    patch_vary_headers(response, ("origin",))
    request._cors_outcome = decided
    _say_why(request, response, decided)


def _tell(request: Any, response: HttpResponseBase, decided: DecidedParts | EnforcedParts) -> None:
    """Tell developers of a refusal, where they want to know."""
    if are_refusals_logged():
        log_refusal(request, Decided(*decided), response.headers)
    _say_why(request, response, decided)


def _say_why(
    request: Any, response: HttpResponseBase, decided: DecidedParts | EnforcedParts
) -> None:
    """Name the reason of a refusal on the response, for the network tab, while DEBUG is True."""
    if not settings.DEBUG:
        return
    value = debug_header.value(request, Decided(*decided), response.headers)
    if value is not None:
        response.headers[debug_header.NAME] = value
