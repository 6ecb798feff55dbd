"""The cookies of a visitor: which of the site's own go along with a request of a page."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

from django.conf import settings

from cors_views.browsing import cookies
from cors_views.browsing.pages import origin_of
from cors_views.checks.sites import has_middleware, way_between

#: How the settings of a cookie begin, what it is called here, and what sets it.
_COOKIES = {
    "SESSION": ("session", "django.contrib.sessions.middleware.SessionMiddleware"),
    "CSRF": ("CSRF", "django.middleware.csrf.CsrfViewMiddleware"),
}


def sends_session(origin: str, url: str) -> bool:
    """Return whether a visitor's session cookie goes along from a page at ``origin``."""
    return _travels("SESSION", origin, url)


def kept_at_home(origin: str, url: str) -> Iterator[str]:
    """Yield which cookies stay at home, and why."""
    way = way_between(origin, origin_of(url))
    for name, (called, middleware) in _COOKIES.items():
        if not has_middleware(middleware) or _travels(name, origin, url):
            continue
        samesite, secure = f"{name}_COOKIE_SAMESITE", f"{name}_COOKIE_SECURE"
        if way["insecure"] and getattr(settings, secure):
            why = f"{secure} = True, and the URL is http"
        else:
            why = f"the page is at another site, and {samesite} = {getattr(settings, samesite)!r}"
            if str(getattr(settings, samesite)).lower() == "none":
                why += f" counts only with {secure} = True"
        yield f"No {called} cookie goes along: {why}."


def _travels(name: str, origin: str, url: str) -> bool:
    jar = SimpleCookie({"cookie": "value"})
    jar["cookie"]["samesite"] = str(getattr(settings, f"{name}_COOKIE_SAMESITE"))
    jar["cookie"]["secure"] = getattr(settings, f"{name}_COOKIE_SECURE")
    return bool(cookies.travelling(jar, **way_between(origin, origin_of(url))))
