"""The log: what its one line says of a refusal, and the command that it ends with."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow, cors_deny
from cors_views.protocol.reasons import Reason
from cors_views.signals import check_request_enabled
from cors_views.testing import Browser, CorsError
from tests.management.commands import run
from tests.responses.logged import command_of, lines
from tests.tables import Sender, urlconf

pytestmark = pytest.mark.usefixtures("every_line")

APP, STRANGER = "https://app.example", "https://stranger.example"
OURS = "cors_views.middleware.CorsMiddleware"
allow_app = cors_allow(origins=[APP])


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer")


# --- The command --------------------------------------------------------------------------------

# name -> (view, the page's call, the reason)
CALLS: dict[str, tuple[Any, dict[str, Any], Reason]] = {
    "denied": (cors_deny(answer), {}, Reason.DENIED),
    "the origin": (cors_allow(origins=[STRANGER])(answer), {}, Reason.ORIGIN_NOT_ADMITTED),
    "a post": (cors_deny(answer), {"method": "POST", "body": "x"}, Reason.DENIED),
    "a preflight": (cors_deny(answer), {"method": "PUT"}, Reason.DENIED),
    "the method": (
        cors_allow(origins=[APP], methods=["GET"])(answer),
        {"method": "PUT"},
        Reason.METHOD_NOT_OFFERED,
    ),
    "a method in lower case": (
        allow_app(answer),
        {"method": "patch"},
        Reason.METHOD_NOT_OFFERED,
    ),
    "a header": (allow_app(answer), {"headers": {"X-One": "1"}}, Reason.HEADER_NOT_ALLOWED),
    "several headers": (
        cors_allow(origins=[APP], headers=["x-two"])(answer),
        {"headers": {"X-One": "1", "X-Two": "2", "X-Three": "3"}},
        Reason.HEADER_NOT_ALLOWED,
    ),
    "a type that no form sends": (
        cors_allow(origins=[APP], headers=[])(answer),
        {"method": "POST", "json": {}},
        Reason.HEADER_NOT_ALLOWED,
    ),
    "a header that only some values ask for": (
        cors_allow(origins=[APP], headers=[])(answer),
        {"headers": {"Accept": "a:b", "Accept-Language": "de/AT"}},
        Reason.HEADER_NOT_ALLOWED,
    ),
    "cookies": (
        allow_app(answer),
        {"credentials": "include"},
        Reason.CREDENTIALS_NOT_ALLOWED,
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_that_the_command_ends_in_the_same_refusal(caplog: Any, name: str) -> None:
    view, call, reason = CALLS[name]
    client = Client()
    client.cookies["sessionid"] = "secret"

    with urlconf(path("v/", view)):
        with pytest.raises(CorsError) as refused:
            Browser(APP, client=client).fetch("/v/", **call)
        (line,) = lines(caplog)
        command = command_of(line)
        assert command is not None
        explained = run(*command[1:])

    assert refused.value.reason is reason
    assert command[:2] == ["manage.py", "cors_explain"]
    assert f"Refused, {reason.name}" in explained.out
    assert "secret" not in line


URLS = {
    "the host": ("/v/", {"host": "api.example"}, {}, "http://api.example/v/"),
    "the scheme": ("/v/", {}, {"secure": True}, "https://testserver/v/"),
    "no query": ("/v/?token=secret", {}, {}, "http://testserver/v/"),
    "what has to be quoted": ("/ä b'$x/", {}, {}, "http://testserver/%C3%A4%20b'$x/"),
    "a host that the site does not know": ("/v/", {"host": "evil.example"}, {}, "/v/"),
}


@pytest.mark.parametrize("name", URLS)
def test_the_url_of_the_command(caplog: Any, name: str) -> None:
    url, headers, extra, told = URLS[name]

    with urlconf(path("v/", answer)):
        Client().get(url, headers={"origin": APP, **headers}, **extra)

    (line,) = lines(caplog)
    assert command_of(line) == ["manage.py", "cors_explain", APP, "GET", told]


# name -> (method, headers beside a preflight's): no page has sent that, so no command plays it
NO_COMMAND: dict[str, tuple[str, dict[str, str]]] = {
    "what is no origin": ("GET", {"origin": "https://app.example/path"}),
    "what is no method": (
        "OPTIONS",
        {"origin": APP, "access-control-request-method": "PUT; rm -rf /"},
    ),
    "what are no headers": (
        "OPTIONS",
        {
            "origin": APP,
            "access-control-request-method": "PUT",
            "access-control-request-headers": "x-one, $(rm)",
        },
    ),
    "more headers than anybody pastes": (
        "OPTIONS",
        {
            "origin": APP,
            "access-control-request-method": "PUT",
            "access-control-request-headers": ",".join(f"x-number-{n}" for n in range(100)),
        },
    ),
}


@pytest.mark.parametrize("name", NO_COMMAND)
def test_where_there_is_no_command(send: Sender, caplog: Any, name: str) -> None:
    method, headers = NO_COMMAND[name]

    with urlconf(path("v/", cors_deny(answer))):
        send(method, "/v/", headers)

    (line,) = lines(caplog)
    assert command_of(line) is None


# --- Who said no ----------------------------------------------------------------------------------


def is_partner(request: HttpRequest, origin: str) -> bool:
    return False


async def is_tenant(request: HttpRequest, origin: str) -> bool:
    return False


class InTheDatabase:
    def __call__(self, request: HttpRequest, origin: str) -> bool:
        return False


def fails(request: HttpRequest, origin: str) -> bool:
    raise RuntimeError("who knows")


HERE = "tests.responses.test_refusal_log"
ASKED = {
    "a callable": ([is_partner], f" {HERE}.is_partner did not admit the origin."),
    "several": (
        [is_partner, is_tenant],
        f" {HERE}.is_partner, {HERE}.is_tenant did not admit the origin.",
    ),
    "an instance": ([InTheDatabase()], f" {HERE}.InTheDatabase did not admit the origin."),
    "one that raised": ([fails], f" {HERE}.fails did not admit the origin."),
    "very many": (
        [is_partner, is_tenant, *(lambda request, origin: False for _ in range(7))],
        ".<lambda> and 6 more did not admit the origin.",
    ),
}


@pytest.mark.parametrize("name", ASKED)
def test_that_callables_that_say_no_are_named(send: Sender, caplog: Any, name: str) -> None:
    origins, told = ASKED[name]

    with urlconf(path("v/", cors_allow(origins=origins)(answer))):
        send.actual("/v/", STRANGER)

    assert told in lines(caplog)[-1]


def test_that_nobody_is_named_who_was_not_asked(send: Sender, caplog: Any) -> None:
    with urlconf(path("v/", cors_allow(origins=[is_partner])(answer))):
        send.actual("/v/", "no origin")

    assert "did not admit" not in lines(caplog)[-1]


@pytest.fixture
def _receivers() -> Iterator[None]:
    def no(sender: Any, **kwargs: Any) -> bool:
        return False

    def nothing(sender: Any, **kwargs: Any) -> None:
        return None

    for receiver in (no, nothing):
        check_request_enabled.connect(receiver)
    yield
    for receiver in (no, nothing):
        check_request_enabled.disconnect(receiver)


SETTINGS = {
    "the settings": {},
    "a URL that they leave out": {"CORS_URLS_REGEX": "^/no/"},
}


@pytest.mark.usefixtures("_receivers")
@pytest.mark.parametrize("name", SETTINGS)
def test_that_receivers_that_say_no_are_named(send: Sender, caplog: Any, name: str) -> None:
    with override_settings(**SETTINGS[name]), urlconf(path("v/", answer)):
        send.actual("/v/", STRANGER)

    told = f" No receiver of check_request_enabled admitted it: {HERE}.no, {HERE}.nothing."
    assert told in lines(caplog)[-1]


def test_that_receivers_are_not_named_where_there_are_none(send: Sender, caplog: Any) -> None:
    with urlconf(path("v/", answer)):
        send.actual("/v/", STRANGER)

    assert "receiver" not in lines(caplog)[-1]


# --- Redirects ----------------------------------------------------------------------------------

LOGIN = " This is the login page: the page asked for '/orders/', which redirects visitors who "
SENT_ON = " The page is at 'https://app.example': a redirect from one host to another has made its "

# name -> (settings, URL, headers, what the line says, or "" for nothing of redirects)
REDIRECTED: dict[str, tuple[dict[str, Any], str, dict[str, str], str]] = {
    "to the login page": ({}, "/accounts/login/?next=/orders/", {}, LOGIN),
    "to a login page of another name": (
        {"LOGIN_URL": "sign-in"},
        "/sign-in/?next=/orders/%3Fpage%3D2",
        {},
        LOGIN,
    ),
    "to a login page at another host": (
        {},
        "/accounts/login/?next=https://api.example/orders/%3Ftoken%3Dsecret",
        {},
        LOGIN,
    ),
    "the login page itself": ({}, "/accounts/login/", {}, ""),
    "another page with the same parameter": ({}, "/v/?next=/orders/", {}, ""),
    "a login page that is none": ({"LOGIN_URL": "no-such-name"}, "/v/?next=/orders/", {}, ""),
    "next to nowhere": ({}, "/accounts/login/?next=http://[", {}, ""),
    "from one host to another": ({}, "/v/", {"origin": "null", "referer": f"{APP}/page"}, SENT_ON),
    "a sandboxed page": ({}, "/v/", {"origin": "null"}, ""),
    "a file": ({}, "/v/", {"origin": "null", "referer": "file:///home/a"}, ""),
    "no redirect": ({}, "/v/", {"referer": f"{APP}/page"}, ""),
}


@pytest.mark.parametrize("name", REDIRECTED)
def test_that_a_redirect_shows(send: Sender, caplog: Any, name: str) -> None:
    settings, url, headers, told = REDIRECTED[name]
    patterns = [
        path("accounts/login/", answer),
        path("sign-in/", answer, name="sign-in"),
        path("v/", answer),
    ]

    with override_settings(**settings), urlconf(*patterns):
        send("GET", url, {"origin": APP, **headers})

    (line,) = lines(caplog)
    assert told in line
    assert ("the page asked for" in line or "redirect from" in line) is bool(told)
    assert "secret" not in line


def test_that_a_form_that_is_posted_to_the_login_page_was_not_redirected(
    send: Sender, caplog: Any
) -> None:
    with urlconf(path("accounts/login/", answer)):
        send("POST", "/accounts/login/?next=/orders/", {"origin": APP})

    (line,) = lines(caplog)
    assert "redirects" not in line


# --- What is logged changes nothing ---------------------------------------------------------------


class Unspeakable:
    """A callable that says no, and whose name is not to be had."""

    def __call__(self, request: Any, origin: str) -> bool:
        return False

    def __getattr__(self, name: str) -> Any:
        raise RuntimeError("no attribute at all")


class LeavesNoMatch:
    def __init__(self, get_response: Any) -> None:
        pass

    def __call__(self, request: HttpRequest) -> HttpResponse:
        # What some dispatchers leave.
        request.resolver_match = (answer, (), {})
        return answer(request)


# name -> (settings, view, URL)
UNTOLD: dict[str, tuple[dict[str, Any], Any, str]] = {
    "more fields in the query than Django reads": ({}, answer, "/v/?" + "&".join(["a=1"] * 1001)),
    "a match that is none": (
        {"MIDDLEWARE": [OURS, f"{__name__}.LeavesNoMatch"]},
        answer,
        "/v/",
    ),
    "a callable without a name": ({}, cors_allow(origins=[Unspeakable()])(answer), "/v/"),
}


@pytest.mark.parametrize("name", UNTOLD)
def test_that_the_log_does_not_change_the_answer(send: Sender, caplog: Any, name: str) -> None:
    settings, view, url = UNTOLD[name]

    with override_settings(**settings), urlconf(path("v/", view)):
        told = send.actual(url, STRANGER)
        with caplog.at_level(logging.INFO, "cors_views"):
            quiet = send.actual(url, STRANGER)

    assert (told.status_code, told.content) == (200, b"answer")
    assert (quiet.status_code, quiet.headers) == (200, told.headers)
    assert any("refuse" in line for line in lines(caplog))


# --- What comes from the request ------------------------------------------------------------------

EVIL = "\x1b[2J\x9b1;31m\u2028\r\n" + "x" * 5000

# name -> (method, URL, headers): each of them may hold anything
HOSTILE: dict[str, tuple[str, str, dict[str, str]]] = {
    "the method": (f"GE\x1bT{'X' * 3000}", "/v/", {"origin": APP}),
    "the path": ("GET", "/v/%1B%5B2J%0A%E2%80%AE" + "y" * 3000, {"origin": APP}),
    "the origin": ("GET", "/v/", {"origin": EVIL}),
    "the method asked for": (
        "OPTIONS",
        "/v/",
        {"origin": APP, "access-control-request-method": EVIL},
    ),
    "the headers asked for": (
        "OPTIONS",
        "/open/",
        {
            "origin": APP,
            "access-control-request-method": "GET",
            "access-control-request-headers": EVIL,
        },
    ),
    "what was asked for before the login": (
        "GET",
        "/accounts/login/?next=/%1B%5B2J%0A" + "z" * 3000,
        {"origin": APP},
    ),
    "the referer": ("GET", "/v/", {"origin": "null", "referer": f"https://{EVIL}/"}),
    "the host": ("GET", "/v/", {"origin": APP, "host": EVIL}),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_that_nothing_of_a_request_reaches_the_log_raw_or_without_end(
    caplog: Any, name: str
) -> None:
    method, url, headers = HOSTILE[name]

    with urlconf(path("v/", cors_deny(answer)), path("open/", allow_app(answer))):
        Client(raise_request_exception=False).generic(method, url, headers=headers)

    for line in lines(caplog):
        assert re.search(r"[^\x20-\x7e…]", line) is None
        assert len(line) < 2000
    assert lines(caplog)
