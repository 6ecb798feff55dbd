"""Count what code does, where a time would depend on the machine."""

from __future__ import annotations

import sys
from typing import Any


def calls_of(function: Any) -> int:
    """Return how many Python functions a call runs: what a machine's load does not change."""
    calls = 0

    def count(frame: Any, event: str, argument: Any) -> None:
        nonlocal calls
        calls += event == "call"

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return calls
