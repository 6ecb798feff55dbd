"""Which texts a regular expression matches, read from the expression itself.

An expression becomes an automaton that answers twice: which texts *may* match, and which *surely*
do. Where the two differ (a group that is referred to, a look behind) the truth lies in between.
"""

from __future__ import annotations

import enum
import functools
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple


class Matching(enum.Enum):
    """Whether an expression matches texts of which only some is known."""

    ALWAYS = "always"
    MAYBE = "maybe"
    NEVER = "never"


class Unreadable(ValueError):  # noqa: N818 no error of anybody's: nothing can be told, that is all
    """Nothing can be told of an expression."""


def _parser() -> Any:
    """Return Python's own parser of expressions; ``None`` where it has moved once more."""
    for name in ("re._parser", "sre_parse"):
        try:
            return importlib.import_module(name)
        except ImportError:
            continue
    return None


@functools.lru_cache(maxsize=4096)
def parsed(regex: re.Pattern[str]) -> Sequence[tuple[Any, Any]]:
    """Return an expression as Python parses it. Raise ``Unreadable`` where that cannot be had."""
    parser = _parser()
    if parser is None:
        raise Unreadable("There is no parser.")
    tree: Sequence[tuple[Any, Any]] = parser.parse(regex.pattern, regex.flags & ~re.DEBUG)
    return tree


def begins_anchored(regex: re.Pattern[str]) -> bool:
    """Return whether a search for the expression finds it nowhere but at the start."""
    return _begins_anchored(parsed(regex), regex.flags)


def _begins_anchored(items: Sequence[tuple[Any, Any]], flags: int) -> bool:
    if not items:
        return False
    kind, value = items[0]
    if kind.name == "SUBPATTERN":
        return _begins_anchored(value[3], flags | value[1])
    if kind.name == "BRANCH":
        return all(_begins_anchored(each, flags) for each in value[1])
    lines = flags & re.MULTILINE
    return value is not None and str(value) in (
        ("AT_BEGINNING_STRING",) if lines else ("AT_BEGINNING_STRING", "AT_BEGINNING")
    )


class Fixed(NamedTuple):
    """What each match of an expression begins with, letter by letter.

    ``whole`` is whether that is all of it, ``ends`` whether nothing can stand behind.
    """

    text: str
    whole: bool
    ends: bool


def fixed_beginning(regex: re.Pattern[str]) -> Fixed:
    """Return what an expression says letter by letter."""
    text = ""
    items = list(parsed(regex))
    ends = bool(items) and str(items[-1][1]) in ("AT_END", "AT_END_STRING")
    if items and str(items[0][1]) in ("AT_BEGINNING", "AT_BEGINNING_STRING"):
        items = items[1:]
    for kind, value in items[:-1] if ends else items:
        if kind.name != "LITERAL" or regex.flags & re.IGNORECASE:
            return Fixed(text, whole=False, ends=ends)
        text += chr(value)
    return Fixed(text, whole=True, ends=ends)


# --- Sets of characters ------------------------------------------------------------------------

#: One bit for each ASCII character, and one for all others together.
_OTHER = 1 << 128
_ALL = (_OTHER << 1) - 1
_NEWLINE = 1 << ord("\n")
#: What Python takes for one letter, where case does not matter, within ASCII and beyond.
_ALIKE = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}


class _Characters(NamedTuple):
    """The characters that may be in a set, and those that surely are."""

    may: int
    sure: int

    def __or__(self, other: _Characters) -> _Characters:
        return _Characters(self.may | other.may, self.sure | other.sure)

    def __invert__(self) -> _Characters:
        return _Characters(_ALL & ~self.sure, _ALL & ~self.may)


def bit(character: str) -> int:
    """Return the bit of a character."""
    return 1 << ord(character) if character.isascii() else _OTHER


def _range(first: int, last: int, flags: int) -> _Characters:
    sure = sum(1 << code for code in range(first, min(last, 127) + 1))
    may = sure | (_OTHER if last > 127 else 0)
    if flags & re.IGNORECASE:
        letters = [chr(code) for code in range(first, min(last, 127) + 1) if chr(code).isalpha()]
        sure |= sum({bit(letter.swapcase()) for letter in letters} - {bit(x) for x in letters})
        alike = [letter for code, letter in _ALIKE.items() if first <= code <= last]
        for letter in alike:
            sure |= bit(letter) | bit(letter.upper())
        may |= sure | (_OTHER if letters else 0)
    return _Characters(may, sure)


