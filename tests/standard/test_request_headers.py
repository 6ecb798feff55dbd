"""Request headers: which no script may set, and which need a preflight, row by row."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views.standard.header_values import is_token
from cors_views.standard.request_headers import (
    FORBIDDEN_REQUEST_HEADERS,
    is_forbidden_request_header,
    parse_request_headers,
    unsafe_request_header_names,
)

#: Fetch section 2.2.2, "forbidden request-header", copied from the standard by hand.
FORBIDDEN_BY_THE_STANDARD = [
    "Accept-Charset",
    "Accept-Encoding",
    "Access-Control-Request-Headers",
    "Access-Control-Request-Method",
    "Connection",
    "Content-Length",
    "Cookie",
    "Cookie2",
    "Date",
    "DNT",
    "Expect",
    "Host",
    "Keep-Alive",
    "Origin",
    "Referer",
    "Set-Cookie",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "Via",
]


def test_that_the_forbidden_ones_are_those_of_the_standard() -> None:
    # The last one comes from Private Network Access, which browsers have dropped.
    assert {
        *(name.lower() for name in FORBIDDEN_BY_THE_STANDARD),
        "access-control-request-private-network",
    } == FORBIDDEN_REQUEST_HEADERS


@pytest.mark.parametrize(
    "name",
    [
        *FORBIDDEN_BY_THE_STANDARD,
        "Access-Control-Request-Private-Network",
        "COOKIE",
        "proxy-authorization",
        "Proxy-X",
        "sec-",
        "Sec-Fetch-Mode",
        "SEC-WebSocket-Key",
    ],
)
def test_forbidden_request_header(name: str) -> None:
    assert is_forbidden_request_header(name)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param("accept", id="safelisted"),
        pytest.param("authorization", id="authorization-may-be-set"),
        pytest.param("content-type", id="content-type"),
        pytest.param("user-agent", id="user-agent-no-longer-forbidden"),
        pytest.param("x-cookie", id="ends-like-a-forbidden-one"),
        pytest.param("cookies", id="starts-like-a-forbidden-one"),
        pytest.param("proxy", id="prefix-without-its-hyphen"),
        pytest.param("secret", id="sec-without-its-hyphen"),
        pytest.param("x-sec-token", id="prefix-in-the-middle"),
    ],
)
def test_request_header_that_is_not_forbidden(name: str) -> None:
    assert not is_forbidden_request_header(name)


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


# --- Access-Control-Request-Headers ------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "names"),
    [
        pytest.param("", (), id="empty"),
        pytest.param("x-a", ("x-a",), id="one"),
        pytest.param("authorization,x-a", ("authorization", "x-a"), id="as-a-browser-writes-it"),
        pytest.param("x-b,x-a", ("x-b", "x-a"), id="order-is-kept"),
        pytest.param("X-A, Content-Type", ("x-a", "content-type"), id="lower-case"),
        pytest.param(" x-a\t,\t x-b ", ("x-a", "x-b"), id="optional-white-space"),
        pytest.param(",x-a,, ,x-b,", ("x-a", "x-b"), id="empty-elements-rfc-9110-5.6.1.2"),
        pytest.param("x-a,X-A,x-a", ("x-a",), id="written-twice"),
        pytest.param("*", ("*",), id="a-star-is-a-token-like-others"),
        pytest.param("x" * 4096, ("x" * 4096,), id="as-long-as-it-may-be"),
        pytest.param(
            ",".join(f"x-{i}" for i in range(128)),
            tuple(f"x-{i}" for i in range(128)),
            id="as-many-as-there-may-be",
        ),
    ],
)
def test_request_headers(value: str, names: tuple[str, ...]) -> None:
    assert parse_request_headers(value) == names


@pytest.mark.parametrize(
    "value",
    [
        pytest.param("x" * 4097, id="one-character-too-long"),
        pytest.param(",".join(["x"] * 129), id="one-name-too-many"),
        pytest.param("," * 1_000_000, id="a-million-empty-elements"),
        pytest.param("x-a,cookie", id="forbidden-name"),
        pytest.param("Cookie", id="forbidden-name-in-another-case"),
        pytest.param("sec-fetch-mode", id="forbidden-prefix-sec"),
        pytest.param("x-a,proxy-authorization", id="forbidden-prefix-proxy"),
        pytest.param("x-a x-b", id="separated-by-a-space"),
        pytest.param("x-a;x-b", id="separated-by-a-semicolon"),
        pytest.param("x-a: b", id="a-whole-field"),
        pytest.param("x-a\r\nset-cookie: a=b", id="header-injection"),
        pytest.param("x-a\n", id="trailing-newline-is-no-optional-white-space"),
        pytest.param("x-a\0", id="nul"),
        pytest.param("x-\x0ba", id="vertical-tab"),
        pytest.param("x-a,\xa0", id="no-break-space"),
        pytest.param("x-ä", id="latin-1"),
        pytest.param('"x-a"', id="quoted"),
        pytest.param("ｘ-a", id="full-width"),
    ],
)
def test_request_headers_that_no_browser_writes(value: str) -> None:
    assert parse_request_headers(value) is None


@given(st.text(st.sampled_from("xX-*,; \t\n\0ä") | st.characters()))
@example("x-a,x-b")
@example("x-a\r\nset-cookie: a=b")
@settings(derandomize=True, deadline=None)
def test_that_no_value_raises_and_every_name_is_safe_to_send_back(value: str) -> None:
    names = parse_request_headers(value)

    assert names is None or len(set(names)) == len(names)
    for name in names or ():
        assert is_token(name)
        assert name == name.lower()
        assert name in value.lower()
        assert not is_forbidden_request_header(name)
