"""Placing and cancelling orders, whoever asks and however."""

from __future__ import annotations

from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import F

from shop.models import Order, OrderItem, Product


class OutOfStockError(Exception):
    """Somebody else was faster."""


@transaction.atomic
def place(customer: User, lines: list[tuple[Product, int]]) -> Order:
    """Turn products and their quantities into an order, or leave everything as it was."""
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
