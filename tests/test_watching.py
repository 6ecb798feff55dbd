"""The recipes of docs/watching.rst, with the packages that they are for."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from cors_views import CachedOrigins, Outcome, cors_allow, cors_deny
from cors_views.asgi import CorsASGI
from cors_views.signals import cors_decided
from tests.management.commands import run
from tests.samples.reader import Reader, read
from tests.tables import urlconf

prometheus = pytest.importorskip("prometheus_client", reason="a recipe is for it")
pytest.importorskip("opentelemetry.sdk", reason="a recipe is for it")

from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

APP, GONE, EVIL = "https://app.example", "https://gone.example", "https://evil.example"
HOSTILE = 'https://evil.example\n{"origin": "x"}'


def answer(request: HttpRequest) -> HttpResponse:
    return HttpResponse("answer")


def partners(request: Any, origin: str) -> bool:
    return False


def tenants() -> list[str]:
    return ["https://tenant.example"]


def asks(method: str, *names: str) -> dict[str, str]:
    asked = {"access-control-request-method": method}
    return asked | ({"access-control-request-headers": ",".join(names)} if names else {})


async def asgi_application(scope: Any, receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def ask_asgi(application: Any, path: str, origin: str) -> None:
    headers = [(b"host", b"testserver"), (b"origin", origin.encode())]
    communicator = ApplicationCommunicator(
        application, {"type": "http", "method": "GET", "path": path, "headers": headers}
    )
    await communicator.send_input({"type": "http.request", "body": b""})
    assert (await communicator.receive_output())["status"] == 200
    await communicator.wait()


@contextmanager
def told() -> Iterator[list[Outcome]]:
    """Yield what is told of the requests within."""
    outcomes: list[Outcome] = []

    def note(outcome: Outcome, **kwargs: Any) -> None:
        outcomes.append(outcome)

    cors_decided.connect(note)
    try:
        yield outcomes
    finally:
        cors_decided.disconnect(note)


URLS = [
    path("stock/", cors_allow(origins=[APP], methods=["GET", "PUT"], headers=["x-ours"])(answer)),
    path("orders/", cors_allow(origins=[APP, GONE, "https://*.app.example"])(answer)),
    path("asked/", cors_allow(origins=[partners, CachedOrigins(tenants)])(answer)),
    path("regex/", cors_allow(origin_regexes=[r"https://eu\.example"])(answer)),
    path("closed/", cors_deny(answer)),
    path("reporting/", cors_allow(origins=[APP], methods=["GET"], enforce="report")(answer)),
    path("enforcing/", cors_allow(origins=[APP], methods=["GET"], enforce=True)(answer)),
]


@pytest.fixture
def page() -> Iterator[Reader]:
    """The whole page is read, and the site is that of the tests."""
    with read("docs/watching.rst") as page, urlconf(*URLS), override_settings(**SITE):
        yield page


SITE: dict[str, Any] = {
    "MIDDLEWARE": ["cors_views.middleware.CorsMiddleware"],
    "CORS_ALLOWED_ORIGINS": [],
    "CORS_POLICIES": {},
}


def ask(url: str, origin: str, method: str = "GET", **headers: str) -> None:
    Client().generic(method, url, headers={"origin": origin, **headers})


def counted(admitted_by: str, reason: str, route: str, enforce: str = "") -> float | None:
    labels = {"admitted_by": admitted_by, "reason": reason, "route": route, "enforce": enforce}
    found: float | None = prometheus.REGISTRY.get_sample_value("cors_decisions_total", labels)
    return found


def test_prometheus_counts_by_entry_and_reason(page: Reader) -> None:
    for origin in (APP, "https://eu.app.example", "https://us.app.example", EVIL, f"{EVIL}.more"):
        ask("/orders/", origin)
    ask("/closed/", APP)

    assert counted(APP, "", "/orders/") == 1
    assert counted("https://*.app.example", "", "/orders/") == 2
    # However many strangers there are.
    assert counted("", "ORIGIN_NOT_ADMITTED", "/orders/") == 2
    assert counted("", "DENIED", "/closed/") == 1
    assert b"evil" not in prometheus.generate_latest()


def test_prometheus_counts_what_enforce_would_refuse(page: Reader) -> None:
    for url in ("/reporting/", "/enforcing/"):
        ask(url, APP)
        ask(url, EVIL, "POST")
        ask(url, APP, "POST")

    for url, enforce in (("/reporting/", "reported"), ("/enforcing/", "refused")):
        assert counted(APP, "", url) == 1
        assert counted("", "ORIGIN_NOT_ADMITTED", url, enforce) == 1
    # The page may read the answer to this one, so that nothing else tells of it.
    assert counted(APP, "", "/reporting/", "reported") == 1
    assert counted(APP, "METHOD_NOT_OFFERED", "/enforcing/", "refused") == 1


def test_opentelemetry_has_it_on_the_span(page: Reader) -> None:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    tracer = provider.get_tracer("tests")

    for origin in (APP, EVIL):
        with tracer.start_as_current_span("GET"):
            ask("/orders/", origin)

    admitted, refused = (dict(span.attributes or {}) for span in exporter.get_finished_spans())
    place = admitted.pop("cors.declared_at")
    assert str(place).startswith("tests/test_watching.py:")
    assert admitted == {
        "cors.admitted": True,
        "cors.admitted_by": APP,
        "cors.reported": False,
    }
    assert refused == {
        "cors.admitted": False,
        "cors.admitted_by": "",
        "cors.declared_at": place,
        "cors.reported": False,
        "cors.reason": "ORIGIN_NOT_ADMITTED",
    }


def test_a_line_of_json_can_be_replayed(
    page: Reader, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    caplog.set_level(logging.INFO, "shop.cors")
    ask("/orders/", APP)
    ask("/orders/", EVIL)
    ask("/orders/", APP, "OPTIONS", **{"access-control-request-method": "GET"})
    Client().get("/orders/", HTTP_ORIGIN=HOSTILE)

    lines = [record.getMessage() for record in caplog.records if record.name == "shop.cors"]
    admitted, refused, preflight, hostile = map(json.loads, lines)
    assert all(line.isprintable() for line in lines)
    assert admitted["admitted_by"] == APP
    assert (refused["admitted"], refused["reason"]) == (False, "ORIGIN_NOT_ADMITTED")
    assert (preflight["method"], preflight["requested_method"]) == ("OPTIONS", "GET")
    assert (hostile["origin"], hostile["reason"]) == (HOSTILE, "NOT_AN_ORIGIN")
    log = tmp_path / "decisions.log"
    log.write_text("\n".join(lines[:3]) + "\n")
    replayed = run("cors_policies", "--replay", str(log), "--fail-on", "refused")
    assert replayed.status == 1
    assert EVIL in replayed.out
    assert GONE not in replayed.out


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return what the recipe has written, as the file that it is."""
    caplog.set_level(logging.INFO, "shop.cors")

    def lines() -> str:
        found = [record.getMessage() for record in caplog.records if record.name == "shop.cors"]
        return "".join(f"{line}\n" for line in found)

    return lines


