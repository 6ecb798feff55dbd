"""Which advice is given for which reason: what to change, so that the page gets the answer.

The first piece of advice opens nothing but what the page asked for, or says what else; it starts at
the view. A change for more than that comes after it, with the number of routes, and that of a
setting last.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple
from urllib.parse import urljoin

from cors_views import conf
from cors_views.conf import installed_middleware
from cors_views.inspection.policies_in_use import Source
from cors_views.management.explaining import (
    answered_above,
    login_advice,
    not_the_policy,
    page_changes,
    source_code,
)
from cors_views.management.explaining.advice_wording import Ask, Edit, Extend, Move, Tell, place
from cors_views.management.explaining.near_misses import beginnings, misses
from cors_views.management.explaining.what_to_write import Case, Refusal
from cors_views.management.explaining.where_to_write import is_shared, routes_that_take
from cors_views.management.overview.rows import in_order
from cors_views.management.overview.view_names import view_name
from cors_views.middleware import CorsMiddleware
from cors_views.protocol.reasons import Reason
from cors_views.resolution.layer_order import NotUnderstood
from cors_views.responses import view_headers
from cors_views.responses.kept_decision import Decided
from cors_views.standard.methods import SAFELISTED_METHODS
from cors_views.standard.origins import SPECIAL


class Advice(NamedTuple):
    """What to do, and what might be done instead, for more than this page at this route.

    ``near`` are origins that are admitted and look like the page's.
    """

    first: Edit
    others: tuple[Edit, ...] = ()
    near: tuple[str, ...] = ()


def advice(refusal: Refusal) -> Advice:
    """Return where to change what."""
    verdict = refusal.verdict
    reason = verdict.reason
    received = verdict.exchanges[-1].received
    login = login_advice.sent_away(refusal)
    if login is not None:
        return _login(refusal, login)
    if received is None:
        text = f"ask for {verdict.url} itself, so that no redirect changes its Origin"
        return Advice(Ask({"url": verdict.url}, text))
    if reason is Reason.REDIRECT_REFUSED:
        return Advice(Tell(f"the page: ask for a URL that does not redirect to {verdict.url}."))
    decided = refusal.last.decided
    if decided is None or reason is Reason.PREFLIGHT_FAILED:
        return _answered_by_others(refusal)
    if decided.origin != refusal.page.origin:
        text = f"ask for {verdict.url} directly; after a redirect to another origin its Origin is"
        return Advice(Ask({"url": verdict.url}, f"{text} {decided.origin!r}"))
    first, *others = answered_above.replaced(refusal, decided) or (None,)
    if first is not None:
        return Advice(first, tuple(filter(None, others)))
    wrong = page_changes.wrongly(refusal)
    return Advice(wrong) if wrong else _at_the_view(refusal, decided)


def _login(refusal: Refusal, number: int) -> Advice:
    further = login_advice.once_logged_in(refusal.page)
    edit = advice(further.refusal).first if further.verdict.reason else None
    return Advice(login_advice.log_in(refusal, number, edit))


def _answered_by_others(refusal: Refusal) -> Advice:
    sent, received = refusal.verdict.exchanges[-1]
    location = dict(received.headers).get("Location") if received else None
    if location:
        redirected = "a preflight may not be redirected"
        if sent.kind == "actual":
            redirected = "the redirect comes from above the middleware, without CORS headers"
        return Advice(
            Ask({"url": urljoin(sent.url, location)}, f"ask for {location}; {redirected}")
        )
    if not installed_middleware.has_middleware(CorsMiddleware):
        return Advice(Move("it is not there"))
    return Advice(Move("something above it answers by itself"))


def _at_the_view(refusal: Refusal, decided: Decided) -> Advice:
    if not refusal.last.pattern_path:
        return _no_view(refusal)
    counting_layers = decided.effective.counting_layers
    if counting_layers and isinstance(counting_layers[0], NotUnderstood):
        what, how = counting_layers[0]
        return Advice(Tell(f"{view_name(refusal.last.pattern_path)}: {what}; {how}"))
    method = refusal.page.method
    if method != method.upper():
        # Nobody would declare the other spelling.
        page = refusal.page._replace(method=method.upper())
        found = _at_the_view(refusal._replace(page=page), decided)
        others = tuple(page_changes.rewritten(each, method) for each in found.others)
        return found._replace(first=page_changes.rewritten(found.first, method), others=others)
    case = Case(refusal, decided)
    first = (
        not_the_policy.unserved(case)
        or not_the_policy.lost(case)
        or not_the_policy.closed_whole(case)
    )
    first = first or not_the_policy.of_admin(case)
    if first:
        return Advice(first)
    if answered_above.by_hand(decided, refusal.verdict.exchanges[-1].received):
        return _written_by_hand(case)
    return _ADVICE[refusal.verdict.reason](case)


def _no_view(refusal: Refusal) -> Advice:
    redirected = answered_above.redirected(refusal)
    if redirected is not None:
        return Advice(redirected)
    text = "the page: ask for a URL of the site; manage.py cors_policies lists the routes."
    return Advice(Tell(text), (_by_settings(refusal.page.origin),))


def _by_settings(origin: str) -> Edit:
    source = Source(None, setting=conf.name_in_use("CORS_ALLOWED_ORIGINS"))
    routes = routes_that_take(source, "origins")
    return Extend(source, "origins", (repr(origin),), routes, "Every URL without a view gets it.")


# --- Reason by reason --------------------------------------------------------------------------


def _closed(case: Case) -> Advice:
    """Advise on a view that is closed, or that nothing governs."""
    layer = case.spot.layer
    one = case.for_page()
    if layer is not None and not layer.declaration.deny:
        changed = source_code.written(layer, one)
        one = changed if isinstance(changed, dict) else one
    return Advice(case.declare(one, note=_why_closed(case)))


def _why_closed(case: Case) -> str:
    if case.refusal.verdict.reason is Reason.NO_POLICY:
        why = f"{case.decided.why_no_policy}, and nothing is declared for the view."
        origins = case.effective.policies[0].origins
        if not case.effective.applies and origins.admits(case.page.origin):
            why += " A bare cors_allow applies the CORS_* settings to it instead."
        return why
    deny = case.effective.counting_layers[0]
    if case.spot.layer is not deny and deny.name in ("class", "include"):
        return f"The cors_deny at {place(deny)} is a default."
    return ""


def _not_admitted(case: Case) -> Advice:
    near = [
        *misses(case.page.origin, case.effective.policies),
        *beginnings(case.page.origin, case.effective.policies),
    ]
    return _admitted(case)._replace(near=tuple(near))


def _admitted(case: Case) -> Advice:
    origin, policies = case.page.origin, case.effective.policies
    if origin in SPECIAL:
        # To admit it by name would look as if it were one page.
        text = "give it an origin of its own; every sandboxed frame has the origin null, too"
        return Advice(Tell(f"the page: {text}."))
    others = case.wider("origins", (repr(origin),))
    items = case.effective_fields()
    one = case.like(len(policies) - 1)
    if one is None or None in items:
        return Advice(case.wider_first("origins", (repr(origin),)))
    known = [item for item in items if item is not None]
    if len(known) == 1 and source_code.admits_nobody(known[0]):
        return Advice(case.declare(one), others)
    same = policies[0].credentials == case.credentials
    if len(known) == 1 and same and case.suffices(known[0], policies[0]):
        layer = case.spot.layer
        source = case.sources["origins"]
        own = layer is not None and layer is source.layer and not source.policy_name
        if own and not is_shared(source, "origins"):
            also = case.also(policies[0].methods)
            return Advice(
                Extend(
                    source, "origins", (repr(origin),), frozenset(), _trust(case), case.spot, also
                )
            )
        if "private_network" not in known[0]:
            return Advice(case.declare(source_code.with_origin(known[0], origin)), others)
    return Advice(case.declare(*known, one), others)


def _trust(case: Case) -> str:
    return "Do so if you trust its pages with the visitor's cookies." if case.credentials else ""


def _method(case: Case) -> Advice:
    method = case.page.method
    others = case.wider("methods", (repr(method),))
    if case.is_for_one:
        policy = case.policy
        served = case.unit.methods if case.spot.on_handler else policy.methods
        fields = {"methods": source_code.listed(in_order({*served, method}))}
        refined = case.refined({**fields, **case.missing_headers(policy)})
        if refined is not None:
            return Advice(refined, others)
    return Advice(case.first_for_page("methods", (repr(method),)), others)


def _header(case: Case) -> Advice:
    missing = case.refusal.verdict.missing
    values = tuple(map(repr, missing))
    others = case.wider("headers", values)
    policies = case.effective.policies
    shared = len({policy.policy.headers for policy in policies}) == 1
    keeps = all(
        case.offered - SAFELISTED_METHODS <= policy.methods or "*" in policy.methods
        for policy in policies
    )
    reflects = case.policy.policy.any_origin and case.policy.credentials
    if shared and not reflects and (keeps or not case.spot.on_handler):
        code = source_code.extended_headers(case.policy.policy.headers or (), missing)
        refined = case.refined({"headers": code})
        if refined is not None:
            return Advice(refined, others)
    return Advice(case.first_for_page("headers", values), others)


_WITHOUT = Ask({"credentials": "same-origin"}, "ask without credentials, if it needs none")


def _credentials(case: Case) -> Advice:
    if case.is_for_one:
        refined = case.refined({"credentials": "True", **case.missing(case.policy)})
        if refined is not None:
            return Advice(refined, (_WITHOUT,))
    others: tuple[Edit, ...] = ()
    if not any(policy.policy.any_origin for policy in case.effective.policies):
        others = case.wider("credentials", ("True",))
    return Advice(case.first_for_page("credentials", ("True",)), (_WITHOUT, *others))


def _written_by_hand(case: Case) -> Advice:
    if not view_headers.stay(case.decided.answer, case.decided.effective):
        return Advice(Move("something above it writes Access-Control-Allow-Origin by hand"))
    note = (
        "It replaces what the view writes by hand. Remove what a proxy or a middleware above "
        "CorsMiddleware writes."
    )
    kept = answered_above.kept(case.refusal)
    known = [
        each for each in case.effective_fields() if each and not source_code.admits_nobody(each)
    ]
    without = (_WITHOUT,) if case.refusal.verdict.reason is Reason.CREDENTIALS_NOT_ALLOWED else ()
    return Advice(case.declare(case.for_page(), *known, *kept, note=note), without)


_ADVICE: dict[Reason | None, Callable[[Case], Advice]] = {
    Reason.DENIED: _closed,
    Reason.NO_POLICY: _closed,
    Reason.NOT_AN_ORIGIN: _not_admitted,
    Reason.ORIGIN_NOT_ADMITTED: _not_admitted,
    Reason.METHOD_NOT_OFFERED: _method,
    Reason.HEADER_NOT_ALLOWED: _header,
    Reason.CREDENTIALS_NOT_ALLOWED: _credentials,
    Reason.WRONG_ALLOW_ORIGIN: _written_by_hand,
}
