from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from shop import demo_data
from shop.models import Order, OrderItem, Product
from tenants import demo_data as tenants


class Command(BaseCommand):
    help = (
        "Fill the shop with its products, two customers with an order each, and a partner. "
        "Safe to repeat. For the settings of development alone: the passwords are public."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if not getattr(settings, "SHOP_IS_A_DEMONSTRATION", False):
            raise CommandError(
                "These settings are of no demonstration, and the passwords of these accounts "
                "stand in the source. Run me with shopsite.settings.development."
            )
        self._fill(**options)

    @transaction.atomic
    def _fill(self, **options: Any) -> None:
        for slug, name, description, price, stock in demo_data.PRODUCTS:
            Product.objects.update_or_create(
                slug=slug,
                defaults={
                    "name": name,
                    "description": description,
                    "price": Decimal(price),
                    "cost": Decimal(price) / 2,
                    "stock": stock,
                },
            )
        self._customer(demo_data.CUSTOMER, demo_data.CUSTOMER_ORDER)
        self._customer(demo_data.OTHER_CUSTOMER, demo_data.OTHER_ORDER)
        self._user(demo_data.PARTNER)
        tenants.fill()
        if options["verbosity"]:
            self.stdout.write(f"The shop sells {Product.objects.count()} products.")

    def _user(self, username: str) -> User:
        user, _ = User.objects.get_or_create(username=username)
        # Hashing is slow by design: only when it changes something.
        if not user.check_password(demo_data.PASSWORD):
            user.set_password(demo_data.PASSWORD)
            user.save()
        return user

    def _customer(self, username: str, number: int) -> None:
        order, _ = Order.objects.update_or_create(
            pk=number, defaults={"customer": self._user(username), "status": Order.Status.PLACED}
        )
        mug = Product.objects.get(slug="enamel-mug")
        OrderItem.objects.update_or_create(
            order=order, product=mug, defaults={"quantity": 1, "unit_price": mug.price}
        )
