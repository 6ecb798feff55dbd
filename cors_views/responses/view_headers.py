"""CORS headers that a view, or a middleware below ours, wrote itself.

Where a declaration governs the route, it alone speaks: what ``cors_policies`` says has to be what a
browser sees.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from cors_views.conf import settings_cache
from cors_views.protocol.effective_policies import EffectivePolicy, RoutePolicies
from cors_views.protocol.reasons import Answer
from cors_views.resolution import lookup
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.pattern_paths import pattern_path_of
from cors_views.resolution.route_names import route_name
from cors_views.responses.kept_decision import DecidedParts, EnforcedParts, view_of
from cors_views.standard.response_headers import cors_headers_among
from cors_views.support.escaping import quoted

logger = logging.getLogger("cors_views")

#: The routes that were warned of. URLs can be made while the site runs, so there is an end to it.
_warned: set[str] = set()
_MOST_WARNED = 10_000


def stay(answer: Answer, effective: EffectivePolicy) -> bool:
    """Return whether they stay, as with django-cors-headers: nothing is declared, or answered."""
    return effective.undeclared and not answer.headers


def judge(request: Any, headers: Any, decided: DecidedParts | EnforcedParts) -> None:
    """Remove them from a response, and warn where a declaration takes them away.

    Where they stay, they are noted on the request: they are what a browser goes by.
    """
    names, effective = cors_headers_among(headers), decided[2]
    if stay(decided[1], effective):
        request._cors_own_headers = (decided, {name.lower(): headers[name] for name in names})
        return
    for name in names:
        del headers[name]
    if not effective.undeclared:
        warn_once(request, lookup.route_policies_taken(request), effective, names)


def that_stayed(request: Any) -> Mapping[str, str] | None:
    """Return those that stayed on the response to a request, by name in lower case.

    A request may be answered more than once, as by a middleware that tries again: what was noted
    of another response counts no more.
    """
    decided, headers = getattr(request, "_cors_own_headers", (None, None))
    return headers if decided is getattr(request, "_cors_outcome", None) else None


def warn_once(
    request: HttpRequest,
    route_policies: RoutePolicies,
    effective: EffectivePolicy,
    names: list[str],
) -> None:
    """Warn, once a route, that what declares its policy takes these headers away."""
    view, url = view_of(request), _url_of(request.resolver_match)
    # Where nobody knows the view, one warning is for all URLs: visitors make up any number of them.
    key = f"{view} {url}"
    if key in _warned or len(_warned) >= _MOST_WARNED:
        return
    _warned.add(key)
    logger.warning(
        "%s, or a middleware below CorsMiddleware, writes %s itself. CorsMiddleware removes "
        "these headers from every response of %s, because %s decides there: change that "
        "policy, or remove the declaration.",
        view or f"what answers {quoted(request.path)}",
        " and ".join(names),
        url,
        _declaration(route_policies, effective),
        extra={"request": request},
    )


def _url_of(match: Any) -> str:
    try:
        pattern_path = pattern_path_of(match) if match else ()
        if any(step.pattern for step in pattern_path):
            return f"the route {route_name(pattern_path)}"
    except Exception:  # noqa: S110 patterns and matches may be of any class
        pass
    return "its URL"


def _declaration(route_policies: RoutePolicies, effective: EffectivePolicy) -> str:
    """Return what declares: for this method, or else for another one of the route."""
    effective_policies = (
        effective,
        route_policies.other,
        *route_policies.effective_policies.values(),
    )
    layer = next(each.counting_layers[0] for each in effective_policies if each.counting_layers)
    # What cannot be understood is closed by no declaration, and says so itself.
    return f"the {layer}" if isinstance(layer, Layer) else str(layer)


settings_cache.forget_on_change(_warned.clear)
