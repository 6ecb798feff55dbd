"""What Chromium and our Browser are both made to do: calls of pages, and what those get.

``{api}``, ``{app}``, ``{other}`` and ``{third}`` are the origins of ``tests/told_site.py``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

ORIGIN, CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
METHODS, HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
EXPOSE, MAX_AGE = "Access-Control-Expose-Headers", "Access-Control-Max-Age"


@dataclass(frozen=True)
class Call:
    """One ``fetch`` by the page at ``page``; "null" is a sandboxed frame.

    ``preflight`` and ``answer`` are what the site is told to say, where ``path`` is ``/told/``.
    """

    path: str = "/told/"
    options: dict[str, Any] = field(default_factory=dict)
    page: str = "app"
    at: str = "api"
    preflight: dict[str, Any] = field(default_factory=dict)
    answer: dict[str, Any] = field(default_factory=dict)
    #: What a middleware below writes into the answer.
    below: dict[str, str] = field(default_factory=dict)
    #: Where a redirect leads.
    to: Call | None = None


@dataclass(frozen=True)
class Row:
    """Some calls of one visitor, one after the other.

    ``readable`` says of each whether the page gets its answer, as the Fetch standard has it.
    ``chromium`` is what Chromium does instead, with the reason in ``because``.
    """

    name: str
    readable: str
    calls: tuple[Call, ...]
    chromium: str = ""
    because: str = ""


def says(status: int = 200, /, **headers: str) -> dict[str, Any]:
    """Return an answer; ``{"origin": ..., "methods": ...}`` are the CORS headers."""
    names = {
        "origin": ORIGIN,
        "credentials": CREDENTIALS,
        "methods": METHODS,
        "headers": HEADERS,
        "expose": EXPOSE,
        "max_age": MAX_AGE,
        "location": "Location",
    }
    return {"status": status, "headers": {names[name]: value for name, value in headers.items()}}


APP = says(origin="{app}")
APP_WITH_COOKIES = says(origin="{app}", credentials="true")
ANY = says(origin="*")


def one(name: str, readable: bool, **call: Any) -> Row:
    return Row(name, "y" if readable else "n", (Call(**call),))


def asked(name: str, readable: bool, options: dict[str, Any], /, **preflight: str) -> Row:
    """A call that a preflight has to ask about; only what that is answered differs."""
    allowed = says(**{"origin": "{app}"} | preflight)
    answer = APP_WITH_COOKIES if options.get("credentials") == "include" else APP
    return one(name, readable, options=options, preflight=allowed, answer=answer)


def sends(name: str, value: str) -> dict[str, Any]:
    return {"headers": {name: value}}


INCLUDE = {"credentials": "include"}
X_ONE = {"headers": {"X-One": "1"}}
PUT = {"method": "PUT"}

CORS_CHECKS = (
    one("no-headers", False),
    one("own-origin", True, answer=APP),
    one("any", True, answer=ANY),
    one("another", False, answer=says(origin="{other}")),
    one("two-origins", False, answer=says(origin="{app}, {app}")),
    one("with-a-slash", False, answer=says(origin="{app}/")),
    one("in-upper-case", False, answer=says(origin="HTTP://APP")),
    one("with-space-around", True, answer=says(origin="  {app} ")),
    one("the-word-null", False, answer=says(origin="null")),
    one("empty", False, answer=says(origin="")),
    one("any-and-cookies", False, options=INCLUDE, answer=says(origin="*", credentials="true")),
    one("cookies", True, options=INCLUDE, answer=APP_WITH_COOKIES),
    one("cookies-not-allowed", False, options=INCLUDE, answer=APP),
    one("cookies-TRUE", False, options=INCLUDE, answer=says(origin="{app}", credentials="TRUE")),
    one("cookies-yes", False, options=INCLUDE, answer=says(origin="{app}", credentials="1")),
    one("omit", True, options={"credentials": "omit"}, answer=ANY),
    one("error-readable", True, answer=says(500, origin="*")),
    one("error-hidden", False, answer=says(404)),
    one("not-modified-is-no-redirect", True, answer=says(304, origin="*")),
    one("head", True, options={"method": "HEAD"}, answer=APP),
    one("post", True, options={"method": "post", "body": "x"}, answer=APP),
    one("null-refused", False, page="null", answer=APP),
    one("null-named", True, page="null", answer=says(origin="null")),
    one("null-any", True, page="null", answer=ANY),
    one(
        "null-with-cookies",
        True,
        page="null",
        options=INCLUDE,
        answer=says(origin="null", credentials="true"),
    ),
)

OWN_ORIGIN = (
    one("own-get", True, page="api"),
    one("own-post", True, page="api", options={"method": "POST", "body": "x"}),
    one("own-put-with-headers", True, page="api", options=PUT | X_ONE),
    one("own-patch-in-lower-case", True, page="api", options={"method": "patch"} | X_ONE),
)

SAFELISTED = (
    one("accept", True, options=sends("Accept", "text/csv"), answer=ANY),
    one("accept-language", True, options=sends("Accept-Language", "de, en;q=0.5"), answer=ANY),
    one("content-language", True, options=sends("Content-Language", "de-AT"), answer=ANY),
    one(
        "a-forms-type",
        True,
        options={"method": "POST", "body": "a=1"}
        | sends("Content-Type", "application/x-www-form-urlencoded; charset=utf-8"),
        answer=ANY,
    ),
    one(
        "type-in-upper-case",
        True,
        options={"method": "POST"} | sends("Content-Type", "TEXT/Plain"),
        answer=ANY,
    ),
    one("range", True, options=sends("Range", "bytes=0-10"), answer=ANY),
    one("range-open", True, options=sends("Range", "bytes=5-"), answer=ANY),
    one("128-bytes", True, options=sends("Accept", "a" * 128), answer=ANY),
    # What the browser alone may set is left out, and so needs no leave.
    one("forbidden", True, options=sends("Cookie", "a=1"), answer=ANY),
    one("forbidden-prefix", True, options=sends("Sec-Fetch-Site", "x"), answer=ANY),
    one("override", True, options=sends("X-HTTP-Method-Override", "trace"), answer=ANY),
)

#: Each sends a preflight, which nobody answers: a CORS header would come with the answer itself.
UNSAFE = tuple(
    one(name, False, options=options, answer=ANY)
    for name, options in {
        "put": PUT,
        "patch": {"method": "PATCH"},
        "delete": {"method": "delete"},
        "options": {"method": "OPTIONS"},
        "unknown-method": {"method": "CHICKEN"},
        "json": {"method": "POST", "body": "{}"} | sends("Content-Type", "application/json"),
        "type-that-is-none": {"method": "POST", "body": "x"} | sends("Content-Type", "text"),
        "type-with-quotes": {"method": "POST", "body": "x"}
        | sends("Content-Type", 'text/plain; a="b"'),
        "x-one": X_ONE,
        "authorization": sends("Authorization", "x"),
        "accept-with-brackets": sends("Accept", "a(b)"),
        "accept-with-colon": sends("Accept", "a:b"),
        "accept-129-bytes": sends("Accept", "a" * 129),
        "accept-language-with-slash": sends("Accept-Language", "de/AT"),
        "range-of-suffix": sends("Range", "bytes=-5"),
        "range-of-two": sends("Range", "bytes=0-1,3-4"),
        "range-backwards": sends("Range", "bytes=5-2"),
        "range-with-space": sends("Range", "bytes= 0-1"),
        "override-allowed-method": sends("X-HTTP-Method-Override", "PUT"),
        "1025-bytes": {
            "headers": {
                "Accept": "a" * 128,
                "Accept-Language": "a" * 128,
                "Content-Language": "a" * 128,
            }
            | {"X-One": "1"},
        },
    }.items()
)

PREFLIGHTS = (
    asked("method-named", True, PUT, methods="GET, PUT"),
    asked("method-not-named", False, PUT, methods="GET"),
    asked("no-methods", False, PUT),
    asked("method-any", True, PUT, methods="*"),
    asked("method-any-with-cookies", False, PUT | INCLUDE, methods="*", credentials="true"),
    asked("method-in-lower-case", False, PUT, methods="put"),
    asked("patch-in-lower-case", False, {"method": "patch"}, methods="PATCH"),
    asked("patch-answered-alike", True, {"method": "patch"}, methods="patch"),
    asked("delete-normalised", True, {"method": "delete"}, methods="DELETE"),
    asked("header-named", True, X_ONE, headers="x-one"),
    asked("header-in-any-case", True, X_ONE, headers="X-ONE"),
    asked("header-not-named", False, X_ONE, headers="x-two"),
    asked("header-any", True, X_ONE, headers="*"),
    asked("header-any-with-cookies", False, X_ONE | INCLUDE, headers="*", credentials="true"),
    asked("post-needs-no-naming", True, X_ONE | {"method": "POST"}, headers="x-one", methods="GET"),
    asked("authorization-named", True, sends("Authorization", "x"), headers="*, Authorization"),
    asked(
        "several-headers", True, {"headers": {"X-Two": "2", "X-One": "1"}}, headers="x-one,x-two"
    ),
    asked("one-of-several", False, {"headers": {"X-Two": "2", "X-One": "1"}}, headers="x-one"),
    asked("invalid-methods", False, PUT, methods="PUT, (x)"),
    asked("invalid-headers", False, X_ONE, headers="x-one, (x)"),
    asked("other-origin", False, PUT, methods="PUT", origin="{other}"),
    asked("any-origin", True, PUT, methods="PUT", origin="*"),
    asked("cookies-allowed", True, PUT | INCLUDE, methods="PUT", credentials="true"),
    asked("cookies-not-allowed-first", False, PUT | INCLUDE, methods="PUT"),
    one(
        "preflight-204",
        True,
        options=PUT,
        preflight=says(204, origin="{app}", methods="PUT"),
        answer=APP,
    ),
    *(
        one(
            f"preflight-{status}",
            False,
            options=PUT,
            preflight=says(status, origin="{app}", methods="PUT", location="{api}/any/"),
            answer=APP,
        )
        for status in (301, 307, 401, 404, 500)
    ),
    one("only-the-preflight", False, options=PUT, preflight=says(origin="{app}", methods="PUT")),
)

EXPOSED = (
    one("exposed", True, answer=says(origin="{app}", expose="X-Shown, ETag")),
    one("exposed-any", True, answer=says(origin="{app}", expose="*")),
    one(
        "exposed-any-with-cookies",
        True,
        options=INCLUDE,
        answer=says(origin="{app}", credentials="true", expose="*, X-Shown"),
    ),
    one("exposed-in-any-case", True, answer=says(origin="{app}", expose="x-SHOWN")),
    one("exposed-invalid", True, answer=says(origin="{app}", expose="X-Shown, (x)")),
    one(
        "never-set-cookie",
        True,
        answer=says(origin="{app}", expose="*, Set-Cookie") | {"cookies": {"a": {}}},
    ),
)


def redirect(
    name: str,
    readable: bool,
    status: int,
    to: Call,
    /,
    *,
    answer: dict[str, str] | None = None,
    **call: Any,
) -> Row:
    """A call whose answer is a redirect; ``answer`` are its CORS headers."""
    first = says(status, **({"origin": "{app}"} if answer is None else answer))
    return one(name, readable, answer=first, to=to, **call)


TEXT = {"method": "POST", "body": "x"}

REDIRECTS = (
    redirect("same-server", True, 302, Call(answer=APP)),
    redirect("first-not-allowed", False, 302, Call(answer=APP), answer={}),
    redirect("second-not-allowed", False, 302, Call()),
    redirect("to-a-third-that-names-us", False, 302, Call(at="third", answer=APP)),
    redirect("to-a-third-that-names-null", True, 302, Call(at="third", answer=says(origin="null"))),
    redirect("to-a-third-open-to-any", True, 302, Call(at="third", answer=ANY)),
    redirect("back-home", False, 302, Call(at="app", answer=APP)),
    redirect("back-home-open-to-any", True, 302, Call(at="app", answer=ANY)),
    redirect("from-home", True, 302, Call(answer=APP), at="app", answer={}),
    redirect("at-home", True, 302, Call(at="app"), at="app", answer={}),
    redirect("no-location", True, 302, Call(), options={"redirect": "follow"}, path="/bare/"),
    *(
        redirect(f"post-{status}", True, status, Call(answer=APP), options=TEXT)
        for status in (301, 302, 303, 307, 308)
    ),
    *(
        redirect(
            f"put-{status}",
            readable,
            status,
            Call(answer=APP),
            options=PUT | {"body": "x"},
            preflight=says(origin="{app}", methods="PUT"),
        )
        # The new URL asks for a preflight of its own, unless it has become a GET.
        for status, readable in ((302, False), (303, True), (307, False))
    ),
    redirect(
        "put-307-allowed-twice",
        True,
        307,
        Call(answer=APP, preflight=says(origin="{app}", methods="PUT")),
        options=PUT | {"body": "x"},
        preflight=says(origin="{app}", methods="PUT"),
    ),
    redirect(
        "authorization-stays-at-home",
        True,
        302,
        Call(answer=APP),
        at="app",
        answer={},
        options=sends("Authorization", "x"),
    ),
    redirect(
        "x-one-goes-along",
        True,
        302,
        Call(answer=APP, preflight=says(origin="{app}", headers="x-one")),
        at="app",
        answer={},
        options=X_ONE,
    ),
    redirect("error", False, 302, Call(answer=APP), options={"redirect": "error"}),
    redirect("error-at-home", False, 302, Call(), at="app", options={"redirect": "error"}),
    redirect("manual", True, 302, Call(answer=APP), options={"redirect": "manual"}),
    redirect("manual-not-allowed", False, 302, Call(), answer={}, options={"redirect": "manual"}),
    redirect("manual-at-home", True, 302, Call(), at="app", options={"redirect": "manual"}),
    one(
        "user-info", False, answer=says(302, origin="{app}", location="http://a:b@{api-host}/any/")
    ),
    one("other-scheme", False, answer=says(302, origin="{app}", location="data:,x")),
    one("twenty-of-them", True, path="/any/20/"),
    one("twenty-one-of-them", False, path="/any/21/"),
)

KEPT = {"max_age": "600"}


def twice(name: str, readable: str, *calls: Call) -> Row:
    return Row(name, readable, calls)


def kept(options: dict[str, Any], **more: str) -> Call:
    """A call at one URL, whose preflight is kept."""
    allowed = {"origin": "{app}", "credentials": "true", "methods": "PUT, PATCH"}
    return Call(
        options=options,
        preflight=says(**allowed | {"headers": "x-one, x-two"} | KEPT | more),
        answer=APP_WITH_COOKIES,
    )


CACHED = (
    twice("kept", "yy", kept(PUT), kept(PUT)),
    twice("kept-for-no-time", "yy", kept(PUT, max_age="0"), kept(PUT, max_age="0")),
    twice("kept-for-five-seconds", "yy", kept(PUT, max_age="x"), kept(PUT, max_age="x")),
    twice("another-method-of-the-answer", "yy", kept(PUT), kept({"method": "PATCH"})),
    twice("another-header-of-the-answer", "yy", kept(X_ONE), kept(sends("X-Two", "1"))),
    twice("method-and-header-apart", "yyy", kept(PUT), kept(X_ONE), kept(PUT | X_ONE)),
    twice("a-method-not-in-the-answer", "yn", kept(PUT), kept({"method": "DELETE"})),
    twice("with-cookies-after-without", "yy", kept(PUT), kept(PUT | INCLUDE)),
    twice("without-cookies-after-with", "yy", kept(PUT | INCLUDE), kept(PUT)),
    twice("any-method", "yy", Call("/any/", PUT), Call("/any/", {"method": "DELETE"})),
    twice("any-header", "yy", Call("/any/", X_ONE), Call("/any/", sends("X-Two", "1"))),
    twice("another-page", "yn", Call("/named/", PUT), Call("/named/", PUT, page="other")),
)

LAX: dict[str, Any] = {"cookies": {"a": {}}}
NONE: dict[str, Any] = {"cookies": {"a": {"samesite": "None", "secure": True}}}
OPEN_COOKIES = says(origin="{other}", credentials="true")

COOKIES = (
    twice("sent-back", "yy", Call("/named/", INCLUDE, answer=LAX), Call("/named/", INCLUDE)),
    twice("omitted", "yy", Call("/named/", INCLUDE, answer=LAX), Call("/named/")),
    twice("not-stored", "yy", Call("/named/", answer=LAX), Call("/named/", INCLUDE)),
    twice(
        "never-with-preflights",
        "yy",
        Call("/named/", INCLUDE, answer=LAX),
        Call("/named/", INCLUDE | PUT),
    ),
    twice(
        "strict-within-the-site",
        "yy",
        Call("/named/", INCLUDE, answer={"cookies": {"a": {"samesite": "Strict"}}}),
        Call("/named/", INCLUDE),
    ),
    twice(
        "lax-stays-within-the-site",
        "yn",
        Call("/named/", INCLUDE, answer=LAX),
        Call("/named/", INCLUDE, page="other"),
    ),
    twice(
        "none-leaves-the-site",
        "yn",
        Call("/named/", INCLUDE, answer=NONE),
        Call("/named/", INCLUDE, page="other"),
    ),
    twice(
        "none-within-the-site",
        "yy",
        Call("/named/", INCLUDE, answer=NONE),
        Call("/named/", INCLUDE),
    ),
    twice(
        "secure-within-the-site",
        "yy",
        Call("/named/", INCLUDE, answer={"cookies": {"a": {"secure": True}}}),
        Call("/named/", INCLUDE),
    ),
    twice(
        "none-of-another-site",
        "yyy",
        Call(options=INCLUDE, answer=OPEN_COOKIES | NONE, page="other"),
        Call(options=INCLUDE, answer=OPEN_COOKIES, page="other"),
        Call("/named/", INCLUDE),
    ),
    twice(
        "lax-of-another-site-is-not-stored",
        "yy",
        Call(options=INCLUDE, answer=OPEN_COOKIES | LAX, page="other"),
        Call("/named/", INCLUDE),
    ),
    twice(
        "hidden-answers-are-stored-all-the-same",
        "ny",
        Call("/denied/", INCLUDE, answer=LAX),
        Call("/named/", INCLUDE),
    ),
    twice(
        "deleted",
        "yyy",
        Call("/named/", INCLUDE, answer=LAX),
        Call("/named/", INCLUDE, answer={"cookies": {"a": {"max_age": 0}}}),
        Call("/named/", INCLUDE),
    ),
    twice(
        "own-origin-sends-them-unasked",
        "yyy",
        Call("/told/", page="api", answer=LAX),
        Call("/told/", page="api"),
        Call("/told/", {"credentials": "omit"}, page="api"),
    ),
    twice(
        "a-sandbox-is-another-site",
        "yy",
        Call("/named/", INCLUDE, answer=LAX),
        Call("/null/", INCLUDE, page="null"),
    ),
)

POLICIES = (
    one("named", True, path="/named/", options=PUT | X_ONE | INCLUDE),
    one("named-to-another", False, path="/named/", page="other"),
    one("named-put-by-another", False, path="/named/", page="other", options=PUT),
    one("named-patch-in-lower-case", False, path="/named/", options={"method": "patch"}),
    one("named-authorization", True, path="/named/", options=sends("Authorization", "x")),
    one("named-other-header", False, path="/named/", options=sends("X-Two", "x")),
    one("named-and-null", False, path="/named/", page="null"),
    one("open", True, path="/any/", page="other", options=PUT | X_ONE),
    one("open-to-null", True, path="/any/", page="null", options=PUT | X_ONE),
    one("open-with-cookies", False, path="/any/", options=INCLUDE),
    # The policy's answer has no '*' where Authorization is asked for, so Chromium agrees.
    one("open-and-authorization", False, path="/any/", options=sends("Authorization", "x")),
    one("denied", False, path="/denied/"),
    one("denied-put", False, path="/denied/", options=PUT),
    one("null-is-named", True, path="/null/", page="null", options=INCLUDE),
    one("unresolved", False, path="/nowhere/"),
)

#: Where Chromium lets pages do more than the Fetch standard does. The Browser follows Fetch.
LAXER = (
    Row(
        "any-header-and-authorization",
        "n",
        (
            Call(
                options=sends("Authorization", "x"),
                preflight=says(origin="{app}", headers="*"),
                answer=APP,
            ),
        ),
        chromium="y",
        because="Chromium lets '*' cover Authorization, and warns that it will not for ever.",
    ),
    Row(
        "any-header-kept-and-authorization",
        "yn",
        (
            Call("/told/", X_ONE, preflight=says(origin="*", headers="*", **KEPT), answer=ANY),
            Call(
                "/told/",
                sends("Authorization", "x"),
                preflight=says(origin="*", headers="*", **KEPT),
                answer=ANY,
            ),
        ),
        chromium="yy",
        because="As above: the kept answer is used for Authorization too.",
    ),
)

ROWS = {
    f"{group}-{row.name}": row
    for group, rows in {
        "check": CORS_CHECKS,
        "own": OWN_ORIGIN,
        "safelisted": SAFELISTED,
        "unsafe": UNSAFE,
        "preflight": PREFLIGHTS,
        "exposed": EXPOSED,
        "redirect": REDIRECTS,
        "cache": CACHED,
        "cookies": COOKIES,
        "policy": POLICIES,
        "laxer": LAXER,
    }.items()
    for row in rows
}
