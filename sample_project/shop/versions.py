"""Short names for a state of the catalogue, by which callers notice a change."""

from __future__ import annotations

import hashlib
import json

from shop.models import Product


def digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value).encode()).hexdigest()[:12]


def stock_version(products: list[Product]) -> str:
    return digest([(product.slug, product.stock) for product in products])