@pytest.mark.parametrize(
    ("method", "headers", "secure", "becomes"),
    [
        pytest.param("GET", {}, False, None, id="an origin that is admitted"),
        pytest.param("GET", {"origin": EVIL}, False, "ORIGIN_NOT_ADMITTED", id="one that is not"),
        pytest.param("OPTIONS", asks("PUT", "x-ours"), False, None, id="a header that is allowed"),
        pytest.param(
            "OPTIONS", asks("PUT", "x-api-key"), False, "HEADER_NOT_ALLOWED", id="one that is not"
        ),
        pytest.param("OPTIONS", asks("PUT"), False, None, id="a preflight without headers"),
        pytest.param(
            "OPTIONS", asks("PATCH"), False, "METHOD_NOT_OFFERED", id="a method that is not offered"
        ),
        pytest.param(
            "GET",
            {"origin": "http://testserver"},
            True,
            "ORIGIN_NOT_ADMITTED",
            id="the host by the other scheme is another site",
        ),
    ],
)
def test_what_was_decided_is_what_replays(
    page: Reader,
    logged: Callable[[], str],
    tmp_path: Path,
    method: str,
    headers: dict[str, str],
    secure: bool,
    becomes: str | None,
) -> None:
    sent = {"origin": APP, **headers}
    Client().generic(method, "/stock/", headers=sent, secure=secure)

    (log := tmp_path / "decisions.log").write_text(logged())
    assert json.loads(log.read_text())["reason"] == becomes
    replayed = json.loads(run("cors_policies", "--replay", str(log), "--format", "json").out)
    assert replayed["requests"] == 1
    assert [found["reason"] for found in replayed["refusals"]] == ([becomes] if becomes else [])


@pytest.mark.parametrize(
    "policy", [pytest.param(["*"], id="of its own"), pytest.param([], id="that of the settings")]
)
def test_what_has_no_route_is_not_replayed(
    page: Reader, logged: Callable[[], str], policy: list[str]
) -> None:
    application = CorsASGI(asgi_application, **({"origins": policy} if policy else {}))
    with told() as outcomes, override_settings(CORS_ALLOWED_ORIGINS=[APP]):
        async_to_sync(ask_asgi)(application, "/ticker/", APP)
        ask("/nowhere/", APP)

    assert [outcome.admitted for outcome in outcomes] == [True, True]
    assert logged() == ""


def test_which_entry_has_admitted_nobody(page: Reader) -> None:
    for url, origin in (
        ("/orders/", APP),
        ("/orders/", "https://eu.app.example"),
        ("/asked/", "https://tenant.example"),
        ("/asked/", EVIL),
        ("/regex/", "https://eu.example"),
    ):
        ask(url, origin)
    seen = {
        sample.labels["admitted_by"]
        for metric in page.names["DECISIONS"].collect()
        for sample in metric.samples
    }
    report = json.loads(run("cors_policies", "--format", "json").out)

    assert page.names["never_seen"](report, seen) == [GONE, f"{__name__}.partners"]
