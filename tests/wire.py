"""Requests over a socket, as they stand in a test: what no client would send, too."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterable
from typing import NamedTuple

Headers = Iterable[tuple[str, str | bytes]]


class Answer(NamedTuple):
    status: int
    headers: list[tuple[str, str]]
    body: bytes

    def values(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each.lower() == name]

    @property
    def cors(self) -> dict[str, str]:
        """The CORS headers and Vary, which none of them may be there twice."""
        found = [
            (name.lower(), value)
            for name, value in self.headers
            if name.lower().startswith("access-control-") or name.lower() == "vary"
        ]
        assert len(dict(found)) == len(found), found
        return dict(found)


def opened(port: int, method: str, path: str, headers: Headers, body: bytes = b"") -> socket.socket:
    """Send a request as it stands here, and leave the answer to be read."""
    lines = [f"{method} {path} HTTP/1.1".encode()]
    for name, value in headers:
        text = value if isinstance(value, bytes) else value.encode("latin-1")
        lines.append(name.encode() + b": " + text)
    connection = socket.create_connection(("127.0.0.1", port), timeout=20)
    connection.sendall(b"\r\n".join([*lines, b"", body]))
    return connection


def ask(port: int, method: str, path: str, headers: Headers, body: bytes = b"") -> Answer | None:
    """Return the answer to a request; nothing where the server hangs up on it."""
    given = [("Connection", "close"), *headers]
    if not any(name == "Host" for name, _ in given):
        given.insert(0, ("Host", f"127.0.0.1:{port}"))
    if body:
        given.append(("Content-Length", str(len(body))))
    with opened(port, method, path, given, body) as connection:
        response = http.client.HTTPResponse(connection, method=method)
        try:
            response.begin()
            return Answer(response.status, response.getheaders(), response.read())
        except (http.client.RemoteDisconnected, ConnectionResetError):
            return None


def handshake(
    port: int, path: str, *more: tuple[str, str | bytes], **headers: str
) -> tuple[int, str]:
    """Open a WebSocket; return the status, and the first message."""
    sent = {
        "Host": f"127.0.0.1:{port}",
        "Upgrade": "websocket",
        "Connection": "Upgrade",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version": "13",
        **headers,
    }
    with (
        opened(port, "GET", path, [*sent.items(), *more]) as connection,
        connection.makefile("rb") as answer,
    ):
        status = int(answer.readline().split()[1])
        while answer.readline().strip():
            pass
        if status != 101:
            return status, ""
        # RFC 6455 section 5.2: a short text in one frame, which a server does not mask.
        opcode, length = answer.read(2)
        assert opcode == 0x81
        if length == 126:
            length = int.from_bytes(answer.read(2), "big")
        return status, answer.read(length).decode()
