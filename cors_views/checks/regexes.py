"""What the checks know about regular expressions for origins: which admit more than was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from cors_views.checks.sites import is_public_suffix, site_of
from cors_views.origins import is_origin

#: Origins that nobody means: who admits one of them admits whoever registers a name there.
_STRANGERS = (
    *(
        f"{scheme}://{name}.{suffix}{port}"
        for scheme in ("https", "http")
        for name in ("stranger", "abc")
        for suffix in ("com", "app", "dev", "io", "net", "org", "de", "fr", "xyz")
        for port in ("", ":8443")
    ),
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
)
_QUANTIFIERS = "*+?{"
#: What a pattern says letter by letter at its end, or as a whole.
_LITERAL = r"(?:[A-Za-z0-9:/_-]|\\[.:/_-])"


def stranger_of(regex: re.Pattern[str]) -> str:
    """Return an origin that a regex admits although nobody can have meant it, or nothing."""
    tail = _tail(regex)
    below = f"https://stranger{tail}" if tail.startswith(".") else ""
    if below and is_public_suffix(tail[1:]) and regex.fullmatch(below):
        return below
    return next((origin for origin in _STRANGERS if regex.fullmatch(origin)), "")


def special_of(regex: re.Pattern[str]) -> str:
    """Return which origin without a host a regex admits, or nothing."""
    return next((origin for origin in ("null", "file://") if regex.fullmatch(origin)), "")


def admits_plain_http(regex: re.Pattern[str]) -> bool:
    """Return whether a regex is written for http too, for hosts beyond this machine."""
    scheme, separator, host = regex.pattern.replace("\\/", "/").partition("://")
    if not separator or "localhost" in host or "127" in host or "::1" in host:
        return False
    try:
        return re.fullmatch(scheme, "http") is not None
    except re.error:
        # The scheme is no expression of its own: a group goes on behind it.
        return False


def _tail(regex: re.Pattern[str]) -> str:
    """Return what a pattern says letter by letter at its end."""
    match = re.search(rf"({_LITERAL}+)\$?\Z", regex.pattern)
    return match[1].replace("\\", "") if match else ""


def lookalike_of(regex: re.Pattern[str]) -> str:
    """Return an origin of somebody else's that ends like the host of a regex, or nothing.

    That is ``https://strangerexample.com`` for ``https://.*example\\.com``.
    """
    host = _tail(regex)
    if "." not in host or "/" in host or not host[0].isalnum() or site_of(host) != host:
        return ""
    origin = f"https://stranger{host}"
    return origin if regex.fullmatch(origin) else ""


def matches_nothing(regex: re.Pattern[str]) -> bool:
    """Return whether a regex is one literal text that is no origin, such as the start of one."""
    match = re.fullmatch(rf"\^?({_LITERAL}+)\$?", regex.pattern)
    return match is not None and not is_origin(match[1].replace("\\", ""))


def escaped(pattern: str) -> str:
    """Return ``pattern`` with each dot escaped that stands for a dot and matches any character.

    Such a dot stands inside of a host, ``app.example``, without a quantifier. One that begins or
    ends a group, or stands in a set, was meant for what it says.
    """
    found = set(_loose_dots(pattern))
    return "".join(
        f"\\{character}" if index in found else character for index, character in enumerate(pattern)
    )


def _loose_dots(pattern: str) -> Iterator[int]:
    in_set, index = False, 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\":
            index += 1
        elif character == "[":
            in_set = True
        elif character == "]":
            in_set = False
        elif character == "." and not in_set and _is_in_host(pattern, index):
            yield index
        index += 1


def _is_in_host(pattern: str, index: int) -> bool:
    before, after = pattern[index - 1 : index], pattern[index + 1 : index + 2]
    alone = before in ("", *"/(|^.-") or after in ("", *_QUANTIFIERS, *")|$.-\\")
    return not alone
