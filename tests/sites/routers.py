"""Routers, base classes of the project's own above all viewsets, actions, a view of its own."""

from __future__ import annotations

from typing import Any

from django.urls import include, path
from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter, SimpleRouter
from rest_framework.viewsets import GenericViewSet, ViewSet

from cors_views import cors_allow, cors_deny
from cors_views.rest_framework import CorsMixin
from tests.sites import PAGE, POLICIES, Deployment


class ReadOnly(ViewSet):
    """What every viewset of the project is made from."""

    authentication_classes = ()
    permission_classes = ()

    def list(self, request: Any, **kwargs: Any) -> Response:
        return Response([])

    def retrieve(self, request: Any, **kwargs: Any) -> Response:
        return Response({})


class Writable(CorsMixin, ReadOnly):
    cors_policy = "pages"
    cors_action_policies: dict[str, Any] = {"list": "public"}

    def create(self, request: Any, **kwargs: Any) -> Response:
        return Response({}, 201)

    def update(self, request: Any, **kwargs: Any) -> Response:
        return Response({})

    def partial_update(self, request: Any, **kwargs: Any) -> Response:
        return Response({})

    def destroy(self, request: Any, **kwargs: Any) -> Response:
        return Response(status=204)


class Undeclared(ReadOnly):
    def create(self, request: Any, **kwargs: Any) -> Response:
        return Response({}, 201)


class Orders(Writable):
    cors_action_policies = {"export": "partners", "destroy": cors_deny}

    @action(detail=False)
    def export(self, request: Any) -> Response:
        return Response([])

    @cors_allow("partners", "public")
    @action(detail=True, methods=["get", "put"])
    def label(self, request: Any, pk: str) -> Response:
        return Response({})

    @label.mapping.delete
    @cors_deny
    def remove_label(self, request: Any, pk: str) -> Response:
        return Response(status=204)


class Bulk(CorsMixin, ReadOnly, GenericViewSet[Any]):
    """Serves a method that no action maps."""

    @cors_allow("pages")
    def list(self, request: Any, **kwargs: Any) -> Response:
        return Response([])

    @cors_deny
    def delete(self, request: Any, **kwargs: Any) -> Response:
        return Response(status=204)


class Open(CorsMixin, ReadOnly):
    """Serves another one that a policy is for."""

    cors_policy = "public"

    def put(self, request: Any, **kwargs: Any) -> Response:
        return Response({})


@cors_allow("partners")
@api_view(["GET", "POST"])
def status(request: Any, format: str | None = None) -> Response:
    return Response({})


router = DefaultRouter()
router.register("orders", Orders, basename="order")
router.register("undeclared", Undeclared, basename="undeclared")
router.register("bulk", Bulk, basename="bulk")
nested = SimpleRouter(trailing_slash=False)
nested.register("open", Open, basename="open")

urlpatterns = [
    path("api/", include(router.urls)),
    path("api/<slug:team>/", include(nested.urls)),
    path("api/status", status),
]

DEPLOYMENTS = {
    "settings": Deployment({"CORS_ALLOWED_ORIGINS": [PAGE], "CORS_POLICIES": POLICIES}),
    "opt-in": Deployment({"CORS_OPT_IN": True, "CORS_ALLOW_ALL_ORIGINS": True}),
    "everybody": Deployment(
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": r"^/api/(orders|undeclared)/"}
    ),
}
