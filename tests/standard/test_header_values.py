"""How headers are written: tokens, and the type of a content, row by row."""

from __future__ import annotations

import pytest

from cors_views.standard.header_values import is_token, mime_essence


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("x", id="one-character"),
        pytest.param("X-Request-ID", id="a-header-name"),
        pytest.param("0123456789", id="digits"),
        pytest.param("!#$%&'*+-.^_`|~", id="every-special-character"),
    ],
)
def test_token(text: str) -> None:
    assert is_token(text)


NO_TOKENS = [
    pytest.param("", id="empty"),
    pytest.param("x y", id="space-inside"),
    pytest.param(" x", id="leading-space"),
    pytest.param("x\t", id="trailing-tab"),
    pytest.param("x\n", id="trailing-newline-that-$-would-let-pass"),
    pytest.param("x\r\nset-cookie: a=b", id="header-injection"),
    pytest.param("x\0", id="nul"),
    pytest.param("x\x7f", id="delete"),
    pytest.param("x:", id="colon"),
    pytest.param("x,y", id="comma"),
    pytest.param("x;y", id="semicolon"),
    pytest.param('"x"', id="quotes"),
    pytest.param("x/y", id="slash"),
    pytest.param("x\\y", id="backslash"),
    pytest.param("x@y", id="at"),
    pytest.param("(x)", id="parentheses"),
    pytest.param("[x]", id="brackets"),
    pytest.param("{x}", id="braces"),
    pytest.param("<x>", id="angle-brackets"),
    pytest.param("a=b", id="equals"),
    pytest.param("a?b", id="question-mark"),
    pytest.param("é", id="latin-1"),
    pytest.param("х", id="cyrillic-homoglyph-of-x"),
    pytest.param("ｘ", id="full-width-x"),
    pytest.param("٣", id="arabic-digit"),
]


@pytest.mark.parametrize("text", NO_TOKENS)
def test_no_token(text: str) -> None:
    assert not is_token(text)


@pytest.mark.parametrize(
    ("value", "essence"),
    [
        pytest.param(" TEXT/Plain; x", "text/plain", id="normalised"),
        pytest.param("text", "", id="no-subtype"),
        pytest.param("text/", "", id="empty-subtype"),
        pytest.param("te xt/plain", "", id="no-token"),
    ],
)
def test_mime_essence(value: str, essence: str) -> None:
    assert mime_essence(value) == essence
