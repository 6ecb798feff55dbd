"""Which declarations are around a view, and in which order: handler, route, class, include.

"Route" is the URLconf entry. The fifth layer, the settings, is what ``combining_layers`` ends with.
"""

from __future__ import annotations

import logging
from typing import Any, NamedTuple

from django.core.exceptions import ImproperlyConfigured

from cors_views.declarations.attributes import attribute_of, entries_of, sets
from cors_views.declarations.declaring import declare_value
from cors_views.declarations.included import IncludedURLconf
from cors_views.declarations.marks import AppliedDeclaration, Declaration, anything_applied
from cors_views.policies.policy import CorsPolicy
from cors_views.resolution import inherited_marks, wrapped_views
from cors_views.resolution.hidden_methods import hides_methods
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.wrapped_views import ViewInfo
from cors_views.support.memory import remembered

logger = logging.getLogger("cors_views")


class Layer(NamedTuple):
    """A declaration and the layer it stands on: handler, route, class or include."""

    name: str
    declaration: Declaration
    applied: AppliedDeclaration

    def __str__(self) -> str:
        names = [policy for policy in self.declaration.policies if isinstance(policy, str)]
        named = f" {', '.join(map(repr, names))}" if names else ""
        return f"{self.name} policy{named} declared at {self.declaration.place}"


class NotUnderstood(NamedTuple):
    """What stands for the layer that decides where nobody can tell which: it closes the route.

    ``advice`` is for people who want it open.
    """

    what: str
    advice: str = "the log says why."

    def __str__(self) -> str:
        return self.what


def outer_layers(pattern_path: PatternPath, view: ViewInfo) -> tuple[list[Layer], list[Layer]]:
    """Return the layers of the URLconf entry, and those around it: classes, then includes."""
    entry, around = _layers_of(view)
    replaced = replaced_by(pattern_path)
    if replaced is not None:
        # Whether it calls what the entry names, nobody can tell. What is declared there counts.
        inner, around_inner = _layers_of(replaced)
        if view.handlers is None:
            # The class of what stands in for a view is no layer of the view.
            entry, around = entry + around, []
        entry, around = entry + inner, around + around_inner
    for resolver in reversed(pattern_path[:-1]):
        included = resolver.urlconf_name
        while isinstance(included, IncludedURLconf):
            around.append(Layer("include", included.cors_declaration, included.cors_applied))
            included = included.urlconf
    return entry, around


def replaced_by(pattern_path: PatternPath) -> ViewInfo | None:
    """Return the view that a URLconf entry names, where the match has another one."""
    callback = getattr(pattern_path[-1], "entry_callback", None)
    return None if callback is None else wrapped_views.inspect_view(callback)


def _layers_of(view: ViewInfo) -> tuple[list[Layer], list[Layer]]:
    entry = [Layer("route", mark.declaration, mark.applied) for mark in view.marks]
    if view.view_class is None:
        return entry, []
    if wrapped_views.declares(view.view_class) and "cors_policy" in view.initkwargs:
        given = view.initkwargs["cors_policy"]
        entry.append(_attribute("route", given, view.view_class, "as_view(cors_policy)"))
    # A list of its own: that of the class is shared.
    return entry, [*_class_layers(view.view_class)]


@remembered
def _class_layers(view_class: type) -> list[Layer]:
    reads = wrapped_views.declares(view_class)
    layers = []
    for owner, marks in inherited_marks.class_marks(view_class):
        layers += [Layer("class", mark.declaration, mark.applied) for mark in marks]
        if reads and sets(owner, "cors_policy"):
            layers.append(_attribute("class", vars(owner)["cors_policy"], owner, "cors_policy"))
    return layers


