"""Origins: what people may configure, what a browser may send, and who is in the set."""

from __future__ import annotations

import ipaddress
import re
import sys
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views import origins as origins_module
from cors_views.origins import OriginError, OriginSet, is_origin, parse_pattern, split_origin

deterministic = settings(derandomize=True, deadline=None)

# --- parse_pattern -----------------------------------------------------------------------------

PATTERNS = [
    # Written as browsers write it: nothing to normalise.
    pytest.param("https://app.example.com", "https://app.example.com", id="origin"),
    pytest.param("http://localhost:8000", "http://localhost:8000", id="port"),
    pytest.param("https://a_b.example", "https://a_b.example", id="underscore"),
    pytest.param("https://example.com.", "https://example.com.", id="final-dot"),
    pytest.param("https://xn--bcher-kva.example", "https://xn--bcher-kva.example", id="punycode"),
    pytest.param("http://127.0.0.1:8000", "http://127.0.0.1:8000", id="ipv4"),
    pytest.param("http://[::1]:8000", "http://[::1]:8000", id="ipv6"),
    pytest.param("https://1password.example", "https://1password.example", id="leading-digit"),
    pytest.param("https://example.com:65535", "https://example.com:65535", id="highest-port"),
    # What a browser would write differently.
    pytest.param("HTTPS://Example.COM", "https://example.com", id="upper-case"),
    pytest.param("https://example.com:443", "https://example.com", id="default-port-of-https"),
    pytest.param("HTTP://LOCALHOST:80", "http://localhost", id="default-port-of-http"),
    pytest.param("wss://example.com:443", "wss://example.com", id="default-port-of-wss"),
    pytest.param("http://example.com:443", "http://example.com:443", id="another-scheme's-port"),
    pytest.param("https://[1:2:0:0:5:6:7:8]", "https://[1:2::5:6:7:8]", id="ipv6-zeros-within"),
    pytest.param("https://[2001:DB8:0:0:0:0:0:1]:443", "https://[2001:db8::1]", id="ipv6-long"),
    pytest.param("https://[1:0:0:2:0:0:0:3]", "https://[1:0:0:2::3]", id="ipv6-longest-run"),
    pytest.param("https://[1:0:0:2:3:0:0:4]", "https://[1::2:3:0:0:4]", id="ipv6-first-run"),
    pytest.param("https://[1:0:2:3:4:5:6:7]", "https://[1:0:2:3:4:5:6:7]", id="ipv6-lone-zero"),
    pytest.param("https://[::FFFF:1.2.3.4]", "https://[::ffff:102:304]", id="ipv6-mapped-ipv4"),
    pytest.param("https://[0:0:0:0:0:0:0:0]", "https://[::]", id="ipv6-all-zeros"),
    # Patterns.
    pytest.param("https://*.example.com", "https://*.example.com", id="subdomains"),
    pytest.param("HTTPS://*.Example.COM:443", "https://*.example.com", id="subdomains-normalised"),
    pytest.param("https://*.example.com.", "https://*.example.com.", id="subdomains-final-dot"),
    pytest.param("http://localhost:*", "http://localhost:*", id="any-port"),
    pytest.param("http://[::1]:*", "http://[::1]:*", id="any-port-of-ipv6"),
    pytest.param("https://*.example.com:*", "https://*.example.com:*", id="subdomains-any-port"),
    pytest.param("https://*.example.com:8443", "https://*.example.com:8443", id="subdomains-port"),
    # Schemes that are not the web's keep the case of their hosts, and know no default port.
    pytest.param(
        "chrome-extension://gighmmpiobklfepjocnamgkkbiglidom",
        "chrome-extension://gighmmpiobklfepjocnamgkkbiglidom",
        id="browser-extension",
    ),
    pytest.param("safari-web-extension://AB-12", "safari-web-extension://AB-12", id="host-case"),
    pytest.param("Capacitor://localhost", "capacitor://localhost", id="scheme-case"),
    pytest.param("ionic://localhost", "ionic://localhost", id="ionic"),
    pytest.param("tauri://localhost:80", "tauri://localhost:80", id="tauri-has-no-default-port"),
    # Opaque ones, written out.
    pytest.param("null", "null", id="null"),
    pytest.param("file://", "file://", id="file"),
]


