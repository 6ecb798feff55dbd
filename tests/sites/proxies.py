"""Classes that stand in for others, which a setting of the deployment may replace."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from django.utils.module_loading import import_string
from django.views import View

from cors_views import cors_allow
from tests.sites import PAGE, PARTNER, Deployment


class _StandsIn(type):
    """Passes on what is asked of a class to the one that it stands for."""

    def __getattr__(cls, name: str) -> Any:
        replacement = getattr(settings, "REPLACED", {}).get(cls.__name__)
        return getattr(import_string(replacement) if replacement else cls.stands_for, name)


class Replaceable(metaclass=_StandsIn):
    pass


@cors_allow(origins=[PAGE])
class DownloadBase(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("download")


class Download(Replaceable):
    stands_for = DownloadBase


class SearchBase(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("search")

    @cors_allow(origins=[PARTNER])
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("search")


class Search(Replaceable):
    stands_for = SearchBase


class EmbedBase(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("embed")


# On the class that stands in a mark is lost, and a check says so.
@cors_allow(origins="*")
class Embed(Replaceable):
    stands_for = EmbedBase


urlpatterns = [
    path("download/", Download.as_view()),
    path("search/", Search.as_view()),
    path("embed/", Embed.as_view()),
    path("embed/decorated/", cors_allow(origins="*")(Embed.as_view())),
]

LOST = frozenset({"cors_views.W023"})
DEPLOYMENTS = {
    "settings": Deployment({"CORS_ALLOWED_ORIGINS": [PAGE]}, LOST),
    "everybody": Deployment({"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "/embed"}, LOST),
}
