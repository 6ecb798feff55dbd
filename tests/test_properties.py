"""What holds for every origin, every header and every stack of policies.

The oracle below reads origins and patterns in another way than the package does: through urllib,
ipaddress and lists of labels. Where the two differ, one of them is wrong.
"""

from __future__ import annotations

import contextlib
import functools
import ipaddress
import re
import string
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import pytest
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import path
from django.views import View
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.fetch import is_method, parse_request_headers
from cors_views.origin_sets import OriginSet
from cors_views.origins import is_origin, split_origin
from cors_views.patterns import OriginError, parse_pattern
from cors_views.signals import check_request_enabled
from tests.tables import CREDENTIALS, ORIGIN, urlconf

few = settings(derandomize=True, deadline=None, max_examples=150)
many = settings(derandomize=True, deadline=None, max_examples=400)
stacks = settings(
    derandomize=True,
    deadline=None,
    max_examples=450,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)

# --- The oracle --------------------------------------------------------------------------------

DEFAULT_PORTS = {"ftp": 21, "http": 80, "https": 443, "ws": 80, "wss": 443}
WEB_CHARACTERS = set(string.ascii_lowercase + string.digits + "-_")
OTHER_CHARACTERS = set(string.ascii_letters + string.digits + "-_.~")
SCHEME_CHARACTERS = set(string.ascii_lowercase + string.digits + "+-.")


class Read(NamedTuple):
    """An origin as the oracle reads it."""

    scheme: str
    labels: tuple[str, ...]
    port: int | None


def read(value: str) -> Read | None:
    """Return what an Origin header holds, or ``None`` where no browser writes it so."""
    if not value.isascii() or not value.isprintable() or len(value) > 512:
        return None
    try:
        parts = urlsplit(value)
        port = parts.port
    except ValueError:
        return None
    scheme, netloc = parts.scheme, parts.netloc
    # urlsplit forgives much; what it put together again differs then.
    if value != f"{scheme}://{netloc}" or not scheme or set(scheme) - SCHEME_CHARACTERS:
        return None
    if not scheme[0].isalpha() or port == 0 or (port and port == DEFAULT_PORTS.get(scheme)):
        return None
    host = netloc if port is None else netloc[: -len(f":{port}")]
    if port is not None and netloc != f"{host}:{port}":
        return None
    if host.startswith("["):
        written = _written_ipv6(host)
        return Read(scheme, (host,), port) if written == host else None
    if scheme not in DEFAULT_PORTS:
        good = bool(host) and not set(host) - OTHER_CHARACTERS
        return Read(scheme, tuple(host.split(".")), port) if good else None
    labels = host.split(".")
    names = labels[:-1] if len(labels) > 1 and labels[-1] == "" else labels
    if not all(names) or any(set(name) - WEB_CHARACTERS for name in names):
        return None
    if _is_number(names[-1]) and not _is_written_ipv4(host):
        return None
    return Read(scheme, tuple(labels), port)


def _written_ipv6(host: str) -> str:
    try:
        address = ipaddress.IPv6Address(host[1:-1])
    except ValueError:
        return ""
    if address.ipv4_mapped:
        # Python writes these with dots, or not, by its version; browsers never do.
        number = int(address.ipv4_mapped)
        return f"[::ffff:{number >> 16:x}:{number & 0xFFFF:x}]"
    return f"[{address.compressed}]"


def _is_number(label: str) -> bool:
    return set(label) <= set(string.digits) or (
        label[:2] == "0x" and set(label[2:]) <= set(string.hexdigits)
    )


def _is_written_ipv4(host: str) -> bool:
    numbers = host.split(".")
    return len(numbers) == 4 and all(
        set(number) <= set(string.digits)
        and str(int(number or "-1")) == number
        and int(number) < 256
        for number in numbers
    )


class Pattern(NamedTuple):
    """A configured origin, and the oracle's word on whom it admits."""

    text: str
    admits: Callable[[Read], bool]


def named(text: str) -> Pattern:
    """One origin."""
    return Pattern(text, lambda origin: origin == read(text))


