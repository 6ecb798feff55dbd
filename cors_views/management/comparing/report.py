"""What was gained and lost as a table, as Markdown and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from cors_views.inspection.policies_in_use import listed
from cors_views.management import terminal_layout
from cors_views.management.comparing import wording
from cors_views.management.comparing.differences import GAINED, LOST, OTHERS, Change, Comparison
from cors_views.management.comparing.sites import Place
from cors_views.management.overview.markdown import code, markdown_row
from cors_views.management.terminal_layout import Cell, Paint

#: The version of the JSON's shape; it changes where a field changes its meaning or goes.
VERSION = 1
_TITLES = {GAINED: ("Gained", "WARNING"), LOST: ("Lost", "HTTP_NOT_MODIFIED")}
_HEADER = ["Who", "May", "Methods", "Route", "Declared at"]
_INDENT = "  "


class Report(NamedTuple):
    """A comparison, and how it is shown: each route by itself, and in which width if any."""

    comparison: Comparison
    every: bool
    width: int | None

    def rows(self, direction: str) -> list[list[str]]:
        """Return the cells of the changes in one direction."""
        changes = wording.routes_in_one(self.comparison.of(direction), every=self.every)
        order: dict[str, int] = {}
        for _, change in changes:
            order.setdefault(wording.who(change), len(order))
        changes.sort(key=lambda told: order[wording.who(told[1])])
        return [
            [
                wording.who(change),
                wording.may(change),
                wording.methods(change),
                route,
                wording.place(change.place),
            ]
            for route, change in changes
        ]

    def routes(self) -> Iterator[str]:
        """Yield which routes are new, and which are gone."""
        for what, names in (("New", self.comparison.new), ("Gone", self.comparison.gone)):
            if names:
                shown = wording.routes_named(names, every=True)
                text = ", ".join(shown) if self.every else listed(shown)
                yield f"{what} {_routes(len(names))}: {text}"

    def summary(self) -> str:
        """Return how much changed, in one line."""
        new, gone = len(self.comparison.new), len(self.comparison.gone)
        if not (self.comparison.changes or new or gone):
            return "Nobody gains or loses access."
        counts = [len(self.rows(direction)) for direction in (GAINED, LOST)]
        routes = f"{new} new {_routes(new)}, {gone} gone"
        return f"{counts[0]} gained, {counts[1]} lost; {routes}."


def _routes(number: int) -> str:
    return "route" if number == 1 else "routes"


def as_table(report: Report, paint: Paint) -> str:
    """Return a table for people; in a pipe every line is complete, for grep."""
    if report.width is None:
        lines = list(_in_a_pipe(report, paint))
    else:
        lines = [line for direction in _TITLES for line in _on_a_terminal(report, direction, paint)]
    about = [*report.routes(), report.summary()]
    wrapped = [
        line
        for text in about
        for line in (terminal_layout.wrap(text, report.width) if report.width else [text])
    ]
    return "\n".join([*lines, *([""] if lines else []), *wrapped])


def _in_a_pipe(report: Report, paint: Paint) -> Iterator[str]:
    rows = [
        [Cell(direction), *map(Cell, row)]
        for direction in _TITLES
        for row in report.rows(direction)
    ]
    if rows:
        for lines in terminal_layout.render(["Change", *_HEADER], rows, None, paint):
            yield from lines


def _on_a_terminal(report: Report, direction: str, paint: Paint) -> Iterator[str]:
    """Yield a table below a heading, each of whom above what it is about."""
    rows = report.rows(direction)
    if not rows:
        return
    title, style = _TITLES[direction]
    yield paint(title, "MIGRATE_HEADING")
    width = (report.width or 0) - 2 * len(_INDENT)
    cells = [[Cell(row[1], style), *map(Cell, row[2:])] for row in rows]
    # What stands in the columns is plain from what it is.
    _, *found = terminal_layout.render(_HEADER[1:], cells, width, paint)
    above = ""
    for (who, *_), lines in zip(rows, found):
        if who != above:
            for line in terminal_layout.wrap(who, width):
                yield _INDENT + paint(line, "MIGRATE_LABEL")
        above = who
        yield from (2 * _INDENT + line for line in lines)


def as_markdown(report: Report) -> str:
    """Return a comment for a review."""
    lines = ["# Who gains access across origins", ""]
    for direction, (title, _) in _TITLES.items():
        rows = report.rows(direction)
        if rows:
            lines += [
                f"## {title}",
                "",
                markdown_row(_HEADER),
                markdown_row(["---"] * len(_HEADER)),
            ]
            lines += [markdown_row([code(cell) for cell in row]) for row in rows]
            lines.append("")
    lines += [line for text in report.routes() for line in (code(text), "")]
    return "\n".join([*lines, report.summary()])


def as_json(comparison: Comparison, urlconf: str) -> str:
    """Return everything for programs; the shape is documented in docs/json_output.rst."""
    document = {
        "version": VERSION,
        "urlconf": urlconf,
        GAINED: [_change(change) for change in comparison.of(GAINED)],
        LOST: [_change(change) for change in comparison.of(LOST)],
        "new": comparison.new,
        "gone": comparison.gone,
    }
    # In ASCII: an old file may hold what a terminal obeys.
    return json.dumps(document, indent=2)


def _change(change: Change) -> dict[str, Any]:
    def of(kind: str) -> list[str]:
        return [entry.text for entry in change.who if entry.kind == kind]

    return {
        "route": change.route,
        "methods": list(change.methods),
        "origins": of("origin"),
        "origin_regexes": of("regex"),
        "asks": of("asks"),
        "not_admitted": OTHERS in change.who,
        "example": change.example or None,
        "what": list(change.what),
        "cookies": change.cookies,
        "unsure": change.unsure or None,
        **_place(change.place),
    }


def _place(place: Place) -> dict[str, Any]:
    at = {"file": place.file, "line": place.line, "setting": place.setting}
    declared_at = {name: value for name, value in at.items() if value not in ("", None)}
    return {"layer": place.layer, "policy": place.policy, "declared_at": declared_at}
