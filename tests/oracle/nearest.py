"""Which policy is nearest: the layers of a route, and what they make of each other."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.oracle.written import Asked, Class, Fields, Mark, Marks, Route, Settings, Site

A, B, BELOW_B, LOCAL, NULL, EVIL = REAL = (
    "https://a.example",
    "https://b.example",
    "https://x.b.example",
    "http://localhost:3000",
    "null",
    "https://evil.example",
)
#: Which of these each pattern admits.
PATTERNS = {
    A: {A},
    B: {B},
    "HTTPS://B.example:443": {B},
    "https://*.b.example": {BELOW_B},
    "http://localhost:*": {LOCAL},
    NULL: {NULL},
    "*": set(REAL),
}
REGEXES = {
    r"https://[ab]\.example": {A, B},
    r"https://a\.example|https://x\.b\.example": {A, BELOW_B},
    r"https://a\.exampl": set(),
}

#: Of one site after the other, what follows from what is written.
kept = functools.lru_cache(maxsize=1000)


@dataclass(frozen=True)
class Policy:
    """A policy with all fields, after what is nearer has replaced some of them."""

    origins: frozenset[str]
    any_origin: bool
    asks: tuple[Any, ...]
    #: Whether the receivers of ``check_request_enabled`` are asked too.
    receivers: tuple[Callable[[str, str], bool], ...]
    credentials: bool
    #: ``None`` where nobody says.
    methods: tuple[str, ...] | None
    headers: tuple[str, ...]
    expose_headers: tuple[str, ...]
    #: ``None`` where no policy says.
    max_age: int | None
    private_network: bool
    #: True, False or "report".
    enforce: Any

    def admits(self, path: str, origin: str | None) -> bool:
        if self.any_origin:
            return True
        if origin not in REAL:
            return False
        return (
            origin in self.origins
            or any(origin in ask.admits for ask in self.asks)
            or any(_said_yes(receiver, path, origin) for receiver in self.receivers)
        )


@dataclass(frozen=True)
class Nobody:
    """``cors_deny``."""

    enforce: Any


#: What governs a method: policies, of which the first that admits answers; a denial; or nothing.
Governing = tuple[Policy, ...] | Nobody | None


def _said_yes(receiver: Callable[[str, str], bool], path: str, origin: str) -> bool:
    try:
        return receiver(path, origin)
    except ValueError:
        return False


# --- Which declarations speak --------------------------------------------------------------------


@kept
def mro(route: Route, index: int = 0) -> tuple[int, ...]:
    """Return the classes of a view in the order in which Python looks at them."""
    made: dict[int, type] = {}
    for each in reversed(range(len(route.classes))):
        bases = tuple(made[base] for base in route.classes[each].bases)
        made[each] = type(str(each), bases, {})
    return tuple(int(one.__name__) for one in made[index].__mro__ if one is not object)


@kept
def handler(route: Route, method: str) -> str | None:
    """Return the name under which a class serves a method; ``None`` where it answers 405."""
    name = method.lower()
    if route.kind == "viewset":
        mapping = {"head": route.actions.get("get"), "options": "options"} | dict(route.actions)
        return mapping.get(name)
    if route.kind == "api_view":
        listed = {each.lower() for each in route.listed} | {"options"}
        return name if name in listed else None
    if name not in route.http_method_names:
        return None
    defined = {each for one in route.classes for each in (*one.handlers, *one.wrapped)}
    if name in defined or name == "options":
        return name
    return "get" if name == "head" and "get" in defined else None


@kept
def served(route: Route) -> tuple[str, ...]:
    """Return the methods that a class really implements."""
    possible = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    if route.kind == "api_view":
        # Django gives a view a head() beside its get(), and the list says what is let through.
        return (*route.listed, "OPTIONS")
    return tuple(each for each in possible if handler(route, each) is not None)


def on_handler(route: Route, name: str) -> Iterator[Mark]:
    """Yield what is declared for a handler, class by class along the MRO."""
    order = mro(route)
    marks: dict[int, Marks] = {}
    # The class whose own method serves, and those whose methods it wraps.
    looking = order
    while True:
        owner = next(
            (
                each
                for each in looking
                if name in route.classes[each].handlers or name in route.classes[each].wrapped
            ),
            None,
        )
        if owner is None:
            break
        found = route.classes[owner]
        marks[owner] = (*found.wrapped.get(name, ()), *found.handlers.get(name, ()))
        if name in found.handlers:
            break
        looking = mro(route, owner)[1:]
    for each in order:
        entry = route.classes[each].action_policies.get(name)
        yield from () if entry is None else (entry,)
        yield from marks.get(each, ())


def on_class(one: Class) -> Iterator[Mark]:
    yield from (mark for _, mark in one.above)
    if one.cors_policy is not None:
        yield one.cors_policy


@kept
def on_entry(route: Route) -> Marks:
    """Return what is declared for the callable that a route names, the outermost first."""
    # @api_view is one decorator more in the stack above a function.
    given = () if route.cors_policy is None else (route.cors_policy,)
    return (*route.entry, *given, *route.below)


@kept
def chain(route: Route, method: str) -> Marks:
    """Return all that is declared for a method, the nearest first."""
    name = handler(route, method) if route.kind != "function" else None
    marks: list[Mark] = []
    if name is not None and route.classes:
        marks += on_handler(route, name)
    elif any(one.hides for one in route.classes) and method.lower() not in route.http_method_names:
        marks += denial_of_unlisted(route, method.lower())
    marks += on_entry(route)
    for each in mro(route) if route.classes else ():
        marks += on_class(route.classes[each])
    return (*marks, *(mark for mark in route.includes if mark is not None))


def denial_of_unlisted(route: Route, name: str) -> Marks:
    """Return what denies a handler that a dispatch() may call, though it is not listed."""
    defined = {each for one in route.classes for each in (*one.handlers, *one.wrapped)}
    own = (*on_handler(route, "get" if name == "head" and name not in defined else name),)
    ends = (mark for mark in own if mark.denies or mark.names_origins)
    return own if any(mark.denies for mark in (*ends,)[:1]) else ()


@kept
def declared_handler(route: Route, method: str) -> bool:
    """Whether something is declared on the very handler of a method."""
    name = handler(route, method) if route.classes else None
    return name is not None and any(on_handler(route, name))


@kept
def says_nothing(route: Route) -> bool:
    """Whether no layer says anything, for any handler of a route."""
    methods = ("", "GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
    return not any(chain(route, method) for method in methods)


# --- What they make of each other -----------------------------------------------------------------


def governing(site: Site, route: Route | None, asked: Asked, method: str) -> Governing:
    """Return the policies that govern a method of a route, for this request."""
    declared = route is not None and bool(chain(route, method))
    if not declared and not closed(route) and not reaches(site.settings, asked):
        return None
    return combined(site.settings, route, method)


def closed(route: Route | None) -> bool:
    """Whether the outermost mark of the URLconf entry denies: it closes the route whole."""
    return route is not None and any(mark.denies for mark in on_entry(route)[:1])


@kept
def combined(settings: Settings, route: Route | None, method: str) -> Governing:
    """Return what the layers make of each other, nearest first."""
    refining: list[Fields] = []
    if closed(route):
        assert route is not None
        return denial(settings, on_entry(route)[0], refining)
    for index, mark in enumerate(chain(route, method) if route is not None else ()):
        if mark.denies:
            return denial(settings, mark, refining)
        policies = mark.policies
        if index == 0 and route is not None and declared_handler(route, method):
            # It offers the method that it serves, where it names none.
            policies = tuple({"methods": (method,)} | dict(each) for each in policies)
        if mark.names_origins:
            return tuple(alone(settings, each, refining) for each in policies)
        refining.append(policies[0])
    return (composed(settings, by_settings(settings), refining, settings.receivers),)


def denial(settings: Settings, mark: Mark, refining: list[Fields]) -> Nobody:
    """Return what a denial makes of ``enforce``, the only field that it can hold."""
    said = (*(each.get("enforce") for each in refining), mark.enforce, settings.enforce)
    return Nobody(next(each for each in said if each is not None))


def enforced(found: Governing) -> bool:
    """Whether the server refuses whom none of the policies admits: the strictest of them counts."""
    if isinstance(found, Nobody):
        return found.enforce is True
    return any(each.enforce is True for each in found or ())


def reaches(settings: Settings, asked: Asked) -> bool:
    """Whether the settings' policy speaks about what declares nothing."""
    if settings.opt_in:
        return False
    if asked.path.startswith(settings.urls):
        return True
    # The receivers open a URL, whatever the Origin holds; whom it admits is the next question.
    return asked.origin is not None and any(
        _said_yes(receiver, asked.path, asked.origin) for receiver in settings.receivers
    )


