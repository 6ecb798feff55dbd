"""Origins: what a browser may send, and what none would."""

from __future__ import annotations

import re

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views.policies.origin_sets import OriginSet
from cors_views.standard.origins import is_origin, split_origin

deterministic = settings(derandomize=True, deadline=None)


@pytest.mark.parametrize(
    ("value", "parts"),
    [
        pytest.param("https://example.com", ("https", "example.com", ""), id="https"),
        pytest.param("http://localhost:8000", ("http", "localhost", "8000"), id="port"),
        pytest.param("http://example.com:443", ("http", "example.com", "443"), id="other's-port"),
        pytest.param("https://example.com:65535", ("https", "example.com", "65535"), id="65535"),
        pytest.param("https://example.com:1", ("https", "example.com", "1"), id="port-1"),
        pytest.param("https://example.com.", ("https", "example.com.", ""), id="final-dot"),
        pytest.param("https://a_b.example", ("https", "a_b.example", ""), id="underscore"),
        pytest.param("https://xn--p1ai.example", ("https", "xn--p1ai.example", ""), id="punycode"),
        pytest.param("https://127.0.0.1", ("https", "127.0.0.1", ""), id="ipv4"),
        pytest.param(
            "https://255.255.255.255", ("https", "255.255.255.255", ""), id="ipv4-at-its-longest"
        ),
        pytest.param("https://1.2.3.4.example", ("https", "1.2.3.4.example", ""), id="digits"),
        pytest.param("https://0xg", ("https", "0xg", ""), id="nearly-hexadecimal"),
        pytest.param("https://-a.example", ("https", "-a.example", ""), id="leading-hyphen"),
        pytest.param("https://[::1]:8000", ("https", "[::1]", "8000"), id="ipv6-and-port"),
        pytest.param("https://[2001:db8::1]", ("https", "[2001:db8::1]", ""), id="ipv6"),
        pytest.param("https://[::]", ("https", "[::]", ""), id="ipv6-unspecified"),
        pytest.param(
            "https://[1:2:3:4:5:6:7:8]", ("https", "[1:2:3:4:5:6:7:8]", ""), id="ipv6-without-gap"
        ),
        pytest.param(
            "moz-extension://0d3b8a0e-1F2a", ("moz-extension", "0d3b8a0e-1F2a", ""), id="extension"
        ),
        pytest.param("capacitor://localhost", ("capacitor", "localhost", ""), id="capacitor"),
        pytest.param("ionic://localhost", ("ionic", "localhost", ""), id="ionic"),
        pytest.param("tauri://localhost", ("tauri", "localhost", ""), id="tauri"),
        pytest.param("app+x.1-y://a", ("app+x.1-y", "a", ""), id="every-kind-of-scheme-character"),
        pytest.param(
            "https://" + "a" * 504, ("https", "a" * 504, ""), id="as-long-as-it-may-be-512"
        ),
    ],
)
def test_origin(value: str, parts: tuple[str, str, str]) -> None:
    assert split_origin(value) == parts
    assert is_origin(value)


@pytest.mark.parametrize("value", ["null", "file://"])
def test_that_an_opaque_origin_is_one_without_parts(value: str) -> None:
    assert split_origin(value) is None
    assert is_origin(value)


