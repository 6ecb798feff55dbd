"""The positions of an expression that read a letter each, and in how many ways they follow."""

from __future__ import annotations

import functools
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from cors_views.regexes.automata import OTHER, Unreadable
from cors_views.regexes.expressions import CHARACTERS, characters

#: What has more positions is left alone.
_MOST_POSITIONS = 500
#: So many pairs of positions are looked at: a tenth of a second.
_MOST_LOOKS = 500_000
#: So many beginnings of texts are looked at for the ways of one round.
_MOST_BEGINNINGS = 2_000
#: The operators that repeat.
REPEATS = ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT")
#: Python's ``MAXREPEAT`` is the largest number that fits, and depends on the machine.
UNLIMITED = 2**32 - 1
_ASCII = (1 << 128) - 1
#: Those of ASCII, and all others together.
_LETTERS = 129


def bodies_of(argument: Any) -> Iterator[Any]:
    """Yield the expressions within the argument of an operator."""
    if hasattr(argument, "getwidth"):
        yield argument
    elif isinstance(argument, (tuple, list)):
        for item in argument:
            yield from bodies_of(item)


def flags_within(kind: str, argument: Any, flags: int) -> int:
    """Return the flags that are valid within an operator."""
    if kind != "SUBPATTERN":
        return flags
    _, added, removed, _ = argument
    return int((flags | added) & ~removed)


class Part(NamedTuple):
    """A part of an expression: how many ways it has to read nothing, to begin, and to end."""

    empty: int
    first: Counter[int]
    last: Counter[int]


