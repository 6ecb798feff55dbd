"""What the pages of the documentation look like in Chromium: nothing is cut off."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.test_built_docs import built

__all__ = ["built"]

WIDER = """
    return [...document.querySelectorAll("pre")]
        .filter(sample => sample.scrollWidth > sample.clientWidth + 1)
        .map(sample => sample.textContent.split("\\n")[0])
"""


def pages(built: Path, driver: Any, width: int) -> Any:
    """Show each page in a window of that width."""
    screen = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        for path in sorted(built.glob("*.html")):
            driver.get(path.as_uri())
            yield path.name
    finally:
        driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


@pytest.mark.parametrize("width", [400, 1000, 1320, 1400, 1920])
def test_that_no_page_is_wider_than_the_window(
    chromium_driver: Any, built: Path, width: int
) -> None:
    wider = {
        name: found
        for name in pages(built, chromium_driver, width)
        if (found := chromium_driver.execute_script("return document.documentElement.scrollWidth"))
        > width
    }

    assert wider == {}


def test_that_no_sample_is_cut_off_on_a_laptop(chromium_driver: Any, built: Path) -> None:
    cut = {
        name: found
        for name in pages(built, chromium_driver, 1400)
        if (found := chromium_driver.execute_script(WIDER))
    }

    assert cut == {}
