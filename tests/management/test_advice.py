"""Advice that works: whatever is refused, what ``cors_explain`` says to write is written.

Sites are generated with declarations on random layers. What is advised is done to the letter, to
the source of the site; then the site still builds, the call is no longer refused for that reason,
nobody has lost anything, and nothing was opened but what the page asked for, or what the advice
itself says.
"""

from __future__ import annotations

import itertools
import re
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cors_views.browsing import PreflightCache, browse, page_request
from cors_views.browsing.exchanges import Sent
from cors_views.management.explaining.advice_by_reason import Advice, advice
from cors_views.management.explaining.advice_wording import Ask, Extend, Tell
from cors_views.management.explaining.page_calls import Played, play
from cors_views.management.explaining.where_to_write import Here
from cors_views.management.site_requests import Server
from cors_views.resolution.wrapped_views import served_methods
from tests.management.obeying import Site, obey

A, B, NEW = "https://a.example", "https://b.example", "https://new.example"
HOST = "http://api.example"

HEADER = """\
import functools
from django.conf import settings
from django.http import HttpResponse
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.generic import RedirectView
from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations.attributes import DeclaresCors
from cors_views.defaults import default_headers

def answer(request, **kwargs):
    return HttpResponse("answer")

def is_tenant(request, origin):
    return origin == "https://tenant.example"

def swallowing(view):
    def wrapper(request, **kwargs):
        return view(request, **kwargs)
    return wrapper
"""

#: What stands between the brackets of a declaration; None for no declaration at all.
DECLARED = (
    None,
    "deny",
    "origins=['https://a.example']",
    "origins=['https://a.example'], credentials=True",
    "origins=['https://a.example', 'https://new.example']",
    "origins=['https://new.example']",
    "origins=['https://new.example'], methods=['GET']",
    "origins=['https://new.example'], headers=['x-one'], expose_headers=['x-two']",
    "origins='*'",
    "origins=['https://a.example', is_tenant]",
    "origin_regexes=['https://a\\\\.ex.*'], expose_headers=['*']",
    "origins=[]",
    "'partners'",
    "'public'",
    "'partners', methods=['GET', 'PUT']",
    "'partners', CorsPolicy(origins='*')",
    f"CorsPolicy(origins=['{A}'], methods=['PUT']), CorsPolicy(origins=['{NEW}'], max_age=5)",
    "",
    "max_age=0",
    "headers=['x-one']",
    "methods=['GET', 'POST']",
    "credentials=True",
)


def decorator(declared: str | None, indent: str = "") -> str:
    if declared is None:
        return ""
    return f"{indent}@{_call(declared)}\n"


def _call(declared: str) -> str:
    return "cors_deny()" if declared == "deny" else f"cors_allow({declared})"


def around(declared: str | None, view: str) -> str:
    return view if declared is None else f"{_call(declared)}({view})"


def included(declared: str | None, patterns: str) -> str:
    if declared is None:
        return f"include({patterns})"
    if declared == "deny":
        return f"cors_include({patterns}, policy=cors_deny)"
    positional, keywords = _split(declared)
    policy = [f"policy=[{', '.join(positional)}]"] if positional else []
    return f"cors_include({', '.join([patterns, *policy, *keywords])})"


def attribute(declared: str | None) -> str:
    """Return a declaration as the value of an attribute, where it can be one."""
    if declared in (None, "deny"):
        return "CorsPolicy(origins=[])" if declared is None else "cors_deny"
    positional, keywords = _split(str(declared))
    if positional and keywords:
        return positional[0]
    return f"[{', '.join(positional)}]" if positional else f"CorsPolicy({', '.join(keywords)})"


def _split(declared: str) -> tuple[list[str], list[str]]:
    import ast

    call: Any = ast.parse(f"f({declared})", mode="eval").body
    return [ast.unparse(each) for each in call.args], [ast.unparse(each) for each in call.keywords]


def function_site(d: Any) -> str:
    return f"""
{decorator(d[0])}def view(request, **kwargs):
    return answer(request)

urlpatterns = [
    path("one/", {around(d[1], "view")}),
    path("in/", {included(d[2], '[path("two/", answer)]')}),
    path("other/", {around(d[3], "answer")}),
]
"""


def shared_site(d: Any) -> str:
    return f"""
{decorator(d[0])}def view(request, **kwargs):
    return answer(request)

urlpatterns = [
    path("one/", {around(d[1], "view")}),
    path("in/", {included(d[2], '[path("two/", view)]')}),
    path("free/", lambda request: answer(request)),
]
"""


def class_site(d: Any) -> str:
    return f"""
{decorator(d[0])}class Base(View):
{decorator(d[1], "    ")}    def get(self, request):
        return answer(request)

{decorator(d[2])}class Derived(Base):
{decorator(d[3], "    ")}    def put(self, request):
        return answer(request)

    def delete(self, request):
        return answer(request)

urlpatterns = [
    path("one/", {around(d[4], "Derived.as_view()")}),
    path("base/", Base.as_view()),
]
"""


