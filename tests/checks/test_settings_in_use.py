"""Lists that any origin outdoes, and what the settings still open half-way of a move."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import override_settings
from django.urls import path
from django.views.decorators.http import require_GET

from cors_views import cors_allow, cors_deny
from cors_views.checks import check_declarations, check_public_views
from tests.checks.declared import APP, answer
from tests.tables import urlconf

allow_app = cors_allow(origins=[APP])
refined = cors_allow(max_age=0)

LISTED: dict[str, tuple[dict[str, Any], str]] = {
    "a list beside any origin": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOWED_ORIGINS": [APP]},
        "CORS_ALLOWED_ORIGINS has no effect: CORS_ALLOW_ALL_ORIGINS = True admits any origin.",
    ),
    "two lists beside any origin, by their old names": (
        {
            "CORS_ORIGIN_ALLOW_ALL": True,
            "CORS_ORIGIN_WHITELIST": [APP],
            "CORS_ORIGIN_REGEX_WHITELIST": ["https://a"],
        },
        (
            "CORS_ORIGIN_WHITELIST and CORS_ORIGIN_REGEX_WHITELIST have no effect: "
            "CORS_ORIGIN_ALLOW_ALL = True admits any origin."
        ),
    ),
    "an empty list beside any origin": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOWED_ORIGINS": []},
        "",
    ),
    "a list alone": ({"CORS_ALLOW_ALL_ORIGINS": False, "CORS_ALLOWED_ORIGINS": [APP]}, ""),
    "any origin alone": ({"CORS_ALLOW_ALL_ORIGINS": True}, ""),
}


@pytest.mark.parametrize("name", LISTED)
def test_that_a_list_beside_any_origin_is_a_question_of_production(name: str) -> None:
    settings, expected = LISTED[name]
    one_of_two = {key: value for key, value in settings.items() if "ALL" not in key.split("_")}

    with urlconf(path("v/", require_GET(answer))), override_settings(**settings):
        said = [each.msg for each in check_public_views()]
        before = [each.id for each in check_declarations()]
        with override_settings(**{key: [] for key in one_of_two}):
            assert check_public_views() == []

    assert said == ([expected] if expected else [])
    assert "cors_views.W054" not in before


TRUSTING = {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_CREDENTIALS": True}
own = cors_allow(origins=[APP], credentials=True)

# name -> (settings, decorator of one of two views, whether the other one is asked about)
HALF_WAY: dict[str, tuple[dict[str, Any], Any, bool]] = {
    "a view has the settings' origin in a policy of its own": (TRUSTING, own, True),
    "the same under CORS_OPT_IN": ({**TRUSTING, "CORS_OPT_IN": True}, own, False),
    "the same under CORS_URLS_REGEX": ({**TRUSTING, "CORS_URLS_REGEX": "^/api/"}, own, False),
    "the same where CORS_URLS_REGEX names the other": (
        {**TRUSTING, "CORS_URLS_REGEX": "^/b/"},
        own,
        False,
    ),
    "the same, settings without credentials": ({"CORS_ALLOWED_ORIGINS": [APP]}, own, False),
    "the same, settings for another origin": (
        {**TRUSTING, "CORS_ALLOWED_ORIGINS": ["https://b.example"]},
        own,
        False,
    ),
    "a view that is public": (TRUSTING, cors_allow(origins="*"), False),
    "a view for somebody else": (
        TRUSTING,
        cors_allow(origins=["https://b.example"], credentials=True),
        False,
    ),
    "a view without credentials": (TRUSTING, allow_app, False),
    "a view that refines the settings": (TRUSTING, refined, False),
    "a view that is closed": (TRUSTING, cors_deny, False),
    "nothing declared": (TRUSTING, lambda view: view, False),
}


@pytest.mark.parametrize("name", HALF_WAY)
def test_what_the_settings_still_open_half_way_of_a_move(name: str) -> None:
    settings, decorate, asked_about = HALF_WAY[name]

    with override_settings(**settings), urlconf(path("a/", decorate(answer)), path("b/", answer)):
        messages = [each for each in check_declarations() if each.id == "cors_views.I056"]
    with override_settings(**settings), urlconf(path("a/", decorate(answer))):
        alone = [each.id for each in check_declarations()]

    assert [message.msg.partition(" no policy")[0] for message in messages] == (
        ["/b/ declares"] if asked_about else []
    )
    assert "cors_views.I056" not in alone
