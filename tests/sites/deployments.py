"""One URLconf, and settings that differ from deployment to deployment: names are what stays."""

from __future__ import annotations

import re
from typing import Any

from django.http import HttpResponse
from django.urls import path, re_path
from django.views import View
from django.views.decorators.http import require_GET

from cors_views import cors_allow, cors_include
from tests.sites import PAGE, POLICIES, Deployment


def answer(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


@cors_allow("pages")
class Account(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("account")

    @cors_allow(max_age=0)
    def put(self, request: Any) -> HttpResponse:
        return HttpResponse("saved")


urlpatterns = [
    path("api/account/", Account.as_view()),
    path("api/feed/", cors_allow("partners", "public")(require_GET(answer))),
    path("api/v2/search/", answer),
    path("api/v3/embed/<int:pk>/", answer),
    re_path(r"^hooks/(?P<name>[\w-]+)/$", answer),
    path("tools/", cors_include([path("<slug:name>/", answer)], policy="partners")),
    path("projects/<slug:name>/edit/", answer),
    path("", answer),
]

#: Spread out over lines, as long expressions are.
SPREAD = re.compile(
    r"""
    ^/(
        api/v2/search/ |   # the old one
        api/v[34]/(?P<what>embed|footer)/
    )
    """,
    re.VERBOSE,
)
HERE = {"pages": {"origins": ["http://localhost:3000"]}, "partners": {"origins": []}}
DEPLOYMENTS = {
    "production": Deployment({"CORS_ALLOWED_ORIGINS": [PAGE], "CORS_URLS_REGEX": SPREAD}),
    "staging": Deployment(
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://[a-z]+\.example"], "CORS_URLS_REGEX": "(?i)/API"}
    ),
    "development": Deployment(
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_POLICIES": {**POLICIES, **HERE}}
    ),
    "closed": Deployment(
        {"CORS_OPT_IN": True, "CORS_ALLOW_METHODS": ["GET"], "CORS_ALLOWED_ORIGINS": [PAGE]}
    ),
}
