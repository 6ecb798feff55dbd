"""Checks of what a browser sends by a preflight that it kept, against what a policy says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.core.checks import CheckMessage, Warning

from cors_views.inspection.policies_in_use import sources
from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import Pattern, is_pattern
from cors_views.protocol.effective_policies import CompiledPolicy, RoutePolicies
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import routes_named
from cors_views.standard.methods import SAFE_METHODS

#: What stands for the labels and the port of a pattern. Nobody writes such ones into another
#: pattern, so one that admits this is as wide.
_SOME_LABELS, _SOME_PORT = "w5x7.q3z9", "61897"


class Opened(NamedTuple):
    """A request that a cached preflight lets pass: ``other``, ``wider`` than its policy says."""

    place: str
    max_age: str
    other: str
    wider: str
    methods: tuple[str, ...]


def opened_by_caches(route_policies: RoutePolicies) -> Iterator[Opened]:
    """Yield what a declared ``max_age`` lets a cached preflight pass beyond what a policy says."""
    opened: dict[tuple[str, str, str, str], list[str]] = {}
    for method, effective in route_policies.effective_policies.items():
        for number, policy in enumerate(effective.policies):
            if policy.own_max_age and policy.policy.max_age:
                source = (sources(effective, number)["max_age"], str(policy.policy.max_age))
                for other, wider in _opened_by(route_policies, method, policy):
                    opened.setdefault((*source, other, wider), []).append(method)
    for key, methods in opened.items():
        yield Opened(*key, tuple(sorted(methods)))


def check_caches(cached: Mapping[Opened, list[PatternPath]]) -> Iterator[CheckMessage]:
    """Warn once of what is opened, for all the routes that a router makes of one view."""
    for opened, pattern_paths in cached.items():
        yield Warning(
            f"{routes_named(pattern_paths)}: for {opened.max_age} seconds after a preflight for "
            f"{_either(opened.methods)}, a browser sends {opened.other} {opened.wider}, which the "
            f"policy of {opened.other} does not admit. max_age is from the {opened.place}.",
            hint="Drop max_age there, or set it to 0, so that browsers do not cache preflights.",
            id="cors_views.W022",
        )


def _either(names: Sequence[str]) -> str:
    """Return names as an English sentence has them: ``GET, HEAD or OPTIONS``."""
    return " or ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _opened_by(
    route_policies: RoutePolicies, method: str, policy: CompiledPolicy
) -> Iterator[tuple[str, str]]:
    hidden = (
        ("POST",)
        if route_policies.may_post and "POST" not in route_policies.effective_policies
        else ()
    )
    for other in (*route_policies.effective_policies, *hidden):
        effective = route_policies.effective(other)
        if effective is route_policies.effective(method) or other in SAFE_METHODS:
            continue
        # Whoever asks with credentials was admitted by a policy that allows them.
        peers = {_answering(effective.policies, entry, policy) for entry in _entries(policy)}
        if other == "POST" and None in peers:
            yield other, "with headers that need a preflight"
        names = {
            name
            for peer in peers
            if peer is not None and peer.offers(other) and "*" not in peer.headers
            for name in policy.headers - peer.headers
        }
        if names:
            yield other, f"with {', '.join(sorted(names))}"


def _entries(policy: CompiledPolicy) -> tuple[Any, ...]:
    """Return what a policy admits origins by: origins, patterns, callables, expressions."""
    return (*(policy.policy.origins or ()), *(policy.policy.origin_regexes or ()))


def _answering(
    peers: tuple[CompiledPolicy, ...], entry: Any, policy: CompiledPolicy
) -> CompiledPolicy | None:
    """Return which of some policies answers whatever an entry admits, as far as ``policy`` does."""
    for peer in peers:
        if peer.credentials >= policy.credentials and _admits_all_of(peer, entry):
            return peer
    return None


def _admits_all_of(peer: CompiledPolicy, entry: Any) -> bool:
    """Return whether a policy admits every origin that an entry of another one admits.

    Of callables and expressions only the very same is known to.
    """
    if peer.origins.any or any(entry is each for each in _entries(peer)):
        return True
    if not isinstance(entry, str):
        return entry in (peer.policy.origin_regexes or ())
    if entry == "*":
        return False
    if not is_pattern(entry):
        # One origin: an expression may admit it as well.
        return peer.origins.admits(entry)
    written = OriginSet(each for each in peer.policy.origins or () if isinstance(each, str))
    return all(map(written.admits, Pattern.of(entry).examples(_SOME_LABELS, _SOME_PORT)))
