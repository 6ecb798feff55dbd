"""Count what CORS adds to a request, in instructions: ``make count``.

A count is the same in two runs, whatever else the machine does; a time is not. The mark is what
somebody would write by hand for just that case, see ``by_hand``. With ``--write`` the tables go to
the docs, and the missed goals with them.
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from statistics import mean
from typing import NamedTuple

from benchmarks import callgrind, pages
from benchmarks.cases import CASES, MANY, Case
from benchmarks.counted import BY_HAND, OURS, THEIRS

#: The cases that the README shows; docs/speed.rst has them all.
HEADLINES = (
    "function: no Origin",
    "function: allowed",
    "function: refused",
    "function: preflight, allowed",
    "ASGI, function: allowed",
    "1,000 origins: allowed",
    "100,000 origins: allowed",
    "1,000 routes, flat: preflight, allowed",
)


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


#: So many layouts of a process's memory are counted, and the means are shown.
_LAYOUTS = 2
#: As many more where the ratio is not as far below its goal as this.
_FAR, _MORE_LAYOUTS = 0.2, 4


def _row(case: Case) -> Row:
    """Return the row of a case, of more layouts where its goal may be missed."""
    counts: dict[str, list[float]] = {THEIRS: [_count(THEIRS, case, 0)]}
    _count_more(counts, case, range(_LAYOUTS))
    row = _mean(case, counts)
    if row.ratio < case.goal * (1 - _FAR):
        return row
    _count_more(counts, case, range(_LAYOUTS, _LAYOUTS + _MORE_LAYOUTS))
    return _mean(case, counts)


def _count_more(counts: dict[str, list[float]], case: Case, layouts: Iterable[int]) -> None:
    for layout in layouts:
        for name in (BY_HAND, OURS):
            counts.setdefault(name, []).append(_count(name, case, layout))


def _count(contender: str, case: Case, layout: int) -> float:
    return callgrind.per_request(contender, case.name, _requests(contender, case), layout)


def _mean(case: Case, counts: dict[str, list[float]]) -> Row:
    return Row(case, {name: mean(counted) for name, counted in counts.items()})


def _requests(contender: str, case: Case) -> int:
    slow = contender == THEIRS and len(case.origins) >= MANY
    return callgrind.FEW_REQUESTS if slow else callgrind.REQUESTS


def document(rows: Sequence[Row]) -> str:
    """Return the table of all cases and what it is about, in reStructuredText."""
    body = pages.rst_table(
        ("Case", THEIRS, "by hand", OURS, "of theirs", "of by hand", "goal"),
        [(*_cells(row), f"{row.case.goal:g}{'' if row.met else ': missed'}") for row in rows],
    )
    missed = sum(not row.met for row in rows)
    verdict = "Every goal is met" if not missed else f"{missed} of {len(rows)} goals are missed"
    return f"{body}\n{_about()}{verdict}.\n"


def summary(rows: Sequence[Row]) -> str:
    """Return the table of the README, which has no goals."""
    by_case = {row.case.name: _cells(row) for row in rows}
    body = pages.rst_table(
        ("Case", THEIRS, "by hand", OURS, "of theirs", "of by hand"),
        [by_case[name] for name in HEADLINES],
    )
    return f"{body}\n{_about()}"


def _cells(row: Row) -> tuple[str, ...]:
    theirs, by_hand, ours = (f"{row.added[name]:,.0f}" for name in (THEIRS, BY_HAND, OURS))
    return row.case.name, theirs, by_hand, ours, f"{row.to_theirs:.2f}", f"{row.ratio:.2f}"


def _about() -> str:
    return (
        "Instructions that a request takes more than with bare Django, counted by\n"
        "``python -m benchmarks.counts --write`` with Python "
        f"{platform.python_version()}, Django {version('Django')}\n"
        f"and django-cors-headers {version('django-cors-headers')}.\n"
    )


def main() -> int:
    """Print a line for each case; return 1 where a goal is missed, 2 without valgrind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.counts", description=__doc__)
    parser.add_argument("--only", default="", metavar="TEXT", help="cases whose name holds this")
    parser.add_argument("--write", action="store_true", help="write the tables into the docs")
    options = parser.parse_args()
    if options.only and options.write:
        parser.error("--write takes all cases")
    if callgrind.is_missing():
        return 2
    counted = []
    print(f"{'':6} {'case':50} {THEIRS:>20} {BY_HAND:>10} {OURS:>11}  of theirs  of by hand  goal")
    for row in rows(options.only):
        counted.append(row)
        name, theirs, by_hand, ours, to_theirs, ratio = _cells(row)
        print(
            f"{'met' if row.met else 'MISSED':6} {name:50} {theirs:>20} {by_hand:>10} "
            f"{ours:>11} {to_theirs:>10} {ratio:>11} {row.case.goal:>5g}",
            flush=True,
        )
    if options.write:
        pages.write(pages.SPEED, "count", document(counted))
        pages.write(pages.README, "count", summary(counted))
        return 0
    return 0 if all(row.met for row in counted) else 1


if __name__ == "__main__":
    sys.exit(main())
