"""Per-view CORS for Django and Django REST framework.

This module is importable from a settings file: it reads no setting and imports no DRF. What it
offers is imported when it is asked for, because pytest imports a module of this package in every
run of an environment, also where nobody thinks of Django.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cors_views.cached_origins import CachedOrigins
    from cors_views.decorators import cors_allow, cors_deny
    from cors_views.policies.policy import CorsPolicy
    from cors_views.responses.outcome import Outcome, outcome_of
    from cors_views.urls import cors_include
else:
    # Hidden from type checkers, which would take any name for one of ours.

    def __getattr__(name: str) -> object:
        """Import a public name when it is first asked for (PEP 562)."""
        from importlib import import_module

        if name not in _MODULES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
        return value

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})


__all__ = [
    "CachedOrigins",
    "CorsPolicy",
    "Outcome",
    "cors_allow",
    "cors_deny",
    "cors_include",
    "outcome_of",
]
__version__ = "0.1.0.dev0"

_MODULES = {
    "CachedOrigins": "cached_origins",
    "CorsPolicy": "policies.policy",
    "Outcome": "responses.outcome",
    "cors_allow": "decorators",
    "cors_deny": "decorators",
    "cors_include": "urls",
    "outcome_of": "responses.outcome",
}
