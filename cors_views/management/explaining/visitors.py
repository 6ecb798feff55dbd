"""The cookies of a visitor: which of the site's own go along with a request of a page."""

from __future__ import annotations

from collections.abc import Iterator
from http.cookies import SimpleCookie

from django.conf import settings

from cors_views.browsing import cookies
from cors_views.browsing.pages import origin_of
from cors_views.checks.sites import way_between

#: The settings that name a cookie of Django's, and what it is called here.
_COOKIES = {"SESSION": "session", "CSRF": "CSRF"}


def sends_session(origin: str, url: str) -> bool:
    """Return whether a visitor's session cookie goes along from a page at ``origin``."""
    return _travels("SESSION", origin, url)


def kept_at_home(origin: str, url: str) -> Iterator[str]:
    """Yield which cookies stay at home, and why."""
    way = way_between(origin, origin_of(url))
    for name, called in _COOKIES.items():
        if _travels(name, origin, url):
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
