"""An exchange between a browser and the site, in lines for people."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from cors_views.browsing import PageRequest, Received, Sent, Step, Verdict
from cors_views.browsing.pages import origin_of
from cors_views.inspection.hosts import way_between
from cors_views.management.explaining.advice_wording import place
from cors_views.management.terminal_layout import Paint
from cors_views.protocol.effective_policies import EffectivePolicy
from cors_views.protocol.questions import SIGNAL
from cors_views.protocol.reasons import Reason
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.wrapped_views import name_of
from cors_views.responses import debug_header
from cors_views.responses.kept_decision import Decided
from cors_views.standard.header_values import HeaderList
from cors_views.standard.response_headers import CORS_RESPONSE_HEADERS
from cors_views.support.escaping import escaped

#: What of a response's headers CORS is about, beside its own.
SHOWN = CORS_RESPONSE_HEADERS | {"vary", "location", debug_header.NAME.lower()}
#: So much of a header is shown: the lists of CORS are long, and worth reading.
LONGEST = 2000
#: Names of headers with values that are nobody's business, not even on the screen of whoever typed
#: them: what a browser's network tab copies holds keys.
_SECRET = re.compile(r"auth|cookie|csrf|key|password|secret|session|token", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Return whether the value of a header is nobody's business, going by its name."""
    # What a preflight asks about are names.
    return bool(_SECRET.search(name)) and not name.lower().startswith("access-control-")


def without_secrets(headers: HeaderList) -> HeaderList:
    """Return headers for a server that their keys are not for: the names alone matter to CORS."""
    return tuple((name, "x" if is_secret(name) else value) for name, value in headers)


def call(page: PageRequest) -> str:
    """Return what the page does, in one sentence."""
    at = "A sandboxed page (origin null)" if page.origin == "null" else f"A page at {page.origin}"
    cookies = " with credentials" if page.credentials == "include" else ""
    return f"{at} fetches {page.method} {escaped(page.url, LONGEST)}{cookies}."


def lines(
    verdict: Verdict,
    origin: str,
    assumed: Sequence[str],
    paint: Paint,
    cookies: str | None = None,
) -> Iterator[str]:
    """Yield the exchange: each request, its response, and what the browser looks at in between.

    ``origin`` is the page's; ``assumed`` says of each response why it is taken for granted.
    ``cookies`` says which go along with credentials, where it is not up to a browser.
    """
    for number in range(len(verdict.exchanges) + 1):
        if number:
            yield ""
            yield from _sent(verdict.exchanges[number - 1].sent, origin, paint, cookies)
            received = verdict.exchanges[number - 1].received
            if received is not None:
                yield from _received(received, assumed[number - 1], paint)
            yield ""
        for step in verdict.steps:
            if step.after == number:
                yield _step(step, paint)


def _step(step: Step, paint: Paint) -> str:
    mark = paint("pass", "SUCCESS") if step.passed else paint("FAIL", "ERROR")
    return f"  {mark}  {step.check.value}: {escaped(step.detail, LONGEST)}"


def _sent(sent: Sent, origin: str, paint: Paint, cookies: str | None) -> Iterator[str]:
    url = urlsplit(sent.url)
    path = url._replace(scheme="", netloc="").geturl()
    yield paint(f"  > {sent.method} {escaped(path, LONGEST)}", "MIGRATE_LABEL")
    yield f"  > Host: {url.netloc}"
    for name, value in sent.headers:
        yield f"  > {name}: {shown_value(name, value)}"
    if sent.credentials and cookies is None:
        crossing = way_between(origin, origin_of(sent.url))["cross_site"]
        which = "those with SameSite=None and Secure" if crossing else "if it has any"
        cookies = f"the cookies of that host, {which}"
    if sent.credentials and cookies:
        yield f"  > (and {cookies})"


def shown_value(name: str, value: str) -> str:
    """Return the value of a header that was sent, unless it is nobody's business."""
    return "…" if is_secret(name) else escaped(value, LONGEST)


def _received(received: Received, assumed: str, paint: Paint) -> Iterator[str]:
    told = f" (assumed: {assumed})" if assumed else ""
    yield paint(f"  < {received.status}{told}", "MIGRATE_LABEL")
    shown = [(name, value) for name, value in received.headers if name.lower() in SHOWN]
    for name, value in shown:
        yield f"  < {name}: {escaped(value, LONGEST)}"
    if not any(name.lower() in CORS_RESPONSE_HEADERS for name, _ in shown):
        yield "  < (no CORS headers)"


def verdict(reached: Verdict, paint: Paint, *, elsewhere: bool, says_why: bool = True) -> str:
    """Return the verdict; ``elsewhere`` is whether another server has the last word.

    ``says_why`` is whether the reason is known, and not only that a header is missing.
    """
    if elsewhere:
        sent = reached.exchanges[-1].sent
        origin, there = dict(sent.headers).get("Origin"), origin_of(sent.url)
        told = f"only {there} can tell whether a page may read its answer as Origin {origin!r}"
        return paint(f"Not known, {Reason.REDIRECT_REFUSED.name}: {told}.", "WARNING")
    if reached.reason is None:
        url = escaped(reached.url, LONGEST)
        where = f" of {url}, where it was redirected to" if reached.redirected else ""
        status = f", which is a {reached.status}" if reached.status != 200 else ""
        return paint(f"The page may read the answer{where}{status}.", "SUCCESS")
    if not says_why:
        told = "the answer has no Access-Control-Allow-Origin, and does not say why"
        return paint(f"Refused: {told}.", "ERROR")
    names = f": {', '.join(reached.missing)}" if reached.missing else ""
    return paint(f"Refused, {reached.reason.name}: {reached.reason.value}{names}.", "ERROR")


def consulted(decided: Decided) -> Iterator[str]:
    """Yield who was asked about the origin, and what they said."""
    questions = [each for policy in decided.effective.policies for each in policy.origins.callables]
    for question in dict.fromkeys(questions):
        if id(question) in decided.replies:
            yield f"{name_of(question)} was called and {_said(decided, question)}."
    if decided.replies.get(id(SIGNAL)) is not None:
        yield f"The receivers of check_request_enabled were called and {_said(decided, SIGNAL)}."


def _said(decided: Decided, question: object) -> str:
    admits = decided.replies[id(question)]
    return "admitted the origin" if admits else "did not admit the origin"


def decided_by(effective: EffectivePolicy) -> str:
    """Return what decides, in words, with places that are the same on every machine."""
    decisive = [] if effective.signal else [effective.counting_layers[0]]
    layers = effective.counting_layers[len(decisive) :]
    named = [_named(layer) for layer in (*decisive, *layers)]
    return ", refined by the ".join(named if decisive else ["CORS_* settings", *named])


def _named(layer: object) -> str:
    if not isinstance(layer, Layer):
        return str(layer)
    names = [name for name in layer.declaration.policies if isinstance(name, str)]
    named = f" {', '.join(map(repr, names))}" if names else ""
    what = "cors_deny" if layer.declaration.deny else "policy"
    return f"{layer.name} {what}{named} at {place(layer)}"
