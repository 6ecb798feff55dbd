"""The engine of the browsers: what it sends, in which order it looks, and what it concludes.

What pages get is judged by the table in ``tests/calls.py``, with Django behind it and with Chromium
beside it. Here are the rest: words, data, and what no server sees.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from cors_views.browsing import Check, PreflightCache, Received, Sent, Verdict, browse, page_request
from cors_views.browsing.pages import origin_of, page_origin
from cors_views.protocol.reasons import Reason

PAGE, URL = "https://app.example.com", "https://api.example.com/orders/"
ORIGIN, CREDENTIALS = "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials"
METHODS, HEADERS = "Access-Control-Allow-Methods", "Access-Control-Allow-Headers"
MAX_AGE = "Access-Control-Max-Age"


def answer(status: int = 200, /, **more: Any) -> Received:
    """Return an answer that admits the page."""
    return Received(status, ((ORIGIN, PAGE),), **more)


def play(
    answers: Iterable[Received | None], cache: PreflightCache | None = None, **page: Any
) -> Verdict:
    """Play the browser against these answers, all of which have to be asked for."""
    asked = page_request(page.pop("origin", PAGE), page.pop("url", URL), **page)
    browsing = browse(asked, PreflightCache() if cache is None else cache)
    step: Any = next(browsing)
    for received in answers:
        assert isinstance(step, Sent), f"{received} is not asked for"
        try:
            step = browsing.send(received)
        except StopIteration as end:
            step = end.value
    assert isinstance(step, Verdict), f"no answer to {step}"
    return step


class Clock:
    """A clock that goes only when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


# --- What is sent --------------------------------------------------------------------------------


def test_that_a_preflight_asks_for_the_method_and_the_sorted_headers() -> None:
    verdict = play(
        [Received(200, ((ORIGIN, PAGE), (METHODS, "PUT"), (HEADERS, "x-b, x-a"))), answer()],
        method="put",
        headers={"X-B": "2", "x-a": "1", "Accept": "text/csv"},
        body=b"{}",
    )

    preflight, actual = (exchange.sent for exchange in verdict.exchanges)
    assert preflight == Sent(
        "preflight",
        "OPTIONS",
        URL,
        (
            ("Accept", "*/*"),
            ("Access-Control-Request-Method", "PUT"),
            ("Access-Control-Request-Headers", "x-a,x-b"),
            ("Origin", PAGE),
        ),
        None,
        credentials=False,
    )
    assert actual == Sent(
        "actual",
        "PUT",
        URL,
        (("X-B", "2"), ("x-a", "1"), ("Accept", "text/csv"), ("Origin", PAGE)),
        b"{}",
        credentials=False,
    )
    assert verdict.reason is None


@pytest.mark.parametrize(
    ("origin", "method", "sent"),
    [
        pytest.param(URL[:-8], "GET", None, id="own-get"),
        pytest.param(URL[:-8], "HEAD", None, id="own-head"),
        pytest.param(URL[:-8], "POST", URL[:-8], id="own-post"),
        pytest.param(PAGE, "GET", PAGE, id="other-get"),
        pytest.param("null", "GET", "null", id="opaque"),
    ],
)
def test_the_origin_header(origin: str, method: str, sent: str | None) -> None:
    star = Received(200, ((ORIGIN, "*"),))

    verdict = play([star], origin=origin, method=method)

    assert dict(verdict.exchanges[0].sent.headers).get("Origin") == sent


@pytest.mark.parametrize(
    ("credentials", "own", "across"),
    [
        pytest.param("omit", False, False, id="omit"),
        pytest.param("same-origin", True, False, id="same-origin"),
        pytest.param("include", True, True, id="include"),
    ],
)
def test_when_cookies_go_along(credentials: Any, own: bool, across: bool) -> None:
    allowed = Received(200, ((ORIGIN, PAGE), (CREDENTIALS, "true")))

    at_home = play([answer()], url=f"{PAGE}/x/", credentials=credentials)
    elsewhere = play([allowed], credentials=credentials)

    assert at_home.exchanges[0].sent.credentials is own
    assert elsewhere.exchanges[0].sent.credentials is across


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        pytest.param("HTTPS://API.example.com:443", "https://api.example.com/", id="host"),
        pytest.param("http://localhost:8000/a?b=c#d", "http://localhost:8000/a?b=c", id="fragment"),
        pytest.param("http://a.example/ä b?é", "http://a.example/%C3%A4%20b?%C3%A9", id="quoted"),
        pytest.param("http://a.example/%C3%A4?%", "http://a.example/%C3%A4?%", id="quoted-already"),
        pytest.param("http://[::1]:8000/x", "http://[::1]:8000/x", id="ipv6"),
    ],
)
def test_the_url(url: str, sent: str) -> None:
    verdict = play([answer()], url=url)

    assert verdict.exchanges[0].sent.url == sent
    assert verdict.url == sent


