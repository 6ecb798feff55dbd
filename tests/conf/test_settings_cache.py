"""When settings change: what was compiled is compiled anew, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import conf, cors_allow
from tests.tables import CREDENTIALS, ORIGIN, Sender, cors_headers, urlconf

APP, OTHER = "https://app.example", "https://other.example"


def test_that_settings_are_compiled_once_until_one_of_them_changes() -> None:
    assert conf.cors_settings() is conf.cors_settings()
    with override_settings(CORS_ALLOWED_ORIGINS=[APP]):
        assert conf.cors_settings().policy.origins == (APP,)
    assert conf.cors_settings().policy.origins == ()


def test_that_a_change_in_mid_test_reaches_declared_and_undeclared_views(send: Sender) -> None:
    @cors_allow(max_age=1)
    def declared(request: Any) -> HttpResponse:
        return HttpResponse("answer")

    def undeclared(request: Any) -> HttpResponse:
        return HttpResponse("answer")

    def admitted() -> list[str]:
        return [
            url
            for url in ("/declared/", "/undeclared/")
            if cors_headers(send.actual(url, APP)).get(ORIGIN) == APP
        ]

    with urlconf(path("declared/", declared), path("undeclared/", undeclared)):
        assert admitted() == []
        with override_settings(CORS_ALLOWED_ORIGINS=[APP]):
            assert admitted() == ["/declared/", "/undeclared/"]
        assert admitted() == []


def test_that_a_change_of_a_named_policy_reaches_the_views_that_name_it(send: Sender) -> None:
    with override_settings(CORS_POLICIES={"x": {"origins": [APP]}}):

        @cors_allow("x")
        def view(request: Any) -> HttpResponse:
            return HttpResponse("answer")

        with urlconf(path("view/", view)):
            before = cors_headers(send.actual("/view/", APP))
            with override_settings(CORS_POLICIES={"x": {"origins": [APP], "credentials": True}}):
                after = cors_headers(send.actual("/view/", APP))

    assert before == {ORIGIN: APP, "vary": "origin"}
    assert after == {ORIGIN: APP, CREDENTIALS: "true", "vary": "origin"}


TAKEN_AWAY = {
    "the origins": ("CORS_ALLOWED_ORIGINS", [APP], {}),
    "any origin": ("CORS_ALLOW_ALL_ORIGINS", True, {}),
    "where the settings speak": ("CORS_URLS_REGEX", "^/no/", {"CORS_ALLOWED_ORIGINS": [APP]}),
    "the views that opt in": ("CORS_OPT_IN", True, {"CORS_ALLOWED_ORIGINS": [APP]}),
}


@pytest.mark.parametrize("name", TAKEN_AWAY)
@pytest.mark.parametrize("asked_before", [True, False], ids=["asked before", "not asked before"])
def test_that_a_setting_that_a_test_takes_away_is_back_afterwards(
    send: Sender, name: str, asked_before: bool
) -> None:
    """https://docs.djangoproject.com/en/stable/topics/testing/tools/#overriding-settings"""
    setting, value, others = TAKEN_AWAY[name]

    def undeclared(request: Any) -> HttpResponse:
        return HttpResponse("answer")

    def admitted() -> bool:
        return ORIGIN in send.actual("/view/", APP)

    with urlconf(path("view/", undeclared)), override_settings(**{setting: value, **others}):
        before = admitted() if asked_before else "CORS_ALLOW" in setting
        with override_settings():
            delattr(settings, setting)
            without = admitted()
        after = admitted()

    assert before is not without
    assert after is before
