"""What stands behind the callable of a URLconf entry: its class, its handlers, its marks.

DRF is understood by the attributes that its views carry, so that nothing here imports it.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from django.views import View

from cors_views.declarations.attributes import DeclaresCors
from cors_views.declarations.marks import Mark, marks_along, own_marks, wrapped
from cors_views.resolution.inherited_marks import class_marks, orders_of_dispatch, outermost_first
from cors_views.support.memory import remembered


class ViewInfo(NamedTuple):
    """A URLconf entry's callable, taken apart.

    ``marks`` are those of the entry itself, outermost first. ``view_class`` is the class behind
    ``as_view()``, or the class of a callable instance. ``handlers`` maps the methods that a
    class-based view implements to the name of the method or action that serves them; it is
    ``None`` for a function view, whose methods cannot be seen. ``unlisted`` are those that
    ``http_method_names`` of the class leaves out: an instance may serve them all the same.
    """

    marks: tuple[Mark, ...]
    view_class: type | None
    handlers: Mapping[str, str] | None
    initkwargs: Mapping[str, Any]
    unlisted: Mapping[str, str] = {}


@remembered
def inspect_view(callback: Any) -> ViewInfo:
    """Return what stands behind ``callback``."""
    steps = list(wrapped(callback))
    for step in steps:
        # Django sets view_class, DRF cls (viewsets only that). Wrapping goes on below them down
        # to a raw dispatch(), so the first one met from outside is the one that counts.
        view_class = getattr(step, "view_class", None) or getattr(step, "cls", None)
        if isinstance(view_class, type) and hasattr(view_class, "as_view"):
            return _class_based(callback, step, view_class)
    *around, innermost = steps
    if isinstance(innermost, type):
        # A class that is called itself, such as one of responses.
        return ViewInfo(outermost_first(_entry_marks(around)), innermost, None, {})
    if not _is_instance(innermost):
        return ViewInfo(outermost_first(_entry_marks(steps)), None, None, {})
    # A callable instance, such as a syndication Feed: its class is declared, not the instance.
    marks = {mark.order: mark for mark in own_marks(innermost)} | _entry_marks(around)
    return ViewInfo(outermost_first(marks), type(innermost), None, {})


#: What ``inspect_view`` reads of a callable besides its marks.
_READ = ("view_class", "cls", "initkwargs", "view_initkwargs", "actions")


def adds_nothing(view: Any, callback: Any) -> bool:
    """Return whether ``view`` declares nothing that ``callback`` does not, which it may wrap."""
    steps = list(wrapped(view))
    around = list(itertools.takewhile(lambda step: step is not callback, steps))
    # What wraps nothing that is seen, and is no function, may be a declared class, or of one.
    if around and len(around) == len(steps) and not hasattr(around[-1], "__code__"):
        return False
    known = {mark.order for mark in marks_along(callback)}
    return _entry_marks(around).keys() <= known and all(
        value is None or value is getattr(callback, name, None)
        for step in around
        for name in _READ
        for value in [getattr(step, name, None)]
    )


def name_of(found: Any) -> str:
    """Return the dotted name of a function or class, or that of the class of anything else."""
    *_, innermost = wrapped(found)
    named = innermost if hasattr(innermost, "__qualname__") else type(innermost)
    # What is made within a function is named there alone, and @api_view gives but its __name__.
    inside = "<locals>" in named.__qualname__ or not named.__qualname__.endswith(named.__name__)
    name = named.__name__ if inside else named.__qualname__
    return f"{named.__module__}.{name}"


def view_name(callback: Any) -> str:
    """Return the dotted name of the view behind a URLconf entry's callable."""
    return name_of(inspect_view(callback).view_class or callback)


def _is_instance(step: Any) -> bool:
    return not (isinstance(step, type) or hasattr(step, "__code__"))


def _entry_marks(steps: Sequence[Any]) -> dict[int, Mark]:
    """Return the marks of a URLconf entry, by order: of each callable that it is wrapped in.

    A callable instance that stands in for the view may be of a declared class.
    """
    marks = {mark.order: mark for step in steps for mark in own_marks(step)}
    for step in filter(_is_instance, steps):
        for _, own in class_marks(type(step)):
            marks.update((mark.order, mark) for mark in own)
    return marks