# --- What fetch() refuses at once ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("page", "says"),
    [
        pytest.param({"url": "/orders/"}, "is not an absolute http or https URL", id="path"),
        pytest.param(
            {"url": "ftp://a.example/"}, "is not an absolute http or https URL", id="scheme"
        ),
        pytest.param({"url": "https://bücher.example/"}, "contains Unicode", id="unicode-host"),
        pytest.param({"url": "https://*.example.com/"}, "is a pattern", id="pattern-host"),
        pytest.param({"url": "https://a:b@a.example/"}, "a user name or password", id="user-info"),
        pytest.param({"method": "TRACE"}, "pages cannot send", id="forbidden-method"),
        pytest.param({"method": "A B"}, "'A B' is not a method", id="no-method"),
        pytest.param({"body": b"x"}, "a GET request has no body", id="get-with-body"),
        pytest.param({"method": "head", "body": b""}, "a HEAD request has no body", id="head"),
        pytest.param(
            {"headers": {"X Y": "1"}}, "'X Y' is not the name of a header", id="header-name"
        ),
        pytest.param({"headers": {"X-Y": "a\nb"}}, "the value of X-Y", id="line-break"),
        pytest.param({"headers": {"X-Y": "€"}}, "the value of X-Y", id="no-byte"),
        pytest.param({"credentials": "yes"}, "only 'omit', 'same-origin', 'include'", id="mode"),
        pytest.param({"redirect": "no"}, "only 'follow', 'error', 'manual'", id="redirect"),
        pytest.param({"origin": "https://a.example/"}, "Write 'https://a.example'", id="slash"),
        pytest.param(
            {"origin": "a"}, "'a' is not the origin of a page: it has no scheme", id="origin"
        ),
        pytest.param(
            {"origin": "https://*.a.example"}, "a pattern, not the origin of a page", id="pattern"
        ),
    ],
)
def test_bad_calls(page: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError) as error:
        page_request(**{"origin": PAGE, "url": URL} | page)

    assert says in str(error.value)


@pytest.mark.parametrize(
    ("read", "value", "result"),
    [
        pytest.param(page_origin, "HTTPS://App.example.com:443", PAGE, id="normalised"),
        pytest.param(page_origin, "null", "null", id="opaque"),
        pytest.param(origin_of, "http://A.example:80/x", "http://a.example", id="of-a-url"),
    ],
)
def test_origins(read: Callable[[str], str], value: str, result: str) -> None:
    assert read(value) == result


def test_that_headers_of_the_browser_are_left_out() -> None:
    verdict = play(
        [Received(200, ((ORIGIN, PAGE), (HEADERS, "x-http-method"))), answer()],
        headers=[("Cookie", "a=1"), ("X-HTTP-Method", "get, Trace"), ("X-HTTP-Method", "PUT")],
    )

    assert verdict.steps[0] == (Check.DROPPED, True, "leaves out Cookie, X-HTTP-Method", 0)
    sent = verdict.exchanges[1].sent.headers
    assert sent == (("X-HTTP-Method", "PUT"), ("Accept", "*/*"), ("Origin", PAGE))


# --- Reasons -------------------------------------------------------------------------------------

PUT: dict[str, Any] = {"method": "PUT"}
INCLUDE: dict[str, Any] = {"credentials": "include"}


