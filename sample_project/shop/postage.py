"""What a parcel costs."""

from __future__ import annotations

from decimal import Decimal

# country -> (up to a kilogram, each further one)
RATES = {
    "DE": (Decimal("4.90"), Decimal("1.20")),
    "FR": (Decimal("7.40"), Decimal("2.10")),
    "JP": (Decimal("18.00"), Decimal("9.50")),
}


def quote(country: str, grams: int) -> Decimal:
    first, further = RATES[country]
    return first + further * ((grams - 1) // 1000)
