"""The wording of an advice: what to write where, as data for the tests and in words for people."""

from __future__ import annotations

import dataclasses
from typing import ClassVar

from cors_views.inspection.policies_in_use import Source, listed
from cors_views.management.explaining import source_code
from cors_views.management.explaining.source_code import Item
from cors_views.management.explaining.where_to_write import Spot
from cors_views.management.overview import wording
from cors_views.resolution.layer_order import Layer


@dataclasses.dataclass(frozen=True)
class Declare:
    """Write a declaration. ``note`` is what else has to be known, in a sentence.

    ``also`` are methods of the view that the page may send then, beside the one that it asks for.
    """

    spot: Spot
    policies: tuple[Item, ...]
    note: str = ""
    also: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """The declaration as it is written at its place."""
        layer = self.spot.layer
        if layer is not None and layer.applied.attribute:
            return source_code.value(self.policies)
        if self.spot.kind == "include" or (layer is not None and layer.name == "include"):
            return f"cors_include(..., {source_code.include_arguments(self.policies)})"
        return f"cors_allow({source_code.arguments(self.policies)})"

    def __str__(self) -> str:
        known = (
            "default_headers is in cors_views.defaults." if "*default_headers" in self.code else ""
        )
        sentences = [f"{self._where()}.", known, _opened(self.spot, self.also), self.note]
        return " ".join(filter(None, sentences))

    def _where(self) -> str:
        spot, code = self.spot, self.code
        if spot.layer is not None:
            old = _old(spot.layer)
            return f"{place(spot.layer)}: write {self._marked(spot.layer)} instead{old}"
        if spot.kind == "entry":
            return f"the URLconf: write {code}(...) around the view of {spot.target}"
        if spot.kind == "include":
            return f"the URLconf: write {code} instead of the include at {spot.target}"
        if spot.kind == "above":
            return f"{spot.target}: write @{code} above it"
        return f"{spot.target}: {self._at_handler()}"

    def _at_handler(self) -> str:
        unit = self.spot.unit
        handler, route = unit.handler, unit.here[0]
        own = f"a subclass of it for {route} alone, with " if self.spot.subclass else ""
        if self.spot.kind == "new":
            return f"write {own}a {handler}() with @{self.code} above it"
        if unit.is_defined_here and not own:
            return f"write @{self.code} above its {handler}"
        return f"write {own}@method_decorator({self.code}, name={handler!r}) above it"

    def _marked(self, layer: Layer) -> str:
        return f"@{self.code}" if self.code.startswith("cors_allow") else self.code


@dataclasses.dataclass(frozen=True)
class Extend:
    """Add to a field where it is set: at a declaration, in ``CORS_POLICIES`` or in a setting.

    ``values`` are added to a list, or a single one is written. ``routes`` are those that get it,
    where that is more than the page asked for; ``spot`` is where it stands, where it is not, and
    ``also`` are the other methods of the view there that the page may send then.
    """

    source: Source
    field: str
    values: tuple[str, ...]
    routes: frozenset[str] = frozenset()
    note: str = ""
    spot: Spot | None = None
    also: tuple[str, ...] = ()

    def __str__(self) -> str:
        code, name = ", ".join(self.values), self._name()
        change = f"add {code} to {name}"
        if self.values == ("True",):
            change = f"write {name}{' = ' if self.source.layer is None else '='}{code}"
        count = len(self.routes)
        routes = f"That is for {count} route{'s' if count != 1 else ''}." if self.routes else ""
        sentences = [f"{where(self.source, self.field)}: {change}.", self.note, routes]
        sentences += [_opened(self.spot, self.also)] if self.spot else []
        return " ".join(filter(None, sentences))

    def _name(self) -> str:
        layer = self.source.layer
        if layer is None:
            return self.source.setting
        if len(layer.declaration.policies) > 1 and not self.source.policy_name:
            return f"{self.field} of policy number {self.source.number + 1}"
        return self.field


@dataclasses.dataclass(frozen=True)
class Ask:
    """Let the page ask in another way: ``changes`` are the fields of its call that differ."""

    changes: dict[str, object]
    text: str

    def __str__(self) -> str:
        return f"the page: {self.text}."


@dataclasses.dataclass(frozen=True)
class Move:
    """Put the middleware first."""

    why: str
    path: ClassVar[str] = "cors_views.middleware.CorsMiddleware"

    def __str__(self) -> str:
        return f"MIDDLEWARE: put {self.path!r} first; {self.why}."


@dataclasses.dataclass(frozen=True)
class Tell:
    """What no line of code by itself would change."""

    text: str

    def __str__(self) -> str:
        return self.text


Edit = Declare | Extend | Ask | Move | Tell


def _old(layer: Layer) -> str:
    return " of cors_deny" if layer.declaration.deny else ""


def _opened(spot: Spot, also: tuple[str, ...]) -> str:
    """Return what a declaration opens besides what it is for."""
    route, _ = spot.unit.here
    routes = sorted({at for at, _ in spot.opens if at != route})
    others = [f"{listed(also)} of the view"] if also else []
    if routes:
        plural = "s" if len(routes) > 1 else ""
        others.append(f"{len(routes)} more route{plural} ({listed(routes)})")
    return f"That is also for {' and for '.join(others)}." if others else ""


def place(layer: Layer) -> str:
    """Return the place of a layer, and the attribute that holds it: a class has several."""
    found = wording.place(layer, lines=True)
    return f"{found}, {layer.applied.attribute}" if layer.applied.attribute else found


def where(source: Source, field: str) -> str:
    """Return where a field has to be changed: in the settings, or where it is declared."""
    if source.layer is None:
        return "settings"
    if source.policy_name and field not in dict(source.layer.declaration.fields):
        return f"settings, CORS_POLICIES[{source.policy_name!r}]"
    return place(source.layer)
