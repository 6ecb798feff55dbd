"""Checks of whether the cookies travel that a policy with credentials is for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views.inspection.hosts import (
    apps_among,
    cookies_kept_at_home,
    cookies_without_secure,
    from_other_sites,
    from_unknown_sites,
    secure_of,
)
from cors_views.inspection.policies_in_use import PolicyInUse, listed


def check_cookies(use: PolicyInUse) -> Iterator[CheckMessage]:
    """Report the cookies that stay at home, or that browsers refuse, as far as anybody can tell."""
    if not use.policy.credentials:
        return
    kept, refused = cookies_kept_at_home(), cookies_without_secure()
    elsewhere, apps = from_other_sites(use.origins), apps_among(use.origins)
    if elsewhere and kept:
        yield _kept(use, elsewhere, kept)
    if apps and kept:
        yield _kept_from_apps(use, apps, kept)
    if (elsewhere or apps) and refused:
        yield Warning(
            f"The {use.where()} allows credentials to {listed(elsewhere + apps)}, but browsers "
            f"refuse the cookie: {' and '.join(refused)} without Secure.",
            hint=" ".join(f"Write {secure_of(name)} = True." for name in _names_of(refused)),
            id="cors_views.W035",
        )


def _kept(use: PolicyInUse, origins: list[str], kept: list[str]) -> CheckMessage:
    return Warning(
        f"The {use.where()} allows credentials to {listed(origins)}, but browsers do not send "
        f"the cookie from other sites than those of ALLOWED_HOSTS = {settings.ALLOWED_HOSTS!r}, "
        f"because of {_named(kept)}.",
        hint=f"Serve both from one site. If that is not possible: {_for_all_sites(kept)}",
        id="cors_views.W035",
    )


def _kept_from_apps(use: PolicyInUse, apps: list[str], kept: list[str]) -> CheckMessage:
    return Warning(
        f"The {use.where()} allows credentials to {listed(apps)}, but browsers do not send the "
        f"cookie from {'them' if len(apps) > 1 else 'it'}, because of {_named(kept)}: the pages "
        "of an app belong to no site of the web.",
        hint="Let the app send a token in the Authorization header, and remove credentials. If "
        f"that is not possible: {_for_all_sites(kept)}",
        id="cors_views.W035",
    )


def check_unknown_sites(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Ask, before production, where this server is: nobody can tell whether cookies travel."""
    kept = cookies_kept_at_home()
    found: dict[str, None] = {}
    first: PolicyInUse | None = None
    for use in in_use if kept else ():
        unknown = from_unknown_sites(use.origins) if use.policy.credentials else []
        if unknown:
            first = first or use
            found.update(dict.fromkeys(unknown))
    if first:
        yield Info(
            f"The {first.where()} allows credentials to {listed([*found])}. While ALLOWED_HOSTS "
            f"is {settings.ALLOWED_HOSTS!r}, this check cannot tell whether browsers send the "
            "cookies. They do if this server and the page are at one site, such as "
            "api.example.com and app.example.com. From another site they do not, because of "
            f"{_named(kept)}.",
            hint="Name the hosts of this server in ALLOWED_HOSTS. If they are at another site "
            f"than the page: {_for_all_sites(kept)}",
            id="cors_views.I052",
        )


def _named(kept: list[str]) -> str:
    return " and ".join(kept)


def _for_all_sites(kept: list[str]) -> str:
    written = (f'{name} = "None" and {secure_of(name)} = True.' for name in _names_of(kept))
    return (
        f"{' '.join(written)} Then only CSRF protection keeps other sites from using your "
        "users' sessions."
    )


def _names_of(shown: Iterable[str]) -> list[str]:
    return [setting.partition(" ")[0] for setting in shown]
