"""Hostile Origin headers, attack by attack, against each kind of pattern.

Whoever sends the header shapes it at will. A value comes back in a response only where it is an
origin, as a browser writes one, that the policy admits; each row says why it is or is not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow
from cors_views.asgi import CorsASGI
from cors_views.policies.origin_sets import OriginSet
from cors_views.standard.origins import is_origin
from tests.tables import CREDENTIALS, ORIGIN, Sender, assert_cors_headers, cors_headers, urlconf
from tests.test_asgi import ACCEPTED, REFUSED, Application, ask, handshake, preflight

# --- Patterns ----------------------------------------------------------------------------------

EXACT = "https://app.example.com"
BELOW = "https://*.example.com"
PORTS = "http://localhost:*"
BOTH = "https://*.example.com:*"
REGEX = r"https://[a-z]+\.example\.com"

SETS = {
    EXACT: OriginSet([EXACT]),
    BELOW: OriginSet([BELOW]),
    PORTS: OriginSet([PORTS]),
    BOTH: OriginSet([BOTH]),
    REGEX: OriginSet([], [re.compile(REGEX)]),
}
EVERY_PATTERN = OriginSet([EXACT, BELOW, PORTS, BOTH], [re.compile(REGEX)])
ANY = OriginSet(["*"])
EVERYTHING = OriginSet(["*", EXACT, BELOW, PORTS, BOTH], [re.compile(r"(?s).*")])


class Agreeable:
    """Says yes to everything, and remembers what it was asked about."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def __call__(self, request: Any, origin: str) -> bool:
        self.asked.append(origin)
        return True


AGREEABLE = Agreeable()


def _view(**fields: Any) -> Any:
    return cors_allow(**fields)(lambda request: HttpResponse("view"))


PATHS = {EXACT: "exact", BELOW: "below", PORTS: "ports", BOTH: "both", REGEX: "regex"}
URLS = [
    path("exact/", _view(origins=[EXACT])),
    path("below/", _view(origins=[BELOW])),
    path("ports/", _view(origins=[PORTS])),
    path("both/", _view(origins=[BOTH])),
    path("regex/", _view(origin_regexes=[REGEX])),
    path("callable/", _view(origins=[AGREEABLE])),
    path("any/", _view(origins="*")),
    path("plain/", lambda request: HttpResponse("view")),
]

# --- Rows --------------------------------------------------------------------------------------

#: Nobody admits it, not even what admits every origin.
NO_ORIGIN = None
#: An origin that no pattern names. ``*`` admits it, and a callable is asked.
STRANGER: tuple[str, ...] = ()


class Row(NamedTuple):
    """A header's value; the patterns that admit it, if it is an origin at all; and why."""

    name: str
    value: str
    admitted_by: tuple[str, ...] | None
    why: str


