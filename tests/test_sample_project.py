"""The sample project is a real shop: its behaviour, and its CORS headers through Django's clients.

It runs in this process, under its own settings. They are laid over ours with ``override_settings``
for the time of this module, and its tables are made in the test database: so its tests are plain
tests with the usual fixtures and tracebacks, which a second pytest or ``manage.py test`` in a
subprocess would hide. Only ``DATABASES`` stays ours (Django cannot change it halfway). A subprocess
runs where ``manage.py`` itself is the subject.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import os
import random
import re
import socket
import subprocess
import sys
from base64 import b64encode
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from asgiref.sync import async_to_sync
from django.apps import apps
from django.core.exceptions import ImproperlyConfigured
from django.core.management import CommandError, call_command
from django.test import AsyncClient, Client, override_settings

from playground.calls import CALLS
from playground.sockets import SOCKETS
from shop import demo_data
from shopsite import origins
from tests.samples.shell import COMMANDS, Command
from tests.servers import free_ports_in_a_row, running

pytest.importorskip("rest_framework", reason="the shop is built on Django REST framework")
pytest.importorskip("knox", reason="the shop's partners sign in with django-rest-knox")

ROOT = Path(__file__).resolve().parent.parent
SAMPLE_PROJECT = ROOT / "sample_project"
README = SAMPLE_PROJECT / "README.rst"

ORIGINS = {
    "storefront": origins.STOREFRONT,
    "partner": origins.PARTNER,
    "stranger": origins.STRANGER,
    "nobody": None,
}
JSON = "application/json"
CURLED = [
    one for one in COMMANDS if one.printed and one.words[0] == "curl" and one.sample.page == README
]

# All of them, so that the module stays in one piece: pytest-django moves such tests to the front.
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module", autouse=True)
def shop_settings(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    from shopsite.settings import development as settings

    values = {
        name: getattr(settings, name)
        for name in dir(settings)
        if name.isupper() and name not in ("DATABASES", "LOGGING")
    }
    # The host of Django's test clients.
    values["ALLOWED_HOSTS"] = [*settings.ALLOWED_HOSTS, "testserver"]
    # Real hashing is slow by design.
    values["PASSWORD_HASHERS"] = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    with override_settings(**values), pytest.MonkeyPatch.context() as patch:
        from rest_framework.settings import api_settings
        from rest_framework.views import APIView

        # They were read when the class was made, which another module may have done before us.
        for name in ("renderer_classes", "parser_classes"):
            patch.setattr(APIView, name, getattr(api_settings, f"DEFAULT_{name.upper()}"))
        # Django forgets to tell models about those of an app that comes back.
        apps.clear_cache()
        with django_db_blocker.unblock():
            call_command("migrate", verbosity=0)
            call_command("seed_shop", verbosity=0)
        yield
        with django_db_blocker.unblock():
            from django.contrib.auth.models import User

            User.objects.filter(
                username__in=[
                    demo_data.CUSTOMER,
                    demo_data.OTHER_CUSTOMER,
                    demo_data.PARTNER,
                    demo_data.MANAGER,
                ]
            ).delete()
            for app in ("tenants", "shop", "knox", "admin"):
                call_command("migrate", app, "zero", verbosity=0)


@dataclass
class Visitor:
    """A page at an origin, with its cookies and the CSRF token that it has been told."""

    mode: str
    origin: str | None
    token: str = ""
    client: Any = field(init=False)

    def __post_init__(self) -> None:
        maker: Any = AsyncClient if self.mode == "async" else Client
        self.client = maker(enforce_csrf_checks=True, raise_request_exception=False)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        content_type: str = JSON,
        headers: dict[str, str] | None = None,
    ) -> Any:
        sent = dict(headers or {})
        if self.origin is not None:
            sent["origin"] = self.origin
        if self.token:
            sent["x-csrftoken"] = self.token
        data = body if isinstance(body, str) else "" if body is None else json.dumps(body)

        def request() -> Any:
            return self.client.generic(method, path, data, content_type, headers=sent)

        if self.mode == "sync":
            return request()

        async def arequest() -> Any:
            return await request()

        return async_to_sync(arequest)()

    def sign_in(self, username: str = demo_data.CUSTOMER) -> Any:
        self.token = self.send("GET", "/api/session/").json()["csrfToken"]
        response = self.send(
            "POST", "/api/session/", {"username": username, "password": demo_data.PASSWORD}
        )
        self.token = response.json()["csrfToken"]
        return response


@pytest.fixture(params=["sync", "async"])
def mode(request: pytest.FixtureRequest) -> str:
    mode: str = request.param
    return mode


@pytest.fixture
def visitor(mode: str) -> Visitor:
    return Visitor(mode, origins.STOREFRONT)


@pytest.fixture
def customer(visitor: Visitor) -> Visitor:
    visitor.sign_in()
    return visitor


@pytest.fixture
def clerk(customer: Visitor) -> Visitor:
    """Somebody of the shop's staff."""
    from django.contrib.auth.models import User

    User.objects.filter(username=demo_data.CUSTOMER).update(is_staff=True)
    return customer


@pytest.fixture
def partner(mode: str) -> Visitor:
    return Visitor(mode, origins.PARTNER)


def password_of(username: str, password: str = demo_data.PASSWORD) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'{username}:{password}'.encode()).decode()}"}


def token_of(partner: Visitor) -> dict[str, str]:
    response = partner.send(
        "POST", "/api/partners/tokens/login/", headers=password_of(demo_data.PARTNER)
    )
    return {"authorization": f"Token {response.json()['token']}"}


def stock_of(slug: str) -> int:
    from shop.models import Product

    return Product.objects.get(slug=slug).stock


# --- Sessions ------------------------------------------------------------------------------------


def test_sign_in_and_out(visitor: Visitor) -> None:
    assert visitor.send("GET", "/api/session/").json()["user"] is None

    response = visitor.sign_in()

    assert (response.status_code, response.json()["user"]) == (200, demo_data.CUSTOMER)
    assert visitor.send("GET", "/api/session/").json()["user"] == demo_data.CUSTOMER
    assert visitor.send("DELETE", "/api/session/").status_code == 204
    assert visitor.send("GET", "/api/session/").json()["user"] is None


