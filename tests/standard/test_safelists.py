"""The safelists of the Fetch standard: which headers need a preflight."""

from __future__ import annotations

import pytest

from cors_views.standard.safelists import mime_essence, unsafe_request_header_names


@pytest.mark.parametrize(
    ("headers", "unsafe"),
    [
        pytest.param([("Accept", "a" * 128)] * 8, (), id="1024-bytes"),
        pytest.param([("Accept", "a" * 128)] * 8 + [("Range", "bytes=0-")], ("accept", "range"),
            id="1025-bytes-and-more"),
        pytest.param([("X-B", ""), ("x-a", ""), ("X-A", "")], ("x-a", "x-b"), id="sorted-once"),
        pytest.param([("Accept", "a\tb")], (), id="tab"),
        pytest.param([("Accept", "a\x7f")], ("accept",), id="delete"),
        pytest.param([("Accept", "a\xff")], (), id="byte-above-ascii"),
        pytest.param([("Accept-Language", "a_b")], ("accept-language",), id="underscore"),
        pytest.param([("Content-Language", "a,b;c=d.e-f*g H1")], (), id="language"),
        pytest.param([("Content-Type", "text/plain ; a=b")], (), id="space-before-parameter"),
        pytest.param([("Content-Type", "text/plain,x")], ("content-type",), id="two-types"),
        pytest.param([("Content-Type", "")], ("content-type",), id="no-type"),
        pytest.param([("Range", "bytes=3-3")], (), id="one-byte"),
        pytest.param([("Range", "Bytes=0-")], ("range",), id="unit-in-upper-case"),
        pytest.param([("Range", "bytes=-")], ("range",), id="no-start"),
        pytest.param([("Save-Data", "on")], ("save-data",), id="no-longer-listed"),
    ],
)  # fmt: skip
def test_unsafe_request_headers(headers: list[tuple[str, str]], unsafe: tuple[str, ...]) -> None:
    assert unsafe_request_header_names(headers) == unsafe


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