R = Row
HOSTILE: dict[str, list[Row]] = {
    # Not hostile: without these a table of refusals would also hold where nothing is admitted.
    "control": [
        R("app", "https://app.example.com", (EXACT, BELOW, BOTH, REGEX), "named by all of them"),
        R("localhost", "http://localhost", (PORTS,), "any port, also none"),
        R("localhost-and-port", "http://localhost:3000", (PORTS,), "any port"),
        R("port", "https://app.example.com:8443", (BOTH,), "the one that leaves the port open"),
        R("deep", "https://a.b.c.example.com", (BELOW, BOTH), "one or more labels"),
    ],
    "suffix": [
        R("dot-evil", "https://app.example.com.evil.org", STRANGER, "the site is evil.org"),
        R("base-dot-evil", "https://example.com.evil.org", STRANGER, "CVE-2026-37737's class"),
        R("hyphen", "https://app.example.com-evil.org", STRANGER, "'com-evil' is one label"),
        R("letters", "https://app.example.comevil.org", STRANGER, "'comevil' is one label"),
        R("tld-grows", "https://app.example.community", STRANGER, "another top-level domain"),
        R("tld-shrinks", "https://app.example.co", STRANGER, "another top-level domain"),
        R("tld-twice", "https://app.example.com.com", STRANGER, "a site below com.com"),
        R("underscore", "https://app.example.com_.evil.org", STRANGER, "'com_' is one label"),
        R("localhost-dot-evil", "http://localhost.evil.org", STRANGER, "the site is evil.org"),
        R("localhost-and-port", "http://localhost.evil.org:3000", STRANGER, "so is any port of it"),
        R("localhost-grows", "http://localhostevil", STRANGER, "another name"),
        R("localdomain", "http://localhost.localdomain", STRANGER, "another host"),
        R("digits", "https://app.example.com0", STRANGER, "'com0' is a name, not a port"),
        R("nip-io", "http://localhost.127.0.0.1.nip.io", STRANGER, "public DNS for anybody"),
    ],
    "prefix": [
        R("letters", "https://evilapp.example.com", (BELOW, BOTH, REGEX), "really below it"),
        R("evilexample", "https://evilexample.com", STRANGER, "no dot before example.com"),
        R("evil-example", "https://evil-example.com", STRANGER, "no dot before example.com"),
        R("app-example", "https://app-example.com", STRANGER, "a hyphen is no dot"),
        R("app.evilexample", "https://app.evilexample.com", STRANGER, "'evilexample' is a label"),
        R("dot-as-letter", "https://appxexample.com", STRANGER, "the regex's dot is escaped"),
        R("base-alone", "https://example.com", STRANGER, "'*' is at least one label"),
        R("base-and-port", "https://example.com:8443", STRANGER, "'*' is at least one label"),
        R("tld-alone", "https://com", STRANGER, "shorter than the pattern"),
        R("middle", "https://app.example.com.example.org", STRANGER, "the last labels count"),
        R("twice", "https://app.example.com.example.com", (BELOW, BOTH), "really below it"),
        R("below-localhost", "http://app.localhost:3000", STRANGER, "no pattern below localhost"),
        R("not-localhost", "http://notlocalhost:3000", STRANGER, "another name"),
        R("hyphens", "https://-.example.com", (BELOW, BOTH), "odd, but only its owner makes it"),
        R("underscore", "https://_.example.com", (BELOW, BOTH), "odd, but only its owner makes it"),
        R("digit", "https://1.example.com", (BELOW, BOTH), "a name, because the last label is"),
        R("regex-in-the-middle", "https://a-b.example.com", (BELOW, BOTH), "[a-z]+ has no hyphen"),
    ],
    "user-info": [
        R("host-as-user", "https://app.example.com@evil.org", NO_ORIGIN, "'@' in no origin"),
        R("host-and-port", "https://app.example.com:443@evil.org", NO_ORIGIN, "'@' in no origin"),
        R("evil-as-user", "https://evil.org@app.example.com", NO_ORIGIN, "'@' in no origin"),
        R("user", "https://user@app.example.com", NO_ORIGIN, "'@' in no origin"),
        R("password", "https://user:secret@app.example.com", NO_ORIGIN, "'@' in no origin"),
        R("empty-user", "https://@app.example.com", NO_ORIGIN, "'@' in no origin"),
        R("empty-password", "https://:@app.example.com", NO_ORIGIN, "'@' in no origin"),
        R("encoded", "https://app.example.com%40evil.org", NO_ORIGIN, "'%' in no host"),
        R("two", "https://a@b@app.example.com", NO_ORIGIN, "'@' in no origin"),
        R("localhost", "http://localhost:3000@evil.org", NO_ORIGIN, "no number for a port"),
        R("at-the-end", "https://app.example.com@", NO_ORIGIN, "'@' in no origin"),
    ],
    "path-and-query": [
        R("slash", "https://app.example.com/", NO_ORIGIN, "an origin has no path"),
        R("path", "https://app.example.com/a", NO_ORIGIN, "an origin has no path"),
        R("evil-path", "https://evil.org/.example.com", NO_ORIGIN, "ends well, is evil.org"),
        R("evil-path-app", "https://evil.org/app.example.com", NO_ORIGIN, "ends well, is evil.org"),
        R("query", "https://app.example.com?a=b", NO_ORIGIN, "an origin has no query"),
        R("evil-query", "https://evil.org?.example.com", NO_ORIGIN, "ends well, is evil.org"),
        R("fragment", "https://app.example.com#a", NO_ORIGIN, "an origin has no fragment"),
        R("evil-fragment", "https://evil.org#.example.com", NO_ORIGIN, "ends well, is evil.org"),
        R("backslash", "https://app.example.com\\", NO_ORIGIN, "a slash to browsers"),
        R("evil-backslash", "https://evil.org\\.example.com", NO_ORIGIN, "a slash to browsers"),
        R("semicolon", "https://app.example.com;.evil.org", NO_ORIGIN, "a host has none"),
        R("after-the-port", "http://localhost:3000/", NO_ORIGIN, "an origin has no path"),
        R("dot-segments", "https://evil.org/../app.example.com", NO_ORIGIN, "has a path"),
        R("ampersand", "https://evil.org&.example.com", NO_ORIGIN, "not in a host name"),
        R("template", "https://{evil}.example.com", NO_ORIGIN, "not in a host name"),
        R("quote", "https://'.example.com", NO_ORIGIN, "markup and SQL stay out of a header"),
        R("markup", "https://<script>.example.com", NO_ORIGIN, "markup stays out of a header"),
        R("double-quote", 'https://".example.com', NO_ORIGIN, "markup stays out of a header"),
        R("dollar", "https://$.example.com", NO_ORIGIN, "not in a host name that browsers send"),
        R("backtick", "https://evil.org`.example.com", NO_ORIGIN, "known regex bypass in Safari"),
        R("pipe", "https://evil.org|.example.com", NO_ORIGIN, "not in a host name"),
        R("caret", "https://evil.org^.example.com", NO_ORIGIN, "not in a host name"),
        R("exclamation", "https://evil.org!.example.com", NO_ORIGIN, "known bypass in Safari"),
        R("equals", "https://evil.org=.example.com", NO_ORIGIN, "known regex bypass in Safari"),
        R("tilde", "https://evil.org~.example.com", NO_ORIGIN, "not in a web host's name"),
        R("parentheses", "https://evil.org().example.com", NO_ORIGIN, "not in a host name"),
    ],
    "case": [
        R("scheme", "HTTPS://app.example.com", NO_ORIGIN, "a browser lowers the scheme"),
        R("host", "https://APP.EXAMPLE.COM", NO_ORIGIN, "a browser lowers the host"),
        R("one-letter", "https://app.Example.com", NO_ORIGIN, "a browser lowers the host"),
        R("label", "https://App.example.com", NO_ORIGIN, "a browser lowers the host"),
        R("localhost", "http://LOCALHOST:3000", NO_ORIGIN, "a browser lowers the host"),
        R("ipv6", "https://[2001:DB8::1]", NO_ORIGIN, "a browser lowers hexadecimal digits"),
        R("punycode", "https://XN--p1ai.example.com", NO_ORIGIN, "a browser lowers the host"),
        R("extension-scheme", "Chrome-Extension://abc", NO_ORIGIN, "a browser lowers the scheme"),
    ],
    "port": [
        R("default", "https://app.example.com:443", NO_ORIGIN, "a browser leaves it out"),
        R("default-of-http", "http://localhost:80", NO_ORIGIN, "a browser leaves it out"),
        R("other-default", "https://app.example.com:80", (BOTH,), "80 is http's, not https's"),
        R("empty", "https://app.example.com:", NO_ORIGIN, "no port, no colon"),
        R("empty-localhost", "http://localhost:", NO_ORIGIN, "no port, no colon"),
        R("zero", "http://localhost:0", NO_ORIGIN, "nobody listens there"),
        R("leading-zero", "http://localhost:03000", NO_ORIGIN, "a browser writes no zeros"),
        R("65536", "http://localhost:65536", NO_ORIGIN, "one too many"),
        R("six-digits", "http://localhost:300000", NO_ORIGIN, "too many"),
        R("highest", "http://localhost:65535", (PORTS,), "the last one there is"),
        R("minus", "http://localhost:-1", NO_ORIGIN, "no digit"),
        R("plus", "http://localhost:+3000", NO_ORIGIN, "int() would take it"),
        R("underscore", "http://localhost:30_00", NO_ORIGIN, "int() would take it"),
        R("space", "http://localhost: 3000", NO_ORIGIN, "int() would take it"),
        R("hexadecimal", "http://localhost:0xbb8", NO_ORIGIN, "no decimal number"),
        R("arabic-indic", "http://localhost:\u0663\u0660", NO_ORIGIN, "int() would take it"),
        R("superscript", "http://localhost:3\u00b2", NO_ORIGIN, "isdigit() would take it"),
        R("full-width", "http://localhost:\uff13\uff10", NO_ORIGIN, "int() would take it"),
        R("name", "http://localhost:http", NO_ORIGIN, "no number"),
        R("star", "http://localhost:*", NO_ORIGIN, "the pattern itself is no origin"),
        R("two", "http://localhost:3000:3001", NO_ORIGIN, "no number"),
        R("then-host", "http://localhost:3000.evil.org", NO_ORIGIN, "no number"),
        R("newline", "http://localhost:3000\n", NO_ORIGIN, "'$' in a regex would let it pass"),
        R("fraction", "http://localhost:3e3", NO_ORIGIN, "no number"),
    ],
    "ipv4": [
        R("loopback", "http://127.0.0.1:3000", STRANGER, "localhost's address is not its name"),
        R("short", "http://127.1", NO_ORIGIN, "a browser writes all four numbers"),
        R("decimal", "http://2130706433", NO_ORIGIN, "a browser writes four numbers"),
        R("hexadecimal", "http://0x7f000001", NO_ORIGIN, "a browser writes four numbers"),
        R("hexadecimal-parts", "http://0x7f.0.0.0x1", NO_ORIGIN, "a browser writes decimals"),
        R("octal", "http://0177.0.0.1", NO_ORIGIN, "a browser writes decimals"),
        R("overflow", "http://256.0.0.1", NO_ORIGIN, "256 is in no address"),
        R("five", "http://1.2.3.4.5", NO_ORIGIN, "ends in a number, is no address"),
        R("number-last", "https://app.example.com.1", NO_ORIGIN, "ends in a number: an address"),
        R("hex-last", "https://app.example.com.0x1", NO_ORIGIN, "ends in a number: an address"),
        R("bare-0x", "https://app.example.com.0x", NO_ORIGIN, "0x counts for a number"),
        R("dot", "http://127.0.0.1.", NO_ORIGIN, "a browser drops an address's final dot"),
        R("any", "http://0.0.0.0:3000", STRANGER, "an address, not localhost"),
        R("below", "https://127.0.0.1.example.com", (BELOW, BOTH), "a name: ends in com"),
    ],
    "ipv6": [
        R("loopback", "http://[::1]:3000", STRANGER, "localhost's address is not its name"),
        R("no-brackets", "http://::1", NO_ORIGIN, "brackets are part of it"),
        R("long", "http://[0:0:0:0:0:0:0:1]", NO_ORIGIN, "a browser compresses"),
        R("zeros", "http://[::0001]", NO_ORIGIN, "a browser writes no zeros"),
        R("zone", "http://[fe80::1%25eth0]", NO_ORIGIN, "browsers know no zones"),
        R("mapped-dotted", "http://[::ffff:127.0.0.1]", NO_ORIGIN, "a browser writes hexadecimal"),
        R("mapped", "http://[::ffff:7f00:1]:3000", STRANGER, "written well, but not localhost"),
        R("not-closed", "http://[::1", NO_ORIGIN, "no closing bracket"),
        R("not-opened", "http://::1]", NO_ORIGIN, "no opening bracket"),
        R("suffix", "https://[::1].example.com", NO_ORIGIN, "only a port may follow the bracket"),
        R("name-inside", "https://[app.example.com]", NO_ORIGIN, "only addresses in brackets"),
        R("empty", "https://[]", NO_ORIGIN, "no address"),
        R("future", "https://[v1.a]", NO_ORIGIN, "URL Standard has no IPvFuture"),
        R("three-colons", "http://[:::1]", NO_ORIGIN, "no address"),
        R("two-gaps", "http://[1::2::3]", NO_ORIGIN, "no address"),
        R("gap-for-nothing", "http://[1:2:3:4:5:6:7::8]", NO_ORIGIN, "a gap is two or more"),
        R("wrong-gap", "http://[1::2:0:0:0:3]", NO_ORIGIN, "the longest run goes"),
        R("port-without-colon", "http://[::1]3000", NO_ORIGIN, "only ':' starts a port"),
        R("default-port", "http://[::1]:80", NO_ORIGIN, "a browser leaves it out"),
    ],
    "unicode": [
        R("cyrillic-a", "https://\u0430pp.example.com", NO_ORIGIN, "a homoglyph, no Punycode"),
        R("cyrillic-base", "https://app.ex\u0430mple.com", NO_ORIGIN, "a homoglyph, no Punycode"),
        R("punycode-below", "https://xn--pp-7kc.example.com", (BELOW, BOTH), "really below it"),
        R("punycode-base", "https://app.xn--exmple-4nf.com", STRANGER, "the homoglyph's real name"),
        R("full-width", "https://\uff41pp.example.com", NO_ORIGIN, "NFKC would make it ours"),
        R("full-width-dot", "https://app\uff0eexample.com", NO_ORIGIN, "IDNA would make a dot"),
        R("ideographic-dot", "https://app\u3002example.com", NO_ORIGIN, "IDNA would make a dot"),
        R("one-dot-leader", "https://app\u2024example.com", NO_ORIGIN, "NFKC would make a dot"),
        R("full-width-slash", "https://evil.org\uff0f.example.com", NO_ORIGIN, "NFKC: a slash"),
        R("care-of", "https://evil.org\u2100.example.com", NO_ORIGIN, "NFKC: a/c, a path"),
        R("kelvin", "https://\u212a.example.com", NO_ORIGIN, "lower() would make k, in [a-z]"),
        R("long-s", "http\u017f://app.example.com", NO_ORIGIN, "upper() would make S"),
        R("dotless-i", "https://app.example.\u0131o", NO_ORIGIN, "no Punycode"),
        R("ligature", "https://\ufb01.example.com", NO_ORIGIN, "NFKC would make fi"),
        R("sharp-s", "https://\u00df.example.com", NO_ORIGIN, "IDNA 2003 would make ss"),
        R("zero-width-space", "https://app\u200b.example.com", NO_ORIGIN, "not visible"),
        R("zero-width-joiner", "https://app\u200d.example.com", NO_ORIGIN, "not visible"),
        R("soft-hyphen", "https://app\u00ad.example.com", NO_ORIGIN, "IDNA drops it"),
        R("byte-order-mark", "\ufeffhttps://app.example.com", NO_ORIGIN, "not visible"),
        R("right-to-left", "https://\u202emoc.example.com", NO_ORIGIN, "shows reversed"),
        R("surrogate", "https://\udc80.example.com", NO_ORIGIN, "half a character"),
        R("emoji", "https://\U0001f600.example.com", NO_ORIGIN, "no Punycode"),
        R("hyphen", "https://app\u2010.example.com", NO_ORIGIN, "a look-alike of '-'"),
        R("colon", "https\ua789//app.example.com", NO_ORIGIN, "a look-alike of ':'"),
    ],
    "percent": [
        R("dot", "https://app%2eexample.com", NO_ORIGIN, "a browser decodes before it sends"),
        R("letter", "https://%61pp.example.com", NO_ORIGIN, "a browser decodes before it sends"),
        R("nul", "https://evil.org%00.example.com", NO_ORIGIN, "'%' in no host"),
        R("slash", "https://evil.org%2f.example.com", NO_ORIGIN, "'%' in no host"),
        R("hash", "https://evil.org%23.example.com", NO_ORIGIN, "'%' in no host"),
        R("newline", "https://app.example.com%0d%0aX: y", NO_ORIGIN, "'%' in no host"),
        R("colon", "http://localhost%3a3000", NO_ORIGIN, "'%' in no host"),
        R("bare", "https://%.example.com", NO_ORIGIN, "'%' in no host"),
        R("twice", "https://%2561pp.example.com", NO_ORIGIN, "'%' in no host"),
        R("scheme", "http%73://app.example.com", NO_ORIGIN, "'%' in no scheme"),
    ],
    "control-and-space": [
        R("crlf", "https://app.example.com\r\nSet-Cookie: a=b", NO_ORIGIN, "header injection"),
        R("crlf-in-front", "\r\nhttps://app.example.com", NO_ORIGIN, "header injection"),
        R("newline", "https://app.example.com\n", NO_ORIGIN, "'$' in a regex would let it pass"),
        R("return", "https://app.example.com\r", NO_ORIGIN, "no control characters"),
        R("newline-then-host", "https://evil.org\n.example.com", NO_ORIGIN, "'.' or '[^.]' might"),
        R("newline-in-scheme", "https\n://app.example.com", NO_ORIGIN, "no control characters"),
        R("lines", "https://evil.org\nhttps://app.example.com", NO_ORIGIN, "re.M would let it"),
        R("nul", "https://app.example.com\0", NO_ORIGIN, "C would end the string here"),
        R("nul-then-host", "https://app.example.com\0.evil.org", NO_ORIGIN, "C would end here"),
        R("nul-before", "https://evil.org\0.example.com", NO_ORIGIN, "no control characters"),
        R("tab", "https://app\t.example.com", NO_ORIGIN, "URL parsers drop tabs"),
        R("vertical-tab", "https://app.example.com\x0b", NO_ORIGIN, "known bypass in proxies"),
        R("form-feed", "https://app.example.com\x0c", NO_ORIGIN, "known bypass in proxies"),
        R("escape", "https://\x1b[31mapp.example.com", NO_ORIGIN, "would colour a log"),
        R("delete", "https://app.example.com\x7f", NO_ORIGIN, "no control characters"),
        R("leading-space", " https://app.example.com", NO_ORIGIN, "strip() would let it pass"),
        R("trailing-space", "https://app.example.com ", NO_ORIGIN, "strip() would let it pass"),
        R("space-inside", "https://evil.org .example.com", NO_ORIGIN, "no space in a host"),
        R("no-break-space", "https://app.example.com\xa0", NO_ORIGIN, "strip() would let it pass"),
        R("next-line", "https://app.example.com\x85", NO_ORIGIN, "splitlines() would split it"),
        R("line-separator", "https://app.example.com\u2028", NO_ORIGIN, "splitlines() splits it"),
        R("file-separator", "https://app.example.com\x1c", NO_ORIGIN, "splitlines() splits it"),
    ],
    "null": [
        R("null", "null", STRANGER, "any sandboxed frame has it: only when written out"),
        R("upper", "NULL", NO_ORIGIN, "a browser writes it in lower case"),
        R("title", "Null", NO_ORIGIN, "a browser writes it in lower case"),
        R("space", "null ", NO_ORIGIN, "strip() would let it pass"),
        R("newline", "null\n", NO_ORIGIN, "'$' in a regex would let it pass"),
        R("quoted", '"null"', NO_ORIGIN, "JSON, not an origin"),
        R("twice", "null, null", NO_ORIGIN, "two of them"),
        R("undefined", "undefined", NO_ORIGIN, "a script's mistake"),
        R("none", "None", NO_ORIGIN, "a script's mistake"),
        R("empty", "", NO_ORIGIN, "nothing was sent"),
        R("nan", "NaN", NO_ORIGIN, "a script's mistake"),
        R("zero", "0", NO_ORIGIN, "a script's mistake"),
        R("host", "https://null", STRANGER, "a host of that name"),
        R("below", "https://null.example.com", (BELOW, BOTH, REGEX), "a host of that name"),
        R("scheme", "null://app.example.com", STRANGER, "a scheme of that name"),
        R("path", "null/", NO_ORIGIN, "neither null nor a URL"),
    ],
    "two-origins": [
        R("space", "https://app.example.com https://evil.org", NO_ORIGIN, "RFC 6454's list"),
        R("comma", "https://app.example.com,https://evil.org", NO_ORIGIN, "ASGI joins two lines"),
        R("comma-space", "https://evil.org, https://app.example.com", NO_ORIGIN, "WSGI joins two"),
        R("same", "https://app.example.com, https://app.example.com", NO_ORIGIN, "still two"),
        R("null-first", "null https://app.example.com", NO_ORIGIN, "a list"),
        R("null-last", "https://app.example.com null", NO_ORIGIN, "a list"),
        R("trailing-comma", "https://app.example.com,", NO_ORIGIN, "a list with an empty entry"),
        R("glued", "https://app.example.comhttps://evil.org", NO_ORIGIN, "a second colon"),
        R("semicolon", "https://app.example.com;https://evil.org", NO_ORIGIN, "no host"),
        R("pipe", "https://app.example.com|https://evil.org", NO_ORIGIN, "no host"),
    ],
    "scheme": [
        R("http", "http://app.example.com", STRANGER, "whoever sits on the wire is http"),
        R("https-localhost", "https://localhost:3000", STRANGER, "the pattern says http"),
        R("wss", "wss://app.example.com", STRANGER, "another scheme"),
        R("ftp", "ftp://app.example.com", STRANGER, "another scheme"),
        R("https-grows", "httpss://app.example.com", STRANGER, "another scheme"),
        R("https-suffix", "https-evil://app.example.com", STRANGER, "another scheme"),
        R("prefix", "xhttps://app.example.com", STRANGER, "another scheme"),
        R("blob", "blob:https://app.example.com", NO_ORIGIN, "a URL; its origin is what follows"),
        R("filesystem", "filesystem:https://app.example.com", NO_ORIGIN, "a URL"),
        R("view-source", "view-source:https://app.example.com", NO_ORIGIN, "a URL"),
        R("javascript", "javascript:alert(1)", NO_ORIGIN, "no host"),
        R("javascript-host", "javascript://app.example.com", STRANGER, "harmless, and not ours"),
        R("javascript-comment", "javascript://app.example.com%0aalert(1)", NO_ORIGIN, "'%'"),
        R("data", "data:text/html,https://app.example.com", NO_ORIGIN, "no host"),
        R("about", "about:blank", NO_ORIGIN, "no host; its origin is null"),
        R("file", "file://", STRANGER, "a local page: only when written out"),
        R("file-slash", "file:///", NO_ORIGIN, "a URL"),
        R("file-path", "file:///app.example.com", NO_ORIGIN, "a URL"),
        R("file-case", "FILE://", NO_ORIGIN, "a browser lowers the scheme"),
        R("none", "app.example.com", NO_ORIGIN, "no scheme"),
        R("relative", "//app.example.com", NO_ORIGIN, "no scheme"),
        R("empty", "://app.example.com", NO_ORIGIN, "no scheme"),
        R("one-slash", "https:/app.example.com", NO_ORIGIN, "two slashes, always"),
        R("three-slashes", "https:///app.example.com", NO_ORIGIN, "no host"),
        R("no-slash", "https:app.example.com", NO_ORIGIN, "two slashes, always"),
        R("backslashes", "https:\\\\app.example.com", NO_ORIGIN, "slashes to a browser's parser"),
        R("twice", "https://https://app.example.com", NO_ORIGIN, "an empty port, then a path"),
        R("no-host", "https://", NO_ORIGIN, "no host"),
        R("port-alone", "https://:443", NO_ORIGIN, "no host"),
        R("digit-first", "1https://app.example.com", NO_ORIGIN, "a letter first"),
        R("underscore", "ht_tps://app.example.com", NO_ORIGIN, "'_' in no scheme"),
        R("plus", "https+evil://app.example.com", STRANGER, "another scheme"),
    ],
    "dots": [
        R("final", "https://app.example.com.", STRANGER, "another origin to browsers"),
        R("final-localhost", "http://localhost.:3000", STRANGER, "another origin to browsers"),
        R("two-final", "https://app.example.com..", NO_ORIGIN, "an empty label"),
        R("first", "https://.example.com", NO_ORIGIN, "an empty label is no label for '*'"),
        R("first-and-port", "https://.example.com:8443", NO_ORIGIN, "an empty label"),
        R("two", "https://app..example.com", NO_ORIGIN, "an empty label"),
        R("alone", "https://.", NO_ORIGIN, "an empty label"),
        R("two-alone", "https://..", NO_ORIGIN, "an empty label"),
        R("before-localhost", "http://.localhost", NO_ORIGIN, "an empty label"),
        R("middle-dot", "https://app\u00b7example.com", NO_ORIGIN, "a look-alike of '.'"),
    ],
    "length": [
        R(
            "512",
            "https://" + "a" * 492 + ".example.com",
            (BELOW, BOTH, REGEX),
            "as long as may be",
        ),
        R("513", "https://" + "a" * 493 + ".example.com", NO_ORIGIN, "too long"),
        R("labels", "https://" + "a." * 5000 + "example.com", NO_ORIGIN, "too long"),
        R("labels-512", "https://" + "a." * 246 + "example.com", (BELOW, BOTH), "just fits"),
        R("port", "http://localhost:" + "3" * 5000, NO_ORIGIN, "int() of it would be slow"),
        R("scheme", "a" * 5000 + "://app.example.com", NO_ORIGIN, "too long"),
        R("address", "http://[" + "1:" * 5000 + "1]", NO_ORIGIN, "too long"),
        R("digits", "http://" + "1" * 500, NO_ORIGIN, "a number is an address or nothing"),
        R("dots", "https://" + "." * 500, NO_ORIGIN, "empty labels"),
        R("colons", "http://localhost" + ":" * 400, NO_ORIGIN, "no number for a port"),
        R("one-letter", "a", NO_ORIGIN, "no scheme"),
    ],
    "wildcard-as-input": [
        R("star", "*", NO_ORIGIN, "a pattern is no origin"),
        R("below", "https://*.example.com", NO_ORIGIN, "the pattern itself is no origin"),
        R("both", "https://*.example.com:*", NO_ORIGIN, "the pattern itself is no origin"),
        R("port", "https://app.example.com:*", NO_ORIGIN, "a pattern is no origin"),
        R("host", "https://*", NO_ORIGIN, "a pattern is no origin"),
        R("label", "https://a*.example.com", NO_ORIGIN, "'*' in no host"),
        R("scheme", "*://app.example.com", NO_ORIGIN, "'*' in no scheme"),
        R("regex", REGEX, NO_ORIGIN, "the pattern itself is no origin"),
        R("any-regex", ".*", NO_ORIGIN, "no scheme"),
        R("question-mark", "https://ap?.example.com", NO_ORIGIN, "a query"),
        R("other-scheme", "app://*.example.com", NO_ORIGIN, "'*' in no host, whatever scheme"),
    ],
    "extension": [
        R("chrome", "chrome-extension://abcdefghijklmnop", STRANGER, "an origin nobody named"),
        R("firefox", "moz-extension://0d3b8a0e-1F2a", STRANGER, "an origin nobody named"),
        R("safari", "safari-web-extension://AB-12", STRANGER, "an origin; its host keeps case"),
        R("host-of-ours", "chrome-extension://app.example.com", STRANGER, "another scheme"),
        R("capacitor", "capacitor://localhost", STRANGER, "another scheme"),
        R("tauri-and-port", "tauri://localhost:3000", STRANGER, "another scheme"),
        R("slash", "chrome-extension://abc/", NO_ORIGIN, "an origin has no path"),
        R("unicode", "moz-extension://\u00e4", NO_ORIGIN, "ASCII alone"),
        R("no-host", "chrome-extension://", NO_ORIGIN, "no host"),
        R("user-info", "moz-extension://a@b", NO_ORIGIN, "'@' in no origin"),
        R("newline", "moz-extension://abc\n", NO_ORIGIN, "no control characters"),
    ],
}
rows = pytest.mark.parametrize(
    "row",
    [
        pytest.param(row, id=f"{attack}-{row.name}")
        for attack, entries in HOSTILE.items()
        for row in entries
    ],
)


