"""What goes between a browser and a server, what was looked at, and what came of it."""

from __future__ import annotations

import enum
from typing import Literal, NamedTuple

from cors_views.protocol.reasons import Reason
from cors_views.standard.safelists import HeaderList


class Sent(NamedTuple):
    """A request that the browser makes; ``credentials`` says whether cookies go along.

    The headers are those that CORS is about. ``Host``, ``Cookie``, ``Content-Length`` and the like
    are for whoever sends it.
    """

    kind: Literal["preflight", "actual"]
    method: str
    url: str
    headers: HeaderList
    body: bytes | None
    credentials: bool


class Received(NamedTuple):
    """What came back. The rest is what the server says of itself, where whoever asked it knows.

    ``reason`` and ``missing`` are those that the server's log names: they are named instead of what
    can only be concluded from the headers. ``source`` says what decided.
    """

    status: int
    headers: HeaderList = ()
    reason: Reason | None = None
    missing: tuple[str, ...] = ()
    source: str = ""


class NoAnswer(NamedTuple):
    """Nothing came back, what Fetch calls a network error; ``why`` is for people."""

    why: str


class Exchange(NamedTuple):
    """A request and what came back: ``None`` where nobody answers."""

    sent: Sent
    received: Received | None


class Check(enum.Enum):
    """What a browser looks at, roughly in its order."""

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
    """One thing that the browser looked at. ``after`` counts the exchanges that came before it."""

    check: Check
    passed: bool
    detail: str
    after: int


class Verdict(NamedTuple):
    """What becomes of a page's request: an answer that it can read, or else a ``reason``.

    ``type``, ``url``, ``redirected``, ``status`` and ``headers`` are what the page sees of the
    answer. A refused page sees nothing: then ``type`` is "error" and ``status`` 0.

    ``missing`` are the request headers that were asked for in vain. ``expected`` and ``received``
    are the values of ``Access-Control-Allow-Origin`` where that one was refused; ``received`` is
    ``None`` where it was not there. ``exchanges`` are all requests, ``steps`` all that was looked
    at.
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
        """What decided, where whoever asked the server knows."""
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
