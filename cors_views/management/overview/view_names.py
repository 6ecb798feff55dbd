"""What people call the view of a route: its name, its app, and what ``reverse()`` takes."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from django.apps import apps

from cors_views.declarations.marks import wrapped
from cors_views.resolution import layer_order, wrapped_views
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.wrapped_views import name_of


def view_name(pattern_path: PatternPath) -> str:
    """Return the dotted name of the view of a route."""
    callback = pattern_path[-1].callback
    if not layer_order.understands(pattern_path):
        return name_of(type(callback))
    return wrapped_views.view_name(callback)


def is_installed(pattern_path: PatternPath) -> bool:
    """Return whether the view of a route is of an installed package, where nobody decorates it."""
    callback = pattern_path[-1].callback
    *_, innermost = wrapped(wrapped_views.inspect_view(callback).view_class or callback)
    module = sys.modules.get(getattr(innermost, "__module__", ""))
    folders = Path(getattr(module, "__file__", None) or "").parts
    return not {"site-packages", "dist-packages"}.isdisjoint(folders)


def url_name(pattern_path: PatternPath) -> str:
    """Return what ``reverse()`` takes for a route, or nothing where it has no name."""
    name = pattern_path[-1].name
    if not name:
        return ""
    namespaces = [resolver.namespace for resolver in pattern_path[:-1] if resolver.namespace]
    return ":".join([*namespaces, name])


def app_of(pattern_path: PatternPath) -> str:
    """Return the label of the app that a route's view is in, or else its topmost package."""
    return _app_of_module(view_name(pattern_path)) if pattern_path else ""


@functools.cache
def _app_of_module(module: str) -> str:
    config = apps.get_containing_app_config(module)
    return config.label if config else module.partition(".")[0]
