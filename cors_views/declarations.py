"""Declarations: what a decorator leaves on a function or a class, and how it is found again.

A mark is stored under a key of its own, with the number of its application. Decorators that copy
``__dict__`` (``functools.wraps``, Django's ``method_decorator`` and ``View.as_view``) then keep
every mark, whichever way round they copy, and the numbers tell the outer from the inner: what is
applied later is applied around what was applied before. A number taken when ``cors_allow(...)`` is
*called* would order a stack of decorators backwards.
"""

from __future__ import annotations

import functools
import inspect
import itertools
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, TypeVar

from asgiref.sync import AsyncToSync, iscoroutinefunction, markcoroutinefunction

from cors_views import conf
from cors_views.places import Place, caller
from cors_views.policy import CorsPolicy

V = TypeVar("V", bound=Callable[..., Any])

_KEY = "_cors_views_mark_"
_applications = itertools.count()
#: No chain of wrappers is this long; a cycle, or a mock that has every attribute, is.
_LONGEST_CHAIN = 100


class Declaration(NamedTuple):
    """What somebody declared at one place.

    ``policies`` are policies or names of ``CORS_POLICIES``, which are looked up when they are
    used, so that tests may override the setting. ``fields`` replace fields of the one policy.
    ``deny`` ends the search for a policy.
    """

    policies: tuple[CorsPolicy | str, ...]
    place: Place
    fields: tuple[tuple[str, Any], ...] = ()
    deny: bool = False

    def resolve(self) -> tuple[CorsPolicy, ...]:
        """Return the policies. Raise ``ImproperlyConfigured`` for a name that is not defined."""
        policies = tuple(
            conf.policy(item) if isinstance(item, str) else item for item in self.policies
        )
        if self.fields:
            return tuple(policy.replace(**dict(self.fields)) for policy in policies)
        return policies


class Mark(NamedTuple):
    """A declaration where it was applied; a higher order is nearer to the outside."""

    order: int
    declaration: Declaration


def apply(declaration: Declaration, view: V) -> V:
    """Return ``view`` with the declaration on it: a class itself, a new function for the rest.

    A function that stands under several routes keeps its other routes untouched that way.
    """
    order = next(_applications)
    key, mark = f"{_KEY}{order}", Mark(order, declaration)
    if isinstance(view, type):
        setattr(view, key, mark)
        return view

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    # Not setattr: it would intern a key for each request that method_decorator applies this in.
    wrapper.__dict__[key] = mark
    if iscoroutinefunction(view):
        # The wrapper hands the coroutine on, so nothing is awaited twice.
        markcoroutinefunction(wrapper)
    return wrapper  # type: ignore[return-value]


def own_marks(holder: Any) -> list[Mark]:
    """Return the marks in the ``__dict__`` of ``holder`` alone, outermost first."""
    attributes: Mapping[str, Any] = getattr(holder, "__dict__", {})
    marks = [mark for key, mark in attributes.items() if key.startswith(_KEY)]
    return sorted(marks, reverse=True)


def marks_along(holder: Any) -> list[Mark]:
    """Return the marks of a callable and of everything it wraps, outermost first."""
    found = {mark.order: mark for step in wrapped(holder) for mark in own_marks(step)}
    return [found[order] for order in sorted(found, reverse=True)]


def wrapped(holder: Any) -> Iterator[Any]:
    """Yield a callable, then what it wraps, and so on inwards."""
    for _ in range(_LONGEST_CHAIN):
        if holder is None:
            return
        yield holder
        holder = _inner(holder)


def _inner(holder: Any) -> Any:
    if isinstance(holder, (functools.partial, functools.partialmethod)):
        return holder.func
    if isinstance(holder, (staticmethod, classmethod)) or inspect.ismethod(holder):
        return holder.__func__
    if isinstance(holder, type):
        return None
    if isinstance(holder, AsyncToSync):
        return holder.awaitable
    return getattr(holder, "__wrapped__", None)


class DeclaresCors:
    """The attributes by which a class declares its policies; see ``rest_framework.CorsMixin``."""

    #: Where the class stands; decorators have a place of their own, these attributes have not.
    _cors_views_place: Place | None = None
    cors_policy: Any = None
    cors_action_policies: Mapping[str, Any] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        cls._cors_views_place = caller()


def class_place(owner: type) -> Place:
    """Return where a class that reads these attributes stands."""
    return owner.__dict__.get("_cors_views_place") or Place(owner.__module__, 0)
