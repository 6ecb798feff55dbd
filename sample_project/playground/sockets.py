"""The WebSockets that every page opens, and what each page must see: calls like the others.

``status`` is 101 where the connection stands. Where the handshake is refused, the page learns no
more than that. The cookie has arrived where the consumer knows whose it is.
"""

from __future__ import annotations

from playground.calls import Call, readable, refused
from shop import demo_data

WEBSOCKET = "WebSocket"
GROUP = "WebSockets, around Channels"

SOCKETS = (
    Call(
        name="ticker",
        group=GROUP,
        title="A ticker of the stock",
        method=WEBSOCKET,
        path="/ws/stock/",
        credentials=True,
        needs=("sign-in",),
        policy="Own front end with cookies, then partners without",
        declared='CorsASGI(ticker, "storefront", "partners")',
        storefront=readable(
            101, f"Admitted with cookies: the consumer knows {demo_data.CUSTOMER}.", cookie=True
        ),
        partner=readable(101, "Admitted without cookies: the consumer knows nobody."),
        stranger=refused(
            "CORS knows no WebSockets: the server has to refuse. The consumer never runs."
        ),
    ),
    Call(
        name="availability",
        group=GROUP,
        title="A ticker of what can be bought",
        method=WEBSOCKET,
        path="/ws/availability/",
        credentials=True,
        needs=("sign-in",),
        policy="Any origin, no cookies",
        declared='CorsASGI(availability, "public")',
        storefront=readable(101, "The browser sends the cookie, and CorsASGI takes it away."),
        partner=readable(101, "Any origin may listen."),
        stranger=readable(101, "Any origin may listen."),
    ),
)
