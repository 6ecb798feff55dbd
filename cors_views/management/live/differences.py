"""Where a deployed answer differs from what the code decides: what happens, what to change."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

from cors_views.browsing import Received, Sent
from cors_views.browsing.engine import REDIRECT_STATUSES
from cors_views.management.live import signs
from cors_views.management.live.error_pages import change_for
from cors_views.standard.header_values import value_of
from cors_views.standard.response_headers import ALLOW_ORIGIN, CORS_RESPONSE_HEADERS
from cors_views.support.escaping import quoted


class Compared(NamedTuple):
    """A request, the answer that is deployed, and what the code answers here.

    ``is_known`` is whether the code knows who answers: without a route, that may be somebody beside
    Django.
    """

    sent: Sent
    live: Received
    code: Received
    is_known: bool

    @property
    def allowed(self) -> list[str]:
        """What each ``Access-Control-Allow-Origin`` of the deployed answer says."""
        return [value.strip() for name, value in self.live.headers if name.lower() == ALLOW_ORIGIN]

    @property
    def decided(self) -> str | None:
        """The one that the code writes."""
        return value_of(self.code.headers, ALLOW_ORIGIN)

    @property
    def origin(self) -> str:
        return dict(self.sent.headers).get("Origin", "")

    @property
    def request(self) -> str:
        return f"The {'preflight' if self.sent.kind == 'preflight' else self.sent.method}"

    @property
    def whose(self) -> str:
        """Who has answered, as far as it says so."""
        server = value_of(self.live.headers, "server")
        return f" (Server: {quoted(server, 60)})" if server else ""

    @property
    def location(self) -> str:
        return value_of(self.live.headers, "location") or ""

    def explained(self, *, agrees: bool) -> Received:
        """Return the deployed answer, with what the code knows of it where it ``agrees``.

        Otherwise with what the answer says of itself.
        """
        if not agrees:
            reason, source = signs.reason_told(self.live)
            return self.live._replace(reason=reason, source=source)
        return self.live._replace(
            reason=self.code.reason, missing=self.code.missing, source=self.code.source
        )


def differences(compared: Compared) -> list[str]:
    """Return in which way an answer differs, in sentences; none where it does not."""
    for judge in _CAUSES if compared.is_known else _CAUSES_IN_FRONT:
        found = judge(compared)
        if found:
            return [found]
    return [*_others(compared)] if compared.is_known else []


# --- What explains all the rest ----------------------------------------------------------------


def _refused_by_itself(compared: Compared) -> str:
    told = signs.refusal_told(compared.live)
    if not told or compared.allowed:
        return ""
    reason, code = signs.reason_told(compared.live)[0], compared.code
    if compared.decided is not None:
        here = f"writes Access-Control-Allow-Origin: {compared.decided}"
    elif reason and code.reason and reason is not code.reason:
        here = f"refuses it for another reason, {code.reason.name}; {code.source}"
    else:
        return ""
    return (
        f"{compared.request} did reach CorsMiddleware, which answered with a "
        f"{compared.live.status} and says why, X-Cors-Views: {told}. The code here {here}. So "
        "other code or other settings run there: deploy these, and restart the server."
    )


def _redirected(compared: Compared) -> str:
    if compared.sent.kind != "preflight" or compared.live.status not in REDIRECT_STATUSES:
        return ""
    if compared.code.status in REDIRECT_STATUSES:
        return ""
    there = quoted(compared.location)
    return (
        f"The preflight is redirected to {there} with a {compared.live.status}{compared.whose}, "
        f"before it reaches CorsMiddleware, and browsers follow no redirect of a preflight. "
        f"{_instead(compared)}"
    )


def _instead(compared: Compared) -> str:
    """Return what to ask for instead of a URL that is redirected."""
    asked = urlsplit(compared.sent.url)
    try:
        other = urlsplit(urljoin(compared.sent.url, compared.location))
    except ValueError:
        return "Remove the redirect there."
    if other._replace(scheme="") == asked._replace(scheme="") and other.scheme == "https":
        return "Let the page ask by https directly."
    if other.path == f"{asked.path}/":
        return f"Let the page ask for {quoted(other.path)}, with the slash at its end."
    return "Let the page ask for that URL directly, or pass OPTIONS on without a redirect."


def _lost(compared: Compared) -> str:
    if compared.allowed or compared.decided is None:
        return ""
    # A server that decides by the origin is the middleware, or as good as that.
    if not signs.names_origin_in_vary(compared.live):
        found = _in_front(compared)
        if found:
            return found
    if signs.is_a_copy(compared.live):
        return (
            f"The answer is a cache's copy ({signs.is_a_copy(compared.live)}), made for somebody "
            "else: it has no Access-Control-Allow-Origin, and the code writes "
            f"{compared.decided}. {_KEY}"
        )
    status = compared.live.status
    with_status = f" with a {status}" if status >= 300 else ""
    told = _perhaps_enforced(compared) or _perhaps_unknown(compared)
    return (
        f"{compared.request} is answered{with_status} without Access-Control-Allow-Origin"
        f"{compared.whose}, and the code writes {compared.decided}. {told}Either other code or "
        "other settings are deployed there: deploy these. Or something in front of Django takes "
        "the header away, answers itself, or passes on another path: have it pass the request on "
        "as it is, and the header back (nginx: no proxy_hide_header, no path in proxy_pass)."
    )


def _in_front(compared: Compared) -> str:
    status = compared.live.status
    if status in REDIRECT_STATUSES:
        return (
            f"{compared.request} is redirected to {quoted(compared.location)} "
            f"without CORS headers{compared.whose}, by something in front of CorsMiddleware. "
            f"{_instead(compared)}"
        )
    if status >= 400:
        change = change_for(status, is_preflight=compared.sent.kind == "preflight")
        return (
            f"{compared.request} is answered with a {status} without CORS headers"
            f"{compared.whose}, so not by CorsMiddleware, which writes "
            f"Access-Control-Allow-Origin: {compared.decided}. {change}."
        )
    return ""


def _perhaps_enforced(compared: Compared) -> str:
    """Return what a 403 that depends on the origin comes from; nothing of another answer."""
    if compared.live.status != 403 or not signs.names_origin_in_vary(compared.live):
        return ""
    return (
        "Its Vary names Origin, so CorsMiddleware itself may have refused it: with enforce=True it "
        "answers 403 where the policy does not admit the request. "
    )


def _perhaps_unknown(compared: Compared) -> str:
    """Return what a 404 that depends on the origin comes from; nothing of another answer."""
    if compared.live.status != 404:
        return ""
    return "Its Vary names Origin, so Django itself may have answered, and has no such URL there. "


_KEY = (
    "Have the cache keep one copy for each origin (nginx: $http_origin in proxy_cache_key, and no "
    "proxy_ignore_headers Vary; a CDN: Origin in its cache key), then empty it."
)


def _of_another(compared: Compared) -> str:
    if len(compared.allowed) != 1 or compared.allowed[0] in ("*", compared.origin):
        return ""
    sign = signs.is_a_copy(compared.live)
    by = f"The answer is a cache's copy ({sign})" if sign else "The answer is not this page's own"
    return (
        f"{by}: its Access-Control-Allow-Origin names {quoted(compared.allowed[0])}, and the "
        f"code writes {compared.decided or 'none'}. It was made for a page there, or something "
        f"in front of Django writes the header itself{compared.whose}: then remove it there. "
        f"{_KEY}"
    )


def _twice(compared: Compared) -> str:
    values = [part.strip() for value in compared.allowed for part in value.split(",")]
    if len(values) < 2:
        return ""
    return (
        f"Access-Control-Allow-Origin arrives {'twice' if len(values) == 2 else 'several times'}: "
        f"{' and '.join(map(quoted, values[:4]))}. CorsMiddleware writes one"
        f"{f', {compared.decided}' if compared.decided else ' for those it admits'}; browsers "
        f"refuse two. Something in front of Django{compared.whose} adds the other: remove it there "
        "(nginx: add_header Access-Control-Allow-Origin)."
    )


def _admitted(compared: Compared) -> str:
    if not compared.allowed or compared.decided is not None:
        return ""
    return (
        f"What is deployed answers Access-Control-Allow-Origin: {quoted(compared.allowed[0])}, and "
        f"the code does not admit the page. Something in front of Django{compared.whose}, the view "
        "itself, or other code or settings than these write it: remove it there, or deploy these."
    )


_CAUSES: tuple[Callable[[Compared], str], ...] = (
    _refused_by_itself,
    _redirected,
    _lost,
    _twice,
    _of_another,
    _admitted,
)
#: Those that hold whoever answers behind it.
_CAUSES_IN_FRONT = (_redirected, _twice)


# --- What is left ------------------------------------------------------------------------------


_PASSED_ON = "Have OPTIONS passed on."


def _others(compared: Compared) -> Iterator[str]:
    live, code = compared.live, compared.code
    if compared.sent.kind == "preflight" and live.status // 100 != code.status // 100:
        yield (
            f"The preflight is answered with a {live.status}{compared.whose}, and the code answers "
            f"{code.status}: only 200 to 299 lets a browser go on. "
            f"{_perhaps_enforced(compared) or _PASSED_ON}".rstrip()
        )
    for name in sorted(CORS_RESPONSE_HEADERS):
        here, there = value_of(code.headers, name), value_of(live.headers, name)
        if _list_of(here) != _list_of(there):
            yield (
                f"{name.title()} is {'not there' if there is None else quoted(there)}, and the "
                f"code writes {'none' if here is None else quoted(here)}. Something in front of "
                "Django changes it: have it pass on what Django writes. Or other code or settings "
                "are deployed there: deploy these."
            )
    if _varies(code) and not _varies(live):
        yield (
            "Vary does not name Origin, which the code writes: a cache on the way hands this "
            f"answer to pages of other origins. Whatever is in front of Django{compared.whose} has "
            "to let it pass (nginx: no proxy_hide_header Vary)."
        )


def _list_of(value: str | None) -> frozenset[str]:
    return frozenset(part.strip().lower() for part in (value or "").split(",")) - {""}


def _varies(received: Received) -> bool:
    return not _list_of(value_of(received.headers, "vary")).isdisjoint({"origin", "*"})
