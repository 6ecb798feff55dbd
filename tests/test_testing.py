"""The browsers for tests: what pages at some origin get of a site, through Django's clients."""

from __future__ import annotations

import pytest

from tests.calls import ROWS
from tests.told_site import Visit, at_port, by_the_browser, installed, verdicts

AT = at_port(8000)


@pytest.mark.parametrize("mode", ["wsgi", "asgi"])
@pytest.mark.parametrize("name", ROWS)
def test_that_pages_get_what_fetch_lets_them_have(mode: str, name: str) -> None:
    with installed(AT):
        seen = by_the_browser(Visit(AT, f"{mode}-{name}"), ROWS[name], mode)

    assert verdicts(seen) == ROWS[name].readable
