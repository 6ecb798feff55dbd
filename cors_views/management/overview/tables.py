"""The overview as a table on a terminal, in a pipe, and in lines for ``--fail-on``."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from typing import Any

from cors_views.inspection.policies_in_use import listed
from cors_views.management import terminal_layout
from cors_views.management.overview import joined_rows, wording
from cors_views.management.overview.columns import NO_EFFECT, Shown, cells_of, headings
from cors_views.management.overview.risks import Finding
from cors_views.management.overview.rows import Row
from cors_views.management.terminal_layout import Cell, Paint

#: So many origins of a policy does a table name; the other formats name all.
_MOST = 5
_INDENT = "  "


def as_table(shown: Shown, paint: Paint) -> str:
    """Return a table for people: on a terminal each route is a line above its rows.

    In a pipe every line is complete, for grep.
    """
    lines: list[str] = []
    for heading, rows in shown.groups():
        lines += ["", paint(heading, "MIGRATE_HEADING")] if heading else []
        cells = [cells_of(row, shown, most=_MOST) for row in rows]
        if shown.width is None:
            header, *found = terminal_layout.render(headings(shown), cells, None, paint)
            lines += [*header, *itertools.chain(*found)]
        else:
            lines += _below_routes(rows, cells, shown, paint)
    summary = wording.summary(shown.rows)
    lines += ["", *(terminal_layout.wrap(summary, shown.width) if shown.width else [summary])]
    if not shown.in_effect:
        lines.append(paint(NO_EFFECT, "ERROR"))
    return "\n".join(lines).lstrip("\n")


def _below_routes(
    rows: Sequence[Row], cells: Sequence[list[Cell]], shown: Shown, paint: Paint
) -> Iterator[str]:
    """Yield a table whose first column stands in lines of its own, so that it has all the width."""
    width = (shown.width or 0) - len(_INDENT)
    for row, line in zip(rows, cells):
        if row.number:
            # The next policy for the same methods.
            line[1] = Cell("")
    header, *found = terminal_layout.render(
        headings(shown)[1:], [row[1:] for row in cells], width, paint
    )
    yield from (_INDENT + line for line in header)
    above: Any = None
    for row, (first, *_), lines in zip(rows, cells, found):
        if row.pattern_path != above:
            yield paint(*first)
        above = row.pattern_path
        yield from (_INDENT + line for line in lines)


def as_lines(shown: Shown) -> Iterator[tuple[Finding, str]]:
    """Yield what ``--fail-on`` found, in one line each; in one for what is gathered in one row."""
    for risk in dict.fromkeys(finding.risk for finding in shown.findings):
        rows = joined_rows.for_people(each.row for each in shown.findings if each.risk == risk)
        for row in rows if shown.every else joined_rows.gathered(rows):
            yield Finding(risk, row), _line(Finding(risk, row), lines=shown.lines)


def _line(finding: Finding, *, lines: bool) -> str:
    """Return one finding of ``--fail-on`` in one line."""
    row = finding.row
    named = f" policy {wording.policy_name(row)!r}" if wording.policy_name(row) else ""
    who = wording.if_matched(row, listed(wording.audience(row)))
    decided = f"{wording.layer(row)}{named}, {wording.declared_at(row, lines=lines)}"
    return f"{finding.risk}: {wording.route(row)} {wording.methods(row)}: {who}; {decided}"
