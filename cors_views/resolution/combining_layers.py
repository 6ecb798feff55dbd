"""How the layers around a view combine into what governs each of its methods; nowhere else.

What names its origins decides, on top of the settings; what names none refines the next; a deny
ends the search.
"""

from __future__ import annotations

from typing import Any

from cors_views import conf
from cors_views.conf import settings_cache
from cors_views.policies.origin_sets import OriginSet, origins_key
from cors_views.policies.policy import CorsPolicy, unchecked
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy, RoutePolicies
from cors_views.resolution import wrapped_views
from cors_views.resolution.hidden_methods import hides_methods
from cors_views.resolution.layer_order import (
    Layer,
    handler_layers,
    outer_layers,
    policies_of,
    replaced_by,
)
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.wrapped_views import ViewInfo

#: One set of origins for all routes whose policies name the same ones.
_origin_sets: dict[Any, OriginSet] = {}
#: More of them than any site has.
_MOST_SETS = 5_000
settings_cache.forget_on_change(_origin_sets.clear)


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
            matches_url=None if self.site.matches_every_line else self.site.matches_url,
            applies=not self.site.opt_in,
            why_settings="nothing is declared for this method",
        )

    def _compile(self, declared: CorsPolicy, base: CorsPolicy) -> CompiledPolicy:
        effective = declared.refine(base)
        if declared.methods is None:
            effective = unchecked({"methods": self.default_methods}).refine(effective)
        return compiled_policy(effective, own_max_age=declared.max_age is not None)


def compiled_policy(policy: CorsPolicy, *, own_max_age: bool = False) -> CompiledPolicy:
    return CompiledPolicy(policy, _origin_set(policy), own_max_age=own_max_age)


def _origin_set(policy: CorsPolicy) -> OriginSet:
    origins, regexes = policy.origins or (), policy.origin_regexes or ()
    key = (origins_key(origins), regexes)
    found = _origin_sets.get(key)
    if found is None:
        if len(_origin_sets) >= _MOST_SETS:
            _origin_sets.clear()
        found = _origin_sets[key] = OriginSet(origins, regexes)
    return found


def combine(pattern_path: PatternPath) -> RoutePolicies | None:
    """Return what governs each method of the route at the end of ``pattern_path``.

    Nothing where nothing is declared there.
    """
    site = conf.cors_settings()
    view = wrapped_views.inspect_view(pattern_path[-1].callback)
    entry, around = outer_layers(pattern_path, view)
    outer = entry + around
    if view.handlers is None:
        # What took the place of the entry's view may call it.
        view = replaced_by(pattern_path) or view
    handlers = view.handlers or {}
    layers = handler_layers(view)
    if not outer and not any(layers.values()):
        return None
    builder = _Builder(site, default_methods(site, view))
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
        hides_methods=hides_methods(view),
    )


def of_declaration(layer: Layer) -> RoutePolicies:
    """Return what governs an application beside Django's, under one declaration around it."""
    site = conf.cors_settings()
    methods = tuple(method.upper() for method in site.policy.methods or ())
    effective = _Builder(site, methods).effective([layer], None)
    return RoutePolicies({}, effective, candidates=_candidates({}, effective))


def default_methods(site: conf.CorsSettings, view: ViewInfo) -> tuple[str, ...]:
    """Return what a declaration without methods offers: what is implemented, as far as allowed."""
    allowed = tuple(method.upper() for method in site.policy.methods or ())
    # Who overrides dispatch() shows nothing but the options() of View (GraphQL views do).
    if view.handlers is None or view.handlers.keys() <= {"OPTIONS"}:
        return allowed
    return tuple(name for name in view.handlers if name in allowed or "*" in allowed)


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