@pytest.mark.parametrize(("text", "normal"), PATTERNS)
def test_pattern(text: str, normal: str) -> None:
    assert parse_pattern(text) == normal


@pytest.mark.parametrize(("text", "normal"), PATTERNS)
def test_that_a_pattern_is_normalised_once(text: str, normal: str) -> None:
    assert parse_pattern(normal) == normal


INCOMPLETE, PATH, ORIGIN = "incomplete", "path", "origin"
NO_BROWSER = "has {!r} for its host, which no browser sends"
REGEX = "is a regular expression; those stand in origin_regexes, or CORS_ALLOWED_ORIGIN_REGEXES"
NO_PORT = "has {!r} for its port, which is no number from 1 to 65535"
STAR = "has a '*' that does not stand alone as the leftmost label"
WHITE_SPACE = "contains white space or control characters"
NOT_PUNYCODE = "contains Unicode, but browsers send host names in Punycode"
AN_ORIGIN_IS = "; an origin is scheme, host and port"


@pytest.mark.parametrize(
    ("text", "kind", "message", "hint"),
    [
        pytest.param("", ORIGIN, "is empty", "", id="empty"),
        pytest.param(
            "https://" + "a" * 505, ORIGIN, "is longer than 512 characters", "", id="too-long"
        ),
        # No origins, but what stands beside them.
        pytest.param(r"https://app\.example\.com", ORIGIN, REGEX, "", id="regex-escaped-dot"),
        pytest.param(r"https://\w+.example.com", ORIGIN, REGEX, "", id="regex-word"),
        pytest.param("https://.+.example.com", ORIGIN, REGEX, "", id="regex-many"),
        pytest.param("https://a.example$", ORIGIN, REGEX, "", id="regex-end"),
        pytest.param("^https://a.example", INCOMPLETE, REGEX, "", id="regex-beginning"),
        # No scheme, or no host.
        pytest.param(
            "example.com", INCOMPLETE, "has no scheme", "https://example.com", id="no-scheme"
        ),
        pytest.param(
            "Localhost:3000", INCOMPLETE, "has no scheme", "http://localhost:3000", id="host:port"
        ),
        pytest.param(
            "*.example.com",
            INCOMPLETE,
            "has no scheme",
            "https://*.example.com",
            id="subdomains-without-scheme",
        ),
        pytest.param(
            "example.com/a", INCOMPLETE, "has no scheme", "https://example.com", id="host/path"
        ),
        pytest.param("//example.com", INCOMPLETE, "has no scheme", "", id="scheme-relative"),
        pytest.param("*", INCOMPLETE, "has no scheme", "", id="star-is-no-pattern"),
        pytest.param("javascript:alert(1)", INCOMPLETE, "has no scheme", "", id="script-url"),
        pytest.param("http://", INCOMPLETE, "has no host", "", id="no-host"),
        pytest.param("file:///", INCOMPLETE, "has no host", "", id="file-url"),
        pytest.param(
            "://example.com",
            ORIGIN,
            "has no valid scheme; a regular expression belongs in origin_regexes",
            "",
            id="empty-scheme",
        ),
        pytest.param(
            "1http://a.example",
            ORIGIN,
            "has no valid scheme; a regular expression belongs in origin_regexes",
            "",
            id="scheme-digit",
        ),
        # More than an origin.
        pytest.param(
            "https://user@example.com",
            ORIGIN,
            "has user info",
            "https://example.com",
            id="user-info",
        ),
        pytest.param(
            "https://good.example@evil.example",
            ORIGIN,
            "has user info",
            "https://evil.example",
            id="user-info-that-looks-like-a-host",
        ),
        pytest.param(
            "https://Example.com/",
            PATH,
            f"ends in a slash{AN_ORIGIN_IS}",
            "https://example.com",
            id="trailing-slash",
        ),
        pytest.param(
            "https://example.com/a",
            PATH,
            f"has a path{AN_ORIGIN_IS}",
            "https://example.com",
            id="path",
        ),
        pytest.param(
            "https://example.com\\a",
            PATH,
            f"has a path{AN_ORIGIN_IS}",
            "https://example.com",
            id="backslash-is-a-slash-to-browsers",
        ),
        pytest.param(
            "https://example.com?a=b",
            PATH,
            f"has a query{AN_ORIGIN_IS}",
            "https://example.com",
            id="query",
        ),
        pytest.param(
            "https://example.com#a",
            PATH,
            f"has a fragment{AN_ORIGIN_IS}",
            "https://example.com",
            id="fragment",
        ),
        pytest.param(
            "https://a.example,https://b.example",
            ORIGIN,
            "holds a comma, but an entry is one origin",
            "",
            id="two-origins-in-one-string",
        ),
        # '*' where no pattern has it.
        pytest.param("https://*example.com", ORIGIN, STAR, "", id="star-inside-a-label"),
        pytest.param("https://app*.example.com", ORIGIN, STAR, "", id="star-ends-a-label"),
        pytest.param("https://app.*.example.com", ORIGIN, STAR, "", id="star-in-the-middle"),
        pytest.param("https://example.*", ORIGIN, STAR, "", id="star-for-the-top-level-domain"),
        pytest.param("https://*.*.example.com", ORIGIN, STAR, "", id="two-stars"),
        pytest.param("https://**.example.com", ORIGIN, STAR, "", id="double-star"),
        pytest.param(
            "https://*",
            ORIGIN,
            "has a '*' for its whole host; write the domain, '*.example.com', or admit any origin",
            "",
            id="star-for-the-host",
        ),
        pytest.param(
            "*://example.com",
            ORIGIN,
            "has a '*' for its scheme; write each scheme out",
            "",
            id="star-for-the-scheme",
        ),
        pytest.param(
            "http*://example.com",
            ORIGIN,
            "has a '*' for its scheme; write each scheme out",
            "",
            id="star-in-the-scheme",
        ),
        pytest.param(
            "https://*.127.0.0.1",
            ORIGIN,
            "has a '*' before an IP address, which has no subdomains",
            "",
            id="subdomains-of-an-address",
        ),
        pytest.param("https://*.", ORIGIN, NO_BROWSER.format(""), "", id="subdomains-of-nothing"),
        pytest.param(
            "https://a.example:80*", ORIGIN, NO_PORT.format("80*"), "", id="star-in-the-port"
        ),
        # Hosts.
        pytest.param("https://a..example", ORIGIN, NO_BROWSER.format("a..example"), "", id="dots"),
        pytest.param("https://.example", ORIGIN, NO_BROWSER.format(".example"), "", id="dot-first"),
        pytest.param("https://127.1", ORIGIN, NO_BROWSER.format("127.1"), "", id="ipv4-short"),
        pytest.param("https://0x7f.1", ORIGIN, NO_BROWSER.format("0x7f.1"), "", id="ipv4-hex"),
        pytest.param(
            "https://010.0.0.1", ORIGIN, NO_BROWSER.format("010.0.0.1"), "", id="ipv4-octal"
        ),
        pytest.param(
            "https://256.0.0.1", ORIGIN, NO_BROWSER.format("256.0.0.1"), "", id="ipv4-overflow"
        ),
        pytest.param(
            "https://a%2eexample", ORIGIN, NO_BROWSER.format("a%2eexample"), "", id="percent"
        ),
        pytest.param(
            "https://[::1",
            ORIGIN,
            "has no valid IPv6 address in its brackets",
            "",
            id="bracket-not-closed",
        ),
        pytest.param(
            "https://[1:2:3]",
            ORIGIN,
            "has no valid IPv6 address in its brackets",
            "",
            id="ipv6-too-short",
        ),
        pytest.param(
            "https://[fe80::1%eth0]",
            ORIGIN,
            "has no valid IPv6 address in its brackets",
            "",
            id="ipv6-zone",
        ),
        pytest.param(
            "https://[::1]x",
            ORIGIN,
            "has something else than a port after the IPv6 address",
            "",
            id="ipv6-then-more",
        ),
        pytest.param(
            "https://[::1]8080",
            ORIGIN,
            "has something else than a port after the IPv6 address",
            "",
            id="ipv6-then-digits",
        ),
        # Ports.
        pytest.param("https://a.example:", ORIGIN, NO_PORT.format(""), "", id="port-empty"),
        pytest.param("https://a.example:0", ORIGIN, NO_PORT.format("0"), "", id="port-0"),
        pytest.param("https://a.example:080", ORIGIN, NO_PORT.format("080"), "", id="port-octal"),
        pytest.param("https://a.example:65536", ORIGIN, NO_PORT.format("65536"), "", id="port-65k"),
        pytest.param(
            "https://a.example:1:2",
            ORIGIN,
            "has two ports, or an IPv6 address without brackets",
            "",
            id="two-ports",
        ),
        # Characters.
        pytest.param(
            "https://a.example\n", ORIGIN, WHITE_SPACE, "https://a.example", id="trailing-newline"
        ),
        pytest.param(
            " https://A.example", ORIGIN, WHITE_SPACE, "https://a.example", id="leading-space"
        ),
        pytest.param("https://a b.example", ORIGIN, WHITE_SPACE, "", id="space-inside"),
        pytest.param("https://a.example\0", ORIGIN, WHITE_SPACE, "", id="nul"),
        pytest.param("https://a\u200b.example", ORIGIN, WHITE_SPACE, "", id="zero-width-space"),
        pytest.param(
            "https://bücher.example",
            ORIGIN,
            NOT_PUNYCODE,
            "https://xn--bcher-kva.example",
            id="unicode",
        ),
        pytest.param(
            "https://*.bücher.example:8000",
            ORIGIN,
            NOT_PUNYCODE,
            "https://*.xn--bcher-kva.example:8000",
            id="unicode-in-a-pattern",
        ),
        pytest.param(
            "https://аpp.example",
            ORIGIN,
            NOT_PUNYCODE,
            "https://xn--pp-6kc.example",
            id="cyrillic-homoglyph-of-a",
        ),
        pytest.param(
            "https://ｅxample.com", ORIGIN, NOT_PUNYCODE, "https://example.com", id="full-width"
        ),
        pytest.param("https://ü..example", ORIGIN, NOT_PUNYCODE, "", id="unicode-without-a-form"),
    ],
)
def test_text_that_is_no_pattern(text: str, kind: str, message: str, hint: str) -> None:
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)

    assert (caught.value.kind, str(caught.value), caught.value.hint) == (kind, message, hint)


