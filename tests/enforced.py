"""What pages send to views that enforce, what arrives, and whether the view runs.

A real Chromium does all of it in ``tests/browser/test_enforcement.py``, and our Browser what it
models in ``tests/test_enforced.py``. The names of origins and the views are those of
``tests/told_site.py``: ``/enforcing/`` admits ``app``, and ``/enforcing-denied/`` nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

#: How a page sends, and whether the Browser models it. A foreign form is a simple POST to it.
FETCH, FORM, FORM_IN_A_FRAME, FORM_BY_307 = "fetch", "form", "form in a frame", "form by 307"
RELOAD, LINK, IMAGE, BEACON = "form, reloaded", "link", "image", "beacon"
MODELLED = (FETCH, FORM, FORM_IN_A_FRAME)


@dataclass(frozen=True)
class Deed:
    """One thing that a page does; "null" is a sandboxed frame.

    ``arrives`` is what the server gets to see: methods and their ``Origin``, a name of one.
    ``referrer`` is the Referrer-Policy of the page, which may take the origin from its forms.
    """

    name: str
    how: str
    runs: bool
    arrives: str
    page: str = "other"
    at: str = "api"
    path: str = "/enforcing/"
    options: tuple[tuple[str, Any], ...] = ()
    referrer: str = ""

    @property
    def modelled(self) -> bool:
        """Whether our Browser does it too: it knows neither Fetch Metadata nor Referrer-Policy."""
        no_cors = ("mode", "no-cors") in self.options
        fetched = self.how in MODELLED and not no_cors and not self.referrer
        return fetched and self.at != "plain"


def options(**given: Any) -> tuple[tuple[str, Any], ...]:
    return tuple(given.items())


POST = options(method="POST", body="x")
NO_CORS = options(method="POST", body="x", mode="no-cors")
PUT, DELETE = options(method="PUT", body="x"), options(method="DELETE")
INCLUDE = options(method="POST", body="x", credentials="include")
DENIED, REPORTED, OPEN = "/enforcing-denied/", "/reporting/", "/enforcing-open/"

STRANGERS = (
    Deed("get", FETCH, False, "GET other"),
    Deed("post", FETCH, False, "POST other", options=POST),
    Deed("post-with-cookies", FETCH, False, "POST other", options=INCLUDE),
    Deed("post-no-cors", FETCH, False, "POST other", options=NO_CORS),
    # The preflight is refused: the request itself is never sent.
    Deed("put", FETCH, False, "OPTIONS other", options=PUT),
    Deed("delete", FETCH, False, "OPTIONS other", options=DELETE),
    Deed("beacon", BEACON, False, "POST other"),
    Deed("form", FORM, False, "POST other"),
    Deed("form-without-slash", FORM, False, "POST other", path="/enforcing"),
    Deed("form-reloaded-by-the-user", RELOAD, False, "POST other, POST other"),
    Deed("form-in-a-frame", FORM_IN_A_FRAME, False, "POST other"),
    Deed("form-no-referrer", FORM, False, "POST null", referrer="no-referrer"),
    Deed("form-of-a-sandbox", FORM, False, "POST null", page="null"),
    Deed("sandbox-get", FETCH, False, "GET null", page="null"),
    Deed("sandbox-post", FETCH, False, "POST null", page="null", options=POST),
    Deed("sandbox-put", FETCH, False, "OPTIONS null", page="null", options=PUT),
    Deed("image-with-crossorigin", IMAGE, False, "GET other", options=options(cors=True)),
    # No Origin goes with these: docs/enforce.rst says so, and what it means for GET.
    Deed("link", LINK, True, "GET -"),
    Deed("image", IMAGE, True, "GET -"),
    Deed("get-no-cors", FETCH, True, "GET -", options=options(mode="no-cors")),
)

ADMITTED = (
    Deed("get", FETCH, True, "GET app", page="app"),
    Deed("post", FETCH, True, "POST app", page="app", options=POST),
    Deed("put", FETCH, True, "OPTIONS app, PUT app", page="app", options=PUT),
    Deed("form", FORM, True, "POST app", page="app"),
    Deed("form-in-a-frame", FORM_IN_A_FRAME, True, "POST app", page="app"),
    # Nobody can tell it from a stranger's.
    Deed("form-no-referrer", FORM, False, "POST null", page="app", referrer="no-referrer"),
    # What Django's SecurityMiddleware writes on the pages of a front end that it serves.
    Deed("form-same-origin", FORM, False, "POST null", page="app", referrer="same-origin"),
    Deed(
        "post-same-origin",
        FETCH,
        True,
        "POST app",
        page="app",
        options=POST,
        referrer="same-origin",
    ),
    Deed("method-not-offered", FETCH, False, "OPTIONS app", page="app", options=DELETE),
    Deed("elsewhere", FETCH, False, "POST app", page="app", path=DENIED, options=POST),
    Deed("form-elsewhere", FORM, False, "POST app", page="app", path=DENIED),
)

OWN = (
    Deed("get", FETCH, True, "GET -", page="api", path=DENIED),
    Deed("post", FETCH, True, "POST api", page="api", path=DENIED, options=POST),
    Deed("put", FETCH, True, "PUT api", page="api", path=DENIED, options=PUT),
    Deed("form", FORM, True, "POST api", page="api", path=DENIED),
    Deed("form-in-a-frame", FORM_IN_A_FRAME, True, "POST api", page="api", path=DENIED),
    # Fetch Metadata tell it from a stranger's.
    Deed(
        "form-no-referrer", FORM, True, "POST null", page="api", path=DENIED, referrer="no-referrer"
    ),
    Deed(
        "form-same-origin", FORM, True, "POST api", page="api", path=DENIED, referrer="same-origin"
    ),
    # Another site sends it back: it is nobody's.
    Deed("form-sent-back", FORM_BY_307, False, "POST null", page="api", path=DENIED),
    Deed("another-port", FETCH, False, "POST second", page="second", path=DENIED, options=POST),
    # Over plain http, elsewhere than at localhost, no browser says Fetch Metadata.
    Deed("form-over-http", FORM, True, "POST plain", page="plain", at="plain", path=DENIED),
    Deed(
        "form-no-referrer-over-http",
        FORM,
        False,
        "POST null",
        page="plain",
        at="plain",
        path=DENIED,
        referrer="no-referrer",
    ),
)

LET_THROUGH = (
    Deed("post-where-enforce-is-false", FETCH, True, "POST other", path=OPEN, options=POST),
    Deed("form-where-enforce-is-false", FORM, True, "POST other", path=OPEN),
    Deed("post-that-is-reported", FETCH, True, "POST other", path=REPORTED, options=POST),
    Deed("form-that-is-reported", FORM, True, "POST other", path=REPORTED),
    # A preflight that nobody admits lets nothing through, as ever.
    Deed("put-where-enforce-is-false", FETCH, False, "OPTIONS other", path=OPEN, options=PUT),
)

DEEDS = {
    f"{group}-{deed.name}": deed
    for group, deeds in {
        "stranger": STRANGERS,
        "admitted": ADMITTED,
        "own": OWN,
        "let-through": LET_THROUGH,
    }.items()
    for deed in deeds
}
