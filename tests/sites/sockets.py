"""Pages, a sign-in, and WebSockets of Channels under many policies, for Chromium to visit."""

from __future__ import annotations

import json
import os
from collections import defaultdict
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="tests",
    ALLOWED_HOSTS=[".localhost"],
    ROOT_URLCONF=__name__,
    USE_TZ=True,
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["SOCKETS_DATABASE"]}
    },
    INSTALLED_APPS=[
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.sessions",
        "cors_views",
    ],
    MIDDLEWARE=[
        "cors_views.middleware.CorsMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    # A cookie that goes along from every site: without a look at Origin, whoever asks is served.
    SESSION_COOKIE_SAMESITE="None",
    SESSION_COOKIE_SECURE=True,
)
django.setup()

from channels.auth import AuthMiddlewareStack
from channels.generic.websocket import AsyncWebsocketConsumer
from channels.routing import ProtocolTypeRouter, URLRouter
from django.contrib.auth import login
from django.contrib.auth.models import Group, User
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.db.models.signals import post_delete, post_save
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from cors_views import CachedOrigins, CorsPolicy, cors_deny
from cors_views.asgi import CorsASGI

APP = os.environ["SOCKETS_APP"]

#: What consumers were opened with, by the ``run`` that the URL names.
ARRIVED: dict[str, list[str]] = defaultdict(list)

call_command("migrate", verbosity=0)
ADA, _ = User.objects.get_or_create(username="ada")


class Consumer(AsyncWebsocketConsumer):
    """Says whose connection it is and whether a cookie has come; hangs up when told to."""

    async def connect(self) -> None:
        query = self.scope["query_string"].decode()
        ARRIVED[query.removeprefix("run=")].append(self.scope["path"])
        await self.accept()
        cookie = any(name == b"cookie" for name, _ in self.scope["headers"])
        user = getattr(self.scope.get("user"), "username", None)
        await self.send(json.dumps({"cookie": cookie, "user": user}))

    async def receive(self, text_data: str = "", bytes_data: bytes | None = None) -> None:
        if text_data == "hang up":
            await self.close(4000)
        else:
            await self.send(json.dumps(text_data))


def asks(request: Any, origin: str) -> bool:
    return Group.objects.filter(name=origin).exists()


async def asks_async(request: Any, origin: str) -> bool:
    return await Group.objects.filter(name=origin).aexists()


cached = CachedOrigins(lambda: Group.objects.values_list("name", flat=True), timeout=600)


def forget(**kwargs: Any) -> None:
    cached.forget()


post_save.connect(forget, sender=Group)
post_delete.connect(forget, sender=Group)

#: What stands before the consumer of each path.
POLICIES: dict[str, Any] = {
    "named": CorsPolicy(origins=[APP]),
    "cookies": CorsPolicy(origins=[APP], credentials=True),
    "any": CorsPolicy(origins="*"),
    "null": CorsPolicy(origins=["null"]),
    "null-cookies": CorsPolicy(origins=["null"], credentials=True),
    "denied": cors_deny,
    "asks": CorsPolicy(origins=[asks], credentials=True),
    "asks-async": CorsPolicy(origins=[asks_async]),
    "cached": CorsPolicy(origins=[cached], credentials=True),
}


def page(request: HttpRequest) -> HttpResponse:
    return HttpResponse("<!doctype html><title>a page</title>")


def sign_in(request: HttpRequest) -> HttpResponse:
    login(request, ADA, "django.contrib.auth.backends.ModelBackend")
    return page(request)


def arrived(request: HttpRequest) -> HttpResponse:
    return JsonResponse(ARRIVED.pop(request.GET["run"], []), safe=False)


def tenants(request: HttpRequest) -> HttpResponse:
    """Let a tenant in, or out."""
    if origin := request.GET.get("add"):
        Group.objects.create(name=origin)
    for group in Group.objects.filter(name=request.GET.get("remove")):
        group.delete()
    return HttpResponse()


urlpatterns = [
    path("", page),
    path("sign-in/", sign_in),
    path("arrived/", arrived),
    path("tenants/", tenants),
]

consumer: Any = Consumer.as_asgi()
application = ProtocolTypeRouter(
    {
        "http": get_asgi_application(),
        "websocket": URLRouter(
            [
                path("bare/", AuthMiddlewareStack(consumer)),
                path("settings/", CorsASGI(AuthMiddlewareStack(consumer))),
                *(
                    path(f"{name}/", CorsASGI(AuthMiddlewareStack(consumer), policy))
                    for name, policy in POLICIES.items()
                ),
            ]
        ),
    }
)
