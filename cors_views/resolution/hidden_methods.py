"""Class-based views that may serve methods which no attribute of the class shows."""

from __future__ import annotations

from typing import Any

from cors_views.declarations.marks import wrapped
from cors_views.resolution.wrapped_views import ViewInfo
from cors_views.support.memory import remembered

#: What decides which method of an instance serves a request. Whoever writes one of these may serve
#: what no attribute of the class shows.
_CHOOSING = (
    "__getattr__",
    "__getattribute__",
    "__init__",
    "__new__",
    "__setattr__",
    "as_view",
    "dispatch",
    "http_method_not_allowed",
    # Of REST framework's views, which call these before they look for the method.
    "initial",
    "initialize_request",
    "setup",
)
_FRAMEWORKS = {"cors_views", "django", "rest_framework"}


def hides_methods(view: ViewInfo) -> bool:
    """Return whether a class-based view may serve methods that it does not show.

    Decorators do not count: those of ``dispatch`` are as far outside as a middleware.
    """
    if view.view_class is None:
        return False
    # View.__init__() sets on the instance what as_view() was given.
    given = not view.initkwargs.keys().isdisjoint(_CHOOSING)
    return given or any(map(_chooses_by_itself, view.view_class.__mro__[:-1]))


@remembered
def _chooses_by_itself(owner: type) -> bool:
    own = vars(owner)
    return not all(_is_of_framework(own[name]) for name in _CHOOSING if name in own)


def _is_of_framework(attribute: Any) -> bool:
    """Return whether Django, Django REST framework or this package wrote what is decorated."""
    *_, innermost = wrapped(attribute)
    module = getattr(innermost, "__globals__", {}).get("__name__", "")
    return module.partition(".")[0] in _FRAMEWORKS
