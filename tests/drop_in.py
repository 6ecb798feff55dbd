"""The comparison with django-cors-headers 4.9.0: a site without declarations, asked twice.

``expected()`` asks ``corsheaders.middleware.CorsMiddleware`` and turns its answer into the one
that ours has to give. Each intended difference is one function there. All but one change what the
other middleware is *asked* (its settings, the request), so that the answer stays its own; nothing
outside of these functions is forgiven.

What an origin is, and which entries of a setting are valid, is written here a second time on
purpose: with the package's own parsers a mistake in them would forgive itself.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections.abc import AsyncIterator, Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import Context
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple
from urllib.parse import unquote

from asgiref.sync import async_to_sync, iscoroutinefunction
from corsheaders.signals import check_request_enabled as their_signal
from django.conf.urls.i18n import i18n_patterns
from django.core.exceptions import PermissionDenied
from django.core.handlers.asgi import ASGIRequest
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    HttpResponseNotModified,
    StreamingHttpResponse,
)
from django.shortcuts import redirect
from django.test import AsyncClient, Client
from django.test.utils import override_settings
from django.urls import path, re_path, register_converter
from django.utils.decorators import sync_and_async_middleware
from django.views import View

from cors_views.signals import check_request_enabled as our_signal

OURS = "cors_views.middleware.CorsMiddleware"
THEIRS = "corsheaders.middleware.CorsMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"

# --- The intended differences, in the words of the documentation ---------------------------------

WHOLE_REGEX = "`CORS_ALLOWED_ORIGIN_REGEXES` match the whole origin"
ANY_ORIGIN = "any origin without credentials: `*` also without `Origin`, and no `Vary`"
PREFLIGHT_HAS_ORIGIN = "a preflight must carry an `Origin`"
NO_ORIGIN = (
    "a value that is not a valid origin is never echoed back, even if any origin is allowed with "
    "credentials"
)
NORMALISED = "configured origins can be patterns, and are normalised"
RECEIVER_RAISES = (
    "a receiver of `check_request_enabled` that raises is treated as False, and logged"
)
INVALID_SETTING = (
    "an invalid entry of a setting is ignored, and a setting of the wrong type is treated as empty"
)
OWN_HEADERS = "if the settings admit a request, CORS headers that the view wrote are removed first"
RECEIVER_VARIES = (
    "if `check_request_enabled` has receivers, responses outside `CORS_URLS_REGEX` get "
    "`Vary: origin` even if the receivers say no"
)
CORS_ENABLED = "`request._cors_enabled` does not exist"
SAYS_WHY = "while `DEBUG` is True, a refused response has the header `X-Cors-Views`"

DIFFERENCES = (
    WHOLE_REGEX,
    ANY_ORIGIN,
    PREFLIGHT_HAS_ORIGIN,
    NO_ORIGIN,
    NORMALISED,
    RECEIVER_RAISES,
    INVALID_SETTING,
    OWN_HEADERS,
    RECEIVER_VARIES,
    CORS_ENABLED,
    SAYS_WHY,
)

# --- The site: no view declares anything ---------------------------------------------------------

VIEW_ORIGIN = "https://view.example"


def plain(request: HttpRequest) -> HttpResponse:
    return HttpResponse("plain")


async def asynchronous(request: HttpRequest) -> HttpResponse:
    return HttpResponse("async")


class Instance:
    def __call__(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("instance")


class GetOnly(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("get")


def error(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("the view fails")


def forbidden(request: HttpRequest) -> HttpResponse:
    raise PermissionDenied


def missing(request: HttpRequest) -> HttpResponse:
    raise Http404


def moved(request: HttpRequest) -> HttpResponse:
    return redirect("/plain/")


def not_modified(request: HttpRequest) -> HttpResponse:
    return HttpResponseNotModified()


def streaming(request: HttpRequest) -> StreamingHttpResponse:
    async def parts() -> AsyncIterator[str]:
        yield "streamed"

    # Django warns where the iterator is not of the handler's kind.
    return StreamingHttpResponse(parts() if isinstance(request, ASGIRequest) else ["streamed"])


def varies(request: HttpRequest) -> HttpResponse:
    """Write the Vary that the query asks for, under the name that it asks for."""
    return HttpResponse("v", headers={request.GET.get("name", "Vary"): request.GET["value"]})


def own_headers(request: HttpRequest) -> HttpResponse:
    """Write CORS headers by hand, as views do that had no decorator to use."""
    response = HttpResponse("own", headers={"Vary": "Accept"})
    if "x-silent" not in request.headers:
        response["Access-Control-Max-Age"] = "5"
        response["ACCESS-CONTROL-ALLOW-ORIGIN"] = VIEW_ORIGIN
        response["Access-Control-Allow-Credentials"] = "true"
        response["access-control-allow-methods"] = "VIEW"
        response["Access-Control-Expose-Headers"] = "X-View"
        response["Access-Control-Allow-Private-Network"] = "true"
    return response


def private_attribute(request: HttpRequest) -> HttpResponse:
    return HttpResponse(str(hasattr(request, "_cors_enabled")))


class Failing:
    """A path converter with a mistake: whoever resolves the URL gets an error."""

    regex = "[^/]+"

    def to_python(self, value: str) -> str:
        raise RuntimeError("the converter fails")

    def to_url(self, value: str) -> str:
        return value


register_converter(Failing, "drop_in_failing")

urlpatterns = [
    path("plain/", plain),
    path("partial/", functools.partial(plain)),
    path("instance/", Instance()),
    path("failing/<drop_in_failing:value>/", plain),
    path("async/", asynchronous),
    path("get-only/", GetOnly.as_view()),
    path("error/", error),
    path("forbidden/", forbidden),
    path("missing/", missing),
    path("moved/", moved),
    path("not-modified/", not_modified),
    path("streaming/", streaming),
    path("varies/", varies),
    path("own/", own_headers),
    path("private-attribute/", private_attribute),
    re_path(r"(?s)^lines/.*", plain),
    *i18n_patterns(path("greeting/", plain)),
]

# --- Middleware below ours -----------------------------------------------------------------------


def sync_only(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Make Django build everything above in sync mode, under ASGI too."""
    return lambda request: get_response(request)


