"""What a view may call: what it closes over, and what its attributes hold."""

from __future__ import annotations

import functools
from collections import deque
from collections.abc import Iterator
from typing import Any

from cors_views.declarations.marks import wrapped
from cors_views.resolution.wrapped_views import inspect_view

#: So many callables of one view are looked at. What holds more is a registry, not a decorator.
_MOST = 50


def callables_held(callback: Any) -> Iterator[Any]:
    """Yield the callables that a view, or a handler of its class, holds and may call.

    A decorator without ``functools.wraps`` shows what it stands around nowhere else.
    """
    seen: dict[int, Any] = {}
    left = deque(_held_by(callback))
    while left and len(seen) < _MOST:
        held = left.popleft()
        if id(held) not in seen:
            seen[id(held)] = held
            yield held
            left += _held_by(held)


def _held_by(callback: Any) -> list[Any]:
    try:
        view = inspect_view(callback)
        own = {"dispatch", *(view.handlers or {}).values()} if view.view_class else set()
        handlers = [getattr(view.view_class, name, None) for name in sorted(own)]
        steps = [step for each in (callback, *handlers) for step in wrapped(each)]
        return [part for step in steps for part in _parts(step) if _is_called(part)]
    except Exception:
        # Views, and what they hold, may be anything.
        return []


def _parts(step: Any) -> Iterator[Any]:
    for cell in getattr(step, "__closure__", None) or ():
        try:
            yield cell.cell_contents
        except ValueError:
            # A name of the enclosing function that has no value yet.
            continue
    if isinstance(step, functools.partial):
        yield from (*step.args, *step.keywords.values())
    elif not isinstance(step, type):
        yield from getattr(step, "__dict__", {}).values()
        slots = getattr(type(step), "__slots__", ())
        names = [slots] if isinstance(slots, str) else slots
        yield from (getattr(step, name, None) for name in names)


def _is_called(part: Any) -> bool:
    # A class that a function closes over is its own, for super().
    return callable(part) and not isinstance(part, type)
