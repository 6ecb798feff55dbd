"""``manage.py cors_explain``: a browser's view of one request, and what to change."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import urlsplit

from cors_views.browsing import PageRequest
from cors_views.management import explained_json, page_arguments, transcript
from cors_views.management.base import REFUSED, CorsCommand, bad_input, resolver_of
from cors_views.management.explaining import answered_above, notes
from cors_views.management.explaining.advice_by_reason import Advice, advice
from cors_views.management.explaining.page_calls import Played, play
from cors_views.management.live import live_calls, telling
from cors_views.management.live.http_requests import Deadline
from cors_views.management.live.live_calls import LiveCall, Wanted
from cors_views.management.overview.view_names import view_name
from cors_views.management.site_requests import unlogged
from cors_views.management.terminal_layout import fold
from cors_views.protocol.reasons import Reason
from cors_views.resolution import lookup, pattern_paths
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name
from cors_views.support.close_matches import close_matches
from cors_views.support.escaping import escaped

_LONGEST_WAIT = 600
#: In a narrower terminal than this a line would be a word or two.
_NARROWEST = 40


class Command(CorsCommand):
    """Play the browser for one request, and say what it would let the page have."""

    help = (
        "Show what a browser sends for a page, what the site answers, and whether the page may "
        "read it. No view is run unless you pass --run."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        page_arguments.add(parser)
        parser.add_argument(
            "--run",
            action="store_true",
            help="run the view; without it, the command assumes that the view answers 200",
        )
        parser.add_argument(
            "--live",
            nargs="?",
            const="",
            metavar="URL",
            help="send the request over HTTP to the deployed site, too, and show where its "
            "answer differs; URL is its address (a server is enough), by default that of "
            "the request; only safe methods are sent unless you pass --run; write it last, "
            "since it takes what follows for its URL",
        )
        parser.add_argument(
            "--timeout",
            type=_seconds,
            default=10.0,
            metavar="SECONDS",
            help="how long --live waits for each answer (default: 10)",
        )

        parser.add_argument(
            "--format",
            choices=("text", "json"),
            default="text",
            help="lines for people, or JSON for programs",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the exchange; exit with 1 where the page may not read the answer."""
        call = page_arguments.call(options)
        page = call.page
        resolver_of(None)
        _check_method(page)
        if options["live"] is not None:
            self._live(call, options)
            return
        played = play(page, runs_views=options["run"])
        _check_url(played)
        if options["format"] == "json":
            told = (
                *page_arguments.notes(call),
                *notes.before(played),
                *_consulted(played),
                *notes.beside(played),
            )
            change = _advice(played) if played.verdict.reason else None
            self.tell(explained_json.as_json(played, _assumed(played), told, change))
        else:
            self._tell_folded(self._lines(call, played))
        if played.verdict.reason:
            sys.exit(REFUSED)

    def _live(self, call: page_arguments.Call, options: dict[str, Any]) -> None:
        deadline = Deadline(options["timeout"])
        live = live_calls.play(Wanted(call.page, call.cookie, deadline, options["run"]))
        _check_url(live)
        if options["format"] == "json":
            told = (*telling.before(call, live), *telling.beside(live))
            wrong = _refused_by_the_code(live)
            change = _advice(wrong) if wrong else None
            self.tell(explained_json.as_json(live, _unsent(live), told, change, live.found))
        else:
            self._tell_folded([*self._live_lines(call, live), *self._without_difference(live)])
        if live.verdict.reason or live.is_guessed:
            sys.exit(REFUSED)

    def _tell_folded(self, lines: Iterable[str]) -> None:
        width = self.width(_NARROWEST)
        for line in lines:
            self.tell(line if width is None else fold(line, width))

    def _live_lines(self, call: page_arguments.Call, live: LiveCall) -> Iterator[str]:
        page, verdict = call.page, live.verdict
        yield self.paint(transcript.call(page), "MIGRATE_HEADING")
        yield _serving(page, live.server.answered[0].pattern_path)
        yield from telling.before(call, live)
        yield ""
        cookies = telling.cookies(call)
        yield from transcript.lines(verdict, page.origin, _unsent(live), self.paint, cookies)
        yield ""
        if live.is_guessed:
            yield self.paint(telling.not_known(live), "WARNING")
        else:
            yield transcript.verdict(
                verdict, self.paint, elsewhere=live.is_elsewhere, says_why=live.says_why
            )
        yield from telling.beside(live)

    def _without_difference(self, live: LiveCall) -> Iterator[str]:
        """Yield what to change in the code, where it refuses what is deployed refuses."""
        played = _refused_by_the_code(live)
        if played is not None:
            yield from self._change(played)

    def _lines(self, call: page_arguments.Call, played: Played) -> Iterator[str]:
        page, answered, verdict = played.page, played.server.answered, played.verdict
        yield self.paint(transcript.call(page), "MIGRATE_HEADING")
        yield _serving(page, answered[0].pattern_path)
        yield from page_arguments.notes(call)
        yield from notes.before(played)
        yield ""
        yield from transcript.lines(verdict, page.origin, _assumed(played), self.paint)
        yield ""
        if verdict.type != "basic":
            yield from _deciding(played)
        yield transcript.verdict(verdict, self.paint, elsewhere=played.is_elsewhere)
        yield from notes.beside(played)
        if verdict.reason:
            yield from self._change(played)

    def _change(self, played: Played) -> Iterator[str]:
        found = _advice(played)
        if found.near:
            yield f"The policy admits {' and '.join(found.near)}."
        # It may hold a URL that the site redirects to.
        yield f"Change {escaped(str(found.first), transcript.LONGEST)}"
        for other in found.others:
            yield f"Or {escaped(str(other), transcript.LONGEST)}"


