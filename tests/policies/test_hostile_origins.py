"""Hostile Origin headers against each kind of pattern: alone, in CorsMiddleware, in CorsASGI."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow
from cors_views.asgi import CorsASGI
from cors_views.policies.origin_sets import OriginSet
from cors_views.standard.origins import is_origin
from tests.policies.hostile_origins import (
    BELOW,
    BOTH,
    EXACT,
    HOSTILE,
    NO_ORIGIN,
    PORTS,
    REGEX,
    Row,
    rows,
)
from tests.tables import CREDENTIALS, ORIGIN, Sender, assert_cors_headers, cors_headers, urlconf
from tests.test_asgi import ACCEPTED, REFUSED, Application, ask, handshake, preflight

SETS = {
    EXACT: OriginSet([EXACT]),
    BELOW: OriginSet([BELOW]),
    PORTS: OriginSet([PORTS]),
    BOTH: OriginSet([BOTH]),
    REGEX: OriginSet([], [re.compile(REGEX)]),
}
EVERY_PATTERN = OriginSet([EXACT, BELOW, PORTS, BOTH], [re.compile(REGEX)])
ANY = OriginSet(["*"])
EVERYTHING = OriginSet(["*", EXACT, BELOW, PORTS, BOTH], [re.compile(r"(?s).*")])


class Agreeable:
    """Says yes to everything, and remembers what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: Any, origin: str) -> bool:
        self.asked.append(origin)
        return True


AGREEABLE = Agreeable()


def _view(**fields: Any) -> Any:
    return cors_allow(**fields)(lambda request: HttpResponse("view"))


PATHS = {EXACT: "exact", BELOW: "below", PORTS: "ports", BOTH: "both", REGEX: "regex"}
URLS = [
    path("exact/", _view(origins=[EXACT])),
    path("below/", _view(origins=[BELOW])),
    path("ports/", _view(origins=[PORTS])),
    path("both/", _view(origins=[BOTH])),
    path("regex/", _view(origin_regexes=[REGEX])),
    path("callable/", _view(origins=[AGREEABLE])),
    path("any/", _view(origins="*")),
    path("plain/", lambda request: HttpResponse("view")),
]


def _as_sent(value: str) -> list[str]:
    """Return the value, and what a server makes of its bytes, which it decodes as Latin-1."""
    return list(dict.fromkeys([value, value.encode("utf-8", "surrogatepass").decode("latin-1")]))


@pytest.fixture(scope="module", autouse=True)
def _urls() -> Iterator[None]:
    with urlconf(*URLS):
        yield


@pytest.fixture(scope="module")
def wsgi() -> Sender:
    return Sender("wsgi")


# --- Through OriginSet -------------------------------------------------------------------------


def test_that_there_are_enough_rows_each_of_them_once() -> None:
    values = [row.value for entries in HOSTILE.values() for row in entries]

    assert len(values) >= 150
    assert len(values) == len(set(values))
    assert all(row.why for entries in HOSTILE.values() for row in entries)
    assert all(len({row.name for row in entries}) == len(entries) for entries in HOSTILE.values())


@rows
def test_who_admits(row: Row) -> None:
    for value in _as_sent(row.value):
        admitting = tuple(pattern for pattern, origins in SETS.items() if origins.admits(value))

        assert admitting == (row.admitted_by or ()), row.why
        assert EVERY_PATTERN.admits(value) == bool(row.admitted_by), row.why


@rows
def test_who_is_an_origin_at_all(row: Row) -> None:
    for value in _as_sent(row.value):
        assert is_origin(value) == (row.admitted_by is not NO_ORIGIN), row.why
        assert ANY.admits(value) == (row.admitted_by is not NO_ORIGIN), row.why
        assert EVERYTHING.admits(value) == (row.admitted_by is not NO_ORIGIN), row.why


# --- Through the middleware --------------------------------------------------------------------