def test_wrong_password(visitor: Visitor) -> None:
    visitor.token = visitor.send("GET", "/api/session/").json()["csrfToken"]

    response = visitor.send("POST", "/api/session/", {"username": "ada", "password": "guess"})

    assert response.status_code == 400
    assert "__all__" in response.json()["fields"]


def test_csrf_protection_wants_the_token(customer: Visitor) -> None:
    customer.token = ""

    response = customer.send("POST", "/api/cart/", {"product": "enamel-mug", "quantity": 1})

    assert response.status_code == 403
    assert response.json()["detail"].startswith("CSRF protection:")


def test_csrf_protection_wants_a_trusted_origin(customer: Visitor) -> None:
    customer.origin = origins.STRANGER

    response = customer.send("POST", "/api/cart/", {"product": "enamel-mug", "quantity": 1})

    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers


# --- Cart and orders -----------------------------------------------------------------------------


def test_cart(visitor: Visitor) -> None:
    visitor.token = visitor.send("GET", "/api/session/").json()["csrfToken"]
    mug = {"product": "enamel-mug"}

    added = visitor.send("POST", "/api/cart/", mug | {"quantity": 2})
    changed = visitor.send("PATCH", "/api/cart/", mug | {"quantity": 3})

    assert (added.status_code, added.json()["total"]) == (201, "28.00")
    assert (changed.status_code, changed.json()["total"]) == (200, "42.00")
    assert visitor.send("GET", "/api/cart/").json() == changed.json()
    assert visitor.send("DELETE", "/api/cart/").status_code == 204
    assert visitor.send("GET", "/api/cart/").json() == {"items": [], "total": "0"}


@pytest.mark.parametrize(
    ("body", "content_type", "complaint"),
    [
        pytest.param({}, JSON, "This field is required.", id="empty"),
        pytest.param({"product": "enamel-mug", "quantity": 0}, JSON, "greater", id="none"),
        pytest.param({"product": "enamel-mug", "quantity": 100}, JSON, "less", id="too-many"),
        pytest.param({"product": "linen-apron", "quantity": 1}, JSON, "Only 0 in stock", id="out"),
        pytest.param({"product": "unicorn", "quantity": 1}, JSON, "choice", id="unknown-product"),
        pytest.param("{", JSON, "not JSON", id="broken-json"),
        pytest.param("[]", JSON, "must be a JSON object", id="no-object"),
        pytest.param("{}", "text/plain", "Content-Type: application/json", id="no-json"),
    ],
)
def test_cart_refuses_what_is_not_valid(
    customer: Visitor, body: Any, content_type: str, complaint: str
) -> None:
    response = customer.send("POST", "/api/cart/", body, content_type=content_type)

    assert response.status_code == 400
    assert complaint in response.content.decode()
    assert customer.send("GET", "/api/cart/").json()["items"] == []


NOTHING_TO_PARSE = {
    "nested-too-deep": "[" * 100_000,
    "half-a-character": '{"%s": "\\ud800", "password": "x"}',
}


@pytest.mark.parametrize("body", NOTHING_TO_PARSE.values(), ids=NOTHING_TO_PARSE)
@pytest.mark.parametrize(
    ("method", "path", "text_field"),
    [
        pytest.param("POST", "/api/session/", "username", id="session"),
        pytest.param("POST", "/api/cart/", "product", id="cart"),
        pytest.param("PATCH", "/api/cart/", "product", id="cart-change"),
        pytest.param("POST", "/api/postage/", "country", id="postage"),
        pytest.param("POST", "/api/products/", "name", id="rest-framework"),
    ],
)
def test_bodies_that_no_form_can_take_are_bad_requests(
    clerk: Visitor, method: str, path: str, text_field: str, body: str
) -> None:
    response = clerk.send(method, path, body.replace("%s", text_field))

    assert response.status_code == 400
    assert response.headers["content-type"] == JSON


def test_order(customer: Visitor) -> None:
    before = stock_of("enamel-mug")
    customer.send("POST", "/api/cart/", {"product": "enamel-mug", "quantity": 2})

    placed = customer.send("POST", "/api/orders/")

    assert (placed.status_code, placed.json()["total"]) == (201, "28.00")
    assert stock_of("enamel-mug") == before - 2
    assert customer.send("GET", "/api/cart/").json()["items"] == []
    numbers = [order["number"] for order in customer.send("GET", "/api/orders/").json()]
    assert numbers == [placed.json()["number"], demo_data.CUSTOMER_ORDER]


def test_order_of_an_empty_cart(customer: Visitor) -> None:
    response = customer.send("POST", "/api/orders/")

    assert response.status_code == 400
    assert "The cart is empty" in response.json()["detail"]


def test_order_of_what_has_been_sold_meanwhile(customer: Visitor) -> None:
    from shop.models import Order, Product

    customer.send("POST", "/api/cart/", {"product": "pour-over", "quantity": 1})
    customer.send("POST", "/api/cart/", {"product": "wool-blanket", "quantity": 2})
    Product.objects.filter(slug="wool-blanket").update(stock=1)
    orders, drippers = Order.objects.count(), stock_of("pour-over")

    response = customer.send("POST", "/api/orders/")

    assert response.status_code == 409
    assert (Order.objects.count(), stock_of("pour-over")) == (orders, drippers)
    assert len(customer.send("GET", "/api/cart/").json()["items"]) == 2


