"""What the checks know about hosts: which are local, which share a site, which are anybody's."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.http import is_same_domain

_LOCAL = ("localhost", "127.0.0.1", "[::1]")
#: The hosts that Django admits by itself where DEBUG is on and ALLOWED_HOSTS is empty.
_DEBUG_HOSTS = [".localhost", "127.0.0.1", "[::1]"]
_COOKIES = {
    "SESSION_COOKIE_SAMESITE": "django.contrib.sessions.middleware.SessionMiddleware",
    "CSRF_COOKIE_SAMESITE": "django.middleware.csrf.CsrfViewMiddleware",
}


def host_of(origin: str) -> str:
    """Return the host of a configured origin or pattern, without its port and leading star."""
    host = origin.partition("://")[2]
    address, bracket, _ = host.partition("]")
    host = address + bracket if bracket else host.partition(":")[0]
    return host.removeprefix("*.").rstrip(".")


def is_local(origin: str) -> bool:
    """Return whether nobody on the network is between this machine and the origin."""
    host = host_of(origin)
    return host in _LOCAL or host.endswith(".localhost") or host.startswith("127.")


@functools.cache
def public_suffix_list() -> Any:
    """Return the list of the package publicsuffixlist, or ``None`` where it is not installed.

    Reading it takes a tenth of a second, so it is read once.
    """
    try:
        from publicsuffixlist import PublicSuffixList
    except ImportError:
        return None
    return PublicSuffixList()


def public_suffixes(patterns: list[str]) -> tuple[list[str], list[str]]:
    """Return which patterns are all subdomains of a public suffix, and which nobody can judge."""
    known = public_suffix_list() if patterns else None
    public, unchecked = [], []
    for pattern in patterns:
        host = host_of(pattern)
        if host == "localhost":
            continue
        if "." not in host or (known is not None and known.is_public(host)):
            public.append(pattern)
        elif known is None:
            unchecked.append(pattern)
    return public, unchecked


def cookies_kept_at_home(origins: list[str]) -> Iterator[tuple[str, Any, list[str]]]:
    """Yield each cookie setting that keeps the cookie from some of the origins, and which."""
    elsewhere = [origin for origin in origins if "://" in origin and not _may_share_a_site(origin)]
    if not elsewhere:
        return
    for setting, middleware in _COOKIES.items():
        value = getattr(settings, setting)
        # False sends no SameSite at all, which browsers take for Lax.
        if middleware in settings.MIDDLEWARE and str(value).lower() != "none":
            yield setting, value, elsewhere


def _may_share_a_site(origin: str) -> bool:
    """Return whether the origin can be at the site of this server, as far as the settings tell."""
    hosts = settings.ALLOWED_HOSTS or (_DEBUG_HOSTS if settings.DEBUG else [])
    host = host_of(origin)
    return "*" in hosts or any(
        is_same_domain(host, allowed) or _site(host) == _site(allowed.lstrip("."))
        for allowed in hosts
    )


def _site(host: str) -> str:
    """Return the registrable domain of a host; two labels where no list says better."""
    known = public_suffix_list()
    if known is not None:
        return str(known.privatesuffix(host) or host)
    return ".".join(host.split(".")[-2:])
