"""Random sites, random visitors: no page executes or reads what the nearest policy does not admit.

Hypothesis declares policies on random layers of random views, and lets the pages of one browser ask
for things in random order, with its cache of preflights. The oracle reads the declarations by
itself: it knows the rule of the nearest policy and nothing of ``cors_views``.

What the protocol cannot prevent is part of the model, and written down in docs/security.rst:

* a request that any form could make runs; only its answer is kept from the page;
* so does a GET or HEAD that needed a preflight for its headers alone, where one for another method
  of the URL has allowed those and is still remembered;
* a ``max_age`` that a policy itself says keeps preflights that let more pass (``cors_views.W022``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.urls import include, path
from django.views import View
from hypothesis import HealthCheck, event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.testing import Browser, CorsError, PreflightCache
from tests.tables import Patterns

A, B, NULL = PAGES = ("https://a.example", "https://b.example", "null")
HANDLERS = ("GET", "POST", "PUT", "PATCH", "DELETE")
ALWAYS_ALLOWED = ("GET", "HEAD", "POST")
#: Those of our headers that ``CORS_ALLOW_HEADERS`` has by default.
DEFAULT_HEADERS = frozenset({"authorization", "content-type"})


class Declared(NamedTuple):
    """The fields of one policy; ``None`` is a field that it leaves out."""

    origins: tuple[str, ...] | None
    methods: tuple[str, ...] | None
    headers: tuple[str, ...] | None
    credentials: bool | None
    max_age: int | None

    def policy(self) -> CorsPolicy:
        fields = {name: value for name, value in self._asdict().items() if value is not None}
        return CorsPolicy(**fields)


#: What stands at one layer: nothing, ``"deny"``, or policies.
Layer = Any


@dataclass(frozen=True)
class Route:
    """A class-based view and all that is declared for it."""

    handlers: dict[str, Layer]
    route: Layer
    class_: Layer
    include: Layer

    def chain(self, method: str) -> list[Layer]:
        """Return what is declared for a method, the nearest first."""
        own = self.handlers[method]
        if isinstance(own, tuple):
            # Whoever marks a handler and names no methods means the one that it serves.
            own = tuple(each._replace(methods=each.methods or (method,)) for each in own)
        return [own, self.route, self.class_, self.include]

    def layers(self) -> list[Layer]:
        return [*self.handlers.values(), self.route, self.class_, self.include]

    def says_nothing(self) -> bool:
        return all(layer is None for layer in self.layers())

    def own_max_age(self) -> bool:
        policies = [each for layer in self.layers() if isinstance(layer, tuple) for each in layer]
        return any(policy.max_age for policy in policies)


@dataclass(frozen=True)
class Site:
    route: Route
    origins: tuple[str, ...]
    all_origins: bool
    credentials: bool
    opt_in: bool


# --- The oracle ----------------------------------------------------------------------------------


class Leave(NamedTuple):
    """What a page may do at a handler."""

    credentials: bool
    methods: frozenset[str] | None
    headers: frozenset[str]

    def covers(self, name: str) -> bool:
        return name in self.headers or ("*" in self.headers and name != "authorization")

    def offers(self, method: str) -> bool:
        return self.methods is None or method in self.methods or "*" in self.methods


def leave(site: Site, route: Route, method: str, page: str) -> Leave | None:
    """Return what the nearest policy of a method's handler lets a page do, if anything."""
    if route.route == "deny":
        # As the outermost mark of a URLconf entry it closes the route.
        return None
    refining: list[Declared] = []
    for layer in route.chain(method):
        if layer == "deny":
            return None
        if layer is None:
            continue
        if layer[0].origins is None:
            refining.append(layer[0])
            continue
        for policy in layer:
            if "*" in policy.origins or page in policy.origins:
                return refined(policy, refining)
        return None
    return by_settings(site, route, refining, page)


