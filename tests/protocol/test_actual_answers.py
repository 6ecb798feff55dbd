"""The protocol without Django: who is asked, in which order, and what is answered then."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.actual_answers import actual
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy
from cors_views.protocol.questions import SIGNAL, Replies, Unanswered
from cors_views.protocol.reasons import Answer

APP = "https://app.example"
STRANGER = "https://stranger.example"


def first(request: Any, origin: str) -> bool:
    raise AssertionError("the protocol only names whom to ask")


def second(request: Any, origin: str) -> bool:
    raise AssertionError("the protocol only names whom to ask")


def compiled(**fields: Any) -> CompiledPolicy:
    policy = CorsPolicy(**fields)
    return CompiledPolicy(policy, OriginSet(policy.origins or (), policy.origin_regexes or ()))


def play(decision: Callable[[Replies], Any], says: dict[Any, bool]) -> tuple[list[Any], Any]:
    """Run a decision, answering its questions; return what was asked and what was decided."""
    asked, answers = [], Replies()
    while True:
        try:
            return asked, decision(answers)
        except Unanswered as unanswered:
            for question in unanswered.questions:
                if id(question) not in answers:
                    asked.append(question)
                    answers[id(question)] = says[question]
                if answers[id(question)]:
                    break


def decide(
    ruling: EffectivePolicy, origin: str, says: dict[Any, bool], matches: bool = True
) -> Any:
    given = {"url_matches": matches, "options": False, "private_network": False}
    return play(lambda answers: actual(ruling, origin, answers, **given), says)


TWO = EffectivePolicy((compiled(origins=[first]), compiled(origins=[STRANGER, second])))
SETTINGS = EffectivePolicy(
    (compiled(origins=[APP]),), signal=True, needs_url_match=True, undeclared=True
)
CLOSED = EffectivePolicy(
    (compiled(origins=[APP]),), signal=True, needs_url_match=True, applies=False
)

# name -> (ruling, origin, whether the URL matches, answers, what is asked, is it admitted?)
QUESTIONS: dict[str, tuple[EffectivePolicy, str, bool, dict[Any, bool], list[Any], bool]] = {
    "the first policy is asked first": (TWO, STRANGER, True, {first: True}, [first], True),
    "a pattern of the second spares its callable": (
        TWO,
        STRANGER,
        True,
        {first: False},
        [first],
        True,
    ),
    "every policy is asked": (
        TWO,
        APP,
        True,
        {first: False, second: False},
        [first, second],
        False,
    ),
    "no Origin, nothing to ask": (TWO, "", True, {}, [], False),
    "no origin, nothing to ask": (TWO, "nonsense", True, {}, [], False),
    "the settings admit": (SETTINGS, APP, True, {}, [], True),
    "the settings ask the receivers": (SETTINGS, STRANGER, True, {SIGNAL: True}, [SIGNAL], True),
    "receivers say no": (SETTINGS, STRANGER, True, {SIGNAL: False}, [SIGNAL], False),
    "receivers open a URL": (SETTINGS, APP, False, {SIGNAL: True}, [SIGNAL], True),
    "receivers leave a URL closed": (SETTINGS, APP, False, {SIGNAL: False}, [SIGNAL], False),
    "nothing opens what is not opted in": (CLOSED, APP, False, {}, [], False),
}


@pytest.mark.parametrize("name", QUESTIONS)
def test_who_is_asked(name: str) -> None:
    ruling, origin, matches, answers, expected, admitted = QUESTIONS[name]

    asked, answer = decide(ruling, origin, answers, matches)

    assert asked == expected
    assert bool(answer.headers) == admitted


def test_a_public_answer_opened_by_a_receiver_is_not_for_everybody() -> None:
    public = EffectivePolicy(
        (compiled(origins="*"),), signal=True, needs_url_match=True, undeclared=True
    )

    assert decide(public, "", {}, matches=True)[1].vary is False
    assert decide(public, "", {SIGNAL: True}, matches=False)[1] == Answer(vary=True)
    assert decide(public, APP, {SIGNAL: True}, matches=False)[1].vary is True
