"""What ``enforce`` adds to a request: ``python -m benchmarks.enforcing``.

A site is served with ``enforce=True`` at its view and without, each in processes of its own.
Instructions are counted by valgrind, and the same in two runs; microseconds are the least of some
processes, each of which takes the median of its rounds.
"""

from __future__ import annotations

import argparse
import logging
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

from benchmarks import callgrind
from benchmarks.cases import FEW, STRANGER, origins

#: The requests, with the ``Origin`` of each.
ORIGINS = {
    "no Origin": None,
    "own origin": "http://testserver",
    "admitted": origins(FEW)[FEW // 2],
    "refused": STRANGER,
}
_WARM_UP, _ROUNDS, _EACH, _PROCESSES = 20, 21, 200, 5


def main() -> int:
    """Print a line for each kind of request; return 2 without valgrind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.enforcing", description=__doc__)
    parser.add_argument("--request", choices=ORIGINS, help=argparse.SUPPRESS)
    parser.add_argument("--enforce", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--count", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.request:
        (count if options.count else measure)(serving(options.request, options.enforce))
        return 0
    if not callgrind.is_installed():
        print("valgrind counts the instructions. Install it (Debian: valgrind).", file=sys.stderr)
        return 2
    print(
        f"{'request':12} {'instructions':>14} {'with enforce':>14} {'µs':>8} {'with enforce':>14}"
    )
    for request in ORIGINS:
        counts = [counted(request, enforce) for enforce in (False, True)]
        times = [least(request, enforce) for enforce in (False, True)]
        print(
            f"{request:12} {counts[0]:>14,.0f} {counts[1] - counts[0]:>+14,.0f} "
            f"{times[0]:>8.1f} {times[1] - times[0]:>+14.1f}",
            flush=True,
        )
    return 0


def _arguments(request: str, enforce: bool) -> list[str]:
    return [f"--request={request}", *(["--enforce"] if enforce else [])]


def counted(request: str, enforce: bool) -> float:
    """Return the instructions of one request, Django's included."""
    arguments = [*_arguments(request, enforce), "--count"]
    return callgrind.instructions("benchmarks.enforcing", *arguments) / callgrind.REQUESTS


def least(request: str, enforce: bool) -> float:
    """Return the microseconds of one request, where nobody has disturbed."""
    command = [sys.executable, "-m", "benchmarks.enforcing", *_arguments(request, enforce)]
    return min(float(subprocess.check_output(command, text=True)) for _ in range(_PROCESSES))


def serving(request: str, enforce: bool) -> Callable[[], Any]:
    """Return what serves one such request, with every cache filled."""
    from benchmarks import sites
    from cors_views import CorsPolicy, cors_allow

    # A refusal has a line in the log, which is written to nowhere here.
    logging.getLogger("cors_views").addHandler(logging.NullHandler())
    logging.getLogger("django.request").setLevel(logging.CRITICAL)
    policy = CorsPolicy(origins=origins(FEW), enforce=enforce)
    sites.override_settings(
        ROOT_URLCONF=sites.URLconf(1, 0, cors_allow(policy)),
    ).enable()
    handler = sites.handler(sites.OURS)

    def made(origin: str | None) -> dict[str, Any]:
        return sites.environ("/r0/1/", "POST", [("HTTP_ORIGIN", origin)] if origin else [])

    origin = ORIGINS[request]
    environ = made(origin)

    def serve() -> Any:
        return handler.get_response(sites.WSGIRequest(dict(environ)))

    # The first request of another site finds out whether anything enforces.
    handler.get_response(sites.WSGIRequest(made(STRANGER)))
    for _ in range(_WARM_UP):
        assert serve().status_code == (403 if enforce and origin == STRANGER else 200)
    return serve


def count(serve: Callable[[], Any]) -> None:
    """Serve some requests for callgrind."""
    with callgrind.counting():
        for _ in range(callgrind.REQUESTS):
            serve()


def measure(serve: Callable[[], Any]) -> None:
    """Print the microseconds of one request."""
    rounds = []
    for _ in range(_ROUNDS):
        start = time.perf_counter()
        for _ in range(_EACH):
            serve()
        rounds.append((time.perf_counter() - start) / _EACH * 1e6)
    print(statistics.median(rounds))


if __name__ == "__main__":
    sys.exit(main())
