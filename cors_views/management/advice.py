"""What to change where, so that a browser lets the page have the answer."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from django.urls import ResolverMatch

from cors_views import chains, conf, nearest
from cors_views.browsing import PageRequest, Verdict
from cors_views.layers import Layer
from cors_views.management import wording
from cors_views.management.overview import is_installed, view_name
from cors_views.management.sending import Heard
from cors_views.middleware import CorsMiddleware
from cors_views.origins import SPECIAL
from cors_views.outcomes import Outcome
from cors_views.protocol import admitting
from cors_views.reasons import Reason
from cors_views.rulings import CompiledPolicy, Ruling
from cors_views.uses import Source, sources_of

_MIDDLEWARE = "cors_views.middleware.CorsMiddleware"


class Refusal(NamedTuple):
    """A request that a browser refuses, with all that is known of it."""

    verdict: Verdict
    page: PageRequest
    match: ResolverMatch
    heard: Heard | None

    @property
    def outcome(self) -> Outcome | None:
        return self.heard.outcome if self.heard else None

    @property
    def view(self) -> str:
        return view_name(chains.chain_of(self.match))

    @property
    def fields(self) -> str:
        """The fields of a policy that would let this page have the answer."""
        cookies = ", credentials=True" if self.page.credentials == "include" else ""
        return f"origins=[{self.page.origin!r}]{cookies}"

    def sources(self, outcome: Outcome) -> dict[str, Source]:
        """Return who sets which field of the policy that decides."""
        ruling = outcome.ruling
        return sources_of(ruling, ruling.policies.index(self.policy(outcome)))

    def policy(self, outcome: Outcome) -> CompiledPolicy:
        """Return the policy that decides; the last one where none admits the origin."""
        ruling = outcome.ruling
        return admitting(ruling, outcome.origin, outcome.answers) or ruling.policies[-1]


def advice(refusal: Refusal) -> str:
    """Return one line: where to change what."""
    reason = refusal.verdict.reason
    outcome = refusal.outcome
    if reason is Reason.REDIRECT_REFUSED:
        return f"the page: ask for a URL that is no redirect to {refusal.verdict.url}."
    if outcome is None or reason is Reason.PREFLIGHT_FAILED:
        return _answered_by_others(refusal)
    return _ADVICE[reason](refusal, outcome)


def _answered_by_others(refusal: Refusal) -> str:
    received = refusal.verdict.exchanges[-1].received
    location = dict(received.headers).get("Location") if received else None
    if location:
        return f"the page: ask for {location}; a preflight may not be redirected."
    if not conf.has_middleware(CorsMiddleware):
        return f"MIDDLEWARE: put {_MIDDLEWARE!r} first; it is not there."
    return f"MIDDLEWARE: put {_MIDDLEWARE!r} first; something above it answers by itself."


def _denied(refusal: Refusal, outcome: Outcome) -> str:
    layer = outcome.ruling.trail[0]
    allow = f"@cors_allow({refusal.fields})"
    if not isinstance(layer, Layer):
        return f"{refusal.view}: {layer}; the log says why."
    place = _place(layer)
    written = _written_at(refusal, layer)
    if written:
        policy = f"{written}({refusal.fields})"
        return f"{place}: write {policy} instead of cors_deny, if pages are meant to read this."
    method = refusal.page.method
    implemented = nearest.route_of(refusal.match).implemented
    handler = f"its {method.lower()}" if method in implemented else "it"
    return f"{refusal.view}: write {allow} above {handler}; the cors_deny at {place} is a default."


def _written_at(refusal: Refusal, layer: Layer) -> str:
    """Return what to write in the place of a ``cors_deny``; nothing where a nearer one is better.

    Nobody decorates the views of installed packages, so for these it is the include.
    """
    if layer.applied.attribute:
        return "CorsPolicy"
    if layer.name == "include":
        return "policy=CorsPolicy" if is_installed(chains.chain_of(refusal.match)) else ""
    return "@cors_allow" if layer.name in ("handler", "route") else ""


def _place(layer: Layer) -> str:
    """Return the place of a layer, and the attribute that holds it: a class has several."""
    place = wording.place(layer, lines=True)
    return f"{place}, {layer.applied.attribute}" if layer.applied.attribute else place


def _no_policy(refusal: Refusal, outcome: Outcome) -> str:
    opt_in = not outcome.ruling.governed
    why = "CORS_OPT_IN is on" if opt_in else "CORS_URLS_REGEX does not match the URL"
    if is_installed(chains.chain_of(refusal.match)):
        # Nobody decorates the views of installed packages.
        include = f"cors_include(..., {refusal.fields})"
        return f"the URLconf: write {include} for {refusal.view}; {why}, and nothing is declared."
    allow = f"@cors_allow({refusal.fields})"
    return f"{refusal.view}: write {allow} above it; {why}, and it declares nothing."


def _not_admitted(refusal: Refusal, outcome: Outcome) -> str:
    origin = refusal.page.origin
    source = refusal.sources(outcome)["origins"]
    if origin in SPECIAL:
        # To admit it by name would look as if it were one page.
        place = where(source, "origins")
        return f"{place}: nothing, unless any page may read: then write origins='*'."
    policy = refusal.policy(outcome)
    begun = [regex for regex in policy.policy.origin_regexes or () if regex.match(origin)]
    if begun:
        place = where(refusal.sources(outcome)["origin_regexes"], "origin_regexes")
        return (
            f"{place}: r'{begun[0].pattern}' matches only the beginning of {origin!r}; write out "
            "the rest, if you trust all that may stand there."
        )
    cookies = " with the visitor's cookies" if policy.credentials else ""
    names = "origins" if source.layer else conf.name_in_use("CORS_ALLOWED_ORIGINS")
    return (
        f"{where(source, 'origins')}: add {origin!r} to {names}, if you trust its pages{cookies}."
    )


def _method(refusal: Refusal, outcome: Outcome) -> str:
    method = refusal.page.method
    if method != method.upper():
        return f"the page: write {method.upper()!r}; to a browser {method!r} is another method."
    implemented = nearest.route_of(refusal.match).implemented
    if implemented and method not in implemented:
        return f"{refusal.view}: it serves no {method}, but {', '.join(sorted(implemented))}."
    return _added([method], "methods", "CORS_ALLOW_METHODS", refusal, outcome)


def _header(refusal: Refusal, outcome: Outcome) -> str:
    return _added(refusal.verdict.missing, "headers", "CORS_ALLOW_HEADERS", refusal, outcome)


def _added(
    names: list[str] | tuple[str, ...],
    field: str,
    setting: str,
    refusal: Refusal,
    outcome: Outcome,
) -> str:
    source = refusal.sources(outcome)[field]
    listed = ", ".join(map(repr, names))
    if source.layer is None:
        # To change it for every view is more than the page needs, where the view has a policy.
        decisive = refusal.sources(outcome)["origins"]
        if decisive.layer is None:
            return f"settings: add {listed} to {setting}."
        place = where(decisive, field)
        return f"{place}: give it {field}=[...] with {listed}, or add it to {setting}."
    return f"{where(source, field)}: add {listed} to {field}."


def _credentials(refusal: Refusal, outcome: Outcome) -> str:
    sources = refusal.sources(outcome)
    source, own = sources["origins"], sources["credentials"]
    named = f"origins=[{refusal.page.origin!r}], credentials=True"
    if any(policy.policy.any_origin for policy in outcome.ruling.policies):
        place = where(source, "credentials")
        return f"{place}: name who is trusted, {named}, or let the page ask without."
    if own.layer is not None:
        return f"{where(own, 'credentials')}: write credentials=True."
    if source.layer is None:
        return "settings: write CORS_ALLOW_CREDENTIALS = True."
    return f"{where(source, 'credentials')}: write credentials=True beside origins."


def _written_by_hand(refusal: Refusal, outcome: Outcome) -> str:
    return (
        f"{refusal.view}: remove the Access-Control-Allow-Origin that it, a middleware or a "
        f"proxy writes by hand, and write @cors_allow({refusal.fields})."
    )


def where(source: Source, field: str) -> str:
    """Return where a field has to be changed: in the settings, or where it is declared."""
    if source.layer is None:
        return "settings"
    if source.policy_name and field not in dict(source.layer.declaration.fields):
        return f"settings, CORS_POLICIES[{source.policy_name!r}]"
    return _place(source.layer)


def decided_by(ruling: Ruling) -> str:
    """Return what decides, in words, with places that are the same on every machine."""
    decisive = [] if ruling.signal else [ruling.trail[0]]
    layers = ruling.trail[len(decisive) :]
    told = [_told(layer) for layer in (*decisive, *layers)]
    return ", refined by the ".join(told if decisive else ["CORS_* settings", *told])


def _told(layer: object) -> str:
    if not isinstance(layer, Layer):
        return str(layer)
    names = [name for name in layer.declaration.policies if isinstance(name, str)]
    named = f" {', '.join(map(repr, names))}" if names else ""
    what = "cors_deny" if layer.declaration.deny else "policy"
    return f"{layer.name} {what}{named} at {wording.place(layer, lines=True)}"


_ADVICE: dict[Reason | None, Callable[[Refusal, Outcome], str]] = {
    Reason.DENIED: _denied,
    Reason.NO_POLICY: _no_policy,
    Reason.NOT_AN_ORIGIN: _not_admitted,
    Reason.ORIGIN_NOT_ADMITTED: _not_admitted,
    Reason.METHOD_NOT_OFFERED: _method,
    Reason.HEADER_NOT_ALLOWED: _header,
    Reason.CREDENTIALS_NOT_ALLOWED: _credentials,
    Reason.WRONG_ALLOW_ORIGIN: _written_by_hand,
}
