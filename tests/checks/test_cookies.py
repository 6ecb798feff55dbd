"""Whether cookies travel that a policy with credentials is for, and where nobody can tell."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.test.utils import override_settings
from django.urls import path

from tests.checks.sites import (
    APP,
    CORS,
    EXTENSION,
    NONE,
    OTHER,
    SECURE,
    SESSION,
    SITE,
    answer,
    found,
    message_of,
    of,
    said_of,
    short,
    stranger,
)
from tests.tables import urlconf


class OwnSessions(SessionMiddleware):
    pass


def trusting(*origins: str) -> dict[str, Any]:
    return {**SITE, "CSRF_TRUSTED_ORIGINS": list(origins)}


HEROKU = "https://app.herokuapp.com"

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "credentials for another site": (stranger(), of(OTHER)(answer), ["W035"]),
    "credentials for another site, SameSite=None": (
        stranger(**NONE, **SECURE),
        of(OTHER)(answer),
        [],
    ),
    "credentials for another site, SameSite=None without Secure": (
        stranger(**NONE),
        of(OTHER)(answer),
        ["W035"],
    ),
    "credentials for another site, one cookie without Secure": (
        stranger(**NONE, SESSION_COOKIE_SECURE=True),
        of(OTHER)(answer),
        ["W035"],
    ),
    "credentials for another site, no SameSite at all": (
        stranger(SESSION_COOKIE_SAMESITE=None, CSRF_COOKIE_SAMESITE=False),
        of(OTHER)(answer),
        ["W035"],
    ),
    "credentials for another site, the CSRF token in the session": (
        stranger(
            SESSION_COOKIE_SAMESITE="None", SESSION_COOKIE_SECURE=True, CSRF_USE_SESSIONS=True
        ),
        of(OTHER)(answer),
        [],
    ),
    "credentials for another site, by subclasses of the middlewares": (
        stranger(MIDDLEWARE=[CORS, f"{__name__}.OwnSessions"]),
        of(OTHER)(answer),
        ["W035"],
    ),
    "credentials for another customer of one host": (
        stranger(ALLOWED_HOSTS=["api.herokuapp.com"], CSRF_TRUSTED_ORIGINS=[HEROKU]),
        of(HEROKU)(answer),
        ["W035"],
    ),
    "credentials for another address": (
        stranger(ALLOWED_HOSTS=["10.0.1.5"], CSRF_TRUSTED_ORIGINS=["https://203.9.1.5"]),
        of("https://203.9.1.5")(answer),
        ["W035"],
    ),
    "credentials where a host is no host": (
        stranger(ALLOWED_HOSTS=[None, 5, "other.org"]),
        of(OTHER)(answer),
        [],
    ),
    "credentials for another site, sessions only": (
        stranger(MIDDLEWARE=[CORS, SESSION]),
        of(OTHER)(answer),
        ["W035"],
    ),
    "credentials for another site, no cookies at all": (
        stranger(MIDDLEWARE=[CORS]),
        of(OTHER)(answer),
        [],
    ),
    "no credentials for another site": (stranger(), of(OTHER, credentials=False)(answer), []),
    "credentials for a host of the same site": (SITE, of(APP)(answer), []),
    "credentials where nobody knows the hosts": (
        stranger(ALLOWED_HOSTS=["*"]),
        of(OTHER)(answer),
        [],
    ),
    "credentials for localhost while developing": (
        stranger(ALLOWED_HOSTS=[], DEBUG=True, CSRF_TRUSTED_ORIGINS=["http://localhost:5173"]),
        of("http://localhost:5173")(answer),
        [],
    ),
    "credentials for another site while developing": (
        stranger(ALLOWED_HOSTS=[], DEBUG=True),
        of(OTHER)(answer),
        [],
    ),
    "credentials for another site before any host is named": (
        stranger(ALLOWED_HOSTS=[]),
        of(OTHER)(answer),
        [],
    ),
    "credentials for localhost in production": (
        stranger(CSRF_TRUSTED_ORIGINS=["http://localhost:5173"]),
        of("http://localhost:5173")(answer),
        [],
    ),
    "credentials for localhost where nobody knows the hosts": (
        stranger(ALLOWED_HOSTS=["*"], CSRF_TRUSTED_ORIGINS=["http://localhost:5173"]),
        of("http://localhost:5173")(answer),
        [],
    ),
    "credentials where nobody knows the hosts, SameSite=None": (
        stranger(ALLOWED_HOSTS=["*"], **NONE, **SECURE),
        of(OTHER)(answer),
        [],
    ),
    "no credentials where nobody knows the hosts": (
        stranger(ALLOWED_HOSTS=["*"]),
        of(OTHER, credentials=False)(answer),
        [],
    ),
    "credentials for app shells": (
        trusting("capacitor://localhost", "ionic://localhost", "http://tauri.localhost"),
        of("capacitor://localhost", "ionic://localhost", "http://tauri.localhost")(answer),
        ["W035"],
    ),
    "credentials for an app shell that has a host of this machine": (
        trusting("http://tauri.localhost"),
        of("http://tauri.localhost")(answer),
        ["W035"],
    ),
    "credentials for an app shell where nobody knows the hosts": (
        {**trusting("capacitor://localhost"), "ALLOWED_HOSTS": ["*"]},
        of("capacitor://localhost")(answer),
        ["W035"],
    ),
    "credentials for an app shell, SameSite=None": (
        {**trusting("capacitor://localhost"), **NONE, **SECURE},
        of("capacitor://localhost")(answer),
        [],
    ),
    "credentials for an app shell, SameSite=None without Secure": (
        {**trusting("capacitor://localhost"), **NONE},
        of("capacitor://localhost")(answer),
        ["W035"],
    ),
    "credentials for a browser extension": (trusting(EXTENSION), of(EXTENSION)(answer), []),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "cookies, and what they are compared with": (
        stranger(),
        [of(OTHER)(answer)],
        "W035",
        (
            r".* allows credentials to https://other.org, but browsers do not send the "
            r"cookie from other sites than those of ALLOWED_HOSTS = \['api.example.com'\], because "
            r"of SESSION_COOKIE_SAMESITE = 'Lax' and CSRF_COOKIE_SAMESITE = 'Lax'."
        ),
        (
            "Serve both from one site. If that is not possible: SESSION_COOKIE_SAMESITE = "
            '"None" and SESSION_COOKIE_SECURE = True. CSRF_COOKIE_SAMESITE = "None" and '
            "CSRF_COOKIE_SECURE = True. Then only CSRF protection keeps other sites from using "
            "your users' sessions."
        ),
    ),
    "cookies of an app": (
        trusting("capacitor://localhost"),
        [of("capacitor://localhost")(answer)],
        "W035",
        (
            r".* allows credentials to capacitor://localhost, but browsers do not send "
            r"the cookie from it, because of SESSION_COOKIE_SAMESITE = 'Lax' and "
            r"CSRF_COOKIE_SAMESITE = 'Lax': the pages of an app belong to no site of the web."
        ),
        (
            "Let the app send a token in the Authorization header, and remove credentials. If "
            'that is not possible: SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE '
            '= True. CSRF_COOKIE_SAMESITE = "None" and CSRF_COOKIE_SECURE = True. Then only '
            "CSRF protection keeps other sites from using your users' sessions."
        ),
    ),
    "cookies that browsers refuse": (
        stranger(**NONE),
        [of(OTHER)(answer)],
        "W035",
        (
            r".* but browsers refuse the cookie: SESSION_COOKIE_SAMESITE = 'None' and "
            r"CSRF_COOKIE_SAMESITE = 'none' without Secure."
        ),
        "Write SESSION_COOKIE_SECURE = True. Write CSRF_COOKIE_SECURE = True.",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_the_place_and_the_route_and_the_hint_what_to_write(name: str) -> None:
    settings, views, number, text, hint = MESSAGES[name]

    message = message_of(number, settings, views)

    assert re.fullmatch(text, message.msg), message.msg
    assert message.hint == hint


#: Settings of a server that names no host, and what is said of a policy with credentials.
UNKNOWN: dict[str, tuple[dict[str, Any], Any, bool]] = {
    "any host": ({"ALLOWED_HOSTS": ["*"]}, of(OTHER), True),
    "no host yet": ({"ALLOWED_HOSTS": []}, of(OTHER), True),
    "no host yet, while developing": ({"ALLOWED_HOSTS": [], "DEBUG": True}, of(OTHER), True),
    "this machine": ({"ALLOWED_HOSTS": ["*"]}, of("http://localhost:5173"), False),
    "no credentials": ({"ALLOWED_HOSTS": ["*"]}, of(OTHER, credentials=False), False),
    "SameSite=None": ({"ALLOWED_HOSTS": ["*"], **NONE, **SECURE}, of(OTHER), False),
    "a host": ({"ALLOWED_HOSTS": ["api.example.com"]}, of(OTHER), False),
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_where_this_server_is_is_a_question_of_production(name: str) -> None:
    settings, decorate, asked = UNKNOWN[name]
    routes = [path(f"{number}/", decorate(answer)) for number in range(3)]

    with override_settings(**stranger(**settings)), urlconf(*routes):
        before, deployed = short(found()), short(found(deploy=True))

    assert "I052" not in before
    assert deployed.count("I052") == asked


def test_that_the_question_where_this_server_is_names_both_cases() -> None:
    site = stranger(ALLOWED_HOSTS=["*"], MIDDLEWARE=[CORS, SESSION])

    with override_settings(**site), urlconf(path("v/", of(OTHER)(answer))):
        (message,) = (each for each in found(deploy=True) if each.id == "cors_views.I052")

    assert message.msg.partition(" allows ")[2] == (
        "credentials to https://other.org. While ALLOWED_HOSTS is ['*'], this check "
        "cannot tell whether browsers send the cookies. They do if this server and the page are at "
        "one site, such as api.example.com and app.example.com. From another site they do not, "
        "because of SESSION_COOKIE_SAMESITE = 'Lax'."
    )
    assert message.hint == (
        "Name the hosts of this server in ALLOWED_HOSTS. If they are at another site than the "
        'page: SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True. Then only '
        "CSRF protection keeps other sites from using your users' sessions."
    )


def test_that_naming_the_hosts_answers_whether_cookies_travel() -> None:
    with urlconf(path("v/", of(OTHER)(answer))):
        for hosts, expected in (
            (["*"], ["I052"]),
            (["api.other.org"], []),
            (["api.example.com"], ["W035"]),
        ):
            with override_settings(**stranger(ALLOWED_HOSTS=hosts)):
                assert short(found(deploy=True)) == expected