def test_cancelled_order_is_restocked_once(customer: Visitor) -> None:
    before = stock_of("enamel-mug")
    path = f"/api/orders/{demo_data.CUSTOMER_ORDER}/"
    # As a form on the API's own host, where no other origin comes in.
    customer.origin = None

    assert customer.send("DELETE", path).status_code == 204
    assert customer.send("DELETE", path).status_code == 204

    assert stock_of("enamel-mug") == before + 1
    assert customer.send("GET", path).json()["status"] == "cancelled"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/orders/"),
        ("POST", "/api/orders/"),
        ("GET", f"/api/orders/{demo_data.CUSTOMER_ORDER}/"),
        ("DELETE", f"/api/orders/{demo_data.CUSTOMER_ORDER}/"),
        ("GET", "/api/internal/margins/"),
    ],
)
def test_anonymous_visitors_must_sign_in(visitor: Visitor, method: str, path: str) -> None:
    visitor.token = visitor.send("GET", "/api/session/").json()["csrfToken"]
    # On the API's own host, where all of these are open to the shop's customers and staff.
    visitor.origin = None

    response = visitor.send(method, path)

    assert response.status_code == 401
    assert response.json()["detail"] in (
        "Sign in first: POST to /api/session/.",
        "Authentication credentials were not provided.",
    )


@pytest.mark.parametrize(
    ("path", "status"),
    [
        pytest.param(f"/api/orders/{demo_data.OTHER_ORDER}/", 403, id="of-another"),
        pytest.param("/api/orders/999999/", 404, id="unknown"),
        pytest.param("/api/internal/margins/", 403, id="staff-only"),
    ],
)
def test_customers_see_what_is_theirs(customer: Visitor, path: str, status: int) -> None:
    customer.origin = None

    assert customer.send("GET", path).status_code == status


def test_staff_sees_the_margins(clerk: Visitor) -> None:
    clerk.origin = None

    assert clerk.send("GET", "/api/internal/margins/").json()["enamel-mug"] == "7.00"


@pytest.mark.parametrize(
    ("origin", "method", "path"),
    [
        pytest.param("stranger", "POST", "/api/orders/", id="a-forged-order"),
        pytest.param("partner", "GET", "/api/orders/", id="orders"),
        pytest.param("storefront", "DELETE", "/api/orders/1001/", id="a-denied-action"),
        pytest.param("storefront", "GET", "/api/internal/margins/", id="margins"),
    ],
)
def test_views_that_enforce_refuse_even_the_clerk_at_another_origin(
    clerk: Visitor, origin: str, method: str, path: str
) -> None:
    from shop.models import Order

    clerk.send("POST", "/api/cart/", {"product": "enamel-mug", "quantity": 2})
    clerk.origin = ORIGINS[origin]
    before = list(Order.objects.values_list("status", flat=True))

    response = clerk.send(method, path, content_type="text/plain")

    assert response.status_code == 403
    assert response.json()["detail"] == (
        "This site does not accept this request from another site."
    )
    assert list(Order.objects.values_list("status", flat=True)) == before


def test_a_view_that_does_not_enforce_runs_for_a_stranger(mode: str) -> None:
    from shop.models import Subscriber

    stranger = Visitor(mode, origins.STRANGER)
    response = stranger.send("POST", "/api/newsletter/", "b@example.com", content_type="text/plain")

    assert (response.status_code, cors_headers(response)) == (202, {})
    assert Subscriber.objects.filter(email="b@example.com").exists()


# --- The back office -----------------------------------------------------------------------------

TEAPOT = {
    "slug": "teapot",
    "name": "Teapot",
    "description": "Short and stout.",
    "price": "31.00",
    "cost": "12.00",
    "stock": 7,
}


def test_staff_changes_the_catalogue(clerk: Visitor) -> None:
    seen = clerk.send("GET", "/api/products/")

    added = clerk.send("POST", "/api/products/", TEAPOT)
    changed = clerk.send("PATCH", "/api/products/teapot/", {"price": "29.00", "stock": 0})

    assert (added.status_code, changed.status_code) == (201, 200)
    assert "cost" not in added.json()
    assert "stock" not in added.json()
    assert (changed.json()["price"], changed.json()["available"]) == ("29.00", False)
    again = clerk.send("GET", "/api/products/", headers={"if-none-match": seen.headers["etag"]})
    assert (again.status_code, len(again.json())) == (200, len(demo_data.PRODUCTS) + 1)
    assert clerk.send("DELETE", "/api/products/teapot/").status_code == 204
    assert clerk.send("GET", "/api/products/teapot/").status_code == 404


def test_what_has_been_ordered_stays_in_the_catalogue(clerk: Visitor) -> None:
    assert clerk.send("DELETE", "/api/products/enamel-mug/").status_code == 409
    assert clerk.send("GET", "/api/products/enamel-mug/").status_code == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("POST", "/api/products/", id="create"),
        pytest.param("PUT", "/api/products/enamel-mug/", id="update"),
        pytest.param("PATCH", "/api/products/enamel-mug/", id="partial-update"),
        pytest.param("DELETE", "/api/products/enamel-mug/", id="destroy"),
    ],
)
def test_only_staff_changes_the_catalogue(visitor: Visitor, method: str, path: str) -> None:
    assert visitor.send(method, path, TEAPOT).status_code == 401
    visitor.sign_in()
    assert visitor.send(method, path, TEAPOT).status_code == 403


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        pytest.param("POST", "/api/orders/", None, id="order"),
        pytest.param("DELETE", f"/api/orders/{demo_data.CUSTOMER_ORDER}/", None, id="cancel"),
        pytest.param("PATCH", "/api/products/enamel-mug/", {"price": "0.01"}, id="reprice"),
    ],
)
def test_rest_framework_wants_the_csrf_token_of_a_session(
    clerk: Visitor, method: str, path: str, body: Any
) -> None:
    clerk.token = ""
    if method == "DELETE":
        # Denied to every other origin.
        clerk.origin = None

    response = clerk.send(method, path, body)

    assert response.status_code == 403
    assert response.json()["detail"].startswith("CSRF Failed:")


# --- Partners and their tokens -------------------------------------------------------------------


def test_partner_reserves_with_a_token_and_gives_it_back(partner: Visitor) -> None:
    before = stock_of("enamel-mug")
    path = "/api/products/enamel-mug/reserve/"
    token = token_of(partner)

    reserved = partner.send("POST", path, {"quantity": 3}, headers=token)

    assert (reserved.status_code, reserved.json()["total"]) == (201, "42.00")
    assert stock_of("enamel-mug") == before - 3
    assert partner.send("POST", "/api/partners/tokens/logout/", headers=token).status_code == 204
    assert partner.send("POST", path, {"quantity": 1}, headers=token).status_code == 401


