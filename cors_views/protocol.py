"""The CORS protocol: policies compiled to ready strings, and the headers that answer a request.

Fetch, "CORS protocol", is the authority. Nothing here does I/O: where a callable origin or the
signal has to be asked, the generators below yield the question and are sent the answer, so that
one rule set serves sync and async drivers alike.
"""

from __future__ import annotations

import enum
from collections.abc import Generator, Iterable, Mapping
from typing import Any, NamedTuple

from cors_views import fetch
from cors_views.origins import OriginCallable, OriginSet, is_origin
from cors_views.policy import CorsPolicy

Headers = tuple[tuple[str, str], ...]


class Reason(enum.Enum):
    """Why a browser will not let the page have the answer."""

    DENIED = "the view is closed to other origins by cors_deny"
    NO_POLICY = "no policy governs this request"
    NOT_AN_ORIGIN = "the Origin header holds no origin"
    ORIGIN_NOT_ADMITTED = "the policy does not admit the origin"
    METHOD_NOT_OFFERED = "the policy admits the origin, but does not offer the method"
    HEADER_NOT_ALLOWED = "the policy admits the origin, but does not allow a header asked for"


class Answer(NamedTuple):
    """What to write on a response: the headers, ``Vary``, and why a browser refuses, if it does.

    ``missing`` are the headers asked for that the policy does not allow.
    """

    headers: Headers = ()
    vary: bool = False
    reason: Reason | None = None
    missing: tuple[str, ...] = ()


class _Signal:
    """The question that goes to the receivers of ``check_request_enabled``."""

    def __repr__(self) -> str:
        return "check_request_enabled"


SIGNAL = _Signal()
Question = OriginCallable | _Signal
#: Yields questions, is sent their answers, returns a decision.
Answering = Generator[Question, bool, Answer]

_DENIED = Answer(reason=Reason.DENIED)
_NO_POLICY = Answer(reason=Reason.NO_POLICY)
_VARY = Answer(vary=True)
_NOT_ADMITTED = Answer(vary=True, reason=Reason.ORIGIN_NOT_ADMITTED)
_NOT_AN_ORIGIN = Answer(vary=True, reason=Reason.NOT_AN_ORIGIN)


def _joined(names: Iterable[str]) -> str:
    return ", ".join(names)


class CompiledPolicy:
    """One effective policy with the strings it is sent as. Immutable by convention.

    ``origins`` is compiled from the policy's origins; many routes share one. ``own_max_age`` says
    whether a declaration, not the settings, set ``max_age``.
    """

    __slots__ = (
        "actual_headers",
        "credentials",
        "headers",
        "max_age",
        "methods",
        "origins",
        "own_max_age",
        "policy",
    )

    def __init__(
        self, policy: CorsPolicy, origins: OriginSet, *, own_max_age: bool = False
    ) -> None:
        self.policy = policy
        self.origins = origins
        self.own_max_age = own_max_age
        self.credentials = bool(policy.credentials)
        self.methods = frozenset(method.upper() for method in policy.methods or ())
        self.headers = frozenset(header.lower() for header in policy.headers or ())
        self.max_age = None if policy.max_age is None else str(policy.max_age)
        fixed = []
        if self.credentials:
            fixed.append((fetch.ALLOW_CREDENTIALS, "true"))
        if policy.expose_headers:
            fixed.append((fetch.EXPOSE_HEADERS, _joined(policy.expose_headers)))
        #: What goes with Access-Control-Allow-Origin on every response.
        self.actual_headers: Headers = tuple(fixed)

    @property
    def public(self) -> bool:
        """Whether everybody gets the same answer, which then is ``*``."""
        return self.origins.any and not self.credentials

    def offers(self, method: str) -> bool:
        """Return whether the policy offers ``method``, which is upper case."""
        return method in self.methods or "*" in self.methods

    def answer(self, origin: str) -> Headers:
        """Return the headers for an origin that the policy admits."""
        # Fetch, "CORS check": '*' goes only without credentials.
        value = "*" if self.public else origin
        return ((fetch.ALLOW_ORIGIN, value), *self.actual_headers)


