"""What the tables of cases share: how a request is sent, and what its answer must hold exactly."""

from __future__ import annotations

from contextvars import Context
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from asgiref.sync import async_to_sync
from django.test import AsyncClient, Client
from django.test.utils import override_settings

ORIGIN = "access-control-allow-origin"
CREDENTIALS = "access-control-allow-credentials"
METHODS = "access-control-allow-methods"
HEADERS = "access-control-allow-headers"
EXPOSE = "access-control-expose-headers"
MAX_AGE = "access-control-max-age"
PRIVATE_NETWORK = "access-control-allow-private-network"

#: The headers of the default settings, as they are sent.
DEFAULT_HEADERS = "accept, authorization, content-type, user-agent, x-csrftoken, x-requested-with"


class Sender:
    """Sends a request through the whole middleware stack, under WSGI or under ASGI."""

    def __init__(self, mode: str) -> None:
        self.mode = mode

    def __call__(
        self, method: str, path: str, headers: dict[str, str] | None = None, **extra: Any
    ) -> Any:
        if self.mode == "wsgi":
            client = Client(raise_request_exception=False)
            return client.generic(method, path, headers=headers or {}, **extra)
        # In a context of its own: Django leaves a variable in it for each resolver that it builds,
        # and asgiref copies all of them on each change of threads.
        return Context().run(async_to_sync(_asend), method, path, headers or {}, **extra)

    def actual(
        self, path: str, origin: str | None = None, method: str = "GET", **headers: str
    ) -> Any:
        """Send a request that is no preflight."""
        given = {"origin": origin} if origin is not None else {}
        return self(method, path, {**given, **_dashed(headers)})

    def preflight(self, path: str, origin: str, method: str, ask: str = "", **headers: str) -> Any:
        """Send a preflight for ``method``, asking for the comma separated headers ``ask``."""
        sent = {"origin": origin, "access-control-request-method": method}
        if ask:
            sent["access-control-request-headers"] = ask
        return self("OPTIONS", path, {**sent, **_dashed(headers)})


async def _asend(method: str, path: str, headers: dict[str, str], **extra: Any) -> Any:
    client = AsyncClient(raise_request_exception=False)
    return await client.generic(method, path, headers=headers, **extra)


def _dashed(headers: dict[str, str]) -> dict[str, str]:
    return {name.replace("_", "-"): value for name, value in headers.items()}


def cors_headers(response: Any) -> dict[str, str]:
    """Return the CORS headers of a response, and its Vary, by lower-case name."""
    return {
        name.lower(): value
        for name, value in response.headers.items()
        if name.lower().startswith("access-control-") or name.lower() == "vary"
    }


def assert_cors_headers(response: Any, expected: dict[str, str]) -> None:
    """Assert that a response has exactly these CORS headers and this Vary, no more and no less."""
    assert cors_headers(response) == expected


def urlconf(*patterns: Any) -> Any:
    """Return the settings override that serves just these URL patterns."""
    return override_settings(ROOT_URLCONF=Patterns(patterns))


class Patterns(SimpleNamespace):
    """A URLconf without a module, which Django caches by identity."""

    def __init__(self, patterns: Any) -> None:
        super().__init__(urlpatterns=list(patterns))

    __hash__ = object.__hash__
    __eq__ = object.__eq__


@dataclass
class Spy:
    """Counts what ran, so that a test can say that a view did not."""

    calls: list[str] = field(default_factory=list)

    def note(self, what: str) -> None:
        self.calls.append(what)
