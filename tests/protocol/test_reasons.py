"""One vocabulary: the log, ``cors_explain`` and the ``Browser`` name the same reason."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, NamedTuple

import pytest
from django.http import HttpResponse, HttpResponseRedirect
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow, cors_deny
from cors_views.protocol.reasons import Reason
from cors_views.testing import Browser, CorsError
from tests.management.commands import run
from tests.tables import urlconf

APP, OTHER = "https://app.example", "https://other.example"
CORS = "cors_views.middleware.CorsMiddleware"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def by_hand(request: Any) -> HttpResponse:
    return HttpResponse(headers={"Access-Control-Allow-Origin": OTHER})


def leaving(request: Any) -> HttpResponse:
    return HttpResponseRedirect("https://elsewhere.example/")


def refusing(get_response: Callable[[Any], HttpResponse]) -> Callable[[Any], HttpResponse]:
    return lambda request: HttpResponse(status=403)


class Case(NamedTuple):
    """A call of a page at ``APP`` that is refused; ``logged`` is whether the server can know."""

    view: Any
    method: str = "GET"
    header: str = ""
    credentials: bool = False
    logged: bool = True
    settings: dict[str, Any] = {}


CASES = {
    Reason.DENIED: Case(cors_deny(answer)),
    Reason.NO_POLICY: Case(answer, settings={"CORS_OPT_IN": True}),
    Reason.ORIGIN_NOT_ADMITTED: Case(cors_allow(origins=[OTHER])(answer)),
    Reason.METHOD_NOT_OFFERED: Case(
        cors_allow(origins=[APP], methods=["GET"])(answer), method="PUT"
    ),
    Reason.HEADER_NOT_ALLOWED: Case(cors_allow(origins=[APP])(answer), header="X-Other"),
    Reason.CREDENTIALS_NOT_ALLOWED: Case(cors_allow(origins="*")(answer), credentials=True),
    Reason.PREFLIGHT_FAILED: Case(
        cors_allow(origins=[APP])(answer),
        method="PUT",
        logged=False,
        settings={"MIDDLEWARE": [f"{__name__}.refusing", CORS]},
    ),
    Reason.WRONG_ALLOW_ORIGIN: Case(by_hand),
    Reason.REDIRECT_REFUSED: Case(cors_allow(origins=[APP])(leaving), logged=False),
}


@pytest.mark.parametrize("reason", CASES, ids=lambda reason: reason.name)
def test_all_three_name_the_same_reason(reason: Reason, caplog: Any) -> None:
    case = CASES[reason]
    caplog.set_level(logging.DEBUG, "cors_views")
    client = Client()
    client.cookies["sessionid"] = "secret"

    with override_settings(**case.settings), urlconf(path("v/", case.view)):
        with pytest.raises(CorsError) as refused:
            Browser(APP, client=client).fetch(
                "/v/",
                method=case.method,
                headers={case.header: "x"} if case.header else {},
                credentials="include" if case.credentials else "same-origin",
            )
        logged = [record.reason for record in caplog.records if record.name == "cors_views"]
        explained = run(
            "cors_explain",
            *(APP, case.method, "/v/", "--run"),
            *([f"--header={case.header}"] if case.header else []),
            *(["--credentials"] if case.credentials else []),
        )

    assert refused.value.reason is reason
    refused_by = f"Refused, {reason.name}: {reason.value}"
    if reason is Reason.REDIRECT_REFUSED:
        # The Browser of a test knows no other host either, but a test is about this site.
        refused_by = f"Not known, {reason.name}: only https://elsewhere.example can tell"
    assert refused_by in explained.out
    assert logged == ([reason] if case.logged else [])


def test_what_is_no_origin_comes_from_no_browser(caplog: Any) -> None:
    caplog.set_level(logging.DEBUG, "cors_views")

    with urlconf(path("v/", cors_allow(origins=[APP])(answer))):
        Client().get("/v/", headers={"origin": f"{APP}/page"})
        explained = run("cors_explain", f"{APP}/page", "GET", "/v/")
        with pytest.raises(ValueError, match="it has a path"):
            Browser(f"{APP}/page")

    assert [record.reason for record in caplog.records if record.name == "cors_views"] == [
        Reason.NOT_AN_ORIGIN
    ]
    assert (explained.status, "it has a path" in explained.err) == (2, True)


def test_no_reason_is_left_out() -> None:
    # Of what is deployed alone: see tests/management/test_live.py.
    assert {*CASES, Reason.NOT_AN_ORIGIN, Reason.NO_ANSWER} == set(Reason)


@pytest.mark.parametrize("reason", CASES, ids=lambda reason: reason.name)
def test_the_log_is_quiet_at_info(reason: Reason, caplog: Any) -> None:
    case = CASES[reason]
    caplog.set_level(logging.INFO, "cors_views")

    with override_settings(**case.settings), urlconf(path("v/", case.view)):
        Client().get("/v/", headers={"origin": APP, "cookie": "sessionid=secret"})

    assert [record for record in caplog.records if record.name == "cors_views"] == []
