"""What becomes of the star that WhiteNoise writes on files, as docs/deployment.rst has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.test.utils import override_settings

APP, STRANGER = "https://app.example", "https://stranger.example"


def files(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Send each file with a star, as WhiteNoise does by default."""

    def middleware(request: HttpRequest) -> HttpResponse:
        return HttpResponse("a{}", headers={"Access-Control-Allow-Origin": "*"})

    return middleware


@pytest.mark.parametrize(
    ("settings", "origin", "allowed", "varies"),
    [
        pytest.param({}, APP, APP, True, id="admitted"),
        pytest.param({}, STRANGER, "*", True, id="not-admitted"),
        pytest.param({}, None, "*", True, id="without-an-origin"),
        pytest.param({"CORS_URLS_REGEX": "^/api/"}, APP, "*", False, id="outside-the-regex"),
        pytest.param({"CORS_OPT_IN": True}, APP, "*", False, id="opt-in"),
        pytest.param({"CORS_ALLOW_ALL_ORIGINS": True}, STRANGER, "*", False, id="any-origin"),
        pytest.param({"CORS_ENFORCE": True}, STRANGER, None, True, id="enforced"),
    ],
)
def test_static_files_below_the_middleware(
    settings: dict[str, Any], origin: str | None, allowed: str | None, varies: bool
) -> None:
    chain = ["cors_views.middleware.CorsMiddleware", f"{__name__}.files"]
    with override_settings(MIDDLEWARE=chain, CORS_ALLOWED_ORIGINS=[APP], **settings):
        response = Client().get("/static/a.css", headers={"origin": origin} if origin else {})

    assert response.get("Access-Control-Allow-Origin") == allowed
    assert ("origin" in response.get("Vary", "")) is varies
    assert response.status_code == (403 if allowed is None else 200)