@remembered
def handler_layers(view: ViewInfo) -> dict[str, list[Layer]]:
    """Return the layers of each method's own handler, nearest first."""
    found = {
        method: _handler_layers(view.view_class or object, name)
        for method, name in (view.handlers or {}).items()
    }
    if hides_methods(view):
        # Whether its own setup() or dispatch() serves what is not listed, and by this handler,
        # nobody can tell. So what denies counts, and what opens does not.
        for method, name in view.unlisted.items():
            own = _handler_layers(view.view_class or object, name)
            found |= {method: own} if _deny(own) else {}
    return found


def _deny(layers: list[Layer]) -> bool:
    ending = next(filter(ends_the_search, layers), None)
    return ending is not None and ending.declaration.deny


@remembered
def _handler_layers(view_class: type, handler: str) -> list[Layer]:
    reads = wrapped_views.declares(view_class)
    marks = inherited_marks.handler_marks(view_class, handler)
    layers: list[Layer] = []
    for owner in view_class.__mro__ if reads or marks else ():
        entries = entries_of(owner) if reads else {}
        if entries is None:
            # Nobody can tell which handlers it was for.
            layers.append(_attribute("handler", None, owner, "cors_action_policies"))
        elif handler in entries:
            attribute = f"cors_action_policies[{handler!r}]"
            layers.append(_attribute("handler", entries[handler], owner, attribute))
        own = marks.get(owner, ())
        layers += [Layer("handler", mark.declaration, mark.applied) for mark in own]
    return layers


def _attribute(name: str, value: Any, owner: type, attribute: str) -> Layer:
    applied = attribute_of(owner, attribute)
    place, written = applied.place, f"{owner.__qualname__}.{attribute}"
    try:
        return Layer(name, declare_value(value, place, written), applied)
    except (ImproperlyConfigured, TypeError):
        # as_view() has raised for this already; whoever swallowed that gets the closed side.
        logger.exception("The invalid %s admits nobody.", written)
        return Layer(name, Declaration((CorsPolicy(origins=[]),), place), applied)


def ends_the_search(layer: Layer) -> bool:
    """Return whether nothing behind a layer can count: it denies, or names its origins."""
    policies = policies_of(layer)
    return layer.declaration.deny or len(policies) > 1 or policies[0].names_origins


def policies_of(layer: Layer) -> tuple[CorsPolicy, ...]:
    """Return the policies of a layer; what cannot be looked up any more admits nobody."""
    try:
        return layer.declaration.resolve()
    except ImproperlyConfigured:
        # Only a name that was defined while the view was imported and is gone now gets here.
        logger.exception("The %s admits nobody.", layer)
        return (CorsPolicy(origins=[]),)


@remembered
def stacks(pattern_path: PatternPath) -> list[list[Layer]]:
    """Return every declaration of a route, nearest first: around its view, then by handler."""
    view = wrapped_views.inspect_view(pattern_path[-1].callback)
    entry, around = outer_layers(pattern_path, view)
    return [entry + around, *handler_layers(view).values()]


def understands(pattern_path: PatternPath) -> bool:
    """Return whether the view at the end of ``pattern_path`` can be taken apart."""
    return what_is_unclear(pattern_path) is None


def what_is_unclear(pattern_path: PatternPath) -> Exception | None:
    """Return why the view behind ``pattern_path`` cannot be taken apart, or ``None`` if it can.

    ``may_declare`` says whether such a route is closed, or under the settings.
    """
    try:
        stacks(pattern_path)
    except Exception as error:
        # build_safely() has logged it.
        return error
    return None


def may_declare(pattern_path: PatternPath) -> bool:
    """Return whether anything may be declared about a route that cannot be understood.

    Whatever looks like a declaration counts, in effect or not. Where even looking for one fails,
    any of the process may be the one.
    """
    try:
        included = any(isinstance(step.urlconf_name, IncludedURLconf) for step in pattern_path[:-1])
        entry = getattr(pattern_path[-1], "entry_callback", None)
        views = (pattern_path[-1].callback, entry)
        return included or any(map(wrapped_views.may_declare, views))
    except Exception:
        return anything_applied()
