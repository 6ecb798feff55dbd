"""What the log says: what the tests of outcomes share."""

from __future__ import annotations

import shlex
from typing import Any


def lines(caplog: Any) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.name == "cors_views"]


def command_of(line: str) -> list[str] | None:
    """Return the command at the end of a line, as a shell takes it apart."""
    _, said, command = line.partition(" For more, run: ")
    return shlex.split(command) if said else None
