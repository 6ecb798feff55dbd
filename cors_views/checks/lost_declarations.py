"""Checks of declarations that have no effect: nobody reaches, reads or understands them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Any

from django.core.checks import CheckMessage, Warning

from cors_views.declarations.attributes import sets
from cors_views.declarations.included import INCLUDE_OF
from cors_views.declarations.marks import (
    AppliedDeclaration,
    Mark,
    anything_applied,
    everything_applied,
    marks_along,
    own_marks,
)
from cors_views.inspection.held_callables import callables_held
from cors_views.inspection.policies_in_use import not_understood
from cors_views.protocol.effective_policies import RoutePolicies
from cors_views.resolution.layer_order import Layer, ends_the_search
from cors_views.resolution.layer_order import stacks as layers_of
from cors_views.resolution.pattern_paths import ByHand, PatternPath
from cors_views.resolution.route_names import route_name, routes_named
from cors_views.resolution.wrapped_views import declares, inspect_view
from cors_views.support.close_matches import close_matches
from cors_views.support.memory import remembered

_DROPPED = (
    "Is it below a decorator without functools.wraps? Then write it above that, or in the URLconf. "
    "Overriding a method drops its decorator: decorate the override again. Does a setting or a "
    "registry put another class in place of this one? Decorate that one. Does an earlier route "
    "match the same URLs? Then remove one of the two. Otherwise add a route for the view."
)
_DROPPED_INCLUDE = (
    "Is it below format_suffix_patterns(), or something else that makes patterns anew? Then write "
    "cors_include() around its result. Does an earlier route match the same URLs? Then remove one "
    "of the two. Otherwise add a route for it: path('...', cors_include(...))."
)
_ATTRIBUTES = ("cors_policy", "cors_action_policies")


def check_reached(reached: AbstractSet[AppliedDeclaration]) -> Iterator[CheckMessage]:
    """Report what no route reaches. What is on a view that nobody understands is told of there."""
    unclear = {mark.applied for each in not_understood() for mark in _marks_of(each.pattern_path)}
    for applied in sorted(everything_applied() - reached - unclear):
        yield Warning(
            f"No route reaches the policy that {applied.place} declares on {applied.target}.",
            hint=_DROPPED_INCLUDE if applied.target.startswith(INCLUDE_OF) else _DROPPED,
            id="cors_views.W023",
        )


def check_lost_by(
    lost: Mapping[AppliedDeclaration, Sequence[PatternPath]],
    reached: AbstractSet[AppliedDeclaration],
) -> Iterator[CheckMessage]:
    """Report what one route loses and another one reaches; ``lost_by`` finds it.

    What no route reaches is told of by ``check_reached``.
    """
    for applied in sorted(lost.keys() & reached):
        yield Warning(
            f"The policy that {applied.place} declares on {applied.target} does not count for "
            f"{routes_named(lost[applied])}, though the view there holds what it is declared on.",
            hint="Write functools.wraps in the decorator that stands between, or decorate the view "
            "in the URLconf: cors_deny(view), or cors_allow(...)(view). An override of a method "
            "has no policy of its own: decorate it, too.",
            id="cors_views.W069",
        )


def lost_by(
    pattern_path: PatternPath, route_policies: RoutePolicies, stacks: Sequence[list[Layer]]
) -> set[AppliedDeclaration]:
    """Return what is declared on what the view of a route holds, and does not count there."""
    entry = stacks[0][0] if stacks else None
    if entry is not None and entry.name == "route" and ends_the_search(entry):
        # It was written to replace whatever is within.
        return set()
    counting = {layer.applied for stack in stacks for layer in stack}
    found = set(_denied_before(pattern_path, route_policies))
    if not route_policies.other.denied:
        found |= _declared_within(pattern_path[-1].callback)
    return found - counting


@remembered
def _declared_within(callback: Any) -> frozenset[AppliedDeclaration]:
    """Return what is declared on the callables that a view holds."""
    return frozenset().union(*map(_declared_on, callables_held(callback)))


def _declared_on(held: Any) -> set[AppliedDeclaration]:
    try:
        return {layer.applied for stack in layers_of((ByHand(held),)) for layer in stack}
    except Exception:
        # It may be anything.
        return set()


def _denied_before(
    pattern_path: PatternPath, route_policies: RoutePolicies
) -> Iterator[AppliedDeclaration]:
    """Yield each ``cors_deny`` on a handler that an undeclared override of a subclass drops."""
    view = inspect_view(pattern_path[-1].callback)
    for method, name in (view.handlers or {}).items():
        if route_policies.effective(method).denied:
            continue
        owners = [owner for owner in (view.view_class or object).__mro__ if name in vars(owner)]
        for nearer, owner in itertools.pairwise(owners):
            if marks_along(vars(nearer)[name]) or own_marks(nearer) or sets(nearer, "cors_policy"):
                break
            marks = marks_along(vars(owner)[name])
            yield from (mark.applied for mark in marks if mark.declaration.deny)


def _marks_of(pattern_path: PatternPath) -> list[Mark]:
    try:
        return marks_along(pattern_path[-1].callback)
    except Exception:
        return []


def check_mixin(pattern_path: PatternPath) -> Iterator[CheckMessage]:
    """Warn where somebody wrote the attributes of CorsMixin and forgot it, or put it too late."""
    view_class = inspect_view(pattern_path[-1].callback).view_class
    if view_class is None:
        return
    name = f"{view_class.__module__}.{view_class.__qualname__}"
    if not declares(view_class):
        given = inspect_view(pattern_path[-1].callback).initkwargs
        for attribute in _ATTRIBUTES:
            if given.get(attribute) is not None:
                yield Warning(
                    f"as_view({attribute}=...) of {name} has no effect, at "
                    f"{route_name(pattern_path)}: the class has no CorsMixin.",
                    hint="Put cors_views.rest_framework.CorsMixin first among the bases. Without "
                    "Django REST framework, decorate what as_view() returns: "
                    "cors_allow(...)(View.as_view()), or cors_deny.",
                    id="cors_views.W024",
                )
            elif getattr(view_class, attribute, None) is not None:
                yield Warning(
                    f"{name}.{attribute} has no effect: the class has no CorsMixin.",
                    hint="Put cors_views.rest_framework.CorsMixin first among the bases. Without "
                    "Django REST framework, write @cors_allow(...) above the class.",
                    id="cors_views.W024",
                )
        return
    first = next(owner for owner in view_class.__mro__ if "as_view" in vars(owner))
    if not declares(first):
        yield Warning(
            f"{name} has CorsMixin after {first.__qualname__}: its policies apply, but mistakes "
            "in them are not reported when the view is created.",
            hint="Put CorsMixin first among the bases.",
            id="cors_views.W024",
        )
    for attribute in dir(view_class):
        if attribute.startswith("cors") and attribute not in _ATTRIBUTES:
            hint = close_matches(attribute, _ATTRIBUTES)
            if hint:
                yield Warning(
                    f"{name}.{attribute} has no effect: CorsMixin has no such attribute.",
                    hint=hint,
                    id="cors_views.W024",
                )


def check_understood() -> Iterator[CheckMessage]:
    """Report the views that cannot be taken apart, while views declare policies."""
    for unclear in not_understood():
        if not (unclear.closed or anything_applied()):
            continue
        outcome = (
            "no page of another origin can read it"
            if unclear.closed
            else "the CORS_* settings apply to it"
        )
        yield Warning(
            f"cors_views cannot find out what the view at {route_name(unclear.pattern_path)} "
            f"declares ({type(unclear.error).__name__}: {unclear.error}), so {outcome}.",
            hint="The log shows where. Wrap the view in a function, and decorate that: "
            "@cors_allow(...) or @cors_deny above def view(request, *args, **kwargs).",
            id="cors_views.W057",
        )
