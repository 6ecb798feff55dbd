"""Fixtures of the random sites."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _connections(db: None) -> None:
    """Let the handler look at connections that an earlier test left open, as servers do."""