def _as_sent(value: str) -> list[str]:
    """Return the value, and what a server makes of its bytes, which it decodes as Latin-1."""
    return list(dict.fromkeys([value, value.encode("utf-8", "surrogatepass").decode("latin-1")]))


@pytest.fixture(scope="module", autouse=True)
def _urls() -> Iterator[None]:
    with urlconf(*URLS):
        yield


@pytest.fixture(scope="module")
def wsgi() -> Sender:
    return Sender("wsgi")


# --- Through OriginSet -------------------------------------------------------------------------


def test_that_there_are_enough_rows_each_of_them_once() -> None:
    values = [row.value for entries in HOSTILE.values() for row in entries]

    assert len(values) >= 150
    assert len(values) == len(set(values))
    assert all(row.why for entries in HOSTILE.values() for row in entries)
    assert all(len({row.name for row in entries}) == len(entries) for entries in HOSTILE.values())


@rows
def test_who_admits(row: Row) -> None:
    for value in _as_sent(row.value):
        admitting = tuple(pattern for pattern, origins in SETS.items() if origins.admits(value))

        assert admitting == (row.admitted_by or ()), row.why
        assert EVERY_PATTERN.admits(value) == bool(row.admitted_by), row.why


@rows
def test_who_is_an_origin_at_all(row: Row) -> None:
    for value in _as_sent(row.value):
        assert is_origin(value) == (row.admitted_by is not NO_ORIGIN), row.why
        assert ANY.admits(value) == (row.admitted_by is not NO_ORIGIN), row.why
        assert EVERYTHING.admits(value) == (row.admitted_by is not NO_ORIGIN), row.why


