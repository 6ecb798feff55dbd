from __future__ import annotations

from django.urls import path

from cors_views import cors_allow
from shop.views import cart, catalogue, orders, services, session

urlpatterns = [
    path("session/", session.SessionView.as_view()),
    path("products/", catalogue.product_list),
    path("products/<slug:slug>/", catalogue.product_detail),
    path("stock/", catalogue.stock_feed),
    # One view at two routes: here it declares nothing, there the URLconf declares for it.
    path("prices/", catalogue.PriceListView.as_view()),
    path("partners/prices/", cors_allow("partners")(catalogue.PriceListView.as_view())),
    path("cart/", cart.CartView.as_view()),
    path("orders/", orders.OrderListView.as_view()),
    path("orders/<int:number>/", orders.OrderView.as_view()),
    path("postage/", services.PostageView.as_view()),
    path("newsletter/", services.newsletter),
    path("internal/margins/", services.margins),
    path("recommendations/", services.recommendations),
]
