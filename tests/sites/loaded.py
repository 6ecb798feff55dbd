"""A site whose origins are loaded from a database, for servers with threads or an event loop."""

from __future__ import annotations

import asyncio
import os
import threading
from typing import Any

import django
from django.conf import settings

settings.configure(
    SECRET_KEY="tests",
    ALLOWED_HOSTS=["127.0.0.1"],
    ROOT_URLCONF=__name__,
    DATABASES={
        "default": {"ENGINE": "django.db.backends.sqlite3", "NAME": os.environ["LOADED_DATABASE"]}
    },
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "cors_views"],
    MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
)
django.setup()

from asgiref.sync import sync_to_async
from django.contrib.auth.models import Group
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from cors_views import CachedOrigins, cors_allow

call_command("migrate", verbosity=0)


class Source:
    """Origins of one test, how they are loaded, and the two views that they may read."""

    def __init__(self, name: str, *, is_async: bool, timeout: float) -> None:
        self.name, self.loads, self.fails = name, 0, False
        #: Closed, nobody gets through who loads.
        self.gate, self.loading = threading.Event(), threading.Event()
        #: Where the queries of the last load were made; and whether an event loop ran there.
        self.threads: list[int] = []
        self.in_loop = False
        load = self.aload if is_async else self.load
        self.origins = CachedOrigins(load, timeout=timeout)

    def load(self) -> Any:
        self.begin()
        assert self.gate.wait(30)
        return self.end()

    async def aload(self) -> Any:
        """Ask the database twice, as the asynchronous ORM does."""
        await sync_to_async(self.begin)()
        while not self.gate.is_set():
            await asyncio.sleep(0.01)
        return await sync_to_async(self.end)()

    def begin(self) -> None:
        self.loads += 1
        self.threads = []
        self.query()
        self.loading.set()

    def end(self) -> list[str]:
        if self.fails:
            raise OSError("the database is gone")
        return self.query()

    def query(self) -> list[str]:
        self.threads.append(threading.get_ident())
        self.in_loop |= asyncio._get_running_loop() is not None
        mine = Group.objects.filter(name__endswith=f" of {self.name}")
        return [name.split()[0] for name in mine.values_list("name", flat=True)]

    def views(self) -> list[Any]:
        allowed = cors_allow(origins=[self.origins], credentials=True)

        def by_thread(request: HttpRequest) -> HttpResponse:
            return HttpResponse("ok")

        async def by_loop(request: HttpRequest) -> HttpResponse:
            return HttpResponse("ok")

        return [
            path(f"{self.name}/thread/", allowed(by_thread)),
            path(f"{self.name}/loop/", allowed(by_loop)),
        ]


SOURCES = {
    f"{test}-{kind}": Source(
        f"{test}-{kind}", is_async=kind == "async", timeout=1 if test == "timeout" else 3600
    )
    for test in ("flight", "failure", "invalid", "timeout", "gone")
    for kind in ("sync", "async")
}


async def steer(request: HttpRequest, name: str) -> HttpResponse:
    """Do what a test says; async, so that no thread of the server's is needed for it."""
    source, how = SOURCES[name], request.GET
    if "add" in how:
        await Group.objects.acreate(name=f"{how['add']} of {name}")
    if "fails" in how:
        source.fails = how["fails"] == "yes"
    if "forget" in how:
        source.origins.forget()
    if "gate" in how:
        source.loading.clear()
        (source.gate.set if how["gate"] == "open" else source.gate.clear)()
    return JsonResponse(
        {
            "loads": source.loads,
            "loading": source.loading.is_set(),
            "threads": len(set(source.threads)),
            "in_loop": source.in_loop,
        }
    )


urlpatterns = [path("steer/<name>/", steer)]
for source in SOURCES.values():
    urlpatterns += source.views()
wsgi, asgi = get_wsgi_application(), get_asgi_application()
