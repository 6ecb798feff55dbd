"""``cors_allow`` and ``cors_deny``: what people write above a view."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, overload

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cors_views.declarations import Declaration, Denial, V, apply
from cors_views.fields import FIELDS, UNSET, shown
from cors_views.places import Place, blaming, caller
from cors_views.policy import CorsPolicy, Names, Origins, Regexes, field_hint


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
) -> Callable[[V], V]: ...


@overload
def cors_allow(view: V, /) -> V: ...


def cors_allow(*policies: Any, **fields: Any) -> Any:
    """Declare which origins may read the answers of a view, a view class or a handler method.

    Takes policies or names of ``CORS_POLICIES`` positionally (with several, the first one that
    admits the origin answers), or the fields of ``CorsPolicy`` by keyword, or one policy and
    keywords that replace its fields. Without anything, bare or called, it refines the next layer,
    which under ``CORS_OPT_IN`` opts the view in:

    .. code-block:: python

        @cors_allow(origins=["https://app.example.com"], credentials=True)
        def profile(request): ...

    Raise ``ImproperlyConfigured`` for an invalid policy or an unknown name, and ``TypeError`` for
    arguments that do not go together.
    """
    place = caller()
    if len(policies) == 1 and not fields and _is_view(policies[0]):
        return apply(Declaration((CorsPolicy(),), place), policies[0])
    declaration = declare(policies, fields, place)

    def decorator(view: V) -> V:
        return apply(declaration, _view(view, "cors_allow"))

    return decorator


def _denial(function: Callable[..., Any]) -> Denial:
    # To type checkers, a function that a class holds is a method and no value of cors_policy.
    return function


@_denial
def cors_deny(view: Any = UNSET, /) -> Any:
    """Declare that no other origin may read the answers of a view, whatever the settings say.

    On a handler method or a route it is final. On a class or an include it is a default that a
    nearer ``cors_allow`` with origins opens again. CORS keeps nobody from *sending* a request:
    what a view changes is protected by CSRF protection, authentication and permissions.
    """
    declaration = denial(caller())
    if view is not UNSET:
        return apply(declaration, _view(view, "cors_deny"))

    def decorator(view: V) -> V:
        return apply(declaration, _view(view, "cors_deny"))

    return decorator


def denial(place: Place) -> Declaration:
    """Return the declaration that ``cors_deny`` makes."""
    return Declaration((), place, deny=True)


def declare(
    policies: tuple[Any, ...], fields: dict[str, Any], place: Place, written: str = "cors_allow()"
) -> Declaration:
    """Return the declaration that these arguments of ``cors_allow`` mean, or raise.

    ``written`` is what the user wrote them in, for the messages.
    """
    for policy in policies:
        _check_argument(policy, place, written)
    unknown = [
        f"{written} at {place}: {field!r} is not a policy field. {field_hint(field)}"
        for field in fields
        if field not in FIELDS
    ]
    if unknown:
        known = {field: value for field, value in fields.items() if field in FIELDS}
        raise blaming(place, TypeError("\n".join([*unknown, *_wrong_with(known)])))
    if len(policies) > 1 and fields:
        message = (
            f"{written} at {place} takes one policy with fields that replace its own, or "
            "several policies, not both. Define the policy you mean in CORS_POLICIES."
        )
        raise blaming(place, TypeError(message))
    if policies:
        # Through a policy, so that they are checked, and nobody's list is kept.
        replacing = CorsPolicy(**fields).set_fields() if fields else {}
        declaration = Declaration(policies, place, tuple(replacing.items()))
    else:
        declaration = Declaration((CorsPolicy(**fields),), place)
    _check_names(declaration, written)
    return declaration


def declare_value(value: Any, place: Place, written: str) -> Declaration:
    """Return the declaration that one value means: what ``cors_allow`` takes, or ``cors_deny``.

    A sequence stands for several positional arguments. This is what ``cors_policy``,
    ``cors_action_policies`` and ``cors_include(policy=...)`` hold.
    """
    if value is cors_deny:
        return denial(place)
    policies = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not policies:
        raise _names_none(value, place, written)
    return declare(policies, {}, place, written)


def _wrong_with(fields: dict[str, Any]) -> list[str]:
    """Return what else is wrong with the fields."""
    try:
        CorsPolicy(**fields)
    except ImproperlyConfigured as error:
        return [str(error)]
    return []


def _check_argument(policy: Any, place: Place, written: str) -> None:
    if isinstance(policy, CorsPolicy):
        return
    if policy is None or (isinstance(policy, str) and not policy.strip()):
        raise _names_none(policy, place, written)
    if not isinstance(policy, str):
        by_keyword = (
            "Write the fields of a policy by keyword, origins=[...], or as CorsPolicy(...)."
        )
        message = (
            f"{written} at {place} takes policies and names of CORS_POLICIES, not {shown(policy)}. "
            f"{_hint_for(policy) or by_keyword}"
        )
        raise blaming(place, TypeError(message))
    if "://" in policy or policy in ("*", "null"):
        origins = repr(policy) if policy == "*" else f"[{policy!r}]"
        message = (
            f"{written} at {place} takes {policy!r} for the name of a policy. For an origin write "
            f"origins={origins}, or CorsPolicy(origins={origins})."
        )
        raise blaming(place, TypeError(message))


def _names_none(value: Any, place: Place, written: str) -> ImproperlyConfigured:
    message = (
        f"{written} at {place}: {value!r} names no policy. For nobody write cors_deny; to declare "
        "nothing, leave it out."
    )
    return blaming(place, ImproperlyConfigured(message))


def _check_names(declaration: Declaration, written: str) -> None:
    """Refuse unknown names now: while serving it is too late to tell anybody."""
    if not settings.configured and any(isinstance(item, str) for item in declaration.policies):
        return
    place = declaration.place
    try:
        policies = declaration.resolve()
    except ImproperlyConfigured as error:
        message = f"{written} at {place}: {error}"
        raise blaming(place, ImproperlyConfigured(message)) from None
    if len(policies) > 1:
        for policy, named in zip(policies, declaration.policies):
            if not policy.names_origins:
                message = (
                    f"{written} at {place} lists several policies, but {named!r} names no "
                    "origins. Among several, each must say whom it admits."
                )
                raise blaming(place, TypeError(message))


def _is_view(value: Any) -> bool:
    # By identity: a callable may say that it is equal to anything.
    ours = any(value is each for each in (cors_allow, cors_deny, CorsPolicy))
    is_callable = callable(value) or isinstance(value, classmethod)
    return is_callable and not ours and not isinstance(value, CorsPolicy)


def _view(view: V, decorator: str) -> V:
    if _is_view(view):
        return view
    hint = _hint_for(view) or "Write it above a function or a class."
    place = caller()
    message = f"{decorator} at {place} decorates a view, not {shown(view)}. {hint}"
    raise blaming(place, TypeError(message))


def _hint_for(value: Any) -> str:
    """Return what somebody meant who decorates what a URLconf is made of."""
    if hasattr(value, "pattern") and hasattr(value, "resolve"):
        return "Decorate the view itself, inside of path()."
    if _is_view(value):
        return "Call what it returns with the view: cors_allow(...)(view)."
    return "For a whole URLconf use cors_include()." if isinstance(value, tuple) else ""
