"""What is compared does the same work: what is written by hand answers as cors_views does."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from benchmarks import listening, loaded, pages
from benchmarks.cases import CASES
from benchmarks.counted import BY_HAND, DJANGO, OURS
from cors_views.middleware import CorsMiddleware

ROOT = Path(__file__).resolve().parents[1]
ANSWER = """
import json, sys
from benchmarks import loaded, pages
from benchmarks.cases import CASES
from benchmarks.counted import Served

served = Served(sys.argv[1], CASES[sys.argv[2]])
response = served.serve(served.handler, served.requests(1))
print(json.dumps([response.status_code, sorted(response.headers.items())]))
"""
#: For each middleware that is written by hand, each place of a policy, and each method: a case.
NAMES = {(case.view, case.by_hand, case.is_async, case.method): case for case in CASES.values()}


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


@pytest.mark.parametrize("case", [case.name for case in NAMES.values()])
def test_that_what_is_written_by_hand_answers_as_cors_views_does(case: str) -> None:
    if CASES[case].view == "drf":
        pytest.importorskip("rest_framework", reason="is a view of Django REST framework")

    by_hand, ours, bare = (answer(contender, case) for contender in (BY_HAND, OURS, DJANGO))

    assert by_hand == ours
    assert ours[0] == CASES[case].status
    assert ("access-control-allow-origin" in ours[1]) is CASES[case].admitted
    assert "access-control-allow-origin" not in bare[1]


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    program = [sys.executable, "-m", "benchmarks.loaded", *arguments]
    return subprocess.run(program, capture_output=True, cwd=ROOT, text=True, **options)


@pytest.mark.parametrize("asked", [loaded.ADMITTED, loaded.REFUSED])
@pytest.mark.parametrize("way", loaded.WAYS)
def test_that_each_way_to_look_up_that_is_counted_finds_the_same(way: str, asked: str) -> None:
    found = run(way, "1000", asked, input="go\ngo\n")

    assert (found.stdout.split(), found.stderr) == (["ready", "done"], "")


@pytest.mark.parametrize("name", ["__call__", "_acall"])
def test_that_what_asks_who_listens_is_taken_out_and_nothing_else(name: str) -> None:
    function = getattr(CorsMiddleware, name)

    as_it_is, without = (listening.compiled(function, gated=gated) for gated in (True, False))

    names, fewer = set(as_it_is.__code__.co_names), set(without.__code__.co_names)
    assert names == set(function.__code__.co_names)
    assert names - fewer == {"cors_decided", "outcome", "send" if name == "__call__" else "asend"}


def test_that_a_function_which_asks_nobody_measures_nothing() -> None:
    with pytest.raises(LookupError, match="measures nothing"):
        listening.compiled(answer, gated=False)


def test_that_loading_is_measured_where_nothing_is_counted(tmp_path: Path) -> None:
    found = run("--origins", "1000", env=os.environ | {"PATH": str(tmp_path)})

    assert found.stdout.startswith("1,000 origins: loaded in ")
    assert "Debian: valgrind" in found.stderr
    assert found.returncode == 2


def test_that_what_is_counted_of_loaded_origins_has_its_place_in_the_docs() -> None:
    rows = [loaded.Row("in a list", "admitted", (1.0, 2.0, 33_333.0))]
    text = loaded.document(loaded.Loading(1_000_000, 4.04, 41.7), rows, (3, 1_000, 1_000_000))

    assert "in a list: admitted  1          2              33,333" in text
    assert "4.0 s of the time of a processor and 42 MB" in text
    # All but the figures stands there.
    page = pages.SPEED.read_text("utf-8")
    for line in text.splitlines()[-3:]:
        for words in re.split(r"[\d.,]+ ?", line):
            assert words in page