def twice_site(d: Any) -> str:
    return f"""
{decorator(d[0])}class Twice(View):
{decorator(d[1], "    ")}    def get(self, request):
        return answer(request)

    def post(self, request):
        return answer(request)

urlpatterns = [
    path("one/", {around(d[2], "Twice.as_view()")}),
    path("in/", {included(d[3], '[path("two/", Twice.as_view())]')}),
]
"""


def attributes_site(d: Any) -> str:
    return f"""
class Attributes(DeclaresCors, View):
    cors_policy = {attribute(d[0])}
    cors_action_policies = {{{"" if d[1] is None else f"'get': {attribute(d[1])}"}}}

{decorator(d[2], "    ")}    def get(self, request):
        return answer(request)

    def put(self, request):
        return answer(request)

urlpatterns = [path("one/", Attributes.as_view()), path("other/", {around(d[3], "answer")})]
"""


def package_site(d: Any) -> str:
    return f"""
urlpatterns = [
    path("one/", {around(d[0], "RedirectView.as_view(url='/other/')")}),
    path("auth/", {included(d[1], "'django.contrib.auth.urls'")}),
    path("other/", answer),
]
"""


def lost_site(d: Any) -> str:
    return f"""
@swallowing
{decorator(d[0])}def view(request, **kwargs):
    return answer(request)

class Base(View):
{decorator(d[1], "    ")}    def get(self, request):
        return answer(request)

class Overriding(Base):
    def get(self, request):
        return answer(request)

class Forgotten(View):
    cors_policy = {attribute(d[2])}

    def get(self, request):
        return answer(request)

urlpatterns = [
    path("one/", view),
    path("overriding/", Overriding.as_view()),
    path("forgotten/", {around(d[3], "Forgotten.as_view()")}),
]
"""


def constants_site(d: Any) -> str:
    policies, keywords = _split(d[1] if d[1] not in (None, "deny") else "max_age=0")
    constant = policies[0] if policies else f"CorsPolicy({', '.join(keywords)})"
    return f"""
decorated = {"cors_allow(max_age=0)" if d[0] is None else _call(d[0])}
constant = {constant}

@decorated
def one(request):
    return answer(request)

@decorated
def two(request):
    return answer(request)

@cors_allow(constant)
def three(request):
    return answer(request)

class Four(DeclaresCors, View):
    cors_policy = constant

    def get(self, request):
        return answer(request)

    def put(self, request):
        return answer(request)

urlpatterns = [
    path("one/", one),
    path("two/", two),
    path("three/", three),
    path("four/", {around(d[2], "Four.as_view()")}),
]
"""


SITES = {
    function_site: ["/one/", "/in/two/", "/other/"],
    shared_site: ["/one/", "/in/two/", "/free/"],
    class_site: ["/one/", "/base/"],
    twice_site: ["/one/", "/in/two/"],
    attributes_site: ["/one/", "/other/"],
    package_site: ["/one/", "/auth/login/", "/other/"],
    constants_site: ["/one/", "/three/", "/two/", "/four/"],
    lost_site: ["/one/", "/overriding/", "/forgotten/"],
}
SETTINGS: dict[str, list[Any]] = {
    "CORS_ALLOWED_ORIGINS": [[], [A], [A, NEW], [f"https://{n}.example" for n in range(9)]],
    "CORS_ALLOW_CREDENTIALS": [False, True],
    "CORS_ALLOW_ALL_ORIGINS": [False, False, False, True],
    "CORS_OPT_IN": [False, False, True],
    "CORS_URLS_REGEX": ["^.*$", "^.*$", "^/other/"],
    "CORS_ALLOW_METHODS": [["GET", "POST", "PUT", "DELETE"], ["GET"]],
    "CORS_ALLOW_HEADERS": [["x-token", "content-type"], None],
}
MIDDLEWARE = [
    "cors_views.middleware.CorsMiddleware",
    "django.middleware.common.CommonMiddleware",
]
METHODS = ("GET", "POST", "PUT", "DELETE")
#: Who is compared before and after, beside who asks.
ORIGINS = (A, B, NEW, "https://stranger.example", "https://tenant.example")


@st.composite
def sites(draw: Any) -> tuple[Site, list[str]]:
    build = draw(st.sampled_from(list(SITES)))
    declared = draw(st.lists(st.sampled_from(DECLARED), min_size=5, max_size=5))
    chosen = {name: draw(st.sampled_from(values)) for name, values in SETTINGS.items()}
    chosen = {name: value for name, value in chosen.items() if value is not None}
    policies = {
        "partners": {"origins": [B]},
        "public": {"origins": "*"},
    }
    configured = {
        **chosen,
        "CORS_POLICIES": policies,
        "MIDDLEWARE": MIDDLEWARE,
        "ALLOWED_HOSTS": ["api.example"],
        "LOGIN_URL": "/auth/login/",
    }
    return Site(HEADER + build(declared), configured), SITES[build]


