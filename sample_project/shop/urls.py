from __future__ import annotations

from django.urls import include, path
from rest_framework.routers import DefaultRouter

from cors_views import cors_allow, cors_include
from shop.views import cart, catalogue, orders, products, services, session

router = DefaultRouter(use_regex_path=False)
router.register("products", products.ProductViewSet)
router.register("orders", orders.OrderViewSet, basename="order")

urlpatterns = [
    path("", include(router.urls)),
    path("session/", session.SessionView.as_view()),
    path("stock/", catalogue.stock_feed),
    # One view at two routes: here it declares nothing, there the URLconf declares for it.
    path("prices/", catalogue.PriceListView.as_view()),
    path("partners/prices/", cors_allow("partners")(catalogue.PriceListView.as_view())),
    # Views of other people, which nobody here can decorate: a password becomes a token, and back.
    path("partners/tokens/", cors_include("knox.urls", policy="partner-desk")),
    path("cart/", cart.CartView.as_view()),
    path("postage/", services.PostageView.as_view()),
    path("newsletter/", services.newsletter),
    path("internal/margins/", services.margins),
    path("recommendations/", services.recommendations),
    path("tenants/", include("tenants.urls")),
]
