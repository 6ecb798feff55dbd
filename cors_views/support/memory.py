"""Asking the same question about the same objects once, while somebody goes through a whole site.

A router makes a dozen routes of one viewset, and a hundred viewsets share their bases. Nothing is
kept longer than that: views may be declared, and tests may change them, at any time.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

F = TypeVar("F", bound=Callable[..., Any])

_memory: ContextVar[dict[tuple[Any, ...], Any] | None] = ContextVar("memory", default=None)


@contextmanager
def remembering() -> Iterator[None]:
    """Remember, until the block ends, what the functions below answer."""
    memory = _memory.get()
    # An outer block shares its memory, one that is empty so far too.
    token = _memory.set({} if memory is None else memory)
    try:
        yield
    finally:
        _memory.reset(token)


def remembered(function: F) -> F:
    """Let a function without side effects be asked once about the same object.

    What else it takes are names and numbers. Its answer is shared: nobody must change it.
    """

    @functools.wraps(function)
    def wrapper(about: Any, *names: Any) -> Any:
        memory = _memory.get()
        if memory is None:
            return function(about, *names)
        # By identity: what a site calls its views by may have an __eq__ without a __hash__.
        key = (function, id(about), *names)
        found = memory.get(key)
        if found is None:
            # With the object, so that no other gets its id meanwhile.
            found = memory[key] = (function(about, *names), about)
        return found[0]

    return wrapper  # type: ignore[return-value]