def below(scheme: str, base: str, port: int | None = None, *, any_port: bool = False) -> Pattern:
    """One or more labels below ``base``."""
    labels = tuple(base.split("."))

    def admits(origin: Read) -> bool:
        return (
            origin.scheme == scheme
            and len(origin.labels) > len(labels)
            and origin.labels[len(origin.labels) - len(labels) :] == labels
            and (any_port or origin.port == port)
        )

    suffix = ":*" if any_port else f":{port}" if port else ""
    return Pattern(f"{scheme}://*.{base}{suffix}", admits)


def at_any_port(scheme: str, host: str) -> Pattern:
    """One host, whatever its port."""
    portless = read(f"{scheme}://{host}")
    return Pattern(f"{scheme}://{host}:*", lambda origin: origin._replace(port=None) == portless)


EXACT = [
    named("https://example.com"),
    named("https://app.example.com"),
    named("https://app.example.com:8443"),
    named("http://localhost:3000"),
    named("http://[::1]"),
    named("http://127.0.0.1"),
    named("https://example.com."),
    named("app://Host"),
]
BELOW = [
    below("https", "example.com"),
    below("https", "app.example.com"),
    below("https", "com"),
    below("https", "example.com", 8443),
    below("https", "example.com."),
    below("app", "Host"),
]
ANY_PORT = [
    at_any_port("http", "localhost"),
    at_any_port("https", "example.com"),
    at_any_port("http", "[::1]"),
    at_any_port("http", "127.0.0.1"),
]
BOTH = [
    below("https", "example.com", any_port=True),
    below("http", "localhost", any_port=True),
    below("app", "Host", any_port=True),
]
REGEXES = [
    Pattern(
        r"https://[a-z]+\.example\.com",
        lambda origin: (
            origin.scheme == "https"
            and origin.labels[1:] == ("example", "com")
            and origin.labels[0].isalpha()
            and origin.port is None
        ),
    ),
    Pattern(
        r"https?://localhost(:\d+)?",
        lambda origin: origin.scheme in ("http", "https") and origin.labels == ("localhost",),
    ),
    Pattern(
        r"https://example\.com|https://example\.org",
        lambda origin: origin in (read("https://example.com"), read("https://example.org")),
    ),
]
EVERY_KIND = EXACT + BELOW + ANY_PORT + BOTH

# --- What is sent ------------------------------------------------------------------------------

schemes = st.sampled_from(["https", "http", "app", "wss", "HTTPS", "httpss", "https:", "", "1a"])
labels = st.sampled_from(
    [
        "app",
        "example",
        "com",
        "org",
        "localhost",
        "evilexample",
        "a-b",
        "a_b",
        "",
        "xn--p1ai",
        "1",
        "0x7f",
        "0x",
        "127",
        "0",
        "App",
        "Host",
        "ex%61mple",
        "é",
        "*",
        "a@b",
        "~",
    ]
)
addresses = st.one_of(
    st.ip_addresses(v=4).map(str),
    st.ip_addresses(v=6).map(lambda address: f"[{address.compressed}]"),
    st.ip_addresses(v=6).map(lambda address: f"[{address.exploded}]"),
    st.sampled_from(
        ["[::1]", "127.0.0.1", "127.1", "[::1", "[::ffff:1.2.3.4]", "[::ffff:102:304]"]
    ),
    st.text("0123456789abcdef:.", max_size=20).map(lambda address: f"[{address}]"),
)
hosts = st.one_of(
    st.sampled_from(["example.com", "app.example.com", "a.b.example.com", "localhost", "Host"]),
    st.sampled_from(["example.com.", "example.com.evil.org", "a.Host", "app.localhost"]),
    st.lists(labels, min_size=1, max_size=5).map(".".join),
    addresses,
)
ports = st.one_of(
    st.just(""),
    st.sampled_from([":8443", ":3000", ":80", ":443", ":", ":0", ":*", ":080", ":65536", ":١"]),
    st.integers(0, 70000).map(lambda port: f":{port}"),
)
good_origins = st.builds(
    "{}://{}{}".format,
    st.sampled_from(["https", "http", "app"]),
    st.sampled_from(
        [
            "example.com",
            "app.example.com",
            "a.b.example.com",
            "localhost",
            "a.localhost",
            "Host",
            "a.Host",
            "[::1]",
            "127.0.0.1",
            "app.example.com.",
            "example.org",
            "com",
            "b.app.com",
        ]
    ),
    st.sampled_from(["", ":8443", ":3000"]),
)
built_origins = st.builds("{}://{}{}".format, schemes, hosts, ports)


