"""The commands as processes: what they leave in a pipe, and where nobody reads it to its end."""

from __future__ import annotations

import errno
import io
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings

from tests.management.commands import ROOT, Done
from tests.sites import PAGE, PARTNER

STRANGER = "https://stranger.example"


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """Serve as a site does whose proxy names a page of its own, and return where."""
    answer = (
        f"HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: {PARTNER}\r\nVary: Origin\r\n"
        "Content-Length: 0\r\nConnection: close\r\n\r\n"
    ).encode()
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def curl(page: str) -> str:
    return f"curl 'https://api.example/orders/' -H 'Origin: {page}'"


# The arguments, with LIVE for the server; the status
COMMANDS: dict[str, tuple[tuple[str, ...], int]] = {
    "--curl, readable": (("cors_explain", "--curl", curl(PAGE)), 0),
    "--curl, refused": (("cors_explain", "--curl", curl(STRANGER)), 1),
    "--curl, as JSON": (("cors_explain", "--curl", curl(STRANGER), "--format=json"), 1),
    "--live, readable": (("cors_explain", PARTNER, "GET", "/orders/", "--live", "LIVE"), 0),
    "--live, refused": (("cors_explain", PAGE, "GET", "/orders/", "--live", "LIVE"), 1),
    "--live, by --curl": (("cors_explain", "--curl", curl(PAGE), "--live", "LIVE"), 1),
    "cors_policies": (("cors_policies",), 0),
    "cors_policies, found": (("cors_policies", "--fail-on", "any-origin"), 1),
}


def filled(name: str, server: str) -> tuple[str, ...]:
    return tuple(each.replace("LIVE", server) for each in COMMANDS[name][0])


def process(arguments: tuple[str, ...], **more: Any) -> subprocess.Popen[str]:
    way = more.pop("way", ["-m", "django"])
    before = more.pop("before", [])
    unbuffered = more.pop("unbuffered", False)
    env = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHONUNBUFFERED", "DJANGO_COLORS", "SSL_CERT_FILE")
    }
    env |= {"DJANGO_SETTINGS_MODULE": "tests.sites.deployed", "PYTHONPATH": str(ROOT)}
    # A terminal of many colours, which is none where the output goes.
    env |= {"TERM": "xterm-256color"} | ({"PYTHONUNBUFFERED": "1"} if unbuffered else {})
    return subprocess.Popen(
        [*before, sys.executable, *way, *arguments],
        **{"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "env": env} | more,
    )


def ended(started: subprocess.Popen[str]) -> Done:
    out, err = started.communicate(timeout=60)
    return Done(started.returncode, out, err)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_status_in_a_pipe_and_no_escape_codes(server: str, name: str) -> None:
    done = ended(process(filled(name, server)))

    assert done.status == COMMANDS[name][1], done.err
    assert done.out
    assert "\x1b" not in done.out + done.err
    assert "Traceback" not in done.err
    assert (done.err == "") is ("--fail-on" not in COMMANDS[name][0])


def test_the_manage_py_of_a_project_ends_alike(tmp_path: Path) -> None:
    (tmp_path / "manage.py").write_text(
        "import sys\nfrom django.core.management import execute_from_command_line\n"
        "execute_from_command_line(sys.argv)\n"
    )

    arguments, status = COMMANDS["--curl, refused"]
    done = ended(process(arguments, way=["manage.py"], cwd=tmp_path))

    assert (done.status, done.err) == (status, "")


def nobody(started: subprocess.Popen[str]) -> None:
    """Read nothing, as ``| true`` does."""


def one_line(started: subprocess.Popen[str]) -> None:
    """Read as ``| head -1`` does."""
    assert started.stdout is not None
    assert started.stdout.readline()


@pytest.mark.parametrize(
    ("reads", "unbuffered"),
    [
        # Then Python writes when it ends, unless it is told to before.
        pytest.param(nobody, False, id="nobody reads"),
        pytest.param(one_line, True, id="one line is read"),
    ],
)
@pytest.mark.parametrize(
    "name",
    [
        "--curl, refused",
        "--curl, as JSON",
        "--live, readable",
        "--live, refused",
        "cors_policies, found",
    ],
)
def test_whoever_stops_reading_changes_no_status(
    server: str, name: str, reads: Callable[[subprocess.Popen[str]], None], unbuffered: bool
) -> None:
    arguments, status = COMMANDS[name]

    started = process(filled(name, server), unbuffered=unbuffered)
    assert started.stdout is not None
    reads(started)
    started.stdout.close()
    started.stdout = None
    _, err = started.communicate(timeout=60)

    assert started.returncode == status, err
    assert "Traceback" not in err
    assert "BrokenPipe" not in err
    assert (err == "") is ("--fail-on" not in arguments)


@pytest.mark.parametrize("name", ["--live, refused", "cors_policies"])
def test_a_closed_output_changes_no_status(server: str, name: str) -> None:
    done = ended(process(filled(name, server), before=["sh", "-c", 'exec "$@" >&-', "sh"]))

    assert (done.status, done.out, done.err) == (COMMANDS[name][1], "", "")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="Linux alone has a disk that is full")