# --- Through the middleware --------------------------------------------------------------------


def _answers(send: Sender, place: str, value: str) -> list[Any]:
    """Return the answers to a request and to a preflight; without an Origin there is none."""
    responses = [send.actual(place, value)]
    if value:
        responses.append(send.preflight(place, value, "PUT"))
        assert responses[1].content == b""
    assert all(response.status_code == 200 for response in responses)
    return responses


def _assert_answers(responses: list[Any], expected: dict[str, str]) -> None:
    """Assert exact headers on the response, and on the preflight's who may read it."""
    assert_cors_headers(responses[0], expected)
    for response in responses[1:]:
        sent = cors_headers(response)
        admitting = {name: sent[name] for name in (ORIGIN, CREDENTIALS, "vary") if name in sent}
        assert admitting == expected
        if ORIGIN not in expected:
            assert sent == expected


@rows
def test_who_is_sent_back(row: Row, wsgi: Sender) -> None:
    for pattern, place in PATHS.items():
        admitted = pattern in (row.admitted_by or ())
        for value in _as_sent(row.value):
            expected = {ORIGIN: value, "vary": "origin"} if admitted else {"vary": "origin"}

            _assert_answers(_answers(wsgi, f"/{place}/", value), expected)


@rows
def test_whom_a_callable_is_asked_about(row: Row, wsgi: Sender) -> None:
    real = row.admitted_by is not NO_ORIGIN
    for value in _as_sent(row.value):
        AGREEABLE.asked.clear()
        responses = _answers(wsgi, "/callable/", value)

        _assert_answers(
            responses, {ORIGIN: value, "vary": "origin"} if real else {"vary": "origin"}
        )
        # Once a request.
        assert AGREEABLE.asked == ([value] * len(responses) if real else []), row.why


