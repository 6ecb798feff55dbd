"""Random sites, and what is asked of them."""

from __future__ import annotations

from collections.abc import Callable
from importlib.util import find_spec
from random import Random
from typing import Any

from tests.oracle.fetch import PageRequest
from tests.oracle.nearest import BELOW_B, EVIL, LOCAL, NULL, PATTERNS, REAL, REGEXES, A, B
from tests.oracle.written import (
    ALL_HEADERS,
    Asked,
    Class,
    Fields,
    Mark,
    Marks,
    Route,
    Settings,
    Site,
)

HAS_REST_FRAMEWORK = find_spec("rest_framework") is not None

BELOW = "https://*.b.example"

#: What no browser writes as an origin.
NO_ORIGINS = (
    f"{A}/",
    "https://A.example",
    f"{A}:443",
    "HTTPS://a.example",
    f"{A}, {B}",
    "https://a.example.evil.example\t",
    "*",
    "<script>",
)

# --- Callables and receivers ---------------------------------------------------------------------


class Asks:
    """A callable in ``origins``; ``admits`` are the origins that it says yes to."""

    def __init__(self, admits: set[str], *, error: bool = False) -> None:
        self.admits = set() if error else admits
        self.error = error
        self.times = 0

    def __call__(self, request: Any, origin: str) -> bool:
        self.times += 1
        if self.error:
            raise ValueError("a callable that fails means no")
        # To what is no origin, too: nobody is to ask about that.
        return origin in self.admits or self.admits == set(REAL)


ASKS = (Asks({B, LOCAL}), Asks({NULL, A}), Asks(set(REAL)), Asks({A}, error=True))


def _on_one_path(path: str, origin: str) -> bool:
    return "0" in path and origin in (B, BELOW_B)


def _to_all(path: str, origin: str) -> bool:
    # To what is no origin, too: nobody is to ask about that.
    return "r2" in path


def _everywhere(path: str, origin: str) -> bool:
    return origin == LOCAL


def _fails(path: str, origin: str) -> bool:
    raise ValueError("a receiver that fails means no")


RECEIVERS: tuple[tuple[Callable[[str, str], bool], ...], ...] = (
    (),
    (),
    (),
    (_everywhere,),
    (_on_one_path, _fails),
    (_to_all,),
)

# --- Settings ------------------------------------------------------------------------------------