class Positions:
    """The positions of an expression and in how many ways each follows another."""

    def __init__(self, *, beyond_ascii: bool) -> None:
        self.beyond_ascii = beyond_ascii
        #: What each position reads, a bit for each character.
        self.reads: list[int] = []
        self.follow: defaultdict[int, Counter[int]] = defaultdict(Counter)
        self.looks_around = False

    def read(self, items: Any, flags: int) -> Part:
        """Add an expression."""
        whole = Part(1, Counter(), Counter())
        for operator, argument in items:
            whole = self._then(whole, self._one(str(operator), argument, flags))
        return whole

    def join(self, last: Counter[int], first: Counter[int]) -> None:
        """Let what begins in ``first`` follow what ends in ``last``."""
        for position, ways in last.items():
            for following, more in first.items():
                self.follow[position][following] += ways * more

    def _one(self, kind: str, argument: Any, flags: int) -> Part:
        if kind in CHARACTERS:
            reads = characters(kind, argument, flags).may & _ASCII
            if self.beyond_ascii and _reads_beyond_ascii(kind, argument):
                reads |= OTHER
            return self._character(reads)
        if kind in REPEATS:
            # A possessive one gives nothing back, so what it would try is not all tried.
            self.looks_around |= kind == "POSSESSIVE_REPEAT"
            return self._repeated(*argument, flags=flags)
        if kind == "SUBPATTERN":
            return self.read(argument[3], flags_within(kind, argument, flags))
        if kind == "BRANCH":
            parts = [self.read(branch, flags) for branch in argument[1]]
            empty = sum(part.empty for part in parts)
            return Part(empty, _sum(p.first for p in parts), _sum(p.last for p in parts))
        if kind == "AT":
            if "BOUNDARY" not in str(argument) and not flags & re.MULTILINE:
                # What is repeated over and over is within the text, where no anchor holds.
                return Part(0, Counter(), Counter())
            self.looks_around = True
            return Part(1, Counter(), Counter())
        # More ways than there are, and none less: what is not ambiguous so is not at all.
        self.looks_around = True
        if kind == "ATOMIC_GROUP":
            return self.read(argument, flags)
        if kind.startswith("GROUPREF"):
            raise Unreadable("A reference reads what no automaton remembers.")
        return Part(1, Counter(), Counter())

    def _character(self, reads: int) -> Part:
        if len(self.reads) >= _MOST_POSITIONS:
            raise Unreadable("The expression is too large.")
        self.reads.append(reads)
        position = len(self.reads) - 1
        return Part(0, Counter([position]), Counter([position]))

    def _then(self, before: Part, after: Part) -> Part:
        self.join(before.last, after.first)
        first = before.first + _times(after.first, before.empty)
        last = after.last + _times(before.last, after.empty)
        return Part(before.empty * after.empty, first, last)

    def _repeated(self, least: int, most: int, body: Any, *, flags: int) -> Part:
        whole = Part(1, Counter(), Counter())
        endless = most >= UNLIMITED
        for _ in range(max(least - 1, 0) if endless else least):
            whole = self._then(whole, self.read(body, flags))
        if endless:
            part = self.read(body, flags)
            self.join(part.last, part.first)
            # Python leaves a repetition at once, or after one more round that reads nothing.
            part = part._replace(last=_times(part.last, 1 + bool(part.empty)))
            return self._then(whole, part if least else _perhaps(part))
        # X{0,2} is (X(X)?)?
        rest = Part(1, Counter(), Counter())
        for _ in range(most - least):
            rest = _perhaps(self._then(self.read(body, flags), rest))
        return self._then(whole, rest)

    def ways_of_one_round(self, part: Part) -> int:
        """Return in how many ways one round can end where another begins, for the worst text.

        What cannot go on fails at once, and is not counted. The expression repeats nothing without
        a limit, so it ends.
        """
        # Letters that the same positions read are one.
        letters = {self._readers(1 << code): 1 << code for code in range(_LETTERS)}
        begins = functools.reduce(lambda found, each: found | self.reads[each], part.first, 0)
        known: dict[frozenset[tuple[int, int]], int] = {frozenset(): 0}

        def most_ways(ways: Counter[int]) -> int:
            key = frozenset(ways.items())
            if key not in known:
                if len(known) > _MOST_BEGINNINGS:
                    raise Unreadable("The expression is too large.")
                ends = sum(count * part.last[position] for position, count in ways.items())
                following = _sum(_times(self.follow[each], count) for each, count in ways.items())
                known[key] = max(
                    (ends if letter & begins else 0) + most_ways(_read_by(following, readers))
                    for readers, letter in letters.items()
                )
            return known[key]

        first = (_read_by(part.first, readers) for readers in letters)
        return max(map(most_ways, first)) + bool(part.empty)

    def _readers(self, letter: int) -> frozenset[int]:
        return frozenset(each for each, reads in enumerate(self.reads) if reads & letter)

    def has_two_ways(self, part: Part) -> bool:
        """Return whether, all of it being repeated, two ways lead back over the same text."""
        if not part.last:
            # It ends at an anchor, so no round follows another.
            return False
        self.join(part.last, part.first)
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


def _perhaps(part: Part) -> Part:
    return part._replace(empty=part.empty + 1)


def _times(ways: Counter[int], number: int) -> Counter[int]:
    return Counter({position: count * number for position, count in ways.items() if number})


def _sum(counters: Iterable[Counter[int]]) -> Counter[int]:
    return sum(counters, Counter())


def _read_by(ways: Counter[int], readers: frozenset[int]) -> Counter[int]:
    return Counter({position: count for position, count in ways.items() if position in readers})


def _reads_beyond_ascii(kind: str, argument: Any) -> bool:
    """Return whether a place is meant for letters beyond ASCII, all of which count as one."""
    if kind == "IN":
        negated = argument[0][0].name == "NEGATE"
        return bool(
            negated != any(_is_beyond(each.name, what) for each, what in argument[negated:])
        )
    return kind != "LITERAL" or _is_beyond(kind, argument)


def _is_beyond(kind: str, value: Any) -> bool:
    if kind == "CATEGORY":
        return str(value) in ("CATEGORY_WORD", "CATEGORY_NOT_DIGIT", "CATEGORY_NOT_SPACE")
    return bool((value[1] if kind == "RANGE" else value) > 127)