@st.composite
def damaged_origins(draw: st.DrawFn) -> str:
    """Return an origin with one character more, or another one, somewhere."""
    origin = draw(good_origins)
    index = draw(st.integers(0, len(origin)))
    character = draw(st.sampled_from([*" \t\r\n\0/?#\\@:.,*%[]_-~+Aé\u212a\u3002\uff0e1a", ""]))
    return origin[:index] + character + origin[index + draw(st.integers(0, 1)) :]


origins = st.one_of(
    good_origins,
    good_origins,
    built_origins,
    damaged_origins(),
    st.sampled_from(["null", "file://", "", "*", "NULL", "null\n", "file:///"]),
    st.text(max_size=30),
)


def _is_real(value: str) -> bool:
    return value in ("null", "file://") or read(value) is not None


# --- Origins and patterns ----------------------------------------------------------------------


@given(origins)
@example("https://a..example")
@example("https://app.example.com:443")
@example("http://localhost:80")
@example("wss://example.com:443")
@example("app://Host:80")
@example("https://" + "a" * 504)
@example("https://" + "a" * 505)
@many
def test_that_an_origin_is_what_the_oracle_takes_for_one(value: str) -> None:
    found = read(value)
    parts = split_origin(value)

    assert is_origin(value) == _is_real(value)
    assert (parts is not None) == (found is not None)
    if found is not None:
        port = "" if found.port is None else str(found.port)
        assert parts == (found.scheme, ".".join(found.labels), port)


@pytest.mark.parametrize(
    "patterns",
    [
        pytest.param(EXACT, id="exact"),
        pytest.param(BELOW, id="subdomain"),
        pytest.param(ANY_PORT, id="any-port"),
        pytest.param(BOTH, id="both"),
        pytest.param(EVERY_KIND, id="every-kind"),
    ],
)
def test_that_a_set_admits_whom_the_oracle_admits(patterns: list[Pattern]) -> None:
    @given(st.lists(st.sampled_from(patterns), max_size=6, unique=True), origins)
    @many
    def check(chosen: list[Pattern], value: str) -> None:
        found = read(value)
        expected = found is not None and any(pattern.admits(found) for pattern in chosen)

        assert OriginSet(parse_pattern(p.text) for p in chosen).admits(value) == expected

    check()


@given(st.lists(st.sampled_from(REGEXES), max_size=3, unique=True), origins)
@many
def test_that_a_regex_admits_whom_the_oracle_admits(chosen: list[Pattern], value: str) -> None:
    found = read(value)
    expected = found is not None and any(pattern.admits(found) for pattern in chosen)

    assert OriginSet([], [re.compile(p.text) for p in chosen]).admits(value) == expected


@given(origins)
@many
def test_that_any_origin_is_every_origin_and_nothing_else(value: str) -> None:
    assert OriginSet(["*"]).admits(value) == _is_real(value)
    assert OriginSet([], [re.compile(r"(?s).*")]).admits(value) == _is_real(value)


@given(st.one_of(st.sampled_from([p.text for p in EVERY_KIND]), origins, st.text(max_size=40)))
@many
def test_that_normalising_twice_is_normalising_once(text: str) -> None:
    try:
        normal = parse_pattern(text)
    except OriginError:
        return

    assert parse_pattern(normal) == normal
    if "*" not in normal:
        # What is left is what a browser sends, so it admits itself.
        assert _is_real(normal)
        assert OriginSet([normal]).admits(normal)


@given(good_origins)
@few
def test_that_a_pattern_is_normalised_whatever_its_case(origin: str) -> None:
    if origin.startswith("app:"):
        assert parse_pattern(f"APP{origin[3:]}") == origin
    elif "Host" not in origin:
        assert parse_pattern(origin.upper()) == origin


# --- Any header --------------------------------------------------------------------------------

#: RFC 9110 section 5.6.2.
TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"


@given(st.one_of(st.text(), st.binary().map(lambda sent: sent.decode("latin-1"))))
@many
def test_that_no_header_raises(value: str) -> None:
    names = parse_request_headers(value)
    split_origin(value)
    method = is_method(value)

    assert method == (0 < len(value) <= 64 and not set(value) - set(TOKEN))
    for name in names or ():
        assert name
        assert not set(name) - set(TOKEN)
        assert name == name.lower()
        assert name in value.lower()


