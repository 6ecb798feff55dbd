"""What would become of the requests of a log, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

from cors_views.management import terminal_layout
from cors_views.management.overview import wording
from cors_views.management.overview.columns import NO_EFFECT
from cors_views.management.overview.json_format import declared_at
from cors_views.management.overview.markdown import code, markdown_row
from cors_views.management.replaying.log_lines import Skipped
from cors_views.management.replaying.rehearsal import Counted, Refusal
from cors_views.management.terminal_layout import Cell, Paint
from cors_views.support.escaping import escaped

#: The version of the JSON's shape; it changes where a field changes its meaning or goes.
VERSION = 1
_HEADER = ["Requests", "Origin", "Methods", "Route", "Why", "Decided at"]
#: So many rows does a table show, those for most requests.
_MOST = 25
_HEADERS = "A request whose line has no headers sends only safelisted ones."
_COOKIES = "No cookies are sent."
_VIEWS = "Each view answers without a redirect: views and middlewares are not run."
_HOSTS = (
    "A request whose line has no host is from another site, unless the host of the page is the "
    "only one in ALLOWED_HOSTS."
)


class Group(NamedTuple):
    """Refusals of which the same is to be said, with their methods and one path."""

    requests: int
    refusal: Refusal
    methods: list[str]
    path: str


class Report(NamedTuple):
    """What was counted, and how it is shown.

    ``lines`` says whether places have line numbers, ``every`` whether all rows are shown, ``width``
    is that of the terminal, if any. ``skipped`` are the lines that were none.
    """

    counted: Counted
    in_effect: bool
    lines: bool
    every: bool
    width: int | None
    skipped: Skipped

    def groups(self) -> list[Group]:
        """Return the refusals, those of most requests first, with their methods in one."""
        found: dict[Refusal, list[tuple[str, int, str]]] = {}
        for refusal, times in self.counted.refused.items():
            told = (refusal.method, times, self.counted.paths[refusal])
            found.setdefault(refusal._replace(method=""), []).append(told)
        groups = [
            Group(
                sum(times for _, times, _ in those),
                refusal,
                sorted({method for method, _, _ in those}),
                those[0][2],
            )
            for refusal, those in found.items()
        ]
        return sorted(groups, key=lambda group: (-group.requests, group.refusal.origin, group.path))

    def rows(self) -> Iterator[list[str]]:
        """Yield the cells of the refusals."""
        for group in self.groups()[: None if self.every else _MOST]:
            refusal = group.refusal
            missing = f": {', '.join(map(escaped, refusal.missing))}" if refusal.missing else ""
            yield [
                f"{group.requests:,}",
                escaped(refusal.origin),
                ", ".join(map(escaped, group.methods)),
                wording.route(refusal.row),
                refusal.reason.name + missing,
                wording.declared_at(refusal.row, lines=self.lines),
            ]

    def about(self) -> Iterator[str]:
        """Yield what stands beside the refusals."""
        counted = self.counted
        more = len(self.groups()) - _MOST
        if more > 0 and not self.every:
            yield f"And {more} more. To see them, use --all."
        for name, times in counted.asked.items():
            yield f"Depends on {name}, which is not called here: {_requests(times)}."
        refused = sum(counted.refused.values())
        yield (
            f"{_requests(counted.judged)} from other sites: {counted.admitted:,} admitted, "
            f"{refused:,} refused, {sum(counted.asked.values()):,} not known."
        )
        left = [f"{times:,} {what}" for what, times in self._left_out() if times]
        if left:
            yield f"Not judged: {', '.join(left)}."
        yield f"Assumed: {' '.join(self.assumed())}"

    def _left_out(self) -> Iterator[tuple[str, int]]:
        counted = self.counted
        yield "without an Origin", counted.without_origin
        yield "of the site's own pages", counted.same_origin
        yield "for preflights without a requested_method", counted.preflights
        yield "with an Origin that no browser sends", counted.no_origin
        yield "in lines that are not requests", self.skipped.count

    def assumed(self) -> Iterator[str]:
        """Yield what was taken for granted."""
        if self.counted.headers_unknown:
            yield _HEADERS
        yield _COOKIES
        yield _VIEWS
        if self.counted.host_unknown:
            yield _HOSTS


def _requests(number: int) -> str:
    return f"{number:,} request{'' if number == 1 else 's'}"


def as_table(report: Report, paint: Paint) -> str:
    """Return a table for people; in a pipe every line is complete, for grep."""
    rows = [list(map(Cell, row)) for row in report.rows()]
    lines: list[str] = []
    if rows:
        for found in terminal_layout.render(_HEADER, rows, report.width, paint):
            lines += found
        lines.append("")
    for text in report.about():
        lines += terminal_layout.wrap(text, report.width) if report.width else [text]
    if not report.in_effect:
        lines.append(paint(NO_EFFECT, "ERROR"))
    return "\n".join(lines)


def as_markdown(report: Report) -> str:
    """Return a comment for a review."""
    lines = ["# What would be refused", ""]
    rows = list(report.rows())
    if rows:
        lines += [markdown_row(_HEADER), markdown_row(["---"] * len(_HEADER))]
        lines += [markdown_row([code(cell) for cell in row]) for row in rows]
        lines.append("")
    lines += [line for text in report.about() for line in (code(text), "")]
    return "\n".join([*lines, NO_EFFECT] if not report.in_effect else lines[:-1])


def as_json(report: Report, urlconf: str) -> str:
    """Return everything for programs; the shape is documented in docs/json_output.rst."""
    counted = report.counted
    document = {
        "version": VERSION,
        "urlconf": urlconf,
        "middleware": report.in_effect,
        "requests": counted.judged,
        "admitted": counted.admitted,
        "refused": sum(counted.refused.values()),
        "asked": [{"asks": name, "requests": times} for name, times in counted.asked.items()],
        "not_judged": {
            "without_origin": counted.without_origin,
            "same_origin": counted.same_origin,
            "preflights": counted.preflights,
            "no_origin": counted.no_origin,
            "bad_lines": report.skipped.count,
        },
        "refusals": [_refusal(group, report) for group in report.groups()],
        "assumed": list(report.assumed()),
    }
    # In ASCII: a stranger may have written what a terminal obeys.
    return json.dumps(document, indent=2)


def _refusal(group: Group, report: Report) -> dict[str, Any]:
    row = group.refusal.row
    return {
        "origin": group.refusal.origin,
        "methods": group.methods,
        "route": row.route if row.pattern_path else None,
        "path": group.path,
        "requests": group.requests,
        "reason": group.refusal.reason.name,
        "missing": list(group.refusal.missing),
        "enforced": row.effective.enforce is True,
        "layer": wording.layer(row),
        "declared_at": declared_at(row, lines=report.lines),
    }
