"""The nearest policy: from a request to its route, and from a route to what governs each method.

How the layers combine stands here and nowhere else: what names its origins decides, on top of the
settings; what names none refines the next; a deny ends the search.
"""

from __future__ import annotations

import functools
import logging
import threading
import weakref
from typing import Any

from django.http import HttpRequest
from django.urls import ResolverMatch, URLResolver, get_resolver

from cors_views import conf
from cors_views.conf import settings_cache
from cors_views.declarations.marks import anything_applied
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.policies.field_values import shown
from cors_views.policies.origin_sets import OriginSet, origins_key
from cors_views.policies.policy import CorsPolicy, unchecked
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy, RoutePolicies
from cors_views.resolution import wrapped_views
from cors_views.resolution.hidden_methods import hides_methods
from cors_views.resolution.layers import (
    Layer,
    handler_layers,
    may_declare,
    outer_layers,
    policies_of,
    replaced_by,
)
from cors_views.resolution.pattern_paths import PatternPath, find_pattern_path, pattern_path_of
from cors_views.resolution.wrapped_views import ViewInfo
from cors_views.support.escaping import quoted

logger = logging.getLogger("cors_views")


# --- From a request to its route ---------------------------------------------------------------


def effective_policy_of(request: HttpRequest) -> EffectivePolicy:
    """Return what governs a request that is on its way back.

    Django leaves the match there, whatever became of the view. Only where another middleware or a
    404 answered has nobody resolved the URL, or nothing was found.
    """
    match: Any = request.resolver_match
    route = None
    # In one step for nearly every request: a call costs as much as the lookup.
    try:
        if match is not None:
            pattern_path = match.tried[-1]
            # Of another view than that of the pattern, the route is another too.
            if pattern_path[-1].callback is match.func:
                route = _routes.get(tuple(pattern_path))
    except Exception:  # noqa: S110 patterns and matches may be of any class, or made by hand
        pass
    if route is None:
        route = route_taken(request)
    if route.uniform:
        return route.other
    # Whoever overrides the method may write it in lower case, which View and APIView understand.
    return route.effective((request.method or "").upper())


def route_taken(request: HttpRequest) -> RoutePolicies:
    """Return the route of a request that is on its way back."""
    match = request.resolver_match
    return find_route(request) if match is None else route_of(match)


def find_route(request: HttpRequest) -> RoutePolicies:
    """Resolve a request that no view has served, and return what governs its URL."""
    try:
        pattern_path = find_pattern_path(request)
        return unrouted() if pattern_path is None else _route_at(pattern_path)
    except Exception:
        # A broken URLconf or converter fails the request where Django meets it, not here.
        logger.exception("Resolving %s failed.", quoted(request.path_info))
        # Which view was meant is unknown, and it may deny what the settings allow.
        return _closed("a URL that cannot be resolved") if anything_applied() else unrouted()


# --- From layers to an effective policy --------------------------------------------------------


