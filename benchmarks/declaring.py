"""Count what a declaration takes when a site starts, in instructions.

The mark is what Django takes for the same line of a URLconf, ``path()``. Run with a contender and
a number, this is the process that is counted.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import Any

from benchmarks import callgrind

#: So many declarations are counted, and as many again: the difference leaves out what happens once.
DECLARATIONS = 200
PATH = "path()"


def _contenders() -> dict[str, Callable[[int], Any]]:
    """Return what may be written for each view of a site, by its name."""
    from django.urls import path
    from django.views import View

    from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include

    app, policy = "https://app.example.com", CorsPolicy(origins=["https://app.example.com"])

    def view(request: Any, pk: int) -> None:
        """Stand for a view."""

    async def async_view(request: Any, pk: int) -> None:
        """Stand for an asynchronous view."""

    return {
        PATH: lambda number: path(f"r{number}/<int:pk>/", view),
        "cors_allow(origins=[...])": lambda number: cors_allow(origins=[app])(view),
        "of an async view": lambda number: cors_allow(origins=[app])(async_view),
        "of a class": lambda number: cors_allow(origins=[app])(type("Answer", (View,), {})),
        "with four fields": lambda number: cors_allow(
            origins=[app], methods=["GET", "PUT"], credentials=True, max_age=600
        )(view),
        "cors_allow(policy)": lambda number: cors_allow(policy)(view),
        'cors_allow("name")': lambda number: cors_allow("partners")(view),
        "cors_deny": lambda number: cors_deny(view),
        "cors_include(...)": lambda number: cors_include([], policy=policy),
    }


def declare(contender: str, number: int) -> None:
    """Declare so many times, in the process that is counted."""
    import django
    from django.conf import settings

    settings.configure(
        SECRET_KEY="benchmarks",
        CORS_POLICIES={"partners": {"origins": ["https://partner.example.com"]}},
        INSTALLED_APPS=["cors_views"],
        LOGGING_CONFIG=None,
    )
    django.setup()
    make = _contenders()[contender]
    kept = [make(each) for each in range(20)]
    with callgrind.counting():
        for each in range(20, 20 + number):
            kept.append(make(each))


def per_declaration(contender: str) -> float:
    """Return how many instructions one more declaration takes."""
    few, many = (
        callgrind.instructions("benchmarks.declaring", contender, str(number))
        for number in (DECLARATIONS, 2 * DECLARATIONS)
    )
    return (many - few) / DECLARATIONS


def main() -> int:
    """Print a line for each contender, or be the process that is counted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.declaring", description=__doc__)
    parser.add_argument("contender", nargs="?", help=argparse.SUPPRESS)
    parser.add_argument("number", nargs="?", type=int, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.contender:
        declare(options.contender, options.number)
        return 0
    if callgrind.is_missing():
        return 2
    mark = per_declaration(PATH)
    for contender in _contenders():
        count = mark if contender == PATH else per_declaration(contender)
        print(f"{contender:30} {count:>10,.0f} {count / mark:>6.2f} of {PATH}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
