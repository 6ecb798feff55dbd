"""The overview as a table, as JSON and as Markdown."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from cors_views import conf
from cors_views.cached_origins import CachedOrigins
from cors_views.inspection.policies_in_use import listed
from cors_views.management import joined_rows, terminal_layout, wording
from cors_views.management.overview import Row, app_of, in_order, url_name, view_name
from cors_views.management.selection import Finding
from cors_views.management.terminal_layout import Cell, Paint
from cors_views.policies.fields import TABLE
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.wrapped_views import name_of

#: The version of the JSON's shape; it changes where a field changes its meaning or goes.
VERSION = 1
#: So many origins of a policy does a table name; the other formats name all.
_MOST = 5
_INDENT = "  "
#: The letters of flags that a pattern may be compiled with.
_FLAGS = {"a": re.ASCII, "i": re.IGNORECASE, "m": re.MULTILINE, "s": re.DOTALL, "x": re.VERBOSE}
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


def _header(shown: Shown) -> list[str]:
    who = "Reach" if shown.origin else "Origins"
    details = [field.label for field in _DETAILS] if shown.details else []
    columns = ["Route", "Methods", who, "Cookies", "Enforced", *details]
    return [*columns, "Policy", "Layer", "Declared at"]


def _cells(row: Row, shown: Shown, most: int | None = None) -> list[Cell]:
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


def as_table(shown: Shown, paint: Paint) -> str:
    """Return a table for people: on a terminal each route is a line above its rows.

    In a pipe every line is complete, for grep.
    """
    lines: list[str] = []
    for heading, rows in shown.groups():
        lines += ["", paint(heading, "MIGRATE_HEADING")] if heading else []
        cells = [_cells(row, shown, most=_MOST) for row in rows]
        if shown.width is None:
            header, *found = terminal_layout.render(_header(shown), cells, None, paint)
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
        _header(shown)[1:], [row[1:] for row in cells], width, paint
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


def as_markdown(shown: Shown) -> str:
    """Return a document to commit, whose diff shows who gains access."""
    shown = shown._replace(details=True)
    lines = ["# Which origins may read which routes", ""]
    if not shown.in_effect:
        lines += [NO_EFFECT, ""]
    if shown.origin:
        lines += [f"Only what `{shown.origin}` reaches.", ""]
    for heading, rows in shown.groups():
        if heading:
            lines += [f"## {heading}", ""]
        header = _header(shown)
        lines += [markdown_row(header), markdown_row(["---"] * len(header))]
        for row in rows:
            lines.append(markdown_row([code(cell.text) for cell in _cells(row, shown)]))
        lines.append("")
    return "\n".join([*lines, wording.summary(shown.rows)])


def markdown_row(cells: Sequence[str]) -> str:
    """Return one row of a table in Markdown."""
    return f"| {' | '.join(cells)} |"


def code(text: str) -> str:
    """Return a text for a cell that Markdown shows as it stands."""
    # The converters of routes look like tags, and regexes like emphasis.
    escaped = text.replace("|", "\\|")
    if not any(character in text for character in "<>*_[]\\|^`"):
        return escaped
    # CommonMark, "code spans": what encloses one is longer than any run of it inside.
    fence = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    padding = " " if "`" in text else ""
    return f"{fence}{padding}{escaped}{padding}{fence}"


def as_json(shown: Shown, urlconf: str) -> str:
    """Return everything for programs; the shape is documented in docs/commands.rst."""
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
