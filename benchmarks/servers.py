"""Load real servers over the loopback: what is left of CORS's cost beside HTTP and sockets.

The table of the README times Django's handler alone; here a server parses, queues and writes, as
it does in production. Each server has one worker, so that a machine with two cores has one to
spare for wrk.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from importlib.metadata import version
from pathlib import Path
from typing import IO, NamedTuple

from benchmarks import pages
from benchmarks.sites import CONTENDERS, origins

HOST = "127.0.0.1"
ROOT = Path(__file__).resolve().parent.parent
DJANGO = next(iter(CONTENDERS))
ORIGINS = (1, 3, 1_000)
ROUNDS = 3
SECONDS = 10
WARM_UP_SECONDS = 1
#: Enough that the worker never waits for wrk; p99 therefore holds the wait behind seven others.
CONNECTIONS = 8
#: How long a server may take to start, to answer a single request, and to stop.
DEADLINE_SECONDS = 30.0
POLL_SECONDS = 0.05
MILLISECONDS = {"us": 0.001, "ms": 1.0, "s": 1_000.0, "m": 60_000.0}


class Server(NamedTuple):
    """A server: the module to run, its arguments but for the port, and the route it is asked."""

    module: str
    interface: str
    bind: str
    options: str
    path: str

    def command(self, port: int) -> list[str]:
        """Return how to start it."""
        bind = self.bind.format(host=HOST, port=port)
        return [sys.executable, "-m", self.module, *bind.split(), *self.options.split()]


SERVERS = (
    Server(
        module="gunicorn",
        interface="WSGI",
        bind="benchmarks.served:application --bind {host}:{port}",
        options="--workers 1 --threads 1 --log-level warning --graceful-timeout 1",
        path="/sync/",
    ),
    # What a bare uvicorn runs on is spelled out: it would pick faster parts where it finds them,
    # and the same command would measure something else elsewhere.
    Server(
        module="uvicorn",
        interface="ASGI",
        bind="benchmarks.served:asgi_application --host {host} --port {port}",
        options="--workers 1 --loop asyncio --http h11 --lifespan off --no-access-log"
        " --log-level warning --timeout-graceful-shutdown 1",
        path="/async/",
    ),
)


class Load(NamedTuple):
    """What wrk saw in one round."""

    requests_per_second: float
    p99_milliseconds: float


class Row(NamedTuple):
    """One stack behind one server, as the table shows it."""

    server: str
    origins: str
    stack: str
    requests_per_second: str
    of_django: str
    p99: str


HEADINGS = Row("server", "origins", "stack", "requests/s", "of Django", "p99")


class BenchmarkError(Exception):
    """Something that makes the figures worthless, in words for whoever runs the benchmark."""


def missing() -> list[str]:
    """Return how to install what is not there; all of it at once, before anything is started."""
    wanted = [] if shutil.which("wrk") else ["wrk: apt-get install wrk, or brew install wrk"]
    packages = {"corsheaders": "django-cors-headers"} | {s.module: s.module for s in SERVERS}
    return wanted + [
        f"{package}: pip install {package}"
        for module, package in packages.items()
        if importlib.util.find_spec(module) is None
    ]


def rows(seconds: int) -> Iterator[Row]:
    """Yield what each stack gets through, server by server."""
    for server in SERVERS:
        for number in ORIGINS:
            yield from _rows_of(server, number, compare(server, number, seconds))


def compare(server: Server, number: int, seconds: int) -> dict[str, list[Load]]:
    """Load all stacks in turn, round by round, so that what disturbs one disturbs all.

    All of them run the whole time; the ones whose turn it is not are idle.
    """
    allowed = origins(number)
    # The one in the middle: neither the first nor the last that a list would find.
    origin = allowed[number // 2]
    loads: dict[str, list[Load]] = {stack: [] for stack in CONTENDERS}
    with ExitStack() as servers:
        ports = {
            stack: servers.enter_context(running(server, stack, number, origin))
            for stack in CONTENDERS
        }
        for port in ports.values():
            load(server, port, origin, WARM_UP_SECONDS)
        for round_number in range(ROUNDS):
            _say(f"{server.module}, {number:,} allowed, round {round_number + 1} of {ROUNDS}")
            # Nobody always comes first.
            turn = round_number % len(ports)
            for stack in [*ports][turn:] + [*ports][:turn]:
                loads[stack].append(load(server, ports[stack], origin, seconds))
    return loads


@contextmanager
def running(server: Server, stack: str, number: int, origin: str) -> Iterator[int]:
    """Run a server until the block ends, however it ends; its answer is verified before that."""
    port = _free_port()
    environment = os.environ | {"BENCH_STACK": stack, "BENCH_ORIGINS": str(number)}
    with tempfile.TemporaryFile("w+") as log:
        # A session of its own: Ctrl-C reaches this process alone, which then stops the servers.
        process = subprocess.Popen(
            server.command(port),
            cwd=ROOT,
            env=environment,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            _verify(stack, origin, _first_answer(server, port, origin, process, log))
            yield port
        finally:
            _stop(process)


def load(server: Server, port: int, origin: str, seconds: int) -> Load:
    """Have wrk ask for so many seconds."""
    command = ["wrk", "--latency", "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s"]
    url = f"http://{HOST}:{port}{server.path}"
    finished = subprocess.run(
        [*command, "-H", f"Origin: {origin}", url], capture_output=True, text=True, check=False
    )
    if finished.returncode:
        raise BenchmarkError(f"wrk failed at {url}:\n{finished.stdout}{finished.stderr}")
    return parse(finished.stdout)


def parse(report: str) -> Load:
    """Read wrk's report; one with errors is refused, since an error is soon served."""
    rate = re.search(r"^Requests/sec:\s+([\d.]+)$", report, re.MULTILINE)
    p99 = re.search(r"^\s+99%\s+([\d.]+)(us|ms|s|m)$", report, re.MULTILINE)
    if not rate or not p99 or "Non-2xx" in report or "Socket errors" in report:
        raise BenchmarkError(f"wrk reports no clean run:\n{report}")
    return Load(float(rate[1]), float(p99[1]) * MILLISECONDS[p99[2]])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _first_answer(
    server: Server, port: int, origin: str, process: subprocess.Popen[bytes], log: IO[str]
) -> tuple[int, str | None]:
    """Wait until the server answers, or says by ending that it never will."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException):
            return _ask(port, server.path, origin)
        time.sleep(POLL_SECONDS)
    log.seek(0)
    raise BenchmarkError(f"{server.module} does not answer at port {port}. It said:\n{log.read()}")


def _ask(port: int, path: str, origin: str) -> tuple[int, str | None]:
    """Return the status, and which origin may read the answer."""
    connection = HTTPConnection(HOST, port, timeout=DEADLINE_SECONDS)
    try:
        connection.request("GET", path, headers={"Origin": origin})
        response = connection.getresponse()
        return response.status, response.getheader("Access-Control-Allow-Origin")
    finally:
        connection.close()


def _verify(stack: str, origin: str, answered: tuple[int, str | None]) -> None:
    """See that everybody does the same work: a refusal would be cheap to serve."""
    expected = (200, None if stack == DJANGO else origin)
    if answered != expected:
        raise BenchmarkError(f"{stack} answers with {answered}, not with {expected}.")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        with suppress(subprocess.TimeoutExpired):
            process.wait(DEADLINE_SECONDS)
    finally:
        # It is deaf, or whoever waits pressed Ctrl-C once more; its worker goes with it.
        if process.returncode is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _rows_of(server: Server, number: int, loads: dict[str, list[Load]]) -> Iterator[Row]:
    for stack, rounds in loads.items():
        # Compared within each round, like the microseconds of measure.py.
        shares = [
            of.requests_per_second / base.requests_per_second
            for of, base in zip(rounds, loads[DJANGO])
        ]
        yield Row(
            f"{server.module} ({server.interface})",
            f"{number:,}",
            stack,
            f"{statistics.median(each.requests_per_second for each in rounds):,.0f}",
            f"{statistics.median(shares):.1%}",
            f"{statistics.median(each.p99_milliseconds for each in rounds):.2f} ms",
        )


def table(body: Sequence[Row]) -> str:
    """Return a simple table of reStructuredText, which is one for the terminal as well."""
    widths = [max(map(len, column)) for column in zip(HEADINGS, *body)]
    rule = "  ".join("=" * width for width in widths)
    lines = ["  ".join(_aligned(row, widths)).rstrip() for row in (HEADINGS, *body)]
    return "\n".join([rule, lines[0], rule, *lines[1:], rule]) + "\n"


def _aligned(row: Row, widths: Sequence[int]) -> Iterator[str]:
    names_a_thing = {"server", "stack"}
    for field, text, width in zip(Row._fields, row, widths):
        yield text.ljust(width) if field in names_a_thing else text.rjust(width)


def preamble(seconds: int) -> str:
    """Return how the figures came about: without it they mean nothing."""
    used = ["Django", "django-cors-headers", *(server.module for server in SERVERS)]
    versions = ", ".join(f"{package} {version(package)}" for package in used)
    return (
        f"Made by ``python -m benchmarks.servers --seconds {seconds} --write`` with\n"
        f"Python {platform.python_version()}, {versions},\n"
        f"on {os.cpu_count()} cores; one worker, {CONNECTIONS} connections, so that p99 holds the"
        " wait behind the others.\n"
        f'Medians of {ROUNDS} rounds, "of Django" compared within each round. Timings differ\n'
        "from machine to machine: compare the lines with each other, not with another machine's.\n"
    )


def main() -> None:
    """Measure, print the table, and keep it if that is asked for."""
    options = _options()
    if lacking := missing():
        sys.exit("To run this benchmark, install\n  " + "\n  ".join(lacking))
    # Being told to end is no reason to leave servers behind.
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(128 + number))
    try:
        made = table(list(rows(options.seconds)))
    except BenchmarkError as failure:
        sys.exit(str(failure))
    print(made, end="")
    if options.write:
        text = f"{preamble(options.seconds)}\n{made}"
        pages.write(pages.SPEED, "comparison of servers", text)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.servers", description=__doc__)
    parser.add_argument(
        "--seconds", type=_seconds, default=SECONDS, help="of each round (default: %(default)s)"
    )
    parser.add_argument("--write", action="store_true", help="write the table into docs/speed.rst")
    return parser.parse_args()


def _seconds(text: str) -> int:
    if (seconds := int(text)) < 1:
        raise argparse.ArgumentTypeError("a round takes at least a second")
    return seconds


def _say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
