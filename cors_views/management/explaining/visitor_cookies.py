"""The cookies of a visitor: which of the site's own go along with a request of a page."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie
from typing import Any, NamedTuple

from django.conf import settings
from django.http.request import HttpHeaders

from cors_views.browsing import cookies
from cors_views.browsing.pages import origin_of
from cors_views.inspection.hosts import has_middleware, way_between

_SESSIONS = "django.contrib.sessions.middleware.SessionMiddleware"
_CSRF = "django.middleware.csrf.CsrfViewMiddleware"


class _Cookie(NamedTuple):
    """A cookie of Django's: what it is called here and in settings, and what they say of it."""

    called: str
    setting: str
    samesite: Any
    secure: bool

    def why_not(self, origin: str, url: str) -> str:
        """Return why it does not go along from a page at ``origin``; nothing where it does."""
        way = way_between(origin, origin_of(url))
        jar = SimpleCookie({"cookie": "value"})
        jar["cookie"]["samesite"] = str(self.samesite)
        jar["cookie"]["secure"] = self.secure
        if cookies.travelling(jar, **way):
            return ""
        samesite, secure = f"{self.setting}_SAMESITE", f"{self.setting}_SECURE"
        if way["insecure"] and self.secure:
            return f"{secure} = True, and the URL is http"
        why = f"the page is at another site, and {samesite} = {self.samesite!r}"
        if str(self.samesite).lower() == "none":
            why += f" counts only with {secure} = True"
        return why


def _session() -> _Cookie:
    samesite, secure = settings.SESSION_COOKIE_SAMESITE, settings.SESSION_COOKIE_SECURE
    return _Cookie("session", "SESSION_COOKIE", samesite, secure)


def _csrf() -> _Cookie:
    samesite, secure = settings.CSRF_COOKIE_SAMESITE, settings.CSRF_COOKIE_SECURE
    return _Cookie("CSRF", "CSRF_COOKIE", samesite, secure)


def why_without_session(origin: str, url: str) -> str:
    """Return why no session cookie goes along from a page at ``origin``; nothing where it does."""
    return _session().why_not(origin, url)


def why_without_csrf(origin: str, url: str) -> str:
    """Return why CSRF protection does not get its cookie from a page at ``origin``."""
    return (_session() if settings.CSRF_USE_SESSIONS else _csrf()).why_not(origin, url)


def token_header() -> str:
    """Return the header that CSRF protection looks for a token in, as a page writes it."""
    key = settings.CSRF_HEADER_NAME
    # As Django's documentation spells it.
    return "X-CSRFToken" if key == "HTTP_X_CSRFTOKEN" else HttpHeaders.parse_header_name(key) or key


def with_session(origin: str, url: str) -> str:
    """Return what lets the session cookie go along, in sentences."""
    way = way_between(origin, origin_of(url))
    by_https = "Ask for it by https. " if way["insecure"] else ""
    if not way["cross_site"]:
        return by_https.strip()
    return (
        f"{by_https}Serve both from one site. If that is not possible: settings, "
        "SESSION_COOKIE_SAMESITE = 'None' and SESSION_COOKIE_SECURE = True. Then only CSRF "
        "protection keeps other sites from using your users' sessions."
    )


def kept_at_home(origin: str, url: str) -> Iterator[str]:
    """Yield which cookies stay at home, and why."""
    own = [] if settings.CSRF_USE_SESSIONS else [(_CSRF, _csrf())]
    for middleware, cookie in ((_SESSIONS, _session()), *own):
        why = cookie.why_not(origin, url) if has_middleware(middleware) else ""
        if why:
            yield f"The browser sends no {cookie.called} cookie: {why}."