#: What is written in the settings, and what of it is valid. Nothing raises, whatever it is.
WRITTEN: dict[str, list[tuple[dict[str, Any], dict[str, Any]]]] = {
    "origins": [
        ({}, {}),
        ({}, {}),
        ({"CORS_ALLOWED_ORIGINS": [A]}, {"origins": (A,)}),
        ({"CORS_ALLOWED_ORIGINS": (A, B)}, {"origins": (A, B)}),
        ({"CORS_ALLOWED_ORIGINS": ["HTTPS://B.example:443"]}, {"origins": (B,)}),
        (
            {"CORS_ALLOWED_ORIGINS": ["https://*.b.example", NULL]},
            {"origins": ("https://*.b.example", NULL)},
        ),
        ({"CORS_ORIGIN_WHITELIST": [A, B]}, {"origins": (A, B)}),
        ({"CORS_ALLOWED_ORIGINS": [A, f"{B}/path", 5, "b.example"]}, {"origins": (A,)}),
        ({"CORS_ALLOWED_ORIGINS": "*"}, {}),
        ({"CORS_ALLOWED_ORIGINS": 7}, {}),
    ],
    "regexes": [
        ({}, {}),
        ({}, {}),
        ({}, {}),
        *(
            ({"CORS_ALLOWED_ORIGIN_REGEXES": [each]}, {"origin_regexes": (each,)})
            for each in REGEXES
        ),
        ({"CORS_ORIGIN_REGEX_WHITELIST": list(REGEXES)}, {"origin_regexes": tuple(REGEXES)}),
    ],
    "all": [
        ({}, {}),
        ({}, {}),
        ({}, {}),
        ({"CORS_ALLOW_ALL_ORIGINS": True}, {"all_origins": True}),
        ({"CORS_ORIGIN_ALLOW_ALL": True}, {"all_origins": True}),
    ],
    "credentials": [
        ({}, {}),
        ({"CORS_ALLOW_CREDENTIALS": True}, {"credentials": True}),
        ({"CORS_ALLOW_CREDENTIALS": False}, {}),
    ],
    "methods": [
        ({}, {}),
        ({}, {}),
        ({"CORS_ALLOW_METHODS": ["GET", "PUT"]}, {"methods": ("GET", "PUT")}),
        (
            {"CORS_ALLOW_METHODS": ("GET", "HEAD", "POST", "PATCH")},
            {"methods": ("GET", "HEAD", "POST", "PATCH")},
        ),
        ({"CORS_ALLOW_METHODS": ["*"]}, {"methods": ("*",)}),
        ({"CORS_ALLOW_METHODS": "*"}, {"methods": ("*",)}),
    ],
    "headers": [
        ({}, {}),
        ({}, {}),
        (
            {"CORS_ALLOW_HEADERS": ["X-One", "Authorization"]},
            {"headers": ("x-one", "authorization")},
        ),
        ({"CORS_ALLOW_HEADERS": [*ALL_HEADERS, "x-two"]}, {"headers": (*ALL_HEADERS, "x-two")}),
        ({"CORS_ALLOW_HEADERS": ["*"]}, {"headers": ("*",)}),
        ({"CORS_ALLOW_HEADERS": "*"}, {"headers": ("*",)}),
    ],
    "expose": [
        ({}, {}),
        ({"CORS_EXPOSE_HEADERS": ["X-Shown"]}, {"expose_headers": ("X-Shown",)}),
    ],
    "age": [
        ({}, {}),
        ({"CORS_PREFLIGHT_MAX_AGE": 60}, {"max_age": 60}),
        ({"CORS_PREFLIGHT_MAX_AGE": 0}, {"max_age": 0}),
    ],
    "network": [({}, {}), ({"CORS_ALLOW_PRIVATE_NETWORK": True}, {"private_network": True})],
    "urls": [
        ({}, {}),
        ({}, {}),
        ({}, {}),
        ({"CORS_URLS_REGEX": r"^/a"}, {"urls": ("/a",)}),
        ({"CORS_URLS_REGEX": [r"^/nowhere/", r"^/r"]}, {"urls": ("/nowhere/", "/r")}),
        ({"CORS_URLS_REGEX": r"^/nowhere/"}, {"urls": ("/nowhere/",)}),
    ],
    "opt-in": [({}, {}), ({}, {}), ({}, {}), ({"CORS_OPT_IN": True}, {"opt_in": True})],
}

#: Named in ``CORS_POLICIES``.
NAMED: dict[str, Fields] = {
    "partners": {"origins": [A, B], "credentials": True},
    "public": {"origins": "*", "headers": ["*"], "methods": ["*"]},
    "quick": {"max_age": 60},
    "tenants": {"origins": [ASKS[0]], "origin_regexes": [next(iter(REGEXES))], "methods": ["PUT"]},
}

#: Where sites are drawn that enforce: what is written of it, and what is meant.
ENFORCE: list[tuple[dict[str, Any], dict[str, Any]]] = [
    ({}, {}),
    ({"CORS_ENFORCE": False}, {}),
    ({"CORS_ENFORCE": True}, {"enforce": True}),
    ({"CORS_ENFORCE": "report"}, {"enforce": "report"}),
    # Whoever meant to refuse and slipped refuses.
    ({"CORS_ENFORCE": "yes"}, {"enforce": True}),
]
ENFORCING_NAMED: dict[str, Fields] = {
    "strict": {"origins": [A, NULL], "enforce": True},
    "lenient": {"enforce": False},
    "loud": {"enforce": "report", "max_age": 60},
}

# --- Declarations --------------------------------------------------------------------------------