class _Builder:
    """Builds the effective policies of one route; methods with the same layers share one."""

    def __init__(self, site: conf.CorsSettings, default_methods: tuple[str, ...]) -> None:
        self.site = site
        self.default_methods = default_methods
        self._built: dict[Any, EffectivePolicy] = {}

    def effective(self, layers: list[Layer], handler_method: str | None) -> EffectivePolicy:
        """Return what the layers, nearest first, make of one method.

        ``handler_method`` is that method where its own handler is declared, so that only methods
        without a declaration of their own share one.
        """
        key = (*(id(layer.declaration) for layer in layers), handler_method)
        if key not in self._built:
            self._built[key] = self._combine(layers, handler_method)
        return self._built[key]

    def _combine(self, layers: list[Layer], handler_method: str | None) -> EffectivePolicy:
        refining, passed = CorsPolicy(), list[Layer]()
        for layer in layers:
            if layer.declaration.deny:
                # It holds no other field.
                denying = refining.refine(unchecked(dict(layer.declaration.fields)))
                return EffectivePolicy(
                    (),
                    counting_layers=(layer, *passed),
                    enforce=denying.refine(self.site.base).enforce,
                )
            policies = policies_of(layer)
            if handler_method:
                # Whoever marks a handler and names no methods means the method it serves; its
                # layers come first, so nothing behind them is asked for methods.
                own = unchecked({"methods": (handler_method,)})
                named = refining.methods is not None
                policies = tuple(
                    policy if named or policy.methods is not None else own.refine(policy)
                    for policy in policies
                )
            if len(policies) > 1 or policies[0].names_origins:
                compiled = (
                    self._compile(refining.refine(policy), self.site.base)
                    for policy in policies
                    # Among several, one without origins can only come from a setting that changed
                    # after the declaration was checked. It admits nobody.
                    if policy.names_origins
                )
                return EffectivePolicy(
                    tuple(compiled),
                    counting_layers=(layer, *passed),
                    enforce=self.site.base.enforce,
                )
            refining = refining.refine(policies[0])
            passed.append(layer)
        policy = self._compile(refining, self.site.policy)
        if layers:
            return EffectivePolicy((policy,), counting_layers=tuple(passed), signal=True)
        return EffectivePolicy(
            (policy,),
            signal=True,
            needs_url_match=True,
            applies=not self.site.opt_in,
            why_settings="nothing is declared for this method",
        )

    def _compile(self, declared: CorsPolicy, base: CorsPolicy) -> CompiledPolicy:
        effective = declared.refine(base)
        if declared.methods is None:
            effective = unchecked({"methods": self.default_methods}).refine(effective)
        return _compiled(effective, own_max_age=declared.max_age is not None)


def _compiled(policy: CorsPolicy, *, own_max_age: bool = False) -> CompiledPolicy:
    return CompiledPolicy(policy, _origin_set(policy), own_max_age=own_max_age)


def _origin_set(policy: CorsPolicy) -> OriginSet:
    origins, regexes = policy.origins or (), policy.origin_regexes or ()
    key = (origins_key(origins), regexes)
    found = _origin_sets.get(key)
    if found is None:
        if len(_origin_sets) >= _MOST_ROUTES:
            _origin_sets.clear()
        found = _origin_sets[key] = OriginSet(origins, regexes)
    return found


def build(pattern_path: PatternPath) -> RoutePolicies:
    """Return what governs each method of the route at the end of ``pattern_path``."""
    site = conf.cors_settings()
    callback = wrapped_views.inspect_view(pattern_path[-1].callback)
    entry, around = outer_layers(pattern_path, callback)
    outer = entry + around
    if callback.handlers is None:
        # What took the place of the entry's view may call it.
        callback = replaced_by(pattern_path) or callback
    handlers = callback.handlers or {}
    layers = handler_layers(callback)
    if not outer and not any(layers.values()):
        return undeclared()
    builder = _Builder(site, default_methods(site, callback))
    other = builder.effective(outer, None)
    if entry and entry[0].declaration.deny:
        # The outermost mark closes the route whole: the one exception to "nearest first".
        effective_policies = dict.fromkeys(handlers, other)
    else:
        effective_policies = {
            method: builder.effective(own + outer, method if own else None)
            for method, own in layers.items()
        }
    return RoutePolicies(
        effective_policies,
        other,
        frozenset(handlers),
        _candidates(effective_policies, other),
        hides_methods=hides_methods(callback),
    )


def of_declaration(layer: Layer) -> RoutePolicies:
    """Return what governs an application beside Django's, under one declaration around it."""
    site = conf.cors_settings()
    methods = tuple(method.upper() for method in site.policy.methods or ())
    effective = _Builder(site, methods).effective([layer], None)
    return RoutePolicies({}, effective, candidates=_candidates({}, effective))


def default_methods(site: conf.CorsSettings, callback: ViewInfo) -> tuple[str, ...]:
    """Return what a declaration without methods offers: what is implemented, as far as allowed."""
    allowed = tuple(method.upper() for method in site.policy.methods or ())
    # Who overrides dispatch() shows nothing but the options() of View (GraphQL views do).
    if callback.handlers is None or callback.handlers.keys() <= {"OPTIONS"}:
        return allowed
    return tuple(name for name in callback.handlers if name in allowed or "*" in allowed)


