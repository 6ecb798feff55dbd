"""The names of settings: those of today, and the aliases of django-cors-headers."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test.utils import override_settings

from cors_views import conf

APP, OTHER = "https://app.example", "https://other.example"


@pytest.mark.parametrize(
    ("setting", "alias", "field", "new", "old"),
    [
        pytest.param(
            "CORS_ALLOW_ALL_ORIGINS", "CORS_ORIGIN_ALLOW_ALL", "any_origin", False, True, id="all"
        ),
        pytest.param(
            "CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST", "origins", [APP], [OTHER], id="origins"
        ),
        pytest.param(
            "CORS_ALLOWED_ORIGINS", "CORS_ORIGIN_WHITELIST", "origins", [], [OTHER], id="none"
        ),
        pytest.param(
            "CORS_ALLOWED_ORIGIN_REGEXES",
            "CORS_ORIGIN_REGEX_WHITELIST",
            "origin_regexes",
            [re.compile("x")],
            [re.compile("y")],
            id="regexes",
        ),
    ],
)
def test_that_the_alias_counts_where_the_setting_is_not_set(
    setting: str, alias: str, field: str, new: Any, old: Any
) -> None:
    with override_settings(**{setting: new, alias: old}):
        both, name_of_both = getattr(conf.cors_settings().policy, field), conf.name_in_use(setting)
    with override_settings(**{alias: old}):
        alone, name_of_alias = (
            getattr(conf.cors_settings().policy, field),
            conf.name_in_use(setting),
        )

    assert (both, name_of_both) == (tuple(new) if isinstance(new, list) else new, setting)
    assert (alone, name_of_alias) == (tuple(old) if isinstance(old, list) else old, alias)
    assert conf.name_in_use(setting) == setting


def test_that_a_setting_without_an_alias_has_one_name() -> None:
    assert conf.name_in_use("CORS_ALLOW_METHODS") == "CORS_ALLOW_METHODS"