@pytest.mark.parametrize(
    ("slug", "body", "content_type", "status"),
    [
        pytest.param("enamel-mug", {}, JSON, 400, id="empty"),
        pytest.param("enamel-mug", {"quantity": 0}, JSON, 400, id="none"),
        pytest.param("enamel-mug", {"quantity": 100}, JSON, 400, id="too-many"),
        pytest.param("enamel-mug", "{", JSON, 400, id="broken-json"),
        pytest.param("enamel-mug", "one", "text/plain", 415, id="no-json"),
        pytest.param("linen-apron", {"quantity": 1}, JSON, 409, id="sold-out"),
        pytest.param("unicorn", {"quantity": 1}, JSON, 404, id="unknown-product"),
    ],
)
def test_reservation_refuses_what_is_not_valid(
    partner: Visitor, slug: str, body: Any, content_type: str, status: int
) -> None:
    from shop.models import Order

    orders = Order.objects.count()

    response = partner.send(
        "POST",
        f"/api/products/{slug}/reserve/",
        body,
        content_type=content_type,
        headers=token_of(partner),
    )

    assert response.status_code == status
    assert Order.objects.count() == orders


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param(password_of(demo_data.PARTNER, "guess"), id="wrong-password"),
        pytest.param(password_of("nobody"), id="unknown"),
    ],
)
def test_token_wants_the_password(partner: Visitor, headers: dict[str, str]) -> None:
    response = partner.send("POST", "/api/partners/tokens/login/", headers=headers)

    assert response.status_code == 401


def test_session_is_no_token(customer: Visitor) -> None:
    body = {"quantity": 1}

    assert customer.send("POST", "/api/products/enamel-mug/reserve/", body).status_code == 401


# --- The rest of the shop ------------------------------------------------------------------------


def test_unchanged_catalogue(visitor: Visitor) -> None:
    first = visitor.send("GET", "/api/products/")

    again = visitor.send("GET", "/api/products/", headers={"if-none-match": first.headers["etag"]})

    assert len(first.json()) == len(demo_data.PRODUCTS)
    assert (again.status_code, again.content) == (304, b"")


def test_catalogue_has_one_form_for_all(visitor: Visitor) -> None:
    """Its ETag is strong, and a cache gives everybody what it has kept for one."""
    plain, indented = (
        visitor.send("GET", "/api/products/", headers={"accept": accept})
        for accept in (JSON, f"{JSON}; indent=8")
    )

    assert (indented.content, indented.headers["etag"]) == (plain.content, plain.headers["etag"])


@pytest.mark.parametrize(
    ("key", "status"),
    [
        pytest.param(demo_data.PARTNER_KEY, 200, id="right"),
        pytest.param("guess", 401, id="wrong"),
        pytest.param("schlüssel", 401, id="not-ascii"),
        pytest.param("", 401, id="none"),
    ],
)
def test_stock_feed_wants_a_key(visitor: Visitor, key: str, status: int) -> None:
    headers = {"x-partner-key": key} if key else {}

    assert visitor.send("GET", "/api/stock/", headers=headers).status_code == status


@pytest.mark.parametrize("headers", [{}, {"x-partner-key": ""}], ids=["no-key", "empty-key"])
def test_stock_feed_without_a_configured_key_is_closed(
    visitor: Visitor, headers: dict[str, str]
) -> None:
    with override_settings(SHOP_PARTNER_KEY=""):
        assert visitor.send("GET", "/api/stock/", headers=headers).status_code == 401


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"country": "DE", "grams": 1000}, 200, id="kilogram"),
        pytest.param({"country": "XX", "grams": 1000}, 400, id="unknown-country"),
        pytest.param({"country": "DE", "grams": 0}, 400, id="nothing"),
    ],
)
def test_postage(visitor: Visitor, body: dict[str, Any], status: int) -> None:
    assert visitor.send("POST", "/api/postage/", body).status_code == status


def test_newsletter_tells_nobody_who_has_subscribed(visitor: Visitor) -> None:
    from shop.models import Subscriber

    first, second, third = (
        visitor.send("POST", "/api/newsletter/", address, content_type="text/plain")
        for address in ("a@example.com", "a@example.com", "no address")
    )

    assert (first.status_code, second.status_code, third.status_code) == (202, 202, 400)
    assert first.content == second.content
    assert Subscriber.objects.filter(email="a@example.com").count() == 1


def test_seeding_again_changes_nothing_but_the_stock() -> None:
    from shop.models import Order, Product

    Product.objects.filter(slug="enamel-mug").update(stock=1)
    before = (Product.objects.count(), Order.objects.count())

    call_command("seed_shop", verbosity=0)

    assert (Product.objects.count(), Order.objects.count()) == before
    assert stock_of("enamel-mug") == 5000


# --- CORS headers --------------------------------------------------------------------------------

PUBLIC = {"access-control-allow-origin": "*", "access-control-expose-headers": "etag"}
STOREFRONT = {
    "access-control-allow-origin": origins.STOREFRONT,
    "access-control-allow-credentials": "true",
}
PARTNER = {
    "access-control-allow-origin": origins.PARTNER,
    "access-control-expose-headers": "x-stock-version",
}
DESK = {"access-control-allow-origin": origins.PARTNER}
SETTINGS = {"access-control-allow-origin": origins.STOREFRONT}


@dataclass(frozen=True)
class Answer:
    """The CORS headers, exactly, that a request gets; ``varies`` by its origin or not."""

    name: str
    method: str
    path: str
    origin: str
    status: int
    headers: dict[str, str]
    varies: bool = True


