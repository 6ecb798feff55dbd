"""Refuse requests of other sites before they reach their view, where a policy enforces.

By itself CORS only keeps a page from *reading* an answer: a simple request of a stranger has run
its view by then. This is decided above every other middleware, so the URL is resolved here.
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.core.exceptions import PermissionDenied
from django.core.handlers.exception import get_exception_response
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import get_resolver, get_urlconf

from cors_views import conf
from cors_views.conf import settings_cache
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.protocol import actual_answers
from cors_views.protocol.consulting import aconsult, consult
from cors_views.protocol.effective_policies import EffectivePolicy
from cors_views.protocol.questions import Replies, Unanswered
from cors_views.protocol.reasons import Answer, Preflight
from cors_views.protocol.same_origin import OWN_SITE, is_same_origin
from cors_views.resolution import lookup
from cors_views.resolution.pattern_paths import import_all, resolve
from cors_views.resolution.wrapped_views import inspect_view
from cors_views.responses import headers_and_vary, preflight_status
from cors_views.responses.kept_decision import Decided, DecidedParts, EnforcedParts
from cors_views.responses.outcome import forget_reported, keep_reported
from cors_views.responses.refusal_log import log_enforced
from cors_views.standard.methods import is_method

settings_cache.forget_on_change(ENFORCING.look_again)


def forbid(
    request: HttpRequest, origin: str, replies: Replies
) -> tuple[HttpResponseBase | None, Replies]:
    """Return the response to a request that must not reach its view, if so, and what was answered.

    ``replies`` are those of callables and receivers that have been asked already.
    """
    effective = _enforcing(request, origin)
    if effective is None:
        return None, replies
    decision = partial(_decision, request, origin, effective)
    answer, replies = consult(decision, request, origin, replies)
    if answer is None:
        return None, replies
    decided = _logged(request, (origin, answer, effective, None, replies))
    if decided is None:
        return None, replies
    response = _json(request) or _response(request)
    return _written(request, response, decided), replies


async def aforbid(
    request: HttpRequest, origin: str, replies: Replies
) -> tuple[HttpResponseBase | None, Replies]:
    """The same as ``forbid``, for an async stack."""
    effective = _enforcing(request, origin)
    if effective is None:
        return None, replies
    decision = partial(_decision, request, origin, effective)
    answer, replies = await aconsult(decision, request, origin, replies)
    if answer is None:
        return None, replies
    decided = _logged(request, (origin, answer, effective, None, replies))
    if decided is None:
        return None, replies
    response = _json(request) or await _aresponse(request)
    return _written(request, response, decided), replies


def forbid_preflight(request: HttpRequest, decided: DecidedParts) -> HttpResponse | None:
    """Return the response to a preflight whose request would be refused, if it would."""
    origin, _, effective, asked, replies = decided
    if asked is None or is_same_origin(request, origin):
        return None
    method = asked.method.upper() if is_method(asked.method) else ""
    answer = actual_answers.forbidden(
        effective, method, origin, replies, url_matches=asked.url_matches
    )
    if answer is None:
        return None
    refused = _logged(request, (origin, answer, effective, asked, replies))
    if refused is None:
        return None
    return preflight_status.preflight_response(request, refused, status=403)


# --- Decide ------------------------------------------------------------------------------------


def _enforcing(request: HttpRequest, origin: str) -> EffectivePolicy | None:
    """Return what governs a request, if that enforces or reports and may refuse this one."""
    forget_reported(request)
    meta = request.META
    fetched_from = meta.get("HTTP_SEC_FETCH_SITE")
    if fetched_from in OWN_SITE:
        return None
    # Django takes longer to validate the host than the rest takes here. So where the browser says
    # that it is another's, or the host of the origin is, that is asked last, before a refusal.
    if (
        fetched_from is None
        and origin.endswith(meta.get("HTTP_HOST", ""))
        and is_same_origin(request, origin)
    ):
        return None
    if not ENFORCING.settled:
        _look(request)
        if not ENFORCING.possible:
            return None
    # Django will resolve the URL once more, and takes nobody's word for it. This only looks for the
    # patterns, which costs a quarter of that.
    effective = lookup.find_route_policies(request).governing(request.method)
    if not effective.enforce or effective.lets_run_at_once(origin, request.method or ""):
        return None
    return effective


def _look(request: HttpRequest) -> None:
    """Find out whether anything enforces, which nobody knows before the URLconf is loaded."""
    if hasattr(request, "urlconf"):
        # Where requests have URLconfs of their own, others may be loaded later.
        return
    try:
        # With it come the views, and with them what they declare.
        import_all(get_resolver())
    except Exception:
        # Django meets it too, and perhaps not the next time.
        return
    ENFORCING.settle(conf.enforces())


def _decision(
    request: HttpRequest, origin: str, effective: EffectivePolicy, replies: Replies
) -> Answer | None:
    url_matches = not effective.needs_url_match or conf.cors_settings().matches_url(
        request.path_info
    )
    method = (request.method or "").upper()
    try:
        answer = actual_answers.forbidden(
            effective, method, origin, replies, url_matches=url_matches
        )
    except Unanswered:
        # Of what the site asks itself nothing is refused, whatever they say. Receivers of it are
        # asked after the view, and see request.user.
        if is_same_origin(request, origin):
            return None
        raise
    # Last, as _enforcing says.
    return None if answer is None or is_same_origin(request, origin) else answer


def _logged(
    request: HttpRequest,
    found: tuple[str, Answer, EffectivePolicy, Preflight | None, Replies],
) -> EnforcedParts | None:
    """Log what is to be refused, and return what was decided unless it is only reported."""
    origin, answer, effective, asked, replies = found
    refuses = effective.enforce is True
    if refuses and asked is None:
        # The log wants to know whose request it was, and so does whoever measures above us. What
        # cannot be resolved is in the log already.
        with suppress(Exception):
            request.resolver_match = resolve(request)
    decided = (origin, answer, effective, asked, replies, refuses)
    log_enforced(request, Decided(*decided))
    if refuses:
        return decided
    keep_reported(request)
    return None


# --- Answer ------------------------------------------------------------------------------------


#: What handler403 and front ends are told. Why is for the log alone.
_DETAIL = "This site does not accept this request from another site."


def _response(request: HttpRequest) -> HttpResponseBase:
    """Return the site's 403 page, made here, below us, so that ``Vary`` goes with it.

    Raised to Django instead, each refusal would leave a traceback in ``django.request``, and always
    the same.
    """
    denied = PermissionDenied(_DETAIL)
    response: Any = get_exception_response(request, get_resolver(get_urlconf()), 403, denied)
    # As Django does with what its error handlers return.
    if not getattr(response, "is_rendered", True):
        response = response.render()
    return cast("HttpResponseBase", response)


#: As Django calls its error handlers under ASGI.
_aresponse = sync_to_async(_response, thread_sensitive=False)


def _json(request: HttpRequest) -> HttpResponse | None:
    """Return what Django REST framework answers where permission is denied, at a view of its."""
    try:
        match: Any = request.resolver_match
        view_class = inspect_view(match.func).view_class
    except Exception:
        # No view, or one that cannot be taken apart.
        return None
    if not hasattr(view_class, "renderer_classes"):
        return None
    return JsonResponse({"detail": _DETAIL}, status=403)


def _written(request: Any, response: HttpResponseBase, decided: EnforcedParts) -> HttpResponseBase:
    headers_and_vary.write_forbidden(request, response, decided)
    return response
