"""What a real Chromium sends to views that enforce, and which of them run: tests/enforced.py."""

from __future__ import annotations

import time
import uuid
from typing import Any

import pytest

from tests.browser.test_agreement import IN_PAGE, IN_SANDBOX
from tests.calls import Call
from tests.enforced import (
    BEACON,
    DEEDS,
    FETCH,
    FORM,
    FORM_BY_307,
    FORM_IN_A_FRAME,
    IMAGE,
    LINK,
    RELOAD,
    Deed,
)
from tests.test_enforced import told
from tests.told_site import ARRIVED, Visit

MAKE_FORM = """
const [url, target] = arguments;
const form = document.createElement("form");
Object.assign(form, {method: "POST", action: url, target: target || ""});
form.innerHTML = "<input name=a value=1>";
document.body.append(form);
"""
SUBMIT = f"{MAKE_FORM} form.submit();"
SUBMIT_TO_FRAME = """
const done = arguments[arguments.length - 1];
const frame = document.createElement("iframe");
frame.name = "target";
document.body.append(frame);
frame.addEventListener("load", () => done());
""" + SUBMIT.replace("target ||", '"target" ||')
# A sandboxed document without allow-same-origin has the opaque origin, which is sent as "null".
SUBMIT_FROM_SANDBOX = """
const [url, done] = arguments;
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts allow-forms";
let loads = 0;
frame.addEventListener("load", () => { if (++loads === 2) done(); });
frame.srcdoc = `<form method=post action='${url}'><input name=a value=1></form>
  <script>onload = () => document.forms[0].submit();</script>`;
document.body.append(frame);
"""
SHOW_IMAGE = """
const [url, cors, done] = arguments;
const image = new Image();
if (cors) image.crossOrigin = "anonymous";
image.onload = image.onerror = () => done();
image.src = url;
"""
SEND_BEACON = "return navigator.sendBeacon(arguments[0], 'x');"
FOLLOW = """
const link = document.createElement("a");
link.href = arguments[0];
document.body.append(link);
link.click();
"""


def elsewhere(visit: Visit, call: Call) -> str:
    """Return a URL whose requests are of no interest."""
    return Visit(visit.at, "elsewhere").url(call)


def open_page(driver: Any, visit: Visit, deed: Deed) -> None:
    policy = {"headers": {"Referrer-Policy": deed.referrer}} if deed.referrer else {}
    page = "other" if deed.page == "null" else deed.page
    driver.get(elsewhere(visit, Call("/told/", at=page, answer=policy)))


def leave(driver: Any, script: str, *arguments: Any) -> None:
    """Run a script that leads away from the page, and wait until the next one is there."""
    from selenium.webdriver.support import expected_conditions
    from selenium.webdriver.support.ui import WebDriverWait

    before = driver.find_element("tag name", "html")
    driver.execute_script(script, *arguments)
    WebDriverWait(driver, 20).until(expected_conditions.staleness_of(before))
    WebDriverWait(driver, 20).until(
        lambda driver: driver.execute_script("return document.readyState") == "complete"
    )


def wait_for_arrival(visit: Visit) -> None:
    """Wait for what no script is told about, and a moment longer, in which a view could run."""
    deadline = time.monotonic() + 10
    while visit.run not in ARRIVED and time.monotonic() < deadline:
        time.sleep(0.05)
    time.sleep(0.2)


def send(driver: Any, visit: Visit, deed: Deed) -> None:
    url = visit.url(Call(deed.path, at=deed.at))
    options = dict(deed.options)
    if deed.how == FETCH:
        script = IN_SANDBOX if deed.page == "null" else IN_PAGE
        driver.execute_async_script(script, url, options)
    elif deed.how == FORM and deed.page == "null":
        driver.execute_async_script(SUBMIT_FROM_SANDBOX, url)
    elif deed.how in (FORM, RELOAD):
        leave(driver, SUBMIT, url)
        if deed.how == RELOAD:
            driver.refresh()
    elif deed.how == FORM_IN_A_FRAME:
        driver.execute_async_script(SUBMIT_TO_FRAME, url)
    elif deed.how == FORM_BY_307:
        back = {"status": 307, "headers": {"Location": url}}
        leave(driver, SUBMIT, elsewhere(visit, Call("/told/", at="other", answer=back)))
    elif deed.how == LINK:
        leave(driver, FOLLOW, url)
    elif deed.how == IMAGE:
        driver.execute_async_script(SHOW_IMAGE, url, options.get("cors", False))
    elif deed.how == BEACON:
        assert driver.execute_script(SEND_BEACON, url)
        wait_for_arrival(visit)


@pytest.mark.parametrize("name", DEEDS)
def test_that_chromium_sends_it_and_the_view_runs_or_not(
    chromium_driver: Any, at: dict[str, str], name: str
) -> None:
    visit, deed = Visit(at, f"{name}.{uuid.uuid4()}"), DEEDS[name]
    open_page(chromium_driver, visit, deed)

    send(chromium_driver, visit, deed)

    assert told(visit) == (deed.arrives, deed.runs)
