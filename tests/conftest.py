"""Fixtures that the whole suite shares."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cors_views.policies.enforcing import ENFORCING
from tests.tables import Sender


@pytest.fixture(params=["wsgi", "asgi"])
def send(request: pytest.FixtureRequest) -> Sender:
    """Run the test twice: through Django's WSGI handler and through its ASGI handler."""
    return Sender(request.param)


@pytest.fixture
def nothing_enforces() -> Iterator[None]:
    """Forget for one test that views of other tests enforce."""
    declared, ENFORCING.declared = ENFORCING.declared, False
    ENFORCING.look_again()
    yield
    ENFORCING.declared = declared
    ENFORCING.look_again()
