"""``cors_allow`` and ``cors_deny``: what people write above a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn, overload

from cors_views.declarations.declaring import declare, denial, hint_for, is_view, ours
from cors_views.declarations.marks import Declaration, Denial, V, apply
from cors_views.policies.enforced_anywhere import Enforce
from cors_views.policies.field_values import UNSET, shown
from cors_views.policies.policy import CorsPolicy, Names, Origins, Regexes
from cors_views.support.source_places import caller, with_filename


@overload
def cors_allow(*policies: CorsPolicy | str) -> Callable[[V], V]: ...


@overload
def cors_allow(
    policy: CorsPolicy | str = ...,
    /,
    *,
    origins: Origins = ...,
    origin_regexes: Regexes = ...,
    methods: Names = ...,
    headers: Names = ...,
    expose_headers: Names = ...,
    credentials: bool = ...,
    max_age: int = ...,
    private_network: bool = ...,
    enforce: Enforce = ...,
) -> Callable[[V], V]: ...


@overload
def cors_allow(view: V, /) -> V: ...


@ours("allow")
def cors_allow(*policies: Any, **fields: Any) -> Any:
    """Declare which origins may read the answers of a view, a view class or a handler method.

    Positional arguments are policies or names from ``CORS_POLICIES``; of several, the first one
    that admits the origin is used. Keyword arguments are the fields of ``CorsPolicy``; together
    with one policy they replace its fields. Without arguments, called or not, the decorator
    refines the next layer. Under ``CORS_OPT_IN`` this opts the view in:

    .. code-block:: python

        @cors_allow(origins=["https://app.example.com"], credentials=True)
        def profile(request): ...

    Raise ``ImproperlyConfigured`` for an invalid policy or an unknown name, and ``TypeError`` for
    arguments that do not go together.
    """
    place = caller()
    if len(policies) == 1 and not fields and is_view(policies[0]):
        return apply(Declaration((CorsPolicy(),), place), policies[0])
    declaration = declare(policies, fields, place)

    def decorator(view: V) -> V:
        return apply(declaration, view if is_view(view) else _no_view(view, "cors_allow"))

    return decorator


def _denial(function: Callable[..., Any]) -> Denial:
    # To type checkers, a function that a class holds is a method and no value of cors_policy.
    return function


@_denial
@ours("deny")
def cors_deny(view: Any = UNSET, /, *, enforce: Enforce = UNSET) -> Any:
    """Declare that no other origin may read the answers of a view, whatever the settings say.

    On a handler method or a route it is final, unless a ``cors_allow`` with origins is written
    above it at the same place. On a class or an include it is a default that a nearer
    ``cors_allow`` with origins opens again. CORS does not stop anybody from *sending* a
    request: CSRF protection, authentication and permissions protect what a view changes.
    ``cors_deny(enforce=True)`` refuses requests of other sites before they reach the view. It can
    be used wherever ``cors_deny`` can.
    """
    place = caller()
    fields = {} if enforce is UNSET else CorsPolicy(enforce=enforce).set_fields()
    declaration = denial(place, fields)
    if view is not UNSET:
        return apply(declaration, view if is_view(view) else _no_view(view, "cors_deny"))

    @ours("deny", fields)
    def decorator(view: V) -> V:
        return apply(declaration, view if is_view(view) else _no_view(view, "cors_deny"))

    return decorator


def _no_view(view: Any, decorator: str) -> NoReturn:
    hint = hint_for(view) or "Write it above a function or a class."
    place = caller()
    message = f"{decorator} at {place} decorates a view, not {shown(view)}. {hint}"
    raise with_filename(place, TypeError(message))
