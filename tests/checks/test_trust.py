"""Trust that nobody can mean, and what may be meant while developing alone."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from django.core.checks import ERROR, run_checks
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import include, path
from django.views.decorators.http import require_GET

from cors_views import cors_allow, cors_deny
from cors_views.declarations import marks
from cors_views.inspection.wide_regexes import endings
from cors_views.regexes import expressions
from tests.tables import CREDENTIALS, ORIGIN, Sender, cors_headers, urlconf

APP, STRANGER = "https://app.example.com", "https://stranger.github.io"
CORS = "cors_views.middleware.CorsMiddleware"
ALL = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True}


@pytest.fixture(autouse=True)
def _nothing_else_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_everything_applied", set())


@require_GET
def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def found(*ids: str, deploy: bool = False) -> list[Any]:
    messages = run_checks(include_deployment_checks=deploy)
    return [message for message in messages if message.id.removeprefix("cors_views.") in ids]


def site(*views: Any, **settings: Any) -> Any:
    routes = [path(f"{number}/", view) for number, view in enumerate(views)]
    return override_settings(MIDDLEWARE=[CORS], **settings), urlconf(*routes)


#: name -> (settings, view, id, a stranger)
ERRORS: dict[str, tuple[dict[str, Any], Any, str, str]] = {
    "all below a public suffix": (
        {},
        cors_allow(origins=["https://*.github.io"], credentials=True)(answer),
        "E038",
        STRANGER,
    ),
    "all below a public suffix, by the settings": (
        {"CORS_ALLOWED_ORIGINS": ["https://*.github.io"], "CORS_ALLOW_CREDENTIALS": True},
        answer,
        "E038",
        STRANGER,
    ),
    "all below a public suffix, by a regex": (
        {},
        cors_allow(origin_regexes=[r"https://.*\.github\.io"], credentials=True)(answer),
        "E038",
        STRANGER,
    ),
    "every host, by a regex": (
        {},
        cors_allow(origin_regexes=[r"https?://.*"], credentials=True)(answer),
        "E043",
        STRANGER,
    ),
    "every host, by a regex of the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"^.*$"], "CORS_ALLOW_CREDENTIALS": True},
        answer,
        "E043",
        STRANGER,
    ),
    "every origin, by the settings": (ALL, answer, "E042", STRANGER),
}


@pytest.mark.parametrize("name", ERRORS)
def test_trust_that_nobody_can_mean_fails_the_command_and_is_served_as_before(name: str) -> None:
    settings, view, number, stranger = ERRORS[name]
    overrides, routes = site(view, **settings)

    with overrides, routes:
        (message,) = found(number, deploy=True)
        with pytest.raises(SystemCheckError):
            call_command("check", deploy=True, tags=["security"])
        headers = cors_headers(Sender("wsgi").actual("/0/", stranger))

    assert message.level == ERROR
    assert headers[ORIGIN] == stranger
    assert headers[CREDENTIALS] == "true"


def test_that_any_origin_with_credentials_is_an_error_of_production_alone() -> None:
    overrides, routes = site(answer, cors_allow(max_age=5)(answer), **ALL)

    with overrides, routes:
        assert [message.id for message in found("E042", "W042")] == ["cors_views.W042"]
        said = {message.id: message for message in found("E042", "W042", deploy=True)}

    assert sorted(said) == ["cors_views.E042", "cors_views.W042"]
    assert said["cors_views.E042"].msg == said["cors_views.W042"].msg
    assert said["cors_views.E042"].hint == (
        "Remove CORS_ALLOW_ALL_ORIGINS and list the origins that you trust in CORS_ALLOWED_ORIGINS."
    )


# name -> (settings, origins, regexes, what is named)
LOCAL: dict[str, tuple[list[str], list[str], str]] = {
    "any port": ([APP, "http://localhost:*"], [], "http://localhost:*"),
    "a port": (["http://localhost:3000"], [], "http://localhost:3000"),
    "a port of an address": (["https://127.0.0.1:8000"], [], "https://127.0.0.1:8000"),
    "a port below localhost": (["http://*.localhost:*"], [], "http://*.localhost:*"),
    "a regex": ([], [r"http://localhost:\d+"], r"'http://localhost:\\d+'"),
    "a shell of an app": (["http://localhost", "https://localhost"], [], ""),
    "another shell of an app": (["capacitor://localhost", "tauri://localhost:80"], [], ""),
    "a host that is not on this machine": (["https://dev.example.com:3000"], [], ""),
    "a regex of one's own": ([], [r"https://[a-z]+\.example\.com"], ""),
    "a regex that admits strangers too": ([], [r"https?://[a-z.]+(:\d+)?"], ""),
}


@pytest.mark.parametrize("name", LOCAL)
def test_credentials_for_servers_of_development_are_a_question_of_production(name: str) -> None:
    origins, regexes, expected = LOCAL[name]
    mark = cors_allow(origins=origins, origin_regexes=regexes, credentials=True)
    overrides, routes = site(mark(answer))

    with overrides, routes:
        assert found("W048") == []
        messages = found("W048", deploy=True)

    assert [message.msg.partition(" allows credentials to ")[2] for message in messages] == (
        [f"{expected}: in production to any program that listens there on a visitor's machine."]
        if expected
        else []
    )


def test_that_a_server_of_development_is_named_once_and_without_credentials_never() -> None:
    settings = {"CORS_ALLOWED_ORIGINS": ["http://localhost:3000"]}

    overrides, routes = site(answer, answer, **settings, CORS_ALLOW_CREDENTIALS=True)
    with overrides, routes:
        (message,) = found("W048", deploy=True)
    overrides, routes = site(answer, **settings)
    with overrides, routes:
        assert found("W048", deploy=True) == []

    assert message.msg.startswith("The setting CORS_ALLOWED_ORIGINS allows credentials to")


ROUTES = (
    path("api/", include([path("users/", answer)])),
    path("api-internal/", answer),
    path("apis/", answer),
    path("other/", answer),
)
OPEN: dict[str, Any] = {"CORS_ALLOWED_ORIGINS": [APP]}
# name -> (settings, how many routes it matches that only begin alike)
URLS: dict[str, tuple[dict[str, Any], int]] = {
    "a path that goes on": ({**OPEN, "CORS_URLS_REGEX": "^/api"}, 2),
    "a path that goes on, without a sign": ({**OPEN, "CORS_URLS_REGEX": "/api"}, 2),
    "one of several": ({**OPEN, "CORS_URLS_REGEX": ["^/x/", re.compile("^/api")]}, 2),
    "a path that goes on, opened by a regex": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://a\.example"], "CORS_URLS_REGEX": "^/api"},
        2,
    ),
    "a path that goes on, opened to nobody": ({"CORS_URLS_REGEX": "^/api"}, 0),
    "a path that ends": ({**OPEN, "CORS_URLS_REGEX": "^/api/"}, 0),
    "a path that ends, with anything behind": ({**OPEN, "CORS_URLS_REGEX": "^/api/.*$"}, 0),
    "what the hint says": ({**OPEN, "CORS_URLS_REGEX": r"^/api(/|$)"}, 0),
    "a path that nothing else begins like": ({**OPEN, "CORS_URLS_REGEX": "^/oth/er"}, 0),
    "anything": (OPEN, 0),
}


@pytest.mark.parametrize("name", URLS)
def test_a_regex_of_urls_that_matches_what_only_begins_alike(name: str) -> None:
    settings, number = URLS[name]

    with override_settings(**settings), urlconf(*ROUTES):
        messages = found("W049")

    assert [message.msg.partition(" matches ")[2].partition(" too")[0] for message in messages] == (
        ["/api-internal/ and 1 more route"] if number else []
    )
    assert [message.hint for message in messages] == (
        ["Write r'^/api(/|$)' instead."] if number else []
    )


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        pytest.param(r"https://.*\.a\.b", [".a.b"], id="letters"),
        pytest.param(r"https://.*(\.a|b)\.c$", [".a.c", "b.c"], id="alternatives"),
        pytest.param(r".*\.a(:\d+)?", [".a"], id="what-may-be-missing"),
        pytest.param(r".*(\.a|[b-d]+e)\.f", [".a.f", "e.f"], id="an-alternative-that-says-less"),
        pytest.param(r".*", [""], id="nothing"),
        pytest.param(r"x?(ab|c)", ["ab", "c"], id="all-of-it"),
        pytest.param(r"(?:(?:.*a|b)c)?(?i:x)(?:.*a|b)c", ["ac", "xbc"], id="some-of-it"),
    ],
)
def test_what_a_regex_ends_in(pattern: str, expected: list[str]) -> None:
    assert sorted(set(endings(re.compile(pattern)))) == expected


def test_that_where_python_has_no_parser_nothing_is_judged_and_nothing_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def no_module(name: str) -> Any:
        raise ImportError(name)

    expressions.parsed.cache_clear()
    monkeypatch.setattr(importlib, "import_module", no_module)
    # No other test has an expression like these, which are judged once.
    strange, endless = r"https://[a-y]+\.noparser", r"https://([a-y]+)+\.noparser"
    overrides, routes = site(
        answer,
        CORS_ALLOWED_ORIGIN_REGEXES=[strange, endless],
        CORS_ALLOW_CREDENTIALS=True,
    )

    with overrides, routes:
        assert found("E038", "E043", "W004", "W005", "W043", "W048", deploy=True) == []


def test_that_a_denied_view_is_nothing_to_warn_of() -> None:
    overrides, routes = site(cors_deny(answer))

    with overrides, routes:
        assert found("E038", "E042", "E043", "W048", "W049", deploy=True) == []
