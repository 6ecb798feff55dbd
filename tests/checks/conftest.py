"""No test of a check meets the declarations of others, which no route of its site reaches."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _nothing_else_is_declared(nothing_declared: None) -> None:
    pass
