"""The two browsers, over Django's test client and over its async one."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from http.cookies import SimpleCookie
from operator import methodcaller
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from urllib.parse import urljoin

from django.conf import settings
from django.test import AsyncClient, Client

from cors_views.browsing import (
    Browsing,
    PageRequest,
    PreflightCache,
    Received,
    Sent,
    Verdict,
    browse,
    cookies,
    page_request,
)
from cors_views.browsing.pages import Credentials, Redirect, origin_of, page_origin
from cors_views.inspection.hosts import way_between
from cors_views.responses.kept_decision import what_was_decided
from cors_views.testing import sending
from cors_views.testing.calls import FetchOptions, encode
from cors_views.testing.results import CorsError, Response

if TYPE_CHECKING:
    # Nobody needs it while the code runs.
    from typing_extensions import Unpack

#: What Django's test client calls the server. It stands for any name, so nobody knows its site.
STAND_IN = "http://testserver"

#: pytest asks this of the frames that carry it: it ends the traceback of a ``CorsError`` at the
#: test's own line, but shows the way to an error of a view.
_ends_traceback = methodcaller("errisinstance", CorsError)

#: What only the page or the browser may decide on, as a client keeps it, and what to do instead.
_OF_THE_PAGE = {
    "HTTP_AUTHORIZATION": "Let the page send it: fetch(url, headers={'Authorization': ...}).",
    "HTTP_COOKIE": "Put cookies into client.cookies, and write credentials='include'.",
    "HTTP_ORIGIN": "Name the origin of the page: Browser(origin).",
}

ClientT = TypeVar("ClientT", Client, AsyncClient)


class _Browser(Generic[ClientT]):
    """A page at ``origin``, in a browser whose cookies are those of ``client``.

    ``origin``
        An origin, or ``"null"`` for a page that has none, as a sandboxed frame.
    ``client``
        Django's test client, a new one by default. Pages with the same client share its
        cookies, as tabs do.
    ``server``
        The origin of this site, or several. A path is requested at the first one. The hosts have
        to be in ``ALLOWED_HOSTS``.
    ``preflights``
        What the browser remembers of preflights; ``PreflightCache(clock=...)`` for a clock of
        your own.
    ``raise_request_exception``
        Whether an exception of a view is raised; otherwise the answer is the 500 of a browser.
    """

    _new_client: Callable[[], ClientT]

    def __init__(
        self,
        origin: str,
        *,
        client: ClientT | None = None,
        server: str | Iterable[str] = STAND_IN,
        preflights: PreflightCache | None = None,
        raise_request_exception: bool = False,
    ) -> None:
        self.origin = page_origin(origin)
        self.client: ClientT = self._new_client() if client is None else client
        servers = [server] if isinstance(server, str) else server
        self.servers = tuple(page_origin(each) for each in servers)
        self.preflights = PreflightCache() if preflights is None else preflights
        self.raise_request_exception = raise_request_exception

    def __repr__(self) -> str:
        """Return how it was made, as far as that tells it from others."""
        return f"{type(self).__name__}({self.origin!r})"

    def _page_request(
        self,
        url: str,
        *,
        method: str = "GET",
        headers: Mapping[str, str] | None = None,
        credentials: Credentials = "same-origin",
        redirect: Redirect = "follow",
        body: str | bytes | None = None,
        data: Mapping[str, Any] | None = None,
        json: Any = None,
        content_type: str | None = None,
    ) -> PageRequest:
        self._check_client()
        url = urljoin(f"{self.servers[0]}/", url)
        if origin_of(url) not in self.servers:
            raise ValueError(
                f"{url!r} is not at {' or '.join(self.servers)}. If this site answers there "
                f"too, write server={[*self.servers, origin_of(url)]}"
            )
        content, kind = encode(body, data, json, content_type)
        given = dict(headers or {})
        if kind and "content-type" not in {name.lower() for name in given}:
            given["Content-Type"] = kind
        return page_request(
            self.origin,
            url,
            method=method,
            headers=given,
            body=content,
            credentials=credentials,
            redirect=redirect,
        )

    def _check_client(self) -> None:
        """Refuse headers that the client would add behind the browser's back.

        No preflight would ask about them, and they would go along whatever ``credentials`` says.
        """
        # The second is what APIClient.credentials() of DRF keeps.
        added = self.client.defaults.keys() | getattr(self.client, "_credentials", {}).keys()
        for key in sorted(added & _OF_THE_PAGE.keys()):
            raise ValueError(
                f"The client adds {key} to each request, which no browser does. {_OF_THE_PAGE[key]}"
            )

    def _sender(self, sent: Sent) -> ClientT:
        """Return a client with just the cookies that go along.

        It is a copy: requests at the same time do not meet, and the client stays as it was given.
        """
        sender = copy.copy(self.client)
        sender.raise_request_exception = self.raise_request_exception
        sender.cookies = SimpleCookie()
        if sent.credentials:
            jar = _with_samesite(self.client.cookies)
            sender.cookies = cookies.travelling(jar, **self._way_to(sent.url))
        return sender

    def _way_to(self, url: str) -> dict[str, bool]:
        """Return what cookies have to know of the way to a URL."""
        server = origin_of(url)
        if server == STAND_IN:
            return {"cross_site": self.origin == "null", "insecure": False}
        return way_between(self.origin, server)

    def _serves(self, sent: Sent) -> bool:
        return origin_of(sent.url) in self.servers

    def _received(self, sent: Sent, response: Any) -> Received | None:
        """Keep the cookies of a response, and return what the browser has to know of it."""
        if response is None:
            return None
        response.client = self.client
        if sent.credentials:
            cookies.keep(self.client.cookies, response.cookies, **self._way_to(sent.url))
        headers = list(response.headers.items())
        headers += [("Set-Cookie", morsel.OutputString()) for morsel in response.cookies.values()]
        received = Received(response.status_code, tuple(headers))
        decided = what_was_decided(getattr(response, "wsgi_request", None) or response.asgi_request)
        if decided is None:
            return received
        reason, missing = decided.refusal(response.headers)
        return received._replace(reason=reason, missing=missing, source=decided.source)


class Browser(_Browser[Client]):
    __doc__ = _Browser.__doc__
    _new_client = Client

    def fetch(self, url: str, **options: Unpack[FetchOptions]) -> Response:
        """Ask as the page's ``fetch()`` does.

        ``method``, ``headers``, ``credentials`` ("omit", "same-origin", "include") and ``redirect``
        ("follow", "error", "manual") are the options of ``fetch()``, with its defaults. Headers
        that only a browser may set are left out, as there. The body is one of these, and
        ``content_type`` says what it is where the default is not meant:

        * ``json``: anything; "application/json";
        * ``data``: the fields of a form; "multipart/form-data", as a ``FormData`` is, or
          "application/x-www-form-urlencoded" where ``content_type`` says so;
        * ``body``: text, "text/plain;charset=UTF-8", or bytes, which have no type.

        Raise ``CorsError`` if the browser does not let the page read the answer, and
        ``ValueError`` if ``fetch()`` throws at once or the URL is not at ``server``.
        """
        __tracebackhide__ = _ends_traceback
        page = self._page_request(url, **options)
        browsing, response = browse(page, self.preflights), None
        step: Sent | Verdict = next(browsing)
        while isinstance(step, Sent):
            response = sending.send(self._sender(step), step) if self._serves(step) else None
            step = _advance(browsing, self._received(step, response))
        return _result(page, step, response, sending.body(response))


class AsyncBrowser(_Browser[AsyncClient]):
    __doc__ = _Browser.__doc__
    _new_client = AsyncClient

    async def fetch(self, url: str, **options: Unpack[FetchOptions]) -> Response:
        """Ask as the page's ``fetch()`` does; see ``Browser.fetch``."""
        __tracebackhide__ = _ends_traceback
        page = self._page_request(url, **options)
        browsing, response = browse(page, self.preflights), None
        step: Sent | Verdict = next(browsing)
        while isinstance(step, Sent):
            response = await sending.send(self._sender(step), step) if self._serves(step) else None
            step = _advance(browsing, self._received(step, response))
        return _result(page, step, response, await sending.abody(response))


def _advance(browsing: Browsing, received: Received | None) -> Sent | Verdict:
    try:
        return browsing.send(received)
    except StopIteration as end:
        verdict: Verdict = end.value
        return verdict


def _with_samesite(jar: SimpleCookie) -> SimpleCookie:
    """Return a jar whose session cookie says what the site's own would.

    ``client.force_login()`` writes one without ``SameSite``.
    """
    session = jar.get(settings.SESSION_COOKIE_NAME)
    if session is None or session["samesite"] or not settings.SESSION_COOKIE_SAMESITE:
        return jar
    session = copy.copy(session)
    session["samesite"] = settings.SESSION_COOKIE_SAMESITE
    changed = copy.copy(jar)
    dict.__setitem__(changed, session.key, session)
    return changed


def _result(page: PageRequest, verdict: Verdict, response: Any, content: bytes) -> Response:
    __tracebackhide__ = _ends_traceback
    if verdict.reason is not None:
        raise CorsError(page, verdict, verdict.reason)
    return Response(verdict, content if verdict.status else b"", response)
