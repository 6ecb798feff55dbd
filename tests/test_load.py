"""What holds under load: nothing is computed twice, nothing grows, no answer goes astray."""

from __future__ import annotations

import contextlib
import gc
import itertools
import logging
import random
import threading
import tracemalloc
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.core.handlers.base import BaseHandler
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import Resolver404, URLPattern, path, resolve
from django.views import View

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.middleware import CorsMiddleware
from cors_views.policies.origin_sets import OriginSet
from cors_views.protocol.effective_policies import CompiledPolicy
from cors_views.resolution import lookup
from cors_views.resolution.pattern_paths import all_pattern_paths
from tests.tables import cors_headers, urlconf

APP, PARTNER, STRANGER = "https://app.example", "https://partner.example", "https://no.example"


def answer(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


class Shop(View):
    @cors_allow(origins="*")
    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("get")

    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("post")

    @cors_deny
    def delete(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("delete")


ROUTES = [
    path("plain/<slug:name>/", answer),
    path("app/<slug:name>/", cors_allow(origins=[APP], credentials=True)(answer)),
    path("shop/<slug:name>/", cors_allow(origins=[PARTNER])(Shop).as_view()),
    path("denied/<slug:name>/", cors_deny(answer)),
    path("below/", cors_include([path("<slug:name>/", answer)], policy="public")),
    path("asked/<slug:name>/", cors_allow(origins=[lambda request, origin: origin == APP])(answer)),
    path("sub/<slug:name>/", cors_allow(origins=["https://*.tenant.example:*"])(answer)),
]
SITE = {"CORS_ALLOWED_ORIGINS": [PARTNER]}


@pytest.fixture
def handler() -> Iterator[BaseHandler]:
    """Return Django's request handler over the routes, with nothing compiled yet."""
    logging.disable(logging.CRITICAL)
    with override_settings(**SITE), urlconf(*ROUTES):
        handler = BaseHandler()
        handler.load_middleware()
        yield handler
    logging.disable(logging.NOTSET)


_factory = RequestFactory()


def request_of(method: str, url: str, origin: str = "", asked: str = "") -> WSGIRequest:
    headers = {"HTTP_ORIGIN": origin} if origin else {}
    if asked:
        headers["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = asked
    return _factory.generic(method, url, **headers)


# --- Once --------------------------------------------------------------------------------------


def test_a_route_is_compiled_once_however_many_requests_it_serves(
    handler: BaseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: Counter[str] = Counter()
    for made in (CompiledPolicy, OriginSet):
        initialise = made.__init__

        def counted(self: Any, *args: Any, _initialise: Any = initialise, **kwargs: Any) -> None:
            compiled[type(self).__name__] += 1
            _initialise(self, *args, **kwargs)

        monkeypatch.setattr(made, "__init__", counted)

    def serve() -> None:
        for number in range(20):
            for origin in ("", APP, PARTNER, STRANGER):
                handler.get_response(request_of("GET", f"/app/a{number}/", origin))
                handler.get_response(request_of("OPTIONS", f"/shop/a{number}/", origin, "POST"))

    serve()
    # One for app/; for shop/ one for GET, one for its HEAD, and one for the rest.
    assert compiled == {"CompiledPolicy": 4, "OriginSet": 3}

    serve()
    assert compiled == {"CompiledPolicy": 4, "OriginSet": 3}

    with override_settings(CORS_PREFLIGHT_MAX_AGE=5):
        serve()
    assert compiled == {"CompiledPolicy": 8, "OriginSet": 6}


def test_routes_of_the_same_origins_share_one_set(
    handler: BaseHandler, monkeypatch: pytest.MonkeyPatch
) -> None:
    origins = [f"https://a{number}.example" for number in range(50)]
    routes = [
        path(f"{number}/", cors_allow(origins=origins, max_age=number)(answer))
        for number in range(9)
    ]

    with urlconf(*routes):
        chains = list(all_pattern_paths())
        sets = {id(lookup.build_safely(chain).other.policies[0].origins) for chain in chains}

    assert len(chains) == 9
    assert len(sets) == 1


@pytest.mark.usefixtures("nothing_enforces")
@pytest.mark.parametrize(
    ("method", "asked"), [("GET", ""), ("OPTIONS", ""), ("OPTIONS", "PUT")], ids=str
)
def test_a_url_is_resolved_once(
    handler: BaseHandler, monkeypatch: pytest.MonkeyPatch, method: str, asked: str
) -> None:
    resolved: list[str] = []
    resolve = URLPattern.resolve

    def counted(self: URLPattern, url: str) -> Any:
        resolved.append(url)
        return resolve(self, url)

    monkeypatch.setattr(URLPattern, "resolve", counted)
    response = handler.get_response(request_of(method, "/plain/a/", PARTNER, asked))

    assert cors_headers(response)["access-control-allow-origin"] == PARTNER
    assert resolved == ["plain/a/"]


# --- Nothing grows -----------------------------------------------------------------------------


@pytest.mark.usefixtures("handler")
def test_ever_new_urls_and_origins_leave_nothing_behind() -> None:
    """100,000 requests, no two of them alike: what is kept is kept by route and by setting."""

    def serve_view(request: WSGIRequest) -> HttpResponse:
        # All that Django does between the middleware and the view, as far as CORS is concerned.
        with contextlib.suppress(Resolver404):
            request.resolver_match = resolve(request.path_info)
        return HttpResponse()

    middleware = CorsMiddleware(serve_view)
    numbers = itertools.count()
    folders = ("plain", "app", "shop", "denied", "below", "asked", "sub", "missing")

    def serve(requests: int) -> None:
        for number in itertools.islice(numbers, requests):
            url = f"/{folders[number % len(folders)]}/n{number}/"
            method, asked = ("OPTIONS", f"M{number}") if number % 3 == 0 else ("GET", "")
            origin = f"https://o{number}.tenant.example" if number % 5 else f"nonsense {number}"
            middleware(request_of(method, url, origin, asked))

    serve(2_000)
    gc.collect()
    routes = len(lookup._kept)
    tracemalloc.start()
    try:
        serve(100_000)
        gc.collect()
        kept, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert len(lookup._kept) == routes == 7
    # A byte kept for each request would be twice as much.
    assert kept < 50_000


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param("https://app{}.tenant.example.com", id="origins"),
        pytest.param("https://App{}.Tenant.example.com:443", id="origins-not-in-normal-form"),
        pytest.param("https://*.tenant{}.example.com", id="subdomains"),
        pytest.param("https://tenant{}.example.com:*", id="any-port"),
        pytest.param("https://*.tenant{}.example.com:*", id="subdomains-any-port"),
    ],
)
def test_a_hundred_thousand_origins_take_no_more_than_twenty_megabytes(entry: str) -> None:
    """Over the list that they are made of, both while they are compiled and afterwards."""
    origins = [entry.format(number) for number in range(100_000)]
    gc.collect()
    tracemalloc.start()
    try:
        policy = CorsPolicy(origins=origins)
        compiled = OriginSet(policy.origins or ())
        gc.collect()
        kept, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert compiled.admits("https://a.tenant99999.example.com") is ("*.tenant" in entry)
    assert kept <= peak < 20_000_000


# --- Many threads ------------------------------------------------------------------------------

PUBLIC = {"access-control-allow-origin": "*"}
VARY = {"vary": "origin"}


def admitted(origin: str, **more: str) -> dict[str, str]:
    return {"access-control-allow-origin": origin, **VARY, **more}


CREDENTIALS = {"access-control-allow-credentials": "true"}
# method, folder, origin -> exact CORS headers
EXCHANGES: dict[tuple[str, str, str], dict[str, str]] = {
    ("GET", "plain", PARTNER): admitted(PARTNER),
    ("GET", "plain", APP): VARY,
    ("GET", "app", APP): {**admitted(APP), **CREDENTIALS},
    ("GET", "app", PARTNER): VARY,
    ("GET", "app", ""): VARY,
    ("GET", "shop", STRANGER): PUBLIC,
    ("GET", "shop", ""): PUBLIC,
    ("POST", "shop", PARTNER): admitted(PARTNER),
    ("POST", "shop", STRANGER): VARY,
    ("DELETE", "shop", PARTNER): {},
    ("GET", "denied", PARTNER): {},
    ("GET", "below", STRANGER): PUBLIC,
    ("GET", "asked", APP): admitted(APP),
    ("GET", "asked", PARTNER): VARY,
    ("GET", "sub", "https://a.tenant.example:8443"): admitted("https://a.tenant.example:8443"),
    ("GET", "sub", "https://tenant.example"): VARY,
    ("GET", "missing", PARTNER): admitted(PARTNER),
}
THREADS, REQUESTS = 32, 100_000


@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_no_thread_gets_the_answer_of_another(handler: BaseHandler) -> None:
    """Threads start together on a site that has compiled nothing yet, and stay mixed."""
    together = threading.Barrier(THREADS)

    def play(seed: int) -> list[Any]:
        mixed = random.Random(seed)
        together.wait()
        wrong = []
        for number in range(REQUESTS // THREADS):
            method, folder, origin = mixed.choice(list(EXCHANGES))
            response = handler.get_response(request_of(method, f"/{folder}/n{number}/", origin))
            found = cors_headers(response)
            if found != EXCHANGES[method, folder, origin]:
                wrong.append((method, folder, origin, found))
        return wrong

    with ThreadPoolExecutor(THREADS) as pool:
        wrong = [each for found in pool.map(play, range(THREADS)) for each in found]

    assert wrong == []
