"""Patterns of origins: what people may configure, and what they are told to write instead."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import OriginError, Pattern, is_pattern, parse_pattern
from cors_views.standard.origins import is_origin

deterministic = settings(derandomize=True, deadline=None)

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
REGEX = "is a regular expression, not an origin"
NO_PORT = "has {!r} for its port, which is not a number from 1 to 65535"
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
            "127.0.0.1:3000", INCOMPLETE, "has no scheme", "http://127.0.0.1:3000", id="ipv4:port"
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
            "has no valid scheme",
            "",
            id="empty-scheme",
        ),
        pytest.param(
            "1http://a.example",
            ORIGIN,
            "has no valid scheme",
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
            "",
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
            "has a '*' for its whole host",
            "",
            id="star-for-the-host",
        ),
        pytest.param(
            "*://example.com",
            ORIGIN,
            "has a '*' for its scheme",
            "",
            id="star-for-the-scheme",
        ),
        pytest.param(
            "http*://example.com",
            ORIGIN,
            "has a '*' for its scheme",
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
            "has something other than a port after the IPv6 address",
            "",
            id="ipv6-then-more",
        ),
        pytest.param(
            "https://[::1]8080",
            ORIGIN,
            "has something other than a port after the IPv6 address",
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
            "",
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


@pytest.mark.parametrize(
    ("origin", "parts"),
    [
        pytest.param("https://a.example", ("https", "a.example", "a.example", ""), id="origin"),
        pytest.param("http://[::1]:8000", ("http", "[::1]", "[::1]", "8000"), id="ipv6-and-port"),
        pytest.param("http://[::1]", ("http", "[::1]", "[::1]", ""), id="ipv6"),
        pytest.param("http://a.example:*", ("http", "a.example", "a.example", "*"), id="any-port"),
        pytest.param(
            "https://*.a.example", ("https", "*.a.example", "a.example", ""), id="subdomains"
        ),
        pytest.param(
            "https://*.a.example:*", ("https", "*.a.example", "a.example", "*"), id="both"
        ),
        pytest.param("file://", ("file", "", "", ""), id="file"),
        pytest.param("null", ("", "", "", ""), id="null"),
        pytest.param("*", ("", "", "", ""), id="any-origin"),
    ],
)
def test_parts_of_a_pattern(origin: str, parts: tuple[str, str, str, str]) -> None:
    pattern = Pattern.of(origin)

    assert (pattern.scheme, pattern.host, pattern.domain, pattern.port) == parts
    assert pattern.any_port is (parts[3] == "*")
    assert pattern.subdomains is (parts[1] != parts[2])
    if parts[0]:
        assert str(pattern) == origin
        assert is_pattern(origin) is (pattern.any_port or pattern.subdomains)


@pytest.mark.parametrize(
    ("pattern", "examples"),
    [
        pytest.param("https://a.example:1", ["https://a.example:1"], id="origin"),
        pytest.param("https://*.a.example:1", ["https://x.y.a.example:1"], id="subdomains"),
        pytest.param("http://[::1]:*", ["http://[::1]", "http://[::1]:7"], id="any-port"),
        pytest.param(
            "https://*.a.example:*",
            ["https://x.y.a.example", "https://x.y.a.example:7"],
            id="both",
        ),
    ],
)
def test_examples_of_a_pattern_are_admitted_by_it(pattern: str, examples: list[str]) -> None:
    found = Pattern.of(pattern).examples("x.y", "7")

    assert list(found) == examples
    assert all(map(OriginSet([pattern]).admits, found))
