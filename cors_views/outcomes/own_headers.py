"""CORS headers that a view, or a middleware below ours, wrote itself.

Where a declaration governs the route, it alone speaks: what ``cors_policies`` says has to be what a
browser sees.
"""

from __future__ import annotations

import logging
from typing import Any

from django.http import HttpRequest

from cors_views.conf import kept
from cors_views.outcomes.decided import view_of, written_by_hand
from cors_views.protocol.effective import Route, Ruling
from cors_views.resolution import nearest
from cors_views.resolution.layers import Layer
from cors_views.resolution.pattern_paths import chain_of
from cors_views.resolution.route_names import route_name
from cors_views.support.untrusted import quoted

logger = logging.getLogger("cors_views")

#: The routes that were warned of. URLs can be made while the site runs, so there is an end to it.
_warned: set[str] = set()
_MOST_WARNED = 10_000


def remove(request: HttpRequest, headers: Any, ruling: Ruling) -> None:
    """Remove them from a response, and warn where a declaration takes them away."""
    names = written_by_hand(headers)
    for name in names:
        del headers[name]
    if not ruling.undeclared:
        _warn_once(request, nearest.route_taken(request), ruling, names)


def _warn_once(request: HttpRequest, route: Route, ruling: Ruling, names: list[str]) -> None:
    match = request.resolver_match
    chain = chain_of(match) if match else ()
    url = f"the route {route_name(chain)}" if any(step.pattern for step in chain) else "its URL"
    view = view_of(request) or f"what answers {quoted(request.path)}"
    if f"{view} {url}" in _warned or len(_warned) >= _MOST_WARNED:
        return
    _warned.add(f"{view} {url}")
    logger.warning(
        "%s, or a middleware below CorsMiddleware, writes %s itself. Such headers are "
        "removed from every response of %s, where %s decides: write there what you mean, or remove "
        "the declaration.",
        view,
        " and ".join(names),
        url,
        _declaration(route, ruling),
        extra={"request": request},
    )


def _declaration(route: Route, ruling: Ruling) -> str:
    """Return what declares: for this method, or else for another one of the route."""
    rulings = (ruling, route.other, *route.rulings.values())
    layer = next(each.trail[0] for each in rulings if each.trail)
    # What cannot be understood is closed by no declaration, and says so itself.
    return f"the {layer}" if isinstance(layer, Layer) else str(layer)


kept.forget_on_change(_warned.clear)
