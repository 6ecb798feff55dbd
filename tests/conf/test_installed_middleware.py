"""Which middlewares are found: subclasses too, whatever else cannot be imported."""

from __future__ import annotations

from typing import Any

import pytest
from django.middleware.common import CommonMiddleware
from django.test.utils import override_settings

from cors_views.conf import installed_middleware

COMMON = "django.middleware.common.CommonMiddleware"
CORS = "cors_views.middleware.CorsMiddleware"


class Shortening(CommonMiddleware):
    """A site's own CommonMiddleware, which redirects all the same."""


def function_middleware(get_response: Any) -> Any:
    return get_response


@pytest.mark.parametrize(
    ("overrides", "appends"),
    [
        pytest.param({"MIDDLEWARE": [CORS, COMMON]}, True, id="as-django-does"),
        pytest.param({"MIDDLEWARE": [CORS, COMMON], "APPEND_SLASH": False}, False, id="turned-off"),
        pytest.param({"MIDDLEWARE": [CORS]}, False, id="nobody-who-redirects"),
        pytest.param({"MIDDLEWARE": [f"{__name__}.Shortening"]}, True, id="subclass"),
        pytest.param({"MIDDLEWARE": [f"{__name__}.function_middleware"]}, False, id="function"),
        pytest.param({"MIDDLEWARE": ["no.such.Module", COMMON]}, True, id="not-importable"),
    ],
)
def test_appends_slash(overrides: dict[str, Any], appends: bool) -> None:
    with override_settings(**overrides):
        assert installed_middleware.appends_slash() is appends
