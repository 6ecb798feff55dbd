from __future__ import annotations

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View

from cors_views import cors_allow
from shop import cart
from shop.forms import CartItemForm
from shop.http import invalid, read_json


@method_decorator(cors_allow("storefront"), name="dispatch")
class CartView(View):
    """The visitor's cart. It offers no PUT, so no preflight promises one."""

    def get(self, request: HttpRequest) -> JsonResponse:
        return JsonResponse(cart.as_json(request.session))

    def post(self, request: HttpRequest) -> JsonResponse:
        """Put a product into the cart."""
        return self._set(request, HTTPStatus.CREATED)

    def patch(self, request: HttpRequest) -> JsonResponse:
        """Change the quantity of a product that is in the cart."""
        return self._set(request, HTTPStatus.OK)

    def delete(self, request: HttpRequest) -> HttpResponse:
        cart.clear(request.session)
        return HttpResponse(status=HTTPStatus.NO_CONTENT)

    def _set(self, request: HttpRequest, status: HTTPStatus) -> JsonResponse:
        form = CartItemForm(read_json(request))
        if not form.is_valid():
            return invalid(form)
        cart.set_quantity(
            request.session, form.cleaned_data["product"].slug, form.cleaned_data["quantity"]
        )
        return JsonResponse(cart.as_json(request.session), status=status)
