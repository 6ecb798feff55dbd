"""What docs/missing_headers.rst says of browsers is what Chromium does."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow
from cors_views.testing import Browser, CorsError, PreflightCache, Reason
from tests.browser.test_agreement import IN_PAGE
from tests.browser.test_console import ABSENT, WILDCARD, console
from tests.calls import ANY, Call, says
from tests.samples import ROOT
from tests.tables import Patterns
from tests.told_site import Visit, told

PAGE = " ".join((ROOT / "docs" / "missing_headers.rst").read_text("utf-8").split())
FAILED = "TypeError: Failed to fetch"
JSON = "new Blob(['{}'], {type: 'application/json'})"
BEACON = "return navigator.sendBeacon(arguments[0], {data});"


def visit(at: dict[str, str]) -> Visit:
    return Visit(at, str(uuid.uuid4()))


def arrived(visit: Visit, count: int) -> list[dict[str, Any]]:
    """Return what has arrived, as soon as it is so much: a beacon is not waited for."""
    seen: list[dict[str, Any]] = []
    deadline = time.monotonic() + 10
    while len(seen) < count and time.monotonic() < deadline:
        seen += visit.arrived()
        time.sleep(0.05)
    return seen


def open_page(driver: Any, url: str) -> None:
    driver.get(url)
    driver.get_log("browser")


def methods(seen: list[dict[str, Any]]) -> list[str]:
    return [one["method"] for one in seen]


def test_without_cors_nothing_is_readable(chromium_driver: Any, at: dict[str, str]) -> None:
    here = visit(at)
    open_page(chromium_driver, f"{at['app']}/blank/")
    url = here.url(Call(answer=ANY))

    seen = chromium_driver.execute_async_script(IN_PAGE, url, {"mode": "no-cors"})

    assert (seen["type"], seen["status"], seen["headers"]) == ("opaque", 0, [])
    assert [(one["method"], one["origin"]) for one in here.arrived()] == [("GET", None)]
    assert [one for one in chromium_driver.get_log("browser") if "CORS" in one["message"]] == []
    assert Browser(at["app"], server=at.values()).fetch(url).ok


def test_a_beacon_of_text_is_just_sent(chromium_driver: Any, at: dict[str, str]) -> None:
    here = visit(at)
    open_page(chromium_driver, f"{at['app']}/blank/")

    assert chromium_driver.execute_script(BEACON.format(data="'x'"), here.url(Call()))

    assert methods(arrived(here, 1)) == ["POST"]


@pytest.mark.parametrize(
    ("preflight", "reaches"),
    [
        pytest.param(says(origin="*", headers="content-type"), ["OPTIONS"], id="any-origin"),
        pytest.param(
            says(origin="{app}", credentials="true", headers="content-type"),
            ["OPTIONS", "POST"],
            id="named-with-credentials",
        ),
    ],
)
def test_a_beacon_of_json_asks_with_credentials(
    chromium_driver: Any, at: dict[str, str], preflight: dict[str, Any], reaches: list[str]
) -> None:
    here = visit(at)
    open_page(chromium_driver, f"{at['app']}/blank/")
    url = here.url(Call(preflight=preflight))

    assert chromium_driver.execute_script(BEACON.format(data=JSON), url)

    assert methods(arrived(here, len(reaches))) == reaches
    if reaches == ["OPTIONS"]:
        assert WILDCARD in console(chromium_driver)
        assert here.arrived() == []


def test_fetch_with_keepalive_stands_in_for_a_beacon(
    chromium_driver: Any, at: dict[str, str]
) -> None:
    here = visit(at)
    open_page(chromium_driver, f"{at['app']}/blank/")
    url = here.url(Call(preflight=says(origin="*", headers="content-type"), answer=ANY))
    options = {
        "method": "POST",
        "keepalive": True,
        "body": "{}",
        "headers": {"Content-Type": "application/json"},
    }

    assert chromium_driver.execute_async_script(IN_PAGE, url, options)["status"] == 200
    assert methods(here.arrived()) == ["OPTIONS", "POST"]


@pytest.mark.parametrize("status", [301, 307])
def test_a_redirect_to_another_origin_makes_the_origin_null(
    chromium_driver: Any, at: dict[str, str], status: int
) -> None:
    here = visit(at)
    open_page(chromium_driver, f"{at['app']}/blank/")
    final = Call("/named/", at="third")
    url = here.url(Call(answer=says(status, origin="{app}"), to=final))

    assert chromium_driver.execute_async_script(IN_PAGE, url, {}) == FAILED

    assert [one["origin"] for one in here.arrived()] == [at["app"], "null"]
    assert ABSENT in console(chromium_driver)
    # Asked for directly, it is readable.
    seen = chromium_driver.execute_async_script(IN_PAGE, here.url(final), {})
    assert seen["status"] == 200


def test_a_public_page_asks_the_user_before_it_asks_this_machine(
    chromium_driver: Any, at: dict[str, str]
) -> None:
    here = visit(at)
    public = {"status": 200, "headers": {"Content-Security-Policy": "treat-as-public-address"}}
    open_page(chromium_driver, here.url(Call(at="app", answer=public)))
    here.arrived()

    url = here.url(Call(answer=ANY))
    assert chromium_driver.execute_async_script(IN_PAGE, url, {}) == FAILED

    said = "Permission was denied for this request to access the `loopback` address space."
    assert said in console(chromium_driver)
    assert said in PAGE
    assert here.arrived() == []


def serving(policy: CorsPolicy) -> override_settings:
    """Let a test change the policy of one view while the site runs."""
    routes = [
        path("blank/", told),
        path("kept/", cors_allow(policy)(told)),
    ]
    return override_settings(ROOT_URLCONF=Patterns(routes))


def test_a_kept_preflight_outlives_the_policy_that_it_was_for(
    chromium_driver: Any,
    new_browser: Callable[[], AbstractContextManager[Any]],
    at: dict[str, str],
) -> None:
    here = visit(at)
    url, put = here.url(Call("/kept/")), {"method": "PUT"}
    wide = CorsPolicy(origins=[at["app"]], methods=["PUT"], max_age=600)
    shared = Browser(at["app"], client=Client(), server=at.values(), preflights=PreflightCache())

    def fetch(driver: Any) -> Any:
        open_page(driver, f"{at['app']}/blank/")
        return driver.execute_async_script(IN_PAGE, url, put)

    with serving(wide):
        assert fetch(chromium_driver)["status"] == 200
        assert shared.fetch(url, method="PUT").ok
    here.arrived()
    with serving(wide.replace(methods=["GET"])):
        assert fetch(chromium_driver)["status"] == 200
        assert methods(here.arrived()) == ["PUT"]
        assert shared.fetch(url, method="PUT").ok
        assert methods(here.arrived()) == ["PUT"]
        with new_browser() as fresh:
            assert fetch(fresh) == FAILED
        assert methods(here.arrived()) == ["OPTIONS"]
    with serving(wide.replace(origins=[at["other"]])):
        # The view runs, and its answer is hidden.
        assert fetch(chromium_driver) == FAILED
        assert methods(here.arrived()) == ["PUT"]
        with pytest.raises(CorsError) as refused:
            shared.fetch(url, method="PUT")
        assert refused.value.reason is Reason.ORIGIN_NOT_ADMITTED


def test_a_kept_preflight_refuses_nothing(chromium_driver: Any, at: dict[str, str]) -> None:
    here = visit(at)
    url = here.url(Call("/kept/"))
    one = CorsPolicy(origins=[at["app"]], methods=["PUT"], headers=["X-One"], max_age=600)
    open_page(chromium_driver, f"{at['app']}/blank/")

    def fetch(name: str) -> Any:
        options = {"method": "PUT", "headers": {name: "1"}}
        return chromium_driver.execute_async_script(IN_PAGE, url, options)

    with serving(one):
        assert fetch("X-One")["status"] == 200
        assert fetch("X-Two") == FAILED
    with serving(one.replace(headers=["X-One", "X-Two"])):
        assert fetch("X-Two")["status"] == 200


@pytest.mark.parametrize(
    ("attributes", "travels"),
    [
        pytest.param({"samesite": "Lax"}, False, id="what-packages-write"),
        pytest.param({"samesite": "None", "secure": True}, True, id="none-and-secure"),
    ],
)
def test_the_cookie_of_a_package_travels_to_another_site_only_with_none(
    chromium_driver: Any, at: dict[str, str], attributes: dict[str, Any], travels: bool
) -> None:
    here, name = visit(at), f"jwt-{uuid.uuid4()}"
    include = {"credentials": "include"}
    answer = says(origin="{other}", credentials="true")
    # Set while the visitor is at the API's own site, so that it is there in any case.
    open_page(chromium_driver, here.url(Call(answer=says() | {"cookies": {name: attributes}})))
    here.arrived()
    open_page(chromium_driver, f"{at['other']}/blank/")

    url = here.url(Call(options=include, answer=answer))
    assert chromium_driver.execute_async_script(IN_PAGE, url, include)["status"] == 200

    (seen,) = here.arrived()
    assert (name in seen["cookies"]) is travels
