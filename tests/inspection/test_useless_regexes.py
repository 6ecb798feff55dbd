"""What is said of expressions that match no origin, where little can be said."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import override_settings

from cors_views.checks.every_check import check_declarations
from cors_views.checks.settings import check_settings
from cors_views.regexes import expressions
from tests.tables import urlconf

REGEXES = {
    "a host of the web in upper case": (
        r"https://(?P<A>X)\.EXAMPLE\.com",
        "Write the whole origin, scheme",
    ),
    "a group whose name is in upper case": (
        r"(?P<A>X)/",
        "Write the whole origin, scheme, host and port",
    ),
    "a variable that was not expanded": (r"https://%(HOST)s\.example\.com", "variable"),
}


@pytest.mark.parametrize(("regex", "said"), REGEXES.values(), ids=REGEXES)
def test_what_is_said_of_a_regex_that_meets_no_origin(regex: str, said: str) -> None:
    with override_settings(CORS_ALLOWED_ORIGIN_REGEXES=[regex]), urlconf():
        hints = [str(each.hint) for each in check_declarations() if each.id == "cors_views.W043"]

    assert len(hints) == 1
    assert said in hints[0]


@pytest.mark.parametrize("scheme", ["h", "ht", "htmlapp", "htt", "httpx", "httpss", "app"])
def test_that_the_host_of_an_app_may_be_in_upper_case(scheme: str) -> None:
    with override_settings(CORS_ALLOWED_ORIGIN_REGEXES=[rf"{scheme}://(?P<A>X)Y"]), urlconf():
        assert "cors_views.W043" not in [each.id for each in check_declarations()]


def test_that_nothing_is_said_of_urls_where_python_has_no_parser(monkeypatch: Any) -> None:
    with override_settings(CORS_URLS_REGEX="^api/"):
        assert "cors_views.W059" in [each.id for each in check_settings()]
        monkeypatch.setattr(expressions, "_parser", lambda: None)
        for cached in (expressions.parsed, expressions.automaton_of):
            getattr(cached, "cache_clear", lambda: None)()

        assert "cors_views.W059" not in [each.id for each in check_settings()]
