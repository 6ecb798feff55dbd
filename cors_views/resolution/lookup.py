"""From a request to its route, and to what governs the method there: each route is kept here.

Which layers a route has, and in which order, says ``layer_order``; ``combining_layers``, what they
make together.
"""

from __future__ import annotations

import functools
import logging
import threading
import weakref
from typing import Any

from django.http import HttpRequest
from django.urls import ResolverMatch, URLPattern, URLResolver, get_resolver, resolvers
from django.urls.resolvers import RegexPattern, RoutePattern

from cors_views import conf
from cors_views.conf import settings_cache
from cors_views.conf.settings_cache import VALUES_READ
from cors_views.declarations.marks import anything_applied
from cors_views.policies.enforced_anywhere import ENFORCING, strictest
from cors_views.policies.field_values import shown
from cors_views.protocol.effective_policies import EffectivePolicy, RoutePolicies
from cors_views.resolution.combining_layers import combine, compiled_policy
from cors_views.resolution.layer_order import NotUnderstood, may_declare
from cors_views.resolution.pattern_paths import PatternPath, find_pattern_paths, pattern_path_of
from cors_views.resolution.pattern_walk import (
    KEPT_AS,
    MATCH_REGEX,
    MATCH_ROUTE,
    RESOLVE,
    RESOLVE_ONE,
)
from cors_views.support.escaping import quoted

logger = logging.getLogger("cors_views")


# --- From a request to its route ---------------------------------------------------------------


def effective_policy_of(request: HttpRequest) -> EffectivePolicy:
    """Return what governs a request that is on its way back.

    Django leaves the match there, whatever became of the view. Only where another middleware or a
    404 answered has nobody resolved the URL, or nothing was found.
    """
    match: Any = request.resolver_match
    # In one step for nearly every request: a call costs as much as the lookup.
    try:
        if match is None:
            urlconf = getattr(request, "urlconf", None) or VALUES_READ["ROOT_URLCONF"]
            # What ``get_resolver`` calls, which saves a call. It is private: where Django has it no
            # more, or it is another function, the URL is resolved.
            resolver = resolvers._get_cached_resolver(urlconf)  # type: ignore[attr-defined]
            # Whether the first letter of the path, or its first segment, is enough to know that
            # ``walk`` finds nothing. To call a function for it takes as long as two of these lines.
            # To cut the segment out takes four times as long as to look at its first letter.
            held, path = resolver.__dict__, request.path_info
            level = held[KEPT_AS]
            if (
                (path[1] not in level.letters or path.split("/", 2)[1] not in level.segments)
                and type(resolver) is URLResolver
                and "resolve" not in held
                and level.patterns == resolver.url_patterns
                # Nothing is kept where somebody had replaced one of them before.
                and URLResolver.resolve is RESOLVE
                and URLPattern.resolve is RESOLVE_ONE
                and RoutePattern.match is MATCH_ROUTE
                and RegexPattern.match is MATCH_REGEX
            ):
                return _kept_unrouted[0].other
        else:
            callback, route_policies = _kept[tuple(match.tried[-1])]
            # Of another view than that of the pattern, the route is another too.
            if callback is match.func:
                # A call less, where it makes no difference.
                uniform = route_policies.uniform
                return route_policies.other if uniform else route_policies.governing(request.method)
    except Exception:  # noqa: S110 patterns and matches may be of any class, or made by hand
        pass
    return route_policies_taken(request).governing(request.method)


def route_policies_taken(request: HttpRequest) -> RoutePolicies:
    """Return the policies of the route that a request took, which is on its way back."""
    match = request.resolver_match
    return find_route_policies(request) if match is None else route_policies_of(match)


def find_route_policies(request: HttpRequest) -> RoutePolicies:
    """Resolve a request that no view has served, and return what governs its URL."""
    try:
        pattern_paths = find_pattern_paths(request)
        if not pattern_paths:
            return unrouted()
        found = route_policies_at(pattern_paths[0])
        return found if len(pattern_paths) == 1 else route_policies_of_several(pattern_paths)
    except Exception:
        # A broken URLconf or converter fails the request where Django meets it, not here.
        logger.exception("Resolving %s failed.", quoted(request.path_info))
        # Which view was meant is unknown, and it may deny what the settings allow.
        what = NotUnderstood("a URL that cannot be resolved")
        return _closed(what) if anything_applied() else unrouted()


def route_policies_of_several(pattern_paths: list[PatternPath]) -> RoutePolicies:
    """Return what governs a URL in whatever language it is resolved: nobody, if they differ."""
    first, *others = map(route_policies_at, pattern_paths)
    if all(each is first for each in others):
        return first
    enforce = strictest(
        tuple(
            effective.enforce
            for each in (first, *others)
            for effective in (*each.effective_policies.values(), each.other)
        )
    )
    return RoutePolicies({}, EffectivePolicy((), counting_layers=(_AMBIGUOUS,), enforce=enforce))


