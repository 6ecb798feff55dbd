"""A real Chromium on the pages of the sample project, which is started as its users start it."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import pytest

from tests.servers import free_ports_in_a_row
from tests.told_site import running

SAMPLE_PROJECT = Path(__file__).resolve().parent.parent.parent / "sample_project"

HOSTS = {
    "api": "api.shop.localhost",
    "storefront": "www.shop.localhost",
    "partner": "partner.localhost",
    "stranger": "stranger.localhost",
}

# What root needs in a container, and what keeps Chromium from calling home.
CHROMIUM_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is none of this machine, for what browsers do over plain http.
    "--host-resolver-rules=MAP plain.example 127.0.0.1",
)


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where a browser has been promised."""
    if os.environ.get("REQUIRE_BROWSER") == "1":
        pytest.fail(f"{what}, and REQUIRE_BROWSER=1 is set.")
    pytest.skip(f"{what}. Install it to run the browser tests; REQUIRE_BROWSER=1 insists on it.")


@dataclass
class Playground:
    """The running command ``manage.py playground``."""

    port: int
    mode: str
    log: Path

    @property
    def debugs(self) -> bool:
        """Whether it runs as ``make demo`` starts it; the other one answers as in production."""
        return self.mode == "asgi"

    def origin(self, role: str, *, port_of: str | None = None) -> str:
        """Return an origin; ``port_of`` takes the port of another role, for a further one."""
        port = self.port + list(HOSTS).index(port_of or role)
        return f"http://{HOSTS[role]}:{port}"

    def record(self, call: str) -> dict[str, Any]:
        """Return what the server saw of a call."""
        address = ("127.0.0.1", self.port + list(HOSTS).index("stranger"))
        request = urllib.request.Request(
            f"http://{address[0]}:{address[1]}/record?call={call}",
            headers={"Host": f"{HOSTS['stranger']}:{address[1]}"},
        )
        with urllib.request.urlopen(request, timeout=10) as response:
            record: dict[str, Any] = json.load(response)
        return record

    def methods(self, call: str) -> list[str]:
        """Return the methods of the requests that reached the innermost middleware."""
        return [visit["method"] for visit in self.record(call)["visits"]]

    def logged(self, method: str, call: str, *, at_least: int = 0) -> int:
        """Count the lines of the server's access log; preflights leave no other trace.

        A line is written a moment after its answer, so wait until there are ``at_least`` so many.
        """
        deadline = time.monotonic() + 10
        while True:
            lines = self.log.read_text(errors="replace").splitlines()
            count = sum(f'"{method} /' in line and f"call={call} " in line for line in lines)
            if count >= at_least or time.monotonic() > deadline:
                return count
            time.sleep(0.05)


def answers(port: int, host: str, path: str) -> bool:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}", headers={"Host": f"{host}:{port}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def wait_until_ready(process: subprocess.Popen[bytes], port: int) -> bool:
    waiting = {
        (port + offset, host, "/api/products/" if role == "api" else "/playground.json")
        for offset, (role, host) in enumerate(HOSTS.items())
    }
    deadline = time.monotonic() + 60
    while waiting:
        if process.poll() is not None or time.monotonic() > deadline:
            return False
        waiting = {place for place in waiting if not answers(*place)}
        time.sleep(0.1)
    return True


@dataclass(frozen=True)
class Chromium:
    browser: str
    driver: str


@pytest.fixture(scope="session")
def chromium() -> Chromium:
    """Find what is installed; nothing is ever downloaded."""
    if importlib.util.find_spec("selenium") is None:
        missing("selenium is not installed")
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        missing(f"{'chromedriver' if browser else 'Chromium'} is not installed")
    return Chromium(browser, driver)


# Why a playground did not start: said again for each test, instead of tried again.
FAILED: dict[str, str] = {}


@pytest.fixture(scope="session", params=["wsgi", "asgi"])
def playground(
    request: pytest.FixtureRequest, chromium: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Playground]:
    """Start the playground, once for each kind of server."""
    mode: str = request.param
    for package in ("uvicorn", "websockets", "channels"):
        if mode == "asgi" and importlib.util.find_spec(package) is None:
            missing(f"{package} is not installed")
    if mode in FAILED:
        pytest.fail(FAILED[mode])
    directory = tmp_path_factory.mktemp(f"playground-{mode}")
    log = directory / "playground.log"
    port = free_ports_in_a_row(len(HOSTS))
    command = [sys.executable, "manage.py", "playground", "--port", str(port)]
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "shopsite.settings.development",
        "PLAYGROUND_DATABASE": str(directory / "db.sqlite3"),
        "PYTHONUNBUFFERED": "1",
    }
    playground = Playground(port, mode, log)
    environment["SHOP_DEBUG"] = "1" if playground.debugs else ""
    with log.open("wb") as output:
        process = subprocess.Popen(
            command + ["--wsgi"] * (mode == "wsgi"),
            cwd=SAMPLE_PROJECT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        if not wait_until_ready(process, port):
            FAILED[mode] = (
                f"The playground did not start:\n{log.read_text(errors='replace')[-3000:]}"
            )
            pytest.fail(FAILED[mode])
        yield playground
    finally:
        process.terminate()
        try:
            process.wait(timeout=15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=15)


@pytest.fixture(scope="session")
def new_browser(
    chromium: Chromium, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., contextlib.AbstractContextManager[Any]]:
    """Return a maker of browsers, each with an empty profile, and with further logs."""
    from selenium import webdriver
    from selenium.webdriver.chrome.service import Service

    @contextlib.contextmanager
    def make(**logs: str) -> Iterator[Any]:
        options = webdriver.ChromeOptions()
        options.binary_location = chromium.browser
        for argument in CHROMIUM_ARGUMENTS:
            options.add_argument(argument)
        profile = tmp_path_factory.mktemp("chromium")
        options.add_argument(f"--user-data-dir={profile}")
        # Without a head every window counts as private, where cookies of other sites are blocked.
        options.add_experimental_option("prefs", {"profile.cookie_controls_mode": 0})
        # What the console says is a subject of tests.
        options.set_capability("goog:loggingPrefs", {"browser": "ALL"} | logs)
        # Without the path selenium would look for a driver to download.
        driver = webdriver.Chrome(options=options, service=Service(chromium.driver))
        try:
            driver.set_page_load_timeout(30)
            driver.set_script_timeout(30)
            yield driver
        finally:
            driver.quit()

    return make


@pytest.fixture
def driver(new_browser: Callable[[], contextlib.AbstractContextManager[Any]]) -> Iterator[Any]:
    """A browser that has been nowhere: no cookie, nothing in its caches."""
    with new_browser() as driver:
        yield driver


@pytest.fixture(scope="module")
def at() -> Iterator[dict[str, str]]:
    """The origins of the site of ``told_site``, which runs."""
    with running() as origins:
        yield origins


@pytest.fixture(scope="module")
def chromium_driver(
    new_browser: Callable[[], contextlib.AbstractContextManager[Any]],
) -> Iterator[Any]:
    with new_browser() as driver:
        yield driver
