"""The only reader of the ``CORS_*`` settings."""

from __future__ import annotations

from cors_views.conf.compiled_settings import (
    ALIASES,
    CorsSettings,
    Settings,
    conf,
    cors_settings,
    name_in_use,
    slips,
)
from cors_views.conf.named_policies import (
    defines_policy,
    enforces,
    policies_are_a_mapping,
    policy,
    policy_names,
)

__all__ = [
    "ALIASES",
    "CorsSettings",
    "Settings",
    "conf",
    "cors_settings",
    "defines_policy",
    "enforces",
    "name_in_use",
    "policies_are_a_mapping",
    "policy",
    "policy_names",
    "slips",
]
