"""How a request of the browser goes through Django's test client, and how its body comes back."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

from cors_views.browsing import Sent


def send(client: Any, sent: Sent) -> Any:
    """Send a request, or return the coroutine that does."""
    url = urlsplit(sent.url)
    headers = _combined(sent.headers)
    # The client writes it itself where there is a body, and the async one not instead of ours.
    content_type = headers.pop("content-type", "")
    if not sent.body and content_type:
        headers["content-type"] = content_type
    if url.netloc != "testserver":
        client.request = _to_host(client.request, url.netloc)
    return client.generic(
        sent.method,
        f"{url.path}?{url.query}" if url.query else url.path,
        sent.body or b"",
        content_type,
        secure=url.scheme == "https",
        headers=headers,
    )


def _combined(headers: Iterable[tuple[str, str]]) -> dict[str, str]:
    combined: dict[str, str] = {}
    for name, value in headers:
        before = combined.get(name.lower())
        combined[name.lower()] = value if before is None else f"{before}, {value}"
    return combined


def _to_host(request: Callable[..., Any], host: str) -> Callable[..., Any]:
    """Return a client's ``request`` that asks another host than testserver.

    The async client would write a second Host header beside its own.
    """

    def ask(**environ: Any) -> Any:
        if "wsgi.input" in environ or "REQUEST_METHOD" in environ:
            return request(**environ | {"HTTP_HOST": host})
        others = [pair for pair in environ["headers"] if pair[0] != b"host"]
        return request(**environ | {"headers": [*others, (b"host", host.encode("ascii"))]})

    return ask


def body(response: Any) -> bytes:
    """Return the whole body, of a streaming response too; none of no response."""
    return b"".join(response or ())


async def abody(response: Any) -> bytes:
    """The same as ``body``, where the response may stream asynchronously."""
    if getattr(response, "is_async", False):
        return b"".join([part async for part in response])
    return body(response)
