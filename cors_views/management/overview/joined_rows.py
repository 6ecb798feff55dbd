"""What people need not read twice: rows that say what others say already."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from cors_views.management.overview import wording
from cors_views.management.overview.rows import Row, essence
from cors_views.management.overview.view_names import view_name

#: How the routes that DRF's format_suffix_patterns adds end.
_SUFFIX = re.compile(r"/?(<drf_format_suffix:\w+>|\.<format>/)$")
#: So many routes that one declaration governs alike are still listed one by one.
FEW = 10


def without_suffix(route: str) -> tuple[str, ...]:
    """Return how the route may be written that a route with a format suffix was made from."""
    if not _SUFFIX.search(route):
        return ()
    plain = _SUFFIX.sub("", route)
    return f"{plain}/", plain


def for_people(rows: Iterable[Row]) -> list[Row]:
    """Return the rows without those that say nothing new of their route.

    These are the rows of format suffixes, and that of OPTIONS beside rows for other methods: a
    declaration of a handler leaves OPTIONS behind, which every class serves.
    """
    of_route: dict[str, list[Row]] = {}
    for row in rows:
        of_route.setdefault(row.route, []).append(row)
    for route in list(of_route):
        for base in without_suffix(route):
            if base in of_route and _same(of_route[base], of_route[route]):
                del of_route[route]
                of_route[base] = [row._replace(suffixed=True) for row in of_route[base]]
                break
    return [row for found in of_route.values() for row in _without_options(found)]


def _without_options(found: list[Row]) -> list[Row]:
    return [row for row in found if row.methods != ("OPTIONS",) or _is_declared_there(row)] or found


def _is_declared_there(row: Row) -> bool:
    return any(getattr(layer, "name", "") == "handler" for layer in row.effective.counting_layers)


def _same(some: list[Row], others: list[Row]) -> bool:
    return [_printed(row) for row in some] == [_printed(row) for row in others]


def _printed(row: Row) -> Any:
    return (
        row.hidden,
        row.methods,
        row.not_offered,
        row.number,
        essence(row.effective),
        view_name(row.pattern_path),
    )


def gathered(rows: Sequence[Row]) -> list[Row]:
    """Return the rows with one for all routes of which the same is to be said.

    That is so for routes that declare nothing: the settings govern them, and what there is to read
    is how many. They stand last. It is so, too, where one declaration governs many routes alike, as
    an include or a base class does.
    """
    routes: dict[Any, list[Row]] = {}
    for row in rows:
        routes.setdefault(row.pattern_path, []).append(row)
    alike: dict[Any, list[list[Row]]] = {}
    for found in routes.values():
        alike.setdefault(tuple(map(_key, found)), []).append(found)
    declared, undeclared, unrouted = list[Row](), list[Row](), list[Row]()
    for those in alike.values():
        first = those[0]
        if not first[0].pattern_path:
            unrouted += first
        elif first[0].effective.undeclared and len(those) > 1:
            undeclared += [row._replace(routes=len(those)) for row in first]
        elif len(those) > FEW:
            declared += [row._replace(routes=len(those)) for row in first]
        else:
            declared += [row for each in those for row in each]
    return [*declared, *undeclared, *unrouted]


def _key(row: Row) -> Any:
    """Return what a row says; of undeclared routes it is all the same which methods they serve."""
    governed = (row.matching, row.access, row.enforce, row.hidden)
    said = (row.policy, row.asks, governed, bool(row.pattern_path))
    if row.effective.undeclared:
        return said
    place = wording.declared_at(row, lines=True)
    return (
        *said,
        row.number,
        wording.methods(row),
        wording.layer(row),
        wording.policy(row),
        place,
    )
