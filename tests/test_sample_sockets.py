"""The tickers of the sample project without a browser, as ``make demo`` and production serve it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.cookies import SimpleCookie

import pytest

from tests.samples import ROOT
from tests.servers import free_port, free_ports_in_a_row, running
from tests.test_deployment import HOST, PARTNER, STOREFRONT, STRANGER, environment, manage, seed
from tests.wire import ask, handshake

for package in ("channels", "uvicorn", "websockets"):
    pytest.importorskip(package, reason="the tickers are consumers of Channels, under uvicorn")

SHOP = ROOT / "sample_project"
CUSTOMER, PASSWORD = "ada", "playground"


@dataclass
class Shop:
    """The API: where it listens, what its visitors call it, and who its pages are."""

    port: int
    origin: str
    pages: dict[str, str]
    #: What a proxy in front of it says.
    proxied: dict[str, str] = field(default_factory=dict)
    session: str = ""

    @property
    def host(self) -> str:
        return self.origin.partition("://")[2]

    def sign_in(self) -> None:
        page = self.pages["storefront"]
        sent = {"Host": self.host, "Origin": page, **self.proxied}
        answer = ask(self.port, "GET", "/api/session/", sent.items())
        assert answer is not None
        token = json.loads(answer.body)["csrfToken"]
        body = json.dumps({"username": CUSTOMER, "password": PASSWORD}).encode()
        cookies = _cookies(answer.values("set-cookie"))
        given = {"Cookie": cookies, "X-CSRFToken": token, "Content-Type": "application/json"}
        answer = ask(self.port, "POST", "/api/session/", [*sent.items(), *given.items()], body)
        assert answer is not None
        assert json.loads(answer.body)["user"] == CUSTOMER
        self.session = _cookies(answer.values("set-cookie"))
        assert "sessionid=" in self.session

    def listen(self, path: str, page: str, *, signed_in: bool) -> tuple[int, str | None]:
        """Return the status of a handshake, and as whom the consumer knows the visitor."""
        origin = {"own": self.origin, "null": "null"} | self.pages
        headers = {"Origin": origin[page]} if page else {}
        if signed_in:
            headers["Cookie"] = self.session
        status, text = handshake(self.port, path, **{"Host": self.host, **self.proxied, **headers})
        if status != 101:
            return status, None
        told = json.loads(text)
        assert "enamel-mug" in told["stock"]
        customer: str | None = told["customer"]
        return status, customer


def _cookies(headers: list[str]) -> str:
    """Return what a browser sends back of the cookies that it was given."""
    jar = SimpleCookie[str]()
    for header in headers:
        jar.load(header)
    return "; ".join(f"{name}={morsel.coded_value}" for name, morsel in jar.items())


@pytest.fixture(scope="module", params=["demo", "production"])
def shop(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "demo":
        port = free_ports_in_a_row(4)
        names = ("www.shop", "partner", "stranger")
        pages = [f"http://{name}.localhost:{port + 1 + at}" for at, name in enumerate(names)]
        site = Shop(
            port,
            f"http://api.shop.localhost:{port}",
            dict(zip(("storefront", "partner", "stranger"), pages, strict=True)),
        )
        site.pages["another-port"] = pages[0].replace(str(port + 1), str(port + 2))
        command = [str(SHOP / "manage.py"), "playground", "--port", str(port)]
        env = os.environ | {
            "DJANGO_SETTINGS_MODULE": "shopsite.settings.development",
            "PLAYGROUND_DATABASE": str(folder / "db.sqlite3"),
        }
    else:
        port, env = free_port(), environment(folder)
        manage(folder, env, "migrate", "--verbosity", "0")
        seed(folder, env)
        pages = {"storefront": STOREFRONT, "partner": PARTNER, "stranger": STRANGER}
        pages["another-port"] = f"{STOREFRONT}:8443"
        site = Shop(port, f"https://{HOST}", pages, {"X-Forwarded-Proto": "https"})
        command = ["-m", "uvicorn", "--port", str(port), "shopsite.asgi:application"]
    with running([sys.executable, *command], port, folder, env):
        site.sign_in()
        yield site


@pytest.mark.parametrize(
    ("page", "signed_in", "becomes"),
    [
        pytest.param("storefront", True, (101, CUSTOMER), id="admitted-with-its-cookie"),
        pytest.param("storefront", False, (101, None), id="admitted-and-unknown"),
        pytest.param("partner", True, (101, None), id="admitted-without-its-cookie"),
        pytest.param("stranger", True, (403, None), id="refused"),
        pytest.param("another-port", True, (403, None), id="refused-at-another-port"),
        pytest.param("null", True, (403, None), id="refused-null"),
        pytest.param("", True, (101, CUSTOMER), id="no-origin"),
        pytest.param("", False, (101, None), id="no-origin-and-unknown"),
        pytest.param("own", True, (101, CUSTOMER), id="its-own"),
    ],
)
def test_who_listens_to_the_stock(
    shop: Shop, page: str, signed_in: bool, becomes: tuple[int, str | None]
) -> None:
    assert shop.listen("/ws/stock/", page, signed_in=signed_in) == becomes


@pytest.mark.parametrize("page", ["storefront", "partner", "stranger", "null"])
def test_that_everybody_listens_to_what_can_be_bought_and_is_nobody(shop: Shop, page: str) -> None:
    assert shop.listen("/ws/availability/", page, signed_in=True) == (101, None)
