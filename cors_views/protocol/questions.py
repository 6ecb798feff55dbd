"""What a decision has to ask callable origins and receivers, and what they have said.

Nothing in ``protocol`` does I/O: where a callable origin or the signal has to be asked,
``Unanswered`` says so, and whoever can ask decides again with the reply (``consulting``). So one
rule set serves sync and async drivers alike, and costs nothing where nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from cors_views.policies.origin_sets import LoadedOrigins, OriginCallable, OriginSet
from cors_views.standard.origins import is_origin


class _Signal:
    """The question that goes to the receivers of ``check_request_enabled``."""

    def __repr__(self) -> str:
        return "check_request_enabled"


SIGNAL = _Signal()
Question = OriginCallable | _Signal


class Unanswered(Exception):  # noqa: N818 nothing is wrong
    """A decision needs to know something that nobody has been asked yet.

    ``questions`` are to be asked in their order, until one is answered with yes: then, or when
    there is no further one, the decision has to be made again.
    """

    def __init__(self, question: Question, questions: Iterable[Question]) -> None:
        super().__init__(question)
        self.question = question
        self.questions = questions


class Replies(dict[int, "bool | None"]):
    """What one request's questions were answered, by identity: nobody is asked twice.

    ``None`` is the answer of receivers that there are none of. ``receivers`` are those that were
    asked.
    """

    receivers: tuple[Any, ...] = ()

    def says(self, question: Question, questions: Iterable[Question] = ()) -> bool | None:
        """Return what was answered. Raise ``Unanswered`` where nobody has asked.

        ``questions`` are those to be asked then, where it is not this one alone.
        """
        if id(question) not in self:
            raise Unanswered(question, questions or (question,))
        return self[id(question)]

    def own(self) -> Replies:
        """Return these answers for one request, which adds to them; others are shared."""
        replies = Replies(self)
        replies.receivers = self.receivers
        return replies


# --- What a set of origins asks --------------------------------------------------------------


def set_admits(origins: OriginSet, origin: str, replies: Replies) -> bool:
    """Return whether a set admits an origin, its callables included."""
    return origins.admits(origin) or one_says_yes(origins, origin, replies, origins.callables)


def one_says_yes(
    origins: OriginSet, origin: str, replies: Replies, questions: Iterable[Question]
) -> bool:
    """Return whether a callable of a set admits an origin, which ``replies`` may know.

    ``questions`` are those to be asked where they do not.
    """
    if not is_origin(origin):
        return False
    for question in origins.callables:
        # Nobody need be asked what is loaded already.
        known = question.known(origin) if isinstance(question, LoadedOrigins) else None
        if known is None:
            known = replies.says(question, questions)
        if known:
            return True
    return False