@pytest.mark.parametrize(
    ("page", "received", "reason", "failed"),
    [
        pytest.param({}, Received(200), Reason.NO_POLICY, Check.ALLOW_ORIGIN, id="nothing"),
        pytest.param(
            {},
            Received(200, reason=Reason.DENIED),
            Reason.DENIED,
            Check.ALLOW_ORIGIN,
            id="the-server-knows-better",
        ),
        pytest.param(
            {},
            Received(200, ((ORIGIN, "https://b.example"),)),
            Reason.WRONG_ALLOW_ORIGIN,
            Check.ALLOW_ORIGIN,
            id="somebody-else",
        ),
        pytest.param(
            INCLUDE,
            Received(200, ((ORIGIN, "*"),)),
            Reason.CREDENTIALS_NOT_ALLOWED,
            Check.ALLOW_ORIGIN,
            id="any-with-cookies",
        ),
        pytest.param(
            INCLUDE,
            answer(),
            Reason.CREDENTIALS_NOT_ALLOWED,
            Check.ALLOW_CREDENTIALS,
            id="cookies",
        ),
        # Fetch, "CORS-preflight fetch": the CORS check comes before methods and headers.
        pytest.param(
            {**PUT, **INCLUDE},
            answer()._replace(reason=Reason.METHOD_NOT_OFFERED),
            Reason.CREDENTIALS_NOT_ALLOWED,
            Check.ALLOW_CREDENTIALS,
            id="cookies-before-the-method",
        ),
        pytest.param(
            {"headers": {"X-A": "1"}, **INCLUDE},
            answer()._replace(reason=Reason.HEADER_NOT_ALLOWED, missing=("x-a",)),
            Reason.CREDENTIALS_NOT_ALLOWED,
            Check.ALLOW_CREDENTIALS,
            id="cookies-before-the-header",
        ),
        pytest.param(
            {**PUT, **INCLUDE},
            Received(200, ((ORIGIN, "*"),), Reason.METHOD_NOT_OFFERED),
            Reason.CREDENTIALS_NOT_ALLOWED,
            Check.ALLOW_ORIGIN,
            id="any-with-cookies-before-the-method",
        ),
        pytest.param(
            PUT,
            Received(200, ((ORIGIN, "https://b.example"),), Reason.METHOD_NOT_OFFERED),
            Reason.WRONG_ALLOW_ORIGIN,
            Check.ALLOW_ORIGIN,
            id="somebody-else-before-the-method",
        ),
        # To the server the '*' covers the method. With credentials it does not, and the method
        # comes before the headers.
        pytest.param(
            {**PUT, "headers": {"X-A": "1"}, **INCLUDE},
            Received(
                200,
                ((ORIGIN, PAGE), (CREDENTIALS, "true"), (METHODS, "*")),
                Reason.HEADER_NOT_ALLOWED,
                ("x-a",),
            ),
            Reason.METHOD_NOT_OFFERED,
            Check.ALLOW_METHODS,
            id="the-method-before-the-header",
        ),
        pytest.param(
            PUT, Received(404), Reason.PREFLIGHT_FAILED, Check.ALLOW_ORIGIN, id="error-without"
        ),
        pytest.param(PUT, answer(405), Reason.PREFLIGHT_FAILED, Check.STATUS, id="error-with"),
        pytest.param(
            PUT,
            answer(405)._replace(reason=Reason.METHOD_NOT_OFFERED),
            Reason.PREFLIGHT_FAILED,
            Check.STATUS,
            id="error-whatever-the-server-says",
        ),
        pytest.param(
            PUT,
            answer(405, reason=Reason.NO_POLICY),
            Reason.NO_POLICY,
            Check.STATUS,
            id="error-that-the-server-knows",
        ),
        pytest.param(PUT, answer(), Reason.METHOD_NOT_OFFERED, Check.ALLOW_METHODS, id="method"),
        pytest.param(
            {"headers": {"X-A": "1"}},
            answer(),
            Reason.HEADER_NOT_ALLOWED,
            Check.ALLOW_HEADERS,
            id="header",
        ),
        pytest.param(
            {"redirect": "error"}, answer(302), Reason.REDIRECT_REFUSED, Check.REDIRECT, id="error"
        ),
        pytest.param({}, None, Reason.REDIRECT_REFUSED, Check.REACHED, id="nobody-there"),
    ],
)
def test_reasons(
    page: dict[str, Any], received: Received | None, reason: Reason, failed: Check
) -> None:
    verdict = play([received], **page)

    assert verdict.reason is reason
    assert bool(verdict.missing) is (reason is Reason.HEADER_NOT_ALLOWED)
    assert (verdict.type, verdict.status, verdict.headers) == ("error", 0, ())
    last = verdict.steps[-1]
    assert (last.check, last.passed, last.after) == (failed, False, 1)
    # It stops at the first thing that fails.
    assert all(step.passed for step in verdict.steps[:-1])


