"""An ASGI site of Channels and Starlette, without a view of Django's, for the servers to serve."""

from __future__ import annotations

import asyncio
import json
import os
from collections import defaultdict
from typing import Any

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tests.settings")
django.setup()

from channels.generic.http import AsyncHttpConsumer
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.urls import path
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from cors_views import CorsPolicy
from cors_views.asgi import CorsASGI
from tests.policies.hostile_origins import BELOW, BOTH, EXACT, PORTS, REGEX

APP = "https://app.example"

# --- Consumers and Starlette -----------------------------------------------------------------


class Ticker(AsyncWebsocketConsumer):
    """Tells whether a cookie has arrived."""

    async def connect(self) -> None:
        await self.accept()
        names = [name for name, _ in self.scope["headers"]]
        await self.send("cookie" if b"cookie" in names else "no cookie")


class Stream(AsyncHttpConsumer):
    """Answers in pieces."""

    async def handle(self, body: bytes) -> None:
        await self.send_headers(headers=[(b"Content-Type", b"text/plain")])
        for piece in (b"one ", b"two"):
            await self.send_body(piece, more_body=True)
        await self.send_body(b"")


async def fails(request: Any) -> PlainTextResponse:
    raise OSError("the application failed")


# --- A stream whose second piece waits for another request --------------------------------------

#: By the name that both requests have in their query.
RELEASED: defaultdict[bytes, asyncio.Event] = defaultdict(asyncio.Event)


async def released(scope: Any) -> None:
    # Whoever waits in vain has an error: nothing is left running after the tests.
    await asyncio.wait_for(RELEASED[scope["query_string"]].wait(), 60)


class Waits(AsyncHttpConsumer):
    """Answers in two pieces."""

    async def handle(self, body: bytes) -> None:
        await self.send_headers(headers=[(b"Content-Type", b"text/plain")])
        await self.send_body(b"one ", more_body=True)
        await released(self.scope)
        await self.send_body(b"two")


async def respond(send: Any, *pieces: bytes, headers: Any = ()) -> None:
    """Begin to answer, or answer."""
    given = [(b"content-type", b"text/plain"), *headers]
    await send({"type": "http.response.start", "status": 200, "headers": given})
    for piece in pieces:
        await send({"type": "http.response.body", "body": piece, "more_body": True})


async def finish(send: Any, piece: bytes = b"") -> None:
    await send({"type": "http.response.body", "body": piece})


async def waits(scope: Any, receive: Any, send: Any) -> None:
    """The same without Channels."""
    await respond(send, b"one ")
    await released(scope)
    await finish(send, b"two")


async def release(scope: Any, receive: Any, send: Any) -> None:
    RELEASED[scope["query_string"]].set()
    await respond(send)
    await finish(send, b"released")


# --- Which origins arrive ---------------------------------------------------------------------


async def arrived(scope: Any, receive: Any, send: Any) -> None:
    """Tells which origins the server has handed over, and lets everybody in by itself."""
    found = [value for name, value in scope["headers"] if name.lower() == b"origin"]
    text = json.dumps([value.decode("latin-1") for value in found])
    own = [(b"access-control-allow-origin", b"*"), (b"access-control-allow-credentials", b"true")]
    await respond(send, headers=own)
    await finish(send, text.encode())


class Arrived(AsyncWebsocketConsumer):
    """The same of a handshake."""

    async def connect(self) -> None:
        await self.accept()
        found = [value for name, value in self.scope["headers"] if name.lower() == b"origin"]
        await self.send(json.dumps([value.decode("latin-1") for value in found]))


def agreeable(request: Any, origin: str) -> bool:
    return True


every_pattern = CorsPolicy(origins=[EXACT, BELOW, PORTS, BOTH], origin_regexes=[REGEX])

# --- The site -------------------------------------------------------------------------------

mounted = CorsASGI(
    Starlette(
        routes=[
            Route("/mounted/ok", lambda request: PlainTextResponse("ok")),
            Route("/mounted/fails", fails),
        ]
    ),
    origins=[APP],
)
application = ProtocolTypeRouter(
    {
        "http": URLRouter(
            [
                path("stream/", CorsASGI(Stream.as_asgi(), origins=[APP])),
                path("mounted/<path:rest>", mounted),
                path("waits/consumer/", CorsASGI(Waits.as_asgi(), origins=[APP])),
                path("waits/bare/", CorsASGI(waits, origins=[APP])),
                path("release/", release),
                path("strict/", CorsASGI(arrived, origins=[APP], enforce=True)),
                path("patterns/", CorsASGI(arrived, every_pattern)),
                path("asks/", CorsASGI(arrived, origins=[agreeable], credentials=True)),
            ]
        ),
        "websocket": URLRouter(
            [
                path("plain/", CorsASGI(Ticker.as_asgi(), origins=[APP])),
                path("cookies/", CorsASGI(Ticker.as_asgi(), origins=[APP], credentials=True)),
                path("patterns/", CorsASGI(Arrived.as_asgi(), every_pattern)),
            ]
        ),
    }
)
