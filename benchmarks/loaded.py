"""What a million origins of a database cost: to load, to hold, and to look one up beside a list.

The database is left out, since how long it takes is its own affair: ``load`` returns a list. With
``--write`` the figures go to the docs. Run with a way to look up, this is the process that is
counted.
"""

from __future__ import annotations

import argparse
import gc
import os
import platform
import sys
import time
import timeit
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from typing import NamedTuple

from benchmarks import callgrind, cases, pages
from cors_views import CachedOrigins, CorsPolicy

ORIGINS = 1_000_000
FEW, MANY = 3, 1_000
#: So many look-ups are counted: enough that what is counted around them is a hundredth.
CALLS = 2_000
#: A list is searched from its start, which takes as long as it takes under callgrind.
FEW_CALLS = 20
ADMITTED, REFUSED = "admitted", "refused"
IN_A_LIST, LOADED = "in a list", "loaded"

Ask = Callable[[str], bool]
#: How an origin may be looked up, by the name of it.
WAYS: dict[str, Callable[[list[str]], Ask]] = {
    IN_A_LIST: lambda names: names.__contains__,
    "in a frozenset": lambda names: frozenset(names).__contains__,
    "written out": lambda names: CorsPolicy(origins=names).admits,
    LOADED: lambda names: CachedOrigins(lambda: names, timeout=3600).admits,
}


class Loading(NamedTuple):
    """What it takes to load: seconds of the processor, and megabytes beside the strings."""

    number: int
    seconds: float
    megabytes: float

    def __str__(self) -> str:
        return (
            f"{self.number:,} origins: loaded in {self.seconds:.1f} s, "
            f"{self.megabytes:.0f} MB beside the strings"
        )


class Row(NamedTuple):
    """What one look-up takes, in instructions, for each number of origins."""

    way: str
    asked: str
    counts: tuple[float, ...]

    def cells(self) -> tuple[str, ...]:
        """Return the row as it is printed."""
        return f"{self.way}: {self.asked}", *(f"{count:,.0f}" for count in self.counts)


def loading(number: int) -> Loading:
    """Load so many origins, which a list holds already."""
    names = list(cases.origins(number))
    gc.collect()
    tracemalloc.start()
    held = CachedOrigins(lambda: names)
    held.origins()
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Again, since tracing takes most of the time.
    ask = CachedOrigins(lambda: names).origins
    seconds = timeit.timeit(ask, timer=time.process_time, number=1)
    return Loading(number, seconds, taken / 1e6)


def look_up(way: str, number: int, asked: str) -> None:
    """Look an origin up again and again, in the process that is counted."""
    names = list(cases.origins(number))
    # The one in the middle: neither the first nor the last that a list would find. Another string
    # of the same text, as a request brings one: the same object is found sooner.
    origin = cases.origins(number)[number // 2] if asked == ADMITTED else cases.STRANGER
    ask = WAYS[way](names)
    calls = range(_calls(way))
    # What happens once is done; and all of them do the same.
    assert [ask(origin) for _ in range(3)] == [asked == ADMITTED] * 3
    with callgrind.counting():
        for _ in calls:
            ask(origin)


def _calls(way: str) -> int:
    return FEW_CALLS if way == IN_A_LIST else CALLS


def rows(numbers: Sequence[int]) -> Iterator[Row]:
    """Yield what is counted of each way to look up, as many at a time as there are cores."""

    def count(way: str, number: int, asked: str) -> float:
        return callgrind.instructions("benchmarks.loaded", way, str(number), asked) / _calls(way)

    with ThreadPoolExecutor(os.cpu_count()) as pool:
        counts = {
            (way, asked): [pool.submit(count, way, number, asked) for number in numbers]
            for way in WAYS
            for asked in (ADMITTED, REFUSED)
        }
        for (way, asked), found in counts.items():
            yield Row(way, asked, tuple(each.result() for each in found))


def document(loaded: Loading, rows: Sequence[Row], numbers: Sequence[int]) -> str:
    """Return the figures and what they are about, in reStructuredText."""
    body = pages.rst_table(
        ("Look-up", *(f"{number:,} origins" for number in numbers)), [row.cells() for row in rows]
    )
    return (
        f"{body}\nInstructions that one look-up takes, counted by ``python -m benchmarks.loaded "
        f"--write`` with\nPython {platform.python_version()} and Django {version('Django')}. "
        f"To load {loaded.number:,} origins from a list took\n{loaded.seconds:.1f} s of the time "
        f"of a processor and {loaded.megabytes:.0f} MB of memory beside their strings. The time\n"
        f"differs from machine to machine; this one has {os.cpu_count()} cores.\n"
    )


def main() -> int:
    """Print the figures, or be the process that is counted; return 2 without valgrind."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.loaded", description=__doc__)
    parser.add_argument("way", nargs="?", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("number", nargs="?", type=int, help=argparse.SUPPRESS)
    parser.add_argument("asked", nargs="?", choices=(ADMITTED, REFUSED), help=argparse.SUPPRESS)
    parser.add_argument("--origins", type=int, default=ORIGINS, help="a million, if not given")
    parser.add_argument("--write", action="store_true", help="write the figures into the docs")
    options = parser.parse_args()
    if options.way:
        look_up(options.way, options.number, options.asked)
        return 0
    loaded = loading(options.origins)
    print(loaded, flush=True)
    if callgrind.is_missing():
        return 2
    numbers, counted = (FEW, MANY, options.origins), []
    print(f"{'instructions':24}" + "".join(f"{number:>14,}" for number in numbers))
    for row in rows(numbers):
        counted.append(row)
        name, *counts = row.cells()
        print(f"{name:24}" + "".join(f"{count:>14}" for count in counts), flush=True)
    if options.write:
        pages.write(pages.SPEED, "count of look-ups", document(loaded, counted, numbers))
    return 0


if __name__ == "__main__":
    sys.exit(main())
