"""CorsASGI around a bare application and CorsMiddleware around the same view: the same answers.

Both get one and the same scope, so what differs is theirs. What only Django knows is left out: its
403 page, and a ``Host`` that ``CommonMiddleware`` rejects.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from asgiref.sync import async_to_sync
from django.core.exceptions import DisallowedHost
from django.http import HttpResponse
from django.test import AsyncClient, override_settings
from django.urls import path
from hypothesis import given, settings
from hypothesis import strategies as st

from cors_views import CachedOrigins, CorsPolicy, cors_allow, cors_deny
from cors_views.asgi import CorsASGI
from cors_views.signals import check_request_enabled, cors_decided
from tests.tables import cors_headers, urlconf

APP, OTHER, EVIL = "https://app.example", "https://other.example", "https://evil.example"
SITE = "https://site.example"


@dataclass
class Seen:
    """What one of the two has made of a request."""

    status: int = 0
    headers: dict[str, str] = field(default_factory=dict)
    ran: bool = False
    asked: list[Any] = field(default_factory=list)
    told: list[Any] = field(default_factory=list)
    logged: list[Any] = field(default_factory=list)


@dataclass(frozen=True)
class Answer:
    """What the application and the view answer, unless they raise."""

    status: int
    headers: tuple[tuple[str, str], ...]
    raises: bool


# --- Whoever is asked, told and warned --------------------------------------------------------

#: Of the one whose turn it is.
NOW: list[Seen] = [Seen()]


def _noted(request: Any, origin: str) -> bool:
    """Note what a callable sees of a request, and let in nobody whose name has an e in it."""
    try:
        host = request.get_host()
    except DisallowedHost:
        host = "not allowed"
    seen = (request.method, request.path, request.path_info, request.GET.dict(), request.scheme)
    # Django's test client adds an empty one.
    headers = {name: value for name, value in request.headers.items() if name != "Cookie"}
    NOW[0].asked.append((origin, *seen, host, headers))
    return origin in (OTHER, "null")


def asks(request: Any, origin: str) -> bool:
    return _noted(request, origin)


async def asks_async(request: Any, origin: str) -> bool:
    return _noted(request, origin)


def fails(request: Any, origin: str) -> bool:
    _noted(request, origin)
    raise OSError("nobody knows")


def receiver(request: Any, **kwargs: Any) -> bool:
    return _noted(request, request.META.get("HTTP_ORIGIN", ""))


def _told(request: Any, outcome: Any, **kwargs: Any) -> None:
    names = ("origin", "admitted", "reason", "admitted_by", "method", "preflight", "missing")
    values = (getattr(outcome, name) for name in (*names, "policy", "enforced", "reported"))
    NOW[0].told.append(tuple(values))


class _Log(logging.Handler):
    """Notes who is refused and why, and whose own headers are removed."""

    def emit(self, record: logging.LogRecord) -> None:
        known = (getattr(record, name, None) for name in ("origin", "reason", "enforced"))
        NOW[0].logged.append(str((record.levelname, *known)))
        # CorsASGI decides before the application runs, CorsMiddleware afterwards.
        NOW[0].logged.sort()


@contextlib.contextmanager
def listening(level: int, told: bool, asked: bool) -> Iterator[None]:
    logger, log = logging.getLogger("cors_views"), _Log()
    before = logger.level
    logger.addHandler(log)
    logger.setLevel(level)
    if told:
        cors_decided.connect(_told)
    if asked:
        check_request_enabled.connect(receiver)
    try:
        yield
    finally:
        check_request_enabled.disconnect(receiver)
        cors_decided.disconnect(_told)
        logger.setLevel(before)
        logger.removeHandler(log)


# --- The two ----------------------------------------------------------------------------------


def by_the_middleware(declare: Any, answer: Answer, scope: dict[str, Any], mode: str) -> Seen:
    NOW[0] = seen = Seen()

    def respond(request: Any) -> HttpResponse:
        seen.ran = True
        if answer.raises:
            raise OSError("the view failed")
        return HttpResponse("ab", status=answer.status, headers=dict(answer.headers))

    async def respond_async(request: Any) -> HttpResponse:
        return respond(request)

    view = declare(respond if mode == "sync" else respond_async)
    with urlconf(path("v/", view)):
        client = AsyncClient(raise_request_exception=False)
        # Django's test client adds a header to those that it is given.
        given = {**scope, "headers": [*scope["headers"]]}
        response = async_to_sync(client.request)(**given)
    seen.status, seen.headers = response.status_code, _judged(response)
    return seen


def by_corsasgi(policies: Any, fields: Any, answer: Answer, scope: dict[str, Any]) -> Seen:
    NOW[0] = seen = Seen()
    messages: list[Any] = []

    async def respond(scope: Any, receive: Any, send: Any) -> None:
        seen.ran = True
        if answer.raises:
            raise OSError("the application failed")
        headers = [(name.encode(), value.encode()) for name, value in answer.headers]
        start = {"type": "http.response.start", "status": answer.status, "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": b"ab"})

    async def run() -> None:
        async def receive() -> Any:
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Any) -> None:
            messages.append(message)

        with contextlib.suppress(OSError):
            await CorsASGI(respond, *policies, **fields)(scope, receive, send)

    async_to_sync(run)()
    start, *bodies = messages
    assert [each["type"] for each in bodies] == ["http.response.body"]
    pairs = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in start["headers"]]
    assert len(dict(pairs)) == len(pairs), pairs
    response = HttpResponse(headers=dict(pairs))
    if "content-type" not in dict(pairs):
        del response["content-type"]
    seen.status, seen.headers = start["status"], _judged(response)
    return seen


def _judged(response: Any) -> dict[str, str]:
    """Return the CORS headers, Vary, and while DEBUG is True why; not who is responsible."""
    found = cors_headers(response)
    if "x-cors-views" in response.headers:
        found["x-cors-views"] = response.headers["x-cors-views"].partition(";")[0]
    return found


# --- What is drawn ----------------------------------------------------------------------------

LOADED = CachedOrigins(lambda: [APP, "https://*.tenant.example"])
POLICIES: list[Any] = [
    CorsPolicy(origins=[APP]),
    CorsPolicy(origins=[APP, "https://*.tenant.example"], credentials=True, max_age=60),
    CorsPolicy(origins="*"),
    CorsPolicy(origins="*", expose_headers=["*"], methods=["*"], headers=["*"]),
    CorsPolicy(origins=[APP], headers=["*"], credentials=True, methods=["*"]),
    CorsPolicy(origins=["null", "http://localhost:*"], private_network=True),
    CorsPolicy(origin_regexes=[r"https://[a-z]+\.example"], expose_headers=["x-total"]),
    CorsPolicy(origins=[asks], methods=["get", "PATCH"]),
    CorsPolicy(origins=[fails, asks_async], credentials=True),
    CorsPolicy(origins=[LOADED], credentials=True, headers=["x-a", "authorization"]),
    CorsPolicy(origins=[]),
]
#: Those that end in the settings, and names of the settings.
REFINING: list[Any] = [CorsPolicy(max_age=5), CorsPolicy(methods=["GET"]), "partners", "public"]
ENFORCE: Any = st.sampled_from([None, True, True, False, "report"])


def _enforcing(policy: CorsPolicy, enforce: Any) -> CorsPolicy:
    return policy if enforce is None else policy.replace(enforce=enforce)


@st.composite
def declarations(draw: st.DrawFn) -> tuple[Any, Any, dict[str, Any]]:
    """Draw what is declared: how a view is decorated, and what ``CorsASGI`` is given for it."""
    kind = draw(st.sampled_from(["one", "one", "several", "settings", "deny"]))
    enforce = draw(ENFORCE)
    fields = {} if enforce is None else {"enforce": enforce}
    if kind == "deny":
        deny = cors_deny(**fields) if fields else cors_deny
        return deny, (deny,), {}
    if kind == "several":
        each = st.builds(_enforcing, st.sampled_from(POLICIES), ENFORCE)
        policies = tuple(draw(st.lists(each, min_size=2, max_size=3)))
        return cors_allow(*policies), policies, {}
    one = st.sampled_from(POLICIES + REFINING)
    policies = (draw(one),) if kind == "one" else ()
    return cors_allow(*policies, **fields), policies, fields


METHODS = ["GET", "POST", "OPTIONS", "PUT", "PATCH", "DELETE", "HEAD", "PURGE"]
ORIGINS = [
    *(APP, OTHER, EVIL, "null", "http://localhost:3000", "https://a.tenant.example"),
    *(SITE, "http://site.example", f"{SITE}:8443", f"{SITE}.", "https://sub.site.example"),
    *("https://app.example/", "HTTPS://APP.EXAMPLE", "https://app.example:443", "junk", "*", ""),
    *("https://app.example, https://app.example", "https://\u00e9.example", "a" * 600),
]
HOSTS: list[list[str]] = [
    *([["site.example"]] * 6),
    *(["site.example:443"], ["SITE.example"], ["site.example:8443"], ["a b"], ["site.example."]),
    *([], ["site.example", "evil.example"]),
]
SEC_FETCH_SITE = ["same-origin", "none", "same-site", "cross-site", "Same-Origin", "junk", ""]
ASKED = {
    "access-control-request-headers": st.sampled_from(
        ["x-a", "authorization, x-b", "a b", "", "x-a,X-A", "content-type"]
    ),
    "access-control-request-private-network": st.sampled_from(["true", "false"]),
}
ASKED_METHOD = st.sampled_from([*METHODS, "patch", "", "a b", "TRACE"])


@st.composite
def scopes(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a request as a server hands it over."""
    if draw(st.integers(0, 3)) == 0:
        host = draw(
            st.sampled_from(["site.example", "site.example", "SITE.example", "site.example:443"])
        )
        pairs = [("host", host), ("origin", SITE)]
    else:
        pairs = [("host", host) for host in draw(st.sampled_from(HOSTS))]
        # Two of them are a rare thing.
        for _ in range(draw(st.sampled_from([0, 1, 1, 1, 1, 1, 1, 1, 2]))):
            pairs.append(("origin", draw(st.sampled_from(ORIGINS))))
    if draw(st.booleans()):
        pairs.append(("sec-fetch-site", draw(st.sampled_from(SEC_FETCH_SITE))))
    if draw(st.integers(0, 4)) == 0:
        pairs.append(("x-forwarded-proto", draw(st.sampled_from(["https", "http"]))))
        pairs.append(("x-forwarded-host", draw(st.sampled_from(["site.example", "evil.example"]))))
    method = draw(st.sampled_from(METHODS))
    if draw(st.booleans()):
        # Any other method makes no preflight.
        method = draw(st.sampled_from(["OPTIONS", "OPTIONS", "OPTIONS", "OPTIONS", "GET"]))
        pairs.append(("access-control-request-method", draw(ASKED_METHOD)))
    asked = draw(st.fixed_dictionaries({}, optional=ASKED))
    pairs += asked.items()
    root = draw(st.sampled_from(["", "", "/mounted"]))
    cased = str.title if draw(st.integers(0, 9)) == 0 else str
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": draw(st.sampled_from(["https", "https", "http"])),
        "root_path": root,
        "path": f"{root}/v/",
        "query_string": draw(st.sampled_from([b"", b"a=1"])),
        "server": draw(st.sampled_from([("site.example", 443), ("127.0.0.1", 8000), None])),
        "headers": [(cased(name).encode(), value.encode()) for name, value in pairs],
    }