ANSWERS = [
    Answer("public", "GET", "/api/products/", "stranger", 200, PUBLIC, varies=False),
    Answer("public-no-origin", "GET", "/api/products/", "nobody", 200, PUBLIC, varies=False),
    Answer("public-head", "HEAD", "/api/products/", "stranger", 200, PUBLIC, varies=False),
    Answer("slash-redirect", "GET", "/api/products", "stranger", 301, PUBLIC, varies=False),
    Answer("router-root", "GET", "/api/", "storefront", 200, SETTINGS),
    Answer("format-suffix", "GET", "/api/products.json", "stranger", 200, PUBLIC, varies=False),
    Answer("two-audiences-partner", "GET", "/api/products/enamel-mug/", "partner", 200, PARTNER),
    Answer("two-audiences-stranger", "GET", "/api/products/enamel-mug/", "stranger", 200, PUBLIC),
    Answer("not-found", "GET", "/api/products/unicorn/", "partner", 404, PARTNER),
    Answer(
        "action-of-the-class", "PATCH", "/api/products/pour-over/", "storefront", 401, STOREFRONT
    ),
    Answer("action-of-the-class-refused", "PATCH", "/api/products/pour-over/", "partner", 401, {}),
    Answer(
        "action-denied", "DELETE", "/api/products/pour-over/", "storefront", 401, {}, varies=False
    ),
    Answer("unknown-format", "GET", "/api/products/pour-over.csv", "partner", 404, PARTNER),
    Answer("extra-action", "POST", "/api/products/pour-over/reserve/", "partner", 401, DESK),
    Answer(
        "extra-action-nearer", "POST", "/api/products/pour-over/reserve/", "storefront", 401, {}
    ),
    Answer("extra-action-get", "GET", "/api/products/x/reserve/", "storefront", 401, STOREFRONT),
    Answer("third-party", "POST", "/api/partners/tokens/login/", "partner", 401, DESK),
    Answer("third-party-refused", "POST", "/api/partners/tokens/login/", "storefront", 401, {}),
    Answer("class", "GET", "/api/session/", "storefront", 200, STOREFRONT),
    Answer("class-refused", "GET", "/api/session/", "partner", 200, {}),
    Answer("class-no-origin", "GET", "/api/session/", "nobody", 200, {}),
    Answer("method-decorator", "GET", "/api/cart/", "storefront", 200, STOREFRONT),
    Answer("not-allowed-method", "PUT", "/api/products/", "storefront", 401, STOREFRONT),
    Answer("not-allowed-method-enforced", "PUT", "/api/orders/", "storefront", 403, {}),
    Answer("inherited", "GET", "/api/orders/", "storefront", 401, STOREFRONT),
    Answer("handler-denied", "DELETE", "/api/orders/1001/", "storefront", 403, {}),
    Answer("async", "GET", "/api/stock/", "partner", 401, PARTNER),
    Answer("async-refused", "GET", "/api/stock/", "storefront", 401, {}),
    Answer("urlconf", "GET", "/api/partners/prices/", "partner", 200, PARTNER),
    Answer("urlconf-refused", "GET", "/api/partners/prices/", "storefront", 200, {}),
    Answer("undeclared", "GET", "/api/prices/", "storefront", 200, SETTINGS),
    Answer("undeclared-refused", "GET", "/api/prices/", "partner", 200, {}),
    Answer("crash", "GET", "/api/recommendations/", "storefront", 500, SETTINGS),
    Answer("no-such-url", "GET", "/api/nothing/", "storefront", 404, SETTINGS),
    Answer("denied", "GET", "/api/internal/margins/", "storefront", 403, {}),
    Answer("tenant", "GET", "/api/tenants/offers/", "partner", 200, DESK),
    Answer("tenant-refused", "GET", "/api/tenants/offers/", "storefront", 200, {}),
    Answer("csrf-failure", "POST", "/api/cart/", "storefront", 403, STOREFRONT),
]


def cors_headers(response: Any) -> dict[str, str]:
    return {
        name.lower(): value if name.lower() == "access-control-allow-origin" else value.lower()
        for name, value in response.headers.items()
        if name.lower().startswith("access-control-")
    }


def varies(response: Any) -> bool:
    return "origin" in [
        name.strip() for name in response.headers.get("vary", "").lower().split(",")
    ]


@pytest.mark.parametrize("answer", [pytest.param(one, id=one.name) for one in ANSWERS])
def test_answer(mode: str, answer: Answer) -> None:
    response = Visitor(mode, ORIGINS[answer.origin]).send(answer.method, answer.path)

    assert response.status_code == answer.status
    assert cors_headers(response) == answer.headers
    assert varies(response) == answer.varies


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        pytest.param("POST", "/api/orders/", 400, id="bad-request"),
        pytest.param("GET", f"/api/orders/{demo_data.OTHER_ORDER}/", 403, id="forbidden"),
        pytest.param("PATCH", "/api/products/pour-over/", 403, id="staff-only"),
        pytest.param("GET", "/api/orders/999999/", 404, id="not-found"),
        pytest.param("PUT", "/api/cart/", 405, id="no-such-method-of-a-view"),
    ],
)
def test_errors_of_a_session_are_readable(
    customer: Visitor, method: str, path: str, status: int
) -> None:
    response = customer.send(method, path)

    assert response.status_code == status
    assert cors_headers(response) == STOREFRONT
    assert varies(response)


def test_error_of_the_content_negotiation_is_readable(mode: str) -> None:
    response = Visitor(mode, origins.STRANGER).send(
        "GET", "/api/products/pour-over/", headers={"accept": "text/csv"}
    )

    assert response.status_code == 406
    assert cors_headers(response) == PUBLIC


@pytest.mark.parametrize("path", ["/api/products/", "/api/products/pour-over/"])
def test_catalogue_varies_by_no_cookie(customer: Visitor, path: str) -> None:
    response = customer.send("GET", path)

    assert response.status_code == 200
    assert "cookie" not in response.headers.get("vary", "").lower()


@dataclass(frozen=True)
class Preflight:
    """What a preflight is told; no methods for a refusal, which carries no CORS header.

    Its status is 200 all the same, unless the policy enforces.
    """

    name: str
    origin: str
    method: str
    path: str
    methods: set[str] | None
    max_age: str | None = "86400"
    headers: set[str] | None = None
    status: int = 200


TOKEN = {"authorization", "content-type"}

