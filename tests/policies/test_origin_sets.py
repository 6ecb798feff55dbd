"""Sets of origins: who is admitted, and how many steps it takes to say so."""

from __future__ import annotations

import re
import sys
from typing import Any

import pytest

from cors_views.policies import origin_sets
from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import parse_pattern
from cors_views.standard import origins
from cors_views.standard.origins import is_origin


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


#: Whose lines count: the set's, and what it asks of an origin.
_COUNTED = {__file__, origin_sets.__file__, origins.__file__}


def _steps(origin_set: OriginSet, origin: str) -> int:
    """Return how many lines a lookup runs: a count, because a measured time is never the same."""
    steps = 0

    def count(frame: Any, event: str, argument: Any) -> Any:
        nonlocal steps
        # The garbage collector may run anybody's finalisers in the middle of a lookup.
        if frame.f_code.co_filename not in _COUNTED:
            return None
        steps += 1
        return count

    before = sys.gettrace()
    sys.settrace(count)
    try:
        origin_set.admits(_Counted(origin))
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


class EqualToAll:
    """A callable that says of every other one that they are equal."""

    def __call__(self, request: object, origin: str) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, EqualToAll)

    def __hash__(self) -> int:
        return 1


ONE, OTHER = EqualToAll(), EqualToAll()
#: The same text in two objects.
TEXT, SAME_TEXT = "https://a.example", "HTTPS://a.example".lower()


def test_that_texts_are_told_apart_by_what_they_say_and_callables_by_what_they_are() -> None:
    assert TEXT is not SAME_TEXT
    assert origin_sets.origins_key([TEXT, ONE]) == origin_sets.origins_key([SAME_TEXT, ONE])
    assert origin_sets.origins_key([ONE]) != origin_sets.origins_key([OTHER])
    assert origin_sets.distinct([TEXT, SAME_TEXT]) == (TEXT,)
    assert [id(each) for each in origin_sets.distinct([ONE, OTHER, ONE])] == [id(ONE), id(OTHER)]


@pytest.mark.parametrize(
    ("names", "regexes", "listed"),
    [
        pytest.param([TEXT], [], {TEXT}, id="origins"),
        pytest.param([], [], set(), id="nothing"),
        pytest.param([TEXT, "https://*.b.example"], [], None, id="a-pattern"),
        pytest.param([TEXT], [re.compile("https://b")], None, id="a-regex"),
        pytest.param(["https://*.b.example"], [re.compile("https://b")], None, id="both"),
        pytest.param(["*"], [], None, id="any-origin"),
    ],
)
def test_whether_all_origins_are_listed(names: Any, regexes: Any, listed: Any) -> None:
    assert OriginSet(names, regexes).listed == listed


@pytest.mark.parametrize("missing", ["known", "__call__", "aadmits"])
def test_that_origins_that_are_loaded_have_to_do_all_three(missing: str) -> None:
    there = {
        name: EqualToAll.__call__ for name in ("known", "__call__", "aadmits") if name != missing
    }
    incomplete: Any = type("Incomplete", (origin_sets.LoadedOrigins,), there)

    with pytest.raises(TypeError, match=missing):
        incomplete()


@pytest.mark.parametrize("any_port", ["", ":*"], ids=["default-port", "any-port"])
def test_that_each_scheme_of_a_domain_has_its_own_labels(any_port: str) -> None:
    origins = OriginSet(
        [f"{scheme}://*.base{any_port}" for scheme in ("https", "app.id", "http")] + ["ftp://*.x"]
    )
    admitted = ["http://a.base", "https://a.base", "app.id://A~.base"]
    refused = ["ftp://a.base", "https://A.base", "appxid://a.base", "https://a.x", "://a.base"]

    assert [origin for origin in admitted + refused if origins.admits(origin)] == admitted


def test_that_what_one_entry_refuses_another_may_admit() -> None:
    """The host of an app may have empty labels, which a pattern of subdomains has not."""
    origins = ["app://*.base", "app://*.base:*"]

    assert not OriginSet(origins).admits("app://a..base")
    assert OriginSet([*origins, "*"]).entry("app://a..base") == "*"


WIDE = OriginSet(
    [parse_pattern(each) for each in (TEXT, "https://*.b.example", "http://localhost:*")],
    [re.compile("https://c[0-9]")],
)


@pytest.mark.parametrize(
    ("origin", "entry"),
    [
        pytest.param(TEXT, TEXT, id="an-origin"),
        pytest.param("https://www.b.example", "https://*.b.example", id="a-pattern"),
        pytest.param("http://localhost:8000", "http://localhost:*", id="any-port"),
        pytest.param("https://c1", "https://c[0-9]", id="a-regex"),
        pytest.param("https://stranger.example", "", id="nobody"),
    ],
)
def test_which_entry_admits(origin: str, entry: str) -> None:
    assert WIDE.entry(origin) == entry


def test_that_the_star_is_an_entry() -> None:
    assert OriginSet(["*"]).entry(TEXT) == "*"


def test_that_a_pattern_of_subdomains_is_no_entry_for_its_own_domain() -> None:
    both = OriginSet(["https://*.shop.example.com", "https://*.example.com"])

    assert both.entry("https://shop.example.com") == "https://*.example.com"
