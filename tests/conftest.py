"""Fixtures that the whole suite shares."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from cors_views.declarations import marks
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.signals import check_request_enabled
from tests.servers import AsgiServers
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


@pytest.fixture
def nothing_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget for one test what other test modules declare, which no route of its site reaches."""
    monkeypatch.setattr(marks, "_everything_applied", set())


@pytest.fixture
def receivers() -> Iterator[Any]:
    """Connect receivers of check_request_enabled for one test."""
    connected = []

    def connect(receiver: Any) -> None:
        check_request_enabled.connect(receiver)
        connected.append(receiver)

    yield connect
    for receiver in connected:
        check_request_enabled.disconnect(receiver)


@pytest.fixture(scope="session")
def asgi_servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsgiServers]:
    """Start each server once: a session's tests share them."""
    servers = AsgiServers(tmp_path_factory.mktemp("servers"))
    yield servers
    servers.stop()
