"""How a request goes its way, from the page's call to what the page gets."""

from __future__ import annotations

from collections.abc import Generator
from typing import Literal, NoReturn
from urllib.parse import urlsplit

from cors_views.browsing import judging
from cors_views.browsing.exchanges import (
    Check,
    Exchange,
    NoAnswer,
    Received,
    Refused,
    Sent,
    Step,
    Verdict,
)
from cors_views.browsing.pages import PageRequest, origin_of, parse_url, without_fragment
from cors_views.browsing.preflight_cache import CacheKey, PreflightCache
from cors_views.protocol.reasons import Reason
from cors_views.standard import request_headers
from cors_views.standard.header_values import HeaderList, value_of
from cors_views.standard.methods import SAFELISTED_METHODS
from cors_views.standard.response_headers import MAX_AGE, visible

#: Fetch section 2.2.3, "redirect status".
REDIRECT_STATUSES = frozenset({301, 302, 303, 307, 308})
#: Fetch section 4.5, "HTTP-redirect fetch".
MOST_REDIRECTS = 20

#: What is sent into it: ``None`` where nobody is asked.
_Answer = Received | NoAnswer | None
#: What ``browse`` returns.
Browsing = Generator[Sent, _Answer, Verdict]
_Answering = Generator[Sent, _Answer, Received]


def browse(page: PageRequest, cache: PreflightCache) -> Browsing:
    """Play the browser for one request of a page.

    Yields each request to send. Send in what came back; ``NoAnswer`` where nothing did; or ``None``
    where the URL is at a server that is not asked, which ends it as a redirect that leads nowhere.
    Returns the verdict. ``cache`` is the browser's.
    """
    fetching = _Fetching(page, cache)
    try:
        response = yield from fetching.main_fetch()
    except Refused as refused:
        return fetching.refusal(refused)
    return fetching.readable(response)


