"""What anybody's page may read, and what partners may read more of."""

from __future__ import annotations

import hashlib
import json
from http import HTTPStatus
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_control
from django.views.decorators.http import etag, require_safe

from cors_views import cors_allow
from shop.http import problem
from shop.models import Product


def as_json(product: Product) -> dict[str, Any]:
    return {
        "slug": product.slug,
        "name": product.name,
        "description": product.description,
        "price": str(product.price),
        "available": product.stock > 0,
    }


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def stock_version(products: list[Product]) -> str:
    return digest([(product.slug, product.stock) for product in products])


def catalogue_etag(request: HttpRequest) -> str:
    return f'"{digest([as_json(product) for product in Product.objects.all()])}"'


@cors_allow("public")
@require_safe
@etag(catalogue_etag)
def product_list(request: HttpRequest) -> JsonResponse:
    """List the products, to any page; 304 to those that have the list already."""
    return JsonResponse({"products": [as_json(product) for product in Product.objects.all()]})


# Two audiences: a partner's page may also read X-Stock-Version, any other page the body alone.
@cors_allow("partners", "public")
@require_safe
@cache_control(public=True, max_age=60)
def product_detail(request: HttpRequest, slug: str) -> JsonResponse:
    product = get_object_or_404(Product, slug=slug)
    return JsonResponse(as_json(product), headers={"X-Stock-Version": stock_version([product])})


@cors_allow("partners")
@require_safe
async def stock_feed(request: HttpRequest) -> JsonResponse:
    """Report the stock to partners, who show a key."""
    key = request.headers.get("X-Partner-Key", "")
    if not constant_time_compare(key, settings.SHOP_PARTNER_KEY):
        return problem(HTTPStatus.UNAUTHORIZED, "Send your key in X-Partner-Key.")
    products = [product async for product in Product.objects.all()]
    return JsonResponse(
        {"stock": {product.slug: product.stock for product in products}},
        headers={"X-Stock-Version": stock_version(products)},
    )


@method_decorator(cache_control(max_age=60), name="dispatch")
class PriceListView(View):
    """List the prices. Declares nothing: the URLconf offers it twice, for different audiences."""

    def get(self, request: HttpRequest) -> HttpResponse:
        prices = Product.objects.values_list("slug", "price")
        return JsonResponse({"prices": {slug: str(price) for slug, price in prices}})
