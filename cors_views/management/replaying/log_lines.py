"""Reads a log in lines of JSON: who asked for what, and how often."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cors_views.management.base import bad_input, unreadable
from cors_views.standard.header_values import split_list
from cors_views.support.escaping import quoted

#: A line that is longer is none: nginx writes at most 64 KB of a request.
LONGEST = 128 * 1024
#: What a line looks like.
EXAMPLE = '{"origin": "https://app.example.com", "method": "GET", "path": "/orders/", "count": 3}'


class Asked(NamedTuple):
    """A request as a line of the log has it, and how many there were.

    ``times`` is its count. ``host`` and ``scheme`` are the site's, where they are known.
    ``requested_method`` is what a preflight asks for. ``headers`` are the names that it asks for,
    or ``None`` where nobody wrote down which headers there were.
    """

    origin: str
    method: str
    path: str
    times: int = 1
    host: str = ""
    scheme: str = ""
    requested_method: str = ""
    headers: tuple[str, ...] | None = None


_TEXTS = ("origin", "method", "path", "host", "scheme", "requested_method")
_FIELDS = (*_TEXTS, "count", "headers")
_WANTED = "Name a log with one JSON object on each line."


class Skipped:
    """Counts the lines that were left out."""

    def __init__(self) -> None:
        self.count = 0


def read(file: str, skipped: Skipped | None) -> Iterator[Asked]:
    """Yield the requests of a log; ``-`` is what is piped in.

    Raise ``CommandError`` at the first line that is none, or count it where it may be ``skipped``.
    """
    with _opened(file) as opened:
        for number, line in enumerate(_lines(opened, file), 1):
            found = _asked(line) if line.strip() else None
            if isinstance(found, Asked):
                yield found
            elif found is not None and skipped is not None:
                skipped.count += 1
            elif found is not None:
                begins = quoted(line[:60].decode("utf-8", "replace"))
                raise bad_input(
                    f"{quoted(file)}, line {number} {found}: {begins}. Each line has to be a "
                    f"request, such as {EXAMPLE}. Correct it, or ignore such lines with "
                    "--skip-bad-lines."
                )


def _opened(file: str) -> contextlib.AbstractContextManager[BinaryIO]:
    if file == "-":
        return contextlib.nullcontext(sys.stdin.buffer)
    try:
        return Path(file).open("rb")
    except (OSError, ValueError) as error:
        raise bad_input(unreadable(file, error, _WANTED)) from error


def _lines(opened: BinaryIO, file: str) -> Iterator[bytes]:
    """Yield the lines of a file, of each no more than what shows that it is too long."""
    try:
        while line := opened.readline(LONGEST + 1):
            yield line
            while len(line) > LONGEST and not line.endswith(b"\n"):
                line = opened.readline(LONGEST + 1)
    except OSError as error:
        raise bad_input(unreadable(file, error, _WANTED)) from error


def _asked(line: bytes) -> Asked | str:
    """Return what a line says, or why it says nothing."""
    if len(line) > LONGEST:
        return "is longer than any request"
    try:
        said = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return "is not UTF-8"
    except (ValueError, RecursionError):
        return "is not JSON"
    if not isinstance(said, dict):
        return "is not a JSON object"
    for name in ("origin", "method", "path"):
        if name not in said:
            return f"has no {name}"
    given = {name: said[name] for name in _FIELDS if said.get(name) is not None}
    # Many logs write a dash where there is nothing.
    given = {name: "" if value == "-" else value for name, value in given.items()}
    for name in _TEXTS:
        if not isinstance(given.get(name, ""), str):
            return f"needs a string as {name}"
    times = given.pop("count", 1)
    if type(times) is not int or times < 0:
        return "has a count that is not a whole number"
    headers = given.pop("headers", None)
    asked = Asked(**{"origin": "", "method": "", "path": "", **given}, times=times)
    if isinstance(headers, str):
        # What a preflight asks for; of other requests such a header says nothing.
        is_known = headers or asked.method == "OPTIONS"
        headers = split_list(headers) if is_known else None
    if headers is None:
        return asked
    if not (isinstance(headers, list) and all(isinstance(name, str) for name in headers)):
        return "has headers that are not a list of names"
    return asked._replace(headers=tuple(headers))
