"""Every line of the log, for the tests of what is told."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from django.test.utils import override_settings


@pytest.fixture
def every_line(caplog: Any) -> Iterator[None]:
    caplog.set_level(logging.DEBUG, "cors_views")
    with override_settings(ALLOWED_HOSTS=["testserver", "api.example"]):
        yield
