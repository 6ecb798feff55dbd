"""Every call of every page, judged by the table in ``sample_project/playground/calls.py``.

The page judges itself too, for its visitors. These tests take from it only what it saw.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pytest

from playground.calls import CALLS, Call
from tests.browser.conftest import Playground

ROLES = ("storefront", "partner", "stranger")

# Every row as the page shows it: the data attributes are its machine-readable side.
READ_ROWS = """
const rows = {};
for (const row of document.querySelectorAll("[data-call]"))
  rows[row.dataset.call] = {...row.dataset};
const {state, rows: count, unexpected} = document.documentElement.dataset;
return {state, count, unexpected, summary: document.getElementById("summary").textContent, rows};
"""


@dataclass(frozen=True)
class Page:
    """What a page has seen after running all its calls."""

    state: str
    count: str
    unexpected: str
    summary: str
    rows: dict[str, dict[str, str]]


def wait_until_done(driver: Any) -> Page:
    from selenium.webdriver.support.ui import WebDriverWait

    state = "return document.documentElement.dataset.state"
    WebDriverWait(driver, 60).until(
        lambda driver: driver.execute_script(state) in ("done", "failed")
    )
    return Page(**driver.execute_script(READ_ROWS))


@pytest.fixture(scope="session")
def browser(
    playground: Playground, new_browser: Callable[[], AbstractContextManager[Any]]
) -> Iterator[Any]:
    """One browser for all three pages, as their visitor has one: with its cookies."""
    with new_browser() as driver:
        yield driver


@pytest.fixture(scope="session")
def page_of(playground: Playground, browser: Any) -> Callable[[str], Page]:
    """Return the finished page of a role; each is opened once."""
    pages: dict[str, Page] = {}

    def page_of(role: str) -> Page:
        if role not in pages:
            # Signed in at the shop, as the victim of a cross-origin attack would be.
            if role != "storefront":
                page_of("storefront")
            browser.get(f"{playground.origin(role)}/")
            pages[role] = wait_until_done(browser)
        return pages[role]

    return page_of


ROWS = [pytest.param(role, call, id=f"{role}-{call.name}") for role in ROLES for call in CALLS]


@pytest.mark.parametrize(("role", "call"), ROWS)
def test_row(page_of: Callable[[str], Page], role: str, call: Call) -> None:
    expected = call.expected(role)

    row = page_of(role).rows[call.name]

    seen = {
        "verdict": row["verdict"],
        "status": row["status"],
        "view ran": row["viewRan"],
        "explained": bool(row["reason"]),
    }
    assert seen == {
        "verdict": expected.verdict,
        "status": "" if expected.status is None else str(expected.status),
        "view ran": str(expected.view_runs).lower(),
        "explained": expected.logged,
    }
    if expected.cookie is not None:
        assert row["cookie"] == str(expected.cookie).lower()
    headers = set(row["headers"].split())
    assert headers >= set(expected.shows)
    assert headers.isdisjoint(expected.hides)
    assert row["match"] == "true"


@pytest.mark.parametrize("role", ROLES)
def test_summary_has_no_unexpected_row(page_of: Callable[[str], Page], role: str) -> None:
    page = page_of(role)

    assert page.state == "done"
    assert page.summary == f"All {len(CALLS)} rows as expected"
    assert (page.count, page.unexpected) == (str(len(CALLS)), "0")
    assert set(page.rows) == {call.name for call in CALLS}


@pytest.mark.parametrize("role", ROLES)
def test_refusals_name_the_declaration(page_of: Callable[[str], Page], role: str) -> None:
    reasons = {name: row["reason"] for name, row in page_of(role).rows.items()}

    # These declare it nearest, whoever asks.
    assert "orders.py:" in reasons["order-cancel"]
    assert "products.py:" in reasons["product-remove"]


@pytest.mark.parametrize(
    ("role", "name"),
    [("storefront", "order"), ("storefront", "catalogue-unchanged"), ("partner", "reserve")],
)
def test_one_call_runs_alone(playground: Playground, driver: Any, role: str, name: str) -> None:
    driver.get(f"{playground.origin(role)}/")
    wait_until_done(driver)
    # After a round the cart is empty and the token given back: these need the calls before them.
    driver.find_element("css selector", f"#call-{name} .run").click()

    page = wait_until_done(driver)

    assert page.rows[name]["match"] == "true"
    assert page.unexpected == "0"
