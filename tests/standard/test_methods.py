"""Methods: which text is one, and which no script can send."""

from __future__ import annotations

import pytest

from cors_views.standard.methods import (
    FORBIDDEN_METHODS,
    SAFE_METHODS,
    SAFELISTED_METHODS,
    is_forbidden_method,
    is_method,
)
from tests.standard.test_header_values import NO_TOKENS


@pytest.mark.parametrize(
    ("names", "standard"),
    [
        pytest.param(FORBIDDEN_METHODS, {"CONNECT", "TRACE", "TRACK"}, id="forbidden-method"),
        pytest.param(SAFELISTED_METHODS, {"GET", "HEAD", "POST"}, id="safelisted-method"),
        pytest.param(SAFE_METHODS, {"GET", "HEAD", "OPTIONS"}, id="safe-method"),
    ],
)
def test_that_a_list_is_that_of_the_standard(names: frozenset[str], standard: set[str]) -> None:
    assert names == standard


@pytest.mark.parametrize("text", NO_TOKENS)
def test_that_what_is_no_token_is_no_method(text: str) -> None:
    assert not is_method(text)


def test_that_a_method_is_bounded_in_length() -> None:
    assert is_method("M" * 64)
    assert not is_method("M" * 65)


@pytest.mark.parametrize("method", ["CONNECT", "TRACE", "TRACK", "connect", "tRaCe", "Track"])
def test_forbidden_method(method: str) -> None:
    assert is_forbidden_method(method)


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACER", "", "*"]
)
def test_method_that_is_not_forbidden(method: str) -> None:
    assert not is_forbidden_method(method)
