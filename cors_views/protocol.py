"""The CORS protocol: policies compiled to ready strings, and the headers that answer a request.

Fetch, "CORS protocol", is the authority. Nothing here does I/O: where a callable origin or the
signal has to be asked, ``Unanswered`` says so, and whoever can ask decides again with the answer.
So one rule set serves sync and async drivers alike, and costs nothing where nobody is asked.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from cors_views import fetch
from cors_views.origins import OriginCallable, OriginSet, is_origin
from cors_views.policy import CorsPolicy

Headers = tuple[tuple[str, str], ...]


class Reason(enum.Enum):
    """Why a browser will not let the page have the answer.

    The server knows the first six when it answers, CREDENTIALS_NOT_ALLOWED where cookies came
    along, and WRONG_ALLOW_ORIGIN where a view wrote it; the rest only a browser can know.
    """

    DENIED = "the view is closed to other origins by cors_deny"
    NO_POLICY = "no policy governs this request"
    NOT_AN_ORIGIN = "the Origin header holds no origin"
    ORIGIN_NOT_ADMITTED = "the policy does not admit the origin"
    METHOD_NOT_OFFERED = "the policy admits the origin, but does not offer the method"
    HEADER_NOT_ALLOWED = "the policy admits the origin, but does not allow a header asked for"
    CREDENTIALS_NOT_ALLOWED = "the policy admits the origin, but not with credentials"
    PREFLIGHT_FAILED = "the preflight was answered with an error or a redirect"
    WRONG_ALLOW_ORIGIN = "the answer's Access-Control-Allow-Origin names somebody else"
    REDIRECT_REFUSED = "the answer is a redirect that a page may not follow"


class Answer(NamedTuple):
    """What to write on a response: the headers, and whether ``Vary: origin`` goes with them.

    ``reason`` is why nobody is admitted; ``refusal`` says what a browser makes of the rest.
    """

    headers: Headers = ()
    vary: bool = False
    reason: Reason | None = None


class _Signal:
    """The question that goes to the receivers of ``check_request_enabled``."""

    def __repr__(self) -> str:
        return "check_request_enabled"


SIGNAL = _Signal()
Question = OriginCallable | _Signal


class Unanswered(Exception):  # noqa: N818 nothing is wrong
    """A decision needs to know something that nobody has been asked yet."""

    def __init__(self, question: Question) -> None:
        super().__init__(question)
        self.question = question


class Answers(dict[int, bool]):
    """What one request's questions were answered, by identity: nobody is asked twice."""

    def says(self, question: Question) -> bool:
        """Return what was answered. Raise ``Unanswered`` where nobody has asked."""
        if id(question) not in self:
            raise Unanswered(question)
        return self[id(question)]

    def with_answer(self, question: Question, answer: bool) -> Answers:
        """Return these answers and one more; they are shared between requests."""
        return Answers({**self, id(question): answer})


_DENIED = Answer(reason=Reason.DENIED)
_NO_POLICY = Answer(reason=Reason.NO_POLICY)
_VARY = Answer(vary=True)
_NOT_ADMITTED = Answer(vary=True, reason=Reason.ORIGIN_NOT_ADMITTED)


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
        "offer",
        "origins",
        "own_max_age",
        "policy",
        "public",
    )

    def __init__(
        self, policy: CorsPolicy, origins: OriginSet, *, own_max_age: bool = False
    ) -> None:
        self.policy = policy
        self.origins = origins
        self.own_max_age = own_max_age
        self.credentials = bool(policy.credentials)
        #: Whether everybody gets the same answer, which then is ``*``.
        self.public = origins.any and not self.credentials
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
        #: What every preflight is offered where this policy governs all methods of its route, or
        #: ``None`` where a ``*`` makes it depend on what is asked.
        self.offer = None if "*" in self.methods | self.headers else self._offer()

    def _offer(self) -> Headers:
        methods = sorted(name for name in self.methods if not fetch.is_forbidden_method(name))
        return _preflight_headers(methods, self.policy.headers or (), self.max_age)

    def offers(self, method: str) -> bool:
        """Return whether the policy offers ``method``, which is upper case."""
        return method in self.methods or "*" in self.methods

    def answer(self, origin: str) -> Headers:
        """Return the headers for an origin that the policy admits."""
        # Fetch, "CORS check": '*' goes only without credentials.
        value = "*" if self.public else origin
        return ((fetch.ALLOW_ORIGIN, value), *self.actual_headers)


