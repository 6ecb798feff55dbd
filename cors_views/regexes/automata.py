"""Automata that tell which texts may be matched, and which surely are.

Where the two differ (a group that is referred to, a look behind) the truth lies in between.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable
from typing import Any, NamedTuple


class Matching(enum.Enum):
    """Whether an expression matches texts of which only some is known."""

    ALWAYS = "always"
    MAYBE = "maybe"
    NEVER = "never"


class Unreadable(ValueError):  # noqa: N818 no error of anybody's: nothing can be told, that is all
    """Nothing can be told of an expression."""


# --- Sets of characters ------------------------------------------------------------------------

#: One bit for each ASCII character, and one for all others together.
OTHER = 1 << 128
ALL = (OTHER << 1) - 1
NEWLINE = 1 << ord("\n")


class Characters(NamedTuple):
    """The characters that may be in a set, and those that surely are."""

    may: int
    sure: int

    def __or__(self, other: Characters) -> Characters:
        return Characters(self.may | other.may, self.sure | other.sure)

    def __invert__(self) -> Characters:
        return Characters(ALL & ~self.sure, ALL & ~self.may)


def bit(character: str) -> int:
    """Return the bit of a character."""
    return 1 << ord(character) if character.isascii() else OTHER


# --- Automata ----------------------------------------------------------------------------------

#: No expression that somebody wrote gets so large; a larger one is left alone.
_MOST_STATES = 4000


class Look(NamedTuple):
    """What has to follow, or must not."""

    automaton: Automaton
    follows: bool


#: Stands where an expression asks for more than an automaton can know.
UNSURE = object()


class Automaton:
    """What is matched from the start of a text on.

    States are numbers. ``edges`` lead to the next one over a character, ``skips`` without. A text
    is matched whose end is reached in ``self.accepting``.
    """

    def __init__(self, *, from_beginning: bool = True) -> None:
        self.edges: list[list[tuple[Characters, int]]] = []
        self.skips: list[list[tuple[int, Any]]] = []
        self.start = self.state()
        #: The state where "^" holds; none in what looks ahead from somewhere within a text.
        self.beginning = self.start if from_beginning else None
        self.ended = self.state()
        self.accepting = {self.ended}
        #: Where "$" leads: nothing follows any more, but perhaps a newline.
        self.ending = self.state()
        self.skip(self.ending, self.ended)
        self.edge(self.ending, Characters(NEWLINE, NEWLINE), self.ended)

    def state(self) -> int:
        """Add a state."""
        if len(self.edges) >= _MOST_STATES:
            raise Unreadable("It is too large.")
        self.edges.append([])
        self.skips.append([])
        return len(self.edges) - 1

    def edge(self, at: int, characters: Characters, target: int) -> int:
        """Add a way over one character."""
        self.edges[at].append((characters, target))
        return target

    def skip(self, at: int, target: int, guard: Any = None) -> int:
        """Add a way over no character."""
        self.skips[at].append((target, guard))
        return target

    def text(self, text: str, at: int) -> int:
        """Add a text letter by letter; return the state behind it."""
        for character in text:
            only = Characters(bit(character), bit(character) & ~OTHER)
            at = self.edge(at, only, self.state())
        return at

    def anything(self, at: int, guard: Any = None) -> int:
        """Add any text at all."""
        loop = self.skip(at, self.state(), guard)
        return self.edge(loop, Characters(ALL, ALL), loop)

    def accept(self, at: int) -> None:
        """Match all that gets to a state, whatever follows."""
        self.accepting.add(self.anything(at))

    # --- What is asked of it -------------------------------------------------------------------

    def against(self, beginning: str) -> Matching:
        """Return whether texts are matched that begin so and go on in a way nobody knows.

        A newline somewhere in the rest is left out of account: no URL that is meant has one.
        """
        if any(map(self._takes_everything, self._run(beginning, sure=True))):
            return Matching.ALWAYS
        goes_on = self._run(beginning, sure=False)
        # A state with neither is left behind: what would have to follow it cannot.
        alive = any(self.edges[state] or state in self.accepting for state in goes_on)
        return Matching.MAYBE if alive else Matching.NEVER

    def matches(self, text: str) -> bool:
        """Return whether a text is surely matched, in a time that grows with its length alone."""
        return not self.accepting.isdisjoint(self._run(text, sure=True))

    def meets(self, other: Automaton) -> bool:
        """Return whether there may be a text that both match."""
        seen = {(self.start, other.start)}
        left = list(seen)
        while left:
            ours, theirs = left.pop()
            if ours in self.accepting and theirs in other.accepting:
                return True
            following = [(target, theirs) for target, _ in self.skips[ours]]
            following += [(ours, target) for target, _ in other.skips[theirs]]
            following += [
                (mine, yours)
                for some, mine in self.edges[ours]
                for others, yours in other.edges[theirs]
                if some.may & others.may
            ]
            left += [pair for pair in following if pair not in seen]
            seen.update(following)
        return False

    def _run(self, text: str, *, sure: bool) -> set[int]:
        """Return the states that a text leads to; in none of them nothing matches any more."""
        states = self._reached({self.start}, text, sure=sure)
        for position, character in enumerate(text, 1):
            wanted = bit(character)
            following = {
                target
                for state in states
                for characters, target in self.edges[state]
                if (characters.sure if sure else characters.may) & wanted
            }
            states = self._reached(following, text[position:], sure=sure)
            if not states:
                break
        return states

    def _reached(self, states: Iterable[int], ahead: str, *, sure: bool) -> set[int]:
        found = set(states)
        left = list(found)
        while left:
            for target, guard in self.skips[left.pop()]:
                if target not in found and _lets_pass(guard, ahead, sure=sure):
                    found.add(target)
                    left.append(target)
        return found

    def _takes_everything(self, state: int) -> bool:
        """Return whether any rest is matched from a state on: ".*", or ".*$", or the end of all."""
        loops = any(
            one.may == ALL and state in self._reached({target}, "", sure=True)
            for one, target in self.edges[state]
        )
        return loops and not self.accepting.isdisjoint(self._reached({state}, "", sure=True))


def _lets_pass(guard: Any, ahead: str, *, sure: bool) -> bool:
    if not isinstance(guard, Look):
        return guard is None or not sure
    found = guard.automaton.against(ahead)
    wanted, unwanted = Matching.ALWAYS, Matching.NEVER
    if not guard.follows:
        wanted, unwanted = unwanted, wanted
    return found is wanted if sure else found is not unwanted
