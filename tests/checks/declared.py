"""Views with declarations: what the tests of the checks of declarations share."""

from __future__ import annotations

from typing import Any

from django.core.checks import run_checks
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views import View

from tests.tables import urlconf

APP = "https://app.example"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def view(whole: Any, **handlers: Any) -> Any:
    """Return a view of GET, POST and DELETE with decorators on the class and on handlers."""
    methods = {
        name: handlers.get(name, lambda method: method)(lambda self, request: HttpResponse())
        for name in ("get", "post", "delete")
    }
    return whole(type("V", (View,), methods)).as_view()


def ids_of(settings: dict[str, Any], view: Any) -> list[str]:
    """Return the ids of what is said of a site with this view; each comes with a hint."""
    with override_settings(**settings), urlconf(path("v/", view)):
        found = [message for message in run_checks(tags=["security"]) if "cors" in message.id]

    assert all(message.hint for message in found)
    return sorted({message.id for message in found})
