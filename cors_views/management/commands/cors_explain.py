"""``manage.py cors_explain``: a browser's view of one request, and what to change."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from django.urls import ResolverMatch

from cors_views import chains, layers, nearest
from cors_views.browsing import PageRequest, PreflightCache, Sent, Verdict, browse, page_request
from cors_views.chains import Chain
from cors_views.checks.views import is_csrf_protected
from cors_views.fetch import SAFE_METHODS
from cors_views.management import transcript
from cors_views.management.advice import Refusal, advice, decided_by
from cors_views.management.base import REFUSED, CorsCommand, bad_input, resolver_of
from cors_views.management.overview import view_name
from cors_views.management.sending import Server, absolute, is_below_static_url
from cors_views.policy import close_matches
from cors_views.routes import route_name
from cors_views.uses import csrf_middleware_protects

_STATIC = (
    "runserver serves what is below STATIC_URL without any middleware, so without CORS headers; "
    "where another server or WhiteNoise serves it, that one has to be asked."
)
_NO_CSRF = (
    "Note: CSRF protection is not asked here: the view also wants a CSRF token, see "
    "docs/cookies.rst."
)
_METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


class Command(CorsCommand):
    """Play the browser for one request, and say what it would let the page have."""

    help = (
        "Show what a browser sends for a page, what the site answers, and whether the page may "
        "read it. No view is run, unless --run says so."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the arguments."""
        parser.add_argument("origin", help="of the page, such as https://app.example.com, or null")
        parser.add_argument("method", help="as the page writes it")
        parser.add_argument("url", help="a whole URL, or a path at a host of ALLOWED_HOSTS")
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
        server = Server(page.url, runs_views=options["run"])
        match = _match(server, page)
        _check_method(match, page)
        verdict = _played(page, server)
        for line in self._lines(page, server, match, verdict):
            self.stdout.write(line)
        if verdict.reason:
            sys.exit(REFUSED)

    def _lines(
        self, page: PageRequest, server: Server, match: ResolverMatch, verdict: Verdict
    ) -> Iterator[str]:
        chain = chains.chain_of(match)
        yield self.paint(transcript.call(page), "MIGRATE_HEADING")
        yield f"It is for {view_name(chain)}, at the route {route_name(chain)}."
        yield from _notes(page, server)
        yield ""
        assumed = [heard.assumed for heard in server.heard]
        yield from transcript.lines(verdict, assumed, self.paint)
        yield ""
        heard = server.heard[-1] if server.heard else None
        if heard and heard.outcome and verdict.type != "basic":
            yield from transcript.asked(heard.outcome)
            yield f"What decides is the {decided_by(heard.outcome.ruling)}."
        if verdict.reason is None:
            where = f" of {verdict.url}, where it was redirected to" if verdict.redirected else ""
            status = f", which is a {verdict.status}" if verdict.status != 200 else ""
            yield self.paint(f"The page may read the answer{where}{status}.", "SUCCESS")
            if not server.runs_views and _wants_token(chain, page):
                yield _NO_CSRF
            return
        reason = verdict.reason
        names = f": {', '.join(verdict.missing)}" if verdict.missing else ""
        yield self.paint(f"Refused, {reason.name}: {reason.value}{names}.", "ERROR")
        yield f"Change {advice(Refusal(verdict, page, match, heard))}"


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


def _match(server: Server, page: PageRequest) -> ResolverMatch:
    """Return what the URL resolves to, its form with a final slash included."""
    path = urlsplit(page.url).path
    request = server.request(Sent("actual", page.method, page.url, (), None, False))
    try:
        match = chains.resolve(request)
    except Exception as error:
        raise bad_input(f"{path} cannot be resolved: {type(error).__name__}: {error}") from error
    if match is not None:
        return match
    if is_below_static_url(path):
        raise bad_input(f"{path} is no URL of a view. {_STATIC}")
    raise bad_input(f"{path} is no URL of the site. manage.py cors_policies lists the routes.")


def _check_method(match: ResolverMatch, page: PageRequest) -> None:
    """Refuse a method that nobody has heard of: it is a slip of the pen."""
    route = nearest.route_of(match)
    known = {*_METHODS, *route.implemented, *route.candidates}
    if page.method.upper() not in known:
        hint = close_matches(page.method.upper(), sorted(known), most=1)
        raise bad_input(f"{page.method!r} is a method that no view knows. {hint}")


def _notes(page: PageRequest, server: Server) -> Iterator[str]:
    if server.instead:
        yield (
            f"ALLOWED_HOSTS does not name {urlsplit(page.url).hostname}, so the site is asked as "
            f"{server.instead}."
        )
    if is_below_static_url(urlsplit(page.url).path):
        yield f"Note: {_STATIC}"
    if not server.runs_views:
        yield "No view is run; --run sends the request for real."


def _wants_token(chain: Chain, page: PageRequest) -> bool:
    """Return whether CSRF protection has a say, which is asked just before a view is run."""
    if page.method in SAFE_METHODS or not layers.understands(chain):
        return False
    callback = chain[-1].callback
    # Session authentication asks for a token only where a session came along.
    with_cookies = page.credentials == "include" and is_csrf_protected(callback)
    return with_cookies or csrf_middleware_protects(callback)


def _played(page: PageRequest, server: Server) -> Verdict:
    browser = browse(page, PreflightCache())
    try:
        sent = next(browser)
        while True:
            sent = browser.send(server.answer(sent))
    except StopIteration as done:
        verdict: Verdict = done.value
        return verdict