def _written(draw: Any) -> str:
    """Return a pattern as people write it, mostly a valid one."""
    scheme = draw(st.sampled_from(["https", "HTTP", "wss", "capacitor", "chrome-extension"]))
    labels = draw(st.lists(st.from_regex(r"[A-Za-z0-9_-]{1,8}", fullmatch=True), min_size=1))
    address = draw(st.ip_addresses())
    host = draw(
        st.sampled_from(
            [".".join(labels), str(address) if address.version == 4 else f"[{address.exploded}]"]
        )
    )
    before = draw(st.sampled_from(["", "*."]))
    after = draw(
        st.sampled_from(["", ":*", ":80", ":443"]) | st.integers(1, 65535).map(":{}".format)
    )
    return f"{scheme}://{before}{host}{after}"


@given(st.text(st.characters(codec="ascii")) | st.composite(_written)())
@example("https://*.EXAMPLE.com:443")
@example("null")
@deterministic
def test_that_what_a_pattern_becomes_is_normal_and_an_origin_unless_it_has_a_star(
    text: str,
) -> None:
    try:
        normal = parse_pattern(text)
    except OriginError:
        return

    assert parse_pattern(normal) == normal
    assert is_origin(normal) == ("*" not in normal)


@given(st.ip_addresses(v=6))
@deterministic
def test_that_an_ipv6_address_has_one_form_however_it_is_configured(
    address: ipaddress.IPv6Address,
) -> None:
    normal = parse_pattern(f"https://[{address.exploded}]")

    assert is_origin(normal)
    assert parse_pattern(f"https://[{address.compressed}]") == normal
    # Every other way of writing it is none that a browser uses.
    for other in (address.exploded, address.exploded.upper(), f"{address.compressed}%1"):
        assert is_origin(f"https://[{other}]") == (f"https://[{other}]" == normal)


