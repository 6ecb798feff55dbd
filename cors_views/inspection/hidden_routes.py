"""Routes that no request reaches, since an earlier one takes all of their URLs."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern

from cors_views.inspection.url_shapes import beginning_of
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
    """Return the routes of which an earlier one takes every URL: Django takes the first that fits.

    Those are routes that are written alike, and routes of a single URL that an earlier one matches
    too, as ``<slug:name>/`` before ``search/`` does. Whether all URLs of a route with variables are
    among those of another one, nobody is asked.
    """
    known: set[Any] = set()
    wider = _Wider()
    hidden: set[PatternPath] = set()
    for pattern_path in pattern_paths:
        written = _written(pattern_path)
        if not written:
            continue
        beginning, varies = beginning_of(pattern_path)
        if written in known or (not varies and wider.match(beginning)):
            hidden.add(pattern_path)
        known.add(written)
        if varies:
            wider.add(pattern_path, beginning)
    return hidden


class _Wider:
    """Routes of more than one URL, by what their URLs begin with."""

    def __init__(self) -> None:
        self._routes: dict[str, list[PatternPath]] = {}

    def add(self, pattern_path: PatternPath, beginning: str) -> None:
        self._routes.setdefault(beginning, []).append(pattern_path)

    def match(self, url: str) -> bool:
        """Return whether one of the routes matches a URL."""
        return any(
            _matches(pattern_path, url)
            for length in range(1, len(url) + 1)
            for pattern_path in self._routes.get(url[:length], ())
        )


def _matches(pattern_path: PatternPath, url: str) -> bool:
    """Return whether a route matches a URL, one pattern after the other, as Django matches it."""
    rest: Any = url.removeprefix("/")
    for entry in pattern_path:
        try:
            match = entry.pattern.match(rest)
        except Exception:
            # The converter of a project; what it does with a URL is for requests to find out.
            return False
        if match is None:
            return False
        rest = match[0]
    return True


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
