"""Checks of declarations that have no effect, because of others around or before them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.checks import CheckMessage, Info, Warning

from cors_views import conf
from cors_views.declarations.marks import AppliedDeclaration
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.effective_policies import RoutePolicies
from cors_views.resolution import layer_order
from cors_views.resolution.layer_order import Layer

#: What was declared where, and whether it denies: one line may do both.
_Declared = tuple[AppliedDeclaration, bool]


def check_covered(stacks: Iterable[list[Layer]]) -> Iterator[CheckMessage]:
    """Warn of a declaration that one above it on the same view leaves nothing to say."""
    covers: dict[_Declared, tuple[Layer, Layer]] = {}
    effective: set[_Declared] = set()
    for stack in stacks:
        counting = _counting(stack)
        effective.update(map(_declared, counting))
        covers |= {
            _declared(inner): (inner, counting[-1])
            for inner in stack[len(counting) :]
            if _spot(inner) == _spot(counting[-1])
        }
    for key, pair in covers.items():
        if key not in effective:
            yield _has_no_effect(*pair)


def check_says_nothing(stacks: list[list[Layer]]) -> Iterator[CheckMessage]:
    """Ask about an include without a policy: under CORS_OPT_IN it opts in, else it does little."""
    # It is around the whole view.
    for layer in stacks[0] if stacks else ():
        bare = layer.declaration.policies == (CorsPolicy(),)
        if layer.name == "include" and bare and not conf.cors_settings().opt_in:
            yield Info(
                f"The cors_include at {layer.declaration.place} names no policy: the views "
                "below it use the policy of the settings, even where CORS_URLS_REGEX does not "
                "match.",
                hint="Write policy=..., or use include() if you mean no policy.",
                id="cors_views.I027",
            )


def check_never_reached(route_policies: RoutePolicies) -> Iterator[CheckMessage]:
    """Warn where a policy stands behind one that admits any origin already."""
    for effective in (route_policies.other, *route_policies.effective_policies.values()):
        for number, policy in enumerate(effective.policies[:-1], start=1):
            if policy.origins.any:
                yield Warning(
                    f"Policy number {number} of the {effective.counting_layers[0]} admits any "
                    "origin, so the policies after it are never used.",
                    hint="List the policy for any origin last.",
                    id="cors_views.W025",
                )


def _declared(layer: Layer) -> _Declared:
    return layer.applied, layer.declaration.deny


def _counting(stack: list[Layer]) -> list[Layer]:
    """Return the layers up to the first that leaves those behind it nothing to say."""
    ends = map(layer_order.ends_the_search, stack)
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
        f"The {_kind(inner)} at {inner.declaration.place} on {inner.applied.target} has no "
        f"effect: the {_kind(outer)} at {outer.declaration.place} is around it and decides.",
        hint="Remove one of the two.",
        id="cors_views.W026",
    )


def _kind(layer: Layer) -> str:
    return "cors_deny" if layer.declaration.deny else "policy"
