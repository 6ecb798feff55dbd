"""The redirect to the login page that a view makes before it runs, where it can be foreseen."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.urls import ResolverMatch

from cors_views.declarations.marks import wrapped
from cors_views.inspection.hosts import has_middleware
from cors_views.resolution.wrapped_views import inspect_view

_MIDDLEWARE = "django.contrib.auth.middleware.LoginRequiredMiddleware"
_MIXINS = "django.contrib.auth.mixins"
_DECORATORS = "django.contrib.auth.decorators"


class LoginRedirect(NamedTuple):
    """Who redirects, where to, and in which parameter it passes on what was asked for."""

    by: str
    url: Any
    field: str


def preview(match: ResolverMatch) -> LoginRedirect | None:
    """Return the redirect that a visitor gets who is not logged in."""
    view = match.func
    if _is_installed() and getattr(view, "login_required", True):
        field = getattr(view, "redirect_field_name", "next")
        return LoginRedirect("LoginRequiredMiddleware", getattr(view, "login_url", None), field)
    # Django's decorators leave these on the view for that middleware.
    own = getattr(view, "__dict__", {})
    if "login_url" in own and "redirect_field_name" in own and not _raises(view):
        return LoginRedirect("login_required", own["login_url"], own["redirect_field_name"])
    try:
        view_class: Any = inspect_view(view).view_class or object
    except Exception:
        # A view may be anything.
        return None
    mixins = [base.__name__ for base in view_class.__mro__ if base.__module__ == _MIXINS]
    if mixins and not view_class.raise_exception:
        return LoginRedirect(mixins[0], view_class.login_url, view_class.redirect_field_name)
    return None


def _is_installed() -> bool:
    return _MIDDLEWARE in settings.MIDDLEWARE and has_middleware(_MIDDLEWARE)


def _raises(view: Any) -> bool:
    """Return whether ``permission_required`` answers 403 instead."""
    for step in wrapped(view):
        if getattr(step, "__globals__", {}).get("__name__") == _DECORATORS:
            test = _closed_over(step).get("test_func")
            if _closed_over(test).get("raise_exception"):
                return True
    return False


def _closed_over(function: Any) -> dict[str, Any]:
    names = getattr(getattr(function, "__code__", None), "co_freevars", ())
    cells = getattr(function, "__closure__", None) or ()
    return {name: cell.cell_contents for name, cell in zip(names, cells)}


def is_that(redirect: LoginRedirect, request: HttpRequest, answered: HttpResponseBase) -> bool:
    """Return whether a view that was run has answered with that redirect."""
    location = answered.get("Location")
    return location is not None and location == response(redirect, request)["Location"]


def response(redirect: LoginRedirect, request: HttpRequest) -> HttpResponseBase:
    """Return that redirect for a request, as Django makes it."""
    from django.contrib.auth.views import redirect_to_login
    from django.shortcuts import resolve_url

    url = resolve_url(redirect.url or settings.LOGIN_URL)
    return redirect_to_login(request.get_full_path(), url, redirect.field)
