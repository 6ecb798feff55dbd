"""What is asked once while somebody goes through a whole site, and asked anew afterwards."""

from __future__ import annotations

import gc
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views import View

from cors_views import CachedOrigins, cors_allow
from cors_views.checks import check_declarations, check_public_views
from cors_views.resolution import lookup
from cors_views.resolution.route_names import route_name
from cors_views.support.memory import remembered, remembering
from tests.counting import calls_of
from tests.management.commands import run
from tests.tables import Spy, urlconf


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Equal:
    """Equals everything of its kind, and has no hash."""

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return True


def counting() -> tuple[Spy, Any]:
    spy = Spy()

    @remembered
    def ask(about: Any, name: str = "") -> Any:
        spy.note(name)
        return len(spy.calls)

    return spy, ask


@pytest.mark.parametrize("collects", [True, False])
@pytest.mark.parametrize(
    ("arguments", "status"),
    [pytest.param((), 0, id="done"), pytest.param(("--app=nowhere",), 2, id="bad input")],
)
def test_that_the_collector_rests_while_a_command_runs(
    arguments: tuple[str, ...], status: int, collects: bool
) -> None:
    seen: list[bool] = []

    def tenants() -> list[str]:
        seen.append(gc.isenabled())
        return ["https://app.example"]

    view = cors_allow(origins=[CachedOrigins(tenants)])(answer)
    (gc.enable if collects else gc.disable)()
    try:
        with urlconf(path("v/", view)):
            assert run("cors_policies", *arguments).status == status
        # As it was before.
        assert gc.isenabled() is collects
    finally:
        gc.enable()
    assert seen == ([] if status else [False])


def test_that_within_a_block_the_same_question_is_asked_once() -> None:
    spy, ask = counting()
    one, other = Equal(), Equal()

    with remembering():
        answers = [ask(one), ask(one), ask(other), ask(one, "get"), ask(one, "GET".lower())]

    assert answers == [1, 1, 2, 3, 3]
    assert spy.calls == ["", "", "get"]


def test_that_a_block_within_another_one_shares_what_that_remembers() -> None:
    spy, ask = counting()
    one = Equal()

    with remembering():
        with remembering():
            inner = ask(one)
        outer = ask(one)

    assert (inner, outer, spy.calls) == (1, 1, [""])


def test_that_outside_of_it_and_in_the_next_one_the_question_is_asked_anew() -> None:
    _, ask = counting()
    one = Equal()

    answers = [ask(one), ask(one)]
    for _ in range(2):
        with remembering():
            answers.append(ask(one))
            with remembering():
                answers.append(ask(one))

    assert answers == [1, 2, 3, 3, 4, 4]


def test_that_an_object_that_is_gone_is_not_taken_for_a_new_one() -> None:
    _, ask = counting()

    with remembering():
        assert [ask(Equal()) for _ in range(99)] == list(range(1, 100))


def test_that_nothing_and_false_are_remembered_too() -> None:
    spy = Spy()

    @remembered
    def nothing(about: Any) -> None:
        spy.note("asked")

    with remembering():
        assert [nothing(spy), nothing(spy)] == [None, None]
    assert spy.calls == ["asked"]


class Reader(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse()


@pytest.mark.parametrize("check", [check_declarations, check_public_views])
@pytest.mark.parametrize(
    ("decorate", "most"),
    [
        pytest.param(lambda view: view, 100, id="undeclared"),
        # Each route has policies of its own, which are compiled.
        pytest.param(cors_allow("partners"), 500, id="declared"),
    ],
)
def test_that_a_further_route_of_a_class_costs_the_checks_little(
    decorate: Any, most: int, check: Any
) -> None:
    callback = decorate(Reader.as_view())

    def calls(routes: int) -> int:
        with urlconf(*(path(f"{number}/", callback) for number in range(routes))):
            check()
            return calls_of(check)

    with override_settings(CORS_ALLOWED_ORIGINS=["https://app.example.com"]):
        # Without the memory it is between 500 and 1,700.
        assert (calls(300) - calls(100)) / 200 < most


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(["cors_policies"], id="cors_policies"),
        pytest.param(["cors_explain", "https://other.example", "GET", "/0/"], id="cors_explain"),
        pytest.param(["cors_explain", "https://other.example", "PUT", "/0/"], id="a-method-too"),
        pytest.param(["cors_explain", "http://app.example", "GET", "/undeclared/"], id="a-setting"),
    ],
)
def test_a_command_goes_through_the_site_once(
    command: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    spy, build = Spy(), lookup.build_safely

    def building(pattern_path: Any) -> Any:
        spy.note(route_name(pattern_path))
        return build(pattern_path)

    monkeypatch.setattr(lookup, "build_safely", building)
    shared = cors_allow(origins=["https://app.example"])(answer)
    routes = [path(f"{number}/", shared) for number in range(9)]

    site = {"CORS_ALLOWED_ORIGINS": ["https://app.example"], "ALLOWED_HOSTS": ["*"]}
    with override_settings(**site), urlconf(*routes, path("undeclared/", answer)):
        run(*command)

    # The one that is asked for is judged once more.
    assert [spy.calls.count(f"/{number}/") for number in range(1, 9)] == [1] * 8
