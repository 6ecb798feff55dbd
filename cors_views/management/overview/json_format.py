"""The overview as JSON; ``management/schemas`` describes its shape."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator
from typing import Any

from cors_views import conf
from cors_views.cached_origins import CachedOrigins
from cors_views.management.overview import wording
from cors_views.management.overview.columns import Shown
from cors_views.management.overview.rows import Row, in_order
from cors_views.management.overview.view_names import app_of, url_name, view_name
from cors_views.policies.fields import TABLE
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.wrapped_views import name_of

#: The version of the JSON's shape; it changes where a field changes its meaning or goes.
VERSION = 1
#: The letters of flags that a pattern may be compiled with.
_FLAGS = {"a": re.ASCII, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}


def as_json(shown: Shown, urlconf: str) -> str:
    """Return everything for programs; the shape is documented in docs/json_output.rst."""
    document = {
        **heading(shown, urlconf),
        "routes": list(routes(shown)),
        "findings": [
            {
                "risk": finding.risk,
                "route": finding.row.route if finding.row.pattern_path else None,
                "methods": _methods(finding.row),
                "declared_at": declared_at(finding.row, lines=shown.lines),
            }
            for finding in shown.findings
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def heading(shown: Shown, urlconf: str) -> dict[str, Any]:
    """Return what the JSON says of the whole site."""
    return {
        "version": VERSION,
        "urlconf": urlconf,
        "origin": shown.origin or None,
        "middleware": shown.in_effect,
        "filtered": shown.filtered,
        "urls_regexes": [_whole(regex) for regex in conf.cors_settings().urls_regexes],
    }


def routes(shown: Shown) -> Iterator[dict[str, Any]]:
    """Yield what the JSON says of each route, one at a time: there may be very many."""
    for _, rows in itertools.groupby(shown.rows, key=lambda row: row.pattern_path):
        first, *others = rows
        route = _route(first)
        route["policies"] = [_policy(row, shown) for row in (first, *others) if not row.hidden]
        yield route


def _route(row: Row) -> dict[str, Any]:
    if not row.pattern_path:
        return {**dict.fromkeys(("route", "app", "name", "view")), "reached": True, "policies": []}
    return {
        "route": row.route,
        "app": app_of(row.pattern_path),
        "name": url_name(row.pattern_path) or None,
        "view": view_name(row.pattern_path),
        "reached": not row.hidden,
        "policies": [],
    }


def _policy(row: Row, shown: Shown) -> dict[str, Any]:
    policy = row.policy
    written = [] if row.only_asked else [*(policy.origins or ())]
    regexes = () if row.only_asked else policy.origin_regexes or ()
    reach = {"reach": row.reach(shown.origin)} if shown.origin else {}
    return {
        "methods": _methods(row),
        "not_offered": list(row.not_offered),
        "offers": list(in_order(row.offers)),
        "access": row.access,
        "position": row.number + 1,
        **reach,
        "origins": sorted(origin for origin in written if isinstance(origin, str)),
        "origin_regexes": [_whole(regex) for regex in regexes],
        "loaded": [_loaded(cached) for cached in row.loading],
        "asks": list(row.asks),
        "urls_regex": row.matching.value if row.matching else None,
        "credentials": bool(policy.credentials),
        **{
            field.name: field.json(getattr(policy, field.name))
            for field in TABLE.values()
            if field.json
        },
        "enforce": row.enforce,
        "policy": wording.policy_name(row) or None,
        "layer": wording.layer(row),
        "undeclared": row.effective.undeclared,
        "declared_at": declared_at(row, lines=shown.lines),
        "refined_by": [
            {"layer": layer.name, **_place(layer, shown.lines)} for layer in row.refined_by
        ],
    }


def _whole(regex: re.Pattern[str]) -> str:
    """Return an expression as a text that means the same, with the flags that it was given."""
    try:
        given = regex.flags & ~re.compile(regex.pattern).flags
    except re.error:
        # Only with its flags is it an expression.
        given = regex.flags
    letters = "".join(letter for letter, flag in _FLAGS.items() if given & flag)
    return f"(?{letters}){regex.pattern}" if letters else regex.pattern


def _loaded(cached: CachedOrigins) -> dict[str, Any]:
    origins = sorted(cached.origins())
    return {
        "by": name_of(cached.load),
        "count": len(origins) if cached.is_loaded else None,
        "origins": origins,
    }


def _methods(row: Row) -> list[str]:
    return ["*"] if row.methods is None else list(row.methods)


def declared_at(row: Row, *, lines: bool) -> dict[str, Any]:
    """Return where that is declared that decides, as it stands in JSON."""
    if row.decided_by:
        return _place(row.decided_by, lines)
    return {"setting": row.setting} if row.setting else {}


def _place(layer: Layer, lines: bool) -> dict[str, Any]:
    place = layer.declaration.place
    return {"file": place.module_file, **({"line": place.line} if lines else {})}
