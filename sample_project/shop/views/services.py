"""The rest of the shop: postage, newsletter, the back office, and a view that fails."""

from __future__ import annotations

from http import HTTPStatus

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, JsonResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from cors_views import cors_allow, cors_deny
from shop import postage
from shop.forms import ParcelForm, SubscriberForm
from shop.http import invalid, read_json, sign_in_first
from shop.models import Product, Subscriber


# Exempt from CSRF protection because it neither reads the session nor changes anything.
@method_decorator(csrf_exempt, name="dispatch")
@cors_allow("storefront")
class PostageView(View):
    async def get(self, request: HttpRequest) -> JsonResponse:
        """Show the table of rates, which is for the shop's own pages."""
        return JsonResponse(
            {country: [str(rate) for rate in rates] for country, rates in postage.RATES.items()}
        )

    # Nearer than the class: anybody's page may ask for a quote.
    @cors_allow(origins="*", max_age=600)
    async def post(self, request: HttpRequest) -> JsonResponse:
        form = ParcelForm(read_json(request))
        if not form.is_valid():
            return invalid(form)
        price = postage.quote(form.cleaned_data["country"], form.cleaned_data["grams"])
        return JsonResponse({"price": str(price)})


# What not to do: exempt from CSRF protection, it takes a POST from any page in the world. Its
# policy hides the answer, not the deed; enforce=True beside "storefront" would stop the deed as
# well, as it does for orders. The playground shows both.
@csrf_exempt
@cors_allow("storefront")
@require_POST
def newsletter(request: HttpRequest) -> JsonResponse:
    """Subscribe the e-mail address that is the body, as text/plain."""
    form = SubscriberForm({"email": request.body.decode(errors="replace").strip()})
    if not form.is_valid():
        return invalid(form)
    Subscriber.objects.get_or_create(email=form.cleaned_data["email"])
    return JsonResponse({"status": "subscribed"}, status=HTTPStatus.ACCEPTED)


# No page of another origin reads this, nor even sets it to work.
@cors_deny(enforce=True)
@require_safe
def margins(request: HttpRequest) -> JsonResponse:
    """Show what the shop earns; for the staff, and for no other origin."""
    if not request.user.is_authenticated:
        return sign_in_first()
    if not request.user.is_staff:
        raise PermissionDenied("Margins are for the staff.")
    return JsonResponse(
        {product.slug: str(product.price - product.cost) for product in Product.objects.all()}
    )


@require_safe
def recommendations(request: HttpRequest) -> JsonResponse:
    """Fail, as views do: the engine behind it is always down."""
    raise ConnectionError("the recommendation engine does not answer")
