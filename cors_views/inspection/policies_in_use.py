"""Every policy of the site where it is used: its route, its methods, the places it is from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, NamedTuple

from cors_views import conf
from cors_views.conf import installed_middleware
from cors_views.declarations.marks import wrapped
from cors_views.defaults import default_methods
from cors_views.inspection import url_shapes
from cors_views.inspection.hidden_routes import hidden_among
from cors_views.policies.fields import FIELDS, TABLE
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy, RoutePolicies
from cors_views.regexes.automata import Matching
from cors_views.resolution import layer_order, lookup, pattern_paths
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name
from cors_views.resolution.wrapped_views import served_methods
from cors_views.standard.methods import SAFE_METHODS, SAFELISTED_METHODS
from cors_views.support.memory import remembered

#: So many names of a long list does a message hold.
_NAMED = 5


class PolicyInUse(NamedTuple):
    """One policy that governs some methods of one route.

    ``methods`` are those that it governs and the view serves, ``None`` for any. ``sources`` says
    for each field which place set it, for people. That of the settings alone has an empty path.
    """

    pattern_path: PatternPath
    methods: tuple[str, ...] | None
    effective: EffectivePolicy
    compiled: CompiledPolicy
    sources: Mapping[str, str]

    @property
    def policy(self) -> CorsPolicy:
        return self.compiled.policy

    @property
    def origins(self) -> list[str]:
        """The origins and patterns that are written out."""
        return [origin for origin in self.policy.origins or () if isinstance(origin, str)]

    @property
    def regexes(self) -> tuple[re.Pattern[str], ...]:
        """The regular expressions for origins."""
        return self.policy.origin_regexes or ()

    @property
    def depends_on_url(self) -> bool:
        """Whether ``CORS_URLS_REGEX`` may match some URLs of the route, and others not."""
        return (
            self.effective.needs_url_match
            and url_shapes.matching(self.pattern_path) is Matching.MAYBE
        )

    @property
    def sendable(self) -> tuple[str, ...]:
        """The methods that a page of an admitted origin may send."""
        return sendable(self.effective, self.compiled, self.methods)

    @property
    def unsafe_offered(self) -> list[str]:
        """The methods that may change something and that preflights are offered."""
        names = set(self.sendable) - SAFE_METHODS
        return sorted(offered(self.effective, self.compiled, names))

    def where(self, field: str = "origins") -> str:
        """Return who sets a field, and one route that gets it."""
        at = f", at {route_name(self.pattern_path)}," if self.pattern_path else ""
        return f"{self.sources[field]}{at}"


def survey() -> list[tuple[PatternPath, RoutePolicies]]:
    """Return every route that requests reach and that can be understood, with what governs it."""
    return _survey(pattern_paths.of_the_site())


@remembered
def _survey(every: list[PatternPath]) -> list[tuple[PatternPath, RoutePolicies]]:
    hidden = hidden_among(every)
    found = [
        (pattern_path, lookup.build_safely(pattern_path))
        for pattern_path in every
        if pattern_path not in hidden
    ]
    return [
        (pattern_path, route_policies)
        for pattern_path, route_policies in found
        if layer_order.understands(pattern_path)
    ]


class Unclear(NamedTuple):
    """A route that cannot be understood, and why.

    ``closed`` is whether it admits nobody, because something may be declared there; otherwise the
    settings answer.
    """

    pattern_path: PatternPath
    error: Exception
    closed: bool


def not_understood() -> list[Unclear]:
    """Return every route of the site that cannot be understood."""
    every = pattern_paths.of_the_site()
    found = [(pattern_path, layer_order.what_is_unclear(pattern_path)) for pattern_path in every]
    return [
        Unclear(pattern_path, error, layer_order.may_declare(pattern_path))
        for pattern_path, error in found
        if error
    ]


def governed_methods(
    pattern_path: PatternPath, route_policies: RoutePolicies
) -> list[tuple[EffectivePolicy, tuple[str, ...] | None]]:
    """Return each effective policy of a route once, with the methods that it governs.

    ``None`` stands for any: nobody can see which ones a function serves, or a class that overrides
    ``dispatch()``. Methods that the view does not serve are left out.
    """
    served = served_methods(pattern_path[-1].callback)
    found = {
        id(effective): effective
        for effective in (route_policies.other, *route_policies.effective_policies.values())
    }
    own: dict[int, list[str]] = {number: [] for number in found}
    for method, effective in route_policies.effective_policies.items():
        own[id(effective)].append(method)
    methods: dict[int, tuple[str, ...] | None] = {key: tuple(own[key]) for key in own}
    if served is None:
        methods[id(route_policies.other)] = None
    elif not route_policies.effective_policies:
        methods[id(route_policies.other)] = tuple(sorted(served))
    return [(effective, methods[key]) for key, effective in found.items()]


def is_for(pattern_path: PatternPath, effective: EffectivePolicy) -> bool:
    """Return whether a policy speaks for a route at all, receivers of the signal left aside."""
    return effective.applies and (
        not effective.needs_url_match or url_shapes.may_match(pattern_path)
    )


def policies_in_use_at(
    pattern_path: PatternPath, route_policies: RoutePolicies
) -> Iterator[PolicyInUse]:
    """Yield each policy of a route once, with the methods that it governs and offers."""
    for effective, methods in governed_methods(pattern_path, route_policies):
        if not is_for(pattern_path, effective):
            continue
        for number, compiled in enumerate(effective.policies):
            yield PolicyInUse(
                pattern_path, methods, effective, compiled, sources(effective, number)
            )


def offered_names(effective: EffectivePolicy, compiled: CompiledPolicy) -> AbstractSet[str]:
    """Return the methods that preflights are offered, as a browser compares them.

    Where the settings alone speak they are sent as they are written, as by django-cors-headers, and
    Fetch, "CORS-preflight fetch", compares letter by letter: 'patch' offers no PATCH.
    """
    return {*(compiled.policy.methods or ())} if effective.undeclared else compiled.methods


def offered(
    effective: EffectivePolicy, compiled: CompiledPolicy, methods: Iterable[str]
) -> set[str]:
    """Return which of some methods preflights are offered."""
    names = offered_names(effective, compiled)
    return {name for name in methods if name in names or "*" in names}


def sendable(
    effective: EffectivePolicy, compiled: CompiledPolicy, methods: Iterable[str] | None
) -> tuple[str, ...]:
    """Return which of some methods, ``None`` for any, a page of an admitted origin may send.

    Fetch section 2.2.1, "CORS-safelisted method": GET, HEAD and POST need no offer.
    """
    if methods is None:
        methods = sorted({*default_methods, *compiled.methods, *SAFELISTED_METHODS} - {"*"})
    passing = SAFELISTED_METHODS | offered(effective, compiled, methods)
    return tuple(name for name in methods if name in passing)


def unsafe_for_strangers(pattern_path: PatternPath, methods: Iterable[str]) -> list[str]:
    """Return which methods that pages may send can change something when a stranger sends them.

    What ``CsrfViewMiddleware`` protects, it refuses to every origin that the site does not trust,
    before the view. Where no view is behind a URL there is nothing to run.
    """
    if not pattern_path or csrf_middleware_protects(pattern_path[-1].callback):
        return []
    return sorted(set(methods) - SAFE_METHODS)


def csrf_middleware_protects(callback: Any) -> bool:
    """Return whether Django's middleware asks for a CSRF token, cookies or not."""
    return installed_middleware.protects_from_csrf() and not any(
        getattr(step, "csrf_exempt", False) for step in wrapped(callback)
    )


