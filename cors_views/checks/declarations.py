"""Checks of what the routes of the site really get: the policies, nearest rule applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views import conf, fetch, layers
from cors_views.callbacks import declares, take_apart
from cors_views.chains import Chain
from cors_views.checks.choosers import check_choosers
from cors_views.checks.csrf import check_csrf
from cors_views.checks.effective import check_uses
from cors_views.checks.methods import check_posts, check_public_uses
from cors_views.declarations import Applied, everything_applied
from cors_views.layers import Layer
from cors_views.policy import CorsPolicy, close_matches
from cors_views.routes import routes_named
from cors_views.rulings import CompiledPolicy, Route
from cors_views.uses import Use, sources, survey, use_of_settings, uses_of

_ATTRIBUTES = ("cors_policy", "cors_action_policies")


#: What was declared where, and whether it denies: one line may do both.
Spoken = tuple[Applied, bool]


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
    cached: dict[Opened, list[Chain]] = {}
    covers: dict[Spoken, tuple[Layer, Layer]] = {}
    effective: set[Spoken] = set()
    for chain, route in survey():
        stacks = list(filter(None, layers.stacks(chain)))
        reached.update(layer.applied for stack in stacks for layer in stack)
        uses += uses_of(chain, route)
        for opened in _opened(route):
            cached.setdefault(opened, []).append(chain)
        for stack in stacks:
            counting = _counting(stack)
            effective.update(map(_spoken, counting))
            covers |= {
                _spoken(inner): (inner, counting[-1])
                for inner in stack[len(counting) :]
                if _spot(inner) == _spot(counting[-1])
            }
        for message in (
            *_without_mixin(chain),
            *_never_reached(chain, route),
            *_says_nothing(stacks),
        ):
            found.setdefault(str(message), message)
    for use in uses:
        for message in (*_any_origin_with_credentials(use), *_exposed_star(use)):
            found.setdefault(str(message), message)
    return [
        *found.values(),
        *(_has_no_effect(*pair) for key, pair in covers.items() if key not in effective),
        *_cached_preflights(cached),
        *check_uses([*uses, *use_of_settings()]),
        *check_csrf(uses),
        *check_posts(uses),
        *check_choosers([*uses, *use_of_settings()]),
        *_unreached(reached),
    ]


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Report, before production, views that any origin may use and that are not read-only."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    return list(check_public_uses(use for found in survey() for use in uses_of(*found)))


def _unreached(reached: set[Applied]) -> Iterator[CheckMessage]:
    for applied in sorted(everything_applied() - reached):
        yield Warning(
            f"No route reaches the policy that {applied.place} declares on {applied.target}.",
            hint="Is it below a decorator without functools.wraps? Then write it above that, or in "
            "the URLconf. Else route the view. A method that is overridden takes its declaration "
            "along: repeat it there.",
            id="cors_views.W023",
        )


def _without_mixin(chain: Chain) -> Iterator[CheckMessage]:
    """Warn where somebody wrote the attributes of CorsMixin and forgot it, or put it too late."""
    view_class = take_apart(chain[-1].callback).view_class
    if view_class is None:
        return
    name = f"{view_class.__module__}.{view_class.__qualname__}"
    if not declares(view_class):
        for attribute in _ATTRIBUTES:
            if getattr(view_class, attribute, None) is not None:
                yield Warning(
                    f"{name}.{attribute} has no effect: the class has no CorsMixin.",
                    hint="Put cors_views.rest_framework.CorsMixin first among the bases. Without "
                    "Django REST framework, write @cors_allow(...) above the class.",
                    id="cors_views.W024",
                )
        return
    first = next(owner for owner in view_class.__mro__ if "as_view" in vars(owner))
    if not declares(first):
        yield Warning(
            f"{name} has CorsMixin after {first.__qualname__}: its policies count, but mistakes "
            "in them are not found when the view is made.",
            hint="Put CorsMixin first among the bases.",
            id="cors_views.W024",
        )
    for attribute in dir(view_class):
        if attribute.startswith("cors") and attribute not in _ATTRIBUTES:
            hint = close_matches(attribute, _ATTRIBUTES)
            if hint:
                yield Warning(
                    f"{name}.{attribute} has no effect: CorsMixin has no such attribute.",
                    hint=hint,
                    id="cors_views.W024",
                )


def _says_nothing(stacks: list[list[Layer]]) -> Iterator[CheckMessage]:
    """Ask about an include without a policy: under CORS_OPT_IN it opts in, else it does little."""
    # It is around the whole view.
    for layer in stacks[0] if stacks else ():
        bare = layer.declaration.policies == (CorsPolicy(),)
        if layer.name == "include" and bare and not conf.site().opt_in:
            yield Info(
                f"The cors_include at {layer.declaration.place} names no policy: the views below "
                "it keep that of the settings, whatever CORS_URLS_REGEX says.",
                hint="Write policy=..., or include() where nothing was meant.",
                id="cors_views.I027",
            )


def _never_reached(chain: Chain, route: Route) -> Iterator[CheckMessage]:
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


def _spoken(layer: Layer) -> Spoken:
    return layer.applied, layer.declaration.deny


def _counting(stack: list[Layer]) -> list[Layer]:
    """Return the layers up to the first that leaves those behind it nothing to say."""
    ends = map(layers.ends_the_search, stack)
    return stack[: next((number for number, end in enumerate(ends, 1) if end), len(stack))]


def _spot(layer: Layer) -> tuple[str, ...]:
    """Return what two declarations have in common that were written one above the other.

    In another file, such as the URLconf, the outer one was written to replace the inner one.
    """
    target = layer.applied.target.removesuffix(".cors_policy")
    # Lists of patterns have no names, and hold views that one of two includes is for.
    place = layer.declaration.place if layer.name == "include" else layer.declaration.place.file
    return layer.name, target, str(place)


def _has_no_effect(inner: Layer, outer: Layer) -> CheckMessage:
    return Warning(
        f"{_kind(inner)} at {inner.declaration.place} on {inner.applied.target} has no effect: "
        f"{_kind(outer)} at {outer.declaration.place} is outside of it.",
        hint="Remove one of the two.",
        id="cors_views.W026",
    )


def _kind(layer: Layer) -> str:
    return "cors_deny" if layer.declaration.deny else "the policy"


def _any_origin_with_credentials(use: Use) -> Iterator[CheckMessage]:
    refining = use.ruling.trail if use.ruling.signal else use.ruling.trail[1:]
    if not use.policy.any_origin or not use.ruling.trail:
        return
    wanted = [policy.credentials for layer in refining for policy in layers.policies_of(layer)]
    if use.ruling.signal:
        wanted.append(conf.site().policy.credentials)
    if next((value for value in wanted if value is not None), False):
        yield Warning(
            f"Any origin, from the {use.sources['origins']}, meets credentials=True, from the "
            f"{use.sources['credentials']}{_brought_together(use)}. The answer is '*' without "
            "credentials.",
            hint="Name the origins that are trusted with credentials beside credentials=True.",
            id="cors_views.W020",
        )


def _brought_together(use: Use) -> str:
    """Return which declaration is between two settings that only meet through it."""
    both = use.sources["origins"].startswith("setting") and use.ruling.trail
    return f", by way of the {use.ruling.trail[0]}" if both else ""


def _exposed_star(use: Use) -> Iterator[CheckMessage]:
    if use.policy.credentials and "*" in (use.policy.expose_headers or ()):
        yield Warning(
            f"expose_headers=['*'], from the {use.sources['expose_headers']}, meets "
            f"credentials=True, from the {use.sources['credentials']}. Browsers take the '*' "
            "literally there, so no header is exposed.",
            hint="Name the headers to expose.",
            id="cors_views.W021",
        )


def _opened(route: Route) -> Iterator[Opened]:
    """Yield what a declared ``max_age`` lets a cached preflight pass beyond what a policy says."""
    opened: dict[tuple[str, str, str, str], list[str]] = {}
    for method, ruling in route.rulings.items():
        for number, policy in enumerate(ruling.policies):
            if policy.own_max_age and policy.policy.max_age:
                source = (sources(ruling, number)["max_age"], str(policy.policy.max_age))
                for other, wider in _opened_by(route, method, policy):
                    opened.setdefault((*source, other, wider), []).append(method)
    for key, methods in opened.items():
        yield Opened(*key, tuple(methods))


def _cached_preflights(cached: dict[Opened, list[Chain]]) -> Iterator[CheckMessage]:
    """Warn once of what is opened, for all the routes that a router makes of one view."""
    for opened, chains in cached.items():
        yield Warning(
            f"{routes_named(chains)}: for {opened.max_age} seconds after a preflight for "
            f"{' or '.join(opened.methods)}, a browser sends {opened.other} {opened.wider} "
            f"although the policy of {opened.other} does not admit that. max_age is from the "
            f"{opened.place}.",
            hint="Drop max_age there, or set it to 0, so that preflights are not cached.",
            id="cors_views.W022",
        )


def _opened_by(route: Route, method: str, policy: CompiledPolicy) -> Iterator[tuple[str, str]]:
    hidden = ("POST",) if route.may_post and "POST" not in route.rulings else ()
    for other in (*route.rulings, *hidden):
        ruling = route.ruling(other)
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
