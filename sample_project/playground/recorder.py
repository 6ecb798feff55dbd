"""What the server saw of a page's call, for the page to show beside what the browser saw.

A page adds ``?call=<id>`` to each call. The middleware is the innermost one: a call that it has not
seen was stopped on the way. The logging handler keeps the reasons that cors_views gives, and that
it has refused a call on the server.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from asgiref.sync import iscoroutinefunction
from django.conf import settings
from django.http import HttpRequest
from django.utils.decorators import sync_and_async_middleware


@dataclass
class Visit:
    """One request that came through all middleware."""

    method: str
    session_cookie: bool
    view_ran: bool = False
    status: int | None = None
    #: Whether cors_views refused it, above all that is below its middleware.
    refused: bool = False


@dataclass
class Record:
    visits: list[Visit] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)


class Records:
    """The records of the latest calls. Bounded, since anybody on this machine may call."""

    MAX_CALLS = 1000
    MAX_ENTRIES = 20
    MAX_ID_LENGTH = 100

    def __init__(self) -> None:
        self._records: OrderedDict[str, Record] = OrderedDict()
        self._lock = threading.Lock()

    def add_visit(self, call: str, visit: Visit) -> None:
        with self._lock:
            visits = self._record(call).visits
            visits.append(visit)
            del visits[: -self.MAX_ENTRIES]

    def add_reason(self, call: str, reason: str) -> None:
        with self._lock:
            reasons = self._record(call).reasons
            reasons.append(reason)
            del reasons[: -self.MAX_ENTRIES]

    def as_json(self, call: str) -> dict[str, Any]:
        with self._lock:
            return asdict(self._records.get(call[: self.MAX_ID_LENGTH], Record()))

    def _record(self, call: str) -> Record:
        call = call[: self.MAX_ID_LENGTH]
        record = self._records.setdefault(call, Record())
        while len(self._records) > self.MAX_CALLS:
            self._records.popitem(last=False)
        return record


RECORDS = Records()

_VISIT = "playground.visit"


@sync_and_async_middleware
def recorder(get_response: Callable[[HttpRequest], Any]) -> Callable[[HttpRequest], Any]:
    """Record the calls of the pages: that they came, with a cookie or not, to the view or not."""
    middleware: Any
    if iscoroutinefunction(get_response):

        async def middleware(request: HttpRequest) -> Any:
            _arrived(request)
            response = await get_response(request)
            _answered(request, response)
            return response

    else:

        def middleware(request: HttpRequest) -> Any:
            _arrived(request)
            response = get_response(request)
            _answered(request, response)
            return response

    middleware.process_view = _reached_the_view
    return middleware  # type: ignore[no-any-return]


def _arrived(request: HttpRequest) -> None:
    if call := request.GET.get("call"):
        cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        request.META[_VISIT] = visit = Visit(request.method or "", cookie)
        RECORDS.add_visit(call, visit)


def _reached_the_view(request: HttpRequest, *view: Any) -> None:
    # The last of all process_view hooks: CSRF protection has not refused the request.
    if visit := request.META.get(_VISIT):
        visit.view_ran = True


def _answered(request: HttpRequest, response: Any) -> None:
    if visit := request.META.get(_VISIT):
        visit.status = response.status_code


class ReasonHandler(logging.Handler):
    """Keep what cors_views logs about refused calls."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            # Places of declarations, as short as a reader of this project wants them.
            message = record.getMessage().replace(f"{settings.BASE_DIR}{os.sep}", "")
            if call := self._call(record, message):
                RECORDS.add_reason(call, message)
                self._refused(record, call)
        except Exception:
            self.handleError(record)

    def _refused(self, record: logging.LogRecord, call: str) -> None:
        request: HttpRequest | None = getattr(record, "request", None)
        # Of a preflight, the page's own call is what counts, and that is not made.
        if request is None or request.method == "OPTIONS" or not getattr(record, "enforced", False):
            return
        cookie = settings.SESSION_COOKIE_NAME in request.COOKIES
        RECORDS.add_visit(call, Visit(request.method or "", cookie, status=403, refused=True))

    def _call(self, record: logging.LogRecord, message: str) -> str | None:
        request: HttpRequest | None = getattr(record, "request", None)
        if request is not None:
            return request.GET.get("call")
        named = re.search(r"[?&]call=([\w.-]+)", message)
        return named[1] if named else None
