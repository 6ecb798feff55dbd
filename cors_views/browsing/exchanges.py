"""What goes between a browser and a server, what was looked at, and what came of it."""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple

from cors_views.protocol.reasons import Reason
from cors_views.standard.header_values import HeaderList


class Sent(NamedTuple):
    """A request that the browser sends. ``credentials`` says whether it includes cookies.

    ``headers`` holds those that matter to CORS. ``Host``, ``Cookie``, ``Content-Length`` and the
    like are added when the request is sent.
    """

    kind: Literal["preflight", "actual"]
    method: str
    url: str
    headers: HeaderList
    body: bytes | None
    credentials: bool


class Received(NamedTuple):
    """The response to a request.

    ``reason``, ``missing`` and ``source`` (what decided) are what the server's log says, if it is
    known. They are used instead of what can only be concluded from the headers.
    """

    status: int
    headers: HeaderList = ()
    reason: Reason | None = None
    missing: tuple[str, ...] = ()
    source: str = ""


class NoAnswer(NamedTuple):
    """Nothing came back: a network error, as Fetch calls it. ``why`` is a text for people."""

    why: str


class Exchange(NamedTuple):
    """A request and its response, or ``None`` if there is no server that is asked here."""

    sent: Sent
    received: Received | None


class Check(enum.Enum):
    """What a browser checks, roughly in its order."""

    DROPPED = "the page's headers"
    ORIGIN = "cross-origin"
    PREFLIGHT = "preflight"
    REACHED = "the server"
    ALLOW_ORIGIN = "Access-Control-Allow-Origin"
    ALLOW_CREDENTIALS = "Access-Control-Allow-Credentials"
    STATUS = "the preflight's status"
    ALLOW_METHODS = "Access-Control-Allow-Methods"
    ALLOW_HEADERS = "Access-Control-Allow-Headers"
    MAX_AGE = "Access-Control-Max-Age"
    REDIRECT = "the redirect"
    EXPOSE_HEADERS = "Access-Control-Expose-Headers"


class Step(NamedTuple):
    """One check of the browser. ``after`` is the number of exchanges before it."""

    check: Check
    passed: bool
    detail: str
    after: int


class Verdict(NamedTuple):
    """The result of a page's request: an answer that the page can read, or a ``reason`` why not.

    ``type``, ``url``, ``redirected``, ``status`` and ``headers`` are what the page sees of the
    answer. If it is refused, the page sees nothing: ``type`` is "error" and ``status`` is 0.

    ``missing`` holds the request headers that the preflight asked for and did not get.
    ``expected`` and ``received`` are the values of ``Access-Control-Allow-Origin`` if that check
    failed; ``received`` is ``None`` if the header was missing. ``exchanges`` holds all requests and
    responses, ``steps`` all checks.
    """

    steps: tuple[Step, ...]
    exchanges: tuple[Exchange, ...]
    type: Literal["basic", "cors", "opaqueredirect", "error"]
    url: str
    redirected: bool
    status: int = 0
    headers: HeaderList = ()
    reason: Reason | None = None
    missing: tuple[str, ...] = ()
    expected: str = ""
    received: str | None = None

    @property
    def source(self) -> str:
        """What decided, if that is known; else ``""``."""
        answer = self.exchanges[-1].received if self.exchanges else None
        return answer.source if answer else ""


class Refused(Exception):  # noqa: N818 Fetch calls it a network error; here it is an outcome
    """The browser stops; the arguments are the fields of the verdict."""

    def __init__(
        self,
        reason: Reason,
        missing: tuple[str, ...] = (),
        expected: str = "",
        received: str | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason, self.missing = reason, missing
        self.expected, self.received = expected, received
