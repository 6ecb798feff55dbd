"""What Chromium's console says about CORS is what docs/debugging.rst quotes, reason by reason."""

from __future__ import annotations

import re
import time
import uuid
from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from cors_views.protocol.reasons import Reason
from cors_views.testing import Browser, CorsError
from tests.browser.test_agreement import IN_PAGE
from tests.calls import ANY, Call, says
from tests.samples import ROOT
from tests.told_site import Visit

INCLUDE, PUT = {"credentials": "include"}, {"method": "PUT"}

ABSENT = "No 'Access-Control-Allow-Origin' header is present on the requested resource."
OTHER = (
    "The 'Access-Control-Allow-Origin' header has a value '…' that is not equal to the supplied "
    "origin."
)
SEVERAL = (
    "The 'Access-Control-Allow-Origin' header contains multiple values '…', but only one is "
    "allowed."
)
WILDCARD = (
    "The value of the 'Access-Control-Allow-Origin' header in the response must not be the "
    "wildcard '*' when the request's credentials mode is 'include'."
)
NOT_TRUE = (
    "The value of the 'Access-Control-Allow-Credentials' header in the response is '…' which must "
    "be 'true' when the request's credentials mode is 'include'."
)
METHOD = "Method … is not allowed by Access-Control-Allow-Methods in preflight response."
HEADER = (
    "Request header field … is not allowed by Access-Control-Allow-Headers in preflight response."
)
REDIRECT = "Redirect is not allowed for a preflight request."
STATUS = "It does not have HTTP ok status."


@dataclass(frozen=True)
class Row:
    """A call that is refused, for a reason of ours, with words of Chromium's."""

    name: str
    words: str
    reason: Reason
    call: Call
    of_preflight: bool = False


ROWS = [
    Row("denied", ABSENT, Reason.DENIED, Call("/denied/")),
    Row("denied-preflight", ABSENT, Reason.DENIED, Call("/denied/", PUT), True),
    Row("no-policy", ABSENT, Reason.NO_POLICY, Call()),
    Row("not-admitted", ABSENT, Reason.ORIGIN_NOT_ADMITTED, Call("/named/", page="other")),
    Row(
        "not-admitted-preflight",
        ABSENT,
        Reason.ORIGIN_NOT_ADMITTED,
        Call("/named/", PUT, page="other"),
        True,
    ),
    Row("other-origin", OTHER, Reason.WRONG_ALLOW_ORIGIN, Call(answer=says(origin="{other}"))),
    Row(
        "other-origin-preflight",
        OTHER,
        Reason.WRONG_ALLOW_ORIGIN,
        Call(options=PUT, preflight=says(origin="{other}", methods="PUT")),
        True,
    ),
    Row("two", SEVERAL, Reason.WRONG_ALLOW_ORIGIN, Call(answer=says(origin="{app}, {app}"))),
    Row("any", WILDCARD, Reason.CREDENTIALS_NOT_ALLOWED, Call("/any/", INCLUDE)),
    Row("told-any", WILDCARD, Reason.CREDENTIALS_NOT_ALLOWED, Call(options=INCLUDE, answer=ANY)),
    Row("cookies", NOT_TRUE, Reason.CREDENTIALS_NOT_ALLOWED, Call("/never-kept/", INCLUDE)),
    Row(
        "cookies-preflight",
        NOT_TRUE,
        Reason.CREDENTIALS_NOT_ALLOWED,
        Call(options=PUT | INCLUDE, preflight=says(origin="{app}", methods="PUT")),
        True,
    ),
    Row("method", METHOD, Reason.METHOD_NOT_OFFERED, Call("/named/", {"method": "patch"})),
    Row(
        "header",
        HEADER,
        Reason.HEADER_NOT_ALLOWED,
        Call("/named/", {"headers": {"X-Two": "2"}}),
    ),
    Row(
        "redirect",
        REDIRECT,
        Reason.PREFLIGHT_FAILED,
        Call(options=PUT, preflight=says(302, origin="{app}", methods="PUT", location="/blank/")),
        True,
    ),
    Row(
        "status",
        STATUS,
        Reason.PREFLIGHT_FAILED,
        Call(options=PUT, preflight=says(403, origin="{app}", methods="PUT")),
        True,
    ),
]


def quoted() -> dict[str, set[str]]:
    """Return the reasons that the page names, by the words of Chromium that it quotes."""
    page = (ROOT / "docs" / "debugging.rst").read_text("utf-8")
    table = page.partition("What the console says\n")[2].partition("Frequent causes\n")[0]
    found = {}
    for row in table.split("   * - ``")[1:]:
        words, _, rest = row.partition("``\n")
        named = set(re.findall(r"``([A-Z_]+)``", rest))
        found[" ".join(words.split())] = named & Reason.__members__.keys()
    return found


def console(driver: Any) -> str:
    """Return what the console says about CORS, which may come a moment after the page knows."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        for entry in driver.get_log("browser"):
            if "CORS policy: " in entry["message"]:
                return str(entry["message"])
        time.sleep(0.05)
    return "nothing"


@pytest.mark.parametrize("row", [pytest.param(row, id=row.name) for row in ROWS])
def test_chromium_says_what_the_page_quotes(
    chromium_driver: Any, at: dict[str, str], row: Row
) -> None:
    visit = Visit(at, f"{row.name}.{uuid.uuid4()}")
    url, options, page = visit.url(row.call), row.call.options, at[row.call.page]
    chromium_driver.get(f"{page}/blank/")
    chromium_driver.get_log("browser")

    assert chromium_driver.execute_async_script(IN_PAGE, url, options) == (
        "TypeError: Failed to fetch"
    )

    before = "Response to preflight request doesn't pass access control check: "
    words = f"CORS policy: {before if row.of_preflight else ''}{row.words}"
    assert re.search(re.escape(words).replace("…", ".*"), console(chromium_driver))
    with pytest.raises(CorsError) as refused:
        Browser(page, client=Client(), server=at.values()).fetch(url, **options)
    assert refused.value.reason is row.reason


def test_the_page_quotes_all_of_this_and_nothing_else() -> None:
    reasons: dict[str, set[str]] = {}
    for row in ROWS:
        reasons.setdefault(row.words, set()).add(row.reason.name)

    assert quoted() == reasons