@remembered
def served_methods(callback: Any) -> frozenset[str] | None:
    """Return the methods that a URLconf entry serves, or ``None`` where nobody can tell."""
    handlers = inspect_view(callback).handlers
    if handlers is not None and handlers.keys() - {"OPTIONS"}:
        return frozenset(handlers)
    for step in wrapped(callback):
        # Django's require_http_methods keeps its list nowhere but in a closure.
        code = getattr(step, "__code__", None)
        if code is not None and step.__globals__.get("__name__") == "django.views.decorators.http":
            kept = dict(zip(code.co_freevars, step.__closure__ or ()))
            if "request_method_list" in kept:
                return frozenset(kept["request_method_list"].cell_contents)
    return None


def _class_based(callback: Any, step: Any, view_class: type) -> ViewInfo:
    initkwargs = getattr(step, "initkwargs", None) or getattr(step, "view_initkwargs", None) or {}
    actions = getattr(step, "actions", None)
    # View.as_view() copies the marks of dispatch(), which are the class's, onto the callback.
    of_class = orders_of_dispatch(view_class)
    marks = _entry_marks(list(wrapped(callback)))
    marks = {order: mark for order, mark in marks.items() if order not in of_class}
    function = api_view_function(view_class)
    if function is not None:
        marks.update((mark.order, mark) for mark in marks_along(function))
    names = initkwargs.get("http_method_names", getattr(view_class, "http_method_names", ()))
    # Django asks "in", which a string answers too, letter by letter as it is listed here.
    listed = [*map(str.lower, names), *(name for name in View.http_method_names if name in names)]
    unlisted = [name for name in View.http_method_names if name not in listed]
    return ViewInfo(
        outermost_first(marks),
        view_class,
        _handlers(view_class, actions, listed),
        initkwargs,
        _handlers(view_class, actions, unlisted),
    )


def _handlers(
    view_class: type, actions: Mapping[str, str] | None, names: Sequence[str]
) -> dict[str, str]:
    found = {name.upper(): _handler(view_class, actions, name) for name in names}
    return {method: handler for method, handler in found.items() if handler is not None}


def _handler(view_class: type, actions: Mapping[str, str] | None, name: str) -> str | None:
    """Return which method of the class serves the HTTP method ``name``, if one does."""
    if actions is not None:
        # A viewset adds "head" to this very mapping while it serves its first request, and DRF's
        # MethodMapper overrides get(), so the mapping is only asked, one key at a time.
        for served_by in (name, "get") if name == "head" else (name,):
            if served_by in actions:
                return actions[served_by]
    # A viewset too serves what it has under the name of a method, though no action maps it:
    # dispatch() of APIView asks the instance, not the mapping.
    if _may_be_called(view_class, name):
        return name
    # View.setup() binds head to get on the instance, so the class does not show it. That of a
    # viewset is never called.
    return (
        "get" if name == "head" and actions is None and _may_be_called(view_class, "get") else None
    )


def _may_be_called(view_class: type, name: str) -> bool:
    # Looked up as an instance does: a metaclass, or a descriptor, may keep it from the class.
    for owner in view_class.__mro__:
        if name in vars(owner):
            attribute = vars(owner)[name]
            # What a property or another descriptor gives to an instance, the class does not show.
            return callable(attribute) or hasattr(type(attribute), "__get__")
    return False


@remembered
def api_view_function(view_class: type) -> Any:
    """Return the function that ``@api_view`` made ``view_class`` from.

    DRF keeps it nowhere but in the closure of the handler that all its methods share.
    """
    for attribute in vars(view_class).values():
        for step in wrapped(attribute):
            code = getattr(step, "__code__", None)
            if (
                code is not None
                and code.co_freevars == ("func",)
                and step.__globals__.get("__name__") == "rest_framework.decorators"
            ):
                return step.__closure__[0].cell_contents
    return None


def declares(view_class: type) -> bool:
    """Return whether the class reads ``cors_policy`` and ``cors_action_policies``."""
    return issubclass(view_class, DeclaresCors)


def may_declare(callback: Any) -> bool:
    """Return whether a callback that cannot be taken apart carries what may be a declaration."""
    for step in wrapped(callback):
        known = [step, type(step), getattr(step, "view_class", None), getattr(step, "cls", None)]
        owners = {owner for each in known if isinstance(each, type) for owner in each.__mro__}
        given = [getattr(step, name, None) for name in ("initkwargs", "view_initkwargs")]
        by_keyword = any(isinstance(each, Mapping) and "cors_policy" in each for each in given)
        if by_keyword or own_marks(step) or any(map(_may_declare, owners)):
            return True
    return False


def _may_declare(owner: type) -> bool:
    if owner is DeclaresCors:
        return False
    held = [*vars(owner).values(), api_view_function(owner)]
    return bool(
        own_marks(owner)
        or {"cors_policy", "cors_action_policies"} & vars(owner).keys()
        or any(marks_along(each) for each in held)
    )
