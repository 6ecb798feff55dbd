"""Who is asked about an origin, and what of it is asked once."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow
from tests.tables import PRIVATE_NETWORK, Sender, cors_headers, urlconf

ORIGIN = "https://app.example"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def test_a_callable_of_two_policies_is_asked_once_before_a_third_admits(send: Sender) -> None:
    asked = []

    def no(request: Any, origin: str) -> bool:
        asked.append(origin)
        return False

    view = cors_allow(
        CorsPolicy(origins=[no]),
        CorsPolicy(origins=[no, "https://other.example"]),
        CorsPolicy(origins=[ORIGIN], credentials=True),
    )(answer)
    with urlconf(path("v/", view)):
        headers = cors_headers(send.actual("/v/", ORIGIN))

    assert headers["access-control-allow-credentials"] == "true"
    assert asked == [ORIGIN]


def test_a_callable_that_two_policies_share_is_asked_once_by_all(send: Sender) -> None:
    asked = []

    def no(request: Any, origin: str) -> bool:
        asked.append(origin)
        return False

    view = cors_allow(CorsPolicy(origins=[no]), CorsPolicy(origins=[no]))(answer)
    with urlconf(path("v/", view)):
        headers = cors_headers(send.actual("/v/", ORIGIN))

    assert headers == {"vary": "origin"}
    assert asked == [ORIGIN]


def test_private_networks_under_the_settings(send: Sender) -> None:
    asking = {"access_control_request_private_network": "true"}
    allowed = {"CORS_ALLOWED_ORIGINS": [ORIGIN], "CORS_ALLOW_PRIVATE_NETWORK": True}
    with override_settings(**allowed), urlconf(path("v/", answer)):
        actual = cors_headers(send.actual("/v/", ORIGIN, **asking))
        preflight = cors_headers(send.preflight("/v/", ORIGIN, "GET", **asking))
        unasked = cors_headers(send.actual("/v/", ORIGIN))

    assert actual[PRIVATE_NETWORK] == preflight[PRIVATE_NETWORK] == "true"
    assert PRIVATE_NETWORK not in unasked
