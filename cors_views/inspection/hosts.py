"""What is known about hosts: which are local, which share a site, which are anybody's."""

from __future__ import annotations

import functools
import ipaddress
from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.http.request import validate_host
from django.utils.module_loading import import_string

from cors_views.conf import installed_middleware
from cors_views.policies.patterns import Pattern

#: RFC 6761, RFC 6762 with the private names of its appendix G, RFC 8375: nobody can register there.
_RESERVED = frozenset(
    {"example", "home.arpa", "internal", "invalid", "lan", "local", "localhost", "test"}
)
#: Browser extensions by their schemes: Chromium, Firefox, Safari.
_EXTENSIONS = ("chrome-extension:", "moz-extension:", "safari-web-extension:")
#: Where apps of Tauri have their pages on Windows and Android.
_TAURI = "tauri.localhost"
#: The hosts that Django admits by itself where DEBUG is on and ALLOWED_HOSTS is empty.
_DEBUG_HOSTS = [".localhost", "127.0.0.1", "[::1]"]
_COOKIES = {
    "SESSION_COOKIE_SAMESITE": "django.contrib.sessions.middleware.SessionMiddleware",
    "CSRF_COOKIE_SAMESITE": "django.middleware.csrf.CsrfViewMiddleware",
}


def host_of(origin: str) -> str:
    """Return the host of a configured origin or pattern, without its port and leading star."""
    return Pattern.of(origin).domain.rstrip(".")


def is_local(origin: str) -> bool:
    """Return whether nobody on the network is between this machine and the origin.

    An app shell such as ``capacitor://localhost`` has only its name from there.
    """
    if not _is_of_the_web(origin):
        return False
    host = host_of(origin)
    if host == "localhost" or host.endswith(".localhost"):
        return True
    address = _address(host)
    return address is not None and address.is_loopback


def _is_of_the_web(origin: str) -> bool:
    return origin.startswith(("http://", "https://"))


def apps_among(origins: list[str]) -> list[str]:
    """Return the origins of apps, whose pages are at no site of the web.

    Browser extensions are left out: with host permissions for a server they count as its site.
    """
    return [
        origin
        for origin in origins
        if host_of(origin) == _TAURI
        or ("://" in origin and not origin.startswith(("http:", "https:", "file:", *_EXTENSIONS)))
    ]


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return None


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


def public_suffixes(origins: list[str]) -> tuple[list[str], list[str]]:
    """Return which are all subdomains of a public suffix, and of which nobody can tell."""
    public, unchecked = [], []
    for origin in origins:
        host = host_of(origin)
        if not Pattern.of(origin).subdomains or is_reserved(host):
            continue
        if is_public_suffix(host):
            public.append(origin)
        elif public_suffix_list() is None:
            unchecked.append(origin)
    return public, unchecked


def from_other_sites(origins: list[str]) -> list[str]:
    """Return the origins that are at no site of this server; those of the own machine may be."""
    if are_hosts_unknown():
        return []
    sites = _sites(tuple(allowed_hosts()))
    return [origin for origin in _distant(origins) if site_of(host_of(origin)) not in sites]


def from_unknown_sites(origins: list[str]) -> list[str]:
    """Return the origins of which nobody can tell, since the settings name no host."""
    return _distant(origins) if are_hosts_unknown() else []


def _distant(origins: list[str]) -> list[str]:
    return [origin for origin in origins if _is_of_the_web(origin) and not is_local(origin)]


def are_hosts_unknown() -> bool:
    """Return whether ``ALLOWED_HOSTS`` does not say where the site is, or will be."""
    return not settings.ALLOWED_HOSTS or "*" in settings.ALLOWED_HOSTS


def may_be_own(origin: str) -> bool:
    """Return whether an origin is probably the site's own, whose requests it never refuses.

    That is a host of ``ALLOWED_HOSTS`` at the scheme's own port, or this machine at the port where
    Django's server runs by default.
    """
    authority, host = origin.partition("://")[2], host_of(origin)
    if is_local(origin):
        own_port = authority.endswith(":8000") or authority == host
        return own_port and validate_host(host, allowed_hosts())
    return authority == host and host in map(str.lower, allowed_hosts())