# --- split_origin and is_origin ----------------------------------------------------------------


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


# --- OriginSet ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("pattern", "admitted", "refused"),
    [
        pytest.param(
            "https://example.com",
            ["https://example.com"],
            [
                "http://example.com",
                "https://example.com:8443",
                "https://example.com.",
                "https://app.example.com",
                "https://evilexample.com",
                "https://example.com.evil.org",
                "null",
            ],
            id="origin",
        ),
        pytest.param(
            "https://example.com.",
            ["https://example.com."],
            ["https://example.com"],
            id="origin-with-a-final-dot-is-another",
        ),
        pytest.param(
            "https://*.example.com",
            [
                "https://app.example.com",
                "https://a.b.c.example.com",
                "https://xn--bcher-kva.example.com",
                "https://1.example.com",
            ],
            [
                "https://example.com",
                "http://app.example.com",
                "https://app.example.com:8443",
                "https://app.example.com.",
                "https://evilexample.com",
                "https://evil-example.com",
                "https://example.com.evil.org",
                "https://app.example.com.evil.org",
                "https://app.example.org",
                "https://com",
                "null",
                "file://",
            ],
            id="subdomains",
        ),
        pytest.param(
            "https://*.example.net",
            ["https://a-.example.net", "https://-.example.net", "https://a_.example.net"],
            ["https://a..example.net", "https://.example.net", "https://.a.example.net"],
            id="subdomains-of-odd-labels",
        ),
        pytest.param(
            "https://*.example.com.",
            ["https://app.example.com."],
            ["https://app.example.com", "https://example.com."],
            id="subdomains-with-a-final-dot",
        ),
        pytest.param(
            "https://*.example.com:8443",
            ["https://app.example.com:8443"],
            ["https://app.example.com", "https://app.example.com:8444", "https://example.com:8443"],
            id="subdomains-at-one-port",
        ),
        pytest.param(
            "http://localhost:*",
            ["http://localhost", "http://localhost:1", "http://localhost:65535"],
            [
                "https://localhost",
                "http://app.localhost",
                "http://localhost.",
                "http://localhost.evil.org",
                "http://evillocalhost:8000",
                "http://localhost:80",
            ],
            id="any-port",
        ),
        pytest.param(
            "http://[::1]:*",
            ["http://[::1]", "http://[::1]:8000"],
            ["http://[::2]", "https://[::1]"],
            id="any-port-of-ipv6",
        ),
        pytest.param(
            "http://[2001:db8::1]:*",
            ["http://[2001:db8::1]", "http://[2001:db8::1]:8000"],
            ["http://[2001:db8::2]:8000", "http://[2001:db8::1]81", "http://[2001:db8::1]x81"],
            id="any-port-of-a-long-ipv6",
        ),
        pytest.param(
            "https://*.example.com:*",
            ["https://app.example.com", "https://a.b.example.com:8443"],
            [
                "https://example.com",
                "https://example.com:8443",
                "http://app.example.com:8443",
                "https://evilexample.com:8443",
                "https://example.com.evil.org:8443",
            ],
            id="subdomains-at-any-port",
        ),
        pytest.param(
            "https://*.com",
            ["https://example.com", "https://a.example.com"],
            ["https://com", "https://evilcom", "https://example.org"],
            id="subdomains-of-one-label",
        ),
        pytest.param(
            "app://*.Host",
            ["app://a.Host", "app://a.b.Host"],
            ["app://Host", "app://a.host", "app://.Host", "app://a..Host", "app://.a.Host"],
            id="subdomains-of-another-scheme",
        ),
        pytest.param(
            "chrome-extension://abc",
            ["chrome-extension://abc"],
            ["chrome-extension://abcd", "moz-extension://abc", "https://abc"],
            id="browser-extension",
        ),
        pytest.param(
            "*",
            [
                "https://example.com",
                "http://127.0.0.1:8000",
                "https://[::1]",
                "tauri://localhost",
                "null",
                "file://",
            ],
            [],
            id="any-origin",
        ),
        pytest.param("null", ["null"], ["file://", "https://null"], id="null-written-out"),
        pytest.param("file://", ["file://"], ["null", "https://file"], id="file-written-out"),
    ],
)
def test_who_a_pattern_admits(pattern: str, admitted: list[str], refused: list[str]) -> None:
    origins = OriginSet([pattern])

    assert [origin for origin in admitted + refused if origins.admits(origin)] == admitted


