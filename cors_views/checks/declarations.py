"""Checks of what the routes of the site really get: the policies, nearest rule applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views import conf
from cors_views.checks.cookies import check_unknown_sites
from cors_views.checks.csrf import check_csrf
from cors_views.checks.enforcement import check_enforced, check_reported
from cors_views.checks.lost_declarations import check_mixin, check_reached, check_understood
from cors_views.checks.methods import check_posts, check_public_uses, check_updates
from cors_views.checks.preflights import Opened, check_caches, opened_by_caches
from cors_views.checks.route_policies import check_uses
from cors_views.checks.site_settings import check_list_beside_all, check_undeclared
from cors_views.checks.tenants import check_choosers
from cors_views.checks.trust import check_production
from cors_views.checks.url_regexes import check_urls_regex
from cors_views.declarations.marks import AppliedDeclaration
from cors_views.inspection.policies_in_use import (
    PolicyInUse,
    policies_in_use_at,
    policy_of_settings,
    survey,
)
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.effective_policies import RoutePolicies
from cors_views.resolution import layers
from cors_views.resolution.layers import Layer
from cors_views.resolution.pattern_paths import PatternPath

#: What was declared where, and whether it denies: one line may do both.
Spoken = tuple[AppliedDeclaration, bool]


def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """Report what declarations make together that none of them says alone."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    found: dict[str, CheckMessage] = {}
    reached: set[AppliedDeclaration] = set()
    in_use: list[PolicyInUse] = []
    cached: dict[Opened, list[PatternPath]] = {}
    covers: dict[Spoken, tuple[Layer, Layer]] = {}
    effective: set[Spoken] = set()
    surveyed = survey()
    for pattern_path, route in surveyed:
        stacks = list(filter(None, layers.stacks(pattern_path)))
        reached.update(layer.applied for stack in stacks for layer in stack)
        in_use += policies_in_use_at(pattern_path, route)
        for opened in opened_by_caches(route):
            cached.setdefault(opened, []).append(pattern_path)
        for stack in stacks:
            counting = _counting(stack)
            effective.update(map(_spoken, counting))
            covers |= {
                _spoken(inner): (inner, counting[-1])
                for inner in stack[len(counting) :]
                if _spot(inner) == _spot(counting[-1])
            }
        for message in (
            *check_mixin(pattern_path),
            *_never_reached(pattern_path, route),
            *_says_nothing(stacks),
        ):
            found.setdefault(str(message), message)
    for use in in_use:
        for message in (*_any_origin_with_credentials(use), *_exposed_star(use)):
            found.setdefault(str(message), message)
    return [
        *found.values(),
        *(_has_no_effect(*pair) for key, pair in covers.items() if key not in effective),
        *check_caches(cached),
        *check_uses([*in_use, *policy_of_settings()]),
        *check_csrf(in_use),
        *check_enforced([*in_use, *policy_of_settings()]),
        *check_posts(in_use),
        *check_choosers([*in_use, *policy_of_settings()]),
        *check_reached(reached),
        *check_understood(),
        *check_updates(surveyed),
        *check_undeclared(in_use),
        *check_urls_regex(pattern_path for pattern_path, _ in surveyed),
    ]


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Report, before production, views that any origin may use and that are not read-only."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    in_use = [use for found in survey() for use in policies_in_use_at(*found)]
    return [
        *check_public_uses(in_use),
        *check_list_beside_all(),
        *check_production([*policy_of_settings(), *in_use]),
        *check_unknown_sites([*in_use, *policy_of_settings()]),
        *check_reported([*in_use, *policy_of_settings()]),
    ]


def _says_nothing(stacks: list[list[Layer]]) -> Iterator[CheckMessage]:
    """Ask about an include without a policy: under CORS_OPT_IN it opts in, else it does little."""
    # It is around the whole view.
    for layer in stacks[0] if stacks else ():
        bare = layer.declaration.policies == (CorsPolicy(),)
        if layer.name == "include" and bare and not conf.cors_settings().opt_in:
            yield Info(
                f"The cors_include at {layer.declaration.place} names no policy: the views below "
                "it keep that of the settings, whatever CORS_URLS_REGEX says.",
                hint="Write policy=..., or include() where nothing was meant.",
                id="cors_views.I027",
            )


def _never_reached(pattern_path: PatternPath, route: RoutePolicies) -> Iterator[CheckMessage]:
    """Warn where a policy stands behind one that admits any origin already."""
    for effective in (route.other, *route.effective_policies.values()):
        for number, policy in enumerate(effective.policies[:-1], start=1):
            if policy.origins.any:
                yield Warning(
                    f"Policy number {number} of the {effective.counting_layers[0]} admits any "
                    "origin, so those after it never answer.",
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
        f"The {_kind(inner)} at {inner.declaration.place} on {inner.applied.target} has no effect: "
        f"the {_kind(outer)} at {outer.declaration.place} is outside of it.",
        hint="Remove one of the two.",
        id="cors_views.W026",
    )


def _kind(layer: Layer) -> str:
    return "cors_deny" if layer.declaration.deny else "policy"


def _any_origin_with_credentials(use: PolicyInUse) -> Iterator[CheckMessage]:
    refining = (
        use.effective.counting_layers if use.effective.signal else use.effective.counting_layers[1:]
    )
    if not use.policy.any_origin or not use.effective.counting_layers:
        return
    wanted = [policy.credentials for layer in refining for policy in layers.policies_of(layer)]
    if use.effective.signal:
        wanted.append(conf.cors_settings().policy.credentials)
    if next((value for value in wanted if value is not None), False):
        yield Warning(
            f"Any origin, from the {use.sources['origins']}, meets credentials=True, from the "
            f"{use.sources['credentials']}{_brought_together(use)}. The answer is '*' without "
            "credentials.",
            hint="Name the origins that are trusted with credentials beside credentials=True.",
            id="cors_views.W020",
        )


def _brought_together(use: PolicyInUse) -> str:
    """Return which declaration is between two settings that only meet through it."""
    both = all(use.sources[field].startswith("setting") for field in ("origins", "credentials"))
    return f", by way of the {use.effective.counting_layers[0]}" if both else ""


def _exposed_star(use: PolicyInUse) -> Iterator[CheckMessage]:
    if use.policy.credentials and "*" in (use.policy.expose_headers or ()):
        yield Warning(
            f"expose_headers=['*'], from the {use.sources['expose_headers']}, meets "
            f"credentials=True, from the {use.sources['credentials']}. Browsers take the '*' "
            "literally there, so no header is exposed.",
            hint="Name the headers to expose.",
            id="cors_views.W021",
        )
