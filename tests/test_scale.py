"""What grows with a site grows as a line: twice the policies take twice the work.

Work is counted in calls, which are the same however busy the machine is.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import get_resolver, path

from cors_views import conf, cors_allow, cors_include
from cors_views.checks import check_declarations, check_settings
from tests.counting import calls_of
from tests.management.commands import run
from tests.tables import urlconf

APP = "https://app.example"
FEW, MANY = 100, 300


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def declare(number: int) -> list[Any]:
    return [path(f"{each}/", cors_allow(f"policy{each}")(answer)) for each in range(number)]


def include(number: int) -> list[Any]:
    return [
        path(f"{each}/", cors_include(([path("", answer)], "partners"), f"namespace{each}"))
        for each in range(number)
    ]


def compile_all(number: int) -> None:
    for each in range(number):
        conf.policy(f"policy{each}")


def on_a_site(command: Callable[[], Any]) -> Callable[[int], None]:
    def call(number: int) -> None:
        with urlconf(*declare(number)):
            command()

    return call


def compare() -> None:
    """Compare a site with one of as many routes, each of which had another origin."""
    said = run("cors_policies", "--format=json").out.replace(APP, "https://old.example")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(said)
        file.flush()
        done = run("cors_policies", f"--diff={file.name}", "--all")
    assert done.out.count(APP) == said.count('"route": "/')


def replay() -> None:
    """Replay a log that has a path of each route."""
    number = len(get_resolver().url_patterns)
    requests = [
        {"origin": "https://old.example", "method": "GET", "path": f"/{each}/"}
        for each in range(number)
    ]
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as file:
        file.writelines(f"{json.dumps(each)}\n" for each in requests)
        file.flush()
        done = run("cors_policies", f"--replay={file.name}", "--format=json")
    assert json.loads(done.out)["refused"] == number


@pytest.mark.parametrize(
    "work",
    [
        pytest.param(declare, id="declare"),
        pytest.param(include, id="include-with-a-namespace"),
        pytest.param(compile_all, id="compile"),
        pytest.param(on_a_site(check_settings), id="check-settings"),
        pytest.param(on_a_site(check_declarations), id="check-declarations"),
        pytest.param(on_a_site(lambda: run("cors_policies")), id="cors_policies"),
        pytest.param(on_a_site(compare), id="cors_policies-diff"),
        pytest.param(on_a_site(replay), id="cors_policies-replay"),
    ],
)
def test_that_the_work_for_named_policies_grows_as_their_number(work: Any) -> None:
    def calls(number: int) -> int:
        policies = {f"policy{each}": {"origins": [APP], "max_age": each} for each in range(number)}
        with override_settings(CORS_POLICIES=policies):
            return calls_of(lambda: work(number))

    # What is made once must not count for the first of them.
    calls(1)
    assert calls(MANY) / calls(FEW) < 1.1 * MANY / FEW
