"""The policies of ``CORS_POLICIES``, by their names."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from cors_views.conf import setting_names
from cors_views.conf.compiled_settings import cors_settings
from cors_views.conf.settings_cache import keep
from cors_views.policies.policy import CorsPolicy, policy_of_entry
from cors_views.support.close_matches import close_matches

logger = logging.getLogger("cors_views")


@keep
def policies_are_a_mapping() -> bool:
    """Return whether ``CORS_POLICIES`` is of the type that it has to be, or not set."""
    try:
        policies = getattr(settings, "CORS_POLICIES", {})
        return isinstance(policies, Mapping) and all(isinstance(name, str) for name in policies)
    except Exception:
        logger.exception("CORS_POLICIES cannot be read.")
        return False


def policy_names() -> Sequence[str]:
    """Return the names that ``CORS_POLICIES`` defines."""
    return sorted(_policies())


def defines_policy(name: Any) -> bool:
    """Return whether a value is the name of a policy of ``CORS_POLICIES``."""
    return isinstance(name, str) and name in _policies()


def policy(name: str) -> CorsPolicy:
    """Return the policy of ``CORS_POLICIES`` with this name.

    Raise ``ImproperlyConfigured`` where there is none, with the close matches, or where it is
    invalid, with everything that is wrong with it.
    """
    policies = _policies()
    if not policies_are_a_mapping():
        raise ImproperlyConfigured(
            f"There is no CORS policy named {name!r}: CORS_POLICIES has to be a dict of "
            f"policies by name, but {_what_policies_are()}."
        )
    if name not in policies:
        known = policy_names()
        hint = (
            _slip_of_policies()
            or close_matches(name, known)
            or (
                f"CORS_POLICIES defines {', '.join(map(repr, known))}."
                if known
                else "CORS_POLICIES defines none."
            )
        )
        raise ImproperlyConfigured(f"There is no CORS policy named {name!r}. {hint}")
    return _compiled_policy(name)


def _slip_of_policies() -> str:
    """Return what to say of a setting whose name was to be ``CORS_POLICIES``, if there is one."""
    found = [
        name for name, meant in setting_names.slips(settings).items() if "CORS_POLICIES" in meant
    ]
    return f"There is no setting {found[0]} either. Did you mean 'CORS_POLICIES'?" if found else ""


def _policies() -> Mapping[str, Any]:
    return getattr(settings, "CORS_POLICIES", {}) if policies_are_a_mapping() else {}


def _what_policies_are() -> str:
    try:
        return f"is of type {type(settings.CORS_POLICIES).__name__}"
    except Exception as error:
        return f"raises {type(error).__name__} when it is read"


@keep
def _compiled_policy(name: str) -> CorsPolicy:
    written = f"settings.CORS_POLICIES[{name!r}]"
    try:
        return policy_of_entry(_policies()[name], written)
    except ImproperlyConfigured:
        raise
    except Exception as error:
        # A lazy object looks like what it wraps, and may raise when it is asked.
        message = f"{written} raises {type(error).__name__} when it is read."
        raise ImproperlyConfigured(message) from error


@keep
def enforces() -> bool:
    """Return whether a setting refuses requests on the server, or a policy that one names."""
    return bool(cors_settings().policy.enforce) or any(map(_enforces, policy_names()))


def _enforces(name: str) -> bool:
    try:
        return bool(policy(name).enforce)
    except ImproperlyConfigured:
        # It admits nobody. A check names it, and so does whatever declares it.
        return False
