"""What is answered to a preflight: which methods and headers it is offered, and for how long.

Fetch, "CORS-preflight fetch" and "CORS-preflight cache", are the authority.
"""

from __future__ import annotations

from collections.abc import Mapping

from cors_views.protocol.actual_answers import as_django_cors_headers
from cors_views.protocol.admission import NOT_ADMITTED, admitting, is_opened
from cors_views.protocol.effective_policies import CompiledPolicy, RoutePolicies, preflight_headers
from cors_views.protocol.questions import Replies
from cors_views.protocol.reasons import Answer, Headers, Preflight
from cors_views.standard.methods import SAFE_METHODS, is_forbidden_method, is_method
from cors_views.standard.request_headers import NON_WILDCARD_REQUEST_HEADERS, parse_request_headers
from cors_views.standard.response_headers import ALLOW_PRIVATE_NETWORK


def preflight(route_policies: RoutePolicies, asked: Preflight, replies: Replies) -> Answer | None:
    """Answer a preflight, or return ``None`` where no policy governs and the view gets it."""
    effective = route_policies.effective_policy_for(asked.method)
    if effective.denied:
        return effective.constant_answer
    if effective.needs_url_match and not is_opened(effective, asked.url_matches, replies):
        return None
    policy = admitting(effective, asked.origin, replies)
    if policy is None:
        return NOT_ADMITTED
    if effective.undeclared:
        offered = as_django_cors_headers(policy, True, asked.private_network)
    else:
        ready = policy.offer if route_policies.uniform else None
        offered = _offered(route_policies, policy, asked, replies) if ready is None else ready
        if asked.private_network and policy.policy.private_network:
            offered = (*offered, (ALLOW_PRIVATE_NETWORK, "true"))
    vary = (
        effective.public is None
        or not route_policies.uniform
        or (effective.needs_url_match and not asked.url_matches)
    )
    return Answer(policy.allow_headers(asked.origin) + offered, vary)


def _offered(
    route_policies: RoutePolicies, policy: CompiledPolicy, asked: Preflight, replies: Replies
) -> Headers:
    """Return what a preflight is offered that depends on what it asks, or on other methods."""
    if route_policies.uniform and "*" not in policy.methods:
        # All methods have this policy, so nothing that is kept could ride on another.
        allowed = _allowed_headers(policy, parse_request_headers(asked.headers or ""))
        return preflight_headers(policy.sendable_methods, allowed, policy.max_age)
    admitted = _admitted(route_policies, policy, asked, replies)
    # A browser's preflight cache is keyed by URL, origin and credentials mode, not by method: a
    # policy without the credentials of this one must not ride on an answer that has them.
    peers = {
        name: peer for name, peer in admitted.items() if peer.credentials or not policy.credentials
    }
    requested = parse_request_headers(asked.headers or "")
    methods = _allowed_methods(route_policies, policy, peers)
    allowed = _allowed_headers(policy, requested)
    bleeds = not policy.own_max_age and (
        (route_policies.may_post and "POST" not in peers) or _bleeds(policy, allowed, admitted)
    )
    return preflight_headers(methods, allowed, "0" if bleeds else policy.max_age)


def _admitted(
    route_policies: RoutePolicies, policy: CompiledPolicy, asked: Preflight, replies: Replies
) -> dict[str, CompiledPolicy]:
    """Return the policy that answers the origin for each method of the route that admits it."""
    found: dict[int, CompiledPolicy | None] = {
        id(route_policies.effective_policy_for(asked.method)): policy
    }
    candidates = {*route_policies.candidates, *route_policies.implemented}
    if is_method(asked.method):
        # As it was sent: a browser compares "patch" letter by letter, and only a '*' offers that.
        candidates.add(asked.method)
    if route_policies.may_post:
        candidates.add("POST")
    admitted = {}
    for candidate in sorted(candidates):
        effective = route_policies.effective(candidate.upper())
        if id(effective) not in found:
            opened = bool(effective.policies) and is_opened(effective, asked.url_matches, replies)
            found[id(effective)] = admitting(effective, asked.origin, replies) if opened else None
        peer = found[id(effective)]
        if peer is not None:
            admitted[candidate] = peer
    return admitted


def _allowed_methods(
    route_policies: RoutePolicies, policy: CompiledPolicy, peers: Mapping[str, CompiledPolicy]
) -> tuple[str, ...]:
    """Return what Access-Control-Allow-Methods names: only methods that admit this origin."""
    if "*" in policy.methods and route_policies.uniform and not policy.credentials:
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