def test_that_a_refused_origin_says_what_was_expected() -> None:
    verdict = play([Received(200, ((ORIGIN, "https://b.example"),), source="a view")])

    assert (verdict.expected, verdict.received) == (PAGE, "https://b.example")
    assert verdict.source == "a view"
    assert (
        verdict.steps[-1].detail == f"'{PAGE}' is the page's origin, 'https://b.example' received"
    )


def test_that_missing_headers_are_named() -> None:
    allowed = Received(200, ((ORIGIN, PAGE), (HEADERS, "*, x-a")))

    verdict = play([allowed], headers={"X-A": "1", "X-B": "1", "Authorization": "x"})

    assert verdict.missing == ("authorization",)


def test_that_what_the_server_misses_is_named_where_the_origin_fails_first() -> None:
    received = Received(200, reason=Reason.HEADER_NOT_ALLOWED, missing=("x-a",))

    verdict = play([received], headers={"X-A": "1"})

    assert (verdict.reason, verdict.missing) == (Reason.HEADER_NOT_ALLOWED, ("x-a",))


def test_the_steps_of_an_exchange() -> None:
    allowed = ((ORIGIN, PAGE), (CREDENTIALS, "true"), (METHODS, "PUT"), (MAX_AGE, "600"))

    verdict = play(
        [Received(200, allowed), Received(200, (*allowed[:2], ("X-A", "1")))], **PUT, **INCLUDE
    )

    assert [(step.after, step.check, step.detail) for step in verdict.steps] == [
        (0, Check.ORIGIN, f"{PAGE} -> https://api.example.com"),
        (0, Check.PREFLIGHT, "asks about the method PUT"),
        (1, Check.ALLOW_ORIGIN, f"'{PAGE}' is the page's origin, '{PAGE}' received"),
        (1, Check.ALLOW_CREDENTIALS, "'true' expected, 'true' received"),
        (1, Check.STATUS, "200 to 299 expected, 200 received"),
        (1, Check.ALLOW_METHODS, "PUT asked for, 'PUT' received"),
        (1, Check.ALLOW_HEADERS, "nothing asked for, no such header received"),
        (1, Check.MAX_AGE, "'600' received, kept for 600 seconds"),
        (2, Check.ALLOW_ORIGIN, f"'{PAGE}' is the page's origin, '{PAGE}' received"),
        (2, Check.ALLOW_CREDENTIALS, "'true' expected, 'true' received"),
        (
            2,
            Check.EXPOSE_HEADERS,
            "hides access-control-allow-credentials, access-control-allow-origin, x-a",
        ),
    ]


# --- The cache of preflights ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("max_age", "seconds"),
    [
        pytest.param(None, 5, id="none"),
        pytest.param("600", 600, id="ten-minutes"),
        pytest.param("0600", 600, id="leading-zero"),
        pytest.param("86400", 7200, id="longer-than-Chromium-keeps"),
        pytest.param("9" * 5000, 7200, id="endless"),
        pytest.param("-1", 5, id="negative"),
        pytest.param("1.5", 5, id="fraction"),
        pytest.param("²", 5, id="no-digit"),
        pytest.param("", 5, id="empty"),
    ],
)
def test_how_long_a_preflight_is_kept(max_age: str | None, seconds: int) -> None:
    clock = Clock()
    cache = PreflightCache(clock)
    allowed = [(ORIGIN, PAGE), (METHODS, "PUT")]
    if max_age is not None:
        allowed.append((MAX_AGE, max_age))
    preflight = Received(200, tuple(allowed))
    play([preflight, answer()], cache, **PUT)

    clock.now += seconds - 0.5
    play([answer()], cache, **PUT)

    clock.now += 1
    play([preflight, answer()], cache, **PUT)


