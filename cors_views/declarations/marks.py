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
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, NamedTuple, Protocol, TypeVar, overload

from asgiref.sync import AsyncToSync, iscoroutinefunction

from cors_views import conf
from cors_views.policies.enforced_anywhere import Enforce
from cors_views.policies.policy import CorsPolicy
from cors_views.support.memory import remembered
from cors_views.support.source_places import Place, caller

V = TypeVar("V", bound=Callable[..., Any])


class Denial(Protocol):
    """The type of ``cors_deny``; what ``cors_allow(...)`` returns is not of it."""

    @overload
    def __call__(self, view: V, /) -> V: ...

    @overload
    def __call__(self, *, enforce: Enforce = ...) -> Denial: ...


#: What stands for a declaration where no decorator can: a policy, a name, several of them, or
#: ``cors_deny``. Whoever overrides ``cors_policy`` in a subclass annotates it with this.
Declarable = CorsPolicy | str | Sequence[CorsPolicy | str] | Denial

_KEY = "_cors_views_mark_"
_applications = itertools.count()
#: No chain of wrappers is this long; a cycle, or a mock that has every attribute, is.
_LONGEST_CHAIN = 100
#: What a wrapper takes over besides the ``__dict__``. The rest are the attributes that Django reads
#: from the callback of a route: those of a callable instance may stand on its class.
_TAKEN_OVER = (
    *functools.WRAPPER_ASSIGNMENTS,
    "csrf_exempt",
    "login_required",
    "login_url",
    "redirect_field_name",
    "should_append_slash",
    "_non_atomic_requests",
)
#: What a wrapper of a function takes over of it that has another name in each version of Python.
_DEPENDING_ON_PYTHON = tuple(
    name
    for name in functools.WRAPPER_ASSIGNMENTS
    if name not in ("__module__", "__name__", "__qualname__", "__doc__")
)


