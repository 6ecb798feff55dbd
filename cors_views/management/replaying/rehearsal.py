"""Plays the requests of a log once more, against the policies as they are now.

No view is run and no middleware: the URLconf says which route a path leads to, and the protocol
what a browser gets from its policy. What a browser makes of that is said by ``browsing``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any, NamedTuple
from urllib.parse import unquote

from django.http import HttpRequest

from cors_views import conf
from cors_views.browsing import PreflightCache, Received, Sent, browse, page_request
from cors_views.inspection.hosts import allowed_hosts
from cors_views.management.overview.rows import Row, deciding_row
from cors_views.management.replaying.log_lines import Asked
from cors_views.management.site_requests import path_info
from cors_views.policies.origin_sets import LoadedOrigins
from cors_views.protocol import actual_answers, preflight_answers, questions
from cors_views.protocol.consulting import known_replies
from cors_views.protocol.effective_policies import EffectivePolicy, RoutePolicies
from cors_views.protocol.questions import Replies, Unanswered
from cors_views.protocol.reasons import Preflight, Reason
from cors_views.resolution import lookup, pattern_paths
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.wrapped_views import name_of
from cors_views.standard.origins import is_origin

#: A server that is no page's own.
_SERVER = "https://server.invalid"
#: So many refusals are told apart: a stranger may send as many origins as he likes.
_MOST_REFUSALS = 20_000
OTHERS = "other origins"


class Refusal(NamedTuple):
    """Who would be refused what, why, and by what of which route."""

    origin: str
    method: str
    pattern_path: PatternPath
    effective: EffectivePolicy
    reason: Reason
    missing: tuple[str, ...] = ()

    @property
    def row(self) -> Row:
        """What decides, as the overview shows it."""
        return deciding_row(self.pattern_path, self.effective)


class Counted:
    """How many requests there were, and what would become of them.

    ``without_origin``, ``same_origin``, ``preflights`` and ``no_origin`` were not judged: they have
    no Origin, one of the site itself, ask for a method that nobody wrote down, or have an Origin
    that no browser sends.
    """

    def __init__(self) -> None:
        self.admitted = self.without_origin = self.same_origin = self.preflights = 0
        self.no_origin = 0
        self.asked: dict[str, int] = {}
        self.refused: dict[Refusal, int] = {}
        #: One path of each refusal.
        self.paths: dict[Refusal, str] = {}
        #: Whether there were requests whose headers nobody wrote down, and whose host.
        self.headers_unknown = self.host_unknown = False

    @property
    def judged(self) -> int:
        return self.admitted + sum(self.asked.values()) + sum(self.refused.values())


def rehearse(requests: Iterable[Asked], urlconf: str | None) -> Counted:
    """Return what would become of the requests of a log."""
    rehearsal = _Rehearsal(urlconf)
    for asked in requests:
        rehearsal.count(asked)
    return rehearsal.counted


class _Rehearsal:
    def __init__(self, urlconf: str | None) -> None:
        self.counted = Counted()
        self.urlconf = urlconf
        self._only_host = _only_host()
        #: So that what governs a route is one object, however many routes there are.
        self._kept: dict[PatternPath, RoutePolicies] = {}
        self._routed = functools.lru_cache(maxsize=50_000)(self._route)
        self._judged = functools.lru_cache(maxsize=50_000)(self._judge)

    def count(self, asked: Asked) -> None:
        counted = self.counted
        if not asked.origin:
            counted.without_origin += asked.times
        elif not is_origin(asked.origin):
            counted.no_origin += asked.times
        elif self._is_own(asked):
            counted.same_origin += asked.times
        elif asked.method == "OPTIONS" and not asked.requested_method:
            counted.preflights += asked.times
        else:
            self._count_judged(asked)

    def _count_judged(self, asked: Asked) -> None:
        counted = self.counted
        counted.headers_unknown = counted.headers_unknown or asked.headers is None
        # A preflight stands for the request that it asks about.
        method = asked.requested_method if asked.method == "OPTIONS" else asked.method
        # As it was sent or as Django has it, whichever the log holds.
        path = unquote(path_info(asked.path.partition("?")[0])) or "/"
        pattern_path, route_policies = self._routed(path)
        matches = not route_policies.needs_url_match or conf.cors_settings().matches_url(path)
        found = self._judged(
            asked.origin, method, asked.headers, pattern_path, route_policies, matches
        )
        if found is None:
            counted.admitted += asked.times
        elif isinstance(found, str):
            counted.asked[found] = counted.asked.get(found, 0) + asked.times
        else:
            if len(counted.refused) >= _MOST_REFUSALS and found not in counted.refused:
                found = found._replace(origin=OTHERS)
            counted.refused[found] = counted.refused.get(found, 0) + asked.times
            counted.paths.setdefault(found, path)

    def _is_own(self, asked: Asked) -> bool:
        """Return whether a page of the site itself has asked."""
        host = asked.host or self._only_host
        self.counted.host_unknown = self.counted.host_unknown or not asked.host
        schemes = (asked.scheme,) if asked.scheme else ("https", "http")
        return bool(host) and asked.origin in [f"{scheme}://{host}" for scheme in schemes]

    def _route(self, path: str) -> tuple[PatternPath, RoutePolicies]:
        request = HttpRequest()
        request.path_info = path
        if self.urlconf:
            request.urlconf = self.urlconf
        try:
            # As it is found for a preflight: among thousands of routes, a match of Django's takes a
            # hundred times as long.
            found = pattern_paths.find_pattern_paths(request)
            if not found:
                return (), lookup.unrouted()
            pattern_path, *others = found
            if others:
                return pattern_path, lookup.route_policies_of_several(found)
            if pattern_path not in self._kept:
                self._kept[pattern_path] = lookup.route_policies_at(pattern_path)
            return pattern_path, self._kept[pattern_path]
        except Exception:
            # A converter that asks a database, for one. What answers then is what a 404 gets.
            return (), lookup.unrouted()

    def _judge(
        self,
        origin: str,
        method: str,
        headers: tuple[str, ...] | None,
        pattern_path: PatternPath,
        route_policies: RoutePolicies,
        url_matches: bool,
    ) -> Refusal | str | None:
        """Return why a request would be refused, who would be asked, or ``None``."""
        effective = route_policies.effective(method.upper())
        try:
            sent = [(name, "application/json") for name in headers or ()]
            page = page_request(origin, f"{_SERVER}/", method=method, headers=sent)
        except ValueError:
            # No browser sends such a method, nor such a header.
            return Refusal(origin, method, pattern_path, effective, Reason.METHOD_NOT_OFFERED)
        browser = browse(page, PreflightCache())
        try:
            request = next(browser)
            while True:
                request = browser.send(_answer(route_policies, request, origin, url_matches))
        except StopIteration as done:
            verdict = done.value
        except _IsAsked as asked:
            return asked.name
        if verdict.reason is None:
            return None
        return Refusal(origin, method, pattern_path, effective, verdict.reason, verdict.missing)


class _IsAsked(Exception):  # noqa: N818 nothing is wrong
    """Somebody is asked per request, and nobody can tell here what he would say."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


