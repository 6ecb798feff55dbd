"""``cors_explain`` tries requests out: nobody is told of them, neither receivers nor logs."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow
from cors_views.signals import check_request_enabled, cors_decided
from cors_views.testing import Browser, CorsError
from tests.management.commands import run
from tests.tables import urlconf

APP, EVIL = "https://app.example", "https://evil.example"


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer")


def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the view failed")


def denies(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


URLS = [
    path("orders/", cors_allow(origins=[APP], methods=["GET", "PUT"])(answer)),
    path("enforced/", cors_allow(origins=[APP], methods=["GET", "PUT"], enforce=True)(answer)),
    path("fails/", cors_allow(origins=[APP])(fails)),
    path("denies/", cors_allow(origins=[APP])(denies)),
    path("free/", answer),
]


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with urlconf(*URLS), override_settings(ALLOWED_HOSTS=["testserver"]):
        yield


@pytest.fixture
def told() -> Iterator[list[str]]:
    """The paths that a receiver of ``cors_decided`` is told of."""
    paths: list[str] = []

    def note(request: HttpRequest, **kwargs: Any) -> None:
        paths.append(request.path)

    cors_decided.connect(note)
    try:
        yield paths
    finally:
        cors_decided.disconnect(note)


@pytest.mark.parametrize(
    ("arguments", "status"),
    [
        pytest.param(f"{APP} GET /orders/", 0, id="admitted"),
        pytest.param(f"{APP} PUT /orders/", 0, id="admitted, with its preflight"),
        pytest.param(f"{EVIL} GET /orders/", 1, id="refused, with the advice"),
        pytest.param(f"{EVIL} PUT /orders/", 1, id="a preflight that is refused"),
        pytest.param(f"{EVIL} GET /enforced/", 1, id="refused on the server"),
        pytest.param(f"{EVIL} PUT /enforced/", 1, id="a preflight that is, too"),
        pytest.param(f"{APP} GET /orders/ --run", 0, id="a view that is run"),
        pytest.param(f"{APP} GET /orders/ --format json", 0, id="for programs"),
    ],
)
def test_no_receiver_is_told(arguments: str, status: int, told: list[str]) -> None:
    assert run("cors_explain", *arguments.split()).status == status
    assert told == []


@pytest.mark.parametrize("origin", [APP, EVIL])
def test_a_browser_in_a_test_tells_them(origin: str, told: list[str]) -> None:
    run("cors_explain", origin, "GET", "/orders/")
    try:
        Browser(origin).fetch("/orders/")
    except CorsError:
        assert origin == EVIL

    assert told == ["/orders/"]


def test_receivers_that_admit_are_asked_all_the_same(told: list[str]) -> None:
    def admits(request: HttpRequest, **kwargs: Any) -> bool:
        return True

    check_request_enabled.connect(admits)
    try:
        done = run("cors_explain", EVIL, "GET", "/free/")
    finally:
        check_request_enabled.disconnect(admits)

    assert (done.status, told) == (0, [])


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(f"{EVIL} GET /enforced/", id="refused on the server"),
        pytest.param(f"{EVIL} GET /enforced/ --format json", id="for programs"),
        pytest.param(f"{APP} GET /denies/ --run", id="refused by the view"),
    ],
)
def test_no_403_is_logged(arguments: str, caplog: pytest.LogCaptureFixture) -> None:
    done = run("cors_explain", *arguments.split())

    assert [record.getMessage() for record in caplog.records] == []
    assert "Traceback" not in done.err
    if "json" in arguments:
        assert json.loads(done.out)["verdict"] == "refused"
    # That of a request that arrives is, as before.
    with pytest.raises(CorsError):
        Browser(EVIL).fetch("/enforced/")
    assert "django.request" in {record.name for record in caplog.records}


def test_a_view_that_breaks_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    run("cors_explain", APP, "GET", "/fails/", "--run")

    [record] = caplog.records
    assert (record.name, record.levelname) == ("django.request", "ERROR")
    assert "the view failed" in caplog.text
