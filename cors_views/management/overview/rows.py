"""Who may read what: one row for each policy of each route, and where it is declared."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from django.urls import URLResolver

from cors_views.cached_origins import CachedOrigins
from cors_views.defaults import default_methods
from cors_views.inspection import url_shapes
from cors_views.inspection.hidden_routes import hidden_among
from cors_views.inspection.policies_in_use import (
    Source,
    governed_methods,
    offered,
    offered_names,
    sources_of,
)
from cors_views.policies.enforced_anywhere import Enforce
from cors_views.policies.policy import CorsPolicy, unchecked
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy
from cors_views.regexes.automata import Matching
from cors_views.resolution import layer_order, lookup, pattern_paths
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name
from cors_views.resolution.wrapped_views import name_of
from cors_views.signals import check_request_enabled
from cors_views.standard.methods import SAFELISTED_METHODS

#: What stands for the route of URLs that have none.
UNROUTED = "any other URL"
#: In this order people look for methods; others come after them.
_ORDER = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Row(NamedTuple):
    """One policy of some methods of one route; ``number`` counts those of one declaration.

    ``pattern_path`` is empty for the URLs that nothing resolves. ``methods`` is ``None`` for any;
    ``not_offered`` are those of them that no preflight is offered. ``compiled`` is ``None`` where
    nobody is admitted: the view is closed, or nothing governs it. ``matching`` says which URLs of
    the route ``CORS_URLS_REGEX`` matches; it is ``None`` where that does not matter. ``suffixed``
    says that a second route, of DRF's format suffixes, has the very same rows, and ``routes`` for
    how many routes the row stands. ``hidden`` says that no request reaches the route: an earlier
    one matches its URLs.
    """

    pattern_path: PatternPath
    methods: tuple[str, ...] | None
    not_offered: tuple[str, ...]
    effective: EffectivePolicy
    number: int
    compiled: CompiledPolicy | None
    sources: Mapping[str, Source]
    asks_signal: bool
    matching: Matching | None = None
    suffixed: bool = False
    routes: int = 1
    hidden: bool = False

    @property
    def route(self) -> str:
        """The route, for people."""
        return route_name(self.pattern_path) if self.pattern_path else UNROUTED

    @property
    def policy(self) -> CorsPolicy:
        """The policy with everything that was refined; an empty one where nobody is admitted."""
        return self.compiled.policy if self.compiled else CorsPolicy(origins=[])

    @property
    def only_offered(self) -> tuple[str, ...]:
        """What a view is offered whose own methods nobody can see, unless that is everything."""
        if self.methods is not None or self.compiled is None:
            return ()
        names = self.offers
        return () if "*" in names or names >= set(default_methods) else in_order(names)

    @property
    def offers(self) -> AbstractSet[str]:
        """The methods that preflights are told of, as they are sent."""
        return offered_names(self.effective, self.compiled) if self.compiled else frozenset()

    @property
    def access(self) -> str:
        """``allow``, ``deny`` where a declaration closes the view, ``none`` where none governs."""
        if self.compiled is not None:
            return "allow"
        return "deny" if self.effective.denied else "none"

    @property
    def enforce(self) -> Enforce:
        """What is done on the server with requests that are not admitted.

        Of several policies the strictest counts; where none governs, nothing is enforced.
        """
        governed = self.access != "none" and self.matching is not Matching.NEVER
        return self.effective.enforce if governed and not self.hidden else False

    @property
    def _callables(self) -> tuple[Any, ...]:
        return self.compiled.origins.callables if self.compiled else ()

    @property
    def loading(self) -> tuple[CachedOrigins, ...]:
        """Which ``CachedOrigins`` hold origins that are admitted too."""
        return tuple(each for each in self._callables if isinstance(each, CachedOrigins))

    @property
    def asks(self) -> tuple[str, ...]:
        """Who is asked for each request whether the origin is admitted, by name."""
        callables = [each for each in self._callables if each not in self.loading]
        return (*map(name_of, callables), *(("check_request_enabled",) if self.asks_signal else ()))

    @property
    def policy_names(self) -> set[str]:
        """The names of ``CORS_POLICIES`` that the policy is made of."""
        return {source.policy_name for source in self.sources.values()} - {""}

    @property
    def decided_by(self) -> Layer | None:
        """The declaration whose origins count, or that closes the view; ``None`` for settings."""
        return None if self.effective.signal else _layer(self.effective.counting_layers[0])

    @property
    def refined_by(self) -> tuple[Layer, ...]:
        """The declarations without origins that stand nearer, nearest first."""
        return (
            self.effective.counting_layers
            if self.effective.signal
            else self.effective.counting_layers[1:]
        )

    @property
    def setting(self) -> str:
        """The setting that decides where no declaration does."""
        if not self.effective.signal:
            return ""
        if not self.effective.applies:
            return "CORS_OPT_IN"
        source = self.sources.get("origins")
        return source.setting if source else "CORS_URLS_REGEX"

    @property
    def admits_somebody(self) -> bool:
        """Whether there is any origin that may read the answers, or is asked about."""
        return bool(self.policy.origins or self.policy.origin_regexes or self.asks)

    def reach(self, origin: str) -> str:
        """Return ``admitted``, ``asked`` where that is asked per request, or ``""``."""
        if self.compiled is None:
            return ""
        if not self.only_asked and (
            self.compiled.origins.admits(origin)
            or any(cached.admits(origin) for cached in self.loading)
        ):
            return "admitted"
        return "asked" if self.asks else ""

    @property
    def only_asked(self) -> bool:
        """Whether only a receiver of the signal opens what ``CORS_URLS_REGEX`` leaves out."""
        return self.asks_signal and self.matching is Matching.NEVER

    @property
    def depends_on_url(self) -> bool:
        """Whether ``CORS_URLS_REGEX`` matches some URLs of the route, perhaps, and others not."""
        return self.compiled is not None and self.matching is Matching.MAYBE


def _layer(found: Any) -> Layer | None:
    # A view that cannot be understood is closed by no declaration.
    return found if isinstance(found, Layer) else None


class _Governed(NamedTuple):
    """Methods whose policies are equal but for what they offer; ``names`` is empty for any."""

    effective: EffectivePolicy
    names: dict[str, EffectivePolicy]

    @property
    def rank(self) -> int:
        return min(map(_place_of, self.names), default=-1)


def rows(resolver: URLResolver) -> Iterator[Row]:
    """Yield the rows of every route, in the order of the URLconf, and of what nothing resolves."""
    every = list(pattern_paths.all_pattern_paths(resolver))
    hidden = hidden_among(every)
    for pattern_path in every:
        route_policies = lookup.build_safely(pattern_path)
        if pattern_path in hidden:
            yield Row(pattern_path, None, (), route_policies.other, 0, None, {}, False, hidden=True)
            continue
        if not layer_order.understands(pattern_path):
            yield from _rows_of(pattern_path, _Governed(route_policies.other, {}))
            continue
        found: list[_Governed] = []
        for effective, names in governed_methods(pattern_path, route_policies):
            if names != ():
                _add(found, effective, names)
        for governed in sorted(found, key=lambda each: each.rank):
            yield from _rows_of(pattern_path, governed)
    yield from _rows_of((), _Governed(lookup.unrouted().other, {}))


def _add(found: list[_Governed], effective: EffectivePolicy, names: tuple[str, ...] | None) -> None:
    """Add methods to those under an equal policy: a handler of GET and HEAD has one for each."""
    for other in found:
        if names and other.names and essence(other.effective) == essence(effective):
            other.names.update(dict.fromkeys(names, effective))
            return
    found.append(_Governed(effective, dict.fromkeys(names or (), effective)))


def essence(effective: EffectivePolicy) -> Any:
    """Return what a policy says beside what it offers; equal ones are one to people."""
    policies = [
        unchecked({**each.policy.set_fields(), "methods": None}) for each in effective.policies
    ]
    return (
        policies,
        effective.counting_layers,
        effective.signal,
        effective.needs_url_match,
        effective.applies,
        effective.enforce,
    )


def _rows_of(pattern_path: PatternPath, governed: _Governed) -> Iterator[Row]:
    effective = governed.effective
    methods = in_order(governed.names) or None
    asks_signal = effective.signal and effective.applies and bool(check_request_enabled.receivers)
    matching = (
        url_shapes.matching(pattern_path)
        if effective.needs_url_match and effective.applies
        else None
    )
    speaks = effective.applies and matching is not Matching.NEVER
    if not effective.policies or not (speaks or asks_signal):
        yield Row(pattern_path, methods, (), effective, 0, None, {}, False, matching)
        return
    for number, compiled in enumerate(effective.policies):
        not_offered = tuple(
            name
            for name in methods or ()
            # Fetch, "CORS-safelisted method": these need no offer.
            if name not in SAFELISTED_METHODS
            and not offered(governed.names[name], governed.names[name].policies[number], [name])
        )
        sources = sources_of(effective, number)
        yield Row(
            pattern_path,
            methods,
            not_offered,
            effective,
            number,
            compiled,
            sources,
            asks_signal,
            matching,
        )


def deciding_row(pattern_path: PatternPath, effective: EffectivePolicy) -> Row:
    """Return a row that tells what decides for a route under a policy, and where."""
    policies = effective.policies
    sources = sources_of(effective, 0) if policies else {}
    compiled = policies[0] if policies else None
    return Row(pattern_path, None, (), effective, 0, compiled, sources, False)


def _place_of(method: str) -> int:
    return _ORDER.index(method) if method in _ORDER else len(_ORDER)


def in_order(methods: Any) -> tuple[str, ...]:
    """Return methods as people expect them: GET first."""
    return tuple(sorted(methods, key=lambda name: (_place_of(name), name)))
