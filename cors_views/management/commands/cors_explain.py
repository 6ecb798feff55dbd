"""``manage.py cors_explain``: a browser's view of one request, and what to change."""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from cors_views.browsing import PageRequest, page_request
from cors_views.browsing.pages import origin_of
from cors_views.management import transcript
from cors_views.management.base import REFUSED, CorsCommand, bad_input, resolver_of
from cors_views.management.explaining import answered_above, notes
from cors_views.management.explaining.advice import advice, decided_by
from cors_views.management.explaining.page_calls import Played, play
from cors_views.management.overview import view_name
from cors_views.management.site_requests import absolute, unlogged
from cors_views.policies.policy import close_matches
from cors_views.protocol.reasons import Reason
from cors_views.resolution import nearest, pattern_paths
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name
from cors_views.support.escaping import escaped

_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Command(CorsCommand):
    """Play the browser for one request, and say what it would let the page have."""

    help = (
        "Show what a browser sends for a page, what the site answers, and whether the page may "
        "read it. No view is run, unless --run says so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        parser.add_argument(
            "origin", help="origin of the page, such as https://app.example.com, or null"
        )
        parser.add_argument("method", help="HTTP method, spelled as in fetch()")
        parser.add_argument(
            "url", help="absolute URL, or a path (then the first host of ALLOWED_HOSTS is used)"
        )
        parser.add_argument(
            "--header",
            "-H",
            action="append",
            default=[],
            metavar="NAME[: VALUE]",
            help="a header that the page sets; repeatable",
        )
        parser.add_argument("--content-type", metavar="TYPE", help="of the body that it sends")
        parser.add_argument(
            "--credentials", action="store_true", help='the page asks with credentials: "include"'
        )
        parser.add_argument(
            "--run",
            action="store_true",
            help="really run the view; without it, the view counts as one that answers 200",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the exchange; exit with 1 where the page may not read the answer."""
        page = _page(options)
        resolver_of(None)
        _check_method(page)
        played = play(page, runs_views=options["run"])
        if played.server.broken is not None:
            error = played.server.broken
            path = urlsplit(page.url).path
            raise bad_input(f"{path} cannot be resolved: {type(error).__name__}: {error}")
        for line in self._lines(played):
            self.stdout.write(line)
        if played.verdict.reason:
            sys.exit(REFUSED)

    def _lines(self, played: Played) -> Iterator[str]:
        page, answered, verdict = played.page, played.server.answered, played.verdict
        yield self.paint(transcript.call(page), "MIGRATE_HEADING")
        yield _serving(page, answered[0].pattern_path)
        yield from notes.before(played)
        yield ""
        assumed = [each.assumed for each in answered]
        yield from transcript.lines(verdict, page.origin, assumed, self.paint)
        yield ""
        if verdict.type != "basic":
            yield from _deciding(played)
        yield from self._verdict(played)
        yield from notes.beside(played)
        if verdict.reason:
            yield from self._change(played)

    def _verdict(self, played: Played) -> Iterator[str]:
        verdict = played.verdict
        if played.is_elsewhere:
            sent = verdict.exchanges[-1].sent
            origin, there = dict(sent.headers).get("Origin"), origin_of(sent.url)
            text = f"only {there} can tell whether a page may read its answer as Origin {origin!r}"
            name = Reason.REDIRECT_REFUSED.name
            yield self.paint(f"Not known, {name}: {text}.", "WARNING")
            return
        if verdict.reason is None:
            url = escaped(verdict.url, transcript.LONGEST)
            where = f" of {url}, where it was redirected to" if verdict.redirected else ""
            status = f", which is a {verdict.status}" if verdict.status != 200 else ""
            yield self.paint(f"The page may read the answer{where}{status}.", "SUCCESS")
            return
        names = f": {', '.join(verdict.missing)}" if verdict.missing else ""
        reason = verdict.reason
        yield self.paint(f"Refused, {reason.name}: {reason.value}{names}.", "ERROR")

    def _change(self, played: Played) -> Iterator[str]:
        with unlogged(logging.CRITICAL):
            # Other views may be broken, which is not what was asked about.
            found = advice(played.refusal)
        if found.near:
            yield f"Admitted is {' and '.join(found.near)}."
        # It may hold a URL that the site redirects to.
        yield f"Change {escaped(str(found.first), transcript.LONGEST)}"
        for other in found.others:
            yield f"Or {escaped(str(other), transcript.LONGEST)}"


def _deciding(played: Played) -> Iterator[str]:
    """Yield who was asked, and what decides; for which URL, where there are several."""
    answered, exchanges = played.server.answered, played.verdict.exchanges
    outcome = answered[-1].outcome
    if outcome is None:
        return
    yield from transcript.consulted(outcome)
    if outcome.enforced:
        yield "The site refuses it on the server, with 403: the view does not run."
    sent, received = exchanges[len(answered) - 1]
    url = escaped(sent.url, transcript.LONGEST)
    what = f"What decides for {url}" if sent.url != exchanges[0].sent.url else "What decides"
    if answered_above.by_hand(outcome, received):
        yield f"{what} is a header written by hand: no policy admits the page."
    else:
        yield f"{what} is the {decided_by(outcome.effective)}."


def _page(options: dict[str, Any]) -> PageRequest:
    """Return what the page asks for. Refuse what no page can, and what a browser would drop."""
    url = options["url"]
    if _is_slip_of_a_path(url):
        raise bad_input(f"{url!r} is no absolute http or https URL. Write '/{url}'.")
    headers = [_header(text) for text in options["header"]]
    if options["content_type"] is not None:
        headers.append(("Content-Type", options["content_type"]))
    try:
        page = page_request(
            options["origin"],
            absolute(url),
            method=options["method"],
            headers=headers,
            credentials="include" if options["credentials"] else "same-origin",
        )
    except ValueError as error:
        raise bad_input(f"{error}.") from error
    if page.dropped:
        hint = " For cookies write --credentials." if "cookie" in page.dropped[0].lower() else ""
        raise bad_input(f"{page.dropped[0]} is a header that only a browser may set.{hint}")
    return page


def _is_slip_of_a_path(url: str) -> bool:
    """Return whether a URL is the path of one, as a URLconf has it: without the first slash."""
    try:
        parts = urlsplit(url)
    except ValueError:
        # Brackets of no IPv6 address: a host all the same.
        return False
    return bool(parts.path) and not (url.startswith("/") or parts.scheme or parts.netloc)


def _header(text: str) -> tuple[str, str]:
    name, _, value = text.partition(":")
    # A type that no form sends, so that whoever names the header alone is shown the harder case.
    default = "application/json" if name.strip().lower() == "content-type" else "x"
    return name.strip(), value.strip() or default


def _check_method(page: PageRequest) -> None:
    """Refuse a method that nobody has heard of: it is a slip of the pen."""
    method = page.method.upper()
    if method in _METHODS:
        return
    routes = [
        nearest.build_safely(pattern_path) for pattern_path in pattern_paths.all_pattern_paths()
    ]
    known = {name for route in routes for name in (*route.implemented, *route.candidates)}
    if method not in known:
        hint = close_matches(method, sorted({*_METHODS, *known}), most=1)
        raise bad_input(f"{page.method!r} is a method that no view knows. {hint}")


def _serving(page: PageRequest, pattern_path: PatternPath) -> str:
    if not pattern_path:
        return f"No URL pattern matches {urlsplit(page.url).path}."
    return f"It is for {view_name(pattern_path)}, at the route {route_name(pattern_path)}."
