"""Checks of the policies that routes really get: what trips each, and its near miss."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.checks import run_checks
from django.http import HttpResponse
from django.middleware.csrf import CsrfViewMiddleware
from django.test import Client
from django.test.utils import override_settings
from django.urls import URLResolver, include, path
from django.urls.resolvers import RoutePattern
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import etag, require_GET, require_http_methods, require_safe
from publicsuffixlist import PublicSuffixList

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations import marks
from cors_views.inspection.hosts import public_suffix_list
from tests.management.commands import run
from tests.tables import ORIGIN, urlconf

APP = "https://app.example.com"
CORS = "cors_views.middleware.CorsMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"

#: A server at api.example.com, whose cookies may go where SameSite lets them.
SITE: dict[str, Any] = {
    "ALLOWED_HOSTS": ["api.example.com"],
    "CSRF_TRUSTED_ORIGINS": [APP, "https://*.trusted.example.com"],
    "MIDDLEWARE": [CORS, SESSION, CSRF],
}


@pytest.fixture(autouse=True)
def _nothing_else_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_everything_applied", set())


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Reader(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")


class Writer(Reader):
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


class ClosedWriter(View):
    # Without OPTIONS, so that nothing is left to the class's own policy.
    http_method_names = ["get", "post"]

    @cors_deny
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    @cors_deny
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


class Dispatcher(View):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("dispatched")


class OwnSessions(SessionMiddleware):
    pass


class OwnCsrf(CsrfViewMiddleware):
    pass


def of(*origins: str, **fields: Any) -> Any:
    return cors_allow(origins=list(origins), **{"credentials": True, **fields})


def by_regex(regex: str) -> Any:
    # What CSRF protection thinks of the origins is not the question here.
    return csrf_exempt(cors_allow(origin_regexes=[regex], credentials=True)(answer))


def protected(regex: str, view: Any = answer) -> Any:
    return cors_allow(origin_regexes=[regex], credentials=True)(view)


def marked(view: Any, decorator: Any) -> Any:
    return decorator(type("Marked", (view,), {})).as_view()


def stranger(**settings: Any) -> dict[str, Any]:
    """Return the settings of a server that knows its hosts, and not the origin's."""
    return {
        **SITE,
        "CSRF_TRUSTED_ORIGINS": ["https://*.other.org", "https://other.org"],
        **settings,
    }


def trusting(*origins: str) -> dict[str, Any]:
    return {**SITE, "CSRF_TRUSTED_ORIGINS": list(origins)}


