from __future__ import annotations

from decimal import Decimal

from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from cors_views import cors_allow
from shop.models import Product
from tenants.origins import tenants

DISCOUNT = Decimal("0.90")
CENT = Decimal("0.01")


@cors_allow(origins=[tenants], methods=["GET"], headers=["X-Client"], max_age=600)
@require_safe
async def offers(request: HttpRequest) -> JsonResponse:
    """List what tenants may sell, at their price."""
    products = [product async for product in Product.objects.filter(stock__gt=0)]
    prices = {product.slug: (product.price * DISCOUNT).quantize(CENT) for product in products}
    return JsonResponse({"offers": {slug: str(price) for slug, price in prices.items()}})
