"""``X-Cors-Views``: while ``DEBUG`` is True a refused answer says why, in the network tab."""

from __future__ import annotations

from collections.abc import Mapping

from django.http import HttpRequest

from cors_views.protocol.same_origin import is_same_origin
from cors_views.responses.kept_decision import Decided, carries_cookies
from cors_views.support.escaping import escaped

NAME = "X-Cors-Views"
#: A path may be long; no server takes headers without an end.
_LONGEST = 500


def value(
    request: HttpRequest, decided: Decided, headers: Mapping[str, str] | None = None
) -> str | None:
    """Return the reason and what decided, for a browser that refuses; otherwise ``None``.

    ``headers`` are those that the response leaves with.
    """
    reason, _ = decided.refusal(headers, credentials=carries_cookies(request))
    if reason is None or is_same_origin(request, decided.origin):
        return None
    source = escaped(decided.source, _LONGEST).encode("ascii", "backslashreplace")
    return f"{reason.name}; {source.decode('ascii')}"
