"""What a page gets: a response as a script sees it, or an error that says more than a script's."""

from __future__ import annotations

import json
from typing import Any

from django.utils.datastructures import CaseInsensitiveMapping

from cors_views.browsing import PageRequest, Step, Verdict
from cors_views.protocol.reasons import Reason
from cors_views.support.escaping import escaped

#: A redirect leads anywhere, and a view writes what it likes.
_LONGEST_LINE = 2000


class Response:
    """The response as a script sees it. The names are those of ``fetch()``.

    ``status``, ``ok``, ``url``, ``redirected``
        The same as in ``fetch()``.
    ``type``
        "basic" for a response from the page's own origin, "cors" for one from another origin, and
        "opaqueredirect" (with status 0 and no content) for a redirect that ``redirect="manual"``
        has stopped.
    ``headers``
        The headers that a script may read. Upper and lower case of names do not matter.
    ``content``, ``text``
        The body, as bytes and as text.
    ``unfiltered``
        Django's own response, with everything that a script cannot see.
    ``verdict``
        All exchanges, and all checks of the browser.
    """

    def __init__(self, verdict: Verdict, content: bytes, unfiltered: Any) -> None:
        self.verdict = verdict
        self.status = verdict.status
        self.ok = 200 <= verdict.status <= 299
        self.url = verdict.url
        self.redirected = verdict.redirected
        self.type = verdict.type
        self.headers = CaseInsensitiveMapping(dict(verdict.headers))
        self.content = content
        self.unfiltered = unfiltered

    def __repr__(self) -> str:
        """Return the status and the URL."""
        return f"<Response {self.status} from {self.url}>"

    @property
    def text(self) -> str:
        """The body as ``text()`` returns it: decoded as UTF-8, whatever its content type says."""
        return self.content.decode("utf-8-sig", "replace")

    def json(self) -> Any:
        """Return the JSON of the body. Raise ``ValueError`` if it is not JSON."""
        return json.loads(self.text)


class CorsError(Exception):
    """The browser does not let the page read the answer. A script gets only a ``TypeError``.

    ``reason``
        Why. It is the same as in the server's log, if the server can know it.
    ``source``
        What decided, with file and line of the declaration; ``""`` if ``CorsMiddleware`` did not
        decide.
    ``missing``
        The request headers that the preflight asked for and did not get.
    ``request``
        The request that failed, a preflight or the actual one, as
        ``cors_views.browsing.exchanges.Sent``.
    ``expected``, ``received``
        If ``Access-Control-Allow-Origin`` failed: the page's origin, and the value that came back
        or ``None``.
    ``verdict``
        All exchanges, and all checks of the browser.
    """

    def __init__(self, page: PageRequest, verdict: Verdict, reason: Reason) -> None:
        super().__init__(_explained(page, verdict, reason))
        self.verdict = verdict
        self.reason = reason
        self.source = verdict.source
        self.missing = verdict.missing
        self.request = verdict.exchanges[-1].sent
        self.expected = verdict.expected
        self.received = verdict.received

    @property
    def steps(self) -> tuple[Step, ...]:
        """The checks of the browser, in its order. The last one failed."""
        return self.verdict.steps


def _explained(page: PageRequest, verdict: Verdict, reason: Reason) -> str:
    names = f": {', '.join(verdict.missing)}" if verdict.missing else ""
    request, failed = verdict.exchanges[-1].sent, verdict.steps[-1]
    lines = (
        f"A page at {page.origin} cannot read {page.method} {page.url}",
        f"Reason: {reason.name}, {reason.value}{names}",
        (
            f"Failed: {failed.check.value} of the {request.kind} {request.method} {request.url}: "
            f"{failed.detail}"
        ),
        f"Decided by: {verdict.source or 'none of the policies: CorsMiddleware did not see it'}",
    )
    return "\n".join(escaped(line, _LONGEST_LINE) for line in lines)
