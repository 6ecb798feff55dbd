"""Which views CSRF protection is for, as far as the checks speak of it."""

from __future__ import annotations

from typing import Any

import pytest
from django.middleware.csrf import CsrfViewMiddleware
from django.views.decorators.csrf import csrf_exempt

from tests.checks.sites import APP, CORS, SESSION, SITE, Writer, answer, of, said_of

pytestmark = pytest.mark.usefixtures("nothing_declared")


class OwnCsrf(CsrfViewMiddleware):
    pass


# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "a writer that is exempt": (
        SITE,
        csrf_exempt(of(APP, credentials=False)(Writer.as_view())),
        [],
    ),
    "a writer without CSRF protection": (
        {**SITE, "MIDDLEWARE": [CORS, SESSION]},
        of(APP, credentials=False)(Writer.as_view()),
        [],
    ),
    "a function that is offered POST, and exempt": (
        SITE,
        csrf_exempt(of(APP, credentials=False, methods=["POST"])(answer)),
        [],
    ),
    "not trusted, by a subclass of the middleware": (
        {**SITE, "MIDDLEWARE": [CORS, f"{__name__}.OwnCsrf"]},
        of("https://new.example.com")(answer),
        ["W036"],
    ),
    "not trusted, but exempt": (SITE, csrf_exempt(of("https://new.example.com")(answer)), []),
    "not trusted, but exempt below": (
        SITE,
        of("https://new.example.com")(csrf_exempt(answer)),
        [],
    ),
    "not trusted, but no CSRF protection": (
        {**SITE, "MIDDLEWARE": [CORS]},
        of("https://new.example.com")(answer),
        [],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected
