"""Checks of the settings beside something else: what they still open, and what has no effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views import conf
from cors_views.inspection.policies_in_use import PolicyInUse, listed
from cors_views.resolution.route_names import routes_named


def check_list_beside_all() -> Iterator[CheckMessage]:
    """Report, before production, a list of origins that ``CORS_ALLOW_ALL_ORIGINS`` outdoes."""
    every = conf.name_in_use("CORS_ALLOW_ALL_ORIGINS")
    lists = [
        name
        for name in map(conf.name_in_use, ("CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES"))
        if getattr(settings, name, None)
    ]
    if conf.cors_settings().policy.any_origin and lists:
        plural = len(lists) > 1
        yield Warning(
            f"{' and '.join(lists)} {'have' if plural else 'has'} no effect: {every} = True admits "
            "any origin.",
            hint=f"Remove {every} to admit {'these' if plural else 'its'} origins alone, or remove "
            f"{' and '.join(lists)}.",
            id="cors_views.W054",
        )


def check_undeclared(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report what the settings still open with credentials beside declared policies.

    That is half way of a move: some views name an origin of the settings themselves. Whoever has
    one view that is public, or for somebody else, and settings for the rest has not begun to move.
    """
    policy, limits = conf.cors_settings().policy, hasattr(settings, "CORS_URLS_REGEX")
    if limits or conf.cors_settings().opt_in or not policy.credentials:
        return
    known = {origin for origin in policy.origins or () if isinstance(origin, str)}
    moved, left = set[str](), list[PolicyInUse]()
    for use in in_use:
        if use.effective.undeclared:
            left.append(use)
        elif use.policy.credentials and not use.effective.signal:
            moved.update(origin for origin in use.origins if origin in known)
    if moved and left:
        yield Info(
            f"{routes_named([use.pattern_path for use in left])} "
            f"{'declares' if len(left) == 1 else 'declare'} no policy, and the CORS_* settings "
            f"open {'it' if len(left) == 1 else 'them'} with credentials to "
            f"{listed(sorted(known))}, because neither CORS_OPT_IN nor CORS_URLS_REGEX limits "
            "these settings.",
            hint="If pages need only the views that declare a policy, write CORS_OPT_IN = "
            "True. Otherwise write CORS_URLS_REGEX with the paths that they need.",
            id="cors_views.I056",
        )
