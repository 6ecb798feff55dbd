"""Checks of what CSRF protection would refuse, although a policy offers it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.core.checks import CheckMessage, Warning

from cors_views.callbacks import take_apart
from cors_views.checks.sites import is_local, is_trusted, public_suffixes
from cors_views.checks.views import is_csrf_protected
from cors_views.routes import routes_named
from cors_views.uses import Use, csrf_middleware_protects, listed


def check_csrf(uses: Iterable[Use]) -> Iterator[CheckMessage]:
    """Report what is refused, once for each policy that offers it."""
    untrusted: dict[Any, tuple[str, ...]] = {}
    refused: dict[tuple[str, tuple[str, ...]], list[Use]] = {}
    without_cookie: dict[str, list[Use]] = {}
    for use in uses:
        if not use.unsafe_offered:
            continue
        # What concerns a policy alone is looked at once, not for each of its thousand routes.
        sources, named = use.sources, id(use.compiled.origins)
        key = (sources["origins"], sources["credentials"], use.compiled.credentials, named)
        if key not in untrusted:
            untrusted[key] = _untrusted(use)
        if untrusted[key] and is_csrf_protected(use.chain[-1].callback):
            refused.setdefault((use.sources["origins"], untrusted[key]), []).append(use)
        if _lacks_the_cookie(use):
            without_cookie.setdefault(use.sources["origins"], []).append(use)
    for (source, origins), found in refused.items():
        yield _csrf(source, origins, found)
    for source, found in without_cookie.items():
        yield _never(source, found)


def _untrusted(use: Use) -> tuple[str, ...]:
    """Return the origins whose unsafe requests CSRF protection would refuse."""
    if not use.policy.credentials:
        return ()
    origins = [
        origin
        for origin in use.origins
        # To trust these further would be the wrong advice: W037 and W038 are about them.
        if origin.startswith("https://") or (origin.startswith("http://") and is_local(origin))
    ]
    public, _ = public_suffixes([origin for origin in origins if "://*." in origin])
    return tuple(origin for origin in origins if origin not in public and not is_trusted(origin))


def _csrf(source: str, origins: tuple[str, ...], uses: list[Use]) -> CheckMessage:
    methods = sorted({method for use in uses for method in use.unsafe_offered})
    return Warning(
        f"The {source} lets {listed(origins)} send {', '.join(methods)} with credentials to "
        f"{routes_named([use.chain for use in uses])}, but CSRF protection will refuse it.",
        hint=" ".join(_hints_for_csrf(origins)),
        id="cors_views.W036",
    )


def _hints_for_csrf(origins: tuple[str, ...]) -> Iterator[str]:
    any_port = [origin for origin in origins if origin.endswith(":*")]
    named = [repr(origin) for origin in origins if origin not in any_port]
    if named:
        yield f"Add {listed(named)} to CSRF_TRUSTED_ORIGINS."
    if any_port:
        some = listed([repr(f"{origin.removesuffix('*')}8080") for origin in any_port])
        yield (
            "CSRF_TRUSTED_ORIGINS takes no pattern for ports: list each origin there with the port "
            f"that you use, such as {some}."
        )


def _lacks_the_cookie(use: Use) -> bool:
    """Return whether CSRF protection refuses what a declared policy offers, whoever asks.

    A page that may not use credentials sends no cookie, and without one no token is right. Session
    authentication asks for a token only where a session is there.
    """
    admits_somebody = bool(use.policy.origins or use.regexes)
    if use.ruling.undeclared or use.compiled.credentials or not admits_somebody:
        return False
    callback = use.chain[-1].callback
    # Which methods a function serves, or a class that overrides dispatch(), nobody can see.
    handlers = take_apart(callback).handlers or {}
    return not handlers.keys().isdisjoint(use.unsafe_offered) and csrf_middleware_protects(callback)


def _never(source: str, uses: list[Use]) -> CheckMessage:
    methods = sorted({method for use in uses for method in use.unsafe_offered})
    return Warning(
        f"The {source} offers {', '.join(methods)} without credentials at "
        f"{routes_named([use.chain for use in uses])}, but CSRF protection refuses every request "
        "that comes without its cookie.",
        hint='If pages only read, write methods=["GET"] in the policy. If they change something, '
        "allow credentials to named origins, or authenticate them otherwise and write csrf_exempt.",
        id="cors_views.W047",
    )
