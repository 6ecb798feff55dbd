"""Which kinds of texts several expressions tell apart."""

from __future__ import annotations

import itertools
import re

import pytest

from cors_views.regexes.automata import Unreadable
from cors_views.regexes.expressions import whole_automaton_of
from cors_views.regexes.kinds import Effort, is_exact, kinds

#: All texts that are looked at: enough for each expression below to show what it is.
TEXTS = ["".join(letters) for n in range(5) for letters in itertools.product("ab-", repeat=n)]
EXPRESSIONS = [
    [],
    [["a+"]],
    [["a*"], ["a+b?"]],
    [["[ab]{1,3}"], ["[^b]*"], ["ab|ba"]],
    [["a", "b"], ["[ab]"]],
    [["^a.*$"], [".*-.*"], ["-"], [r"\w+"]],
    [["(a|b-)*"], ["(?:ab?)*?"]],
    [["x"]],
]


@pytest.mark.parametrize("groups", EXPRESSIONS, ids=str)
def test_the_kinds_are_those_that_trying_finds(groups: list[list[str]]) -> None:
    found = kinds(
        whole_automaton_of(re.compile("[ab-]{0,4}")),
        [[whole_automaton_of(re.compile(regex)) for regex in group] for group in groups],
        Effort(100_000),
    )

    def kind_of(text: str) -> frozenset[int]:
        return frozenset(
            n for n, group in enumerate(groups) if any(re.fullmatch(one, text) for one in group)
        )

    assert found.keys() == {kind_of(text) for text in TEXTS}
    for kind, example in found.items():
        assert kind_of(example) == kind
        shortest = min(len(text) for text in TEXTS if kind_of(text) == kind)
        assert len(example) == shortest


@pytest.mark.parametrize(
    ("regex", "exact"),
    [
        pytest.param(r"https://(a|b)\.example", True, id="plain"),
        pytest.param(r"^https://\w+$", True, id="anchored"),
        pytest.param(r"(?!a)\w+", False, id="looks-ahead"),
        pytest.param(r"(?<!a)\w+", False, id="looks-behind"),
        pytest.param(r"(\w)\1", False, id="refers-to-a-group"),
        pytest.param(r"\w{1,63}", False, id="many-times"),
    ],
)
def test_what_is_known_exactly(regex: str, exact: bool) -> None:
    assert is_exact(whole_automaton_of(re.compile(regex))) is exact


def test_that_nobody_waits_without_end() -> None:
    # The sets of states double with each letter.
    automaton = whole_automaton_of(re.compile("[ab]*a[ab]{12}"))

    with pytest.raises(Unreadable):
        kinds(automaton, [[automaton]], Effort(10_000))


def test_that_nothing_too_large_is_begun() -> None:
    large = [whole_automaton_of(re.compile(f"{'a' * 3000}{end}")) for end in "ab"]
    effort = Effort(10)

    with pytest.raises(Unreadable):
        kinds(whole_automaton_of(re.compile(".*")), [large], effort)
    assert effort.left == 10
