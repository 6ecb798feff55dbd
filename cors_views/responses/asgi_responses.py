"""Responses of applications beside Django: their headers, as ASGI has them."""

from __future__ import annotations

from collections.abc import Iterable

from cors_views.protocol.asgi_scopes import Send
from cors_views.protocol.reasons import Answer
from cors_views.responses.headers_and_vary import with_origin
from cors_views.standard.response_headers import CORS_RESPONSE_HEADERS

#: Names and values of headers, as ASGI has them.
RawHeaders = list[tuple[bytes, bytes]]


def written(headers: Iterable[tuple[bytes, bytes]], answer: Answer) -> tuple[RawHeaders, list[str]]:
    """Return the headers of a response with those of the answer, and the names of its own.

    Its own headers of CORS are removed.
    """
    kept: RawHeaders = []
    own: list[str] = []
    vary: list[str] = []
    for name, value in headers:
        lower = name.decode("latin-1").lower()
        if lower in CORS_RESPONSE_HEADERS:
            own.append(lower)
        elif lower == "vary" and answer.vary:
            vary.append(value.decode("latin-1"))
        else:
            kept.append((name, value))
    return kept + headers_of(answer, (), ", ".join(vary)), own


def headers_of(
    answer: Answer, headers: Iterable[tuple[str, str]] = (), vary: str = ""
) -> RawHeaders:
    """Return the headers of an answer, beside others; ``vary`` is what there is of it already."""
    pairs = [*headers, *answer.headers]
    if answer.vary:
        pairs.append(("vary", with_origin(vary) if vary else "origin"))
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def of_text(body: bytes) -> list[tuple[str, str]]:
    """Return the headers of a plain text."""
    return [
        ("content-length", str(len(body))),
        ("content-type", "text/plain; charset=utf-8"),
    ]


async def respond(send: Send, status: int, headers: RawHeaders, body: bytes = b"") -> None:
    """Send a whole response."""
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