# --- Stacks of policies ------------------------------------------------------------------------


class Layer(NamedTuple):
    """What one layer declares: nothing, a denial, or policies with or without origins."""

    deny: bool = False
    policies: tuple[dict[str, Any], ...] = ()

    @property
    def declares(self) -> bool:
        return self.deny or bool(self.policies)

    @property
    def names_origins(self) -> bool:
        return any("origins" in p or "origin_regexes" in p for p in self.policies)

    def mark(self, view: Any) -> Any:
        """Return the view with what this layer declares over it."""
        if self.deny:
            return cors_deny(view)
        if not self.policies:
            return view
        return cors_allow(*(CorsPolicy(**fields) for fields in self.policies))(view)

    def include(self, patterns: list[Any]) -> Any:
        """Return what ``path`` takes for these patterns below this layer."""
        if self.deny:
            return cors_include(patterns, policy=cors_deny)
        if not self.policies:
            return (patterns, None, None)
        return cors_include(patterns, policy=[CorsPolicy(**fields) for fields in self.policies])


# The middleware takes an exception for a no, so these do not assert that they see origins alone:
# what they say yes to and is none would come back in a header, where the tests see it.
def _yes(request: Any, origin: str) -> bool:
    return True


def _only_localhost(request: Any, origin: str) -> bool:
    return origin.startswith("http://localhost")


BY_TEXT = {pattern.text: pattern for pattern in EVERY_KIND + REGEXES}
TRUSTED = st.lists(st.sampled_from([p.text for p in EVERY_KIND]), max_size=3, unique=True)
other_fields = st.fixed_dictionaries(
    {},
    optional={
        "methods": st.sampled_from([["GET"], ["PUT", "POST"], ["*"], []]),
        "headers": st.sampled_from([["x-a"], ["*"], ["authorization", "*"], []]),
        "expose_headers": st.sampled_from([["x-b"], []]),
        "max_age": st.sampled_from([0, 60]),
        "private_network": st.booleans(),
    },
)


@st.composite
def policies(draw: st.DrawFn, *, naming: bool | None = None) -> dict[str, Any]:
    fields = dict(draw(other_fields))
    naming = draw(st.booleans()) if naming is None else naming
    public = naming and draw(st.integers(0, 3)) == 0
    if public:
        fields["origins"] = "*"
    elif naming:
        asked = st.lists(st.sampled_from([_yes, _only_localhost]), max_size=1)
        fields["origins"] = [*draw(TRUSTED), *draw(asked)]
        if draw(st.booleans()):
            fields["origin_regexes"] = [draw(st.sampled_from(REGEXES)).text]
    if draw(st.booleans()):
        fields["credentials"] = not public and draw(st.booleans())
    return fields


layers = st.one_of(
    st.just(Layer()),
    st.just(Layer(deny=True)),
    policies().map(lambda fields: Layer(policies=(fields,))),
    st.lists(policies(naming=True), min_size=1, max_size=3).map(
        lambda several: Layer(policies=tuple(several))
    ),
)
site_settings = st.fixed_dictionaries(
    {},
    optional={
        "CORS_ALLOW_ALL_ORIGINS": st.booleans(),
        "CORS_ALLOWED_ORIGINS": TRUSTED,
        "CORS_ALLOWED_ORIGIN_REGEXES": st.lists(st.sampled_from([p.text for p in REGEXES])),
        "CORS_ALLOW_CREDENTIALS": st.booleans(),
        "CORS_ALLOW_METHODS": st.sampled_from([["GET"], ["GET", "PUT"], "*"]),
        "CORS_ALLOW_HEADERS": st.sampled_from([["x-a"], "*"]),
        "CORS_ALLOW_PRIVATE_NETWORK": st.booleans(),
        "CORS_PREFLIGHT_MAX_AGE": st.sampled_from([0, 60]),
        "CORS_OPT_IN": st.booleans(),
    },
)


class Asked(NamedTuple):
    """A request."""

    method: str
    origin: str | None
    preflight: bool
    headers: str | None
    private_network: bool