def _answering(answer: Callable[[HttpRequest, Callable[[HttpRequest], Any]], Any]) -> Any:
    @sync_and_async_middleware
    def factory(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
        if iscoroutinefunction(get_response):

            async def amiddleware(request: HttpRequest) -> Any:
                response = answer(request, get_response)
                return response if isinstance(response, HttpResponse) else await response

            return amiddleware
        return lambda request: answer(request, get_response)

    return factory


def _sign_in(request: HttpRequest, get_response: Callable[[HttpRequest], Any]) -> Any:
    request.user = "somebody"
    return get_response(request)


def _strip(request: HttpRequest, get_response: Callable[[HttpRequest], Any]) -> Any:
    request.path_info = request.path_info.removeprefix("/tenant")
    return get_response(request)


def _fail(request: HttpRequest, get_response: Callable[[HttpRequest], Any]) -> Any:
    raise RuntimeError("a middleware below fails")


signs_in = _answering(_sign_in)
strips_a_prefix = _answering(_strip)
fails = _answering(_fail)
down_for_maintenance = _answering(
    lambda request, get_response: HttpResponse("later", status=503, headers={"Vary": "Cookie"})
)

# --- What is asked, and what comes back ----------------------------------------------------------

SIGNAL_ORIGIN = "https://signal.example"
RECEIVERS: dict[str, Callable[[str, str | None], Any]] = {
    "no": lambda path_info, origin: False,
    "none": lambda path_info, origin: None,
    "yes": lambda path_info, origin: True,
    "truthy": lambda path_info, origin: "admit",
    "by path": lambda path_info, origin: path_info.startswith("/plain"),
    "by origin": lambda path_info, origin: origin == SIGNAL_ORIGIN,
    "raises": lambda path_info, origin: 1 / 0,
}


@dataclass(frozen=True)
class Site:
    """Settings, receivers and a stack; ``differs`` names the differences that it may show."""

    settings: Mapping[str, Any] = field(default_factory=dict)
    receivers: tuple[str, ...] = ()
    below: tuple[str, ...] = (COMMON,)
    differs: tuple[str, ...] = ()


@dataclass(frozen=True)
class Request:
    """A request; ``differs`` names the differences that it may show, whatever the site."""

    method: str = "GET"
    path: str = "/plain/"
    headers: Mapping[str, str] = field(default_factory=dict)
    differs: tuple[str, ...] = ()


_OLD_NAMES = {
    "CORS_ALLOW_ALL_ORIGINS": "CORS_ORIGIN_ALLOW_ALL",
    "CORS_ALLOWED_ORIGINS": "CORS_ORIGIN_WHITELIST",
    "CORS_ALLOWED_ORIGIN_REGEXES": "CORS_ORIGIN_REGEX_WHITELIST",
}
_MISSING = object()


class Exchange(NamedTuple):
    """One request to one site. ``silent`` keeps the view from writing CORS headers itself."""

    site: Site
    request: Request
    silent: bool = False

    @property
    def origin(self) -> str:
        return self.request.headers.get("origin", "")

    @property
    def path_info(self) -> str:
        return unquote(self.request.path.partition("?")[0])

    @property
    def preflight(self) -> bool:
        return (
            self.request.method.upper() == "OPTIONS"
            and "access-control-request-method" in self.request.headers
        )

    def name_in_use(self, name: str) -> str:
        settings, old = self.site.settings, _OLD_NAMES.get(name)
        return old if old and name not in settings and old in settings else name

    def setting(self, name: str, default: Any) -> Any:
        return self.site.settings.get(self.name_in_use(name), default)

    def with_setting(self, name: str, value: Any) -> Exchange:
        settings = {**self.site.settings, self.name_in_use(name): value}
        return self._replace(site=replace(self.site, settings=settings))

    def with_header(self, name: str, value: str | None) -> Exchange:
        headers = {**self.request.headers, name: value}
        kept = {name: value for name, value in headers.items() if value is not None}
        return self._replace(request=replace(self.request, headers=kept))

    def with_receivers(self, receivers: tuple[str, ...]) -> Exchange:
        return self._replace(site=replace(self.site, receivers=receivers))


class Answer(NamedTuple):
    """A response as it goes over the wire: CORS headers in their order, names as written."""

    status: int
    cors: tuple[bytes, ...]
    vary: bytes | None
    others: tuple[bytes, ...]
    body: bytes

    @property
    def answered(self) -> bool:
        """Whether there is an Access-Control-Allow-Origin, whoever wrote it."""
        return any(line.lower().startswith(b"access-control-allow-origin:") for line in self.cors)

    def shown(self) -> tuple[int, dict[str, str]]:
        """Return what the tables name: the status, and the CORS headers and Vary as written."""
        lines = [*self.cors, *([self.vary] if self.vary is not None else [])]
        pairs = (line.decode("latin-1").partition(": ")[::2] for line in lines)
        return self.status, dict(pairs)


def _answer(response: Any) -> Answer:
    lines = response.serialize_headers().split(b"\r\n")
    cors = tuple(line for line in lines if line.lower().startswith(b"access-control-"))
    vary = [line for line in lines if line.lower().startswith(b"vary:")]
    others = sorted(line for line in lines if line not in cors and line not in vary)
    body = b"<streaming>" if response.streaming else response.content
    return Answer(response.status_code, cors, vary[0] if vary else None, tuple(others), body)


class Question(NamedTuple):
    """A middleware, and what it is asked."""

    middleware: str
    exchange: Exchange


class Stacks:
    """Asks one stack after the other; one is kept while the same site goes on being asked."""

    def __init__(self, mode: str) -> None:
        self.mode = mode
        self._built: tuple[str, Site] | None = None
        self._client: Any = None
        self._open = ExitStack()

    def __enter__(self) -> Stacks:
        return self

    def __exit__(self, *_: Any) -> None:
        self._open.close()

    def ask(self, question: Question) -> Answer:
        return _answer(self._send(question))

    async def aask(self, question: Question) -> Answer:
        return _answer(await self._send(question))

    def _send(self, question: Question) -> Any:
        middleware, (site, request) = question.middleware, question.exchange[:2]
        if self._built != (middleware, site):
            self._open.close()
            stack = {"MIDDLEWARE": [middleware, *site.below], "ROOT_URLCONF": __name__}
            self._open.enter_context(override_settings(**stack, **site.settings))
            self._open.enter_context(_connected(site.receivers))
            client = Client if self.mode == "wsgi" else AsyncClient
            self._client = client(raise_request_exception=False)
            self._built = (middleware, site)
        silent = {"x-silent": "1"} if question.exchange.silent else {}
        headers = {**request.headers, **silent}
        return self._client.generic(request.method, request.path, headers=headers)


@contextmanager
def _connected(names: tuple[str, ...]) -> Iterator[None]:
    with ExitStack() as stack:
        for decide in map(RECEIVERS.__getitem__, names):

            def receiver(sender: Any, request: HttpRequest, decide: Any = decide, **_: Any) -> Any:
                return decide(request.path_info, request.META.get("HTTP_ORIGIN"))

            for signal in (our_signal, their_signal):
                signal.connect(receiver, weak=False)
                stack.callback(signal.disconnect, receiver)
        yield


# --- Origins, read a second time -----------------------------------------------------------------

_WEB_PORTS = {"http": "80", "https": "443", "ws": "80", "wss": "443", "ftp": "21"}
_PATTERN = re.compile(
    r"""(?P<scheme> [A-Za-z] [A-Za-z0-9+.-]* ) ://
        (?P<star> \*\. )?
        (?P<host> \[ [0-9A-Fa-f:.]+ \] | [A-Za-z0-9._~-]+ )
        (?: : (?P<port> [1-9][0-9]{0,4} | \* ) )?""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")


class Pattern(NamedTuple):
    scheme: str
    star: bool
    host: str
    port: str

    def __str__(self) -> str:
        port = f":{self.port}" if self.port else ""
        return f"{self.scheme}://{'*.' if self.star else ''}{self.host}{port}"


def parse(text: Any) -> Pattern | None:
    """Return a configured origin or pattern in its normal form, ``None`` where it is none."""
    match = _PATTERN.fullmatch(text) if isinstance(text, str) and len(text) <= 512 else None
    if match is None:
        return None
    scheme, host, port = match["scheme"].lower(), match["host"], match["port"] or ""
    host = _web_host(host) if scheme in _WEB_PORTS else host
    host = _ipv6(host) if host.startswith("[") else host
    if not host or (port.isdigit() and int(port) > 65535):
        return None
    if match["star"] and (host.startswith("[") or _NUMBER.fullmatch(host.rpartition(".")[2])):
        return None
    return Pattern(
        scheme, bool(match["star"]), host, "" if port == _WEB_PORTS.get(scheme) else port
    )


def _web_host(host: str) -> str:
    host = host.lower()
    if host.startswith("["):
        return host
    labels = host.removesuffix(".").split(".")
    if "~" in host or "" in labels:
        return ""
    # URL Standard, "ends in a number checker": an IPv4 address in its one normal form, or no host.
    if not _NUMBER.fullmatch(labels[-1]):
        return host
    numbers = [label for label in labels if re.fullmatch(r"0|[1-9][0-9]{0,2}", label)]
    fits = len(labels) == len(numbers) == 4 and all(int(number) < 256 for number in numbers)
    return host if fits and not host.endswith(".") else ""


def _ipv6(host: str) -> str:
    try:
        return f"[{ipaddress.IPv6Address(host[1:-1]).compressed}]"
    except ValueError:
        return ""


def is_origin(text: str) -> bool:
    """Return whether a browser writes ``text``: a pattern without ``*``, in its normal form."""
    return text in ("null", "file://") or ("*" not in text and str(parse(text)) == text)


def _admits(pattern: Pattern, origin: str) -> bool:
    """Return whether a pattern with a ``*`` admits an origin."""
    parsed = parse(origin)
    if parsed is None or parsed.scheme != pattern.scheme:
        return False
    below = parsed.host.endswith(f".{pattern.host}") and not parsed.host.startswith(".")
    hosts_fit = below if pattern.star else parsed.host == pattern.host
    return hosts_fit and pattern.port in ("*", parsed.port)


# --- The intended differences, as what the other middleware is asked instead ---------------------

NO_URL = r"(?!)"
_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")


def only_whole_matches(exchange: Exchange) -> Exchange:
    """Keep the regexes that match the whole origin: the others would match its beginning."""
    regexes = exchange.setting("CORS_ALLOWED_ORIGIN_REGEXES", ())
    whole = [regex for regex in regexes if re.fullmatch(regex, exchange.origin)]
    if not exchange.origin or len(whole) == len(regexes):
        return exchange
    return exchange.with_setting("CORS_ALLOWED_ORIGIN_REGEXES", whole)


def without_a_preflight_from_nowhere(exchange: Exchange) -> Exchange:
    """Without an Origin it is a plain OPTIONS, so take away what made it a preflight."""
    if not exchange.preflight or exchange.origin:
        return exchange
    return exchange.with_header("access-control-request-method", None)


def without_what_is_no_origin(exchange: Exchange) -> Exchange:
    """Nobody admits what is no origin; ``*`` reflects nothing, and stays."""
    if not exchange.origin or is_origin(exchange.origin):
        return exchange
    frozen = _with_frozen_receivers(exchange)
    return frozen if admits_everybody(exchange) else frozen.with_header("origin", None)


def in_normal_form(exchange: Exchange) -> Exchange:
    """Write each configured origin in its normal form, and a pattern as what it admits here."""
    given = exchange.setting("CORS_ALLOWED_ORIGINS", ())
    entries: list[str] = []
    for entry in given:
        pattern = parse(entry)
        if pattern is None:
            entries.append(entry)
        elif not pattern.star and pattern.port != "*":
            entries.append(str(pattern))
        elif is_origin(exchange.origin) and _admits(pattern, exchange.origin):
            entries.append(exchange.origin)
    if entries == list(given):
        return exchange
    return exchange.with_setting("CORS_ALLOWED_ORIGINS", entries)


def with_a_receiver_that_says_no(exchange: Exchange) -> Exchange:
    """Let a receiver that would raise say no."""
    receivers = ("no" if name == "raises" else name for name in exchange.site.receivers)
    return exchange.with_receivers(tuple(receivers))


def with_valid_settings(exchange: Exchange) -> Exchange:
    """Leave out each invalid entry, and empty each setting of the wrong type."""
    for name, valid in _VALID.items():
        value = exchange.setting(name, _MISSING)
        if value is not _MISSING and valid(value) != value:
            exchange = exchange.with_setting(name, valid(value))
    return exchange


def with_a_silent_view(exchange: Exchange) -> Exchange:
    """Let the view write no CORS headers."""
    return exchange._replace(silent=True)


def _with_frozen_receivers(exchange: Exchange) -> Exchange:
    """Let the receivers go on saying what they say of this request, when it is changed."""
    words = _words(exchange)
    return exchange.with_receivers(tuple("yes" if yes else "no" for yes in words))


def _entries(valid: Callable[[Any], bool]) -> Callable[[Any], Any]:
    def checked(value: Any) -> Any:
        if isinstance(value, (set, frozenset)):
            value = sorted(value, key=repr)
        if not isinstance(value, (list, tuple)):
            return []
        entries = [entry for entry in value if valid(entry)]
        return tuple(entries) if isinstance(value, tuple) else entries

    return checked


def _names(value: Any) -> Any:
    # A lone "*" joins to the same bytes as ["*"], so it need not be changed.
    return value if value == "*" else _entries(_is_name)(value)


def _methods(value: Any) -> Any:
    # Browsers send none of these for a script, so they are invalid where they are configured.
    forbidden = ("CONNECT", "TRACE", "TRACK")
    valid = _entries(lambda entry: _is_name(entry) and entry.upper() not in forbidden)
    return value if value == "*" else valid(value)


def _is_name(entry: Any) -> bool:
    return isinstance(entry, str) and _TOKEN.fullmatch(entry) is not None


def _is_configured_origin(entry: Any) -> bool:
    return entry in ("null", "file://") or parse(entry) is not None


def _is_regex(entry: Any) -> bool:
    try:
        return isinstance(re.compile(entry).pattern, str)
    except (TypeError, re.error):
        return False


def _true_or_false(value: Any) -> bool:
    return value is True


def _seconds(value: Any) -> int:
    # 0 sends no header, as an invalid number does here.
    return value if type(value) is int and value >= 0 else 0


#: Each setting with the function that leaves the valid part of its value.
_VALID: dict[str, Callable[[Any], Any]] = {
    "CORS_ALLOWED_ORIGINS": _entries(_is_configured_origin),
    "CORS_ALLOWED_ORIGIN_REGEXES": _entries(_is_regex),
    "CORS_ALLOW_ALL_ORIGINS": _true_or_false,
    "CORS_ALLOW_CREDENTIALS": _true_or_false,
    "CORS_ALLOW_PRIVATE_NETWORK": _true_or_false,
    "CORS_ALLOW_METHODS": _methods,
    "CORS_ALLOW_HEADERS": _names,
    "CORS_EXPOSE_HEADERS": _names,
    "CORS_PREFLIGHT_MAX_AGE": _seconds,
    "CORS_URLS_REGEX": lambda value: value if _is_regex(value) else NO_URL,
}

#: In this order: the later ones rely on settings that the earlier ones have put right.
ADJUSTMENTS: tuple[tuple[str, Callable[[Exchange], Exchange]], ...] = (
    (INVALID_SETTING, with_valid_settings),
    (RECEIVER_RAISES, with_a_receiver_that_says_no),
    (PREFLIGHT_HAS_ORIGIN, without_a_preflight_from_nowhere),
    (NO_ORIGIN, without_what_is_no_origin),
    (NORMALISED, in_normal_form),
    (WHOLE_REGEX, only_whole_matches),
)


def admits_everybody(exchange: Exchange) -> bool:
    """Return whether the settings admit any origin without credentials."""
    return bool(exchange.setting("CORS_ALLOW_ALL_ORIGINS", False)) and not exchange.setting(
        "CORS_ALLOW_CREDENTIALS", False
    )


def _matches_url(exchange: Exchange) -> bool:
    regex = exchange.setting("CORS_URLS_REGEX", r"^.*$")
    return re.match(regex, exchange.path_info) is not None


Asking = Generator[Question, Answer, Answer]


def same_for_everybody(exchange: Exchange, answer: Answer) -> Asking:
    """Return the answer under any origin: the same for every request, so there is no Vary."""
    # What a receiver opened may be closed for the next origin, so there Vary stays.
    if not _matches_url(exchange):
        return answer
    if exchange.preflight and exchange.origin:
        return answer._replace(vary=None)
    # The view's own Vary stays as the view wrote it.
    closed = exchange.with_setting("CORS_URLS_REGEX", NO_URL).with_receivers(())
    bare = yield Question(THEIRS, closed)
    if exchange.origin:
        return answer._replace(vary=bare.vary)
    exposed = ", ".join(exchange.setting("CORS_EXPOSE_HEADERS", ()))
    cors = ("access-control-allow-origin: *",)
    cors += (f"access-control-expose-headers: {exposed}",) if exposed else ()
    return answer._replace(cors=tuple(line.encode() for line in cors), vary=bare.vary)


def varying_where_receivers_are_asked(exchange: Exchange, answer: Answer) -> Asking:
    """Return the answer where receivers leave the URL closed, and may open it to the next."""
    asked = exchange.site.receivers and not _matches_url(exchange)
    if not asked or any(_words(exchange)):
        return answer
    # As for a URL that is open, and a request that reaches the view as this one does.
    opened = exchange.with_setting("CORS_URLS_REGEX", "")
    there = yield Question(THEIRS, opened.with_header("access-control-request-method", None))
    return answer._replace(vary=there.vary)


def _words(exchange: Exchange) -> list[bool]:
    """Return what each receiver says."""
    return [
        bool(RECEIVERS[name](exchange.path_info, exchange.origin))
        for name in exchange.site.receivers
    ]


# --- The comparison ------------------------------------------------------------------------------


class Comparison(NamedTuple):
    """What both said. ``met`` names the differences that made ``expected`` another answer."""

    exchange: Exchange
    ours: Answer
    expected: Answer
    theirs: Answer
    met: frozenset[str]

    @property
    def agrees(self) -> bool:
        return self.ours == self.expected

    def __str__(self) -> str:
        lines = (f"{name}: {value!r}" for name, value in self._asdict().items())
        return "\n".join(("", *lines))


def _comparison(exchange: Exchange) -> Generator[Question, Answer, Comparison]:
    asked, met = exchange, set[str]()
    ours = yield Question(OURS, exchange)
    theirs = answer = yield Question(THEIRS, exchange)

    def step(difference: str, adjusted: Exchange) -> Asking:
        nonlocal exchange, answer
        if adjusted != exchange:
            before, exchange = answer, adjusted
            answer = yield Question(THEIRS, exchange)
            if answer != before:
                met.add(difference)
        return answer

    for difference, adjust in ADJUSTMENTS:
        yield from step(difference, adjust(exchange))
    everybody = admits_everybody(exchange)
    if everybody and exchange.origin and not is_origin(exchange.origin):
        # Theirs gives up where urlsplit() fails; '*' is for that sender as for any other.
        yield from step(ANY_ORIGIN, exchange.with_header("origin", "https://anybody.example"))
    if exchange.path_info == "/own/":
        silent = with_a_silent_view(exchange)
        policy_answers = (yield Question(THEIRS, silent)).answered
        if policy_answers or (everybody and _matches_url(exchange)):
            yield from step(OWN_HEADERS, silent)
    if everybody:
        before = answer
        answer = yield from same_for_everybody(exchange, answer)
        if answer != before:
            met.add(ANY_ORIGIN)
    varying = yield from varying_where_receivers_are_asked(exchange, answer)
    if varying != answer:
        met.add(RECEIVER_VARIES)
    return Comparison(asked, ours, varying, theirs, frozenset(met))


def compare(exchanges: Iterable[Exchange], mode: str) -> list[Comparison]:
    """Send each request to both middlewares, under WSGI or ASGI."""
    return _run(_in_rounds([_comparison(exchange) for exchange in exchanges]), mode)


def ask(middleware: str, exchange: Exchange, mode: str) -> Answer:
    """Send one request to one of them."""

    def asking() -> Rounds:
        return (yield [Question(middleware, exchange)])

    [answer] = _run(asking(), mode)
    return answer


Rounds = Generator[list[Question], list[Answer], list[Any]]


def _in_rounds(comparisons: list[Generator[Question, Answer, Comparison]]) -> Rounds:
    """Run comparisons in step, so that questions to one stack come one after the other."""
    finished: dict[int, Comparison] = {}
    answers: dict[int, Any] = dict.fromkeys(range(len(comparisons)))
    while answers:
        questions = {}
        for index, answer in answers.items():
            try:
                questions[index] = comparisons[index].send(answer)
            except StopIteration as stop:
                finished[index] = stop.value
        answers = dict(zip(questions, (yield list(questions.values())))) if questions else {}
    return [finished[index] for index in sorted(finished)]


def _run(rounds: Rounds, mode: str) -> list[Any]:
    # In a context of its own: Django leaves a variable in it for each resolver that it builds, and
    # asgiref copies all of them on each change of threads.
    return Context().run(_ask if mode == "wsgi" else async_to_sync(_aask), rounds, mode)


def _ask(rounds: Rounds, mode: str) -> list[Any]:
    with Stacks(mode) as stacks:
        try:
            questions = next(rounds)
            while True:
                questions = rounds.send([stacks.ask(question) for question in questions])
        except StopIteration as stop:
            return stop.value


async def _aask(rounds: Rounds, mode: str) -> list[Any]:
    with Stacks(mode) as stacks:
        try:
            questions = next(rounds)
            while True:
                questions = rounds.send([await stacks.aask(question) for question in questions])
        except StopIteration as stop:
            return stop.value
