"""Origins of a database under servers with threads and with an event loop: loaded once, by one."""

from __future__ import annotations

import http.client
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.servers import free_port, running

SHOP, LATER = "https://shop.example", "https://later.example"
ROOT = Path(__file__).resolve().parent.parent
MANY = 20
VIEWS = ("thread", "loop")
SERVERS = {
    "gunicorn": ["--threads=24", "--bind=127.0.0.1:{port}", "tests.sites.loaded:wsgi"],
    "uvicorn": ["--lifespan=off", "--port={port}", "tests.sites.loaded:asgi"],
}


@dataclass
class Site:
    """A server, and which origins of it a test loads."""

    port: int
    log: Path
    source: str = ""

    @property
    def load(self) -> str:
        """The name of the function that loads them."""
        return "aload" if self.source.endswith("-async") else "load"

    def steer(self, **how: str) -> Any:
        return json.loads(self.get(f"/steer/{self.source}/?{urlencode(how)}", "")[1])

    def admits(self, origin: str, view: str = "thread") -> bool:
        return self.get(f"/{self.source}/{view}/", origin)[0] == origin

    def get(self, path: str, origin: str) -> tuple[str | None, bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        connection.request("GET", path, headers={"Origin": origin} if origin else {})
        answer = connection.getresponse()
        found = answer.getheader("Access-Control-Allow-Origin"), answer.read()
        connection.close()
        assert answer.status == 200
        return found

    def many(self, pool: ThreadPoolExecutor, origin: str) -> list[Future[bool]]:
        """Ask many times at once, both views in turn."""
        return [pool.submit(self.admits, origin, VIEWS[each % 2]) for each in range(MANY)]

    def wait_until_loading(self) -> None:
        self.wait_until(lambda: bool(self.steer()["loading"]))

    def wait_until(self, done: Any) -> None:
        deadline = time.monotonic() + 30
        while not done():
            assert time.monotonic() < deadline
            time.sleep(0.02)


@pytest.fixture(scope="module", params=SERVERS)
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    pytest.importorskip(request.param)
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    arguments = [part.format(port=port) for part in SERVERS[request.param]]
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "LOADED_DATABASE": str(folder / "db.sqlite3"),
    }
    program = [sys.executable, "-m", request.param, *arguments]
    with running(program, port, folder, environment):
        yield Site(port, folder / f"{Path(sys.executable).name}.log")


@pytest.fixture(params=["sync", "async"], ids="{}-load".format)
def site(request: pytest.FixtureRequest, server: Site) -> Site:
    """Each test has origins of its own, whose name it has in common with them."""
    test = request.node.originalname.removeprefix("test_").split("_")[0]
    return Site(server.port, server.log, f"{test}-{request.param}")


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(MANY) as pool:
        yield pool


def test_flight_one_loads_and_who_comes_meanwhile_has_the_old_origins(
    site: Site, pool: ThreadPoolExecutor
) -> None:
    # The first time: all wait for the one who loads.
    site.steer(add=SHOP)
    first = site.many(pool, SHOP)
    site.wait_until_loading()
    assert not any(each.done() for each in first)
    site.steer(gate="open")
    assert [each.result() for each in first] == [True] * MANY
    assert site.steer()["loads"] == 1

    # The next time: nobody waits but the one.
    site.steer(gate="closed", add=LATER, forget="")
    one = pool.submit(site.admits, LATER)
    site.wait_until_loading()
    beside = [site.admits(each, view) for each in (SHOP, LATER) for view in VIEWS]
    assert not one.done()
    site.steer(gate="open")
    assert one.result()
    assert beside == [True, True, False, False]
    assert [each.result() for each in site.many(pool, LATER)] == [True] * MANY
    assert site.steer()["loads"] == 2
    # The database is never asked in the thread of an event loop.
    assert not site.steer()["in_loop"]


def test_failure_admits_nobody_and_then_the_old_origins(
    site: Site, pool: ThreadPoolExecutor
) -> None:
    site.steer(add=SHOP, fails="yes")
    first = site.many(pool, SHOP)
    site.wait_until_loading()
    site.steer(gate="open")
    assert [each.result() for each in first] == [False] * MANY
    assert site.steer()["loads"] == 1

    # Nobody says that it works again: another request tries.
    site.steer(fails="no")
    site.wait_until(lambda: site.admits(SHOP))
    assert site.steer()["loads"] == 2

    site.steer(fails="yes", add=LATER, forget="")
    assert [each.result() for each in site.many(pool, SHOP)] == [True] * MANY
    assert not site.admits(LATER)
    said = site.log.read_text("utf-8")
    cannot = f"(Source.{site.load}, timeout=3600) cannot load its origins, so"
    assert said.count(f"{cannot} nobody is admitted") == 1
    assert said.count(f"{cannot} the 1 of before stay") == 1
    assert "OSError: the database is gone" in said


def test_invalid_entries_are_left_out_and_logged(site: Site) -> None:
    wrong = f"https://{site.source}.example/path"
    site.steer(gate="open", add=wrong)
    site.steer(add=SHOP)

    assert [site.admits(SHOP, view) for view in VIEWS] == [True, True]
    assert not site.admits(f"https://{site.source}.example")
    assert site.log.read_text("utf-8").count(f"'{wrong}' has a path") == 1


def test_timeout_makes_a_request_load_again(site: Site) -> None:
    site.steer(gate="open", add=SHOP)
    assert [site.admits(SHOP), site.admits(LATER)] == [True, False]
    site.steer(add=LATER)
    # Nobody says that there are others.
    site.wait_until(lambda: site.admits(LATER, "loop"))

    assert site.admits(SHOP)


def test_gone_visitors_do_not_take_the_loading_along(site: Site, pool: ThreadPoolExecutor) -> None:
    site.steer(add=SHOP)
    with socket.create_connection(("127.0.0.1", site.port)) as visitor:
        request = f"GET /{site.source}/loop/ HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: {SHOP}\r\n\r\n"
        visitor.sendall(request.encode())
        site.wait_until_loading()
    others = site.many(pool, SHOP)
    # Time for the server to see it, if it looks.
    assert [site.steer()["loads"] for _ in range(10)] == [1] * 10
    site.steer(gate="open")

    assert [each.result() for each in others] == [True] * MANY
    found = site.steer()
    # In one thread, with one connection, which Django closes with the request.
    assert (found["loads"], found["threads"]) == (1, 1)
