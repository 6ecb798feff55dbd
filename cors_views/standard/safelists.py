"""What Fetch lets a page send without asking, and read without being told that it may."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from cors_views.standard.headers import (
    EXPOSE_HEADERS,
    FORBIDDEN_RESPONSE_HEADERS,
    is_forbidden_request_header,
    is_token,
    split_list,
)
from cors_views.standard.methods import is_forbidden_method

HeaderList = tuple[tuple[str, str], ...]

#: Fetch section 2.2.2, "CORS non-wildcard request-header name": what '*' never covers.
NON_WILDCARD_REQUEST_HEADERS = frozenset({"authorization"})

#: Fetch section 2.2.2, "request-body-header name": what goes when a redirect drops the body.
REQUEST_BODY_HEADERS = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type"}
)

#: Fetch section 2.2.2, "CORS-safelisted response-header name".
SAFELISTED_RESPONSE_HEADERS = frozenset(
    {
        "cache-control",
        "content-language",
        "content-length",
        "content-type",
        "expires",
        "last-modified",
        "pragma",
    }
)

#: What an HTML form can send, and so a page as well.
_SAFELISTED_CONTENT_TYPES = frozenset(
    {"application/x-www-form-urlencoded", "multipart/form-data", "text/plain"}
)
_LONGEST_SAFELISTED_VALUE = 128
_LONGEST_SAFELISTED_VALUES = 1024

#: Fetch section 2.2.2, "CORS-unsafe request-header byte".
_UNSAFE_BYTE = re.compile(r'[\x00-\x08\x0a-\x1f"():<>?@\[\\\]{}\x7f]')
_NOT_IN_LANGUAGE = re.compile(r"[^0-9A-Za-z *,\-.;=]")
#: Fetch section 2.2.2, "parse a single range header value", with a start, as media elements ask.
_RANGE_WITH_A_START = re.compile(r"bytes=([0-9]+)-([0-9]*)")
_METHOD_OVERRIDES = frozenset({"x-http-method", "x-http-method-override", "x-method-override"})


def is_dropped_request_header(name: str, value: str) -> bool:
    """Return whether ``fetch()`` silently leaves a header out (Fetch, "forbidden request-header").

    Besides the names that belong to the browser, those are overrides with a forbidden method.
    """
    if is_forbidden_request_header(name):
        return True
    return name.lower() in _METHOD_OVERRIDES and any(
        is_forbidden_method(method) for method in split_list(value)
    )


def _is_plain(value: str) -> bool:
    return not _UNSAFE_BYTE.search(value)


def _is_language(value: str) -> bool:
    return not _NOT_IN_LANGUAGE.search(value)


def _is_a_forms_type(value: str) -> bool:
    return _is_plain(value) and mime_essence(value) in _SAFELISTED_CONTENT_TYPES


def _is_range(value: str) -> bool:
    match = _RANGE_WITH_A_START.fullmatch(value)
    return match is not None and (not match[2] or int(match[1]) <= int(match[2]))


_SAFELISTED_REQUEST_HEADERS: dict[str, Callable[[str], bool]] = {
    "accept": _is_plain,
    "accept-language": _is_language,
    "content-language": _is_language,
    "content-type": _is_a_forms_type,
    "range": _is_range,
}


def mime_essence(value: str) -> str:
    """Return type and subtype in lower case, or ``""`` (MIME Sniffing, "parse a MIME type")."""
    kind, _, rest = value.strip("\t\n\r ").partition("/")
    subtype = rest.partition(";")[0].rstrip("\t\n\r ")
    if is_token(kind) and is_token(subtype):
        return f"{kind}/{subtype}".lower()
    return ""


def is_safelisted_request_header(name: str, value: str) -> bool:
    """Return whether a page may send a header unasked (Fetch, "CORS-safelisted request-header").

    Both are text of which each character is one byte.
    """
    judge = _SAFELISTED_REQUEST_HEADERS.get(name.lower())
    return judge is not None and len(value) <= _LONGEST_SAFELISTED_VALUE and judge(value)


def unsafe_request_header_names(headers: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Return the names that a preflight has to ask about, in lower case and sorted.

    Fetch section 2.2.2, "CORS-unsafe request-header names": safelisted values that together are
    too long are all asked about.
    """
    unsafe, harmless, size = set(), set(), 0
    for name, value in headers:
        if is_safelisted_request_header(name, value):
            harmless.add(name.lower())
            size += len(value)
        else:
            unsafe.add(name.lower())
    return tuple(sorted(unsafe | harmless if size > _LONGEST_SAFELISTED_VALUES else unsafe))


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


def visible(headers: HeaderList, *, cors: bool, credentials: bool) -> HeaderList:
    """Return the headers that a script may read.

    Fetch section 2.2.6, "basic filtered response" and "CORS filtered response"; ``*`` exposes all
    of them only where the page asked without ``credentials`` (section 4.1, "main fetch").
    """
    exposed = {name.lower() for name in names_in(headers, EXPOSE_HEADERS) or ()}
    everything = not cors or ("*" in exposed and not credentials)
    shown = SAFELISTED_RESPONSE_HEADERS | exposed
    return tuple(
        (name, value)
        for name, value in headers
        if name.lower() not in FORBIDDEN_RESPONSE_HEADERS and (everything or name.lower() in shown)
    )
