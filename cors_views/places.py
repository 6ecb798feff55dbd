"""Where in the user's code something was declared."""

from __future__ import annotations

import sys
from typing import NamedTuple

_PACKAGE = __name__.partition(".")[0]
#: Frames between a declaration and its author: ours, and what applies a decorator for somebody.
_BETWEEN = ("abc", "dataclasses", "django.utils.decorators")


class Place(NamedTuple):
    """A file and a line in it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def caller() -> Place:
    """Return the nearest place outside of this package and of Django's decorator helpers."""
    frame = sys._getframe(1)
    while True:
        module = frame.f_globals.get("__name__", "")
        ours = module == _PACKAGE or module.startswith(_PACKAGE + ".")
        if not (ours or module in _BETWEEN) or frame.f_back is None:
            return Place(frame.f_code.co_filename, frame.f_lineno)
        frame = frame.f_back


def caller_in(module: str) -> Place:
    """Return the nearest place in ``module``, where a class of it is being made.

    A metaclass or an ``__init_subclass__`` of somebody else may stand in between.
    """
    frame = sys._getframe(1)
    while frame.f_globals.get("__name__") != module:
        if frame.f_back is None:
            return caller()
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)
