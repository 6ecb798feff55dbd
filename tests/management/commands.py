"""How the tests of the commands run them: in this process, as a process, and in a terminal."""

from __future__ import annotations

import atexit
import functools
import io
import os
import pty
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from django.core.management import CommandError, call_command

ROOT = Path(__file__).resolve().parent.parent.parent
SHOP = ROOT / "sample_project" / "manage.py"


class Done(NamedTuple):
    """What a command left behind."""

    status: int
    out: str
    err: str


class Terminal(io.StringIO):
    """Takes output as a terminal does."""

    def isatty(self) -> bool:
        return True


def run(command: str, *arguments: str, terminal: bool = False, **options: Any) -> Done:
    """Run a command in this process, without a shell around it."""
    out, err = Terminal() if terminal else io.StringIO(), io.StringIO()
    status = 0
    try:
        call_command(command, *arguments, stdout=out, stderr=err, **options)
    except CommandError as error:
        status = error.returncode
        err.write(f"{error}\n")
    except SystemExit as left:
        status = int(left.code or 0)
    return Done(status, out.getvalue(), err.getvalue())


def _needs_the_shop() -> None:
    for package in ("rest_framework", "knox"):
        pytest.importorskip(package, reason="the shop is built on Django REST framework and knox")


def run_in_shop(*arguments: str, **environment: str) -> Done:
    """Run a command of the sample project as a process whose output goes into a pipe."""
    _needs_the_shop()
    done = subprocess.run(
        [sys.executable, SHOP, *arguments],
        capture_output=True,
        text=True,
        env=_environment(environment),
        cwd=ROOT,
        timeout=60,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def run_in_shop_terminal(*arguments: str, columns: int = 100) -> Done:
    """Run a command of the sample project in a terminal."""
    _needs_the_shop()
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, SHOP, *arguments],
        stdin=slave,
        stdout=slave,
        stderr=slave,
        env=_environment({"COLUMNS": str(columns), "TERM": "xterm"}),
        cwd=ROOT,
    )
    os.close(slave)
    seen = b""
    try:
        while chunk := os.read(master, 65536):
            seen += chunk
    except OSError:
        # How Linux says that the other side of a terminal is closed.
        pass
    os.close(master)
    return Done(process.wait(60), seen.decode().replace("\r\n", "\n"), "")


def _environment(more: dict[str, str]) -> dict[str, str]:
    return _clean() | {"PLAYGROUND_DATABASE": _database()} | more


def _clean() -> dict[str, str]:
    ours = ("DJANGO_SETTINGS_MODULE", "DJANGO_COLORS", "COLUMNS", "PLAYGROUND_PORT")
    return {name: value for name, value in os.environ.items() if name not in ours}


@functools.cache
def _database() -> str:
    """Return the path of a database of the shop, since commands load the origins of tenants."""
    folder = tempfile.TemporaryDirectory()
    atexit.register(folder.cleanup)
    path = str(Path(folder.name) / "db.sqlite3")
    for command in ("migrate", "seed_shop"):
        subprocess.run(
            [sys.executable, SHOP, command, "-v0"],
            env=_clean() | {"PLAYGROUND_DATABASE": path},
            check=True,
            timeout=120,
        )
    return path
