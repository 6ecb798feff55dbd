"""What the Fetch standard says of headers: their names and lists, and which no script may set.

https://fetch.spec.whatwg.org/ is the authority, its sections those of the review draft of June
2026; each name below is the standard's own term. Which headers need no preflight: ``safelists``.
"""

from __future__ import annotations

import re

#: RFC 9110 section 5.6.2: the grammar of methods and of header names.
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")

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

#: Fetch section 2.2.2, "forbidden response-header name": never shown to a script.
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})

#: Fetch section 3.3.3, "HTTP responses", and Private Network Access: what a server answers with.
ALLOW_ORIGIN = "access-control-allow-origin"
ALLOW_CREDENTIALS = "access-control-allow-credentials"
ALLOW_METHODS = "access-control-allow-methods"
ALLOW_HEADERS = "access-control-allow-headers"
ALLOW_PRIVATE_NETWORK = "access-control-allow-private-network"
EXPOSE_HEADERS = "access-control-expose-headers"
MAX_AGE = "access-control-max-age"
CORS_RESPONSE_HEADERS = frozenset(
    {
        ALLOW_ORIGIN,
        ALLOW_CREDENTIALS,
        ALLOW_METHODS,
        ALLOW_HEADERS,
        ALLOW_PRIVATE_NETWORK,
        EXPOSE_HEADERS,
        MAX_AGE,
    }
)

#: A browser writes every header name once; past these bounds it is not a page that asks.
MAX_REQUEST_HEADERS_LENGTH = 4096
MAX_REQUEST_HEADERS = 128


def is_token(text: str) -> bool:
    """Return whether ``text`` is a token, the grammar of method and header names."""
    return _TOKEN.fullmatch(text) is not None


def is_forbidden_request_header(name: str) -> bool:
    """Return whether only the browser itself may set the request header ``name``."""
    name = name.lower()
    return name in FORBIDDEN_REQUEST_HEADERS or name.startswith(_FORBIDDEN_REQUEST_HEADER_PREFIXES)


def split_list(value: str) -> list[str]:
    """Return the elements of a list header's value; RFC 9110 section 5.6.1.2: empty ones go."""
    return [name for element in value.split(",") if (name := element.strip(" \t"))]


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
