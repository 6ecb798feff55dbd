"""A project as teams write them: several apps, routers, versions, namespaces; 200 routes and more.

Each app has a policy for its include, some viewsets one of their own, some actions another. The
expectation for each route is said by the rules below in the words of the project, not asked from
the package, and every route is tried with real requests.
"""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.core.checks import run_checks
from django.urls import include, path

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations import marks
from cors_views.resolution.pattern_paths import all_pattern_paths
from tests.tables import ORIGIN, Sender, urlconf

pytest.importorskip("rest_framework", reason="is a project on Django REST framework")

from rest_framework.decorators import action, api_view
from rest_framework.response import Response
from rest_framework.routers import DefaultRouter
from rest_framework.viewsets import ViewSet

from cors_views.rest_framework import CorsMixin

APPS = ("accounts", "billing", "catalogue", "orders", "reports", "stock")


def origin(name: str) -> str:
    return f"https://{name}.example"


class Resource(CorsMixin, ViewSet):
    """What all resources share: five standard actions, and two of their own."""

    authentication_classes: list[Any] = []

    def list(self, request: Any, **kwargs: Any) -> Response:
        return Response([])

    def create(self, request: Any, **kwargs: Any) -> Response:
        return Response({})

    def retrieve(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response({})

    def update(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response({})

    def destroy(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response({})

    @action(detail=False)
    def export(self, request: Any, **kwargs: Any) -> Response:
        return Response([])

    @action(detail=True, methods=["post"])
    def archive(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response({})


class Widgets(Resource):
    """Declares nothing: governed by its app's include."""


class Reviews(Resource):
    """A policy of its own, over that of its app."""

    cors_policy = CorsPolicy(origins=[origin("reviews")])


class Invoices(Resource):
    """A policy per action."""

    cors_policy = CorsPolicy(origins=[origin("invoices")])
    cors_action_policies = {
        "export": CorsPolicy(origins=[origin("export")]),
        "destroy": cors_deny,
    }

    @cors_allow(origins=[origin("archive")])
    @action(detail=True, methods=["post"])
    def archive(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response({})


@api_view(["GET"])
@cors_allow(origins=[origin("health")])
def health(request: Any, **kwargs: Any) -> Response:
    return Response({})


health.cls.authentication_classes = []


def expected(url: str, method: str) -> set[str]:
    """Say who reads a URL, in the words of the project."""
    app = re.match(r"/api/v\d/(\w+)/", url)
    if url.startswith("/internal/"):
        return set()
    assert app is not None
    if "/health" in url:
        return {origin("health")}
    if "/invoices" in url:
        if "/export" in url:
            return {origin("export")}
        if "/archive" in url:
            return {origin("archive")}
        return set() if method == "DELETE" else {origin("invoices")}
    if "/reviews" in url:
        return {origin("reviews")}
    return {origin(app.group(1))}


def app_urls() -> list[Any]:
    router = DefaultRouter()
    for name, resource in (("widgets", Widgets), ("reviews", Reviews), ("invoices", Invoices)):
        router.register(name, resource, basename=name)
    return [path("health/", health, name="health"), *router.urls]


def version(number: int) -> Any:
    apps = [
        path(
            f"{app}/",
            cors_include((app_urls(), app), namespace=f"{app}-v{number}", origins=[origin(app)]),
        )
        for app in APPS
    ]
    return path(f"api/v{number}/", include(apps))


PROJECT = [
    version(1),
    version(2),
    path("internal/", cors_include([path("", include(app_urls()))], policy=cors_deny)),
]
INTERNAL_OPENS = ("reviews", "invoices", "health")
EVERYBODY = sorted(
    {origin(name) for name in (*APPS, "reviews", "invoices", "export", "archive", "health")}
)


def urls() -> list[str]:
    """Return a real URL for every route of the project."""
    with urlconf(*PROJECT):
        chains = list(all_pattern_paths())
    patterns = ["".join(str(pattern.pattern) for pattern in chain) for chain in chains]
    return sorted(f"/{example(pattern)}" for pattern in patterns)


def example(pattern: str) -> str:
    """Return text that a route matches: the routes here have a few kinds of holes only."""
    text = pattern.replace("^", "").replace("$", "").replace(r"\.(?P<format>[a-z0-9]+)/?", ".json")
    text = text.replace("<drf_format_suffix:format>", ".json")
    return re.sub(r"\(\?P<pk>[^)]*\)", "7", text).replace("<pk>", "7")


URLS = urls()


def test_the_project_is_large() -> None:
    assert len(URLS) >= 200


@pytest.mark.parametrize("url", [url for url in URLS if not url.startswith("/internal/")])
def test_every_route_has_the_policy_that_one_would_expect(url: str) -> None:
    methods = ("GET", "POST", "PUT", "DELETE")
    send = Sender("wsgi")
    with urlconf(*PROJECT):
        for method in methods:
            if send.actual(url, method=method).status_code == 405:
                continue
            admitted = {
                asking
                for asking in EVERYBODY
                if ORIGIN in send.preflight(url, asking, method).headers
            }
            assert admitted == expected(url, method), method


def test_a_denying_include_is_a_default_that_views_open() -> None:
    send = Sender("wsgi")
    with urlconf(*PROJECT):
        opened = {
            url
            for url in URLS
            if url.startswith("/internal/")
            and any(ORIGIN in send.actual(url, asking).headers for asking in EVERYBODY)
        }

    assert opened
    assert all(any(name in url for name in INTERNAL_OPENS) for url in opened)
    assert not any("widgets" in url for url in opened)


def test_no_declaration_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    here = {
        applied
        for applied in marks.everything_applied()
        if applied.place.file.endswith("test_large_project.py")
    }
    monkeypatch.setattr(marks, "_everything_applied", here)

    with urlconf(*PROJECT):
        lost = [message for message in run_checks() if message.id == "cors_views.W023"]

    assert here
    assert lost == []
