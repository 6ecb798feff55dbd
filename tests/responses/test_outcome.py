"""``cors_decided`` and ``outcome_of``: who is told what, of which requests, and at what cost."""

from __future__ import annotations

import dataclasses
import logging
import pickle
import re
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync, iscoroutinefunction
from django.http import HttpRequest, HttpResponse
from django.test import AsyncClient, Client
from django.test.utils import override_settings
from django.urls import include, path
from django.utils.decorators import sync_and_async_middleware
from django.views import View

from cors_views import (
    CachedOrigins,
    CorsPolicy,
    Outcome,
    cors_allow,
    cors_deny,
    cors_include,
    outcome_of,
)
from cors_views.reasons import Reason
from cors_views.signals import check_request_enabled, cors_decided
from tests.sites import deployed  # noqa: F401 it registers a converter that raises
from tests.tables import Sender, urlconf

pytestmark = pytest.mark.usefixtures("every_line")

APP, PARTNER, EVIL = "https://app.example", "https://partner.example", "https://evil.example"
HERE = "tests/responses/test_outcome.py"


def answer(request: HttpRequest, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


def by_hand(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer", headers={"Access-Control-Allow-Origin": "*"})


def says_yes(request: HttpRequest | None, origin: str) -> bool:
    return origin == PARTNER


def says_no(request: HttpRequest | None, origin: str) -> bool:
    return False


def tenants() -> list[str]:
    return [PARTNER]


@cors_allow("partners", "public")
class Catalogue(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("catalogue")

    @cors_deny
    def delete(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("deleted")

    @cors_allow(origins=[APP], headers=["x-one"])
    def put(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse("put")


POLICIES = {
    "partners": {"origins": [APP]},
    "public": {"origins": ["https://*.partner.example", PARTNER]},
}
EVERYBODY_OR_APP = (CorsPolicy(origins=[APP]), CorsPolicy(origins="*"))
with override_settings(CORS_POLICIES=POLICIES):
    URLS = [
        path("plain/", answer),
        path("by-hand/", by_hand),
        path("catalogue/<slug:slug>/", Catalogue.as_view()),
        path("below/", cors_include([path("orders/<int:pk>/", answer)], policy="partners")),
        path(
            "patterns/", cors_allow(origins=["https://*.app.example", "http://localhost:*"])(answer)
        ),
        path("below-any-port/", cors_allow(origins=["https://*.app.example:*"])(answer)),
        path("at-a-port/", cors_allow(origins=["https://*.app.example:8443"])(answer)),
        path("regex/", cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example"])(answer)),
        path("everybody/", cors_allow(origins="*")(answer)),
        path(
            "everybody-or-app/",
            cors_allow(*EVERYBODY_OR_APP)(answer),
        ),
        path("asked/", cors_allow(origins=[says_no, says_yes])(answer)),
        path("loaded/", cors_allow(origins=[CachedOrigins(tenants)])(answer)),
        path("credentials/", cors_allow(origins=[APP])(answer)),
        path("enforced/", cors_allow("partners", enforce=True)(answer)),
        path(
            "reported/",
            cors_allow("partners", methods=["GET", "PUT"], enforce="report")(answer),
        ),
        path("closed/", cors_deny(enforce="report")(answer)),
        path("", include([path("refined/", cors_allow(max_age=5)(answer))])),
    ]
SITE = {
    "CORS_POLICIES": POLICIES,
    "CORS_ALLOWED_ORIGINS": [APP],
    "ALLOWED_HOSTS": ["testserver", "site.example"],
}


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with urlconf(*URLS), override_settings(**SITE):
        yield


@contextmanager
def watched(receiver: Any = None) -> Iterator[list[Any]]:
    """Connect a receiver, and yield the outcomes that it is sent."""
    seen: list[Any] = []

    def note(sender: Any, request: HttpRequest, outcome: Outcome, **kwargs: Any) -> None:
        assert sender is None
        assert isinstance(request, HttpRequest)
        seen.append(outcome)

    wanted = receiver or note
    cors_decided.connect(wanted)
    try:
        yield seen
    finally:
        cors_decided.disconnect(wanted)


def told(send: Sender, method: str, url: str, origin: str, **headers: str) -> Outcome:
    with watched() as seen:
        response = send(method, url, {"origin": origin, **headers})
    [outcome] = seen
    request = getattr(response, "wsgi_request", None) or response.asgi_request
    # The same for whoever asks, and no more than once.
    assert outcome_of(request) == outcome
    return outcome


def asks(method: str, *names: str) -> dict[str, str]:
    asked = {"access-control-request-method": method}
    return asked | ({"access-control-request-headers": ",".join(names)} if names else {})


# what is sent -> what is told, beside the origin
CASES: dict[str, tuple[tuple[str, str, str], dict[str, str], dict[str, Any]]] = {
    "the settings admit": (
        ("GET", "/plain/", APP),
        {},
        {
            "admitted": True,
            "reason": None,
            "admitted_by": APP,
            "layer": "settings",
            "place": "",
            "policy": "",
            "route": "/plain/",
            "method": "GET",
            "preflight": False,
            "missing": (),
            "enforced": False,
            "reported": False,
        },
    ),
    "the settings refuse": (
        ("POST", "/plain/", EVIL),
        {},
        {
            "admitted": False,
            "reason": Reason.ORIGIN_NOT_ADMITTED,
            "admitted_by": "",
            "layer": "settings",
            "method": "POST",
        },
    ),
    "no route": (
        ("GET", "/nowhere/", APP),
        {},
        {"admitted": True, "route": "", "layer": "settings"},
    ),
    "an include, of a name": (
        ("GET", "/below/orders/7/", APP),
        {},
        {"layer": "include", "policy": "partners", "route": "/below/orders/<int:pk>/"},
    ),
    "the first of two": (
        ("GET", "/catalogue/a/", APP),
        {},
        {
            "layer": "class",
            "policy": "partners",
            "admitted_by": APP,
            "route": "/catalogue/<slug:slug>/",
        },
    ),
    "the second of two, by a pattern": (
        ("GET", "/catalogue/a/", "https://eu.partner.example"),
        {},
        {"policy": "public", "admitted_by": "https://*.partner.example"},
    ),
    "neither of two": (
        ("GET", "/catalogue/a/", EVIL),
        {},
        {"policy": "", "admitted_by": "", "reason": Reason.ORIGIN_NOT_ADMITTED},
    ),
    "a handler that is denied": (
        ("DELETE", "/catalogue/a/", APP),
        {},
        {"layer": "handler", "reason": Reason.DENIED, "policy": "", "admitted_by": ""},
    ),
    "a preflight": (
        ("OPTIONS", "/catalogue/a/", APP),
        asks("PUT", "x-one"),
        {
            "admitted": True,
            "preflight": True,
            "method": "PUT",
            "layer": "handler",
            "route": "/catalogue/<slug:slug>/",
        },
    ),
    "a preflight in vain": (
        ("OPTIONS", "/catalogue/a/", APP),
        asks("PUT", "x-one", "x-two", "x-three"),
        {
            "admitted": False,
            "reason": Reason.HEADER_NOT_ALLOWED,
            "missing": ("x-two", "x-three"),
            "admitted_by": APP,
        },
    ),
    "a method that is not offered": (
        ("OPTIONS", "/catalogue/a/", APP),
        asks("PATCH"),
        {"reason": Reason.METHOD_NOT_OFFERED, "policy": "partners", "method": "PATCH"},
    ),
    "no origin": (
        ("GET", "/plain/", "https://app.example/path"),
        {},
        {"reason": Reason.NOT_AN_ORIGIN, "admitted": False},
    ),
    "below a domain": (
        ("GET", "/patterns/", "https://eu.shop.app.example"),
        {},
        {"admitted_by": "https://*.app.example", "layer": "route"},
    ),
    "any port": (
        ("GET", "/patterns/", "http://localhost:3000"),
        {},
        {"admitted_by": "http://localhost:*"},
    ),
    "without a port": (
        ("GET", "/patterns/", "http://localhost"),
        {},
        {"admitted_by": "http://localhost:*"},
    ),
    "below a domain at any port": (
        ("GET", "/below-any-port/", "https://eu.app.example:9"),
        {},
        {"admitted_by": "https://*.app.example:*"},
    ),
    "below a domain at a port": (
        ("GET", "/at-a-port/", "https://eu.app.example:8443"),
        {},
        {"admitted_by": "https://*.app.example:8443"},
    ),
    "a regular expression": (
        ("GET", "/regex/", "https://eu.app.example"),
        {},
        {"admitted_by": r"https://[a-z]+\.app\.example"},
    ),
    "everybody": (("GET", "/everybody/", EVIL), {}, {"admitted_by": "*"}),
    "everybody else": (("GET", "/everybody-or-app/", EVIL), {}, {"admitted_by": "*"}),
    "a callable": (
        ("GET", "/asked/", PARTNER),
        {},
        {"admitted": True, "admitted_by": f"{__name__}.says_yes"},
    ),
    "a callable that says no": (
        ("GET", "/asked/", EVIL),
        {},
        {"admitted": False, "admitted_by": ""},
    ),
    "what is loaded": (("GET", "/loaded/", PARTNER), {}, {"admitted_by": f"{__name__}.tenants"}),
    "cookies in vain": (
        ("GET", "/credentials/", APP),
        {"cookie": "a=b"},
        {"reason": Reason.CREDENTIALS_NOT_ALLOWED, "admitted": False, "admitted_by": APP},
    ),
    "refused on the server": (
        ("POST", "/enforced/", EVIL),
        {},
        {
            "reason": Reason.ORIGIN_NOT_ADMITTED,
            "enforced": True,
            "reported": False,
            "layer": "route",
            "policy": "partners",
            "route": "/enforced/",
        },
    ),
    "a preflight that is refused on the server": (
        ("OPTIONS", "/enforced/", EVIL),
        asks("PUT"),
        {"enforced": True, "reported": False, "preflight": True, "method": "PUT"},
    ),
    "admitted where policies report": (
        ("GET", "/reported/", APP),
        {},
        {"admitted": True, "enforced": False, "reported": False},
    ),
    "an origin that would be refused on the server": (
        ("POST", "/reported/", EVIL),
        {},
        {
            "reason": Reason.ORIGIN_NOT_ADMITTED,
            "enforced": False,
            "reported": True,
            "layer": "route",
            "route": "/reported/",
        },
    ),
    "a method that would be, of a page that may read": (
        ("POST", "/reported/", APP),
        {},
        {"admitted": True, "admitted_by": APP, "enforced": False, "reported": True},
    ),
    "a preflight that would be": (
        ("OPTIONS", "/reported/", EVIL),
        asks("PUT"),
        {
            "reason": Reason.ORIGIN_NOT_ADMITTED,
            "preflight": True,
            "method": "PUT",
            "enforced": False,
            "reported": True,
        },
    ),
    "a closed view that would be": (
        ("POST", "/closed/", APP),
        {},
        {"reason": Reason.DENIED, "enforced": False, "reported": True},
    ),
    "what refines the settings": (
        ("GET", "/refined/", APP),
        {},
        {"layer": "settings", "place": ""},
    ),
    "a header by hand": (
        ("GET", "/by-hand/", EVIL),
        {},
        {"admitted": True, "reason": None, "admitted_by": ""},
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_is_told(name: str, send: Sender) -> None:
    (method, url, origin), headers, expected = CASES[name]

    outcome = told(send, method, url, origin, **headers)

    found = dataclasses.asdict(outcome)
    assert {field: found[field] for field in expected} == expected
    assert outcome.origin == origin
    assert outcome.admitted is (outcome.reason is None)


def test_the_place_is_that_of_the_declaration(send: Sender) -> None:
    outcome = told(send, "GET", "/everybody/", EVIL)

    file, _, line = outcome.place.rpartition(":")
    assert file == HERE
    with open(__file__) as lines:
        assert '"everybody/"' in lines.readlines()[int(line) - 1]


def test_any_origin_of_the_settings_with_credentials(send: Sender) -> None:
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True):
        outcome = told(send, "GET", "/plain/", EVIL)

    assert (outcome.admitted, outcome.admitted_by) == (True, "*")


def test_a_url_that_cannot_be_resolved_is_closed_by_no_declaration(send: Sender) -> None:
    with urlconf(path("broken/<broken:value>/", answer), *URLS):
        outcome = told(send, "GET", "/broken/x/", APP)

    assert (outcome.reason, outcome.layer, outcome.place) == (Reason.DENIED, "none", "")
    assert outcome.route == ""


def test_what_is_loaded_may_be_gone_when_somebody_asks(send: Sender) -> None:
    cached = CachedOrigins(tenants)
    view = cors_allow(origins=[cached])(answer)
    with urlconf(path("cached/", view)):
        send("GET", "/cached/", {"origin": PARTNER})
        response = send("GET", "/cached/", {"origin": PARTNER})
        cached.forget()
        request = getattr(response, "wsgi_request", None) or response.asgi_request
        outcome = outcome_of(request)

    assert outcome is not None
    assert (outcome.admitted, outcome.admitted_by) == (True, "")


def answered_twice(get_response: Any, between: Callable[[Any], None]) -> Any:
    """A middleware that has each request answered twice."""

    async def atwice(request: Any) -> Any:
        await get_response(request)
        between(request)
        return await get_response(request)

    def twice(request: Any) -> Any:
        get_response(request)
        between(request)
        return get_response(request)

    return atwice if iscoroutinefunction(get_response) else twice


@sync_and_async_middleware
def tries_again(get_response: Any) -> Any:
    return answered_twice(get_response, lambda request: None)


@sync_and_async_middleware
def falls_back(get_response: Any) -> Any:
    return answered_twice(
        get_response, lambda request: setattr(request, "path_info", "/catalogue/x/")
    )


#: What the second answer has of its own, and whether a browser lets the page read it.
SECOND_ANSWERS = {
    "no header": ({}, False),
    "another header": ({"Access-Control-Allow-Credentials": "true"}, False),
    "the same header": ({"Access-Control-Allow-Origin": "*"}, True),
}


@pytest.mark.parametrize("name", SECOND_ANSWERS)
def test_that_a_header_of_the_answer_before_says_nothing(name: str, send: Sender) -> None:
    headers, admitted = SECOND_ANSWERS[name]

    def view(request: Any) -> HttpResponse:
        if hasattr(request, "tried"):
            return HttpResponse(headers=headers)
        request.tried = True
        return HttpResponse(headers={"Access-Control-Allow-Origin": "*"})

    chain = [f"{__name__}.tries_again", "cors_views.middleware.CorsMiddleware"]
    with urlconf(path("v/", view)), override_settings(MIDDLEWARE=chain), watched() as outcomes:
        send("GET", "/v/", {"origin": EVIL})

    assert [each.admitted for each in outcomes] == [True, admitted]


@pytest.mark.parametrize("method", ["GET", "OPTIONS"])
def test_that_what_was_reported_before_is_not_told_again(method: str, send: Sender) -> None:
    asked: list[str] = []

    def the_second_time(request: HttpRequest, origin: str) -> bool:
        asked.append(origin)
        return len(asked) > 1

    @cors_allow(origins=[the_second_time], enforce="report")
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    chain = [f"{__name__}.tries_again", "cors_views.middleware.CorsMiddleware"]
    with urlconf(path("v/", view)), override_settings(MIDDLEWARE=chain), watched() as outcomes:
        send(method, "/v/", {"origin": EVIL, **(asks("GET") if method == "OPTIONS" else {})})

    assert [(each.reported, each.admitted) for each in outcomes] == [(True, False), (False, True)]


def test_that_what_was_reported_of_another_url_is_not_told(send: Sender) -> None:
    chain = [f"{__name__}.falls_back", "cors_views.middleware.CorsMiddleware"]
    with override_settings(MIDDLEWARE=chain), watched() as outcomes:
        send("OPTIONS", "/reported/", {"origin": EVIL, **asks("PUT")})

    told_of = [(each.route, each.reported) for each in outcomes]
    assert told_of == [("/reported/", True), ("/catalogue/<slug:slug>/", False)]


def test_a_receiver_of_the_other_signal_admits(send: Sender) -> None:
    def yes(sender: Any, request: Any, **kwargs: Any) -> bool:
        return True

    check_request_enabled.connect(yes)
    try:
        outcome = told(send, "GET", "/plain/", EVIL)
    finally:
        check_request_enabled.disconnect(yes)

    assert (outcome.admitted, outcome.admitted_by) == (True, "check_request_enabled")


UNTOLD: dict[str, dict[str, str]] = {
    "no Origin": {},
    "the site's own": {"origin": "http://testserver"},
    "the site's own, as the browser says": {"origin": "null", "sec-fetch-site": "same-origin"},
}


@pytest.mark.parametrize("url", ["/plain/", "/enforced/"])
@pytest.mark.parametrize("name", UNTOLD)
def test_nobody_is_told_of_requests_of_the_site_itself(name: str, url: str, send: Sender) -> None:
    with watched() as seen:
        response = send("POST", url, UNTOLD[name])

    request = getattr(response, "wsgi_request", None) or response.asgi_request
    assert seen == []
    assert outcome_of(request) is None


def test_nothing_is_known_of_a_request_that_the_middleware_has_not_seen() -> None:
    assert outcome_of(HttpRequest()) is None


def test_nothing_is_known_in_a_view(send: Sender) -> None:
    seen: list[Any] = []

    def asking(request: HttpRequest) -> HttpResponse:
        seen.append(outcome_of(request))
        return HttpResponse("asked")

    with urlconf(path("asking/", asking)):
        send("GET", "/asking/", {"origin": APP})

    assert seen == [None]


@pytest.mark.parametrize("method", ["GET", "OPTIONS", "POST"])
def test_a_receiver_that_raises_harms_nothing(
    method: str, send: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    def raises(**kwargs: Any) -> None:
        raise ZeroDivisionError("in a receiver")

    url = "/enforced/" if method == "POST" else "/catalogue/a/"
    headers = {"origin": APP if method != "POST" else EVIL, **asks("PUT")}
    expected = send(method, url, headers)
    with watched(raises):
        response = send(method, url, headers)

    assert (response.status_code, dict(response.headers)) == (
        expected.status_code,
        dict(expected.headers),
    )
    [record] = [each for each in caplog.records if each.name == "django.dispatch"]
    assert record.levelno == logging.ERROR
    assert record.exc_info is not None
    assert record.exc_info[0] is ZeroDivisionError


def test_a_policy_that_cannot_be_told_harms_nothing(
    send: Sender, caplog: pytest.LogCaptureFixture
) -> None:
    class Nameless:
        def __call__(self, request: Any, origin: str) -> bool:
            return True

        def __getattribute__(self, name: str) -> Any:
            if name in ("__wrapped__", "func", "__qualname__") and telling:
                raise RuntimeError("no name")
            return super().__getattribute__(name)

    telling: list[bool] = []
    view = cors_allow(origins=[Nameless()])(answer)
    with urlconf(path("nameless/", view)), watched() as seen:
        send("GET", "/nameless/", {"origin": APP})
        telling.append(True)
        response = send("GET", "/nameless/", {"origin": APP})

    assert response.headers["access-control-allow-origin"] == APP
    assert len(seen) == 1
    assert any("cannot be told" in record.getMessage() for record in caplog.records)


def test_async_receivers_are_awaited_without_another_thread() -> None:
    threads: list[Any] = []

    async def note(**kwargs: Any) -> None:
        threads.append(threading.get_ident())

    async def view(request: HttpRequest) -> HttpResponse:
        threads.append(threading.get_ident())
        return HttpResponse("answer")

    async def ask() -> None:
        threads.append(threading.get_ident())
        await AsyncClient().get("/async/", headers={"origin": APP})

    with (
        urlconf(path("async/", view)),
        override_settings(MIDDLEWARE=["cors_views.middleware.CorsMiddleware"]),
        watched(note),
    ):
        async_to_sync(ask)()

    assert len(threads) == 3
    assert len(set(threads)) == 1


def test_async_receivers_are_called_under_wsgi_too() -> None:
    seen: list[Any] = []

    async def note(outcome: Outcome, **kwargs: Any) -> None:
        seen.append(outcome.admitted)

    with watched(note):
        Client().get("/plain/", headers={"origin": APP})

    assert seen == [True]


@pytest.mark.parametrize("url", ["/plain/", "/enforced/"])
def test_async_receivers_that_cannot_be_awaited_harm_nothing(
    url: str, caplog: pytest.LogCaptureFixture
) -> None:
    async def note(**kwargs: Any) -> None:
        raise AssertionError("awaited")

    async def ask() -> Any:
        # What is sync runs in the thread of the loop here, as in a notebook or an async test.
        return Client().get(url, headers={"origin": EVIL})

    expected = async_to_sync(ask)()
    with watched(note):
        response = async_to_sync(ask)()

    assert (response.status_code, dict(response.headers)) == (
        expected.status_code,
        dict(expected.headers),
    )
    assert any("Not every receiver" in record.getMessage() for record in caplog.records)


def test_that_nothing_is_worked_out_where_nobody_listens(
    send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*args: Any) -> None:
        raise AssertionError("worked out")

    monkeypatch.setattr("cors_views.responses.outcome.outcome_from", fail)
    for method, url in (("GET", "/plain/"), ("POST", "/enforced/")):
        assert send(method, url, {"origin": EVIL}).status_code in (200, 403)
    with watched():
        # It would be noticed.
        send("GET", "/plain/", {"origin": EVIL})


#: docs/versions.rst: no field of these goes, or gets another name or type.
PROMISED = {
    "origin": "str",
    "admitted": "bool",
    "reason": "Reason | None",
    "admitted_by": "str",
    "layer": "str",
    "place": "str",
    "policy": "str",
    "route": "str",
    "method": "str",
    "preflight": "bool",
    "missing": "tuple[str, ...]",
    "enforced": "bool",
    "reported": "bool",
}


def test_an_outcome_keeps_its_fields() -> None:
    fields = {field.name: field for field in dataclasses.fields(Outcome)}

    assert {name: fields[name].type for name in PROMISED} == PROMISED
    assert all(field.kw_only for field in fields.values())
    # So that what a test of somebody's builds today is whole tomorrow.
    assert [
        name for name in fields.keys() - PROMISED if fields[name].default is dataclasses.MISSING
    ] == []


def test_the_docs_name_each_field_of_an_outcome() -> None:
    text = (Path(__file__).parents[2] / "docs" / "watching.rst").read_text("utf-8")
    table = text.partition("\n====")[2].partition("\n* **When:**")[0]
    described = re.findall(r"^``(\w+)``(?:, ``(\w+)``)?", table, re.MULTILINE)

    assert [name for row in described for name in row if name] == [
        field.name for field in dataclasses.fields(Outcome)
    ]


def test_an_outcome_is_a_value() -> None:
    outcome = told(Sender("wsgi"), "GET", "/plain/", APP)

    assert pickle.loads(pickle.dumps(outcome)) == outcome
    assert hash(outcome)
    with pytest.raises(dataclasses.FrozenInstanceError):
        outcome.admitted = False  # type: ignore[misc]
