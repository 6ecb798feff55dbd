from __future__ import annotations

from typing import Any

from django import forms

from shop import postage
from shop.models import Product


class CartItemForm(forms.Form):
    product = forms.ModelChoiceField(Product.objects.all(), to_field_name="slug")
    quantity = forms.IntegerField(min_value=1, max_value=99)

    def clean(self) -> dict[str, Any]:
        data = self.cleaned_data
        product, quantity = data.get("product"), data.get("quantity")
        if product and quantity and quantity > product.stock:
            self.add_error("quantity", f"Only {product.stock} in stock.")
        return data


class ParcelForm(forms.Form):
    country = forms.ChoiceField(choices=[(code, code) for code in postage.RATES])
    grams = forms.IntegerField(min_value=1, max_value=30_000)


class SubscriberForm(forms.Form):
    email = forms.EmailField()
