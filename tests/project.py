"""A Django project on disk, made as the README and the tutorial say, and served for real."""

from __future__ import annotations

import contextlib
import http.client
import os
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.samples import Sample

#: What follows a block of settings that says ``...`` for what was there before.
EXPANDED = """
for _name, _value in list(globals().items()):
    if isinstance(_value, list) and ... in _value:
        globals()[_name] = [
            one for entry in _value for one in (_before[_name] if entry is ... else [entry])
        ]
"""


@dataclass
class Project:
    """A project in ``folder``, run by the interpreter ``python``."""

    folder: Path
    python: str
    name: str

    def __post_init__(self) -> None:
        self.run("-m", "django", "startproject", self.name, ".")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the interpreter in the project; it has to succeed."""
        done = self.outcome(*arguments)
        assert done.returncode == 0, done.stdout + done.stderr
        return done

    def outcome(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run the interpreter in the project, as its user would: nothing of ours is on the path."""
        return subprocess.run(
            [self.python, *arguments],
            cwd=self.folder,
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=120,
        )

    def _environment(self) -> dict[str, str]:
        ours = ("DJANGO_SETTINGS_MODULE", "PYTHONPATH")
        return {name: value for name, value in os.environ.items() if name not in ours}

    def write(self, sample: Sample) -> None:
        """Do with a block what its first line says: settings are added to, other files replaced."""
        file = Path(sample.file or "")
        target = self.folder / self.name / f"{file.name}.py"
        if sample.is_settings:
            before = "\n_before = {n: v for n, v in globals().items() if n.isupper()}\n"
            with target.open("a") as settings:
                settings.write(f"{before}{sample.code}\n{EXPANDED}")
        else:
            target.write_text(sample.code + "\n")

    @contextlib.contextmanager
    def served(self) -> Iterator[Server]:
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        log = self.folder / "server.log"
        with log.open("w") as output:
            process = subprocess.Popen(
                [self.python, "-u", "manage.py", "runserver", "--noreload", f"127.0.0.1:{port}"],
                cwd=self.folder,
                env=self._environment(),
                stdout=output,
                stderr=output,
            )
            try:
                wait_for(port, process, log)
                yield Server(port, log)
            finally:
                process.terminate()
                process.wait(timeout=20)


@dataclass
class Server:
    port: int
    log: Path

    def ask(
        self, method: str, path: str, origin: str, body: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], str]:
        """Return the status, the headers by lower-case name, and the body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        with contextlib.closing(connection):
            connection.request(method, path, body, {"Origin": origin, **sent})
            answer = connection.getresponse()
            received = {name.lower(): value for name, value in answer.getheaders()}
            return answer.status, received, answer.read().decode()


def wait_for(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Wait until a server listens; one that ends before says why in its log."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        assert process.poll() is None, log.read_text()
        time.sleep(0.05)
    raise AssertionError(f"Nothing listens at {port}: {log.read_text()}")
