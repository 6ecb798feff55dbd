"""Where a random site enforces, nothing runs for a page that the nearest policy does not admit."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

import pytest

from tests.oracle import building
from tests.oracle.answers import offers
from tests.oracle.comparing import INSTALLED, PARTS, SEED, SITES, Receiver, send
from tests.oracle.drawing import Draw
from tests.oracle.nearest import REAL, admitting, governing, says_nothing
from tests.oracle.written import Asked, Route, Site

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")


@pytest.fixture(scope="module", autouse=True)
def _quiet() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def lets_run(site: Site, route: Route, asked: Asked) -> bool:
    """Whether the nearest policy admits the origin and offers the method, or there is none."""
    found = governing(site, route, asked, asked.method)
    if found is None:
        return True
    policy = admitting(found, asked)
    if policy is None:
        return False
    methods = {asked.method, *(["GET"] if asked.method == "HEAD" else [])}
    if says_nothing(route):
        return bool({*methods, "*"} & {*site.settings.methods})
    return any(offers(site, route, policy, method) for method in methods)


@pytest.mark.parametrize("is_async", [False, True], ids=["wsgi", "asgi"])
@pytest.mark.parametrize("part", range(PARTS))
def test_that_nothing_runs_that_the_nearest_policy_does_not_admit(
    part: int, is_async: bool
) -> None:
    refused = ran = 0
    numbers = range(part, SITES, PARTS)
    # The views, which are sync, run in threads under ASGI: one site of each part.
    for number in islice(numbers, 1 if is_async else 8):
        seed = f"{SEED} enforced {number}"
        draw = Draw(seed)
        written, site = draw.site()
        receivers = [Receiver(says) for says in site.settings.receivers]
        enforcing = {**INSTALLED, **written, "CORS_ENFORCE": True}
        with building.served(enforcing, site.routes, receivers):
            for route in site.routes:
                for method in METHODS:
                    asked = Asked(f"/{route.url}", method, draw.one(REAL))
                    status, lines = send(asked, is_async=is_async)
                    if lets_run(site, route, asked):
                        ran += bool(building.RAN)
                        assert building.RAN or status != 403, (seed, route, asked, written)
                    else:
                        refused += 1
                        found = (
                            status,
                            building.RAN,
                            [name for name, _ in lines if "access" in name],
                        )
                        assert found == (403, [], []), (seed, route, asked, written)

    assert ran
    assert refused