def _answers(send: Sender, place: str, value: str) -> list[Any]:
    """Return the answers to a request and to a preflight; without an Origin there is none."""
    responses = [send.actual(place, value)]
    if value:
        responses.append(send.preflight(place, value, "PUT"))
        assert responses[1].content == b""
    assert all(response.status_code == 200 for response in responses)
    return responses


def _assert_answers(responses: list[Any], expected: dict[str, str]) -> None:
    """Assert exact headers on the response, and on the preflight's who may read it."""
    assert_cors_headers(responses[0], expected)
    for response in responses[1:]:
        sent = cors_headers(response)
        admitting = {name: sent[name] for name in (ORIGIN, CREDENTIALS, "vary") if name in sent}
        assert admitting == expected
        if ORIGIN not in expected:
            assert sent == expected


@rows
def test_who_is_sent_back(row: Row, wsgi: Sender) -> None:
    for pattern, place in PATHS.items():
        admitted = pattern in (row.admitted_by or ())
        for value in _as_sent(row.value):
            expected = {ORIGIN: value, "vary": "origin"} if admitted else {"vary": "origin"}

            _assert_answers(_answers(wsgi, f"/{place}/", value), expected)


@rows
def test_whom_a_callable_is_asked_about(row: Row, wsgi: Sender) -> None:
    real = row.admitted_by is not NO_ORIGIN
    for value in _as_sent(row.value):
        AGREEABLE.asked.clear()
        responses = _answers(wsgi, "/callable/", value)

        _assert_answers(
            responses, {ORIGIN: value, "vary": "origin"} if real else {"vary": "origin"}
        )
        # Once a request.
        assert AGREEABLE.asked == ([value] * len(responses) if real else []), row.why


@rows
def test_that_any_origin_sends_nothing_back(row: Row, wsgi: Sender) -> None:
    for value in _as_sent(row.value):
        _assert_answers(_answers(wsgi, "/any/", value), {ORIGIN: "*"})
        with override_settings(CORS_ALLOW_ALL_ORIGINS=True):
            _assert_answers(_answers(wsgi, "/plain/", value), {ORIGIN: "*"})


@rows
def test_that_any_origin_with_credentials_sends_only_origins_back(row: Row, wsgi: Sender) -> None:
    real = row.admitted_by is not NO_ORIGIN
    expected = {ORIGIN: "", CREDENTIALS: "true", "vary": "origin"} if real else {"vary": "origin"}
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True):
        for value in _as_sent(row.value):
            if real:
                expected[ORIGIN] = value

            _assert_answers(_answers(wsgi, "/plain/", value), expected)
            # A declaration never gets that reflection.
            _assert_answers(_answers(wsgi, "/any/", value), {ORIGIN: "*"})


# --- Through CorsASGI --------------------------------------------------------------------------

#: The same policies around an application that is not of Django.
APPLICATIONS = {
    EXACT: CorsASGI(Application(), origins=[EXACT]),
    BELOW: CorsASGI(Application(), origins=[BELOW]),
    PORTS: CorsASGI(Application(), origins=[PORTS]),
    BOTH: CorsASGI(Application(), origins=[BOTH]),
    REGEX: CorsASGI(Application(), origin_regexes=[REGEX]),
}


def _is_one_byte_each(value: str) -> bool:
    return all(ord(letter) < 256 for letter in value)


@rows
def test_whom_an_asgi_application_lets_in(row: Row) -> None:
    for pattern, application in APPLICATIONS.items():
        admitted = pattern in (row.admitted_by or ())
        # Headers of ASGI are bytes.
        for value in filter(_is_one_byte_each, _as_sent(row.value)):
            expected = value if admitted else None
            response = ask(application, origin=value)

            assert response.headers.get(ORIGIN) == expected, row.why
            assert response.headers["vary"] == "origin"
            if not value:
                continue
            answer = preflight(application, value, "PUT")
            assert answer.headers.get(ORIGIN) == expected, row.why
            # A handshake without an Origin is no page's.
            assert handshake(application, origin=value) == (ACCEPTED if admitted else REFUSED)
