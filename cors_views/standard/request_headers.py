"""What the Fetch standard says of request headers: forbidden ones, and which need no preflight.

https://fetch.spec.whatwg.org/ is the authority, its sections those of the review draft of June
2026; each name below is the standard's own term.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

from cors_views.standard.header_values import is_token, mime_essence, split_list
from cors_views.standard.methods import is_forbidden_method

#: Set by the browser alone: Fetch section 2.2.2, "forbidden request-header", and what the draft of
#: Private Network Access adds.
FORBIDDEN_REQUEST_HEADERS = frozenset(
    {
        "accept-charset",
        "accept-encoding",
        "access-control-request-headers",
        "access-control-request-method",
        "access-control-request-private-network",
        "connection",
        "content-length",
        "cookie",
        "cookie2",
        "date",
        "dnt",
        "expect",
        "host",
        "keep-alive",
        "origin",
        "referer",
        "set-cookie",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    }
)
_FORBIDDEN_REQUEST_HEADER_PREFIXES = ("proxy-", "sec-")

#: Fetch section 2.2.2, "CORS non-wildcard request-header name": what '*' never covers.
NON_WILDCARD_REQUEST_HEADERS = frozenset({"authorization"})

#: Fetch section 2.2.2, "request-body-header name": what goes when a redirect drops the body.
REQUEST_BODY_HEADERS = frozenset(
    {"content-encoding", "content-language", "content-location", "content-type"}
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

#: A browser writes every header name once; past these bounds it is not a page that asks.
MAX_REQUEST_HEADERS_LENGTH = 4096
MAX_REQUEST_HEADERS = 128


def is_forbidden_request_header(name: str) -> bool:
    """Return whether only the browser itself may set the request header ``name``."""
    name = name.lower()
    return name in FORBIDDEN_REQUEST_HEADERS or name.startswith(_FORBIDDEN_REQUEST_HEADER_PREFIXES)


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


def parse_request_headers(value: str) -> tuple[str, ...] | None:
    """Return the names in an Access-Control-Request-Headers value, in lower case.

    ``None`` means that no browser wrote it (an element that is no token, a forbidden name, or past
    the bounds above), so nothing of it may be trusted or sent back.
    """
    if len(value) > MAX_REQUEST_HEADERS_LENGTH:
        return None
    names = split_list(value)
    if len(names) > MAX_REQUEST_HEADERS:
        return None
    if not all(is_token(name) and not is_forbidden_request_header(name) for name in names):
        return None
    return tuple(dict.fromkeys(name.lower() for name in names))
