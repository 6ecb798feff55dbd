"""What other sites post to ours on purpose: broken by enforcing, reported, mended at the view."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.csrf import csrf_exempt

from cors_views import cors_allow
from cors_views.protocol.reasons import Reason
from cors_views.testing import Browser, CorsError
from tests.management.commands import run
from tests.tables import Sender, Spy, urlconf

IDP, BANK = "https://login.idp.example", "https://acs.bank.example"
#: What the browsers of users send from the page of an identity provider, and of a bank.
FORMS = {"saml": ("/acs/", IDP), "payment": ("/paid/", BANK), "no-referrer": ("/paid/", "null")}


@pytest.mark.parametrize(("url", "origin"), FORMS.values(), ids=FORMS)
@pytest.mark.parametrize(
    ("setting", "mended", "runs", "logged"),
    [
        pytest.param(False, False, True, 0, id="not enforced"),
        pytest.param(True, False, False, 1, id="broken"),
        pytest.param("report", False, True, 1, id="reported"),
        pytest.param(True, True, True, 0, id="mended"),
    ],
)
def test_a_form_that_another_site_posts_on_purpose(
    send: Sender,
    caplog: pytest.LogCaptureFixture,
    url: str,
    origin: str,
    setting: Any,
    mended: bool,
    runs: bool,
    logged: int,
) -> None:
    caplog.set_level(logging.WARNING, "cors_views")
    spy = Spy()

    def callback(request: Any) -> HttpResponse:
        spy.note(request.method)
        return HttpResponse("welcome back")

    view = csrf_exempt(cors_allow(enforce=False)(callback) if mended else callback)
    headers = {"origin": origin, "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate"}
    with override_settings(CORS_ENFORCE=setting), urlconf(path(url[1:], view)):
        response = send("POST", url, headers)

    assert (response.status_code, bool(spy.calls)) == ((200, True) if runs else (403, False))
    assert len([each for each in caplog.records if each.name == "cors_views"]) == logged


def answer(request: Any) -> HttpResponse:
    return HttpResponse("ran")


def test_what_the_tools_say_of_a_refusal_on_the_server() -> None:
    with urlconf(path("v/", cors_allow(origins=[IDP], enforce=True)(answer))):
        with pytest.raises(CorsError) as refused:
            Browser(BANK).fetch("/v/", method="POST")
        explained = run("cors_explain", BANK, "POST", "/v/")

    assert refused.value.reason is Reason.ORIGIN_NOT_ADMITTED
    assert refused.value.verdict.exchanges[-1].received.status == 403
    assert explained.status == 1
    assert "< 403" in explained.out
    assert "The site refuses it on the server, with 403: the view does not run." in explained.out


@pytest.mark.parametrize(
    ("enforce", "status"),
    [
        pytest.param(True, 0, id="enforced"),
        pytest.param("report", 1, id="reported"),
        pytest.param(False, 1, id="not enforced"),
    ],
)
def test_that_ci_can_ask_for_what_is_not_enforced(enforce: Any, status: int) -> None:
    with urlconf(path("v/", cors_allow(origins=[], enforce=enforce)(answer))):
        done = run("cors_policies", "--fail-on", "unenforced")

    assert done.status == status
