"""What to do about a login page that a visitor was redirected to instead of the view's answer."""

from __future__ import annotations

from cors_views.browsing import PageRequest
from cors_views.management.explaining import visitor_cookies
from cors_views.management.explaining.advice_wording import Ask, Edit, Tell
from cors_views.management.explaining.page_calls import Played, play
from cors_views.management.explaining.what_to_write import Refusal
from cors_views.management.overview.view_names import view_name
from cors_views.management.site_requests import Answered


def sent_away(refusal: Refusal) -> int | None:
    """Return which answer redirected to a login page that the page may not read.

    Where the redirect itself may not be read, it is no matter of logging in.
    """
    for number, answered in enumerate(refusal.answered):
        if answered.login and number + 1 < len(refusal.verdict.exchanges):
            return number
    return None


def once_logged_in(page: PageRequest) -> Played:
    """Return what becomes of the request of somebody who has logged in and lets the site know."""
    return play(page._replace(credentials="include"), logged_in=True)


def log_in(refusal: Refusal, number: int, further: Edit | None) -> Edit:
    """Return how to be logged in. ``further`` is what is to be changed for those who are."""
    page, answered = refusal.page, refusal.answered[number]
    url = refusal.verdict.exchanges[number].sent.url
    why = visitor_cookies.why_without_session(page.origin, url)
    if page.credentials == "include":
        return Tell(
            _without_a_cookie(answered, why, visitor_cookies.with_session(page.origin, url))
        )
    first = f"log in first and ask with credentials: 'include'; {_redirects(answered)}."
    sentences = [first, "That is for people; for programs let the view answer 401 or 403 instead."]
    if further is not None:
        sentences.append(f"The policy has to allow that, too: {further}")
    if why:
        sentences.append(f"From this page the browser sends no session cookie: {why}.")
        sentences.append(visitor_cookies.with_session(page.origin, url))
    return Ask({"credentials": "include"}, " ".join(sentences).removesuffix("."))


def _without_a_cookie(answered: Answered, why: str, remedy: str) -> str:
    if not why:
        return (
            f"nothing yet: --run sends no cookies, and {_redirects(answered)}. Without --run, "
            "the command assumes that the visitor is logged in."
        )
    return (
        f"the page, or the session cookie: the browser does not send it ({why}), and "
        f"{_redirects(answered)}. {remedy}"
    )


def _redirects(answered: Answered) -> str:
    view = view_name(answered.pattern_path)
    return f"{view} redirects visitors who are not logged in to the login page ({answered.login})"
