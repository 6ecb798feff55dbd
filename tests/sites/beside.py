"""An ASGI site of Channels and Starlette, without a view of Django's, for the servers to serve."""

from __future__ import annotations

import os
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

from cors_views.asgi import CorsASGI

APP = "https://app.example"


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
            ]
        ),
        "websocket": URLRouter(
            [
                path("plain/", CorsASGI(Ticker.as_asgi(), origins=[APP])),
                path("cookies/", CorsASGI(Ticker.as_asgi(), origins=[APP], credentials=True)),
            ]
        ),
    }
)
