"""The Fetch standard's lists and parsers: what a browser may send, row by row."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views.standard.headers import (
    CORS_RESPONSE_HEADERS,
    FORBIDDEN_REQUEST_HEADERS,
    FORBIDDEN_RESPONSE_HEADERS,
    is_forbidden_request_header,
    is_token,
    parse_request_headers,
)
from cors_views.standard.methods import FORBIDDEN_METHODS, SAFE_METHODS, SAFELISTED_METHODS

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


@pytest.mark.parametrize(
    ("names", "standard"),
    [
        pytest.param(FORBIDDEN_METHODS, {"CONNECT", "TRACE", "TRACK"}, id="forbidden-method"),
        pytest.param(SAFELISTED_METHODS, {"GET", "HEAD", "POST"}, id="safelisted-method"),
        pytest.param(SAFE_METHODS, {"GET", "HEAD", "OPTIONS"}, id="safe-method"),
        pytest.param(
            FORBIDDEN_REQUEST_HEADERS,
            # The last one comes from Private Network Access, which browsers have dropped.
            {
                *(name.lower() for name in FORBIDDEN_BY_THE_STANDARD),
                "access-control-request-private-network",
            },
            id="forbidden-request-header",
        ),
        pytest.param(
            FORBIDDEN_RESPONSE_HEADERS,
            {"set-cookie", "set-cookie2"},
            id="forbidden-response-header-name",
        ),
        pytest.param(
            CORS_RESPONSE_HEADERS,
            {
                "access-control-allow-origin",
                "access-control-allow-credentials",
                "access-control-allow-methods",
                "access-control-allow-headers",
                "access-control-allow-private-network",
                "access-control-expose-headers",
                "access-control-max-age",
            },
            id="response-headers-of-the-protocol",
        ),
    ],
)
def test_that_a_list_is_that_of_the_standard(names: frozenset[str], standard: set[str]) -> None:
    assert names == standard


# --- Tokens ------------------------------------------------------------------------------------


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


# --- Methods -----------------------------------------------------------------------------------


# --- Headers -----------------------------------------------------------------------------------


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
