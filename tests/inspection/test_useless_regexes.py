"""Expressions that match no origin, and those that look as if they did: what is said of them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import override_settings

from cors_views.checks.every_check import check_declarations
from cors_views.checks.settings import check_settings
from cors_views.regexes import expressions
from tests.checks.sites import SITE, by_regex, said_of
from tests.tables import urlconf

pytestmark = pytest.mark.usefixtures("nothing_declared")


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


# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "a regex with a path": (SITE, by_regex(r"https://a\.example\.com/.*"), ["W043"]),
    "a regex without a scheme": (SITE, by_regex(r"a\.example\.com"), ["W043"]),
    "only the end of an origin": (SITE, by_regex(r"\.example\.com$"), ["W043"]),
    "a host in upper case": (SITE, by_regex(r"https://A\.example\.com"), ["W043"]),
    "a host of an app in upper case": (SITE, by_regex(r"httpx://[A-Z]+"), []),
    "an app's host of any name": (SITE, by_regex(r"hello://[a-z]+\.example"), []),
    "an address in brackets as a regex": (SITE, by_regex(r"http://\[::1\]:\d+"), []),
    "the start of an origin": (SITE, by_regex(r"^http://localhost:"), ["W043"]),
    "the start of an origin, as a label": (SITE, by_regex(r"^https://preview-"), ["W043"]),
    "hosts that end in a dot": (SITE, by_regex(r"https://[a-z]+\.example\.com\."), []),
    "an app's host as a regex": (SITE, by_regex(r"app://-"), []),
    "a regex in upper case": (SITE, by_regex(r"(?i)HTTPS://App\.example\.com"), []),
    "one of two is a whole origin": (
        SITE,
        by_regex(r"https://a\.example\.com|https://b\.example\.com/"),
        [],
    ),
    "an origin with a slash behind it": (SITE, by_regex(r"https://app\.example\.com/$"), ["W043"]),
    "a host of one label": (SITE, by_regex(r"^https://intranet$"), []),
    "a set with a hyphen at the end": (SITE, by_regex(r"https://app\.example\.com[a-z-]"), []),
    "a whole origin as a regex": (SITE, by_regex(r"^https://app\.example\.com$"), []),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected
