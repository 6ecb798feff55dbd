"""Origins: a strict parser for what people configure, a cheap one for the wire, and a lookup.

An origin is what a browser writes in the Origin header: RFC 6454 section 6.2 and HTML,
"serialization of an origin".
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Callable, Iterable
from typing import Any

#: Longer values are no origin: a host has at most 253 characters, and extension ids stay far below.
MAX_LENGTH = 512
#: Origins without a host. They are admitted only where somebody says so.
SPECIAL = frozenset({"null", "file://"})
#: URL Standard, "special scheme": a browser leaves these ports out.
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

#: A callable origin: ``(request, origin) -> bool``, or a coroutine function of the same shape.
OriginCallable = Callable[[Any, str], Any]

_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
_PORT = re.compile(r"[1-9][0-9]{0,4}")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]*")
# What stands outside of these sets ends the search at once, so a hostile value costs one scan.
# http(s) hosts are letters, digits and hyphens (RFC 1123), plus the underscore that browsers send.
_NOT_IN_WEB_HOST = re.compile(r"[^a-z0-9._-]")
_NOT_IN_OTHER_HOST = re.compile(r"[^A-Za-z0-9._~-]")
#: One or more labels, none of them empty, of the same characters.
_WEB_LABELS = re.compile(r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*")
_OTHER_LABELS = re.compile(r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*")
#: What stands in no origin and in most regular expressions.
_A_REGEX = re.compile(r"\\(?:\.|[dw][*+{])|\.\+|^\^|\$$")
_IPV6_PIECE = re.compile(r"0|[1-9a-f][0-9a-f]{0,3}")


class OriginError(ValueError):
    """A configured pattern is no origin.

    ``hint`` is what to write instead, where that is known. ``kind`` is ``"incomplete"`` without a
    scheme or a host, ``"path"`` with more than an origin has, and ``"origin"`` for the rest.
    """

    def __init__(self, message: str, hint: str = "", kind: str = "origin") -> None:
        super().__init__(message)
        self.hint = hint
        self.kind = kind


def split_origin(value: str) -> tuple[str, str, str] | None:
    """Return scheme, host and port of an Origin header, or ``None`` where it is no origin.

    The port is ``""`` where it is the scheme's default. ``null`` and ``file://`` have no host and
    give ``None``: they can only be matched whole. Nothing is normalised, because a browser already
    writes the one normal form and everything else was not written by a browser.
    """
    if len(value) > MAX_LENGTH:
        return None
    scheme, separator, rest = value.partition("://")
    if not separator or not (scheme in DEFAULT_PORTS or _SCHEME.fullmatch(scheme)):
        return None
    if rest.startswith("["):
        address, bracket, port = rest[1:].partition("]")
        if not bracket or not _is_ipv6(address):
            return None
        host = f"[{address}]"
        if port and not port.startswith(":"):
            return None
        colon, port = port[:1], port[1:]
    else:
        host, colon, port = rest.partition(":")
        if not _is_host(host, web=scheme in DEFAULT_PORTS):
            return None
    if colon and not _is_port(scheme, port):
        return None
    return scheme, host, port


def _is_port(scheme: str, port: str) -> bool:
    """Return whether a browser writes ``port`` in an origin: not where it is the default."""
    return (
        _PORT.fullmatch(port) is not None
        and int(port) <= 65535
        and port != DEFAULT_PORTS.get(scheme)
    )


def is_origin(value: str) -> bool:
    """Return whether ``value`` is an origin as a browser would write it, ``null`` included."""
    # Length first: even asking a set hashes the whole value.
    return len(value) <= MAX_LENGTH and (value in SPECIAL or split_origin(value) is not None)


def _is_host(host: str, *, web: bool) -> bool:
    if not host or (_NOT_IN_WEB_HOST if web else _NOT_IN_OTHER_HOST).search(host):
        return False
    if not web:
        return True
    # One final dot is legal and makes another host; an empty label anywhere else is none.
    if host[0] == "." or ".." in host:
        return False
    last = host.removesuffix(".").rpartition(".")[2]
    # URL Standard, "ends in a number checker": such a host is an IPv4 address or nothing.
    if last[0].isdigit() and (last.isdigit() or _HEXADECIMAL.fullmatch(last)):
        return _is_ipv4(host)
    return True


def _is_ipv4(host: str) -> bool:
    # Python, like the URL Standard's serialiser, knows four decimal numbers without leading zeros.
    if len(host) > len("255.255.255.255"):
        return False
    try:
        ipaddress.IPv4Address(host)
    except ValueError:
        return False
    return True


def _is_ipv6(address: str) -> bool:
    """Return whether ``address`` is an IPv6 address in the URL Standard's compressed form."""
    if len(address) > 39:
        return False
    head, _, tail = address.partition("::")
    before = head.split(":") if head else []
    after = tail.split(":") if tail else []
    if not all(_IPV6_PIECE.fullmatch(piece) for piece in before + after):
        return False
    pieces = before + ["0"] * (8 - len(before) - len(after)) + after
    return len(pieces) == 8 and _compress(pieces) == address


