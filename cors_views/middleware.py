"""The middleware: collect what a request asks, find its route, decide, write the headers."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from cors_views import conf
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.protocol import preflight_answers
from cors_views.protocol.actual_answers import actual, at_once
from cors_views.protocol.consulting import NOT_ASKED_YET, aconsult, consult, known_replies
from cors_views.protocol.effective_policies import EffectivePolicy, RoutePolicies
from cors_views.protocol.questions import SIGNAL, Question, Replies, Unanswered
from cors_views.protocol.reasons import Answer, Preflight
from cors_views.resolution.lookup import effective_policy_of, find_route_policies
from cors_views.responses import enforcement, outcome, preflight_status
from cors_views.responses.headers_and_vary import write
from cors_views.responses.kept_decision import Decided, what_was_decided
from cors_views.signals import check_request_enabled, cors_decided
from cors_views.standard.response_headers import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    ALLOW_PRIVATE_NETWORK,
    EXPOSE_HEADERS,
    MAX_AGE,
)

logger = logging.getLogger("cors_views")


class CorsMiddleware:
    """Answer preflights, and add the CORS headers of the view's policy to every response.

    Put it above all middlewares that can answer by themselves (CommonMiddleware, sessions,
    authentication, caches), so that their answers get the headers too. WhiteNoise, which writes
    ``Access-Control-Allow-Origin: *`` itself, may be on either side.
    """

    sync_capable = True
    async_capable = True

    def __init__(
        self,
        get_response: Callable[[HttpRequest], HttpResponseBase]
        | Callable[[HttpRequest], Awaitable[HttpResponseBase]],
    ) -> None:
        self.get_response: Callable[[HttpRequest], Any] = get_response
        self.async_mode = iscoroutinefunction(get_response)
        if self.async_mode:
            markcoroutinefunction(self)
        if apps.ready and not apps.is_installed("cors_views"):
            logger.warning(
                "'cors_views' is missing from INSTALLED_APPS, so manage.py check does not "
                "check the policies."
            )
        # System checks do not run under gunicorn or uvicorn.
        for problem in conf.cors_settings().problems:
            logger.warning("Ignored in the settings: %s", problem)

    def __call__(self, request: HttpRequest) -> Any:
        if self.async_mode:
            return self._acall(request)
        # 1. What the browser asks, as it arrives: what is below may change the request.
        path, origin = request.path_info, request.META.get("HTTP_ORIGIN", "")
        replies, asked = NOT_ASKED_YET, None
        # 2. A preflight is answered here and its view does not run, unless no policy governs it.
        # Receivers may have to be asked now, too; then only what they reply goes on.
        if request.method == "OPTIONS" or check_request_enabled.receivers:
            beforehand, asked = _before_the_view(request, origin)
            if beforehand is not None:
                preflight_response, replies = consult(beforehand, request, origin)
                if preflight_response is not None:
                    if cors_decided.receivers:
                        outcome.send(request)
                    return preflight_response
        # 3. Where policies may enforce, what they do not admit goes no further.
        if origin and ENFORCING.possible:
            forbidden, replies = enforcement.forbid(request, origin, replies)
            if forbidden is not None:
                if cors_decided.receivers:
                    outcome.send(request)
                return forbidden
        # 4. Any other request goes to the view.
        response = self.get_response(request)
        # 5. Find the nearest policy: Django has left the view on the request, if there is one.
        effective = effective_policy_of(request)
        # 6. Decide what it answers this origin; callables and receivers may have to be asked.
        answer = at_once(effective, origin, path, request.method, check_request_enabled.receivers)
        if answer is None:
            decision = partial(_actual, request, path, origin, effective)
            decided = consult(decision, request, origin, replies)
            answer, replies = decided
        # 7. Write the headers of the answer, and Vary; keep what was decided, and log a refusal.
        write(request, response, (origin, answer, effective, asked, replies))
        # 8. Tell what was decided, where anybody wants to know.
        if origin and cors_decided.receivers:
            outcome.send(request)
        return response

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        # The same steps; the view, callables and receivers are awaited.
        path, origin = request.path_info, request.META.get("HTTP_ORIGIN", "")
        replies, asked = NOT_ASKED_YET, None
        if request.method == "OPTIONS" or check_request_enabled.receivers:
            beforehand, asked = _before_the_view(request, origin)
            if beforehand is not None:
                preflight_response, replies = await aconsult(beforehand, request, origin)
                if preflight_response is not None:
                    if cors_decided.receivers:
                        await outcome.asend(request)
                    return preflight_response
        if origin and ENFORCING.possible:
            forbidden, replies = await enforcement.aforbid(request, origin, replies)
            if forbidden is not None:
                if cors_decided.receivers:
                    await outcome.asend(request)
                return forbidden
        response: HttpResponseBase = await self.get_response(request)
        effective = effective_policy_of(request)
        answer = at_once(effective, origin, path, request.method, check_request_enabled.receivers)
        if answer is None:
            decision = partial(_actual, request, path, origin, effective)
            decided = await aconsult(decision, request, origin, replies)
            answer, replies = decided
        write(request, response, (origin, answer, effective, asked, replies))
        if origin and cors_decided.receivers:
            await outcome.asend(request)
        return response


# --- Decide ------------------------------------------------------------------------------------


_Decision = Callable[[Replies], HttpResponse | None]
_PRIVATE_NETWORK = "HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK"


def _before_the_view(
    request: HttpRequest, origin: str
) -> tuple[_Decision | None, Preflight | None]:
    """Return what is to be decided before the view, if anything, and what a preflight asks."""
    if request.method == "OPTIONS":
        meta = request.META
        method = meta.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        # Fetch, "CORS-preflight request". Without an Origin it is no CORS request at all.
        if method is not None and origin:
            route_policies = find_route_policies(request)
            asked = Preflight(
                origin,
                method,
                meta.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
                meta.get(_PRIVATE_NETWORK) == "true",
                not route_policies.needs_url_match
                or conf.cors_settings().matches_url(request.path_info),
            )
            return (lambda replies: _preflight(request, route_policies, asked, replies)), asked
    if check_request_enabled.receivers and not conf.cors_settings().matches_url(request.path_info):
        # django-cors-headers asks the receivers before the view where CORS_URLS_REGEX does not
        # match, and the answer may differ afterwards. The URL is resolved first, because a view
        # that declares its policy has no use for the answer.
        effective = find_route_policies(request).effective(request.method or "")
        if effective.needs_url_match and effective.applies:
            return _ask_the_receivers, None
    return None, None


def _preflight(
    request: Any, route_policies: RoutePolicies, asked: Preflight, replies: Replies
) -> HttpResponse | None:
    if ENFORCING.possible:
        outcome.forget_reported(request)
    answer = preflight_answers.preflight(route_policies, asked, replies)
    if answer is None:
        return None
    effective = route_policies.effective_policy_for(asked.method)
    decided = (asked.origin, answer, effective, asked, replies)
    forbidden = enforcement.forbid_preflight(request, decided) if effective.enforce else None
    return forbidden or preflight_status.preflight_response(request, decided)


def _ask_the_receivers(replies: Replies) -> None:
    """Decide nothing: raise ``Unanswered`` until the receivers were asked."""
    replies.says(SIGNAL)


def _actual(
    request: HttpRequest, path: str, origin: str, effective: EffectivePolicy, replies: Replies
) -> Answer:
    """Decide on the answer; ``path`` and ``origin`` are those of the request as it arrived.

    A middleware below may have cut a prefix off the path, and ``CORS_URLS_REGEX`` means the whole.
    """
    if not effective.needs_url_match:
        return actual(effective, origin, replies)
    return actual(
        effective,
        origin,
        replies,
        url_matches=conf.cors_settings().matches_url(path),
        options=request.method == "OPTIONS",
        private_network=request.META.get(_PRIVATE_NETWORK) == "true",
    )


# --- For others ------------------------------------------------------------------------------

# The names that corsheaders.middleware has for them, for code that moves over.
ACCESS_CONTROL_ALLOW_ORIGIN = ALLOW_ORIGIN
ACCESS_CONTROL_EXPOSE_HEADERS = EXPOSE_HEADERS
ACCESS_CONTROL_ALLOW_CREDENTIALS = ALLOW_CREDENTIALS
ACCESS_CONTROL_ALLOW_HEADERS = ALLOW_HEADERS
ACCESS_CONTROL_ALLOW_METHODS = ALLOW_METHODS
ACCESS_CONTROL_MAX_AGE = MAX_AGE
ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK = "access-control-request-private-network"
ACCESS_CONTROL_ALLOW_PRIVATE_NETWORK = ALLOW_PRIVATE_NETWORK


def preview(request: HttpRequest) -> tuple[EffectivePolicy, Decided | Question]:
    """Return what governs a request, and what was decided, or else what the middleware will decide.

    For people who look before the middleware is done. Nobody is asked: the question that it hangs
    on is returned then.
    """
    decided = what_was_decided(request)
    if decided is not None:
        return decided.effective, decided
    effective, origin = effective_policy_of(request), request.META.get("HTTP_ORIGIN", "")
    try:
        answer = _actual(request, request.path_info, origin, effective, known_replies())
    except Unanswered as unanswered:
        return effective, unanswered.question
    return effective, Decided(origin, answer, effective)
