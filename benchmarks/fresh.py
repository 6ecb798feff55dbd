"""A fresh process for each figure: what one leaves in memory would be in the next."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[1]


def printed_by(module: str, *arguments: str) -> Any:
    """Return the JSON that a module of the benchmarks prints in a process of its own."""
    run = subprocess.run(
        [sys.executable, "-m", f"benchmarks.{module}", *arguments],
        capture_output=True,
        check=True,
        cwd=_ROOT,
        text=True,
    )
    return json.loads(run.stdout)
