"""The cookies of a visitor: which of the site's own go along with a request of a page."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

from django.conf import settings

from cors_views.browsing import cookies
from cors_views.browsing.pages import origin_of
from cors_views.checks.sites import has_middleware, way_between

_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"


class _Cookie(NamedTuple):
    """A cookie of Django's: what it is called here and in settings, and what they say of it."""

    called: str
    setting: str
    samesite: Any
    secure: bool

    def travels(self, origin: str, url: str) -> bool:
        jar = SimpleCookie({"cookie": "value"})
        jar["cookie"]["samesite"] = str(self.samesite)
        jar["cookie"]["secure"] = self.secure
        return bool(cookies.travelling(jar, **way_between(origin, origin_of(url))))


def _session() -> _Cookie:
    samesite, secure = settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_SECURE
    return _Cookie("session", "SESSION_COOKIE", samesite, secure)


def _csrf() -> _Cookie:
    samesite, secure = settings.CSRF_COOKIE_SAMESITE, settings.CSRF_COOKIE_SECURE
    return _Cookie("CSRF", "CSRF_COOKIE", samesite, secure)


def sends_session(origin: str, url: str) -> bool:
    """Return whether a visitor's session cookie goes along from a page at ``origin``."""
    return _session().travels(origin, url)


def kept_at_home(origin: str, url: str) -> Iterator[str]:
    """Yield which cookies stay at home, and why."""
    insecure = way_between(origin, origin_of(url))["insecure"]
    for middleware, cookie in ((_SESSIONS, _session()), (_CSRF, _csrf())):
        if not has_middleware(middleware) or cookie.travels(origin, url):
            continue
        samesite, secure = f"{cookie.setting}_SAMESITE", f"{cookie.setting}_SECURE"
        if insecure and cookie.secure:
            why = f"{secure} = True, and the URL is http"
        else:
            why = f"the page is at another site, and {samesite} = {cookie.samesite!r}"
            if str(cookie.samesite).lower() == "none":
                why += f" counts only with {secure} = True"
        yield f"No {cookie.called} cookie goes along: {why}."
