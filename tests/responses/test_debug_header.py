"""``X-Cors-Views``: what the network tab says of a refused answer while DEBUG is True."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow, cors_deny
from tests.tables import Sender, urlconf

pytestmark = pytest.mark.usefixtures("every_line")

APP, EVIL = "https://app.example", "https://evil.example"
NAME = "x-cors-views"
HERE = "test_debug_header.py:"


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer")


def by_hand(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer", headers={"Access-Control-Allow-Origin": "*"})


def fails(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the view fails")


ADMITS = CorsPolicy(origins=[APP], methods=["GET", "PUT"], headers=["x-one"])
URLS = [
    path("plain/", answer),
    path("by-hand/", by_hand),
    path("denied/", cors_deny(answer)),
    path("listed/", cors_allow(ADMITS)(answer)),
    path("fails/", cors_allow(ADMITS)(fails)),
    path("enforced/", cors_allow(ADMITS, enforce=True)(answer)),
]


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with urlconf(*URLS), override_settings(DEBUG=True, ALLOWED_HOSTS=["testserver"]):
        yield


ASKS = {"access-control-request-method": "PUT"}
# (method, path, headers) -> how the header begins, and what it holds
REFUSED: dict[str, Any] = {
    "no policy admits": (
        ("GET", "/plain/", {"origin": EVIL}),
        "ORIGIN_NOT_ADMITTED; the CORS_* settings: the view declares nothing",
        "",
    ),
    "no route": (("GET", "/nowhere/", {"origin": EVIL}), "ORIGIN_NOT_ADMITTED; ", "no route"),
    "a deny": (("GET", "/denied/", {"origin": APP}), "DENIED; route policy declared at /", HERE),
    "a list": (
        ("GET", "/listed/", {"origin": EVIL}),
        "ORIGIN_NOT_ADMITTED; route policy declared at /",
        HERE,
    ),
    "a view that fails": (("GET", "/fails/", {"origin": EVIL}), "ORIGIN_NOT_ADMITTED; ", HERE),
    "no origin": (("GET", "/listed/", {"origin": "app.example"}), "NOT_AN_ORIGIN; ", HERE),
    "cookies in vain": (
        ("GET", "/listed/", {"origin": APP, "cookie": "a=b"}),
        "CREDENTIALS_NOT_ALLOWED; ",
        HERE,
    ),
    "a preflight": (("OPTIONS", "/denied/", {"origin": APP, **ASKS}), "DENIED; ", HERE),
    "a method": (
        ("OPTIONS", "/listed/", {"origin": APP, "access-control-request-method": "PATCH"}),
        "METHOD_NOT_OFFERED; ",
        HERE,
    ),
    "a header": (
        ("OPTIONS", "/listed/", {"origin": APP, **ASKS, "access-control-request-headers": "x-two"}),
        "HEADER_NOT_ALLOWED; ",
        HERE,
    ),
    "refused on the server": (
        ("POST", "/enforced/", {"origin": EVIL}),
        "ORIGIN_NOT_ADMITTED; ",
        HERE,
    ),
    "a preflight that is refused on the server": (
        ("OPTIONS", "/enforced/", {"origin": EVIL, **ASKS}),
        "ORIGIN_NOT_ADMITTED; ",
        HERE,
    ),
}
ADMITTED: dict[str, Any] = {
    "admitted": ("GET", "/listed/", {"origin": APP}),
    "an allowed preflight": ("OPTIONS", "/listed/", {"origin": APP, **ASKS}),
    "no Origin": ("GET", "/denied/", {}),
    "the site itself": ("POST", "/denied/", {"origin": "http://testserver"}),
    "a header by hand": ("GET", "/by-hand/", {"origin": EVIL}),
    "admitted where policies enforce": ("GET", "/enforced/", {"origin": APP}),
}


@pytest.mark.parametrize("name", REFUSED)
def test_a_refused_answer_says_why(name: str, send: Sender) -> None:
    sent, begins, holds = REFUSED[name]

    value = send(*sent).headers[NAME]

    assert value.startswith(begins)
    assert holds in value


@pytest.mark.parametrize("name", ADMITTED)
def test_no_other_answer_does(name: str, send: Sender) -> None:
    assert NAME not in send(*ADMITTED[name]).headers


@pytest.mark.parametrize("name", REFUSED)
def test_none_does_without_debug(name: str, send: Sender) -> None:
    with override_settings(DEBUG=False):
        response = send(*REFUSED[name][0])

    assert NAME not in response.headers


@pytest.mark.parametrize(
    ("site", "url", "why"),
    [
        pytest.param({"CORS_OPT_IN": True}, "/plain/", "CORS_OPT_IN is on", id="not-opted-in"),
        pytest.param({"CORS_OPT_IN": True}, "/nowhere/", "CORS_OPT_IN is on", id="no-route"),
        pytest.param(
            {"CORS_URLS_REGEX": "^/api/"},
            "/plain/",
            "CORS_URLS_REGEX does not match the URL",
            id="another-url",
        ),
    ],
)
@pytest.mark.parametrize("sent", [("GET", {}), ("OPTIONS", ASKS)], ids=["GET", "preflight"])
def test_what_keeps_the_settings_from_a_url_is_named(
    sent: tuple[str, dict[str, str]], site: dict[str, Any], url: str, why: str, send: Sender
) -> None:
    method, headers = sent
    with override_settings(CORS_ALLOWED_ORIGINS=[APP], **site):
        value = send(method, url, {"origin": APP, **headers}).headers[NAME]

    assert value.startswith("NO_POLICY; the CORS_* settings: ")
    assert value.endswith(f", and {why}")


def test_it_follows_the_setting(send: Sender) -> None:
    seen = []
    for debug in (True, False, True):
        with override_settings(DEBUG=debug):
            seen.append(NAME in send("GET", "/denied/", {"origin": APP}).headers)

    assert seen == [True, False, True]


def test_a_setting_that_was_changed_without_a_signal_counts(settings: Any, send: Sender) -> None:
    settings.DEBUG = False

    assert NAME not in send("GET", "/denied/", {"origin": APP}).headers


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        pytest.param("a\r\nSet-Cookie: b=c", r"a\r\nSet-Cookie: b=c", id="two lines"),
        pytest.param("prices-\N{EURO SIGN}-\x9b", "prices-\\u20ac-\\x9b", id="no ASCII"),
        pytest.param("x" * 5000, "x" * 400, id="without an end"),
    ],
)
def test_no_name_gets_another_header_in(told: str, shown: str, send: Sender) -> None:
    policies = {told: {"origins": [APP]}}
    with override_settings(CORS_POLICIES=policies):
        view = cors_allow(told)(answer)
        with urlconf(path("named/", view)):
            response = send("GET", "/named/", {"origin": EVIL})

    value = response.headers[NAME]
    assert value.isascii()
    assert value.isprintable()
    assert len(value) < 600
    assert shown.replace("\\", "") in value.replace("\\", "")
    assert "set-cookie" not in response.headers
