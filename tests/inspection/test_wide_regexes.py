"""Expressions that admit strangers and look-alikes: what the checks say of them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_GET

from cors_views import cors_allow
from cors_views.inspection.wide_regexes import endings
from tests.checks.sites import BY_SETTINGS, SITE, answer, by_regex, message_of, said_of

pytestmark = pytest.mark.usefixtures("nothing_declared")


# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "any host by a regex, with credentials": (SITE, by_regex(r"https://.*"), ["E043"]),
    "any host of a registry by a regex, with credentials": (
        SITE,
        by_regex(r"https://[a-z]+\.com"),
        ["E038"],
    ),
    "any host by a regex, without credentials": (
        {},
        cors_allow(origin_regexes=[r"https://.*"], methods=["GET"])(answer),
        [],
    ),
    "any host by http and any port": (SITE, by_regex(r"https?://.*:[0-9]+"), ["E043", "W037"]),
    "any host of three letters": (SITE, by_regex(r"https://[a-z]{3}\.(de|fr)"), ["W043"]),
    "any extension of Firefox": (SITE, by_regex(r"moz-extension://.*"), ["W043"]),
    "any extension of Safari": (SITE, by_regex(r"safari-web-extension://[A-F0-9-]+"), ["W043"]),
    "whatever two hosts give to anybody": (
        SITE,
        by_regex(r"https://.*\.(vercel|netlify)\.app"),
        ["E038"],
    ),
    "whatever two hosts give to anybody, at any port": (
        SITE,
        by_regex(r"^https://[a-z-]+(\.vercel\.app|\.example\.com)(:[0-9]+)?$"),
        ["E038"],
    ),
    "whatever a host gives to anybody, without credentials": (
        {},
        cors_allow(origin_regexes=[r"https://.*\.(vercel|netlify)\.app"], methods=["GET"])(
            require_GET(answer)
        ),
        [],
    ),
    "names of two domains": (
        SITE,
        by_regex(r"https://[a-z]+\.(?:example|mysite)\.com"),
        [],
    ),
    "a suffix that may follow": (SITE, by_regex(r"https://example\.com(\.[a-z]+)?"), ["W043"]),
    "any browser extension": (SITE, by_regex(r"chrome-extension://.*"), ["W043"]),
    "whatever a host gives to anybody": (SITE, by_regex(r"https://.+\.vercel\.app"), ["E038"]),
    "a look-alike of a host": (SITE, by_regex(r"https://.*example\.com"), ["W043"]),
    "a look-alike of a host in the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://[a-z0-9.-]*example\.com$"]},
        answer,
        ["W043"],
    ),
    "a look-alike within one's own domain": (
        SITE,
        by_regex(r"https://[a-z]+app\.example\.com"),
        [],
    ),
    "a look-alike with a port": (SITE, by_regex(r"https://.*example\.com(:\d+)?"), ["W043"]),
    "a look-alike at one of two suffixes": (
        SITE,
        by_regex(r"https://.*example\.(?:com|org)"),
        ["W043"],
    ),
    "whatever begins like a host": (SITE, by_regex(r"https://example\.com.*"), ["W043"]),
    "whatever begins like a host of this machine": (
        SITE,
        by_regex(r"https://localhost.*"),
        ["W043"],
    ),
    "whatever follows a host below it": (SITE, by_regex(r"https://.*[.]example[.]com.*"), ["W043"]),
    "any suffix": (SITE, by_regex(r"https://.*\.example\.[a-z]+"), ["W043"]),
    "a name among those that a host gives to anybody": (
        SITE,
        by_regex(r"https://my-app-.*\.vercel\.app"),
        ["W043"],
    ),
    "a name within one's own domain": (
        SITE,
        by_regex(r"https://my-app-.*\.example\.com(:[0-9]+)?"),
        [],
    ),
    "a name that nobody can register": (SITE, by_regex(r"https://.*\.test"), []),
    "a regex that would try for ever, and admits strangers": (
        {
            **SITE,
            **BY_SETTINGS,
            "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://([\w.-]+)+example\.com"],
        },
        csrf_exempt(answer),
        ["W005", "W043"],
    ),
    "a regex of many repetitions": (
        SITE,
        by_regex(r"https://.*.*.*.*.*.*.*.*\.example\.com"),
        [],
    ),
    "a regex of many repetitions that admits strangers": (
        SITE,
        by_regex(r"https://.*.*.*.*.*.*.*.*example\.com"),
        ["W043"],
    ),
    "a regex that is too large": (
        SITE,
        by_regex(r"https://.*.*.*example\.com(((x{12}){12}){12}){0,12}"),
        [],
    ),
    "a regex that nobody can judge": (
        SITE,
        by_regex(r"https://(?:\w+(?<!-)-?)+example\.com"),
        [],
    ),
    "a regex that is longer than any origin": (
        SITE,
        by_regex("https://" + "a" * 100_000 + r"\.example\.com"),
        # It admits nobody.
        ["W043"],
    ),
    "any host at a port of development": (SITE, by_regex(r"https://.*:3000"), ["E043"]),
    "any host of a long name": (SITE, by_regex(r"https://[a-z0-9-]{10,}\.com"), ["W043"]),
    "any host with www": (SITE, by_regex(r"https://www\..*"), ["W043"]),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "any name of a length": (
        {
            "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://\w{12,}\.(com|dev)x?"],
            "CORS_ALLOW_CREDENTIALS": True,
        },
        [csrf_exempt(answer)],
        "W043",
        (
            r"The setting CORS_ALLOWED_ORIGIN_REGEXES, at /0/, has the regular expression "
            r".* which admits unrelated origins such as https://strangerfromelsewhere.com, with "
            "credentials."
        ),
        r"Name the host in it: r'https://[a-z0-9-]+\.example\.com'.",
    ),
    "a look-alike": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://.*example\.com(:[0-9]+)?"]},
        [answer],
        "W043",
        r".* which admits https://strangerexample.com too.",
        r"Write r'https://(.*\.)?example\.com(:[0-9]+)?' instead.",
    ),
    "a look-alike behind": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://.*\.example\.com.*"]},
        [answer],
        "W043",
        r".* which admits https://www.example.com.stranger.com too.",
        r"Write r'https://.*\.example\.com(:[0-9]+)?' instead.",
    ),
    "a look-alike before what may not be loose": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://(?:[a-z]+-|)example\.com"]},
        [answer],
        "W043",
        r".* which admits https://stranger-example.com too.",
        r"Write an escaped dot before the host: \.",
    ),
    "a look-alike that is too large": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://\w*example\.com(((x{12}){12}){12}){0,12}"]},
        [answer],
        "W043",
        r".* which admits https://strangerexample.com too.",
        r"Write an escaped dot before the host: \.",
    ),
    "a look-alike before the rest of a name": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://[a-z0-9-]+--mysite\.netlify\.app"]},
        [answer],
        "W043",
        r".* which admits https://stranger--mysite.netlify.app too.",
        "Name the hosts that are yours.",
    ),
    "a look-alike in the middle": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://my-app-\w+\.vercel\.app:[0-9]+"]},
        [answer],
        "W043",
        r".* which admits https://my-app-stranger.vercel.app:8443 too.",
        "Name the hosts that are yours.",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_the_place_and_the_route_and_the_hint_what_to_write(name: str) -> None:
    settings, views, number, text, hint = MESSAGES[name]

    message = message_of(number, settings, views)

    assert re.fullmatch(text, message.msg), message.msg
    assert message.hint == hint


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
