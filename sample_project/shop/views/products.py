from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import ProtectedError
from django.http import HttpRequest
from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag
from knox.auth import TokenAuthentication
from rest_framework import status
from rest_framework.authentication import BaseAuthentication
from rest_framework.decorators import action
from rest_framework.permissions import IsAdminUser, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ModelViewSet

from cors_views import cors_allow, cors_deny
from cors_views.rest_framework import CorsMixin
from shop.access import ReadOnly, SessionAuthentication
from shop.models import Product
from shop.ordering import OutOfStockError, place
from shop.serializers import OrderSerializer, ProductSerializer, ReservationSerializer
from shop.versions import digest, stock_version
from shop.views.errors import Conflict


def catalogue_etag(request: HttpRequest, **kwargs: Any) -> str:
    return f'"{digest(ProductSerializer(Product.objects.all(), many=True).data)}"'


class ProductViewSet(CorsMixin, ModelViewSet):
    """The catalogue: a policy for each of its actions."""

    # What is said of no action: the back office, part of the shop's own pages.
    cors_policy = "storefront"
    cors_action_policies = {
        "list": "public",
        # Two audiences: a partner's page may also read X-Stock-Version, any other the body alone.
        "retrieve": ["partners", "public"],
        # For the shop's own host, where no CORS is asked for.
        "destroy": cors_deny,
    }

    queryset = Product.objects.all()
    serializer_class = ProductSerializer
    lookup_field = "slug"
    lookup_value_converter = "slug"
    authentication_classes = [SessionAuthentication]
    permission_classes = [ReadOnly | IsAdminUser]

    def get_authenticators(self) -> Sequence[BaseAuthentication]:
        # Reading asks for no cookie, so the answer varies by none: one cached copy for all.
        reading = self.action_map.get(self.request.method.lower()) in ("list", "retrieve")
        return [] if reading else super().get_authenticators()

    @method_decorator(cache_control(public=True, max_age=60))
    @method_decorator(etag(catalogue_etag))
    def list(self, request: Request, **kwargs: Any) -> Response:
        """List the products, the same to everybody; 304 to those that have the list already."""
        return super().list(request, **kwargs)

    @method_decorator(cache_control(public=True, max_age=60))
    def retrieve(self, request: Request, **kwargs: Any) -> Response:
        product = self.get_object()
        return Response(
            self.get_serializer(product).data,
            headers={"X-Stock-Version": stock_version([product])},
        )

    def perform_destroy(self, product: Product) -> None:
        try:
            product.delete()
        except ProtectedError as error:
            raise Conflict("This has been ordered: it must stay.") from error

    # Nearer than the class: for partners, who sign in with a token instead of a cookie.
    @cors_allow("partner-desk")
    @action(
        detail=True,
        methods=["post"],
        authentication_classes=[TokenAuthentication],
        permission_classes=[IsAuthenticated],
    )
    def reserve(self, request: Request, **kwargs: Any) -> Response:
        """Order some of it in the name of the partner whose token it is."""
        product = self.get_object()
        reservation = ReservationSerializer(data=request.data)
        reservation.is_valid(raise_exception=True)
        try:
            order = place(request.user, [(product, reservation.validated_data["quantity"])])
        except OutOfStockError as error:
            raise Conflict(f"Not enough left of {error}.") from error
        return Response(OrderSerializer(order).data, status=status.HTTP_201_CREATED)
