"""The columns of the overview: what stands in each of them for a row."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from cors_views.inspection.policies_in_use import listed
from cors_views.management.overview import joined_rows, wording
from cors_views.management.overview.risks import Finding
from cors_views.management.overview.rows import Row
from cors_views.management.terminal_layout import Cell
from cors_views.policies.fields import TABLE

_DETAILS = [field for field in TABLE.values() if field.label]
_STYLES = {
    wording.ANYBODY: "WARNING",
    wording.NOBODY: "HTTP_NOT_MODIFIED",
    wording.NEVER: "HTTP_NOT_MODIFIED",
}
#: What is said where the middleware is missing.
NO_EFFECT = "CorsMiddleware is not in MIDDLEWARE, so none of this has any effect."


class Shown(NamedTuple):
    """What is shown of the overview, and how.

    ``origin`` is the one whose reach is shown, or ``""``. ``lines`` says whether places have line
    numbers, which change with every edit above them. ``width`` is that of the terminal, or
    ``None`` for a pipe. ``details`` adds the fields that have a label. ``every`` says that
    each route is listed by itself, even those of which the same is to be said. ``in_effect`` says
    whether the middleware is there, without which none of it happens. ``filtered`` says whether
    only a part of the site is shown.
    """

    rows: Sequence[Row]
    findings: Sequence[Finding] = ()
    origin: str = ""
    group_by: str | None = None
    lines: bool = True
    width: int | None = None
    details: bool = False
    every: bool = False
    in_effect: bool = True
    filtered: bool = False

    def groups(self) -> Iterator[tuple[str, Sequence[Row]]]:
        """Yield the rows below their headings."""
        for heading, rows in wording.grouped(self.rows, self.group_by):
            yield heading, rows if self.every else joined_rows.gathered(rows)


def headings(shown: Shown) -> list[str]:
    """Return what stands above the columns."""
    who = "Reach" if shown.origin else "Origins"
    details = [field.label for field in _DETAILS] if shown.details else []
    columns = ["Route", "Methods", who, "Cookies", "Enforced", *details]
    return [*columns, "Policy", "Layer", "Declared at"]


def cells_of(row: Row, shown: Shown, most: int | None = None) -> list[Cell]:
    """Return the cells of a row; ``most`` is how many origins are written out."""
    details = [Cell(wording.field(row, each.name)) for each in _DETAILS] if shown.details else []
    return [
        Cell(wording.route(row), "MIGRATE_LABEL"),
        Cell(wording.methods(row)),
        _who(row, shown, most),
        Cell("yes", "WARNING") if row.policy.credentials else Cell(""),
        Cell(wording.ENFORCED[row.enforce]),
        *details,
        Cell(wording.policy(row)),
        Cell(wording.layer(row)),
        Cell(wording.declared_at(row, lines=shown.lines)),
    ]


def _who(row: Row, shown: Shown, most: int | None) -> Cell:
    if shown.origin:
        if row.reach(shown.origin) == "admitted":
            return Cell(wording.if_matched(row, "admitted"), "SUCCESS")
        return Cell(f"asked per request: {', '.join(row.asks)}", "WARNING")
    entries = wording.audience(row)
    text = wording.if_matched(row, listed(entries) if most else ", ".join(entries))
    style = _STYLES.get(entries[0], "")
    return Cell(f"else {text}" if row.number else text, style)
