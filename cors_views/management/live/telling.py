"""What stands beside the exchange with a deployed site: what was sent, and where it differs."""

from __future__ import annotations

from collections.abc import Iterator

from cors_views.browsing.pages import origin_of
from cors_views.management import page_arguments
from cors_views.management.live import signs
from cors_views.management.live.live_calls import LiveCall
from cors_views.management.page_arguments import Call
from cors_views.protocol.reasons import Reason
from cors_views.standard.methods import SAFE_METHODS

#: Why an answer is taken for granted.
UNSENT = "it is not sent, and this is what the code answers"


def before(call: Call, live: LiveCall) -> Iterator[str]:
    """Yield what has to be known to read the exchange."""
    page = call.page
    yield from page_arguments.notes(call)
    yield f"{origin_of(page.url)} is asked over HTTP, and the code here is asked the same."
    if page.method not in SAFE_METHODS and not live.wanted.runs_views:
        yield f"The {page.method} may change something, so it is not sent; --run sends it."
    if call.withheld:
        yield (
            "The cookies and the keys of the command are for another server, and are not sent to "
            "this one."
        )
    elif page.credentials == "include" and not call.cookie:
        yield "No cookies are sent: only --curl can provide them."


def cookies(call: Call) -> str:
    """Return what a request with credentials brings along."""
    return "the cookies of the command" if call.cookie else ""


def beside(live: LiveCall) -> Iterator[str]:
    """Yield where what is deployed differs from what the code decides."""
    if live.verdict.reason is Reason.NO_ANSWER:
        yield f"Why: {_capital(live.verdict.steps[-1].detail)}"
        return
    for told in live.found:
        yield f"The deployed site differs: {told}"
    if not live.is_known:
        yield _unknown(live)
    elif not live.found and not all(live.unsent):
        yield "The deployed site answers as the code decides."


def not_known(live: LiveCall) -> str:
    """Return the verdict where nobody has answered, and the code cannot say who would."""
    return (
        f"Not known: the {live.page.method} is not sent, and the code here does not know who would "
        "answer it."
    )


def _unknown(live: LiveCall) -> str:
    """Return who may have answered instead of a view."""
    received = [each.received for each in live.verdict.exchanges if each.received]
    asgi = next(filter(signs.is_of_cors_asgi, received), None)
    if asgi is not None:
        return (
            "An ASGI application beside Django answered, and its CorsASGI says why it refused, "
            f"X-Cors-Views: {signs.refusal_told(asgi)}. This command knows the URLconf alone. To "
            "admit the page, give that CorsASGI a policy that does: the settings would open other "
            "URLs, too."
        )
    return (
        "This command knows the URLconf alone, which has no such URL. If an ASGI application "
        "beside Django answers there, the policy of the CorsASGI around it decides: look at that. "
        "If a proxy takes a prefix off the path, set FORCE_SCRIPT_NAME to it. Otherwise correct "
        "the URL; manage.py cors_policies lists the routes."
    )


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
