"""One call of a page, played through the site, with all that is known of it afterwards."""

from __future__ import annotations

from typing import NamedTuple

from cors_views.browsing import PageRequest, PreflightCache, Verdict, browse
from cors_views.management.explaining.what_to_write import Refusal
from cors_views.management.site_requests import Server


class Played(NamedTuple):
    """What a page asked for, who answered, and what became of it."""

    page: PageRequest
    server: Server
    verdict: Verdict

    @property
    def refusal(self) -> Refusal:
        return Refusal(self.verdict, self.page, tuple(self.server.answered))

    @property
    def is_elsewhere(self) -> bool:
        """Whether it ends at another server, which alone can tell how it goes on."""
        return bool(self.verdict.exchanges) and self.verdict.exchanges[-1].received is None


def play(page: PageRequest, *, runs_views: bool = False, logged_in: bool = False) -> Played:
    """Send what a browser sends for a page, and return what came of it.

    ``logged_in`` is whether the visitor is wherever credentials go along, cookies or not.
    """
    server = Server(page.origin, page.url, runs_views=runs_views, logged_in=logged_in)
    browser = browse(page, PreflightCache())
    try:
        sent = next(browser)
        while True:
            sent = browser.send(server.answer(sent))
    except StopIteration as done:
        return Played(page, server, done.value)