def by_settings(settings: Settings) -> dict[str, Any]:
    return {
        "origins": ("*",) if settings.all_origins else settings.origins,
        "origin_regexes": settings.origin_regexes,
        "credentials": settings.credentials,
        "private_network": settings.private_network,
    }


def alone(settings: Settings, policy: Fields, refining: list[Fields]) -> Policy:
    """Return a policy that names its origins: trust starts at False, whatever the settings say."""
    untrusting = {"origins": (), "credentials": False, "private_network": False}
    return composed(settings, untrusting | dict(policy), refining, ())


def composed(
    settings: Settings,
    policy: dict[str, Any],
    refining: list[Fields],
    receivers: tuple[Callable[[str, str], bool], ...],
) -> Policy:
    for nearer in reversed(refining):
        policy = policy | dict(nearer)
    entries = policy["origins"]
    entries = (entries,) if isinstance(entries, str) else entries
    any_origin = "*" in entries
    admitted = [PATTERNS[each] for each in entries if isinstance(each, str)]
    admitted += [REGEXES[each] for each in policy.get("origin_regexes", ())]
    return Policy(
        origins=frozenset().union(*admitted),
        any_origin=any_origin,
        asks=tuple(each for each in entries if callable(each)),
        receivers=receivers,
        # Any origin and credentials never meet by composition.
        credentials=policy["credentials"] and not any_origin,
        methods=tuple(policy["methods"]) if "methods" in policy else None,
        headers=tuple(policy.get("headers", settings.headers)),
        expose_headers=tuple(policy.get("expose_headers", settings.expose_headers)),
        max_age=policy.get("max_age"),
        private_network=policy["private_network"],
        enforce=policy.get("enforce", settings.enforce),
    )


def admitting(found: Governing, asked: Asked) -> Policy | None:
    """Return the policy that answers an origin, whole."""
    if not isinstance(found, tuple):
        return None
    return next((each for each in found if each.admits(asked.path, asked.origin)), None)
