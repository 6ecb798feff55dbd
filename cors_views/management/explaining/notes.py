"""What stands beside a verdict: what was assumed, and what would be different."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from cors_views import conf
from cors_views.browsing.exchanges import Exchange
from cors_views.browsing.pages import origin_of
from cors_views.browsing.safelists import value_of
from cors_views.checks.sites import is_trusted
from cors_views.checks.views import is_csrf_protected
from cors_views.inspection.policies_in_use import csrf_middleware_protects
from cors_views.management.explaining import visitors
from cors_views.management.explaining.playing import Played
from cors_views.management.sending import is_below_static_url
from cors_views.protocol.reasons import Reason
from cors_views.resolution import layers
from cors_views.standard import fetch
from cors_views.standard.fetch import SAFE_METHODS

STATIC = (
    "runserver serves what is below STATIC_URL without any middleware, so without CORS headers; "
    "where another server or WhiteNoise serves it, that one has to be asked."
)


def before(played: Played) -> Iterator[str]:
    """Yield what has to be known to read the exchange."""
    page, server = played.page, played.server
    if server.instead:
        host = urlsplit(page.url).hostname
        yield f"ALLOWED_HOSTS does not name {host}, so the site is asked as {server.instead}."
    if is_below_static_url(urlsplit(page.url).path):
        yield f"Note: {STATIC}"
    if not server.runs_views:
        yield "No view is run; --run sends the request for real."


def beside(played: Played) -> Iterator[str]:
    """Yield what the verdict hangs on."""
    yield from _assumed(played)
    yield from _cookies(played)
    yield from _with_credentials(played)
    yield from _token(played)
    yield from _kept_preflight(played)


def _assumed(played: Played) -> Iterator[str]:
    """Yield what a readable answer was taken for."""
    last = played.server.heard[-1] if played.server.heard else None
    if last is None or not last.assumed or played.verdict.reason:
        return
    yield (
        "Assumed: the view answers 200. Where it redirects or fails instead, --run shows what a "
        "page gets."
    )
    if last.admitted_by:
        yield f"Assumed: the visitor is logged in; {last.admitted_by} redirects everybody else."


def _cookies(played: Played) -> Iterator[str]:
    exchange = next((each for each in played.verdict.exchanges if each.sent.credentials), None)
    if exchange is not None:
        for told in visitors.kept_at_home(played.page.origin, exchange.sent.url):
            yield f"Note: {told}"


def _with_credentials(played: Played) -> Iterator[str]:
    """Yield what ``credentials: "include"`` would change in an answer that may be read."""
    verdict, page = played.verdict, played.page
    if verdict.reason or verdict.type != "cors" or page.credentials == "include":
        return
    for exchange, heard in zip(verdict.exchanges, played.server.heard):
        why = _why_not_with_credentials(exchange)
        if why:
            yield f'Note: with credentials: "include" the page could not read it: {why}.'
            return
        if heard.login and not visitors.why_without_session(page.origin, exchange.sent.url):
            # Whoever is logged in is not redirected.
            return


def _why_not_with_credentials(exchange: Exchange) -> str:
    sent, received = exchange
    headers = received.headers if received else ()
    if "Origin" not in dict(sent.headers):
        # The page's own server: CORS asks nothing.
        return ""
    if value_of(headers, fetch.ALLOW_ORIGIN) == "*":
        return "browsers refuse '*' with credentials"
    allowed = value_of(headers, fetch.ALLOW_CREDENTIALS) == "true"
    return "" if allowed else "the policy does not allow them"


def _token(played: Played) -> Iterator[str]:
    """Yield what CSRF protection wants, which is asked just before a view is run."""
    page, server = played.page, played.server
    pattern_path = server.heard[-1].pattern_path if server.heard else ()
    if played.verdict.reason or server.runs_views or page.method in SAFE_METHODS:
        return
    if not pattern_path or not layers.understands(pattern_path):
        return
    callback = pattern_path[-1].callback
    # Session authentication asks for a token only where a session came along.
    with_cookies = page.credentials == "include" and is_csrf_protected(callback)
    if not (with_cookies or csrf_middleware_protects(callback)):
        return
    own = page.origin == origin_of(page.url)
    trusted = own or is_trusted(page.origin)
    missing = "" if trusted else f", and CSRF_TRUSTED_ORIGINS has to name {page.origin!r}"
    yield (
        f"Note: CSRF protection is not asked here: the page has to send the CSRF token in the "
        f"header X-CSRFToken{missing}."
    )


def _kept_preflight(played: Played) -> Iterator[str]:
    """Yield how long a browser goes on as before that was allowed to."""
    verdict, heard = played.verdict, played.server.heard
    answered = verdict.exchanges[-1].sent.kind if verdict.exchanges else "actual"
    outcome = heard[-1].outcome if heard else None
    if verdict.reason in (None, Reason.PREFLIGHT_FAILED) or answered == "actual" or not outcome:
        return
    ages = [each.policy.max_age or 0 for each in outcome.effective.policies]
    age = max(ages, default=conf.cors_settings().policy.max_age or 0)
    if age:
        yield (
            "Note: a browser that was allowed this before keeps that answer for up to "
            f"{age} seconds, and does not ask again until then."
        )