_AMBIGUOUS = NotUnderstood(
    "a URL that leads to different views in different languages, without LocaleMiddleware",
    "let LocaleMiddleware choose the language, or give one of the views another URL.",
)


# --- The cache ---------------------------------------------------------------------------------

#: The view and the policies of each route that was asked for, oldest first.
_kept: dict[PatternPath, tuple[Any, RoutePolicies]] = {}
#: More routes than any site has; a resolver that makes its patterns for each request makes more.
_MOST_ROUTES = 5_000
#: The resolver of the URLconf that the routes are of.
_root: weakref.ref[URLResolver] | None = None
_keeping = threading.Lock()


@functools.cache
def undeclared() -> RoutePolicies:
    """Return what governs every view that declares nothing."""
    return _of_the_settings("the view declares nothing")


def unrouted() -> RoutePolicies:
    """Return what governs the URLs that lead to no view."""
    try:
        return _kept_unrouted[0]
    except IndexError:
        route_policies = _of_the_settings("no route matches the URL")
        _kept_unrouted[:] = [route_policies]
        return route_policies


#: Where it is kept, for whoever has no time for a call, too.
_kept_unrouted: list[RoutePolicies] = []


def _of_the_settings(why_settings: str) -> RoutePolicies:
    site = conf.cors_settings()
    effective = EffectivePolicy(
        (compiled_policy(site.policy),),
        signal=True,
        needs_url_match=True,
        matches_url=None if site.matches_every_line else site.matches_url,
        undeclared=True,
        applies=not site.opt_in,
        why_settings=why_settings,
    )
    return RoutePolicies({}, effective)


def route_policies_of(match: ResolverMatch) -> RoutePolicies:
    """Return the policies of the route that a match names, compiled once."""
    try:
        # The path of patterns, not the view: one view may stand below two includes.
        pattern_path = pattern_path_of(match)
    except Exception:
        logger.exception("The view of %s cannot be found.", shown(match))
        return _not_understood(match) if anything_applied() else undeclared()
    return route_policies_at(pattern_path)


def route_policies_at(pattern_path: PatternPath) -> RoutePolicies:
    """Return what governs the entry that a path of patterns leads to."""
    for step in pattern_path:
        if type(step) not in _DJANGOS and not _is_itself(step):
            # Made anew for each request, perhaps, or taken for another: looked at each time.
            return build_safely(pattern_path)
    kept = _kept.get(pattern_path)
    if kept is None or kept[0] is not pattern_path[-1].callback:
        kept = (pattern_path[-1].callback, build_safely(pattern_path))
        _keep(pattern_path, kept)
    return kept[1]


#: What nearly all steps are, and equal to nothing else.
_DJANGOS = frozenset({URLPattern, URLResolver})


def _is_itself(step: Any) -> bool:
    """Return whether a step of a pattern path is equal to nothing else."""
    kind: Any = type(step)
    return kind.__eq__ is object.__eq__ and kind.__hash__ is object.__hash__


def _keep(pattern_path: PatternPath, route: tuple[Any, RoutePolicies]) -> None:
    """Keep a route, and neither those of a URLconf that Django has forgotten nor too many."""
    global _root
    root = get_resolver()
    with _keeping:
        if _root is None or _root() is not root:
            _kept.clear()
            _root = weakref.ref(root)
        if len(_kept) >= _MOST_ROUTES:
            del _kept[next(iter(_kept))]
        _kept[pattern_path] = route


def build_safely(pattern_path: PatternPath) -> RoutePolicies:
    """Build the policies of a route whose view may be anything.

    One that cannot be understood is closed where anything is declared about it, and has the
    answer of the settings otherwise.
    """
    try:
        return combine(pattern_path) or undeclared()
    except Exception:
        declares = may_declare(pattern_path)
        result = (
            "it is denied" if declares else ("the CORS_* settings apply, because it declares none")
        )
        logger.exception(
            "The CORS policy of %s cannot be found, so %s.", shown(pattern_path[-1]), result
        )
        return _not_understood(pattern_path[-1]) if declares else undeclared()


def _not_understood(what: Any) -> RoutePolicies:
    return _closed(NotUnderstood(f"{shown(what)}, which cannot be understood"))


def _closed(what: NotUnderstood) -> RoutePolicies:
    # What cannot be understood may be what declares that it enforces.
    enforce = ENFORCING.declared or conf.cors_settings().policy.enforce
    return RoutePolicies({}, EffectivePolicy((), counting_layers=(what,), enforce=enforce))


def _forget() -> None:
    _kept.clear()
    undeclared.cache_clear()
    _kept_unrouted.clear()


settings_cache.forget_on_change(_forget)
