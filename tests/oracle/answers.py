"""What a site has to answer: the semantics of the docs, worked out once more, and slowly.

It reads what is written (``tests.oracle.written``), never a view, and knows nothing of how the
package comes to its answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.oracle.fetch import ACAC, ACAH, ACAM, ACAO, MAX_AGE, SAFELISTED, PageRequest
from tests.oracle.nearest import (
    REAL,
    Governing,
    Policy,
    admitting,
    chain,
    closed,
    combined,
    declared_handler,
    governing,
    kept,
    says_nothing,
    served,
)
from tests.oracle.written import Asked, Route, Settings, Site

EXPOSE = "access-control-expose-headers"
PRIVATE_NETWORK = "access-control-allow-private-network"
#: Needs no naming in a preflight's answer, but changes things.
POST = "POST"

# --- What is answered ----------------------------------------------------------------------------

Answer = dict[str, Any]

#: What a view has no business to write where a policy speaks.
CORS_HEADERS = frozenset({ACAO, ACAC, ACAM, ACAH, MAX_AGE, EXPOSE, PRIVATE_NETWORK})


def passes_on(site: Site, route: Route | None, asked: Asked) -> bool:
    """Whether a request goes on to the view: all but the preflights of what a policy governs."""
    return not asked.preflight or governing(site, route, asked, asked.method.upper()) is None


def expected(site: Site, route: Route | None, asked: Asked, own: Mapping[str, str]) -> Answer:
    """Return the CORS headers of the answer, and whether Vary says origin.

    ``own`` is what the view wrote itself, or whatever answered in its place.
    """
    if asked.preflight and passes_on(site, route, asked):
        # It is one more OPTIONS request then, whose answer no cache keeps.
        plain = Asked(asked.path, "OPTIONS", asked.origin, private_network=asked.private_network)
        return expected(site, route, plain, own)
    answer = decided(site, route, asked)
    if (route is None or says_nothing(route)) and ACAO not in answer:
        # Under the settings alone, what is written by hand is good where nothing admits.
        own = {name.lower(): value for name, value in own.items()}
        answer |= {name: own[name] for name in CORS_HEADERS & own.keys()}
    # Even where nothing is sent, another origin may have been told more.
    varies = answer.get("vary", False) or by_receivers(site, route, asked)
    return answer | {"vary": varies}


def by_receivers(site: Site, route: Route | None, asked: Asked) -> bool:
    """Whether it is for the receivers to say if the settings speak about a URL."""
    settings = site.settings
    if settings.opt_in or asked.path.startswith(settings.urls) or not settings.receivers:
        return False
    return route is None or (not chain(route, asked.method.upper()) and not closed(route))


def decided(site: Site, route: Route | None, asked: Asked) -> Answer:
    """Return what the policy alone says."""
    found = governing(site, route, asked, asked.method.upper())
    undeclared = route is None or says_nothing(route)
    if undeclared and isinstance(found, tuple):
        return as_django_cors_headers(site.settings, found[0], asked)
    if not asked.preflight:
        return actual(found, asked)
    if not isinstance(found, tuple):
        return {}
    assert route is not None
    return preflight(site, route, found, asked)


def actual(found: Governing, asked: Asked) -> Answer:
    if not isinstance(found, tuple):
        return {}
    if len(found) == 1 and found[0].any_origin:
        return {ACAO: "*"} | exposed(found[0])
    answer: Answer = {"vary": True}
    policy = admitting(found, asked) if asked.origin is not None else None
    return answer if policy is None else answer | allowed(policy, asked) | exposed(policy)


def allowed(policy: Policy, asked: Asked) -> Answer:
    if policy.any_origin:
        return {ACAO: "*"}
    return {ACAO: asked.origin} | ({ACAC: "true"} if policy.credentials else {})


def exposed(policy: Policy) -> Answer:
    return {EXPOSE: frozenset(policy.expose_headers)} if policy.expose_headers else {}


def private(policy: Policy, asked: Asked) -> Answer:
    return {PRIVATE_NETWORK: "true"} if policy.private_network and asked.private_network else {}


def as_django_cors_headers(settings: Settings, policy: Policy, asked: Asked) -> Answer:
    """Answer for a view that declares nothing."""
    public = settings.all_origins and not settings.credentials
    answer: Answer = {} if public else {"vary": True}
    if public:
        answer |= {ACAO: "*"} | exposed(policy)
    if asked.origin is None:
        return answer
    if not public:
        if asked.origin not in REAL or not policy.admits(asked.path, asked.origin):
            return answer
        answer |= {ACAO: asked.origin} | ({ACAC: "true"} if settings.credentials else {})
        answer |= exposed(policy)
    if asked.preflight or asked.method == "OPTIONS":
        answer[ACAH] = frozenset(settings.headers)
        answer[ACAM] = frozenset(settings.methods)
        if settings.max_age:
            answer[MAX_AGE] = str(settings.max_age)
    return answer | private(policy, asked)


# --- Preflights ----------------------------------------------------------------------------------


def preflight(site: Site, route: Route, found: tuple[Policy, ...], asked: Asked) -> Answer:
    policy = admitting(found, asked)
    # It speaks of all methods of the route, so it depends on the origin as soon as one does.
    public = len(found) == 1 and found[0].any_origin and one_policy(route)
    answer: Answer = {} if public else {"vary": True}
    if policy is None:
        return answer
    return answer | granted(site, route, policy, asked)


def granted(site: Site, route: Route, policy: Policy, asked: Asked) -> Answer:
    answer = allowed(policy, asked) | exposed(policy) | private(policy, asked)
    methods = named(site, route, policy, asked)
    names = named_headers(policy, asked)
    answer |= {ACAM: methods} if methods else {}
    answer |= {ACAH: names} if names else {}
    age = site.settings.max_age if policy.max_age is None else policy.max_age
    if policy.max_age is None and bleeds(site, route, policy, names, asked):
        age = 0
    elif policy.max_age is None and not age:
        return answer
    return answer | {MAX_AGE: str(age)}


@kept
def offered(site: Site, route: Route, policy: Policy) -> frozenset[str]:
    """Return the methods that a policy offers."""
    if policy.methods is not None:
        return frozenset(policy.methods)
    methods = frozenset(site.settings.methods)
    if route.kind == "function":
        return methods
    implemented = frozenset(served(route))
    return implemented if "*" in methods else implemented & methods


def offers(site: Site, route: Route, policy: Policy, method: str) -> bool:
    return bool({method, "*"} & offered(site, route, policy))


def named(site: Site, route: Route, policy: Policy, asked: Asked) -> frozenset[str]:
    """Return what stands in Access-Control-Allow-Methods."""
    methods = offered(site, route, policy)
    if one_policy(route) and ("*" not in methods or not policy.credentials):
        return frozenset({"*"}) if "*" in methods else methods
    return frozenset(
        each
        for each in {*nameable(site, route), asked.method} - {""}
        if lets_send(site, route, each, asked, policy.credentials)
    )


@kept
def nameable(site: Site, route: Route) -> frozenset[str]:
    """Return the methods that a class implements, and those that any policy of the route names."""
    methods = () if route.kind == "function" else served(route)
    found = [combined(site.settings, route, each) for each in (*methods, "")]
    policies = [each for one in found if isinstance(one, tuple) for each in one]
    hidden = (POST,) if hides_post(route) else ()
    named = frozenset(methods).union(hidden, *(offered(site, route, each) for each in policies))
    return named - {"*"}


def lets_send(site: Site, route: Route, method: str, asked: Asked, credentials: bool) -> bool:
    """Whether a method's own nearest policy lets the origin send it."""
    own = admitting(governing(site, route, asked, method.upper()), asked)
    if own is None or (credentials and not own.credentials):
        return False
    return offers(site, route, own, method)