def cookies_kept_at_home() -> list[str]:
    """Return the settings that keep a cookie from requests of other sites, as they are written."""
    # False and None send no SameSite at all, which browsers take for Lax.
    return [f"{setting} = {value!r}" for setting, value in _cookies() if not _is_none(value)]


def cookies_without_secure() -> list[str]:
    """Return the settings whose cookie browsers refuse: for all sites, but not Secure."""
    return [
        f"{setting} = {value!r}"
        for setting, value in _cookies()
        if _is_none(value) and not getattr(settings, secure_of(setting))
    ]


def _is_none(value: Any) -> bool:
    return isinstance(value, str) and value.lower() == "none"


def _cookies() -> Iterator[tuple[str, Any]]:
    for setting, middleware in _COOKIES.items():
        in_session = setting == "CSRF_COOKIE_SAMESITE" and settings.CSRF_USE_SESSIONS
        if has_middleware(middleware) and not in_session:
            yield setting, getattr(settings, setting)


def has_middleware(path: str) -> bool:
    """Return whether a middleware of Django, or a subclass of it, is installed."""
    return installed_middleware.has_middleware(import_string(path))


def secure_of(setting: str) -> str:
    """Return the setting for Secure beside one for SameSite."""
    return setting.replace("SAMESITE", "SECURE")


def allowed_hosts() -> list[str]:
    """Return the hosts that Django answers for, as ``ALLOWED_HOSTS`` writes them."""
    hosts = settings.ALLOWED_HOSTS or (_DEBUG_HOSTS if settings.DEBUG else [])
    return [host for host in hosts if isinstance(host, str)]


@functools.lru_cache(maxsize=1)
def _sites(hosts: tuple[str, ...]) -> frozenset[str]:
    return frozenset(site_of(host.lower().lstrip(".")) for host in hosts)


def site_of(host: str) -> str:
    """Return the registrable domain of a host; two labels where no list says better."""
    if _address(host) is not None:
        return host
    known = public_suffix_list()
    if known is not None:
        return str(known.privatesuffix(host) or host)
    return ".".join(host.split(".")[-2:])


def way_between(page: str, server: str) -> dict[str, bool]:
    """Return what cookies have to know of the way from the origin of a page to a server's.

    ``cross_site`` compares schemes and registrable domains (HTML, "obtain a site"); ``insecure`` is
    whether no Secure cookie travels on it.
    """
    return {
        "cross_site": page == "null" or _site(page) != _site(server),
        "insecure": server.startswith("http:") and not is_local(server),
    }


def _site(origin: str) -> tuple[str, str]:
    return origin.partition(":")[0], site_of(host_of(origin))


def is_reserved(host: str) -> bool:
    """Return whether nobody can register a name below ``host``."""
    return host in _RESERVED


def is_public_suffix(host: str) -> bool:
    """Return whether anybody can register a name below ``host``, as far as is known."""
    known = public_suffix_list()
    return not is_reserved(host) and (
        "." not in host if known is None else bool(known.is_public(host))
    )


def trusted_origins() -> list[str]:
    """Return the origins and wildcards of ``CSRF_TRUSTED_ORIGINS``."""
    return [each for each in settings.CSRF_TRUSTED_ORIGINS if isinstance(each, str)]


def is_trusted(origin: str) -> bool:
    """Return whether ``CSRF_TRUSTED_ORIGINS`` covers a configured origin or pattern."""
    if origin in trusted_origins():
        return True
    pattern = Pattern.of(origin)
    if pattern.any_port:
        # There is no wildcard for ports; whoever listed one of them knows.
        portless = str(pattern.with_port(""))
        return any(
            trusted == portless or trusted.startswith(f"{portless}:")
            for trusted in trusted_origins()
        )
    return any(
        trusted.subdomains
        and trusted.scheme == pattern.scheme
        # As in CsrfViewMiddleware, '*.example.com' trusts example.com too.
        and f".{pattern.authority}".endswith(trusted.ending)
        for trusted in map(Pattern.of, trusted_origins())
    )