class Ruling:
    """What governs one method of one route: the policies that the nearest layers make.

    ``policies``
        In order; the first that admits the origin answers. None at all denies.
    ``trail``
        The layers that counted: the one whose origins decide, then what refined it. Empty for the
        settings alone. Only shown to people.
    ``signal``
        Whether the chain ends in the settings, where a receiver may admit the origin too.
    ``gated``
        Whether only the settings speak, so that ``CORS_URLS_REGEX`` or a receiver must open them.
    ``undeclared``
        Whether the route declares nothing at all: the settings answer as django-cors-headers does.
    ``governed``
        False where nothing speaks: the settings, under ``CORS_OPT_IN``, for what is not opted in.
    """

    __slots__ = ("gated", "governed", "policies", "public", "signal", "trail", "undeclared")

    def __init__(
        self,
        policies: tuple[CompiledPolicy, ...],
        *,
        trail: tuple[Any, ...] = (),
        signal: bool = False,
        gated: bool = False,
        undeclared: bool = False,
        governed: bool = True,
    ) -> None:
        self.policies = policies
        self.trail = trail
        self.signal = signal
        self.gated = gated
        self.undeclared = undeclared
        self.governed = governed
        #: The answer for everybody, where the policy alone decides.
        self.public: Headers | None = (
            policies[0].answer("*") if len(policies) == 1 and policies[0].public else None
        )

    @property
    def source(self) -> str:
        """What decided, for people."""
        if self.signal:
            decisive, refining = "the CORS_* settings", self.trail
        else:
            decisive, refining = str(self.trail[0]), self.trail[1:]
        return decisive + "".join(f", refined by the {layer}" for layer in refining)

    @property
    def denied(self) -> bool:
        """Whether a ``cors_deny`` decides."""
        return self.governed and not self.policies


def admitting(ruling: Ruling, origin: str) -> Generator[Question, bool, CompiledPolicy | None]:
    """Find the policy that answers ``origin``: the first that admits it, whole.

    What is no origin is admitted by a public policy alone: its ``*`` reflects nothing.
    """
    valid: bool | None = None
    for policy in ruling.policies:
        if policy.public or policy.origins.admits(origin):
            return policy
        for question in policy.origins.callables:
            valid = is_origin(origin) if valid is None else valid
            if valid and (yield question):
                return policy
    if ruling.signal and is_origin(origin) and (yield SIGNAL):
        # Only the chains that end in the settings ask, and those hold exactly one policy.
        return ruling.policies[0]
    return None


def _refused(origin: str) -> Answer:
    return _NOT_ADMITTED if is_origin(origin) else _NOT_AN_ORIGIN


def _opened(ruling: Ruling, url_matches: bool) -> Generator[Question, bool, bool]:
    """Return whether the ruling speaks for this URL at all."""
    if not ruling.governed:
        return False
    return not ruling.gated or url_matches or (yield SIGNAL)


def actual(
    ruling: Ruling, origin: str, *, url_matches: bool, options: bool, private_network: bool
) -> Answering:
    """Answer a request that is no preflight; ``origin`` is ``""`` where it sent none."""
    if ruling.denied:
        return _DENIED
    if not (yield from _opened(ruling, url_matches)):
        return _NO_POLICY
    # A receiver's word may differ from origin to origin, so what it opened is never for everybody.
    public = ruling.public if url_matches or not ruling.gated else None
    if not origin:
        return _VARY if public is None else Answer(public)
    policy = yield from admitting(ruling, origin)
    if policy is None:
        return _refused(origin)
    headers = policy.answer(origin)
    if ruling.undeclared:
        headers += _as_django_cors_headers(policy, options, private_network)
    return Answer(headers, vary=public is None)


