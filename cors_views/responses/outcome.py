"""What was decided for a request, in public: what ``cors_decided`` is sent with."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from django.http import HttpRequest

from cors_views.policies.origin_sets import LoadedOrigins
from cors_views.protocol.admission import admitting
from cors_views.protocol.effective_policies import CompiledPolicy
from cors_views.protocol.questions import SIGNAL, Unanswered
from cors_views.protocol.reasons import Reason
from cors_views.protocol.same_origin import is_same_origin
from cors_views.resolution.layer_order import Layer, policies_of
from cors_views.resolution.pattern_paths import find_pattern_paths, pattern_path_of
from cors_views.resolution.route_names import route_name
from cors_views.resolution.wrapped_views import name_of
from cors_views.responses.kept_decision import Decided, carries_cookies, what_was_decided
from cors_views.responses.view_headers import that_stayed
from cors_views.signals import cors_decided
from cors_views.support.escaping import quoted

logger = logging.getLogger("cors_views")

#: Where no policy was asked, so that none of several is meant.
_BEFORE_ANY_POLICY = (Reason.DENIED, Reason.NO_POLICY)


@dataclass(frozen=True, kw_only=True, slots=True)
class Outcome:
    """What was decided about one request from another site. ``cors_decided`` is sent with it.

    ``origin``
        The ``Origin`` header as it came. If the request is refused, it may be any text, of any
        length.
    ``admitted``
        Whether the browser lets the page read the answer, as far as a server can know. For a
        preflight: whether the request that it announces may follow.
    ``reason``
        Why not; ``None`` if ``admitted``.
    ``admitted_by``
        The entry of the policy that admits the origin: the origin itself, a pattern, a regular
        expression, ``"*"``, the name of a callable or of the function that a ``CachedOrigins``
        loads from, or ``"check_request_enabled"``. ``""`` if none does. It has only as many values
        as are configured.
    ``layer``
        What decides: ``"handler"``, ``"route"``, ``"class"``, ``"include"``, ``"settings"``,
        ``"ASGI application"``, or ``"none"`` for a view that cannot be inspected and is closed.
    ``place``
        File and line of that declaration, as shown by ``cors_policies``: ``"shop/views.py:12"``.
        ``""`` for the settings.
    ``policy``
        The name of the policy in ``CORS_POLICIES``; ``""`` if it has none. If several policies are
        declared, the one that admits the origin; ``""`` if none does.
    ``route``
        The route, as shown by ``cors_policies``, such as ``"/orders/<int:pk>/"``; ``""`` if none
        matches, and for ``CorsASGI``: only ``place`` tells its applications apart.
    ``method``
        The method of the request. For a preflight: the method that it asks for, as it came.
    ``preflight``
        Whether the request is a preflight.
    ``missing``
        The request headers that a preflight asked for and did not get.
    ``enforced``
        Whether the server refused the request, so that its view did not run.
    ``reported``
        Whether ``enforce=True`` would have made the server refuse the request, and
        ``enforce="report"`` let it run. ``admitted`` and ``reason`` are about the answer that it
        got: a page may read the answer to a ``POST`` that its policy does not offer.
    """

    origin: str
    admitted: bool
    reason: Reason | None
    admitted_by: str
    layer: str
    place: str
    policy: str
    route: str
    method: str
    preflight: bool
    missing: tuple[str, ...]
    enforced: bool
    reported: bool


def outcome_of(request: HttpRequest) -> Outcome | None:
    """Return what ``CorsMiddleware`` has decided about a request, or ``None``.

    It is ``None`` if the request has no ``Origin``, or the site's own. It is also ``None`` if the
    middleware has not decided yet, as in a view, or did not see the request. The ``Outcome`` is
    built by this call, so requests that nobody asks about cost nothing.
    """
    decided = what_was_decided(request)
    if decided is None or is_same_origin(request, decided.origin):
        return None
    return outcome_from(request, decided)


def keep_untold(request: HttpRequest) -> None:
    """Send no ``cors_decided`` about a request: no page has sent it, somebody only tries it out."""
    request._cors_untold = True  # type: ignore[attr-defined]


def keep_reported(request: HttpRequest) -> None:
    """Tell that the server would have refused a request, and only reports it."""
    request._cors_reported = True  # type: ignore[attr-defined]


def forget_reported(request: HttpRequest) -> None:
    """Tell nothing of that any more: a middleware tries again, and it is decided anew."""
    vars(request).pop("_cors_reported", None)


def send(request: HttpRequest, decided: Decided | None = None) -> None:
    """Send ``cors_decided`` about a request; by default, of what ``CorsMiddleware`` decided."""
    outcome = _wanted(request, decided)
    if outcome is None:
        return
    try:
        cors_decided.send_robust(sender=None, request=request, outcome=outcome)
    except Exception:
        # Async receivers cannot be waited for where an event loop runs in this very thread.
        logger.exception("Not every receiver of cors_decided was told.")


async def asend(request: HttpRequest, decided: Decided | None = None) -> None:
    """The same as ``send``, for an async stack: async receivers are awaited where they are."""
    outcome = _wanted(request, decided)
    if outcome is not None:
        await cors_decided.asend_robust(sender=None, request=request, outcome=outcome)


def _wanted(request: HttpRequest, decided: Decided | None) -> Outcome | None:
    if hasattr(request, "_cors_untold"):
        return None
    try:
        if decided is None:
            return outcome_of(request)
        return None if is_same_origin(request, decided.origin) else outcome_from(request, decided)
    except Exception:
        # Callables and patterns may be anything, and what is told changes no answer.
        logger.exception("What was decided for %s cannot be told.", quoted(request.path))
        return None


def outcome_from(request: HttpRequest, decided: Decided) -> Outcome:
    """Return in public what was decided."""
    reason, missing = decided.refusal(that_stayed(request), credentials=carries_cookies(request))
    policy = _policy(decided)
    layer, place, name = _declared(decided, policy)
    return Outcome(
        origin=decided.origin,
        admitted=reason is None,
        reason=reason,
        admitted_by=_entry(decided, policy),
        layer=layer,
        place=place,
        policy=name,
        route=_route(request),
        method=decided.asked.method if decided.asked else request.method or "",
        preflight=decided.asked is not None,
        missing=missing,
        enforced=decided.enforced,
        reported=hasattr(request, "_cors_reported"),
    )


def _policy(decided: Decided) -> CompiledPolicy | None:
    """Return the policy that admits the origin, if one does."""
    if decided.answer.reason in _BEFORE_ANY_POLICY:
        return None
    try:
        return admitting(decided.effective, decided.origin, decided.replies)
    except Unanswered:
        # What a set has loaded may be another one by now.
        return None


def _entry(decided: Decided, policy: CompiledPolicy | None) -> str:
    if policy is None:
        return ""
    entry = "*" if policy.public else policy.origins.entry(decided.origin)
    if entry:
        return entry
    for question in policy.origins.callables:
        known = question.known(decided.origin) if isinstance(question, LoadedOrigins) else None
        if known or decided.replies.get(id(question)):
            return name_of(getattr(question, "load", question))
    return repr(SIGNAL)


def _declared(decided: Decided, policy: CompiledPolicy | None) -> tuple[str, str, str]:
    """Return the layer that decides, its place, and the name of its policy."""
    effective = decided.effective
    if effective.signal:
        return "settings", "", ""
    layer = effective.counting_layers[0]
    if not isinstance(layer, Layer):
        return "none", "", ""
    file, line = layer.declaration.place.module_file, layer.declaration.place.line
    return layer.name, f"{file}:{line}", _name(decided, layer, policy)


def _name(decided: Decided, layer: Layer, policy: CompiledPolicy | None) -> str:
    declared = layer.declaration.policies
    if len(declared) > 1:
        if policy is None:
            return ""
        # Those that name no origins are left out where they are one of several.
        named = [each for each, own in zip(declared, policies_of(layer)) if own.names_origins]
        declared = (named[decided.effective.policies.index(policy)],)
    return next((each for each in declared if isinstance(each, str)), "")


def _route(request: HttpRequest) -> str:
    match = request.resolver_match
    try:
        (path,) = find_pattern_paths(request) if match is None else (pattern_path_of(match),)
        # What is no entry of a URLconf, as an ASGI application, has no pattern.
        return route_name(path) if path and any(step.pattern for step in path) else ""
    except Exception:
        # Patterns and matches may be of any class.
        return ""
