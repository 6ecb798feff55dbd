"""A site as its author wrote it down: which declaration stands where, and what the settings say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

#: The fields of one policy, by the names that ``CorsPolicy`` gives them; what is left out is unset.
Fields = Mapping[str, Any]

HANDLERS = ("get", "post", "put", "patch", "delete", "head", "options")
ALL_METHODS = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
ALL_HEADERS = (
    "accept",
    "authorization",
    "content-type",
    "user-agent",
    "x-csrftoken",
    "x-requested-with",
)


# What is written is compared by identity, so that what follows from it can be kept.
@dataclass(frozen=True, eq=False)
class Mark:
    """One declaration: ``cors_deny`` where it has no policies, else ``cors_allow``.

    ``names`` are the names of ``CORS_POLICIES`` it is written with, where it is.
    """

    policies: tuple[Fields, ...] = ()
    names: tuple[str, ...] = ()
    #: What a denial says of it; ``None`` where it says nothing.
    enforce: Any = None

    @property
    def denies(self) -> bool:
        return not self.policies

    @property
    def names_origins(self) -> bool:
        return any("origins" in each or "origin_regexes" in each for each in self.policies)


#: What stands above one callable, the outermost first.
Marks = tuple[Mark, ...]


@dataclass(frozen=True, eq=False)
class Class:
    """One class of a view's MRO. ``bases`` are indices of ``Route.classes``."""

    bases: tuple[int, ...] = ()
    #: Above the class, the outermost first; True where it goes on ``dispatch`` by method_decorator.
    above: tuple[tuple[bool, Mark], ...] = ()
    cors_policy: Mark | None = None
    action_policies: Mapping[str, Mark] = field(default_factory=dict)
    #: The handlers that the body defines.
    handlers: Mapping[str, Marks] = field(default_factory=dict)
    #: Marks put on a handler, own or inherited, by ``method_decorator(..., name=handler)``.
    wrapped: Mapping[str, Marks] = field(default_factory=dict)
    #: Where the class answers POST without a ``post()`` that anybody sees: "dispatch", "setup",
    #: "initial" or "http_method_not_allowed". "super" is a ``dispatch`` of its own that only calls
    #: the next.
    hides: str = ""


@dataclass(frozen=True, eq=False)
class Route:
    """One URL and the view behind it."""

    url: str
    #: "function", "api_view", "view", "apiview" or "viewset".
    kind: str
    #: Of the includes around it, the innermost first; ``None`` is one of Django's own.
    includes: tuple[Mark | None, ...] = ()
    #: On the callable that the route names, the outermost first.
    entry: Marks = ()
    #: Given to ``as_view()``, or to ``@action``.
    cors_policy: Mark | None = None
    #: Below ``@api_view``, and the methods it is given.
    below: Marks = ()
    listed: tuple[str, ...] = ()
    #: In the order of the MRO.
    classes: tuple[Class, ...] = ()
    http_method_names: tuple[str, ...] = (
        "get",
        "post",
        "put",
        "patch",
        "delete",
        "head",
        "options",
    )
    #: Which action of a viewset serves a method.
    actions: Mapping[str, str] = field(default_factory=dict)
    #: The headers that the view writes itself, and the status of its answers.
    own: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


@dataclass(frozen=True, eq=False)
class Settings:
    """What the settings say, as far as it is valid."""

    origins: tuple[str, ...] = ()
    origin_regexes: tuple[str, ...] = ()
    all_origins: bool = False
    credentials: bool = False
    methods: tuple[str, ...] = ALL_METHODS
    headers: tuple[str, ...] = ALL_HEADERS
    expose_headers: tuple[str, ...] = ()
    max_age: int = 86400
    private_network: bool = False
    #: Prefixes of paths.
    urls: tuple[str, ...] = ("/",)
    opt_in: bool = False
    enforce: Any = False
    #: Connected to ``check_request_enabled``: each is asked with a path and an origin.
    receivers: tuple[Callable[[str, str], bool], ...] = ()


@dataclass(frozen=True, eq=False)
class Site:
    settings: Settings
    routes: tuple[Route, ...]


@dataclass(frozen=True)
class Asked:
    """A request. ``method`` is that of a preflight's question where ``preflight`` is True."""

    path: str
    method: str
    origin: str | None = None
    preflight: bool = False
    headers: str | None = None
    private_network: bool = False
    #: Whether a middleware below answers it, so that it never meets the view.
    early: bool = False