@functools.cache
def _category(name: str, flags: int) -> _Characters:
    """Return the characters of ``\\d`` and its like, whose names end in the word for them."""
    *_, kind = name.lower().split("_")
    letter = {"digit": r"\d", "space": r"\s", "word": r"\w"}.get(kind)
    if letter is None:
        raise Unreadable(f"There is no category {name}.")
    ascii_only = flags & re.ASCII
    sure = sum(1 << code for code in range(128) if re.match(letter, chr(code), ascii_only))
    found = _Characters(sure | (0 if ascii_only else _OTHER), sure)
    return ~found if "_NOT_" in name else found


def _member(kind: str, value: Any, flags: int) -> _Characters:
    if kind == "LITERAL":
        return _range(value, value, flags)
    if kind == "RANGE":
        first, last = value
        return _range(first, last, flags)
    if kind == "CATEGORY":
        return _category(value.name, flags)
    raise Unreadable(f"Nothing is known of {kind} in a set.")


def characters(kind: str, value: Any, flags: int) -> _Characters:
    """Return what one place of an expression reads, which is of one of the ``CHARACTERS``."""
    if kind == "ANY":
        return _Characters(_ALL, _ALL & ~(0 if flags & re.DOTALL else _NEWLINE))
    if kind == "NOT_LITERAL":
        return ~_range(value, value, flags)
    if kind == "LITERAL":
        return _range(value, value, flags)
    negated = value[0][0].name == "NEGATE"
    found = _Characters(0, 0)
    for member, what in value[negated:]:
        found |= _member(member.name, what, flags)
    return ~found if negated else found


#: The kinds of places that read one character each.
CHARACTERS = ("LITERAL", "NOT_LITERAL", "ANY", "IN")


# --- Automata ----------------------------------------------------------------------------------

#: So large does no expression get that somebody wrote; what is larger is left alone.
_MOST_STATES = 4000
#: What is repeated more often than that is repeated at will.
_MOST_COPIES = 12


class _Look(NamedTuple):
    """What has to follow, or must not."""

    automaton: Automaton
    follows: bool


#: Stands where an expression asks for more than an automaton can know.
_UNSURE = object()


class Automaton:
    """What is matched from the start of a text on.

    States are numbers. ``edges`` lead to the next one over a character, ``skips`` without. A text
    is matched whose end is reached in ``self.accepting``.
    """

    def __init__(self, *, from_beginning: bool = True) -> None:
        self.edges: list[list[tuple[_Characters, int]]] = []
        self.skips: list[list[tuple[int, Any]]] = []
        self.start = self.state()
        #: The state where "^" holds; none in what looks ahead from somewhere within a text.
        self.beginning = self.start if from_beginning else None
        self.ended = self.state()
        self.accepting = {self.ended}
        #: Where "$" leads: nothing follows any more, but perhaps a newline.
        self.ending = self.state()
        self.skip(self.ending, self.ended)
        self.edge(self.ending, _Characters(_NEWLINE, _NEWLINE), self.ended)

    def state(self) -> int:
        """Add a state."""
        if len(self.edges) >= _MOST_STATES:
            raise Unreadable("It is too large.")
        self.edges.append([])
        self.skips.append([])
        return len(self.edges) - 1

    def edge(self, at: int, characters: _Characters, target: int) -> int:
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
            only = _Characters(bit(character), bit(character) & ~_OTHER)
            at = self.edge(at, only, self.state())
        return at

    def anything(self, at: int, guard: Any = None) -> int:
        """Add any text at all."""
        loop = self.skip(at, self.state(), guard)
        return self.edge(loop, _Characters(_ALL, _ALL), loop)

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
            one.may == _ALL and state in self._reached({target}, "", sure=True)
            for one, target in self.edges[state]
        )
        return loops and not self.accepting.isdisjoint(self._reached({state}, "", sure=True))


def _lets_pass(guard: Any, ahead: str, *, sure: bool) -> bool:
    if not isinstance(guard, _Look):
        return guard is None or not sure
    found = guard.automaton.against(ahead)
    wanted, unwanted = Matching.ALWAYS, Matching.NEVER
    if not guard.follows:
        wanted, unwanted = unwanted, wanted
    return found is wanted if sure else found is not unwanted


# --- From an expression to an automaton --------------------------------------------------------


@functools.lru_cache(maxsize=64)
def automaton_of(regex: re.Pattern[str]) -> Automaton:
    """Return what an expression matches from the start of a text, whole or not."""
    automaton = Automaton()
    automaton.accept(add(automaton, regex, automaton.start))
    return automaton


