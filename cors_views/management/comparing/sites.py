"""A site as its JSON describes it, made ready to be compared with another state of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple, TypeVar

from cors_views.defaults import default_methods
from cors_views.management.comparing.rights import NOTHING, Grant, grant, grant_for

#: The methods of a view that shows none.
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


T = TypeVar("T")


class Rule(NamedTuple):
    """One policy for one method: whom it admits, and what it grants them.

    ``asks`` names those who are asked per request, and what cannot be loaded now.
    """

    grant: Grant
    origins: frozenset[str]
    regexes: tuple[str, ...]
    asks: tuple[str, ...]


class Place(NamedTuple):
    """Which layer decides, under which named policy, and where that is declared."""

    layer: str
    policy: str | None
    file: str = ""
    line: int | None = None
    setting: str = ""


class Governed(NamedTuple):
    """What governs one method: the rules in their order, and where each is declared.

    Of several rules the first that admits an origin answers it, be it that it grants nothing.

    ``enforced`` is whether the site refuses on the server what is not admitted. ``url_matters`` is
    whether only those URLs are opened that ``CORS_URLS_REGEX`` matches.
    """

    rules: tuple[Rule, ...] = ()
    places: tuple[Place, ...] = ()
    enforced: bool = False
    url_matters: bool = False


class Route(NamedTuple):
    """One route, by method. ``others`` governs methods that are not named, where it serves any."""

    name: str | None
    view: str | None
    app: str | None
    methods: Mapping[str, Governed]
    others: Governed | None

    def governed(self, method: str) -> Governed:
        return self.methods.get(method) or self.others or Governed()


class Site(NamedTuple):
    """All routes of a site, by what tells them from each other."""

    urlconf: str
    urls_regexes: tuple[str, ...]
    routes: Mapping[tuple[str | None, int], Route]

    def only(self, wants: Callable[[str | None, str], bool]) -> Site:
        """Return the site with those routes alone that are wanted, by their name and their app."""
        routes = {
            key: route for key, route in self.routes.items() if wants(route.name, route.app or "")
        }
        return self._replace(routes=routes)

    def names(self) -> set[str]:
        """Return all routes that have a name."""
        return {name for name, _ in self.routes if name}


def site_of(document: Mapping[str, Any], routes: Iterable[Mapping[str, Any]]) -> Site:
    """Return what a document says, whose routes may come one by one."""
    reader = _Reader(document["middleware"])
    found: dict[tuple[str | None, int], Route] = {}
    seen: dict[str | None, int] = {}
    for route in routes:
        if route["reached"]:
            # Several expressions may read alike.
            number = seen.setdefault(route["route"], 0)
            seen[route["route"]] += 1
            found[route["route"], number] = reader.route(route)
    return Site(document["urlconf"], tuple(document["urls_regexes"]), found)


class _Reader:
    """Makes rules of policies. What many routes share is held once."""

    def __init__(self, in_effect: bool) -> None:
        self.in_effect = in_effect
        self._shared: dict[Any, Any] = {}

    def route(self, route: Mapping[str, Any]) -> Route:
        governing: dict[str, list[_Policy]] = {}
        for policy in map(_Policy, route["policies"]):
            for method in policy.written["methods"]:
                governing.setdefault(method, []).append(policy)
        others = governing.pop("*", None)
        named = {*governing, *(_methods_of(others) if others else ())}
        methods = {
            method: self._governed(method, governing.get(method) or others or [])
            for method in sorted(named)
        }
        return Route(
            route["route"],
            route["view"],
            route["app"],
            self._one(methods, tuple(methods.items())),
            self._governed("", others) if others else None,
        )

    def _governed(self, method: str, policies: list[_Policy]) -> Governed:
        enforced = any(policy.written["enforce"] is True for policy in policies)
        governed = Governed(
            tuple(policy.rule(method, enforced) for policy in policies if self.in_effect),
            tuple(policy.place for policy in policies),
            self.in_effect and enforced,
            any(policy.written["urls_regex"] == "maybe" for policy in policies),
        )
        return self._one(governed, governed)

    def _one(self, value: T, key: Any) -> T:
        shared: T = self._shared.setdefault(key, value)
        return shared


class _Policy:
    """A policy as it is written, and its rule for each method."""

    def __init__(self, written: Mapping[str, Any]) -> None:
        self.written = written
        self.grant = grant(written) if written["access"] == "allow" else NOTHING
        loaded = written["loaded"] if written["urls_regex"] != "never" else []
        names = (name for each in loaded for name in each["origins"])
        self._rule = Rule(
            self.grant,
            frozenset((*written["origins"], *names)),
            tuple(written["origin_regexes"]),
            (*written["asks"], *(each["by"] for each in loaded if each["count"] is None)),
        )
        at = written["declared_at"]
        setting = at.get("setting", "")
        self.place = Place(
            written["layer"], written["policy"], at.get("file", ""), at.get("line"), setting
        )

    def rule(self, method: str, enforced: bool) -> Rule:
        if self.grant is NOTHING:
            return self._rule
        granted = grant_for(self.written, method, self.grant, enforced=enforced)
        return self._rule._replace(grant=granted)


def _methods_of(policies: list[_Policy]) -> set[str]:
    offered = {name for policy in policies for name in policy.written["offers"]}
    return {*_METHODS, *default_methods, *offered} - {"*"}
