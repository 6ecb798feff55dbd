"""What runs: each check of the routes of the site, and of the policies that they really get.

A new check of a policy is entered in ``_CHECKS`` of ``route_policies``, one of anything else here.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage

from cors_views.checks.cookies import check_unknown_sites
from cors_views.checks.credentials import check_any_origin_with_credentials, check_exposed_star
from cors_views.checks.csrf import check_csrf
from cors_views.checks.enforcement import check_enforced, check_reported
from cors_views.checks.lost_declarations import (
    check_lost_by,
    check_mixin,
    check_reached,
    check_understood,
    lost_by,
)
from cors_views.checks.methods import check_posts, check_public_uses, check_updates
from cors_views.checks.preflight_caches import Opened, check_caches, opened_by_caches
from cors_views.checks.route_policies import check_uses
from cors_views.checks.settings_in_use import check_list_beside_all, check_undeclared
from cors_views.checks.tenants import check_choosers
from cors_views.checks.trust import check_production
from cors_views.checks.url_regexes import check_urls_regex
from cors_views.checks.without_effect import check_covered, check_never_reached, check_says_nothing
from cors_views.declarations.marks import AppliedDeclaration
from cors_views.inspection.policies_in_use import (
    PolicyInUse,
    policies_in_use_at,
    policy_of_settings,
    survey,
)
from cors_views.resolution import layer_order
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.pattern_paths import PatternPath


def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """Report what declarations make together that none of them says alone."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    found: dict[str, CheckMessage] = {}
    reached: set[AppliedDeclaration] = set()
    in_use: list[PolicyInUse] = []
    cached: dict[Opened, list[PatternPath]] = {}
    every_stack: list[list[Layer]] = []
    lost: dict[AppliedDeclaration, list[PatternPath]] = {}
    surveyed = survey()
    for pattern_path, route_policies in surveyed:
        stacks = list(filter(None, layer_order.stacks(pattern_path)))
        reached.update(layer.applied for stack in stacks for layer in stack)
        in_use += policies_in_use_at(pattern_path, route_policies)
        for opened in opened_by_caches(route_policies):
            cached.setdefault(opened, []).append(pattern_path)
        every_stack += stacks
        for applied in lost_by(pattern_path, route_policies, stacks):
            lost.setdefault(applied, []).append(pattern_path)
        for message in (
            *check_mixin(pattern_path),
            *check_never_reached(route_policies),
            *check_says_nothing(stacks),
        ):
            found.setdefault(str(message), message)
    for use in in_use:
        for message in (*check_any_origin_with_credentials(use), *check_exposed_star(use)):
            found.setdefault(str(message), message)
    return [
        *found.values(),
        *check_covered(every_stack),
        *check_caches(cached),
        *check_uses([*in_use, *policy_of_settings()]),
        *check_csrf(in_use),
        *check_enforced([*in_use, *policy_of_settings()], surveyed),
        *check_posts(in_use),
        *check_choosers([*in_use, *policy_of_settings()]),
        *check_reached(reached),
        *check_lost_by(lost, reached),
        *check_understood(),
        *check_updates(surveyed),
        *check_undeclared(in_use),
        *check_urls_regex(pattern_path for pattern_path, _ in surveyed),
    ]


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Report, before production, views that any origin may use and that are not read-only."""
    if not getattr(settings, "ROOT_URLCONF", None):
        return []
    surveyed = survey()
    in_use = [use for found in surveyed for use in policies_in_use_at(*found)]
    return [
        *check_public_uses(in_use),
        *check_list_beside_all(),
        *check_production([*policy_of_settings(), *in_use]),
        *check_unknown_sites([*in_use, *policy_of_settings()]),
        *check_reported([*in_use, *policy_of_settings()], surveyed),
    ]
