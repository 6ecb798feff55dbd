"""What a WSGI or ASGI server says of a request, without any of Django."""

from __future__ import annotations

import io
from collections.abc import Iterable
from typing import Any

Headers = Iterable[tuple[str, str]]


def environ(url: str, method: str, headers: Headers) -> dict[str, Any]:
    """Return what a WSGI server says; ``headers`` have the names that it gives them."""
    return {
        "REQUEST_METHOD": method,
        "PATH_INFO": url,
        "SCRIPT_NAME": "",
        "QUERY_STRING": "",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(),
        "HTTP_HOST": "testserver",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "benchmark",
        **dict(headers),
    }


def scope(url: str, method: str, headers: Headers) -> dict[str, Any]:
    """Return what an ASGI server says; ``headers`` have the names that WSGI gives them."""
    named = {
        "HTTP_HOST": "testserver",
        "HTTP_ACCEPT": "*/*",
        "HTTP_USER_AGENT": "benchmark",
        **dict(headers),
    }
    return {
        "type": "http",
        "method": method,
        "path": url,
        "root_path": "",
        "query_string": b"",
        "scheme": "http",
        "server": ("testserver", 80),
        "client": ("127.0.0.1", 50000),
        "headers": [
            (name.removeprefix("HTTP_").replace("_", "-").lower().encode(), value.encode())
            for name, value in named.items()
        ],
    }