OTHER = "https://other.org"
EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
RUNSERVER = "http://localhost:8000"
ALLOWED = {"CORS_ALLOW_CREDENTIALS": True}
HEROKU = "https://app.herokuapp.com"
NONE = {"SESSION_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SAMESITE": "none"}
SECURE = {"SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True}
BY_SETTINGS = {
    "CORS_ALLOWED_ORIGINS": ["https://new.example.com"],
    "CORS_ALLOW_CREDENTIALS": True,
}

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    # W034
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
    # W045
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
    # W043
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
    "a regex that would try for ever": (
        {
            **SITE,
            **BY_SETTINGS,
            "CORS_ALLOWED_ORIGIN_REGEXES": [
                r"https://([a-z0-9-]+\.?)+\.a-company-of-a-long-name\.example\.com"
            ],
            "CORS_URLS_REGEX": r"^/(\w+/?)+$",
        },
        csrf_exempt(answer),
        ["W005", "W005"],
    ),
    "a regex that would try for ever, and admits strangers": (
        {
            **SITE,
            **BY_SETTINGS,
            "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://([\w.-]+)+example\.com"],
        },
        csrf_exempt(answer),
        ["W005", "W043"],
    ),
    "a regex with limits that would try for ever": (
        {
            **SITE,
            **BY_SETTINGS,
            "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://([a-z0-9.]{1,15}){1,15}\.a\.example\.com"],
        },
        csrf_exempt(answer),
        ["W005"],
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
    "a regex with a path": (SITE, by_regex(r"https://a\.example\.com/.*"), ["W043"]),
    "a regex without a scheme": (SITE, by_regex(r"a\.example\.com"), ["W043"]),
    "only the end of an origin": (SITE, by_regex(r"\.example\.com$"), ["W043"]),
    "a host in upper case": (SITE, by_regex(r"https://A\.example\.com"), ["W043"]),
    "a host of an app in upper case": (SITE, by_regex(r"httpx://[A-Z]+"), []),
    "an app's host of any name": (SITE, by_regex(r"hello://[a-z]+\.example"), []),
    "an address in brackets as a regex": (SITE, by_regex(r"http://\[::1\]:\d+"), []),
    "a pattern among the regexes": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": ["https://*.example.com"]},
        csrf_exempt(answer),
        ["E018"],
    ),
    "the start of an origin": (SITE, by_regex(r"^http://localhost:"), ["W043"]),
    "any host at a port of development": (SITE, by_regex(r"https://.*:3000"), ["E043"]),
    "any host of a long name": (SITE, by_regex(r"https://[a-z0-9-]{10,}\.com"), ["W043"]),
    "any host with www": (SITE, by_regex(r"https://www\..*"), ["W043"]),
    "the start of an origin, as a label": (SITE, by_regex(r"^https://preview-"), ["W043"]),
    "hosts that end in a dot": (SITE, by_regex(r"https://[a-z]+\.example\.com\."), []),
    "a local file as a regex": (SITE, by_regex(r"^file://$"), ["W040"]),
    "an app's host as a regex": (SITE, by_regex(r"app://-"), []),
    "a regex in upper case": (SITE, by_regex(r"(?i)HTTPS://App\.example\.com"), []),
    "one of two is a whole origin": (
        SITE,
        by_regex(r"https://a\.example\.com|https://b\.example\.com/"),
        [],
    ),
    "an origin with a slash behind it": (SITE, by_regex(r"https://app\.example\.com/$"), ["W043"]),
    "a host of one label": (SITE, by_regex(r"^https://intranet$"), []),
    "a set with a hyphen at the end": (SITE, by_regex(r"https://app\.example\.com[a-z-]"), []),
    "a whole origin as a regex": (SITE, by_regex(r"^https://app\.example\.com$"), []),
    "a dot for one character of a name": (SITE, by_regex(r"https://app-.\.example\.com"), []),
    "a dot in a set": (SITE, by_regex(r"https://[a-z.x]+\.example\.com"), []),
    # W035
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
    # W047
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
    "a writer that is exempt": (
        SITE,
        csrf_exempt(of(APP, credentials=False)(Writer.as_view())),
        [],
    ),
    "a writer without CSRF protection": (
        {**SITE, "MIDDLEWARE": [CORS, SESSION]},
        of(APP, credentials=False)(Writer.as_view()),
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
    "functions that are offered POST by an include": (
        SITE,
        cors_include([path("", answer)], origins=[APP], methods=["GET", "POST"]),
        [],
    ),
    "a function that is offered POST, and exempt": (
        SITE,
        csrf_exempt(of(APP, credentials=False, methods=["POST"])(answer)),
        [],
    ),
    "whoever overrides dispatch()": (SITE, of(APP, credentials=False)(Dispatcher.as_view()), []),
    # W036
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
    "not trusted, by a subclass of the middleware": (
        {**SITE, "MIDDLEWARE": [CORS, f"{__name__}.OwnCsrf"]},
        of("https://new.example.com")(answer),
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
    "not trusted, but exempt": (SITE, csrf_exempt(of("https://new.example.com")(answer)), []),
    "not trusted, but exempt below": (
        SITE,
        of("https://new.example.com")(csrf_exempt(answer)),
        [],
    ),
    "not trusted, but no CSRF protection": (
        {**SITE, "MIDDLEWARE": [CORS]},
        of("https://new.example.com")(answer),
        [],
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
    # I051
    "a POST that is left out of the methods": (
        SITE,
        csrf_exempt(marked(Writer, of(APP, methods=["GET"]))),
        ["I051"],
    ),
    "a POST that is left out of the settings' methods": (
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_METHODS": ["GET"]},
        Writer.as_view(),
        ["I051"],
    ),
    "a POST that is left out, and declared by itself": (
        SITE,
        csrf_exempt(
            marked(type("V", (Reader,), {"post": cors_deny(Writer.post)}), of(APP, methods=["GET"]))
        ),
        [],
    ),
    "a POST that is left out of a function's methods": (
        SITE,
        csrf_exempt(of(APP, methods=["GET"])(require_http_methods(["GET", "POST"])(answer))),
        ["I051"],
    ),
    "a POST that is left out, and CSRF protection refuses": (
        SITE,
        marked(Writer, of(APP, methods=["GET"])),
        [],
    ),
    "a POST that is left out for nobody": (
        SITE,
        csrf_exempt(marked(Writer, of(methods=["GET"]))),
        [],
    ),
    "a POST that is left out, and is not there": (
        SITE,
        csrf_exempt(marked(Reader, of(APP, methods=["GET"]))),
        [],
    ),
    "a POST that is left out, where nobody sees the methods": (
        SITE,
        csrf_exempt(of(APP, methods=["GET"])(answer)),
        [],
    ),
    "a POST that is offered": (SITE, csrf_exempt(marked(Writer, of(APP))), []),
    # W037
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
    # E038
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
    # W040
    "null": ({}, cors_allow(origins=["null"])(answer), ["W040"]),
    "file://": ({}, cors_allow(origins=["file://"])(answer), ["W040"]),
    "null in the settings": ({"CORS_ALLOWED_ORIGINS": ["null"]}, answer, ["W040"]),
    "null by a regex": (
        SITE,
        by_regex(r"null|https://app\.example\.com"),
        ["W040"],
    ),
    "any origin, which holds null": ({}, cors_allow(origins="*")(answer), []),
    # W041
    "a long max_age": ({}, cors_allow(origins=[APP], max_age=86401)(answer), ["W041"]),
    "a long max_age in the settings": ({"CORS_PREFLIGHT_MAX_AGE": 86401}, answer, ["W041"]),
    "the longest max_age": ({}, cors_allow(origins=[APP], max_age=86400)(answer), []),
    # W042
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


def found(deploy: bool = False) -> list[Any]:
    messages = run_checks(include_deployment_checks=deploy)
    return [message for message in messages if message.id.startswith("cors_views.")]


def short(messages: list[Any]) -> list[str]:
    return sorted(message.id.removeprefix("cors_views.") for message in messages)


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
    routes = [path("v/", view), path(f"{'v' * 60}-", cors_deny(answer))]

    with override_settings(**{"ALLOWED_HOSTS": ["*"], **settings}), urlconf(*routes):
        messages = found()

    assert short(messages) == expected
    assert all(message.hint for message in messages)


class Putter(View):
    def put(self, request: Any) -> HttpResponse:
        return HttpResponse("put")


class SafeWriter(Writer):
    http_method_names = ["get", "head", "options"]


anybody = cors_allow(origins="*")
anybody_may_get = cors_allow(origins="*", methods=["GET"])
WITH_CSRF = {"MIDDLEWARE": [CORS, CSRF]}

# name -> (settings, view, the unsafe methods that a stranger's page makes run)
DEPLOYED: dict[str, tuple[dict[str, Any], Any, str]] = {
    "any origin, and it writes": ({}, anybody(answer), "DELETE, PATCH, POST, PUT"),
    "any origin, and a class that writes": ({}, marked(Writer, anybody), "POST"),
    "any origin, and a class that overrides dispatch()": (
        {},
        anybody(Dispatcher.as_view()),
        "DELETE, PATCH, POST, PUT",
    ),
    "any origin, and handlers that close all there is": ({}, marked(ClosedWriter, anybody), ""),
    "any origin, read-only": ({}, marked(Reader, anybody), ""),
    "any origin by a regex, and it writes": (
        {},
        cors_allow(origin_regexes=[".*"])(answer),
        "DELETE, PATCH, POST, PUT",
    ),
    "any origin by a public suffix, and it writes": (
        {},
        cors_allow(origins=["https://*.github.io"])(Writer.as_view()),
        "POST",
    ),
    "any origin with credentials of the settings, and it writes": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
        Writer.as_view(),
        "POST",
    ),
    "any origin, read-only by a decorator": ({}, anybody(require_GET(answer)), ""),
    "any origin, and a function that is offered GET alone": (
        {},
        anybody_may_get(answer),
        "POST",
    ),
    "any origin, and a class that is offered GET alone": (
        {},
        marked(Writer, anybody_may_get),
        "POST",
    ),
    "any origin, offered GET alone, and PUT needs an offer": (
        {},
        marked(Putter, anybody_may_get),
        "",
    ),
    "any origin, every method offered": (
        {},
        cors_allow(origins="*", methods=["*"])(answer),
        "DELETE, PATCH, POST, PUT",
    ),
    "any origin, read-only by what the class serves": ({}, marked(SafeWriter, anybody), ""),
    "any origin, and CSRF protection refuses strangers": (WITH_CSRF, anybody(answer), ""),
    "any origin, and exempt from CSRF protection": (
        WITH_CSRF,
        csrf_exempt(marked(Writer, anybody)),
        "POST",
    ),
    "any origin for the reading handler alone": (
        {},
        type(
            "V",
            (Writer,),
            {"get": anybody(Reader.get), "post": cors_deny(Writer.post)},
        ).as_view(),
        "",
    ),
    "a named origin, and it writes": ({}, cors_allow(origins=[APP])(answer), ""),
    "any origin in the settings, for other URLs": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/api/"},
        Writer.as_view(),
        "",
    ),
}


def is_run_and_read_by_a_stranger(url: str) -> bool:
    """Send what any page can send without asking, and return whether it ran and may be read."""
    client, stranger = Client(enforce_csrf_checks=True), "https://stranger.github.io"
    sent = client.post(f"/{url}", "{}", content_type="text/plain", headers={"Origin": stranger})
    return sent.status_code == 200 and sent.headers.get(ORIGIN) in ("*", stranger)


@pytest.mark.parametrize("name", DEPLOYED)
def test_the_check_and_the_command_judge_alike_who_makes_what_run(name: str) -> None:
    settings, view, expected = DEPLOYED[name]

    with override_settings(**settings), urlconf(path("v/", view)):
        said = [message for message in found(deploy=True) if message.id == "cors_views.W039"]
        before = [message for message in found() if message.id == "cors_views.W039"]
        command = run("cors_policies", "--fail-on=any-origin-unsafe")

        really = is_run_and_read_by_a_stranger("v/")

    # It is a question of production.
    assert before == []
    assert really == ("POST" in expected)
    assert [message.msg.partition(" to ")[0] for message in said] == (
        [f"Any origin may send {expected}"] if expected else []
    )
    assert command.status == (1 if expected else 0)


#: What the hint of W039 says to write, on a view that any origin may post to.
OBEYED: dict[str, Any] = {
    "require_safe": anybody(require_safe(answer)),
    "http_method_names": marked(SafeWriter, anybody),
    "names the origins": cors_allow(origins=[APP])(answer),
}


@pytest.mark.parametrize("name", OBEYED)
def test_what_the_hint_about_any_origin_says_is_enough(name: str) -> None:
    with urlconf(path("v/", OBEYED[name])):
        assert short(found(deploy=True)) == []
        assert not is_run_and_read_by_a_stranger("v/")


def test_any_origin_of_the_settings_is_said_once_for_all_its_routes() -> None:
    routes = [path(f"{number}/", Writer.as_view()) for number in range(9)]
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/api/"}

    with override_settings(**site), urlconf(*routes, path("api/", include(routes))):
        (message,) = found(deploy=True)

    assert message.msg == (
        "Any origin may send POST to /api/0/ and 8 more routes and read the answer; the policy is "
        "from the setting CORS_ALLOW_ALL_ORIGINS."
    )


# name -> (settings, views, id, what the message begins with after its place, the hint)
MESSAGES: dict[str, tuple[dict[str, Any], list[Any], str, str, str]] = {
    "a declaration that CSRF protection does not trust": (
        SITE,
        [of("https://new.example.com")(answer)] * 3,
        "W036",
        (
            rf"The route policy declared at {re.escape(__file__)}:\d+ lets "
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
            rf"The route policy declared at {re.escape(__file__)}:\d+ offers POST without "
            "credentials at /0/ and 1 more route, but CSRF protection refuses every request that "
            "comes without its cookie."
        ),
        (
            'If pages only read, write methods=["GET"] in the policy. If they change something, '
            "allow credentials to named origins, or authenticate them otherwise and write "
            "csrf_exempt."
        ),
    ),
    "a POST that needs no offer": (
        SITE,
        [csrf_exempt(of(APP, methods=["GET"])(Writer.as_view()))],
        "I051",
        (
            rf"The methods from the route policy declared at {re.escape(__file__)}:\d+ leave POST "
            "out, but pages of the admitted origins send it to /0/ and read the answer: browsers "
            "do not ask whether POST is allowed."
        ),
        (
            "Write @cors_deny above post(), so that no page reads its answer. That the request "
            "changes nothing is for authentication and CSRF protection to see to."
        ),
    ),
    "a POST of a function that needs no offer": (
        SITE,
        [csrf_exempt(of(APP, methods=["GET"])(require_http_methods(["POST"])(answer)))],
        "I051",
        ".*",
        (
            "Serve POST from a view of its own, below @cors_deny, so that no page reads its "
            "answer. That the request changes nothing is for authentication and CSRF protection "
            "to see to."
        ),
    ),
    "a port that CSRF protection has no wildcard for": (
        SITE,
        [of("http://localhost:*")(answer)],
        "W036",
        ".*",
        (
            "CSRF_TRUSTED_ORIGINS takes no pattern for ports: list each origin there with the port "
            "that you use, such as 'http://localhost:8080'."
        ),
    ),
    "a port that it has no wildcard for, and an origin": (
        SITE,
        [of("https://new.example.com", "http://localhost:*")(answer)],
        "W036",
        ".*",
        (
            "Add 'https://new.example.com' to CSRF_TRUSTED_ORIGINS. "
            "CSRF_TRUSTED_ORIGINS takes no pattern for ports: list each origin there with the port "
            "that you use, such as 'http://localhost:8080'."
        ),
    ),
    "a regex, which it does not take": (
        SITE,
        [protected(r"https://pr-[0-9]+\.previews\.example\.com")],
        "W036",
        r".* lets 'https://pr-\[0-9\]\+.* send .* to /0/, but CSRF protection will refuse it\.",
        (
            "CSRF_TRUSTED_ORIGINS takes no regular expression: list there each origin that sends "
            r"such requests and that only 'https://pr-[0-9]+\\.previews\\.example\\.com' admits."
        ),
    ),
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
        "The setting CORS_ORIGIN_WHITELIST, at /0/, admits null, which every .*",
        "Drop it. Where anybody may read, admit any origin, without credentials.",
    ),
    "a field that a policy takes from the settings": (
        {**SITE, "CORS_PREFLIGHT_MAX_AGE": 86401},
        [cors_allow(origins=[APP])(answer), cors_allow(origins=[APP])(answer)],
        "W041",
        "max_age = 86401, from the setting CORS_PREFLIGHT_MAX_AGE, is longer than any .*",
        "Write 86400 or less.",
    ),
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
    "any name of a length": (
        {
            "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://\w{12,}\.(com|dev)x?"],
            "CORS_ALLOW_CREDENTIALS": True,
        },
        [csrf_exempt(answer)],
        "W043",
        (
            r"The setting CORS_ALLOWED_ORIGIN_REGEXES, at /0/, has the regular expression "
            r".* which admits strangers such as https://strangerfromelsewhere.com, with "
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
        r"End what stands before the host with a dot: \.",
    ),
    "a look-alike that is too large": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://\w*example\.com(((x{12}){12}){12}){0,12}"]},
        [answer],
        "W043",
        r".* which admits https://strangerexample.com too.",
        r"End what stands before the host with a dot: \.",
    ),
    "a look-alike in the middle": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://my-app-\w+\.vercel\.app:[0-9]+"]},
        [answer],
        "W043",
        r".* which admits https://my-app-stranger.vercel.app:8443 too.",
        "Write out the hosts that are yours.",
    ),
    "cookies, and what they are compared with": (
        stranger(),
        [of(OTHER)(answer)],
        "W035",
        (
            r".* allows credentials to https://other.org, but SESSION_COOKIE_SAMESITE = 'Lax' "
            r"and CSRF_COOKIE_SAMESITE = 'Lax' keep the cookie from requests of other sites than "
            r"those of ALLOWED_HOSTS = \['api.example.com'\]."
        ),
        (
            'Serve both from one site. Where that cannot be: SESSION_COOKIE_SAMESITE = "None" and '
            'SESSION_COOKIE_SECURE = True. CSRF_COOKIE_SAMESITE = "None" and '
            "CSRF_COOKIE_SECURE = True. CSRF protection then stands alone between other sites and "
            "your users' sessions."
        ),
    ),
    "cookies of an app": (
        trusting("capacitor://localhost"),
        [of("capacitor://localhost")(answer)],
        "W035",
        (
            r".* allows credentials to capacitor://localhost, but SESSION_COOKIE_SAMESITE = 'Lax' "
            r"and CSRF_COOKIE_SAMESITE = 'Lax' keep the cookie from it: the pages of an app are at "
            r"no site of the web."
        ),
        (
            "Let the app send a token in the Authorization header, and drop credentials. Where "
            'that cannot be: SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True. '
            'CSRF_COOKIE_SAMESITE = "None" and CSRF_COOKIE_SECURE = True. CSRF protection then '
            "stands alone between other sites and your users' sessions."
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
    routes = [path(f"{index}/", view) for index, view in enumerate(views)]

    with override_settings(**{"ALLOWED_HOSTS": ["*"], **settings}), urlconf(*routes):
        (message,) = (each for each in found() if each.id == f"cors_views.{number}")

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


@pytest.fixture
def _no_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    public_suffix_list.cache_clear()
    yield
    public_suffix_list.cache_clear()


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_the_check_says_what_it_did_not_check() -> None:
    view = of("https://*.github.io", "https://*.com")(answer)

    with override_settings(ALLOWED_HOSTS=["*"]), urlconf(path("v/", view)):
        unchecked, public = found()

    assert (unchecked.id, public.id) in (
        ("cors_views.E038", "cors_views.I038"),
        ("cors_views.I038", "cors_views.E038"),
    )
    by_id = {message.id: message for message in (unchecked, public)}
    assert "https://*.com" in by_id["cors_views.E038"].msg
    assert "https://*.github.io" in by_id["cors_views.I038"].msg
    assert "publicsuffixlist" in by_id["cors_views.I038"].hint


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_two_labels_are_a_site() -> None:
    with override_settings(**SITE), urlconf(path("v/", of(APP)(answer))):
        assert short(found()) == []


def test_every_check_can_be_silenced_the_django_way() -> None:
    view = cors_allow(origins=["null"])(answer)

    with override_settings(SILENCED_SYSTEM_CHECKS=["cors_views.W040"]), urlconf(path("v/", view)):
        assert all(message.is_silenced() for message in found())


def test_a_broken_view_raises_nothing_in_the_checks(caplog: Any) -> None:
    class Strange(View):
        http_method_names = 7  # type: ignore[assignment]

    def strange(request: Any) -> HttpResponse:
        return HttpResponse("strange")

    strange.view_class = Strange  # type: ignore[attr-defined]
    with urlconf(path("v/", strange), path("w/", answer)):
        assert short(found(deploy=True)) == []

    assert "cannot be found, so the settings answer" in caplog.text


class Duck:
    """What Django takes for a pattern because it resolves."""

    pattern = "duck"

    def resolve(self, path: str) -> None:
        return None

    def check(self) -> list[Any]:
        return []


BROKEN: dict[str, Any] = {
    "a string": "x",
    "an empty string": "",
    "nothing": None,
    "a tuple instead of path()": ("v/", answer),
    "something that resolves": Duck(),
    "an include that cannot be read": URLResolver(RoutePattern("x/"), "no.such.module"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_in_urlpatterns_is_left_to_django(name: str) -> None:
    from cors_views.checks.every_check import check_declarations, check_public_views

    with urlconf(BROKEN[name], path("v/", cors_allow(origins=["null"])(answer))):
        assert short(check_declarations()) == ["W040"]
        assert check_public_views() == []


def test_a_site_without_urls() -> None:
    with override_settings(ROOT_URLCONF=None):
        from cors_views.checks.every_check import check_declarations, check_public_views

        assert check_declarations() == check_public_views() == []


def test_the_list_is_read_once_however_many_policies_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = []
    package = SimpleNamespace(PublicSuffixList=lambda: reads.append(1) or PublicSuffixList())
    monkeypatch.setitem(sys.modules, "publicsuffixlist", package)
    public_suffix_list.cache_clear()
    routes = [path(f"{n}/", of(f"https://*.a{n}.example.com")(answer)) for n in range(5)]

    with override_settings(**SITE), urlconf(*routes):
        assert found()

    public_suffix_list.cache_clear()
    assert reads == [1]


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
        "credentials to https://other.org. Nobody can tell whether cookies come along while "
        "ALLOWED_HOSTS is ['*']: they do where this server and the page are at one site, such as "
        "api.example.com and app.example.com; from another site, SESSION_COOKIE_SAMESITE = 'Lax' "
        "keeps them away."
    )
    assert message.hint == (
        "Name the hosts of this server in ALLOWED_HOSTS. Where they are at another site than the "
        'page: SESSION_COOKIE_SAMESITE = "None" and SESSION_COOKIE_SECURE = True. CSRF protection '
        "then stands alone between other sites and your users' sessions."
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
