"""The pages: one small server per origin, all of them serving the same files."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playground.calls import Call
from playground.recorder import RECORDS
from shopsite import origins

PAGES = Path(__file__).resolve().parent / "pages"

#: Where the API takes WebSockets.
SOCKETS = origins.API.replace("http:", "ws:")

FILES = {
    "/": ("index.html", "text/html; charset=utf-8"),
    "/playground.css": ("playground.css", "text/css; charset=utf-8"),
    "/playground.js": ("playground.js", "text/javascript; charset=utf-8"),
}


@dataclass(frozen=True)
class Site:
    """One of the origins that call the API."""

    role: str
    origin: str
    title: str
    about: str

    @property
    def host(self) -> str:
        return urlsplit(self.origin).netloc


SITES = (
    Site(
        "storefront",
        origins.STOREFRONT,
        "The shop’s own front end",
        "Another origin than the API, but the same site: it may read almost everything, "
        "signed in with the session cookie.",
    ),
    Site(
        "partner",
        origins.PARTNER,
        "A partner’s site",
        "It shows the shop’s stock to its own visitors and reserves for them: it may read the "
        "stock feed with its key, order with a token, and read what everybody may. No cookie of "
        "the shop ever comes from here.",
    ),
    Site(
        "stranger",
        origins.STRANGER,
        "A stranger’s site",
        "Nobody has heard of it. It may read what is meant for everybody, and learns here how much "
        "of the rest a browser sends anyway.",
    ),
)


def describe(site: Site, calls: Sequence[Call]) -> dict[str, Any]:
    """Return what the page at ``site`` must know: where it is, and what to call."""
    return {
        "site": asdict(site),
        "sites": [asdict(other) for other in SITES],
        "api": origins.API,
        "calls": [
            {
                "name": call.name,
                "group": call.group,
                "title": call.title,
                "method": call.method,
                "path": call.path,
                "credentials": call.credentials,
                "headers": dict(call.headers),
                "body": call.body,
                "needs": call.needs,
                "policy": call.policy,
                "declared": call.declared,
                "expected": asdict(call.expected(site.role)),
            }
            for call in calls
        ],
    }


class PageServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, address: tuple[str, int], site: Site, calls: Sequence[Call]) -> None:
        self.site, self.calls = site, calls
        super().__init__(address, PageHandler)


class PageHandler(BaseHTTPRequestHandler):
    server: PageServer
    protocol_version = "HTTP/1.1"
    timeout = 30

    def do_GET(self) -> None:
        # The record of a call is for the page alone; a foreign name that leads here (DNS
        # rebinding) gets nothing.
        if self.headers.get("Host") != self.server.site.host:
            self._send(
                f"Open {self.server.site.origin}/ instead.\n".encode(),
                "text/plain; charset=utf-8",
                HTTPStatus.MISDIRECTED_REQUEST,
            )
            return
        url = urlsplit(self.path)
        answers: dict[str, Callable[[], Any]] = {
            "/playground.json": lambda: describe(self.server.site, self.server.calls),
            "/record": lambda: RECORDS.as_json(parse_qs(url.query).get("call", [""])[0]),
        }
        if url.path in FILES:
            name, content_type = FILES[url.path]
            self._send((PAGES / name).read_bytes(), content_type)
        elif url.path in answers:
            body = json.dumps(answers[url.path]()).encode()
            self._send(body, "application/json")
        else:
            self._send(b"Not found.\n", "text/plain; charset=utf-8", HTTPStatus.NOT_FOUND)

    def _send(self, body: bytes, content_type: str, status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        if content_type.startswith("text/html"):
            self.send_header(
                "Content-Security-Policy",
                f"default-src 'self'; img-src data:; connect-src 'self' {origins.API} {SOCKETS}; "
                "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
            )
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:
        """Stay silent: the console is for the API's own lines."""
