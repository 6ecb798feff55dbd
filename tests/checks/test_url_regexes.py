"""Expressions of ``CORS_URLS_REGEX`` that match what only begins alike."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test.utils import override_settings
from django.urls import include, path

from tests.checks.sites import APP, answer, found
from tests.tables import urlconf

ROUTES = (
    path("api/", include([path("users/", answer)])),
    path("api-internal/", answer),
    path("apis/", answer),
    path("other/", answer),
)
OPEN: dict[str, Any] = {"CORS_ALLOWED_ORIGINS": [APP]}
# name -> (settings, how many routes it matches that only begin alike)
URLS: dict[str, tuple[dict[str, Any], int]] = {
    "a path that goes on": ({**OPEN, "CORS_URLS_REGEX": "^/api"}, 2),
    "a path that goes on, without a sign": ({**OPEN, "CORS_URLS_REGEX": "/api"}, 2),
    "one of several": ({**OPEN, "CORS_URLS_REGEX": ["^/x/", re.compile("^/api")]}, 2),
    "a path that goes on, opened by a regex": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://a\.example"], "CORS_URLS_REGEX": "^/api"},
        2,
    ),
    "a path that goes on, opened to nobody": ({"CORS_URLS_REGEX": "^/api"}, 0),
    "a path that ends": ({**OPEN, "CORS_URLS_REGEX": "^/api/"}, 0),
    "a path that ends, with anything behind": ({**OPEN, "CORS_URLS_REGEX": "^/api/.*$"}, 0),
    "what the hint says": ({**OPEN, "CORS_URLS_REGEX": r"^/api(/|$)"}, 0),
    "a path that nothing else begins like": ({**OPEN, "CORS_URLS_REGEX": "^/oth/er"}, 0),
    "anything": (OPEN, 0),
}


@pytest.mark.parametrize("name", URLS)
def test_a_regex_of_urls_that_matches_what_only_begins_alike(name: str) -> None:
    settings, number = URLS[name]

    with override_settings(**settings), urlconf(*ROUTES):
        messages = found("W049")

    assert [message.msg.partition(" matches ")[2].partition(" too")[0] for message in messages] == (
        ["/api-internal/ and 1 more route"] if number else []
    )
    assert [message.hint for message in messages] == (
        ["Write r'^/api(/|$)' instead."] if number else []
    )
