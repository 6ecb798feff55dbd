"""Checks of the policies that the routes of the site really get, wherever they come from."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Warning

from cors_views.checks.cookies import check_cookies
from cors_views.checks.trust import check_any_origin, check_every_host, check_suffixes
from cors_views.inspection.hosts import is_local
from cors_views.inspection.policies_in_use import PolicyInUse, listed
from cors_views.inspection.useless_regexes import matches_nothing, what_was_meant
from cors_views.inspection.wide_regexes import (
    admits_plain_http,
    every_host_of,
    lookalike_of,
    special_of,
    stranger_of,
    strict,
    suffix_of,
)
from cors_views.policies.fields import FIELDS
from cors_views.policies.spelling_hints import escaped, is_a_pattern

#: No browser keeps a preflight longer: Firefox a day, Chromium two hours, Safari ten minutes.
_LONGEST_MAX_AGE = 86400


def check_uses(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report what is wrong with the policies in use, once for each policy and place."""
    seen: set[Any] = set()
    first: dict[Any, PolicyInUse] = {}
    for use in in_use:
        # Thousands of routes may share the policy of the settings.
        first.setdefault((use.effective, use.compiled), use)
    for use in first.values():
        for check, fields in _CHECKS.items():
            # What concerns a policy alone is looked at once, not for each of its thousand routes.
            key = (check, *_key(use, fields))
            if key not in seen:
                seen.add(key)
                for message in check(use):
                    if str(message) not in seen:
                        seen.add(str(message))
                        yield message


def _key(use: PolicyInUse, fields: tuple[str, ...]) -> tuple[Any, ...]:
    """Return what is the same for uses whose fields come from the same places.

    And have the same values: one line can make several policies, in a loop or a helper.
    """
    values = [field for field in FIELDS if field not in ("origins", "origin_regexes")]
    return (
        *(use.sources[field] for field in fields),
        use.effective.undeclared,
        # One set for all that name the same origins: a hash of many would take its time.
        id(use.compiled.origins),
        *(getattr(use.policy, field) for field in values),
    )


def _private_network(use: PolicyInUse) -> Iterator[CheckMessage]:
    if use.policy.private_network:
        yield Warning(
            f"private_network=True, from the {use.sources['private_network']}, has no effect: "
            "browsers replaced Private Network Access with Local Network Access (Chrome 142), "
            "which asks the user instead of the server.",
            hint="Remove private_network and CORS_ALLOW_PRIVATE_NETWORK.",
            id="cors_views.W034",
        )


def _plain_http(use: PolicyInUse) -> Iterator[CheckMessage]:
    plain = [
        origin for origin in use.origins if origin.startswith("http://") and not is_local(origin)
    ]
    regexes = [repr(regex.pattern) for regex in use.regexes if admits_plain_http(regex)]
    if use.policy.credentials and (plain or regexes):
        secure = [repr(origin.replace("http:", "https:", 1)) for origin in plain]
        yield Warning(
            f"The {use.where()} allows credentials to {listed(plain + regexes)}. Anybody on the "
            "network can pretend to be such an origin.",
            hint=f"Write {listed(secure) or 'https://'} instead.",
            id="cors_views.W037",
        )


def _null(use: PolicyInUse) -> Iterator[CheckMessage]:
    special = [origin for origin in use.origins if origin in ("null", "file://")]
    special += [
        f"{origin} (by {regex.pattern!r})"
        for regex in use.regexes
        # Who admits any site as well is told so, or means it.
        if (origin := special_of(regex)) and not stranger_of(regex)
    ]
    if special:
        yield Warning(
            f"The {use.where()} admits {' and '.join(special)}. Sandboxed frames and local "
            "files have that origin, so in effect any site is admitted.",
            hint="Remove it. If anybody may read, admit any origin, without credentials.",
            id="cors_views.W040",
        )


def _max_age(use: PolicyInUse) -> Iterator[CheckMessage]:
    if (use.policy.max_age or 0) > _LONGEST_MAX_AGE:
        yield Warning(
            f"max_age = {use.policy.max_age}, from the {use.sources['max_age']}, is longer than "
            "any browser caches a preflight.",
            hint=f"Write {_LONGEST_MAX_AGE} or less.",
            id="cors_views.W041",
        )


def _regexes(use: PolicyInUse) -> Iterator[CheckMessage]:
    for regex in use.regexes:
        if is_a_pattern(regex.pattern):
            # An error of the settings is about it.
            continue
        found = _wrong_with(regex, credentials=use.compiled.credentials)
        if found:
            yield Warning(
                f"The {use.where('origin_regexes')} has the regular expression "
                f"{regex.pattern!r}, {found[0]}.",
                hint=found[1],
                id="cors_views.W043",
            )


def _wrong_with(regex: re.Pattern[str], *, credentials: bool) -> tuple[str, str] | None:
    stranger, alike = stranger_of(regex), lookalike_of(regex)
    if credentials and (every_host_of(regex) or suffix_of(regex)):
        # An error is about them.
        return None
    if stranger and credentials:
        hint = r"Name the host in it: r'https://[a-z0-9-]+\.example\.com'."
        return f"which admits unrelated origins such as {stranger}, with credentials", hint
    if alike and not stranger:
        better = strict(regex)
        hint = f"Write r'{better}' instead." if better else alike[1]
        return f"which admits {alike[0]} too", hint
    if matches_nothing(regex):
        return "which does not match any complete origin, so it admits nobody", what_was_meant(
            regex
        )
    if escaped(regex.pattern) != regex.pattern:
        message = "in which an unescaped '.' matches any character, so it admits other names too"
        return message, f"Write r'{escaped(regex.pattern)}' instead."
    return None


def _literal_star(use: PolicyInUse) -> Iterator[CheckMessage]:
    if not (use.pattern_path and use.effective.undeclared and use.policy.credentials):
        # For a view that declares something, the answer names what the preflight asks for, and
        # beside the routes there is no view.
        return
    for field, names in (("headers", use.policy.headers), ("methods", use.policy.methods)):
        if "*" in (names or ()):
            yield Warning(
                f"The {use.sources[field]} has '*', and the {use.sources['credentials']} allows "
                "credentials. With credentials browsers take the '*' literally, so on views "
                f"that declare no policy a request with credentials may use no further {field}.",
                hint=f"Name the {field}, or write @cors_allow above each of the views.",
                id="cors_views.W045",
            )


#: Each check of a policy, and the fields that it is about.
_CHECKS = {
    _private_network: ("private_network",),
    check_cookies: ("origins", "credentials"),
    _plain_http: ("origins", "credentials"),
    check_suffixes: ("origins", "credentials"),
    _null: ("origins",),
    _max_age: ("max_age",),
    check_any_origin: ("origins", "credentials"),
    check_every_host: ("origin_regexes", "credentials"),
    _regexes: ("origin_regexes", "credentials"),
    _literal_star: ("headers", "methods", "credentials"),
}
