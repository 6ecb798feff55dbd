"""What a team may not want to see in the overview: the risks of ``--fail-on``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from cors_views.checks.methods import admits_anybody
from cors_views.inspection.hosts import is_local
from cors_views.inspection.policies_in_use import sendable, unsafe_for_strangers
from cors_views.inspection.wide_regexes import admits_plain_http, special_of
from cors_views.management.overview.rows import Row
from cors_views.management.overview.selection import check_known
from cors_views.resolution.wrapped_views import served_methods
from cors_views.standard.methods import SAFE_METHODS
from cors_views.standard.origins import SPECIAL


class Finding(NamedTuple):
    """A row that somebody asked to be told of, and why."""

    risk: str
    row: Row


def _any_origin(row: Row) -> bool:
    return admits_anybody(row.policy)


def _any_origin_unsafe(row: Row) -> bool:
    # As the check cors_views.W039, which asks the same two functions.
    if row.methods is not None:
        sent = tuple(name for name in row.methods if name not in row.not_offered)
    else:
        sent = sendable(row.effective, row.compiled, None) if row.compiled else ()
    return _any_origin(row) and bool(unsafe_for_strangers(row.pattern_path, sent))


def _credentials(row: Row) -> bool:
    return bool(row.policy.credentials)


def _null(row: Row) -> bool:
    named = not SPECIAL.isdisjoint(_written_out(row))
    return named or any(map(special_of, row.policy.origin_regexes or ()))


def _plain_http(row: Row) -> bool:
    plain = [origin for origin in _written_out(row) if origin.startswith("http://")]
    regexes = row.policy.origin_regexes or ()
    return not all(map(is_local, plain)) or any(map(admits_plain_http, regexes))


def _written_out(row: Row) -> list[str]:
    return [origin for origin in row.policy.origins or () if isinstance(origin, str)]


def _private_network(row: Row) -> bool:
    return bool(row.policy.private_network)


def _consults(row: Row) -> bool:
    return bool(row.asks)


def _unenforced(row: Row) -> bool:
    served = row.methods
    if served is None:
        served = tuple(served_methods(row.pattern_path[-1].callback) or ["POST"])
    everywhere = row.enforce is True and not row.depends_on_url
    return bool({*served} - SAFE_METHODS) and not everywhere


def _undeclared(row: Row) -> bool:
    return bool(row.pattern_path) and row.effective.undeclared


#: What ``--fail-on`` knows. But for one, only rows that admit somebody are looked at.
RISKS: dict[str, Callable[[Row], bool]] = {
    "any-origin": _any_origin,
    "any-origin-unsafe": _any_origin_unsafe,
    "asked": _consults,
    "credentials": _credentials,
    "null": _null,
    "plain-http": _plain_http,
    "private-network": _private_network,
    "undeclared": _undeclared,
    "unenforced": _unenforced,
}
#: What ``--fail-on`` knows beside them, with the option that it needs.
CHANGES = {"gained": "--diff", "refused": "--replay"}
#: Those of them that concern routes, whomever they admit: a stranger's form is sent to any.
_OF_ALL = {"unenforced"}


def risks_named(text: str) -> list[str]:
    """Return the risks of a comma separated list. Raise ``UnknownName`` for others.

    ``CHANGES`` are among them, which no row shows.
    """
    names = [name.strip() for name in text.split(",") if name.strip()]
    for name in names or [text]:
        check_known(name, [*RISKS, *CHANGES], "--fail-on does not know", "It knows")
    return names


def _is_open(row: Row) -> bool:
    return row.admits_somebody and bool(row.pattern_path or not row.depends_on_url)


def _is_route(row: Row) -> bool:
    return bool(row.pattern_path) and not row.hidden


def findings(rows: Iterable[Row], risks: Sequence[str]) -> list[Finding]:
    """Return what was asked for, row by row.

    URLs without a route are looked at where they are open, whichever they are. Those that
    ``CORS_URLS_REGEX`` opens lead to no view, and whoever asks cannot name one.
    """
    return [
        Finding(risk, row)
        for row in rows
        for risk in risks
        if risk in RISKS
        and (_is_route(row) if risk in _OF_ALL else _is_open(row))
        and RISKS[risk](row)
    ]
