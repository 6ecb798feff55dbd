"""Regular expressions that repeat what is repeated already, and the time that they take.

Python's ``re`` tries every way in which an expression can match before it gives up. Where a
repetition can read one text in two ways, as ``(\\w+)+`` can, each further letter doubles their
number: one header of 40 letters keeps a worker busy for hours. The expression alone tells whether
there are two ways, so nothing here runs an expression by ``re``.

A repetition is ambiguous where two ways lead from a position back to itself
over the same text (Weber and Seidl, "On the degree of ambiguity of finite automata", EDA).
"""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cors_views.regexes.automata import Unreadable
from cors_views.regexes.expressions import CHARACTERS, characters, parsed

#: From so many on a number of repetitions counts as any, where each may be of any length itself.
_MANY = 3
#: And where none may.
_LONG = 16
#: What has more positions is left alone.
_MOST_POSITIONS = 500
#: So many pairs of positions are looked at: a tenth of a second.
_MOST_LOOKS = 500_000
_REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
#: Python's ``MAXREPEAT`` is the largest number that fits, and depends on the machine.
_UNLIMITED = 2**32 - 1
#: No header holds any others, and no URL that is meant.
_ASCII = (1 << 128) - 1


@functools.lru_cache(maxsize=1_024)
def is_ambiguous(regex: re.Pattern[str]) -> bool | None:
    """Return whether a repetition in ``regex`` reads one text in ever more ways.

    ``None`` stands for an expression that cannot be judged this way, because it looks around,
    refers to a group, or is too large.
    """
    # Most expressions repeat no group.
    if not re.search(r"\)\s*[*+{]", regex.pattern) and not regex.flags & re.VERBOSE:
        return False
    try:
        verdicts = {_verdict(body, flags) for body, flags in _loops(parsed(regex), regex.flags)}
    except (Unreadable, RecursionError):
        return None
    return True if True in verdicts else None if None in verdicts else False


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


def wide_repetitions(regex: re.Pattern[str]) -> int:
    """Return how many repetitions of ``regex`` may be long."""
    return _wide(parsed(regex))


def _verdict(body: Any, flags: int) -> bool | None:
    positions = _Positions()
    part = positions.read(body, flags)
    positions.join(part.last, part.first)
    exact = not (positions.looks_around or positions.anchored)
    return positions.has_two_ways() and (exact or None)


def _loops(items: Any, flags: int) -> Iterator[tuple[Any, int]]:
    """Yield what is repeated often, with the flags that are valid there."""
    for operator, argument in items:
        inner = _flags_within(str(operator), argument, flags)
        for body in _bodies(argument):
            if str(operator) in _REPEATS:
                many = _MANY if _wide(body) else _LONG
                if argument[1] >= many and not _is_character(body):
                    yield body, inner
            yield from _loops(body, inner)


def _wide(items: Any) -> int:
    return sum(
        (str(operator) in _REPEATS and argument[1] >= _LONG)
        + sum(_wide(body) for body in _bodies(argument))
        for operator, argument in items
    )


def _is_character(items: Any) -> bool:
    return len(items) == 1 and str(items[0][0]) in CHARACTERS


def _bodies(argument: Any) -> Iterator[Any]:
    """Yield the expressions within the argument of an operator."""
    if hasattr(argument, "getwidth"):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for item in argument:
            yield from _bodies(item)


def _flags_within(operator: str, argument: Any, flags: int) -> int:
    if operator != "SUBPATTERN":
        return flags
    _, added, removed, _ = argument
    return int((flags | added) & ~removed)


class _Part(NamedTuple):
    """A part of an expression: how many ways it has to read nothing, to begin, and to end."""

    empty: int
    first: Counter[int]
    last: Counter[int]


