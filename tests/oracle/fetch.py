"""A browser's half, as far as a page's request needs leave: the Fetch standard, and nothing else.

https://fetch.spec.whatwg.org/, sections "CORS check", "CORS-preflight fetch" and "CORS-preflight
cache".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

ACAO, ACAC = "access-control-allow-origin", "access-control-allow-credentials"
ACAM, ACAH = "access-control-allow-methods", "access-control-allow-headers"
MAX_AGE = "access-control-max-age"

#: "CORS-safelisted method".
SAFELISTED = frozenset({"GET", "HEAD", "POST"})
#: "CORS non-wildcard request-header name".
NON_WILDCARD = "authorization"
#: What a missing Access-Control-Max-Age means ("CORS-preflight fetch", step 7.9).
DEFAULT_AGE = 5

Headers = Mapping[str, str]


@dataclass(frozen=True)
class PageRequest:
    """What a page asks for: a method as ``fetch()`` normalises it, and no safelisted header."""

    method: str
    names: frozenset[str] = frozenset()
    include: bool = False

    @property
    def needs_leave(self) -> bool:
        """Whether it has to be asked about with a preflight."""
        return self.method not in SAFELISTED or bool(self.names)


def listed(value: str | None) -> list[str]:
    """Return the members of a header's list."""
    return [each.strip() for each in (value or "").split(",") if each.strip()]


def cors_check(origin: str, include: bool, headers: Headers) -> bool:
    """Do "CORS check"."""
    allowed = headers.get(ACAO)
    if allowed is None:
        return False
    if not include and allowed == "*":
        return True
    return allowed == origin and (not include or headers.get(ACAC) == "true")


def preflight_passes(request: PageRequest, origin: str, status: int, headers: Headers) -> bool:
    """Do "CORS-preflight fetch" with the answer, from step 7 on."""
    if not 200 <= status < 300 or not cors_check(origin, request.include, headers):
        return False
    methods, names = listed(headers.get(ACAM)), [each.lower() for each in listed(headers.get(ACAH))]
    wildcard = "*" in methods and not request.include
    if request.method not in methods and request.method not in SAFELISTED and not wildcard:
        return False
    if NON_WILDCARD in request.names and NON_WILDCARD not in names:
        return False
    return all(name in names or ("*" in names and not request.include) for name in request.names)


@dataclass
class PreflightCache:
    """All that one page can have a browser remember of a URL, by whether it asked with credentials.

    Nothing ever expires here, since a page may ask for everything within seconds, in any order.
    """

    methods: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})
    names: dict[bool, set[str]] = field(default_factory=lambda: {True: set(), False: set()})

    def keep(self, request: PageRequest, headers: Headers) -> None:
        """Remember a preflight that passed, unless it says to forget it at once."""
        age = headers.get(MAX_AGE)
        if (int(age) if age is not None and age.isdigit() else DEFAULT_AGE) == 0:
            return
        self.methods[request.include].update(listed(headers.get(ACAM)))
        self.names[request.include].update(each.lower() for each in listed(headers.get(ACAH)))

    def lets_pass(self, request: PageRequest) -> bool:
        """Whether "HTTP fetch" sends a request without a preflight ("cache entry match")."""
        # An entry with credentials serves a request without them too.
        kept = (True,) if request.include else (True, False)
        methods = set().union(*(self.methods[each] for each in kept))
        names = set().union(*(self.names[each] for each in kept))
        method_kept = request.method in SAFELISTED or bool({request.method, "*"} & methods)
        return method_kept and all(
            name in names or ("*" in names and name != NON_WILDCARD) for name in request.names
        )
