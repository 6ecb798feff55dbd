"""Take the picture of the playground that the README shows: ``python -m tests.browser.picture``.

It needs Chromium, like the browser tests. The page is the partner's, as ``make demo`` serves it.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import time
from pathlib import Path

from selenium import webdriver
from selenium.webdriver.chrome.service import Service

from tests.browser.conftest import (
    CHROMIUM_ARGUMENTS,
    HOSTS,
    SAMPLE_PROJECT,
    wait_until_ready,
)

PICTURE = SAMPLE_PROJECT.parent / "docs" / "images" / "playground.png"
SIZE = (1180, 935)
PORT = 8000


def take() -> None:
    options = webdriver.ChromeOptions()
    for argument in (
        *CHROMIUM_ARGUMENTS,
        "--hide-scrollbars",
        f"--window-size={SIZE[0]},{SIZE[1]}",
    ):
        options.add_argument(argument)
    # Without the path selenium would look for a driver to download.
    browser = webdriver.Chrome(options, Service(shutil.which("chromedriver")))
    try:
        browser.get(f"http://{HOSTS['partner']}:{PORT + list(HOSTS).index('partner')}/")
        # The page makes its calls one after the other.
        time.sleep(8)
        browser.save_screenshot(str(PICTURE))
    finally:
        browser.quit()


def main() -> None:
    command = [sys.executable, "manage.py", "playground", "--port", str(PORT)]
    with subprocess.Popen(command, cwd=SAMPLE_PROJECT, stderr=subprocess.DEVNULL) as process:
        try:
            if not wait_until_ready(process, PORT):
                sys.exit("The playground does not start.")
            PICTURE.parent.mkdir(exist_ok=True)
            take()
        finally:
            process.terminate()
    print(f"{Path(PICTURE).name}: {PICTURE.stat().st_size // 1000} kB")


if __name__ == "__main__":
    main()
