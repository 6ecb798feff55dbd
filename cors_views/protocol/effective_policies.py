"""Policies compiled to the strings they are sent as, and what governs each method of a route."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from cors_views.policies.enforced_anywhere import Enforce, strictest
from cors_views.policies.fields import constant_headers
from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.policy import CorsPolicy
from cors_views.protocol.reasons import Answer, Headers, Reason
from cors_views.standard.methods import is_forbidden_method, is_method
from cors_views.standard.response_headers import ALLOW_HEADERS, ALLOW_METHODS, ALLOW_ORIGIN, MAX_AGE

DENIED = Answer(reason=Reason.DENIED)
#: The same where other origins are refused on the server, and the site itself is not.
_DENIED_TO_OTHERS = Answer(vary=True, reason=Reason.DENIED)
#: The answer to those without an ``Origin``, where it depends on one.
VARY = Answer(vary=True)


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
        "sendable_methods",
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
        #: What a preflight may be told of the methods, unless they are ``*``.
        self.sendable_methods = tuple(
            sorted(name for name in self.methods if not is_forbidden_method(name))
        )
        #: What goes with Access-Control-Allow-Origin on every response.
        self.actual_headers: Headers = constant_headers(policy)
        #: What every preflight is offered where this policy governs all methods of its route, or
        #: ``None`` where a ``*`` makes it depend on what is asked.
        self.offer = None if "*" in self.methods | self.headers else self._offer()

    def _offer(self) -> Headers:
        return preflight_headers(self.sendable_methods, self.policy.headers or (), self.max_age)

    def offers(self, method: str) -> bool:
        """Return whether the policy offers ``method``, which is upper case."""
        return method in self.methods or "*" in self.methods

    def lets_run(self, method: str) -> bool:
        """Return whether a handler runs for other sites, where the policy is enforced."""
        # Whatever serves GET serves HEAD, and CORS_ALLOW_METHODS never had to say so.
        return self.offers(method) or (method == "HEAD" and self.offers("GET"))

    def allow_headers(self, origin: str) -> Headers:
        """Return the headers for an origin that the policy admits."""
        # Fetch, "CORS check": '*' goes only without credentials.
        value = "*" if self.public else origin
        # To unpack them into a new tuple takes three times as long.
        return ((ALLOW_ORIGIN, value),) + self.actual_headers  # noqa: RUF005


def preflight_headers(
    methods: Iterable[str], headers: Iterable[str], max_age: str | None
) -> Headers:
    """Return what a preflight is offered; an empty list is left out."""
    offered = (
        (ALLOW_METHODS, ", ".join(methods)),
        (ALLOW_HEADERS, ", ".join(headers)),
        (MAX_AGE, max_age),
    )
    return tuple((name, value) for name, value in offered if value)


class EffectivePolicy:
    """What governs one method of one route: the policies that the nearest layers make.

    ``policies``
        In order; the first that admits the origin answers. None at all denies.
    ``counting_layers``
        The layers that counted: the one whose origins decide, then what refined it. Empty for the
        settings alone. Only shown to people.
    ``signal``
        Whether the layers end in the settings, where a receiver may admit the origin too.
    ``needs_url_match``
        Whether only the settings speak, so that ``CORS_URLS_REGEX`` or a receiver must open them.
    ``matches_url``
        Whether ``CORS_URLS_REGEX`` matches a path; ``None`` where it matches all that is one line.
    ``undeclared``
        Whether the route declares nothing at all: the settings answer as django-cors-headers does.
    ``applies``
        False where nothing speaks: the settings, under ``CORS_OPT_IN``, for what is not opted in.
    ``enforce``
        Whether what is not admitted is refused on the server, or only reported. Given for where
        there are no policies to say so.
    ``why_settings``
        Why the settings alone speak, for people: who finds no route corrects the URL, not them.
    """

    __slots__ = (
        "applies",
        "constant_answer",
        "counting_layers",
        "denied",
        "enforce",
        "listed",
        "matches_url",
        "needs_url_match",
        "origin_decides",
        "policies",
        "public",
        "same_for_all",
        "signal",
        "undeclared",
        "why_settings",
        "without_origin",
        "without_origin_at_once",
        "without_origin_if_open",
    )

    def __init__(
        self,
        policies: tuple[CompiledPolicy, ...],
        *,
        counting_layers: tuple[Any, ...] = (),
        signal: bool = False,
        needs_url_match: bool = False,
        matches_url: Callable[[str], bool] | None = None,
        undeclared: bool = False,
        applies: bool = True,
        enforce: Enforce | None = None,
        why_settings: str = "",
    ) -> None:
        self.policies = policies
        self.counting_layers = counting_layers
        self.signal = signal
        self.needs_url_match = needs_url_match
        self.matches_url = matches_url
        self.undeclared = undeclared
        self.applies = applies
        self.why_settings = why_settings
        #: Whether a ``cors_deny`` decides.
        self.denied = applies and not policies
        self.enforce: Enforce = strictest(
            tuple(each.policy.enforce for each in policies) or (enforce,)
        )
        #: Whether the origin decides, the URL and receivers left aside: no callable is asked, and
        #: nothing else of a request matters that is no OPTIONS.
        self.origin_decides = applies and not any(
            policy.origins.callables or (undeclared and policy.policy.private_network)
            for policy in policies
        )
        #: The origins that are admitted, where nothing else decides: one policy without patterns.
        self.listed = (
            policies[0].origins.listed if self.origin_decides and len(policies) == 1 else None
        )
        self._prepare_answers()

    def _prepare_answers(self) -> None:
        """Make the answers that depend on nothing of a request, so that none is made for each."""
        #: The answer for everybody, where the policy alone decides.
        self.public: Headers | None = (
            self.policies[0].allow_headers("*")
            if len(self.policies) == 1
            and self.policies[0].public
            and self._reaches_all(self.policies[0])
            else None
        )
        #: Whether all origins get one answer, once the URL or a receiver has opened the settings.
        self.same_for_all = self.denied or self.public is not None
        #: The answer to every request that is no preflight, where there is just one.
        self.constant_answer: Answer | None = None
        denied = _DENIED_TO_OTHERS if self.enforce is True else DENIED
        if self.denied:
            self.constant_answer = denied
        elif self.public is not None and not self.needs_url_match:
            self.constant_answer = Answer(self.public)
        #: The answer to those without an Origin, where the URL and the receivers have no say.
        self.without_origin = (
            VARY
            if self.constant_answer is None and not self.needs_url_match
            else self.constant_answer
        )
        #: The same where they have opened the settings.
        if self.denied:
            self.without_origin_if_open = denied
        else:
            self.without_origin_if_open = VARY if self.public is None else Answer(self.public)
        #: The same as far as no callable has to be asked.
        self.without_origin_at_once = (
            self.without_origin_if_open if self.origin_decides else self.without_origin
        )

    def settled(self, origin: str) -> Answer | None:
        """Return the answer that neither the URL nor receivers nor callables can change."""
        return self.constant_answer if origin else self.without_origin

    def lets_run_at_once(self, origin: str, method: str) -> bool:
        """Return whether a request of another site may run, where nobody has to be asked.

        ``False`` says nothing: a callable, a receiver or a further policy may admit it all the
        same.
        """
        if self.needs_url_match:
            return False
        if self.listed is None:
            admitted = len(self.policies) == 1 and self.policies[0].origins.admits(origin)
        else:
            admitted = origin in self.listed
        if not admitted:
            return False
        policy = self.policies[0]
        return method in policy.methods or policy.lets_run(method)

    def _reaches_all(self, policy: CompiledPolicy) -> bool:
        """Return whether other sites reach what a cache may keep, as the site itself does."""
        return self.enforce is not True or policy.lets_run("GET")

    @property
    def source(self) -> str:
        """What decided, for people."""
        if self.signal:
            why_settings = f": {self.why_settings}" if self.why_settings else ""
            decisive, refining = f"the CORS_* settings{why_settings}", self.counting_layers
        else:
            decisive, refining = str(self.counting_layers[0]), self.counting_layers[1:]
        return decisive + "".join(f", refined by the {layer}" for layer in refining)


class RoutePolicies:
    """The effective policies of one route, method by method. Immutable by convention.

    ``effective_policies`` has an entry for each method that the view implements, ``other`` governs
    the rest. ``implemented`` is empty for a function view, whose methods nobody can see.
    ``candidates`` are the methods that an answer may name. ``may_post`` says whether the view may
    serve POST, shown or not. ``uniform`` says whether one effective policy governs every method,
    ``needs_url_match`` whether the URL matters to any.
    """

    __slots__ = (
        "candidates",
        "effective_policies",
        "implemented",
        "may_post",
        "needs_url_match",
        "other",
        "uniform",
    )

    def __init__(
        self,
        effective_policies: Mapping[str, EffectivePolicy],
        other: EffectivePolicy,
        implemented: frozenset[str] = frozenset(),
        candidates: tuple[str, ...] = (),
        *,
        hides_methods: bool = False,
    ) -> None:
        self.effective_policies = effective_policies
        self.other = other
        self.implemented = implemented
        self.candidates = candidates
        self.may_post = hides_methods or "POST" in implemented
        self.uniform = all(effective is other for effective in effective_policies.values())
        self.needs_url_match = any(
            effective.needs_url_match for effective in (other, *effective_policies.values())
        )

    def effective(self, method: str) -> EffectivePolicy:
        """Return what governs ``method``, which is upper case as Django has it."""
        return self.effective_policies.get(method, self.other)

    def governing(self, method: str | None) -> EffectivePolicy:
        """Return what governs a request by its method.

        Whoever overrides the method may write it in lower case, which View and APIView understand.
        """
        return self.other if self.uniform else self.effective((method or "").upper())

    def effective_policy_for(self, requested: str) -> EffectivePolicy:
        """Return what governs the handler that a requested method, as it was sent, would reach.

        Django upper-cases the method of a request, so the handler of "patch" is that of "PATCH";
        the browser compares what it sent, so the answer still names "PATCH" alone.
        """
        if self.uniform:
            return self.other
        return self.effective(requested.upper() if is_method(requested) else "")
