"""Which CSRF protection a view has."""

from __future__ import annotations

from typing import Any

from cors_views.inspection.policies_in_use import csrf_middleware_protects
from cors_views.resolution.wrapped_views import inspect_view

#: DRF's name for what checks CSRF tokens although its views are exempt from the middleware.
_SESSION_AUTHENTICATION = "rest_framework.authentication.SessionAuthentication"


def is_csrf_protected(callback: Any) -> bool:
    """Return whether an unsafe request to a URLconf entry needs a CSRF token."""
    view = inspect_view(callback)
    classes = view.initkwargs.get("authentication_classes")
    if classes is None:
        classes = getattr(view.view_class, "authentication_classes", None)
    # A class may compute them, which only an instance can.
    for authentication in classes if isinstance(classes, (list, tuple)) else ():
        if _enforces_csrf(authentication):
            return True
    return csrf_middleware_protects(callback)


def _enforces_csrf(authentication: Any) -> bool:
    """Return whether a class is DRF's session authentication, and has not switched this off."""
    for base in getattr(authentication, "__mro__", ()):
        if "enforce_csrf" in vars(base):
            return f"{base.__module__}.{base.__qualname__}" == _SESSION_AUTHENTICATION
    return False
