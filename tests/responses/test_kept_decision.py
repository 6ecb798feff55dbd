"""What is known of a request: its view, and whether the site itself sent it; as the log tells."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.decorators import login_required
from django.contrib.auth.models import AnonymousUser
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path, register_converter
from django.urls.converters import StringConverter
from django.views import View

pytest.importorskip("rest_framework", reason="is about views of REST framework, too")

from rest_framework.decorators import api_view
from rest_framework.viewsets import ViewSet

from cors_views import cors_deny
from tests.responses.logged import lines
from tests.tables import Sender, urlconf

pytestmark = pytest.mark.usefixtures("every_line")

APP, STRANGER = "https://app.example", "https://stranger.example"
OURS = "cors_views.middleware.CorsMiddleware"


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer")


class Orders(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("orders")


class Products(ViewSet):
    def list(self, request: Any) -> HttpResponse:
        return HttpResponse("products")


@api_view()
def stock(request: Any) -> HttpResponse:
    return HttpResponse("stock")


VIEWS = {
    "a function": (cors_deny(answer), f"{__name__}.answer"),
    "a function that declares nothing": (answer, f"{__name__}.answer"),
    "a class": (Orders.as_view(), f"{__name__}.Orders"),
    "a viewset": (Products.as_view({"get": "list"}), f"{__name__}.Products"),
    "DRF's function": (stock, f"{__name__}.stock"),
    "behind a decorator": (login_required(answer), f"{__name__}.answer"),
}


@pytest.mark.parametrize("method", ["GET", "OPTIONS"], ids=["actual", "preflight"])
@pytest.mark.parametrize("name", VIEWS)
def test_that_the_line_names_the_view(send: Sender, caplog: Any, name: str, method: str) -> None:
    view, told = VIEWS[name]
    below = (OURS, f"{__name__}.signed_out")

    with override_settings(MIDDLEWARE=below), urlconf(path("v/", view)):
        if method == "GET":
            send.actual("/v/", STRANGER)
        else:
            send.preflight("/v/", STRANGER, "PUT")

    (line,) = lines(caplog)
    assert f" The view is {told}." in line
    assert [record.view for record in caplog.records if record.name == "cors_views"] == [told]


def signed_out(get_response: Any) -> Any:
    def middleware(request: HttpRequest) -> HttpResponse:
        request.user = AnonymousUser()
        return get_response(request)

    return middleware


class Failing(StringConverter):
    def to_python(self, value: str) -> str:
        raise RuntimeError("the converter fails")


register_converter(Failing, "refusals_failing")


@pytest.mark.usefixtures("nothing_enforces")
@pytest.mark.parametrize("url", ["/nowhere/", "/fails/1/"], ids=["a 404", "a broken converter"])
def test_that_no_view_is_named_where_there_is_none(send: Sender, caplog: Any, url: str) -> None:
    with urlconf(path("fails/<refusals_failing:value>/", answer)):
        send.actual(url, STRANGER)

    line = lines(caplog)[-1]
    assert line.startswith(f"The browser refuses GET '{url}'")
    assert "The view is" not in line


PROXIED = {"USE_X_FORWARDED_HOST": True}
TLS_ENDS_BEFORE = {"SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https")}

# name -> (settings, headers, whether it is the site's own form)
OWN: dict[str, tuple[dict[str, Any], dict[str, str], bool]] = {
    "the host": ({}, {"origin": "http://testserver"}, True),
    "another scheme": ({}, {"origin": "https://testserver"}, False),
    "another port": ({}, {"origin": "http://testserver:8000"}, False),
    "the port of the host": (
        {},
        {"origin": "http://api.example:8000", "host": "api.example:8000"},
        True,
    ),
    "behind a proxy": (
        PROXIED,
        {"origin": "http://api.example", "x-forwarded-host": "api.example"},
        True,
    ),
    "a proxy that is not believed": (
        {},
        {"origin": "http://api.example", "x-forwarded-host": "api.example"},
        False,
    ),
    "the proxy's own name": (
        PROXIED,
        {"origin": "http://testserver", "x-forwarded-host": "api.example"},
        False,
    ),
    "TLS ends at the proxy": (
        TLS_ENDS_BEFORE,
        {
            "origin": "https://api.example",
            "host": "api.example",
            "x-forwarded-proto": "https",
        },
        True,
    ),
    "TLS ends at a proxy that is not believed": (
        {},
        {
            "origin": "https://api.example",
            "host": "api.example",
            "x-forwarded-proto": "https",
        },
        False,
    ),
    "both": (
        PROXIED | TLS_ENDS_BEFORE,
        {
            "origin": "https://api.example",
            "x-forwarded-host": "api.example",
            "x-forwarded-proto": "https",
        },
        True,
    ),
    "a host that Django refuses": (
        {},
        {"origin": "http://evil.example", "host": "evil.example"},
        False,
    ),
    "what is no host": ({}, {"origin": "http://a b", "host": "a b"}, False),
}


@pytest.mark.parametrize("name", OWN)
def test_that_the_sites_own_forms_are_no_refusals(caplog: Any, name: str) -> None:
    settings, headers, own = OWN[name]

    with override_settings(**settings), urlconf(path("v/", cors_deny(answer))):
        Client().post("/v/", headers=headers)

    assert len(lines(caplog)) == (0 if own else 1)
