"""Which texts a regular expression matches, read from the expression itself."""

from __future__ import annotations

import functools
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cors_views.regexes.automata import (
    ALL,
    NEWLINE,
    OTHER,
    UNSURE,
    Automaton,
    Characters,
    Look,
    Unreadable,
    bit,
)


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

#: What Python takes for one letter, where case does not matter, within ASCII and beyond.
_ALIKE = {0x130: "i", 0x131: "i", 0x17F: "s", 0x212A: "k"}


def _range(first: int, last: int, flags: int) -> Characters:
    sure = sum(1 << code for code in range(first, min(last, 127) + 1))
    may = sure | (OTHER if last > 127 else 0)
    if flags & re.IGNORECASE:
        letters = [chr(code) for code in range(first, min(last, 127) + 1) if chr(code).isalpha()]
        sure |= sum({bit(letter.swapcase()) for letter in letters} - {bit(x) for x in letters})
        alike = [letter for code, letter in _ALIKE.items() if first <= code <= last]
        for letter in alike:
            sure |= bit(letter) | bit(letter.upper())
        may |= sure | (OTHER if letters else 0)
    return Characters(may, sure)


@functools.cache
def _category(name: str, flags: int) -> Characters:
    """Return the characters of ``\\d`` and its like, whose names end in the word for them."""
    *_, kind = name.lower().split("_")
    letter = {"digit": r"\d", "space": r"\s", "word": r"\w"}.get(kind)
    if letter is None:
        raise Unreadable(f"There is no category {name}.")
    ascii_only = flags & re.ASCII
    sure = sum(1 << code for code in range(128) if re.match(letter, chr(code), ascii_only))
    found = Characters(sure | (0 if ascii_only else OTHER), sure)
    return ~found if "_NOT_" in name else found


def _member(kind: str, value: Any, flags: int) -> Characters:
    if kind == "LITERAL":
        return _range(value, value, flags)
    if kind == "RANGE":
        first, last = value
        return _range(first, last, flags)
    if kind == "CATEGORY":
        return _category(value.name, flags)
    raise Unreadable(f"Nothing is known of {kind} in a set.")


def characters(kind: str, value: Any, flags: int) -> Characters:
    """Return what one place of an expression reads, which is of one of the ``CHARACTERS``."""
    if kind == "ANY":
        return Characters(ALL, ALL & ~(0 if flags & re.DOTALL else NEWLINE))
    if kind == "NOT_LITERAL":
        return ~_range(value, value, flags)
    if kind == "LITERAL":
        return _range(value, value, flags)
    negated = value[0][0].name == "NEGATE"
    found = Characters(0, 0)
    for member, what in value[negated:]:
        found |= _member(member.name, what, flags)
    return ~found if negated else found


#: The kinds of places that read one character each.
CHARACTERS = ("LITERAL", "NOT_LITERAL", "ANY", "IN")


# --- From an expression to an automaton --------------------------------------------------------

#: What is repeated more often than that is repeated at will.
_MOST_COPIES = 12


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


def _sequence(to: Automaton, value: Iterable[tuple[Any, Any]], flags: int, at: int) -> int:
    for kind, inner in value:
        if kind.name not in _ADD:
            raise Unreadable(f"Nothing is known of {kind.name}.")
        at = _ADD[kind.name](to, inner, flags, at)
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


def _without_a_way_back(to: Automaton, value: Any, flags: int, at: int, *, what: Any) -> int:
    # What has been matched is not given back, so less matches than the same without.
    return int(what(to, value, flags, to.skip(at, to.state(), UNSURE)))


def _repeat(to: Automaton, value: tuple[int, int, Any], flags: int, at: int) -> int:
    least, most, items = value
    for _ in range(min(least, _MOST_COPIES)):
        at = _sequence(to, items, flags, at)
    behind = to.state()
    if most - least > _MOST_COPIES or least > _MOST_COPIES:
        # Without a limit it is at will; with one that is too large to be written out, about that.
        limited = least > _MOST_COPIES or most < _UNLIMITED
        loop = to.skip(at, to.state(), UNSURE if limited else None)
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
        return to.skip(at, to.state(), UNSURE)
    ahead = Automaton(from_beginning=False)
    ahead.accept(_sequence(ahead, items, flags, ahead.start))
    return to.skip(at, to.state(), Look(ahead, follows))


def _position(to: Automaton, value: Any, flags: int, at: int) -> int:
    if value.name == "AT_END_STRING":
        to.skip(at, to.ended)
    elif value.name == "AT_END" and not flags & re.MULTILINE:
        to.skip(at, to.ending)
    elif value.name in ("AT_BEGINNING", "AT_BEGINNING_STRING") and at == to.beginning:
        return at
    else:
        return to.skip(at, to.state(), UNSURE)
    # A state that nothing leads to: what stands behind the end is not matched.
    return to.state()


def _group_again(to: Automaton, value: Any, flags: int, at: int) -> int:
    return to.anything(at, UNSURE)


def _one_or_other(to: Automaton, value: tuple[Any, Any, Any], flags: int, at: int) -> int:
    _, if_so, if_not = value
    at = to.skip(at, to.state(), UNSURE)
    return _branch(to, (None, [if_so, if_not or ()]), flags, at)


_ADD: dict[str, Callable[[Automaton, Any, int, int], int]] = {
    **{kind: functools.partial(_one, kind=kind) for kind in CHARACTERS},
    "BRANCH": _branch,
    "SUBPATTERN": _group,
    "ATOMIC_GROUP": functools.partial(_without_a_way_back, what=_sequence),
    "MAX_REPEAT": _repeat,
    "MIN_REPEAT": _repeat,
    "POSSESSIVE_REPEAT": functools.partial(_without_a_way_back, what=_repeat),
    "ASSERT": functools.partial(_look, follows=True),
    "ASSERT_NOT": functools.partial(_look, follows=False),
    "AT": _position,
    "GROUPREF": _group_again,
    "GROUPREF_EXISTS": _one_or_other,
    "FAILURE": lambda to, value, flags, at: to.state(),
}