def _compress(pieces: list[str]) -> str:
    """Serialise eight pieces: the first longest run of zeros goes (URL, "IPv6 serializer")."""
    best_start, best_length, start = -1, 1, 0
    for index, piece in enumerate([*pieces, "end"]):
        if piece == "0":
            continue
        if index - start > best_length:
            best_start, best_length = start, index - start
        start = index + 1
    if best_start < 0:
        return ":".join(pieces)
    return ":".join(pieces[:best_start]) + "::" + ":".join(pieces[best_start + best_length :])


# A site names the same few origins at many views.
@functools.lru_cache(maxsize=1_024)
def parse_pattern(text: str) -> str:
    """Return the configured origin or pattern ``text`` in its normal form.

    ===============================  ==========================================================
    permitted                        admits
    ===============================  ==========================================================
    ``https://app.example.com``      that origin
    ``https://*.example.com``        one or more labels below example.com, not example.com
    ``http://localhost:*``           any port, also none
    ``https://*.example.com:*``      both
    ``null``, ``file://``            these two, only when written out
    ===============================  ==========================================================

    Upper case and a scheme's default port are normalised, IPv6 addresses compressed. Raise
    ``OriginError`` for anything that could never equal what a browser sends.
    """
    if text in SPECIAL:
        return text
    if "," in text:
        raise OriginError("holds a comma, but an entry is one origin")
    _refuse_characters(text)
    if _A_REGEX.search(text):
        # django-cors-headers misses the scheme of what begins with '^', and says nothing of others.
        kind = "incomplete" if text.startswith("^") else "origin"
        raise OriginError(
            "is a regular expression; those stand in origin_regexes, or "
            "CORS_ALLOWED_ORIGIN_REGEXES",
            kind=kind,
        )
    scheme, separator, rest = text.partition("://")
    if not separator:
        host = re.split(r"[/?#\\]", text)[0]
        local = host.lower().startswith(("localhost", "127."))
        hint = _normal_form(f"http{'' if local else 's'}://{host}") if local or "." in host else ""
        raise OriginError("has no scheme", hint, "incomplete")
    scheme = scheme.lower()
    if not _SCHEME.fullmatch(scheme):
        if "*" in scheme:
            raise OriginError("has a '*' for its scheme; write each scheme out")
        raise OriginError("has no valid scheme; a regular expression belongs in origin_regexes")
    _refuse_url_parts(scheme, rest)
    host, port = _split_host_and_port(scheme, rest)
    if port and port == DEFAULT_PORTS.get(scheme):
        port = ""
    normal = f"{scheme}://{host}:{port}" if port else f"{scheme}://{host}"
    # The text itself where it is normal: who lists 100,000 of them need not hold each one twice.
    return text if normal == text else normal


