"""Every call of every page, judged by the table in ``sample_project/playground/calls.py``.

The page judges itself too, for its visitors. These tests take from it only what it saw.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest

from cors_views.testing import Browser, CorsError
from playground.calls import CALLS, Call
from playground.sockets import SOCKETS
from shop import demo_data
from tests.browser.conftest import Playground
from tests.browser.over_http import HttpClient

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


def rows(calls: Iterable[Call]) -> list[Any]:
    return [pytest.param(role, call, id=f"{role}-{call.name}") for role in ROLES for call in calls]


ROWS = rows(CALLS)


@pytest.mark.parametrize(("role", "call"), [*ROWS, *rows(SOCKETS)])
def test_row(playground: Playground, page_of: Callable[[str], Page], role: str, call: Call) -> None:
    if call in SOCKETS and playground.mode == "wsgi":
        pytest.skip("WSGI knows no WebSockets")
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


@dataclass
class OurPages:
    """The pages as our Browser does them: what ``playground.js`` does, in the same order."""

    playground: Playground
    visitor: HttpClient = field(default_factory=HttpClient)
    #: What calls have taught a page: others send it.
    learned: dict[str, str] = field(default_factory=dict)

    def rows(self, role: str) -> dict[str, dict[str, Any]]:
        page = Browser(
            self.playground.origin(role),
            client=self.visitor,
            server=self.playground.origin("api"),
        )
        self.learned = dict.fromkeys(("csrf", "etag", "token"), "not-known")
        return {call.name: self.row(page, call) for call in CALLS}

    def row(self, page: Browser, call: Call) -> dict[str, Any]:
        run = f"{call.name}.{uuid.uuid4()}"
        try:
            response = page.fetch(
                f"{call.path}?call={run}",
                method=call.method,
                headers={name: self.filled(value) for name, value in call.headers.items()},
                credentials="include" if call.credentials else "omit",
                body=call.body,
            )
        except CorsError:
            seen: dict[str, Any] = {"verdict": "", "status": "", "headers": set()}
        else:
            self.learn(response.headers, response.text)
            headers = {name.lower() for name in response.headers}
            seen = {"verdict": "readable", "status": str(response.status), "headers": headers}
        visits = self.playground.record(run)["visits"]
        if not seen["verdict"]:
            refused = bool(visits) and visits[-1]["refused"]
            seen["verdict"] = "refused" if refused else "hidden" if visits else "unsent"
            seen["status"] = str(visits[-1]["status"]) if visits else ""
        return seen | {
            "cookie": any(visit["session_cookie"] for visit in visits),
            "view ran": any(visit["view_ran"] for visit in visits),
        }

    def filled(self, value: str) -> str:
        return re.sub(r"{(\w+)}", lambda match: self.learned[match[1]], value)

    def learn(self, headers: Any, text: str) -> None:
        self.learned["etag"] = headers.get("etag", self.learned["etag"])
        try:
            body = json.loads(text)
        except ValueError:
            return
        if isinstance(body, dict):
            self.learned["csrf"] = body.get("csrfToken", self.learned["csrf"])
            self.learned["token"] = body.get("token", self.learned["token"])


@pytest.fixture(scope="session")
def our_rows(
    playground: Playground, page_of: Callable[[str], Page]
) -> Callable[[str], dict[str, dict[str, Any]]]:
    """Return what our Browser sees at the page of a role, once Chromium has been there."""
    ours, seen = OurPages(playground), dict[str, dict[str, dict[str, Any]]]()

    def rows(role: str) -> dict[str, dict[str, Any]]:
        for each in ("storefront", role):
            if each not in seen:
                page_of(each)
                seen[each] = ours.rows(each)
        return seen[role]

    return rows


@pytest.mark.parametrize(("role", "call"), ROWS)
def test_that_our_browser_agrees(
    page_of: Callable[[str], Page],
    our_rows: Callable[[str], dict[str, dict[str, Any]]],
    role: str,
    call: Call,
) -> None:
    theirs = page_of(role).rows[call.name]

    ours = our_rows(role)[call.name]

    expected = call.expected(role)
    assert ours == {
        "verdict": theirs["verdict"],
        "status": theirs["status"],
        "headers": set(theirs["headers"].split()),
        # The first calls of a visitor differ by whether somebody has been there before.
        "cookie": ours["cookie"] if expected.cookie is None else theirs["cookie"] == "true",
        "view ran": theirs["viewRan"] == "true",
    }


@pytest.mark.parametrize("role", ROLES)
def test_summary_has_no_unexpected_row(
    playground: Playground, page_of: Callable[[str], Page], role: str
) -> None:
    page = page_of(role)

    calls = CALLS if playground.mode == "wsgi" else (*CALLS, *SOCKETS)
    assert page.state == "done"
    assert page.summary == f"All {len(calls)} rows as expected"
    assert (page.count, page.unexpected) == (str(len(calls)), "0")
    assert set(page.rows) == {call.name for call in calls}


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


@pytest.mark.parametrize("button", ["#call-offers .run", "#run-all"])
def test_a_button_keeps_the_focus(playground: Playground, driver: Any, button: str) -> None:
    driver.get(f"{playground.origin('storefront')}/")
    wait_until_done(driver)
    pressed = driver.find_element("css selector", button)

    pressed.send_keys("\ue007")  # the Enter key

    assert driver.switch_to.active_element == pressed
    assert wait_until_done(driver).unexpected == "0"
    assert driver.switch_to.active_element == pressed


@pytest.fixture
def phone(driver: Any) -> Any:
    """The browser as wide and as high as a phone's."""
    metrics = {"width": 390, "height": 844, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    return driver


def top_of(driver: Any, selector: str) -> float:
    """Return where something begins, counted from the top of the window."""
    script = "return document.querySelector(arguments[0]).getBoundingClientRect().top"
    return float(driver.execute_script(script, selector))


def test_a_phone_jumps_to_groups(playground: Playground, phone: Any) -> None:
    phone.get(f"{playground.origin('storefront')}/")
    wait_until_done(phone)
    summary = phone.find_element("css selector", "#groups summary")
    # From far down, where the list has stayed at the top.
    phone.execute_script("window.scrollTo({top: 9000, behavior: 'instant'})")

    for group in dict.fromkeys(call.group for call in CALLS):
        summary.click()
        phone.find_element("link text", group).click()

        heading = f"#{phone.current_url.partition('#')[2]} h2"
        assert phone.find_element("css selector", heading).text == group
        bar = phone.find_element("css selector", ".columns").rect["height"]
        assert bar <= top_of(phone, heading) < 844 / 2 or is_at_the_end(phone)
        assert phone.find_elements("link text", group) == [], "The list has not been folded."
    assert phone.execute_script("return document.documentElement.scrollWidth") <= 390


def is_at_the_end(driver: Any) -> bool:
    return bool(
        driver.execute_script(
            "return innerHeight + scrollY >= document.documentElement.scrollHeight - 1"
        )
    )


def test_the_bar_leads_to_the_rows(playground: Playground, driver: Any) -> None:
    driver.get(f"{playground.origin('stranger')}/")
    wait_until_done(driver)
    ticks = driver.find_elements("css selector", "#bar a")

    rows = [row.get_attribute("id") for row in driver.find_elements("css selector", ".call")]
    assert [tick.get_property("hash") for tick in ticks] == [f"#{row}" for row in rows]
    for tick in ticks:
        assert tick.accessible_name.endswith(
            (": Readable", ": Sent, answer hidden", ": Sent, refused by the server", ": Never sent")
        )
    ticks[-9].send_keys("\ue007")
    bar = driver.find_element("css selector", ".columns").rect["height"]
    assert bar <= top_of(driver, f"#{rows[-9]}") < bar + 20


def test_a_refusal_that_is_right_says_so(playground: Playground, driver: Any) -> None:
    driver.get(f"{playground.origin('stranger')}/")
    wait_until_done(driver)

    row = driver.find_element("css selector", "#call-product-reprice .saw")

    assert "Never sent" in row.text
    assert "as the policy says" in row.text
    assert "rightly refused" in driver.find_element("css selector", ".legend").text


def test_a_row_that_differs_says_in_what(playground: Playground, driver: Any) -> None:
    # The page is told that the stranger may read a product's price that it may in fact not change.
    swap = """
    const fetched = window.fetch;
    window.fetch = async (...args) => {
      const response = await fetched(...args);
      if (args[0] !== "/playground.json") return response;
      const told = await response.json();
      Object.assign(told.calls.find(({name}) => name === "product-reprice").expected,
        {verdict: "readable", status: 200});
      return new Response(JSON.stringify(told));
    };"""
    driver.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": swap})
    driver.get(f"{playground.origin('stranger')}/")

    page = wait_until_done(driver)

    row = driver.find_element("css selector", "#call-product-reprice .match")
    assert row.text == "not as the policy says: verdict, status"
    assert page.summary.startswith("1 unexpected row of ")


def test_an_answer_unfolds_by_the_keyboard(playground: Playground, driver: Any) -> None:
    driver.get(f"{playground.origin('storefront')}/")
    wait_until_done(driver)
    row = driver.find_element("css selector", "#call-catalogue")
    summary = row.find_element("css selector", ".answer summary")
    short, whole = (row.find_element("css selector", name) for name in (".body", ".whole"))
    assert short.is_displayed()
    assert not whole.is_displayed()

    summary.send_keys("\ue007")

    assert whole.is_displayed()
    assert len(whole.text) > len(short.get_attribute("textContent"))
    assert {one["slug"] for one in json.loads(whole.text)} >= {"enamel-mug"}
    summary.send_keys("\ue007")
    assert not whole.is_displayed()
    # Where the page sees nothing there is nothing to unfold.
    hidden = driver.find_element("css selector", "#call-catalogue-with-cookies .answer")
    assert not hidden.is_displayed()


def test_the_api_points_to_the_pages(playground: Playground, driver: Any) -> None:
    driver.get(f"{playground.origin('api')}/")

    links = {link.get_attribute("href") for link in driver.find_elements("css selector", "a")}

    assert links >= {f"{playground.origin(role)}/" for role in ROLES}
    driver.find_element("partial link text", "partner").click()
    assert wait_until_done(driver).state == "done"


def test_that_what_the_manager_writes_down_counts_at_once(
    playground: Playground, driver: Any
) -> None:
    from selenium.webdriver.support.expected_conditions import staleness_of
    from selenium.webdriver.support.ui import WebDriverWait

    stranger = playground.origin("stranger")
    admin = f"{playground.origin('api')}/admin/tenants/tenant/"

    def submit(path: str, **values: str) -> None:
        driver.get(f"{admin}{path}")
        for name, value in values.items():
            driver.find_element("name", name).send_keys(value)
        button = driver.find_element("css selector", "#content [type=submit]")
        button.click()
        WebDriverWait(driver, 20).until(staleness_of(button))

    def page_reads_offers() -> bool:
        driver.get(f"{stranger}/")
        return wait_until_done(driver).rows["offers"]["verdict"] == "readable"

    submit("", username=demo_data.MANAGER, password=demo_data.PASSWORD)
    submit("add/", name="A stranger", origin=stranger)
    number = driver.find_element("link text", "A stranger").get_attribute("href").split("/")[-3]
    try:
        assert page_reads_offers()
    finally:
        submit(f"{number}/delete/")
    assert not page_reads_offers()


def test_that_an_open_ticker_shows_what_is_sold_meanwhile(
    playground: Playground, driver: Any
) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    if playground.mode == "wsgi":
        pytest.skip("WSGI knows no WebSockets")

    def mugs(driver: Any) -> int:
        text = driver.find_element("css selector", "#call-ticker .body").text
        return int(json.loads(text)["stock"]["enamel-mug"])

    driver.get(f"{playground.origin('storefront')}/")
    wait_until_done(driver)
    before = mugs(driver)
    driver.find_element("css selector", "#call-order .run").click()
    wait_until_done(driver)

    WebDriverWait(driver, 20).until(lambda driver: mugs(driver) < before)


# --- What the Network tab shows ------------------------------------------------------------------


def shown_of_refused_carts(driver: Any) -> list[str]:
    """Return ``X-Cors-Views`` of the answers to the stranger's calls of the cart."""
    events = [json.loads(entry["message"])["message"] for entry in driver.get_log("performance")]
    asked = {
        event["params"]["requestId"]
        for event in events
        if event["method"] == "Network.requestWillBeSent"
        and "/api/cart/" in event["params"]["request"]["url"]
    }
    received = [
        {name.lower(): value for name, value in event["params"]["headers"].items()}
        for event in events
        if event["method"] == "Network.responseReceivedExtraInfo"
        and event["params"]["requestId"] in asked
    ]
    assert received
    return [headers.get("x-cors-views", "") for headers in received]


def test_the_network_tab_says_why_an_answer_is_hidden(
    playground: Playground, new_browser: Callable[..., AbstractContextManager[Any]]
) -> None:
    """Chromium hides the answer from the page, and shows its header to the developer."""
    with new_browser(performance="ALL") as driver:
        driver.get(f"{playground.origin('stranger')}/")
        wait_until_done(driver)
        shown = shown_of_refused_carts(driver)

    told = "ORIGIN_NOT_ADMITTED; class policy 'storefront' declared at "
    assert {each.partition("/")[0] for each in shown} == ({told} if playground.debugs else {""})
