"""What ``enforce`` adds to a request: ``python -m benchmarks.enforcing``.

A site is served with ``enforce=True`` at its view and without, each in processes of its own, and
valgrind counts the instructions.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import callgrind
from benchmarks.cases import FEW, STRANGER, origins

#: The requests, with the headers of each. Browsers send ``Sec-Fetch-Site`` to localhost and over
#: https, so only of an old one is the host all that is known.
SAME, CROSS = ("HTTP_SEC_FETCH_SITE", "same-origin"), ("HTTP_SEC_FETCH_SITE", "cross-site")
REQUESTS: dict[str, list[tuple[str, str]]] = {
    "no Origin": [],
    "own": [("HTTP_ORIGIN", "http://testserver"), SAME],
    "own, no metadata": [("HTTP_ORIGIN", "http://testserver")],
    "admitted": [("HTTP_ORIGIN", origins(FEW)[FEW // 2]), CROSS],
    "refused": [("HTTP_ORIGIN", STRANGER), CROSS],
}
_WARM_UP = 20


def main() -> int:
    """Print a line for each kind of request; return 2 without valgrind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.enforcing", description=__doc__)
    parser.add_argument("--request", choices=REQUESTS, help=argparse.SUPPRESS)
    parser.add_argument("--enforce", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.request:
        callgrind.count(serving(options.request, options.enforce))
        return 0
    if callgrind.is_missing():
        return 2
    print(f"{'request':16} {'instructions':>14} {'with enforce':>14}")
    for request in REQUESTS:
        counts = [counted(request, enforce) for enforce in (False, True)]
        print(f"{request:16} {counts[0]:>14,.0f} {counts[1] - counts[0]:>+14,.0f}", flush=True)
    return 0


def counted(request: str, enforce: bool) -> float:
    """Return the instructions of one request, Django's included."""
    arguments = [f"--request={request}", *(["--enforce"] if enforce else [])]
    return callgrind.instructions("benchmarks.enforcing", *arguments) / callgrind.REQUESTS


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

    def made(which: str) -> dict[str, Any]:
        return sites.environ("/r0/1/", "POST", REQUESTS[which])

    environ = made(request)

    def serve() -> Any:
        return handler.get_response(sites.WSGIRequest(dict(environ)))

    # The first request of another site finds out whether anything enforces.
    handler.get_response(sites.WSGIRequest(made("refused")))
    for _ in range(_WARM_UP):
        assert serve().status_code == (403 if enforce and request == "refused" else 200)
    return serve


if __name__ == "__main__":
    sys.exit(main())