PREFLIGHTS = [
    # The list's POST is not for strangers, and caches know no methods: nothing is remembered.
    Preflight("list", "stranger", "GET", "/api/products/", {"GET"}, "0"),
    # The action is for any origin without cookies, the rest of the route for the own front end.
    Preflight("list-delete", "storefront", "DELETE", "/api/products/", {"POST"}),
    Preflight("create", "storefront", "POST", "/api/products/", {"POST"}),
    Preflight("create-partner", "partner", "POST", "/api/products/", None),
    Preflight("update", "storefront", "PATCH", "/api/products/enamel-mug/", {"PUT", "PATCH"}),
    Preflight("update-partner", "partner", "PATCH", "/api/products/enamel-mug/", None),
    Preflight("retrieve", "partner", "GET", "/api/products/enamel-mug/", {"GET"}, "600"),
    Preflight("destroy", "storefront", "DELETE", "/api/products/enamel-mug/", None),
    Preflight("reserve", "partner", "POST", "/api/products/x/reserve/", {"POST"}, headers=TOKEN),
    Preflight("reserve-storefront", "storefront", "POST", "/api/products/x/reserve/", None),
    Preflight("token", "partner", "POST", "/api/partners/tokens/login/", {"POST"}, headers=TOKEN),
    Preflight("token-storefront", "storefront", "POST", "/api/partners/tokens/login/", None),
    Preflight("order-post", "storefront", "POST", "/api/orders/1001/", None, status=403),
    Preflight("cart", "storefront", "PATCH", "/api/cart/", {"GET", "POST", "PATCH", "DELETE"}),
    Preflight("cart-stranger", "stranger", "PATCH", "/api/cart/", None),
    Preflight("order", "storefront", "POST", "/api/orders/", {"GET", "POST"}, "0"),
    Preflight("order-get", "storefront", "GET", f"/api/orders/{demo_data.OTHER_ORDER}/", {"GET"}),
    Preflight("order-delete", "storefront", "DELETE", "/api/orders/1001/", None, status=403),
    Preflight("stock", "partner", "GET", "/api/stock/", {"GET"}, "600"),
    Preflight("stock-storefront", "storefront", "GET", "/api/stock/", None),
    Preflight("quote", "stranger", "POST", "/api/postage/", {"POST"}, "600"),
    Preflight("rates", "stranger", "GET", "/api/postage/", None),
    Preflight("offers", "partner", "GET", "/api/tenants/offers/", {"GET"}, "600", {"x-client"}),
    Preflight("offers-stranger", "stranger", "GET", "/api/tenants/offers/", None),
    Preflight("margins", "storefront", "GET", "/api/internal/margins/", None, status=403),
    Preflight("order-stranger", "stranger", "POST", "/api/orders/", None, status=403),
]


@pytest.mark.parametrize("case", [pytest.param(one, id=one.name) for one in PREFLIGHTS])
def test_preflight(mode: str, case: Preflight) -> None:
    response = Visitor(mode, ORIGINS[case.origin]).send(
        "OPTIONS", case.path, headers={"access-control-request-method": case.method}
    )

    assert (response.status_code, response.content) == (case.status, b"")
    if case.methods is None:
        assert cors_headers(response) == {}
        return
    offered = response.headers["access-control-allow-methods"].split(", ")
    # OPTIONS and HEAD may stand there too: they open nothing.
    assert set(offered) - {"OPTIONS", "HEAD"} == case.methods
    assert response.headers.get("access-control-max-age") == case.max_age
    if case.headers is not None:
        named = response.headers["access-control-allow-headers"].lower().split(", ")
        assert set(named) == case.headers


# --- Tenants of the database ---------------------------------------------------------------------


@pytest.fixture
def manager(mode: str) -> Iterator[Visitor]:
    """Somebody who writes tenants down in the admin, at the API's own host."""
    from django.contrib.auth.models import User

    from tenants.origins import tenants

    tenants.forget()
    visitor = Visitor(mode, None)
    login = getattr(visitor.client, "aforce_login" if mode == "async" else "force_login")
    (async_to_sync(login) if mode == "async" else login)(
        User.objects.get(username=demo_data.MANAGER)
    )
    visitor.client.handler.enforce_csrf_checks = False
    yield visitor
    tenants.forget()


def in_admin(manager: Visitor, path: str, **sent: str) -> Any:
    from django.test import TestCase

    body = "&".join(f"{name}={quote(value)}" for name, value in sent.items())
    with TestCase.captureOnCommitCallbacks(execute=True):
        return manager.send(
            "POST",
            f"/admin/tenants/tenant/{path}",
            body,
            content_type="application/x-www-form-urlencoded",
        )


def reads_offers(mode: str, origin: str) -> bool:
    response = Visitor(mode, origin).send("GET", "/api/tenants/offers/")
    assert varies(response)
    return cors_headers(response).get("access-control-allow-origin") == origin


def test_a_tenant_reads_as_soon_as_it_is_saved_and_no_longer_when_it_is_removed(
    manager: Visitor,
) -> None:
    from tenants.models import Tenant

    before = reads_offers(manager.mode, origins.STRANGER)
    saved = in_admin(manager, "add/", name="A stranger", origin=origins.STRANGER)
    within = reads_offers(manager.mode, origins.STRANGER)
    number = Tenant.objects.get(origin=origins.STRANGER).pk
    moved = in_admin(manager, f"{number}/change/", name="Moved", origin="https://moved.example")
    elsewhere = [
        reads_offers(manager.mode, each) for each in (origins.STRANGER, "https://moved.example")
    ]
    removed = in_admin(manager, f"{number}/delete/", post="yes")

    assert [each.status_code for each in (saved, moved, removed)] == [302] * 3
    assert (before, within, elsewhere) == (False, True, [False, True])
    assert not reads_offers(manager.mode, "https://moved.example")