def _as_django_cors_headers(
    policy: CompiledPolicy, options: bool, private_network: bool
) -> Headers:
    """Return what django-cors-headers adds on every OPTIONS, preflight or not, empty values too."""
    headers: list[tuple[str, str]] = []
    if options:
        headers.append((fetch.ALLOW_HEADERS, _joined(policy.policy.headers or ())))
        headers.append((fetch.ALLOW_METHODS, _joined(policy.policy.methods or ())))
        if policy.max_age is not None:
            headers.append((fetch.MAX_AGE, policy.max_age))
    if private_network and policy.policy.private_network:
        headers.append((fetch.ALLOW_PRIVATE_NETWORK, "true"))
    return tuple(headers)


class Route(NamedTuple):
    """The rulings of one route, method by method.

    ``rulings`` has an entry for each method that the view implements, ``other`` governs the rest.
    ``implemented`` is empty for a function view, whose methods nobody can see. ``candidates`` are
    the methods that an answer may name.
    """

    rulings: Mapping[str, Ruling]
    other: Ruling
    implemented: frozenset[str]
    candidates: tuple[str, ...]

    def ruling(self, method: str) -> Ruling:
        """Return what governs ``method``, which is upper case as Django has it."""
        return self.rulings.get(method, self.other)

    def ruling_for(self, requested: str) -> Ruling:
        """Return what governs the handler that a requested method, as it was sent, would reach.

        Django upper-cases the method of a request, so the handler of "patch" is that of "PATCH";
        the browser compares what it sent, so the answer still names "PATCH" alone.
        """
        return self.ruling(requested.upper() if fetch.is_method(requested) else "")

    @property
    def uniform(self) -> bool:
        """Whether one ruling governs every method."""
        return all(ruling is self.other for ruling in self.rulings.values())


class Preflight(NamedTuple):
    """What a preflight asks: Fetch, "CORS-preflight fetch"."""

    origin: str
    method: str
    headers: str | None
    private_network: bool
    url_matches: bool


def preflight(route: Route, asked: Preflight) -> Generator[Question, bool, Answer | None]:
    """Answer a preflight, or return ``None`` where no policy governs and the view gets it."""
    ruling = route.ruling_for(asked.method)
    if ruling.denied:
        return _DENIED
    if not (yield from _opened(ruling, asked.url_matches)):
        return None
    policy = yield from admitting(ruling, asked.origin)
    vary = not _same_for_everybody(route, ruling, asked.url_matches)
    if policy is None:
        return _refused(asked.origin)
    if ruling.undeclared:
        extras = _as_django_cors_headers(policy, True, asked.private_network)
        requested = fetch.parse_request_headers(asked.headers or "")
        missing = _missing(policy, asked, policy.policy.methods or (), policy.headers, requested)
        return Answer(policy.answer(asked.origin) + extras, vary, *missing)
    return (yield from _declared_preflight(route, policy, asked, vary))


def _same_for_everybody(route: Route, ruling: Ruling, url_matches: bool) -> bool:
    opened_by_signal = ruling.gated and not url_matches
    return ruling.public is not None and route.uniform and not opened_by_signal


def _declared_preflight(
    route: Route, policy: CompiledPolicy, asked: Preflight, vary: bool
) -> Generator[Question, bool, Answer]:
    peers = yield from _peers(route, policy, asked)
    requested = fetch.parse_request_headers(asked.headers or "")
    methods = _allowed_methods(route, policy, peers)
    allowed = _allowed_headers(policy, requested)
    headers = list(policy.answer(asked.origin))
    if methods:
        headers.append((fetch.ALLOW_METHODS, _joined(methods)))
    if allowed:
        headers.append((fetch.ALLOW_HEADERS, _joined(allowed)))
    max_age = policy.max_age
    if not policy.own_max_age and _bleeds(route, policy, methods, allowed, peers):
        max_age = "0"
    if max_age is not None:
        headers.append((fetch.MAX_AGE, max_age))
    if asked.private_network and policy.policy.private_network:
        headers.append((fetch.ALLOW_PRIVATE_NETWORK, "true"))
    missing = _missing(policy, asked, methods, frozenset(allowed), requested)
    return Answer(tuple(headers), vary, *missing)


