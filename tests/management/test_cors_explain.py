"""``manage.py cors_explain``: what a browser does, what comes of it, and what to change."""

# ruff: noqa: E501 the lines are those that are printed

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.signals import request_finished
from django.db import connections
from django.http import HttpResponse, HttpResponseRedirect
from django.test.utils import override_settings
from django.urls import URLPattern
from django.urls.resolvers import RoutePattern

from cors_views.protocol.reasons import Reason
from cors_views.responses import refusal_log
from cors_views.signals import check_request_enabled
from tests.management.commands import ROOT, Done, run, run_in_shop, run_in_shop_terminal
from tests.tables import Sender, Spy, urlconf

APP = "https://app.example"
OTHER = "https://other.example"
CORS = "cors_views.middleware.CorsMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"

spy = Spy()

# A file of its own, whose lines do not move when a test is written.
SOURCE = """\
from django.http import HttpResponse, StreamingHttpResponse
from django.urls import path
from django.views import View
from django.views.generic import RedirectView
from cors_views.declarations.attributes import DeclaresCors
from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include

def answer(request, **kwargs):
    spy.note(request.method)
    return HttpResponse("answer", headers={"X-Extra": "1"})

@cors_allow(origins=["https://app.example"], credentials=True)
class Orders(View):
    def get(self, request):
        return answer(request)

    @cors_allow(max_age=0)
    def post(self, request):
        return answer(request)

    # Called, because before Python 3.11 a bare decorator stands at the line of what it decorates.
    @cors_deny()
    def delete(self, request):
        return answer(request)

@cors_deny()
class Closed(View):
    def get(self, request):
        return answer(request)

def by_hand(request):
    return HttpResponse(headers={"Access-Control-Allow-Origin": "https://third.example"})

def is_tenant(request, origin):
    return origin == "https://app.example"

def unsure(request, origin):
    raise RuntimeError("who knows")

def fails(request):
    raise RuntimeError("the view failed")

class Held:
    def __iter__(self):
        return iter([b"part"])

    def close(self):
        spy.note("closed")

def stream(request):
    return StreamingHttpResponse(Held())

@cors_allow(origins=["https://app.example"], credentials=True)
class Plain(View):
    @cors_allow(credentials=False)
    def get(self, request):
        return answer(request)

@cors_allow(origins=["https://app.example"])
class Odd:
    # What makes no sense is closed where something is declared.
    view_class, initkwargs = View, 5

    def __call__(self, request):
        return answer(request)

class Attributes(DeclaresCors, View):
    cors_policy = CorsPolicy(origins=["https://app.example"])
    cors_action_policies = {"get": cors_deny}

    def get(self, request):
        return answer(request)

    def put(self, request):
        return answer(request)

class AllClosed(Attributes):
    cors_policy = cors_deny

urlpatterns = [
    path("orders/", Orders.as_view()),
    path("closed/", Closed.as_view()),
    path("public/", cors_allow("public")(answer)),
    path("partners/", cors_allow("partners", methods=["GET"], headers=["X-Key"])(answer)),
    path("star/", cors_allow(origins=["https://app.example"], headers=["*"])(answer)),
    path("asked/", cors_allow(origins=[is_tenant])(answer)),
    path("unsure/", cors_allow(origins=[unsure])(answer)),
    path("unasked/", cors_allow(origins=["https://app.example", is_tenant])(answer)),
    path("odd/", Odd()),
    path("free/", answer),
    path("hand/", by_hand),
    path("fails/", cors_allow(origins=["https://app.example"])(fails)),
    path("stream/", stream),
    path("two/", cors_allow(CorsPolicy(origins=["https://b.example"]), "partners")(answer)),
    path("plain/", Plain.as_view()),
    path("shut/", cors_include([path("", answer)], policy=cors_deny)),
    path("attributes/", Attributes.as_view()),
    path("attributes/closed/", AllClosed.as_view()),
    path("others/", cors_include([path("", RedirectView.as_view(url="/"))], policy=cors_deny)),
    path("packages/", RedirectView.as_view(url="/")),
    path("in/", cors_include([path("<int:number>/", answer)], policy="public")),
]
"""


def at(text: str) -> str:
    """Return the place of the first line of the file that holds a text."""
    lines = SOURCE.splitlines()
    return f"views.py:{next(number for number, line in enumerate(lines, 1) if text in line)}"


ORDERS, POST, DELETE = at("credentials=True"), at("max_age=0"), at("    @cors_deny")
OTHERS, ATTRIBUTES, ALL_CLOSED = at('"others/'), at("class Attributes"), at("class AllClosed")
PUBLIC, SHUT, TWO = at('"public/'), at('"shut/'), at('"two/')
# Its decorator stands above it.
CLOSED = f"views.py:{int(at('class Closed').partition(':')[2]) - 1}"
PLAIN, STAR, ASKED, PARTNERS = at("=False"), at('"star/'), at('"asked/'), at('"partners/')


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    spy.calls.clear()
    names: dict[str, Any] = {"__name__": "views", "spy": spy}
    exec(compile(SOURCE, str(ROOT / "views.py"), "exec"), names)
    with override_settings(ALLOWED_HOSTS=["api.example"]), urlconf(*names["urlpatterns"]):
        yield