def _assumed(played: Played) -> list[str]:
    return ["the view is not run" if each.assumed else "" for each in played.server.answered]


def _unsent(live: LiveCall) -> list[str]:
    return [telling.UNSENT if each else "" for each in live.unsent]


def _advice(played: Played) -> Advice:
    with unlogged(logging.CRITICAL):
        # Other views may be broken, which is not what was asked about.
        return advice(played.refusal)


def _refused_by_the_code(live: LiveCall) -> Played | None:
    """Return the same call, where the code refuses what is deployed refuses."""
    if live.verdict.reason in (None, Reason.NO_ANSWER) or live.found or live.is_elsewhere:
        return None
    if not live.is_known:
        # What opens Django's own URLs does not open that of somebody else.
        return None
    played = play(live.wanted.page)
    return played if played.verdict.reason is live.verdict.reason else None


def _consulted(played: Played) -> Iterator[str]:
    decided = played.server.answered[-1].decided
    if decided is not None:
        yield from transcript.consulted(decided)


def _deciding(played: Played) -> Iterator[str]:
    """Yield who was asked, and what decides; for which URL, where there are several."""
    answered, exchanges = played.server.answered, played.verdict.exchanges
    decided = answered[-1].decided
    if decided is None:
        return
    yield from transcript.consulted(decided)
    if decided.enforced:
        yield "The site refuses it on the server, with 403: the view does not run."
    sent, received = exchanges[len(answered) - 1]
    url = escaped(sent.url, transcript.LONGEST)
    what = f"Decided for {url} by" if sent.url != exchanges[0].sent.url else "Decided by"
    if answered_above.by_hand(decided, received):
        yield f"{what}: a header written by hand; no policy admits the page."
    else:
        yield f"{what}: the {transcript.decided_by(decided.effective)}."


def _seconds(text: str) -> float:
    seconds = float(text)
    if not 0 < seconds <= _LONGEST_WAIT:
        raise ValueError(text)
    return seconds


def _check_method(page: PageRequest) -> None:
    """Refuse a method that nobody has heard of: it is a slip of the pen."""
    method = page.method.upper()
    if method in page_arguments.METHODS:
        return
    every = [
        lookup.build_safely(pattern_path) for pattern_path in pattern_paths.all_pattern_paths()
    ]
    known = {name for each in every for name in (*each.implemented, *each.candidates)}
    if method not in known:
        hint = close_matches(method, sorted({*page_arguments.METHODS, *known}), most=1)
        raise bad_input(f"{page.method!r} is a method that no view knows. {hint}")


def _check_url(played: Played | LiveCall) -> None:
    """Refuse a URL that breaks the URLconf, which would break the request as well."""
    error = played.server.broken
    if error is not None:
        path = urlsplit(played.page.url).path
        raise bad_input(f"{path} cannot be resolved: {type(error).__name__}: {error}")


def _serving(page: PageRequest, pattern_path: PatternPath) -> str:
    if not pattern_path:
        return f"No URL pattern matches {urlsplit(page.url).path}."
    return f"It is for {view_name(pattern_path)}, at the route {route_name(pattern_path)}."
