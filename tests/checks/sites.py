"""Sites with policies that real routes get: what the tests of the checks share."""

from __future__ import annotations

import re
from typing import Any

from django.core.checks import run_checks
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cors_views import cors_allow, cors_deny
from tests.tables import urlconf

APP = "https://app.example.com"
CORS = "cors_views.middleware.CorsMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"

#: A server at api.example.com, whose cookies may go where SameSite lets them.
SITE: dict[str, Any] = {
    "ALLOWED_HOSTS": ["api.example.com"],
    "CSRF_TRUSTED_ORIGINS": [APP, "https://*.trusted.example.com"],
    "MIDDLEWARE": [CORS, SESSION, CSRF],
}

OTHER = "https://other.org"
EXTENSION = "chrome-extension://abcdefghijklmnopabcdefghijklmnop"
NONE = {"SESSION_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SAMESITE": "none"}
SECURE = {"SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True}
BY_SETTINGS = {
    "CORS_ALLOWED_ORIGINS": ["https://new.example.com"],
    "CORS_ALLOW_CREDENTIALS": True,
}

#: Where ``of`` declares, as a message names it.
OF = re.escape(__file__)


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Reader(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")


class Writer(Reader):
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


class Dispatcher(View):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("dispatched")


def of(*origins: str, **fields: Any) -> Any:
    return cors_allow(origins=list(origins), **{"credentials": True, **fields})


def by_regex(regex: str) -> Any:
    # What CSRF protection thinks of the origins is not the question here.
    return csrf_exempt(cors_allow(origin_regexes=[regex], credentials=True)(answer))


def marked(view: Any, decorator: Any) -> Any:
    return decorator(type("Marked", (view,), {})).as_view()


def stranger(**settings: Any) -> dict[str, Any]:
    """Return the settings of a server that knows its hosts, and not the origin's."""
    return {
        **SITE,
        "CSRF_TRUSTED_ORIGINS": ["https://*.other.org", "https://other.org"],
        **settings,
    }


def found(*ids: str, deploy: bool = False) -> list[Any]:
    """Return what is said of the site, of these ids alone where any are given."""
    messages = run_checks(include_deployment_checks=deploy)
    ours = [message for message in messages if message.id.startswith("cors_views.")]
    return [each for each in ours if not ids or each.id.removeprefix("cors_views.") in ids]


def short(messages: list[Any]) -> list[str]:
    return sorted(message.id.removeprefix("cors_views.") for message in messages)


def said_of(settings: dict[str, Any], view: Any) -> list[str]:
    """Return the ids that a site with this view trips; each comes with a hint."""
    routes = [path("v/", view), path(f"{'v' * 60}-", cors_deny(answer))]

    with override_settings(**{"ALLOWED_HOSTS": ["*"], **settings}), urlconf(*routes):
        messages = found()

    assert all(message.hint for message in messages)
    return short(messages)


def message_of(number: str, settings: dict[str, Any], views: list[Any]) -> Any:
    """Return the one message with this id about a site with these views, at ``/0/`` and so on."""
    routes = [path(f"{index}/", view) for index, view in enumerate(views)]

    with override_settings(**{"ALLOWED_HOSTS": ["*"], **settings}), urlconf(*routes):
        (message,) = (each for each in found() if each.id == f"cors_views.{number}")

    return message