@kept
def one_policy(route: Route) -> bool:
    """Whether one policy governs every method of a route: no handler has one of its own."""
    return closed(route) or not any(declared_handler(route, each) for each in served(route))


def named_headers(policy: Policy, asked: Asked) -> frozenset[str]:
    """Return what stands in Access-Control-Allow-Headers, in lower case."""
    written = frozenset(each.lower() for each in policy.headers)
    if "*" not in written:
        return written
    wanted = names_of(asked.headers)
    # Authorization may hide in what is no list of names.
    asks = wanted is None or "authorization" in wanted
    if policy.credentials or (asks and "authorization" not in written):
        return ((wanted or frozenset()) - {"authorization"}) | (written - {"*"})
    return frozenset(written - {"*"}) if wanted is None else written


def names_of(value: str | None) -> frozenset[str] | None:
    """Return the names that a preflight asks for; ``None`` where the list is no list of names."""
    names = [each.strip().lower() for each in (value or "").split(",") if each.strip()]
    letters = set("abcdefghijklmnopqrstuvwxyz0123456789-")
    return frozenset(names) if all(set(name) <= letters for name in names) else None


def bleeds(site: Site, route: Route, policy: Policy, names: frozenset[str], asked: Asked) -> bool:
    """Whether a kept answer would let more pass at another method than its own policy does."""
    if one_policy(route):
        return False
    for method in nameable(site, route) - {"GET", "HEAD", "OPTIONS"}:
        own = admitting(governing(site, route, asked, method), asked)
        sendable = own is not None and (method == POST or offers(site, route, own, method))
        if own is not None and sendable and names - covered(own, names):
            return True
    if POST not in served(route) and not hides_post(route):
        return False
    # POST needs no naming.
    post = admitting(governing(site, route, asked, POST), asked)
    if post is None or (policy.credentials and not post.credentials):
        return True
    return bool(names - covered(post, names))


def hides_post(route: Route) -> bool:
    """Whether a class may serve POST in a way that cannot be seen."""
    return any(one.hides for one in route.classes)


def covered(policy: Policy, names: frozenset[str]) -> frozenset[str]:
    """Return those names, of headers or ``*``, that a policy lets a page send."""
    written = {each.lower() for each in policy.headers}
    return frozenset(
        each for each in names if each in written or ("*" in written and each != "authorization")
    )


def page_may(site: Site, route: Route, origin: str, wanted: PageRequest) -> bool:
    """Whether the nearest policy of a request's own method allows it."""
    asked = Asked(f"/{route.url}", wanted.method, origin)
    found = governing(site, route, asked, wanted.method.upper())
    own = admitting(found, asked)
    if own is None:
        return False
    if says_nothing(route):
        reflected = site.settings.credentials
        if wanted.include and not reflected:
            return False
        # Written as it is by django-cors-headers, a "*" is worth nothing with credentials.
        spared = frozenset() if wanted.include else {"*"}
        methods = SAFELISTED.union(site.settings.methods)
        if wanted.method not in methods and not spared & methods:
            return False
        unnamed = wanted.names - {each.lower() for each in site.settings.headers}
        return not unnamed or (
            "*" in site.settings.headers and not wanted.include and "authorization" not in unnamed
        )
    if wanted.include and not own.credentials:
        return False
    if wanted.method not in SAFELISTED and not offers(site, route, own, wanted.method):
        return False
    return not wanted.names - covered(own, wanted.names)
