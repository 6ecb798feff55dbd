"""Declarations that somebody wrote for a view and that do not count."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from cors_views.declarations.declaring import declare_value
from cors_views.declarations.marks import Declaration, Mark, marks_along, wrapped
from cors_views.management.explaining.where_to_write import Unit
from cors_views.resolution.wrapped_views import declares
from cors_views.support.source_places import Place


class Lost(NamedTuple):
    """A declaration, and in words what became of it; ``on_class`` is whether a class has it."""

    declaration: Declaration
    text: str
    on_class: bool = False


def lost_by(unit: Unit) -> Iterator[Lost]:
    """Yield what was declared for a view or one of its handlers, and got lost on the way."""
    holder = unit.holder
    if isinstance(holder, type):
        yield from _overridden(holder, unit.handler)
        yield from _without_mixin(holder)
        hidden = [vars(owner).get(unit.handler) for owner in holder.__mro__[:1]]
    else:
        hidden = [unit.pattern_path[-1].callback]
    for each in hidden:
        yield from _hidden(each)


def _overridden(view_class: type, handler: str) -> Iterator[Lost]:
    defined = [vars(owner)[handler] for owner in view_class.__mro__ if handler in vars(owner)]
    if defined and marks_along(defined[0]):
        return
    for function in defined[1:]:
        for mark in marks_along(function):
            overridden = f"the {handler} that {view_class.__qualname__} overrides"
            yield Lost(mark.declaration, f"{_place(mark)} declares that on {overridden}.")


def _without_mixin(view_class: type) -> Iterator[Lost]:
    given = getattr(view_class, "cors_policy", None)
    if given is None or declares(view_class):
        return
    place = Place(view_class.__module__, 0)
    written = f"{view_class.__qualname__}.cors_policy"
    try:
        declaration = declare_value(given, place, written)
    except Exception:
        # Nobody has checked it, since nobody reads it.
        return
    yield Lost(declaration, f"{written} has no effect: the class has no CorsMixin.", on_class=True)


def _hidden(callback: Any) -> Iterator[Lost]:
    """Yield the marks of functions that wrappers hold on to without saying so."""
    for step in wrapped(callback):
        for cell in getattr(step, "__closure__", None) or ():
            held = _content(cell)
            if callable(held) and held not in list(wrapped(callback)):
                for mark in marks_along(held):
                    below = "below a decorator without functools.wraps, which loses it"
                    yield Lost(mark.declaration, f"{_place(mark)} declares that {below}.")


def _place(mark: Mark) -> str:
    place = mark.declaration.place
    return f"{place.module_file}:{place.line}"


def _content(cell: Any) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        # Nothing was put there yet.
        return None
