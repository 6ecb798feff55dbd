"""What a browser demands of the answers: the CORS check, and that of preflights."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from cors_views.browsing.exchanges import Check, Received, Refused
from cors_views.protocol.reasons import Reason
from cors_views.standard.header_values import names_in, value_of
from cors_views.standard.methods import SAFELISTED_METHODS
from cors_views.standard.request_headers import NON_WILDCARD_REQUEST_HEADERS
from cors_views.standard.response_headers import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
)
from cors_views.support.escaping import quoted

#: How many characters of a header are shown: enough for the longest list of names.
_LONGEST = 1000

#: What a server may know of a preflight beside its CORS check, which a browser does first.
_AFTER_THE_CORS_CHECK = (Reason.METHOD_NOT_OFFERED, Reason.HEADER_NOT_ALLOWED)

#: Takes a note of a step: the check, whether it passed, and what was seen.
Note = Callable[[Check, bool, str], None]


class CorsRequest(NamedTuple):
    """What an answer is held against; ``names`` are the request headers to ask about.

    ``credentials`` says whether the page asks with ``credentials: "include"``.
    """

    origin: str
    method: str
    names: tuple[str, ...]
    credentials: bool


def shown(value: str | None) -> str:
    """Return a header's value for people."""
    return "no such header" if value is None else quoted(value, _LONGEST)


def is_ok(response: Received) -> bool:
    """Return whether the status is an "ok status" (Fetch section 2.2.3)."""
    return 200 <= response.status <= 299


def cors_check(request: CorsRequest, response: Received, note: Note) -> None:
    """Do Fetch section 4.10, "CORS check". Raise ``Refused`` where it fails."""
    received = value_of(response.headers, ALLOW_ORIGIN)
    passed = received == request.origin or (received == "*" and not request.credentials)
    note(
        Check.ALLOW_ORIGIN,
        passed,
        f"{request.origin!r} is the page's origin, {shown(received)} received",
    )
    if not passed:
        if received is not None:
            response = _as_far_as_it_got(response)
        reason = response.reason or _why_not(received)
        raise Refused(reason, response.missing, request.origin, received)
    if request.credentials:
        value = value_of(response.headers, ALLOW_CREDENTIALS)
        note(Check.ALLOW_CREDENTIALS, value == "true", f"'true' expected, {shown(value)} received")
        if value != "true":
            reason = _as_far_as_it_got(response).reason or Reason.CREDENTIALS_NOT_ALLOWED
            raise Refused(reason)


def _as_far_as_it_got(response: Received) -> Received:
    """Return an answer without a word of methods and headers, which come after the CORS check."""
    if response.reason in _AFTER_THE_CORS_CHECK:
        return response._replace(reason=None, missing=())
    return response


def _why_not(received: str | None) -> Reason:
    if received is None:
        return Reason.NO_POLICY
    return Reason.CREDENTIALS_NOT_ALLOWED if received == "*" else Reason.WRONG_ALLOW_ORIGIN


def preflight_check(
    request: CorsRequest, response: Received, note: Note
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Do step 7 of Fetch section 4.8, "CORS-preflight fetch".

    Return the methods and the header names that are allowed. Raise ``Refused`` where what was
    asked for is not among them.
    """
    if not is_ok(response) and response.reason is None:
        # The standard does the CORS check first, but the status explains more than what is missing.
        response = response._replace(reason=Reason.PREFLIGHT_FAILED)
    cors_check(request, response, note)
    note(Check.STATUS, is_ok(response), f"200 to 299 expected, {response.status} received")
    if not is_ok(response):
        raise Refused(_as_far_as_it_got(response).reason or Reason.PREFLIGHT_FAILED)
    return _allowed_methods(request, response, note), _allowed_headers(request, response, note)


def _allowed_methods(request: CorsRequest, response: Received, note: Note) -> tuple[str, ...]:
    value = value_of(response.headers, ALLOW_METHODS)
    methods = names_in(response.headers, ALLOW_METHODS)
    passed = methods is not None and (
        request.method in SAFELISTED_METHODS.union(methods)
        or ("*" in methods and not request.credentials)
    )
    note(Check.ALLOW_METHODS, passed, f"{request.method} asked for, {shown(value)} received")
    if methods is None or not passed:
        # To a server, which sees no credentials in a preflight, a '*' has covered the method.
        raise Refused(_as_far_as_it_got(response).reason or Reason.METHOD_NOT_OFFERED)
    return methods


def _allowed_headers(request: CorsRequest, response: Received, note: Note) -> tuple[str, ...]:
    value = value_of(response.headers, ALLOW_HEADERS)
    named = names_in(response.headers, ALLOW_HEADERS)
    allowed = {name.lower() for name in named or ()}
    star = "*" in allowed and not request.credentials
    # Fetch section 2.2.2, "CORS non-wildcard request-header name": Authorization must be named.
    # Chromium lets '*' cover it, with a warning.
    missing = tuple(
        name
        for name in request.names
        if name not in allowed and (name in NON_WILDCARD_REQUEST_HEADERS or not star)
    )
    passed = named is not None and not missing
    detail = f"{', '.join(request.names) or 'nothing'} asked for, {shown(value)} received"
    note(Check.ALLOW_HEADERS, passed, detail)
    if named is None or missing:
        raise Refused(response.reason or Reason.HEADER_NOT_ALLOWED, missing)
    return named
