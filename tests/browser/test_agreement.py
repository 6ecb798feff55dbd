"""Our Browser agrees with a real Chromium: each row is done by both, against the same site.

A disagreement fails: on whether the page gets an answer, on what it sees of it, and on what arrives
at the server, preflights and cookies included. Where Chromium is known to be laxer than the
Fetch standard, which the Browser follows, the row says so.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client

from cors_views.testing import Browser, CorsError, PreflightCache
from tests.browser.calls import ROWS, Call, Row
from tests.browser.site import ARRIVED, query, running

# What the script of a page sees of an answer.
FETCH = """
async (url, options) => {
  try {
    const {status, type, redirected, url: from, headers} = await fetch(url, options);
    return {status, type, redirected, url: from, headers: [...headers.keys()]};
  } catch (error) {
    return String(error);
  }
}
"""
IN_PAGE = f"const [url, options, done] = arguments; ({FETCH})(url, options).then(done);"
# A sandboxed document without allow-same-origin has the opaque origin, which is sent as "null".
IN_SANDBOX = f"""
const [url, options, done] = arguments;
addEventListener("message", ({{data}}) => done(data), {{once: true}});
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts";
const call = [url, options].map((each) => JSON.stringify(each)).join();
frame.srcdoc = `<script>({FETCH})(${{call}}).then((seen) => parent.postMessage(seen, "*"));</script>`;
document.body.append(frame);
"""
BLOCKED = "TypeError: Failed to fetch"
#: What a real server adds.
ADDED = {"connection", "date", "server"}


@pytest.fixture(scope="module")
def at() -> Iterator[dict[str, str]]:
    """The origins of the site, which runs."""
    with running() as origins:
        yield origins


@pytest.fixture(scope="module")
def chromium_driver(
    new_browser: Callable[[], AbstractContextManager[Any]],
) -> Iterator[Any]:
    with new_browser() as driver:
        yield driver


class Visit:
    """One visitor who does what a row says; ``run`` makes its URLs new to every cache."""

    def __init__(self, at: dict[str, str], run: str) -> None:
        self.at = at
        self.run = run

    def url(self, call: Call) -> str:
        answer = call.answer
        if call.to is not None:
            location = {"Location": self.url(call.to)}
            answer = answer | {"headers": answer["headers"] | location}
        said = query(preflight=self.named(call.preflight), answer=self.named(answer))
        return f"{self.at[call.at]}{call.path}?run={self.run}&{said}"

    def named(self, said: dict[str, Any]) -> Any:
        """Put the names of the origins into what the site is told to say."""
        text = json.dumps(said)
        for name, origin in self.at.items():
            text = text.replace(f"{{{name}}}", origin)
        return json.loads(text.replace("{api-host}", urlsplit(self.at["api"]).netloc))

    def arrived(self) -> list[dict[str, Any]]:
        return ARRIVED.pop(self.run, [])


def by_chromium(driver: Any, visit: Visit, row: Row) -> list[Any]:
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    seen, page = [], ""
    for call in row.calls:
        script = IN_SANDBOX if call.page == "null" else IN_PAGE
        here = visit.at["app" if call.page == "null" else call.page]
        if here != page:
            driver.get(f"{here}/blank/")
            page = here
        result = driver.execute_async_script(script, visit.url(call), call.options)
        if result != BLOCKED:
            result["headers"] = set(result["headers"]) - ADDED
        seen.append(result)
    return seen


def by_the_browser(visit: Visit, row: Row) -> list[Any]:
    visitor, preflights = Client(), PreflightCache()
    seen: list[Any] = []
    for call in row.calls:
        origin = visit.at.get(call.page, call.page)
        page = Browser(origin, client=visitor, server=visit.at.values(), preflights=preflights)
        try:
            response = page.fetch(visit.url(call), **call.options)
        except CorsError:
            seen.append(BLOCKED)
        else:
            names = {name.lower() for name in response.headers}
            seen.append(
                {
                    "status": response.status,
                    "type": response.type,
                    "redirected": response.redirected,
                    "url": response.url,
                    "headers": names - ADDED,
                }
            )
    return seen


def verdicts(seen: list[Any]) -> str:
    return "".join("n" if each == BLOCKED else "y" for each in seen)


@pytest.mark.parametrize("name", ROWS)
def test_that_both_do_the_same(chromium_driver: Any, at: dict[str, str], name: str) -> None:
    row, visit = ROWS[name], Visit(at, f"{name}.{uuid.uuid4()}")
    theirs = by_chromium(chromium_driver, visit, row), visit.arrived()

    ours = by_the_browser(visit, row), visit.arrived()

    assert verdicts(ours[0]) == row.readable
    assert verdicts(theirs[0]) == (row.chromium or row.readable), row.because
    if not row.chromium:
        assert ours == theirs
