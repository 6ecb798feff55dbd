"""A site whose origins are loaded from a database, for servers with threads or an event loop."""

from __future__ import annotations

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

from django.contrib.auth.models import Group
from django.core.asgi import get_asgi_application
from django.core.management import call_command
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path

from cors_views import CachedOrigins, cors_allow

call_command("migrate", verbosity=0)

loads = 0
#: Closed, nobody gets through who loads.
gate = threading.Event()
loading = threading.Event()


def load() -> Any:
    global loads
    loads += 1
    loading.set()
    assert gate.wait(30)
    return list(Group.objects.values_list("name", flat=True))


origins = CachedOrigins(load, timeout=3600)


@cors_allow(origins=[origins], credentials=True)
def by_thread(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


@cors_allow(origins=[origins], credentials=True)
async def by_loop(request: HttpRequest) -> HttpResponse:
    return HttpResponse("ok")


async def steer(request: HttpRequest) -> HttpResponse:
    """Do what a test says; async, so that no thread of the server's is needed for it."""
    if name := request.GET.get("add"):
        await Group.objects.acreate(name=name)
    if "forget" in request.GET:
        origins.forget()
    if "gate" in request.GET:
        loading.clear()
        (gate.set if request.GET["gate"] == "open" else gate.clear)()
    return JsonResponse({"loads": loads, "loading": loading.is_set()})


urlpatterns = [path("thread/", by_thread), path("loop/", by_loop), path("steer/", steer)]
wsgi, asgi = get_wsgi_application(), get_asgi_application()
