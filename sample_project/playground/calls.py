"""The calls that every page makes, and what each page must see.

The expectations are written by hand, from the policies in ``shopsite/settings.py`` and ``shop/``
and from what browsers do (Fetch). Nothing here asks cors_views, so that the pages and
``tests/browser/`` can judge it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shop import demo_data

Verdict = Literal["readable", "hidden", "unsent"]


@dataclass(frozen=True)
class Expected:
    """What a page at one origin gets.

    ``verdict``: "readable"; "hidden", the server answers but the browser keeps the answer from the
    page; "unsent", the preflight is refused and the call itself is never made.
    ``status``: of the server's answer, seen by the page or not.
    ``cookie``: whether the session cookie goes along; None where that depends on earlier calls.
    ``shows`` and ``hides``: response headers that a script can and cannot read.
    ``logged``: whether cors_views explains the refusal in its log.
    """

    verdict: Verdict
    because: str
    status: int | None = None
    view_runs: bool = True
    cookie: bool | None = False
    shows: tuple[str, ...] = ()
    hides: tuple[str, ...] = ()
    logged: bool = False


def readable(
    status: int,
    because: str,
    *,
    view_runs: bool = True,
    cookie: bool | None = False,
    shows: tuple[str, ...] = (),
    hides: tuple[str, ...] = (),
) -> Expected:
    return Expected(
        "readable",
        because,
        status=status,
        view_runs=view_runs,
        cookie=cookie,
        shows=shows,
        hides=hides,
    )


def hidden(
    status: int,
    because: str,
    *,
    view_runs: bool = True,
    cookie: bool | None = False,
    logged: bool = True,
) -> Expected:
    return Expected(
        "hidden", because, status=status, view_runs=view_runs, cookie=cookie, logged=logged
    )


def unsent(because: str) -> Expected:
    return Expected("unsent", because, view_runs=False, logged=True)


@dataclass(frozen=True)
class Call:
    """One ``fetch`` of the pages.

    ``policy`` says in words what governs it and ``declared`` where that is written. In ``headers``,
    ``{csrf}`` and ``{etag}`` stand for what an earlier call has taught the page. ``needs`` names
    the calls that must have been made before, when this one is run alone.
    """

    name: str
    group: str
    title: str
    method: str
    path: str
    policy: str
    declared: str
    storefront: Expected
    partner: Expected
    stranger: Expected
    credentials: bool = False
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    needs: tuple[str, ...] = ()

    def expected(self, role: str) -> Expected:
        return {
            "storefront": self.storefront,
            "partner": self.partner,
            "stranger": self.stranger,
        }[role]


# --- Words that many rows share ------------------------------------------------------------------

STOREFRONT_ONLY = "Own front end only, with cookies"
PARTNERS_ONLY = "Partners only, no cookies"
PUBLIC = "Any origin, no cookies"
SETTINGS = "Undeclared: the settings’ own front end"

JSON = {"Content-Type": "application/json"}
JSON_AND_TOKEN = JSON | {"X-CSRFToken": "{csrf}"}
TOKEN = {"X-CSRFToken": "{csrf}"}

NOT_THE_STOREFRONT = "The policy admits the shop’s own front end only."
ADMITTED_WITH_COOKIES = "Admitted by name, with cookies, which travel within shop.localhost."
REFUSED_PREFLIGHT = unsent(
    "Not admitted, and no plain form could send this: the preflight asks first and is refused."
)


def simple_and_refused(status: int, **more: bool) -> Expected:
    """A refused call that any HTML form could make: browsers send such without asking."""
    return hidden(
        status, f"{NOT_THE_STOREFRONT} No preflight: it is sent, and its answer hidden.", **more
    )


CALLS = (
    # --- Signing in ------------------------------------------------------------------------------
    Call(
        name="session",
        group="Signing in",
        title="Who am I? And a CSRF token, please",
        method="GET",
        path="/api/session/",
        credentials=True,
        policy=STOREFRONT_ONLY,
        declared='@cors_allow("storefront") on class SessionView',
        storefront=readable(200, ADMITTED_WITH_COOKIES, cookie=None),
        partner=simple_and_refused(200),
        stranger=simple_and_refused(200),
    ),
    Call(
        name="sign-in",
        group="Signing in",
        title=f"Sign in as {demo_data.CUSTOMER}, password “{demo_data.PASSWORD}”",
        method="POST",
        path="/api/session/",
        credentials=True,
        headers=JSON_AND_TOKEN,
        body=f'{{"username": "{demo_data.CUSTOMER}", "password": "{demo_data.PASSWORD}"}}',
        needs=("session",),
        policy=STOREFRONT_ONLY,
        declared='@cors_allow("storefront") on class SessionView',
        storefront=readable(200, "Admitted, and its token satisfies CSRF protection.", cookie=None),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    # --- The public catalogue --------------------------------------------------------------------
    Call(
        name="catalogue",
        group="The public catalogue",
        title="All products",
        method="GET",
        path="/api/products/",
        policy=PUBLIC,
        declared='@cors_allow("public") on function product_list',
        storefront=readable(200, "Any origin may read.", shows=("etag",)),
        partner=readable(200, "Any origin may read.", shows=("etag",)),
        stranger=readable(200, "Any origin may read.", shows=("etag",)),
    ),
    Call(
        name="catalogue-unchanged",
        group="The public catalogue",
        title="All products, if they have changed",
        method="GET",
        path="/api/products/",
        headers={"If-None-Match": "{etag}"},
        needs=("catalogue",),
        policy=PUBLIC,
        declared='@cors_allow("public") on function product_list',
        storefront=readable(304, "A 304 carries the same CORS headers.", shows=("etag",)),
        partner=readable(304, "A 304 carries the same CORS headers.", shows=("etag",)),
        stranger=readable(304, "A 304 carries the same CORS headers.", shows=("etag",)),
    ),
    Call(
        name="missing-slash",
        group="The public catalogue",
        title="All products, without the slash at the end",
        method="GET",
        path="/api/products",
        policy=PUBLIC,
        declared='@cors_allow("public") on function product_list',
        storefront=readable(200, "The redirect has the policy of the URL that it leads to."),
        partner=readable(200, "The redirect has the policy of the URL that it leads to."),
        stranger=readable(200, "The redirect has the policy of the URL that it leads to."),
    ),
    Call(
        name="catalogue-with-cookies",
        group="The public catalogue",
        title="All products, with credentials: “include”",
        method="GET",
        path="/api/products/",
        credentials=True,
        needs=("sign-in",),
        policy=PUBLIC,
        declared='@cors_allow("public") on function product_list',
        storefront=hidden(
            200,
            "Any origin and cookies never go together: browsers refuse “*” here.",
            cookie=True,
            logged=False,
        ),
        partner=hidden(
            200,
            "Any origin and cookies never go together: browsers refuse “*” here.",
            logged=False,
        ),
        stranger=hidden(
            200,
            "Any origin and cookies never go together: browsers refuse “*” here.",
            logged=False,
        ),
    ),
    Call(
        name="product",
        group="The public catalogue",
        title="One product, for two audiences",
        method="GET",
        path="/api/products/enamel-mug/",
        policy="Partners, then any origin",
        declared='@cors_allow("partners", "public") on function product_detail',
        storefront=readable(
            200, "As any origin: the body, and not X-Stock-Version.", hides=("x-stock-version",)
        ),
        partner=readable(
            200, "As a partner: the body, and X-Stock-Version.", shows=("x-stock-version",)
        ),
        stranger=readable(
            200, "As any origin: the body, and not X-Stock-Version.", hides=("x-stock-version",)
        ),
    ),
    Call(
        name="unknown-product",
        group="The public catalogue",
        title="A product that does not exist",
        method="GET",
        path="/api/products/perpetual-motion/",
        policy="Partners, then any origin",
        declared='@cors_allow("partners", "public") on function product_detail',
        storefront=readable(404, "Errors stay readable: a 404 is no “CORS error”."),
        partner=readable(404, "Errors stay readable: a 404 is no “CORS error”."),
        stranger=readable(404, "Errors stay readable: a 404 is no “CORS error”."),
    ),
    # --- The cart --------------------------------------------------------------------------------
    Call(
        name="cart-add",
        group="The cart",
        title="Two mugs into the cart",
        method="POST",
        path="/api/cart/",
        credentials=True,
        headers=JSON_AND_TOKEN,
        body='{"product": "enamel-mug", "quantity": 2}',
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared="method_decorator on class CartView’s dispatch",
        storefront=readable(201, ADMITTED_WITH_COOKIES, cookie=True),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    Call(
        name="cart",
        group="The cart",
        title="What is in the cart?",
        method="GET",
        path="/api/cart/",
        credentials=True,
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared="method_decorator on class CartView’s dispatch",
        storefront=readable(200, ADMITTED_WITH_COOKIES, cookie=True),
        partner=simple_and_refused(200),
        stranger=simple_and_refused(200),
    ),
    Call(
        name="cart-change",
        group="The cart",
        title="Three mugs after all",
        method="PATCH",
        path="/api/cart/",
        credentials=True,
        headers=JSON_AND_TOKEN,
        body='{"product": "enamel-mug", "quantity": 3}',
        needs=("cart-add",),
        policy=STOREFRONT_ONLY,
        declared="method_decorator on class CartView’s dispatch",
        storefront=readable(200, ADMITTED_WITH_COOKIES, cookie=True),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    Call(
        name="cart-put",
        group="The cart",
        title="A method that the view does not have",
        method="PUT",
        path="/api/cart/",
        credentials=True,
        headers=JSON_AND_TOKEN,
        body="{}",
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared="method_decorator on class CartView’s dispatch",
        storefront=unsent("Admitted, but a class offers the methods that it implements: no PUT."),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    Call(
        name="cart-forged",
        group="The cart",
        title="A forged form: text/plain, no CSRF token",
        method="POST",
        path="/api/cart/",
        credentials=True,
        headers={"Content-Type": "text/plain"},
        body='{"product": "wool-blanket", "quantity": 99}',
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared="method_decorator on class CartView’s dispatch",
        storefront=readable(
            403, "CSRF protection stops it, and says so readably.", view_runs=False, cookie=True
        ),
        partner=hidden(
            403, "Sent without a preflight. CSRF protection stops it, not CORS.", view_runs=False
        ),
        stranger=hidden(
            403, "Sent without a preflight. CSRF protection stops it, not CORS.", view_runs=False
        ),
    ),
    # --- Orders ----------------------------------------------------------------------------------
    Call(
        name="order",
        group="Orders",
        title="Order what is in the cart",
        method="POST",
        path="/api/orders/",
        credentials=True,
        headers=TOKEN,
        needs=("cart-add",),
        policy=f"{STOREFRONT_ONLY}, asked every time",
        declared="@cors_allow(max_age=0) on post, refining class CustomerView",
        storefront=readable(201, ADMITTED_WITH_COOKIES, cookie=True),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    Call(
        name="orders",
        group="Orders",
        title="My orders",
        method="GET",
        path="/api/orders/",
        credentials=True,
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared='@cors_allow("storefront") on class CustomerView, inherited',
        storefront=readable(200, ADMITTED_WITH_COOKIES, cookie=True),
        partner=simple_and_refused(401),
        stranger=simple_and_refused(401),
    ),
    Call(
        name="orders-anonymous",
        group="Orders",
        title="My orders, without the cookie",
        method="GET",
        path="/api/orders/",
        policy=STOREFRONT_ONLY,
        declared='@cors_allow("storefront") on class CustomerView, inherited',
        storefront=readable(401, "A 401 stays readable, so that the page can show a login."),
        partner=simple_and_refused(401),
        stranger=simple_and_refused(401),
    ),
    Call(
        name="order-of-another",
        group="Orders",
        title=f"An order of {demo_data.OTHER_CUSTOMER}",
        method="GET",
        path=f"/api/orders/{demo_data.OTHER_ORDER}/",
        credentials=True,
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared='@cors_allow("storefront") on class CustomerView, inherited',
        storefront=readable(403, "A 403 stays readable.", cookie=True),
        partner=simple_and_refused(401),
        stranger=simple_and_refused(401),
    ),
    Call(
        name="order-cancel",
        group="Orders",
        title="Cancel an order",
        method="DELETE",
        path=f"/api/orders/{demo_data.CUSTOMER_ORDER}/",
        credentials=True,
        headers=TOKEN,
        needs=("sign-in",),
        policy="Nobody",
        declared="@cors_deny on delete, nearer than class CustomerView",
        storefront=unsent("The handler denies what its class allows: the preflight is refused."),
        partner=unsent("Denied to every origin: the preflight is refused."),
        stranger=unsent("Denied to every origin: the preflight is refused."),
    ),
    # --- For partners ----------------------------------------------------------------------------
    Call(
        name="stock",
        group="For partners",
        title="The stock feed",
        method="GET",
        path="/api/stock/",
        headers={"X-Partner-Key": demo_data.PARTNER_KEY},
        policy=PARTNERS_ONLY,
        declared='@cors_allow("partners") on async function stock_feed',
        storefront=unsent("Our own front end is no partner: the preflight is refused."),
        partner=readable(200, "Admitted, with its key.", shows=("x-stock-version",)),
        stranger=unsent("No partner: the preflight is refused."),
    ),
    Call(
        name="stock-without-key",
        group="For partners",
        title="The stock feed, but the key is forgotten",
        method="GET",
        path="/api/stock/",
        policy=PARTNERS_ONLY,
        declared='@cors_allow("partners") on async function stock_feed',
        storefront=hidden(401, "Our own front end is no partner. Sent, and its answer hidden."),
        partner=readable(401, "The policy admits, the view refuses, and the page can tell."),
        stranger=hidden(401, "No partner. Sent, and its answer hidden."),
    ),
    Call(
        name="stock-unlisted-header",
        group="For partners",
        title="The stock feed, with a header that nobody has listed",
        method="GET",
        path="/api/stock/",
        headers={"X-Partner-Key": demo_data.PARTNER_KEY, "X-Trace": "1"},
        policy=PARTNERS_ONLY,
        declared='@cors_allow("partners") on async function stock_feed',
        storefront=unsent("Our own front end is no partner: the preflight is refused."),
        partner=unsent("Admitted, but X-Trace is not among the policy’s headers."),
        stranger=unsent("No partner: the preflight is refused."),
    ),
    Call(
        name="partner-prices",
        group="For partners",
        title="Prices at the partners’ route",
        method="GET",
        path="/api/partners/prices/",
        policy=PARTNERS_ONLY,
        declared='cors_allow("partners")(PriceListView.as_view()) in the URLconf',
        storefront=hidden(200, "Our own front end is no partner. Sent, and its answer hidden."),
        partner=readable(200, "Admitted by the URLconf; the view itself declares nothing."),
        stranger=hidden(200, "No partner. Sent, and its answer hidden."),
    ),
    # --- Near and far ----------------------------------------------------------------------------
    Call(
        name="prices",
        group="Near and far",
        title="Prices at the plain route of the same view",
        method="GET",
        path="/api/prices/",
        policy=SETTINGS,
        declared="CORS_ALLOWED_ORIGINS in the settings",
        storefront=readable(200, "Nothing is declared here, so the settings decide."),
        partner=simple_and_refused(200),
        stranger=simple_and_refused(200),
    ),
    Call(
        name="rates",
        group="Near and far",
        title="The table of postage rates",
        method="GET",
        path="/api/postage/",
        policy=STOREFRONT_ONLY,
        declared='@cors_allow("storefront") on class PostageView (async)',
        storefront=readable(200, "The class admits it."),
        partner=simple_and_refused(200),
        stranger=simple_and_refused(200),
    ),
    Call(
        name="quote",
        group="Near and far",
        title="What does this parcel cost?",
        method="POST",
        path="/api/postage/",
        headers=JSON,
        body='{"country": "DE", "grams": 1400}',
        policy="Any origin, no cookies, remembered 10 min",
        declared='@cors_allow(origins="*", max_age=600) on post, nearer than its class',
        storefront=readable(200, "The handler is nearer than its class: any origin may ask."),
        partner=readable(200, "The handler is nearer than its class: any origin may ask."),
        stranger=readable(200, "The handler is nearer than its class: any origin may ask."),
    ),
    # --- What CORS does not do -------------------------------------------------------------------
    Call(
        name="margins",
        group="What CORS does and does not do",
        title="The shop’s margins",
        method="GET",
        path="/api/internal/margins/",
        credentials=True,
        needs=("sign-in",),
        policy="Nobody",
        declared="@cors_deny on function margins",
        storefront=hidden(
            403, "Denied to every origin. The view runs, and refuses by itself too.", cookie=True
        ),
        partner=hidden(401, "Denied to every origin. The view runs, and refuses by itself too."),
        stranger=hidden(401, "Denied to every origin. The view runs, and refuses by itself too."),
    ),
    Call(
        name="crash",
        group="What CORS does and does not do",
        title="A view that raises",
        method="GET",
        path="/api/recommendations/",
        policy=SETTINGS,
        declared="CORS_ALLOWED_ORIGINS in the settings",
        storefront=readable(500, "A 500 stays readable at an origin that is admitted."),
        partner=simple_and_refused(500),
        stranger=simple_and_refused(500),
    ),
    Call(
        name="newsletter",
        group="What CORS does and does not do",
        title="Subscribe to the newsletter, as text/plain",
        method="POST",
        path="/api/newsletter/",
        headers={"Content-Type": "text/plain"},
        body="somebody@example.com",
        policy=f"{STOREFRONT_ONLY}; csrf_exempt",
        declared='@cors_allow("storefront") on function newsletter',
        storefront=readable(202, "Admitted."),
        partner=hidden(202, "CORS is no CSRF protection: the answer is hidden, the deed is done."),
        stranger=hidden(202, "CORS is no CSRF protection: the answer is hidden, the deed is done."),
    ),
)
