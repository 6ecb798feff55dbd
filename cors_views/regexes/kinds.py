"""Which kinds of texts several expressions tell apart, with a text of each kind.

Two texts are of one kind where the same expressions match both. So what two sets of expressions
differ in can be told however they are spelled.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from cors_views.regexes.automata import ALL, OTHER, Automaton, Unreadable

#: Sets of states, one for each automaton: where the texts that were read lead to.
_States = frozenset[tuple[int, int]]
#: With more states than that the sets of them get too many.
_MOST_STATES = 6_000
#: What is tried first on the way to an example, so that it looks like something.
_READABLE = "abcdefghijklmnopqrstuvwxyz0123456789"


class Effort:
    """How much may be spent in all, so that nobody waits for an answer without end."""

    def __init__(self, steps: int) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Count steps. Raise ``Unreadable`` where there are none left."""
        self.left -= steps
        if self.left < 0:
            raise Unreadable("It takes too long.")


def is_exact(automaton: Automaton) -> bool:
    """Return whether an automaton matches just what its expression does, within ASCII."""
    return all(guard is None for skips in automaton.skips for _, guard in skips)


def kinds(
    texts: Automaton, groups: Sequence[Sequence[Automaton]], effort: Effort
) -> dict[frozenset[int], str]:
    """Return which groups match some of the ASCII texts, each with the shortest such text.

    A group matches what one of its automata does. Those that match nothing are a kind, too. All
    have to be exact. Raise ``Unreadable`` where that takes too long.
    """
    every = [texts, *(each for group in groups for each in group)]
    if sum(len(each.edges) for each in every) > _MOST_STATES:
        raise Unreadable("They are too large.")
    sides = [_Side([texts], effort), *(_Side(group, effort) for group in groups)]
    classes = _classes(every)
    start = tuple(side.start for side in sides)
    found: dict[frozenset[int], str] = {}
    seen = {start}
    left = deque([(start, "")])
    while left:
        states, text = left.popleft()
        if sides[0].accepts(states[0]):
            matching = (n for n, side in enumerate(sides[1:]) if side.accepts(states[n + 1]))
            found.setdefault(frozenset(matching), text)
        for character, bit in classes:
            following = tuple(side.after(at, bit) for side, at in zip(sides, states))
            if following[0] and following not in seen:
                seen.add(following)
                left.append((following, text + character))
    return found


class _Side:
    """Several automata, read as one, a set of states at a time."""

    def __init__(self, automata: Sequence[Automaton], effort: Effort) -> None:
        self.automata = automata
        self.effort = effort
        self._known: dict[tuple[_States, int], _States] = {}
        self.start = self._closed((n, each.start) for n, each in enumerate(automata))

    def accepts(self, states: _States) -> bool:
        return any(state in self.automata[n].accepting for n, state in states)

    def after(self, states: _States, bit: int) -> _States:
        """Return where a character leads to."""
        found = self._known.get((states, bit))
        self.effort.spend(1)
        if found is None:
            self.effort.spend(len(states))
            found = self._known[states, bit] = self._closed(
                (n, target)
                for n, state in states
                for characters, target in self.automata[n].edges[state]
                if characters.sure & bit
            )
        return found

    def _closed(self, states: Iterable[tuple[int, int]]) -> _States:
        found = set(states)
        left = list(found)
        while left:
            n, state = left.pop()
            for target, _ in self.automata[n].skips[state]:
                if (n, target) not in found:
                    found.add((n, target))
                    left.append((n, target))
        return frozenset(found)


def _classes(automata: Iterable[Automaton]) -> list[tuple[str, int]]:
    """Return one character of each set that no automaton tells apart, and its bit."""
    classes = {ALL & ~OTHER}
    for mask in {
        characters.sure
        for automaton in automata
        for edges in automaton.edges
        for characters, _ in edges
    }:
        classes = {part for each in classes for part in (each & mask, each & ~mask) if part}
    found = []
    for each in classes:
        members = [chr(code) for code in range(128) if each >> code & 1]
        character = min(members, key=_rank)
        found.append((character, 1 << ord(character)))
    return sorted(found, key=lambda pair: _rank(pair[0]))


def _rank(character: str) -> tuple[int, int]:
    place = _READABLE.find(character)
    return (place if place >= 0 else len(_READABLE), ord(character))