class _Fetching:
    """One request on its way: Fetch section 2.2.5 names most of what it holds."""

    def __init__(self, page: PageRequest, cache: PreflightCache) -> None:
        self.page = page
        self.cache = cache
        self.urls = [page.url]
        self.method = page.method
        self.headers = list(page.headers)
        self.body = page.body
        #: Fetch, "response tainting": once across origins, always across origins.
        self.tainting: Literal["basic", "cors"] = "basic"
        self.steps: list[Step] = []
        self.exchanges: list[Exchange] = []
        # Fetch section 4, "fetch": before anything is judged.
        if all(name.lower() != "accept" for name, _ in page.headers):
            self.headers.append(("Accept", "*/*"))

    def note(self, check: Check, passed: bool, detail: str) -> None:
        self.steps.append(Step(check, passed, detail, len(self.exchanges)))

    @property
    def url(self) -> str:
        return without_fragment(urlsplit(self.urls[-1]))

    @property
    def origin(self) -> str:
        """Fetch section 2.2.5, "serializing a request origin": null once others have redirected."""
        before = origin_of(self.urls[0])
        for url in self.urls[1:]:
            origin = origin_of(url)
            if self.page.origin != before != origin:
                return "null"
            before = origin
        return self.page.origin

    # --- Fetch section 4.1, "main fetch", and 4.4, "HTTP fetch" -----------------------------------

    def main_fetch(self) -> _Answering:
        if self.page.dropped:
            self.note(Check.DROPPED, True, f"leaves out {', '.join(self.page.dropped)}")
        while True:
            there = origin_of(self.url)
            if self.tainting == "basic" and self.page.origin == there:
                self.note(Check.ORIGIN, True, f"no, both are at {there}, so CORS does not apply")
                response = yield from self.actual_fetch()
            else:
                self.note(Check.ORIGIN, True, f"{self.origin} -> {there}")
                self.tainting = "cors"
                response = yield from self.cors_fetch()
            if not self.takes_redirect(response):
                return response

    def cors_fetch(self) -> _Answering:
        names = request_headers.unsafe_request_header_names(self.headers)
        request = judging.CorsRequest(
            self.origin, self.method, names, self.page.credentials == "include"
        )
        try:
            yield from self.preflight_if_needed(request)
            response = yield from self.actual_fetch()
            judging.cors_check(request, response, self.note)
        except Refused:
            if names or self.method not in SAFELISTED_METHODS:
                self.cache.clear(self.origin, self.url)
            raise
        return response

    def actual_fetch(self) -> _Answering:
        headers = tuple(self.headers)
        # Fetch section 3.2, "append a request `Origin` header".
        if self.tainting == "cors" or self.method not in ("GET", "HEAD"):
            headers += (("Origin", self.origin),)
        # Fetch section 4.6, "HTTP-network-or-cache fetch": includeCredentials.
        credentials = self.page.credentials == "include" or (
            self.page.credentials == "same-origin" and self.tainting == "basic"
        )
        return self.exchange(Sent("actual", self.method, self.url, headers, self.body, credentials))

    def exchange(self, sent: Sent) -> _Answering:
        answer = yield sent
        received = None if isinstance(answer, NoAnswer) else answer
        self.exchanges.append(Exchange(sent, received))
        if isinstance(answer, NoAnswer):
            self.note(Check.REACHED, False, answer.why)
            raise Refused(Reason.NO_ANSWER)
        if received is None:
            self.note(Check.REACHED, False, f"{sent.url} is at another server, which is not asked")
            raise Refused(Reason.REDIRECT_REFUSED)
        return received

    # --- Fetch section 4.8, "CORS-preflight fetch", and 4.9, "CORS-preflight cache" ---------------

    def preflight_if_needed(self, request: judging.CorsRequest) -> Generator[Sent, _Answer, None]:
        key = CacheKey(request.origin, self.url, request.credentials)
        wanted = [f"the header {name}" for name in request.names]
        names = [name for name in request.names if not self.cache.allows_header(key, name)]
        unknown = [f"the header {name}" for name in names]
        if request.method not in SAFELISTED_METHODS:
            wanted.insert(0, f"the method {request.method}")
            if not self.cache.allows_method(key, request.method):
                unknown.insert(0, wanted[0])
        if unknown:
            self.note(Check.PREFLIGHT, True, f"asks about {', '.join(unknown)}")
            yield from self.preflight(request, key)
        elif wanted:
            self.note(Check.PREFLIGHT, True, f"uses the cached answer about {', '.join(wanted)}")
        else:
            self.note(Check.PREFLIGHT, True, "not needed (simple request)")

    def preflight(
        self, request: judging.CorsRequest, key: CacheKey
    ) -> Generator[Sent, _Answer, None]:
        headers: HeaderList = (
            ("Accept", "*/*"),
            ("Access-Control-Request-Method", request.method),
        )
        if request.names:
            headers += (("Access-Control-Request-Headers", ",".join(request.names)),)
        headers += (("Origin", request.origin),)
        # Never with cookies, whatever the page asks for.
        received = yield from self.exchange(
            Sent("preflight", "OPTIONS", self.url, headers, None, False)
        )
        methods, names = judging.preflight_check(request, received, self.note)
        max_age = value_of(received.headers, MAX_AGE)
        kept = self.cache.keep(key, methods, names, max_age)
        self.note(
            Check.MAX_AGE, True, f"{judging.shown(max_age)} received, kept for {kept} seconds"
        )

    # --- Fetch section 4.5, "HTTP-redirect fetch" -------------------------------------------------

    def takes_redirect(self, response: Received) -> bool:
        """Return whether the answer is a redirect that was taken."""
        if response.status not in REDIRECT_STATUSES or self.page.redirect == "manual":
            return False
        if self.page.redirect == "error":
            self.refuse_redirect("fetch() with redirect: 'error' follows no redirect")
        location = value_of(response.headers, "location")
        if location is None:
            return False
        url = self.checked_location(location)
        if (response.status in (301, 302) and self.method == "POST") or (
            response.status == 303 and self.method not in ("GET", "HEAD")
        ):
            self.method, self.body = "GET", None
            self.drop_headers(request_headers.REQUEST_BODY_HEADERS)
        if origin_of(url) != origin_of(self.url):
            self.drop_headers(request_headers.NON_WILDCARD_REQUEST_HEADERS)
        self.urls.append(url)
        self.note(Check.REDIRECT, True, f"{response.status} to {url}, as {self.method}")
        return True

    def checked_location(self, location: str) -> str:
        try:
            url = parse_url(location, self.urls[-1])
            origin = origin_of(url.geturl())
        except ValueError as error:
            self.refuse_redirect(str(error))
        if len(self.urls) > MOST_REDIRECTS:
            self.refuse_redirect(f"more than {MOST_REDIRECTS} redirects")
        if "@" in url.netloc and (self.tainting == "cors" or origin != self.page.origin):
            self.refuse_redirect("the new URL contains a user name or password")
        return url.geturl()

    def refuse_redirect(self, why: str) -> NoReturn:
        self.note(Check.REDIRECT, False, why)
        raise Refused(Reason.REDIRECT_REFUSED)

    def drop_headers(self, names: frozenset[str]) -> None:
        self.headers = [header for header in self.headers if header[0].lower() not in names]

    # --- The verdict ------------------------------------------------------------------------------

    def readable(self, response: Received) -> Verdict:
        if response.status in REDIRECT_STATUSES and self.page.redirect == "manual":
            # Fetch section 2.2.6, "opaque-redirect filtered response".
            return self.verdict("opaqueredirect")
        headers = visible(
            response.headers,
            cors=self.tainting == "cors",
            credentials=self.page.credentials == "include",
        )
        hidden = sorted({name.lower() for name, _ in set(response.headers) - set(headers)})
        self.note(Check.EXPOSE_HEADERS, True, f"hides {', '.join(hidden) or 'nothing'}")
        return self.verdict(self.tainting)._replace(status=response.status, headers=headers)

    def refusal(self, refused: Refused) -> Verdict:
        return self.verdict("error")._replace(
            reason=refused.reason,
            missing=refused.missing,
            expected=refused.expected,
            received=refused.received,
        )

    def verdict(self, kind: Literal["basic", "cors", "opaqueredirect", "error"]) -> Verdict:
        return Verdict(tuple(self.steps), tuple(self.exchanges), kind, self.url, len(self.urls) > 1)