def explain(arguments: str, **options: Any) -> Done:
    return run("cors_explain", *arguments.split(), **options)


#: The settings that leave out whatever is outside of /api/.
ELSEWHERE = {"CORS_URLS_REGEX": "^/api/"}
SSL = {
    "MIDDLEWARE": ["django.middleware.security.SecurityMiddleware", CORS],
    "SECURE_SSL_REDIRECT": True,
}

#: name -> (settings, arguments, the reason, where to change what)
REFUSED: dict[str, tuple[dict[str, Any], str, Reason, list[str]]] = {
    "a handler that is closed": (
        {},
        f"{APP} DELETE /orders/ --credentials",
        Reason.DENIED,
        [
            f"Change {DELETE}: write @cors_allow(origins=['https://app.example'], credentials=True) instead of cors_deny."
        ],
    ),
    "a class that is closed": (
        {},
        f"{APP} GET /closed/",
        Reason.DENIED,
        [
            f"Change {CLOSED}: write @cors_allow(origins=['https://app.example']) instead of cors_deny."
        ],
    ),
    "an include that is closed": (
        {},
        f"{APP} GET /shut/",
        Reason.DENIED,
        [
            f"Change {SHUT}: write cors_include(..., origins=['https://app.example']) instead of cors_deny. That is also for POST, PUT, PATCH, DELETE of the view."
        ],
    ),
    "an include that is closed, of a package's views": (
        {},
        f"{APP} GET /others/",
        Reason.DENIED,
        [
            f"Change {OTHERS}: write cors_include(..., origins=['https://app.example']) instead of cors_deny. That is also for POST, PUT, PATCH, DELETE of the view."
        ],
    ),
    "an action that is closed by its attribute": (
        {},
        f"{APP} GET /attributes/",
        Reason.DENIED,
        [
            "Change views.Attributes: write a subclass of it for /attributes/ alone, with @method_decorator(cors_allow(origins=['https://app.example']), name='get') above it."
        ],
    ),
    "a class that is closed by its attribute": (
        {},
        f"{APP} PUT /attributes/closed/",
        Reason.DENIED,
        [
            f"Change {ALL_CLOSED}, cors_policy of AllClosed: write CorsPolicy(origins=['https://app.example']) instead of cors_deny."
        ],
    ),
    "a stranger, at a class with an attribute": (
        {},
        f"{OTHER} PUT /attributes/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            f"Change {ATTRIBUTES}, cors_policy of Attributes: add 'https://other.example' to origins."
        ],
    ),
    "a regex that matches only the beginning": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": ["^https://app\\."]},
        f"{APP} GET /free/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            "The policy admits what r'^https://app\\.' matches completely (here it matches only the beginning).",
            "Change the URLconf: write cors_allow(origins=['https://app.example'], origin_regexes=['^https://app\\\\.'])(...) around the view of /free/. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or settings: add 'https://app.example' to CORS_ALLOWED_ORIGINS. That is for 4 routes.",
        ],
    ),
    "a view that nobody understands": (
        {},
        f"{APP} GET /odd/",
        Reason.DENIED,
        ["Change views.Odd: <URLPattern 'odd/'>, which cannot be understood; the log says why."],
    ),
    "a view that is not opted in": (
        {"CORS_OPT_IN": True, "CORS_ALLOWED_ORIGINS": [APP]},
        f"{APP} GET /free/",
        Reason.NO_POLICY,
        [
            "Change the URLconf: write cors_allow(origins=['https://app.example'])(...) around the view of /free/. That is also for POST, PUT, PATCH, DELETE of the view. CORS_OPT_IN is on, and nothing is declared for the view. A bare cors_allow applies the CORS_* settings to it instead."
        ],
    ),
    "a package's view that is not opted in": (
        {"CORS_OPT_IN": True},
        f"{APP} GET /packages/",
        Reason.NO_POLICY,
        [
            "Change the URLconf: write cors_allow(origins=['https://app.example'], methods=['GET'])(...) around the view of /packages/. That is also for POST of the view. CORS_OPT_IN is on, and nothing is declared for the view."
        ],
    ),
    "a URL that the settings leave out": (
        {**ELSEWHERE, "CORS_ALLOWED_ORIGINS": [APP]},
        f"{APP} PUT /free/",
        Reason.NO_POLICY,
        [
            "Change the URLconf: write cors_allow(origins=['https://app.example'])(...) around the view of /free/. That is also for GET, POST, PATCH, DELETE of the view. CORS_URLS_REGEX does not match the URL, and nothing is declared for the view."
        ],
    ),
    "no middleware": (
        {"MIDDLEWARE": []},
        f"{APP} GET /public/",
        Reason.NO_POLICY,
        ["Change MIDDLEWARE: put 'cors_views.middleware.CorsMiddleware' first; it is not there."],
    ),
    "something above the middleware": (
        {"MIDDLEWARE": [f"{__name__}.refusing", CORS]},
        f"{APP} GET /public/",
        Reason.NO_POLICY,
        [
            "Change MIDDLEWARE: put 'cors_views.middleware.CorsMiddleware' first; something above it answers by itself."
        ],
    ),
    "something above it, and a preflight": (
        {"MIDDLEWARE": [f"{__name__}.refusing", CORS]},
        f"{APP} PUT /public/",
        Reason.PREFLIGHT_FAILED,
        [
            "Change MIDDLEWARE: put 'cors_views.middleware.CorsMiddleware' first; something above it answers by itself."
        ],
    ),
    "a preflight that is redirected": (
        SSL,
        f"{APP} PUT http://api.example/public/",
        Reason.PREFLIGHT_FAILED,
        [
            "Change the page: ask for https://api.example/public/; a preflight may not be redirected."
        ],
    ),
    "a stranger, at a view that declares nothing": (
        {},
        f"{APP} GET /free/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            "Change the URLconf: write cors_allow(origins=['https://app.example'])(...) around the view of /free/. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or settings: add 'https://app.example' to CORS_ALLOWED_ORIGINS. That is for 4 routes.",
        ],
    ),
    "a stranger, and the older name of a setting": (
        {"CORS_ORIGIN_WHITELIST": [OTHER]},
        f"{APP} GET /free/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            "Change the URLconf: write cors_allow(origins=['https://other.example', 'https://app.example'])(...) around the view of /free/. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or settings: add 'https://app.example' to CORS_ORIGIN_WHITELIST. That is for 4 routes.",
        ],
    ),
    "a stranger, at a view that declares something": (
        {},
        f"{OTHER} POST /orders/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            f"Change {POST}: write @cors_allow(CorsPolicy(origins=['https://app.example'], credentials=True, max_age=0), CorsPolicy(origins=['https://other.example'], max_age=0)) instead.",
            f"Or {ORDERS}: add 'https://other.example' to origins. That is for 1 route.",
        ],
    ),
    "a stranger, under a policy with a name": (
        {},
        f"{APP} GET /partners/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            f"Change {PARTNERS}: write @cors_allow(origins=['https://other.example', 'https://app.example'], methods=['GET'], headers=['x-key']) instead. That is also for POST of the view.",
            "Or settings, CORS_POLICIES['partners']: add 'https://app.example' to origins. That is for 2 routes.",
        ],
    ),
    "a stranger, under two policies": (
        {},
        f"{APP} GET /two/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            f"Change {TWO}: write @cors_allow(CorsPolicy(origins=['https://b.example']), 'partners', CorsPolicy(origins=['https://app.example'])) instead. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or settings, CORS_POLICIES['partners']: add 'https://app.example' to origins. That is for 2 routes.",
        ],
    ),
    "a sandboxed page": (
        {},
        "null GET /orders/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            "Change the page: give it an origin of its own; every sandboxed frame has the origin null, too."
        ],
    ),
    "a sandboxed page, and the settings": (
        {},
        "null GET /free/",
        Reason.ORIGIN_NOT_ADMITTED,
        [
            "Change the page: give it an origin of its own; every sandboxed frame has the origin null, too."
        ],
    ),
    "a method that the policy leaves out": (
        {},
        f"{OTHER} PUT /partners/",
        Reason.METHOD_NOT_OFFERED,
        [
            f"Change {PARTNERS}: write @cors_allow('partners', methods=['GET', 'PUT'], headers=['x-key']) instead."
        ],
    ),
    "a method that the settings leave out": (
        {"CORS_ALLOW_METHODS": ["GET"], "CORS_ALLOW_ALL_ORIGINS": True},
        f"{OTHER} PUT /free/",
        Reason.METHOD_NOT_OFFERED,
        [
            "Change the URLconf: write cors_allow(CorsPolicy(origins=['https://other.example'], methods=['GET', 'PUT']), CorsPolicy(origins='*'))(...) around the view of /free/.",
            "Or settings: add 'PUT' to CORS_ALLOW_METHODS. That is for 15 routes.",
        ],
    ),
    "a method that the settings leave out for a policy": (
        {"CORS_ALLOW_METHODS": ["GET"]},
        f"{APP} PUT /asked/",
        Reason.METHOD_NOT_OFFERED,
        [
            f"Change {ASKED}: write @cors_allow(CorsPolicy(origins=['https://app.example'], methods=['GET', 'PUT']), CorsPolicy(origins=[is_tenant])) instead.",
            "Or settings: add 'PUT' to CORS_ALLOW_METHODS. That is for 15 routes.",
        ],
    ),
    "a method that the view does not serve": (
        {},
        f"{APP} PUT /orders/",
        Reason.METHOD_NOT_OFFERED,
        [
            "Change views.Orders: write a put() with @cors_allow(origins=['https://app.example']) above it. Today it serves GET, HEAD, POST, DELETE, OPTIONS."
        ],
    ),
    "a method in lower case": (
        {},
        f"{APP} patch /asked/",
        Reason.METHOD_NOT_OFFERED,
        ["Change the page: write 'PATCH'; to a browser 'patch' is another method."],
    ),
    "a header that the policy leaves out": (
        {},
        f"{OTHER} GET /partners/ -H X-Other -H x-key:1",
        Reason.HEADER_NOT_ALLOWED,
        [
            f"Change {PARTNERS}: write @cors_allow('partners', methods=['GET'], headers=['x-key', 'x-other']) instead. That is also for POST of the view."
        ],
    ),
    "a header that the settings leave out": (
        {"CORS_ALLOW_ALL_ORIGINS": True},
        f"{APP} GET /free/ --header X-Other",
        Reason.HEADER_NOT_ALLOWED,
        [
            "Change the URLconf: write cors_allow(headers=[*default_headers, 'x-other'])(...) around the view of /free/. default_headers is in cors_views.defaults. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or settings: add 'x-other' to CORS_ALLOW_HEADERS. That is for 14 routes.",
        ],
    ),
    "a type that no form has": (
        {"CORS_ALLOW_HEADERS": ["x-one"]},
        f"{APP} POST /orders/ --content-type application/json --credentials",
        Reason.HEADER_NOT_ALLOWED,
        [
            f"Change {POST}: write @cors_allow(headers=['x-one', 'content-type'], max_age=0) instead.",
            "Or settings: add 'content-type' to CORS_ALLOW_HEADERS. That is for 14 routes.",
        ],
    ),
    "Authorization under a star": (
        {},
        f"{APP} GET /star/ -H Authorization",
        Reason.HEADER_NOT_ALLOWED,
        [
            f"Change {STAR}: write @cors_allow(origins=['https://app.example'], headers=['*', 'authorization']) instead. That is also for POST, PUT, PATCH, DELETE of the view."
        ],
    ),
    "any origin with credentials": (
        {},
        f"{APP} GET /public/ --credentials",
        Reason.CREDENTIALS_NOT_ALLOWED,
        [
            f"Change {PUBLIC}: write @cors_allow(CorsPolicy(origins=['https://app.example'], credentials=True), 'public') instead. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or the page: ask without credentials, if it needs none.",
        ],
    ),
    "credentials that the policy does not allow": (
        {},
        f"{APP} GET /asked/ --credentials",
        Reason.CREDENTIALS_NOT_ALLOWED,
        [
            f"Change {ASKED}: write @cors_allow(CorsPolicy(origins=['https://app.example'], credentials=True), CorsPolicy(origins=[is_tenant])) instead. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or the page: ask without credentials, if it needs none.",
        ],
    ),
    "credentials that the policy does not allow, beside a method and a header that it lacks": (
        {"CORS_ALLOW_METHODS": ["GET"]},
        f"{APP} PUT /asked/ -H X-Foo --credentials",
        Reason.CREDENTIALS_NOT_ALLOWED,
        [
            f"Change {ASKED}: write @cors_allow(CorsPolicy(origins=['https://app.example'], methods=['GET', 'PUT'], headers=[*default_headers, 'x-foo'], credentials=True), CorsPolicy(origins=[is_tenant])) instead. default_headers is in cors_views.defaults. That is also for GET, POST of the view.",
            "Or the page: ask without credentials, if it needs none.",
        ],
    ),
    "credentials that a handler takes away": (
        {},
        f"{APP} GET /plain/ --credentials",
        Reason.CREDENTIALS_NOT_ALLOWED,
        [
            f"Change {PLAIN}: write @cors_allow(credentials=True) instead.",
            "Or the page: ask without credentials, if it needs none.",
        ],
    ),
    "credentials that the settings do not allow": (
        {"CORS_ALLOWED_ORIGINS": [APP]},
        f"{APP} GET /free/ --credentials",
        Reason.CREDENTIALS_NOT_ALLOWED,
        [
            "Change the URLconf: write cors_allow(credentials=True)(...) around the view of /free/. That is also for POST, PUT, PATCH, DELETE of the view.",
            "Or the page: ask without credentials, if it needs none.",
        ],
    ),
    "a view that answers by itself": (
        {},
        f"{APP} GET /hand/ --run",
        Reason.WRONG_ALLOW_ORIGIN,
        [
            "Change views.by_hand: write @cors_allow(CorsPolicy(origins=['https://app.example']), CorsPolicy(origins=['https://third.example'], methods=['GET'], headers=[])) above it. That is also for POST, PUT, PATCH, DELETE of the view. It replaces what the view writes by hand. Remove what a proxy or a middleware above CorsMiddleware writes."
        ],
    ),
    "a redirect to somebody else": (
        {"MIDDLEWARE": [CORS, f"{__name__}.leaving"]},
        f"{APP} GET /public/",
        Reason.REDIRECT_REFUSED,
        [
            "Change the page: ask for https://elsewhere.example/public/ itself, so that no redirect changes its Origin."
        ],
    ),
}


