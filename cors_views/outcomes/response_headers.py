"""Write an answer on a response: its headers, and ``Vary``."""

from __future__ import annotations

import functools
import logging
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase, ResponseHeaders
from django.utils.cache import patch_vary_headers

from cors_views.conf import settings_cache
from cors_views.outcomes import own_headers
from cors_views.outcomes.outcome import Decided, Outcome
from cors_views.outcomes.refusal_log import log_refusal
from cors_views.protocol.reasons import Answer
from cors_views.standard.fetch import CORS_RESPONSE_HEADERS

logger = logging.getLogger("cors_views")

#: Whether Django keeps headers as ``_write_unchecked`` knows: as pairs, by name in lower case.
_STORE_IS_KNOWN = vars(ResponseHeaders({"Vary": "a"})) == {"_store": {"vary": ("Vary", "a")}}
_VARY = ("Vary", "origin")


def write(request: Any, response: HttpResponseBase, decided: Decided) -> None:
    """Write what was decided for a request on the response that its view has made."""
    answer, effective, headers = decided[1], decided[2], response.headers
    known = _STORE_IS_KNOWN and type(headers) is ResponseHeaders
    if answer.headers or not effective.undeclared:
        there: Any = headers._store if known else map(str.lower, headers)
        if not CORS_RESPONSE_HEADERS.isdisjoint(there):
            own_headers.remove(request, headers, effective)
    if known:
        _write_unchecked(headers, answer)
    else:
        _write_checked(response, answer)
    request._cors_outcome = decided
    # Without an Origin nobody is refused.
    if decided[0] and logger.isEnabledFor(logging.DEBUG):
        log_refusal(request, Outcome(*decided), headers)


def _write_unchecked(headers: Any, answer: Answer) -> None:
    # All that is written was checked when its policy was compiled, or is an origin that was found
    # to be one. To check and encode it again, and to raise and catch an exception for a Vary that
    # is not there, would be three quarters of what CORS adds to a request.
    store = headers._store
    for pair in answer.headers:
        store[pair[0].lower()] = pair
    if answer.vary:
        # Fetch, "CORS protocol and HTTP caches".
        there = store.get("vary")
        store["vary"] = _VARY if there is None else ("Vary", _with_origin(there[1]))


def _write_checked(response: HttpResponseBase, answer: Answer) -> None:
    """The same by what Django documents, for headers of another class."""
    for name, value in answer.headers:
        response.headers[name] = value
    if answer.vary:
        patch_vary_headers(response, ("origin",))


@functools.lru_cache(maxsize=128)
def _with_origin(vary: str) -> str:
    """Return what Django makes of a Vary header that gets ``origin`` added to it."""
    response = HttpResponse(headers={"Vary": vary})
    patch_vary_headers(response, ("origin",))
    return response.headers["Vary"]


def empty(request: Any, decided: Decided) -> HttpResponse:
    """Return the response to a preflight, allowed or refused: 200, without a body.

    A refusal is the absence of the headers.
    """
    answer = decided[1]
    headers = _headers_of_no_body() | dict(answer.headers)
    if answer.vary:
        headers["Vary"] = "origin"
    request._cors_outcome = decided
    if logger.isEnabledFor(logging.DEBUG):
        log_refusal(request, Outcome(*decided))
    return HttpResponse(headers=headers)


@functools.cache
def _headers_of_no_body() -> dict[str, str]:
    """Return the headers of an empty response, which Django would work out for each preflight."""
    return {"content-length": "0", **HttpResponse().headers}


settings_cache.forget_on_change(_headers_of_no_body.cache_clear)
