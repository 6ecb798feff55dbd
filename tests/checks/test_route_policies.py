"""Checks of the policies that routes really get: what trips each, and its near miss."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from tests.checks.sites import (
    APP,
    BY_SETTINGS,
    OTHER,
    SITE,
    answer,
    by_regex,
    found,
    message_of,
    of,
    said_of,
    short,
    stranger,
)
from tests.tables import urlconf

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "private network in the settings": (
        {"CORS_ALLOW_PRIVATE_NETWORK": True},
        answer,
        ["W034"],
    ),
    "private network in a policy": ({}, of(APP, private_network=True)(answer), ["W034"]),
    "private network in settings for what is to come": (
        {"CORS_ALLOW_PRIVATE_NETWORK": True},
        of(APP)(answer),
        ["W034"],
    ),
    "private network in settings that nothing is opted in to": (
        {"CORS_ALLOW_PRIVATE_NETWORK": True, "CORS_OPT_IN": True},
        of(APP)(answer),
        [],
    ),
    "a star for headers with credentials": (
        {**SITE, **BY_SETTINGS, "CORS_ALLOW_HEADERS": ["*"]},
        csrf_exempt(answer),
        ["W045"],
    ),
    "a star for methods with credentials": (
        {**SITE, **BY_SETTINGS, "CORS_ALLOW_METHODS": ["*"]},
        csrf_exempt(answer),
        ["W045"],
    ),
    "a star for headers without credentials": (
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_HEADERS": ["*"]},
        answer,
        [],
    ),
    "a star for headers with credentials, declared": (
        {**SITE, "CORS_ALLOW_HEADERS": ["*"], "CORS_ALLOW_METHODS": ["*"]},
        csrf_exempt(cors_allow(origins=[APP], credentials=True)(answer)),
        [],
    ),
    "a star for headers with credentials, every view declaring": (
        {**SITE, **BY_SETTINGS, "CORS_ALLOW_HEADERS": ["*"]},
        csrf_exempt(cors_allow(answer)),
        [],
    ),
    "a dot that is no dot": (SITE, by_regex(r"https://app.example\.com"), ["W043"]),
    "a dot that is no dot, without credentials": (
        {},
        cors_allow(origin_regexes=[r"https://\w+.example.com"])(answer),
        ["W043"],
    ),
    "a dot that is no dot in the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://app\.example.com$"]},
        answer,
        ["W043"],
    ),
    "dots that are dots": (SITE, by_regex(r"https://app\.(eu|us)[.]example\.com"), []),
    "a dot for many characters": (SITE, by_regex(r"https://.+\.example\.com"), []),
    "a dot for one character": (SITE, by_regex(r"https://(.|..)\.example\.com"), []),
    "a local file as a regex": (SITE, by_regex(r"^file://$"), ["W040"]),
    "a dot for one character of a name": (SITE, by_regex(r"https://app-.\.example\.com"), []),
    "a dot in a set": (SITE, by_regex(r"https://[a-z.x]+\.example\.com"), []),
    "plain http": (
        SITE,
        of("http://app.example.com")(answer),
        ["W037"],
    ),
    "plain http at a name like a local address": (
        SITE,
        of("http://127.example.com")(answer),
        ["W037"],
    ),
    "plain http in settings that no route uses": (
        {
            "CORS_ALLOWED_ORIGINS": ["http://app.example.com"],
            "CORS_ALLOW_CREDENTIALS": True,
        },
        cors_deny(answer),
        ["W037"],
    ),
    "plain http by a regex": (SITE, by_regex(r"http://app\.example\.com"), ["W037"]),
    "plain http by a regex for both": (SITE, by_regex(r"^https?://app\.example\.com$"), ["W037"]),
    "plain http by an alternative": (
        SITE,
        by_regex(r"(?:https|http)://app\.example\.com"),
        ["W037"],
    ),
    "plain http by an alternative of whole origins": (
        SITE,
        by_regex(r"(http://app\.example\.com|https://b\.example\.com)"),
        ["W037"],
    ),
    "plain http on this machine by a regex": (SITE, by_regex(r"http://localhost:[0-9]+"), []),
    "the second of two policies": (
        SITE,
        csrf_exempt(
            cors_allow(
                CorsPolicy(origins=["http://a.example.com"], credentials=True),
                CorsPolicy(origins=["http://b.example.com"], credentials=True),
            )(answer)
        ),
        ["W037", "W037"],
    ),
    "plain http without credentials": (
        SITE,
        of("http://app.example.com", credentials=False)(answer),
        [],
    ),
    "plain http on this machine": (
        {
            "ALLOWED_HOSTS": ["*"],
            "CSRF_TRUSTED_ORIGINS": [
                "http://localhost:5173",
                "http://127.0.0.1:5173",
                "http://[::1]:5173",
                "http://app.localhost",
            ],
        },
        of(
            "http://localhost:5173",
            "http://127.0.0.1:5173",
            "http://[::1]:5173",
            "http://app.localhost",
        )(answer),
        [],
    ),
    "null": ({}, cors_allow(origins=["null"])(answer), ["W040"]),
    "file://": ({}, cors_allow(origins=["file://"])(answer), ["W040"]),
    "null in the settings": ({"CORS_ALLOWED_ORIGINS": ["null"]}, answer, ["W040"]),
    "null by a regex": (
        SITE,
        by_regex(r"null|https://app\.example\.com"),
        ["W040"],
    ),
    "any origin, which holds null": ({}, cors_allow(origins="*")(answer), []),
    "a long max_age": ({}, cors_allow(origins=[APP], max_age=86401)(answer), ["W041"]),
    "a long max_age in the settings": ({"CORS_PREFLIGHT_MAX_AGE": 86401}, answer, ["W041"]),
    "the longest max_age": ({}, cors_allow(origins=[APP], max_age=86400)(answer), []),
    # Callables are nobody's to judge.
    "a callable and a regex with credentials": (
        stranger(),
        csrf_exempt(
            cors_allow(
                CorsPolicy(
                    origins=[lambda request, origin: True],
                    origin_regexes=[r"https://\w+\.example\.com"],
                    credentials=True,
                )
            )(answer)
        ),
        [],
    ),
}


@pytest.mark.parametrize("order", [1, -1], ids=["the-wrong-one-first", "the-wrong-one-last"])
def test_policies_that_one_line_makes_are_looked_at_one_by_one(order: int) -> None:
    fields = [
        {"origins": ["https://*.com", "null", OTHER], "origin_regexes": [r"https://.*"]},
        {"origins": [APP]},
    ][::order]
    views = [cors_allow(credentials=True, **each)(answer) for each in fields]

    with override_settings(**SITE), urlconf(*(path(f"{id(one)}/", one) for one in views)):
        assert set(short(found())) >= {"W036", "E038", "W040", "E043"}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "a named policy, wherever it is used": (
        {
            **SITE,
            "CORS_POLICIES": {
                "partners": {"origins": ["http://p.example.com"], "credentials": True}
            },
        },
        [cors_allow("partners")(answer), cors_allow("partners")(answer)],
        "W037",
        (
            r"The policy CORS_POLICIES\['partners'\], at /0/, allows credentials to "
            "http://p.example.com. .*"
        ),
        "Write 'https://p.example.com' instead.",
    ),
    "a setting, by the name that is in use": (
        {**SITE, "CORS_ORIGIN_WHITELIST": ["null"]},
        [answer],
        "W040",
        "The setting CORS_ORIGIN_WHITELIST, at /0/, admits null. Sandboxed frames .*",
        "Remove it. If anybody may read, admit any origin, without credentials.",
    ),
    "a field that a policy takes from the settings": (
        {**SITE, "CORS_PREFLIGHT_MAX_AGE": 86401},
        [cors_allow(origins=[APP])(answer), cors_allow(origins=[APP])(answer)],
        "W041",
        "max_age = 86401, from the setting CORS_PREFLIGHT_MAX_AGE, is longer than any .*",
        "Write 86400 or less.",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_the_place_and_the_route_and_the_hint_what_to_write(name: str) -> None:
    settings, views, number, text, hint = MESSAGES[name]

    message = message_of(number, settings, views)

    assert re.fullmatch(text, message.msg), message.msg
    assert message.hint == hint


def test_that_a_hint_escapes_the_dot_and_nothing_else() -> None:
    view = cors_allow(origin_regexes=[r"https://[a-z.]+\.eu.(example|.)\.com:.+"])(answer)

    with override_settings(**SITE), urlconf(path("v/", view)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W043")

    assert message.hint == r"Write r'https://[a-z.]+\.eu\.(example|.)\.com:.+' instead."


def test_a_policy_is_reported_once_for_all_its_routes() -> None:
    view = cors_allow(origins=["null"])(answer)
    routes = [path(f"{number}/", view) for number in range(20)]

    with urlconf(*routes, path("in/", cors_include(routes[:3], policy="partners"))):
        assert short(found()) == ["W040"]