def refusing(get_response: Any) -> Any:
    return lambda request: HttpResponse(status=403)


def leaving(get_response: Any) -> Any:
    return lambda request: HttpResponseRedirect(f"https://elsewhere.example{request.path}")


def moving(get_response: Any) -> Any:
    def answered(request: Any) -> Any:
        if request.get_host() == "api.example":
            return HttpResponseRedirect(f"https://v2.example{request.path}")
        return get_response(request)

    return answered


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused_says_why_and_what_to_change(name: str) -> None:
    site, arguments, reason, changes = REFUSED[name]

    with override_settings(**site):
        done = explain(arguments)

    lines = done.out.splitlines()
    unknown = name == "a redirect to somebody else"
    told = (
        "Not known, REDIRECT_REFUSED: only "
        if unknown
        else f"Refused, {reason.name}: {reason.value}"
    )
    assert any(line.startswith(told) for line in lines)
    advised = ("The policy admits ", "Change ", "Or ")
    assert [line for line in lines if line.startswith(advised)] == changes
    assert [line.strip()[:4] for line in lines].count("FAIL") == 1
    assert (done.status, done.err) == (1, "")


# name -> (settings, arguments, what stands in the output)
READABLE: dict[str, tuple[dict[str, Any], str, list[str]]] = {
    "any origin": (
        {},
        f"{APP} GET /public/",
        ["fetches GET http://api.example/public/.", "preflight: not needed (simple request)"],
    ),
    "a form's type needs no preflight": (
        {},
        f"{APP} POST /orders/ --credentials --content-type text/plain",
        ["with credentials.", "preflight: not needed (simple request)"],
    ),
    "another type does": (
        {},
        f"{APP} POST /orders/ --credentials -H Content-Type",
        [
            "asks about the header content-type",
            "> OPTIONS /orders/",
            "> POST /orders/",
            "> Content-Type: application/json",
            "> (and the cookies of that host, those with SameSite=None and Secure)",
        ],
    ),
    "a header with a value": (
        {},
        f"{APP} GET /asked/ -H accept-language:de",
        ["> accept-language: de"],
    ),
    "a secret is not shown": (
        {},
        f"{APP} GET /asked/ -H Authorization:secret-one",
        ["> Authorization: …"],
    ),
    "a query": ({}, f"{APP} GET /public/?a=1", ["> GET /public/?a=1"]),
    "a whole URL": (
        {},
        f"{APP} GET https://api.example/public/",
        ["fetches GET https://api.example/public/.", "> Host: api.example"],
    ),
    "a host that Django refuses": (
        {"MIDDLEWARE": [CORS, COMMON]},
        f"{APP} GET https://www.production.example/public/",
        [
            "ALLOWED_HOSTS does not name www.production.example, so the request goes to the host api.example"
        ],
    ),
    "no host at all": (
        {"ALLOWED_HOSTS": ["*"]},
        f"{APP} GET /public/",
        ["http://localhost/public/"],
    ),
    "a host below a name": (
        {"ALLOWED_HOSTS": [".shop.example"]},
        f"{APP} GET /public/",
        ["http://shop.example/public/"],
    ),
    "a site that is https alone": (SSL, f"{APP} PUT /asked/", ["https://api.example/asked/"]),
    "a missing slash": (
        {"MIDDLEWARE": [CORS, COMMON]},
        f"{APP} GET /asked",
        [
            "< Location: /asked/",
            "may read the answer of http://api.example/asked/, where it was redirected to.",
        ],
    ),
    "a redirect to another host of the site": (
        {
            "ALLOWED_HOSTS": ["api.example", "v2.example"],
            "MIDDLEWARE": [CORS, f"{__name__}.moving"],
        },
        f"{APP} GET /public/",
        ["> Host: v2.example", "read the answer of https://v2.example/public/, where it was"],
    ),
    "the site's own page": (
        {},
        "http://api.example GET /free/",
        ["no, both are at http://api.example, so CORS does not apply"],
    ),
    "a sandboxed page": ({}, "null GET /public/", ["A sandboxed page (origin null) fetches"]),
    "a page in upper case": ({}, "HTTPS://App.Example:443 GET /orders/", [f"A page at {APP} "]),
    "a callable": (
        {},
        f"{APP} GET /asked/",
        ["views.is_tenant was called and admitted the origin."],
    ),
    "an include": (
        {},
        f"{APP} GET /in/7/",
        [
            "It is for views.answer, at the route /in/<int:number>/.",
            "include policy 'public' at views",
        ],
    ),
    "a refined policy": (
        {},
        f"{APP} POST /orders/ -H X-Csrftoken",
        [f"the class policy at {ORDERS}, refined by the handler policy at {POST}."],
    ),
    "an error": ({}, f"{APP} GET /fails/ --run", ["The page may read the answer, which is a 500."]),
}