def test_requests_do_not_ask_the_database_whose_origin_it_is(
    manager: Visitor, django_assert_num_queries: Any
) -> None:
    stranger = Visitor(manager.mode, origins.STRANGER)
    asked = {"access-control-request-method": "GET"}
    with django_assert_num_queries(1):
        stranger.send("OPTIONS", "/api/tenants/offers/", headers=asked)
    with django_assert_num_queries(0):
        for number in range(10):
            made_up = Visitor(manager.mode, f"https://{number}.example")
            made_up.send("OPTIONS", "/api/tenants/offers/", headers=asked)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        pytest.param("shop.example", "Write &#x27;https://shop.example&#x27; instead", id="host"),
        pytest.param("https://*.github.io", "is a pattern", id="pattern"),
        pytest.param(origins.PARTNER, "already exists", id="twice"),
    ],
)
def test_the_admin_says_what_is_no_origin(manager: Visitor, origin: str, said: str) -> None:
    response = in_admin(manager, "add/", name="A shop", origin=origin)

    assert response.status_code == 200
    assert said in response.content.decode()


@pytest.mark.parametrize("origin", [origins.STOREFRONT, origins.PARTNER])
def test_nobodys_page_reads_the_admin(manager: Visitor, origin: str) -> None:
    manager.origin = origin
    response = manager.send("GET", "/admin/tenants/tenant/")

    assert response.status_code == 200
    assert cors_headers(response) == {}


# --- The playground ------------------------------------------------------------------------------


def test_calls_have_names_and_build_on_earlier_ones() -> None:
    calls = (*CALLS, *SOCKETS)
    names = [call.name for call in calls]

    assert len(set(names)) == len(names)
    assert [
        (call.name, need)
        for index, call in enumerate(calls)
        for need in call.needs
        if need not in names[:index]
    ] == []


def test_recorder_sees_what_reaches_the_view(mode: str) -> None:
    from playground.recorder import RECORDS

    stranger = Visitor(mode, origins.STRANGER)
    stranger.send("GET", f"/api/products/?call=read-{mode}")
    stranger.send("POST", f"/api/cart/?call=forged-{mode}", content_type="text/plain")
    stranger.send(
        "OPTIONS",
        f"/api/cart/?call=asked-{mode}",
        headers={"access-control-request-method": "PUT"},
    )

    read, forged, asked = (
        RECORDS.as_json(f"{name}-{mode}")["visits"] for name in ("read", "forged", "asked")
    )
    common = {"session_cookie": False, "refused": False}
    assert read == [{"method": "GET", "view_ran": True, "status": 200} | common]
    assert forged == [{"method": "POST", "view_ran": False, "status": 403} | common]
    assert asked == []


def test_recorder_notices_the_session_cookie(customer: Visitor) -> None:
    from playground.recorder import RECORDS

    customer.send("GET", f"/api/cart/?call=cookie-{customer.mode}")

    (visit,) = RECORDS.as_json(f"cookie-{customer.mode}")["visits"]
    assert visit["session_cookie"] is True