def _candidates(
    effective_policies: dict[str, EffectivePolicy], other: EffectivePolicy
) -> tuple[str, ...]:
    methods = {
        method
        for effective in (*effective_policies.values(), other)
        for policy in effective.policies
        for method in policy.methods
    }
    return tuple(sorted(methods - {"*"}))


# --- The cache ---------------------------------------------------------------------------------

#: One entry for each route that was asked for, oldest first.
_routes: dict[PatternPath, RoutePolicies] = {}
#: More routes than any site has; a resolver that makes its patterns for each request makes more.
_MOST_ROUTES = 5_000
#: The resolver of the URLconf that the routes are of.
_root: weakref.ref[URLResolver] | None = None
_keeping = threading.Lock()
#: One set of origins for all routes whose policies name the same ones.
_origin_sets: dict[Any, OriginSet] = {}


@functools.cache
def undeclared() -> RoutePolicies:
    """Return the route of every view that declares nothing."""
    return _of_the_settings("the view declares nothing")


@functools.cache
def unrouted() -> RoutePolicies:
    """Return the route of the URLs that lead to no view."""
    return _of_the_settings("no route matches the URL")


def _of_the_settings(why_settings: str) -> RoutePolicies:
    site = conf.cors_settings()
    effective = EffectivePolicy(
        (_compiled(site.policy),),
        signal=True,
        needs_url_match=True,
        undeclared=True,
        applies=not site.opt_in,
        why_settings=why_settings,
    )
    return RoutePolicies({}, effective)


def route_of(match: ResolverMatch | None) -> RoutePolicies:
    """Return the route that a match names, compiled once, or that of URLs without a view."""
    if match is None:
        return unrouted()
    try:
        # The path of patterns, not the view: one view may stand below two includes.
        pattern_path = pattern_path_of(match)
    except Exception:
        logger.exception("The view of %s cannot be found.", shown(match))
        return _not_understood(match) if anything_applied() else undeclared()
    return _route_at(pattern_path)


def _route_at(pattern_path: PatternPath) -> RoutePolicies:
    if not all(map(_is_itself, pattern_path)):
        # Made anew for each request, perhaps, or taken for another: looked at each time, not kept.
        return build_safely(pattern_path)
    route = _routes.get(pattern_path)
    if route is None:
        route = build_safely(pattern_path)
        _keep(pattern_path, route)
    return route


def _is_itself(step: Any) -> bool:
    """Return whether a step of a pattern path is equal to nothing else."""
    kind: Any = type(step)
    return kind.__eq__ is object.__eq__ and kind.__hash__ is object.__hash__


def _keep(pattern_path: PatternPath, route: RoutePolicies) -> None:
    """Keep a route, and neither those of a URLconf that Django has forgotten nor too many."""
    global _root
    root = get_resolver()
    with _keeping:
        if _root is None or _root() is not root:
            _routes.clear()
            _root = weakref.ref(root)
        if len(_routes) >= _MOST_ROUTES:
            del _routes[next(iter(_routes))]
        _routes[pattern_path] = route


def build_safely(pattern_path: PatternPath) -> RoutePolicies:
    """Build a route whose view may be anything.

    One that cannot be understood is closed where anything is declared about it, and has the
    answer of the settings otherwise.
    """
    try:
        return build(pattern_path)
    except Exception:
        declares = may_declare(pattern_path)
        result = "it is denied" if declares else "the settings answer, as it declares none"
        logger.exception(
            "The CORS policy of %s cannot be found, so %s.", shown(pattern_path[-1]), result
        )
        return _not_understood(pattern_path[-1]) if declares else undeclared()


def _not_understood(what: Any) -> RoutePolicies:
    return _closed(f"{shown(what)}, which cannot be understood")


def _closed(why: str) -> RoutePolicies:
    # What cannot be understood may be what declares that it enforces.
    enforce = ENFORCING.declared or conf.cors_settings().policy.enforce
    return RoutePolicies({}, EffectivePolicy((), counting_layers=(why,), enforce=enforce))


def _forget() -> None:
    _routes.clear()
    undeclared.cache_clear()
    unrouted.cache_clear()
    _origin_sets.clear()


settings_cache.forget_on_change(_forget)
