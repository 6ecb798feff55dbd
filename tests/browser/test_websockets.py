"""WebSockets from pages in Chromium to consumers of Channels that CorsASGI stands before."""

from __future__ import annotations

import http.client
import json
import os
import sys
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.servers import free_port, running

ROOT = Path(__file__).resolve().parent.parent.parent
HOSTS = {
    "api": "api.shop.localhost",
    # Another origin than the API, but the same site; and another site.
    "app": "app.shop.localhost",
    "evil": "evil.localhost",
}
#: What each server is started with.
SERVERS = {
    "uvicorn": ["-m", "uvicorn", "--lifespan=off", "--port={port}"],
    "daphne": ["-m", "daphne", "--port={port}"],
}

# Opens a connection, waits for one message, closes, and returns all that a page sees of it.
OPEN = """
(url) => new Promise((done) => {
  const seen = {events: [], said: null, code: null};
  const socket = new WebSocket(url);
  const note = (event) => seen.events.push(event.type);
  socket.onopen = note;
  socket.onerror = note;
  socket.onmessage = (event) => {
    seen.said = JSON.parse(event.data);
    socket.close();
  };
  socket.onclose = (event) => {
    note(event);
    seen.code = event.code;
    done(seen);
  };
})
"""
IN_PAGE = f"const [url, done] = arguments; ({OPEN})(url).then(done);"
# A sandboxed document without allow-same-origin has the opaque origin, which is sent as "null".
IN_SANDBOX = f"""
const [url, done] = arguments;
addEventListener("message", ({{data}}) => done(data), {{once: true}});
const frame = document.createElement("iframe");
frame.sandbox = "allow-scripts";
const tell = "(seen) => parent.postMessage(seen, '*')";
frame.srcdoc = `<script>({OPEN})(${{JSON.stringify(url)}}).then(${{tell}});</script>`;
document.body.append(frame);
"""
# A page as they are written: it keeps its connection, and opens another one where it is closed.
KEEP = """
const [url, done] = arguments;
window.seen = [];
window.connect = () => {
  const socket = window.socket = new WebSocket(url);
  socket.onopen = () => window.seen.push("open");
  socket.onmessage = (event) => window.seen.push(JSON.parse(event.data));
  socket.onclose = (event) => window.seen.push(event.code);
};
window.connect();
done();
"""


@dataclass
class Site:
    port: int

    def origin(self, role: str) -> str:
        return f"http://{HOSTS[role]}:{self.port}"

    def ask(self, path: str) -> bytes:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        connection.request("GET", path, headers={"Host": f"{HOSTS['api']}:{self.port}"})
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        assert answer.status == 200
        return body

    def let_in(self, origin: str) -> None:
        self.ask(f"/tenants/?add={quote(origin)}")

    def let_out(self, origin: str) -> None:
        self.ask(f"/tenants/?remove={quote(origin)}")

    def arrived(self, run: str) -> list[str]:
        found: list[str] = json.loads(self.ask(f"/arrived/?run={run}"))
        return found


@pytest.fixture(scope="module", params=SERVERS)
def site(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Site]:
    for package in ("channels", "websockets", request.param):
        pytest.importorskip(package)
    site = Site(free_port())
    folder = tmp_path_factory.mktemp(f"sockets-{request.param}")
    environment = os.environ | {
        "PYTHONPATH": str(ROOT),
        "SOCKETS_APP": site.origin("app"),
        "SOCKETS_DATABASE": str(folder / "db.sqlite3"),
    }
    command = [part.format(port=site.port) for part in SERVERS[request.param]]
    program = [sys.executable, *command, "tests.sites.sockets:application"]
    with running(program, site.port, folder, environment):
        yield site


@pytest.fixture
def signed_in(chromium_driver: Any, site: Site) -> Any:
    """A browser whose visitor is signed in at the site, with a cookie that always goes along."""
    chromium_driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    chromium_driver.get(f"{site.origin('api')}/sign-in/")
    return chromium_driver


def opened(driver: Any, site: Site, role: str, path: str) -> tuple[Any, list[str]]:
    """Let a page open a WebSocket; return what it sees, and which consumers ran."""
    run = str(uuid.uuid4())
    driver.get(f"{site.origin('app' if role == 'null' else role)}/")
    url = f"{site.origin('api')}{path}?run={run}".replace("http:", "ws:")
    seen = driver.execute_async_script(IN_SANDBOX if role == "null" else IN_PAGE, url)
    return seen, site.arrived(run)


