"""Who gains what between two lists of rules, whatever these are spelled like.

An origin that is named is looked up on both sides. Patterns and regular expressions part all other
origins into kinds that both sides treat alike, and of each kind one origin is looked up. Whom a
callable admits, and what an expression matches that looks around, nobody can tell: these are
compared by name, and count as gained where they are new.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

from cors_views.management.comparing.entries import (
    ALL_ORIGINS,
    ANY,
    OF_THE_WEB,
    Entry,
    as_understood,
    automaton_of,
    matcher,
)
from cors_views.management.comparing.rights import NOTHING, Grant
from cors_views.management.comparing.sites import Rule
from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import is_pattern
from cors_views.regexes.automata import Automaton, Unreadable
from cors_views.regexes.expressions import whole_automaton_of
from cors_views.regexes.kinds import Effort, kinds
from cors_views.standard.origins import is_origin

#: What is not certain: whether the other side admits them, too.
AUDIENCE = "audience"

#: So many entries are told apart one by one, and so many letters of origins that are named.
_MOST_ENTRIES, _MOST_LETTERS = 16, 3000
#: What it takes to see whether two expressions match the same, and to find what one matches.
_STEPS_TO_MEET, _STEPS_FOR_ONE = 300, 100_000


class Gain(NamedTuple):
    """Who gains what by a rule of the newer side, which is number ``rule`` of its rules.

    ``what`` and ``cookies`` are those of ``Grant.beyond()``. ``example`` is one of them, where
    they are not named. ``unsure`` says what of it is not certain, or nothing.
    """

    who: tuple[Entry, ...]
    what: tuple[str, ...]
    cookies: str
    rule: int
    example: str = ""
    unsure: str = ""


def gains(before: Sequence[Rule], after: Sequence[Rule], effort: Effort) -> list[Gain]:
    """Return who may do more under ``after`` than under ``before``."""
    if before == after:
        return []
    comparing = _Comparing(_Side(before), _Side(after), effort)
    found: dict[tuple[tuple[str, ...], str, int, str], list[tuple[Entry, str]]] = {}
    for entry, example, theirs, rule, unsure in comparing.each():
        for what, cookies in after[rule].grant.beyond(theirs):
            found.setdefault((what, cookies, rule, unsure), []).append((entry, example))
    return [
        Gain(
            tuple(dict.fromkeys(entry for entry, _ in those)),
            what,
            cookies,
            rule,
            next((example for _, example in those if example), ""),
            unsure,
        )
        for (what, cookies, rule, unsure), those in found.items()
    ]


#: An entry, an example, what the older side grants, the rule of the newer one, and what is unsure.
_Found = tuple[Entry, str, Grant, int, str]

_Clear = Mapping[Entry, Automaton]


class _Side:
    """The rules of one side, asked which of them answers whom."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self.rules = rules
        self._admitting = [
            [
                OriginSet(map(as_understood, rule.origins)).admits,
                *(matcher(Entry("regex", regex)) for regex in rule.regexes),
            ]
            for rule in rules
        ]
        self.asks = any(rule.asks for rule in rules)
        self.named = {origin for rule in rules for origin in rule.origins if not is_pattern(origin)}
        #: The first rule that each entry stands in which is no origin.
        self.entries: dict[Entry, int] = {}
        for number, rule in enumerate(rules):
            for entry in _entries(rule):
                self.entries.setdefault(entry, number)

    def answering(self, origin: str) -> int | None:
        """Return which rule answers an origin, callables left aside."""
        if not is_origin(origin):
            return None
        found = (n for n, each in enumerate(self._admitting) if any(one(origin) for one in each))
        return next(found, None)

    def grant(self, rule: int | None) -> Grant:
        return NOTHING if rule is None else self.rules[rule].grant


def _entries(rule: Rule) -> Iterator[Entry]:
    yield from (Entry("origin", origin) for origin in sorted(rule.origins) if is_pattern(origin))
    yield from (Entry("regex", regex) for regex in rule.regexes)
    yield from (Entry("asks", name) for name in rule.asks)


