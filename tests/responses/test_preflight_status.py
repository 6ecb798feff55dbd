"""The response to a preflight: its status, its headers, and no body."""

from __future__ import annotations

import pickle
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow, cors_deny
from cors_views.responses import headers_and_vary, preflight_status
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
        monkeypatch.setattr(headers_and_vary, "KNOWN_HEADERS", None)
        monkeypatch.setattr(preflight_status, "_parts", lambda status: None)
        documented = send.preflight("/v/", ORIGIN, "PUT")

    assert sorted(short.headers.items()) == sorted(documented.headers.items())
    for response in (short, documented):
        assert (response.status_code, response.content) == (status, b"")
        assert response.headers["Content-Length"] == "0"
        assert response.headers.get("Access-Control-Allow-Origin") == allowed


# --- A response without a body: nothing that can be changed is shared ---------------------------


@pytest.fixture(params=["of its parts", "by Django"])
def way(request: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "by Django":
        monkeypatch.setattr(preflight_status, "_parts", lambda status: None)
    return str(request.param)


def test_that_django_makes_responses_of_what_is_known() -> None:
    """If this fails, nothing breaks: Django makes each response, at its price."""
    assert preflight_status._parts(200)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("status", [200, 403])
def test_that_it_is_the_response_that_django_makes(status: int) -> None:
    expected = HttpResponse(headers={"content-length": "0"}, status=status)

    response = preflight_status._without_body(status)

    assert type(response) is HttpResponse
    assert vars(response).keys() == vars(expected).keys()
    assert response.serialize() == expected.serialize()
    assert (response.status_code, response.reason_phrase) == (status, expected.reason_phrase)
    assert pickle.loads(pickle.dumps(response)).serialize() == expected.serialize()


@pytest.mark.usefixtures("way")
def test_that_nothing_is_shared_between_responses() -> None:
    changed = preflight_status._without_body(200)
    changed.headers["X-Changed"] = "yes"
    changed.set_cookie("changed", "yes")
    changed.write("changed")
    changed._resource_closers.append(lambda: None)
    changed.status_code = 500
    changed.reason_phrase = "Changed"

    response = preflight_status._without_body(200)

    assert dict(response.items()) == {
        "content-length": "0",
        "Content-Type": "text/html; charset=utf-8",
    }
    assert (response.content, list(response.cookies), response._resource_closers) == (b"", [], [])
    assert (response.status_code, response.reason_phrase) == (200, "OK")


@pytest.mark.usefixtures("way")
def test_that_the_charset_is_that_of_the_settings() -> None:
    preflight_status._without_body(200)
    with override_settings(DEFAULT_CHARSET="latin-1"):
        assert (
            preflight_status._without_body(200).headers["Content-Type"]
            == "text/html; charset=latin-1"
        )
    assert preflight_status._without_body(200).headers["Content-Type"] == "text/html; charset=utf-8"


def test_that_django_makes_a_response_that_holds_something_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Other(HttpResponse):
        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            self.shared: set[str] = set()

    monkeypatch.setattr(preflight_status, "HttpResponse", Other)
    preflight_status._parts.cache_clear()
    try:
        first, second = preflight_status._without_body(200), preflight_status._without_body(200)
    finally:
        preflight_status._parts.cache_clear()

    assert first.shared is not second.shared
