"""Credentials beside any origin, and beside the star of headers."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow
from tests.checks.declared import APP, answer, ids_of
from tests.tables import urlconf

allow_app = cors_allow(origins=[APP])
ALL_WITH_CREDENTIALS = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True}

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "nothing declared": (ALL_WITH_CREDENTIALS, answer, ["cors_views.W042"]),
    "a policy that stands alone": (
        {**ALL_WITH_CREDENTIALS, "CORS_OPT_IN": True},
        allow_app(answer),
        [],
    ),
    "any origin, and credentials refined over it": (
        {},
        cors_allow(credentials=True)(cors_allow(origins="*")(answer)),
        ["cors_views.W020"],
    ),
    "any origin, refined without credentials": (
        {},
        cors_allow(max_age=5)(cors_allow(origins="*")(answer)),
        [],
    ),
    "the settings' any origin and credentials, refined": (
        ALL_WITH_CREDENTIALS,
        cors_allow(answer),
        ["cors_views.W020", "cors_views.W042"],
    ),
    "credentials refined away": (
        {**ALL_WITH_CREDENTIALS, "CORS_OPT_IN": True},
        cors_allow(credentials=False)(answer),
        [],
    ),
    "all headers exposed, and credentials refined over it": (
        {},
        cors_allow(credentials=True)(cors_allow(origins=[APP], expose_headers=["*"])(answer)),
        ["cors_views.W021"],
    ),
    "all headers exposed without credentials": (
        {},
        cors_allow(origins=[APP], expose_headers=["*"])(answer),
        [],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_what_declarations_make_together(name: str) -> None:
    settings, view, expected = SITES[name]

    assert ids_of(settings, view) == expected


def test_both_places_are_reported_once() -> None:
    marked = cors_allow(credentials=True)(cors_allow(origins="*")(answer))

    with urlconf(path("a/", marked), path("b/", marked)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W020")

    assert message.msg.count("test_credentials.py:") == 2


@pytest.mark.parametrize(
    ("settings", "fields", "through"),
    [
        pytest.param(ALL_WITH_CREDENTIALS, {}, True, id="both-from-settings"),
        pytest.param({"CORS_ALLOW_ALL_ORIGINS": True}, {"credentials": True}, False, id="one-each"),
    ],
)
def test_a_declaration_between_two_settings_is_named_once(
    settings: dict[str, Any], fields: dict[str, Any], through: bool
) -> None:
    marked = cors_allow(**fields)(answer)

    with override_settings(**settings), urlconf(path("v/", marked)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W020")

    assert message.msg.count("test_credentials.py:") == 1
    assert (", combined by the route policy" in message.msg) is through
