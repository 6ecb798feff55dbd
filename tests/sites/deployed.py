"""A site that is deployed: gunicorn serves it behind nginx, and the tests ask what stands there.

It is its own settings module and its own URLconf.
"""

from __future__ import annotations

import time
from typing import Any

from django.http import HttpResponse
from django.urls import path, register_converter
from django.urls.converters import StringConverter, get_converters

from cors_views import cors_allow, cors_deny
from tests import settings as base
from tests.sites import PAGE, PARTNER

for _name in dir(base):
    if _name.isupper():
        globals()[_name] = getattr(base, _name)
ROOT_URLCONF = __name__


@cors_allow(origins=[PAGE, PARTNER], methods=["GET", "PUT", "POST"], headers=["content-type"])
def orders(request: Any) -> HttpResponse:
    return HttpResponse("orders", headers={"Cache-Control": "max-age=60"})


@cors_allow(origins=[PAGE])
def slow(request: Any) -> HttpResponse:
    time.sleep(2)
    return HttpResponse("at last")


@cors_deny
def closed(request: Any) -> HttpResponse:
    return HttpResponse("closed")


@cors_allow(origins="*")
def everybody(request: Any) -> HttpResponse:
    return HttpResponse("everybody")


@cors_allow(origins=[PAGE])
def away(request: Any) -> HttpResponse:
    return HttpResponse(status=302, headers={"Location": request.GET.get("to", "")})


class Broken(StringConverter):
    def to_python(self, value: str) -> str:
        raise ZeroDivisionError("broken")


if "broken" not in get_converters():
    register_converter(Broken, "broken")
urlpatterns = [
    path("orders/", orders),
    path("slow/", slow),
    path("closed/", closed),
    path("everybody/", everybody),
    path("away/", away),
    path("broken/<broken:value>/", away),
]
