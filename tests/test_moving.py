"""The steps of docs/moving.rst, one after the other: what declares nothing is opened by none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import Http404, HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from tests.samples import ROOT, samples
from tests.samples.prepared import modules
from tests.samples.reader import laid_over, reading
from tests.tables import CREDENTIALS, METHODS, ORIGIN, Patterns, Sender, cors_headers

PAGE = "docs/moving.rst"
APP, STRANGER = "https://app.example.com", "https://stranger.example"
ORIGINS = (APP, "https://sub.partner.example", STRANGER, "null")
MIDDLEWARE = ["cors_views.middleware.CorsMiddleware"]
#: What declares nothing in any step.
UNDECLARED = ("/", "/contact/", "/admin/", "/nope/")
#: What the regex covers, and a declaration from the eighth step on.
COVERED = ("/api/orders/", "/api/orders/7/", "/api/gone/")
METHODS_ASKED = ("GET", "PUT", "DELETE")


@method_decorator(csrf_exempt, "dispatch")
class Everything(View):
    def get(self, request: HttpRequest, **kwargs: Any) -> HttpResponse:
        return HttpResponse()

    put = post = delete = get


def gone(request: HttpRequest) -> HttpResponse:
    raise Http404


API = [
    path("orders/", Everything.as_view()),
    path("orders/<int:pk>/", Everything.as_view()),
    path("gone/", gone),
]


@dataclass
class Step:
    settings: dict[str, Any]
    patterns: list[Any]

    def told(self, url: str, method: str, origin: str | None) -> dict[str, str]:
        """Return what a browser goes by of the answers to a page that asks for a URL."""
        send = Sender("wsgi")
        given = Patterns(self.patterns)
        with override_settings(ROOT_URLCONF=given, MIDDLEWARE=MIDDLEWARE, **self.settings):
            answer = cors_headers(send.actual(url, origin, method))
            if origin is None:
                return answer
            preflight = cors_headers(send.preflight(url, origin, method))
        read = {name: answer[name] for name in (ORIGIN, CREDENTIALS, "vary") if name in answer}
        offered = method in preflight.get(METHODS, "").split(", ") and preflight.get(ORIGIN)
        return read | ({"sent by": str(offered)} if offered else {})


#: A step of the page, by what its block holds.
STEPS = {
    "CORS_URLS_REGEX =": "swapped",
    "CORS_POLICIES =": "named",
    '@cors_allow("partners")': "marked",
    'cors_include("shop.api.urls"': "included",
    "CORS_OPT_IN =": "opted in",
    "nothing_here": "caught",
}


@pytest.fixture
def steps() -> Iterator[dict[str, Step]]:
    """Follow the page block by block, on a site that has what its blocks name."""
    made: dict[str, Step] = {}
    api = {"urlpatterns": API}
    with reading(PAGE) as page, modules(shop={}, shop__api={}, shop__api__urls=api):
        admin = path("admin/", Everything.as_view())
        patterns = [
            path("", page.names["home"]),
            path("api/", include("shop.api.urls")),
            path("feed/", page.names["feed"]),
            path("feed/latest/", page.names["latest"]),
            path("contact/", page.names["contact"]),
            admin,
        ]
        for sample in samples(ROOT / PAGE):
            step = next((name for part, name in STEPS.items() if part in sample.code), None)
            if sample.language != "python" or step is None:
                continue
            with override_settings(**laid_over(page.settings)):
                page.run(sample)
            if step == "included":
                patterns = [*page.names["urlpatterns"], admin]
            elif "urlpatterns =" in sample.code:
                patterns = [*page.names["urlpatterns"], *patterns]
            made[step] = Step(laid_over(page.settings), patterns)
        emptied = {"CORS_URLS_REGEX": "^.*$", "CORS_ALLOWED_ORIGINS": []}
        last = made["caught"].settings | emptied | {"CORS_ALLOW_CREDENTIALS": False}
        made["done"] = Step(last, patterns)
        assert list(made) == [*STEPS.values(), "done"]
        yield made


def test_what_declares_nothing_is_opened_by_no_step(steps: dict[str, Step]) -> None:
    told = {
        (name, url, method, origin): answer
        for name, step in steps.items()
        for url in UNDECLARED
        for method in (*METHODS_ASKED, "POST")
        for origin in (*ORIGINS, None)
        if (answer := step.told(url, method, origin))
    }

    assert told == {}


@pytest.mark.parametrize("url", COVERED)
def test_what_the_regex_covered_stays_as_it_was(steps: dict[str, Step], url: str) -> None:
    methods = METHODS_ASKED if "orders" in url else ("GET",)
    expected = {
        (method, origin): (
            {ORIGIN: APP, CREDENTIALS: "true", "vary": "origin", "sent by": APP}
            if origin == APP
            else {"vary": "origin"}
        )
        for method in methods
        for origin in ORIGINS
    }

    for name, step in steps.items():
        told = {key: step.told(url, *key) for key in expected}
        assert told == expected, name


def test_a_flat_list_has_the_policy_of_its_include_and_its_neighbours_have_none(
    steps: dict[str, Step],
) -> None:
    for name in ("included", "opted in", "done"):
        for url in ("/feed/", "/feed/latest/"):
            told = steps[name].told(url, "GET", STRANGER)
            assert told == {ORIGIN: "*", "sent by": "*"}, name
    assert steps["swapped"].told("/feed/", "GET", STRANGER) == {}


def test_a_url_that_matches_nothing_loses_its_headers_until_something_matches(
    steps: dict[str, Step],
) -> None:
    readable = {name: ORIGIN in step.told("/api/nope/", "GET", APP) for name, step in steps.items()}

    assert readable == {
        "swapped": True,
        "named": True,
        "marked": True,
        "included": True,
        "opted in": False,
        "caught": True,
        "done": True,
    }
    # The redirect that adds a slash is lost with it.
    with override_settings(
        ROOT_URLCONF=Patterns(steps["caught"].patterns),
        MIDDLEWARE=[*MIDDLEWARE, "django.middleware.common.CommonMiddleware"],
    ):
        assert Sender("wsgi").actual("/api/orders", APP).status_code == 404
        assert Sender("wsgi").actual("/contact", APP).status_code == 301


def test_in_another_order_the_admin_is_opened_with_credentials(steps: dict[str, Step]) -> None:
    """Why the page says when the regex may go."""
    included = steps["included"]
    opened = Step(included.settings | {"CORS_URLS_REGEX": "^.*$"}, included.patterns)

    told = opened.told("/admin/", "POST", APP)
    assert told == {ORIGIN: APP, CREDENTIALS: "true", "vary": "origin", "sent by": APP}
    assert opened.told("/admin/", "GET", STRANGER) == {"vary": "origin"}
