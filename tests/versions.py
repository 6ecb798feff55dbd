"""Print what the tests run on: ``python -m tests.versions``."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version


def installed(distribution: str) -> str:
    try:
        return version(distribution)
    except PackageNotFoundError:
        return "none"


def main() -> None:
    print(
        f"Python {platform.python_version()}, Django {installed('Django')}, "
        f"DRF {installed('djangorestframework')}"
    )


if __name__ == "__main__":
    main()