@pytest.mark.parametrize(
    ("regex", "admitted", "refused"),
    [
        pytest.param(
            r"https://example\.com",
            ["https://example.com"],
            [
                "https://example.com.evil.org",
                "https://example.com:8443",
                "http://example.com",
                "null",
            ],
            id="prefix-cve-2026-37737",
        ),
        pytest.param(
            r"^https://a\.example|https://b\.example",
            ["https://a.example", "https://b.example"],
            ["https://a.example.evil.org", "https://b.example.evil.org"],
            id="alternatives-are-whole-ones-too",
        ),
        pytest.param(
            r"example\.com", [], ["https://example.com", "https://app.example.com"], id="a-part"
        ),
        pytest.param(
            r"(?i)HTTPS://\w+\.EXAMPLE\.COM", ["https://app.example.com"], [], id="flags-are-kept"
        ),
        pytest.param(r".*", ["https://example.com", "null", "file://"], [], id="all-of-it"),
        pytest.param(r"null", ["null"], ["file://", "https://null"], id="null"),
    ],
)
def test_that_a_regex_admits_whole_origins(
    regex: str, admitted: list[str], refused: list[str]
) -> None:
    origins = OriginSet([], [re.compile(regex)])

    assert [origin for origin in admitted + refused if origins.admits(origin)] == admitted