def test_that_a_limit_can_be_given() -> None:
    cache = PreflightCache(clock := Clock(), limit=86400)
    preflight = Received(200, ((ORIGIN, PAGE), (METHODS, "PUT"), (MAX_AGE, "86400")))
    play([preflight, answer()], cache, **PUT)

    clock.now += 86399

    assert len(play([answer()], cache, **PUT).exchanges) == 1


def test_that_a_refusal_forgets_what_was_allowed_there() -> None:
    cache = PreflightCache(Clock())
    preflight = Received(200, ((ORIGIN, PAGE), (METHODS, "PUT"), (MAX_AGE, "600")))
    elsewhere = {"url": f"{URL}1/"}
    play([preflight, answer()], cache, **PUT)
    play([preflight, answer()], cache, **PUT, **elsewhere)

    play([Received(200)], cache, **PUT)

    play([answer()], cache, **PUT, **elsewhere)
    play([preflight, answer()], cache, **PUT)


def test_that_a_refusal_without_preflight_forgets_nothing() -> None:
    cache = PreflightCache(Clock())
    preflight = Received(200, ((ORIGIN, PAGE), (METHODS, "PUT"), (MAX_AGE, "600")))
    play([preflight, answer()], cache, **PUT)

    play([Received(200)], cache)

    assert play([answer()], cache, **PUT).reason is None


def test_that_a_star_answered_with_cookies_is_a_name() -> None:
    cache = PreflightCache(Clock())
    allowed = ((ORIGIN, PAGE), (CREDENTIALS, "true"), (HEADERS, "*, x-a"), (MAX_AGE, "600"))
    preflight = Received(200, allowed)
    play([preflight, Received(200, allowed)], cache, headers={"X-A": "1"}, **INCLUDE)

    verdict = play([preflight], cache, headers={"X-B": "1"}, **INCLUDE)

    assert verdict.missing == ("x-b",)


def test_that_everything_can_be_forgotten() -> None:
    cache = PreflightCache(Clock())
    preflight = Received(200, ((ORIGIN, PAGE), (METHODS, "PUT"), (MAX_AGE, "600")))
    play([preflight, answer()], cache, **PUT)

    cache.clear()

    assert len(play([preflight, answer()], cache, **PUT).exchanges) == 2


def test_that_a_remembered_answer_is_a_step() -> None:
    cache = PreflightCache(Clock())
    preflight = Received(200, ((ORIGIN, PAGE), (METHODS, "PUT"), (HEADERS, "X-A")))
    play([preflight, answer()], cache, **PUT, headers={"x-a": "1"})

    verdict = play([answer()], cache, **PUT, headers={"x-a": "1"})

    assert verdict.steps[1].detail == (
        "uses the cached answer about the method PUT, the header x-a"
    )


# --- Redirects -----------------------------------------------------------------------------------


def to(location: str, status: int = 302) -> Received:
    return Received(status, ((ORIGIN, "*"), ("Location", location)))


ANYBODY = Received(200, ((ORIGIN, "*"),))


def test_that_a_redirect_is_taken_and_told() -> None:
    verdict = play([to("../stock/?a#b"), ANYBODY])

    assert (verdict.url, verdict.redirected) == ("https://api.example.com/stock/?a", True)
    taken = [step for step in verdict.steps if step.check is Check.REDIRECT]
    assert [step.detail for step in taken] == ["302 to https://api.example.com/stock/?a#b, as GET"]


@pytest.mark.parametrize(
    ("location", "says"),
    [
        pytest.param("mailto:x@a.example", "is not an absolute http or https URL", id="scheme"),
        pytest.param("https://a:b@api.example.com/", "a user name or password", id="user-info"),
        pytest.param("https://bücher.example/", "contains Unicode", id="host"),
        pytest.param("https://[::1/", "Invalid IPv6 URL", id="no-url"),
    ],
)
def test_redirects_that_lead_nowhere(location: str, says: str) -> None:
    verdict = play([to(location)])

    assert verdict.reason is Reason.REDIRECT_REFUSED
    assert says in verdict.steps[-1].detail


