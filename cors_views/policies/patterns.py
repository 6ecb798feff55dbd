"""Origins and patterns of origins as people configure them: the one place that knows the notation.

``parse_pattern`` is a strict parser with hints; ``Pattern`` takes apart what it returns.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import Iterator
from typing import NamedTuple

from cors_views.standard.origins import (
    DEFAULT_PORTS,
    MAX_LENGTH,
    PORT,
    SCHEME,
    SPECIAL,
    compress,
    is_host,
    is_ipv4,
)

#: What stands before a domain for one or more labels, and behind a host for any port.
_BELOW, _ANY_PORT = "*.", ":*"
#: What stands in no origin and in most regular expressions.
_A_REGEX = re.compile(r"\\(?:\.|[dw][*+{])|\.\+|^\^|\$$")


#: What a value brings along from JSON or from a file of variables.
_QUOTES = "\"'`"
#: What stands before a host with a scheme of its own that was written twice.
_SCHEMES = ("http:", "https:")


class OriginError(ValueError):
    """A configured pattern is no origin.

    ``hint`` is what to write instead, where that is known. ``kind`` is ``"incomplete"`` without a
    scheme or a host, ``"path"`` with more than an origin has, and ``"origin"`` for the rest.
    """

    def __init__(self, message: str, hint: str = "", kind: str = "origin") -> None:
        super().__init__(message)
        self.hint = hint
        self.kind = kind


class Pattern(NamedTuple):
    """A configured origin in its normal form, taken apart: ``Pattern.of("http://localhost:*")``.

    ``null``, ``file://`` and the ``"*"`` for any origin have no host, and are no patterns.
    """

    scheme: str
    #: The host as it is written, and the port.
    authority: str

    @classmethod
    def of(cls, origin: str) -> Pattern:
        """Return the parts of an origin or of a pattern that ``parse_pattern`` returned."""
        scheme, separator, authority = origin.partition("://")
        return cls(scheme if separator else "", authority)

    @property
    def host(self) -> str:
        """The host as it is written, an IPv6 address in its brackets."""
        address, bracket, _ = self.authority.partition("]")
        return address + bracket if bracket else self.authority.partition(":")[0]

    @property
    def domain(self) -> str:
        """The host, or the domain below which the pattern admits all."""
        return self.host.removeprefix(_BELOW)

    @property
    def port(self) -> str:
        """The port; empty for the default one."""
        return self.authority[len(self.host) + 1 :]

    @property
    def any_port(self) -> bool:
        """Whether any port is admitted, also none."""
        return self.authority.endswith(_ANY_PORT)

    @property
    def subdomains(self) -> bool:
        """Whether one or more labels below the domain are admitted, and not the domain itself."""
        return self.authority.startswith(_BELOW)

    @property
    def ending(self) -> str:
        """What the hosts of ``subdomains`` end in, from the dot on, and the port behind it."""
        return self.authority.removeprefix("*")

    def with_port(self, port: str) -> Pattern:
        """Return the same pattern at one port; an empty one is the default."""
        return self._replace(authority=f"{self.host}:{port}" if port else self.host)

    def examples(self, labels: str, port: str) -> tuple[str, ...]:
        """Return origins that are admitted: with these labels, and without a port and with it."""
        origins = (self.with_port(""), self.with_port(port)) if self.any_port else (self,)
        return tuple(
            str(each._replace(authority=f"{labels}{each.ending}") if self.subdomains else each)
            for each in origins
        )

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def patterns_around(origin: str) -> Iterator[Pattern]:
    """Yield the patterns that admit an origin, the narrowest first."""
    own = Pattern.of(origin)
    anywhere = own._replace(authority=f"{own.host}{_ANY_PORT}")
    yield anywhere
    labels = own.host.split(".")
    for number in range(1, len(labels)):
        domain = ".".join(labels[number:])
        yield own._replace(authority=own.authority.replace(own.host, below(domain)))
        yield own._replace(authority=f"{below(domain)}{_ANY_PORT}")


def is_pattern(origin: str) -> bool:
    """Return whether a configured origin in its normal form stands for more than one of them."""
    return "*" in origin


def below(domain: str) -> str:
    """Return how a pattern writes every host below a domain."""
    return f"{_BELOW}{domain}"


def looks_like_a_regex(text: str) -> bool:
    """Return whether ``text`` holds what stands in no origin and in most regular expressions."""
    return _A_REGEX.search(text) is not None


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
    if text[0] in _QUOTES:
        raise OriginError("has quotes inside its quotes")
    if looks_like_a_regex(text):
        # django-cors-headers misses the scheme of what begins with '^', and says nothing of others.
        kind = "incomplete" if text.startswith("^") else "origin"
        raise OriginError("is a regular expression, not an origin", kind=kind)
    scheme, separator, rest = text.partition("://")
    if not separator:
        host = re.split(r"[/?#\\]", text)[0]
        # Nobody has a certificate for an address.
        local = host.lower().startswith("localhost") or is_ipv4(host.partition(":")[0])
        hint = _normal_form(f"http{'' if local else 's'}://{host}") if local or "." in host else ""
        raise OriginError("has no scheme", hint, "incomplete")
    scheme = scheme.lower()
    if not SCHEME.fullmatch(scheme):
        if "*" in scheme:
            raise OriginError("has a '*' for its scheme")
        raise OriginError("has no valid scheme")
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
    if any(letter in host for letter in "\u00df\u03c2\u200c\u200d") or _is_a_mixture(host):
        return ""
    try:
        encoded = host.encode("idna").decode("ascii")
    except UnicodeError:
        return ""
    scheme = scheme if separator else "https"
    return _normal_form(f"{scheme}://{encoded}") if scheme.isascii() else ""


def _is_a_mixture(host: str) -> bool:
    """Return whether a label has letters of Latin and of an alphabet with letters that look alike.

    Whoever pasted one Cyrillic letter means the host that it looks like, not the one that it is.
    """
    return any(
        re.search(r"[a-z]", label, re.IGNORECASE) and re.search(r"[\u0370-\u058f]", label)
        for label in host.split(".")
    )


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
        # What is behind the "@" is the host. Whoever wrote two of them may mean the other.
        hint = "" if "." in authority.rpartition("@")[0] else _normal_form(f"{scheme}://{host}")
        raise OriginError("has user info", hint)
    if authority.endswith(":") and rest.startswith("//", len(authority)):
        what = "has two schemes" if authority in _SCHEMES else "is two origins without a comma"
        raise OriginError(what, kind="path")
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
            raise OriginError("has something other than a port after the IPv6 address")
    else:
        host, separator, port = rest.partition(":")
        host = _checked_host(scheme, host)
    if separator and port != "*":
        if ":" in port:
            raise OriginError("has two ports, or an IPv6 address without brackets")
        if not (PORT.fullmatch(port) and int(port) <= 65535):
            raise OriginError(f"has {port!r} for its port, which is not a number from 1 to 65535")
    return host, port


def _ipv6_host(bracketed: str) -> str:
    try:
        if not bracketed.endswith("]") or "%" in bracketed:
            raise ValueError
        packed = ipaddress.IPv6Address(bracketed[1:-1]).packed
    except ValueError:
        raise OriginError("has no valid IPv6 address in its brackets") from None
    pieces = [piece.lstrip("0") or "0" for piece in packed.hex(":", 2).split(":")]
    return f"[{compress(pieces)}]"


def _checked_host(scheme: str, host: str) -> str:
    web = scheme in DEFAULT_PORTS
    if web:
        host = host.lower()
    base = host.removeprefix(_BELOW)
    if base == "*":
        raise OriginError("has a '*' for its whole host")
    if "*" in base:
        raise OriginError("has a '*' that does not stand alone as the leftmost label")
    if not is_host(base, web=web):
        raise OriginError(f"has {base!r} for its host, which no browser sends")
    if base != host and is_ipv4(base):
        raise OriginError("has a '*' before an IP address, which has no subdomains")
    return host
