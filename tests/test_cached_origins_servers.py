"""Origins of a database under servers with threads and with an event loop: loaded once, by one."""

from __future__ import annotations

import http.client
import json
import os
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from tests.servers import free_port, running

SHOP, LATER = "https://shop.example", "https://later.example"
ROOT = Path(__file__).resolve().parent.parent
SERVERS = {
    "gunicorn": ["--threads=12", "--bind=127.0.0.1:{port}", "tests.sites.loaded:wsgi"],
    "uvicorn": ["--lifespan=off", "--port={port}", "tests.sites.loaded:asgi"],
}


class Site:
    def __init__(self, port: int) -> None:
        self.port = port

    def steer(self, **how: str) -> Any:
        query = "&".join(f"{name}={value}" for name, value in how.items())
        return json.loads(self.ask(f"/steer/?{query}", "")[1])

    def admits(self, view: str, origin: str) -> bool:
        return self.ask(f"/{view}/", origin)[0] == origin

    def ask(self, path: str, origin: str) -> tuple[str | None, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Origin": origin} if origin else {})
        answer = connection.getresponse()
        found = answer.getheader("Access-Control-Allow-Origin"), answer.read()
        connection.close()
        assert answer.status == 200
        return found

    def wait_until_loading(self) -> None:
        deadline = time.monotonic() + 30
        while not self.steer()["loading"]:
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(params=SERVERS)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Site]:
    pytest.importorskip(request.param)
    port = free_port()
    arguments = [part.format(port=port) for part in SERVERS[request.param]]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "LOADED_DATABASE": str(tmp_path / "db.sqlite3"),
    }
    program = [sys.executable, "-m", request.param, *arguments]
    with running(program, port, tmp_path, environment):
        yield Site(port)


@pytest.mark.parametrize("view", ["thread", "loop"])
def test_that_one_loads_and_who_comes_meanwhile_has_the_old_origins(site: Site, view: str) -> None:
    site.steer(add=SHOP)
    with ThreadPoolExecutor(8) as pool:
        # The first time: all wait for the one who loads.
        first = [pool.submit(site.admits, view, SHOP) for _ in range(8)]
        site.wait_until_loading()
        assert site.steer(gate="open")["loads"] == 1
        assert [each.result() for each in first] == [True] * 8
        assert site.steer()["loads"] == 1

        site.steer(gate="closed", add=LATER, forget="")
        one = pool.submit(site.admits, view, LATER)
        site.wait_until_loading()
        # The next time: nobody waits but the one.
        beside = [site.admits(view, each) for each in (SHOP, LATER, SHOP)]
        assert not one.done()
        site.steer(gate="open")
        assert one.result()

    assert beside == [True, False, True]
    assert site.admits(view, LATER)
    assert site.steer()["loads"] == 2
