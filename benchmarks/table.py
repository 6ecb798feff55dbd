"""The table of the README: what CORS costs a request, and whether the goals are met."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from benchmarks import sites
from benchmarks.measure import Figure, Timings, in_turn, in_turn_async, shown
from benchmarks.sites import CONTENDERS, STRANGER, Site, handler

ROUNDS = 41
DJANGO, THEIRS, OURS = CONTENDERS
#: A hundred thousand origins take django-cors-headers a fifth of a second for each request.
FEW_ORIGINS, MANY_ORIGINS, ORIGINS = 3, 1_000, 100_000


class Row(NamedTuple):
    """One case: figures in microseconds, the ratio that the goal is about, and the goal."""

    case: str
    theirs: str
    ours: str
    ratio: float
    spread: str
    goal: float | None
    of: str

    @property
    def met(self) -> bool:
        return self.goal is None or self.ratio <= self.goal


def requests_of(site: Site, contender: str) -> dict[str, Callable[[], Any]]:
    """Return the three kinds of actual requests, by name: each call makes a new one."""
    return _kinds(partial(sites.wsgi_requests, site.urlconf_of(contender), "/r0/1/"), site)


def async_requests_of(site: Site, contender: str) -> dict[str, Callable[[], Any]]:
    """The same, as an ASGI server makes them."""
    return _kinds(partial(sites.asgi_requests, site.urlconf_of(contender), "/async/1/"), site)


def _kinds(requests: Callable[..., Callable[[], Any]], site: Site) -> dict[str, Callable[[], Any]]:
    # The one in the middle: neither the first nor the last that a list would find.
    admitted = site.allowed[len(site.allowed) // 2].replace("*", "shop")
    return {
        "no Origin": requests(),
        "allowed": requests(origin=admitted),
        "refused": requests(origin=STRANGER),
    }


def serve(server: Any, make: Callable[[], Any]) -> Callable[[], Any]:
    """Return the call that is timed: make a request, and get the response."""
    get_response = server.get_response

    def call() -> Any:
        return get_response(make())

    return call


def aserve(server: Any, make: Callable[[], Any]) -> Callable[[], Awaitable[Any]]:
    """The same, under ASGI."""
    get_response = server.get_response_async

    async def call() -> Any:
        return await get_response(make())

    return call


def actual_rows(rounds: int) -> Iterator[Row]:
    """Yield what is added to a request that is no preflight."""
    few: dict[str, Timings] = {}
    site = Site(sites.origins(FEW_ORIGINS))
    with site.active():
        servers = {name: handler(middleware) for name, middleware in CONTENDERS.items()}
        for kind in ("no Origin", "allowed", "refused"):
            calls = {
                name: serve(server, requests_of(site, name)[kind])
                for name, server in servers.items()
            }
            _assert_answers(kind, {name: call() for name, call in calls.items()})
            few[kind] = in_turn(calls, rounds=rounds, calls=400)
            yield _against_theirs(f"{kind}, {FEW_ORIGINS} origins", few[kind], 0.25)
        async_servers = {
            name: handler(middleware, is_async=True) for name, middleware in CONTENDERS.items()
        }
        for kind in few:
            acalls = {
                name: aserve(server, async_requests_of(site, name)[kind])
                for name, server in async_servers.items()
            }
            _assert_answers(kind, {name: asyncio.run(call()) for name, call in acalls.items()})
            timings = in_turn_async(acalls, rounds=rounds, calls=200)
            yield _against_theirs(f"{kind}, {FEW_ORIGINS} origins, ASGI", timings, 0.25)
    for label, allowed in (
        (f"{MANY_ORIGINS:,} origins", sites.origins(MANY_ORIGINS)),
        (f"{ORIGINS:,} origins", sites.origins(ORIGINS)),
        (f"{MANY_ORIGINS:,} subdomain patterns", sites.patterns(MANY_ORIGINS)),
    ):
        yield from _flat_rows(label, allowed, rounds)


def _flat_rows(label: str, allowed: list[str], rounds: int) -> Iterator[Row]:
    """Yield how a large site compares with a small one, both measured in the same rounds."""
    small, large = Site(sites.origins(FEW_ORIGINS)), Site(allowed)
    theirs: dict[str, Figure] = {}
    with large.active():
        bare, ours = handler(CONTENDERS[DJANGO]), handler(CONTENDERS[OURS])
        for kind in ("no Origin", "allowed", "refused"):
            calls = {
                DJANGO: serve(bare, requests_of(large, DJANGO)[kind]),
                THEIRS: serve(handler(CONTENDERS[THEIRS]), requests_of(large, THEIRS)[kind]),
            }
            # Without an Origin it is as fast as ever, else a single request takes long enough.
            slow = kind != "no Origin"
            timings = in_turn(calls, rounds=5, calls={DJANGO: 200, THEIRS: 1 if slow else 200})
            theirs[kind] = timings.added(THEIRS, DJANGO)
        for kind in theirs:
            calls = {
                DJANGO: serve(bare, requests_of(large, DJANGO)[kind]),
                "small": serve(ours, requests_of(small, OURS)[kind]),
                "large": serve(ours, requests_of(large, OURS)[kind]),
            }
            _assert_answers(kind, {name: call() for name, call in calls.items()})
            timings = in_turn(calls, rounds=rounds, calls=400)
            yield _row(
                f"{kind}, {label}",
                shown(theirs[kind].median),
                timings.added("large", DJANGO),
                timings.added("small", DJANGO).median,
                1.2,
                f"cors_views at {FEW_ORIGINS} origins",
            )


def preflight_rows(rounds: int) -> Iterator[Row]:
    """Yield what a preflight takes in total."""
    site = Site(sites.origins(FEW_ORIGINS), routes=50)
    asked = {
        "origin": site.allowed[1],
        "access_control_request_method": "PUT",
        "access_control_request_headers": "content-type",
    }
    with site.active():
        calls = {
            name: serve(
                handler(CONTENDERS[name]),
                sites.wsgi_requests(site.urlconf_of(name), "/r25/1/", "OPTIONS", **asked),
            )
            for name in (THEIRS, OURS)
        }
        _assert_answers("allowed", {name: call() for name, call in calls.items()})
        timings = in_turn(calls, rounds=rounds, calls=400)
        yield _row(
            "preflight in total, 50 routes",
            str(shown(timings.total(THEIRS).median)),
            timings.total(OURS),
            timings.total(THEIRS).median,
            1.0,
            THEIRS,
        )
    site = Site(sites.origins(FEW_ORIGINS), routes=1_000, below_includes_of=50)
    with site.active():
        url = "/group10/r525/1/"
        calls = {
            DJANGO: serve(handler(CONTENDERS[DJANGO]), sites.wsgi_requests(site.plain, url)),
            OURS: serve(
                handler(CONTENDERS[OURS]),
                sites.wsgi_requests(site.declared, url, "OPTIONS", **asked),
            ),
        }
        _assert_answers("allowed", {name: call() for name, call in calls.items()})
        timings = in_turn(calls, rounds=rounds, calls=400)
        yield _row(
            "preflight in total, 1,000 routes in includes of 50",
            "",
            timings.total(OURS),
            timings.total(DJANGO).median,
            1.0,
            "Django serving that URL",
        )


def _assert_answers(kind: str, responses: dict[str, Any]) -> None:
    """See that everybody does the same work: a refusal would be cheap to serve."""
    for name, response in responses.items():
        assert response.status_code == 200, (kind, name, response)
        admitted = "access-control-allow-origin" in response.headers
        assert admitted is (kind == "allowed" and name != DJANGO), (kind, name, response.headers)


def _against_theirs(case: str, timings: Timings, goal: float) -> Row:
    theirs, ours = timings.added(THEIRS, DJANGO), timings.added(OURS, DJANGO)
    return _row(case, shown(theirs.median), ours, theirs.median, goal, THEIRS)


def _row(case: str, theirs: str, ours: Figure, base: float, goal: float, of: str) -> Row:
    spread = f"{ours.low / base:.2f}–{ours.high / base:.2f}"
    return Row(case, theirs, shown(ours.median), ours.median / base, spread, goal, of)