def by_settings(site: Site, route: Route, refining: list[Declared], page: str) -> Leave | None:
    if site.opt_in and not refining:
        return None
    if not site.all_origins and page not in site.origins:
        return None
    origins = ("*",) if site.all_origins else site.origins
    base = Declared(origins, None, None, site.credentials, None)
    if route.says_nothing():
        # As django-cors-headers: any origin is reflected, with cookies too.
        return Leave(site.credentials, None, DEFAULT_HEADERS)
    return refined(base, refining)


def refined(policy: Declared, refining: list[Declared]) -> Leave:
    """Return a policy's leave, after what is nearer has replaced some of its fields."""
    fields = policy._asdict()
    for nearer in reversed(refining):
        fields |= {name: value for name, value in nearer._asdict().items() if value is not None}
    # Any origin and credentials never meet.
    credentials = bool(fields["credentials"]) and "*" not in (policy.origins or ())
    methods, headers = fields["methods"], fields["headers"]
    return Leave(
        credentials,
        None if methods is None else frozenset(methods),
        DEFAULT_HEADERS if headers is None else frozenset(name.lower() for name in headers),
    )


# --- Random sites --------------------------------------------------------------------------------

# What leads far comes first and often: a preflight that is kept, and then another method.
some_methods = st.sampled_from([None, None, None, ("PUT", "PATCH"), ("GET", "DELETE"), ("*",)])
some_headers = st.sampled_from(
    [("X-One",), ("X-One",), ("X-One",), ("X-Two", "Authorization"), (), None, ("*",)]
)
max_ages = st.sampled_from([None, None, None, None, 0, 600])


@st.composite
def naming(draw: st.DrawFn) -> Declared:
    origins = draw(st.sampled_from([(A,), (A,), (A, B), (A, NULL), ("*",), (B,), ()]))
    credentials = None if "*" in origins else draw(st.sampled_from([True, True, None, False]))
    return Declared(origins, draw(some_methods), draw(some_headers), credentials, draw(max_ages))


refining = st.builds(
    Declared,
    st.none(),
    some_methods,
    some_headers,
    st.sampled_from([None, None, True, False]),
    max_ages,
)
one, two, refines = st.tuples(naming()), st.tuples(naming(), naming()), st.tuples(refining)
nothing, deny = st.none(), st.just("deny")
# Most sites admit somebody somewhere, or nothing would ever happen.
on_handlers = st.one_of(one, one, one, two, refines, nothing, deny)
further = st.one_of(nothing, nothing, nothing, nothing, one, two, refines, deny)
routes = st.builds(
    Route,
    st.dictionaries(st.sampled_from(HANDLERS), on_handlers, min_size=3),
    st.one_of(nothing, nothing, further),
    further,
    further,
)
sites = st.builds(
    Site,
    routes,
    st.sampled_from([(), (A,), (A, B)]),
    st.sampled_from([False, False, True]),
    st.booleans(),
    st.sampled_from([False, False, True]),
)


def declare(layer: Any) -> Any:
    """Return the decorator for a layer."""
    if layer is None:
        return lambda view: view
    if layer == "deny":
        return cors_deny
    return cors_allow(*(policy.policy() for policy in layer))


def view_for(route: Route, ran: list[str]) -> Any:
    def handler(method: str) -> Any:
        def run(self: View, request: HttpRequest) -> HttpResponse:
            # Django calls get() for HEAD too, and upper-cases what arrives.
            ran.append(method)
            return HttpResponse("ran")

        return declare(route.handlers[method])(run)

    body = {method.lower(): handler(method) for method in route.handlers}
    view = declare(route.class_)(type("Random", (View,), body))
    return declare(route.route)(view.as_view())


def included(prefix: str, route: Route, ran: list[str]) -> Any:
    patterns = [path("", view_for(route, ran))]
    if route.include is None:
        return path(prefix, include(patterns))
    policy = cors_deny if route.include == "deny" else [each.policy() for each in route.include]
    return path(prefix, cors_include(patterns, policy=policy))


# --- A visitor, who does anything ----------------------------------------------------------------