def _refuse_characters(text: str) -> None:
    if not text:
        raise OriginError("is empty")
    if len(text) > MAX_LENGTH:
        raise OriginError(f"is longer than {MAX_LENGTH} characters")
    # Of all white space only the blank is printable.
    if " " in text or not text.isprintable():
        hint = _normal_form(text.strip()) if text.strip() != text else ""
        raise OriginError("contains white space or control characters", hint)
    if not text.isascii():
        raise OriginError(
            "contains Unicode, but browsers send host names in Punycode", _punycode(text)
        )


def _punycode(text: str) -> str:
    scheme, separator, host = text.rpartition("://")
    # Python knows IDNA 2003, which turns these into other letters; browsers have moved on.
    if any(letter in host for letter in "\u00df\u03c2\u200c\u200d"):
        return ""
    try:
        encoded = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    scheme = scheme if separator else "https"
    return _normal_form(f"{scheme}://{encoded}") if scheme.isascii() else ""


def _normal_form(text: str) -> str:
    """Return the pattern that a hint may propose for ``text``, or nothing where there is none."""
    try:
        return parse_pattern(text)
    except OriginError:
        return ""


def _refuse_url_parts(scheme: str, rest: str) -> None:
    authority = re.split(r"[/?#\\]", rest)[0]
    host = authority.rpartition("@")[2]
    if not host:
        raise OriginError("has no host", kind="incomplete")
    if "@" in authority:
        raise OriginError("has user info", _normal_form(f"{scheme}://{host}"))
    if authority != rest:
        part = {"?": "a query", "#": "a fragment"}.get(rest[len(authority)], "a path")
        what = "ends in a slash" if rest == f"{authority}/" else f"has {part}"
        hint = _normal_form(f"{scheme}://{host}")
        raise OriginError(f"{what}; an origin is scheme, host and port", hint, "path")


def _split_host_and_port(scheme: str, rest: str) -> tuple[str, str]:
    if rest.startswith("["):
        host, bracket, port = rest.partition("]")
        host, separator, port = _ipv6_host(host + bracket), port[:1], port[1:]
        if separator and separator != ":":
            raise OriginError("has something else than a port after the IPv6 address")
    else:
        host, separator, port = rest.partition(":")
        host = _checked_host(scheme, host)
    if separator and port != "*":
        if ":" in port:
            raise OriginError("has two ports, or an IPv6 address without brackets")
        if not (_PORT.fullmatch(port) and int(port) <= 65535):
            raise OriginError(f"has {port!r} for its port, which is no number from 1 to 65535")
    return host, port


def _ipv6_host(bracketed: str) -> str:
    try:
        if not bracketed.endswith("]") or "%" in bracketed:
            raise ValueError
        packed = ipaddress.IPv6Address(bracketed[1:-1]).packed
    except ValueError:
        raise OriginError("has no valid IPv6 address in its brackets") from None
    pieces = [piece.lstrip("0") or "0" for piece in packed.hex(":", 2).split(":")]
    return f"[{_compress(pieces)}]"


def _checked_host(scheme: str, host: str) -> str:
    web = scheme in DEFAULT_PORTS
    if web:
        host = host.lower()
    base = host.removeprefix("*.")
    if base == "*":
        raise OriginError(
            "has a '*' for its whole host; write the domain, '*.example.com', or admit any origin"
        )
    if "*" in base:
        raise OriginError("has a '*' that does not stand alone as the leftmost label")
    if not _is_host(base, web=web):
        raise OriginError(f"has {base!r} for its host, which no browser sends")
    if base != host and _is_ipv4(base):
        raise OriginError("has a '*' before an IP address, which has no subdomains")
    return host