NO_ORIGINS = {
    "nothing": {
        "empty": "",
        "space": " ",
        "star": "*",
        "no-scheme": "example.com",
        "scheme-relative": "//example.com",
        "scheme-alone": "https://",
        "one-slash": "https:/example.com",
        "colon-missing": "https//example.com",
        "undefined-as-text": "undefined",
        "script-url": "javascript:alert(1)",
        "data-url": "data:text/html,x",
    },
    "null-lookalike": {
        "upper-case": "NULL",
        "space": "null ",
        "newline": "null\n",
        "file-url": "file:///etc/passwd",
        "file-case": "FILE://",
    },
    "user-info": {
        "user": "https://user@example.com",
        "password": "https://user:secret@example.com",
        "empty": "https://@example.com",
        "trusted-host-as-user": "https://example.com@evil.example",
    },
    "more-than-an-origin": {
        "trailing-slash": "https://example.com/",
        "path": "https://example.com/path",
        "query": "https://example.com?a=b",
        "fragment": "https://example.com#a",
        "backslash": "https://example.com\\",
        "backslash-host": "https://evil.example\\.example.com",
        "two-origins": "https://a.example, https://b.example",
        "two-origins-of-asgi": "https://a.example,https://b.example",
        "header-value-list": "https://a.example https://b.example",
    },
    "white-space-and-control": {
        "leading-space": " https://example.com",
        "trailing-space": "https://example.com ",
        "trailing-newline-that-$-would-let-pass": "https://example.com\n",
        "newline-after-the-port": "https://example.com:8000\n",
        "newline-after-the-scheme": "https\n://example.com",
        "header-injection": "https://example.com\r\nset-cookie: a=b",
        "tab-inside": "https://exam\tple.com",
        "nul": "https://example.com\0",
        "nul-then-suffix": "https://evil.example\0.example.com",
        "delete": "https://example.com\x7f",
        "zero-width-space": "https://example\u200b.com",
        "soft-hyphen": "https://exam\u00adple.com",
    },
    "case": {
        "scheme": "HTTPS://example.com",
        "host": "https://Example.com",
        "scheme-of-an-app": "Capacitor://localhost",
        "ipv6": "https://[2001:DB8::1]",
    },
    "port": {
        "default-of-https": "https://example.com:443",
        "default-of-http": "http://example.com:80",
        "default-of-ipv6": "https://[::1]:443",
        "empty": "https://example.com:",
        "0": "https://example.com:0",
        "leading-zero": "https://example.com:08000",
        "65536": "https://example.com:65536",
        "99999": "https://example.com:99999",
        "six-digits": "https://example.com:100000",
        "sign": "https://example.com:+8000",
        "minus": "https://example.com:-1",
        "underscore-that-int-takes": "https://example.com:8_0",
        "star": "https://example.com:*",
        "two": "https://example.com:80:81",
        "full-width-digits": "https://example.com:８０００",
        "arabic-digits": "https://example.com:٨٠٠٠",
    },
    "empty-label": {
        "leading-dot": "https://.example.com",
        "two-dots": "https://a..example.com",
        "dot-alone": "https://.",
        "two-final-dots": "https://example.com..",
    },
    "pattern": {
        "subdomains": "https://*.example.com",
        "star-host": "https://*",
    },
    "ipv4-that-browsers-rewrite": {
        "short": "https://127.1",
        "one-number": "https://2130706433",
        "hexadecimal": "https://0x7f.1",
        "hexadecimal-last": "https://127.0.0.0x1",
        "bare-0x": "https://0x",
        "octal": "https://0177.0.0.1",
        "leading-zero": "https://127.0.0.01",
        "256": "https://127.0.0.256",
        "five-numbers": "https://1.2.3.4.5",
        "final-dot": "https://127.0.0.1.",
        "name-that-ends-in-a-number": "https://example.1",
    },
    "ipv6-that-browsers-rewrite": {
        "not-compressed": "https://[0:0:0:0:0:0:0:1]",
        "leading-zero": "https://[2001:0db8::1]",
        "gap-for-one-zero": "https://[1:2:3:4::6:7:8]",
        "gap-not-the-longest": "https://[1::2:0:0:0:3]",
        "gap-not-the-first": "https://[1:0:0:2:3::4]",
        "two-gaps": "https://[1::2::3]",
        "three-colons": "https://[:::1]",
        "too-many": "https://[1:2:3:4:5:6:7:8:9]",
        "too-few": "https://[1:2:3:4:5:6:7]",
        "five-digits": "https://[12345::1]",
        "no-hexadecimal": "https://[g::1]",
        "dotted": "https://[::ffff:127.0.0.1]",
        "zone": "https://[fe80::1%25eth0]",
        "empty": "https://[]",
        "ipv4-inside": "https://[127.0.0.1]",
        "longer-than-any": "https://[" + "1:" * 20 + "1]",
    },
    "brackets": {
        "not-closed": "https://[::1",
        "not-opened": "https://::1]",
        "doubled": "https://[[::1]]",
        "none": "https://::1",
        "then-a-suffix": "https://[::1].example.com",
        "then-a-port-without-colon": "https://[::1]8000",
        "then-another-character-for-the-colon": "https://[::1].8000",
    },
    "unicode": {
        "latin-1": "https://bücher.example",
        "cyrillic-homoglyph": "https://exаmple.com",
        "full-width-letter": "https://ｅxample.com",
        "full-width-dot": "https://example．com",
        "ideographic-dot": "https://example。com",
        "kelvin-sign-that-lower-makes-k": "https://\u212a.example",
        "long-s-in-the-scheme": "http\u017f://example.com",
        "emoji": "https://😀.example",
        "surrogate": "https://\udcff.example",
        "in-the-host-of-an-extension": "moz-extension://ä",
    },
    "percent-encoding": {
        "dot": "https://example%2ecom",
        "slash": "https://example.com%2f.evil.example",
        "host-of-an-app": "capacitor://local%68ost",
    },
    "scheme": {
        "digit-first": "1http://example.com",
        "hyphen-first": "-a://example.com",
        "underscore": "a_b://example.com",
        "colon": "blob:https://example.com",
        "view-source": "view-source:https://example.com",
        "empty": "://example.com",
    },
    "length": {
        "513-characters": "https://" + "a" * 505,
        "a-megabyte-of-host": "https://" + "a" * 1_000_000,
        "a-megabyte-of-labels": "https://" + "a." * 500_000 + "example.com",
        "a-megabyte-of-port": "https://example.com:" + "1" * 1_000_000,
        "a-megabyte-of-scheme": "a" * 1_000_000 + "://example.com",
        "a-megabyte-of-address": "https://[" + "1:" * 500_000 + "1]",
    },
}
no_origins = pytest.mark.parametrize(
    "value",
    [
        pytest.param(value, id=f"{attack}-{name}")
        for attack, rows in NO_ORIGINS.items()
        for name, value in rows.items()
    ],
)


@no_origins
def test_value_that_is_no_origin(value: str) -> None:
    assert split_origin(value) is None
    assert not is_origin(value)


@no_origins
def test_that_nothing_admits_what_is_no_origin(value: str) -> None:
    # Not even what admits every origin: an admitted value is sent back in a header.
    everything = OriginSet(
        ["*", "https://*.example.com:*", "https://example.com:*"], [re.compile(r"(?s).*")]
    )

    assert not everything.admits(value)


@given(st.text())
@example("https://[")
@example("https://[]:")
@example("https://a.:")
@deterministic
def test_that_no_value_raises_whatever_it_holds(value: str) -> None:
    for text in (
        value,
        f"https://{value}",
        f"https://[{value}]",
        f"https://a:{value}",
        f"{value}://a",
    ):
        parts = split_origin(text)

        assert parts is None or text.startswith(f"{parts[0]}://{parts[1]}")


@given(st.text())
@deterministic
def test_that_an_origin_is_ascii_without_a_character_that_ends_a_header(value: str) -> None:
    for text in (value, f"https://{value}", f"app://{value}", f"{value}://a"):
        if is_origin(text):
            assert text.isascii()
            assert text.isprintable()
            assert " " not in text
