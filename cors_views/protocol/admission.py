"""Which policy admits an origin, and whether it speaks for the URL at all."""

from __future__ import annotations

from collections.abc import Iterator

from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy
from cors_views.protocol.questions import SIGNAL, Question, Replies, one_says_yes
from cors_views.protocol.reasons import Answer, Reason
from cors_views.standard.origins import is_origin

NOT_ADMITTED = Answer(vary=True, reason=Reason.ORIGIN_NOT_ADMITTED)


def admitting(effective: EffectivePolicy, origin: str, replies: Replies) -> CompiledPolicy | None:
    """Find the policy that answers ``origin``: the first that admits it, whole.

    What is no origin is admitted by a public policy alone: its ``*`` reflects nothing.
    """
    if effective.listed is not None:
        # In one step for nearly every site: to ask the set itself takes five times as long.
        if origin in effective.listed:
            return effective.policies[0]
    else:
        for policy in effective.policies:
            if policy.public or policy.origins.admits(origin):
                return policy
            if policy.origins.callables and one_says_yes(
                policy.origins, origin, replies, _questions(effective, origin)
            ):
                return policy
    if effective.signal and replies.get(id(SIGNAL), True):
        # Only layers that end in the settings ask, and those hold exactly one policy.
        return effective.policies[0] if is_origin(origin) and replies.says(SIGNAL) else None
    return None


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
