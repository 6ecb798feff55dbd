"""Our Browser sends what the rows of ``tests/enforced.py`` say, and the same views run.

Chromium does, too: tests/browser/test_enforcement.py.
"""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client

from cors_views.testing import AsyncBrowser, Browser, CorsError
from tests.calls import Call
from tests.enforced import DEEDS, FETCH, Deed
from tests.told_site import Visit, at_port, installed

AT = at_port(8000, 8001)


def told(visit: Visit) -> tuple[str, bool]:
    """Return what arrived, as the rows write it, and whether a view ran."""
    names = {origin: name for name, origin in visit.at.items()} | {None: "-", "null": "null"}
    arrived = visit.arrived()
    return (
        ", ".join(f"{one['method']} {names[one['origin']]}" for one in arrived),
        any(one["ran"] for one in arrived),
    )


def send(mode: str, visit: Visit, deed: Deed) -> None:
    origin, url = visit.at.get(deed.page, deed.page), visit.url(Call(deed.path, at=deed.at))
    # A form sends cookies along, and hides its answer from the page: so does the call.
    form: Any = {
        "method": "POST",
        "data": {"a": "1"},
        "content_type": "application/x-www-form-urlencoded",
        "credentials": "include",
    }
    options: Any = dict(deed.options) if deed.how == FETCH else form
    server = visit.at.values()
    try:
        if mode == "wsgi":
            Browser(origin, client=Client(), server=server).fetch(url, **options)
        else:
            browser = AsyncBrowser(origin, client=AsyncClient(), server=server)
            async_to_sync(browser.fetch)(url, **options)
    except CorsError:
        pass


@pytest.mark.parametrize("mode", ["wsgi", "asgi"])
@pytest.mark.parametrize("name", [name for name, deed in DEEDS.items() if deed.modelled])
def test_that_our_browser_sends_it_and_the_view_runs_or_not(name: str, mode: str) -> None:
    visit, deed = Visit(AT, name), DEEDS[name]
    with installed(AT):
        send(mode, visit, deed)

    assert told(visit) == (deed.arrives, deed.runs)
