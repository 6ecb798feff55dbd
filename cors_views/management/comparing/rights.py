"""What a policy lets an origin do with one method, with cookies and without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cors_views.standard.methods import SAFELISTED_METHODS

#: What is gained or lost, as it stands in JSON; a header's name goes behind the last two.
READ, RUN, PRIVATE_NETWORK = "read", "run", "private-network"
SEND, SEE = "send:", "see:"

#: Whether what is gained or lost concerns requests with cookies.
EITHER, WITHOUT, WITH = "either", "without", "with"


class Rights(NamedTuple):
    """What a page may do: read answers, send headers, see headers of the answer.

    A ``*`` among the headers stands for all but Authorization.
    """

    reads: bool = False
    headers: frozenset[str] = frozenset()
    exposes: frozenset[str] = frozenset()
    private_network: bool = False

    def beyond(self, other: Rights) -> tuple[str, ...]:
        """Return what these rights have that the others lack.

        Whoever may read from now on has gained the rest with it.
        """
        if not self.reads:
            return ()
        if not other.reads:
            return (READ,)
        found = [f"{SEND}{name}" for name in _beyond(self.headers, other.headers, SEND)]
        found += [f"{SEE}{name}" for name in _beyond(self.exposes, other.exposes, SEE)]
        if self.private_network and not other.private_network:
            found.append(PRIVATE_NETWORK)
        return tuple(found)


def _beyond(ours: frozenset[str], theirs: frozenset[str], what: str) -> list[str]:
    # Fetch, "CORS non-wildcard request-header name": '*' never covers Authorization.
    named = {"authorization"} if what == SEND else set()
    covered = theirs | (ours - named if "*" in theirs else frozenset())
    more = ours - covered
    return ["*", *sorted(more & named)] if "*" in more else sorted(more)


class Grant(NamedTuple):
    """The rights without cookies, and those with them."""

    without: Rights = Rights()
    with_cookies: Rights = Rights()

    def beyond(self, other: Grant) -> list[tuple[tuple[str, ...], str]]:
        """Return what this grants that the other does not, with whether it is for cookies."""
        plain = self.without.beyond(other.without)
        cookies = self.with_cookies.beyond(other.with_cookies)
        if plain == cookies:
            return [(plain, EITHER)] if plain else []
        return [(what, which) for what, which in ((plain, WITHOUT), (cookies, WITH)) if what]


NOTHING = Grant()


def grant(policy: Mapping[str, Any]) -> Grant:
    """Return what a policy of the JSON grants an origin that it admits, with GET for one."""
    with_cookies = _rights(policy, cookies=True) if policy["credentials"] else Rights()
    return Grant(_rights(policy, cookies=False), with_cookies)


def grant_for(
    policy: Mapping[str, Any], method: str, grant: Grant, *, enforced: bool = False
) -> Grant:
    """Return what of a policy's grant there is for a method, which may have to be offered.

    Where policies are ``enforced``, a method that no preflight asks about has to be, too.
    """
    if method in policy["offers"] or (method == "HEAD" and "GET" in policy["offers"]):
        return grant
    if method in SAFELISTED_METHODS and (not enforced or "*" in policy["offers"]):
        return grant
    if "*" not in policy["offers"]:
        return NOTHING
    return grant._replace(with_cookies=Rights()) if _is_literal(policy) else grant


def _rights(policy: Mapping[str, Any], *, cookies: bool) -> Rights:
    return Rights(
        True,
        _names(map(str.lower, policy["headers"]), literal=cookies and _is_literal(policy)),
        _names(map(str.lower, policy["expose_headers"]), literal=cookies),
        policy["private_network"],
    )


def _is_literal(policy: Mapping[str, Any]) -> bool:
    """Return whether a ``*`` is sent to requests with cookies, to which it is a name.

    Fetch, "CORS-preflight fetch". A policy of a declaration answers with the names that were asked
    for instead; the settings do not.
    """
    return bool(policy["undeclared"])


def _names(names: Iterable[str], *, literal: bool) -> frozenset[str]:
    return frozenset(name for name in names if not (literal and name == "*"))
