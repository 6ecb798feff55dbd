"""The cart: product slugs and quantities in the visitor's session."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

from shop.models import Product

KEY = "cart"


def quantities(session: SessionBase) -> dict[str, int]:
    return dict(session.get(KEY, {}))


def set_quantity(session: SessionBase, slug: str, quantity: int) -> None:
    # A new dict, because a session notices assignments only.
    session[KEY] = quantities(session) | {slug: quantity}


def clear(session: SessionBase) -> None:
    session.pop(KEY, None)


def lines(session: SessionBase) -> list[tuple[Product, int]]:
    """Return the products with their quantities; what the shop no longer sells is left out."""
    wanted = quantities(session)
    return [(product, wanted[product.slug]) for product in Product.objects.filter(slug__in=wanted)]


def as_json(session: SessionBase) -> dict[str, Any]:
    items = lines(session)
    return {
        "items": [
            {"product": product.slug, "quantity": quantity, "price": str(product.price)}
            for product, quantity in items
        ],
        "total": str(sum((product.price * quantity for product, quantity in items), Decimal(0))),
    }
