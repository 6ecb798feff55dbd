"""Routes as people read them, those that are regular expressions too."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from django.urls.resolvers import RegexPattern

#: One step through a regular expression: an escape, a class of characters, or a character.
_STEP = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|.", re.DOTALL)
_NAMED = re.compile(r"\(\?P<(\w+)>")
_ESCAPED = re.compile(r"\\([^A-Za-z0-9])", re.DOTALL)
_ANCHORS = {"^", "$", r"\A", r"\Z"}


def route_name(pattern_path: Sequence[Any]) -> str:
    """Return the route of a URL pattern and the resolvers that lead to it."""
    parts = (
        readable(str(part)) if isinstance(part, RegexPattern) else str(part)
        for part in (pattern.pattern for pattern in pattern_path)
    )
    return f"/{''.join(parts)}"


def routes_named(pattern_paths: Sequence[Sequence[Any]]) -> str:
    """Return the first of some routes, and how many there are."""
    others = len(pattern_paths) - 1
    more = f" and {others} more route{'s' if others > 1 else ''}" if others else ""
    return f"{route_name(pattern_paths[0])}{more}"


def readable(regex: str) -> str:
    r"""Return a regular expression as a route: ``^users/(?P<pk>[^/.]+)/$`` is ``users/<pk>/``.

    Groups are their names, or ``<var>``; anchors and escapes of punctuation go. What else stands
    there stays, so that routes that differ still look different: ``simplify_regex`` of Django's
    admindocs drops groups that capture nothing.
    """
    steps: list[str] = _STEP.findall(regex)
    parts: list[str] = []
    position = 0
    while position < len(steps):
        end = _end_of_group(steps, position)
        parts.append(_for_people("".join(steps[position:end])))
        position = end
        if parts[-1] == "/" and steps[position : position + 1] == ["?"]:
            position += 1
    return "".join(parts)


def _end_of_group(steps: list[str], start: int) -> int:
    """Return where the group ends that begins at ``start``, or the step where none does."""
    depth = 0
    for position in range(start, len(steps)):
        depth += {"(": 1, ")": -1}.get(steps[position], 0)
        if depth <= 0:
            return position + 1
    return len(steps)


def _for_people(part: str) -> str:
    if part in _ANCHORS:
        return ""
    if part.startswith("("):
        named = _NAMED.match(part)
        if named:
            return f"<{named[1]}>"
        return part if part.startswith("(?") else "<var>"
    # Letters and digits after a backslash mean something else than themselves.
    escaped = _ESCAPED.fullmatch(part)
    return escaped[1] if escaped else part
