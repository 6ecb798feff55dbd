"""What the Fetch standard says of response headers: those of CORS, and which a script may read.

https://fetch.spec.whatwg.org/ is the authority, its sections those of the review draft of June
2026; each name below is the standard's own term.
"""

from __future__ import annotations

from collections.abc import Iterable

from cors_views.standard.header_values import HeaderList, names_in

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

#: Fetch section 2.2.2, "forbidden response-header name": never shown to a script.
FORBIDDEN_RESPONSE_HEADERS = frozenset({"set-cookie", "set-cookie2"})

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


def cors_headers_among(names: Iterable[str]) -> list[str]:
    """Return which of these are headers of CORS, as they are written."""
    return [name for name in names if name.lower() in CORS_RESPONSE_HEADERS]


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
