"""The WebSockets: any page may open one, with the visitor's cookies. CorsASGI looks at its origin.

It stands outside of AuthMiddlewareStack, which makes a user of the cookie.
"""

from __future__ import annotations

from channels.auth import AuthMiddlewareStack
from channels.routing import URLRouter
from django.urls import path

from cors_views.asgi import CorsASGI
from shop.ticker import Availability, Ticker

ticker = AuthMiddlewareStack(Ticker.as_asgi())
availability = AuthMiddlewareStack(Availability.as_asgi())

websockets = URLRouter(
    [
        # Our own pages with the visitor's cookie, partners without it.
        path("ws/stock/", CorsASGI(ticker, "storefront", "partners")),
        path("ws/availability/", CorsASGI(availability, "public")),
    ]
)