ANSWERS = st.builds(
    Answer,
    status=st.sampled_from([200, 200, 204, 301, 304, 401, 403, 404, 405, 429, 500, 503]),
    headers=st.sampled_from(
        [
            (),
            (("vary", "accept"),),
            (("vary", "Origin"),),
            (("Vary", "accept, ORIGIN"),),
            (("vary", "*"),),
            (("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")),
            (("Access-Control-Allow-Origin", EVIL), ("vary", "Cookie")),
            (("access-control-max-age", "600"), ("access-control-allow-methods", "DELETE")),
            (("x-total", "5"),),
        ]
    ),
    raises=st.integers(0, 5).map(lambda drawn: drawn == 0),
)
SITES = st.fixed_dictionaries(
    {
        "ALLOWED_HOSTS": st.sampled_from([["*"]] * 4 + [["site.example"], ["another.example"]]),
        "DEBUG": st.integers(0, 9).map(lambda drawn: drawn == 0),
    },
    optional={
        "CORS_ENFORCE": st.sampled_from([True, False, "report"]),
        "CORS_ALLOWED_ORIGINS": st.just([OTHER]),
        "CORS_ALLOW_ALL_ORIGINS": st.just(True),
        "CORS_ALLOW_CREDENTIALS": st.just(True),
        "CORS_ALLOW_PRIVATE_NETWORK": st.just(True),
        "CORS_ALLOW_METHODS": st.sampled_from([["*"], ["GET", "POST"]]),
        "CORS_EXPOSE_HEADERS": st.just(["x-total"]),
        "CORS_PREFLIGHT_MAX_AGE": st.sampled_from([0, 60]),
        "CORS_URLS_REGEX": st.just("^/nothing/"),
        "CORS_OPT_IN": st.just(True),
        "USE_X_FORWARDED_HOST": st.just(True),
        "SECURE_PROXY_SSL_HEADER": st.just(("HTTP_X_FORWARDED_PROTO", "https")),
        "CORS_POLICIES": st.just(
            {
                "partners": {"origins": [APP], "enforce": True},
                "public": {"origins": "*", "enforce": "report"},
            }
        ),
    },
)


@settings(derandomize=True, deadline=None, max_examples=500)
@given(
    declaration=declarations(),
    scope=scopes(),
    answer=ANSWERS,
    site=SITES,
    mode=st.sampled_from(["sync", "async"]),
    level=st.sampled_from([logging.DEBUG, logging.WARNING]),
    told=st.booleans(),
    asked=st.booleans(),
)
def test_that_they_answer_alike(
    declaration: Any,
    scope: dict[str, Any],
    answer: Answer,
    site: dict[str, Any],
    mode: str,
    level: int,
    told: bool,
    asked: bool,
) -> None:
    decorate, policies, fields = declaration
    middleware = ["cors_views.middleware.CorsMiddleware"]
    with override_settings(MIDDLEWARE=middleware, **site), listening(level, told, asked):
        inside = by_the_middleware(
            decorate, answer, {**scope, "headers": [*scope["headers"]]}, mode
        )
        beside = by_corsasgi(policies, fields, answer, scope)

    assert beside == inside