def _preflight_headers(
    methods: Iterable[str], headers: Iterable[str], max_age: str | None
) -> Headers:
    """Return what a preflight is offered; an empty list is left out."""
    offered = (
        (fetch.ALLOW_METHODS, _joined(methods)),
        (fetch.ALLOW_HEADERS, _joined(headers)),
        (fetch.MAX_AGE, max_age),
    )
    return tuple((name, value) for name, value in offered if value)


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
    ``because``
        Why the settings alone speak, for people: who finds no route corrects the URL, not them.
    """

    __slots__ = (
        "always",
        "because",
        "denied",
        "gated",
        "governed",
        "policies",
        "public",
        "signal",
        "trail",
        "undeclared",
        "without_origin",
    )

    def __init__(
        self,
        policies: tuple[CompiledPolicy, ...],
        *,
        trail: tuple[Any, ...] = (),
        signal: bool = False,
        gated: bool = False,
        undeclared: bool = False,
        governed: bool = True,
        because: str = "",
    ) -> None:
        self.policies = policies
        self.trail = trail
        self.signal = signal
        self.gated = gated
        self.undeclared = undeclared
        self.governed = governed
        self.because = because
        #: Whether a ``cors_deny`` decides.
        self.denied = governed and not policies
        #: The answer for everybody, where the policy alone decides.
        self.public: Headers | None = (
            policies[0].answer("*") if len(policies) == 1 and policies[0].public else None
        )
        #: The answer to every request that is no preflight, where there is just one.
        self.always: Answer | None = None
        if self.denied:
            self.always = _DENIED
        elif self.public is not None and not gated:
            self.always = Answer(self.public)
        #: The answer to those without an Origin, where the URL and the receivers have no say.
        self.without_origin = _VARY if self.always is None and not gated else self.always

    @property
    def source(self) -> str:
        """What decided, for people."""
        if self.signal:
            because = f": {self.because}" if self.because else ""
            decisive, refining = f"the CORS_* settings{because}", self.trail
        else:
            decisive, refining = str(self.trail[0]), self.trail[1:]
        return decisive + "".join(f", refined by the {layer}" for layer in refining)


def admitting(ruling: Ruling, origin: str, answers: Answers) -> CompiledPolicy | None:
    """Find the policy that answers ``origin``: the first that admits it, whole.

    What is no origin is admitted by a public policy alone: its ``*`` reflects nothing.
    """
    for policy in ruling.policies:
        if policy.public or policy.origins.admits(origin):
            return policy
        if policy.origins.callables and is_origin(origin):
            for question in policy.origins.callables:
                if answers.says(question):
                    return policy
    if ruling.signal and is_origin(origin) and answers.says(SIGNAL):
        # Only the chains that end in the settings ask, and those hold exactly one policy.
        return ruling.policies[0]
    return None


def _opened(ruling: Ruling, url_matches: bool, answers: Answers) -> bool:
    """Return whether the ruling speaks for this URL at all."""
    return not ruling.gated or (ruling.governed and (url_matches or answers.says(SIGNAL)))


def actual(
    ruling: Ruling,
    origin: str,
    answers: Answers,
    *,
    url_matches: bool = True,
    options: bool = False,
    private_network: bool = False,
) -> Answer:
    """Answer a request that is no preflight; ``origin`` is ``""`` where it sent none.

    The rest of the request matters only where the settings alone speak: whether
    ``CORS_URLS_REGEX`` matches the URL, whether the method is OPTIONS, and whether Private Network
    Access is asked for.
    """
    if ruling.always is not None:
        return ruling.always
    if not _opened(ruling, url_matches, answers):
        return _NO_POLICY
    # A receiver's word may differ from origin to origin, so what it opened is never for everybody.
    public = ruling.public if url_matches else None
    if not origin:
        return _VARY if public is None else Answer(public)
    policy = admitting(ruling, origin, answers)
    if policy is None:
        return _NOT_ADMITTED
    headers = policy.answer(origin)
    if ruling.undeclared:
        headers += _as_django_cors_headers(policy, options, private_network)
    return Answer(headers, public is None)


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


class Route:
    """The rulings of one route, method by method. Immutable by convention.

    ``rulings`` has an entry for each method that the view implements, ``other`` governs the rest.
    ``implemented`` is empty for a function view, whose methods nobody can see. ``candidates`` are
    the methods that an answer may name. ``uniform`` says whether one ruling governs every method,
    ``gated`` whether the URL matters to any.
    """

    __slots__ = ("candidates", "gated", "implemented", "other", "rulings", "uniform")

    def __init__(
        self,
        rulings: Mapping[str, Ruling],
        other: Ruling,
        implemented: frozenset[str] = frozenset(),
        candidates: tuple[str, ...] = (),
    ) -> None:
        self.rulings = rulings
        self.other = other
        self.implemented = implemented
        self.candidates = candidates
        self.uniform = all(ruling is other for ruling in rulings.values())
        self.gated = any(ruling.gated for ruling in (other, *rulings.values()))

    def ruling(self, method: str) -> Ruling:
        """Return what governs ``method``, which is upper case as Django has it."""
        return self.rulings.get(method, self.other)

    def ruling_for(self, requested: str) -> Ruling:
        """Return what governs the handler that a requested method, as it was sent, would reach.

        Django upper-cases the method of a request, so the handler of "patch" is that of "PATCH";
        the browser compares what it sent, so the answer still names "PATCH" alone.
        """
        if self.uniform:
            return self.other
        return self.ruling(requested.upper() if fetch.is_method(requested) else "")


class Preflight(NamedTuple):
    """What a preflight asks: Fetch, "CORS-preflight fetch"."""

    origin: str
    method: str
    headers: str | None
    private_network: bool
    url_matches: bool


def preflight(route: Route, asked: Preflight, answers: Answers) -> Answer | None:
    """Answer a preflight, or return ``None`` where no policy governs and the view gets it."""
    ruling = route.ruling_for(asked.method)
    if ruling.denied:
        return _DENIED
    if ruling.gated and not _opened(ruling, asked.url_matches, answers):
        return None
    policy = admitting(ruling, asked.origin, answers)
    if policy is None:
        return _NOT_ADMITTED
    if ruling.undeclared:
        offered = _as_django_cors_headers(policy, True, asked.private_network)
    else:
        ready = policy.offer if route.uniform else None
        offered = _offered(route, policy, asked, answers) if ready is None else ready
        if asked.private_network and policy.policy.private_network:
            offered = (*offered, (fetch.ALLOW_PRIVATE_NETWORK, "true"))
    vary = ruling.public is None or not route.uniform or (ruling.gated and not asked.url_matches)
    return Answer(policy.answer(asked.origin) + offered, vary)


def _offered(route: Route, policy: CompiledPolicy, asked: Preflight, answers: Answers) -> Headers:
    """Return what a preflight is offered that depends on what it asks, or on other methods."""
    peers = _peers(route, policy, asked, answers)
    requested = fetch.parse_request_headers(asked.headers or "")
    methods = _allowed_methods(route, policy, peers)
    allowed = _allowed_headers(policy, requested)
    bleeds = not policy.own_max_age and _bleeds(route, policy, methods, allowed, peers)
    return _preflight_headers(methods, allowed, "0" if bleeds else policy.max_age)


def _peers(
    route: Route, policy: CompiledPolicy, asked: Preflight, answers: Answers
) -> dict[str, CompiledPolicy]:
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
            opened = bool(ruling.policies) and _opened(ruling, asked.url_matches, answers)
            found[id(ruling)] = admitting(ruling, asked.origin, answers) if opened else None
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


def refusal(
    answer: Answer,
    origin: str,
    asked: Preflight | None = None,
    own: Headers = (),
    *,
    credentials: bool = False,
) -> tuple[Reason | None, tuple[str, ...]]:
    """Return why a browser refuses, if it does, and the headers it asked for in vain.

    ``own`` are the view's own CORS headers, which count where the policy wrote none.
    ``credentials`` is whether cookies came along; a preflight never shows whether they will. For
    people: no answer depends on it, so nothing is computed where nobody wants to know.
    """
    said = dict(answer.headers or own)
    if own and not answer.headers:
        # Fetch, "CORS check".
        if said[fetch.ALLOW_ORIGIN] not in ("*", origin):
            return Reason.WRONG_ALLOW_ORIGIN, ()
    elif answer.reason is Reason.ORIGIN_NOT_ADMITTED and not is_origin(origin):
        return Reason.NOT_AN_ORIGIN, ()
    elif answer.reason is not None:
        return answer.reason, ()
    if asked is not None:
        return _preflight_refusal(said, asked)
    # Fetch, "CORS check": with credentials, '*' is a value as any other.
    allowed = said.get(fetch.ALLOW_CREDENTIALS) == "true" and said[fetch.ALLOW_ORIGIN] != "*"
    return (Reason.CREDENTIALS_NOT_ALLOWED if credentials and not allowed else None), ()


def _preflight_refusal(
    said: Mapping[str, str], asked: Preflight
) -> tuple[Reason | None, tuple[str, ...]]:
    # Fetch, "CORS-preflight fetch", in the standard's order.
    methods = fetch.split_list(said.get(fetch.ALLOW_METHODS, ""))
    if asked.method not in fetch.SAFELISTED_METHODS.union(methods) and "*" not in methods:
        return Reason.METHOD_NOT_OFFERED, ()
    allowed = {name.lower() for name in fetch.split_list(said.get(fetch.ALLOW_HEADERS, ""))}
    # Fetch, "CORS non-wildcard request-header name".
    star = "*" in allowed
    requested = dict.fromkeys(name.lower() for name in fetch.split_list(asked.headers or ""))
    missing = tuple(
        name for name in requested if name not in allowed and (name == "authorization" or not star)
    )
    return (Reason.HEADER_NOT_ALLOWED, missing) if missing else (None, ())