@functools.lru_cache(maxsize=64)
def whole_automaton_of(regex: re.Pattern[str]) -> Automaton:
    """Return what an expression matches as a whole."""
    automaton = Automaton()
    automaton.skip(add(automaton, regex, automaton.start), automaton.ended)
    return automaton


def add(automaton: Automaton, regex: re.Pattern[str], at: int) -> int:
    """Add an expression to an automaton; return the state behind it."""
    return _sequence(automaton, parsed(regex), regex.flags, at)


def _sequence(to: Automaton, items: Iterable[tuple[Any, Any]], flags: int, at: int) -> int:
    for kind, value in items:
        if kind.name not in _ADD:
            raise Unreadable(f"Nothing is known of {kind.name}.")
        at = _ADD[kind.name](to, value, flags, at)
    return at


def _one(to: Automaton, value: Any, flags: int, at: int, *, kind: str) -> int:
    return to.edge(at, characters(kind, value, flags), to.state())


def _branch(to: Automaton, value: tuple[None, Sequence[Any]], flags: int, at: int) -> int:
    behind = to.state()
    for items in value[1]:
        to.skip(_sequence(to, items, flags, at), behind)
    return behind


def _group(to: Automaton, value: tuple[Any, int, int, Any], flags: int, at: int) -> int:
    _, added, taken, items = value
    return _sequence(to, items, (flags | added) & ~taken, at)


def _without_a_way_back(to: Automaton, value: Any, flags: int, at: int) -> int:
    # What has been matched is not given back, so less matches than the same without.
    return _sequence(to, value, flags, to.skip(at, to.state(), _UNSURE))


def _possessive(to: Automaton, value: Any, flags: int, at: int) -> int:
    return _repeat(to, value, flags, to.skip(at, to.state(), _UNSURE))


def _repeat(to: Automaton, value: tuple[int, int, Any], flags: int, at: int) -> int:
    least, most, items = value
    for _ in range(min(least, _MOST_COPIES)):
        at = _sequence(to, items, flags, at)
    behind = to.state()
    if most - least > _MOST_COPIES or least > _MOST_COPIES:
        # Without a limit it is at will; with one that is too large to be written out, about that.
        limited = least > _MOST_COPIES or most < _UNLIMITED
        loop = to.skip(at, to.state(), _UNSURE if limited else None)
        to.skip(_sequence(to, items, flags, loop), loop)
        to.skip(loop, behind)
        if limited and least <= _MOST_COPIES:
            to.skip(at, behind)
        return behind
    to.skip(at, behind)
    for _ in range(most - least):
        at = _sequence(to, items, flags, at)
        to.skip(at, behind)
    return behind


#: Python's ``MAXREPEAT`` is the largest number that fits, and depends on the machine.
_UNLIMITED = 2**32 - 1


def _look(to: Automaton, value: tuple[int, Any], flags: int, at: int, *, follows: bool) -> int:
    direction, items = value
    if direction < 0:
        return to.skip(at, to.state(), _UNSURE)
    ahead = Automaton(from_beginning=False)
    ahead.accept(_sequence(ahead, items, flags, ahead.start))
    return to.skip(at, to.state(), _Look(ahead, follows))


def _position(to: Automaton, value: Any, flags: int, at: int) -> int:
    if value.name == "AT_END_STRING":
        to.skip(at, to.ended)
    elif value.name == "AT_END" and not flags & re.MULTILINE:
        to.skip(at, to.ending)
    elif value.name in ("AT_BEGINNING", "AT_BEGINNING_STRING") and at == to.beginning:
        return at
    else:
        return to.skip(at, to.state(), _UNSURE)
    # A state that nothing leads to: what stands behind the end is not matched.
    return to.state()


def _group_again(to: Automaton, value: Any, flags: int, at: int) -> int:
    return to.anything(at, _UNSURE)


def _one_or_other(to: Automaton, value: tuple[Any, Any, Any], flags: int, at: int) -> int:
    _, if_so, if_not = value
    at = to.skip(at, to.state(), _UNSURE)
    return _branch(to, (None, [if_so, if_not or ()]), flags, at)


_ADD: dict[str, Callable[[Automaton, Any, int, int], int]] = {
    **{kind: functools.partial(_one, kind=kind) for kind in CHARACTERS},
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": _without_a_way_back,
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": _possessive,
    "ASSERT": functools.partial(_look, follows=True),
    "ASSERT_NOT": functools.partial(_look, follows=False),
    "AT": _position,
    "GROUPREF": _group_again,
    "GROUPREF_EXISTS": _one_or_other,
    "FAILURE": lambda to, value, flags, at: to.state(),
}
