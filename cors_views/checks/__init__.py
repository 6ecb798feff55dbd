"""System checks: what is wrong with settings and declarations, and what to write instead.

Each is imported when it runs: a server that starts never runs any.
"""

from __future__ import annotations

from typing import Any

from django.core.checks import CheckMessage, Tags, register


def register_checks() -> None:
    """Register every check under the tags of Django that it belongs to."""
    # Functions of the module, not made here: Django knows by them what is registered already.
    register(Tags.security)(check_settings)
    register(Tags.security)(check_middleware)
    register(Tags.security, Tags.urls)(check_declarations)
    register(Tags.security, Tags.urls, deploy=True)(check_public_views)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Check the ``CORS_*`` settings."""
    from cors_views.checks import settings

    return settings.check_settings(**kwargs)


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """Check where the middleware stands."""
    from cors_views.checks import middleware

    return middleware.check_middleware(**kwargs)


def check_declarations(**kwargs: Any) -> list[CheckMessage]:
    """Check what the declarations make together, and the policies that routes get."""
    from cors_views.checks import declarations

    return declarations.check_declarations(**kwargs)


def check_public_views(**kwargs: Any) -> list[CheckMessage]:
    """Check, before production, what any origin may use."""
    from cors_views.checks import declarations

    return declarations.check_public_views(**kwargs)