class _Comparing:
    """Looks for what the newer side grants beyond the older one."""

    def __init__(self, before: _Side, after: _Side, effort: Effort) -> None:
        self.before, self.after, self.effort = before, after, effort

    def each(self) -> Iterator[_Found]:
        for origin in sorted(self.before.named | self.after.named):
            rule = self.after.answering(origin)
            if rule is not None:
                old = self.before.answering(origin)
                unsure = AUDIENCE if old is None and self.before.asks else ""
                yield Entry("origin", origin), "", self.before.grant(old), rule, unsure
        every = {*self.before.entries, *self.after.entries}
        read = {entry: automaton_of(entry) for entry in every if entry.kind != "asks"}
        clear = {entry: automaton for entry, automaton in read.items() if automaton}
        ours, theirs = self._placed(self.after, clear), self._placed(self.before, clear)
        moved = {entry for entry in clear if ours.get(entry) != theirs.get(entry)}
        try:
            near = self._near(moved, clear)
            yield from self._kinds({entry: clear[entry] for entry in clear if entry in near}, clear)
        except Unreadable:
            near = {*clear}
            yield from self._by_example(clear)
        # All others stand where they stood: only what they are granted may differ.
        yield from self._by_name(entry for entry in self.after.entries if entry not in near)

    def _placed(self, side: _Side, clear: _Clear) -> dict[Entry, int]:
        return {entry: rule for entry, rule in side.entries.items() if entry in clear}

    # --- What can be told ----------------------------------------------------------------------

    def _near(self, moved: set[Entry], clear: _Clear) -> set[Entry]:
        """Return the entries that stand elsewhere now, and those that admit some of the same."""
        near = {*moved}
        for entry in clear.keys() - moved:
            for other in moved:
                self.effort.spend(_STEPS_TO_MEET)
                if clear[entry].meets(clear[other]):
                    near.add(entry)
                    break
        return near

    def _kinds(self, near: _Clear, clear: _Clear) -> list[_Found]:
        groups = self._groups(self._placed(self.after, near), self._placed(self.before, near))
        automata = [[near[entry] for entry in group] for group in groups]
        known: set[frozenset[int]] = set()
        found = []
        # What is named has been looked up already.
        done = [self._named(near)]
        for regex in ALL_ORIGINS if groups else ():
            if regex is ALL_ORIGINS[-1]:
                done.append(whole_automaton_of(OF_THE_WEB))
            parted = kinds(whole_automaton_of(regex), [*automata, done], self.effort)
            for matching, example in parted.items():
                if matching not in known and len(groups) not in matching:
                    found += self._kind([groups[n] for n in sorted(matching)], example, clear)
            known |= parted.keys()
        return found

    def _groups(self, ours: dict[Entry, int], theirs: dict[Entry, int]) -> list[list[Entry]]:
        """Return the entries, those together that stand in the same rules on both sides."""
        together: dict[tuple[int | None, int | None], list[Entry]] = {}
        for entry in {**ours, **theirs}:
            together.setdefault((theirs.get(entry), ours.get(entry)), []).append(entry)
        groups = []
        for (old, new), those in together.items():
            alone = (old is None or new is None) and len(those) <= _MOST_ENTRIES
            groups += [[entry] for entry in those] if alone else [those]
        return groups

    def _named(self, clear: _Clear) -> Automaton:
        """Return an automaton for the origins that are named, as far as expressions match them."""
        named = Automaton()
        letters = 0
        matching = [matcher(entry) for entry in clear if entry.text != ANY]
        for origin in sorted(self.before.named | self.after.named):
            if any(matches(origin) for matches in matching) and letters < _MOST_LETTERS:
                letters += len(origin)
                named.skip(named.text(origin, named.start), named.ended)
        return named

    def _kind(self, groups: list[list[Entry]], example: str, clear: _Clear) -> list[_Found]:
        entries = [entry for group in groups for entry in group]
        rule = min(
            (self.after.entries[e] for e in entries if e in self.after.entries), default=None
        )
        if rule is None:
            return []
        old = [self.before.entries[e] for e in entries if e in self.before.entries]
        theirs = self.before.grant(min(old, default=None))
        who = next(
            group for group in groups if any(self.after.entries.get(e) == rule for e in group)
        )
        known = is_origin(example) and (old or self.before.entries.keys() <= clear.keys())
        shown = example if self.before.entries and is_origin(example) else ""
        return [(entry, shown, theirs, rule, "" if known else AUDIENCE) for entry in who]

    # --- What cannot ---------------------------------------------------------------------------

    def _by_example(self, clear: _Clear) -> Iterator[_Found]:
        """Compare entries that are too many by name, and those that are new by one example."""
        for entry, rule in self._placed(self.after, clear).items():
            if entry in self.before.entries:
                yield entry, "", self.before.grant(self.before.entries[entry]), rule, ""
                continue
            example = next(filter(is_origin, self._examples(clear[entry])), "")
            admitted = not example or self.before.asks or self.before.answering(example) is not None
            yield entry, "" if admitted else example, NOTHING, rule, AUDIENCE if admitted else ""

    def _examples(self, automaton: Automaton) -> Iterator[str]:
        for regex in ALL_ORIGINS:
            found = kinds(whole_automaton_of(regex), [[automaton]], Effort(_STEPS_FOR_ONE))
            yield found.get(frozenset({0}), "")

    def _by_name(self, entries: Iterable[Entry]) -> Iterator[_Found]:
        for entry in entries:
            rule = self.after.entries[entry]
            if entry in self.before.entries:
                yield entry, "", self.before.grant(self.before.entries[entry]), rule, ""
                continue
            unsure = "" if entry.kind == "asks" else AUDIENCE
            anybody = self.before.entries.get(Entry("origin", ANY))
            if anybody is None:
                yield entry, "", NOTHING, rule, unsure
                continue
            # One of these rules has answered each origin that there is.
            for number in range(anybody + 1):
                yield entry, "", self.before.grant(number), rule, unsure
