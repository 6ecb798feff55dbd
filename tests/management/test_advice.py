"""Advice that works: whatever is refused, what ``cors_explain`` says to write is written.

Sites are generated with declarations on random layers. What is advised is done to the letter, to
the source of the site; then the site still builds, the call is no longer refused for that reason,
nobody has lost anything, and nothing was opened but what the page asked for, or what the advice
itself says.
"""

from __future__ import annotations

import itertools
from typing import Any, NamedTuple

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cors_views.browsing import PreflightCache, browse, page_request
from cors_views.browsing.exchanges import Sent
from cors_views.callbacks import served_methods
from cors_views.management.explaining.advice import Advice, advice
from cors_views.management.explaining.edits import Ask, Declare, Tell
from cors_views.management.explaining.playing import Played, play
from cors_views.management.explaining.spots import Here
from cors_views.management.sending import Server
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
from cors_views.declarations import DeclaresCors
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
        return "None" if declared is None else "cors_deny"
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


SITES = {
    function_site: ["/one/", "/in/two/", "/other/"],
    shared_site: ["/one/", "/in/two/", "/free/"],
    class_site: ["/one/", "/base/"],
    twice_site: ["/one/", "/in/two/"],
    attributes_site: ["/one/", "/other/"],
    package_site: ["/one/", "/auth/login/", "/other/"],
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
    served = served_methods(server.heard[-1].chain[-1].callback)
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
    from cors_views.management.explaining.spots import unit_of

    server = Server(A, f"{HOST}/", runs_views=False)
    found = {}
    for url in urls:
        server.answer(Sent("actual", "GET", HOST + url, (), None, False))
        for method in METHODS:
            found[url, method] = unit_of(server.heard[-1].chain, method).here
    return found


def explained(page: Any) -> tuple[Played, Advice | None]:
    played = play(page)
    return played, advice(played.refusal) if played.verdict.reason else None


def said_to_open(edit: Any, serving: dict[tuple[str, str], Here]) -> set[tuple[str, str]]:
    """Return the URLs and methods that advice is for, or that it says it opens besides."""
    if isinstance(edit, Declare):
        opens = {edit.spot.unit.here, *edit.spot.opens}
    else:
        opens = {here for here in serving.values() if here[0] in edit.routes}
        opens |= {edit.spot.unit.here, *edit.spot.opens} if edit.spot else set()
    meant = {key for key, here in serving.items() if here in opens}
    if isinstance(edit, Declare) and edit.spot.kind == "new":
        method, routes = edit.spot.unit.handler.upper(), {route for route, _ in opens}
        meant |= {key for key, (route, _) in serving.items() if route in routes if key[1] == method}
    return meant


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
    meant = said_to_open(told.first, serving)
    trusted = {
        reader.url for reader in before if reader.credentials and reader.origin == page.origin
    }
    opened = {reader for reader in after - before if not _is_meant(reader, page, meant, trusted)}
    if "declares that" in str(told.first) or "has no effect" in str(told.first):
        # What was lost says itself whom it admits, and whom not.
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
    at=st.integers(0, 2),
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
