"""The middleware: collect what a request asks, find its route, decide, write the headers."""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator
from typing import Any, TypeVar, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from cors_views import conf, nearest, protocol
from cors_views.fetch import CORS_RESPONSE_HEADERS
from cors_views.protocol import SIGNAL, Answer, Answering, Preflight, Question, Ruling
from cors_views.signals import check_request_enabled

logger = logging.getLogger("cors_views")

T = TypeVar("T")
#: What one request's questions were answered, by the identity of who was asked: nobody is asked
#: twice.
Answers = dict[int, bool]
_LONGEST_LOGGED = 200


class CorsMiddleware:
    """Answer preflights, and write on every response what its view's policy says.

    Place it above whatever can answer by itself (CommonMiddleware, WhiteNoise, sessions,
    authentication, caches), so that those answers can be read across origins too.
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
        # System checks do not run under gunicorn or uvicorn.
        for problem in conf.site().problems:
            logger.warning("Left out of the settings: %s", problem)

    def __call__(self, request: HttpRequest) -> Any:
        if self.async_mode:
            return self._acall(request)
        answers: Answers = {}
        early = _before_the_view(request)
        if early is not None:
            preflight_response = _drive(early, request, answers)
            if preflight_response is not None:
                return preflight_response
        path = request.path_info
        response = self.get_response(request)
        _write(request, response, *_drive(_after_the_view(request, path), request, answers))
        return response

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        answers: Answers = {}
        early = _before_the_view(request)
        if early is not None:
            preflight_response = await _adrive(early, request, answers)
            if preflight_response is not None:
                return preflight_response
        path = request.path_info
        response = cast("HttpResponseBase", await self.get_response(request))
        _write(request, response, *await _adrive(_after_the_view(request, path), request, answers))
        return response


# --- Decide ------------------------------------------------------------------------------------


def _before_the_view(
    request: HttpRequest,
) -> Generator[Question, bool, HttpResponse | None] | None:
    """Return what is to be done before the view, if anything."""
    meta = request.META
    # Fetch, "CORS-preflight request". Without an Origin it is no CORS request at all.
    if (
        request.method == "OPTIONS"
        and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in meta
        and meta.get("HTTP_ORIGIN")
    ):
        return _preflight(request)
    if check_request_enabled.receivers and not conf.site().matches_url(request.path_info):
        return _ask_before_the_view(request)
    return None


def _preflight(request: HttpRequest) -> Generator[Question, bool, HttpResponse | None]:
    meta = request.META
    asked = Preflight(
        origin=meta["HTTP_ORIGIN"],
        method=meta["HTTP_ACCESS_CONTROL_REQUEST_METHOD"],
        headers=meta.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
        private_network=_asks_private_network(request),
        url_matches=conf.site().matches_url(request.path_info),
    )
    route = nearest.find_route(request)
    answer = yield from protocol.preflight(route, asked)
    if answer is None:
        return None
    # 200 and an empty body, allowed or refused: a refusal is the absence of the headers.
    response = HttpResponse(headers={"content-length": "0"})
    _write(request, response, answer, route.ruling_for(asked.method))
    return response


def _ask_before_the_view(request: HttpRequest) -> Generator[Question, bool, None]:
    """Ask the receivers where they open a URL that ``CORS_URLS_REGEX`` does not match.

    django-cors-headers asks them before the view there, and the answer may differ afterwards. The
    URL is resolved first, because a view that declares its policy has no use for the answer.
    """
    ruling = nearest.find_route(request).ruling(request.method or "")
    if ruling.gated and ruling.governed:
        yield SIGNAL


def _after_the_view(
    request: HttpRequest, path: str
) -> Generator[Question, bool, tuple[Answer, Ruling]]:
    """Decide on the answer; ``path`` is that of the request as it arrived.

    A middleware below may have cut a prefix off it, and ``CORS_URLS_REGEX`` means the whole.
    """
    # Django leaves the match there, whatever became of the view. Only where another middleware or
    # a 404 answered has nobody resolved the URL, or nothing was found.
    match = request.resolver_match
    route = nearest.route_of(match) if match is not None else nearest.find_route(request)
    ruling = route.ruling(request.method or "")
    answering: Answering = protocol.actual(
        ruling,
        request.META.get("HTTP_ORIGIN", ""),
        url_matches=ruling.gated and conf.site().matches_url(path),
        options=request.method == "OPTIONS",
        private_network=_asks_private_network(request),
    )
    answer = yield from answering
    return answer, ruling


def _asks_private_network(request: HttpRequest) -> bool:
    return request.META.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true"


# --- Ask ---------------------------------------------------------------------------------------


def _drive(steps: Generator[Question, bool, T], request: HttpRequest, answers: Answers) -> T:
    """Run a decision to its end, asking callables and receivers what it wants to know."""
    try:
        question = next(steps)
        while True:
            if id(question) not in answers:
                answers[id(question)] = _ask(question, request)
            question = steps.send(answers[id(question)])
    except StopIteration as stop:
        return cast("T", stop.value)


async def _adrive(steps: Generator[Question, bool, T], request: HttpRequest, answers: Answers) -> T:
    """The same as ``_drive``, for an async stack."""
    try:
        question = next(steps)
        while True:
            if id(question) not in answers:
                answers[id(question)] = await _aask(question, request)
            question = steps.send(answers[id(question)])
    except StopIteration as stop:
        return cast("T", stop.value)


def _ask(question: Question, request: HttpRequest) -> bool:
    try:
        if question is SIGNAL:
            results = check_request_enabled.send_robust(sender=None, request=request)
            # Each one is settled: a coroutine that nobody awaits would warn for ever.
            settled = [_settled(result, question) for _, result in results]
            return any(settled)
        return _settled(cast("Any", question)(request, request.META["HTTP_ORIGIN"]), question)
    except Exception:
        return _failed(question)


async def _aask(question: Question, request: HttpRequest) -> bool:
    try:
        if question is SIGNAL:
            results = await check_request_enabled.asend_robust(sender=None, request=request)
            settled = [await _asettled(result, question) for _, result in results]
            return any(settled)
        return await _asettled(await _ask_async(question, request), question)
    except Exception:
        return _failed(question)


async def _ask_async(question: Question, request: HttpRequest) -> Any:
    ask, origin = cast("Any", question), request.META["HTTP_ORIGIN"]
    if iscoroutinefunction(ask) or iscoroutinefunction(type(ask).__call__):
        return await ask(request, origin)

    def sync() -> Any:
        try:
            return ask(request, origin)
        except StopIteration as error:
            # Before Python 3.12 no future can carry it, and the request would wait for ever.
            raise RuntimeError("StopIteration") from error

    # It may use the ORM, which refuses to run in the event loop's thread.
    return await sync_to_async(sync, thread_sensitive=True)()


def _settled(value: Any, question: Question) -> bool:
    """Return whether an answer means yes; a coroutine is awaited, never taken for true."""
    if inspect.isawaitable(value):
        return async_to_sync(_asettled)(value, question)
    return _yes(value)


async def _asettled(value: Any, question: Question) -> bool:
    try:
        while inspect.isawaitable(value):
            value = await value
        return _yes(value)
    except Exception:
        return _failed(question)


def _yes(value: Any) -> bool:
    # Receivers that raised come back as their exception, functions with a stray yield as a
    # generator. Both would count as true.
    if isinstance(value, (Exception, Generator, AsyncGenerator)):
        return False
    return bool(value)


def _failed(question: Question) -> bool:
    logger.exception("%r raised when asked about an origin, which counts as no.", question)
    return False


# --- Write -------------------------------------------------------------------------------------


def _write(
    request: HttpRequest, response: HttpResponseBase, answer: Answer, ruling: Ruling
) -> None:
    headers = response.headers
    if answer.headers:
        for name in CORS_RESPONSE_HEADERS:
            if name in headers:
                del headers[name]
        for name, value in answer.headers:
            headers[name] = value
    if answer.vary:
        # Fetch, "CORS protocol and HTTP caches".
        if "vary" in headers:
            patch_vary_headers(response, ("origin",))
        else:
            headers["Vary"] = "origin"
    if answer.reason is not None and logger.isEnabledFor(logging.DEBUG):
        _log_refusal(request, answer.reason, answer.missing, ruling)


def _log_refusal(
    request: HttpRequest, reason: protocol.Reason, missing: tuple[str, ...], ruling: Ruling
) -> None:
    meta = request.META
    origin = meta.get("HTTP_ORIGIN", "")
    if not origin or origin == f"{request.scheme}://{meta.get('HTTP_HOST')}":
        # Browsers send an Origin with a form that the site posts to itself.
        return
    requested = meta.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
    preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in meta
    logger.debug(
        "CORS refuses %s %s from %s: %s%s (%s).",
        f"the preflight for {_shown(requested)} at" if preflight else request.method,
        _shown(request.path),
        _shown(origin),
        reason.value,
        f": {_shown(', '.join(missing))}" if missing else "",
        ruling.source,
        extra={"request": request, "origin": origin, "reason": reason, "source": ruling.source},
    )


def _shown(value: str) -> str:
    """Return a value of the request for the log: on one line, and not without end."""
    return repr(value if len(value) <= _LONGEST_LOGGED else f"{value[:_LONGEST_LOGGED]}…")