ADA, NOBODY = {"cookie": True, "user": "ada"}, {"cookie": False, "user": ""}
REFUSED = None

#: Who opens what, and what the consumer says to them, where it runs.
ROWS: list[Any] = [
    pytest.param("evil", "/bare/", ADA, id="without-a-policy-a-stranger-is-the-visitor"),
    pytest.param("null", "/bare/", ADA, id="without-a-policy-a-sandbox-is-the-visitor"),
    pytest.param("app", "/named/", NOBODY, id="admitted-without-credentials"),
    pytest.param("app", "/cookies/", ADA, id="admitted-with-credentials"),
    pytest.param("evil", "/named/", REFUSED, id="refused"),
    pytest.param("evil", "/cookies/", REFUSED, id="refused-with-credentials"),
    pytest.param("null", "/cookies/", REFUSED, id="a-sandbox-of-an-admitted-page"),
    pytest.param("api", "/named/", ADA, id="own"),
    pytest.param("api", "/denied/", ADA, id="own-though-denied"),
    pytest.param("app", "/denied/", REFUSED, id="denied"),
    pytest.param("app", "/settings/", REFUSED, id="the-settings-name-nobody"),
    pytest.param("evil", "/any/", NOBODY, id="any-origin"),
    pytest.param("null", "/any/", NOBODY, id="any-origin-and-a-sandbox"),
    pytest.param("null", "/null/", NOBODY, id="null-named"),
    pytest.param("null", "/null-cookies/", ADA, id="null-named-with-credentials"),
    pytest.param("app", "/null/", REFUSED, id="only-null-named"),
    pytest.param("app", "/asks/", REFUSED, id="a-callable-that-finds-nothing"),
    pytest.param("app", "/asks-async/", REFUSED, id="an-async-callable-that-finds-nothing"),
    pytest.param("app", "/cached/", REFUSED, id="not-loaded"),
]


@pytest.mark.parametrize(("role", "path", "said"), ROWS)
def test_what_a_page_gets(signed_in: Any, site: Site, role: str, path: str, said: Any) -> None:
    seen, arrived = opened(signed_in, site, role, path)

    if said is REFUSED:
        # RFC 6455 section 7.1.5: no status was received. That is all that a page may know.
        assert seen == {"events": ["error", "close"], "said": None, "code": 1006}
        assert arrived == []
    else:
        assert (seen["events"], seen["said"]) == (["open", "close"], said)
        assert arrived == [path]


@pytest.mark.parametrize(
    ("path", "said"), [("/asks/", ADA), ("/asks-async/", NOBODY), ("/cached/", ADA)]
)
def test_that_the_database_decides(signed_in: Any, site: Site, path: str, said: Any) -> None:
    site.let_in(site.origin("evil"))
    try:
        seen, _ = opened(signed_in, site, "evil", path)
        beside, ran = opened(signed_in, site, "app", path)
    finally:
        site.let_out(site.origin("evil"))
    after, _ = opened(signed_in, site, "evil", path)

    assert seen["said"] == said
    assert (beside["code"], ran) == (1006, [])
    assert after["code"] == 1006


def test_that_each_reconnection_is_decided_anew(signed_in: Any, site: Site) -> None:
    from selenium.webdriver.support.ui import WebDriverWait

    def after(script: str, events: int) -> list[Any]:
        signed_in.execute_script(script)
        WebDriverWait(signed_in, 20).until(
            lambda driver: driver.execute_script("return window.seen.length") >= events
        )
        seen: list[Any] = signed_in.execute_script("return window.seen.splice(0)")
        return seen

    tenant = site.origin("evil")
    site.let_in(tenant)
    signed_in.get(f"{tenant}/")
    url = f"{site.origin('api')}/cached/?run=reconnects".replace("http:", "ws:")
    signed_in.execute_async_script(KEEP, url)
    assert after("", 2) == ["open", ADA]

    site.let_out(tenant)
    # What is open stays open: only a handshake names an origin.
    assert after("socket.send('still there?')", 1) == ["still there?"]
    assert after("socket.send('hang up')", 1) == [4000]
    assert after("connect()", 1) == [1006]
    assert after("connect()", 1) == [1006]
    site.let_in(tenant)
    try:
        assert after("connect()", 2) == ["open", ADA]
    finally:
        site.let_out(tenant)
    assert site.arrived("reconnects") == ["/cached/"] * 2
