"""What comes from a request or an answer reaches no terminal raw: it obeys escape sequences."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import cors_allow
from cors_views.testing import Browser, CorsError
from tests.management.commands import run
from tests.tables import urlconf

APP = "https://app.example"
CORS = "cors_views.middleware.CorsMiddleware"
#: Clears the screen, twice, and ends nowhere.
EVIL = "\x1b[2J\x9b2J" + "x" * 5000


def redirecting(location: str) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        # Not HttpResponseRedirect, which quotes what it is given.
        return HttpResponse(status=302, headers={"Location": location})

    return view


def writing(request: HttpRequest) -> HttpResponse:
    return HttpResponse(headers={"Access-Control-Allow-Origin": EVIL, "Vary": EVIL})


def redirects_all(get_response: Any) -> Any:
    return redirecting(f"/elsewhere/{EVIL}")


allow_app = cors_allow(origins=[APP])
# name -> (view, method, the stack)
ANSWERS: dict[str, tuple[Any, str, list[str]]] = {
    "a redirect on this site": (allow_app(redirecting(f"/open/{EVIL}")), "GET", [CORS]),
    "a redirect's fragment": (allow_app(redirecting(f"/open/#{EVIL}")), "GET", [CORS]),
    "a redirect's query": (allow_app(redirecting(f"/open/?{EVIL}")), "GET", [CORS]),
    "a redirect to another host": (
        allow_app(redirecting(f"https://elsewhere.example/{EVIL}")),
        "GET",
        [CORS],
    ),
    "a redirect to no host": (allow_app(redirecting(f"https://{EVIL}/")), "GET", [CORS]),
    "a redirect of a preflight": (
        allow_app(writing),
        "PUT",
        [f"{__name__}.redirects_all", CORS],
    ),
    "headers of the view": (writing, "GET", [CORS]),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_that_cors_explain_prints_nothing_raw_and_without_end(name: str) -> None:
    view, method, stack = ANSWERS[name]

    with override_settings(MIDDLEWARE=stack), urlconf(path("v/", view), path("open/", view)):
        done = run("cors_explain", APP, method, "/v/", "--run", "--no-color")

    lines = [*done.out.splitlines(), *done.err.splitlines()]
    assert lines
    for line in lines:
        assert re.search(r"[\x00-\x1f\x7f-\x9f]", line) is None, line
        assert len(line) < 3000


@pytest.mark.parametrize("name", ANSWERS)
def test_that_no_error_of_the_browser_says_it_raw_and_without_end(name: str) -> None:
    view, method, stack = ANSWERS[name]

    with (
        override_settings(MIDDLEWARE=stack),
        urlconf(path("v/", view), path("open/", view)),
        pytest.raises(CorsError) as refused,
    ):
        Browser(APP).fetch("/v/", method=method)

    for line in str(refused.value).splitlines():
        assert re.search(r"[\x00-\x1f\x7f-\x9f]", line) is None, line
        assert len(line) < 3000
