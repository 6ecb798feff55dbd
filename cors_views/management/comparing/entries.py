"""The entries of a rule that admit origins, as expressions that can be compared."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import NamedTuple

from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import OriginError, Pattern, is_pattern, parse_pattern
from cors_views.regexes.automata import Automaton, Unreadable
from cors_views.regexes.expressions import whole_automaton_of
from cors_views.regexes.kinds import is_exact
from cors_views.regexes.repetitions import is_ambiguous
from cors_views.standard.origins import DEFAULT_PORTS

ANY = "*"

_WEB = f"(?:{'|'.join(DEFAULT_PORTS)})"
_WEB_HOST = r"(?:[a-z0-9_-]+(?:\.[a-z0-9_-]+)*\.?|\[[0-9a-f:]+\])"
_OTHER_HOST = r"(?:[A-Za-z0-9._~-]+|\[[0-9a-f:]+\])"
_PORT = r"(?::[1-9][0-9]*)?"
#: What a pattern may have before its domain, by whether its scheme is one of the web's.
_LABELS = {
    True: r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*",
    False: r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*",
}
#: All origins there are, those first that people expect. The last holds more than that of the web.
ALL_ORIGINS = tuple(
    re.compile(regex)
    for regex in (
        f"https://{_WEB_HOST}{_PORT}",
        f"{_WEB}://{_WEB_HOST}{_PORT}",
        f"[a-z][a-z0-9+.-]*://{_OTHER_HOST}{_PORT}|null|file://",
    )
)
OF_THE_WEB = re.compile(f"{_WEB}://.*")


class Entry(NamedTuple):
    """One entry of a rule: ``kind`` is ``origin``, ``regex`` or ``asks``."""

    kind: str
    text: str


def as_understood(origin: str) -> str:
    """Return an origin, or one that nobody has where a pattern is none of ours."""
    known = origin == ANY or not is_pattern(origin) or automaton_of(Entry("origin", origin))
    return origin if known else ""


@functools.lru_cache(maxsize=4096)
def automaton_of(entry: Entry) -> Automaton | None:
    """Return what an entry matches, or ``None`` where nobody can tell exactly."""
    try:
        found = whole_automaton_of(_regex_of(entry))
    except (Unreadable, OriginError, re.error, RecursionError, OverflowError):
        return None
    return found if is_exact(found) else None


def _regex_of(entry: Entry) -> re.Pattern[str]:
    if entry.kind == "regex":
        return re.compile(entry.text)
    if entry.text == ANY:
        return ALL_ORIGINS[-1]
    pattern = Pattern.of(parse_pattern(entry.text))
    at = pattern.with_port("") if pattern.any_port else pattern
    labels = _LABELS[pattern.scheme in DEFAULT_PORTS] if pattern.subdomains else ""
    behind = at.ending if pattern.subdomains else at.authority
    port = _PORT if pattern.any_port else ""
    return re.compile(f"{re.escape(pattern.scheme)}://{labels}{re.escape(behind)}{port}")


@functools.lru_cache(maxsize=4096)
def matcher(entry: Entry) -> Callable[[str], bool]:
    """Return what tells whether an entry admits an origin, without ever hanging."""
    if entry.kind == "origin":
        return OriginSet([as_understood(entry.text)]).admits
    try:
        regex = re.compile(entry.text)
        if is_ambiguous(regex) is False:
            return lambda origin: regex.fullmatch(origin) is not None
        return whole_automaton_of(regex).matches
    except (Unreadable, re.error, RecursionError, OverflowError):
        return lambda origin: False
