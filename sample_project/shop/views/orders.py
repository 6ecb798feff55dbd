from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework import mixins, status
from rest_framework.exceptions import ParseError
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cors_views import cors_allow, cors_deny
from shop import cart
from shop.access import IsCustomerOfOrder, SessionAuthentication
from shop.models import Order
from shop.ordering import OutOfStockError, cancel, place
from shop.serializers import OrderSerializer
from shop.views.errors import Conflict


# Nobody else may send anything here either: where money is spent, a hidden answer is not enough.
@cors_allow("storefront", enforce=True)
class CustomerViewSet(GenericViewSet):
    """Base of what signed-in customers use; those inherit its policy."""

    authentication_classes = [SessionAuthentication]
    permission_classes = [IsAuthenticated]


class OrderViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, CustomerViewSet):
    serializer_class = OrderSerializer
    permission_classes = [IsAuthenticated, IsCustomerOfOrder]
    lookup_url_kwarg = "number"
    lookup_value_converter = "int"

    def get_queryset(self) -> QuerySet[Order]:
        orders = Order.objects.prefetch_related("items__product")
        return orders.filter(customer=self.request.user) if self.action == "list" else orders

    # Names no origins, so it refines the class: its origins and cookies, but no preflight is
    # remembered where money is spent.
    @cors_allow(max_age=0)
    def create(self, request: Request, **kwargs: Any) -> Response:
        """Order what is in the cart."""
        lines = cart.lines(request.session)
        if not lines:
            raise ParseError("The cart is empty: POST to /api/cart/ first.")
        try:
            order = place(request.user, lines)
        except OutOfStockError as error:
            raise Conflict(f"Not enough left of {error}.") from error
        cart.clear(request.session)
        return Response(self.get_serializer(order).data, status=status.HTTP_201_CREATED)

    # Cancelling is for the shop's own host, where no CORS is asked for. A denial takes nothing from
    # its class, so it says enforce by itself.
    @cors_deny(enforce=True)
    def destroy(self, request: Request, **kwargs: Any) -> Response:
        cancel(self.get_object())
        return Response(status=status.HTTP_204_NO_CONTENT)
