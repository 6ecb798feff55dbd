"""What others do to an answer: they stand above the middleware, or redirect where no view is."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from cors_views.browsing.exchanges import Received, Sent
from cors_views.management.explaining.advice_wording import Ask, Edit, Move
from cors_views.management.explaining.source_code import Item
from cors_views.management.explaining.what_to_write import Refusal
from cors_views.management.site_requests import Server
from cors_views.responses import view_headers
from cors_views.responses.kept_decision import Decided
from cors_views.standard.header_values import value_of
from cors_views.standard.origins import is_origin
from cors_views.standard.response_headers import ALLOW_CREDENTIALS, ALLOW_ORIGIN


def replaced(refusal: Refusal, decided: Decided) -> tuple[Edit, ...]:
    """Return what to do where what the middleware wrote is not what the browser received."""
    sent, received = refusal.verdict.exchanges[-1]
    written = dict(decided.answer.headers).get(ALLOW_ORIGIN)
    if received is None or written is None or _allow_origin(received) == written:
        return ()
    location = value_of(received.headers, "location")
    if location is None:
        return (Move("something above it changes the CORS headers"),)
    ask = Ask({"url": urljoin(sent.url, location)}, f"ask for {location} itself")
    return Move("something above it answers with a redirect, without CORS headers"), ask


def by_hand(decided: Decided, received: Received | None) -> bool:
    """Return whether an answer has a header that a view or a middleware wrote."""
    return (
        received is not None
        and view_headers.stay(decided.answer, decided.effective)
        and bool(_allow_origin(received))
    )


def kept(refusal: Refusal) -> tuple[Item, ...]:
    """Return a policy for those who read by a header written by hand: it allows no preflight."""
    received = refusal.verdict.exchanges[-1].received
    written = _allow_origin(received) if received else None
    if received is None or written is None or not (written == "*" or is_origin(written)):
        return ()
    fields = {"origins": repr("*") if written == "*" else f"[{written!r}]"}
    if written != "*" and value_of(received.headers, ALLOW_CREDENTIALS) == "true":
        fields["credentials"] = "True"
    return ({**fields, "methods": "['GET']", "headers": "[]"},)


def _allow_origin(received: Received) -> str | None:
    return value_of(received.headers, ALLOW_ORIGIN)


def redirected(refusal: Refusal) -> Edit | None:
    """Return where to ask instead of at a URL that is none but redirects, as to a language."""
    sent, received = refusal.verdict.exchanges[-1]
    if sent.kind == "preflight":
        # It says nothing of what would have followed.
        page = refusal.page
        actual = Sent("actual", page.method, sent.url, sent.headers, None, False)
        received = Server(page.origin, page.url, runs_views=False).answer(actual)
    location = value_of(received.headers, "location") if received else None
    if location is None:
        return None
    text = (
        f"ask for {location}; {urlsplit(sent.url).path} matches no URL pattern, and redirects there"
    )
    return Ask({"url": urljoin(sent.url, location)}, text)
