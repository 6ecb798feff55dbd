"""Typical code of a user, all of it right: what is decorated keeps its type.

mypy and pyright read this file; nobody runs it.
"""
# pyright: strict

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, URLResolver, path
from django.utils.decorators import method_decorator
from django.views import View
from rest_framework.decorators import action, api_view
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet
from typing_extensions import assert_type

from cors_views import (
    CachedOrigins,
    CorsPolicy,
    Outcome,
    cors_allow,
    cors_deny,
    cors_include,
    outcome_of,
)
from cors_views.defaults import default_headers, default_methods
from cors_views.reasons import Reason
from cors_views.rest_framework import CorsMixin, Declarable
from cors_views.signals import check_request_enabled, cors_decided

APP = "https://app.example.com"


@cors_allow(origins=[APP, "https://*.example.com"], credentials=True, max_age=600)
def profile(request: HttpRequest, slug: str) -> JsonResponse:
    return JsonResponse({"slug": slug})


@cors_allow("partners", "public")
async def feed(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@cors_allow
def bare(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@cors_allow()
def called(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@cors_deny
def denied(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


@cors_deny(enforce=True)
async def denied_too(request: HttpRequest, number: int) -> HttpResponse:
    return HttpResponse()


@cors_allow("partners", headers=("Authorization",), expose_headers={"ETag"})
class Orders(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @cors_allow(origins="*", methods=["POST"])
    async def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @cors_deny
    def delete(self, request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponse()


@method_decorator(cors_allow("public"), name="dispatch")
class Catalogue(View): ...


@cors_deny
class Internal(View): ...


class OrderViewSet(CorsMixin, ViewSet):
    cors_policy = CorsPolicy(origins=[APP], credentials=True)
    cors_action_policies = {"export": "public", "destroy": cors_deny, "list": ["a", "b"]}

    @cors_allow("public")
    @action(detail=False)
    def stats(self, request: Request) -> Response:
        return Response()

    @cors_allow(max_age=0)
    def list(self, request: Request) -> Response:
        return Response()


class ByName(CorsMixin, ViewSet):
    cors_policy = "public"


class BySeveral(CorsMixin, ViewSet):
    cors_policy = ["partners", CorsPolicy(origins="*")]


class Closed(CorsMixin, ViewSet):
    cors_policy = cors_deny


class Base(CorsMixin, ViewSet):
    cors_policy: Declarable = "partners"


class Child(Base):
    cors_policy = cors_deny


class OtherChild(Base):
    cors_policy = ["partners", "public"]


@cors_allow("partners")
@api_view(["GET"])
def stock(request: Request) -> Response:
    return Response()


async def is_a_tenants(request: HttpRequest, origin: str) -> bool:
    return True


def is_known(request: HttpRequest, origin: str) -> bool:
    return True


ASKED = CorsPolicy(origins=[is_a_tenants, is_known, APP], origin_regexes=[r"https://\w+\.example"])
ONE = CorsPolicy(origins=is_known)


def tenant_origins() -> list[str]:
    return [APP]


async def all_origins() -> set[str]:
    return {APP}


TENANTS = CachedOrigins(tenant_origins, timeout=60)
LOADED = CorsPolicy(origins=[TENANTS, CachedOrigins(all_origins), APP])
ADMITTED: bool = TENANTS.admits(APP) or LOADED.admits(APP)


async def admitted(request: HttpRequest) -> bool:
    return await TENANTS.aadmits(APP) or await LOADED.aadmits(APP, request)


REFINED = ASKED.replace(max_age=0)


def receiver(sender: Any, request: HttpRequest, **kwargs: Any) -> bool:
    return True


check_request_enabled.connect(receiver)


def watch(sender: Any, request: HttpRequest, outcome: Outcome, **kwargs: Any) -> None:
    assert_type(outcome.admitted, bool)
    assert_type(outcome.reason, Reason | None)
    assert_type(outcome.missing, tuple[str, ...])
    assert_type(outcome.reported, bool)
    assert_type(outcome_of(request), Outcome | None)


cors_decided.connect(watch)
CORS_ALLOW_HEADERS = [*default_headers, "x-client"]
CORS_ALLOW_METHODS = [*default_methods]

urlpatterns: list[URLPattern | URLResolver] = [
    path("partner/", cors_include("partner.urls", policy="partners")),
    path("listed/", cors_include([path("", profile)], policy=["partners", ASKED])),
    path("closed/", cors_include("closed.urls", policy=cors_deny)),
    path("shut/", cors_include("shut.urls", policy=cors_deny(enforce=True))),
    path("mended/", cors_include("mended.urls", "public", enforce="report")),
    path("fields/", cors_include("fields.urls", origins=[APP], credentials=True)),
    path("orders/", cors_allow("public")(Orders.as_view())),
    path("export/", OrderViewSet.as_view({"get": "list"}, cors_policy="public")),
]

request = HttpRequest()
assert_type(profile(request, "rye"), JsonResponse)
assert_type(bare(request), HttpResponse)
assert_type(called(request), HttpResponse)
assert_type(denied(request), HttpResponse)
assert_type(Orders(), Orders)
assert_type(Orders().get(request), HttpResponse)
assert_type(Orders().delete(request, 1), HttpResponse)
assert_type(Internal(), Internal)
assert_type(OrderViewSet().list(Request(request)), Response)
assert_type(REFINED, CorsPolicy)
assert_type(ASKED.max_age, int | None)
assert_type(ASKED.methods, tuple[str, ...] | None)
typed: Callable[[HttpRequest], Awaitable[HttpResponse]] = feed


async def awaited() -> None:
    assert_type(await feed(request), HttpResponse)
    assert_type(await denied_too(request, 1), HttpResponse)
    assert_type(await Orders().post(request), HttpResponse)
