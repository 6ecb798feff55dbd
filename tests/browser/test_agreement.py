"""Our Browser agrees with a real Chromium: each row is done by both, against the same site.

A disagreement fails: on whether the page gets an answer, on what it sees of it, and on what arrives
at the server, preflights and cookies included. Where Chromium is known to be laxer than the Fetch
standard, which the Browser follows, the row says so. On the rows of ``tests/agreed.py`` the
commands, the log and the panel agree as well (``tests/test_agreed.py``).
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from django.test import override_settings

from tests.agreed import AGREED
from tests.calls import ROWS, Row
from tests.told_site import BLOCKED, Visit, by_the_browser, verdicts

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
const tell = "(seen) => parent.postMessage(seen, '*')";
frame.srcdoc = `<script>({FETCH})(${{call}}).then(${{tell}});</script>`;
document.body.append(frame);
"""
#: What a real server adds.
ADDED = {"connection", "date", "server"}


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
        if isinstance(result, str):
            assert result == "TypeError: Failed to fetch"
            result = BLOCKED
        else:
            result["headers"] = set(result["headers"]) - ADDED
        seen.append(result)
    return seen


@pytest.mark.parametrize("name", ROWS)
def test_that_both_do_the_same(chromium_driver: Any, at: dict[str, str], name: str) -> None:
    compare(chromium_driver, Visit(at, f"{name}.{uuid.uuid4()}"), ROWS[name])


@pytest.mark.parametrize("name", AGREED)
def test_that_both_do_what_everybody_says(
    chromium_driver: Any, at: dict[str, str], name: str
) -> None:
    visit, agreed = Visit(at, f"{name}.{uuid.uuid4()}"), AGREED[name]
    with override_settings(**visit.named(agreed.settings)):
        compare(chromium_driver, visit, agreed.row)


def compare(driver: Any, visit: Visit, row: Row) -> None:
    theirs = by_chromium(driver, visit, row), visit.arrived()

    ours = by_the_browser(visit, row), visit.arrived()

    assert verdicts(ours[0]) == row.readable
    assert verdicts(theirs[0]) == (row.chromium or row.readable), row.because
    if not row.chromium:
        assert ours == theirs
