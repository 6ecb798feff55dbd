"""What a deployed answer says of its author: ``X-Cors-Views``, ``Vary``, a cache's headers."""

from __future__ import annotations

from cors_views.browsing import Received
from cors_views.protocol.reasons import Reason
from cors_views.responses import debug_header
from cors_views.standard.header_values import split_list, value_of
from cors_views.support.escaping import quoted

#: By which caches say that an answer is a copy, where they say it.
_CACHES = ("age", "x-cache", "x-cache-status", "cache-status", "cf-cache-status", "x-proxy-cache")
#: So much of X-Cors-Views is told: a source names a path, which may be long.
_LONGEST = 600
#: Why an answer has no Access-Control-Allow-Origin. Whatever else a header claims, is not believed.
_REASONS = {
    reason.name: reason
    for reason in (
        Reason.DENIED,
        Reason.NO_POLICY,
        Reason.NOT_AN_ORIGIN,
        Reason.ORIGIN_NOT_ADMITTED,
    )
}


def refusal_told(received: Received) -> str:
    """Return what ``X-Cors-Views`` says, in quotes; nothing where it is not there."""
    value = value_of(received.headers, debug_header.NAME.lower())
    return quoted(value, _LONGEST) if value else ""


def reason_told(received: Received) -> tuple[Reason | None, str]:
    """Return the reason that ``X-Cors-Views`` names, if any, and what decided."""
    value = value_of(received.headers, debug_header.NAME.lower()) or ""
    name, _, source = value.partition("; ")
    return _REASONS.get(name), source


def is_of_cors_asgi(received: Received) -> bool:
    """Return whether an answer says that the policy of a ``CorsASGI`` refused."""
    return "ASGI application" in reason_told(received)[1]


def names_origin_in_vary(received: Received) -> bool:
    """Return whether whoever wrote an answer decides by the origin, as ``CorsMiddleware`` does."""
    names = split_list(value_of(received.headers, "vary") or "")
    return "origin" in {name.lower() for name in names}


def is_a_copy(received: Received) -> str:
    """Return by which header an answer says that a cache has kept it; nothing where none does."""
    for name in _CACHES:
        value = value_of(received.headers, name)
        if value is not None and (value.isdecimal() if name == "age" else "hit" in value.lower()):
            return f"{name.title()}: {quoted(value, 60)}"
    return ""
