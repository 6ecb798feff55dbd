"""How headers are written: the grammar of names, of lists, and what a header is together.

https://fetch.spec.whatwg.org/ is the authority, its sections those of the review draft of June
2026; each name below is the standard's own term.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

HeaderList = tuple[tuple[str, str], ...]

#: RFC 9110 section 5.6.2: the grammar of methods and of header names.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def is_token(text: str) -> bool:
    """Return whether ``text`` is a token, the grammar of method and header names."""
    return _TOKEN.fullmatch(text) is not None


def split_list(value: str) -> list[str]:
    """Return the elements of a list header's value; RFC 9110 section 5.6.1.2: empty ones go."""
    return [name for element in value.split(",") if (name := element.strip(" \t"))]


def value_of(headers: Iterable[tuple[str, str]], name: str) -> str | None:
    """Return the combined value of a header, or ``None`` (Fetch section 2.2.2, "get")."""
    values = [value.strip("\t\n\r ") for each, value in headers if each.lower() == name]
    return ", ".join(values) if values else None


def names_in(headers: Iterable[tuple[str, str]], name: str) -> tuple[str, ...] | None:
    """Return the tokens in a list header, none where it is not there.

    ``None`` where it is no list of tokens (Fetch section 2.2.2, "extract header list values").
    """
    names = split_list(value_of(headers, name) or "")
    return tuple(names) if all(map(is_token, names)) else None


def mime_essence(value: str) -> str:
    """Return type and subtype in lower case, or ``""`` (MIME Sniffing, "parse a MIME type")."""
    kind, _, rest = value.strip("\t\n\r ").partition("/")
    subtype = rest.partition(";")[0].rstrip("\t\n\r ")
    if is_token(kind) and is_token(subtype):
        return f"{kind}/{subtype}".lower()
    return ""