class Draw:
    """Draws one site from a seed; ``enforcing`` where policies and settings may enforce."""

    def __init__(self, seed: int | str, *, enforcing: bool = False) -> None:
        self.random = Random(seed)
        self.enforcing = enforcing
        self.named = {**NAMED, **(ENFORCING_NAMED if enforcing else {})}

    def some(self, probability: float) -> bool:
        return self.random.random() < probability

    def one(self, values: Any) -> Any:
        return self.random.choice(list(values))

    def several(self, values: Any, at_most: int, at_least: int = 0) -> list[Any]:
        return self.random.sample(list(values), self.random.randint(at_least, at_most))

    def fields(self, *, naming: bool) -> Fields:
        fields: dict[str, Any] = {}
        public = naming and self.some(0.2)
        if public:
            fields["origins"] = self.one(["*", ["*"]])
        elif naming:
            patterns = [each for each in PATTERNS if each != "*"]
            fields["origins"] = [
                *self.several([A, A, *patterns], 3),
                *(self.several(ASKS, 1) if self.some(0.2) else ()),
            ]
            if self.some(0.15):
                fields["origin_regexes"] = self.several(REGEXES, 2)
        choices = {
            "methods": [["GET"], ["PUT", "POST"], ["PUT", "PATCH", "DELETE"], ["*"], []],
            "headers": [["X-One"], ["X-One", "X-Two"], ["*"], ["Authorization", "*"], []],
            "expose_headers": [["X-Shown"], []],
            "max_age": [0, 60],
            "private_network": [True, False],
            "credentials": [False] if public else [True, True, False],
        }
        for name, values in choices.items():
            if self.some(0.5 if name in ("headers", "credentials") else 0.2):
                fields[name] = self.one(values)
        if self.enforcing and self.some(0.4):
            fields["enforce"] = self.one([True, True, False, "report"])
        return fields

    def mark(self) -> Mark:
        kind = self.random.random()
        if kind < 0.12:
            return Mark(enforce=self.one([None, True, False]) if self.enforcing else None)
        if kind < 0.2:
            several = ("partners", "strict" if self.enforcing else "public")
            names = (self.one(self.named),) if self.some(0.7) else several
            return Mark(tuple(self.named[name] for name in names), names)
        if kind < 0.3:
            return Mark(tuple(self.fields(naming=True) for _ in range(self.random.randint(2, 3))))
        if kind < 0.55:
            return Mark((self.fields(naming=False) if self.some(0.8) else {},))
        return Mark((self.fields(naming=True),))

    def marks(self, probability: float) -> Marks:
        if not self.some(probability):
            return ()
        return tuple(self.mark() for _ in range(2 if self.some(0.2) else 1))

    # --- Routes ----------------------------------------------------------------------------------

    def classes(self, kind: str, handlers: list[str], busy: float) -> tuple[Class, ...]:
        bases = self.one(
            [
                [()],
                [()],
                [(1,), ()],
                [(1,), (2,), ()],
                # A mixin beside the base, two of them, and two classes over one base.
                [(1, 2), (), ()],
                [(1, 2, 3), (), (), ()],
                [(1, 2), (3,), (3,), ()],
            ]
        )
        return tuple(
            self.class_(kind, each, index, bases, handlers, busy)
            for index, each in enumerate(bases)
        )

    def class_(
        self,
        kind: str,
        own_bases: tuple[int, ...],
        index: int,
        bases: list[tuple[int, ...]],
        handlers: list[str],
        busy: float,
    ) -> Class:
        last = index == len(bases) - 1
        alone = not own_bases and not last
        # The last one has them all, so that something is there to be inherited.
        some = handlers if last else self.several(handlers, min(2, len(handlers)))
        rest = kind != "view"
        inherited = [] if alone else [each for each in handlers if self.some(0.2 * busy)]
        return Class(
            bases=own_bases,
            above=tuple(
                (not alone and self.some(0.4), self.mark())
                for _ in range(self.one([1, 1, 2]) if self.some(0.35 * busy) else 0)
            ),
            cors_policy=self.mark() if rest and self.some(0.3 * busy) else None,
            action_policies={
                each: self.mark() for each in handlers if rest and self.some(0.25 * busy)
            },
            handlers={each: self.marks(0.5 * busy) for each in some},
            wrapped={each: (self.mark(),) for each in inherited},
            hides=self.one(
                ["dispatch", "setup", "http_method_not_allowed", "super"]
                + (["initial"] if rest else [])
            )
            if not alone and self.some(0.08)
            else "",
        )

    def route(self, number: int) -> Route:
        kinds = ["function", "view", "view"]
        if HAS_REST_FRAMEWORK:
            kinds += ["api_view", "apiview", "viewset", "viewset"]
        kind = self.one(kinds)
        # Some routes say much, some little, and one in eight nothing.
        busy = self.one([0, 0.3, 0.3, 0.6, 0.6, 1, 1, 1])
        depth = self.one([0, 0, 1, 2])
        fields: dict[str, Any] = {
            "url": "".join(f"{self.one('ab')}{each}/" for each in range(depth)) + f"r{number}/",
            "kind": kind,
            "includes": tuple(self.mark() if self.some(0.4 * busy) else None for _ in range(depth)),
            "entry": self.marks((0.9 if kind == "function" else 0.2) * busy),
        }
        if kind == "api_view":
            fields["below"] = self.marks(0.6 * busy)
            fields["listed"] = tuple(self.several(["GET", "POST", "PUT", "PATCH", "DELETE"], 4, 1))
        elif kind != "function":
            fields |= self.of_class(kind, busy)
        if self.some(0.15):
            fields["own"] = self.one(
                [
                    {"Access-Control-Allow-Origin": "*"},
                    {
                        "Access-Control-Allow-Origin": EVIL,
                        "Access-Control-Allow-Credentials": "true",
                        "Vary": "Origin",
                    },
                    {"access-control-allow-credentials": "true", "Vary": "Accept-Encoding"},
                    {"Access-Control-Expose-Headers": "X-Own", "Vary": "*"},
                ]
            )
        if self.some(0.1):
            fields["status"] = self.one([201, 401, 404, 500])
        return Route(**fields)

    def of_class(self, kind: str, busy: float) -> dict[str, Any]:
        methods = self.several(["get", "post", "put", "patch", "delete"], 5, 2)
        few = kind != "viewset" and "get" in methods and self.some(0.1)
        fields: dict[str, Any] = {}
        if kind == "viewset":
            # One action may serve several methods.
            names = ["one", "two", "three"]
            mapped = methods + (["options"] if self.some(0.2) else [])
            fields["actions"] = {each: self.one(names) for each in mapped}
            handlers = sorted(set(fields["actions"].values()))
        else:
            handlers = methods + (["options"] if self.some(0.05) else [])
            if few:
                fields["http_method_names"] = ("get", "post", "head", "options")
        if kind != "view" and self.some(0.2 * busy):
            fields["cors_policy"] = self.mark()
        return fields | {"classes": self.classes(kind, handlers, busy)}

    def site(self) -> tuple[dict[str, Any], Site]:
        """Return the settings as they are written, and the site."""
        raw: dict[str, Any] = {}
        meant: dict[str, Any] = {}
        for choices in (*WRITTEN.values(), *([ENFORCE] if self.enforcing else [])):
            written, valid = self.one(choices)
            raw |= written
            meant |= valid
        settings = Settings(**meant, receivers=self.one(RECEIVERS))
        return raw, Site(settings, tuple(self.route(each) for each in range(5)))

    # --- Requests --------------------------------------------------------------------------------

    def origin(self) -> str | None:
        kind = self.random.random()
        if kind < 0.1:
            return None
        return self.one(NO_ORIGINS) if kind < 0.2 else self.one([A, A, *REAL])

    def asked(self, site: Site) -> tuple[Route | None, Asked]:
        """Return a request, and the route that it is for."""
        route = self.one([*site.routes * 4, None])
        path = "/nowhere/" if route is None else f"/{route.url}"
        preflight = self.some(0.5)
        origin = self.origin()
        if preflight and origin is None:
            origin = A
        if self.some(0.03) and route is not None:
            path = path.rstrip("/")
        methods = ["GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"]
        return route, Asked(
            path,
            self.one([*methods, "patch", "CHICKEN", ""] if preflight else methods),
            origin,
            preflight,
            self.one([None, "x-one", "x-one,x-two", "authorization,x-one", "no names", "X-ONE"])
            if preflight
            else None,
            self.some(0.1),
            early=not preflight and self.some(0.05),
        )


#: All that the page of a model asks for: methods with no header, one, and what has to be named.
PAGE_REQUESTS = tuple(
    PageRequest(method, frozenset(names), include)
    for include in (False, True)
    for method in ("GET", "POST", "PUT", "PATCH", "DELETE", "patch")
    for names in ((), ("x-one",), ("authorization",), ("content-type",))
)
