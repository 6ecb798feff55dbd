"""What many origins take in memory, beside the strings that the user has anyway.

Each figure is that of a fresh process: what Python has allocated, by tracemalloc, and what the
process has got of the system, its resident set. ``python -m benchmarks.memory`` prints both.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tracemalloc
from pathlib import Path
from typing import NamedTuple

from benchmarks.fresh import printed_by

ORIGINS = 100_000
GOAL = 20.0
KINDS, WAYS = ("origins", "patterns"), ("tracemalloc", "resident set")


class Taken(NamedTuple):
    """Megabytes: of the caller's strings and their list, and of what is made of them."""

    strings: float
    compiled: float


def taken(kind: str, way: str) -> Taken:
    """Return what one kind of origins takes, measured in one way, in a process of its own."""
    return Taken(*printed_by("memory", kind, way))


def _measure(kind: str, way: str) -> Taken:
    from benchmarks import cases
    from cors_views import CorsPolicy
    from cors_views.policies.origin_sets import OriginSet

    now = _allocated if way == "tracemalloc" else _resident
    make = cases.origins if kind == "origins" else cases.patterns
    # What is imported or cached at the first use is no matter of the number.
    OriginSet(CorsPolicy(origins=make(2)).origins or ())
    if way == "tracemalloc":
        tracemalloc.start()
    at_first = now()
    strings = make(ORIGINS)
    with_strings = now()
    policy = CorsPolicy(origins=strings)
    compiled = OriginSet(policy.origins or ())
    at_last = now()
    assert compiled.admits(strings[ORIGINS // 2].replace("*", "shop"))
    return Taken((with_strings - at_first) / 1e6, (at_last - with_strings) / 1e6)


def _allocated() -> int:
    gc.collect()
    return tracemalloc.get_traced_memory()[0]


def _resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Print a line for each kind and way, or be the process that is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.memory", description=__doc__)
    parser.add_argument("kind", nargs="?", choices=KINDS, help=argparse.SUPPRESS)
    parser.add_argument("way", nargs="?", choices=WAYS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.kind:
        print(json.dumps(_measure(options.kind, options.way)))
        return
    for kind in KINDS:
        for way in WAYS:
            found = taken(kind, way)
            print(
                f"{ORIGINS:,} {kind}, {way}: {found.compiled:.1f} MB, "
                f"beside {found.strings:.1f} MB of the caller's strings",
                flush=True,
            )


if __name__ == "__main__":
    main()
