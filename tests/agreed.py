"""One table that everybody who speaks of a site has to agree on.

Each row is one visit to the site of ``tests/told_site.py``. Chromium and our Browser do all of its
calls; ``cors_explain``, ``cors_policies``, the log and the panel are asked about the last of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.calls import (
    ANY,
    APP,
    APP_WITH_COOKIES,
    CREDENTIALS,
    INCLUDE,
    ORIGIN,
    PUT,
    Call,
    Row,
    says,
)


@dataclass(frozen=True)
class Agreed:
    """A row, and what is said of its last call: all that follows from ``row.readable``, or not."""

    row: Row
    #: Settings of the site; ``{app}`` and the like are origins.
    settings: dict[str, Any] = field(default_factory=dict)
    #: Whether what was written by hand is taken away, which a WARNING says.
    warned: bool = False
    #: Where redirects end, and as whom: what ``cors_policies`` is asked about.
    ends: str = ""
    origin: str = ""
    #: Whether ``cors_policies`` has that origin, where a view speaks for itself.
    admitted: bool | None = None
    #: Whether only a host of somebody else can tell: nobody here does.
    elsewhere: bool = False
    #: Whether the server cannot know that the page was refused.
    unheard: bool = False
    #: Whether a view is run for ``cors_explain``: to write headers it has to be.
    run: bool = True

    @property
    def readable(self) -> bool:
        """Whether the page gets the last answer."""
        return self.row.readable[-1] == "y"

    @property
    def last(self) -> Call:
        return self.row.calls[-1]


#: By which a server sees that a page asks with credentials; without a cookie it cannot.
GETS_A_COOKIE = Call("/named/", INCLUDE, answer={"cookies": {"a": {}}})


def agreed(name: str, readable: str, *calls: Call, **said: Any) -> Agreed:
    if calls[0].options == INCLUDE:
        readable, calls = f"y{readable}", (GETS_A_COOKIE, *calls)
    return Agreed(Row(name, readable, calls), **said)


# --- Headers that are written by hand ------------------------------------------------------------


def by_hand(
    name: str,
    readable: str,
    path: str,
    answer: dict[str, Any],
    options: dict[str, Any] | None = None,
    **said: Any,
) -> Agreed:
    """A row about a view that writes its CORS headers itself."""
    return agreed(name, readable, Call(path, options or {}, answer=answer), **said)


def below(name: str, readable: str, path: str, **said: Any) -> Agreed:
    """A row about a middleware below ours that lets everybody in, with cookies."""
    written = {ORIGIN: "{app}", CREDENTIALS: "true"}
    return agreed(name, readable, Call(path, INCLUDE, below=written), **said)


REMOVED = {"warned": True}
#: Under the settings alone a view may speak for itself, as with django-cors-headers.
ALONE = {"settings": {"CORS_OPT_IN": False, "CORS_ALLOWED_ORIGINS": ["{third}"]}}
BY_ITSELF = ALONE | {"admitted": False}
ADMITTING = {"settings": {"CORS_OPT_IN": False, "CORS_ALLOWED_ORIGINS": ["{app}"]}}
CREDENTIALS_ALONE = says(credentials="true")
OTHER = says(origin="{other}")

HAND_WRITTEN = (
    by_hand("any-denied", "n", "/denied/", ANY, **REMOVED),
    by_hand("echo-denied", "n", "/denied/", APP, **REMOVED),
    by_hand("echo-with-cookies-denied", "n", "/denied/", APP_WITH_COOKIES, INCLUDE, **REMOVED),
    by_hand("any-refused", "n", "/refusing/", ANY, **REMOVED),
    by_hand("echo-refused", "n", "/refusing/", APP, **REMOVED),
    by_hand("echo-with-cookies-refused", "n", "/refusing/", APP_WITH_COOKIES, INCLUDE, **REMOVED),
    # The view never hears of the preflight.
    by_hand("put-refused", "n", "/refusing/", APP, PUT),
    by_hand("put-denied", "n", "/denied/", APP, PUT),
    by_hand("another-origin-admitted", "y", "/named/", OTHER, **REMOVED),
    by_hand("cookies-not-allowed", "n", "/never-kept/", CREDENTIALS_ALONE, INCLUDE, **REMOVED),
    by_hand("cookies-not-allowed-nor-sent", "y", "/never-kept/", CREDENTIALS_ALONE, **REMOVED),
    by_hand("cookies-and-any-origin", "n", "/any/", APP_WITH_COOKIES, INCLUDE, **REMOVED),
    by_hand("any-alone", "y", "/told/", ANY, **BY_ITSELF),
    by_hand("echo-alone", "y", "/told/", APP, **BY_ITSELF),
    by_hand("echo-with-cookies-alone", "y", "/told/", APP_WITH_COOKIES, INCLUDE, **BY_ITSELF),
    by_hand("another-origin-alone", "n", "/told/", OTHER, **BY_ITSELF),
    by_hand("credentials-alone", "n", "/told/", CREDENTIALS_ALONE, INCLUDE, **BY_ITSELF),
    # Where the settings admit, what the view writes goes as well; there is no declaration to name.
    by_hand("another-origin-by-settings", "y", "/told/", OTHER, **ADMITTING),
    by_hand("cookies-by-settings", "n", "/told/", APP_WITH_COOKIES, INCLUDE, **ADMITTING),
    by_hand("nothing-governs", "y", "/told/", ANY, admitted=False),
    below("below-denied", "n", "/denied/", **REMOVED),
    below("below-refused", "n", "/refusing/", **REMOVED),
    below("below-admitted", "y", "/named/", **REMOVED),
    below("below-cookies-not-allowed", "n", "/never-kept/", **REMOVED),
    below("below-alone", "y", "/told/", **BY_ITSELF),
    below("below-by-settings", "n", "/told/", **ADMITTING),
)

# --- Redirects -----------------------------------------------------------------------------------

FOUND = says(302)


def redirect(
    name: str, readable: str, to: Call, options: dict[str, Any] | None = None, **said: Any
) -> Agreed:
    """A row about a view that admits the page, and redirects."""
    call = Call("/named/", options or {}, answer=FOUND, to=to)
    # From one host to another the page is nobody: Fetch, "HTTP-redirect fetch", step 12.
    origin = "null" if to.at != "api" else "app"
    return agreed(name, readable, call, ends=to.path, origin=origin, **said)


REDIRECTS = (
    agreed("slash", "y", Call("/named"), ends="/named/"),
    agreed("slash-with-cookies", "y", Call("/named", INCLUDE), ends="/named/"),
    agreed("slash-denied", "n", Call("/denied"), ends="/denied/"),
    agreed("slash-refused", "n", Call("/refusing"), ends="/refusing/"),
    agreed("slash-put", "y", Call("/named", PUT), ends="/named/"),
    redirect("same-host", "y", Call("/any/")),
    redirect("same-host-denied", "n", Call("/denied/")),
    redirect("same-host-by-hand-denied", "n", Call("/denied/", answer=ANY), **REMOVED),
    redirect("same-host-any-with-cookies", "n", Call("/any/"), INCLUDE),
    redirect("other-host-that-names-the-page", "n", Call("/named/", at="other")),
    redirect("other-host-open-to-any", "y", Call("/any/", at="other")),
    # The cookie is one of the first host.
    redirect("other-host-any-with-cookies", "n", Call("/any/", at="other"), INCLUDE, unheard=True),
    redirect("other-host-that-admits-null", "y", Call("/null/", at="other"), INCLUDE),
    redirect("other-port-that-names-the-page", "n", Call("/named/", at="second")),
    redirect("other-port-open-to-any", "y", Call("/any/", at="second")),
    redirect("other-port-any-with-cookies", "n", Call("/any/", at="second"), INCLUDE),
    redirect("other-port-that-admits-null", "y", Call("/null/", at="second"), INCLUDE),
    redirect("somebody-elses-host-open", "y", Call("/any/", at="third"), elsewhere=True),
    redirect("somebody-elses-host", "n", Call("/told/", at="third"), elsewhere=True),
    agreed("login", "n", Call("/mine/"), ends="/told/", run=False),
    agreed("login-when-run", "n", Call("/mine/", INCLUDE), ends="/told/"),
)

# --- Cookies -------------------------------------------------------------------------------------


def session(
    name: str,
    readable: str,
    page: str,
    samesite: str = "Lax",
    *,
    secure: bool = False,
    at: str = "api",
    options: dict[str, Any] = INCLUDE,
) -> Agreed:
    """A row about a visitor who has logged in; who is not known is sent to the login page."""
    cookie = {"sessionid": {"samesite": samesite, "secure": secure}}
    settings = {"SESSION_COOKIE_SAMESITE": samesite, "SESSION_COOKIE_SECURE": secure}
    logs_in = Call("/told/", page=at, at=at, answer={"cookies": cookie})
    return agreed(
        name,
        f"y{readable}",
        logs_in,
        Call("/mine/", options, page=page, at=at),
        settings=settings,
        ends="/mine/" if readable == "y" else "/told/",
        run=False,
    )


COOKIES = (
    session("lax-same-site", "y", "app"),
    session("lax-same-site-omitted", "n", "app", options={}),
    session("lax-other-site", "n", "other"),
    session("strict-same-site", "y", "app", "Strict"),
    session("strict-other-site", "n", "other", "Strict"),
    session("none-and-secure-other-site", "y", "other", "None", secure=True),
    session("none-and-secure-same-site", "y", "app", "None", secure=True),
    session("none-and-secure-omitted", "n", "other", "None", secure=True, options={}),
    session("none-not-secure-other-site", "n", "other", "None"),
    session("lax-and-secure-on-localhost", "y", "app", secure=True),
    session("lax-to-127.0.0.1", "n", "localhost", at="loopback"),
    session(
        "none-from-localhost-to-127.0.0.1", "y", "localhost", "None", secure=True, at="loopback"
    ),
)

AGREED = {
    f"{group}-{each.row.name}": each
    for group, rows in {
        "by-hand": HAND_WRITTEN,
        "redirect": REDIRECTS,
        "session": COOKIES,
    }.items()
    for each in rows
}