def _peers(
    route: Route, policy: CompiledPolicy, asked: Preflight
) -> Generator[Question, bool, dict[str, CompiledPolicy]]:
    """Return, for each method, its own nearest policy if that admits the origin as far as this one.

    A browser's preflight cache is keyed by URL, origin and credentials mode, not by method: an
    answer without the credentials of ``policy`` must not ride on one that has them.
    """
    found: dict[int, CompiledPolicy | None] = {id(route.ruling_for(asked.method)): policy}
    candidates = {*route.candidates, *route.implemented}
    if fetch.is_method(asked.method):
        candidates.add(asked.method.upper())
    peers = {}
    for candidate in sorted(candidates):
        ruling = route.ruling(candidate)
        if id(ruling) not in found:
            admits = None
            if ruling.policies and (yield from _opened(ruling, asked.url_matches)):
                admits = yield from admitting(ruling, asked.origin)
            found[id(ruling)] = admits
        peer = found[id(ruling)]
        if peer is not None and (peer.credentials or not policy.credentials):
            peers[candidate] = peer
    return peers


def _allowed_methods(
    route: Route, policy: CompiledPolicy, peers: Mapping[str, CompiledPolicy]
) -> tuple[str, ...]:
    """Return what Access-Control-Allow-Methods names: only methods that admit this origin."""
    if "*" in policy.methods and route.uniform and not policy.credentials:
        return ("*",)
    return tuple(
        sorted(
            name
            for name, peer in peers.items()
            if peer.offers(name) and not fetch.is_forbidden_method(name)
        )
    )


def _allowed_headers(policy: CompiledPolicy, requested: tuple[str, ...] | None) -> tuple[str, ...]:
    """Return what Access-Control-Allow-Headers names: the full set of the policy."""
    named = tuple(header for header in policy.policy.headers or () if header != "*")
    if "*" not in policy.headers:
        return named
    known = {header.lower() for header in named}
    # Fetch, "CORS non-wildcard request-header name": '*' never covers Authorization. Chromium
    # lets it, so where Authorization is asked for, or hidden in a value too long to read, the
    # answer has no '*'.
    covered = requested is not None and (
        "authorization" in known or "authorization" not in requested
    )
    if covered and not policy.credentials:
        return ("*", *named)
    echo = tuple(
        header for header in requested or () if header not in known and header != "authorization"
    )
    return (*named, *echo)


def _bleeds(
    route: Route,
    policy: CompiledPolicy,
    methods: tuple[str, ...],
    allowed: tuple[str, ...],
    peers: Mapping[str, CompiledPolicy],
) -> bool:
    """Return whether a cached answer would let a request pass that its own policy refuses.

    Fetch, "CORS-preflight cache", keeps methods and header names apart: a header once allowed
    goes with any method that needs no naming or was named. POST never needs naming.
    """
    if "POST" in route.implemented and "POST" not in peers:
        return True
    unsafe = {"POST", *methods} - fetch.SAFE_METHODS
    return any(
        peer is not policy and not _covers(peer, allowed)
        for name, peer in peers.items()
        if name in unsafe
    )


def _covers(policy: CompiledPolicy, names: tuple[str, ...]) -> bool:
    asked = {name.lower() for name in names}
    if "*" in policy.headers:
        asked = asked & {"authorization"}
    return asked <= policy.headers


def _missing(
    policy: CompiledPolicy,
    asked: Preflight,
    methods: Iterable[str],
    headers: frozenset[str],
    requested: tuple[str, ...] | None,
) -> tuple[Reason | None, tuple[str, ...]]:
    """Return why a browser refuses although the origin is admitted, in the standard's order."""
    star = not policy.credentials
    methods = set(methods)
    if asked.method not in methods | fetch.SAFELISTED_METHODS and not (star and "*" in methods):
        return Reason.METHOD_NOT_OFFERED, ()
    if requested is None:
        return Reason.HEADER_NOT_ALLOWED, ()
    allowed = {header.lower() for header in headers}
    missing = tuple(
        name
        for name in requested
        if name not in allowed and not (star and "*" in allowed and name != "authorization")
    )
    return (Reason.HEADER_NOT_ALLOWED, missing) if missing else (None, ())
