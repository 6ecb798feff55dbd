"""What was found as annotations of GitHub: beside the line of the declaration, in a review.

GitHub, "Workflow commands for GitHub Actions": ``::warning file=…,line=…,title=…::message``.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cors_views.management.comparing import wording
from cors_views.management.comparing.differences import GAINED, LOST, Comparison
from cors_views.management.comparing.setting_places import place_of_setting
from cors_views.management.comparing.sites import Place
from cors_views.management.overview import json_format, tables
from cors_views.management.overview.columns import Shown
from cors_views.support.escaping import escaped

#: So many lines of a message are written out.
_MOST = 20
_LEVELS = {GAINED: ("warning", "gains"), LOST: ("notice", "loses")}


def of_changes(comparison: Comparison, *, every: bool) -> Iterator[str]:
    """Yield one annotation for each declaration, with all that is gained or lost there."""
    for direction, (level, verb) in _LEVELS.items():
        found: dict[Place, list[str]] = {}
        for route, change in wording.routes_in_one(comparison.of(direction), every=every):
            told = f"{wording.who(change)} {verb}: {wording.may(change)}"
            methods = wording.methods(change)
            where = f"{'any method of' if methods == 'any' else methods} {route}"
            found.setdefault(change.place, []).append(f"{told}; {where}")
        for place, lines in found.items():
            at = (place.file, place.line, place.setting)
            yield _annotation(level, at, f"CORS access {direction}", lines)


def of_findings(shown: Shown) -> Iterator[str]:
    """Yield one annotation for each finding of ``--fail-on``."""
    for finding, text in tables.as_lines(shown):
        declared = json_format.declared_at(finding.row, lines=shown.lines)
        at = (declared.get("file", ""), declared.get("line"), declared.get("setting", ""))
        yield _annotation("error", at, f"CORS {finding.risk}", [text])


def _annotation(level: str, at: tuple[str, int | None, str], title: str, lines: list[str]) -> str:
    file, line, setting = at
    if setting and not file:
        file, line = place_of_setting(setting)
    properties: dict[str, Any] = {
        "file": escaped(_in_repository(file)),
        "line": line,
        "title": title,
    }
    given = ",".join(f"{name}={_property(value)}" for name, value in properties.items() if value)
    more = [f"and {len(lines) - _MOST} more"] if len(lines) > _MOST else []
    return f"::{level} {given}::{_data(chr(10).join([*lines[:_MOST], *more]))}"


def _data(text: str) -> str:
    # actions/toolkit, "escapeData" and "escapeProperty": percent signs first.
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(value: Any) -> str:
    return _data(str(value)).replace(":", "%3A").replace(",", "%2C")


def _in_repository(file: str) -> str:
    """Return a file as GitHub names it: from the root of the repository, if it is in there."""
    root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd()).resolve()
    for folder in (*sys.path, ""):
        path = (Path(folder) / file).resolve()
        if file and path.is_file() and path.is_relative_to(root):
            return path.relative_to(root).as_posix()
    return file
