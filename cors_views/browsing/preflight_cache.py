"""The cache in which a browser keeps what preflights were answered (Fetch section 4.9)."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from cors_views.standard.request_headers import NON_WILDCARD_REQUEST_HEADERS


class CacheKey(NamedTuple):
    """Who asked, for what, and whether with cookies."""

    origin: str
    url: str
    credentials: bool


class PreflightCache:
    """The preflight cache of a browser. It keeps allowed methods and header names separately.

    ``clock``
        A function that returns the time in seconds, as ``time.monotonic`` does. Tests pass their
        own.
    ``limit``
        For how many seconds an entry is kept at most, whatever ``Access-Control-Max-Age`` says.
        Chromium keeps entries for two hours, Firefox for a day.
    """

    #: Fetch, "CORS-preflight fetch": how long an answer is kept that does not say.
    DEFAULT_MAX_AGE = 5

    def __init__(self, clock: Callable[[], float] = time.monotonic, limit: int = 7200) -> None:
        self.clock = clock
        self.limit = limit
        self._methods: dict[tuple[CacheKey, str], float] = {}
        self._headers: dict[tuple[CacheKey, str], float] = {}

    def allows_method(self, key: CacheKey, method: str) -> bool:
        """Return whether an earlier preflight allowed ``method`` ("method cache entry match")."""
        return self._knows(self._methods, key, method)

    def allows_header(self, key: CacheKey, name: str) -> bool:
        """Return whether one allowed a header name ("header-name cache entry match")."""
        wildcard = name not in NON_WILDCARD_REQUEST_HEADERS
        return self._knows(self._headers, key, name, wildcard=wildcard)

    def keep(
        self, key: CacheKey, methods: Iterable[str], headers: Iterable[str], max_age: str | None
    ) -> int:
        """Keep what a preflight was answered, and return for how many seconds.

        Entries from before live on, those named again with the new age.
        """
        # RFC 9111 section 1.2.2, "delta-seconds". What is none counts as absent.
        given = max_age is not None and max_age.isascii() and max_age.isdecimal()
        seconds = (max_age or "").lstrip("0")[:9] or "0"
        age = min(int(seconds) if given else self.DEFAULT_MAX_AGE, self.limit)
        until = self.clock() + age
        self._methods.update(((key, method), until) for method in methods)
        self._headers.update(((key, name.lower()), until) for name in headers)
        return age

    def clear(self, origin: str | None = None, url: str | None = None) -> None:
        """Forget what is known for an origin at a URL ("clear cache entries"), or everything."""
        for entries in (self._methods, self._headers):
            for key, name in list(entries):
                if origin is None or (key.origin, key.url) == (origin, url):
                    del entries[key, name]

    def _knows(
        self,
        entries: dict[tuple[CacheKey, str], float],
        key: CacheKey,
        name: str,
        *,
        wildcard: bool = True,
    ) -> bool:
        now = self.clock()
        # "Cache entry match": what was allowed with cookies is allowed without.
        keys = {key, key._replace(credentials=True)}
        known = {(each, name) for each in keys}
        if wildcard and not key.credentials:
            # Fetch would take a '*' that was answered to a page with credentials for any name but
            # Authorization, too. Chromium takes it literally, as the preflight does; so is this.
            known.add((key, "*"))
        return any(entries.get(entry, now) > now for entry in known)