class Reader(NamedTuple):
    """Who reads what: a row of the complete table."""

    url: str
    method: str
    origin: str
    credentials: bool


def table(urls: list[str], origins: list[str]) -> set[Reader]:
    """Return everybody who may read anything at these URLs, that is served there at all."""
    server = Server(A, f"{HOST}/", runs_views=False)
    serving = {(url, method) for url, method in handlers(urls) if is_served(server, url, method)}
    return {
        reader
        for reader in itertools.starmap(
            Reader, itertools.product(urls, METHODS, origins, (False, True))
        )
        if (reader.url, reader.method) in serving and _reads(server, reader)
    }


def is_served(server: Server, url: str, method: str) -> bool:
    server.answer(Sent("actual", "GET", HOST + url, (), None, False))
    served = served_methods(server.answered[-1].pattern_path[-1].callback)
    return served is None or method in served


def _reads(server: Server, reader: Reader) -> bool:
    page = page_request(
        reader.origin,
        HOST + reader.url,
        method=reader.method,
        credentials="include" if reader.credentials else "same-origin",
    )
    browser = browse(page, PreflightCache())
    step: Any = next(browser)
    while isinstance(step, Sent):
        try:
            step = browser.send(server.answer(step))
        except StopIteration as done:
            step = done.value
    return step.reason is None


def handlers(urls: list[str]) -> dict[tuple[str, str], Here]:
    """Return what serves each method of each URL."""
    from cors_views.management.explaining.where_to_write import unit_of

    server = Server(A, f"{HOST}/", runs_views=False)
    found = {}
    for url in urls:
        server.answer(Sent("actual", "GET", HOST + url, (), None, False))
        for method in METHODS:
            found[url, method] = unit_of(server.answered[-1].pattern_path, method).here
    return found


def explained(page: Any) -> tuple[Played, Advice | None]:
    played = play(page)
    return played, advice(played.refusal) if played.verdict.reason else None


_ALSO = re.compile(
    r"That is also for (?:(?P<methods>[A-Z, ]+) of the view)?(?: and for )?"
    r"(?:(?P<count>\d+) more routes? \((?P<routes>.*?)\))?\."
)


def said_to_open(
    edit: Any, page: Any, serving: dict[tuple[str, str], Here]
) -> set[tuple[str, str]]:
    """Return the URLs and methods that the words of the advice are for, asked for or besides."""
    told, url = str(edit), page.url.removeprefix(HOST)
    methods, routes = {page.method}, set()
    if isinstance(edit, Extend) and edit.routes:
        assert f"That is for {len(edit.routes)} route" in told
        routes |= edit.routes
    also = _ALSO.search(told)
    assert bool(also) == ("also for" in told), told
    if also and also["methods"]:
        methods |= set(also["methods"].split(", "))
    if also and also["count"]:
        others = {route for route, _ in edit.spot.opens} - {serving[url, page.method][0]}
        assert int(also["count"]) == len(others)
        # Long lists are cut off.
        assert set(also["routes"].partition(" and ")[0].split(", ")) <= others
        routes |= others
    return {
        (at, method)
        for (at, method), (route, _) in serving.items()
        if route in routes or (at == url and method in methods)
    }


def wrong_with(site: Site, urls: list[str], page: Any) -> str:
    """Return what is wrong with the advice for a call; nothing where it is not refused."""
    origins = list(dict.fromkeys([*ORIGINS, page.origin]))
    with site.served():
        played, told = explained(page)
        if told is None or isinstance(told.first, Tell):
            return ""
        before, serving = table(urls, origins), handlers(urls)
    for other in told.others:
        changed, asked = obey(site, page, other)
        with changed.served():
            if explained(asked)[0].verdict.reason is played.verdict.reason:
                return f"refused again: {other}"
    changed, asked = obey(site, page, told.first)
    with changed.served():
        after, again = table(urls, origins), explained(asked)[0]
    if again.verdict.reason is played.verdict.reason:
        return f"refused again: {told.first}"
    if isinstance(told.first, Ask):
        return ""
    # What was lost says itself whom it admits, and whom not.
    lost = "declares that" in str(told.first) or "has no effect" in str(told.first)
    if again.verdict.reason is not None and not lost:
        return f"not enough, {again.verdict.reason.name}: {told.first}"
    meant = said_to_open(told.first, page, serving)
    trusted = {
        reader.url for reader in before if reader.credentials and reader.origin == page.origin
    }
    opened = {reader for reader in after - before if not _is_meant(reader, page, meant, trusted)}
    if lost:
        return ""
    if opened:
        return f"opens {opened}: {told.first}"
    reflected = site.settings["CORS_ALLOW_ALL_ORIGINS"] and site.settings["CORS_ALLOW_CREDENTIALS"]
    return f"closes {before - after}: {told.first}" if before - after and not reflected else ""


def _is_meant(reader: Reader, page: Any, meant: set[tuple[str, str]], trusted: set[str]) -> bool:
    """Return whether the page asked for this; ``trusted`` is where it had cookies before."""
    with_cookies = page.credentials == "include" or reader.url in trusted
    credentials = reader.credentials <= with_cookies
    return reader.origin == page.origin and credentials and (reader.url, reader.method) in meant


