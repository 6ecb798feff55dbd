"""Text in columns: for a terminal, in its width, and for a pipe, one row a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import NamedTuple

_GAP = "  "
#: No column gets narrower than this, however narrow the terminal is.
_NARROWEST = 8
_WORD = re.compile(r"\S+|\s+")
#: Where a word that is too long is broken: paths and dotted names, behind what parts them.
_PARTS = (re.compile(r"(?:[^/]|//)+/?|/"), re.compile(r"[^.:_-]*[.:_-]|[^.:_-]+"))

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
#: What stands before the text of a line, as in "  FAIL  ..." and "  < Vary: origin".
_MARGIN = re.compile(r" +(?:[<>] |\S+  )?")


class Cell(NamedTuple):
    """A text, and the name of the style of Django's that it is painted in."""

    text: str
    style: str = ""


#: Paints a text in a style.
Paint = Callable[[str, str], str]


def render(
    header: Sequence[str], rows: Sequence[Sequence[Cell]], width: int | None, paint: Paint
) -> list[list[str]]:
    """Return the lines of the header, then those of each row.

    ``width`` is in characters; without one no cell is broken. Columns that are empty are left out.
    """
    columns = [column for column in range(len(header)) if any(row[column].text for row in rows)]
    titles = [Cell(header[column], "MIGRATE_HEADING") for column in columns]
    table = [titles, *([row[column] for column in columns] for row in rows)]
    widths = _widths(table, width)
    return [_lines(cells, widths, paint) for cells in table]


def _widths(table: Sequence[Sequence[Cell]], available: int | None) -> list[int]:
    """Return the widths of the columns: what does not fit is broken at spaces, then in paths.

    Only then are other words broken. The widest column gives first.
    """
    columns = [[cell.text for cell in column] for column in zip(*table)]
    widths = [max(map(len, texts)) for texts in columns]
    words = [_longest(_WORD, texts) for texts in columns]
    folders = [_longest(_PARTS[0], texts) for texts in columns]
    for least in (words, folders, [_NARROWEST] * len(widths)):
        while available is not None and sum(widths) + len(_GAP) * (len(widths) - 1) > available:
            give = [max(width - floor, 0) for width, floor in zip(widths, least)]
            if not any(give):
                break
            widest = max(range(len(widths)), key=lambda column: (give[column] > 0, widths[column]))
            widths[widest] -= 1
    return widths


def _longest(part: re.Pattern[str], texts: Sequence[str]) -> int:
    words = [word for text in texts for word in text.split()]
    return max(len(piece) for word in words for piece in part.findall(word))


def _lines(cells: Sequence[Cell], widths: Sequence[int], paint: Paint) -> list[str]:
    columns = [wrap(cell.text, width) for cell, width in zip(cells, widths)]
    lines = []
    for number in range(max(map(len, columns))):
        line, blank = "", 0
        for cell, column, width in zip(cells, columns, widths):
            text = column[number] if number < len(column) else ""
            # Painted text has more characters than it shows, so it is padded from outside.
            if text:
                line += " " * blank + paint(text, cell.style)
                blank = 0
            blank += width - len(text) + len(_GAP)
        lines.append(line)
    return lines


def wrap(text: str, width: int) -> list[str]:
    """Return a text in lines of at most ``width``, broken at spaces, and in too long words."""
    lines = [""]
    for piece in _pieces(text, width):
        if len(lines[-1]) + len(piece.rstrip()) > width and lines[-1]:
            lines[-1:] = [lines[-1].rstrip(), ""]
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return lines


def _pieces(
    text: str, width: int, parts: Sequence[re.Pattern[str]] = (_WORD, *_PARTS)
) -> list[str]:
    """Return what a text is made of, taken apart as far as it has to be."""
    if not parts:
        return [text[start : start + width] for start in range(0, len(text), width)]
    pieces: list[str] = []
    for piece in parts[0].findall(text):
        pieces += [piece] if len(piece) <= width else _pieces(piece, width, parts[1:])
    return pieces


def fold(line: str, width: int) -> str:
    """Return a line that may be painted, broken at spaces, with its further lines set in.

    No word is cut: whoever copies a URL or a line of code gets it in one piece.
    """
    margin = _MARGIN.match(_COLOUR.sub("", line))
    indent = margin.end() if margin else 2
    folded, used = "", 0
    for word in re.findall(r" *[^ ]+", line):
        length = len(_COLOUR.sub("", word))
        if used + length > width and used > indent:
            word = word.lstrip()
            folded += "\n" + " " * indent
            length, used = len(_COLOUR.sub("", word)), indent
        folded += word
        used += length
    return folded
