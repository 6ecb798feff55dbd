"""Decide with the help of callable origins and receivers of ``check_request_enabled``.

``questions`` says who has to be asked; here they are, with a call or with ``await``. Whoever raises
has said no, and is logged.
"""

from __future__ import annotations

import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Generator, Iterator
from functools import partial
from typing import Any, TypeVar, cast

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.http import HttpRequest

from cors_views.policies.origin_sets import LoadedOrigins, OriginSet
from cors_views.protocol.questions import SIGNAL, Question, Replies, Unanswered, set_admits
from cors_views.signals import check_request_enabled

logger = logging.getLogger("cors_views")

T = TypeVar("T")

#: Where nobody listens, nobody is there to say yes.
NOT_ASKED_YET, _RECEIVERS_NOT_ASKED = Replies({id(SIGNAL): None}), Replies()


def known_replies() -> Replies:
    """Return what is known before anybody is asked, shared by all requests."""
    return _RECEIVERS_NOT_ASKED if check_request_enabled.receivers else NOT_ASKED_YET


def consult(
    decision: Callable[[Replies], T],
    request: HttpRequest,
    origin: str,
    replies: Replies = NOT_ASKED_YET,
) -> tuple[T, Replies]:
    """Return a decision, and what was answered by then.

    Callables and receivers are asked what it wants to know; ``replies`` are what they have said
    before.
    """
    replies = known_replies() if replies is NOT_ASKED_YET else replies
    while True:
        try:
            return decision(replies), replies
        except Unanswered as unanswered:
            questions = unanswered.questions
        # Not in the handler: whoever is asked would see an exception of ours.
        replies = replies.own()
        for question in questions:
            if id(question) not in replies:
                replies[id(question)] = _ask(question, request, origin, replies)
            if replies[id(question)]:
                break


async def aconsult(
    decision: Callable[[Replies], T],
    request: HttpRequest,
    origin: str,
    replies: Replies = NOT_ASKED_YET,
) -> tuple[T, Replies]:
    """The same as ``consult``, for an async stack."""
    replies = known_replies() if replies is NOT_ASKED_YET else replies
    while True:
        try:
            return decision(replies), replies
        except Unanswered as unanswered:
            questions = unanswered.questions
        replies = replies.own()
        for question in questions:
            if id(question) not in replies:
                replies[id(question)] = await _aask(question, request, origin, replies)
            if replies[id(question)]:
                break


async def aadmits(origins: OriginSet, origin: str, request: Any) -> bool:
    """Return whether a set admits an origin, outside of any request to the middleware."""
    decision = partial(set_admits, origins, origin)
    admitted, _ = await aconsult(decision, request, origin)
    return admitted


def _ask(question: Question, request: HttpRequest, origin: str, replies: Replies) -> bool:
    try:
        if question is SIGNAL:
            results = check_request_enabled.send_robust(sender=None, request=request)
            replies.receivers = tuple(receiver for receiver, _ in results)
            # Each one is settled: a coroutine that nobody awaits would warn for ever.
            settled = [_settled(result, question) for _, result in results]
            return any(settled)
        return _settled(cast("Any", question)(request, origin), question)
    except Exception:
        return _failed(question)


async def _aask(question: Question, request: HttpRequest, origin: str, replies: Replies) -> bool:
    try:
        if question is SIGNAL:
            results = await check_request_enabled.asend_robust(sender=None, request=request)
            replies.receivers = tuple(receiver for receiver, _ in results)
            settled = [await _asettled(result, question) for _, result in results]
            return any(settled)
        return await _asettled(await _ask_async(question, request, origin), question)
    except Exception:
        return _failed(question)


async def _ask_async(question: Question, request: HttpRequest, origin: str) -> Any:
    ask = cast("Any", question)
    if isinstance(ask, LoadedOrigins):
        return await ask.aadmits(origin)
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
    return _yes(value, question)


async def _asettled(value: Any, question: Question) -> bool:
    try:
        while inspect.isawaitable(value):
            value = await value
        return _yes(value, question)
    except Exception:
        return _failed(question)


def _yes(value: Any, question: Question) -> bool:
    if question is SIGNAL:
        # Receivers that raised come back as their exception, functions with a stray yield as a
        # generator. Both would count as true. What else they return counts as in
        # django-cors-headers.
        return bool(value) and not isinstance(value, (Exception, Generator, AsyncGenerator))
    if callable(value) or isinstance(value, (Exception, Iterator, AsyncIterator)):
        # They count as true whatever they would say: filter(), or a function that is not called.
        logger.error(
            "%r returned %s when called with an origin. This is not an answer, and counts as "
            "False. Return True or False: any(...) around an iterator, or the result of a call.",
            question,
            type(value).__qualname__,
        )
        return False
    return bool(value)


def _failed(question: Question) -> bool:
    logger.exception(
        "%r raised an exception when called with an origin. This counts as False.", question
    )
    return False
