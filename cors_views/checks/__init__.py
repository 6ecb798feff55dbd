"""System checks: what is wrong with settings and declarations, and what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

from django.core.checks import CheckMessage, Tags, register

_Check = Callable[..., list[CheckMessage]]


def register_checks() -> None:
    """Register every check under the tags of Django that it belongs to."""
    register(Tags.security)(_later("settings", "check_settings"))
    register(Tags.security)(_later("middleware", "check_middleware"))
    register(Tags.security, Tags.urls)(_later("declarations", "check_declarations"))
    register(Tags.security, Tags.urls, deploy=True)(_later("declarations", "check_public_views"))


def _later(module: str, function: str) -> _Check:
    """Return a check that is imported when it runs: a server that starts never runs any."""

    def check(**kwargs: Any) -> list[CheckMessage]:
        run: _Check = getattr(import_module(f"{__name__}.{module}"), function)
        return run(**kwargs)

    return check
