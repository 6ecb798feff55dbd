"""``CorsASGI``: a policy for an ASGI application whose requests do not pass Django's middleware."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.handlers.asgi import ASGIRequest
from django.db import close_old_connections

from cors_views.conf import settings_cache
from cors_views.declarations.declaring import declare, declare_value, denies
from cors_views.declarations.marks import Declarable, note
from cors_views.policies.policy import Fields
from cors_views.protocol import actual_answers, admission, preflight_answers
from cors_views.protocol.asgi_scopes import (
    Application,
    Message,
    Receive,
    Scope,
    Send,
    header,
    preflight,
    request_of,
    without_cookies,
    without_credentials,
)
from cors_views.protocol.consulting import aconsult, known_replies
from cors_views.protocol.effective_policies import CompiledPolicy, EffectivePolicy, RoutePolicies
from cors_views.protocol.questions import Replies, Unanswered
from cors_views.protocol.reasons import Answer, Preflight, Reason
from cors_views.protocol.same_origin import is_same_origin
from cors_views.resolution import combining_layers
from cors_views.resolution.layer_order import Layer
from cors_views.responses import debug_header, outcome, view_headers
from cors_views.responses.asgi_responses import headers_of, of_text, respond, written
from cors_views.responses.kept_decision import Decided
from cors_views.responses.preflight_status import PREFLIGHT_STATUS, headers_of_no_body
from cors_views.responses.refusal_log import are_refusals_logged, log_enforced, log_refusal
from cors_views.signals import cors_decided
from cors_views.standard.origins import is_origin
from cors_views.support.source_places import caller

if TYPE_CHECKING:
    from typing_extensions import Unpack

#: RFC 6455 section 7.4.1: a policy is violated. No page sees it: the server answers 403.
_POLICY_VIOLATION = 1008
_ERROR, _FORBIDDEN = b"Internal Server Error", b"Forbidden"


class CorsASGI:
    """Apply a policy to an ASGI application, such as Channels consumers or a mounted Starlette.

    .. code-block:: python

        from cors_views.asgi import CorsASGI
        from shop.routing import consumers

        application = CorsASGI(consumers, "partners")

    ``app``
        The application. It does not get preflights.
    ``policies``, ``fields``
        The same as for ``cors_allow``: names of ``CORS_POLICIES``, policies, or the fields of one
        as keywords. ``cors_deny`` is possible too. Without any, the policy of the settings applies.

    HTTP requests are answered as ``CorsMiddleware`` answers those of a function view with that
    policy.

    A WebSocket handshake is not a CORS request: any page may open one with the visitor's cookies.
    So a handshake whose ``Origin`` is neither the site's own nor admitted is closed before it is
    accepted. If the policy has no ``credentials``, cookies and ``Authorization`` are removed from
    it. A handshake without ``Origin`` passes, because no page sent it. Other scopes pass too.

    Raise ``ImproperlyConfigured`` and ``TypeError`` as ``cors_allow`` does.
    """

    def __init__(self, app: Application, *policies: Declarable, **fields: Unpack[Fields]) -> None:
        place = caller()
        if len(policies) == 1 and not fields and denies(policies[0]):
            declaration = declare_value(policies[0], place, "CorsASGI()")
        else:
            declaration = declare(policies, {**fields}, place, "CorsASGI()")
        self.app = app
        self._layer = Layer("ASGI application", declaration, note(place, f"CorsASGI at {place}"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, one connection, or the lifespan."""
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    # --- HTTP -------------------------------------------------------------------------------

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        route_policies, origin = _route_policies_of(self), header(scope, b"origin")
        asked = preflight(scope, origin) if scope["method"] == "OPTIONS" and origin else None
        # Made where somebody wants it, and once: whoever is asked and who is told get the same.
        request = cache(partial(request_of, scope, self.app))
        effective, replies = route_policies.other, known_replies()
        if effective.enforce and origin:
            refused, replies = await _enforced(request, effective, origin, asked)
            if refused is not None:
                body, refusal = b"" if asked else _FORBIDDEN, await _told(request, refused)
                await respond(send, 403, headers_of(refusal, of_text(body)), body)
                return
        decision = (
            partial(actual_answers.actual, effective, origin)
            if asked is None
            else partial(preflight_answers.preflight, route_policies, asked)
        )
        answer, replies = await _decide(decision, request, origin, replies)
        if origin:
            decided = Decided(origin, answer, effective, asked, replies)
            if are_refusals_logged():
                log_refusal(request(), decided)
            answer = await _told(request, decided)
        if asked is not None:
            await respond(send, PREFLIGHT_STATUS, headers_of(answer, headers_of_no_body().items()))
            return
        started = False

        async def sending(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                headers, own = written(message.get("headers", ()), answer)
                if own:
                    view_headers.warn_once(request(), route_policies, route_policies.other, own)
                message = {**message, "headers": headers}
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            # The server would answer by itself, and the page would read of CORS, not of an error.
            if not started:
                await respond(send, 500, headers_of(answer, of_text(_ERROR)), _ERROR)
            raise

    # --- WebSockets ---------------------------------------------------------------------------

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = header(scope, b"origin")
        request = cache(partial(request_of, scope, self.app))
        if not origin or is_same_origin(request(), origin):
            await self.app(scope, receive, send)
            return
        effective = _route_policies_of(self).other
        policy: CompiledPolicy | None = None
        replies = known_replies()
        if is_origin(origin):
            decision = partial(admission.admitting, effective, origin)
            policy, replies = await _decide(decision, request, origin, replies)
        if policy is None:
            reason = Reason.DENIED if effective.denied else Reason.ORIGIN_NOT_ADMITTED
            answer = Answer(vary=True, reason=reason)
            decided = Decided(origin, answer, effective, None, replies, True)
            log_enforced(request(), decided)
            await _told(request, decided)
            # ASGI: a close before the acceptance is a 403.
            if (await receive())["type"] == "websocket.connect":
                await send({"type": "websocket.close", "code": _POLICY_VIOLATION})
            return
        if not policy.credentials:
            scope, send = without_credentials(scope), without_cookies(send)
        answer = Answer(policy.allow_headers(origin), True)
        passing = cache(partial(request_of, scope, self.app))
        await _told(passing, Decided(origin, answer, effective, None, replies))
        await self.app(scope, receive, send)


# --- Decide, and answer ------------------------------------------------------------------------

_kept: weakref.WeakKeyDictionary[CorsASGI, RoutePolicies] = weakref.WeakKeyDictionary()
settings_cache.forget_on_change(_kept.clear)


def _route_policies_of(application: CorsASGI) -> RoutePolicies:
    """Return the policies of an application, compiled once."""
    route_policies = _kept.get(application)
    if route_policies is None:
        route_policies = _kept[application] = combining_layers.of_declaration(application._layer)
    return route_policies


async def _decide(
    decision: Callable[[Replies], Any],
    request: Callable[[], ASGIRequest],
    origin: str,
    replies: Replies,
) -> tuple[Any, Replies]:
    """Return a decision and the replies that it took; ``replies`` are those there are already."""
    try:
        return decision(replies), replies
    except Unanswered:
        pass
    # Whoever is asked may use the database, and Django's handler, which closes what is broken or
    # too old at the beginning and at the end of a request, is not there to do so.
    await sync_to_async(_close_old_connections)()
    try:
        return await aconsult(decision, request(), origin, replies)
    finally:
        await sync_to_async(_close_old_connections)()


def _close_old_connections() -> None:
    # Whoever uses a connection next meets what is wrong with it; a policy need not.
    with contextlib.suppress(Exception):
        close_old_connections()


async def _enforced(
    request: Callable[[], ASGIRequest],
    effective: EffectivePolicy,
    origin: str,
    asked: Preflight | None,
) -> tuple[Decided | None, Replies]:
    """Return what was decided for a request that must not run, if so, and what was answered."""
    made, replies = request(), known_replies()
    if is_same_origin(made, origin):
        return None, replies
    method = (asked.method if asked else made.method or "").upper()
    refusal: Answer | None
    decision = partial(actual_answers.forbidden, effective, method, origin)
    refusal, replies = await _decide(decision, request, origin, replies)
    if refusal is None:
        return None, replies
    decided = Decided(origin, refusal, effective, asked, replies, effective.enforce is True)
    log_enforced(made, decided)
    if decided.enforced:
        return decided, replies
    outcome.keep_reported(made)
    return None, replies


async def _told(request: Callable[[], ASGIRequest], decided: Decided) -> Answer:
    """Tell what was decided to whoever wants to know, and return the answer to write.

    While ``DEBUG`` is True it names the reason of a refusal.
    """
    answer = decided.answer
    if cors_decided.receivers:
        await outcome.asend(request(), decided)
    reason = debug_header.value(request(), decided) if settings.DEBUG else None
    if reason is None:
        return answer
    return Answer((*answer.headers, (debug_header.NAME, reason)), answer.vary, answer.reason)
