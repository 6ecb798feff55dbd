"""Which policy admits an origin, and whether it speaks for the URL at all."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cors_views.policies.origin_sets import LoadedOrigins, OriginSet
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy
from cors_views.protocol.questions import SIGNAL, Question, Replies
from cors_views.protocol.reasons import Answer, Reason
from cors_views.standard.origins import is_origin

NOT_ADMITTED = Answer(vary=True, reason=Reason.ORIGIN_NOT_ADMITTED)


def admitting(effective: EffectivePolicy, origin: str, replies: Replies) -> CompiledPolicy | None:
    """Find the policy that answers ``origin``: the first that admits it, whole.

    What is no origin is admitted by a public policy alone: its ``*`` reflects nothing.
    """
    for policy in effective.policies:
        if policy.public or policy.origins.admits(origin):
            return policy
        if policy.origins.callables and _one_says_yes(
            policy.origins, origin, replies, _questions(effective, origin)
        ):
            return policy
    if effective.signal and replies.get(id(SIGNAL), True):
        # Only layers that end in the settings ask, and those hold exactly one policy.
        return effective.policies[0] if is_origin(origin) and replies.says(SIGNAL) else None
    return None


def set_admits(origins: OriginSet, origin: str, replies: Replies) -> bool:
    """Return whether a set admits an origin, its callables included."""
    return origins.admits(origin) or _one_says_yes(origins, origin, replies, origins.callables)


def _one_says_yes(
    origins: OriginSet, origin: str, replies: Replies, questions: Iterable[Question]
) -> bool:
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


def _questions(effective: EffectivePolicy, origin: str) -> Iterator[Question]:
    """Yield the callables to ask about an origin, one after the other until one says yes.

    All at once, since a decision that begins again for each of them takes the square of their
    number.
    """
    for policy in effective.policies:
        if policy.public or policy.origins.admits(origin):
            return
        yield from policy.origins.callables


def is_opened(effective: EffectivePolicy, url_matches: bool, replies: Replies) -> bool:
    """Return whether the policy speaks for this URL at all."""
    return not effective.needs_url_match or (
        effective.applies and (url_matches or bool(replies.says(SIGNAL)))
    )
