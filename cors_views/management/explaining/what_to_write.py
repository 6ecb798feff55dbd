"""What may be written at a view that refuses a page: what governs there, and what may instead."""

from __future__ import annotations

import ast
import copy
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from cors_views import conf
from cors_views.browsing import PageRequest, Verdict
from cors_views.defaults import default_methods
from cors_views.inspection.policies_in_use import Source, sources_of
from cors_views.management.explaining import source_code
from cors_views.management.explaining.advice_wording import Declare, Edit, Extend
from cors_views.management.explaining.source_code import Item
from cors_views.management.explaining.where_to_write import (
    Spot,
    Unit,
    is_shared,
    narrowest,
    routes_that_take,
    unit_of,
)
from cors_views.management.overview.rows import in_order
from cors_views.management.site_requests import Answered
from cors_views.protocol.admission import admitting
from cors_views.protocol.effective_policies import CompiledPolicy
from cors_views.protocol.reasons import Reason
from cors_views.resolution.wrapped_views import inspect_view, served_methods
from cors_views.responses.kept_decision import Decided
from cors_views.standard.methods import SAFELISTED_METHODS
from cors_views.standard.request_headers import (
    NON_WILDCARD_REQUEST_HEADERS,
    unsafe_request_header_names,
)
from cors_views.standard.response_headers import CORS_RESPONSE_HEADERS

_SHARED = "The CorsPolicy there stands at other places too."


class Refusal(NamedTuple):
    """A request that a browser refuses, with all that is known of it."""

    verdict: Verdict
    page: PageRequest
    answered: tuple[Answered, ...]

    @property
    def last(self) -> Answered:
        return self.answered[-1]