@pytest.fixture
def reasons(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Keep what is logged, as the settings of the playground have it."""
    from playground.recorder import ReasonHandler

    handler = ReasonHandler()
    logger = logging.getLogger("cors_views")
    logger.addHandler(handler)
    try:
        with caplog.at_level(logging.DEBUG, logger="cors_views"):
            yield
    finally:
        logger.removeHandler(handler)


@pytest.mark.usefixtures("reasons")
def test_reasons_are_kept_by_call(mode: str) -> None:
    from playground.recorder import RECORDS

    Visitor(mode, origins.STRANGER).send("GET", f"/api/cart/?call=why-{mode}")

    (reason,) = RECORDS.as_json(f"why-{mode}")["reasons"]
    assert origins.STRANGER in reason
    # The place of the declaration, from the project's folder on.
    assert f"{Path('shop', 'views', 'cart.py')}:" in reason
    assert str(SAMPLE_PROJECT) not in reason


@pytest.mark.usefixtures("reasons")
def test_recorder_hears_what_is_refused_on_the_server(mode: str) -> None:
    from playground.recorder import RECORDS

    stranger = Visitor(mode, origins.STRANGER)
    stranger.send("POST", f"/api/orders/?call=refused-{mode}", content_type="text/plain")
    stranger.send(
        "OPTIONS",
        f"/api/orders/?call=unsent-{mode}",
        headers={"access-control-request-method": "PUT"},
    )

    refused, unsent = (RECORDS.as_json(f"{name}-{mode}") for name in ("refused", "unsent"))
    assert refused["visits"] == [
        {
            "method": "POST",
            "session_cookie": False,
            "view_ran": False,
            "status": 403,
            "refused": True,
        }
    ]
    # The page's own call is never made.
    assert unsent["visits"] == []
    assert (len(refused["reasons"]), len(unsent["reasons"])) == (1, 1)


def test_reasons_without_a_request_are_kept_by_what_they_say() -> None:
    from playground.recorder import RECORDS, ReasonHandler

    record = logging.makeLogRecord({"msg": "refused GET /api/?call=from-message: why"})

    ReasonHandler().emit(record)
    ReasonHandler().emit(logging.makeLogRecord({"msg": "about no call at all"}))

    assert RECORDS.as_json("from-message")["reasons"] == [record.msg]


def test_records_are_bounded() -> None:
    from playground.recorder import Records, Visit

    records = Records()
    for number in range(Records.MAX_CALLS + 1):
        records.add_reason(f"call-{number}", "why")
    for _ in range(Records.MAX_ENTRIES + 1):
        records.add_reason("talkative", "why")
        records.add_visit("talkative", Visit("GET", session_cookie=False))
    records.add_reason("x" * 5000, "why")

    assert records.as_json("call-0") == {"visits": [], "reasons": []}
    assert {key: len(values) for key, values in records.as_json("talkative").items()} == {
        "visits": Records.MAX_ENTRIES,
        "reasons": Records.MAX_ENTRIES,
    }
    assert records.as_json("x" * Records.MAX_ID_LENGTH)["reasons"] == ["why"]


@pytest.mark.parametrize("value", ["", "0", "-1", "eight", "65533", "8000.0"])
def test_port_must_leave_room_for_four(value: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="PLAYGROUND_PORT=8000"):
        origins.base_port(value)


def test_playground_started_past_its_settings() -> None:
    with pytest.raises(CommandError, match="PLAYGROUND_PORT=9000"):
        call_command("playground", port=9000)


@pytest.mark.parametrize("package", ["channels", "uvicorn", "websockets"])
def test_playground_without_what_websockets_need(
    package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)

    with pytest.raises(CommandError, match=f"{package} .* --wsgi"):
        call_command("playground")


def manage(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=SAMPLE_PROJECT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "shopsite.settings.development"} | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


def taken_behind_a_free_one() -> socket.socket:
    """Return a socket whose port stands behind a free one, where no test picks its own."""
    for port in random.sample(range(20_000, 32_000, 4), 100):
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return socket.create_server(("127.0.0.1", port + 1))
    pytest.fail("There are no two free ports in a row.")


def test_playground_says_which_port_is_taken(tmp_path: Path) -> None:
    with taken_behind_a_free_one() as taken:
        # The second of its four ports, which only manage.py can have told the settings.
        port = taken.getsockname()[1]
        result = manage(
            "playground", "--port", str(port - 1), PLAYGROUND_DATABASE=str(tmp_path / "db.sqlite3")
        )

    assert result.returncode == 1
    assert f"CommandError: Port {port} is not free" in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_sample_project_passes_all_checks(tmp_path: Path) -> None:
    database = {"PLAYGROUND_DATABASE": str(tmp_path / "db.sqlite3")}

    migrations = manage("makemigrations", "--check", "--dry-run", **database)
    checks = manage("check", "--fail-level", "WARNING", **database)
    deploy = manage("check", "--deploy", **database)

    assert (migrations.returncode, migrations.stderr) == (0, "")
    assert (checks.returncode, checks.stderr) == (0, "")
    # Django itself has much to say about a demonstration with plain http. We have a question about
    # the parcel's price and one about front ends on this machine; the settings of production answer
    # the first, and have none of the others.
    assert "(security.W008)" in deploy.stderr
    ours = set(re.findall(r"cors_views\.[A-Z]\d+", deploy.stderr))
    assert ours == {"cors_views.W039", "cors_views.W048"}


# --- What its README shows ------------------------------------------------------------------------


@pytest.mark.parametrize("command", [pytest.param(one, id=one.line[:60]) for one in CURLED])
def test_what_curl_prints(command: Command, caplog: pytest.LogCaptureFixture) -> None:
    """Each header that is shown is there, with its value; the server's own are left out."""
    options = argparse.ArgumentParser()
    for short, name in (("-X", "method"), ("-u", "user"), ("-H", "headers")):
        options.add_argument(short, dest=name, action="append", default=[])
    options.add_argument("-i", action="store_true")
    options.add_argument("url")
    given = options.parse_args(command.arguments)
    url = urlsplit(given.url)
    headers = dict(one.split(": ") for one in given.headers)
    if given.user:
        headers["authorization"] = f"Basic {b64encode(given.user[0].encode()).decode()}"

    # As `make demo` has it.
    with override_settings(DEBUG=True), caplog.at_level(logging.DEBUG, "cors_views"):
        answer = Client(headers={"host": url.netloc}).generic(
            [*given.method, "GET"][0], url.path, headers=headers
        )

    shown, _, below = command.printed.partition("\n...")
    status, *lines = shown.splitlines()
    assert status == f"HTTP/1.1 {answer.status_code} {answer.reason_phrase}"
    received = {
        f"{name.lower()}: {value}".replace(str(SAMPLE_PROJECT), "...")
        for name, value in answer.headers.items()
    }
    # knox's views vary by Accept, too, where other tests have imported them under other settings.
    received |= {f"vary: {name}" for name in answer.headers.get("vary", "").split(", ")}
    assert {re.sub("^[^:]+", lambda name: name[0].lower(), line) for line in lines} <= received
    below = " ".join(below.split())
    if below.startswith("cors_views: "):
        (message,) = caplog.messages
        # It breaks the line, and leaves out the folder.
        assert below.removeprefix("cors_views: ") == message.replace(str(SAMPLE_PROJECT), "...")
    elif below:
        assert json.loads(below).keys() == answer.json().keys()


DEMO = r"^demo:.*\n\t(?P<environment>SHOP_DEBUG=1) \$\(BIN\)/python (?P<rest>.*)$"
(SAID,) = re.findall(r"(?m)^ +(X-Cors-Views: ORIGIN_NOT_ADMITTED.*)$", README.read_text("utf-8"))


@pytest.mark.parametrize(
    "as_make_demo",
    [
        pytest.param(True, id="as make demo starts it"),
        pytest.param(False, id="as in production"),
    ],
)
def test_what_the_network_tab_shows_of_a_refused_answer(tmp_path: Path, as_make_demo: bool) -> None:
    """Over HTTP, from the playground that the Makefile starts; and without its DEBUG."""
    for package in ("channels", "uvicorn", "websockets"):
        pytest.importorskip(package, reason="make demo installs it")
    recipe = re.search(DEMO, (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    assert recipe
    port = free_ports_in_a_row(4)
    arguments = recipe["rest"].replace("$(PORT)", str(port)).split()
    name, value = recipe["environment"].split("=")
    environment = {each: os.environ[each] for each in os.environ if each != name}
    environment |= {
        "DJANGO_SETTINGS_MODULE": "shopsite.settings.development",
        "PLAYGROUND_DATABASE": str(tmp_path / "db.sqlite3"),
    } | ({name: value} if as_make_demo else {})
    command = [sys.executable, str(ROOT / arguments[0]), *arguments[1:]]

    with running(command, port, tmp_path, environment):
        refused = asked_over_http(port, f"http://stranger.localhost:{port + 3}")
        read = asked_over_http(port, f"http://www.shop.localhost:{port + 1}")

    told = refused.get("X-Cors-Views", "").replace(str(SAMPLE_PROJECT), "...")
    assert told == (SAID.partition(": ")[2] if as_make_demo else "")
    assert "X-Cors-Views" not in read
    assert read["Access-Control-Allow-Origin"] == f"http://www.shop.localhost:{port + 1}"


def asked_over_http(port: int, origin: str) -> Message:
    connection = HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Host": f"api.shop.localhost:{port}", "Origin": origin}
    connection.request("GET", "/api/cart/", headers=headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    return answer.headers
