"""Sets of origins and patterns whose lookup does not slow down as they grow."""

from __future__ import annotations

import abc
import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from cors_views.policies.patterns import Pattern, is_pattern, patterns_around
from cors_views.standard.origins import DEFAULT_PORTS, MAX_LENGTH, is_origin, is_port

#: A callable origin: ``(request, origin) -> bool``, or a coroutine function of the same shape.
OriginCallable = Callable[[Any, str], bool | Awaitable[bool]]


class LoadedOrigins(abc.ABC):
    """A callable origin that holds origins, which it loads from time to time.

    It is asked only when they have to be loaded; otherwise it knows the answer. See
    ``cors_views.CachedOrigins``, which can load them.
    """

    @abc.abstractmethod
    def known(self, origin: str) -> bool | None:
        """Return whether ``origin`` is admitted, or ``None`` where that has to be loaded first."""

    @abc.abstractmethod
    def __call__(self, request: Any, origin: str) -> bool:
        """Return whether ``origin`` is admitted, after loading what has to be loaded."""

    @abc.abstractmethod
    async def aadmits(self, origin: str) -> bool:
        """Return the same, for an async stack."""


#: One or more labels, none of them empty, of the same characters.
_WEB_LABELS = r"[a-z0-9_-]+(?:\.[a-z0-9_-]+)*"
_OTHER_LABELS = r"[A-Za-z0-9_~-]+(?:\.[A-Za-z0-9_~-]+)*"


def origins_key(origins: Iterable[str | OriginCallable]) -> tuple[str | int, ...]:
    """Return what tells origins from others: callables by identity, whatever they are equal to.

    A dataclass that leaves fields out of its comparison says yes to other origins than its equals.
    """
    return tuple([origin if isinstance(origin, str) else id(origin) for origin in origins])


def distinct(origins: Iterable[str | OriginCallable]) -> tuple[str | OriginCallable, ...]:
    """Return origins, each of them once, as ``origins_key`` tells them from others."""
    origins = tuple(origins)
    if len(origins) == 1:
        return origins
    by_key = {origin if isinstance(origin, str) else id(origin): origin for origin in origins}
    return tuple(by_key.values())


