"""What arguments of ``cors_allow`` and values of attributes declare, checked where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import FunctionType
from typing import Any, TypeVar

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cors_views.declarations.marks import Declaration
from cors_views.policies.field_values import shown
from cors_views.policies.fields import TABLE, field_hint
from cors_views.policies.origin_sets import LoadedOrigins
from cors_views.policies.policy import CorsPolicy, policy_of_fields
from cors_views.support.source_places import Place, with_filename

F = TypeVar("F", bound=Callable[..., Any])

#: What a decorator of ours says of itself, so that it can be told from a view, and from the other.
_OURS, _FIELDS = "_cors_views_decorator", "_cors_views_fields"
_NAMES = frozenset(TABLE)


def ours(word: str, fields: Mapping[str, Any] | None = None) -> Callable[[F], F]:
    """Mark a decorator of this package as one that allows, or that denies.

    ``fields`` are those that it was called with, for where it stands as a value.
    """

    def mark(decorator: F) -> F:
        vars(decorator)[_OURS] = word
        vars(decorator)[_FIELDS] = fields or {}
        return decorator

    return mark


def denies(value: Any) -> bool:
    """Return whether a value is ``cors_deny``, in whose place a policy might stand."""
    return _word_of(value) == "deny"


def _word_of(value: Any) -> str:
    # Not getattr(): a mock has every attribute, and a lazy object is made when it is asked.
    attributes = getattr(value, "__dict__", None) if hasattr(value, "__code__") else None
    return str(attributes.get(_OURS, "")) if isinstance(attributes, dict) else ""


def denial_text(value: Any, beside: Mapping[str, Any] | None = None) -> str:
    """Return how a denial is written that has in it what somebody wrote ``beside`` it."""
    fields = {**vars(value)[_FIELDS], **(beside or {})}
    enforce = fields.get("enforce")
    is_valid = isinstance(enforce, bool) or (isinstance(enforce, str) and enforce == "report")
    return f"cors_deny({enforce=})" if is_valid else "cors_deny"


def denial(place: Place, fields: Mapping[str, Any]) -> Declaration:
    """Return the declaration that ``cors_deny`` makes; ``fields`` say what it does beside it."""
    return Declaration((), place, tuple(fields.items()), deny=True)


def declare(
    policies: tuple[Any, ...], fields: dict[str, Any], place: Place, written: str = "cors_allow()"
) -> Declaration:
    """Return the declaration that these arguments of ``cors_allow`` mean, or raise.

    ``written`` is what the user wrote them in, for the messages.
    """
    for policy in policies:
        if denies(policy):
            raise _denies_beside(policy, fields, place, written)
        _check_argument(policy, place, written)
    if not _NAMES.issuperset(fields):
        raise _has_unknown(fields, place, written)
    if len(policies) > 1 and fields:
        message = (
            f"{written} at {place} takes one policy with fields that replace its own, or "
            "several policies, not both. Define the policy you mean in CORS_POLICIES."
        )
        raise with_filename(place, TypeError(message))
    if not policies:
        return Declaration((policy_of_fields(fields),), place)
    # Through a policy, so that they are checked, and nobody's list is kept.
    replacing = policy_of_fields(fields).set_fields() if fields else {}
    declaration = Declaration(policies, place, tuple(replacing.items()))
    _check_policies(declaration, written)
    return declaration


def declare_value(value: Any, place: Place, written: str) -> Declaration:
    """Return the declaration that one value means: what ``cors_allow`` takes, or ``cors_deny``.

    A sequence stands for several positional arguments. This is what ``cors_policy``,
    ``cors_action_policies`` and ``cors_include(policy=...)`` hold.
    """
    if denies(value):
        return denial(place, vars(value)[_FIELDS])
    policies = tuple(value) if isinstance(value, (list, tuple)) else (value,)
    if not policies:
        raise _names_none(value, place, written)
    return declare(policies, {}, place, written)


def _denies_beside(policy: Any, fields: Mapping[str, Any], place: Place, written: str) -> TypeError:
    argument = "policy=" if written == "cors_include()" else ""
    message = (
        f"{written} at {place}: cors_deny stands alone, with no policy and no field beside it. "
        f"Write {argument}{denial_text(policy, fields)} instead."
    )
    return with_filename(place, TypeError(message))


def _has_unknown(fields: dict[str, Any], place: Place, written: str) -> TypeError:
    unknown = [
        f"{written} at {place}: {field!r} is not a policy field. {field_hint(field)}"
        for field in fields
        if field not in TABLE
    ]
    known = {field: value for field, value in fields.items() if field in TABLE}
    return with_filename(place, TypeError("\n".join([*unknown, *_wrong_with(known)])))


def _wrong_with(fields: dict[str, Any]) -> list[str]:
    """Return what else is wrong with the fields."""
    try:
        policy_of_fields(fields)
    except ImproperlyConfigured as error:
        return [str(error)]
    return []


#: Beside an attribute there is no view to call something with, and there are no keywords.
_A_POLICY = "Write CorsPolicy(...), or the name of a policy."


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
            f"{written} at {place} takes policies, or names from CORS_POLICIES, not "
            f"{shown(policy)}. "
            f"{(hint_for(policy) or by_keyword) if written.endswith('()') else _A_POLICY}"
        )
        raise with_filename(place, TypeError(message))
    if "://" in policy or policy in ("*", "null"):
        origins = repr(policy) if policy == "*" else f"[{policy!r}]"
        message = (
            f"{written} at {place} takes {policy!r} for the name of a policy. For an origin write "
            f"origins={origins}, or CorsPolicy(origins={origins})."
        )
        raise with_filename(place, TypeError(message))


def _names_none(value: Any, place: Place, written: str) -> ImproperlyConfigured:
    message = (
        f"{written} at {place}: {value!r} is not a policy. To admit nobody, write cors_deny. To "
        "declare nothing, leave it out."
    )
    return with_filename(place, ImproperlyConfigured(message))


def _check_policies(declaration: Declaration, written: str) -> None:
    """Refuse unknown names now: while serving it is too late to tell anybody."""
    if not settings.configured and any(isinstance(item, str) for item in declaration.policies):
        return
    place = declaration.place
    try:
        policies = declaration.resolve()
    except ImproperlyConfigured as error:
        message = f"{written} at {place}: {error}"
        raise with_filename(place, ImproperlyConfigured(message)) from None
    if len(policies) > 1:
        for policy, named in zip(policies, declaration.policies):
            if not policy.names_origins:
                message = (
                    f"{written} at {place} lists several policies, but {named!r} names no "
                    "origins. Each of several policies has to name its origins."
                )
                raise with_filename(place, TypeError(message))


def is_view(value: Any) -> bool:
    """Return whether a decorator is given what it can decorate."""
    if type(value) is FunctionType:
        # Most are, and are told from ours by one look.
        return _OURS not in value.__dict__
    is_callable = callable(value) or isinstance(value, classmethod)
    # By identity: a callable may say that it is equal to anything.
    is_ours = value is CorsPolicy or isinstance(value, (CorsPolicy, LoadedOrigins))
    is_ours = is_ours or bool(_word_of(value))
    return is_callable and not is_ours


def hint_for(value: Any) -> str:
    """Return what somebody meant who decorates what a URLconf is made of."""
    if hasattr(value, "pattern") and hasattr(value, "resolve"):
        return "Decorate the view itself, inside of path()."
    if is_view(value):
        return "Call the result with the view: cors_allow(...)(view)."
    return "For a whole URLconf use cors_include()." if isinstance(value, tuple) else ""