@pytest.mark.parametrize("name", READABLE)
def test_what_a_page_may_read(name: str) -> None:
    site, arguments, texts = READABLE[name]

    with override_settings(**site):
        done = explain(arguments)

    for text in texts:
        assert text in done.out
    assert (", which is a " in done.out) == ("--run" in arguments)
    assert "FAIL" not in done.out
    assert "secret" not in done.out
    assert (done.status, done.err) == (0, "")


WHOLE = f"""\
A page at https://app.example fetches PUT http://api.example/asked/ with credentials.
It is for views.answer, at the route /asked/.
No view is run; --run sends the request for real.

  pass  cross-origin: https://app.example -> http://api.example
  pass  preflight: asks about the method PUT

  > OPTIONS /asked/
  > Host: api.example
  > Accept: */*
  > Access-Control-Request-Method: PUT
  > Origin: https://app.example
  < 200
  < access-control-allow-origin: https://app.example
  < access-control-allow-methods: DELETE, GET, OPTIONS, PATCH, POST, PUT
  < access-control-allow-headers: accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with
  < access-control-max-age: 86400
  < Vary: origin

  pass  Access-Control-Allow-Origin: 'https://app.example' is the page's origin, 'https://app.example' received
  FAIL  Access-Control-Allow-Credentials: 'true' expected, no such header received

views.is_tenant was called and admitted the origin.
Decided by: the route policy at {ASKED}.
Refused, CREDENTIALS_NOT_ALLOWED: the answer admits the origin, but not with credentials.
Note: a browser that was allowed this before caches that answer for up to 86400 seconds, and sends no new preflight until then.
Change {ASKED}: write @cors_allow(CorsPolicy(origins=['https://app.example'], credentials=True), CorsPolicy(origins=[is_tenant])) instead. That is also for GET, POST, PATCH, DELETE of the view.
Or the page: ask without credentials, if it needs none.
"""


