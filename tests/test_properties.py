"""What holds for every origin and every header.

The oracle below reads origins and patterns in another way than the package does: through urllib,
ipaddress and lists of labels. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

import ipaddress
import re
import string
from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urlsplit

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import OriginError, parse_pattern
from cors_views.standard.methods import is_method
from cors_views.standard.origins import is_origin, split_origin
from cors_views.standard.request_headers import parse_request_headers

few = settings(derandomize=True, deadline=None, max_examples=150)
many = settings(derandomize=True, deadline=None, max_examples=400)

# --- The oracle --------------------------------------------------------------------------------

DEFAULT_PORTS = {"ftp": 21, "http": 80, "https": 443, "ws": 80, "wss": 443}
WEB_CHARACTERS = set(string.ascii_lowercase + string.digits + "-_")
OTHER_CHARACTERS = set(string.ascii_letters + string.digits + "-_.~")
SCHEME_CHARACTERS = set(string.ascii_lowercase + string.digits + "+-.")


class Read(NamedTuple):
    """An origin as the oracle reads it."""

    scheme: str
    labels: tuple[str, ...]
    port: int | None


def read(value: str) -> Read | None:
    """Return what an Origin header holds, or ``None`` where no browser writes it so."""
    if not value.isascii() or not value.isprintable() or len(value) > 512:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    scheme, netloc = parts.scheme, parts.netloc
    # urlsplit forgives much; what it put together again differs then.
    if value != f"{scheme}://{netloc}" or not scheme or set(scheme) - SCHEME_CHARACTERS:
        return None
    if not scheme[0].isalpha() or port == 0 or (port and port == DEFAULT_PORTS.get(scheme)):
        return None
    host = netloc if port is None else netloc[: -len(f":{port}")]
    if port is not None and netloc != f"{host}:{port}":
        return None
    if host.startswith("["):
        written = _written_ipv6(host)
        return Read(scheme, (host,), port) if written == host else None
    if scheme not in DEFAULT_PORTS:
        good = bool(host) and not set(host) - OTHER_CHARACTERS
        return Read(scheme, tuple(host.split(".")), port) if good else None
    labels = host.split(".")
    names = labels[:-1] if len(labels) > 1 and labels[-1] == "" else labels
    if not all(names) or any(set(name) - WEB_CHARACTERS for name in names):
        return None
    if _is_number(names[-1]) and not _is_written_ipv4(host):
        return None
    return Read(scheme, tuple(labels), port)


def _written_ipv6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return ""
    if address.ipv4_mapped:
        # Python writes these with dots, or not, by its version; browsers never do.
        number = int(address.ipv4_mapped)
        return f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    return f"[{address.compressed}]"


def _is_number(label: str) -> bool:
    return set(label) <= set(string.digits) or (
        label[:2] == "0x" and set(label[2:]) <= set(string.hexdigits)
    )


def _is_written_ipv4(host: str) -> bool:
    numbers = host.split(".")
    return len(numbers) == 4 and all(
        set(number) <= set(string.digits)
        and str(int(number or "-1")) == number
        and int(number) < 256
        for number in numbers
    )


class Pattern(NamedTuple):
    """A configured origin, and the oracle's word on whom it admits."""

    text: str
    admits: Callable[[Read], bool]


def named(text: str) -> Pattern:
    """One origin."""
    return Pattern(text, lambda origin: origin == read(text))


def below(scheme: str, base: str, port: int | None = None, *, any_port: bool = False) -> Pattern:
    """One or more labels below ``base``."""
    labels = tuple(base.split("."))

    def admits(origin: Read) -> bool:
        return (
            origin.scheme == scheme
            and len(origin.labels) > len(labels)
            and origin.labels[len(origin.labels) - len(labels) :] == labels
            and (any_port or origin.port == port)
        )

    suffix = ":*" if any_port else f":{port}" if port else ""
    return Pattern(f"{scheme}://*.{base}{suffix}", admits)


def at_any_port(scheme: str, host: str) -> Pattern:
    """One host, whatever its port."""
    portless = read(f"{scheme}://{host}")
    return Pattern(f"{scheme}://{host}:*", lambda origin: origin._replace(port=None) == portless)


