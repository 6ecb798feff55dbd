"""CORS headers that views and middlewares write themselves, on routes with a declaration."""

from __future__ import annotations

import functools
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from django.http import HttpRequest, HttpResponse
from django.http.response import ResponseHeaders
from django.test import Client
from django.test.utils import override_settings
from django.urls import ResolverMatch, path, register_converter
from django.urls.converters import StringConverter
from django.views import View

pytest.importorskip("rest_framework", reason="is about views of REST framework, too")
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import ViewSet

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.protocol.reasons import Reason
from cors_views.responses import view_headers
from cors_views.rest_framework import CorsMixin
from cors_views.testing import Browser, CorsError
from tests.management.commands import run
from tests.tables import CREDENTIALS, EXPOSE, MAX_AGE, ORIGIN, Sender, cors_headers, urlconf

APP, STRANGER, SITE = "https://app.example", "https://stranger.example", "https://site.example"
OURS = "cors_views.middleware.CorsMiddleware"
allow_app = cors_allow(origins=[APP])


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=[SITE]):
        yield


# --- Who writes headers -------------------------------------------------------------------------


def by_hand(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Let anybody read the answers, as decorators of many projects do."""

    @functools.wraps(view)
    def wrapper(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = view(request, *args, **kwargs)
        response["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        response["ACCESS-CONTROL-ALLOW-CREDENTIALS"] = "true"
        return response

    return wrapper


@by_hand
def decorated(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


def jwks(request: HttpRequest) -> HttpResponse:
    """Answer as the key set of django-oauth-toolkit does."""
    response = HttpResponse("{}", content_type="application/json")
    response["Access-Control-Allow-Origin"] = "*"
    return response


@api_view(["GET", "POST"])
def function(request: Any) -> Response:
    return Response("secret", headers={"Access-Control-Allow-Origin": "*"})


class Api(APIView):
    def get(self, request: Any) -> Response:
        return Response("secret", headers={"Access-Control-Allow-Origin": "*"})


class Orders(CorsMixin, ViewSet):
    cors_policy = CorsPolicy(origins=[APP])

    def list(self, request: Any) -> Response:
        return Response("secret", headers={"Access-Control-Allow-Origin": "*"})


@by_hand
def fails(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret", status=500)


async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret", headers={"Access-Control-Allow-Origin": "*"})


def quiet(request: HttpRequest) -> HttpResponse:
    return HttpResponse("secret")


def writes(**headers: str) -> Callable[[HttpRequest], HttpResponse]:
    """Return a view that writes some ``Access-Control-`` headers."""

    def view(request: HttpRequest) -> HttpResponse:
        names = {f"Access-Control-{name.replace('_', '-')}": headers[name] for name in headers}
        return HttpResponse("secret", headers=names)

    return view


class HandlerAlone(View):
    """Declares nothing about GET, which writes its headers itself."""

    def get(self, request: HttpRequest) -> HttpResponse:
        return decorated(request)

    @allow_app
    def post(self, request: HttpRequest) -> HttpResponse:
        return decorated(request)


@cors_deny
class Denied(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return decorated(request)


class Below:
    """A middleware below ours that opens all there is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = by_hand(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)


class AnswersItself:
    """A middleware below ours that answers in the place of a view, and says which."""

    def __init__(self, get_response: Any) -> None:
        pass

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request.resolver_match = ResolverMatch(cors_deny(quiet), (), {})
        return decorated(request)


class Case(NamedTuple):
    """A route; ``admits`` is whether its declaration admits APP where nobody is told otherwise."""

    view: Any
    admits: bool = False
    method: str = "GET"
    middleware: tuple[str, ...] = ()
    #: Whether the settings say who is admitted, for lack of a declaration about the method.
    needs_url_match: bool = False


CASES = {
    "a function, denied": Case(cors_deny(decorated)),
    "a function, allowed": Case(allow_app(decorated), admits=True),
    "a decorator above ours": Case(by_hand(allow_app(quiet)), admits=True),
    "a class, denied": Case(Denied.as_view()),
    "an async view": Case(cors_deny(asynchronous)),
    "DRF's function": Case(cors_deny(function)),
    "DRF's class": Case(allow_app(Api.as_view()), admits=True),
    "a viewset": Case(Orders.as_view({"get": "list"}), admits=True),
    "an include around a package": Case(
        cors_include([path("jwks.json", jwks), path("", jwks)], policy=cors_deny)
    ),
    "an error": Case(cors_deny(fails)),
    "a 405": Case(Denied.as_view(), method="PUT"),
    "an OPTIONS that is no preflight": Case(cors_deny(decorated), method="OPTIONS"),
    "HEAD": Case(cors_deny(decorated), method="HEAD"),
    "a middleware below": Case(cors_deny(quiet), middleware=(OURS, f"{__name__}.Below")),
    "a middleware that answers itself": Case(
        cors_deny(quiet), middleware=(OURS, f"{__name__}.AnswersItself")
    ),
    "a handler beside a declared one": Case(HandlerAlone.as_view(), needs_url_match=True),
    "a handler that is declared": Case(HandlerAlone.as_view(), admits=True, method="POST"),
    "credentials alone": Case(cors_deny(writes(Allow_Credentials="true"))),
    "exposed headers alone": Case(cors_deny(writes(Expose_Headers="x-secret"))),
    "an age alone": Case(allow_app(writes(Max_Age="600")), admits=True),
    "methods and headers": Case(cors_deny(writes(Allow_Methods="PUT", Allow_Headers="*"))),
    "private network": Case(cors_deny(writes(Allow_Private_Network="true"))),
}


def expected(case: Case, origin: str | None) -> dict[str, str]:
    """Return the CORS headers that are left: those of what governs the method, and no other."""
    if not (case.admits or case.needs_url_match):
        return {}
    admitted = SITE if case.needs_url_match else APP
    return {"vary": "origin"} | ({ORIGIN: admitted} if origin == admitted else {})


@pytest.mark.parametrize("origin", [APP, SITE, STRANGER, "null", "no origin", None])
@pytest.mark.parametrize("name", CASES)
def test_that_a_declaration_alone_speaks(send: Sender, name: str, origin: str | None) -> None:
    case = CASES[name]
    middleware = {"MIDDLEWARE": case.middleware} if case.middleware else {}

    with override_settings(**middleware), urlconf(path("v/", case.view)):
        response = send.actual("/v/", origin, case.method)

    headers = cors_headers(response)
    # DRF varies by what it negotiates.
    headers = {name: value for name, value in headers.items() if name != "vary"} | (
        {"vary": "origin"} if "origin" in headers.get("vary", "") else {}
    )
    assert headers == expected(case, origin)


# name -> (settings, view, origin, exact headers): the settings alone, as django-cors-headers
OF_THE_SETTINGS: dict[str, tuple[dict[str, Any], Any, str | None, dict[str, str]]] = {
    "what they refuse is left as it is": (
        {},
        decorated,
        STRANGER,
        {ORIGIN: STRANGER, CREDENTIALS: "true", "vary": "origin"},
    ),
    "what they admit is theirs alone": ({}, decorated, SITE, {ORIGIN: SITE, "vary": "origin"}),
    "nothing is left over where they admit": (
        {},
        writes(Allow_Credentials="true", Expose_Headers="x", Max_Age="1"),
        SITE,
        {ORIGIN: SITE, "vary": "origin"},
    ),
    "any origin": ({"CORS_ALLOW_ALL_ORIGINS": True}, decorated, STRANGER, {ORIGIN: "*"}),
    "a URL that they leave out": (
        {"CORS_URLS_REGEX": "^/api/"},
        writes(Allow_Origin="*", Expose_Headers="x"),
        SITE,
        {ORIGIN: "*", EXPOSE: "x"},
    ),
    "nothing opted in": (
        {"CORS_OPT_IN": True},
        writes(Allow_Origin="*", Max_Age="1"),
        SITE,
        {ORIGIN: "*", MAX_AGE: "1"},
    ),
}


@pytest.mark.parametrize("name", OF_THE_SETTINGS)
def test_the_settings_leave_what_they_do_not_admit(send: Sender, caplog: Any, name: str) -> None:
    settings, view, origin, headers = OF_THE_SETTINGS[name]

    with override_settings(**settings), urlconf(path("v/", view)):
        response = send.actual("/v/", origin)

    assert cors_headers(response) == headers
    assert warnings(caplog) == []


# --- The warning --------------------------------------------------------------------------------


def warnings(caplog: Any) -> list[str]:
    return [
        record.getMessage()
        for record in caplog.records
        if record.name == "cors_views" and record.levelno == logging.WARNING
    ]


TOLD = {
    "the view and the declaration": (
        cors_deny(decorated),
        [
            "tests.responses.test_view_headers.decorated, ",
            "the route policy declared at ",
            __file__,
        ],
    ),
    "the names": (
        cors_deny(decorated),
        ["writes Access-Control-Allow-Origin and ACCESS-CONTROL-ALLOW-CREDENTIALS itself"],
    ),
    "the route": (cors_deny(decorated), ["every response of the route /v/"]),
    "a class": (
        Denied.as_view(),
        ["tests.responses.test_view_headers.Denied, ", "the class policy"],
    ),
    "an include": (
        cors_include([path("", jwks)], policy=cors_deny),
        ["tests.responses.test_view_headers.jwks, ", "the include policy declared at "],
    ),
    "the declaration of another handler": (
        HandlerAlone.as_view(),
        ["tests.responses.test_view_headers.HandlerAlone, ", "the handler policy declared at "],
    ),
    "what was refined": (
        cors_allow(max_age=5)(decorated),
        ["the route policy declared at "],
    ),
}


@pytest.mark.parametrize("name", TOLD)
def test_what_the_warning_names(send: Sender, caplog: Any, name: str) -> None:
    view, parts = TOLD[name]

    with urlconf(path("v/", view)):
        send.actual("/v/", STRANGER)

    (warning,) = warnings(caplog)
    for part in parts:
        assert part in warning


def test_that_it_is_given_once_a_route(send: Sender, caplog: Any) -> None:
    patterns = [path(f"{name}/", cors_deny(decorated)) for name in "ab"]

    with urlconf(*patterns):
        for url in ("/a/", "/a/", "/b/", "/a/", "/b/"):
            send.actual(url, APP)
            send.actual(url, None, "POST")

    assert [f"/{name}/" in line for name, line in zip("ab", warnings(caplog))] == [True, True]
    assert len(warnings(caplog)) == 2


def test_that_there_is_an_end_to_what_is_remembered(
    send: Sender, caplog: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view_headers, "_MOST_WARNED", 2)
    patterns = [path(f"{name}/", cors_deny(decorated)) for name in "abc"]

    with urlconf(*patterns):
        for name in "abc":
            assert ORIGIN not in send.actual(f"/{name}/", APP)

    assert len(warnings(caplog)) == 2


class Unclear:
    """A middleware below ours that answers itself, for a view that nobody understands."""

    def __init__(self, get_response: Any) -> None:
        pass

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path == "/odd/":
            request.resolver_match = ResolverMatch(Broken(), (), {})
        if request.path == "/none/":
            # What some dispatchers leave, which is no match.
            request.resolver_match = (quiet, (), {})
        return decorated(request)


class FailingConverter(StringConverter):
    def to_python(self, value: str) -> str:
        raise RuntimeError("the converter fails")


register_converter(FailingConverter, "handwritten_failing")

# name -> (URL, what the warning says)
CLOSED = {
    "a view that cannot be understood": ("/odd/", "Broken, or a middleware below "),
    "a match that is none": ("/none/", "what answers '/none/', or a middleware below "),
    "a URL that cannot be resolved": ("/fails/1/", "what answers '/fails/1/', or a middleware "),
}


@pytest.mark.usefixtures("nothing_enforces")
@pytest.mark.parametrize("name", CLOSED)
def test_what_is_closed_for_lack_of_an_answer_is_closed_to_them_too(
    send: Sender, caplog: Any, name: str
) -> None:
    url, told = CLOSED[name]

    with (
        override_settings(MIDDLEWARE=[OURS, f"{__name__}.Unclear"]),
        urlconf(path("fails/<handwritten_failing:value>/", cors_deny(quiet))),
    ):
        response = send.actual(url, APP)

    assert response.status_code == 200
    assert ORIGIN not in response
    (warning,) = warnings(caplog)
    assert told in warning


@pytest.mark.usefixtures("nothing_enforces")
@pytest.mark.parametrize("url", ["/fails/%d/", "/fails/%d/x", "/none/?%d"])
def test_that_visitors_do_not_choose_how_often_it_is_given(
    send: Sender, caplog: Any, url: str
) -> None:
    with (
        override_settings(MIDDLEWARE=[OURS, f"{__name__}.Unclear"]),
        urlconf(
            path("fails/<handwritten_failing:value>/", cors_deny(quiet)),
            path("fails/<handwritten_failing:value>/x", cors_deny(quiet)),
        ),
    ):
        for number in range(5):
            send.actual(url % number, APP)

    assert len(warnings(caplog)) == 1


@cors_deny
class Broken:
    """A declared view that raises whatever it is asked."""

    view_class, initkwargs = View, 5

    def __call__(self, request: HttpRequest) -> HttpResponse:
        raise AssertionError("nobody calls it")


def test_how_django_keeps_the_names() -> None:
    # The middleware asks for them there, and may not where this fails.
    response = HttpResponse(headers={"Access-Control-Allow-ORIGIN": "*", "Vary": "a"})

    assert isinstance(response.headers, ResponseHeaders)
    assert set(response.headers._store) == {"content-type", ORIGIN, "vary"}


# --- What everybody says of it ------------------------------------------------------------------

# name -> (view, what a page at APP is refused for, or None where it may read)
AGREED: dict[str, tuple[Any, Reason | None]] = {
    "denied": (cors_deny(decorated), Reason.DENIED),
    "an include, denied": (cors_include([path("", jwks)], policy=cors_deny), Reason.DENIED),
    "nobody": (cors_allow(origins=[])(decorated), Reason.ORIGIN_NOT_ADMITTED),
    "another": (cors_allow(origins=[STRANGER])(jwks), Reason.ORIGIN_NOT_ADMITTED),
    "admitted": (allow_app(writes(Allow_Origin=STRANGER)), None),
    "the settings, and the view admits": (jwks, None),
    "the settings, and the view admits another": (
        writes(Allow_Origin=STRANGER),
        Reason.WRONG_ALLOW_ORIGIN,
    ),
}


@pytest.mark.parametrize("name", AGREED)
def test_that_all_who_speak_of_it_say_what_a_browser_does(
    caplog: Any, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    view, reason = AGREED[name]
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", view)):
        browser = refused_by(Browser(APP))
        logged = [
            record.reason
            for record in caplog.records
            if record.name == "cors_views" and record.levelno == logging.DEBUG
        ]
        explained = run("cors_explain", APP, "GET", "/v/", "--run")
        panel = panel_of(monkeypatch)

    assert browser is reason
    assert logged == ([reason] if reason else [])
    assert explained.status == (1 if reason else 0)
    if reason:
        assert f"Refused, {reason.name}" in explained.out
        assert panel.startswith(reason.name)
    else:
        assert panel == "the page may read the answer"


def refused_by(page: Browser) -> Reason | None:
    try:
        page.fetch("/v/")
    except CorsError as error:
        return error.reason
    return None


def panel_of(monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the verdict of the panel for django-debug-toolbar."""
    panels = pytest.importorskip("cors_views.panels", reason="is about django-debug-toolbar")
    shown: list[str] = []
    monkeypatch.setattr(Panel, "cls", panels.CorsPanel)
    monkeypatch.setattr(
        panels.CorsPanel, "record_stats", lambda self, stats: shown.append(stats["verdict"])
    )
    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.Panel"]):
        Client().get("/v/", headers={"origin": APP})
    return shown[0]


class Panel:
    """What stands for the toolbar: its panels look at the response below our middleware."""

    cls: Any = None

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        panel = object.__new__(self.cls)
        panel.generate_stats(request, response)
        return response


@pytest.mark.parametrize(
    ("policy", "access"),
    [pytest.param(cors_deny, "deny", id="denied"), pytest.param("nobody", "allow", id="nobody")],
)
def test_that_what_cors_policies_shows_is_what_a_browser_gets(policy: Any, access: str) -> None:
    policies = {"nobody": {"origins": []}}

    with (
        override_settings(CORS_POLICIES=policies),
        urlconf(path("keys/", cors_include([path("", jwks)], policy=policy))),
    ):
        routes = json.loads(run("cors_policies", "--format", "json").out)["routes"]
        (shown,) = next(route["policies"] for route in routes if route["route"] == "/keys/")
        response = Client().get("/keys/", headers={"origin": APP})

    assert (shown["access"], shown["origins"]) == (access, [])
    assert ORIGIN not in response
