"""The shop's own application, with what the playground needs beside it.

The admin's files, which another server has in production; and a record of each WebSocket that a
page opens, as the recorder keeps one of each request.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any
from urllib.parse import parse_qs

from django.contrib.staticfiles.handlers import ASGIStaticFilesHandler

from playground.recorder import RECORDS, Visit
from shopsite.asgi import application as shop

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

site = ASGIStaticFilesHandler(shop)


async def application(scope: Message, receive: Receive, send: Send) -> None:
    call = _call(scope) if scope["type"] == "websocket" else ""
    await site(scope, receive, _recording(call, send) if call else send)


def _call(scope: Message) -> str:
    return parse_qs(scope["query_string"].decode("latin-1")).get("call", [""])[0]


def _recording(call: str, send: Send) -> Send:
    answered = False

    async def recording(message: Message) -> None:
        nonlocal answered
        if not answered:
            answered = True
            # Closed before it is accepted: the server answers 403, and no consumer has run.
            accepted = message["type"] == "websocket.accept"
            status = 101 if accepted else 403
            RECORDS.add_visit(call, Visit("WebSocket", False, accepted, status, not accepted))
        await send(message)

    return recording
