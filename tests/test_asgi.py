"""CorsASGI: a policy around an application that Django's middleware never sees."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured
from django.test import override_settings

from cors_views import CachedOrigins, CorsPolicy, Outcome, cors_deny
from cors_views.asgi import CorsASGI
from cors_views.signals import cors_decided
from tests.tables import CREDENTIALS, ORIGIN, cors_headers

APP, OTHER, EVIL = "https://app.example", "https://other.example", "https://evil.example"
SITE = "https://site.example"


class Application:
    """A bare ASGI application, which notes what it was called with."""

    def __init__(self, *headers: tuple[str, str], fails: str = "") -> None:
        self.headers = [(name.encode(), value.encode()) for name, value in headers]
        self.fails = fails
        self.scopes: list[Any] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.scopes.append(scope)
        if self.fails == "before":
            raise OSError("the application failed")
        if scope["type"] == "http":
            start = {"type": "http.response.start", "status": 200, "headers": self.headers}
            await send(start)
            if self.fails == "after":
                raise OSError("the application failed")
            await send({"type": "http.response.body", "body": b"a", "more_body": True})
            await send({"type": "http.response.body", "body": b"b"})
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})


class Response:
    """What was sent to the server."""

    def __init__(self, messages: list[Any]) -> None:
        self.messages = messages
        start = messages[0]
        self.status = start.get("status")
        pairs = [(name.decode(), value.decode()) for name, value in start.get("headers", ())]
        self.headers = dict(pairs)
        assert len(self.headers) == len(pairs), pairs
        assert all(name == name.lower() for name in self.headers)
        self.body = b"".join(each.get("body", b"") for each in messages)


def scope_of(kind: str, headers: dict[str, str], method: str, **more: Any) -> dict[str, Any]:
    sent = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return {
        "type": kind,
        "method": method,
        "path": "/v/",
        "root_path": "",
        "query_string": b"",
        "scheme": "https" if kind == "http" else "wss",
        "headers": [(b"host", b"site.example"), *sent],
        **more,
    }


async def _run(app: Any, scope: Any) -> Any:
    messages: list[Any] = []

    async def receive() -> Any:
        return {"type": f"{scope['type']}.{'connect' if scope['type'] == 'websocket' else 'x'}"}

    async def send(message: Any) -> None:
        messages.append(message)

    try:
        await app(scope, receive, send)
    except OSError as error:
        return messages, error
    return messages, None


def ask(app: Any, method: str = "GET", **headers: str) -> Response:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    messages, _ = async_to_sync(_run)(app, scope_of("http", names, method))
    return Response(messages)


def preflight(app: Any, origin: str, method: str, **headers: str) -> Response:
    return ask(app, "OPTIONS", origin=origin, access_control_request_method=method, **headers)


def handshake(app: Any, scope: dict[str, Any] | None = None, **headers: str) -> list[Any]:
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    made = scope_of("websocket", names, "GET") | (scope or {})
    del made["method"]
    messages, _ = async_to_sync(_run)(app, made)
    return [each["type"] for each in messages]


REFUSED = ["websocket.close"]
ACCEPTED = ["websocket.accept"]


# --- HTTP ----------------------------------------------------------------------------------------


def yes(request: Any, origin: str) -> bool:
    return origin != EVIL


async def yes_async(request: Any, origin: str) -> bool:
    return origin != EVIL


LOADED = CachedOrigins(lambda: [APP, "https://*.tenant.example"])


def test_that_a_preflight_never_reaches_the_application_and_a_request_does() -> None:
    app = Application()
    around = CorsASGI(app, origins=[APP], methods=["PUT"])

    answer = preflight(around, APP, "PUT")
    assert (answer.status, answer.headers["access-control-allow-methods"]) == (200, "PUT")
    assert cors_headers(preflight(around, EVIL, "PUT")) == {"vary": "origin"}
    assert app.scopes == []
    assert ask(around, "OPTIONS", origin=APP).body == b"ab"
    assert ask(around, origin=EVIL).body == b"ab"


#: What a policy enforces, the request, the status, and whether the application runs.
ENFORCED = [
    pytest.param(True, {"origin": EVIL}, "POST", 403, False, id="refused"),
    pytest.param(True, {"origin": APP}, "POST", 200, True, id="admitted"),
    pytest.param(True, {"origin": APP}, "DELETE", 403, False, id="a-method-not-offered"),
    pytest.param(True, {"origin": SITE}, "POST", 200, True, id="the-sites-own"),
    pytest.param(True, {"origin": "null"}, "POST", 403, False, id="null"),
    pytest.param(True, {}, "POST", 200, True, id="no-page"),
    pytest.param("report", {"origin": EVIL}, "POST", 200, True, id="reported"),
    pytest.param(False, {"origin": EVIL}, "POST", 200, True, id="not-enforced"),
    pytest.param(
        True,
        {"origin": EVIL, "access-control-request-method": "PUT"},
        "OPTIONS",
        403,
        False,
        id="a-preflight",
    ),
    pytest.param(
        True,
        {"origin": APP, "access-control-request-method": "PUT"},
        "OPTIONS",
        200,
        False,
        id="a-preflight-that-is-admitted",
    ),
]


@pytest.mark.parametrize(("enforce", "headers", "method", "status", "runs"), ENFORCED)
def test_what_is_refused_on_the_server(
    enforce: Any,
    headers: dict[str, str],
    method: str,
    status: int,
    runs: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = Application()
    around = CorsASGI(app, origins=[APP], methods=["POST", "PUT"], enforce=enforce)
    answer = ask(around, method, **headers)

    assert (answer.status, bool(app.scopes)) == (status, runs)
    assert answer.headers["vary"] == "origin"
    if status == 403:
        assert cors_headers(answer) == {"vary": "origin"}
        assert answer.body == (b"" if method == "OPTIONS" else b"Forbidden")
    warned = status == 403 or enforce == "report"
    assert [record.levelno for record in caplog.records] == [logging.WARNING] * warned


@pytest.mark.parametrize(
    ("fails", "status"), [pytest.param("before", 500, id="before"), ("after", 200)]
)
def test_that_an_error_can_be_read_and_is_raised(fails: str, status: int) -> None:
    app = CorsASGI(Application(fails=fails), origins=[APP])

    scope = scope_of("http", {"origin": APP}, "GET")
    messages, error = async_to_sync(_run)(app, scope)

    response = Response(messages)
    assert (response.status, response.headers[ORIGIN]) == (status, APP)
    assert str(error) == "the application failed"
    assert len(messages) == (2 if fails == "before" else 1)


def test_that_own_headers_are_removed_and_named_in_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    own = ("Access-Control-Allow-Origin", "*")
    app = CorsASGI(Application(own), origins=[APP])

    assert cors_headers(ask(app, origin=EVIL)) == {"vary": "origin"}
    assert "writes access-control-allow-origin itself" in caplog.text
    assert "ASGI application policy declared at" in caplog.text


def test_that_a_refusal_is_logged_without_a_command_that_finds_no_view(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = CorsASGI(Application(), "partners")
    with caplog.at_level(logging.DEBUG, "cors_views"):
        ask(app, origin=EVIL)
        ask(app, origin=OTHER)
        preflight(app, EVIL, "PUT")

    said = [record.getMessage() for record in caplog.records]
    assert len(said) == 2
    assert said[0].startswith(
        f"The browser refuses GET '/v/' from '{EVIL}': the policy does not admit"
    )
    assert "ASGI application policy 'partners' declared at" in said[0]
    assert "preflight for 'PUT'" in said[1]
    assert "cors_explain" not in caplog.text


def test_that_settings_that_change_count() -> None:
    app = CorsASGI(Application(), "partners")
    before = cors_headers(ask(app, origin=APP))
    with override_settings(CORS_POLICIES={"partners": {"origins": [APP]}}):
        within = cors_headers(ask(app, origin=APP))
    with override_settings(CORS_POLICIES={}):
        gone = cors_headers(ask(app, origin=OTHER))

    assert before == cors_headers(ask(app, origin=APP)) == {"vary": "origin"}
    assert within == {ORIGIN: APP, "vary": "origin"}
    assert gone == {"vary": "origin"}


@pytest.mark.parametrize(
    ("policies", "fields", "error", "said"),
    [
        pytest.param(["partnrs"], {}, ImproperlyConfigured, "'partners'", id="a-slip"),
        pytest.param([APP], {}, TypeError, "origins=", id="an-origin"),
        pytest.param([], {"origin": [APP]}, TypeError, "origins", id="no-field"),
        pytest.param([], {"origins": ["x"]}, ImproperlyConfigured, "no scheme", id="no-scheme"),
    ],
)
def test_what_is_refused_where_it_is_written(
    policies: Any, fields: Any, error: type[Exception], said: str
) -> None:
    with pytest.raises(error, match=said) as raised:
        CorsASGI(Application(), *policies, **fields)

    assert __file__ in str(raised.value)


@pytest.mark.parametrize("kind", ["lifespan", "something-new"])
def test_that_other_scopes_pass_untouched(kind: str) -> None:
    app, scope = Application(), {"type": kind}
    async_to_sync(_run)(CorsASGI(app, cors_deny), scope)

    assert app.scopes == [scope]
    assert app.scopes[0] is scope


# --- WebSockets ----------------------------------------------------------------------------------

CLOSED = CorsPolicy(origins=[])
#: The policies, the headers of the handshake, and what becomes of it.
HANDSHAKES: list[Any] = [
    pytest.param([CorsPolicy(origins=[APP])], {"origin": APP}, ACCEPTED, id="admitted"),
    pytest.param([CorsPolicy(origins=[APP])], {"origin": EVIL}, REFUSED, id="refused"),
    pytest.param([CLOSED], {}, ACCEPTED, id="no-page"),
    pytest.param([CLOSED], {"origin": SITE}, ACCEPTED, id="the-sites-own"),
    pytest.param([CLOSED], {"origin": "http://site.example"}, REFUSED, id="own-without-tls"),
    pytest.param([CLOSED], {"origin": f"{SITE}:8443"}, REFUSED, id="own-at-another-port"),
    pytest.param([cors_deny], {"origin": APP}, REFUSED, id="denied"),
    pytest.param([cors_deny], {"origin": SITE}, ACCEPTED, id="denied-but-own"),
    pytest.param(
        [CLOSED], {"origin": APP, "sec_fetch_site": "same-origin"}, ACCEPTED, id="says-the-browser"
    ),
    pytest.param(
        [CLOSED], {"origin": APP, "sec_fetch_site": "same-site"}, REFUSED, id="same-site-only"
    ),
    pytest.param([CorsPolicy(origins=[APP])], {"origin": "null"}, REFUSED, id="null"),
    pytest.param([CorsPolicy(origins=["null"])], {"origin": "null"}, ACCEPTED, id="null-named"),
    pytest.param([CorsPolicy(origins="*")], {"origin": EVIL}, ACCEPTED, id="any-origin"),
    pytest.param([CorsPolicy(origins="*")], {"origin": "null"}, ACCEPTED, id="any-origin-null"),
    pytest.param([CorsPolicy(origins="*")], {"origin": "a b"}, REFUSED, id="no-origin-at-all"),
    pytest.param([CorsPolicy(origins=[yes])], {"origin": APP}, ACCEPTED, id="a-callable"),
    pytest.param([CorsPolicy(origins=[yes])], {"origin": EVIL}, REFUSED, id="a-callable-refuses"),
    pytest.param([CorsPolicy(origins=[yes_async])], {"origin": APP}, ACCEPTED, id="an-async-one"),
    pytest.param([CorsPolicy(origins=[LOADED])], {"origin": APP}, ACCEPTED, id="loaded"),
    pytest.param(["partners", CLOSED], {"origin": OTHER}, ACCEPTED, id="one-of-several"),
    pytest.param([], {"origin": APP}, REFUSED, id="the-settings-that-admit-nobody"),
]


@pytest.mark.parametrize(("policies", "headers", "becomes"), HANDSHAKES)
def test_which_handshakes_are_accepted(policies: Any, headers: Any, becomes: Any) -> None:
    app = Application()

    assert handshake(CorsASGI(app, *policies), **headers) == becomes
    assert len(app.scopes) == (becomes == ACCEPTED)


HOSTILE = [
    "https://app.example.evil.org",
    "https://evil-app.example",
    "https://app.example@evil.org",
    "https://app.example/",
    "https://app.example:443",
    "HTTPS://app.example",
    "https://app.example.",
    "http://app.example",
    "https://app.example, https://evil.org",
    "https://app.example\\.evil.org",
    "null",
    "*",
    " https://app.example",
    "https://" + "a" * 5_000,
]


@pytest.mark.parametrize("origin", HOSTILE)
@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(CorsPolicy(origins=[APP], credentials=True), id="named"),
        pytest.param(CorsPolicy(origin_regexes=[r"https://app\.example"]), id="a-regex"),
        pytest.param(CorsPolicy(origins=[CachedOrigins(lambda: [APP])]), id="loaded"),
    ],
)
def test_that_hostile_origins_get_nothing(origin: str, policy: CorsPolicy) -> None:
    app = CorsASGI(Application(), policy)

    assert handshake(app, origin=origin) == REFUSED
    assert cors_headers(ask(app, origin=origin)) == {"vary": "origin"}
    assert cors_headers(preflight(app, origin, "PUT")) == {"vary": "origin"}


SECRETS = {"cookie": "sessionid=1", "authorization": "Basic eA=="}
MADE = {"cookies": {}, "session": {}, "user": "ada", "auth": "basic"}
TLS = {"tls_version": 0x0304, "client_cert_chain": ["PEM"], "client_cert_name": "CN=ada"}


@pytest.mark.parametrize(
    ("origin", "credentials", "kept"),
    [
        pytest.param(APP, True, True, id="with-credentials"),
        pytest.param(APP, False, False, id="without"),
        pytest.param(SITE, False, True, id="the-sites-own"),
        pytest.param("", False, True, id="no-page"),
    ],
)
def test_whose_cookies_arrive(origin: str, credentials: bool, kept: bool) -> None:
    app = Application()
    around = CorsASGI(app, origins=[APP], credentials=credentials)
    sent = {"origin": origin} if origin else {}

    made = {**MADE, "path": "/ws/", "extensions": {"tls": TLS, "other": {}}}
    assert handshake(around, made, **sent, **SECRETS) == ACCEPTED
    scope = app.scopes[0]
    names = {name for name, _ in scope["headers"]}
    assert ({b"cookie", b"authorization"} <= names) is kept
    assert names >= {b"host"}
    assert (MADE.keys() <= scope.keys()) is kept
    assert kept or MADE.keys().isdisjoint(scope)
    assert scope["path"] == "/ws/"
    # Fetch, "credentials": a TLS client certificate is one of them.
    nobody = TLS | {"client_cert_chain": (), "client_cert_name": None, "client_cert_error": None}
    assert scope["extensions"] == {"tls": TLS if kept else nobody, "other": {}}


@pytest.mark.parametrize("kind", ["http", "websocket"])
@pytest.mark.parametrize(
    "policy",
    [
        pytest.param(CorsPolicy(origins=[yes]), id="asks"),
        pytest.param(CorsPolicy(origins=[APP], enforce=True), id="enforces"),
    ],
)
def test_that_bytes_that_are_no_utf8_and_headers_that_are_left_out_are_no_error(
    kind: str, policy: CorsPolicy
) -> None:
    app = Application()
    around = CorsASGI(app, policy)
    query = scope_of(kind, {"origin": APP}, "GET", query_string=b"name=\xff&x=1")
    without_headers = scope_of(kind, {}, "GET")
    del without_headers["headers"]

    for scope in (query, without_headers):
        messages, error = async_to_sync(_run)(around, scope)
        assert error is None
        assert messages[0].get("status", 200) == 200
    assert [scope["query_string"] for scope in app.scopes] == [b"name=\xff&x=1", b""]


def test_that_the_sites_own_is_what_the_proxy_says() -> None:
    scope, sent = {"scheme": "ws"}, {"origin": SITE, "x_forwarded_proto": "https"}
    app = CorsASGI(Application(), cors_deny)
    proxied = override_settings(SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"))

    assert handshake(app, scope, **sent) == REFUSED
    with proxied:
        assert handshake(app, scope, **sent) == ACCEPTED


def test_that_a_host_that_is_not_allowed_is_nobodys_own() -> None:
    with override_settings(ALLOWED_HOSTS=["another.example"]):
        assert handshake(CorsASGI(Application(), cors_deny), origin=SITE) == REFUSED


def test_that_a_refused_handshake_is_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    handshake(CorsASGI(Application(), origins=[APP]), origin=EVIL)
    handshake(CorsASGI(Application(), cors_deny), origin=EVIL)

    assert [record.levelno for record in caplog.records] == [logging.WARNING] * 2
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith(
        f"CORS sent 403 to the WebSocket '/v/' from '{EVIL}': the policy does not"
    )
    assert first.endswith("The application is tests.test_asgi.Application.")
    assert "closed to other origins by cors_deny" in second


def test_that_who_leaves_before_the_refusal_is_sent_nothing() -> None:
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "websocket.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = scope_of("websocket", {"origin": EVIL}, "GET")
    async_to_sync(CorsASGI(Application(), cors_deny))(scope, receive, send)

    assert sent == []


@pytest.mark.django_db
def test_that_a_callable_may_ask_the_database_about_a_request_with_headers() -> None:
    Group.objects.create(name=APP)
    seen: list[Any] = []

    def is_known(request: Any, origin: str) -> bool:
        seen.append((request.path, request.headers["X-Tenant"], request.get_host()))
        return Group.objects.filter(name=origin).exists()

    app = CorsASGI(Application(), origins=[is_known], credentials=True)

    assert handshake(app, origin=APP, x_tenant="a") == ACCEPTED
    assert handshake(app, origin=OTHER, x_tenant="a") == REFUSED
    assert ask(app, origin=APP, x_tenant="a").headers[CREDENTIALS] == "true"
    assert seen == [("/v/", "a", "site.example")] * 3


# --- Telling what was decided ---------------------------------------------------------------------

TOLD: dict[str, Any] = {
    "admitted": ({}, "GET", {"origin": APP}, (True, None, APP, False, False)),
    "refused": ({}, "GET", {"origin": EVIL}, (False, "ORIGIN_NOT_ADMITTED", "", False, False)),
    "a preflight": (
        {},
        "OPTIONS",
        {"origin": APP, "access_control_request_method": "PATCH"},
        (False, "METHOD_NOT_OFFERED", APP, True, False),
    ),
    "refused on the server": (
        {"enforce": True},
        "POST",
        {"origin": EVIL},
        (False, "ORIGIN_NOT_ADMITTED", "", False, True),
    ),
    "a preflight that is refused on the server": (
        {"enforce": True},
        "OPTIONS",
        {"origin": EVIL, "access_control_request_method": "PUT"},
        (False, "ORIGIN_NOT_ADMITTED", "", True, True),
    ),
    "what would be": (
        {"enforce": "report"},
        "POST",
        {"origin": EVIL},
        (False, "ORIGIN_NOT_ADMITTED", "", False, "report"),
    ),
    "a method that would be, of a page that may read": (
        {"enforce": "report"},
        "POST",
        {"origin": APP},
        (True, None, APP, False, "report"),
    ),
    "a preflight that would be": (
        {"enforce": "report"},
        "OPTIONS",
        {"origin": EVIL, "access_control_request_method": "PUT"},
        (False, "ORIGIN_NOT_ADMITTED", "", True, "report"),
    ),
    "admitted where policies report": (
        {"enforce": "report"},
        "GET",
        {"origin": APP},
        (True, None, APP, False, False),
    ),
    "no Origin": ({}, "GET", {}, None),
    "the site itself": ({}, "GET", {"origin": SITE}, None),
}


@pytest.fixture
def outcomes() -> Iterator[list[Outcome]]:
    seen: list[Outcome] = []

    async def note(request: Any, outcome: Outcome, **kwargs: Any) -> None:
        assert request.path == "/v/"
        seen.append(outcome)

    cors_decided.connect(note)
    yield seen
    cors_decided.disconnect(note)


def told(outcome: Outcome) -> Any:
    reason = outcome.reason.name if outcome.reason else None
    assert (outcome.layer, outcome.route, outcome.policy) == ("ASGI application", "", "")
    assert outcome.place.startswith("tests/test_asgi.py:")
    on_the_server = {(True, False): True, (False, True): "report", (False, False): False}
    enforce = on_the_server[outcome.enforced, outcome.reported]
    return outcome.admitted, reason, outcome.admitted_by, outcome.preflight, enforce


@pytest.mark.parametrize("name", TOLD)
def test_what_was_decided_is_sent(name: str, outcomes: list[Outcome]) -> None:
    fields, method, headers, expected = TOLD[name]
    app = CorsASGI(Application(), origins=[APP], methods=["GET", "PUT"], **fields)

    with override_settings(ALLOWED_HOSTS=["site.example"]):
        ask(app, method, **headers)

    assert [*map(told, outcomes)] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("origin", "cookie", "expected"),
    [
        pytest.param(APP, "", (True, None, APP, False, False), id="admitted"),
        pytest.param(APP, "a=b", (True, None, APP, False, False), id="without its cookies"),
        pytest.param(EVIL, "", (False, "ORIGIN_NOT_ADMITTED", "", False, True), id="closed"),
        pytest.param(SITE, "", None, id="the site itself"),
    ],
)
def test_what_was_decided_of_a_handshake_is_sent(
    origin: str, cookie: str, expected: Any, outcomes: list[Outcome]
) -> None:
    headers = {"origin": origin} | ({"cookie": cookie} if cookie else {})

    with override_settings(ALLOWED_HOSTS=["site.example"]):
        handshake(CorsASGI(Application(), origins=[APP]), **headers)

    assert [*map(told, outcomes)] == ([expected] if expected else [])


@pytest.mark.parametrize("enforce", [True, False, "report"])
@pytest.mark.parametrize("admits", [True, False])
def test_that_whoever_is_asked_and_who_is_told_get_one_request(enforce: Any, admits: bool) -> None:
    seen: list[Any] = []

    def asked(request: Any, origin: str) -> bool:
        seen.append(request)
        return admits

    def told_of(request: Any, **kwargs: Any) -> None:
        seen.append(request)

    cors_decided.connect(told_of)
    try:
        with override_settings(ALLOWED_HOSTS=["site.example"]):
            ask(CorsASGI(Application(), origins=[asked], enforce=enforce), "GET", origin=EVIL)
    finally:
        cors_decided.disconnect(told_of)

    asked_with, told_with = seen
    assert asked_with is told_with


@pytest.mark.parametrize("debug", [True, False])
@pytest.mark.parametrize("name", TOLD)
def test_a_refused_answer_says_why_while_debug_is_true(name: str, debug: bool) -> None:
    fields, method, headers, expected = TOLD[name]
    app = CorsASGI(Application(), origins=[APP], methods=["GET", "PUT"], **fields)

    with override_settings(ALLOWED_HOSTS=["site.example"], DEBUG=debug):
        response = ask(app, method, **headers)

    if debug and expected and not expected[0]:
        value = response.headers["x-cors-views"]
        assert value.startswith(f"{expected[1]}; ASGI application policy declared at /")
        assert "/test_asgi.py:" in value
    else:
        assert "x-cors-views" not in response.headers


def test_a_failing_application_says_why_as_well() -> None:
    app = CorsASGI(Application(fails="before"), origins=[APP])

    with override_settings(ALLOWED_HOSTS=["site.example"], DEBUG=True):
        response = ask(app, origin=EVIL)

    assert (response.status, response.headers["x-cors-views"][:19]) == (500, "ORIGIN_NOT_ADMITTED")
