"""What a million origins of a database cost: to load, to hold, and to look one up beside a list.

The database is left out, since how long it takes is its own affair: ``load`` returns a list.
"""

from __future__ import annotations

import argparse
import gc
import statistics
import timeit
import tracemalloc
from collections.abc import Callable
from functools import partial

from benchmarks import sites
from cors_views import CachedOrigins, CorsPolicy

ORIGINS = 1_000_000
CALLS = 20_000
ROUNDS = 15


def loading(names: list[str]) -> tuple[float, float]:
    """Return the seconds that loading takes, and the megabytes beside the strings themselves."""
    gc.collect()
    tracemalloc.start()
    held = CachedOrigins(lambda: names)
    held.origins()
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    # Again, since tracing takes most of the time.
    seconds = timeit.timeit(CachedOrigins(lambda: names).origins, number=1)
    return seconds, taken / 1e6


def looking_up(admits: dict[str, Callable[[str], bool]], origin: str) -> dict[str, float]:
    """Return the nanoseconds that each takes for an origin, all in turn."""
    found: dict[str, list[float]] = {name: [] for name in admits}
    for _ in range(ROUNDS):
        for name, ask in admits.items():
            found[name].append(timeit.timeit(partial(ask, origin), number=CALLS) / CALLS * 1e9)
    return {name: statistics.median(times) for name, times in found.items()}


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--origins", type=int, default=ORIGINS)
    number = options.parse_args().origins
    names = sites.origins(number)
    seconds, megabytes = loading(names)
    print(f"{number:,} origins: loaded in {seconds:.1f} s, {megabytes:.0f} MB beside the strings")
    admits: dict[str, Callable[[str], bool]] = {
        "3, written out": CorsPolicy(origins=names[:3]).admits,
        "3, loaded": CachedOrigins(lambda: names[:3], timeout=3600).admits,
        f"{number:,}, written out": CorsPolicy(origins=names).admits,
        f"{number:,}, loaded": CachedOrigins(lambda: names, timeout=3600).admits,
    }
    for ask in admits.values():
        assert ask(names[0])
        assert not ask(sites.STRANGER)
    # What is collected meanwhile is somebody else's time.
    gc.collect()
    gc.disable()
    admitted, refused = (looking_up(admits, each) for each in (names[0], sites.STRANGER))
    print(f"{'admits()':24}{'admitted':>12}{'refused':>12}")
    for name in admits:
        print(f"{name:24}{admitted[name]:9.0f} ns{refused[name]:9.0f} ns")


if __name__ == "__main__":
    main()
