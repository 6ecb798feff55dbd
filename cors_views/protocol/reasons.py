"""What a preflight asks, what an answer says, and why a browser refuses to pass it on."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass

from cors_views.standard.header_values import split_list
from cors_views.standard.methods import SAFELISTED_METHODS
from cors_views.standard.origins import is_origin
from cors_views.standard.request_headers import NON_WILDCARD_REQUEST_HEADERS
from cors_views.standard.response_headers import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
)

#: Names, in lower case as all of ours are, and values.
Headers = tuple[tuple[str, str], ...]


class Reason(enum.Enum):
    """Why a browser does not let the page read the answer.

    The server knows the first six when it answers. It knows CREDENTIALS_NOT_ALLOWED if the request
    had cookies, and WRONG_ALLOW_ORIGIN if a view wrote the header. Only a browser can know the
    others.
    """

    DENIED = "the view is closed to other origins by cors_deny"
    NO_POLICY = "no policy applies to this request"
    NOT_AN_ORIGIN = "the Origin header is not an origin"
    ORIGIN_NOT_ADMITTED = "the policy does not admit the origin"
    METHOD_NOT_OFFERED = "the policy admits the origin, but does not offer the method"
    HEADER_NOT_ALLOWED = "the policy admits the origin, but does not allow a request header"
    CREDENTIALS_NOT_ALLOWED = "the answer admits the origin, but not with credentials"
    PREFLIGHT_FAILED = "the preflight was answered with an error or a redirect"
    WRONG_ALLOW_ORIGIN = "the answer's Access-Control-Allow-Origin is not the page's origin"
    REDIRECT_REFUSED = "the answer is a redirect that a page may not follow"
    NO_ANSWER = "the server cannot be reached, or did not answer"


@dataclass(slots=True)
class Preflight:
    """What a preflight asks: Fetch, "CORS-preflight fetch". Immutable by convention."""

    origin: str
    method: str
    headers: str | None
    private_network: bool
    url_matches: bool


@dataclass(slots=True)
class Answer:
    """What to write on a response: the headers, and whether ``Vary: origin`` goes with them.

    ``reason`` is why nobody is admitted; ``refusal`` says what a browser makes of the rest.
    Immutable by convention: frozen, or a named tuple, it would take twice as long to make and read.
    """

    headers: Headers = ()
    vary: bool = False
    reason: Reason | None = None


def refusal(
    answer: Answer,
    origin: str,
    asked: Preflight | None = None,
    own: Headers = (),
    *,
    credentials: bool = False,
) -> tuple[Reason | None, tuple[str, ...]]:
    """Return why a browser refuses, if it does, and the headers it asked for in vain.

    ``own`` are the view's own CORS headers, which count where the policy wrote none.
    ``credentials`` is whether cookies came along; a preflight never shows whether they will. For
    people: no answer depends on it, so nothing is computed where nobody wants to know.
    """
    said = dict(answer.headers or own)
    if own and not answer.headers:
        # Fetch, "CORS check".
        if said[ALLOW_ORIGIN] not in ("*", origin):
            return Reason.WRONG_ALLOW_ORIGIN, ()
    elif answer.reason is Reason.ORIGIN_NOT_ADMITTED and not is_origin(origin):
        return Reason.NOT_AN_ORIGIN, ()
    elif answer.reason is not None:
        return answer.reason, ()
    if asked is not None:
        return _preflight_refusal(said, asked)
    # Fetch, "CORS check": with credentials, '*' is a value as any other.
    allowed = said.get(ALLOW_CREDENTIALS) == "true" and said[ALLOW_ORIGIN] != "*"
    return (Reason.CREDENTIALS_NOT_ALLOWED if credentials and not allowed else None), ()


def _preflight_refusal(
    said: Mapping[str, str], asked: Preflight
) -> tuple[Reason | None, tuple[str, ...]]:
    # Fetch, "CORS-preflight fetch", in the standard's order.
    methods = split_list(said.get(ALLOW_METHODS, ""))
    if asked.method not in SAFELISTED_METHODS.union(methods) and "*" not in methods:
        return Reason.METHOD_NOT_OFFERED, ()
    allowed = {name.lower() for name in split_list(said.get(ALLOW_HEADERS, ""))}
    star = "*" in allowed
    requested = dict.fromkeys(name.lower() for name in split_list(asked.headers or ""))
    missing = tuple(
        name
        for name in requested
        if name not in allowed and (name in NON_WILDCARD_REQUEST_HEADERS or not star)
    )
    return (Reason.HEADER_NOT_ALLOWED, missing) if missing else (None, ())
