"""Regular expressions that repeat what is repeated already, and the time that they take.

Python's ``re`` tries every way in which an expression can match before it gives up. Where a
repetition can read one text in two ways, as ``(\\w+)+`` can, each further letter doubles their
number: one header of 40 letters keeps a worker busy for hours. The expression alone tells whether
there are two ways, so nothing here runs an expression by ``re``.

A repetition is ambiguous where two ways lead from a position back to itself
over the same text (Weber and Seidl, "On the degree of ambiguity of finite automata", EDA).
One with a limit has as many ways as one round has, to the power of the limit.
"""

from __future__ import annotations

import functools
import math
import re
from typing import Any

from cors_views.regexes.automata import Unreadable
from cors_views.regexes.expressions import CHARACTERS, parsed
from cors_views.regexes.positions import (
    REPEATS,
    UNLIMITED,
    Part,
    Positions,
    bodies_of,
    flags_within,
)

#: So many ways, as a power of two, take ``re`` two seconds.
_MOST_BITS = 25
#: No origin is longer.
_LONGEST = 512


def is_ambiguous(regex: re.Pattern[str], *, beyond_ascii: bool = False) -> bool | None:
    """Return whether the repetitions in ``regex`` read one text in more ways than can be tried.

    ``None`` stands for an expression that cannot be judged this way, because it looks around,
    refers to a group, or is too large. Origins are ASCII; ``beyond_ascii`` is for paths.
    """
    bits, unsure = _judged(regex, beyond_ascii=beyond_ascii)
    return True if bits > _MOST_BITS else None if unsure else False


@functools.lru_cache(maxsize=1_024)
def _judged(regex: re.Pattern[str], *, beyond_ascii: bool) -> tuple[float, bool]:
    """Return how many ways there are, as a power of two, and whether something was not judged."""
    # Most expressions repeat no group. Where it is verbose, comments stand between.
    verbose = regex.flags & re.VERBOSE or re.search(r"\(\?[a-zA-Z]*x", regex.pattern)
    if not verbose and not re.search(r"\)\s*[*+{]", regex.pattern):
        return 0, False
    judging = _Judging(beyond_ascii=beyond_ascii)
    try:
        return judging.bits(parsed(regex), regex.flags), judging.unsure
    except (Unreadable, RecursionError):
        return 0, True


_ONE = r"(\[[^\]]+\]|\\[dw]|\.)"
#: How people write what one repetition would say, and how that is written.
_BETTER = (
    # (\w+)+ is \w+, and (\w*)* is \w*
    (re.compile(rf"\((?:\?:)?{_ONE}([+*])\)(?:\2|\+)"), r"\1\2"),
    # ([a-z]+\.?)+\. is ([a-z]+\.)+
    (re.compile(rf"(\((?:\?:)?{_ONE}\+\\\.)\?\)([+*])\\\."), r"\1)+"),
    # (.+\.)* is ([^.]+\.)*
    (re.compile(r"(\((?:\?:)?)\.[+*](\\\.\)[+*])"), r"\1[^.]+\2"),
)


def repeated_once(regex: re.Pattern[str]) -> str:
    """Return an expression for the same origins that is not ambiguous, if one is known."""
    for before, after in _BETTER:
        better = before.sub(after, regex.pattern)
        if better != regex.pattern and is_ambiguous(re.compile(better, regex.flags)) is False:
            return better
    return ""


class _Judging:
    """Adds up, as a power of two, in how many ways an expression reads one text."""

    def __init__(self, *, beyond_ascii: bool) -> None:
        self.beyond_ascii = beyond_ascii
        #: Whether there was something that cannot be judged, and counts as one way.
        self.unsure = False

    def bits(self, items: Any, flags: int) -> float:
        """Return how many ways the repetitions in an expression have, one behind the other."""
        total = 0.0
        for operator, argument in items:
            name = str(operator)
            inner = flags_within(name, argument, flags)
            within = [self.bits(body, inner) for body in bodies_of(argument)]
            # Of several bodies one text has one: those of a branch.
            bits = max(within, default=0.0)
            if name in REPEATS and argument[1] > 1 and not _is_character(argument[2]):
                bits = self._of_loop(*argument, flags=inner, within=bits)
            total += bits
        return total

    def _of_loop(self, least: int, most: int, body: Any, *, flags: int, within: float) -> float:
        if not _choices(body, 2):
            # It has one length and one way.
            return within
        try:
            positions, part = self._read(body, flags)
            if not positions.has_two_ways(part) and not (part.empty and least > 1):
                return within
            if positions.looks_around:
                raise Unreadable("What it looks at decides.")
            if most >= UNLIMITED:
                return math.inf
            endless = _endless(body)
            if endless:
                # So many places are chosen within the longest text.
                places = min(most * endless, _LONGEST // 2)
                return math.log2(math.comb(_LONGEST, places)) + most * within
            positions, part = self._read(body, flags)
            return max(within, most * math.log2(positions.ways_of_one_round(part)))
        except (Unreadable, RecursionError):
            self.unsure = True
            return within

    def _read(self, body: Any, flags: int) -> tuple[Positions, Part]:
        positions = Positions(beyond_ascii=self.beyond_ascii)
        return positions, positions.read(body, flags)


def _endless(items: Any) -> int:
    """Return how many repetitions without a limit an expression comes to."""
    found = 0
    for operator, argument in items:
        within = sum(map(_endless, bodies_of(argument)))
        if str(operator) in REPEATS:
            unlimited = argument[1] >= UNLIMITED
            found += 1 + within if unlimited else argument[1] * within
        else:
            found += within
    return found


def few_ways(regex: re.Pattern[str], length: int, most_bits: int) -> bool:
    """Return whether ``re`` surely tries few ways on texts of at most ``length`` letters.

    ``most_bits`` is how many, as a power of two. Raise ``Unreadable`` where Python has no parser.
    """
    bits, unsure = _judged(regex, beyond_ascii=False)
    return not unsure and bits + _choices(parsed(regex), length) <= most_bits


def _choices(items: Any, length: int) -> float:
    """Return how often an expression chooses, as a power of two, its loops being unambiguous."""
    bits = 0.0
    for operator, argument in items:
        bodies = list(bodies_of(argument))
        bits += max((_choices(body, length) for body in bodies), default=0)
        if str(operator) in REPEATS:
            least, most, _ = argument
            bits += math.log2(max(min(most, length) - least + 1, 1))
        elif len(bodies) > 1:
            bits += math.log2(len(bodies))
    return bits


def _is_character(items: Any) -> bool:
    return len(items) == 1 and str(items[0][0]) in CHARACTERS
