"""Checks of what the routes of the site really get: the policies, nearest rule applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Warning

from cors_views import conf, fetch, nearest
from cors_views.callbacks import declares, take_apart
from cors_views.declarations import Applied, everything_applied
from cors_views.nearest import Layer
from cors_views.policy import CorsPolicy
from cors_views.protocol import CompiledPolicy, Route, Ruling

_SETTINGS = "the CORS_* settings"


def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """Report what declarations make together that none of them says alone."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    found: dict[str, CheckMessage] = {}
    reached: set[Applied] = set()
    for chain in nearest.all_chains():
        for layers in nearest.layers_of(chain).values():
            reached.update(layer.applied for layer in layers)
        for message in _without_mixin(chain):
            found.setdefault(str(message), message)
        route = nearest.build_safely(chain)
        for ruling in {id(ruling): ruling for ruling in _rulings(route)}.values():
            for message in (*_any_origin_with_credentials(ruling), *_exposed_star(ruling)):
                found.setdefault(str(message), message)
        for message in _cached_preflights(chain, route):
            found.setdefault(str(message), message)
    return [*found.values(), *_unreached(reached)]


def _unreached(reached: set[Applied]) -> Iterator[CheckMessage]:
    for place, target in sorted(everything_applied() - reached):
        yield Warning(
            f"No route reaches the policy that {place} declares on {target}.",
            hint="Route the view, or move the declaration: a wrapper that keeps neither __dict__ "
            "nor __wrapped__ loses it, and a method that is overridden takes it along. Decorate "
            "outside of such a wrapper, for example in the URLconf.",
            id="cors_views.W023",
        )


def _without_mixin(chain: nearest.Chain) -> Iterator[CheckMessage]:
    """Warn where somebody wrote the attributes of CorsMixin and forgot CorsMixin."""
    view_class = take_apart(chain[-1].callback).view_class
    if view_class is None or declares(view_class):
        return
    for attribute in ("cors_policy", "cors_action_policies"):
        if getattr(view_class, attribute, None) is not None:
            yield Warning(
                f"{view_class.__module__}.{view_class.__qualname__}.{attribute} has no effect.",
                hint="Add cors_views.rest_framework.CorsMixin to the class's bases, first.",
                id="cors_views.W024",
            )


def _rulings(route: Route) -> Iterator[Ruling]:
    yield route.other
    yield from route.rulings.values()


def _layers(ruling: Ruling) -> Iterator[tuple[str, CorsPolicy]]:
    """Yield the policies that counted, nearest first, each with its place."""
    decisive: list[Layer] = [] if ruling.signal else list(ruling.trail[:1])
    for layer in (*ruling.trail[len(decisive) :], *decisive):
        for policy in nearest.policies_of(layer):
            yield str(layer), policy
    if ruling.signal:
        yield _SETTINGS, conf.site().policy


def _who_set(ruling: Ruling, field: str) -> str:
    """Return the nearest place that sets ``field``."""
    return next(
        (place for place, policy in _layers(ruling) if getattr(policy, field) is not None),
        _SETTINGS,
    )


def _any_origin_with_credentials(ruling: Ruling) -> Iterator[CheckMessage]:
    if ruling.undeclared or not ruling.trail or ruling.denied:
        return
    layers = list(_layers(ruling))
    wanted = next((policy.credentials for _, policy in layers if policy.credentials is not None), 0)
    if wanted and any(policy.any_origin for policy in _effective(ruling)):
        yield Warning(
            f"Any origin, from the {_who_names_any(layers)}, meets credentials=True, from the "
            f"{_who_set(ruling, 'credentials')}. The answer is '*' without credentials.",
            hint="Name the origins that are trusted with credentials beside credentials=True.",
            id="cors_views.W020",
        )


def _effective(ruling: Ruling) -> Iterator[CorsPolicy]:
    return (compiled.policy for compiled in ruling.policies)


def _who_names_any(layers: list[tuple[str, CorsPolicy]]) -> str:
    return next(place for place, policy in layers if policy.any_origin)


def _exposed_star(ruling: Ruling) -> Iterator[CheckMessage]:
    if ruling.undeclared or not ruling.trail:
        return
    for policy in _effective(ruling):
        if policy.credentials and "*" in (policy.expose_headers or ()):
            yield Warning(
                f"expose_headers=['*'], from the {_who_set(ruling, 'expose_headers')}, meets "
                f"credentials=True, from the {_who_set(ruling, 'credentials')}. Browsers take the "
                "'*' literally there, so no header is exposed.",
                hint="Name the headers to expose.",
                id="cors_views.W021",
            )


def _cached_preflights(chain: nearest.Chain, route: Route) -> Iterator[CheckMessage]:
    """Warn where a declared ``max_age`` lets a cached preflight pass more than its policy says."""
    for method, ruling in route.rulings.items():
        for policy in ruling.policies:
            if not (policy.own_max_age and policy.policy.max_age):
                continue
            for other, wider in _opened_by(route, method, policy):
                yield Warning(
                    f"{_name(chain)}: for {policy.policy.max_age} seconds after a preflight for "
                    f"{method}, a browser sends {other} {wider} although the policy of {other} "
                    f"does not admit that. max_age is from the {_who_set(ruling, 'max_age')}.",
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


def _name(chain: nearest.Chain) -> str:
    return "/".join(str(pattern.pattern).strip("/^$") for pattern in chain) or "/"
