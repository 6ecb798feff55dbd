"""Frameworks that build views of their own: ``cors_include`` around them, and what is lost."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse, JsonResponse
from django.urls import path
from django.views import View

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations import marks
from tests.tables import METHODS, ORIGIN, Sender, assert_cors_headers, cors_headers, urlconf

pytest.importorskip("ninja", reason="is about Django Ninja")

from ninja import NinjaAPI, Router
from ninja.decorators import decorate_view

APP = "https://app.example"
OTHER = "https://other.example"
ADMITTED = {ORIGIN: APP, "vary": "origin"}
REFUSED = {"vary": "origin"}


def shop(namespace: str) -> NinjaAPI:
    """Return a real Django Ninja API: two methods at one URL, a nested router, an async view."""
    api = NinjaAPI(urls_namespace=namespace, docs_url=None)
    orders = Router()

    @api.get("/items")
    def items(request: Any) -> list[str]:
        return ["mug"]

    @api.post("/items")
    def create(request: Any) -> dict[str, int]:
        return {"created": 1}

    @orders.get("/{number}")
    async def order(request: Any, number: int) -> dict[str, int]:
        return {"number": number}

    api.add_router("/orders", orders)
    return api


@pytest.mark.parametrize("url", ["/api/items", "/api/orders/7", "/api/openapi.json"])
def test_ninja_below_an_include(send: Sender, url: str) -> None:
    with urlconf(path("api/", cors_include(shop("one").urls, origins=[APP]))):
        response = send.actual(url, APP)
        refused = send.actual(url, OTHER)
        preflight = cors_headers(send.preflight(url, APP, "PUT"))

    assert response.status_code == refused.status_code == 200
    assert_cors_headers(response, ADMITTED)
    assert_cors_headers(refused, REFUSED)
    # Ninja serves all methods of a URL from one function, whose methods nobody can see.
    assert preflight[METHODS] == "DELETE, GET, OPTIONS, PATCH, POST, PUT"


def test_ninja_errors_are_readable(send: Sender) -> None:
    with urlconf(path("api/", cors_include(shop("two").urls, origins=[APP]))):
        invalid = send.actual("/api/orders/seven", APP)
        refused_method = send.actual("/api/items", APP, "DELETE")

    assert (invalid.status_code, refused_method.status_code) == (422, 405)
    assert_cors_headers(invalid, ADMITTED)
    assert_cors_headers(refused_method, ADMITTED)


def test_two_apis_with_two_policies(send: Sender) -> None:
    with urlconf(
        path("public/", cors_include(shop("three").urls, policy="public")),
        path("internal/", cors_include(shop("four").urls, policy=cors_deny)),
    ):
        assert_cors_headers(send.actual("/public/items"), {ORIGIN: "*"})
        assert_cors_headers(send.actual("/internal/items", APP), {})


def test_a_declaration_on_a_ninja_operation_is_lost_and_found(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Ninja calls operations from a function of its own, so only the check can tell."""
    monkeypatch.setattr(marks, "_everything_applied", set())
    api = NinjaAPI(urls_namespace="five", docs_url=None)

    @api.get("/above")
    @cors_allow(origins=[APP])
    def marked(request: Any) -> str:
        return "marked"

    @api.get("/decorated")
    @decorate_view(cors_allow(origins=[APP]))
    def decorated(request: Any) -> str:
        return "decorated"

    with urlconf(path("api/", api.urls)):
        lost = [message for message in run_checks() if message.id == "cors_views.W023"]

    assert len(lost) == 2
    assert all("test_other_frameworks.py:" in message.msg for message in lost)


class GraphQLView(View):
    """In the shape of those of graphene-django and strawberry: one class, all in dispatch()."""

    schema = None

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return JsonResponse({"data": {}})


def test_a_view_that_serves_everything_from_dispatch(send: Sender) -> None:
    """It implements no method by name, so a preflight names what the policy says."""
    policy = CorsPolicy(origins=[APP], methods=["POST"], headers=["content-type"])

    with urlconf(path("graphql/", cors_allow(policy)(GraphQLView.as_view()))):
        response = send.actual("/graphql/", APP, "POST")
        preflight = cors_headers(send.preflight("/graphql/", APP, "POST", "content-type"))

    assert_cors_headers(response, ADMITTED)
    assert preflight[METHODS] == "POST"