def test_that_every_entry_of_a_set_counts() -> None:
    origins = OriginSet(
        [
            "https://a.example",
            "https://*.b.example",
            "https://*.deep.down.below.b.example:8443",
            "http://localhost:*",
            "http://*.test:*",
        ],
        [re.compile("https://r1"), re.compile("https://r2")],
    )
    admitted = [
        "https://a.example",
        "https://x.b.example",
        "https://x.deep.down.below.b.example:8443",
        "http://localhost:3000",
        "http://x.test:3000",
        "https://r1",
        "https://r2",
    ]

    refused = [
        "https://x.a.example",
        "https://b.example",
        "https://x.b.example:8443",
        "http://x.localhost:3000",
        "http://test",
        "https://r3",
    ]

    assert [origin for origin in admitted + refused if origins.admits(origin)] == admitted


@pytest.mark.parametrize(
    ("pattern", "origin"),
    [
        pytest.param("https://*.example.com", "https://.a.example.com", id="empty-label-first"),
        pytest.param("https://*.example.com", "https://a..example.com", id="empty-label-last"),
        pytest.param("https://*.example.com", "https://.example.com", id="no-label"),
        pytest.param("https://*.example.com", "https://a b.example.com", id="space-in-a-label"),
        pytest.param("https://*.example.com:*", "https://a.example.com:*", id="port-star"),
        pytest.param("https://*.example.com:*", "https://a.example.com:", id="port-empty"),
        pytest.param("https://*.example.com:*", "https://a.example.com:443", id="port-default"),
        pytest.param("https://*.example.com:*", "https://*.example.com", id="the-pattern-itself"),
        pytest.param("http://localhost:*", "http://localhost:80", id="port-default-exact"),
        pytest.param("http://[::1]:*", "http://[::1]81", id="no-colon-after-ipv6"),
        pytest.param("app://*.Host", "app://a/.Host", id="another-scheme"),
    ],
)
def test_that_what_only_looks_like_an_origin_of_a_pattern_is_refused(
    pattern: str, origin: str
) -> None:
    assert not OriginSet([pattern]).admits(origin)
    assert not is_origin(origin)


def test_that_schemes_of_apps_have_hosts_in_upper_case_and_ports() -> None:
    origins = OriginSet(["app://Host:*", "app://*.Base"])

    assert origins.admits("app://Host:8080")
    assert origins.admits("app://Any.Base")
    assert not origins.admits("app://host:8080")


def test_that_the_longest_origin_is_still_looked_up() -> None:
    longest = "https://" + "a" * 504

    assert OriginSet([longest]).admits(longest)
    assert parse_pattern(longest) == longest
    assert not OriginSet([longest + "a"]).admits(longest + "a")


