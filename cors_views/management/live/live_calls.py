"""One call of a page, played over the network, and held against the site as it is set up here."""

from __future__ import annotations

from typing import NamedTuple

from cors_views.browsing import (
    NoAnswer,
    PageRequest,
    PreflightCache,
    Received,
    Sent,
    Verdict,
    browse,
)
from cors_views.browsing.pages import origin_of
from cors_views.management.live import http_requests, signs
from cors_views.management.live.differences import Compared, differences
from cors_views.management.live.http_requests import Deadline
from cors_views.management.site_requests import Server
from cors_views.management.transcript import without_secrets
from cors_views.protocol.reasons import Reason
from cors_views.standard.methods import SAFE_METHODS


class Wanted(NamedTuple):
    """What is to be asked of a deployed site: ``runs_views`` is whether unsafe methods, too."""

    page: PageRequest
    cookie: str
    deadline: Deadline
    runs_views: bool


class LiveCall(NamedTuple):
    """What came of it.

    ``server`` is the site as it is set up here, which was asked the same. ``unsent`` says of each
    exchange whether it was not sent, since it may change something: its answer is then that of the
    code. ``found`` is where the answers that are deployed differ, in sentences. ``is_known`` is
    whether the code knows who answers: without a route, that may be somebody beside Django.
    """

    wanted: Wanted
    server: Server
    verdict: Verdict
    unsent: list[bool]
    found: list[str]
    is_known: bool

    @property
    def page(self) -> PageRequest:
        return self.wanted.page

    @property
    def says_why(self) -> bool:
        """Whether the reason is known, and not only that a header is missing."""
        if self.verdict.reason is not Reason.NO_POLICY or (self.is_known and not self.found):
            return True
        last = self.verdict.exchanges[-1].received
        return last is not None and last.reason is not None

    @property
    def is_elsewhere(self) -> bool:
        """Whether it ends at a server that is not this site's, which is not asked."""
        last = self.verdict.exchanges[-1]
        return last.received is None and self.verdict.reason is Reason.REDIRECT_REFUSED

    @property
    def is_guessed(self) -> bool:
        """Whether the last answer is that of the code, which does not know who would answer."""
        return not self.is_known and self.unsent[-1]


def play(wanted: Wanted) -> LiveCall:
    """Send what a browser sends for a page, and return what came of it."""
    page = wanted.page
    server = Server(page.origin, page.url, runs_views=False)
    unsent: list[bool] = []
    found: list[str] = []
    is_known = True
    browser = browse(page, PreflightCache())
    try:
        sent = next(browser)
        while True:
            decided = server.answer(sent)
            safe = sent.method in SAFE_METHODS
            unsent.append(decided is not None and not safe and not wanted.runs_views)
            answer = decided if unsent[-1] else _asked(wanted, sent, decided)
            if isinstance(answer, Received) and decided is not None:
                is_known = is_known and _is_known(server, sent, answer, decided)
                if not unsent[-1]:
                    compared = Compared(sent, answer, decided, is_known)
                    found += differences(compared)
                    answer = compared.explained(agrees=is_known and not found)
            sent = browser.send(answer)
    except StopIteration as done:
        return LiveCall(wanted, server, done.value, unsent, found, is_known)


def _is_known(server: Server, sent: Sent, answer: Received, decided: Received) -> bool:
    """Return whether the code knows who answers.

    A middleware may answer without a route, such as WhiteNoise: then that is no 404. Of a preflight
    nobody can see it.
    """
    if signs.is_of_cors_asgi(answer):
        return False
    nobody = sent.kind == "preflight" or decided.status == 404
    return bool(server.answered[-1].pattern_path) or not nobody


def _asked(wanted: Wanted, sent: Sent, decided: Received | None) -> Received | NoAnswer | None:
    if decided is None:
        # Another site's server. Who redirects there may have reasons that are not ours.
        return None
    if origin_of(sent.url) == origin_of(wanted.page.url):
        return http_requests.ask(sent, wanted.deadline, wanted.cookie)
    # A browser asks whoever redirects there; here nobody has said that the keys are for that one.
    sent = sent._replace(headers=without_secrets(sent.headers))
    return http_requests.ask(sent, wanted.deadline)
