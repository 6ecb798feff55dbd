"""CORS_OPT_IN, row by row as docs/opt_in.rst has it: what opts in, and what stays closed."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.views import View

from cors_views import cors_allow, cors_include
from tests.tables import urlconf

APP = "https://app.example"


def answer(request: Any) -> HttpResponse:
    return HttpResponse()


class Methods(View):
    get = staticmethod(answer)
    put = staticmethod(cors_allow(lambda request: HttpResponse()))


@cors_allow
class Marked(View):
    get = staticmethod(answer)


class Derived(Marked):
    put = staticmethod(answer)


@pytest.mark.parametrize(
    ("entry", "method", "url", "opted_in"),
    [
        pytest.param(path("v/", answer), "GET", "/v/", False, id="nothing"),
        pytest.param(path("v/", cors_allow(answer)), "GET", "/v/", True, id="function"),
        pytest.param(path("v/", cors_allow(max_age=0)(answer)), "GET", "/v/", True, id="a-field"),
        pytest.param(path("v/", Methods.as_view()), "PUT", "/v/", True, id="method"),
        pytest.param(path("v/", Methods.as_view()), "GET", "/v/", False, id="beside-a-method"),
        pytest.param(path("v/", Marked.as_view()), "GET", "/v/", True, id="class"),
        pytest.param(path("v/", Derived.as_view()), "PUT", "/v/", True, id="subclass"),
        pytest.param(path("v/", cors_allow(Methods.as_view())), "GET", "/v/", True, id="route"),
        pytest.param(
            path("v/", cors_include([path("", answer)])), "GET", "/v/", True, id="include"
        ),
        pytest.param(
            path("v/", cors_include([path("", answer)])),
            "GET",
            "/v/none/",
            False,
            id="below-no-view",
        ),
    ],
)
def test_what_opts_in(entry: Any, method: str, url: str, opted_in: bool) -> None:
    with override_settings(CORS_OPT_IN=True, CORS_ALLOWED_ORIGINS=[APP]), urlconf(entry):
        response = Client().generic(method, url, headers={"origin": APP})
        preflight = Client().options(
            url, headers={"origin": APP, "access-control-request-method": method}
        )

    expected = APP if opted_in else None
    assert response.get("Access-Control-Allow-Origin") == expected
    assert preflight.get("Access-Control-Allow-Origin") == expected
    assert ("origin" in response.get("Vary", "")) is opted_in


@pytest.mark.parametrize(
    ("attributes", "opted_in"),
    [
        pytest.param({}, set(), id="the-mixin-alone"),
        pytest.param({"cors_policy": "refining"}, {"GET", "POST"}, id="cors_policy"),
        pytest.param({"cors_action_policies": {"create": "refining"}}, {"POST"}, id="an-action"),
    ],
)
def test_what_the_mixin_opts_in(attributes: dict[str, Any], opted_in: set[str]) -> None:
    viewsets = pytest.importorskip("rest_framework.viewsets")
    from cors_views.rest_framework import CorsMixin

    def serve(self: Any, request: Any) -> HttpResponse:
        return HttpResponse()

    with override_settings(
        CORS_OPT_IN=True, CORS_ALLOWED_ORIGINS=[APP], CORS_POLICIES={"refining": {"max_age": 5}}
    ):
        bases = (CorsMixin, viewsets.ViewSet)
        shop = type("Shop", bases, {"list": serve, "create": serve, **attributes})
        entry = path("v/", shop.as_view({"get": "list", "post": "create"}))
        with urlconf(entry):
            admitted = {
                method
                for method in ("GET", "POST")
                if "Access-Control-Allow-Origin"
                in Client().generic(method, "/v/", headers={"origin": APP})
            }

    assert admitted == opted_in
