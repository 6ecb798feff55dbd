from __future__ import annotations

from http import HTTPStatus
from typing import Any, cast

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404
from django.views import View

from cors_views import cors_allow, cors_deny
from shop import cart
from shop.http import problem, sign_in_first
from shop.models import Order, OrderItem, Product


class OutOfStockError(Exception):
    """Somebody else was faster."""


def as_json(order: Order) -> dict[str, Any]:
    return {
        "number": order.pk,
        "status": order.status,
        "total": str(order.total),
        "items": [
            {"product": item.product.slug, "quantity": item.quantity} for item in order.items.all()
        ],
    }


@transaction.atomic
def place(customer: User, lines: list[tuple[Product, int]]) -> Order:
    """Turn the lines of a cart into an order, or leave everything as it was."""
    order = Order.objects.create(customer=customer)
    for product, quantity in lines:
        # The condition stands in the UPDATE, so that two orders never share the last one.
        in_stock = Product.objects.filter(pk=product.pk, stock__gte=quantity)
        if not in_stock.update(stock=F("stock") - quantity):
            raise OutOfStockError(product.slug)
        OrderItem.objects.create(
            order=order, product=product, quantity=quantity, unit_price=product.price
        )
    return order


@transaction.atomic
def cancel(order: Order) -> None:
    """Put what was ordered back on the shelf, once."""
    placed = Order.objects.filter(pk=order.pk, status=Order.Status.PLACED)
    if placed.update(status=Order.Status.CANCELLED):
        for item in order.items.all():
            Product.objects.filter(pk=item.product_id).update(stock=F("stock") + item.quantity)


@cors_allow("storefront")
class CustomerView(View):
    """Base of the views for signed-in customers; those inherit its policy."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return sign_in_first()
        return super().dispatch(request, *args, **kwargs)


class OrderListView(CustomerView):
    def get(self, request: HttpRequest) -> JsonResponse:
        orders = Order.objects.filter(customer=request.user.pk).prefetch_related("items__product")
        return JsonResponse({"orders": [as_json(order) for order in orders]})

    # Names no origins, so it refines the class: its origins and cookies, but no preflight is
    # remembered where money is spent.
    @cors_allow(max_age=0)
    def post(self, request: HttpRequest) -> JsonResponse:
        """Order what is in the cart."""
        lines = cart.lines(request.session)
        if not lines:
            return problem(HTTPStatus.BAD_REQUEST, "The cart is empty: POST to /api/cart/ first.")
        try:
            # The base class lets nobody else in.
            order = place(cast("User", request.user), lines)
        except OutOfStockError as error:
            return problem(HTTPStatus.CONFLICT, f"Not enough left of {error}.")
        cart.clear(request.session)
        return JsonResponse(as_json(order), status=HTTPStatus.CREATED)


class OrderView(CustomerView):
    def get(self, request: HttpRequest, number: int) -> JsonResponse:
        return JsonResponse(as_json(self._order(request, number)))

    # Cancelling is for the shop's own host, where no CORS is asked for.
    @cors_deny
    def delete(self, request: HttpRequest, number: int) -> HttpResponse:
        cancel(self._order(request, number))
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def _order(self, request: HttpRequest, number: int) -> Order:
        order = get_object_or_404(Order, pk=number)
        if order.customer_id != request.user.pk:
            raise PermissionDenied("This is another customer's order.")
        return order
