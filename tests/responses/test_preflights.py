"""The response to a preflight: its status, its headers, and no body."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.urls import path

from cors_views import cors_allow, cors_deny
from cors_views.responses import response_headers
from tests.tables import Sender, urlconf

ORIGIN = "https://app.example.com"

# name -> (declaration, status, Access-Control-Allow-Origin)
PREFLIGHTS: dict[str, tuple[Any, int, str | None]] = {
    "allowed": (cors_allow(origins=[ORIGIN]), 200, ORIGIN),
    "any origin": (cors_allow(origins="*"), 200, "*"),
    "refused": (cors_allow(origins=["https://other.example"]), 200, None),
    "denied": (cors_deny(), 200, None),
    "refused and enforced": (
        cors_allow(origins=["https://other.example"], enforce=True),
        403,
        None,
    ),
    "denied and enforced": (cors_deny(enforce=True), 403, None),
}


@pytest.mark.parametrize(("declare", "status", "allowed"), PREFLIGHTS.values(), ids=PREFLIGHTS)
def test_that_both_ways_write_the_same_response_to_a_preflight(
    send: Sender,
    declare: Any,
    status: int,
    allowed: str | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def answer(request: Any) -> HttpResponse:
        return HttpResponse("answer")

    with urlconf(path("v/", declare(answer))):
        short = send.preflight("/v/", ORIGIN, "PUT")
        monkeypatch.setattr(response_headers, "KNOWN_HEADERS", None)
        documented = send.preflight("/v/", ORIGIN, "PUT")

    assert sorted(short.headers.items()) == sorted(documented.headers.items())
    for response in (short, documented):
        assert (response.status_code, response.content) == (status, b"")
        assert response.headers["Content-Length"] == "0"
        assert response.headers.get("Access-Control-Allow-Origin") == allowed
