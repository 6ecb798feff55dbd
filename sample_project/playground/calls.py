"""The calls that every page makes, and what each page must see.

The expectations are written by hand, from the policies in ``shopsite/settings`` and ``shop/``
and from what browsers do (Fetch). Nothing here asks cors_views, so that the pages and
``tests/browser/`` can judge it.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from shop import demo_data

Verdict = Literal["readable", "hidden", "refused", "unsent"]


@dataclass(frozen=True)
class Expected:
    """What a page at one origin gets.

    ``verdict``: "readable"; "hidden", the server answers but the browser keeps the answer from the
    page; "refused", the server answers before the view, because the policy enforces; "unsent", the
    preflight is refused and the call itself is never made.
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


def refused(because: str, *, cookie: bool | None = False) -> Expected:
    return Expected("refused", because, status=403, view_runs=False, cookie=cookie, logged=True)


def unsent(because: str) -> Expected:
    return Expected("unsent", because, view_runs=False, logged=True)


@dataclass(frozen=True)
class Call:
    """One ``fetch`` of the pages.

    ``policy`` says in words what governs it and ``declared`` where that is written. In ``headers``,
    ``{csrf}``, ``{etag}`` and ``{token}`` stand for what an earlier call has taught the page.
    ``needs`` names the calls that must have been made before, when this one is run alone.
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
ENFORCED = f"{STOREFRONT_ONLY}, enforced"
PARTNERS_ONLY = "Partners only, no cookies"
PARTNER_DESK = "Partners only, with a token in Authorization"
PUBLIC = "Any origin, no cookies"
TENANTS_ONLY = "Tenants only, as the database names them"
SETTINGS = "Undeclared: the settings’ own front end"

ENFORCING = "Refused on the server, and not"

JSON = {"Content-Type": "application/json"}
JSON_AND_CSRF_TOKEN = JSON | {"X-CSRFToken": "{csrf}"}
CSRF_TOKEN = {"X-CSRFToken": "{csrf}"}
PASSWORD = {
    "Authorization": "Basic "
    + b64encode(f"{demo_data.PARTNER}:{demo_data.PASSWORD}".encode()).decode()
}
TOKEN = {"Authorization": "Token {token}"}

NO_PARTNER = unsent("No partner’s origin: the preflight is refused.")
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


NOT_LET_IN = refused(f"{NOT_THE_STOREFRONT} It enforces: it is sent, and goes no further.")

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
        headers=JSON_AND_CSRF_TOKEN,
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
        declared='cors_action_policies["list"] of ProductViewSet',
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
        declared='cors_action_policies["list"] of ProductViewSet',
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
        declared='cors_action_policies["list"] of ProductViewSet',
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
        declared='cors_action_policies["list"] of ProductViewSet',
        storefront=hidden(
            200,
            "Any origin and cookies never go together: browsers refuse “*” here.",
            cookie=True,
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
        declared='cors_action_policies["retrieve"] of ProductViewSet',
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
        declared='cors_action_policies["retrieve"] of ProductViewSet',
        storefront=readable(404, "Errors stay readable: a 404 is no “CORS error”."),
        partner=readable(404, "Errors stay readable: a 404 is no “CORS error”."),
        stranger=readable(404, "Errors stay readable: a 404 is no “CORS error”."),
    ),
    Call(
        name="product-as-csv",
        group="The public catalogue",
        title="One product, as CSV",
        method="GET",
        path="/api/products/enamel-mug/",
        headers={"Accept": "text/csv"},
        policy="Partners, then any origin",
        declared='cors_action_policies["retrieve"] of ProductViewSet',
        storefront=readable(406, "What the framework refuses before the action stays readable."),
        partner=readable(406, "What the framework refuses before the action stays readable."),
        stranger=readable(406, "What the framework refuses before the action stays readable."),
    ),
    # --- The back office -------------------------------------------------------------------------
    Call(
        name="product-reprice",
        group="The back office, at the same routes",
        title="A new price for the mug",
        method="PATCH",
        path="/api/products/enamel-mug/",
        credentials=True,
        headers=JSON_AND_CSRF_TOKEN,
        body='{"price": "1.00"}',
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared='cors_policy = "storefront" of ProductViewSet',
        storefront=readable(
            403, "Admitted; but this customer is no staff, as a page can read.", cookie=True
        ),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    Call(
        name="product-remove",
        group="The back office, at the same routes",
        title="Take the mug out of the shop",
        method="DELETE",
        path="/api/products/enamel-mug/",
        credentials=True,
        headers=CSRF_TOKEN,
        needs=("sign-in",),
        policy="Nobody",
        declared='cors_action_policies["destroy"] = cors_deny of ProductViewSet',
        storefront=unsent("This action denies what its class allows."),
        partner=unsent("Denied to every origin: the preflight is refused."),
        stranger=unsent("Denied to every origin: the preflight is refused."),
    ),
    Call(
        name="catalogue-remove",
        group="The back office, at the same routes",
        title="Take everything out of the shop",
        method="DELETE",
        path="/api/products/",
        credentials=True,
        headers=CSRF_TOKEN,
        needs=("sign-in",),
        policy=STOREFRONT_ONLY,
        declared='cors_policy = "storefront" of ProductViewSet',
        storefront=unsent("Admitted, but the list’s route has no action for DELETE to offer."),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
    ),
    # --- The cart --------------------------------------------------------------------------------
    Call(
        name="cart-add",
        group="The cart",
        title="Two mugs into the cart",
        method="POST",
        path="/api/cart/",
        credentials=True,
        headers=JSON_AND_CSRF_TOKEN,
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
        headers=JSON_AND_CSRF_TOKEN,
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
        headers=JSON_AND_CSRF_TOKEN,
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
        headers=CSRF_TOKEN,
        needs=("cart-add",),
        policy=f"{ENFORCED}, asked every time",
        declared="@cors_allow(max_age=0) on create, refining class CustomerViewSet",
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
        policy=ENFORCED,
        declared='@cors_allow("storefront", enforce=True) on class CustomerViewSet, inherited',
        storefront=readable(200, ADMITTED_WITH_COOKIES, cookie=True),
        partner=NOT_LET_IN,
        stranger=NOT_LET_IN,
    ),
    Call(
        name="orders-anonymous",
        group="Orders",
        title="My orders, without the cookie",
        method="GET",
        path="/api/orders/",
        policy=ENFORCED,
        declared='@cors_allow("storefront", enforce=True) on class CustomerViewSet, inherited',
        storefront=readable(401, "A 401 stays readable, so that the page can show a login."),
        partner=NOT_LET_IN,
        stranger=NOT_LET_IN,
    ),
    Call(
        name="order-of-another",
        group="Orders",
        title=f"An order of {demo_data.OTHER_CUSTOMER}",
        method="GET",
        path=f"/api/orders/{demo_data.OTHER_ORDER}/",
        credentials=True,
        needs=("sign-in",),
        policy=ENFORCED,
        declared='@cors_allow("storefront", enforce=True) on class CustomerViewSet, inherited',
        storefront=readable(403, "A 403 stays readable.", cookie=True),
        partner=NOT_LET_IN,
        stranger=NOT_LET_IN,
    ),
    Call(
        name="order-cancel",
        group="Orders",
        title="Cancel an order",
        method="DELETE",
        path=f"/api/orders/{demo_data.CUSTOMER_ORDER}/",
        credentials=True,
        headers=CSRF_TOKEN,
        needs=("sign-in",),
        policy="Nobody, enforced",
        declared="@cors_deny(enforce=True) on destroy, nearer than class CustomerViewSet",
        storefront=unsent("The action denies what its class allows: the preflight is refused."),
        partner=unsent("Denied to every origin: the preflight is refused."),
        stranger=unsent("Denied to every origin: the preflight is refused."),
    ),
    Call(
        name="order-post",
        group="Orders",
        title="POST to an order, which takes no POST",
        method="POST",
        path=f"/api/orders/{demo_data.CUSTOMER_ORDER}/",
        credentials=True,
        headers=CSRF_TOKEN,
        needs=("sign-in",),
        policy=ENFORCED,
        declared='@cors_allow("storefront", enforce=True) on class CustomerViewSet, inherited',
        storefront=unsent("Admitted, but the route offers no POST, and enforces what it offers."),
        partner=REFUSED_PREFLIGHT,
        stranger=REFUSED_PREFLIGHT,
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
    # --- A partner's desk ------------------------------------------------------------------------
    Call(
        name="token-without-password",
        group="A partner’s desk",
        title="A token, please, but the password is forgotten",
        method="POST",
        path="/api/partners/tokens/login/",
        policy=PARTNER_DESK,
        declared='cors_include("knox.urls", policy="partner-desk")',
        storefront=hidden(401, "Our own front end is no partner. Sent, and its answer hidden."),
        partner=readable(401, "A view of other people: admitted by its include, readably refused."),
        stranger=hidden(401, "No partner. Sent, and its answer hidden."),
    ),
    Call(
        name="token",
        group="A partner’s desk",
        title=f"A token for {demo_data.PARTNER}, password “{demo_data.PASSWORD}”",
        method="POST",
        path="/api/partners/tokens/login/",
        headers=PASSWORD,
        policy=PARTNER_DESK,
        declared='cors_include("knox.urls", policy="partner-desk")',
        storefront=NO_PARTNER,
        partner=readable(200, "Admitted: the policy names Authorization among its headers."),
        stranger=NO_PARTNER,
    ),
    Call(
        name="reserve",
        group="A partner’s desk",
        title="Reserve a mug, with the token",
        method="POST",
        path="/api/products/enamel-mug/reserve/",
        headers=JSON | TOKEN,
        body='{"quantity": 1}',
        needs=("token",),
        policy=PARTNER_DESK,
        declared='@cors_allow("partner-desk") on @action reserve, nearer than its class',
        storefront=unsent("The class admits our own front end, but this action is nearer."),
        partner=readable(201, "Admitted: its preflight asked for Authorization."),
        stranger=NO_PARTNER,
    ),
    Call(
        name="reserve-without-token",
        group="A partner’s desk",
        title="Reserve a mug, but the token is forgotten",
        method="POST",
        path="/api/products/enamel-mug/reserve/",
        headers=JSON,
        body='{"quantity": 1}',
        policy=PARTNER_DESK,
        declared='@cors_allow("partner-desk") on @action reserve, nearer than its class',
        storefront=unsent("The class admits our own front end, but this action is nearer."),
        partner=readable(401, "The policy admits, the view refuses, and the page can tell."),
        stranger=NO_PARTNER,
    ),
    Call(
        name="reserve-as-text",
        group="A partner’s desk",
        title="Reserve a mug, as text/plain",
        method="POST",
        path="/api/products/enamel-mug/reserve/",
        headers={"Content-Type": "text/plain"} | TOKEN,
        body="one mug",
        needs=("token",),
        policy=PARTNER_DESK,
        declared='@cors_allow("partner-desk") on @action reserve, nearer than its class',
        storefront=unsent("No form sends Authorization: the preflight asks first and is refused."),
        partner=readable(415, "Errors stay readable: a 415 is no “CORS error”."),
        stranger=unsent("No form sends Authorization: the preflight asks first and is refused."),
    ),
    Call(
        name="token-back",
        group="A partner’s desk",
        title="Give the token back",
        method="POST",
        path="/api/partners/tokens/logout/",
        headers=TOKEN,
        needs=("token",),
        policy=PARTNER_DESK,
        declared='cors_include("knox.urls", policy="partner-desk")',
        storefront=NO_PARTNER,
        partner=readable(204, "Admitted: the include covers all that is below it."),
        stranger=NO_PARTNER,
    ),
    # --- Tenants of the database -------------------------------------------------------------
    Call(
        name="offers",
        group="Tenants of the database",
        title="What tenants may sell",
        method="GET",
        path="/api/tenants/offers/",
        policy=TENANTS_ONLY,
        declared="@cors_allow(origins=[CachedOrigins(load)]) on async function offers",
        storefront=hidden(200, "No tenant, and no exception for our own front end."),
        partner=readable(200, "A row of the table has its origin."),
        stranger=hidden(200, "No row has its origin. Sent, and its answer hidden."),
    ),
    Call(
        name="offers-asked",
        group="Tenants of the database",
        title="The same, with a header that has to be asked for",
        method="GET",
        path="/api/tenants/offers/",
        headers={"X-Client": "playground"},
        policy=TENANTS_ONLY,
        declared="@cors_allow(origins=[CachedOrigins(load)]) on async function offers",
        storefront=unsent("No tenant: the preflight is refused, without asking the database."),
        partner=readable(200, "A row of the table has its origin."),
        stranger=unsent("No tenant: the preflight is refused, without asking the database."),
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
    Call(
        name="crash",
        group="Near and far",
        title="A view that raises",
        method="GET",
        path="/api/recommendations/",
        policy=SETTINGS,
        declared="CORS_ALLOWED_ORIGINS in the settings",
        storefront=readable(500, "A 500 stays readable at an origin that is admitted."),
        partner=simple_and_refused(500),
        stranger=simple_and_refused(500),
    ),
    # --- Refused on the server, or not -----------------------------------------------------------
    Call(
        name="order-forged",
        group=ENFORCING,
        title="A forged order: text/plain, no CSRF token",
        method="POST",
        path="/api/orders/",
        credentials=True,
        headers={"Content-Type": "text/plain"},
        body="",
        needs=("sign-in",),
        policy=f"{ENFORCED}, asked every time",
        declared="@cors_allow(max_age=0) on create, refining class CustomerViewSet",
        storefront=readable(
            403, "DRF protects sessions by itself, and says so readably.", cookie=True
        ),
        partner=NOT_LET_IN,
        stranger=NOT_LET_IN,
    ),
    Call(
        name="newsletter",
        group=ENFORCING,
        title="Subscribe to the newsletter, as text/plain",
        method="POST",
        path="/api/newsletter/",
        headers={"Content-Type": "text/plain"},
        body="somebody@example.com",
        policy=f"{STOREFRONT_ONLY}; not enforced, csrf_exempt",
        declared='@cors_allow("storefront") on function newsletter',
        storefront=readable(202, "Admitted."),
        partner=hidden(202, "Nothing enforces here: the answer is hidden, the deed is done."),
        stranger=hidden(202, "Nothing enforces here: the answer is hidden, the deed is done."),
    ),
    Call(
        name="margins",
        group=ENFORCING,
        title="The shop’s margins",
        method="GET",
        path="/api/internal/margins/",
        credentials=True,
        needs=("sign-in",),
        policy="Nobody, enforced",
        declared="@cors_deny(enforce=True) on function margins",
        storefront=refused("Denied to every other origin, and enforced.", cookie=True),
        partner=refused("Denied to every other origin, and enforced."),
        stranger=refused("Denied to every other origin, and enforced."),
    ),
)
