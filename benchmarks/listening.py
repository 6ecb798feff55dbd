"""What ``cors_decided`` adds to a request where nobody listens: ``python -m benchmarks.listening``.

The middleware is counted three times: with the lines that ask whether anybody listens taken out, as
it is with nobody there, and with a receiver that does nothing. Instructions are counted by valgrind
for the whole request, Django's included, and are the same in two runs. That other objects lie
elsewhere in memory changes some hundreds of them, so the question itself is counted alone, too.
"""

from __future__ import annotations

import argparse
import ast
import inspect
import sys
import textwrap
from collections.abc import Callable
from functools import partial
from typing import Any

from benchmarks import callgrind
from benchmarks.cases import FEW, STRANGER, origins
from cors_views.signals import cors_decided

ADMITTED = origins(FEW)[FEW // 2]
#: The requests: the method, and the ``Origin`` of each.
REQUESTS = {
    "no Origin": ("GET", None),
    "admitted": ("GET", ADMITTED),
    "refused": ("GET", STRANGER),
    "preflight, admitted": ("OPTIONS", ADMITTED),
    "preflight, refused": ("OPTIONS", STRANGER),
}
#: What is counted besides, so many times for each request.
QUESTION, _TIMES = "the question alone", 100
WITHOUT, NOBODY, SOMEBODY = "not asked", "nobody", "a receiver"
_SIGNAL = "cors_decided"
_WARM_UP = 20


class _Gates(ast.NodeTransformer):
    """Takes out each ``if`` that asks whether anybody listens, with what it does then."""

    def __init__(self, *, take_out: bool) -> None:
        self.take_out = take_out
        self.found = 0

    def visit_If(self, node: ast.If) -> ast.AST | None:
        if _SIGNAL not in ast.unparse(node.test):
            return self.generic_visit(node)
        self.found += 1
        return None if self.take_out else node


def compiled(function: Any, *, gated: bool) -> Any:
    """Return a function compiled anew, with the lines that ask who listens or without them."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    gates = _Gates(take_out=not gated)
    gates.visit(tree)
    if not gates.found:
        raise LookupError(f"{function.__qualname__} asks nobody: this measures nothing.")
    made: dict[str, Any] = {}
    exec(compile(tree, inspect.getsourcefile(function) or "", "exec"), function.__globals__, made)
    return made[function.__name__]


def main() -> int:
    """Print a line for each kind of request; return 2 without valgrind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.listening", description=__doc__)
    parser.add_argument("--request", choices=[*REQUESTS, QUESTION], help=argparse.SUPPRESS)
    parser.add_argument("--listening", choices=(WITHOUT, NOBODY, SOMEBODY), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.request:
        make = asking if options.request == QUESTION else partial(serving, options.request)
        callgrind.count(make(options.listening))
        return 0
    if callgrind.is_missing():
        return 2
    print(f"{'request':20} {WITHOUT:>12} {NOBODY:>12} {SOMEBODY:>12}")
    for request in REQUESTS:
        without, nobody, somebody = map(partial(counted, request), (WITHOUT, NOBODY, SOMEBODY))
        print(
            f"{request:20} {without:>12,.0f} {nobody - without:>+12,.0f} "
            f"{somebody - without:>+12,.0f}",
            flush=True,
        )
    without, nobody = (counted(QUESTION, listening) / _TIMES for listening in (WITHOUT, NOBODY))
    print(f"{QUESTION:20} {'':>12} {nobody - without:>+12,.0f}")
    return 0


def counted(request: str, listening: str) -> float:
    """Return the instructions of one request, Django's included."""
    arguments = [f"--request={request}", f"--listening={listening}"]
    return callgrind.instructions("benchmarks.listening", *arguments) / callgrind.REQUESTS


def serving(request: str, listening: str) -> Callable[[], Any]:
    """Return what serves one such request, with every cache filled."""
    from benchmarks import sites
    from cors_views import CorsPolicy, cors_allow
    from cors_views.middleware import CorsMiddleware

    # In each case, so that the same lies in the same place of memory.
    call = compiled(CorsMiddleware.__call__, gated=listening != WITHOUT)
    CorsMiddleware.__call__ = call  # type: ignore[method-assign]
    if listening == SOMEBODY:
        cors_decided.connect(_listen)
    policy = CorsPolicy(origins=origins(FEW))
    sites.override_settings(ROOT_URLCONF=sites.URLconf(1, 0, cors_allow(policy))).enable()
    handler = sites.handler(sites.OURS)
    method, origin = REQUESTS[request]
    headers = [("HTTP_ORIGIN", origin)] if origin else []
    if method == "OPTIONS":
        headers.append(("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "GET"))
    environ = sites.environ("/r0/1/", method, headers)

    def serve() -> Any:
        return handler.get_response(sites.WSGIRequest(dict(environ)))

    for _ in range(_WARM_UP):
        response = serve()
    assert ("access-control-allow-origin" in response.headers) is (origin == ADMITTED)
    return serve


def asking(listening: str) -> Callable[[], Any]:
    """Return what asks whether anybody listens, and nothing else."""
    ask = compiled(_ask, gated=listening != WITHOUT)

    def serve() -> None:
        for _ in range(_TIMES):
            ask(ADMITTED)

    serve()
    return serve


def _ask(origin: str) -> str:
    """Ask as the middleware does."""
    if origin and cors_decided.receivers:
        raise AssertionError("Somebody listens.")
    return origin


def _listen(**kwargs: Any) -> None:
    """Listen, and do nothing."""


if __name__ == "__main__":
    sys.exit(main())
