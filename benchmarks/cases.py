"""What is counted: a site, a request to it, and what somebody would write by hand for just that.

A case is data; ``counted`` makes a site of it, in a process of its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

STRANGER = "https://stranger.example.org"
FEW, MANY, VERY_MANY = 3, 1_000, 100_000
#: How much more than what is written by hand a case may cost, as docs/speed.rst promises.
GOAL, LOOSE, STAR = 1.15, 1.5, 1.25

Headers = tuple[tuple[str, str], ...]

_OFFER = (
    ("Access-Control-Allow-Methods", "DELETE, GET, OPTIONS, PATCH, POST, PUT"),
    (
        "Access-Control-Allow-Headers",
        "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with",
    ),
    ("Access-Control-Max-Age", "86400"),
)
_EXPOSED = "x-total-count, x-page, link"


class Case(NamedTuple):
    """One line of the table.

    ``view`` says where the policy stands: ``"plain"`` in the settings, ``"function"``, ``"class"``
    and ``"drf"`` at the view, ``"include"`` around it. ``by_hand`` names the class of ``by_hand``.
    ``request`` is its method, and its headers by their names in the WSGI environment.
    """

    name: str
    view: str
    by_hand: str
    origins: tuple[str, ...]
    method: str = "GET"
    url: str = "/r0/1/"
    request: Headers = ()
    admitted: bool = False
    goal: float = GOAL
    is_async: bool = False
    routes: int = 1
    per_include: int = 0
    vary: str = ""
    middleware_of_startproject: bool = False
    credentials: bool = False
    any_header: bool = False
    trusted: tuple[str, ...] = ()
    response_headers: Headers = ()
    preflight_headers: Headers = _OFFER

    @property
    def status(self) -> int:
        """The status of the answer."""
        return 404 if self.url == "/nowhere/" else 200


def origins(number: int) -> tuple[str, ...]:
    """Return that many origins, none of them a prefix of another."""
    return tuple(f"https://app{index}.tenant.example.com" for index in range(number))


def patterns(number: int) -> tuple[str, ...]:
    """Return that many patterns of subdomains."""
    return tuple(f"https://*.tenant{index}.example.com" for index in range(number))


def _sent(origin: str | None, *, preflight: bool = False, asked: str = "content-type") -> Headers:
    headers = [("HTTP_ORIGIN", origin)] if origin is not None else []
    if preflight:
        headers += [
            ("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "PUT"),
            ("HTTP_ACCESS_CONTROL_REQUEST_HEADERS", asked),
        ]
    return tuple(headers)


def _kinds(base: Case, label: str, kinds: str = "none allowed refused") -> Iterator[Case]:
    """Yield the same site with different requests: the origin is the one in the middle."""
    admitted = base.origins[len(base.origins) // 2].replace("*", "shop")
    kinds_of_requests = {
        "none": ("no Origin", "GET", None, False),
        "allowed": ("allowed", "GET", admitted, False),
        "refused": ("refused", "GET", STRANGER, False),
        "preflight": ("preflight, allowed", "OPTIONS", admitted, True),
        "refused-preflight": ("preflight, refused", "OPTIONS", STRANGER, True),
    }
    for kind in kinds.split():
        name, method, origin, preflight = kinds_of_requests[kind]
        yield base._replace(
            name=f"{label}: {name}",
            method=method,
            request=_sent(origin, preflight=preflight),
            admitted=origin == admitted,
        )


_ALL_KINDS = "none allowed refused preflight refused-preflight"
_BY_HAND = {
    "plain": "OneListNoVary",
    "function": "Marked",
    "class": "MarkedClass",
    "drf": "MarkedAPIView",
    "include": "MarkedNamespace",
}
_PLAIN = Case("", "plain", "OneListNoVary", origins(FEW))
_FUNCTION = Case("", "function", "Marked", origins(FEW))


def _all() -> Iterator[Case]:
    for view, by_hand in _BY_HAND.items():
        yield from _kinds(Case("", view, by_hand, origins(FEW)), view, _ALL_KINDS)
    for number in (MANY, VERY_MANY):
        listed = _FUNCTION._replace(origins=origins(number))
        yield from _kinds(listed, f"{number:,} origins", "allowed refused preflight")
    for number in (FEW, MANY):
        below = Case("", "function", "Subdomains", patterns(number))
        yield from _kinds(below, f"{number:,} patterns", "allowed refused")
    anybody = Case("", "function", "AnyOrigin", ("*",), goal=LOOSE, admitted=True)
    yield anybody._replace(name="any origin: no Origin")
    yield anybody._replace(name="any origin: allowed", request=_sent(STRANGER))
    yield anybody._replace(
        name="any origin: preflight, allowed",
        method="OPTIONS",
        request=_sent(STRANGER, preflight=True),
    )
    trusting = _PLAIN._replace(
        credentials=True,
        response_headers=(
            ("Access-Control-Allow-Credentials", "true"),
            ("Access-Control-Expose-Headers", _EXPOSED),
        ),
    )
    yield from _kinds(trusting, "credentials, exposed headers", "allowed")
    yield from _kinds(_PLAIN._replace(by_hand="OneList", vary="Cookie"), "a view with Vary")
    yield from _kinds(_PLAIN._replace(url="/nowhere/", goal=LOOSE), "404", "none allowed refused")
    two = _FUNCTION._replace(by_hand="TwoPolicies", trusted=origins(6)[3:])
    yield from _kinds(two, "two policies", "none allowed refused")
    admitted = _PLAIN.origins[1]
    preflight = _FUNCTION._replace(method="OPTIONS", admitted=True)
    asked = ",".join(f"x-header-{index:02}" for index in range(40))
    yield preflight._replace(
        name="preflight that asks for 40 headers",
        request=_sent(admitted, preflight=True, asked=asked),
    )
    star = tuple(pair for pair in _OFFER if pair[0] != "Access-Control-Allow-Headers")
    yield preflight._replace(
        name='preflight under headers=["*"]',
        by_hand="AnyHeader",
        any_header=True,
        goal=STAR,
        request=_sent(admitted, preflight=True),
        preflight_headers=star,
    )
    hostile = {
        "8,000 letters": "https://" + "a" * 8_000,
        "a path": f"{admitted}/path",
        "a look-alike": f"{admitted}.evil.example",
    }
    for what, origin in hostile.items():
        yield _FUNCTION._replace(name=f"hostile origin, {what}", request=_sent(origin))
    full = _PLAIN._replace(middleware_of_startproject=True)
    yield from _kinds(full, "middleware of startproject", "none allowed refused preflight")
    for routes, per_include in ((1_000, 50), (1_000, 0)):
        where = f"{routes:,} routes, " + (f"includes of {per_include}" if per_include else "flat")
        site = _FUNCTION._replace(
            routes=routes,
            per_include=per_include,
            url=f"/group{routes // per_include // 2}/r{routes // 2}/1/"
            if per_include
            else f"/r{routes // 2}/1/",
        )
        yield from _kinds(site, where, "allowed preflight refused-preflight")
    for view in ("plain", "function"):
        case = Case("", view, _BY_HAND[view], origins(FEW), is_async=True, url="/async/1/")
        yield from _kinds(case, f"ASGI, {view}", _ALL_KINDS)


CASES = {case.name: case for case in _all()}
