"""A flat list of URLs: nothing is included, and a part of the list has a policy."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path, re_path
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods
from django.views.generic import RedirectView

from cors_views import cors_allow, cors_deny, cors_include
from tests.sites import PAGE, Deployment


def answer(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


def open_by_hand(request: Any) -> HttpResponse:
    return HttpResponse("answer", headers={"Access-Control-Allow-Origin": "*"})


class Documents(View):
    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("documents")

    def delete(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse(status=204)


urlpatterns = [
    path(
        "",
        cors_include(
            [
                re_path(r"^api/documents/$", Documents.as_view()),
                re_path(r"^api/documents/(?P<pk>\d+)/$", Documents.as_view()),
                path("api/upload/", csrf_exempt(require_http_methods(["POST", "PUT"])(answer))),
                path("api/token/", cors_deny(answer)),
                path("api/closed/", cors_deny(open_by_hand)),
                path("api/by-hand/", open_by_hand),
            ],
            policy="pages",
        ),
    ),
    re_path(r"^share/(?P<slug>\w+)/?$", answer),
    path("favicon.ico", RedirectView.as_view(url="/static/favicon.ico")),
    re_path(r"^legacy", answer),
    # What stands below the include has these URLs.
    path("api/by-hand/", cors_allow("public")(Documents.as_view())),
    re_path(r"^share/(?P<slug>\w+)/?$", Documents.as_view()),
    # The route of all shares takes it.
    path("share/latest/", cors_allow("public")(Documents.as_view())),
]
LOST = frozenset({"cors_views.W023"})

DEPLOYMENTS = {
    "settings": Deployment(
        {"CORS_ALLOWED_ORIGINS": [PAGE], "CORS_ALLOW_METHODS": ["GET", "put", "DELETE"]}, LOST
    ),
    "everybody": Deployment(
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": r"^/(?!api/|legacy).*$"}, LOST
    ),
}
