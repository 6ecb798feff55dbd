"""Count what CORS adds to a request, in instructions: ``make count``.

A count is the same in two runs, whatever else the machine does; a time is not. The mark is what
somebody would write by hand for just that case, see ``by_hand``.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from benchmarks import callgrind
from benchmarks.cases import CASES, MANY, Case
from benchmarks.counted import BY_HAND, CONTENDERS, DJANGO, OURS, THEIRS


class Row(NamedTuple):
    """What each contender adds to bare Django for one request of a case, in instructions."""

    case: Case
    added: dict[str, float]

    @property
    def ratio(self) -> float:
        """How much cors_views adds for each instruction that is written by hand."""
        return self.added[OURS] / self.added[BY_HAND]

    @property
    def to_theirs(self) -> float:
        """The same for each instruction of django-cors-headers."""
        return self.added[OURS] / self.added[THEIRS]

    @property
    def met(self) -> bool:
        """Whether the case costs no more than docs/speed.rst promises."""
        return self.ratio <= self.case.goal


def rows(wanted: str = "") -> Iterator[Row]:
    """Yield the row of each case whose name holds ``wanted``, as many at a time as there are cores.

    Other processes do not change a count, so several may run side by side.
    """
    cases = [case for case in CASES.values() if wanted in case.name]
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        yield from pool.map(_row, cases)


def _row(case: Case) -> Row:
    counts = {
        contender: callgrind.per_request(contender, case.name, _requests(contender, case))
        for contender in CONTENDERS
    }
    return Row(case, {name: count - counts[DJANGO] for name, count in counts.items()})


def _requests(contender: str, case: Case) -> int:
    slow = contender == THEIRS and len(case.origins) >= MANY
    return callgrind.FEW_REQUESTS if slow else callgrind.REQUESTS


def main() -> int:
    """Print a line for each case; return 1 where a goal is missed, 2 without valgrind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counts", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name holds this")
    options = parser.parse_args()
    if not callgrind.is_installed():
        print("valgrind counts the instructions. Install it (Debian: valgrind).", file=sys.stderr)
        return 2
    met = True
    print(f"{'':6} {'case':50} {THEIRS:>20} {BY_HAND:>10} {OURS:>11}  of theirs  of by hand  goal")
    for row in rows(options.only):
        met = met and row.met
        theirs, by_hand, ours = (f"{row.added[name]:,.0f}" for name in (THEIRS, BY_HAND, OURS))
        print(
            f"{'met' if row.met else 'MISSED':6} {row.case.name:50} {theirs:>20} {by_hand:>10} "
            f"{ours:>11} {row.to_theirs:>10.2f} {row.ratio:>11.2f} {row.case.goal:>5g}",
            flush=True,
        )
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
