"""What the checks know about CSRF protection: which views have it, which origins it trusts."""

from __future__ import annotations

from typing import Any

from django.conf import settings

from cors_views.callbacks import take_apart
from cors_views.declarations import wrapped

_MIDDLEWARE = "django.middleware.csrf.CsrfViewMiddleware"
#: DRF's name for what checks CSRF tokens although its views are exempt from the middleware.
_SESSION_AUTHENTICATION = "rest_framework.authentication.SessionAuthentication"


def is_csrf_protected(callback: Any) -> bool:
    """Return whether an unsafe request to this URLconf entry needs a CSRF token."""
    view_class = take_apart(callback).view_class
    for authentication in getattr(view_class, "authentication_classes", None) or ():
        bases = getattr(authentication, "__mro__", ())
        if any(
            f"{base.__module__}.{base.__qualname__}" == _SESSION_AUTHENTICATION for base in bases
        ):
            return True
    exempt = any(getattr(step, "csrf_exempt", False) for step in wrapped(callback))
    return _MIDDLEWARE in settings.MIDDLEWARE and not exempt


def is_trusted(origin: str) -> bool:
    """Return whether ``CSRF_TRUSTED_ORIGINS`` covers a configured origin or subdomain pattern."""
    if origin in settings.CSRF_TRUSTED_ORIGINS:
        return True
    scheme, _, host = origin.partition("://")
    return any(
        trusted.startswith(f"{scheme}://*.") and host.endswith(trusted.partition("*")[2])
        for trusted in settings.CSRF_TRUSTED_ORIGINS
    )