class Visitor(RuleBasedStateMachine):
    """One browser with pages at every origin; what it remembers of preflights is shared."""

    @initialize(site=sites)
    def open(self, site: Site) -> None:
        self.site = site
        self.ran: list[str] = []
        self.now = 0.0
        self.last: tuple[str, tuple[str, ...], bool] = A, ("X-One",), False
        self.settings = override_settings(
            ROOT_URLCONF=Patterns([included("there/", site.route, self.ran)]),
            CORS_ALLOWED_ORIGINS=site.origins,
            CORS_ALLOW_ALL_ORIGINS=site.all_origins,
            CORS_ALLOW_CREDENTIALS=site.credentials,
            CORS_OPT_IN=site.opt_in,
        )
        self.settings.enable()
        shared: dict[str, Any] = {
            "client": Client(),
            "preflights": PreflightCache(clock=lambda: self.now),
        }
        self.pages = {page: Browser(page, **shared) for page in PAGES}

    def teardown(self) -> None:
        if hasattr(self, "settings"):
            self.settings.disable()

    @rule(
        page=st.sampled_from([A, A, A, B, NULL]),
        method=st.sampled_from([*HANDLERS, *HANDLERS, "HEAD", "patch"]),
        names=st.sampled_from([(), ("X-One",), ("X-One",), ("X-Two",), ("Authorization",)]),
        cookies=st.booleans(),
        pause=st.sampled_from([0, 0, 0, 0, 4, 300, 8000]),
    )
    def fetch(
        self, page: str, method: str, names: tuple[str, ...], cookies: bool, pause: int
    ) -> None:
        self.now += pause
        self.last = page, names, cookies
        route = self.site.route
        handler = {"HEAD": "GET"}.get(method, method.upper())
        if handler not in route.handlers:
            return
        self.ran.clear()
        try:
            self.pages[page].fetch(
                "/there/",
                method=method,
                headers=dict.fromkeys(names, "1"),
                credentials="include" if cookies else "omit",
            )
            read = True
        except CorsError:
            read = False

        given = leave(self.site, route, handler, page)
        lower = {name.lower() for name in names}
        self.judge_reading(given, cookies, read)
        if self.ran and (method not in ALWAYS_ALLOWED or names):
            self.judge_running(route, given, method, page, lower, cookies)
        if given is not None and self.allows(given, method, lower, cookies):
            assert read, "what the policy allows is readable"
            event("allowed")

    @rule(method=st.sampled_from(HANDLERS))
    def try_another_method(self, method: str) -> None:
        """Ask the same again: what was remembered for one method may open this one."""
        page, names, cookies = self.last
        self.fetch(page, method, names, cookies, 0)

    def judge_reading(self, given: Leave | None, cookies: bool, read: bool) -> None:
        if read:
            assert given is not None, "read what the nearest policy admits to nobody here"
            assert given.credentials or not cookies, "read with cookies"
            event("read")

    def judge_running(
        self,
        route: Route,
        given: Leave | None,
        method: str,
        page: str,
        names: set[str],
        cookies: bool,
    ) -> None:
        """Judge what needed a preflight and ran."""
        if method in ("GET", "HEAD") or (method == "POST" and route.own_max_age()):
            event("ran unasked")
            return
        assert given is not None, "ran what the nearest policy does not admit"
        assert given.credentials or not cookies, "ran with cookies"
        assert method == "POST" or given.offers(method), "ran a method that is not offered"
        if not route.own_max_age():
            assert all(given.covers(name) for name in names), "ran with more headers"
        event("ran as allowed")

    def allows(self, given: Leave, method: str, names: set[str], cookies: bool) -> bool:
        # Only a '*' covers a method in lower case.
        written = method.isupper() or "*" in (given.methods or ())
        offered = method in ALWAYS_ALLOWED or (given.offers(method) and written)
        with_cookies = given.credentials or not cookies
        return offered and with_cookies and all(given.covers(name) for name in names)


TestVisitor = Visitor.TestCase
TestVisitor.settings = settings(
    derandomize=True,
    deadline=None,
    max_examples=300,
    stateful_step_count=30,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
