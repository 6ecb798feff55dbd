"""The overview as a document in Markdown, and what other reports in Markdown are made of."""

from __future__ import annotations

import re
from collections.abc import Sequence

from cors_views.management.overview import wording
from cors_views.management.overview.columns import NO_EFFECT, Shown, cells_of, headings


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
        header = headings(shown)
        lines += [markdown_row(header), markdown_row(["---"] * len(header))]
        for row in rows:
            lines.append(markdown_row([code(cell.text) for cell in cells_of(row, shown)]))
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