def test_that_a_page_may_be_redirected_to_user_info_at_home() -> None:
    verdict = play([to("https://a:b@app.example.com/y"), Received(200)], url=f"{PAGE}/x")

    assert (verdict.type, verdict.url) == ("basic", f"{PAGE}/y")


def test_that_a_redirect_to_a_third_origin_hides_the_page() -> None:
    verdict = play([to("https://b.example/"), to("https://b.example/2"), ANYBODY])

    assert [dict(exchange.sent.headers)["Origin"] for exchange in verdict.exchanges] == [
        PAGE,
        "null",
        "null",
    ]


def test_that_the_body_and_its_headers_go_where_the_method_changes() -> None:
    preflight = Received(
        200, ((ORIGIN, "*"), (METHODS, "PUT"), (HEADERS, "content-type, x-a, content-encoding"))
    )
    headers = {"Content-Type": "a/b", "Content-Encoding": "gzip", "Content-Language": "de"}

    verdict = play(
        [preflight, to("/x", 303), preflight, ANYBODY],
        method="PUT",
        body=b"x",
        headers=headers | {"X-A": "1"},
    )

    sent = verdict.exchanges[-1].sent
    assert (sent.method, sent.body) == ("GET", None)
    assert [name for name, _ in sent.headers] == ["X-A", "Accept", "Origin"]


def test_that_a_manual_redirect_shows_nothing() -> None:
    verdict = play([to("/x")], redirect="manual")

    assert (verdict.type, verdict.status, verdict.headers) == ("opaqueredirect", 0, ())
    assert (verdict.reason, verdict.redirected) == (None, False)


@pytest.mark.parametrize(
    ("status", "method", "becomes"),
    [
        pytest.param(301, "POST", "GET", id="post-301"),
        pytest.param(302, "POST", "GET", id="post-302"),
        pytest.param(303, "POST", "GET", id="post-303"),
        pytest.param(307, "POST", "POST", id="post-307"),
        pytest.param(308, "POST", "POST", id="post-308"),
        pytest.param(303, "HEAD", "HEAD", id="head-303"),
    ],
)
def test_the_method_after_a_redirect(status: int, method: str, becomes: str) -> None:
    body = b"x" if method == "POST" else None

    verdict = play([to("/x", status), ANYBODY], method=method, body=body)

    sent = verdict.exchanges[-1].sent
    assert (sent.method, sent.body) == (becomes, b"x" if becomes == "POST" else None)


# --- What a script may read ----------------------------------------------------------------------

EXPOSE = "Access-Control-Expose-Headers"
SAFELISTED = {
    "Cache-Control",
    "Content-Language",
    "Content-Length",
    "Content-Type",
    "Expires",
    "Last-Modified",
    "Pragma",
}


@pytest.mark.parametrize(
    ("expose", "page", "shown"),
    [
        pytest.param("", {}, set(), id="nothing"),
        pytest.param("x-a", {}, {"X-A"}, id="one"),
        pytest.param("X-A, Set-Cookie", {}, {"X-A"}, id="never-set-cookie"),
        pytest.param("*", {}, {"X-A", "X-B", ORIGIN, CREDENTIALS, EXPOSE}, id="all"),
        pytest.param("*", INCLUDE, set(), id="a-name-with-cookies"),
        pytest.param("", {"url": f"{PAGE}/x"}, {"X-A", "X-B", ORIGIN, CREDENTIALS, EXPOSE},
            id="at-home"),
    ],
)  # fmt: skip
def test_the_headers_that_a_script_may_read(
    expose: str, page: dict[str, Any], shown: set[str]
) -> None:
    headers = {ORIGIN: PAGE, CREDENTIALS: "true", EXPOSE: expose, "X-A": "1", "X-B": "2"}
    headers |= dict.fromkeys([*SAFELISTED, "Set-Cookie"], "x")

    verdict = play([Received(200, tuple(headers.items()))], **page)

    assert {name for name, _ in verdict.headers} == SAFELISTED | shown


def test_that_preflights_carry_no_cookies() -> None:
    allowed = Received(200, ((ORIGIN, PAGE), (CREDENTIALS, "true"), (METHODS, "PUT")))

    verdict = play([allowed, allowed], **PUT, **INCLUDE)

    assert [exchange.sent.credentials for exchange in verdict.exchanges] == [False, True]
