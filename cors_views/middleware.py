"""The middleware: collect what a request asks, find its route, decide, write the headers."""

from __future__ import annotations

import functools
import inspect
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Generator, Mapping
from functools import partial
from typing import Any, NamedTuple, TypeVar, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, markcoroutinefunction, sync_to_async
from django.apps import apps
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.cache import patch_vary_headers

from cors_views import conf, nearest, protocol
from cors_views.fetch import ALLOW_ORIGIN, CORS_RESPONSE_HEADERS
from cors_views.protocol import (
    SIGNAL,
    Answer,
    Answers,
    Headers,
    Preflight,
    Question,
    Reason,
    Route,
    Ruling,
    Unanswered,
)
from cors_views.signals import check_request_enabled

logger = logging.getLogger("cors_views")

T = TypeVar("T")
_LONGEST_LOGGED = 200


class Outcome(NamedTuple):
    """What was decided for one request; ``asked`` is there for a preflight alone.

    ``answers`` are those of the callables and receivers that had to be asked.
    """

    origin: str
    answer: Answer
    ruling: Ruling
    asked: Preflight | None = None
    answers: Answers = Answers()

    def refusal(
        self, headers: Mapping[str, str] | None = None, *, credentials: bool = False
    ) -> tuple[Reason | None, tuple[str, ...]]:
        """Return why a browser refuses, if it does, and the headers it asked for in vain.

        ``headers`` are those of the response, where it is there: what the view itself wrote counts
        where the policy wrote nothing. ``credentials`` is whether cookies came along.
        """
        own: Headers = ()
        if headers is not None and ALLOW_ORIGIN in headers:
            own = tuple((name.lower(), headers[name]) for name in _written_by_hand(headers))
        return protocol.refusal(self.answer, self.origin, self.asked, own, credentials=credentials)


#: The fields of an ``Outcome``, which is not made for each request, but where somebody asks for it.
Decided = tuple[str, Answer, Ruling, Preflight | None, Answers]


def outcome_of(request: Any) -> Outcome | None:
    """Return what ``CorsMiddleware`` decided for a request that it has seen."""
    decided = getattr(request, "_cors_outcome", None)
    return None if decided is None else Outcome(*decided)


def foreseen(request: HttpRequest) -> tuple[Ruling, Outcome | Question]:
    """Return what governs a request, and what was decided, or else what the middleware will decide.

    For people who look before the middleware is done. Nobody is asked: instead of the outcome, the
    question that it hangs on is returned.
    """
    outcome = outcome_of(request)
    if outcome is not None:
        return outcome.ruling, outcome
    ruling, origin = nearest.ruling_of(request), request.META.get("HTTP_ORIGIN", "")
    try:
        answer = _actual(request, request.path_info, origin, ruling, _said_already())
    except Unanswered as unanswered:
        return ruling, unanswered.question
    return ruling, Outcome(origin, answer, ruling)


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
        if apps.ready and not apps.is_installed("cors_views"):
            logger.warning(
                "'cors_views' is missing from INSTALLED_APPS, so manage.py check cannot say what "
                "is wrong with the policies."
            )
        # System checks do not run under gunicorn or uvicorn.
        for problem in conf.site().problems:
            logger.warning("Left out of the settings: %s", problem)

    def __call__(self, request: HttpRequest) -> Any:
        if self.async_mode:
            return self._acall(request)
        # As it arrived: whatever is below may change the request, or be a callable that does.
        path, origin = request.path_info, request.META.get("HTTP_ORIGIN", "")
        answers, asked = _NOBODY_LISTENS, None
        if request.method == "OPTIONS" or check_request_enabled.receivers:
            early, asked = _before_the_view(request, origin)
            if early is not None:
                # Only now: the URLconf, which may connect receivers, was imported by then.
                early_response, answers = _decide(early, request, origin, _said_already())
                if early_response is not None:
                    return early_response
        response = self.get_response(request)
        ruling = nearest.ruling_of(request)
        answer = ruling.always if origin else ruling.without_origin
        if answer is None:
            answers = _said_already() if answers is _NOBODY_LISTENS else answers
            decide = partial(_actual, request, path, origin, ruling)
            decided = _decide(decide, request, origin, answers)
            answer, answers = decided
        _write(request, response, (origin, answer, ruling, asked, answers))
        return response

    async def _acall(self, request: HttpRequest) -> HttpResponseBase:
        # As it arrived: whatever is below may change the request, or be a callable that does.
        path, origin = request.path_info, request.META.get("HTTP_ORIGIN", "")
        answers, asked = _NOBODY_LISTENS, None
        if request.method == "OPTIONS" or check_request_enabled.receivers:
            early, asked = _before_the_view(request, origin)
            if early is not None:
                # Only now: the URLconf, which may connect receivers, was imported by then.
                early_response, answers = await _adecide(early, request, origin, _said_already())
                if early_response is not None:
                    return early_response
        response: HttpResponseBase = await self.get_response(request)
        ruling = nearest.ruling_of(request)
        answer = ruling.always if origin else ruling.without_origin
        if answer is None:
            answers = _said_already() if answers is _NOBODY_LISTENS else answers
            decide = partial(_actual, request, path, origin, ruling)
            decided = await _adecide(decide, request, origin, answers)
            answer, answers = decided
        _write(request, response, (origin, answer, ruling, asked, answers))
        return response


