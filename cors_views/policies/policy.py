"""CorsPolicy: who may read what, as an immutable value."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from django.core.exceptions import ImproperlyConfigured

from cors_views.policies import field_values
from cors_views.policies.contradictions import valid_fields, validated
from cors_views.policies.enforced_anywhere import ENFORCING, Enforce
from cors_views.policies.field_values import UNSET, Problem
from cors_views.policies.fields import FIELDS, field_hint
from cors_views.policies.origin_sets import LoadedOrigins, OriginCallable, OriginSet, origins_key
from cors_views.standard.origins import is_origin

if TYPE_CHECKING:
    # Type checkers know it without its being installed; ``typing`` has it from Python 3.11 on.
    from typing_extensions import Unpack

Names = Sequence[str] | AbstractSet[str]
Origins = str | OriginCallable | Sequence[str | OriginCallable] | AbstractSet[str | OriginCallable]
Regexes = Sequence[str | re.Pattern[str]] | AbstractSet[str | re.Pattern[str]]


class Fields(TypedDict, total=False):
    """The fields of a policy as keywords."""

    origins: Origins
    origin_regexes: Regexes
    methods: Names
    headers: Names
    expose_headers: Names
    credentials: bool
    max_age: int
    private_network: bool
    enforce: Enforce


#: How many entries of a long field the repr shows.
_SHOWN = 8


@dataclass(frozen=True, eq=False)
class CorsPolicy:
    """A cross-origin policy. Fields that are left out are unset.

    A policy that names its origins (``origins`` or ``origin_regexes``, even as an empty list)
    stands alone on top of the settings. A policy that names none refines the next layer.

    ``origins``
        A list of origins, patterns such as ``https://*.example.com`` and ``http://localhost:*``,
        callables ``(request, origin) -> bool`` (sync or async), and ``CachedOrigins``. ``"*"``
        admits any origin.
    ``origin_regexes``
        A list of regular expressions, strings or compiled. Each has to match the *whole* origin.
    ``methods``
        The methods in Access-Control-Allow-Methods. ``["*"]`` allows all.
    ``headers``
        The request headers in Access-Control-Allow-Headers. ``["*"]`` allows all but
        Authorization, which must be named (Fetch, "CORS non-wildcard request-header name").
    ``expose_headers``
        The response headers that a script may read, besides the safelisted ones. ``["*"]`` exposes
        all.
    ``credentials``
        Whether a script may read answers to requests with cookies or HTTP authentication.
    ``max_age``
        For how many seconds a browser may keep the answer to a preflight; 0 for not at all.
    ``private_network``
        Whether a preflight that asks for Private Network Access is allowed.
    ``enforce``
        If true, a request from another site that the policy does not admit is refused with 403
        before it reaches the view. ``"report"`` only logs that it would be.

    Raise ``ImproperlyConfigured`` if a field is invalid. The message lists all problems and the
    place of the declaration. This does not wait for the system checks, which do not run under
    gunicorn or uvicorn.
    """

    # Here, not in each policy, so that one holds no more than somebody wrote.
    origins: tuple[str | OriginCallable, ...] | None = None
    origin_regexes: tuple[re.Pattern[str], ...] | None = None
    methods: tuple[str, ...] | None = None
    headers: tuple[str, ...] | None = None
    expose_headers: tuple[str, ...] | None = None
    credentials: bool | None = None
    max_age: int | None = None
    private_network: bool | None = None
    enforce: Enforce | None = None

    def __init__(
        self,
        *,
        origins: Origins = UNSET,
        origin_regexes: Regexes = UNSET,
        methods: Names = UNSET,
        headers: Names = UNSET,
        expose_headers: Names = UNSET,
        credentials: bool = UNSET,
        max_age: int = UNSET,
        private_network: bool = UNSET,
        enforce: Enforce = UNSET,
    ) -> None:
        # Each argument is a field.
        arguments = locals()
        given = {field: arguments[field] for field in FIELDS if arguments[field] is not UNSET}
        self._fill(valid_fields(given))

    def _fill(self, values: Mapping[str, Any]) -> None:
        for field, value in values.items():
            object.__setattr__(self, field, value)

    @property
    def names_origins(self) -> bool:
        """Whether the policy names origins, and so stands alone."""
        return self.origins is not None or self.origin_regexes is not None

    @property
    def any_origin(self) -> bool:
        """Whether every origin is admitted."""
        return self.origins is not None and "*" in self.origins

    def admits(self, origin: str) -> bool:
        """Return whether the policy by itself admits ``origin``, spelled as browsers write it.

        A policy that names no origins admits none. Raise ``TypeError`` if that depends on a
        callable, which needs a request: use ``aadmits()``.
        """
        found = self._origin_set
        if found.admits(origin):
            return True
        callables = found.callables
        if not callables or not is_origin(origin):
            return False
        # Those that have loaded what they know first: they need nobody.
        loaded = [each for each in callables if isinstance(each, LoadedOrigins)]
        if any(each(None, origin) for each in loaded):
            return True
        if len(loaded) < len(callables):
            others = [each for each in callables if not isinstance(each, LoadedOrigins)]
            raise TypeError(
                f"Only {_shown(tuple(others))} can tell whether the policy admits {origin!r}. "
                "Write: await aadmits(origin, request)."
            )
        return False

    async def aadmits(self, origin: str, request: Any = None) -> bool:
        """Return whether the policy by itself admits ``origin``, and call its callables.

        They get ``request``. A sync callable runs in a thread. A callable that raises does not
        admit the origin, and the error is logged, as while serving.
        """
        # Whoever asks callables stands above what is pure: the one import that points up.
        from cors_views.protocol.consulting import aadmits

        return await aadmits(self._origin_set, origin, request)

    @functools.cached_property
    def _origin_set(self) -> OriginSet:
        return OriginSet(self.origins or (), self.origin_regexes or ())

    def __getstate__(self) -> dict[str, Any]:
        # Not the set: it can be made again.
        return {field: getattr(self, field) for field in FIELDS}

    def __setstate__(self, state: Mapping[str, Any]) -> None:
        self._fill(state)
        # Pickled in another process, it is the first policy of this one.
        if self.enforce:
            ENFORCING.declare()

    def set_fields(self) -> dict[str, Any]:
        """Return the fields that are set, as a dict by name."""
        return {field: getattr(self, field) for field in FIELDS if getattr(self, field) is not None}

    def replace(self, **changes: Unpack[Fields]) -> CorsPolicy:
        """Return a copy with some fields replaced. The whole policy is validated again."""
        return CorsPolicy(**{**self.set_fields(), **changes})

    #: For ``copy.replace()``, which would give ``None`` for each field that is left out.
    __replace__ = replace

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, CorsPolicy):
            return NotImplemented
        return self._compared() == other._compared()

    def __hash__(self) -> int:
        return hash(self._compared())

    def _compared(self) -> tuple[Any, ...]:
        values = (getattr(self, field) for field in FIELDS if field != "origins")
        return (origins_key(self.origins or ()), self.origins is None, *values)

    def refine(self, base: CorsPolicy) -> CorsPolicy:
        """Return ``base`` with the fields that are set in this policy replaced.

        If the result would have any origin and credentials, it has no credentials.
        """
        values = {**base.set_fields(), **self.set_fields()}
        if values.get("credentials") and "*" in (values.get("origins") or ()):
            # Fetch, "CORS protocol and credentials": browsers refuse '*' with credentials, and
            # the tempting alternative, sending the origin back, would trust every site there is.
            values["credentials"] = False
        return unchecked(values)

    def __repr__(self) -> str:
        shown = (f"{field}={_shown(value)}" for field, value in self.set_fields().items())
        return f"CorsPolicy({', '.join(shown)})"


def policy_of_fields(given: Mapping[str, Any]) -> CorsPolicy:
    """Return ``CorsPolicy(**given)`` where each name is known to be that of a field."""
    return unchecked(valid_fields(given))


def unchecked(values: Mapping[str, Any]) -> CorsPolicy:
    """Return a policy from values that were validated before, one by one."""
    policy = object.__new__(CorsPolicy)
    # At once: only a subclass may have a property in the place of a field.
    policy.__dict__.update(values)
    return policy


def _shown(value: Any) -> str:
    if not isinstance(value, tuple):
        return repr(value)
    items = [
        repr(item.pattern)
        if isinstance(item, re.Pattern)
        else getattr(item, "__qualname__", repr(item))
        if callable(item)
        else repr(item)
        for item in value[:_SHOWN]
    ]
    if len(value) > _SHOWN:
        items.append(f"… {len(value) - _SHOWN:,} more")
    return f"[{', '.join(items)}]"


def policy_of_entry(value: Any, declared: str) -> CorsPolicy:
    """Return the policy that an entry of ``CORS_POLICIES`` means: a policy, or a dict of fields.

    ``declared`` says where the entry stands. Raise ``ImproperlyConfigured`` with all problems.
    """
    if isinstance(value, CorsPolicy):
        return value
    if not isinstance(value, Mapping):
        message = "is neither a CorsPolicy nor a dict of its fields"
        problem = Problem("policy", value, "type", message)
        raise ImproperlyConfigured(field_values.report([problem], declared))
    unknown = [
        Problem(
            str(field),
            value[field],
            "field",
            "is not a policy field",
            field_hint(field),
        )
        for field in value
        if field not in FIELDS
    ]
    values, problems = validated({field: value[field] for field in value if field in FIELDS})
    if unknown or problems:
        raise ImproperlyConfigured(field_values.report([*unknown, *problems], declared))
    return unchecked(values)
