"""What CSRF protection wants, which is asked just before a view runs."""

from __future__ import annotations

from collections.abc import Iterator

from cors_views.browsing import PageRequest
from cors_views.browsing.pages import origin_of
from cors_views.inspection.csrf_protection import is_csrf_protected
from cors_views.inspection.hosts import is_trusted
from cors_views.inspection.policies_in_use import csrf_middleware_protects
from cors_views.management.explaining import visitor_cookies
from cors_views.management.explaining.page_calls import Played
from cors_views.management.site_requests import Answered
from cors_views.protocol.admission import admitting
from cors_views.resolution import layer_order
from cors_views.standard.methods import SAFE_METHODS


def wanted(played: Played) -> Iterator[str]:
    """Yield what stands between a page that may read the answer and the view."""
    verdict, answered = played.verdict, played.server.answered
    last = answered[-1] if answered else None
    if verdict.reason or last is None or not last.assumed or last.unserved:
        return
    # A redirect may have made a GET of it.
    sent, page = verdict.exchanges[-1].sent, played.page
    if sent.method in SAFE_METHODS or not layer_order.understands(last.pattern_path):
        return
    callback = last.pattern_path[-1].callback
    has_session = sent.credentials and not visitor_cookies.why_without_session(
        page.origin, sent.url
    )
    # Session authentication asks for a token only where a session came along.
    if not (csrf_middleware_protects(callback) or (has_session and is_csrf_protected(callback))):
        return
    start = "Note: CSRF protection is not applied here:"
    if not sent.credentials:
        yield (
            f"{start} it answers 403 with any token, because without credentials the browser "
            "sends no cookie. Ask with credentials: 'include'; or, if the view authenticates "
            "otherwise, exempt it with csrf_exempt."
        )
    elif visitor_cookies.why_without_csrf(page.origin, sent.url):
        yield (
            f"{start} it answers 403 while the browser does not send its cookie. Once it "
            f"does, {_token(page, last)}."
        )
    else:
        yield f"{start} {_token(page, last)}."


def _token(page: PageRequest, last: Answered) -> str:
    name = visitor_cookies.token_header()
    steps = [f"the page has to send the CSRF token in the header {name}"]
    if page.origin != origin_of(page.url):
        if not _is_allowed(name, last):
            steps.append(f"the headers of the policy have to name {name.lower()!r}")
        if not is_trusted(page.origin):
            steps.append(f"CSRF_TRUSTED_ORIGINS has to name {page.origin!r}")
    *first, final = steps
    return f"{', '.join(first)}, and {final}" if first else final


def _is_allowed(name: str, last: Answered) -> bool:
    """Return whether a preflight with credentials would allow a header: no '*' covers it."""
    decided = last.decided
    policy = admitting(decided.effective, decided.origin, decided.replies) if decided else None
    return policy is not None and name.lower() in (policy.policy.headers or ())
