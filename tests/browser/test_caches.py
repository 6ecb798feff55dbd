"""What browsers remember must not carry trust from one method, origin or document to another.

No page of the playground runs here: ``/playground.json`` is an empty document at each origin, and
each test fetches from there.
"""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from tests.browser.conftest import Playground

FETCH = """
const [url, options, done] = arguments;
fetch(url, options).then(
  async (response) => done({
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: await response.text(),
  }),
  (error) => done({error: String(error)}),
);
"""

# A sandboxed document without allow-same-origin has the opaque origin, which is sent as "null".
FETCH_IN_SANDBOX = """
const [url, done] = arguments;
addEventListener("message", ({data}) => done(data), {once: true});
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts";
frame.srcdoc = `<script>
  fetch(${JSON.stringify(url)}).then(
    (response) => parent.postMessage({origin: self.origin, status: response.status}, "*"),
    (error) => parent.postMessage({origin: self.origin, error: String(error)}, "*"),
  );
</script>`;
document.body.append(frame);
"""

BLOCKED = {"error": "TypeError: Failed to fetch"}


@pytest.fixture
def call() -> str:
    return f"test.{uuid.uuid4()}"


def open_at(driver: Any, origin: str) -> None:
    driver.get(f"{origin}/playground.json")
    assert driver.execute_script("return location.origin") == origin


def fetch(driver: Any, url: str, **options: Any) -> dict[str, Any]:
    answer: dict[str, Any] = driver.execute_async_script(FETCH, url, options)
    return answer


@pytest.mark.parametrize(
    ("method", "path"),
    [
        pytest.param("GET", "/api/orders/1001/", id="method"),
        pytest.param("PATCH", "/api/products/enamel-mug/", id="action"),
    ],
)
def test_preflight_of_an_admitted_method_opens_no_denied_one(
    playground: Playground, driver: Any, call: str, method: str, path: str
) -> None:
    url = f"{playground.origin('api')}{path}?call={call}"
    preflighted = {"credentials": "include", "headers": {"X-CSRFToken": "x"}}
    open_at(driver, playground.origin("storefront"))

    first = fetch(driver, url, method=method, **preflighted)
    second = fetch(driver, url, method=method, **preflighted)

    assert (first["status"], second["status"]) == (401, 401)
    assert playground.logged(method, call, at_least=2) == 2
    # One preflight for both: the browser's cache is in force, or the test would prove nothing.
    assert playground.logged("OPTIONS", call) == 1

    assert fetch(driver, url, method="DELETE", **preflighted) == BLOCKED
    assert playground.logged("OPTIONS", call, at_least=2) == 2
    assert playground.methods(call) == [method, method]


def test_preflight_of_a_public_list_opens_no_post(
    playground: Playground, driver: Any, call: str
) -> None:
    url = f"{playground.origin('api')}/api/products/?call={call}"
    # Not If-None-Match: with that, Chromium leaves its cache of preflights alone.
    preflighted = {"headers": {"X-Client": "x"}}
    open_at(driver, playground.origin("stranger"))
    assert fetch(driver, url, method="GET", **preflighted)["status"] == 200

    # Browsers ask no preflight's answer whether it names POST: it must not be remembered.
    assert fetch(driver, url, method="POST", **preflighted) == BLOCKED

    assert playground.logged("OPTIONS", call, at_least=2) == 2
    assert playground.methods(call) == ["GET"]


def test_preflight_at_one_origin_opens_nothing_to_another(
    playground: Playground, driver: Any, call: str
) -> None:
    url = f"{playground.origin('api')}/api/stock/?call={call}"
    options = {"headers": {"X-Partner-Key": "demo-partner-key"}}
    open_at(driver, playground.origin("partner"))
    assert fetch(driver, url, **options)["status"] == 200

    # Another port is another origin, but the same site, for which browsers share a cache.
    open_at(driver, playground.origin("partner", port_of="stranger"))

    assert fetch(driver, url, **options) == BLOCKED
    assert playground.methods(call) == ["GET"]


def test_cached_answer_of_one_audience_is_not_shown_to_another(
    playground: Playground, driver: Any, call: str
) -> None:
    url = f"{playground.origin('api')}/api/products/enamel-mug/?call={call}"
    open_at(driver, playground.origin("partner"))
    partner = fetch(driver, url)
    assert fetch(driver, url) == partner
    assert "x-stock-version" in partner["headers"]
    # One request for both: the answer is cached, or the test would prove nothing.
    assert playground.methods(call) == ["GET"]

    open_at(driver, playground.origin("partner", port_of="stranger"))
    stranger = fetch(driver, url)

    assert stranger["body"] == partner["body"]
    assert "x-stock-version" not in stranger["headers"]
    assert playground.methods(call) == ["GET", "GET"]


def test_cached_answer_to_a_request_without_origin_blocks_no_page(
    playground: Playground, driver: Any, call: str
) -> None:
    url = f"{playground.origin('api')}/api/prices/?call={call}"
    # At the API itself, the same site as the storefront: such requests carry no Origin, and their
    # answers no CORS headers.
    driver.get(url)
    assert fetch(driver, url)["status"] == 200
    # One request for both: the answer is cached, or the test would prove nothing.
    assert playground.methods(call) == ["GET"]

    open_at(driver, playground.origin("storefront"))

    assert fetch(driver, url)["status"] == 200
    assert playground.methods(call) == ["GET", "GET"]


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        pytest.param("/api/session/", BLOCKED, id="named-origins"),
        pytest.param("/api/prices/", BLOCKED, id="settings"),
        pytest.param("/api/internal/margins/", BLOCKED, id="denied"),
        pytest.param("/api/products/", {"status": 200}, id="any-origin"),
    ],
)
def test_null_origin(
    playground: Playground, driver: Any, call: str, path: str, outcome: dict[str, Any]
) -> None:
    open_at(driver, playground.origin("storefront"))

    seen = driver.execute_async_script(
        FETCH_IN_SANDBOX, f"{playground.origin('api')}{path}?call={call}"
    )

    assert seen == {"origin": "null"} | outcome
    # Refused or not, the request itself arrived: only its answer is at stake.
    assert playground.methods(call) == ["GET"]


def test_page_servers_answer_to_their_own_name_only(playground: Playground, driver: Any) -> None:
    open_at(driver, playground.origin("partner", port_of="stranger"))

    text = driver.execute_script("return document.body.innerText")

    assert text.strip() == f"Open {playground.origin('stranger')}/ instead."
