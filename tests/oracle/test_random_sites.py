"""Random sites answer as the oracle says, header by header, and keep their word in any browser.

``tests.oracle.answers`` reads the declarations by itself; nothing of ``cors_views`` is in it. The
sites come from a seed, so that a run is the same everywhere. For more of them, or for others:

.. code-block:: console

    ORACLE_SITES=5000 ORACLE_SEED=7 python -m pytest tests/oracle

What the protocol cannot prevent is part of the model, and written down in docs/security.rst:

* a request that any form could make runs; only its answer is kept from the page, unless the policy
  enforces (``test_enforced_sites.py``);
* so does a GET or HEAD that needed a preflight for its headers alone, where one for another method
  of the URL has allowed those and is still remembered;
* a ``max_age`` that a policy itself says keeps preflights that let more pass (``cors_views.W022``).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from itertools import islice

import pytest
from django.core import signals
from django.db import close_old_connections

from tests.oracle.answers import page_may, passes_on
from tests.oracle.comparing import PARTS, Served, judged, sites
from tests.oracle.drawing import NO_ORIGINS, PAGE_REQUESTS
from tests.oracle.fetch import ACAH, PageRequest, PreflightCache, listed, preflight_passes
from tests.oracle.nearest import REAL, admitting, governing, says_nothing
from tests.oracle.nearest import served as served_methods
from tests.oracle.written import Asked, Route, Site


@pytest.fixture(scope="module", autouse=True)
def _nothing_else() -> Iterator[None]:
    """Keep the handler from closing connections, and thousands of errors from the log."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)
    for signal in both:
        signal.connect(close_old_connections)


parts = pytest.mark.parametrize("part", range(PARTS))


@parts
def test_that_a_random_site_answers_as_the_oracle_says(part: int) -> None:
    for served in sites(part, "answers"):
        for _ in range(60):
            route, asked = served.draw.asked(served.site)
            judged(served, route, asked)


@parts
def test_that_a_random_site_answers_so_under_asgi(part: int) -> None:
    # One site of each part, since the views, which are sync, run in threads there.
    for served in islice(sites(part, "asgi"), 1):
        served.is_async = True
        for _ in range(60):
            route, asked = served.draw.asked(served.site)
            judged(served, route, asked)


@parts
def test_that_no_sequence_of_page_requests_gets_past_the_nearest_policy(part: int) -> None:
    for served in sites(part, "pages"):
        for route in served.site.routes:
            if not route.own:
                origin = served.draw.one(REAL)
                visit(served, route, origin)


def visit(served: Served, route: Route, origin: str) -> None:
    """Have a page ask for everything, and see what gets through at once, and what later."""
    site, cache = served.site, PreflightCache()
    answers: dict[Asked, tuple[int, dict[str, str]]] = {}
    for wanted in PAGE_REQUESTS:
        asked = preflight_of(route, origin, wanted)
        if asked not in answers:
            answers[asked] = judged(served, route, asked)
        status, headers = answers[asked]
        passes = preflight_passes(wanted, origin, status, headers)
        if wanted.needs_leave:
            assert passes == page_may(site, route, origin, wanted), (served.seed, route, wanted)
        if passes and not as_django_cors_headers_does(site, route):
            said = says_max_age(site, route, asked)
            cache.keep(wanted, {**headers, ACAH: ""} if said else headers)
    for wanted in PAGE_REQUESTS:
        if wanted.needs_leave and changes_something(route, wanted) and cache.lets_pass(wanted):
            assert page_may(site, route, origin, wanted), (served.seed, route, wanted, cache)


def as_django_cors_headers_does(site: Site, route: Route) -> bool:
    """Whether one "*" of the settings is for all, with credentials too.

    For requests with credentials it is no wildcard, until a browser has kept it.
    """
    settings = site.settings
    return says_nothing(route) and "*" in (*settings.methods, *settings.headers)


def preflight_of(route: Route, origin: str, wanted: PageRequest) -> Asked:
    names = ",".join(sorted(wanted.names)) or None
    return Asked(f"/{route.url}", wanted.method, origin, True, names)


def says_max_age(site: Site, route: Route, asked: Asked) -> bool:
    """Whether the policy itself says how long its answer is kept; a check tells what that opens."""
    policy = admitting(governing(site, route, asked, asked.method.upper()), asked)
    return policy is not None and policy.max_age is not None


def changes_something(route: Route, wanted: PageRequest) -> bool:
    """Whether a method may change something here: GET and HEAD are not meant to."""
    if wanted.method in ("GET", "HEAD"):
        return False
    really = any(one.hides not in ("", "super") for one in route.classes)
    hidden = wanted.method == "POST" and really
    return route.kind == "function" or hidden or wanted.method.upper() in served_methods(route)


@parts
def test_that_what_differs_by_origin_says_so(part: int) -> None:
    for served in sites(part, "vary"):
        for route in (*served.site.routes[:2], None):
            path = "/nowhere/" if route is None else f"/{route.url}"
            preflight = served.draw.some(0.3)
            method = served.draw.one(["GET", "POST", "PUT", "HEAD"])
            questions = [
                Asked(path, method, origin, preflight)
                for origin in (*REAL, *(() if preflight else (None, NO_ORIGINS[0])))
            ]
            answers = [judged(served, route, asked)[1] for asked in questions]
            told = [
                {name: each[name] for name in each if name.startswith("access-control-")}
                for each in answers
            ]
            if any(each != told[0] for each in told):
                for asked, each in zip(questions, answers):
                    # What a receiver leaves to the view is one more OPTIONS request, and no cache
                    # keeps its answer (RFC 9110 section 9.3.7).
                    if preflight and passes_on(served.site, route, asked):
                        continue
                    members = [name.lower() for name in listed(each.get("vary"))]
                    assert {"origin", "*"} & set(members), (served.seed, route, answers)
