"""Which of the entries that were loaded admit an origin, and what is said of the others."""

from __future__ import annotations

import re
from typing import Any

import pytest

from cors_views import CachedOrigins

SHOP = "https://shop.example"

ROWS = [
    pytest.param(SHOP, SHOP, True, id="written-as-a-browser-sends-it"),
    pytest.param("https://Shop.Example:443", SHOP, True, id="normalised"),
    pytest.param("https://*.shop.example", "https://eu.shop.example", True, id="subdomains"),
    pytest.param("https://*.shop.example", SHOP, False, id="subdomains-without-the-domain"),
    pytest.param("http://localhost:*", "http://localhost:3000", True, id="any-port"),
    pytest.param("app://shop", "app://shop", True, id="another-scheme"),
    pytest.param("https://shop.example/", SHOP, False, id="with-a-path"),
    pytest.param("shop.example", SHOP, False, id="without-a-scheme"),
    pytest.param("*", SHOP, False, id="any-origin"),
    pytest.param("null", "null", False, id="null"),
    pytest.param("file://", "file://", False, id="file"),
    pytest.param("", SHOP, False, id="an-empty-text"),
    pytest.param(None, SHOP, False, id="None"),
    pytest.param((SHOP,), SHOP, False, id="a-row-of-values-list"),
    pytest.param(re.compile("https://.*"), SHOP, False, id="a-regex"),
    pytest.param(lambda request, origin: True, SHOP, False, id="a-callable"),
]


@pytest.mark.parametrize(("entry", "origin", "admitted"), ROWS)
def test_what_an_entry_admits(entry: Any, origin: str, admitted: bool) -> None:
    assert CachedOrigins(lambda: [entry]).admits(origin) is admitted


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        pytest.param(
            "https://shop.example/", "Write 'https://shop.example' instead", id="with-a-path"
        ),
        pytest.param("shop.example", "has no scheme", id="without-a-scheme"),
        pytest.param("*", "can only be written in the policy itself", id="any-origin"),
        pytest.param("null", "can only be written in the policy itself", id="null"),
        pytest.param(None, "None is not a string", id="None"),
        pytest.param((SHOP,), "write values_list(..., flat=True)", id="a-row-of-values-list"),
    ],
)
def test_what_the_log_says_of_an_entry_that_is_left_out(
    entry: Any, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    assert CachedOrigins(lambda: [entry, SHOP]).origins() == (SHOP,)
    assert said in caplog.text