class Declaration(NamedTuple):
    """What somebody declared at one place.

    ``policies`` are policies or names of ``CORS_POLICIES``, which are looked up when they are
    used, so that tests may override the setting. ``fields`` replace fields of the one policy.
    ``deny`` ends the search for a policy; ``fields`` then hold ``enforce``, if it is said.
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


class AppliedDeclaration(NamedTuple):
    """That something was declared: where, and on what, for the check that finds what is lost.

    ``attribute`` is the one that holds the declaration, where no decorator does.
    """

    place: Place
    target: str
    attribute: str = ""


class Mark(NamedTuple):
    """A declaration where it was applied; a higher order is nearer to the outside."""

    order: int
    declaration: Declaration
    applied: AppliedDeclaration


#: Everything declared so far. It holds names, not views, and grows with the source code alone:
#: what is applied anew in every request has the same place and the same name each time.
_everything_applied: set[AppliedDeclaration] = set()


def everything_applied() -> frozenset[AppliedDeclaration]:
    """Return every declaration that was applied to something since the process started."""
    return frozenset(_everything_applied)


def anything_applied() -> bool:
    """Return whether any view, class or include of the process declares a policy."""
    return bool(_everything_applied)


def note(place: Place, target: str, attribute: str = "") -> AppliedDeclaration:
    """Remember that something was declared."""
    applied = AppliedDeclaration(place, target, attribute)
    _everything_applied.add(applied)
    return applied


def apply(declaration: Declaration, view: V) -> V:
    """Return ``view`` with the declaration on it: a class itself, a new function for the rest.

    A function that stands under several routes keeps its other routes untouched that way.
    """
    is_plain = _is_plain(view)
    if not is_plain and isinstance(view, (staticmethod, classmethod)):
        # What a class gives its instances stays what it is: a function would get ``self``.
        return type(view)(apply(declaration, view.__func__))
    order = next(_applications)
    key = f"{_KEY}{order}"
    mark = Mark(order, declaration, _note_target(declaration, view, is_plain))
    if is_plain:
        wrapper = _copy(view)
    elif isinstance(view, type):
        setattr(view, key, mark)
        return view
    else:
        wrapper = _async_wrapper(view) if iscoroutinefunction(view) else _wrapper(view)
        # All that Django reads of a function stands in its __dict__, which is copied anyway.
        names = functools.WRAPPER_ASSIGNMENTS if type(view) is FunctionType else _TAKEN_OVER
        functools.update_wrapper(wrapper, view, names)
    # Not setattr: it would intern a key for each request that method_decorator applies this in.
    wrapper.__dict__[key] = mark
    return wrapper  # type: ignore[no-any-return]


def _is_plain(view: Any) -> bool:
    """Return whether a view is a function as ``def`` leaves it: marked by nobody, wrapping nothing.

    Most are, and are told from the others by less than what there is to ask of those.
    """
    return type(view) is FunctionType and not view.__dict__


def _copy(view: Any) -> Any:
    # What a request runs is the view itself then: to call it through another function would cost a
    # tenth of all that CORS adds.
    copy = FunctionType(
        view.__code__, view.__globals__, view.__name__, view.__defaults__, view.__closure__
    )
    copy.__kwdefaults__ = view.__kwdefaults__
    # As functools.update_wrapper() would, which looks first whether each attribute is there.
    copy.__module__, copy.__qualname__ = view.__module__, view.__qualname__
    copy.__doc__ = view.__doc__
    for name in _DEPENDING_ON_PYTHON:
        setattr(copy, name, getattr(view, name))
    copy.__dict__["__wrapped__"] = view
    return copy


def _wrapper(view: Any) -> Any:
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def _async_wrapper(view: Any) -> Any:
    # A coroutine function of its own, not a function that is marked as one: before Python 3.12
    # nobody sees the mark through a functools.partial.
    async def wrapper(*args: Any, **kwargs: Any) -> Any:
        return await view(*args, **kwargs)

    return wrapper


def _note_target(declaration: Declaration, view: Any, is_plain: bool) -> AppliedDeclaration:
    if getattr(view, "__module__", None) == "django.utils.decorators":
        # method_decorator applies this to a function of its own first, and tells nobody for whom.
        return note(declaration.place, f"what method_decorator decorates at {caller()}")
    if is_plain:
        return note(declaration.place, f"{view.__module__}.{view.__qualname__}")
    # What as_view() returns has the same name for every class.
    named = getattr(view, "view_class", view)
    named = named if hasattr(named, "__qualname__") else type(view)
    target = f"{named.__module__}.{named.__qualname__}"
    if any(map(_is_of_method_decorator, wrapped(view))):
        return AppliedDeclaration(declaration.place, target)
    return note(declaration.place, target)


def _is_of_method_decorator(step: Any) -> bool:
    """Return whether ``method_decorator`` made this partial, as it does anew in each request.

    The mark on the class is noted. A partial that people make has arguments, or no method in it.
    """
    return (
        isinstance(step, functools.partial)
        and hasattr(step, "__wrapped__")
        and inspect.ismethod(step.func)
        and not (step.args or step.keywords)
    )


@remembered
def own_marks(holder: Any) -> list[Mark]:
    """Return the marks in the ``__dict__`` of ``holder`` alone, outermost first."""
    attributes: Mapping[Any, Any] = getattr(holder, "__dict__", {})
    marks = [
        mark for key, mark in attributes.items() if isinstance(key, str) and key.startswith(_KEY)
    ]
    return sorted(marks, reverse=True)


@remembered
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
    if type(holder) is FunctionType:
        # Most are functions, and none of what follows is one.
        return holder.__dict__.get("__wrapped__")
    if isinstance(holder, (functools.partial, functools.partialmethod)):
        return holder.func
    if isinstance(holder, (staticmethod, classmethod)) or inspect.ismethod(holder):
        return holder.__func__
    if isinstance(holder, type):
        return None
    if isinstance(holder, AsyncToSync):
        return holder.awaitable
    return getattr(holder, "__wrapped__", None)
