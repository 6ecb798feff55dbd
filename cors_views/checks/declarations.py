"""Checks of what the routes of the site really get: the policies, nearest rule applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from cors_views import conf, fetch, nearest
from cors_views.callbacks import declares, take_apart
from cors_views.checks.effective import (
    Use,
    check_public_uses,
    check_uses,
    route_name,
    survey,
    uses_of,
    who_set,
)
from cors_views.declarations import Applied, everything_applied
from cors_views.protocol import CompiledPolicy, Route


class Opened(NamedTuple):
    """A request that a cached preflight lets pass: ``other``, ``wider`` than its policy says."""

    place: str
    max_age: str
    other: str
    wider: str
    methods: tuple[str, ...]


def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """Report what declarations make together that none of them says alone."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    found: dict[str, CheckMessage] = {}
    reached: set[Applied] = set()
    uses: list[Use] = []
    cached: dict[Opened, list[str]] = {}
    for chain, route in survey():
        reached.update(nearest.applied_to(chain))
        uses += uses_of(chain, route)
        for opened in _opened(route):
            cached.setdefault(opened, []).append(route_name(chain))
        for message in (*_without_mixin(chain), *_never_reached(chain, route)):
            found.setdefault(str(message), message)
    for use in uses:
        for message in (*_any_origin_with_credentials(use), *_exposed_star(use)):
            found.setdefault(str(message), message)
    return [
        *found.values(),
        *_cached_preflights(cached),
        *check_uses(uses),
        *_unreached(reached),
    ]


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Report, before production, views that any origin may use and that are not read-only."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    return list(check_public_uses(use for found in survey() for use in uses_of(*found)))


def _unreached(reached: set[Applied]) -> Iterator[CheckMessage]:
    for place, target in sorted(everything_applied() - reached):
        yield Warning(
            f"No route reaches the policy that {place} declares on {target}.",
            hint="Is it below a decorator without functools.wraps? Then write it above that, or in "
            "the URLconf. Else route the view. A method that is overridden takes its declaration "
            "along: repeat it there.",
            id="cors_views.W023",
        )


def _without_mixin(chain: nearest.Chain) -> Iterator[CheckMessage]:
    """Warn where somebody wrote the attributes of CorsMixin and forgot it, or put it too late."""
    view_class = take_apart(chain[-1].callback).view_class
    if view_class is None:
        return
    if declares(view_class):
        first = next(owner for owner in view_class.__mro__ if "as_view" in vars(owner))
        if not declares(first):
            yield Warning(
                f"{view_class.__module__}.{view_class.__qualname__} has CorsMixin after "
                f"{first.__qualname__}, whose as_view() does not check the policies.",
                hint="Put CorsMixin first among the bases.",
                id="cors_views.W024",
            )
        return
    for attribute in ("cors_policy", "cors_action_policies"):
        if getattr(view_class, attribute, None) is not None:
            yield Warning(
                f"{view_class.__module__}.{view_class.__qualname__}.{attribute} has no effect.",
                hint="Add cors_views.rest_framework.CorsMixin to the class's bases, first.",
                id="cors_views.W024",
            )


def _never_reached(chain: nearest.Chain, route: Route) -> Iterator[CheckMessage]:
    """Warn where a policy stands behind one that admits any origin already."""
    for ruling in (route.other, *route.rulings.values()):
        for number, policy in enumerate(ruling.policies[:-1], start=1):
            if policy.origins.any:
                yield Warning(
                    f"Policy number {number} of the {ruling.trail[0]} admits any origin, so those "
                    "after it never answer.",
                    hint="List the policy for any origin last.",
                    id="cors_views.W025",
                )


def _any_origin_with_credentials(use: Use) -> Iterator[CheckMessage]:
    refining = use.ruling.trail if use.ruling.signal else use.ruling.trail[1:]
    if not use.policy.any_origin or not use.ruling.trail:
        return
    wanted = [policy.credentials for layer in refining for policy in nearest.policies_of(layer)]
    if use.ruling.signal:
        wanted.append(conf.site().policy.credentials)
    if next((value for value in wanted if value is not None), False):
        yield Warning(
            f"Any origin, from the {use.who_set('origins')}, meets credentials=True, from the "
            f"{use.who_set('credentials')}. The answer is '*' without credentials.",
            hint="Name the origins that are trusted with credentials beside credentials=True.",
            id="cors_views.W020",
        )


def _exposed_star(use: Use) -> Iterator[CheckMessage]:
    if use.policy.credentials and "*" in (use.policy.expose_headers or ()):
        yield Warning(
            f"expose_headers=['*'], from the {use.who_set('expose_headers')}, meets "
            f"credentials=True, from the {use.who_set('credentials')}. Browsers take the '*' "
            "literally there, so no header is exposed.",
            hint="Name the headers to expose.",
            id="cors_views.W021",
        )


def _opened(route: Route) -> Iterator[Opened]:
    """Yield what a declared ``max_age`` lets a cached preflight pass beyond what a policy says."""
    opened: dict[tuple[str, str, str, str], list[str]] = {}
    for method, ruling in route.rulings.items():
        for policy in ruling.policies:
            if policy.own_max_age and policy.policy.max_age:
                source = (who_set(ruling, "max_age"), str(policy.policy.max_age))
                for other, wider in _opened_by(route, method, policy):
                    opened.setdefault((*source, other, wider), []).append(method)
    for key, methods in opened.items():
        yield Opened(*key, tuple(methods))


def _cached_preflights(cached: dict[Opened, list[str]]) -> Iterator[CheckMessage]:
    """Warn once of what is opened, for all the routes that a router makes of one view."""
    for opened, routes in cached.items():
        first, others = routes[0], len(routes) - 1
        more = f" and {others} more route{'s' if others > 1 else ''}" if others else ""
        yield Warning(
            f"{first}{more}: for {opened.max_age} seconds after a preflight for "
            f"{' or '.join(opened.methods)}, a browser sends {opened.other} {opened.wider} "
            f"although the policy of {opened.other} does not admit that. max_age is from the "
            f"{opened.place}.",
            hint="Drop max_age there, or set it to 0, so that preflights are not cached.",
            id="cors_views.W022",
        )


def _opened_by(route: Route, method: str, policy: CompiledPolicy) -> Iterator[tuple[str, str]]:
    for other, ruling in route.rulings.items():
        if ruling is route.ruling(method) or other in fetch.SAFE_METHODS:
            continue
        peers = [peer for peer in ruling.policies if _admits_as_far(peer, policy)]
        if other == "POST" and not peers:
            yield other, "with headers that need a preflight"
        elif any(peer.offers(other) and not policy.headers <= peer.headers for peer in peers):
            names = ", ".join(sorted(policy.headers - peers[0].headers))
            yield other, f"with {names}"


def _admits_as_far(peer: CompiledPolicy, policy: CompiledPolicy) -> bool:
    same = (peer.policy.origins, peer.policy.origin_regexes) == (
        policy.policy.origins,
        policy.policy.origin_regexes,
    )
    return (same or peer.origins.any) and (peer.credentials or not policy.credentials)