@rows
def test_that_any_origin_sends_nothing_back(row: Row, wsgi: Sender) -> None:
    for value in _as_sent(row.value):
        _assert_answers(_answers(wsgi, "/any/", value), {ORIGIN: "*"})
        with override_settings(CORS_ALLOW_ALL_ORIGINS=True):
            _assert_answers(_answers(wsgi, "/plain/", value), {ORIGIN: "*"})


@rows
def test_that_any_origin_with_credentials_sends_only_origins_back(row: Row, wsgi: Sender) -> None:
    real = row.admitted_by is not NO_ORIGIN
    expected = {ORIGIN: "", CREDENTIALS: "true", "vary": "origin"} if real else {"vary": "origin"}
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True):
        for value in _as_sent(row.value):
            if real:
                expected[ORIGIN] = value

            _assert_answers(_answers(wsgi, "/plain/", value), expected)
            # A declaration never gets that reflection.
            _assert_answers(_answers(wsgi, "/any/", value), {ORIGIN: "*"})


# --- Through CorsASGI --------------------------------------------------------------------------

#: The same policies around an application that is not of Django.
APPLICATIONS = {
    EXACT: CorsASGI(Application(), origins=[EXACT]),
    BELOW: CorsASGI(Application(), origins=[BELOW]),
    PORTS: CorsASGI(Application(), origins=[PORTS]),
    BOTH: CorsASGI(Application(), origins=[BOTH]),
    REGEX: CorsASGI(Application(), origin_regexes=[REGEX]),
}


def _is_one_byte_each(value: str) -> bool:
    return all(ord(letter) < 256 for letter in value)


@rows
def test_whom_an_asgi_application_lets_in(row: Row) -> None:
    for pattern, application in APPLICATIONS.items():
        admitted = pattern in (row.admitted_by or ())
        # Headers of ASGI are bytes.
        for value in filter(_is_one_byte_each, _as_sent(row.value)):
            expected = value if admitted else None
            response = ask(application, origin=value)

            assert response.headers.get(ORIGIN) == expected, row.why
            assert response.headers["vary"] == "origin"
            if not value:
                continue
            answer = preflight(application, value, "PUT")
            assert answer.headers.get(ORIGIN) == expected, row.why
            # A handshake without an Origin is no page's.
            assert handshake(application, origin=value) == (ACCEPTED if admitted else REFUSED)
