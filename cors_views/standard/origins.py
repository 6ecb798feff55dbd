"""What an origin is, as a browser writes it in the Origin header.

Fetch section 3.2, "`Origin` header", which supplants RFC 6454, and HTML, "serialization of an
origin". What people configure is read by ``patterns``, and looked up in an ``OriginSet``.
"""

from __future__ import annotations

import ipaddress
import re

#: Longer values are no origin: a host has at most 253 characters, and extension ids stay far below.
MAX_LENGTH = 512
#: Origins without a host. They are admitted only where somebody says so.
SPECIAL = frozenset({"null", "file://"})
#: URL Standard, "special scheme": a browser leaves these ports out.
DEFAULT_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}

SCHEME = re.compile(r"[a-z][a-z0-9+.-]*")
PORT = re.compile(r"[1-9][0-9]{0,4}")
_HEXADECIMAL = re.compile(r"0x[0-9a-f]*")
# What stands outside of these sets ends the search at once, so a hostile value costs one scan.
# http(s) hosts are letters, digits and hyphens (RFC 1123 section 2.1; Fetch section 3.2), plus the
# underscore and the final dot that browsers send.
_NOT_IN_WEB_HOST = re.compile(r"[^a-z0-9._-]")
_NOT_IN_OTHER_HOST = re.compile(r"[^A-Za-z0-9._~-]")
_IPV6_PIECE = re.compile(r"0|[1-9a-f][0-9a-f]{0,3}")


def split_origin(value: str) -> tuple[str, str, str] | None:
    """Return scheme, host and port of an Origin header, or ``None`` where it is no origin.

    The port is ``""`` where it is the scheme's default. ``null`` and ``file://`` have no host and
    give ``None``: they can only be matched whole. Nothing is normalised, because a browser already
    writes the one normal form and everything else was not written by a browser.
    """
    if len(value) > MAX_LENGTH:
        return None
    scheme, separator, rest = value.partition("://")
    if not separator or not (scheme in DEFAULT_PORTS or SCHEME.fullmatch(scheme)):
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
        if not is_host(host, web=scheme in DEFAULT_PORTS):
            return None
    if colon and not is_port(scheme, port):
        return None
    return scheme, host, port


def is_port(scheme: str, port: str) -> bool:
    """Return whether a browser writes ``port`` in an origin: not where it is the default."""
    return (
        PORT.fullmatch(port) is not None
        and int(port) <= 65535
        and port != DEFAULT_PORTS.get(scheme)
    )


def is_origin(value: str) -> bool:
    """Return whether ``value`` is an origin as a browser would write it, ``null`` included."""
    # Length first: even asking a set hashes the whole value.
    return len(value) <= MAX_LENGTH and (value in SPECIAL or split_origin(value) is not None)


def is_host(host: str, *, web: bool) -> bool:
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
        return is_ipv4(host)
    return True


def is_ipv4(host: str) -> bool:
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
    return len(pieces) == 8 and compress(pieces) == address


def compress(pieces: list[str]) -> str:
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
