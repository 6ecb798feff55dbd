"""The recipes of docs/watching.rst, with the packages that they are for."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path

from cors_views import CachedOrigins, cors_allow, cors_deny
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


URLS = [
    path("orders/", cors_allow(origins=[APP, GONE, "https://*.app.example"])(answer)),
    path("asked/", cors_allow(origins=[partners, CachedOrigins(tenants)])(answer)),
    path("regex/", cors_allow(origin_regexes=[r"https://eu\.example"])(answer)),
    path("closed/", cors_deny(answer)),
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


def counted(admitted_by: str, reason: str, route: str) -> float | None:
    labels = {"admitted_by": admitted_by, "reason": reason, "route": route}
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
    assert admitted == {"cors.admitted": True, "cors.admitted_by": APP}
    assert refused == {
        "cors.admitted": False,
        "cors.admitted_by": "",
        "cors.declared_at": place,
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