def policy_of_settings() -> Iterator[PolicyInUse]:
    """Yield the settings' own policy: it answers where nothing is declared or nothing resolves."""
    effective = lookup.undeclared().other
    if effective.applies:
        yield PolicyInUse((), (), effective, effective.policies[0], sources(effective, 0))


class Source(NamedTuple):
    """Who sets a field of a policy: policy number ``number`` of ``layer``, or ``setting``."""

    layer: Layer | None
    number: int = 0
    setting: str = ""

    @property
    def policy_name(self) -> str:
        """The name in ``CORS_POLICIES`` whose policy it is, if it has one."""
        named = self.layer.declaration.policies[self.number] if self.layer else ""
        return named if isinstance(named, str) else ""

    def __str__(self) -> str:
        if self.layer is None:
            return f"setting {self.setting}"
        if self.policy_name and not self.layer.declaration.fields:
            # That is where it has to be changed, and where many views have it from.
            return f"policy CORS_POLICIES[{self.policy_name!r}]"
        several = len(self.layer.declaration.policies) > 1
        return (
            f"policy number {self.number + 1} of the {self.layer}" if several else str(self.layer)
        )


@remembered
def sources(effective: EffectivePolicy, number: int) -> dict[str, str]:
    """Return for each field which place sets it for one alternative of a policy."""
    return {field: str(source) for field, source in sources_of(effective, number).items()}


def sources_of(effective: EffectivePolicy, number: int) -> dict[str, Source]:
    """The same as ``sources``, for those who want the layer itself."""
    declared = list(_declared(effective, number))
    return {field: _source(field, declared) for field in FIELDS}


def _source(field: str, declared: list[tuple[Source, CorsPolicy]]) -> Source:
    for source, policy in declared:
        names_origins = field in ("origins", "origin_regexes") and policy.names_origins
        if getattr(policy, field) is not None or names_origins:
            return source
    return Source(None, setting=setting_of(field))


def setting_of(field: str) -> str:
    """Return the setting that stands for a field of a policy, under the name that is in use."""
    policy, setting = conf.cors_settings().policy, TABLE[field].setting
    if field == "origins" and policy.any_origin:
        setting = "CORS_ALLOW_ALL_ORIGINS"
    elif field == "origins" and not policy.origins and policy.origin_regexes:
        setting = "CORS_ALLOWED_ORIGIN_REGEXES"
    return conf.name_in_use(setting)


def _declared(effective: EffectivePolicy, number: int) -> Iterator[tuple[Source, CorsPolicy]]:
    """Yield the declared policies that counted, nearest first."""
    decisive = () if effective.signal else effective.counting_layers[:1]
    for layer in effective.counting_layers[len(decisive) :]:
        yield Source(layer), layer_order.policies_of(layer)[0]
    for layer in decisive:
        named = [
            (Source(layer, index), policy)
            for index, policy in enumerate(layer_order.policies_of(layer))
            if policy.names_origins
        ]
        yield named[number]


def listed(names: Sequence[str]) -> str:
    """Return names for a message, the first of a long list."""
    more = f" and {len(names) - _NAMED} more" if len(names) > _NAMED else ""
    return ", ".join(names[:_NAMED]) + more