def test_the_whole_exchange() -> None:
    assert explain(f"{APP} PUT /asked/ --credentials").out == WHOLE


def test_a_callable_that_nobody_had_to_ask_is_not_named() -> None:
    assert "was asked" not in explain(f"{APP} GET /unasked/").out


def test_receivers_are_named_with_what_they_said() -> None:
    def receiver(request: Any, **kwargs: Any) -> bool:
        return request.headers["Origin"] == APP

    check_request_enabled.connect(receiver)
    try:
        admitted, refused = explain(f"{APP} GET /free/"), explain(f"{OTHER} PUT /free/")
        unasked = explain(f"{APP} GET /public/")
    finally:
        check_request_enabled.disconnect(receiver)

    assert (
        "The receivers of check_request_enabled were called and admitted the origin."
        in admitted.out
    )
    assert (
        "The receivers of check_request_enabled were called and did not admit the origin."
        in refused.out
    )
    assert "check_request_enabled" not in unasked.out
    assert (admitted.status, refused.status) == (0, 1)


# --- What runs ---------------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_no_view_is_run_unless_somebody_says_so(method: str) -> None:
    with override_settings(**ELSEWHERE):
        for route in ("/orders/", "/public/", "/free/"):
            done = explain(f"{APP} {method} {route}")
            assert "No view is run" in done.out

    assert spy.calls == []


