"""What is compared does the same work: what is written by hand answers as cors_views does."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks.cases import CASES
from benchmarks.counted import BY_HAND, DJANGO, OURS

ROOT = Path(__file__).resolve().parents[1]
ANSWER = """
import asyncio, json, sys
from benchmarks.cases import CASES
from benchmarks.counted import Served

served = Served(sys.argv[1], CASES[sys.argv[2]])
request = [served.request()]
response = asyncio.run(served.aserve(request)) if served.case.is_async else served.serve(request)
print(json.dumps([response.status_code, sorted(response.headers.items())]))
"""
#: A case for each middleware that is written by hand and each place of a policy: what it admits.
NAMES = {(case.view, case.by_hand, case.is_async): case.name for case in CASES.values()}


def answer(contender: str, case: str) -> Any:
    run = subprocess.run(
        [sys.executable, "-c", ANSWER, contender, case],
        capture_output=True,
        check=True,
        cwd=ROOT,
        text=True,
    )
    status, headers = json.loads(run.stdout)
    told = ("access-control-", "vary")
    return status, {name.lower(): value for name, value in headers if name.lower().startswith(told)}


@pytest.mark.parametrize("case", NAMES.values())
def test_that_what_is_written_by_hand_answers_as_cors_views_does(case: str) -> None:
    if CASES[case].view == "drf":
        pytest.importorskip("rest_framework", reason="is a view of Django REST framework")

    by_hand, ours, bare = (answer(contender, case) for contender in (BY_HAND, OURS, DJANGO))

    assert by_hand == ours
    assert ours[0] == CASES[case].status
    assert ("access-control-allow-origin" in ours[1]) is CASES[case].admitted
    assert "access-control-allow-origin" not in bare[1]


def test_that_loaded_origins_are_measured_beside_a_list() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks.loaded", "--origins", "1000"],
        capture_output=True,
        check=True,
        cwd=ROOT,
        text=True,
    )

    first, *rows = run.stdout.splitlines()
    assert first.startswith("1,000 origins: loaded in ")
    assert [row.split("  ")[0] for row in rows[1:]] == [
        "3, written out",
        "3, loaded",
        "1,000, written out",
        "1,000, loaded",
    ]