EXACT = [
    named("https://example.com"),
    named("https://app.example.com"),
    named("https://app.example.com:8443"),
    named("http://localhost:3000"),
    named("http://[::1]"),
    named("http://127.0.0.1"),
    named("https://example.com."),
    named("app://Host"),
]
BELOW = [
    below("https", "example.com"),
    below("https", "app.example.com"),
    below("https", "com"),
    below("https", "example.com", 8443),
    below("https", "example.com."),
    below("app", "Host"),
]
ANY_PORT = [
    at_any_port("http", "localhost"),
    at_any_port("https", "example.com"),
    at_any_port("http", "[::1]"),
    at_any_port("http", "127.0.0.1"),
]
BOTH = [
    below("https", "example.com", any_port=True),
    below("http", "localhost", any_port=True),
    below("app", "Host", any_port=True),
]
REGEXES = [
    Pattern(
        r"https://[a-z]+\.example\.com",
        lambda origin: (
            origin.scheme == "https"
            and origin.labels[1:] == ("example", "com")
            and origin.labels[0].isalpha()
            and origin.port is None
        ),
    ),
    Pattern(
        r"https?://localhost(:\d+)?",
        lambda origin: origin.scheme in ("http", "https") and origin.labels == ("localhost",),
    ),
    Pattern(
        r"https://example\.com|https://example\.org",
        lambda origin: origin in (read("https://example.com"), read("https://example.org")),
    ),
]
EVERY_KIND = EXACT + BELOW + ANY_PORT + BOTH

# --- What is sent ------------------------------------------------------------------------------

schemes = st.sampled_from(["https", "http", "app", "wss", "HTTPS", "httpss", "https:", "", "1a"])
labels = st.sampled_from(
    [
        "app",
        "example",
        "com",
        "org",
        "localhost",
        "evilexample",
        "a-b",
        "a_b",
        "",
        "xn--p1ai",
        "1",
        "0x7f",
        "0x",
        "127",
        "0",
        "App",
        "Host",
        "ex%61mple",
        "é",
        "*",
        "a@b",
        "~",
    ]
)
addresses = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address.compressed}]"),
    st.ip_addresses(v=6).map(lambda address: f"[{address.exploded}]"),
    st.sampled_from(
        ["[::1]", "127.0.0.1", "127.1", "[::1", "[::ffff:1.2.3.4]", "[::ffff:102:304]"]
    ),
    st.text("0123456789abcdef:.", max_size=20).map(lambda address: f"[{address}]"),
)
hosts = st.one_of(
    st.sampled_from(["example.com", "app.example.com", "a.b.example.com", "localhost", "Host"]),
    st.sampled_from(["example.com.", "example.com.evil.org", "a.Host", "app.localhost"]),
    st.lists(labels, min_size=1, max_size=5).map(".".join),
    addresses,
)
ports = st.one_of(
    st.just(""),
    st.sampled_from([":8443", ":3000", ":80", ":443", ":", ":0", ":*", ":080", ":65536", ":١"]),
    st.integers(0, 70000).map(lambda port: f":{port}"),
)
good_origins = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["https", "http", "app"]),
    st.sampled_from(
        [
            "example.com",
            "app.example.com",
            "a.b.example.com",
            "localhost",
            "a.localhost",
            "Host",
            "a.Host",
            "[::1]",
            "127.0.0.1",
            "app.example.com.",
            "example.org",
            "com",
            "b.app.com",
        ]
    ),
    st.sampled_from(["", ":8443", ":3000"]),
)
built_origins = st.builds("{}://{}{}".format, schemes, hosts, ports)


@st.composite
def damaged_origins(draw: st.DrawFn) -> str:
    """Return an origin with one character more, or another one, somewhere."""
    origin = draw(good_origins)
    index = draw(st.integers(0, len(origin)))
    character = draw(st.sampled_from([*" \t\r\n\0/?#\\@:.,*%[]_-~+Aé\u212a\u3002\uff0e1a", ""]))
    return origin[:index] + character + origin[index + draw(st.integers(0, 1)) :]


origins = st.one_of(
    good_origins,
    good_origins,
    built_origins,
    damaged_origins(),
    st.sampled_from(["null", "file://", "", "*", "NULL", "null\n", "file:///"]),
    st.text(max_size=30),
)


def _is_real(value: str) -> bool:
    return value in ("null", "file://") or read(value) is not None


# --- Origins and patterns ----------------------------------------------------------------------


