"""Whether a URL of a route can be one that ``CORS_URLS_REGEX`` matches, before one is asked for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from django.urls.resolvers import LocalePrefixPattern, RoutePattern

from cors_views import conf

#: What an expression says letter by letter from its start, up to what may be something else.
_LITERAL = re.compile(r"(?:(?:[\w/-]|\\[./_-])(?![?*{]))*")
_GROUP = re.compile(r"\((?:\?:)?([\w/|-]+)\)(?![?*{])")
_ENDS = ("", "$", "\\Z", "\\z")


def may_match(chain: tuple[Any, ...]) -> bool:
    """Return whether ``CORS_URLS_REGEX`` matches a URL of a route, or may match one.

    Where the route has a part that varies nobody can be sure. Then only a beginning that differs
    from what the expression begins with rules it out: a view must not look closed that is open.
    """
    site = conf.site()
    beginning, varies = _beginning(chain)
    if not varies:
        return site.matches_url(beginning)
    beginning = beginning.lower()
    return any(
        beginning.startswith(wanted) or wanted.startswith(beginning)
        for regex in site.urls_regexes
        for wanted in _beginnings(regex)
    )


def _beginning(chain: tuple[Any, ...]) -> tuple[str, bool]:
    """Return what each URL of a route begins with, and whether more of it follows."""
    beginning = "/"
    for number, entry in enumerate(chain, 1):
        pattern, text = entry.pattern, str(entry.pattern)
        if isinstance(pattern, LocalePrefixPattern):
            return beginning, True
        if isinstance(pattern, RoutePattern):
            head, rest, _ = text.partition("<")
        elif not text.startswith(("^", "\\A")):
            # It is searched for, and may begin anywhere.
            return beginning, True
        else:
            head, rest = _literal(text)
            if not rest and number == len(chain):
                return beginning + head, True
        beginning += head
        if rest not in _ENDS:
            return beginning, True
    return beginning, False


def _literal(pattern: str) -> tuple[str, str]:
    """Return what an expression begins with letter by letter, and the rest of it."""
    pattern = pattern.removeprefix("^").removeprefix("\\A")
    head = _LITERAL.match(pattern)
    end = head.end() if head else 0
    return pattern[:end].replace("\\", ""), pattern[end:]


def _beginnings(regex: re.Pattern[str]) -> Iterator[str]:
    """Yield, in lower case, what the texts begin with that an expression matches."""
    head, rest = _literal(regex.pattern)
    group = _GROUP.match(rest)
    behind = rest[group.end() :] if group else rest
    if regex.flags & re.VERBOSE or "|" in re.sub(r"\([^()]*\)", "", behind):
        # Another alternative, which begins in its own way.
        yield ""
    elif group:
        following, _ = _literal(behind)
        for alternative in group[1].split("|"):
            yield f"{head}{alternative}{following}".lower()
    else:
        yield head.lower()
