"""Routes that no request reaches, since an earlier one matches all of their URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

from cors_views.resolution.pattern_paths import PatternPath

#: The patterns that are matched as Django does it, and what each of them is written as.
_WRITTEN: dict[type, str] = {
    RoutePattern: "_route",
    RegexPattern: "_regex",
    LocalePrefixPattern: "language_prefix",
}
#: A variable of a route. What it is called is all the same to which URLs match.
_VARIABLE = re.compile(r"<(?:(\w+):)?\w+>")


def hidden_among(pattern_paths: Iterable[PatternPath]) -> set[PatternPath]:
    """Return the routes that are written as an earlier one is: Django takes the first that matches.

    A route that an earlier one hides by matching more, as ``<slug:name>/`` before ``search/``, is
    not among them.
    """
    known: set[Any] = set()
    hidden: set[PatternPath] = set()
    for pattern_path in pattern_paths:
        written = _written(pattern_path)
        if written and written in known:
            hidden.add(pattern_path)
        known.add(written)
    return hidden


def _written(pattern_path: PatternPath) -> tuple[tuple[type, str], ...]:
    """Return how a route is written, however many includes lead to it; nothing if nobody can tell.

    Only what says all of itself letter by letter is joined with what follows: a variable at the end
    of an include is matched before anybody looks further.
    """
    parts: list[tuple[type, str]] = []
    for entry in pattern_path:
        kind = type(entry.pattern)
        text = getattr(entry.pattern, _WRITTEN.get(kind, ""), None)
        if not isinstance(text, str) or _resolves_by_its_own_rules(entry):
            # Translated, or by somebody's own rules.
            return ()
        if kind is RoutePattern:
            text = _VARIABLE.sub(lambda found: f"<{found[1] or 'str'}>", text)
            if parts and parts[-1][0] is kind and "<" not in parts[-1][1]:
                text = parts.pop()[1] + text
        parts.append((kind, text))
    return tuple(parts)


def _resolves_by_its_own_rules(entry: Any) -> bool:
    return type(entry).resolve not in (URLPattern.resolve, URLResolver.resolve)