def _answer(route_policies: RoutePolicies, sent: Sent, origin: str, url_matches: bool) -> Received:
    """Return what a browser receives: the headers alone, since no view is run."""
    asked = {name.lower(): value for name, value in sent.headers}
    method = sent.method.upper()
    replies = known_replies().own()
    while True:
        try:
            if sent.kind == "preflight":
                wanted = asked["access-control-request-method"]
                names = asked.get("access-control-request-headers")
                question = Preflight(origin, wanted, names, False, url_matches)
                found = preflight_answers.preflight(route_policies, question, replies)
            else:
                found = actual_answers.actual(
                    route_policies.effective(method), origin, replies, url_matches=url_matches
                )
            if found is None:
                return Received(200, (), Reason.NO_POLICY)
            return Received(200, found.headers, found.reason)
        except Unanswered as unanswered:
            _ask(unanswered, origin, replies)


def _ask(unanswered: Unanswered, origin: str, replies: Replies) -> None:
    question: Any = unanswered.question
    if not isinstance(question, LoadedOrigins):
        name = "check_request_enabled" if question is questions.SIGNAL else name_of(question)
        raise _IsAsked(name)
    replies[id(question)] = question(None, origin)


def _only_host() -> str:
    """Return the host of the site where there is just one, so that its own pages are known."""
    hosts = allowed_hosts()
    return hosts[0] if len(hosts) == 1 and not hosts[0].startswith((".", "*")) else ""
