"""Pages below a prefix for each language, and an API without one."""

from __future__ import annotations

from typing import Any

from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.urls import path
from django.views import View

from cors_views import cors_allow
from tests.sites import PAGE, PARTNER, Deployment


def answer(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


class Exercise(View):
    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("exercise")

    @cors_allow(origins=[PARTNER])
    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("saved")


urlpatterns = [
    path("api/v2/exercise/<int:pk>/", Exercise.as_view()),
    path("api/v2/plan/", answer),
    *i18n_patterns(
        path("exercise/<int:pk>/", Exercise.as_view()),
        path("exercise/<int:pk>/edit/", answer),
        path("", cors_allow(origins=[PAGE])(answer)),
    ),
]

_LANGUAGES = {
    "LANGUAGES": [("en", "English"), ("de", "German")],
    "LANGUAGE_CODE": "en",
    "MIDDLEWARE": [
        "cors_views.middleware.CorsMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
}
DEPLOYMENTS = {
    "an API": Deployment(
        {**_LANGUAGES, "CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": r"^/api/.*$"}
    ),
    "one language": Deployment(
        {**_LANGUAGES, "CORS_ALLOWED_ORIGINS": [PAGE], "CORS_URLS_REGEX": r"^/(?:de/|api/)"}
    ),
}
