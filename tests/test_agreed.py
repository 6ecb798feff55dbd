"""The commands, the log, the panel and our Browser say the same of each row of ``tests/agreed.py``.

Chromium does, too: tests/browser/test_agreement.py.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from django.test import override_settings

from tests.agreed import AGREED, Agreed
from tests.calls import Call
from tests.management.commands import run
from tests.told_site import HOSTS, Visit, at_port, by_the_browser, installed, panels, verdicts

AT = at_port(8000, 8001)
#: Of the hosts, one is somebody else's.
OURS = [host for name, host in HOSTS.items() if name != "third"]


@contextmanager
def served(row: Agreed, visit: Visit) -> Iterator[None]:
    with installed(AT), override_settings(**visit.named({"CORS_OPT_IN": True} | row.settings)):
        yield


def arguments(visit: Visit, call: Call) -> list[str]:
    """Return how ``cors_explain`` is asked about a call."""
    options = call.options
    page = visit.at.get(call.page, call.page)
    headers = [f"--header={name}: {value}" for name, value in options.get("headers", {}).items()]
    credentials = ["--credentials"] * (options.get("credentials") == "include")
    return [page, options.get("method", "GET"), visit.url(call), *headers, *credentials]


@pytest.fixture
def visit(request: pytest.FixtureRequest) -> Visit:
    return Visit(AT, request.node.name)


each_row = pytest.mark.parametrize("name", AGREED)


@each_row
@pytest.mark.parametrize("mode", ["wsgi", "asgi"])
def test_that_our_browser_reads_what_the_row_says(visit: Visit, name: str, mode: str) -> None:
    row = AGREED[name]
    with served(row, visit):
        seen = by_the_browser(visit, row.row, mode)

    assert verdicts(seen) == row.row.readable


@each_row
def test_that_cors_explain_says_so(visit: Visit, name: str) -> None:
    row = AGREED[name]
    with served(row, visit), override_settings(ALLOWED_HOSTS=OURS):
        done = run("cors_explain", *arguments(visit, row.last), run=row.run)

    assert (done.status, done.err) == (0 if row.readable and not row.elsewhere else 1, "")
    assert ("Not known" in done.out) == row.elsewhere


@each_row
def test_that_cors_policies_says_so(visit: Visit, name: str) -> None:
    row = AGREED[name]
    if row.elsewhere:
        return
    with served(row, visit):
        done = run("cors_policies", format="json")
    ends = row.ends or row.last.path
    routes = {route["route"]: route["policies"] for route in json.loads(done.out)["routes"]}
    origin = row.origin or row.last.page
    include = row.last.options.get("credentials") == "include"
    admitted = [
        policy
        for policy in routes[ends]
        if {"*", visit.at.get(origin, origin)} & set(policy["origins"])
        and (policy["credentials"] or not include)
    ]

    assert bool(admitted) == (row.readable if row.admitted is None else row.admitted)


@each_row
def test_that_the_log_and_the_panel_say_so(
    visit: Visit, name: str, caplog: pytest.LogCaptureFixture
) -> None:
    row = AGREED[name]
    with caplog.at_level(logging.DEBUG, "cors_views"), served(row, visit), panels() as shown:
        by_the_browser(visit, row.row)
    records: list[Any] = [each for each in caplog.records if each.name == "cors_views"]
    refused = any(hasattr(each, "reason") for each in records)

    readable = row.readable or row.unheard
    assert refused == (not readable)
    assert any(each.levelno == logging.WARNING for each in records) == row.warned
    if shown:
        assert (shown[-1] == "admitted") == readable
