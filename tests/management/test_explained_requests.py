"""``cors_explain`` enters as a request does, and says what its verdict hangs on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.auth.decorators import login_required, permission_required
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import HttpResponse, HttpResponseRedirect
from django.test.utils import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.http import require_safe

from cors_views import cors_allow, cors_deny
from tests.management.commands import Done, run
from tests.tables import Patterns, urlconf

APP = "https://app.example"
CORS = "cors_views.middleware.CorsMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
SECURITY = "django.middleware.security.SecurityMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
AUTHENTICATION = "django.contrib.auth.middleware.AuthenticationMiddleware"
LOGIN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
LOCALE = "django.middleware.locale.LocaleMiddleware"
HERE = __name__


def answer(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


class Private(LoginRequiredMixin, View):
    def get(self, request: Any) -> HttpResponse:
        return answer(request)


@method_decorator(login_required, name="dispatch")
class Decorated(View):
    def get(self, request: Any) -> HttpResponse:
        return answer(request)


class Handlers(View):
    def get(self, request: Any) -> HttpResponse:
        return answer(request)


class Elsewhere(Private):
    def handle_no_permission(self) -> Any:
        return HttpResponseRedirect("/closed/")


trusting = cors_allow(origins=[APP], credentials=True)
tenant = Patterns([path("tenant/", cors_allow(origins=[APP])(answer))])


def choosing(get_response: Any) -> Any:
    """As django-hosts does: another host has another URLconf."""

    def chosen(request: Any) -> Any:
        if request.get_host() == "tenant.example":
            request.urlconf = tenant
        return get_response(request)

    return chosen


def leaving(get_response: Any) -> Any:
    return lambda request: HttpResponseRedirect("https://storage.example/file\x1b[2J")


def to_the_tenant(get_response: Any) -> Any:
    def redirected(request: Any) -> Any:
        if request.get_host() == "api.example":
            return HttpResponseRedirect("http://tenant.example/public/")
        return get_response(request)

    return redirected


def writing_above(get_response: Any) -> Any:
    def written(request: Any) -> Any:
        response = get_response(request)
        response["Access-Control-Allow-Origin"] = "https://third.example"
        return response

    return written


def with_a_password(get_response: Any) -> Any:
    return lambda request: HttpResponseRedirect("https://me:pw@api.example/open/")


def star(request: Any) -> HttpResponse:
    return HttpResponse(headers={"Access-Control-Allow-Origin": "*"})


def loud(request: Any) -> HttpResponse:
    return HttpResponse(headers={"Access-Control-Allow-Origin": "https://a\x1b[2J.example"})


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    views = [
        path("open/", trusting(answer), name="open"),
        path("public/", cors_allow(origins="*")(answer)),
        path("closed/", cors_deny(answer)),
        path("free/", answer),
        path("loud/", loud),
        path("star/", star),
        path(
            "near/", cors_allow(origins=["http://app.example", "https://app.example:8443"])(answer)
        ),
        path("local/", cors_allow(origins=["http://localhost:3000"])(answer)),
        path("bare/", cors_allow(origins=["https://example.com"])(answer)),
        path("private/", trusting(login_required(answer))),
        path("inside/", login_required(trusting(answer))),
        path("member/", cors_allow(origins=[APP])(login_required(answer))),
        path("handlers/", Handlers.as_view()),
        path("mixin/", trusting(Private.as_view())),
        path("elsewhere/", trusting(Elsewhere.as_view())),
        path("decorated/", trusting(Decorated.as_view())),
        path("permitted/", trusting(permission_required("a.b", raise_exception=True)(answer))),
        path("safe/", trusting(require_safe(answer))),
        path("accounts/login/", answer),
        path("purge/", cors_allow(origins=[APP], methods=["PURGE"])(answer)),
        path("below/", cors_allow(origins=["https://*.example.com"])(answer)),
    ]
    with override_settings(ALLOWED_HOSTS=["api.example", "tenant.example"]), urlconf(*views):
        yield


def explain(arguments: str) -> Done:
    return run("cors_explain", *arguments.split())


class Case(NamedTuple):
    """A call, the settings, and what is said of it; a line that begins with "!" is not said."""

    arguments: str
    status: int
    lines: list[str]
    settings: dict[str, Any] = {}


WITH_SESSIONS = {"MIDDLEWARE": [CORS, SESSION, CSRF, AUTHENTICATION]}
LOGGED_OUT = "Refused, ORIGIN_NOT_ADMITTED"
LOG_IN = "Change the page: log in first and ask with credentials: 'include'; "
AT_HOME = "the page is at another site, and SESSION_COOKIE_SAMESITE = 'Lax'"
NO_SETTING = "!CORS_ALLOWED_ORIGINS"
#: Sessions whose cookie goes along from a page at any site.
TRAVELLING = {
    **WITH_SESSIONS,
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "SESSION_COOKIE_SAMESITE": "None",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SAMESITE": "None",
    "CSRF_COOKIE_SECURE": True,
}
SAME_SITE = {"MIDDLEWARE": [CORS, SESSION, AUTHENTICATION, LOGIN]}

CASES = {
    # --- As a request enters ---
    "the middleware chooses the URLconf": Case(
        f"{APP} GET http://tenant.example/tenant/",
        0,
        ["at the route /tenant/.", "The page may read the answer."],
        {"MIDDLEWARE": [f"{HERE}.choosing", CORS]},
    ),
    "for a preflight, too": Case(
        f"{APP} PUT http://tenant.example/tenant/",
        0,
        ["at the route /tenant/."],
        {"MIDDLEWARE": [f"{HERE}.choosing", CORS]},
    ),
    "below the script name": Case(
        f"{APP} GET http://api.example/app/open/",
        0,
        ["> GET /app/open/", "at the route /open/."],
        {"FORCE_SCRIPT_NAME": "/app"},
    ),
    "a path without the script name": Case(
        f"{APP} GET /open/",
        0,
        ["fetches GET http://api.example/app/open/"],
        {"FORCE_SCRIPT_NAME": "/app/"},
    ),
    "a slash that is missing below the script name": Case(
        f"{APP} GET /app/open",
        0,
        ["< Location: /app/open/", "may read the answer of http://api.example/app/open/"],
        {"FORCE_SCRIPT_NAME": "/app", "MIDDLEWARE": [CORS, COMMON]},
    ),
    # --- What no view answers ---
    "a URL that nothing matches": Case(
        f"{APP} GET /nope/",
        1,
        [
            "No URL pattern matches /nope/.",
            "< 404",
            "Change the page: ask for a URL of the site",
            "Or settings: add 'https://app.example' to CORS_ALLOWED_ORIGINS. Every URL without a",
        ],
    ),
    "a 404 that the settings open": Case(
        f"{APP} GET /nope/",
        0,
        ["No URL pattern matches /nope/.", "The page may read the answer, which is a 404."],
        {"CORS_ALLOWED_ORIGINS": [APP]},
    ),
    "a 404 below a former regex": Case(
        f"{APP} GET /api/nope/",
        1,
        ["No URL pattern matches /api/nope/.", "Refused, NO_POLICY"],
        {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/v1/"},
    ),
    "a static file": Case(
        f"{APP} GET /static/font.woff2",
        1,
        ["No URL pattern matches /static/font.woff2.", "Note: runserver serves files below"],
    ),
    # --- What was assumed ---
    "a view that was not run": Case(f"{APP} GET /open/", 0, ["Assumed: the view answers 200."]),
    "a view that was run": Case(f"{APP} GET /open/ --run", 0, ["!Assumed"]),
    "a page that was refused": Case(f"{APP} GET /closed/", 1, ["!Assumed"]),
    "a method that a function does not serve": Case(
        f"{APP} POST /safe/",
        0,
        [
            "< 405 (assumed: the view is not run)",
            "The page may read the answer, which is a 405.",
            "Assumed: the view answers 405. It serves no POST, but GET, HEAD.",
            "!answers 200",
            "!CSRF",
        ],
        {"MIDDLEWARE": [CORS, CSRF]},
    ),
    "a method that it serves": Case(f"{APP} HEAD /safe/", 0, ["Assumed: the view answers 200."]),
    "a method that a class does not serve": Case(
        f"{APP} DELETE http://api.example/handlers/",
        0,
        ["which is a 405.", "It serves no DELETE, but GET, HEAD, OPTIONS."],
        {"CORS_ALLOWED_ORIGINS": [APP]},
    ),
    # --- What others write and answer ---
    "a redirect to the slash from above the middleware": Case(
        f"{APP} GET /open",
        1,
        [
            f"Change MIDDLEWARE: put '{CORS}' first; something above it answers with a redirect",
            "Or the page: ask for /open/ itself.",
            "!CORS_URLS_REGEX",
            "!nothing is declared",
            "!cors_allow",
        ],
        {"MIDDLEWARE": [COMMON, CORS]},
    ),
    "the same, with the middleware first": Case(
        f"{APP} GET /open", 0, [], {"MIDDLEWARE": [CORS, COMMON]}
    ),
    "a redirect from above, for a page that no policy admits": Case(
        "https://new.example GET /open",
        1,
        ["Refused, ORIGIN_NOT_ADMITTED", "'https://new.example'"],
        {"MIDDLEWARE": [COMMON, CORS]},
    ),
    "a header that is overwritten above": Case(
        f"{APP} GET /open/",
        1,
        [
            "Refused, WRONG_ALLOW_ORIGIN",
            f"Change MIDDLEWARE: put '{CORS}' first; something above it changes the CORS headers.",
            "!cors_allow",
        ],
        {"MIDDLEWARE": [f"{HERE}.writing_above", CORS]},
    ),
    "a header that is written above a denial": Case(
        f"{APP} GET /closed/",
        1,
        [f"Change MIDDLEWARE: put '{CORS}' first; something above it writes Access-Control-Allow-"],
        {"MIDDLEWARE": [f"{HERE}.writing_above", CORS]},
    ),
    "a header written by hand": Case(
        f"{APP} GET /star/ --run",
        0,
        [
            "Decided by: a header written by hand; no policy admits the page.",
            "!CORS_* settings",
        ],
    ),
    "a header written by hand, and credentials": Case(
        f"{APP} GET /star/ --run --credentials",
        1,
        [
            "(CorsPolicy(origins=['https://app.example'], credentials=True), CorsPolicy(",
            "CorsPolicy(origins='*', methods=['GET'], headers=[])) above it. ",
            "It replaces what the view writes by hand.",
            "Or the page: ask without credentials",
            "!Or settings",
        ],
    ),
    "which URL it is that the settings decide for": Case(
        f"{APP} GET /private/",
        1,
        ["Decided for http://api.example/accounts/login/?next=/private/ by: the CORS_* sett"],
        WITH_SESSIONS,
    ),
    # --- Slashes ---
    "a slash that is missing in a POST": Case(
        f"{APP} POST /open",
        0,
        [
            "which is a 500.",
            "Note: ask for /open/. Without the slash no URL pattern matches: Django refuses a ",
            "a POST there while DEBUG is on, and redirects it otherwise.",
            "!CSRF",
        ],
        {"MIDDLEWARE": [CORS, COMMON, CSRF], "DEBUG": True},
    ),
    "a slash that is missing in a POST, in production": Case(
        f"{APP} POST /open",
        0,
        [
            "Note: the redirect made a GET of the POST. If you do not mean that, ask for /open/ ",
            "!Without the slash",
        ],
        {"MIDDLEWARE": [CORS, COMMON, CSRF]},
    ),
    "a slash that is missing in a preflight": Case(
        "https://new.example PUT /open",
        1,
        ["Note: ask for /open/. Without the slash no URL pattern matches.\n"],
        {"MIDDLEWARE": [CORS, COMMON]},
    ),
    "a slash that is missing in a GET": Case(
        f"{APP} GET /open",
        0,
        ["of http://api.example/open/, where it was redirected to.", "!Note: ask for"],
        {"MIDDLEWARE": [CORS, COMMON]},
    ),
    "a login, by a decorator": Case(
        f"{APP} GET /private/",
        1,
        [LOGGED_OUT, LOG_IN, "(login_required)", NO_SETTING],
        WITH_SESSIONS,
    ),
    "a login, by a decorator outside of ours": Case(
        f"{APP} GET /inside/", 1, [LOG_IN, NO_SETTING], WITH_SESSIONS
    ),
    "a login, by a decorator on dispatch": Case(
        f"{APP} GET /decorated/", 1, [LOG_IN, NO_SETTING], WITH_SESSIONS
    ),
    "a login, by a mixin": Case(
        f"{APP} GET /mixin/", 1, [LOG_IN, "(LoginRequiredMixin)", NO_SETTING], WITH_SESSIONS
    ),
    "a login, by the middleware": Case(
        f"{APP} GET /open/", 1, [LOG_IN, "(LoginRequiredMiddleware)", NO_SETTING], SAME_SITE
    ),
    "a login, under CORS_OPT_IN": Case(
        f"{APP} GET /private/",
        1,
        ["Refused, NO_POLICY", LOG_IN, NO_SETTING],
        {**WITH_SESSIONS, "CORS_OPT_IN": True},
    ),
    "no login, where a view would not look who is there": Case(
        f"{APP} GET /open/", 0, ["< Vary: origin\n", "!Cookie"], WITH_SESSIONS
    ),
    "a 403 instead of a login": Case(f"{APP} GET /permitted/", 0, ["!login"], WITH_SESSIONS),
    "a login that the policy of the view is not for": Case(
        "https://new.example GET https://api.example/private/ --credentials",
        1,
        ["Refused, ORIGIN_NOT_ADMITTED", "'https://new.example'], credentials=True", "!log in"],
        TRAVELLING,
    ),
    "a login that the policy of the view is not for, without a cookie": Case(
        "https://new.example GET /private/",
        1,
        ["< 302", "CorsPolicy(origins=['https://new.example'])", "!log in"],
        WITH_SESSIONS,
    ),
    "a login, asked for with credentials that the policy refuses": Case(
        f"{APP} GET /member/ --credentials",
        1,
        [
            "Refused, CREDENTIALS_NOT_ALLOWED",
            "origins=['https://app.example'], credentials=True",
            "!log in",
        ],
        WITH_SESSIONS,
    ),
    "a login that needs credentials, which the policy refuses": Case(
        f"{APP} GET https://api.example/member/",
        1,
        [
            LOG_IN,
            "The policy has to allow that, too: ",
            "credentials=True",
            "!sends no session cookie",
        ],
        TRAVELLING,
    ),
    "a login, and a policy that allows it": Case(
        f"{APP} GET https://api.example/private/",
        1,
        [LOG_IN, "!The policy has to", "!sends no session cookie"],
        TRAVELLING,
    ),
    "that login, done": Case(
        f"{APP} GET https://api.example/private/ --credentials", 0, ["!< 302"], TRAVELLING
    ),
    "a login whose cookie stays at home": Case(
        f"{APP} GET https://api.example/private/",
        1,
        [
            LOG_IN,
            f"From this page the browser sends no session cookie: {AT_HOME}. Serve both from one ",
            "settings, SESSION_COOKIE_SAMESITE = 'None' and SESSION_COOKIE_SECURE = True.",
        ],
        WITH_SESSIONS,
    ),
    "a login with credentials whose cookie stays at home": Case(
        f"{APP} GET https://api.example/private/ --credentials",
        1,
        [
            f"Change the page, or the session cookie: the browser does not send it ({AT_HOME})",
            "Serve both from one site.",
            "!log in first",
        ],
        WITH_SESSIONS,
    ),
    "a login by http, whose cookie is Secure": Case(
        "http://app.api.example GET http://api.example/open/ --credentials",
        1,
        [
            "the browser does not send it (SESSION_COOKIE_SECURE = True, and the URL is http)",
            "(LoginRequiredMiddleware). Ask for it by https.\n",
        ],
        {
            **SAME_SITE,
            "SESSION_COOKIE_SECURE": True,
            "CORS_ALLOWED_ORIGINS": ["http://app.api.example"],
            "CORS_ALLOW_CREDENTIALS": True,
            "ROOT_URLCONF": Patterns([path("open/", answer)]),
            "LOGIN_URL": "https://login.example/",
        },
    ),
    "a login at another server": Case(
        f"{APP} GET https://api.example/private/",
        1,
        ["Not known, REDIRECT_REFUSED: only https://login.example can tell", LOG_IN],
        {**TRAVELLING, "LOGIN_URL": "https://login.example/"},
    ),
    "a login that a view makes which is run": Case(
        f"{APP} GET https://api.example/private/ --run",
        1,
        ["< 302", LOG_IN, "(login_required)", NO_SETTING],
        TRAVELLING,
    ),
    "a view that is run, without the cookies that --run does not send": Case(
        f"{APP} GET https://api.example/private/ --run --credentials",
        1,
        ["Change nothing yet: --run sends no cookies", NO_SETTING, "!log in first"],
        TRAVELLING,
    ),
    "a view that is run, and redirects elsewhere": Case(
        f"{APP} GET https://api.example/elsewhere/ --run",
        1,
        ["< 302", "Refused, DENIED", "instead of cors_deny.", "!log in"],
        TRAVELLING,
    ),
    "a login page that the settings open": Case(
        f"{APP} GET https://api.example/private/",
        0,
        ["may read the answer of https://api.example/accounts/login/", "!with credentials:"],
        {**TRAVELLING, "CORS_ALLOWED_ORIGINS": [APP]},
    ),
    "a login page that the settings open, of a view without credentials": Case(
        f"{APP} GET https://api.example/member/",
        0,
        ['with credentials: "include" the page could not read it: the policy does not allow'],
        {**TRAVELLING, "CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_CREDENTIALS": True},
    ),
    "a login page that the settings open, and a cookie that stays at home": Case(
        f"{APP} GET https://api.example/private/",
        0,
        ['with credentials: "include" the page could not read it: the policy does not allow'],
        {**WITH_SESSIONS, "CORS_ALLOWED_ORIGINS": [APP]},
    ),
    "a visitor who counts as logged in": Case(
        "https://app.api.example GET https://api.example/free/ --credentials",
        0,
        ["Assumed: the visitor is logged in; LoginRequiredMiddleware redirects everybody else."],
        {
            **SAME_SITE,
            "CORS_ALLOWED_ORIGINS": ["https://app.api.example"],
            "CORS_ALLOW_CREDENTIALS": True,
        },
    ),
    "a visitor whose session stays at home": Case(
        f"{APP} GET https://api.example/private/ --credentials",
        1,
        ["Note: The browser sends no session cookie: the page is at another site, and "],
        {**WITH_SESSIONS, "ALLOWED_HOSTS": ["api.example"]},
    ),
    # --- Cookies ---
    "localhost and 127.0.0.1 are two sites": Case(
        "http://localhost:3000 GET http://127.0.0.1:8000/local/ --credentials",
        1,
        ["The browser sends no session cookie: the page is at another site"],
        {**WITH_SESSIONS, "ALLOWED_HOSTS": ["127.0.0.1"]},
    ),
    "two ports of localhost are one": Case(
        "http://localhost:3000 GET http://localhost:8000/local/ --credentials",
        1,
        ["!browser sends no session cookie"],
        {**WITH_SESSIONS, "ALLOWED_HOSTS": ["localhost"]},
    ),
    "SameSite=None without Secure": Case(
        f"{APP} GET https://api.example/open/ --credentials",
        0,
        [
            "The browser sends no session cookie",
            "SESSION_COOKIE_SAMESITE = 'None' counts only with SESSION_COOKIE_SECURE",
        ],
        {**WITH_SESSIONS, "SESSION_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SAMESITE": "None"},
    ),
    "Secure over http": Case(
        "http://app.api.example GET http://api.example/public/",
        0,
        ["!browser sends no session cookie"],
        {**WITH_SESSIONS, "SESSION_COOKIE_SECURE": True},
    ),
    "Secure over http, with credentials": Case(
        f"{APP} GET http://api.example/open/ --credentials",
        0,
        ["The browser sends no session cookie: SESSION_COOKIE_SECURE = True, and the URL is http."],
        {**WITH_SESSIONS, "SESSION_COOKIE_SECURE": True},
    ),
    "no sessions, no word of them": Case(
        f"{APP} GET https://api.example/open/ --credentials",
        0,
        ["!browser sends no session cookie"],
    ),
    # --- What would differ ---
    "a public policy": Case(
        f"{APP} GET /public/",
        0,
        ['Note: with credentials: "include" the page could not read it: browsers refuse'],
    ),
    "a public policy, behind the page's own server": Case(
        "http://api.example GET http://api.example/open/",
        0,
        ['Note: with credentials: "include" the page could not read it: browsers refuse'],
        {"MIDDLEWARE": [CORS, f"{HERE}.to_the_tenant"]},
    ),
    "a policy without credentials": Case(
        "http://localhost:3000 GET /local/",
        0,
        ['Note: with credentials: "include" the page could not read it: the policy does not'],
    ),
    "a policy with credentials": Case(f"{APP} GET /open/", 0, ["!with credentials:"]),
    "a preflight that a browser kept": Case(
        f"{APP} PUT /closed/",
        1,
        ["Note: a browser that was allowed this before caches that answer for up to 86400 seconds"],
    ),
    "nothing is kept": Case(
        f"{APP} PUT /closed/", 1, ["!was allowed this before"], {"CORS_PREFLIGHT_MAX_AGE": 0}
    ),
    "a simple request, which is not kept": Case(f"{APP} GET /closed/", 1, ["!allowed this before"]),
    # --- Redirects ---
    "https, from elsewhere: Origin null": Case(
        f"{APP} GET http://api.example/open/",
        1,
        [
            "> Origin: null",
            "Change the page: ask for https://api.example/open/ directly",
            "its Origin is 'null'",
            "!add",
        ],
        {
            "MIDDLEWARE": [CORS, SECURITY],
            "SECURE_SSL_REDIRECT": True,
            "CORS_ALLOW_ALL_ORIGINS": True,
        },
    ),
    "https, by what stands above": Case(
        f"{APP} GET http://api.example/open/",
        1,
        ["Change the page: ask for https://api.example/open/; the redirect comes from above"],
        {"MIDDLEWARE": [SECURITY, CORS], "SECURE_SSL_REDIRECT": True},
    ),
    "to a host that is not the site's": Case(
        f"{APP} GET /open/",
        1,
        ["Not known, REDIRECT_REFUSED: only https://storage.example can tell", "!Refused", "!\x1b"],
        {"MIDDLEWARE": [CORS, f"{HERE}.leaving"]},
    ),
    "to a URL with a password": Case(
        f"{APP} GET /open/",
        1,
        ["Refused, REDIRECT_REFUSED", "Change the page: ask for a URL that does not redirect to"],
        {"MIDDLEWARE": [CORS, f"{HERE}.with_a_password"]},
    ),
    # --- What the page does wrong ---
    "a method of the site's own": Case(f"{APP} PURGE /purge/", 0, ["> PURGE /purge/"]),
    "a response header that is sent": Case(
        f"{APP} GET /open/ -H Access-Control-Allow-Origin:*",
        1,
        ["Change the page: leave out access-control-allow-origin: that is what the site answers"],
    ),
    "a header that is not allowed": Case(
        f"{APP} POST /open/ -H Content-Type -H baggage",
        1,
        ["headers=[*default_headers, 'baggage']", "default_headers is in cors_views.defaults."],
    ),
    "a header, and headers that the settings name": Case(
        f"{APP} POST /open/ -H Content-Type -H baggage",
        1,
        ["headers=['content-type', 'baggage']"],
        {"CORS_ALLOW_HEADERS": ["content-type"]},
    ),
    # --- Near misses ---
    "another scheme, another port": Case(
        f"{APP} GET /near/",
        1,
        [
            "The policy admits 'http://app.example' (the scheme is http, not https) and 'https://app.",
            "'https://app.example:8443' (the port is 8443, not the default one).",
        ],
    ),
    "localhost for 127.0.0.1": Case(
        "http://127.0.0.1:3000 GET /local/",
        1,
        [
            "The policy admits 'http://localhost:3000' (to a browser localhost and 127.0.0.1 are",
        ],
    ),
    "localhost for an address of IPv6": Case(
        "http://[::1]:3000 GET /local/",
        1,
        ["The policy admits 'http://localhost:3000' (to a browser localhost and [::1] are"],
    ),
    "www": Case(
        "https://www.example.com GET /bare/",
        1,
        ["The policy admits 'https://example.com' (without www.)."],
    ),
    "the host of a pattern": Case(
        "https://example.com GET /below/",
        1,
        ["The policy admits 'https://*.example.com' (*.example.com matches only subdomains)."],
    ),
    "nothing alike": Case(f"{APP} GET /bare/", 1, ["!Admitted is"]),
    # --- What comes from a response ---
    "an escape sequence of a view": Case(f"{APP} GET /loud/ --run", 1, ["!\x1b", "\\x1b[2J"]),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_said(name: str) -> None:
    case = CASES[name]

    with override_settings(**case.settings):
        done = explain(case.arguments)

    for line in case.lines:
        if line.startswith("!"):
            assert line[1:] not in done.out
        else:
            assert line in done.out
    assert (done.status, done.err) == (case.status, "")


@pytest.mark.parametrize(
    ("url", "status", "said"),
    [
        pytest.param("/de/open/", 0, "at the route /de/open/.", id="a language"),
        pytest.param("/open/", 1, "No URL pattern matches /open/.", id="a redirect to a language"),
    ],
)
def test_languages(url: str, status: int, said: str) -> None:
    site = {
        "MIDDLEWARE": [CORS, LOCALE],
        "LANGUAGES": [("en", "English"), ("de", "German")],
        "USE_I18N": True,
        "LANGUAGE_CODE": "de",
    }
    with override_settings(**site), urlconf(*i18n_patterns(path("open/", trusting(answer)))):
        done = explain(f"{APP} GET {url}")

    assert said in done.out
    assert ("< 302" in done.out) is (status == 1)
    assert (done.status, done.err) == (status, "")


@pytest.mark.parametrize("method", ["GET", "PUT"])
def test_that_the_url_of_the_language_is_named(method: str) -> None:
    site = {
        "MIDDLEWARE": [CORS, LOCALE],
        "LANGUAGES": [("en", "English"), ("de", "German")],
        "USE_I18N": True,
        "LANGUAGE_CODE": "de",
    }
    with override_settings(**site), urlconf(*i18n_patterns(path("open/", trusting(answer)))):
        refused, obeyed = (explain(f"{APP} {method} {url}") for url in ("/open/", "/de/open/"))

    told = "ask for /de/open/; /open/ matches no URL pattern, and redirects there."
    advised = [line for line in refused.out.splitlines() if line.startswith(("Change", "Or "))]
    # No setting: it would open every URL.
    assert advised == [f"Change the page: {told}"]
    assert (refused.status, obeyed.status) == (1, 0)


def test_a_preflight_of_two_views_in_two_languages() -> None:
    site: dict[str, Any] = {
        "LANGUAGES": [("en", "English"), ("de", "German")],
        "LANGUAGE_CODE": "en",
        "USE_I18N": True,
    }
    routes = [
        *i18n_patterns(path("open/", trusting(answer))),
        path("<slug:shop>/open/", cors_deny(answer)),
    ]
    with urlconf(*routes):
        with override_settings(**site, MIDDLEWARE=[CORS]):
            refused = explain(f"{APP} PUT /de/open/")
        with override_settings(**site, MIDDLEWARE=[CORS, LOCALE]):
            obeyed = explain(f"{APP} PUT /de/open/")

    assert "different views in different languages, without LocaleMiddleware; let " in refused.out
    assert (refused.status, obeyed.status) == (1, 0)
