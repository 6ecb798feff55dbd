"""``cors_include``: a policy for a whole URLconf, views of other people's included."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ImproperlyConfigured
from django.urls import include

from cors_views import conf
from cors_views.declarations.declaring import declare, declare_value, denial_text, denies
from cors_views.declarations.included import IncludedURLconf
from cors_views.declarations.marks import Declarable
from cors_views.policies.field_values import UNSET, shown
from cors_views.policies.policy import CorsPolicy, Fields
from cors_views.support.source_places import Place, caller, with_filename

if TYPE_CHECKING:
    from typing_extensions import Unpack


def cors_include(
    arg: Any,
    namespace: str | None = None,
    *,
    policy: Declarable = UNSET,
    **fields: Unpack[Fields],
) -> tuple[Any, str | None, str | None]:
    """Include a URLconf as ``django.urls.include`` does, with a policy for the views below it.

    ``policy`` is a name of ``CORS_POLICIES``, a ``CorsPolicy``, a sequence of them, or
    ``cors_deny``; the fields of a policy may be given by keyword instead, or to replace some of
    its fields. ``arg`` may also be the 3-tuple of ``admin.site.urls``. The policy is a default:
    what the views below declare themselves takes precedence.

    Without a policy and fields it refines the next layer, as a bare ``cors_allow``: under
    ``CORS_OPT_IN`` it opts in everything below.
    """
    place = caller()
    if policy is UNSET and not fields:
        _check_namespace(namespace, place)
    if policy is UNSET:
        declaration = declare((), {**fields}, place, "cors_include()")
    elif fields:
        policies = tuple(policy) if isinstance(policy, (list, tuple)) else (policy,)
        declaration = declare(policies, {**fields}, place, "cors_include()")
    else:
        declaration = declare_value(policy, place, "cors_include()")
    if isinstance(arg, tuple) and len(arg) == 3:
        if namespace is not None:
            message = (
                f"cors_include() at {place}: the 3-tuple {shown(arg[1:])} has a namespace already."
            )
            raise with_filename(place, TypeError(message))
        urlconf, app_name, namespace = arg
    else:
        try:
            urlconf, app_name, namespace = include(arg, namespace)
        except ImproperlyConfigured as error:
            if policy is not UNSET or namespace is None:
                raise
            message = (
                f"cors_include() at {place}: {error} If you mean a policy, write "
                f"policy={shown(namespace)}."
            )
            raise with_filename(place, ImproperlyConfigured(message)) from error
    return IncludedURLconf(urlconf, declaration), app_name, namespace


def _check_namespace(given: Any, place: Place) -> None:
    """Refuse a policy in the place of the namespace."""
    if denies(given):
        written = denial_text(given)
    elif isinstance(given, (CorsPolicy, list, tuple)) or conf.defines_policy(given):
        written = shown(given)
    else:
        return
    message = (
        f"cors_include() at {place} takes a namespace as its second argument, as include() "
        f"does. For the policy write policy={written}."
    )
    raise with_filename(place, TypeError(message))
