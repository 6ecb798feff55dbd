"""From a URL to the patterns that lead to its view, without the matches that Django makes of them.

Entries are tried in the order of Django's resolver. Left out are those that cannot match, since
their routes begin with another segment than the URL.
"""

from __future__ import annotations

import re
from itertools import chain
from types import FunctionType
from typing import Any

from django.urls import URLPattern, URLResolver, resolvers
from django.urls.resolvers import RegexPattern, RoutePattern

#: What ``walk`` does the same as. Who replaces one of them, as agents that measure do, is asked.
RESOLVE, RESOLVE_ONE = URLResolver.resolve, URLPattern.resolve
MATCH_ROUTE, MATCH_REGEX = RoutePattern.match, RegexPattern.match
#: Whether nobody had replaced one of them when this was imported, as settings modules may.
_ARE_DJANGOS = all(
    type(each) is FunctionType and each.__globals__ is vars(resolvers)
    for each in (RESOLVE, RESOLVE_ONE, MATCH_ROUTE, MATCH_REGEX)
)


def walk(resolver: URLResolver, path: str) -> tuple[Any, ...]:
    """Return the patterns that match, as a path from outside to the entry, or an empty one.

    Raise an exception where something may match in a way of its own: Django's resolver knows.
    """
    if not _django_resolves():
        raise TypeError("Something else than Django resolves.")
    return _walk(resolver, path)


def _django_resolves() -> bool:
    """Return whether nobody has replaced what ``walk`` does the same as."""
    return (
        _ARE_DJANGOS
        and URLResolver.resolve is RESOLVE
        and URLPattern.resolve is RESOLVE_ONE
        and RoutePattern.match is MATCH_ROUTE
        and RegexPattern.match is MATCH_REGEX
    )


def _walk(resolver: Any, path: str) -> tuple[Any, ...]:
    held = resolver.__dict__
    if type(resolver) is not URLResolver or "resolve" in held:
        raise TypeError("A resolver of another class resolves.")
    # A list may get entries while the site runs. To compare a thousand takes as long as to match
    # three, and equal ones are the same: URL patterns have no __eq__.
    level = held.get(KEPT_AS)
    if level is None or level.patterns != resolver.url_patterns:
        level = held[KEPT_AS] = _Level(resolver)
    if level.is_slash:
        # No site gets an empty path; an exception says to ask Django.
        if path[0] != "/":
            return ()
        rest = path[1:]
    else:
        matched = resolver.pattern.match(path)
        if not matched:
            return ()
        rest = matched[0]
    segment = rest.partition("/")[0]
    for by_segment, others in level.groups:
        entries = by_segment.get(segment)
        if others:
            entries = others if entries is None else chain(entries, others)
        for entry, whole in entries or ():
            if type(entry) is not URLPattern:
                found = _walk(entry, rest)
                if found:
                    return (entry, *found)
            elif "resolve" in entry.__dict__:
                raise TypeError("A pattern resolves by itself.")
            elif entry.pattern.match(rest) if whole is None else whole == rest:
                return (entry,)
    return ()


# --- Entries by the first segment of their routes ----------------------------------------------


#: The attribute of a resolver that keeps its level, which is gone when that is.
KEPT_AS = "_cors_views_level"


#: An entry, and the only path that it matches, if there is one: to compare is faster than to match.
_Entry = tuple[Any, "str | None"]
#: Entries that are looked up by the first segment of a path, then those that may match any.
_Group = tuple[dict[str, list[_Entry]], list[_Entry]]


class _Level:
    """The entries of a resolver in their order, in groups."""

    __slots__ = ("groups", "is_slash", "letters", "patterns", "segments")

    def __init__(self, resolver: Any) -> None:
        patterns, pattern = resolver.url_patterns, resolver.pattern
        if type(patterns) not in (list, tuple):
            raise TypeError("The patterns may be others each time.")
        self.patterns = patterns[:]
        #: Whether it is the slash that Django puts before each URLconf: to search for it by a
        #: regular expression may take longer than all the rest.
        self.is_slash = (
            type(pattern) is RegexPattern
            and vars(pattern).get("_regex") == "^/"
            and "match" not in vars(pattern)
            and _is_of(pattern.regex, "^/")
        )
        self.groups = _grouped(self.patterns)
        #: The first segments of all paths that can match; ``None`` where others may, too. To any
        #: other path nothing leads, with a final slash neither, nor in another language.
        by_segment, others = self.groups[0]
        self.segments = frozenset(by_segment) if self.is_slash and not others else None
        #: What all those paths have after their slash.
        self.letters = self.segments and frozenset(f"{each}/"[0] for each in self.segments)


def _grouped(patterns: Any) -> list[_Group]:
    groups: list[_Group] = [({}, [])]
    as_written = _match_as_written()
    for entry in patterns:
        literal = _literal(entry) if as_written else None
        whole = None if literal is None else _whole(entry.pattern, literal)
        segment, slash, _ = (literal or "").partition("/")
        if whole is None and not slash:
            groups[-1][1].append((entry, None))
            continue
        if groups[-1][1]:
            groups.append(({}, []))
        groups[-1][0].setdefault(segment, []).append((entry, whole))
    return groups


def _match_as_written() -> bool:
    """Return whether nobody has changed how all routes compile, so that capitals match, too."""
    route = RoutePattern("a/")
    return _is_of(route.regex, vars(route)["_regex"])


def _literal(entry: Any) -> str | None:
    """Return what all paths that an entry can match begin with; ``None`` if nobody is sure."""
    if type(entry) not in (URLPattern, URLResolver) or "resolve" in entry.__dict__:
        return None
    pattern = entry.pattern
    held = vars(pattern)
    # In the language of the thread, a route may be another.
    if type(pattern) is not RoutePattern or "match" in held or type(held["_route"]) is not str:
        return None
    literal = held["_route"].partition("<")[0]
    is_sure = _matches_by(pattern, held["_regex"]) and _begins(held["_regex"], literal)
    return literal if is_sure else None


def _whole(pattern: Any, literal: str) -> str | None:
    """Return the only text that a route matches, if it is the literal that it begins with."""
    end = vars(pattern)["_regex"].removeprefix(f"^{re.escape(literal)}")
    return literal if end in (r"\Z", r"\z") else None


def _matches_by(pattern: Any, regex: str) -> bool:
    """Return whether nobody has given a pattern another regular expression than Django does.

    Somebody may, so that capitals match, too. Django compiles its own when it first needs it.
    """
    compiled = vars(pattern).get("regex")
    return compiled is None or _is_of(compiled, regex)


def _is_of(compiled: Any, regex: str) -> bool:
    # Flags make other texts match.
    return bool(compiled.pattern == regex and compiled.flags == re.UNICODE)


def _begins(regex: str, literal: str) -> bool:
    """Return whether whatever a regular expression matches begins with a text.

    A converter has any regular expression it likes: it may hold an alternative to all before it, or
    a flag that makes capitals equal to small letters.
    """
    beginning = f"^{re.escape(literal)}"
    converters = regex[len(beginning) :].replace("(?P<", "(<")
    return regex.startswith(beginning) and "|" not in converters and "(?" not in converters
