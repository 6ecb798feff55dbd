"""What the page has to ask in another way, whatever the policies say."""

from __future__ import annotations

import dataclasses

from cors_views.management.explaining.advice_wording import Ask, Declare, Edit, Extend
from cors_views.management.explaining.what_to_write import Refusal
from cors_views.protocol.reasons import Reason
from cors_views.standard.header_values import split_list, value_of
from cors_views.standard.response_headers import ALLOW_METHODS, CORS_RESPONSE_HEADERS


def wrongly(refusal: Refusal) -> Edit | None:
    """Return what the page has to ask in another way, whatever the policies say."""
    method = refusal.page.method
    if method != method.upper() and _is_offered(method.upper(), refusal):
        text = f"write {method.upper()!r}; {_another(method)}"
        return Ask({"method": method.upper()}, text)
    wrong = [name for name in refusal.verdict.missing if name in CORS_RESPONSE_HEADERS]
    if wrong:
        text = f"leave out {', '.join(wrong)}: that is what the site answers, not what a page sends"
        return Ask({"without": tuple(wrong)}, text)
    return None


def _is_offered(method: str, refusal: Refusal) -> bool:
    """Return whether the answer that a browser refused would do for another method.

    Fetch, "CORS-preflight fetch": with credentials '*' is the name of a method.
    """
    received = refusal.verdict.exchanges[-1].received
    if received is None or refusal.verdict.reason is not Reason.METHOD_NOT_OFFERED:
        return False
    offered = split_list(value_of(received.headers, ALLOW_METHODS) or "")
    return method in offered or ("*" in offered and refusal.page.credentials != "include")


def _another(method: str) -> str:
    return f"to a browser {method!r} is another method"


def rewritten(edit: Edit, method: str) -> Edit:
    """Return advice for a method in upper case, to a page that writes it in another way."""
    if not isinstance(edit, (Declare, Extend)):
        return edit
    text = f"The page has to ask for {method.upper()!r}; {_another(method)}."
    return dataclasses.replace(edit, note=" ".join(filter(None, (edit.note, text))))