@pytest.mark.parametrize(
    ("name", "unbuffered"), [("--curl, readable", False), ("cors_policies", True)]
)
def test_a_full_disk_is_told_in_one_line(name: str, unbuffered: bool) -> None:
    with open("/dev/full", "w") as full:
        started = process(COMMANDS[name][0], stdout=full, unbuffered=unbuffered)
        _, err = started.communicate(timeout=60)

    assert (started.returncode, err) == (
        2,
        "CommandError: The output cannot be written: No space left on device.\n",
    )


BAD: dict[str, tuple[tuple[str, ...], str]] = {
    "--live, a URL of another scheme": (
        ("cors_explain", PAGE, "GET", "/orders/", "--live", "ftp://a.example"),
        "'ftp://a.example' is not an absolute http or https URL.",
    ),
    "--live took the page": (("cors_explain", "--live", PAGE, "GET"), "Put --live last"),
    "--timeout": (
        ("cors_explain", PAGE, "GET", "/orders/", "--timeout=never", "--live", "http://a.example"),
        "argument --timeout: invalid",
    ),
    "--curl, not a command": (("cors_explain", "--curl", "wget x"), 'does not begin with "curl"'),
    "--curl, an option that no browser copies": (
        ("cors_explain", "--curl", "curl https://a.example -o x"),
        "'-o' is not an option that browsers copy",
    ),
    "--curl without its value": (("cors_explain", "--curl"), "expected one argument"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_one_line_and_status_2(name: str) -> None:
    arguments, told = BAD[name]

    done = ended(process(arguments))

    assert (done.status, done.out) == (2, "")
    assert told in done.err
    assert done.err.count("\n") == 1
    assert "\x1b" not in done.err


class Broken(io.StringIO):
    """The stream of a caller, which takes nothing any more."""

    def __init__(self, error: OSError) -> None:
        super().__init__()
        self.error = error

    def write(self, text: str) -> int:
        raise self.error


@pytest.mark.parametrize(
    ("error", "status", "told"),
    [
        pytest.param(BrokenPipeError(), 1, "", id="nobody reads"),
        pytest.param(
            OSError(errno.ENOSPC, "No space left on device"),
            2,
            "The output cannot be written: No space left on device.",
            id="a full disk",
        ),
    ],
)
def test_the_stream_of_a_caller(
    capfd: pytest.CaptureFixture[str], error: OSError, status: int, told: str
) -> None:
    """``call_command(stdout=...)``: the output of the process itself stays what it is."""
    with override_settings(ROOT_URLCONF="tests.sites.deployed"):
        with pytest.raises((CommandError, SystemExit)) as ended:
            call_command("cors_explain", "--curl", curl(STRANGER), stdout=Broken(error))
        os.write(1, b"still there")

    left = ended.value
    assert (left.returncode if isinstance(left, CommandError) else left.code) == status
    assert told in str(left)
    assert capfd.readouterr().out == "still there"