class _Positions:
    """The positions of an expression and in how many ways each follows another."""

    def __init__(self) -> None:
        #: What each position reads, a bit for each character.
        self.reads: list[int] = []
        self.follow: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self.anchored = False
        self.looks_around = False

    def read(self, items: Any, flags: int) -> _Part:
        """Add an expression."""
        whole = _Part(1, Counter(), Counter())
        for operator, argument in items:
            whole = self._then(whole, self._one(str(operator), argument, flags))
        return whole

    def join(self, last: Counter[int], first: Counter[int]) -> None:
        """Let what begins in ``first`` follow what ends in ``last``."""
        for position, ways in last.items():
            for following, more in first.items():
                self.follow[position][following] += ways * more

    def _one(self, operator: str, argument: Any, flags: int) -> _Part:
        if operator in CHARACTERS:
            return self._character(characters(operator, argument, flags).may & _ASCII)
        if operator in _REPEATS:
            # A possessive one gives nothing back, so what it would try is not all tried.
            self.looks_around |= operator == "POSSESSIVE_REPEAT"
            return self._repeated(*argument, flags=flags)
        if operator == "SUBPATTERN":
            return self.read(argument[3], _flags_within(operator, argument, flags))
        if operator == "BRANCH":
            parts = [self.read(branch, flags) for branch in argument[1]]
            empty = sum(part.empty for part in parts)
            return _Part(empty, _sum(p.first for p in parts), _sum(p.last for p in parts))
        if operator == "AT":
            self.anchored = True
            self.looks_around |= "BOUNDARY" in str(argument)
            return _Part(1, Counter(), Counter())
        # More ways than there are, and none less: what is not ambiguous so is not at all.
        self.looks_around = True
        if operator == "ATOMIC_GROUP":
            return self.read(argument, flags)
        if operator.startswith("GROUPREF"):
            raise Unreadable("A reference reads what no automaton remembers.")
        return _Part(1, Counter(), Counter())

    def _character(self, reads: int) -> _Part:
        if len(self.reads) >= _MOST_POSITIONS:
            raise Unreadable("The expression is too large.")
        self.reads.append(reads)
        position = len(self.reads) - 1
        return _Part(0, Counter([position]), Counter([position]))

    def _then(self, before: _Part, after: _Part) -> _Part:
        self.join(before.last, after.first)
        first = before.first + _times(after.first, before.empty)
        last = after.last + _times(before.last, after.empty)
        return _Part(before.empty * after.empty, first, last)

    def _repeated(self, least: int, most: int, body: Any, *, flags: int) -> _Part:
        whole = _Part(1, Counter(), Counter())
        endless = most >= _UNLIMITED
        for _ in range(max(least - 1, 0) if endless else least):
            whole = self._then(whole, self.read(body, flags))
        if endless:
            part = self.read(body, flags)
            self.join(part.last, part.first)
            # Python leaves a repetition at once, or after one more round that reads nothing.
            part = part._replace(last=_times(part.last, 1 + bool(part.empty)))
            return self._then(whole, part if least else _perhaps(part))
        # X{0,2} is (X(X)?)?
        rest = _Part(1, Counter(), Counter())
        for _ in range(most - least):
            rest = _perhaps(self._then(self.read(body, flags), rest))
        return self._then(whole, rest)

    def has_two_ways(self) -> bool:
        """Return whether, all of it being repeated, two ways lead back over the same text."""
        # All positions lead to each other, so two ways anywhere are two ways back.
        readable = [position for position, reads in enumerate(self.reads) if reads]
        if any(self.follow[p][q] > 1 for p in readable for q in self.follow[p] if self.reads[q]):
            return True
        reached, waiting = set(), [(position, position) for position in readable]
        looks = 0
        while waiting:
            one, other = waiting.pop()
            looks += len(self.follow[one]) * len(self.follow[other])
            if looks > _MOST_LOOKS:
                raise Unreadable("The expression is too large.")
            for pair in self._pairs_behind(one, other):
                if pair[0] == pair[1]:
                    continue
                if pair not in reached:
                    reached.add(pair)
                    waiting.append(pair)
        return any(one == other for pair in reached for one, other in self._pairs_behind(*pair))

    def _pairs_behind(self, one: int, other: int) -> Iterator[tuple[int, int]]:
        for p in self.follow[one]:
            for q in self.follow[other]:
                if self.reads[p] & self.reads[q]:
                    yield p, q


def _perhaps(part: _Part) -> _Part:
    return part._replace(empty=part.empty + 1)


def _times(ways: Counter[int], number: int) -> Counter[int]:
    return Counter({position: count * number for position, count in ways.items() if number})


def _sum(counters: Iterable[Counter[int]]) -> Counter[int]:
    return sum(counters, Counter())