@settings(
    derandomize=True,
    deadline=None,
    max_examples=120,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(
    found=sites(),
    origin=st.sampled_from([A, B, NEW, "http://new.example"]),
    method=st.sampled_from(METHODS),
    credentials=st.booleans(),
    header=st.sampled_from([(), (("X-Other", "1"),), (("Authorization", "x"),)]),
    at=st.integers(0, 3),
)
def test_what_is_advised_works_and_opens_nothing_else(
    found: tuple[Site, list[str]],
    origin: str,
    method: str,
    credentials: bool,
    header: Any,
    at: int,
) -> None:
    site, urls = found
    page = page_request(
        origin,
        HOST + urls[at % len(urls)],
        method=method,
        headers=header,
        credentials="include" if credentials else "same-origin",
    )

    assert wrong_with(site, urls, page) == ""


# --- Samples -----------------------------------------------------------------------------------


class Sample(NamedTuple):
    """A call of a page at ``NEW``, its site, and the advice, as it is printed."""

    source: str
    call: str
    advised: str
    settings: dict[str, Any] = {}
    others: tuple[str, ...] = ()


def _view(declared: str = "", name: str = "view") -> str:
    return f"{declared}\ndef {name}(request, **kwargs): return answer(request)\n"


FROM_LOST = (
    "the URLconf: write cors_allow(origins=['https://new.example'])(...) around the view of /one/. "
)
NEAR = "@cors_allow(origins=['https://new.example'])"
#: A function may serve any of these.
OF_FUNCTION = "That is also for POST, PUT, PATCH, DELETE of the view. "
SHARED = "The CorsPolicy there stands at other places too."
LONG = f"origins=[{', '.join(repr(f'https://{number}.example') for number in range(9))}]"

SAMPLES = {
    "an undeclared view": Sample(
        _view() + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        f"advised_views.view: write {NEAR} above it. {OF_FUNCTION.rstrip()}",
    ),
    "an undeclared view, and many that the settings admit": Sample(
        _view() + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        "advised_views.view: write @cors_allow(origins=[*settings.CORS_ALLOWED_ORIGINS, "
        "'https://new.example']) above it.",
        {"CORS_ALLOWED_ORIGINS": [f"https://{number}.example" for number in range(9)]},
    ),
    "a handler": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "PUT /one/",
        f"advised_views.One: write {NEAR} above its put.",
    ),
    "an inherited handler": Sample(
        "class Base(View):\n    def get(self, request): return answer(request)\n"
        "class One(Base):\n    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/",
        f"advised_views.One: write @method_decorator({NEAR[1:]}, name='get') above it.",
    ),
    "a class at two routes": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view()), path('other/', One.as_view())]",
        "GET /one/",
        "advised_views.One: write a subclass of it for /one/ alone, with "
        f"@method_decorator({NEAR[1:]}, name='get') above it.",
    ),
    "a post() that is not there": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "POST /one/",
        f"advised_views.One: write a post() with {NEAR} above it. Today it serves GET",
    ),
    "a post() that is not there, at two routes": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view()), path('other/', One.as_view())]",
        "POST /one/",
        f"advised_views.One: write a subclass of it for /one/ alone, with a post() with {NEAR} "
        "above it. Today it serves GET",
    ),
    "a decorator that loses the declaration": Sample(
        _view("@swallowing\n@cors_allow(origins=['https://new.example'])")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        FROM_LOST
        + OF_FUNCTION
        + "advised_views.py:23 declares that below a decorator without functools.wraps, which",
    ),
    "a name that is lost": Sample(
        _view("@swallowing\n@cors_allow('public')") + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        "the URLconf: write cors_allow('public')(...) around the view of /one/. "
        f"{OF_FUNCTION}advised_views.py:23 declares that below a decorator without "
        "functools.wraps, which",
    ),
    "a name with fields that is lost": Sample(
        _view("@swallowing\n@cors_allow('public', max_age=5)")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        "the URLconf: write cors_allow('public', max_age=5)(...) around the view of /one/. "
        f"{OF_FUNCTION}advised_views.py:23 declares that below a decorator without "
        "functools.wraps, which",
    ),
    "a deny that is lost": Sample(
        _view("@swallowing\n@cors_deny()") + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        FROM_LOST.rstrip(),
    ),
    "an override that drops the declaration": Sample(
        f"class Base(View):\n    {NEAR}\n    def get(self, request): return answer(request)\n"
        "class One(Base):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/",
        f"advised_views.One: write {NEAR} above its get. advised_views.py:23 declares "
        "that on the get that One overrides.",
    ),
    "an attribute without the mixin": Sample(
        "class One(View):\n    cors_policy = CorsPolicy(origins=['https://new.example'])\n"
        "    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/",
        f"advised_views.One: write {NEAR} above it. One.cors_policy has no effect: the class "
        "has no CorsMixin.",
    ),
    "an attribute that makes no sense, without the mixin": Sample(
        "class One(View):\n    cors_policy = 5\n"
        "    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/",
        f"advised_views.One: write {NEAR} above its get.",
    ),
    "the views of a package's URLconf": Sample(
        "urlpatterns = [path('auth/', include('django.contrib.auth.urls'))]",
        "GET /auth/login/",
        "the URLconf: write cors_include(..., origins=['https://new.example'], methods=['GET']) "
        "instead of the include at /auth/. That is also for POST of the view and for 7 more",
    ),
    "the same, included with a policy": Sample(
        "urlpatterns = [path('auth/', cors_include('django.contrib.auth.urls', policy=cors_deny))]",
        "GET /auth/login/",
        "advised_views.py:22: write cors_include(..., origins=['https://new.example']) instead of "
        "cors_deny. That is also for POST, PUT of the view and for 7 more routes (",
    ),
    "a class under an include that is closed": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [\n"
        "path('in/', cors_include([path('one/', One.as_view())], policy=cors_deny))]",
        "GET /in/one/",
        f"advised_views.One: write {NEAR} above its get. The cors_deny at advised_views.py:26 is a "
        "default.",
    ),
    "a route that is closed whole": Sample(
        "class One(View):\n    @cors_allow(origins='*')\n"
        "    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', cors_deny(One.as_view()))]",
        "PUT /one/",
        "advised_views.py:26: the cors_deny there closes the whole route, and without it "
        "what get of the class declares would count. Give PUT a route and a view of its own.",
    ),
    "a route that is closed whole, and a handler that admits somebody else": Sample(
        f"class One(View):\n    @cors_allow(origins=['{A}'])\n"
        "    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', cors_deny(One.as_view()))]",
        "GET /one/",
        "advised_views.py:26: the cors_deny there closes the whole route, and without it what get "
        "of the class declares would count. Give GET a route and a view of its own.",
    ),
    "a decorator of two views": Sample(
        f"near = cors_allow(origins=['{A}'])\n"
        + _view("@near", "one")
        + _view("@near", "two")
        + "urlpatterns = [path('one/', one), path('two/', two)]",
        "GET /one/",
        f"advised_views.one: write @cors_allow(origins=['{A}', '{NEW}']) above it. {OF_FUNCTION}",
        others=(f"advised_views.py:22: add '{NEW}' to origins. That is for 2 routes.",),
    ),
    "a policy of two views": Sample(
        f"near = CorsPolicy(origins=['{A}'])\n"
        + _view("@cors_allow(near)", "one")
        + _view("@cors_allow(near)", "two")
        + "urlpatterns = [path('one/', one), path('two/', two)]",
        "GET /one/",
        f"advised_views.py:23: write @cors_allow(origins=['{A}', '{NEW}']) instead. {OF_FUNCTION}",
        others=(f"advised_views.py:23: add '{NEW}' to origins. {SHARED} That is for 2 routes.",),
    ),
    "a policy of two classes": Sample(
        f"near = CorsPolicy(origins=['{A}'])\n"
        "class One(DeclaresCors, View):\n    cors_policy = near\n"
        "    def get(self, request): return answer(request)\n"
        "class Two(One):\n    cors_policy = near\n"
        "urlpatterns = [path('one/', One.as_view()), path('two/', Two.as_view())]",
        "GET /one/",
        "advised_views.py:23, cors_policy of One: write CorsPolicy(origins=['https://a.example', "
        "'https://new.example']) instead.",
    ),
    "a policy that one view has, beside fields of its own": Sample(
        "near = CorsPolicy(methods=['GET', 'PUT'])\n"
        + _view(f"@cors_allow(near, origins=['{A}'])", "one")
        + _view("@cors_allow(near)", "two")
        + "urlpatterns = [path('one/', one), path('two/', two)]",
        "GET /one/",
        f"advised_views.py:23: add '{NEW}' to origins. That is also for POST, PUT of the view.",
    ),
    "a function, and a method that the policy leaves out": Sample(
        _view(f"@cors_allow(origins=['{A}'], methods=['GET'])")
        + "urlpatterns = [path('one/', view)]",
        "DELETE /one/",
        f"advised_views.py:22: write @cors_allow(CorsPolicy(origins=['{A}'], methods=['GET']), "
        f"CorsPolicy(origins=['{NEW}'], methods=['GET', 'DELETE'])) instead. That is also for GET, "
        "POST of the view.",
    ),
    "a function, and a header that the policy leaves out": Sample(
        _view(f"@cors_allow(origins=['{A}'], headers=['x-a'])")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/ X-Other",
        f"advised_views.py:22: write @cors_allow(CorsPolicy(origins=['{A}'], headers=['x-a']), "
        f"CorsPolicy(origins=['{NEW}'], headers=['x-a', 'x-other'])) instead. {OF_FUNCTION}",
    ),
    "credentials and a method, under a policy for this page alone": Sample(
        _view(f"@cors_allow(origins=['{NEW}'], methods=['GET'])")
        + "urlpatterns = [path('one/', view)]",
        "PUT /one/ credentials",
        f"advised_views.py:22: write @cors_allow(origins=['{NEW}'], methods=['GET', 'PUT'], "
        "credentials=True) instead. That is also for GET, POST of the view.",
    ),
    "another spelling of a method, which would do": Sample(
        _view("@cors_allow(origins=['https://new.example'])")
        + "urlpatterns = [path('one/', view)]",
        "patch /one/",
        "the page: write 'PATCH'; to a browser 'patch' is another method.",
        {"CORS_ALLOW_METHODS": ["PATCH"]},
    ),
    "another spelling of a method, which '*' covers": Sample(
        _view() + "urlpatterns = [path('one/', view)]",
        "patch /one/ credentials",
        "advised_views.view: write @cors_allow(methods=['PATCH', '*']) above it. That is "
        "also for PUT, DELETE of the view. The page has to ask for 'PATCH'; to a browser 'patch' "
        "is another method.",
        {
            "CORS_ALLOWED_ORIGINS": [NEW],
            "CORS_ALLOW_CREDENTIALS": True,
            "CORS_ALLOW_METHODS": ["*"],
        },
    ),
    "another spelling of a method, of a stranger": Sample(
        _view(f"@cors_allow(origins=['{A}'])") + "urlpatterns = [path('one/', view)]",
        "patch /one/",
        f"advised_views.py:22: add '{NEW}' to origins. The page has to ask for 'PATCH'; to a "
        "browser 'patch' is another method. That is also for GET, POST, PUT, DELETE of the view.",
    ),
    "another spelling of a method, at a route that is closed whole": Sample(
        "class One(View):\n    @cors_allow(origins='*')\n"
        "    def get(self, request): return answer(request)\n"
        "    def patch(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', cors_deny(One.as_view()))]",
        "patch /one/",
        "advised_views.py:26: the cors_deny there closes the whole route, and without it what get "
        "of the class declares would count. Give PATCH a route and a view of its own.",
    ),
    "a name with methods that is lost": Sample(
        _view("@swallowing\n@cors_allow('public')") + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        "the URLconf: write cors_allow('public')(...) around the view of /one/. That is also for "
        "POST, PUT of the view. advised_views.py:23 declares that below a decorator",
        {"CORS_POLICIES": {"public": {"origins": "*", "methods": ["GET", "PUT"]}}},
    ),
    "the admin": Sample(
        "from django.contrib import admin\nurlpatterns = [path('admin/', admin.site.urls)]",
        "GET /admin/login/ credentials",
        "nothing at django.contrib.admin.sites.AdminSite.login: it belongs to Django's admin, "
        "which pages of other origins normally do not use. Write a view of your own that "
        "returns what the page needs, and declare that.",
        {
            "INSTALLED_APPS": [
                "django.contrib.contenttypes",
                "django.contrib.auth",
                "django.contrib.admin",
            ]
        },
    ),
    "a list that nobody types again": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        f"urlpatterns = [path('one/', cors_allow({LONG})(One.as_view()))]",
        "GET /one/",
        "advised_views.py:25: add 'https://new.example' to origins. That is for 1 route.",
    ),
    "a header, under such a list and a name": Sample(
        _view("@cors_allow('partners', headers=['x-one'])") + "urlpatterns = [path('one/', view)]",
        "GET /one/ X-Other",
        "advised_views.py:22: write @cors_allow('partners', headers=['x-one', 'x-other']) instead.",
        {"CORS_POLICIES": {"partners": {"origins": [NEW]}, "public": {"origins": "*"}}},
    ),
    "a header, under a name that an attribute holds": Sample(
        "class One(DeclaresCors, View):\n    cors_policy = 'partners'\n"
        "    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/ X-Other",
        "advised_views.py:22, cors_policy of One: write [CorsPolicy(origins=['https://new.example'],"
        " headers=[*default_headers, 'x-other']), 'partners'] instead. default_headers is in",
        {"CORS_POLICIES": {"partners": {"origins": [NEW]}, "public": {"origins": "*"}}},
    ),
    "a method, under a policy for this page alone": Sample(
        _view("@cors_allow(origins=['https://new.example'], methods=['GET'])")
        + "urlpatterns = [path('one/', view)]",
        "PUT /one/",
        "advised_views.py:22: write @cors_allow(origins=['https://new.example'], methods=['GET', "
        "'PUT']) instead.",
    ),
    "credentials, under a policy for this page alone": Sample(
        _view("@cors_allow(origins=['https://new.example'], expose_headers=['*'])")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/ credentials",
        "advised_views.py:22: write @cors_allow(origins=['https://new.example'], credentials=True) "
        "instead.",
    ),
    "credentials, under any origin of the settings": Sample(
        _view() + "urlpatterns = [path('one/', view)]",
        "GET /one/ credentials",
        "advised_views.view: write @cors_allow(CorsPolicy(origins=['https://new.example'], "
        "credentials=True), CorsPolicy(origins='*')) above it.",
        {"CORS_ALLOW_ALL_ORIGINS": True},
    ),
    "a declaration for nobody, under CORS_OPT_IN": Sample(
        _view("@cors_allow(origins=[], max_age=5)") + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        "advised_views.py:22: write @cors_allow(origins=['https://new.example'], max_age=5) inst",
        {"CORS_OPT_IN": True},
    ),
    "a refining declaration behind which a deny stands": Sample(
        _view("@cors_allow(max_age=5)")
        + "urlpatterns = [path('in/', cors_include([path('one/', view)], policy=cors_deny))]",
        "GET /in/one/",
        "advised_views.py:22: write @cors_allow(origins=['https://new.example'], max_age=5) inst",
    ),
    "a function of @api_view": Sample(
        "from rest_framework.decorators import api_view\n@api_view(['GET', 'PUT'])\n"
        "def view(request): return answer(request)\nurlpatterns = [path('one/', view)]",
        "GET /one/",
        f"advised_views.view: write {NEAR} above it. That is also for PUT of the view.",
    ),
    "an action of a viewset": Sample(
        "from rest_framework.routers import SimpleRouter\n"
        "from rest_framework.viewsets import ViewSet\n"
        "class One(ViewSet):\n    def list(self, request): return answer(request)\n"
        "    def create(self, request): return answer(request)\n"
        "router = SimpleRouter()\nrouter.register('one', One, 'one')\nurlpatterns = router.urls",
        "POST /one/",
        f"advised_views.One: write {NEAR} above its create.",
    ),
    "an action that the viewset has not": Sample(
        "from rest_framework.routers import SimpleRouter\n"
        "from rest_framework.viewsets import ViewSet\n"
        "class One(ViewSet):\n    def list(self, request): return answer(request)\n"
        "router = SimpleRouter()\nrouter.register('one', One, 'one')\nurlpatterns = router.urls",
        "POST /one/",
        "advised_views.One: it serves no POST, but GET",
    ),
    "an override of what was not declared": Sample(
        "class Base(View):\n    def get(self, request): return answer(request)\n"
        "class One(Base):\n    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/",
        f"advised_views.One: write {NEAR} above its get.",
    ),
    "a closure that was never filled": Sample(
        "def made():\n    def view(request): return never\n    return view\n    never = 1\n"
        "urlpatterns = [path('one/', made())]",
        "GET /one/",
        FROM_LOST.rstrip(),
    ),
    "a lost declaration that nobody types again": Sample(
        _view("@swallowing\n@cors_allow(origins=['https://new.example', lambda r, o: False])")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/",
        FROM_LOST.rstrip(),
    ),
    "private networks, which stay theirs": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', cors_allow(origins=['https://a.example'], "
        "private_network=True)(One.as_view()))]",
        "GET /one/",
        "advised_views.One: write @cors_allow(CorsPolicy(origins=['https://a.example'], "
        "private_network=True), CorsPolicy(origins=['https://new.example'])) above its get.",
    ),
    "a method, under a name that an attribute holds": Sample(
        "class One(DeclaresCors, View):\n    cors_policy = 'partners'\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "PUT /one/",
        "advised_views.py:22, cors_policy of One: write [CorsPolicy(origins=['https://new.example'],"
        " methods=['GET', 'PUT']), 'partners'] instead.",
        {"CORS_POLICIES": {"partners": {"origins": [NEW], "methods": ["GET"]}}},
    ),
    "credentials, under a name that an attribute holds": Sample(
        "class One(DeclaresCors, View):\n    cors_policy = 'partners'\n"
        "    def get(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/ credentials",
        "advised_views.py:22, cors_policy of One: write [CorsPolicy(origins=['https://new.example'],"
        " credentials=True), 'partners'] instead.",
        {"CORS_POLICIES": {"partners": {"origins": [NEW]}}},
    ),
    "a header, under policies that allow others": Sample(
        _view(
            f"@cors_allow(CorsPolicy(origins=['{NEW}']), CorsPolicy(origins='*', headers=['x-a']))"
        )
        + "urlpatterns = [path('one/', view)]",
        "GET /one/ X-Other",
        "advised_views.py:22: write @cors_allow(CorsPolicy(origins=['https://new.example'], "
        "headers=[*default_headers, 'x-other']), CorsPolicy(origins=['https://new.example']), "
        "CorsPolicy(origins='*', headers=['x-a'])) instead.",
    ),
    "a header, under policies that allow the same": Sample(
        _view(f"@cors_allow(CorsPolicy(origins=['{NEW}']), CorsPolicy(origins='*'))")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/ X-Other",
        "advised_views.py:22: write @cors_allow(CorsPolicy(origins=['https://new.example'], "
        "headers=[*default_headers, 'x-other']), CorsPolicy(origins=['https://new.example']), ",
    ),
    "a header, beside a callable without a name": Sample(
        _view("@cors_allow(origins=['https://new.example', lambda r, o: False], headers=['x-a'])")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/ X-Other",
        "advised_views.py:22: add 'x-other' to headers. That is for 1 route.",
    ),
    "a header, beside a regex": Sample(
        _view("@cors_allow(origin_regexes=['https://new.*'])")
        + "urlpatterns = [path('one/', view)]",
        "GET /one/ X-Other",
        "advised_views.py:22: write @cors_allow(origin_regexes=['https://new.*'], "
        "headers=[*default_headers, 'x-other']) instead.",
    ),
    "a route that is closed whole, and handlers that declare nothing": Sample(
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', cors_deny(One.as_view()))]",
        "PUT /one/",
        "advised_views.py:25: write @cors_allow(origins=['https://new.example']) instead of "
        "cors_deny. That is also for GET of the view.",
    ),
    "several policies of a class": Sample(
        f"@cors_allow(CorsPolicy(origins=['{A}']), CorsPolicy(origins=['{B}']))\n"
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/",
        "advised_views.One: write @cors_allow(CorsPolicy(origins=['https://a.example']), "
        "CorsPolicy(origins=['https://b.example']), CorsPolicy(origins=['https://new.example']))",
        others=(
            f"advised_views.py:22: add '{NEW}' to origins of policy number 2. That is for 1 route.",
        ),
    ),
    "credentials that a class keeps from two pages": Sample(
        f"@cors_allow(origins=['{A}', '{NEW}'], credentials=False)\n"
        "class One(View):\n    def get(self, request): return answer(request)\n"
        "    def put(self, request): return answer(request)\n"
        "urlpatterns = [path('one/', One.as_view())]",
        "GET /one/ credentials",
        "advised_views.One: write @cors_allow(CorsPolicy(origins=['https://new.example'], "
        "credentials=True), CorsPolicy(origins=['https://a.example', 'https://new.example']))",
        others=(
            "the page: ask without credentials, if it needs none.",
            "advised_views.py:22: write credentials=True. That is for 1 route.",
        ),
    ),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample(name: str) -> None:
    sample = SAMPLES[name]
    if "rest_framework" in sample.source:
        pytest.importorskip("rest_framework", reason="the view is one of Django REST framework")
    method, url, *more = sample.call.split()
    page = page_request(
        NEW,
        HOST + url,
        method=method,
        headers=[("X-Other", "1")] if "X-Other" in more else [],
        credentials="include" if "credentials" in more else "same-origin",
    )
    policies = {"partners": {"origins": [B]}, "public": {"origins": "*"}}
    base = {
        "CORS_POLICIES": policies,
        "CORS_ALLOW_ALL_ORIGINS": False,
        "CORS_ALLOW_CREDENTIALS": False,
        "MIDDLEWARE": MIDDLEWARE,
        "ALLOWED_HOSTS": ["api.example"],
    }
    site = Site(HEADER + sample.source, {**base, **sample.settings})

    with site.served():
        _, told = explained(page)

    assert told is not None
    assert str(told.first).startswith(sample.advised.rstrip())
    assert not sample.others or tuple(map(str, told.others)) == sample.others
    assert wrong_with(site, [url], page) == ""


