"""The marks of a class and of its handlers: which class of the MRO each belongs to."""

from __future__ import annotations

import itertools
from collections.abc import Container, Mapping, Sequence

from cors_views.declarations.marks import Mark, marks_along, own_marks
from cors_views.support.memory import remembered


@remembered
def orders_of_dispatch(view_class: type) -> frozenset[int]:
    return frozenset(mark.order for owner in view_class.__mro__ for mark in _dispatch_marks(owner))


@remembered
def _dispatch_marks(owner: type) -> list[Mark]:
    """Return the marks that ``owner`` has on its own ``dispatch`` (or ``__call__``)."""
    return [
        mark
        for name in ("dispatch", "__call__")
        if name in vars(owner)
        for mark in marks_along(vars(owner)[name])
    ]


@remembered
def class_marks(view_class: type) -> Sequence[tuple[type, list[Mark]]]:
    """Return each class of the MRO with the marks that it adds, outermost first."""
    of_owners = [(owner, _marks_of_owner(owner)) for owner in view_class.__mro__]
    belongs = _furthest_up(of_owners, _taken_over(view_class, ("dispatch", "__call__")))
    return [
        (owner, [mark for mark in marks if belongs[mark.order] is owner])
        for owner, marks in of_owners
    ]


@remembered
def _marks_of_owner(owner: type) -> list[Mark]:
    # By order: a mark holds what people wrote, which may not be hashable.
    marks = {mark.order: mark for mark in (*own_marks(owner), *_dispatch_marks(owner))}
    return list(outermost_first(marks))


@remembered
def handler_marks(view_class: type, name: str) -> Mapping[type, list[Mark]]:
    """Return the marks that classes of the MRO add to the method ``name``, outermost first.

    Only the method that is called counts: to override one drops its marks.
    """
    of_owners = [
        (owner, marks_along(vars(owner)[name]))
        for owner in view_class.__mro__
        if name in vars(owner)
    ]
    belongs = _furthest_up(of_owners, _taken_over(view_class, (name,)))
    found: dict[type, list[Mark]] = {}
    for mark in of_owners[0][1] if of_owners else ():
        found.setdefault(belongs[mark.order], []).append(mark)
    return found


def _furthest_up(
    of_owners: Sequence[tuple[type, list[Mark]]], taken_over: Container[type]
) -> dict[int, type]:
    """Return the class that each mark belongs to, by order: the one furthest up that has it.

    Whoever wraps an inherited method (``method_decorator``, ``extend_schema_view``) copies its
    marks, and they must not come nearer by that than what the classes in between declare. But who
    takes a denied method over as it is closes it again.
    """
    belongs: dict[int, type] = {}
    for owner, marks in of_owners:
        for mark in marks:
            if not (mark.order in belongs and mark.declaration.deny and owner in taken_over):
                belongs[mark.order] = owner
    return belongs


def _taken_over(view_class: type, names: Sequence[str]) -> set[type]:
    """Return the classes a method of which a subclass has too, the same: ``get = Base.get``."""
    return {
        owner
        for nearer, owner in itertools.combinations(view_class.__mro__, 2)
        for name in names
        if name in vars(nearer) and vars(nearer)[name] is vars(owner).get(name)
    }


def outermost_first(marks: Mapping[int, Mark]) -> tuple[Mark, ...]:
    return tuple(marks[order] for order in sorted(marks, reverse=True))
