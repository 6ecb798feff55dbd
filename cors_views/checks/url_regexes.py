"""A check of ``CORS_URLS_REGEX``: which routes it matches that only begin alike."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.core.checks import CheckMessage, Warning

from cors_views import conf
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name, routes_named

#: An expression that says a path letter by letter and ends within a part of it.
_A_PATH = re.compile(r"\^?(/[\w/-]*\w)")


def check_urls_regex(pattern_paths: Iterable[PatternPath]) -> Iterator[CheckMessage]:
    """Warn where '^/api' opens routes such as /api-internal/ to the origins of the settings."""
    site = conf.cors_settings()
    if not (site.policy.origins or site.policy.origin_regexes):
        return
    known = list(pattern_paths)
    for regex in site.urls_regexes:
        written = _A_PATH.fullmatch(regex.pattern)
        beside = re.compile(rf"{written[1]}[\w-]") if written else None
        found = [
            pattern_path
            for pattern_path in known
            if beside and beside.match(route_name(pattern_path))
        ]
        if written and found:
            yield Warning(
                f"CORS_URLS_REGEX = {regex.pattern!r} matches {routes_named(found)} too, "
                "because it only has to match the beginning of a path.",
                hint=f"Write r'^{written[1]}(/|$)' instead.",
                id="cors_views.W049",
            )