class Case:
    """A refusal at a view: what serves it, and where a policy for it may stand."""

    def __init__(self, refusal: Refusal, decided: Decided) -> None:
        self.refusal, self.decided = refusal, decided
        self.page, self.effective = refusal.page, decided.effective
        self.pattern_path = refusal.last.pattern_path
        self.unit = unit_of(self.pattern_path, self.page.method)
        self.view = inspect_view(self.pattern_path[-1].callback)
        self.spot = narrowest(self.unit, self.effective)

    def at(self, unit: Unit, spot: Spot) -> Case:
        """Return the same refusal with another place for what is written."""
        case = copy.copy(self)
        case.unit, case.spot = unit, spot
        return case

    # --- What governs --------------------------------------------------------------------------

    @property
    def credentials(self) -> bool:
        return self.page.credentials == "include"

    @property
    def governing(self) -> tuple[CompiledPolicy, ...]:
        """The policies that speak for this URL; none where it is closed or none applies."""
        reason = self.refusal.verdict.reason
        return () if reason is Reason.NO_POLICY else self.effective.policies

    @property
    def policy(self) -> CompiledPolicy:
        """The policy that decides; the last one where none admits the origin."""
        decided = self.decided
        return (
            admitting(self.effective, decided.origin, decided.replies)
            or self.effective.policies[-1]
        )

    @property
    def number(self) -> int:
        return self.effective.policies.index(self.policy)

    @property
    def sources(self) -> dict[str, Source]:
        return sources_of(self.effective, self.number)

    @property
    def offered(self) -> frozenset[str]:
        """What a declaration at the spot offers that names no methods."""
        return source_code.offered_at(
            self.view, self.unit.methods if self.spot.on_handler else None
        )

    @property
    def is_for_one(self) -> bool:
        """Whether the policy is for nobody but this page, so that it may be changed as it is."""
        policy = self.policy.policy
        alone = len(self.effective.policies) == 1 and not policy.origin_regexes
        return alone and policy.origins == (self.page.origin,)

    def effective_fields(self, *, by_name: bool = True) -> list[Item | None]:
        """Return the policies that govern as they would be written at the spot."""
        return [
            source_code.effective_fields(
                self.effective,
                number,
                self.offered,
                on_handler=self.spot.on_handler,
                by_name=by_name,
            )
            for number in range(len(self.governing))
        ]

    # --- What may be written -------------------------------------------------------------------

    def declare(self, *policies: Item, note: str = "") -> Edit:
        return Declare(self.spot, policies, note, self.also(self._offered_by(policies)))

    def also(self, offered: frozenset[str]) -> tuple[str, ...]:
        """Return the other methods of the view that pages may send where these are offered.

        HEAD goes with GET, and OPTIONS says nothing.
        """
        passing = offered | SAFELISTED_METHODS
        if "*" in offered:
            passing = passing.union(default_methods) - {"*"}
        if self.refusal.verdict.reason is Reason.METHOD_NOT_OFFERED:
            # The page may send the others already, unless '*' was but the name of a method.
            passing = passing - SAFELISTED_METHODS if "*" in offered else frozenset()
        served = served_methods(self.pattern_path[-1].callback) or passing
        if self.unit.handler:
            route, handlers = self.unit.here[0], self.view.handlers or {}
            opened = {self.unit.handler, *(name for at, name in self.spot.opens if at == route)}
            served = frozenset(method for method in handlers if handlers[method] in opened)
        return in_order((served & passing) - {self.page.method, "HEAD", "OPTIONS"})

    def _offered_by(self, items: Sequence[Item]) -> frozenset[str]:
        """Return the methods that policies offer this page where they are written at the spot."""
        own = [item for item in items if not isinstance(item, str) and self._names_page(item)]
        return frozenset().union(*(self._methods(item) for item in own or items))

    def _names_page(self, item: Mapping[str, str]) -> bool:
        return repr(self.page.origin) in item.get("origins", "")

    def _methods(self, item: Item) -> frozenset[str]:
        name, fields = (item, {}) if isinstance(item, str) else (item.get("", ""), item)
        if "methods" in fields:
            return frozenset(ast.literal_eval(fields["methods"]))
        named = conf.policy(ast.literal_eval(name)).methods if name else None
        if named is not None:
            return frozenset(named)
        # What names no origins keeps the methods of what it refines.
        return self.offered if name or "origins" in fields else self.offered | self.policy.methods

    def needed(self, fields: dict[str, str], policy: CompiledPolicy | None) -> dict[str, str]:
        """Return a policy for this page alone, with the method and the headers that it asks for."""
        fields = self.completed(fields, policy)
        others = bool(self.spot.opens) and self.spot.kind in ("include", "entry")
        if others and not self.is_admitted and "methods" not in fields:
            fields["methods"] = source_code.listed([self.page.method])
        return fields

    def completed(self, given: Mapping[str, str], policy: CompiledPolicy | None) -> dict[str, str]:
        """Return a policy with the method and the headers that this page asks for."""
        own = policy is not None and "methods" in given
        offered = policy.methods if policy and own else self.offered
        return {**given, **self._missing_method(offered), **self.missing_headers(policy)}

    def suffices(self, item: Item, policy: CompiledPolicy) -> bool:
        """Return whether a policy, as it is written, has the method and headers of the page."""
        return not isinstance(item, str) and self.completed(item, policy) == item

    def missing(self, policy: CompiledPolicy) -> dict[str, str]:
        """Return the fields that have to change before this page may ask what it does."""
        return {**self._missing_method(policy.methods), **self.missing_headers(policy)}

    def _missing_method(self, offered: frozenset[str]) -> dict[str, str]:
        method = self.page.method
        if method in SAFELISTED_METHODS | offered or "*" in offered:
            return {}
        return {"methods": source_code.listed(in_order({*offered, method}))}

    def missing_headers(self, policy: CompiledPolicy | None) -> dict[str, str]:
        """Return the field that has to allow more headers for this page, if there are any."""
        headers = (policy.policy if policy else conf.cors_settings().base).headers or ()
        missing = [
            name
            for name in unsafe_request_header_names(self.page.headers)
            if name not in headers and ("*" not in headers or name in NON_WILDCARD_REQUEST_HEADERS)
            # The page has to leave these out.
            if name not in CORS_RESPONSE_HEADERS
        ]
        return {"headers": source_code.extended_headers(headers, missing)} if missing else {}

    def for_page(self) -> dict[str, str]:
        """Return a policy for this page alone."""
        one = source_code.for_one({}, self.page.origin, credentials=self.credentials)
        return self.needed(one, None)

    def like(self, number: int) -> dict[str, str] | None:
        """Return a policy for this page alone that otherwise is as one of those that govern."""
        model = self.effective_fields(by_name=False)[number]
        if model is None or isinstance(model, str):
            return None
        policy = self.effective.policies[number]
        credentials = self.credentials or (policy.credentials and self.is_admitted)
        one = source_code.for_one(model, self.page.origin, credentials=credentials)
        if self.spot.on_handler:
            # Without them it offers what the handler serves.
            one.pop("methods", None)
        return self.needed(one, policy)

    @property
    def is_admitted(self) -> bool:
        decided = self.decided
        return admitting(self.effective, decided.origin, decided.replies) is not None

    def wider(self, field: str, values: tuple[str, ...]) -> tuple[Edit, ...]:
        """Return the change for all that have a field from the same place, where there are more."""
        source = self.sources[field]
        if source.layer is None and field == "origins":
            source = Source(None, setting=conf.name_in_use("CORS_ALLOWED_ORIGINS"))
        if source.layer is None and field == "credentials" and not self.effective.signal:
            # What names its origins takes no trust from the settings.
            return ()
        routes = routes_that_take(source, field)
        alone = source.layer is not None and source.layer is self.spot.layer
        if alone and routes <= {self.unit.here[0]}:
            return ()
        note = _SHARED if is_shared(source, field) else ""
        return (Extend(source, field, values, routes, note),)

    def first_for_page(self, field: str, values: tuple[str, ...]) -> Edit:
        """Return a declaration in which this page comes first, and all others as before."""
        items, one = self.effective_fields(), self.like(self.number)
        if one is None or None in items:
            return self.wider_first(field, values)
        return self.declare(one, *(item for item in items if item is not None))

    def wider_first(self, field: str, values: tuple[str, ...]) -> Edit:
        source = self.sources[field]
        note = _SHARED if is_shared(source, field) else ""
        return Extend(source, field, values, routes_that_take(source, field), note)

    def refined(self, fields: Mapping[str, str]) -> Edit | None:
        """Return a declaration that changes some fields and keeps the rest, if there is one."""
        if self.spot.layer is None:
            return self.declare(fields)
        item = source_code.written(self.spot.layer, fields)
        return None if item is None else self.declare(item)
