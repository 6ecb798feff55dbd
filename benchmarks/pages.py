"""Where the figures stand in the docs, between two comments of a page, and how."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README, SPEED = ROOT / "README.rst", ROOT / "docs" / "speed.rst"


def write(page: Path, what: str, text: str) -> None:
    """Write ``text`` between the comments that say so of ``what``, such as "table"."""
    begin, end = f".. The {what} below is written by make bench.\n", f".. The end of the {what}.\n"
    # All but one split: a comment that is missing must not take the rest of the page with it.
    before, rest = page.read_text(encoding="utf-8").split(begin)
    _, after = rest.split(end)
    page.write_text(f"{before}{begin}\n{text}\n{end}{after}", encoding="utf-8")


def rst_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a simple table in reStructuredText."""
    widths = [max(len(row[column]) for row in (head, *rows)) for column in range(len(head))]
    line = "  ".join("=" * width for width in widths)

    def joined(row: Sequence[str]) -> str:
        # An empty first cell would go on with the row above, an empty other one is a blank.
        return "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip()

    return "\n".join([line, joined(head), line, *map(joined, rows), line, ""])
