"""Fixtures that the whole suite shares."""

from __future__ import annotations

import pytest

from tests.tables import Sender


@pytest.fixture(params=["wsgi", "asgi"])
def send(request: pytest.FixtureRequest) -> Sender:
    """Run the test twice: through Django's WSGI handler and through its ASGI handler."""
    return Sender(request.param)
