"""What the checks know about regular expressions for origins: which admit more than was meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

#: Origins that nobody means: who admits one of them admits whoever registers a name there.
_STRANGERS = tuple(
    f"https://stranger.{suffix}" for suffix in ("app", "com", "dev", "io", "net", "org")
)
_QUANTIFIERS = "*+?{"


def stranger_of(regex: re.Pattern[str]) -> str:
    """Return an origin that a regex admits although nobody can have meant it, or nothing."""
    return next((origin for origin in _STRANGERS if regex.fullmatch(origin)), "")


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
    return bool(before and after) and before not in "/(|^." and after not in f"{_QUANTIFIERS})|$."
