"""Requests as ASGI has them: what they say to the protocol, and what is of the visitor in them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, MutableMapping
from io import BytesIO
from types import SimpleNamespace
from typing import Any

from django.core.handlers.asgi import ASGIRequest

from cors_views.protocol.reasons import Preflight

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[Any]]

#: By what a browser makes a visitor known without a script that says so. What an authentication
#: around this one has made of it is of the visitor too, and must not be there either.
_CREDENTIALS = (b"cookie", b"authorization")
_MADE_OF_THEM = ("cookies", "session", "user", "auth")
#: What ASGI's TLS extension says of a client without a certificate.
_NO_CERTIFICATE = {"client_cert_chain": (), "client_cert_name": None, "client_cert_error": None}
_HTTP_SCHEMES = {"ws": "http", "wss": "https"}


def _headers(scope: Scope) -> Iterable[tuple[bytes, bytes]]:
    # ASGI: a server may leave them out where there are none.
    headers: Iterable[tuple[bytes, bytes]] = scope.get("headers", ())
    return headers


def header(scope: Scope, wanted: bytes) -> str:
    """Return the value of a request header, or ``""``. Two of them are joined, as by Django."""
    found = [value for name, value in _headers(scope) if name.lower() == wanted]
    return b",".join(found).decode("latin-1") if found else ""


def preflight(scope: Scope, origin: str) -> Preflight | None:
    """Return what a preflight asks, or ``None``. Fetch, "CORS-preflight request"."""
    wanted = b"access-control-request-method"
    if not any(name.lower() == wanted for name, _ in _headers(scope)):
        return None
    headers = header(scope, b"access-control-request-headers")
    private = header(scope, b"access-control-request-private-network") == "true"
    return Preflight(origin, header(scope, wanted), headers, private, True)


def request_of(scope: Scope, app: Application) -> ASGIRequest:
    """Return the request that callables, receivers and the log get."""
    scheme = scope.get("scheme", "http")
    # Django's request takes UTF-8 alone, and whoever sends it writes what bytes they like.
    query = scope.get("query_string", b"").decode("utf-8", "replace").encode()
    scheme = _HTTP_SCHEMES.get(scheme, scheme)
    made = {"method": "GET", **scope, "scheme": scheme, "query_string": query}
    request = ASGIRequest(made, BytesIO())
    # No view of a URLconf serves it.
    request._cors_application = True  # type: ignore[attr-defined]
    request.resolver_match = SimpleNamespace(func=app, tried=None)  # type: ignore[assignment]
    return request


def without_credentials(scope: Scope) -> Scope:
    """Return a scope without all by which a browser makes its visitor known."""
    headers = [pair for pair in _headers(scope) if pair[0].lower() not in _CREDENTIALS]
    kept = {name: value for name, value in scope.items() if name not in _MADE_OF_THEM}
    extensions = scope.get("extensions") or {}
    if "tls" in extensions:
        # Fetch, "credentials": TLS client certificates are some, too.
        kept["extensions"] = {**extensions, "tls": {**extensions["tls"], **_NO_CERTIFICATE}}
    return {**kept, "headers": headers}


def without_cookies(send: Send) -> Send:
    """Let a WebSocket give the browser no cookie."""

    # Fetch, "HTTP-network fetch": without credentials no cookie is kept either. Or a page that may
    # not be the visitor could give the browser another session, and sign the visitor out.
    async def sending(message: Message) -> None:
        if message["type"] in ("websocket.accept", "websocket.http.response.start"):
            headers = message.get("headers") or ()
            kept = [pair for pair in headers if pair[0].lower() != b"set-cookie"]
            message = {**message, "headers": kept}
        await send(message)

    return sending
