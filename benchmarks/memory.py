"""What many origins take in memory, beside the strings that the user has anyway."""

from __future__ import annotations

import gc
import tracemalloc

from benchmarks import sites
from benchmarks.table import Row
from cors_views import CorsPolicy
from cors_views.policies.origin_sets import OriginSet

ORIGINS = 100_000
_GOAL = 20.0


def megabytes() -> float:
    """Return what a policy and its compiled set take, with the list that they are made of."""
    gc.collect()
    tracemalloc.start()
    policy = CorsPolicy(origins=sites.origins(ORIGINS))
    compiled = OriginSet(policy.origins or ())
    gc.collect()
    taken, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert compiled.admits(sites.origins(1)[0])
    return taken / 1e6


def row() -> Row:
    """Return the row of the table."""
    taken = megabytes()
    return Row(f"memory, {ORIGINS:,} origins", "", f"{taken:.1f} MB", taken / _GOAL, "", 1, "20 MB")
