"""Headers are written the short way where Django keeps them as we know, else the documented way.

The short way leaves out checks that Django makes of each header. Its bytes have to be the same.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.http.response import ResponseHeaders
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.responses import headers_and_vary
from tests.tables import Sender, urlconf

ORIGIN = "https://app.example"
TRUSTED = CorsPolicy(origins=[ORIGIN], credentials=True, expose_headers=["X-Total"])
VARIES = {
    "no Vary": {},
    "another Vary": {"Vary": "Cookie"},
    "a Vary without blanks": {"Vary": "Cookie,Accept"},
    "a Vary in another case": {"vary": "Accept-Language"},
    "origin already": {"Vary": "Cookie, Origin"},
    "a Vary of everything": {"Vary": "*"},
    "headers by hand": {"Access-Control-Allow-Origin": "*", "access-control-max-age": "5"},
}
DECLARATIONS = {
    "admitted": cors_allow(TRUSTED),
    "refused": cors_allow(origins=["https://other.example"]),
    "any origin": cors_allow(origins="*"),
    "denied": cors_deny(),
    "undeclared": lambda view: view,
}


class OtherHeaders(ResponseHeaders):
    """Headers of a class that nobody knows."""


def answered(send: Sender, headers: dict[str, str], declare: Any, kind: type[Any]) -> list[Any]:
    """Return the headers of a response whose own headers are of some class."""

    def view(request: Any) -> HttpResponse:
        response = HttpResponse("answer")
        response.headers = kind({**response.headers, **headers})
        return response

    with urlconf(path("v/", declare(view))):
        return sorted(send.actual("/v/", ORIGIN).headers.items())


def test_that_django_keeps_headers_as_the_short_way_knows() -> None:
    """If this fails, nothing breaks: each header is written the documented way, at its price."""
    assert headers_and_vary.KNOWN_HEADERS


@pytest.mark.parametrize("declare", DECLARATIONS.values(), ids=DECLARATIONS)
@pytest.mark.parametrize("headers", VARIES.values(), ids=VARIES)
@pytest.mark.parametrize("other", ["another class of headers", "another store"])
def test_that_both_ways_write_the_same(
    send: Sender, headers: dict[str, str], declare: Any, other: str, monkeypatch: Any
) -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[ORIGIN]):
        short = answered(send, headers, declare, ResponseHeaders)
        kind = ResponseHeaders
        if other == "another store":
            monkeypatch.setattr(headers_and_vary, "KNOWN_HEADERS", None)
        else:
            kind = OtherHeaders
        documented = answered(send, headers, declare, kind)

    assert short == documented
