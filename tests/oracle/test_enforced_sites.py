"""Where a random site enforces, nothing runs for a page that the nearest policy does not admit.

``enforce`` is drawn for each declaration, for named policies and for the settings. A browser may
send a simple request at any time, so every request is sent as it is, whatever a preflight says.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.oracle import building
from tests.oracle.answers import offers, passes_on
from tests.oracle.comparing import INSTALLED, PARTS, SEED, SITES, Receiver, send
from tests.oracle.drawing import Draw
from tests.oracle.nearest import REAL, admitting, enforced, governing, says_nothing
from tests.oracle.written import Asked, Route, Site

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
#: The site's own pages, and what has no Origin.
OWN = ("http://testserver", None)


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def must_not_run(site: Site, route: Route, asked: Asked) -> bool:
    """Whether a policy that enforces does not admit the origin, or does not offer the method."""
    found = governing(site, route, asked, asked.method)
    return asked.origin not in OWN and enforced(found) and not admits(site, route, asked)


def admits(site: Site, route: Route, asked: Asked) -> bool:
    policy = admitting(governing(site, route, asked, asked.method), asked)
    if policy is None:
        return False
    # Whatever serves GET serves HEAD.
    methods = {asked.method, *(["GET"] if asked.method == "HEAD" else [])}
    if says_nothing(route):
        return bool({*methods, "*"} & {*site.settings.methods})
    return any(offers(site, route, policy, method) for method in methods)


@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
@pytest.mark.parametrize("part", range(PARTS))
def test_that_nothing_runs_that_the_nearest_policy_does_not_admit(
    part: int, is_async: bool
) -> None:
    seen: Counter[str] = Counter()
    numbers = range(part, SITES, PARTS)
    # The views, which are sync, run in threads under ASGI: one site of each part.
    for number in islice(numbers, 1 if is_async else None):
        seed = f"{SEED} enforced {number}"
        draw = Draw(seed, enforcing=True)
        written, site = draw.site()
        receivers = [Receiver(says) for says in site.settings.receivers]
        named = {name: dict(fields) for name, fields in draw.named.items()}
        settings = {**INSTALLED, **written, "CORS_POLICIES": named}
        with building.served(settings, site.routes, receivers):
            for route in site.routes:
                origins = [draw.one(REAL) for _ in METHODS]
                every = [
                    Asked(f"/{route.url}", method, origin, preflight)
                    for method, origin in (*zip(METHODS, origins), *(("POST", one) for one in OWN))
                    for preflight in (False, True)
                    if origin or not preflight
                ]
                for asked in every:
                    seen[judge(site, route, asked, is_async)] += 1

    if not is_async and SITES > 100:
        assert min(seen[each] for each in ("ran", "refused", "refused preflight")) > 100


def judge(site: Site, route: Route, asked: Asked, is_async: bool) -> str:
    """Send a request, and return what became of it."""
    status, lines = send(asked, is_async=is_async)
    told = [name for name, _ in lines if name.startswith("access-control-")]
    if asked.preflight and passes_on(site, route, asked):
        # No policy governs what it asks about: it is one more OPTIONS request.
        asked = Asked(asked.path, "OPTIONS", asked.origin)
    if must_not_run(site, route, asked):
        assert (status, building.RAN, told) == (403, [], []), (route, asked, site)
        assert "origin" in dict(lines)["vary"], (route, asked, site)
        return "refused preflight" if asked.preflight else "refused"
    if asked.preflight:
        assert (status, building.RAN) == (200, []), (route, asked, site)
        return "preflight"
    # A class without a handler for the method says so itself, and answers OPTIONS itself.
    assert building.RAN or status != 403, (route, asked, site)
    return "ran" if building.RAN else "not implemented"
