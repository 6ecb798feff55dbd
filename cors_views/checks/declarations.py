"""Checks of what the routes of the site really get: the policies, nearest rule applied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views import conf
from cors_views.checks.beside import check_list_beside_all, check_undeclared
from cors_views.checks.choosers import check_choosers
from cors_views.checks.cookies import check_unknown_sites
from cors_views.checks.csrf import check_csrf
from cors_views.checks.effective import check_uses
from cors_views.checks.lost import check_mixin, check_reached, check_understood
from cors_views.checks.methods import check_posts, check_public_uses, check_updates
from cors_views.checks.preflights import Opened, check_caches, opened_by_caches
from cors_views.checks.trust import check_production
from cors_views.checks.url_regexes import check_urls_regex
from cors_views.declarations.marks import Applied
from cors_views.inspection.policies_in_use import Use, survey, use_of_settings, uses_of
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.effective import Route
from cors_views.resolution import layers
from cors_views.resolution.layers import Layer
from cors_views.resolution.pattern_paths import Chain

#: What was declared where, and whether it denies: one line may do both.
Spoken = tuple[Applied, bool]


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
    surveyed = survey()
    for chain, route in surveyed:
        stacks = list(filter(None, layers.stacks(chain)))
        reached.update(layer.applied for stack in stacks for layer in stack)
        uses += uses_of(chain, route)
        for opened in opened_by_caches(route):
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
            *check_mixin(chain),
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
        *check_caches(cached),
        *check_uses([*uses, *use_of_settings()]),
        *check_csrf(uses),
        *check_posts(uses),
        *check_choosers([*uses, *use_of_settings()]),
        *check_reached(reached),
        *check_understood(),
        *check_updates(surveyed),
        *check_undeclared(uses),
        *check_urls_regex(chain for chain, _ in surveyed),
    ]


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Report, before production, views that any origin may use and that are not read-only."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    uses = [use for found in survey() for use in uses_of(*found)]
    return [
        *check_public_uses(uses),
        *check_list_beside_all(),
        *check_production([*use_of_settings(), *uses]),
        *check_unknown_sites([*uses, *use_of_settings()]),
    ]


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
