"""Where a policy can be written so that it opens nothing else, and what it opens all the same."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Literal

from cors_views.declarations.marks import wrapped
from cors_views.inspection.policies_in_use import (
    Source,
    governed_methods,
    is_for,
    sources_of,
    survey,
)
from cors_views.management.overview.joined_rows import without_suffix
from cors_views.management.overview.view_names import is_installed, view_name
from cors_views.protocol.effective_policies import EffectivePolicy
from cors_views.resolution import layer_order, lookup, wrapped_views
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name

#: A route, without a format suffix, and the handler that serves it; ``""`` where nobody sees one.
Here = tuple[str, str]


@dataclasses.dataclass(frozen=True)
class Unit:
    """What serves a request: a handler of a class, or something that is called as a whole.

    ``holder`` is the class or the function. ``handler`` is empty for what is called as a whole.
    ``methods`` are those that the handler serves.
    """

    pattern_path: PatternPath
    holder: Any
    handler: str
    methods: frozenset[str]

    @property
    def here(self) -> Here:
        return plain_route(self.pattern_path), self.handler

    @property
    def view(self) -> str:
        return view_name(self.pattern_path)

    @property
    def is_named(self) -> bool:
        """Whether there is a line of code above which a decorator can be written."""
        return "<" not in getattr(self.holder, "__qualname__", "<")

    @property
    def is_defined_here(self) -> bool:
        """Whether the class itself defines the handler, instead of inheriting it."""
        own = vars(self.holder).get(self.handler)
        return getattr(own, "__qualname__", "") == f"{self.holder.__qualname__}.{self.handler}"


@dataclasses.dataclass(frozen=True)
class Spot:
    """A place for a declaration.

    ``kind``
        "above" a function or class, on a "handler" (one that has yet to be written is "new"), on
        the "entry" of the URLconf, around an "include", or "instead" of the declaration ``layer``.
    ``target``
        What is decorated, or the route that the entry or the include is at.
    ``opens``
        What it governs besides the route and the handler that it is for.
    ``subclass``
        Whether the class serves other routes too, so that this one needs a class of its own.
    """

    kind: Literal["above", "handler", "new", "entry", "include", "instead"]
    target: str
    unit: Unit
    opens: frozenset[Here] = frozenset()
    layer: Layer | None = None
    subclass: bool = False

    @property
    def on_handler(self) -> bool:
        """Whether a declaration there offers just the methods of one handler."""
        if self.layer is not None:
            return self.layer.name == "handler"
        return self.kind in ("handler", "new")


def plain_route(pattern_path: PatternPath) -> str:
    """Return the name of a route; that of the plain one for one with a format suffix."""
    name = route_name(pattern_path)
    for plain in without_suffix(name):
        return plain
    return name


def unit_of(pattern_path: PatternPath, method: str) -> Unit:
    """Return what serves a method at the end of a pattern path."""
    view = wrapped_views.inspect_view(pattern_path[-1].callback)
    handlers = view.handlers or {}
    function = wrapped_views.api_view_function(view.view_class) if view.view_class else None
    if function is not None:
        *_, innermost = wrapped(function)
        return Unit(pattern_path, innermost, "", frozenset(handlers))
    if handlers.keys() - {"OPTIONS"}:
        handler = handlers.get(method, "")
        served = frozenset(name for name in handlers if handlers[name] == handler)
        return Unit(pattern_path, view.view_class, handler, served or frozenset({method}))
    *_, innermost = wrapped(view.view_class or pattern_path[-1].callback)
    return Unit(pattern_path, innermost, "", frozenset())


def _units(pattern_path: PatternPath) -> Iterator[Unit]:
    view = wrapped_views.inspect_view(pattern_path[-1].callback)
    # Every class has an OPTIONS, which says nothing.
    for method in (view.handlers or {}).keys() - {"OPTIONS"} or {"GET"}:
        yield unit_of(pattern_path, method)


def _where(counts: Callable[[Unit], bool]) -> frozenset[Here]:
    return frozenset(
        unit.here for pattern_path, _ in survey() for unit in _units(pattern_path) if counts(unit)
    )


def _same_handler(unit: Unit) -> Callable[[Unit], bool]:
    """Return a function that tells whether a decorator above ``unit`` reaches another one."""

    def counts(other: Unit) -> bool:
        if not unit.handler or not isinstance(other.holder, type):
            return other.holder is unit.holder
        return (
            issubclass(other.holder, unit.holder)
            and other.handler == unit.handler
            and getattr(other.holder, unit.handler) is getattr(unit.holder, unit.handler, None)
        )

    return counts


def for_new(unit: Unit) -> Spot:
    """Return the place of a handler that has yet to be written."""
    found = _where(lambda other: _inherits(other.holder, unit))
    others = {route for route, _ in found} - {plain_route(unit.pattern_path)}
    return Spot("new", unit.view, unit, subclass=bool(others))


def _inherits(holder: Any, unit: Unit) -> bool:
    inherits = isinstance(holder, type) and issubclass(holder, unit.holder)
    return inherits and not hasattr(holder, unit.handler)


def reach(layer: Layer) -> frozenset[Here]:
    """Return all that one declaration has a say in."""
    found = set()
    for pattern_path, route_policies in survey():
        for unit in _units(pattern_path):
            method = min(unit.methods, default="GET")
            if any(_is(each, layer) for each in route_policies.effective(method).counting_layers):
                found.add(unit.here)
    return frozenset(found)


def _is(one: Any, other: Layer) -> bool:
    """Return whether what is written for one layer is written for another one too."""
    if isinstance(one, Layer) and one.applied == other.applied and one.name == other.name:
        return True
    # One decorator on several views is one line of code; attributes have but the line of a class.
    return (
        isinstance(one, Layer)
        and not (one.applied.attribute or other.applied.attribute)
        and one.declaration == other.declaration
    )


def is_shared(source: Source, field: str) -> bool:
    """Return whether a field is of a policy that other declarations hold too, as a constant is."""
    if _is_own_field(field, source):
        return False
    every = [layer for path, _ in survey() for stack in layer_order.stacks(path) for layer in stack]
    mine = source.layer
    return mine is not None and any(
        not _is(each, mine) and _same_policy(Source(each, number), source)
        for each in every
        for number in range(len(each.declaration.policies))
    )


def _same_policy(one: Source, other: Source) -> bool:
    if one.layer is None or other.layer is None or other.policy_name:
        return False
    held = one.layer.declaration.policies[one.number]
    return held is other.layer.declaration.policies[other.number]


def routes_that_take(source: Source, field: str) -> frozenset[str]:
    """Return the routes whose policy has a field from a setting, or from the same declaration."""
    found = set()
    for pattern_path, route_policies in survey():
        for effective, methods in governed_methods(pattern_path, route_policies):
            if (
                methods != ()
                and is_for(pattern_path, effective)
                and _takes(effective, source, field)
            ):
                found.add(plain_route(pattern_path))
    return frozenset(found)


def _takes(effective: EffectivePolicy, source: Source, field: str) -> bool:
    for number in range(len(effective.policies)):
        found = sources_of(effective, number)[field]
        if source.layer is None and found.layer is None:
            return True
        if source.policy_name and found.policy_name == source.policy_name:
            return True
        if source.layer and found.layer and _is(found.layer, source.layer):
            return True
        if _same_policy(found, source) and not _is_own_field(field, found, source):
            return True
    return False


def _is_own_field(field: str, *sources: Source) -> bool:
    """Return whether one of some declarations has a field of its own beside the policy."""
    return any(field in dict(each.layer.declaration.fields) for each in sources if each.layer)


# --- The narrowest place -----------------------------------------------------------------------


def narrowest(unit: Unit, effective: EffectivePolicy) -> Spot:
    """Return the place nearest to what serves the request where a policy opens the least."""
    nearest_layer = next(
        iter((*effective.counting_layers[1:], *effective.counting_layers[:1])), None
    )
    if effective.signal:
        nearest_layer = next(iter(effective.counting_layers), None)
    if isinstance(nearest_layer, Layer):
        others = reach(nearest_layer) - {unit.here}
        if not others or closes_whole(unit, nearest_layer):
            return Spot("instead", unit.view, unit, others, nearest_layer)
    if not is_installed(unit.pattern_path):
        return _in_code(unit)
    return _in_urlconf(unit, nearest_layer)


def closes_whole(unit: Unit, layer: Layer | None) -> bool:
    """Return whether a deny closes a class whole, so that nothing that is nearer counts."""
    closed = layer is not None and layer.name == "route" and layer.declaration.deny
    return closed and bool(lookup.build_safely(unit.pattern_path).effective_policies)


def _in_code(unit: Unit) -> Spot:
    others = _where(_same_handler(unit)) - {unit.here}
    view = wrapped_views.inspect_view(unit.pattern_path[-1].callback)
    own = layer_order.handler_layers(view)
    nearer = any(own.get(method) for method in unit.methods)
    alone = not (nearer or _other_handlers(unit) or _is_by_router(unit))
    if alone and (others or not (unit.handler or unit.is_named)):
        return Spot("entry", plain_route(unit.pattern_path), unit)
    if unit.handler:
        return Spot("handler", unit.view, unit, subclass=bool(others))
    return Spot("above", unit.view, unit, others)


def _is_by_router(unit: Unit) -> bool:
    return getattr(unit.pattern_path[-1].callback, "actions", None) is not None


def _other_handlers(unit: Unit) -> frozenset[Here]:
    return frozenset(other.here for other in _units(unit.pattern_path)) - {unit.here}


def _in_urlconf(unit: Unit, layer: Any) -> Spot:
    """Return the place for the view of an installed package, which nobody can decorate."""
    resolvers = unit.pattern_path[:-1]
    if _is_own(resolvers):
        return Spot("entry", plain_route(unit.pattern_path), unit, _other_handlers(unit))
    if isinstance(layer, Layer) and layer.name == "include":
        return Spot("instead", unit.view, unit, reach(layer) - {unit.here}, layer)
    own = max(number for number in range(len(resolvers)) if _is_own(resolvers[:number]))
    around = resolvers[: own + 1]
    below = _where(lambda other: other.pattern_path[: len(around)] == around)
    return Spot("include", route_name(around), unit, below - {unit.here})


def _is_own(resolvers: PatternPath) -> bool:
    """Return whether what the last of some resolvers includes is a module of the project.

    A list is that of a package, as often as not, and nobody can tell.
    """
    if not resolvers:
        return True
    modules = [_module(resolver.urlconf_name) for resolver in resolvers]
    folders = Path(getattr(modules[-1], "__file__", None) or "").parts
    return None not in modules and {"site-packages", "dist-packages"}.isdisjoint(folders)


def _module(urlconf: Any) -> Any:
    urlconf = getattr(urlconf, "urlconf", urlconf)
    return None if isinstance(urlconf, (list, tuple)) else urlconf
