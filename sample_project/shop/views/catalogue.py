"""Stock and prices, for partners and for the shop's own pages."""

from __future__ import annotations

from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from cors_views import cors_allow
from shop.http import problem
from shop.models import Product
from shop.versions import stock_version


# The answer is for who shows the key, so no cache between may keep it for the next one: neither
# nginx nor a CDN knows that this header is a credential.
@cors_allow("partners")
@cache_control(private=True, no_store=True)
@require_safe
async def stock_feed(request: HttpRequest) -> JsonResponse:
    """Report the stock to partners, who show a key."""
    if not shows_the_key(request):
        return problem(HTTPStatus.UNAUTHORIZED, "Send your key in X-Partner-Key.")
    products = [product async for product in Product.objects.all()]
    return JsonResponse(
        {"stock": {product.slug: product.stock for product in products}},
        headers={"X-Stock-Version": stock_version(products)},
    )


def shows_the_key(request: HttpRequest) -> bool:
    shown, key = request.headers.get("X-Partner-Key", ""), settings.SHOP_PARTNER_KEY
    # An empty key would equal that of a request which shows none.
    return bool(key) and constant_time_compare(shown, key)


@method_decorator(cache_control(max_age=60), name="dispatch")
class PriceListView(View):
    """List the prices. Declares nothing: the URLconf offers it twice, for different audiences."""

    def get(self, request: HttpRequest) -> HttpResponse:
        prices = Product.objects.values_list("slug", "price")
        return JsonResponse({"prices": {slug: str(price) for slug, price in prices}})