# --- Decide ------------------------------------------------------------------------------------


_Early = Callable[[Answers], HttpResponse | None]


def _before_the_view(request: HttpRequest, origin: str) -> tuple[_Early | None, Preflight | None]:
    """Return what is to be decided before the view, if anything, and what a preflight asks."""
    if request.method == "OPTIONS":
        meta = request.META
        method = meta.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD")
        # Fetch, "CORS-preflight request". Without an Origin it is no CORS request at all.
        if method is not None and origin:
            route = nearest.find_route(request)
            asked = Preflight(
                origin,
                method,
                meta.get("HTTP_ACCESS_CONTROL_REQUEST_HEADERS"),
                meta.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true",
                not route.gated or conf.site().matches_url(request.path_info),
            )
            return partial(_preflight, request, route, asked), asked
    if check_request_enabled.receivers and not conf.site().matches_url(request.path_info):
        # django-cors-headers asks the receivers before the view where CORS_URLS_REGEX does not
        # match, and the answer may differ afterwards. The URL is resolved first, because a view
        # that declares its policy has no use for the answer.
        ruling = nearest.find_route(request).ruling(request.method or "")
        if ruling.gated and ruling.governed:
            return _ask_the_receivers, None
    return None, None


def _preflight(
    request: Any, route: Route, asked: Preflight, answers: Answers
) -> HttpResponse | None:
    answer = protocol.preflight(route, asked, answers)
    if answer is None:
        return None
    headers = _headers_of_no_body() | dict(answer.headers)
    if answer.vary:
        headers["Vary"] = "origin"
    decided = (asked.origin, answer, route.ruling_for(asked.method), asked, answers)
    request._cors_outcome = decided
    if logger.isEnabledFor(logging.DEBUG):
        _log_refusal(request, Outcome(*decided))
    # 200 and an empty body, allowed or refused: a refusal is the absence of the headers.
    return HttpResponse(headers=headers)


@functools.cache
def _headers_of_no_body() -> dict[str, str]:
    """Return the headers of an empty response, which Django would work out for each preflight."""
    return {"content-length": "0", **HttpResponse().headers}


conf.forget_on_change(_headers_of_no_body.cache_clear)


def _ask_the_receivers(answers: Answers) -> None:
    answers.says(SIGNAL)


def _actual(
    request: HttpRequest, path: str, origin: str, ruling: Ruling, answers: Answers
) -> Answer:
    """Decide on the answer; ``path`` and ``origin`` are those of the request as it arrived.

    A middleware below may have cut a prefix off the path, and ``CORS_URLS_REGEX`` means the whole.
    """
    if not ruling.gated:
        return protocol.actual(ruling, origin, answers)
    return protocol.actual(
        ruling,
        origin,
        answers,
        url_matches=conf.site().matches_url(path),
        options=request.method == "OPTIONS",
        private_network=_asks_private_network(request),
    )


def _asks_private_network(request: HttpRequest) -> bool:
    return request.META.get("HTTP_ACCESS_CONTROL_REQUEST_PRIVATE_NETWORK") == "true"