NO_PREFLIGHT = "methods=['GET'], headers=[]"
#: What a view writes by hand -> what the policy is that keeps those who read by it.
BY_HAND = {
    "any origin": ({"Access-Control-Allow-Origin": "*"}, f"origins='*', {NO_PREFLIGHT}", [B, NEW]),
    "somebody else": ({"Access-Control-Allow-Origin": B}, f"origins=['{B}'], {NO_PREFLIGHT}", [B]),
    "somebody else with cookies": (
        {"Access-Control-Allow-Origin": B, "Access-Control-Allow-Credentials": "true"},
        f"origins=['{B}'], {NO_PREFLIGHT}, credentials=True",
        [B],
    ),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_who_reads_by_a_header_written_by_hand_goes_on_reading(name: str) -> None:
    headers, kept, readers = BY_HAND[name]
    source = (
        f"{HEADER}\ndef view(request): return HttpResponse(headers={headers})\n"
        "urlpatterns = [path('one/', view)]"
    )
    configured = {
        "CORS_ALLOWED_ORIGINS": [A],
        "MIDDLEWARE": MIDDLEWARE,
        "ALLOWED_HOSTS": ["api.example"],
    }
    site, page = Site(source, configured), _asked_by(NEW, credentials="include")

    with site.served():
        told = advice(play(page, runs_views=True).refusal)
    changed, _ = obey(site, page, told.first)
    with changed.served():
        reasons = [
            play(each, runs_views=True).verdict.reason
            for each in (page, *(_asked_by(reader) for reader in (A, *readers)))
        ]
        preflighted = play(_asked_by(B, method="PUT"), runs_views=True).verdict.reason

    assert f"CorsPolicy({kept})" in str(told.first)
    assert f"CorsPolicy(origins=['{A}'])" in str(told.first)
    assert reasons == [None] * len(reasons)
    assert preflighted is not None


def _asked_by(origin: str, **call: Any) -> Any:
    return page_request(origin, f"{HOST}/one/", **call)
