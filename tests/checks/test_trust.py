"""Trust that nobody can mean, and what may be meant while developing alone."""

from __future__ import annotations

import importlib
import re
from typing import Any

import pytest
from django.core.checks import ERROR
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from cors_views import cors_allow, cors_deny
from cors_views.regexes import expressions
from tests.checks.sites import APP, CORS, answer, found, message_of, of, said_of
from tests.tables import CREDENTIALS, ORIGIN, Sender, cors_headers, urlconf

STRANGER = "https://stranger.github.io"
ALL = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True}


@require_GET
def read(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def site(*views: Any, **settings: Any) -> Any:
    routes = [path(f"{number}/", view) for number, view in enumerate(views)]
    return override_settings(MIDDLEWARE=[CORS], **settings), urlconf(*routes)


#: name -> (settings, view, id, a stranger)
ERRORS: dict[str, tuple[dict[str, Any], Any, str, str]] = {
    "all below a public suffix": (
        {},
        cors_allow(origins=["https://*.github.io"], credentials=True)(read),
        "E038",
        STRANGER,
    ),
    "all below a public suffix, by the settings": (
        {"CORS_ALLOWED_ORIGINS": ["https://*.github.io"], "CORS_ALLOW_CREDENTIALS": True},
        read,
        "E038",
        STRANGER,
    ),
    "all below a public suffix, by a regex": (
        {},
        cors_allow(origin_regexes=[r"https://.*\.github\.io"], credentials=True)(read),
        "E038",
        STRANGER,
    ),
    "every host, by a regex": (
        {},
        cors_allow(origin_regexes=[r"https?://.*"], credentials=True)(read),
        "E043",
        STRANGER,
    ),
    "every host, by a regex of the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"^.*$"], "CORS_ALLOW_CREDENTIALS": True},
        read,
        "E043",
        STRANGER,
    ),
    "every origin, by the settings": (ALL, read, "E042", STRANGER),
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
    overrides, routes = site(read, cors_allow(max_age=5)(read), **ALL)

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
    overrides, routes = site(mark(read))

    with overrides, routes:
        assert found("W048") == []
        messages = found("W048", deploy=True)

    assert [message.msg.partition(" allows credentials to ")[2] for message in messages] == (
        [
            (
                f"{expected}. In production that is any program that listens there on a visitor's "
                "machine."
            )
        ]
        if expected
        else []
    )


def test_that_a_server_of_development_is_named_once_and_without_credentials_never() -> None:
    settings = {"CORS_ALLOWED_ORIGINS": ["http://localhost:3000"]}

    overrides, routes = site(read, read, **settings, CORS_ALLOW_CREDENTIALS=True)
    with overrides, routes:
        (message,) = found("W048", deploy=True)
    overrides, routes = site(read, **settings)
    with overrides, routes:
        assert found("W048", deploy=True) == []

    assert message.msg.startswith("The setting CORS_ALLOWED_ORIGINS allows credentials to")


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
        read,
        CORS_ALLOWED_ORIGIN_REGEXES=[strange, endless],
        CORS_ALLOW_CREDENTIALS=True,
    )

    with overrides, routes:
        assert found("E038", "E043", "W004", "W005", "W043", "W048", deploy=True) == []


def test_that_a_denied_view_is_nothing_to_warn_of() -> None:
    overrides, routes = site(cors_deny(read))

    with overrides, routes:
        assert found("E038", "E042", "E043", "W048", "W049", deploy=True) == []


# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "all subdomains of a public suffix": (
        {"ALLOWED_HOSTS": ["*"]},
        of("https://*.github.io")(answer),
        ["E038"],
    ),
    "all subdomains of a suffix of one label": (
        {"ALLOWED_HOSTS": ["*"]},
        of("https://*.com:*")(answer),
        ["E038"],
    ),
    "all subdomains of a name that nobody can register": (
        {"ALLOWED_HOSTS": ["*"], "CSRF_TRUSTED_ORIGINS": ["https://*.test"]},
        of("https://*.test")(answer),
        [],
    ),
    "all subdomains of one's own": (
        {"ALLOWED_HOSTS": ["*"]},
        of("https://*.example.com")(answer),
        [],
    ),
    "all subdomains of localhost": (
        {"ALLOWED_HOSTS": ["*"]},
        of("http://*.localhost:*")(answer),
        [],
    ),
    "all subdomains of a public suffix, without credentials": (
        {},
        of("https://*.github.io", credentials=False)(answer),
        [],
    ),
    "any origin and credentials in the settings": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
        answer,
        ["W042"],
    ),
    "any origin in the settings": ({"CORS_ALLOW_ALL_ORIGINS": True}, answer, []),
    "any origin and credentials in settings that no route uses": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
        cors_deny(answer),
        ["W042"],
    ),
    "settings that nothing is opted in to": (
        {
            "CORS_ALLOW_ALL_ORIGINS": True,
            "CORS_ALLOW_CREDENTIALS": True,
            "CORS_OPT_IN": True,
        },
        answer,
        [],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "old names of the settings": (
        {"CORS_ORIGIN_ALLOW_ALL": True, "CORS_ALLOW_CREDENTIALS": True},
        [answer],
        "W042",
        "CORS_ORIGIN_ALLOW_ALL and CORS_ALLOW_CREDENTIALS together let every site .*",
        "Remove CORS_ORIGIN_ALLOW_ALL and list the origins that you trust in CORS_ALLOWED_ORIGINS.",
    ),
    "a regular expression of the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": ["https://.*"], "CORS_ALLOW_CREDENTIALS": True},
        [csrf_exempt(answer)],
        "E043",
        (
            r"The setting CORS_ALLOWED_ORIGIN_REGEXES, at /0/, has the regular expression "
            r"'https://\.\*', which admits every site on the web, such as https://abc.xyz, with "
            "credentials."
        ),
        r"Name the host in it, as in r'https://[a-z0-9-]+\.example\.com'.",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_the_place_and_the_route_and_the_hint_what_to_write(name: str) -> None:
    settings, views, number, text, hint = MESSAGES[name]

    message = message_of(number, settings, views)

    assert re.fullmatch(text, message.msg), message.msg
    assert message.hint == hint