class OriginSet:
    """An immutable set of origins and patterns whose lookup does not slow down as it grows.

    ``origins`` are normal forms from ``parse_pattern``, callables, or ``"*"``; ``regexes`` are
    compiled and must match the whole origin. Callables are not asked here: they need a request,
    so whoever has one reads them from ``callables``.
    """

    __slots__ = (
        "_any_port",
        "_below",
        "_below_any_port",
        "_dots",
        "_dots_any_port",
        "_exact",
        "_regexes",
        "any",
        "callables",
    )

    def __init__(
        self, origins: Iterable[str | OriginCallable], regexes: Iterable[re.Pattern[str]] = ()
    ) -> None:
        origins = tuple(origins)
        names = [origin for origin in origins if isinstance(origin, str)]
        self.any = "*" in names
        self.callables = tuple(origin for origin in origins if not isinstance(origin, str))
        self._exact = frozenset(name for name in names if "*" not in name)
        # The subdomain patterns, and how many dots those have: one lookup for each number of dots
        # in use, not one for each pattern.
        any_port = {name[:-2] for name in names if name.endswith(":*")}
        self._any_port = frozenset(name for name in any_port if "*" not in name)
        self._below_any_port = frozenset(any_port - self._any_port)
        self._below = _schemes_by_domain(name for name in names if name[-2:] != ":*")
        self._dots = _numbers_of_dots(self._below)
        self._dots_any_port = _numbers_of_dots(self._below_any_port)
        self._regexes = tuple(regexes)

    def admits(self, origin: str) -> bool:
        """Return whether ``origin`` is in the set, callables left aside.

        A value that is no origin is admitted by nothing, not even by ``"*"`` or a regex.
        """
        # Length first: even asking a set hashes the whole value.
        if len(origin) > MAX_LENGTH:
            return False
        if origin in self._exact:
            return True
        # Most origins are looked up in vain, so what no pattern says of one is judged after that;
        # and here, because a call costs more than the lookup.
        for dots in self._dots:
            # A final dot is one of them: such a host is another. The port is part of the domain.
            head = origin.rsplit(".", dots)[0]
            schemes = self._below.get(origin[len(head) :])
            if schemes is not None:
                scheme, _, labels = head.partition("://")
                if scheme in schemes:
                    return schemes[scheme].fullmatch(labels) is not None
        if (self._any_port or self._dots_any_port) and self._is_at_any_port(origin):
            return True
        if not (self.any or self._regexes) or not is_origin(origin):
            return False
        return self.any or self._matches_regex(origin)

    def _is_at_any_port(self, origin: str) -> bool:
        """Return whether a pattern for any port admits ``origin``, by itself or as a subdomain."""
        scheme, _, rest = origin.partition("://")
        host, colon, port = rest.partition(":")
        if host[:1] == "[":
            address, bracket, port = rest.partition("]")
            host, colon, port = address + bracket, port[:1], port[1:]
        if colon and not (colon == ":" and _is_port(scheme, port)):
            return False
        if f"{scheme}://{host}" in self._any_port:
            return True
        for dots in self._dots_any_port:
            labels = host.rsplit(".", dots)[0]
            if f"{scheme}://*{host[len(labels) :]}" in self._below_any_port:
                return _labels_of(scheme).fullmatch(labels) is not None
        return False

    def _matches_regex(self, origin: str) -> bool:
        # fullmatch: a prefix match lets https://example.com.evil.org in (CVE-2026-37737's class).
        return any(regex.fullmatch(origin) for regex in self._regexes)


def _schemes_by_domain(patterns: Iterable[str]) -> dict[str, dict[str, re.Pattern[str]]]:
    """Return the schemes that go with each domain below which patterns admit all.

    Each scheme comes with the labels that it may have before the domain.
    """
    found: dict[str, frozenset[str]] = {}
    for pattern in patterns:
        scheme, star, domain = pattern.partition("://*")
        if star:
            found[domain] = found.get(domain, frozenset()) | {scheme}
    # Nearly all domains have the same schemes, and share what is made of them.
    made = {
        schemes: {scheme: _labels_of(scheme) for scheme in schemes} for schemes in found.values()
    }
    return {domain: made[schemes] for domain, schemes in found.items()}


def _numbers_of_dots(patterns: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({pattern.rpartition("://")[2].count(".") for pattern in patterns}))


def _labels_of(scheme: str) -> re.Pattern[str]:
    """Return what can stand for the ``*`` before a host, which is checked already."""
    return _WEB_LABELS if scheme in DEFAULT_PORTS else _OTHER_LABELS
