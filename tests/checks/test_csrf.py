"""Policies beside CSRF protection: origins that it does not trust, and POST without its cookie."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.checks import run_checks
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.http import etag, require_GET, require_http_methods

from cors_views import cors_allow, cors_include
from tests.checks.sites import (
    APP,
    BY_SETTINGS,
    EXTENSION,
    NONE,
    OF,
    SECURE,
    SITE,
    Dispatcher,
    Reader,
    Writer,
    answer,
    found,
    marked,
    message_of,
    of,
    said_of,
)
from tests.tables import urlconf


def protected(regex: str, view: Any = answer) -> Any:
    return cors_allow(origin_regexes=[regex], credentials=True)(view)


RUNSERVER = "http://localhost:8000"
ALLOWED = {"CORS_ALLOW_CREDENTIALS": True}

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "a writer without credentials": (SITE, of(APP, credentials=False)(Writer.as_view()), ["W047"]),
    "a writer without credentials, by a regex": (
        SITE,
        cors_allow(origin_regexes=[r"https://app\.example\.com"])(Writer.as_view()),
        ["W047"],
    ),
    "a writer that refines the settings": (
        {**SITE, "CORS_ALLOWED_ORIGINS": [APP]},
        cors_allow(max_age=1)(Writer.as_view()),
        ["W047"],
    ),
    "a writer without a declaration": (
        {**SITE, "CORS_ALLOWED_ORIGINS": [APP]},
        Writer.as_view(),
        [],
    ),
    "a writer with credentials": (SITE, of(APP)(Writer.as_view()), []),
    "a writer for nobody": (SITE, of(credentials=False)(Writer.as_view()), []),
    "a writer that is only read": (
        SITE,
        of(APP, credentials=False, methods=["GET"])(Writer.as_view()),
        [],
    ),
    "a reader without credentials": (SITE, of(APP, credentials=False)(Reader.as_view()), []),
    "a function without credentials": (SITE, of(APP, credentials=False)(answer), []),
    "a function that serves POST alone": (
        SITE,
        of(APP, credentials=False)(require_http_methods(["POST"])(answer)),
        ["W047"],
    ),
    "a function that is offered POST by its own declaration": (
        SITE,
        of(APP, credentials=False, methods=["GET", "POST"])(answer),
        ["W047"],
    ),
    "a function that is offered GET by its own declaration": (
        SITE,
        of(APP, credentials=False, methods=["GET"])(answer),
        [],
    ),
    "a function that is offered everything": (
        SITE,
        of(APP, credentials=False, methods=["*"])(answer),
        [],
    ),
    "a function that is offered POST by a policy that others share": (
        {**SITE, "CORS_POLICIES": {"partners": {"origins": [APP], "methods": ["GET", "POST"]}}},
        cors_allow("partners")(answer),
        [],
    ),
    "a function that is offered POST beside the name of a policy": (
        {**SITE, "CORS_POLICIES": {"partners": {"origins": [APP], "methods": ["GET"]}}},
        cors_allow("partners", methods=["POST"])(answer),
        ["W047"],
    ),
    "a function that is offered DELETE beside the name of a policy": (
        {**SITE, "CORS_POLICIES": {"partners": {"origins": [APP]}}},
        cors_allow("partners", methods=["GET", "DELETE"])(answer),
        ["W047"],
    ),
    "a function that is offered GET beside the name of a policy": (
        {**SITE, "CORS_POLICIES": {"partners": {"origins": [APP], "methods": ["POST"]}}},
        cors_allow("partners", methods=["GET"])(answer),
        [],
    ),
    "a function that gets another field beside the name of a policy": (
        {**SITE, "CORS_POLICIES": {"partners": {"origins": [APP], "methods": ["POST"]}}},
        cors_allow("partners", max_age=1)(answer),
        [],
    ),
    "functions that are offered POST by an include": (
        SITE,
        cors_include([path("", answer)], origins=[APP], methods=["GET", "POST"]),
        [],
    ),
    "whoever overrides dispatch()": (SITE, of(APP, credentials=False)(Dispatcher.as_view()), []),
    "an origin that CSRF protection does not trust": (
        SITE,
        of("https://new.example.com")(answer),
        ["W036"],
    ),
    "one that it trusts": (SITE, of(APP)(answer), []),
    "one below a wildcard that it trusts": (
        SITE,
        of("https://a.trusted.example.com")(answer),
        [],
    ),
    "a wildcard that it trusts": (SITE, of("https://*.trusted.example.com")(answer), []),
    "a wildcard that is wider": (SITE, of("https://*.example.com")(answer), ["W036"]),
    "any port, none of them trusted": (SITE, of("https://new.example.com:*")(answer), ["W036"]),
    "any port, one of them trusted": (
        {**SITE, "CSRF_TRUSTED_ORIGINS": ["http://localhost:5173"]},
        of("http://localhost:*")(answer),
        [],
    ),
    "any port, trusted without one": (SITE, of(f"{APP}:*")(answer), []),
    "the domain that a trusted wildcard includes": (
        SITE,
        of("https://trusted.example.com")(answer),
        [],
    ),
    "a domain that only ends like it": (
        SITE,
        of("https://untrusted.example.com")(answer),
        ["W036"],
    ),
    "not trusted, and the decorator lets nothing but GET pass": (
        SITE,
        of("https://new.example.com")(require_GET(answer)),
        [],
    ),
    "not trusted, and the decorator lets POST pass": (
        SITE,
        of("https://new.example.com")(require_http_methods(["GET", "POST"])(answer)),
        ["W036"],
    ),
    "not trusted, and the decorator says nothing of methods": (
        SITE,
        of("https://new.example.com")(etag(lambda request: "1")(answer)),
        ["W036"],
    ),
    "not trusted by the settings, and read-only": (
        {**SITE, **BY_SETTINGS},
        Reader.as_view(),
        [],
    ),
    "not trusted by the settings, and it writes": (
        {**SITE, **BY_SETTINGS},
        Writer.as_view(),
        ["W036"],
    ),
    "not trusted by the settings, which are for other URLs": (
        {**SITE, **BY_SETTINGS, "CORS_URLS_REGEX": r"^/api/.*$"},
        Writer.as_view(),
        [],
    ),
    "not trusted, but objected to for more": (
        SITE,
        of("http://app.example.com", "https://*.github.io", credentials=True)(answer),
        ["E038", "W035", "W037"],
    ),
    "not trusted, but read-only": (
        SITE,
        marked(Reader, of("https://new.example.com")),
        [],
    ),
    "not trusted, and it writes": (
        SITE,
        marked(Writer, of("https://new.example.com")),
        ["W036"],
    ),
    "an app shell that CSRF protection does not trust": (
        SITE,
        of("capacitor://localhost")(answer),
        ["W035", "W036"],
    ),
    "an app shell that it does not trust where any host is served": (
        {**SITE, "ALLOWED_HOSTS": ["*"]},
        of("capacitor://localhost")(answer),
        ["W035", "W036"],
    ),
    "a browser extension that it does not trust": (SITE, of(EXTENSION)(answer), ["W036"]),
    "the site itself": (
        {**SITE, "CORS_ALLOWED_ORIGINS": ["https://api.example.com"], **ALLOWED},
        Writer.as_view(),
        [],
    ),
    "this machine at the port of runserver": (
        {**SITE, "ALLOWED_HOSTS": ["*"], **ALLOWED, "CORS_ALLOWED_ORIGINS": [RUNSERVER]},
        Writer.as_view(),
        [],
    ),
    "this machine at the port of runserver, where another host is served": (
        {**SITE, **ALLOWED, "CORS_ALLOWED_ORIGINS": [RUNSERVER]},
        Writer.as_view(),
        ["W036"],
    ),
    "this machine at another port": (
        {
            **SITE,
            "ALLOWED_HOSTS": ["localhost"],
            **ALLOWED,
            "CORS_ALLOWED_ORIGINS": ["http://localhost:5173"],
        },
        Writer.as_view(),
        ["W036"],
    ),
    "a port of the site itself": (
        {**SITE, **ALLOWED, "CORS_ALLOWED_ORIGINS": ["https://api.example.com:8443"]},
        Writer.as_view(),
        ["W036"],
    ),
    "a regex of which CSRF protection trusts no origin": (
        SITE,
        protected(r"https://pr-[0-9]+\.previews\.example\.com"),
        ["W036"],
    ),
    "a regex in the settings of which it trusts none": (
        {**SITE, **ALLOWED, "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://pr-[0-9]+\.example\.org"]},
        Writer.as_view(),
        ["W036"],
    ),
    "a regex of which it trusts one": (SITE, protected(r"https://a[a-z]+\.example\.com"), []),
    "a regex of which it trusts some by a wildcard": (
        SITE,
        protected(r"https://pr-[0-9]+\.trusted\.example\.com"),
        [],
    ),
    "a regex of which it trusts the domain of a wildcard": (
        SITE,
        protected(r"https://t[a-z]+\.example\.com"),
        [],
    ),
    "a regex beside views that only read": (
        SITE,
        protected(r"https://pr-[0-9]+\.previews\.example\.com", Reader.as_view()),
        [],
    ),
    "a regex with a look behind and a group again": (
        SITE,
        protected(r"https://(pr)-\1\.previews\.example\.com(?<!x)"),
        ["W036"],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "a declaration that CSRF protection does not trust": (
        SITE,
        [of("https://new.example.com")(answer)] * 3,
        "W036",
        (
            rf"The route policy declared at {OF}:\d+ lets "
            "https://new.example.com send DELETE, PATCH, POST, PUT with credentials to /0/ and 2 "
            "more routes, but CSRF protection will refuse it."
        ),
        "Add 'https://new.example.com' to CSRF_TRUSTED_ORIGINS.",
    ),
    "many origins": (
        SITE,
        [of(*(f"https://a{number}.example.com" for number in range(9)))(answer)],
        "W036",
        r".* lets https://a0.example.com, .*, https://a4.example.com and 4 more send .*",
        (
            "Add 'https://a0.example.com', 'https://a1.example.com', 'https://a2.example.com', "
            "'https://a3.example.com', 'https://a4.example.com' and 4 more to CSRF_TRUSTED_ORIGINS."
        ),
    ),
    "writers without credentials": (
        SITE,
        [of(APP, credentials=False)(Writer.as_view())] * 2,
        "W047",
        (
            rf"The route policy declared at {OF}:\d+ offers POST without "
            "credentials at /0/ and 1 more route, but CSRF protection refuses every request "
            "without the CSRF cookie."
        ),
        (
            'If pages only read, write methods=["GET"] in the policy. If they change '
            "something, allow credentials to named origins, or use another authentication and "
            "write csrf_exempt."
        ),
    ),
    "a port that CSRF protection has no wildcard for": (
        SITE,
        [of("http://localhost:*")(answer)],
        "W036",
        ".*",
        (
            "CSRF_TRUSTED_ORIGINS takes no pattern for the port: list each origin with the "
            "port that you use, such as 'http://localhost:8080'."
        ),
    ),
    "a port that it has no wildcard for, and an origin": (
        SITE,
        [of("https://new.example.com", "http://localhost:*")(answer)],
        "W036",
        ".*",
        (
            "Add 'https://new.example.com' to CSRF_TRUSTED_ORIGINS. CSRF_TRUSTED_ORIGINS takes "
            "no pattern for the port: list each origin with the port that you use, such as "
            "'http://localhost:8080'."
        ),
    ),
    "a regex, which it does not take": (
        SITE,
        [protected(r"https://pr-[0-9]+\.previews\.example\.com")],
        "W036",
        r".* lets 'https://pr-\[0-9\]\+.* send .* to /0/, but CSRF protection will refuse it\.",
        (
            "CSRF_TRUSTED_ORIGINS takes no regular expressions: list each origin that only "
            r"'https://pr-[0-9]+\\.previews\\.example\\.com' admits and that sends such requests."
        ),
    ),
    "origins that several places name": (
        SITE,
        [
            cors_allow(origins=["https://new.example.com"], credentials=True)(answer),
            cors_allow(origins=["https://new.example.com"], credentials=True)(answer),
        ],
        "W036",
        (
            rf"The route policy declared at {re.escape(__file__)}:\d+ and 1 more place let "
            "https://new.example.com send DELETE, PATCH, POST, PUT with credentials to /0/ and 1 "
            "more route, but CSRF protection will refuse it."
        ),
        "Add 'https://new.example.com' to CSRF_TRUSTED_ORIGINS.",
    ),
}


@pytest.mark.parametrize("name", MESSAGES)
def test_a_message_names_the_place_and_the_route_and_the_hint_what_to_write(name: str) -> None:
    settings, views, number, text, hint = MESSAGES[name]

    message = message_of(number, settings, views)

    assert re.fullmatch(text, message.msg), message.msg
    assert message.hint == hint


@pytest.mark.parametrize(
    "origin",
    [APP, "capacitor://localhost", "ionic://localhost", EXTENSION, "https://a.trusted.example.com"],
)
def test_that_csrf_protection_trusts_what_the_hint_says_and_nothing_before(origin: str) -> None:
    """``CSRF_TRUSTED_ORIGINS`` takes any scheme, and Django's own check says nothing of it."""
    token = "a" * 32

    def post() -> int:
        client = Client(enforce_csrf_checks=True)
        client.cookies["csrftoken"] = token
        sent = {"Origin": origin, "X-CSRFToken": token, "Host": "api.example.com"}
        return client.post("/v/", headers=sent).status_code

    site = {**SITE, **NONE, **SECURE}
    with urlconf(path("v/", of(origin)(Writer.as_view()))):
        with override_settings(**{**site, "CSRF_TRUSTED_ORIGINS": []}):
            (message,) = found()
            assert (message.id, post()) == ("cors_views.W036", 403)
        with override_settings(**{**site, "CSRF_TRUSTED_ORIGINS": [origin]}):
            assert message.hint == f"Add {origin!r} to CSRF_TRUSTED_ORIGINS."
            said = [each for each in run_checks() if "debug_toolbar" not in str(each.id)]
            assert (said, post()) == ([], 200)