class OriginSet:
    """An immutable set of origins and patterns whose lookup does not slow down as it grows.

    ``origins`` are normal forms from ``parse_pattern``, callables, or ``"*"``; ``regexes`` are
    compiled and must match the whole origin. Callables are not asked here: they need a request,
    so whoever has one reads them from ``callables``.
    """

    __slots__ = (
        "_any_port",
        "_below",
        "_below_any_port",
        "_dots",
        "_dots_any_port",
        "_exact",
        "_has_any_port",
        "_holds_more",
        "_regexes",
        "any",
        "callables",
        "listed",
    )

    def __init__(
        self, origins: Iterable[str | OriginCallable], regexes: Iterable[re.Pattern[str]] = ()
    ) -> None:
        origins = tuple(origins)
        names = [origin for origin in origins if isinstance(origin, str)]
        self.any = "*" in names
        self.callables = tuple(origin for origin in origins if not isinstance(origin, str))
        self._exact = frozenset(name for name in names if not is_pattern(name))
        # The subdomain patterns, and how many dots those have: one lookup for each number of dots
        # in use, not one for each pattern.
        patterns = [name for name in names if is_pattern(name)]
        self._any_port = frozenset(str(each) for each in _portless(patterns) if not each.subdomains)
        self._below_any_port = _heads_by_ending(_portless(patterns))
        self._below = _heads_by_ending(
            pattern for pattern in map(Pattern.of, patterns) if not pattern.any_port
        )
        self._dots = _numbers_of_dots(self._below)
        self._dots_any_port = _numbers_of_dots(self._below_any_port)
        self._has_any_port = bool(self._any_port or self._dots_any_port)
        self._regexes = tuple(regexes)
        #: Whether it holds more than origins and subdomains of domains.
        self._holds_more = bool(self._has_any_port or self._regexes or self.any)
        #: All origins of the set, where each is listed: no pattern, regex or ``"*"``.
        self.listed = None if patterns or self._regexes or self.any else self._exact

    def admits(self, origin: str) -> bool:
        """Return whether ``origin`` is in the set, callables left aside.

        A value that is no origin is admitted by nothing, not even by ``"*"`` or a regex.
        """
        # Length first: even asking a set hashes the whole value.
        if len(origin) > MAX_LENGTH:
            return False
        if origin in self._exact:
            return True
        # Most origins are looked up in vain, so what no pattern says of one is judged after that;
        # and here, because a call costs more than the lookup.
        for dots in self._dots:
            # A final dot is one of them: such a host is another. The port is part of the domain.
            head = origin.rsplit(".", dots)[0]
            heads = self._below.get(origin.removeprefix(head))
            if heads is not None and heads.fullmatch(head):
                return True
        if not self._holds_more:
            return False
        if self._has_any_port and self._is_at_any_port(origin):
            return True
        if not (self.any or self._regexes) or not is_origin(origin):
            return False
        return self.any or self._matches_regex(origin)

    def entry(self, origin: str) -> str:
        """Return the entry that admits an origin, as it is configured; for people.

        ``""`` where none does, callables left aside.
        """
        if not self.admits(origin):
            return ""
        if origin in self._exact:
            return origin
        host = Pattern.of(origin).host
        for pattern in patterns_around(origin):
            if self._holds(pattern, host):
                return str(pattern)
        if self.any:
            return "*"
        return next(each.pattern for each in self._regexes if each.fullmatch(origin))

    def _holds(self, pattern: Pattern, host: str) -> bool:
        """Return whether a pattern is in the set, and admits a host with its own scheme."""
        if pattern.any_port:
            pattern, below = pattern.with_port(""), self._below_any_port
            if not pattern.subdomains:
                return str(pattern) in self._any_port
        else:
            below = self._below
        heads = below.get(pattern.ending)
        head = f"{pattern.scheme}://{host.removesuffix(f'.{pattern.domain}')}"
        return heads is not None and heads.fullmatch(head) is not None

    def _is_at_any_port(self, origin: str) -> bool:
        """Return whether a pattern for any port admits ``origin``, by itself or as a subdomain."""
        scheme, _, rest = origin.partition("://")
        host, colon, port = rest.partition(":")
        if host[:1] == "[":
            address, bracket, port = rest.partition("]")
            host, colon, port = address + bracket, port[:1], port[1:]
        if colon and not (colon == ":" and is_port(scheme, port)):
            return False
        if f"{scheme}://{host}" in self._any_port:
            return True
        for dots in self._dots_any_port:
            labels = host.rsplit(".", dots)[0]
            heads = self._below_any_port.get(host.removeprefix(labels))
            if heads is not None and heads.fullmatch(f"{scheme}://{labels}"):
                return True
        return False

    def _matches_regex(self, origin: str) -> bool:
        # fullmatch: a prefix match lets https://example.com.evil.org in (CVE-2026-37737's class).
        return any(regex.fullmatch(origin) for regex in self._regexes)


def _portless(patterns: Iterable[str]) -> Iterator[Pattern]:
    """Yield the patterns for any port, without it. One at a time: there may be 100,000."""
    for pattern in map(Pattern.of, patterns):
        if pattern.any_port:
            yield pattern.with_port("")


def _heads_by_ending(patterns: Iterable[Pattern]) -> dict[str, re.Pattern[str]]:
    """Return, for each ending of the hosts that patterns admit, what an origin has before it."""
    # Nearly all endings have the same schemes, and share what is made of them, from the start: a
    # set of schemes for each of 100,000 domains would take 20 MB until they are compiled.
    shared: dict[frozenset[str], frozenset[str]] = {}
    found: dict[str, Any] = {}
    for pattern in patterns:
        if pattern.subdomains:
            schemes = found.get(pattern.ending, frozenset()) | {pattern.scheme}
            found[pattern.ending] = shared.setdefault(schemes, schemes)
    compiled: dict[frozenset[str], re.Pattern[str]] = {}
    for ending, schemes in found.items():
        if schemes not in compiled:
            compiled[schemes] = re.compile("|".join(map(_head, sorted(schemes))))
        found[ending] = compiled[schemes]
    return found


def _numbers_of_dots(domains: Iterable[str]) -> tuple[int, ...]:
    return tuple(sorted({domain.count(".") for domain in domains}))


def _head(scheme: str) -> str:
    """Return what an origin may have before the domain of a pattern, which is checked already."""
    labels = _WEB_LABELS if scheme in DEFAULT_PORTS else _OTHER_LABELS
    return f"{re.escape(scheme)}://{labels}"
