"""Checks of what CSRF protection would refuse, although a policy offers it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Any, Union

from django.core.checks import CheckMessage, Warning

from cors_views.inspection.csrf_protection import is_csrf_protected
from cors_views.inspection.hosts import (
    is_local,
    is_trusted,
    may_be_own,
    public_suffixes,
    trusted_origins,
)
from cors_views.inspection.policies_in_use import PolicyInUse, csrf_middleware_protects, listed
from cors_views.inspection.useless_regexes import matches_nothing
from cors_views.inspection.wide_regexes import (
    admits_plain_http,
    may_admit,
    special_of,
    stranger_of,
    suffix_of,
)
from cors_views.policies.patterns import Pattern
from cors_views.policies.policy import CorsPolicy
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.route_names import routes_named
from cors_views.resolution.wrapped_views import served_methods

#: What admits origins: one that is written out, a pattern, or a regular expression.
Entry = Union[str, "re.Pattern[str]"]


def check_csrf(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report what is refused, once for all policies that offer it to the same origins."""
    untrusted: dict[Any, tuple[Entry, ...]] = {}
    refused: dict[tuple[Entry, ...], list[PolicyInUse]] = {}
    without_cookie: dict[str, list[PolicyInUse]] = {}
    for use in in_use:
        if not use.unsafe_offered:
            continue
        # What concerns a policy alone is looked at once, not for each of its thousand routes.
        key = (use.compiled.credentials, id(use.compiled.origins))
        if key not in untrusted:
            untrusted[key] = _untrusted(use)
        if untrusted[key] and is_csrf_protected(use.pattern_path[-1].callback):
            refused.setdefault(untrusted[key], []).append(use)
        if _lacks_the_cookie(use):
            without_cookie.setdefault(use.sources["origins"], []).append(use)
    for origins, found in refused.items():
        yield _csrf(origins, found)
    for source, found in without_cookie.items():
        yield _never(source, found)


def _untrusted(use: PolicyInUse) -> tuple[Entry, ...]:
    """Return the origins and expressions whose unsafe requests CSRF protection would refuse.

    Those of apps and browser extensions too: Django compares any scheme.
    """
    if not use.policy.credentials:
        return ()
    origins = [
        origin
        for origin in use.origins
        # To trust these further would be the wrong advice: W037, E038 and W040 are about them.
        if ("://" in origin and not origin.startswith(("http:", "file:")))
        or (origin.startswith("http://") and is_local(origin))
    ]
    public, _ = public_suffixes(origins)
    return (
        *(
            origin
            for origin in origins
            if origin not in public and not is_trusted(origin) and not may_be_own(origin)
        ),
        *filter(_is_untrusted, use.regexes),
    )


def _is_untrusted(regex: re.Pattern[str]) -> bool:
    """Return whether an expression admits origins, and none of ``CSRF_TRUSTED_ORIGINS``.

    Whoever trusts one of them knows. Those that admit too much, or nobody, are told of that.
    """
    return not (
        stranger_of(regex)
        or suffix_of(regex)
        or special_of(regex)
        or admits_plain_http(regex)
        or matches_nothing(regex)
        or any(may_admit(regex, each) for each in trusted_origins())
    )


def _csrf(entries: tuple[Entry, ...], in_use: list[PolicyInUse]) -> CheckMessage:
    methods = sorted({method for use in in_use for method in use.unsafe_offered})
    origins = [entry for entry in entries if isinstance(entry, str)]
    regexes = [repr(entry.pattern) for entry in entries if not isinstance(entry, str)]
    field = "origins" if origins else "origin_regexes"
    first, *others = dict.fromkeys(use.sources[field] for use in in_use)
    more = f" and {len(others)} more place{'s' if len(others) > 1 else ''}" if others else ""
    return Warning(
        f"The {first}{more} let{'' if others else 's'} {listed(origins + regexes)} send "
        f"{', '.join(methods)} with credentials to "
        f"{routes_named([use.pattern_path for use in in_use])}, but CSRF protection will "
        "refuse it.",
        hint=" ".join(_hints_for_csrf(origins, regexes)),
        id="cors_views.W036",
    )


def _hints_for_csrf(origins: list[str], regexes: list[str]) -> Iterator[str]:
    _, unchecked = public_suffixes(origins)
    if unchecked:
        # I038 says how to check it.
        yield (
            f"Make sure that nobody else can register a name below {listed(unchecked)}, which was "
            "not checked."
        )
    any_port = [origin for origin in origins if Pattern.of(origin).any_port]
    named = [repr(origin) for origin in origins if origin not in any_port]
    if named:
        yield f"Add {listed(named)} to CSRF_TRUSTED_ORIGINS."
    if any_port:
        some = listed([repr(str(Pattern.of(origin).with_port("8080"))) for origin in any_port])
        yield (
            "CSRF_TRUSTED_ORIGINS takes no pattern for the port: list each origin with the "
            f"port that you use, such as {some}."
        )
    if regexes:
        yield (
            "CSRF_TRUSTED_ORIGINS takes no regular expressions: list each origin that only "
            f"{listed(regexes)} admits and that sends such requests."
        )


def _lacks_the_cookie(use: PolicyInUse) -> bool:
    """Return whether CSRF protection refuses what a declared policy offers, whoever asks.

    A page that may not use credentials sends no cookie, and without one no token is right. Session
    authentication asks for a token only where a session is there.
    """
    admits_somebody = bool(use.policy.origins or use.regexes)
    if use.effective.undeclared or use.compiled.credentials or not admits_somebody:
        return False
    callback = use.pattern_path[-1].callback
    return csrf_middleware_protects(callback) and not _known_methods(use).isdisjoint(
        use.unsafe_offered
    )


def _known_methods(use: PolicyInUse) -> AbstractSet[str]:
    """Return the methods that a view serves, for all that anybody can see.

    A function shows those of ``require_http_methods``. Else whoever wrote methods into the
    declaration of the view, not into a policy with a name, has it serve them.
    """
    served = served_methods(use.pattern_path[-1].callback)
    if served is not None:
        return served
    return {name for layer in use.effective.counting_layers for name in _methods_written_at(layer)}


def _methods_written_at(layer: Layer) -> Iterator[str]:
    declaration = layer.declaration
    if layer.name != "route":
        return
    # Beside a name, it replaces the methods of the policy that others share.
    beside_a_name = "methods" in dict(declaration.fields)
    for policy in declaration.resolve() if beside_a_name else declaration.policies:
        if isinstance(policy, CorsPolicy):
            yield from policy.methods or ()


def _never(source: str, in_use: list[PolicyInUse]) -> CheckMessage:
    methods = sorted({method for use in in_use for method in use.unsafe_offered})
    return Warning(
        f"The {source} offers {', '.join(methods)} without credentials at "
        f"{routes_named([use.pattern_path for use in in_use])}, but CSRF protection refuses "
        "every request without the CSRF cookie.",
        hint='If pages only read, write methods=["GET"] in the policy. If they change '
        "something, allow credentials to named origins, or use another authentication and "
        "write csrf_exempt.",
        id="cors_views.W047",
    )
