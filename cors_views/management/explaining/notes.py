"""What stands beside a verdict: what was assumed, and what would be different."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cors_views import conf
from cors_views.browsing.exchanges import Exchange, Sent
from cors_views.management.explaining import csrf_tokens, visitor_cookies
from cors_views.management.explaining.page_calls import Played
from cors_views.management.site_requests import is_below_static_url
from cors_views.protocol.reasons import Reason
from cors_views.standard.header_values import value_of
from cors_views.standard.methods import SAFE_METHODS
from cors_views.standard.response_headers import ALLOW_CREDENTIALS, ALLOW_ORIGIN
from cors_views.support.escaping import escaped

STATIC = (
    "runserver serves files below STATIC_URL without any middleware, so without CORS headers. "
    "If another server or WhiteNoise serves them, ask that one."
)


def before(played: Played) -> Iterator[str]:
    """Yield what has to be known to read the exchange."""
    page, server = played.page, played.server
    if server.instead:
        host = urlsplit(page.url).hostname
        yield (
            f"ALLOWED_HOSTS does not name {host}, so the request goes to the host {server.instead}."
        )
    if is_below_static_url(urlsplit(page.url).path):
        yield f"Note: {STATIC}"
    if not server.runs_views:
        yield "No view is run; --run sends the request for real."


def beside(played: Played) -> Iterator[str]:
    """Yield what the verdict hangs on."""
    yield from _assumed(played)
    yield from _cookies(played)
    yield from _with_credentials(played)
    yield from csrf_tokens.wanted(played)
    yield from _another_url(played)
    yield from _kept_preflight(played)


def _assumed(played: Played) -> Iterator[str]:
    """Yield what a readable answer was taken for."""
    last = played.server.answered[-1] if played.server.answered else None
    if last is None or not last.assumed or played.verdict.reason:
        return
    if last.unserved:
        method = played.verdict.exchanges[-1].sent.method
        yield f"Assumed: the view answers 405. It serves no {method}, but {last.unserved}."
    else:
        yield (
            "Assumed: the view answers 200. If it redirects or fails instead, --run shows what "
            "a page gets."
        )
    if last.admitted_by:
        yield f"Assumed: the visitor is logged in; {last.admitted_by} redirects everybody else."


def _cookies(played: Played) -> Iterator[str]:
    exchange = next((each for each in played.verdict.exchanges if each.sent.credentials), None)
    if exchange is not None:
        for text in visitor_cookies.kept_at_home(played.page.origin, exchange.sent.url):
            yield f"Note: {text}"


def _with_credentials(played: Played) -> Iterator[str]:
    """Yield what ``credentials: "include"`` would change in an answer that may be read."""
    verdict, page = played.verdict, played.page
    if verdict.reason or verdict.type != "cors" or page.credentials == "include":
        return
    for exchange, answered in zip(verdict.exchanges, played.server.answered):
        why = _why_not_with_credentials(exchange)
        if why:
            yield f'Note: with credentials: "include" the page could not read it: {why}.'
            return
        if answered.login and not visitor_cookies.why_without_session(
            page.origin, exchange.sent.url
        ):
            # Whoever is logged in is not redirected.
            return


def _why_not_with_credentials(exchange: Exchange) -> str:
    sent, received = exchange
    headers = received.headers if received else ()
    if "Origin" not in dict(sent.headers):
        # The page's own server: CORS asks nothing.
        return ""
    if value_of(headers, ALLOW_ORIGIN) == "*":
        return "browsers refuse '*' with credentials"
    allowed = value_of(headers, ALLOW_CREDENTIALS) == "true"
    return "" if allowed else "the policy does not allow them"


def _another_url(played: Played) -> Iterator[str]:
    """Yield which URL to ask for instead of one that loses the method on its way."""
    exchanges, answered = played.verdict.exchanges, played.server.answered
    sent, received = exchanges[len(answered) - 1]
    path = escaped(urlsplit(sent.url).path)
    if answered[-1].lacks_slash and received and value_of(received.headers, "location") is None:
        yield f"Note: ask for {path}/. Without the slash no URL pattern matches{_refused(sent)}."
    if sent.kind == "actual" and sent.method != played.page.method:
        yield (
            f"Note: the redirect made a {sent.method} of the {played.page.method}. If you do "
            f"not mean that, ask for {path} directly."
        )


def _refused(sent: Sent) -> str:
    if sent.method in SAFE_METHODS:
        return ""
    # What the redirect would lose, Django says in the debug page.
    return f": Django refuses a {sent.method} there while DEBUG is on, and redirects it otherwise"


def _kept_preflight(played: Played) -> Iterator[str]:
    """Yield how long a browser goes on as before that was allowed to."""
    verdict, answered = played.verdict, played.server.answered
    kind = verdict.exchanges[-1].sent.kind if verdict.exchanges else "actual"
    decided = answered[-1].decided if answered else None
    if verdict.reason in (None, Reason.PREFLIGHT_FAILED) or kind == "actual" or not decided:
        return
    ages = [each.policy.max_age or 0 for each in decided.effective.policies]
    age = max(ages, default=conf.cors_settings().policy.max_age or 0)
    if age:
        yield (
            f"Note: a browser that was allowed this before caches that answer for up to {age} "
            "seconds, and sends no new preflight until then."
        )