#: Where nobody listens, the receivers have said no.
_NOBODY_LISTENS, _NOBODY_ASKED = Answers({id(SIGNAL): False}), Answers()


def _said_already() -> Answers:
    """Return what is known before anybody is asked, shared by all requests."""
    return _NOBODY_ASKED if check_request_enabled.receivers else _NOBODY_LISTENS


# --- Ask ---------------------------------------------------------------------------------------


def _decide(
    decide: Callable[[Answers], T], request: HttpRequest, origin: str, answers: Answers
) -> tuple[T, Answers]:
    """Return a decision, and what was answered by then.

    Callables and receivers are asked what it wants to know.
    """
    while True:
        try:
            return decide(answers), answers
        except Unanswered as unanswered:
            question = unanswered.question
        # Not in the handler: whoever is asked would see an exception of ours.
        answers = answers.with_answer(question, _ask(question, request, origin))


async def _adecide(
    decide: Callable[[Answers], T], request: HttpRequest, origin: str, answers: Answers
) -> tuple[T, Answers]:
    """The same as ``_decide``, for an async stack."""
    while True:
        try:
            return decide(answers), answers
        except Unanswered as unanswered:
            question = unanswered.question
        answers = answers.with_answer(question, await _aask(question, request, origin))


def _ask(question: Question, request: HttpRequest, origin: str) -> bool:
    try:
        if question is SIGNAL:
            results = check_request_enabled.send_robust(sender=None, request=request)
            # Each one is settled: a coroutine that nobody awaits would warn for ever.
            settled = [_settled(result, question) for _, result in results]
            return any(settled)
        return _settled(cast("Any", question)(request, origin), question)
    except Exception:
        return _failed(question)


async def _aask(question: Question, request: HttpRequest, origin: str) -> bool:
    try:
        if question is SIGNAL:
            results = await check_request_enabled.asend_robust(sender=None, request=request)
            settled = [await _asettled(result, question) for _, result in results]
            return any(settled)
        return await _asettled(await _ask_async(question, request, origin), question)
    except Exception:
        return _failed(question)


async def _ask_async(question: Question, request: HttpRequest, origin: str) -> Any:
    ask = cast("Any", question)
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


def _write(request: Any, response: HttpResponseBase, decided: Decided) -> None:
    answer, headers = decided[1], response.headers
    if answer.headers:
        # One walk over what is there costs less than seven questions for what is not.
        for name in _written_by_hand(headers):
            del headers[name]
        for name, value in answer.headers:
            headers[name] = value
    if answer.vary:
        # Fetch, "CORS protocol and HTTP caches".
        if "vary" in headers:
            patch_vary_headers(response, ("origin",))
        else:
            headers["Vary"] = "origin"
    request._cors_outcome = decided
    # Without an Origin nobody is refused.
    if decided[0] and logger.isEnabledFor(logging.DEBUG):
        _log_refusal(request, Outcome(*decided), headers)


def _written_by_hand(headers: Mapping[str, str]) -> list[str]:
    return [name for name in headers if name.lower() in CORS_RESPONSE_HEADERS]


def is_same_origin(request: HttpRequest, origin: str) -> bool:
    """Return whether nothing is asked across origins.

    Browsers send an ``Origin`` with a form that the site posts to itself, too.
    """
    return not origin or origin == f"{request.scheme}://{request.META.get('HTTP_HOST')}"


def carries_cookies(request: HttpRequest) -> bool:
    """Return whether a page's script has sent cookies along, if it was a script.

    Across origins that takes ``credentials: "include"``. A form is not asked whether it may.
    """
    meta = request.META
    return bool(meta.get("HTTP_COOKIE")) and meta.get("HTTP_SEC_FETCH_MODE", "cors") == "cors"


def _log_refusal(
    request: HttpRequest, outcome: Outcome, headers: Mapping[str, str] | None = None
) -> None:
    meta, origin, ruling = request.META, outcome.origin, outcome.ruling
    reason, missing = outcome.refusal(headers, credentials=carries_cookies(request))
    if reason is None or is_same_origin(request, origin):
        return
    preflight = request.method == "OPTIONS" and "HTTP_ACCESS_CONTROL_REQUEST_METHOD" in meta
    requested = meta.get("HTTP_ACCESS_CONTROL_REQUEST_METHOD", "")
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