@given(origins)
@example("https://a..example")
@example("https://app.example.com:443")
@example("http://localhost:80")
@example("wss://example.com:443")
@example("app://Host:80")
@example("https://" + "a" * 504)
@example("https://" + "a" * 505)
@many
def test_that_an_origin_is_what_the_oracle_takes_for_one(value: str) -> None:
    found = read(value)
    parts = split_origin(value)

    assert is_origin(value) == _is_real(value)
    assert (parts is not None) == (found is not None)
    if found is not None:
        port = "" if found.port is None else str(found.port)
        assert parts == (found.scheme, ".".join(found.labels), port)


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param(EXACT, id="exact"),
        pytest.param(BELOW, id="subdomain"),
        pytest.param(ANY_PORT, id="any-port"),
        pytest.param(BOTH, id="both"),
        pytest.param(EVERY_KIND, id="every-kind"),
    ],
)
def test_that_a_set_admits_whom_the_oracle_admits(patterns: list[Pattern]) -> None:
    @given(st.lists(st.sampled_from(patterns), max_size=6, unique=True), origins)
    @many
    def check(chosen: list[Pattern], value: str) -> None:
        found = read(value)
        expected = found is not None and any(pattern.admits(found) for pattern in chosen)

        assert OriginSet(parse_pattern(p.text) for p in chosen).admits(value) == expected

    check()


@given(st.lists(st.sampled_from(REGEXES), max_size=3, unique=True), origins)
@many
def test_that_a_regex_admits_whom_the_oracle_admits(chosen: list[Pattern], value: str) -> None:
    found = read(value)
    expected = found is not None and any(pattern.admits(found) for pattern in chosen)

    assert OriginSet([], [re.compile(p.text) for p in chosen]).admits(value) == expected


@given(
    st.lists(st.sampled_from(EVERY_KIND), max_size=6, unique=True),
    st.lists(st.sampled_from(REGEXES), max_size=2, unique=True),
    st.booleans(),
    origins,
)
@many
def test_that_the_entry_of_a_set_is_one_of_it_that_admits(
    chosen: list[Pattern], regexes: list[Pattern], everybody: bool, value: str
) -> None:
    written = [parse_pattern(each.text) for each in chosen] + ["*"] * everybody
    compiled = [re.compile(each.text) for each in regexes]
    whole = OriginSet(written, compiled)

    entry = whole.entry(value)

    assert bool(entry) is whole.admits(value)
    if entry:
        alone = [OriginSet([entry])] if entry in written else []
        alone += [OriginSet([], [each]) for each in compiled if each.pattern == entry]
        assert any(each.admits(value) for each in alone)


@given(origins)
@many
def test_that_any_origin_is_every_origin_and_nothing_else(value: str) -> None:
    assert OriginSet(["*"]).admits(value) == _is_real(value)
    assert OriginSet([], [re.compile(r"(?s).*")]).admits(value) == _is_real(value)


@given(st.one_of(st.sampled_from([p.text for p in EVERY_KIND]), origins, st.text(max_size=40)))
@many
def test_that_normalising_twice_is_normalising_once(text: str) -> None:
    try:
        normal = parse_pattern(text)
    except OriginError:
        return

    assert parse_pattern(normal) == normal
    if "*" not in normal:
        # What is left is what a browser sends, so it admits itself.
        assert _is_real(normal)
        assert OriginSet([normal]).admits(normal)


@given(good_origins)
@few
def test_that_a_pattern_is_normalised_whatever_its_case(origin: str) -> None:
    if origin.startswith("app:"):
        assert parse_pattern(f"APP{origin[3:]}") == origin
    elif "Host" not in origin:
        assert parse_pattern(origin.upper()) == origin


# --- Any header --------------------------------------------------------------------------------

#: RFC 9110 section 5.6.2.
TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"


@given(st.one_of(st.text(), st.binary().map(lambda sent: sent.decode("latin-1"))))
@many
def test_that_no_header_raises(value: str) -> None:
    names = parse_request_headers(value)
    split_origin(value)
    method = is_method(value)

    assert method == (0 < len(value) <= 64 and not set(value) - set(TOKEN))
    for name in names or ():
        assert name
        assert not set(name) - set(TOKEN)
        assert name == name.lower()
        assert name in value.lower()
