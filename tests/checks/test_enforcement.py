"""Policies that enforce: in vain, against forms that have to arrive, or only reporting."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.http import require_safe

from cors_views import CorsPolicy, cors_allow, cors_deny
from tests.checks.sites import answer
from tests.tables import urlconf

IDP, BANK = "https://login.idp.example", "https://acs.bank.example"

# name -> (declaration, settings, ids that check --deploy reports)
CHECKS: dict[str, tuple[Any, dict[str, Any], set[str]]] = {
    "named origins": (CorsPolicy(origins=[IDP], enforce=True), {}, set()),
    "any origin": (CorsPolicy(origins="*", enforce=True), {}, {"W066"}),
    "a form of a trusted origin": (
        CorsPolicy(origins=[IDP], enforce=True),
        {"CSRF_TRUSTED_ORIGINS": [BANK, "https://*.any.example"]},
        {"W067"},
    ),
    "a form of an admitted origin": (
        CorsPolicy(origins=[BANK], enforce=True),
        {"CSRF_TRUSTED_ORIGINS": [BANK]},
        set(),
    ),
    "a callable decides": (
        CorsPolicy(origins=lambda request, origin: True, enforce=True),
        {"CSRF_TRUSTED_ORIGINS": [BANK]},
        set(),
    ),
    "a form that is only reported": (
        CorsPolicy(origins=[IDP], enforce="report"),
        {"CSRF_TRUSTED_ORIGINS": [BANK]},
        {"I068"},
    ),
    "a view that is denied, and only reports": (cors_deny(enforce="report"), {}, {"I068"}),
    "a view that is denied where the settings only report": (
        cors_deny,
        {"CORS_ENFORCE": "report"},
        {"I068"},
    ),
    "a form to a view that is denied, where the settings enforce": (
        cors_deny,
        {"CORS_ENFORCE": True, "CSRF_TRUSTED_ORIGINS": [BANK]},
        {"W067"},
    ),
    "a form to a view that is closed on purpose": (
        cors_deny(enforce=True),
        {"CSRF_TRUSTED_ORIGINS": [BANK]},
        set(),
    ),
    "a form to a view that is denied to readers alone": (
        cors_deny(enforce=False),
        {"CORS_ENFORCE": True, "CSRF_TRUSTED_ORIGINS": [BANK]},
        set(),
    ),
    "not enforced": (CorsPolicy(origins=[IDP]), {"CSRF_TRUSTED_ORIGINS": [BANK]}, set()),
}


def declared(policy: Any) -> Any:
    return cors_allow(policy)(answer) if isinstance(policy, CorsPolicy) else policy(answer)


@pytest.mark.parametrize(("policy", "settings", "expected"), CHECKS.values(), ids=CHECKS)
def test_what_the_checks_say(policy: Any, settings: dict[str, Any], expected: set[str]) -> None:
    stack = [
        "cors_views.middleware.CorsMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ]
    with (
        override_settings(MIDDLEWARE=stack, **settings),
        urlconf(path("v/", declared(policy))),
    ):
        found = {
            each.id.removeprefix("cors_views.")
            for each in run_checks(include_deployment_checks=True)
            if each.id
        }

    assert found & {"W066", "W067", "I068"} == expected


def test_a_view_that_takes_no_form_is_not_warned_of() -> None:
    view = cors_allow(origins=[IDP], enforce=True)(require_safe(answer))
    stack = [
        "cors_views.middleware.CorsMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
    ]
    with (
        override_settings(MIDDLEWARE=stack, CSRF_TRUSTED_ORIGINS=[BANK]),
        urlconf(path("v/", view)),
    ):
        assert "cors_views.W067" not in {each.id for each in run_checks()}


@pytest.mark.parametrize(
    ("policy", "settings", "written"),
    [
        pytest.param(CorsPolicy(origins=[IDP], enforce="report"), {}, "enforce=True", id="policy"),
        pytest.param(
            CorsPolicy(origins=[IDP]),
            {"CORS_ENFORCE": "report"},
            "CORS_ENFORCE = True",
            id="settings",
        ),
    ],
)
def test_what_only_reports_is_told_what_to_write_and_where(
    policy: CorsPolicy, settings: dict[str, Any], written: str
) -> None:
    with override_settings(**settings), urlconf(path("v/", cors_allow(policy)(answer))):
        found = run_checks(include_deployment_checks=True)

    hints = {each.hint for each in found if each.id == "cors_views.I068"}
    assert hints == {f"Write {written} once the log shows no request that you need."}
