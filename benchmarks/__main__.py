"""Measure what CORS costs: ``make bench``. With ``--write`` the tables go to the docs."""

from __future__ import annotations

import argparse
import platform
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version

from benchmarks import memory, pages, startup, table
from benchmarks.table import Row


def main() -> int:
    """Print the table; return 1 where a goal is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--rounds", type=int, default=table.ROUNDS, help="more give less spread")
    parser.add_argument("--write", action="store_true", help="write the tables into the docs")
    options = parser.parse_args()
    rows = []
    for row in measured(options.rounds):
        rows.append(row)
        print(f"{'met   ' if row.met else 'MISSED'} {'  '.join(cells(row))}", flush=True)
    if options.write:
        pages.write(pages.SPEED, "table", document(rows, options.rounds))
    return 0 if all(row.met for row in rows) else 1


def measured(rounds: int) -> Iterable[Row]:
    """Yield every row as it is measured."""
    yield from table.actual_rows(rounds)
    yield from table.preflight_rows(rounds)
    yield _memory()
    yield from startup.rows(rounds=min(rounds, 21))


def _memory() -> Row:
    taken = memory.taken("origins", "tracemalloc").compiled
    case = f"memory, {memory.ORIGINS:,} origins, beside their strings"
    return Row(case, "", f"{taken:.1f} MB", taken / memory.GOAL, "", 1, f"{memory.GOAL:g} MB")


def cells(row: Row) -> tuple[str, ...]:
    """Return a row as it is printed."""
    spread = f" ({row.spread})" if row.spread else ""
    ratio = f"{row.ratio:.2f}{spread}" if row.goal is not None else ""
    missed = "" if row.met else ": missed"
    goal = f"{row.goal:g} × {row.of}{missed}" if row.goal is not None else ""
    return row.case, row.theirs, row.ours, ratio, goal


def document(rows: Sequence[Row], rounds: int) -> str:
    """Return the table and what it is about, in reStructuredText."""
    body = pages.rst_table(
        ("Case", "django-cors-headers", "cors_views", "Ratio (quartiles)", "Goal"),
        [cells(row) for row in rows],
    )
    goals = [row for row in rows if row.goal is not None]
    missed = sum(not row.met for row in goals)
    verdict = "Every goal is met" if not missed else f"{missed} of {len(goals)} goals are missed"
    return f"{body}\n{_about(rounds)}{verdict}.\n"


def _about(rounds: int) -> str:
    return (
        "Microseconds: what is added to a request over bare Django, and the whole for preflights;\n"
        f"medians of {rounds} rounds in one process, each contender in turn. Measured with Python\n"
        f"{platform.python_version()}, Django {version('Django')} and django-cors-headers "
        f"{version('django-cors-headers')}; timings differ from machine to machine.\n"
    )


if __name__ == "__main__":
    sys.exit(main())
