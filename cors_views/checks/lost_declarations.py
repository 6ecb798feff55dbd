"""Checks of declarations that have no effect: nobody reaches, reads or understands them."""

from __future__ import annotations

from collections.abc import Iterator
from collections.abc import Set as AbstractSet

from django.core.checks import CheckMessage, Warning

from cors_views.declarations.marks import (
    AppliedDeclaration,
    Mark,
    anything_applied,
    everything_applied,
    marks_along,
)
from cors_views.inspection.policies_in_use import not_understood
from cors_views.policies.policy import close_matches
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name
from cors_views.resolution.wrapped_views import declares, inspect_view

_ATTRIBUTES = ("cors_policy", "cors_action_policies")


def check_reached(reached: AbstractSet[AppliedDeclaration]) -> Iterator[CheckMessage]:
    """Report what no route reaches. What is on a view that nobody understands is told of there."""
    unclear = {mark.applied for each in not_understood() for mark in _marks_of(each.pattern_path)}
    for applied in sorted(everything_applied() - reached - unclear):
        yield Warning(
            f"No route reaches the policy that {applied.place} declares on {applied.target}.",
            hint="Is it below a decorator without functools.wraps? Then write it above that, "
            "or in the URLconf. Overriding a method drops its decorator: decorate the "
            "override again. Does a setting or a registry put another class in place of "
            "this one? Decorate that one. Does an earlier route match the same URLs? Then "
            "remove one of the two. Otherwise add a route for the view.",
            id="cors_views.W023",
        )


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