def test_that_a_view_is_not_run_stands_beside_its_answer() -> None:
    out = explain(f"{APP} GET /public/").out

    assert "  < 200 (assumed: the view is not run)\n" in out


def test_a_view_is_run_where_somebody_says_so() -> None:
    done = explain(f"{APP} POST /orders/ --credentials --run")

    assert spy.calls == ["POST"]
    assert "  < 200\n" in done.out
    assert "not run" not in done.out
    assert "hides " in done.out
    assert "x-extra" in done.out


def test_what_a_stream_holds_is_let_go_but_not_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    at_the_end = "close_if_unusable_or_obsolete"
    monkeypatch.setattr(connections["default"], at_the_end, lambda: spy.note("database"))
    finished = {receiver[0] for receiver in request_finished.receivers}

    explain(f"{APP} GET /stream/ --run")

    assert spy.calls == ["closed"]
    assert {receiver[0] for receiver in request_finished.receivers} == finished


def test_a_log_that_is_off_stays_off(caplog: Any) -> None:
    # Not with caplog, which would not take what comes below its level either.
    logger = logging.getLogger("cors_views")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        done = explain(f"{APP} GET /unsure/")
    finally:
        logger.setLevel(before)

    assert caplog.records == []
    assert "views.unsure was called and did not admit the origin." in done.out


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
def test_its_own_refusal_is_not_logged_at_whatever_level(
    level: str, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever changes the level of the log of refusals has to change nothing here."""
    caplog.set_level(logging.DEBUG, "cors_views")
    monkeypatch.setattr(refusal_log, "LEVEL", getattr(logging, level.upper()))

    done = explain(f"{OTHER} GET /orders/")
    explained = [record for record in caplog.records if record.name == "cors_views"]
    Sender("wsgi").actual("/orders/", OTHER)
    served = [record.levelname for record in caplog.records if record.name == "cors_views"]

    assert (done.status, explained, served) == (1, [], [level.upper()])


def test_the_log_stays_as_it_was(caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "cors_views")

    explain(f"{OTHER} GET /orders/")

    assert [record for record in caplog.records if record.name == "cors_views"] == []
    assert logging.getLogger("cors_views").level == logging.DEBUG


# --- Bad input ---------------------------------------------------------------------------------

# arguments -> (settings, what stands on stderr)
BAD_INPUT: dict[str, tuple[dict[str, Any], str]] = {
    "https://app.example/page GET /free/": ({}, "it has a path"),
    "app.example GET /free/": ({}, "it has no scheme"),
    "https://*.example GET /free/": ({}, "a pattern, not the origin of a page"),
    f"{APP} GTE /free/": ({}, "'GTE' is a method that no view knows. Did you mean 'GET'?"),
    f"{APP} TRACE /free/": ({}, "TRACE is a method that pages cannot send."),
    f"{APP} G/T /free/": ({}, "'G/T' is not a method."),
    f"{APP} GET nowhere": ({}, "'nowhere' is not an absolute http or https URL. Write '/nowhere'."),
    f"{APP} GET now\x9bhere": ({}, r"Write '/now\x9bhere'."),
    f"{APP} GET //api.example/free/": ({}, "is not an absolute http or https URL."),
    f"{APP} GET ftp://api.example/free/": ({}, "is not an absolute http or https URL."),
    f"{APP} GET http://[": ({}, "Invalid IPv6 URL."),
    f"{APP} GET //[/free/": ({}, "Invalid IPv6 URL."),
    f"{APP} GET https://me:pw@api.example/free/": ({}, "contains a user name or password"),
    f"{APP} GET /free/ -H a/b": ({}, "'a/b' is not the name of a header."),
    f"{APP} GET /free/ -H :x": ({}, "'' is not the name of a header."),
    f"{APP} GET /free/ -H Cookie:a=1": ({}, "Cookie is a header that only a browser may set. For"),
    f"{APP} GET /free/ -H Sec-Fetch-Mode": ({}, "Sec-Fetch-Mode is a header that only a browser"),
    f"{APP} GET": ({}, "the following arguments are required: url"),
    f"{APP} GET /free/ --nonsense": ({}, "unrecognized arguments: --nonsense"),
}


@pytest.mark.parametrize("arguments", BAD_INPUT)
def test_bad_input_is_refused_in_one_line(arguments: str) -> None:
    site, text = BAD_INPUT[arguments]

    with override_settings(**site):
        done = explain(arguments)

    assert text in done.err
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)


@pytest.mark.parametrize("host", ["API.Example", "api.example:443", "API.example:443"])
def test_a_host_is_read_as_browsers_read_it(host: str) -> None:
    as_written, as_sent = (
        explain(f"{APP} GET https://{each}/free/") for each in (host, "api.example")
    )

    assert as_written == as_sent
    assert as_sent.status == 1
    assert "  > Host: api.example\n" in as_sent.out


def test_a_url_whose_resolving_fails_is_one_line() -> None:
    with urlconf(Failing("v/", "v")):
        done = explain(f"{APP} GET /v/")

    assert done.err == "/v/ cannot be resolved: RuntimeError: the pattern failed\n"
    assert (done.status, done.out) == (2, "")


class Failing(URLPattern):
    """A pattern that raises something that no URL is."""

    def __init__(self, route: str, name: str) -> None:
        super().__init__(RoutePattern(route), lambda request: HttpResponse(), name=name)

    def resolve(self, path: str) -> Any:
        raise RuntimeError("the pattern failed")


def test_a_view_below_static_url_is_explained_with_a_note() -> None:
    with override_settings(STATIC_URL="/public/"):
        done = explain(f"{APP} GET /public/")

    assert "Note: runserver serves files below STATIC_URL without any middleware" in done.out
    assert done.status == 0


@pytest.mark.parametrize(
    "site",
    [{"STATIC_URL": None}, {"INSTALLED_APPS": ["cors_views"]}],
    ids=["no STATIC_URL", "no staticfiles"],
)
def test_without_static_files_nothing_is_said_of_them(site: dict[str, Any]) -> None:
    with override_settings(**site):
        done = explain(f"{APP} GET /static/font.woff2")

    assert "STATIC_URL" not in done.out
    assert done.status == 1


def test_a_broken_urlconf_is_one_line() -> None:
    with override_settings(ROOT_URLCONF="tests.nowhere"):
        done = explain(f"{APP} GET /v/")

    assert done.err.startswith("The URLconf 'tests.nowhere' cannot be read: ModuleNotFoundError: ")
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)


# --- As a process ------------------------------------------------------------------------------

SHOP = "http://www.shop.localhost:8001"


def test_a_process_says_it_by_its_exit_status() -> None:
    readable = run_in_shop("cors_explain", SHOP, "GET", "/api/products/")
    refused = run_in_shop("cors_explain", SHOP, "DELETE", "/api/orders/1/")
    wrong = run_in_shop("cors_explain", f"{SHOP}/", "GET", "/api/products/")

    assert (readable.status, refused.status, wrong.status) == (0, 1, 2)
    assert "\x1b" not in readable.out + refused.out
    # The sample project logs refusals; here they would be said twice.
    assert (readable.err, refused.err) == ("", "")
    assert refused.out.splitlines()[-1].startswith("Change shop/views/orders.py:")
    assert wrong.err == (
        f"CommandError: '{SHOP}/' is not the origin of a page: it ends in a slash; an origin is scheme, "
        f"host and port. Write '{SHOP}'.\n"
    )


def test_colour_is_for_terminals() -> None:
    arguments = ("cors_explain", SHOP, "DELETE", "/api/orders/1/")
    coloured = run_in_shop_terminal(*arguments)
    plain = run_in_shop_terminal(*arguments, "--no-color")

    assert "\x1b[31;1mFAIL\x1b[0m" in coloured.out
    assert "\x1b" not in plain.out
    assert (coloured.status, plain.status) == (1, 1)


@pytest.mark.parametrize("columns", [40, 60, 100])
@pytest.mark.parametrize("colour", [{"force_color": True}, {"no_color": True}])
def test_a_terminal_cuts_no_word(
    monkeypatch: pytest.MonkeyPatch, columns: int, colour: dict[str, bool]
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    asked = "https://stranger.example GET https://api.example/orders/"
    piped = explain(asked, no_color=True).out
    shown = explain(asked, terminal=True, **colour).out

    assert ("\x1b[" in shown) is ("force_color" in colour)
    lines = re.sub(r"\x1b\[[0-9;]*m", "", shown).splitlines()
    # The same words, of which none is cut; a longer line holds just one.
    assert " ".join(lines).split() == piped.split()
    texts = [re.sub(r"^ +([<>] |\S+  )?", "", line) for line in lines if len(line) > columns]
    assert [text for text in texts if " " in text] == []
    # What does not fit stands below the text of its line.
    fail = next(at for at, line in enumerate(lines) if line.startswith("  FAIL  "))
    assert re.match(" {8}[^ ]", lines[fail + 1])


CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
NOT_ASKED = "Note: CSRF protection is not applied here: "
SEND = "the page has to send the CSRF token in the header X-CSRFToken"
TRUST = ", and CSRF_TRUSTED_ORIGINS has to name 'https://app.example'."
#: The cookie of CSRF protection goes along from a page at any site, and the origin is trusted.
TRAVELS = {"CSRF_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SECURE": True}
TRUSTED = {**TRAVELS, "CSRF_TRUSTED_ORIGINS": [APP]}
ORDER = "POST https://api.example/orders/ --credentials"

# name -> (settings, arguments, what is said of CSRF protection)
TOKENS: dict[str, tuple[dict[str, Any], str, str]] = {
    "an unsafe method": (TRAVELS, f"{APP} {ORDER}", SEND + TRUST),
    "an origin that is trusted": (TRUSTED, f"{APP} {ORDER}", f"{SEND}."),
    "an unsafe method whose cookie stays at home": (
        {},
        f"{APP} {ORDER}",
        f"it answers 403 while the browser does not send its cookie. Once it does, {SEND}{TRUST}",
    ),
    "an unsafe method without credentials": (
        TRUSTED,
        f"{APP} POST https://api.example/orders/",
        "it answers 403 with any token, because without credentials the browser sends no cookie. Ask with credentials: 'include'; or, if the view authenticates otherwise, exempt it with csrf_exempt.",
    ),
    "a token in another header": (
        {
            **TRUSTED,
            "CSRF_HEADER_NAME": "HTTP_X_XSRF_TOKEN",
            "CORS_ALLOW_HEADERS": ["x-xsrf-token"],
        },
        f"{APP} {ORDER}",
        "the page has to send the CSRF token in the header X-Xsrf-Token.",
    ),
    "a header that the policy lacks": (
        {**TRUSTED, "CORS_ALLOW_HEADERS": ["x-one"]},
        f"{APP} {ORDER}",
        f"{SEND}, and the headers of the policy have to name 'x-csrftoken'.",
    ),
    "a header that '*' does not cover with credentials, and an origin": (
        {**TRAVELS, "CORS_ALLOW_HEADERS": ["*"]},
        f"{APP} {ORDER}",
        f"{SEND}, the headers of the policy have to name 'x-csrftoken'{TRUST}",
    ),
    "a token in the session": (
        {
            "CSRF_USE_SESSIONS": True,
            "CSRF_TRUSTED_ORIGINS": [APP],
            "SESSION_COOKIE_SAMESITE": "None",
            "SESSION_COOKIE_SECURE": True,
            "MIDDLEWARE": [CORS, SESSION, CSRF],
        },
        f"{APP} {ORDER}",
        f"{SEND}.",
    ),
    "the site's own page": ({}, "https://api.example POST https://api.example/orders/", f"{SEND}."),
    "a safe method": (TRAVELS, f"{APP} GET /orders/", ""),
    "no CSRF protection": ({"MIDDLEWARE": [CORS]}, f"{APP} {ORDER}", ""),
    "a view that really runs": (TRAVELS, f"{APP} {ORDER} --run", ""),
    "a refusal": (TRAVELS, f"{OTHER} {ORDER}", ""),
    "a redirect that makes a GET of it": (
        {"MIDDLEWARE": [CORS, COMMON, CSRF]},
        f"{APP} POST /orders",
        "",
    ),
    "a slash without which it is refused": (
        {"MIDDLEWARE": [CORS, COMMON, CSRF], "DEBUG": True},
        f"{APP} POST /orders",
        "",
    ),
}


@pytest.mark.parametrize("name", TOKENS)
def test_that_a_csrf_token_is_wanted_too_is_said(name: str) -> None:
    site, arguments, said = TOKENS[name]

    with override_settings(**{"MIDDLEWARE": [CORS, CSRF], **site}):
        done = explain(arguments)

    told = [line for line in done.out.splitlines() if "CSRF protection" in line]
    assert told == ([NOT_ASKED + said] if said else [])
    assert ("No CSRF cookie" in done.out) is ("at home" in said)


def test_that_the_header_of_a_token_is_allowed_where_the_policy_names_it() -> None:
    with override_settings(**TRUSTED, MIDDLEWARE=[CORS, CSRF], CORS_ALLOW_HEADERS=["x-one"]):
        refused = explain(f"{APP} {ORDER} -H X-CSRFToken")
    with override_settings(
        **TRUSTED, MIDDLEWARE=[CORS, CSRF], CORS_ALLOW_HEADERS=["x-one", "x-csrftoken"]
    ):
        obeyed = explain(f"{APP} {ORDER} -H X-CSRFToken")

    assert (refused.status, obeyed.status) == (1, 0)


def test_that_nothing_is_said_of_a_view_that_nobody_understands() -> None:
    with override_settings(MIDDLEWARE=[CSRF]):
        done = explain("http://api.example POST /odd/")

    assert "The page may read the answer." in done.out
    assert NOT_ASKED not in done.out
