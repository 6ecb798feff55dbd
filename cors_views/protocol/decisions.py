"""The CORS protocol: what is answered to a request and to a preflight under compiled policies.

Fetch, "CORS protocol", is the authority. Nothing here does I/O: where a callable origin or the
signal has to be asked, ``Unanswered`` says so, and whoever can ask decides again with the answer.
So one rule set serves sync and async drivers alike, and costs nothing where nobody is asked.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from cors_views.policies.origin_sets import LoadedOrigins, OriginCallable, OriginSet
from cors_views.protocol.effective_policies import (
    VARY,
    CompiledPolicy,
    EffectivePolicy,
    RoutePolicies,
    preflight_headers,
)
from cors_views.protocol.reasons import Answer, Headers, Preflight, Reason
from cors_views.standard.methods import SAFE_METHODS, is_forbidden_method, is_method
from cors_views.standard.origins import is_origin
from cors_views.standard.request_headers import NON_WILDCARD_REQUEST_HEADERS, parse_request_headers
from cors_views.standard.response_headers import (
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_PRIVATE_NETWORK,
    MAX_AGE,
)


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


_NO_POLICY = Answer(reason=Reason.NO_POLICY)
#: What a receiver leaves closed to one origin it may open to the next.
_LEFT_CLOSED = Answer(vary=True, reason=Reason.NO_POLICY)
_NOT_ADMITTED = Answer(vary=True, reason=Reason.ORIGIN_NOT_ADMITTED)
_NOT_OFFERED = Answer(vary=True, reason=Reason.METHOD_NOT_OFFERED)


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


def _opened(effective: EffectivePolicy, url_matches: bool, replies: Replies) -> bool:
    """Return whether the policy speaks for this URL at all."""
    return not effective.needs_url_match or (
        effective.applies and (url_matches or bool(replies.says(SIGNAL)))
    )


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
    if not _opened(effective, url_matches, replies):
        replied = effective.applies and replies[id(SIGNAL)] is not None
        return _LEFT_CLOSED if replied else _NO_POLICY
    # A receiver's word may differ from origin to origin, so what it opened is never for everybody.
    public = effective.public if url_matches else None
    if not origin:
        return VARY if public is None else Answer(public)
    policy = admitting(effective, origin, replies)
    if policy is None:
        return _NOT_ADMITTED
    headers = policy.allow_headers(origin)
    if effective.undeclared:
        headers += _as_django_cors_headers(policy, options, private_network)
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
    if not _opened(effective, url_matches, replies):
        return None
    policy = admitting(effective, origin, replies)
    if policy is None:
        return _NOT_ADMITTED
    return None if policy.lets_run(method) else _NOT_OFFERED


def by_origin(effective: EffectivePolicy, origin: str) -> Answer | None:
    """Answer as ``actual`` does, to which it is a shortcut: the URL matches and nobody listens.

    Return ``None`` where callables have to be asked, or more of the request matters.
    """
    if not effective.origin_decides:
        return effective.settled(origin)
    if not origin or effective.same_for_all:
        return effective.without_origin_if_open
    if effective.listed is not None and origin not in effective.listed:
        return _NOT_ADMITTED
    for policy in effective.policies:
        if policy.origins.admits(origin) or policy.public:
            # Even a public policy is one of several here.
            return Answer(policy.allow_headers(origin), True)
    return _NOT_ADMITTED


def _as_django_cors_headers(
    policy: CompiledPolicy, options: bool, private_network: bool
) -> Headers:
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


def preflight(route: RoutePolicies, asked: Preflight, replies: Replies) -> Answer | None:
    """Answer a preflight, or return ``None`` where no policy governs and the view gets it."""
    effective = route.effective_policy_for(asked.method)
    if effective.denied:
        return effective.constant_answer
    if effective.needs_url_match and not _opened(effective, asked.url_matches, replies):
        return None
    policy = admitting(effective, asked.origin, replies)
    if policy is None:
        return _NOT_ADMITTED
    if effective.undeclared:
        offered = _as_django_cors_headers(policy, True, asked.private_network)
    else:
        ready = policy.offer if route.uniform else None
        offered = _offered(route, policy, asked, replies) if ready is None else ready
        if asked.private_network and policy.policy.private_network:
            offered = (*offered, (ALLOW_PRIVATE_NETWORK, "true"))
    vary = (
        effective.public is None
        or not route.uniform
        or (effective.needs_url_match and not asked.url_matches)
    )
    return Answer(policy.allow_headers(asked.origin) + offered, vary)


def _offered(
    route: RoutePolicies, policy: CompiledPolicy, asked: Preflight, replies: Replies
) -> Headers:
    """Return what a preflight is offered that depends on what it asks, or on other methods."""
    admitted = _admitted(route, policy, asked, replies)
    # A browser's preflight cache is keyed by URL, origin and credentials mode, not by method: a
    # policy without the credentials of this one must not ride on an answer that has them.
    peers = {
        name: peer for name, peer in admitted.items() if peer.credentials or not policy.credentials
    }
    requested = parse_request_headers(asked.headers or "")
    methods = _allowed_methods(route, policy, peers)
    allowed = _allowed_headers(policy, requested)
    bleeds = not policy.own_max_age and (
        (route.may_post and "POST" not in peers) or _bleeds(policy, allowed, admitted)
    )
    return preflight_headers(methods, allowed, "0" if bleeds else policy.max_age)


def _admitted(
    route: RoutePolicies, policy: CompiledPolicy, asked: Preflight, replies: Replies
) -> dict[str, CompiledPolicy]:
    """Return the policy that answers the origin for each method of the route that admits it."""
    found: dict[int, CompiledPolicy | None] = {id(route.effective_policy_for(asked.method)): policy}
    candidates = {*route.candidates, *route.implemented}
    if is_method(asked.method):
        # As it was sent: a browser compares "patch" letter by letter, and only a '*' offers that.
        candidates.add(asked.method)
    if route.may_post:
        candidates.add("POST")
    admitted = {}
    for candidate in sorted(candidates):
        effective = route.effective(candidate.upper())
        if id(effective) not in found:
            opened = bool(effective.policies) and _opened(effective, asked.url_matches, replies)
            found[id(effective)] = admitting(effective, asked.origin, replies) if opened else None
        peer = found[id(effective)]
        if peer is not None:
            admitted[candidate] = peer
    return admitted


def _allowed_methods(
    route: RoutePolicies, policy: CompiledPolicy, peers: Mapping[str, CompiledPolicy]
) -> tuple[str, ...]:
    """Return what Access-Control-Allow-Methods names: only methods that admit this origin."""
    if "*" in policy.methods and route.uniform and not policy.credentials:
        return ("*",)
    return tuple(
        sorted(
            name
            for name, peer in peers.items()
            if peer.offers(name) and not is_forbidden_method(name)
        )
    )


def _allowed_headers(policy: CompiledPolicy, requested: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return what Access-Control-Allow-Headers names: the full set of the policy."""
    named = tuple(header for header in policy.policy.headers or () if header != "*")
    if "*" not in policy.headers:
        return named
    known = {header.lower() for header in named}
    # Fetch, "CORS non-wildcard request-header name": '*' never covers Authorization. Chromium
    # lets it, so where Authorization is asked for, or hidden in a value too long to read, the
    # answer has no '*'.
    hidden = NON_WILDCARD_REQUEST_HEADERS - known
    covered = requested is not None and hidden.isdisjoint(requested)
    if covered and not policy.credentials:
        return ("*", *named)
    unwanted = known | NON_WILDCARD_REQUEST_HEADERS
    echo = tuple(header for header in requested or () if header not in unwanted)
    return (*named, *echo)


def _bleeds(
    policy: CompiledPolicy, allowed: tuple[str, ...], admitted: Mapping[str, CompiledPolicy]
) -> bool:
    """Return whether a header that is allowed here would ride on a method that does not allow it.

    Fetch, "CORS-preflight cache", keeps methods and header names apart: a header once allowed
    goes with any method that needs no naming, as POST, or was named, in this answer or another.
    What was kept for requests with credentials counts for those without, too ("cache entry
    match"), so a method is compared whether or not it allows them.
    """
    return any(
        other is not policy and not _covers(other, allowed)
        for name, other in admitted.items()
        if name not in SAFE_METHODS and (name == "POST" or other.offers(name))
    )


def _covers(policy: CompiledPolicy, names: tuple[str, ...]) -> bool:
    lower = {name.lower() for name in names}
    if "*" in policy.headers:
        lower &= NON_WILDCARD_REQUEST_HEADERS
    return lower <= policy.headers
