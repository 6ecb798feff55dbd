"""Checks of trust that nobody can mean: with the cookies of users, for whoever asks."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from django.core.checks import CheckMessage, Error, Info, Warning

from cors_views import conf
from cors_views.inspection.hosts import is_local, public_suffixes
from cors_views.inspection.policies_in_use import PolicyInUse, listed
from cors_views.inspection.wide_regexes import every_host_of, local_of, stranger_of, suffix_of
from cors_views.policies.patterns import Pattern


def check_suffixes(use: PolicyInUse) -> Iterator[CheckMessage]:
    """Report credentials for all names below a suffix where anybody can register one."""
    if not use.policy.credentials:
        return
    public, unchecked = public_suffixes(use.origins)
    regexes = [repr(regex.pattern) for regex in use.regexes if _is_below_a_suffix(regex)]
    if public or regexes:
        yield Error(
            f"The {use.where()} allows credentials to {listed(public + regexes)}, where anybody "
            "can register a name.",
            hint="Name the subdomains that are yours.",
            id="cors_views.E038",
        )
    if unchecked:
        yield Info(
            f"Whether {listed(unchecked)}, from the {use.where()} is below a public suffix was "
            "not checked: without a list, only suffixes of one label are known.",
            hint="pip install publicsuffixlist",
            id="cors_views.I038",
        )


def _is_below_a_suffix(regex: re.Pattern[str]) -> bool:
    return suffix_of(regex) != "" and not every_host_of(regex)


def check_every_host(use: PolicyInUse) -> Iterator[CheckMessage]:
    """Report credentials for any host by a regular expression, as '*' and credentials are."""
    if not use.compiled.credentials:
        return
    for regex in use.regexes:
        stranger = every_host_of(regex)
        if stranger:
            yield Error(
                f"The {use.where('origin_regexes')} has the regular expression "
                f"{regex.pattern!r}, which admits every site on the web, such as {stranger}, with "
                "credentials.",
                hint=r"Name the host in it, as in r'https://[a-z0-9-]+\.example\.com'.",
                id="cors_views.E043",
            )


def check_any_origin(use: PolicyInUse) -> Iterator[CheckMessage]:
    """Warn of the settings that reflect any origin with credentials."""
    if _reflects(use):
        yield Warning(_ANY_ORIGIN.format(_every()), hint=_name_them(), id="cors_views.W042")


def check_production(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report, before production, what may be meant while developing alone."""
    said = set()
    for use in in_use:
        if _reflects(use) and "E042" not in said:
            said.add("E042")
            yield Error(_ANY_ORIGIN.format(_every()), hint=_name_them(), id="cors_views.E042")
        found = _of_development(use) if use.compiled.credentials else []
        source = use.sources["origins"]
        if found and source not in said:
            said.add(source)
            yield Warning(
                f"The {use.where()} allows credentials to {listed(found)}. In production that "
                "is any program that listens there on a visitor's machine.",
                hint="List it only in the settings for development.",
                id="cors_views.W048",
            )


def _of_development(use: PolicyInUse) -> list[str]:
    """Return what admits a server for development; a shell of an app has no port."""
    origins = [origin for origin in use.origins if Pattern.of(origin).port and is_local(origin)]
    return origins + [
        repr(regex.pattern)
        for regex in use.regexes
        # Who admits strangers is told so.
        if local_of(regex) and not stranger_of(regex)
    ]


def _reflects(use: PolicyInUse) -> bool:
    return use.effective.undeclared and use.policy.any_origin and bool(use.policy.credentials)


_ANY_ORIGIN = (
    "{} and CORS_ALLOW_CREDENTIALS together let every site on the web read your users' data "
    "with their cookies."
)


def _every() -> str:
    return conf.name_in_use("CORS_ALLOW_ALL_ORIGINS")


def _name_them() -> str:
    origins = conf.name_in_use("CORS_ALLOWED_ORIGINS")
    return f"Remove {_every()} and list the origins that you trust in {origins}."
