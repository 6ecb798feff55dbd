"""Where in the user's code something was declared."""

from __future__ import annotations

import functools
import os
import sys
from pathlib import Path
from typing import NamedTuple, TypeVar

E = TypeVar("E", bound=Exception)

_PACKAGE = __name__.partition(".")[0]
_OURS = f"{_PACKAGE}."
#: Frames between a declaration and its author: ours, and what applies a decorator for somebody.
_BETWEEN = ("abc", "dataclasses", "django.utils.decorators")


class Place(NamedTuple):
    """A file and a line in it."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"

    @property
    def module_file(self) -> str:
        """The file as Python imports it: the same on every machine, whoever runs it from where.

        That is a path below the project, or below site-packages; ``…/`` and the name for a file
        that nothing imports.
        """
        return _module_file(self.file, tuple(sys.path))


@functools.lru_cache(maxsize=1024)
def _module_file(file: str, folders: tuple[str, ...]) -> str:
    path = Path(file)
    if not path.is_absolute():
        return path.as_posix()
    # Where one folder of sys.path holds another, the inner one is what names the module.
    for folder in sorted(map(os.path.abspath, folders), key=len, reverse=True):
        if path.is_relative_to(folder) and folder != path.anchor:
            return path.relative_to(folder).as_posix()
    return f"…/{path.name}"


def with_filename(place: Place, error: E) -> E:
    """Return an error that says in its ``filename`` which file has to be corrected.

    Django's autoreloader watches that file, or else the one of the traceback's last line, which
    is ours: ``runserver`` would not see the correction of a module that it could not import.
    """
    vars(error)["filename"] = place.file if place.line else caller().file
    return error


def caller() -> Place:
    """Return the nearest place outside of this package and of Django's decorator helpers."""
    # Whoever calls this is one of ours.
    inner = sys._getframe(1)
    frame = inner.f_back or inner
    while frame.f_back is not None:
        module = frame.f_globals.get("__name__", "")
        if not (module.startswith(_OURS) or module == _PACKAGE or module in _BETWEEN):
            break
        frame = frame.f_back
    return Place(frame.f_code.co_filename, frame.f_lineno)


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
