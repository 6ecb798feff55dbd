"""What is answered to a request that is no preflight, and which one must not run at all.

Fetch, "CORS protocol", is the authority.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from cors_views.protocol.admission import NOT_ADMITTED, admitting, is_opened
from cors_views.protocol.effective_policies import VARY, CompiledPolicy, EffectivePolicy
from cors_views.protocol.questions import SIGNAL, Replies
from cors_views.protocol.reasons import Answer, Headers, Reason
from cors_views.standard.response_headers import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_PRIVATE_NETWORK,
    MAX_AGE,
)

_NO_POLICY = Answer(reason=Reason.NO_POLICY)
#: What a receiver leaves closed to one origin it may open to the next.
_LEFT_CLOSED = Answer(vary=True, reason=Reason.NO_POLICY)
_NOT_OFFERED = Answer(vary=True, reason=Reason.METHOD_NOT_OFFERED)


def actual(
    effective: EffectivePolicy,
    origin: str,
    replies: Replies,
    *,
    url_matches: bool = True,
    options: bool = False,
    private_network: bool = False,
) -> Answer:
    """Answer a request that is no preflight; ``origin`` is ``""`` where it sent none.

    The rest of the request matters only where the settings alone speak: whether
    ``CORS_URLS_REGEX`` matches the URL, whether the method is OPTIONS, and whether Private Network
    Access is asked for.
    """
    if effective.constant_answer is not None:
        return effective.constant_answer
    if not is_opened(effective, url_matches, replies):
        replied = effective.applies and replies[id(SIGNAL)] is not None
        return _LEFT_CLOSED if replied else _NO_POLICY
    # A receiver's word may differ from origin to origin, so what it opened is never for everybody.
    public = effective.public if url_matches else None
    if not origin:
        return VARY if public is None else Answer(public)
    policy = admitting(effective, origin, replies)
    if policy is None:
        return NOT_ADMITTED
    headers = policy.allow_headers(origin)
    if effective.undeclared:
        headers += as_django_cors_headers(policy, options, private_network)
    return Answer(headers, public is None)


def forbidden(
    effective: EffectivePolicy,
    method: str,
    origin: str,
    replies: Replies,
    *,
    url_matches: bool = True,
) -> Answer | None:
    """Return the answer to a request of another site that must not run, where policies enforce.

    ``method`` is upper case. Fetch refuses only to *read* the response of a request that needs no
    preflight; what this refuses never reaches its handler.
    """
    if effective.denied:
        return effective.constant_answer
    if not is_opened(effective, url_matches, replies):
        return None
    policy = admitting(effective, origin, replies)
    if policy is None:
        return NOT_ADMITTED
    return None if policy.lets_run(method) else _NOT_OFFERED


def at_once(
    effective: EffectivePolicy, origin: str, path: str, method: str | None, receivers: Sequence[Any]
) -> Answer | None:
    """Answer as ``actual`` does, to which it is a shortcut for nearly every request.

    Return ``None`` where callables or ``receivers`` have to be asked, or where more of the request
    matters.
    """
    if effective.signal:
        if receivers:
            return effective.settled(origin)
        # Only under the settings alone does the URL matter.
        if (
            # A dot in a regular expression matches all but that.
            "\n" in path or (effective.matches_url is not None and not effective.matches_url(path))
        ) and effective.needs_url_match:
            return None
    if not origin:
        return effective.without_origin_at_once
    listed = effective.listed
    if listed is not None and origin not in listed:
        return NOT_ADMITTED
    if effective.undeclared and method == "OPTIONS":
        # Whoever is admitted is told more there.
        return None
    if listed is not None:
        return Answer(effective.policies[0].allow_headers(origin), True)
    if not effective.origin_decides:
        return effective.constant_answer
    if effective.same_for_all:
        return effective.without_origin_if_open
    for policy in effective.policies:
        origins = policy.origins
        if origins.listed is not None:
            admitted = origin in origins.listed
        else:
            # Even a public policy is one of several here.
            admitted = origins.admits(origin) or policy.public
        if admitted:
            return Answer(policy.allow_headers(origin), True)
    return NOT_ADMITTED


def as_django_cors_headers(policy: CompiledPolicy, options: bool, private_network: bool) -> Headers:
    """Return what django-cors-headers adds on every OPTIONS, preflight or not, empty values too."""
    headers: list[tuple[str, str]] = []
    if options:
        headers.append((ALLOW_HEADERS, ", ".join(policy.policy.headers or ())))
        headers.append((ALLOW_METHODS, ", ".join(policy.policy.methods or ())))
        if policy.max_age is not None:
            headers.append((MAX_AGE, policy.max_age))
    if private_network and policy.policy.private_network:
        headers.append((ALLOW_PRIVATE_NETWORK, "true"))
    return tuple(headers)