requests = st.builds(
    Asked,
    method=st.sampled_from(["GET", "POST", "PUT"]),
    origin=st.one_of(st.none(), origins, good_origins),
    preflight=st.booleans(),
    headers=st.sampled_from([None, "x-a", "authorization, x-z", "host", "a b"]),
    private_network=st.booleans(),
).filter(lambda asked: asked.origin or not asked.preflight)


class Stack(NamedTuple):
    """A route with a declaration, or none, at each layer."""

    function: bool
    get: Layer
    post: Layer
    view: Layer
    entry: Layer
    inner: Layer
    outer: Layer

    def url(self, headers: dict[str, str]) -> Any:
        view: Any
        if self.function:
            view = self.view.mark(lambda request: HttpResponse("view", headers=headers))
        else:
            view = self.entry.mark(_class_view(self, headers).as_view())
        inner = self.inner.include([path("view/", view)])
        return path("a/", self.outer.include([path("b/", inner)]))

    def nearest(self, method: str) -> list[Layer]:
        """Return the layers that speak for a method, the nearest first."""
        if self.function:
            return [self.view, self.inner, self.outer]
        handler = {"GET": self.get, "POST": self.post}.get(method, Layer())
        # A denial as the URLconf entry's outermost mark closes the route, handlers included.
        if self.entry.deny:
            return [self.entry]
        return [handler, self.entry, self.view, self.inner, self.outer]

    @property
    def undeclared(self) -> bool:
        everything = [*self.nearest("GET"), *self.nearest("POST")]
        return not any(layer.declares for layer in everything)


def _class_view(stack: Stack, headers: dict[str, str]) -> Any:
    class Answering(View):
        def put(self, request: Any) -> HttpResponse:
            return HttpResponse("view", headers=headers)

    def handler(self: Any, request: Any) -> HttpResponse:
        return HttpResponse("view", headers=headers)

    def posted(self: Any, request: Any) -> HttpResponse:
        return HttpResponse("view", headers=headers)

    Answering.get = stack.get.mark(handler)  # type: ignore[attr-defined]
    Answering.post = stack.post.mark(posted)  # type: ignore[attr-defined]
    return stack.view.mark(Answering)


whole_stacks = st.builds(
    Stack,
    function=st.booleans(),
    get=layers,
    post=layers,
    view=layers,
    entry=layers,
    inner=layers,
    outer=layers,
)


def _admits(policy: dict[str, Any], origin: str) -> bool:
    found = read(origin)
    texts = [text for text in policy.get("origins", ()) if isinstance(text, str)]
    texts += policy.get("origin_regexes", ())
    if found is not None and any(BY_TEXT[text].admits(found) for text in texts):
        return True
    asked = [ask for ask in policy.get("origins", ()) if callable(ask)]
    return _is_real(origin) and any(ask(None, origin) for ask in asked)


def _expected(stack: Stack, site: dict[str, Any], asked: Asked) -> str | None:
    """Return what Access-Control-Allow-Origin has to be, by the rules of the nearest layer."""
    speaking = stack.nearest(asked.method)
    deciding = next((layer for layer in speaking if layer.deny or layer.names_origins), None)
    if deciding is not None:
        return None if deciding.deny else _answer(deciding.policies, asked.origin)
    if site.get("CORS_OPT_IN") and not any(layer.declares for layer in speaking):
        return None
    if not site.get("CORS_ALLOW_ALL_ORIGINS"):
        policy = {
            "origins": site.get("CORS_ALLOWED_ORIGINS", ()),
            "origin_regexes": site.get("CORS_ALLOWED_ORIGIN_REGEXES", ()),
        }
        return _answer((policy,), asked.origin)
    # Only where nothing at all is declared do the settings send origins back with credentials.
    if site.get("CORS_ALLOW_CREDENTIALS") and stack.undeclared:
        return asked.origin if asked.origin and _is_real(asked.origin) else None
    return "*"


def _answer(policies: tuple[dict[str, Any], ...], origin: str | None) -> str | None:
    if not origin:
        public = len(policies) == 1 and policies[0].get("origins") == "*"
        return "*" if public else None
    for policy in policies:
        if policy.get("origins") == "*":
            return "*"
        if _admits(policy, origin):
            return origin
    return None