def test_that_an_empty_set_admits_nobody() -> None:
    origins = OriginSet([])

    assert not any(map(origins.admits, ["https://example.com", "null", "file://", "", "*"]))


def test_that_callables_are_kept_and_not_asked() -> None:
    def ask(request: object, origin: str) -> bool:
        raise AssertionError("There is no request to ask it about.")

    origins = OriginSet([ask, "https://a.example"])

    assert origins.callables == (ask,)
    assert origins.admits("https://a.example")
    assert not origins.admits("https://b.example")


@pytest.mark.parametrize(
    ("entries", "any_origin"),
    [
        pytest.param(["*"], True, id="star"),
        pytest.param(["https://a.example", "*"], True, id="star-among-others"),
        pytest.param(["https://*.a.example:*"], False, id="a-pattern-is-not-any-origin"),
        pytest.param([], False, id="nothing"),
    ],
)
def test_any(entries: list[str], any_origin: bool) -> None:
    assert OriginSet(entries).any is any_origin


class _Counted(str):
    """An origin whose every hashing and comparison is a step that ``_steps`` sees."""

    __slots__ = ()

    def __hash__(self) -> int:
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        return super().__eq__(other)


def _steps(origins: OriginSet, origin: str) -> int:
    """Return how many lines a lookup runs: a count, because a measured time is never the same."""
    steps = 0

    def count(frame: Any, event: str, argument: Any) -> Any:
        nonlocal steps
        # The garbage collector may run anybody's finalisers in the middle of a lookup.
        if frame.f_code.co_filename not in {__file__, origins_module.__file__}:
            return None
        steps += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        origins.admits(_Counted(origin))
    finally:
        sys.settrace(before)
    return steps


@pytest.mark.parametrize(
    "pattern",
    [
        pytest.param("https://host{}.example", id="origins"),
        pytest.param("https://*.host{}.example", id="subdomains"),
        pytest.param("https://host{}.example:*", id="any-port"),
        pytest.param("https://*.host{}.example:*", id="subdomains-any-port"),
    ],
)
@pytest.mark.parametrize(
    "origin",
    [
        pytest.param("https://host2.example", id="origin"),
        pytest.param("https://a.b.host2.example", id="subdomain"),
        pytest.param("https://host2.example:8443", id="port"),
        pytest.param("https://evil.example.org", id="stranger"),
        pytest.param("https://" + "a." * 200 + "host2.example", id="as-many-labels-as-fit"),
        pytest.param("null", id="null"),
    ],
)
def test_that_a_lookup_takes_as_many_steps_in_a_large_set(pattern: str, origin: str) -> None:
    three = OriginSet([pattern.format(number) for number in range(3)])
    thousand = OriginSet([pattern.format(number) for number in range(1_000)])

    assert three.admits(origin) == thousand.admits(origin)
    assert _steps(thousand, origin) == _steps(three, origin)


class CountingHashes(str):
    """Text that counts how often it is hashed, which takes as long as the text is."""

    __slots__ = ()
    hashed = 0

    def __hash__(self) -> int:
        CountingHashes.hashed += 1
        return str.__hash__(self)

    __eq__ = str.__eq__


def test_that_a_value_too_long_is_not_even_hashed() -> None:
    value = CountingHashes("x" * 1024 * 1024)
    CountingHashes.hashed = 0

    assert not OriginSet(["https://a.example", "null"]).admits(value)
    assert not is_origin(value)
    assert CountingHashes.hashed == 0


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        pytest.param("bücher.example", "https://xn--bcher-kva.example", id="no-scheme"),
        pytest.param("schème://example.com", "", id="in-the-scheme"),
        # IDNA 2003 would make another site of it: fass.de.
        pytest.param("https://faß.de", "", id="a-letter-that-changed"),
        pytest.param("ü", "https://xn--tda", id="one-letter"),
    ],
)
def test_that_unicode_is_refused_without_end_or_wrong_advice(text: str, hint: str) -> None:
    with pytest.raises(OriginError) as caught:
        parse_pattern(text)

    assert caught.value.hint == hint
