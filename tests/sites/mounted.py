"""FastAPI and Starlette with Django inside and outside of CorsASGI, below one path or another."""

from __future__ import annotations

from typing import Any

import django
from django.conf import settings

if not settings.configured:
    settings.configure(
        SECRET_KEY="tests",
        ALLOWED_HOSTS=["127.0.0.1"],
        ROOT_URLCONF=__name__,
        USE_TZ=True,
        INSTALLED_APPS=["cors_views"],
        MIDDLEWARE=[
            "cors_views.middleware.CorsMiddleware",
            "django.middleware.common.CommonMiddleware",
        ],
    )
    django.setup()

from django.core.asgi import get_asgi_application
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import path
from fastapi import FastAPI, HTTPException, Request, WebSocket
from fastapi.responses import PlainTextResponse
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from cors_views import cors_allow
from cors_views.asgi import CorsASGI

APP, OTHER, PARTNER = "https://app.example", "https://other.example", "https://partner.example"

# --- Django -----------------------------------------------------------------------------------

for_others = cors_allow(origins=[OTHER], credentials=True, methods=["GET", "PATCH"])


@for_others
def view(request: HttpRequest) -> HttpResponse:
    """Tell what is before the path of this view, and the path."""
    return HttpResponse(f"{request.META['SCRIPT_NAME']} {request.path_info}")


@for_others
def fails(request: HttpRequest) -> HttpResponse:
    raise OSError("the view failed")


@for_others
def forbids(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


urlpatterns = [
    path("view/", view),
    path("fails/", fails),
    path("forbids/", forbids),
]
django_application = get_asgi_application()

# --- FastAPI ----------------------------------------------------------------------------------


def text_of(scope: Any) -> str:
    """Tell what is before the path of an endpoint, and the path."""
    path: str = scope["path"]
    return f"{scope['root_path']} {path.removeprefix(scope['root_path'])}"


def stock() -> FastAPI:
    app = FastAPI()

    async def prices(request: Request) -> PlainTextResponse:
        return PlainTextResponse(text_of(request.scope))

    async def fails() -> PlainTextResponse:
        raise OSError("the endpoint failed")

    async def forbids() -> PlainTextResponse:
        raise HTTPException(403, "no")

    async def ticker(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.send_text(text_of(websocket.scope))

    # FastAPI looks for what annotations name in this module, where it has to be.
    app.api_route("/prices", methods=["GET", "PUT"])(prices)
    app.get("/fails")(fails)
    app.get("/forbids")(forbids)
    app.websocket("/ticker")(ticker)
    return app


def knows_the_path(request: Any, origin: str) -> bool:
    """Let the partner in at one endpoint, by the path below all mounts."""
    found = (request.META["SCRIPT_NAME"], request.path_info)
    return origin == PARTNER and found == ("/outside/stock", "/prices")


inside = stock()
inside.mount("/django", django_application)
outside = stock()
outside.mount("/stock", CorsASGI(stock(), origins=[APP, knows_the_path], methods=["GET", "PUT"]))
outside.mount("/strict", CorsASGI(stock(), origins=[APP], methods=["GET"], enforce=True))
outside.mount("/django", django_application)

# --- Starlette --------------------------------------------------------------------------------


async def page(request: Any) -> PlainTextResponse:
    return PlainTextResponse(text_of(request.scope))


async def broken(request: Any) -> PlainTextResponse:
    raise OSError("the page failed")


pages = [Route("/page", page, methods=["GET", "PUT"]), Route("/broken", broken)]
with_mounts = Starlette(routes=[*pages, Mount("/deep", routes=[Mount("/deeper", routes=[*pages])])])
application = Starlette(
    routes=[
        Mount("/inside", CorsASGI(inside, origins=[APP], methods=["GET", "PUT"])),
        Mount("/outside", outside),
        Mount("/starlette", CorsASGI(with_mounts, origins=[APP], methods=["GET", "PUT"])),
    ]
)