@pytest.fixture(scope="module", autouse=True)
def _no_database() -> Iterator[None]:
    """Keep the handler from closing connections that tests with a database have opened.

    Django's test client does the same; here the handler itself is called, for its raw lines.
    """
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@functools.cache
def _handler() -> WSGIHandler:
    return WSGIHandler()


def _lines(url: str, asked: Asked) -> list[tuple[str, str]]:
    """Return the header lines of the answer, as they go to the server, names in lower case."""
    sent = {}
    if asked.origin is not None:
        sent["HTTP_ORIGIN"] = asked.origin
    if asked.preflight:
        sent["HTTP_ACCESS_CONTROL_REQUEST_METHOD"] = asked.method
        if asked.headers is not None:
            sent["HTTP_ACCESS_CONTROL_REQUEST_HEADERS"] = asked.headers
    if asked.private_network:
        sent["HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK"] = "true"
    environ = RequestFactory().generic("OPTIONS" if asked.preflight else asked.method, url).environ
    answered: list[tuple[str, str]] = []

    def start_response(status: str, headers: list[tuple[str, str]]) -> None:
        assert status.startswith("200")
        answered.extend((name.lower(), value) for name, value in headers)

    with contextlib.closing(_handler()({**environ, **sent}, start_response)):
        return answered


def _values(lines: list[tuple[str, str]], name: str) -> list[str]:
    return [value for line, value in lines if line == name]


@given(whole_stacks, site_settings, requests)
@stacks
def test_that_an_answer_names_the_admitted_origin_and_no_other(
    stack: Stack, site: dict[str, Any], asked: Asked
) -> None:
    with override_settings(**site), urlconf(stack.url({})):
        lines = _lines("/a/b/view/", asked)
    allowed = _values(lines, ORIGIN)
    expected = _expected(stack, site, asked)

    assert allowed == ([] if expected is None else [expected])
    assert _values(lines, CREDENTIALS) in ([], ["true"])
    if allowed in ([], ["*"]):
        assert _values(lines, CREDENTIALS) == []
    if not allowed:
        assert not [name for name, _ in lines if name.startswith("access-control-")]


OWN = "https://own.example"


@given(whole_stacks, site_settings, requests)
@stacks
def test_that_a_view_that_writes_its_own_headers_never_doubles_ours(
    stack: Stack, site: dict[str, Any], asked: Asked
) -> None:
    own = {"Access-Control-Allow-Origin": OWN, "ACCESS-CONTROL-ALLOW-CREDENTIALS": "true"}
    with override_settings(**site), urlconf(stack.url(own)):
        lines = _lines("/a/b/view/", asked)
    allowed, credentials = _values(lines, ORIGIN), _values(lines, CREDENTIALS)
    expected = _expected(stack, site, asked)

    assert len(allowed) <= 1
    assert len(credentials) <= 1
    if expected is not None:
        assert allowed == [expected]
    else:
        # The view's own stay where no policy admits; a preflight does not reach a governed view.
        assert allowed in ([], [OWN])
    if allowed == ["*"]:
        assert not credentials


@contextlib.contextmanager
def _receiver_that_says_yes() -> Iterator[None]:
    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        return True

    check_request_enabled.connect(receiver)
    try:
        yield
    finally:
        check_request_enabled.disconnect(receiver)


@given(
    layers,
    layers,
    layers,
    site_settings,
    st.sampled_from([r"^.*$", r"^/nowhere/", r"^/a/"]),
    st.booleans(),
    requests,
)
@stacks
def test_that_a_denied_function_view_never_has_a_cors_header(
    below_it: Layer,
    inner: Layer,
    outer: Layer,
    site: dict[str, Any],
    urls_regex: str,
    receiver: bool,
    asked: Asked,
) -> None:
    view = cors_deny(below_it.mark(lambda request: HttpResponse("view")))
    url = path("a/", outer.include([path("b/", inner.include([path("view/", view)]))]))
    says_yes = _receiver_that_says_yes() if receiver else contextlib.nullcontext()
    with says_yes, override_settings(**site, CORS_URLS_REGEX=urls_regex), urlconf(url):
        lines = _lines("/a/b/view/", asked)

    assert not [name for name, _ in lines if name.startswith("access-control-") or name == "vary"]
