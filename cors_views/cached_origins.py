"""``CachedOrigins``: origins that live in a database, loaded once for all requests."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from concurrent.futures import Future
from time import monotonic
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation

from cors_views.policies import field_values
from cors_views.policies.field_values import shown
from cors_views.policies.origin_sets import LoadedOrigins, OriginSet
from cors_views.policies.patterns import OriginError, parse_pattern
from cors_views.standard.origins import SPECIAL, is_origin
from cors_views.support.source_places import Place, caller, with_filename

logger = logging.getLogger("cors_views")

#: What ``load`` may be: sync or async, a function or a generator of either kind.
Load = Callable[[], Any]

#: After so many seconds, or the timeout where that is less, loading is tried again that has failed.
_RETRY = 5.0
#: So many invalid entries does one line of the log name.
_MOST_NAMED = 5
_NEVER = float("-inf")


class CachedOrigins(LoadedOrigins):
    """Origins and patterns for ``origins`` of a policy that a function loads, e.g. from a database.

    .. code-block:: python

        from cors_views import CachedOrigins, cors_allow

        def tenant_origins():
            return Tenant.objects.values_list("origin", flat=True)

        tenants = CachedOrigins(tenant_origins, timeout=60)

        @cors_allow(origins=[tenants], credentials=True)
        def account(request): ...

    ``load``
        A function, sync or async, that returns all origins and patterns. They are compiled into a
        set, as origins in the code are. So requests cause no queries, whatever origins they send.
        An invalid entry is ignored and logged. So are ``"*"``, ``"null"`` and ``"file://"``, which
        only the policy itself may name.
    ``timeout``
        After this number of seconds, the next request loads the origins again. Requests beside it
        use the old ones meanwhile. If ``load`` raises, the old ones stay, and the error is logged.
        Until ``load`` has succeeded once, nobody is admitted.

    Raise ``ImproperlyConfigured`` if ``load`` is not a function, or ``timeout`` is not a number of
    seconds above zero.
    """

    def __init__(self, load: Load, *, timeout: float = 60) -> None:
        place = caller()
        _check(load, timeout, place)
        self.load, self.timeout = load, timeout
        self._place = place
        self._loaded, self._ever = OriginSet(()), False
        #: How many origins and patterns those are, and which.
        self._names: tuple[str, ...] = ()
        #: When they have to be loaded again, by the monotonic clock.
        self._due = _NEVER
        #: What all wait for who come while they are being loaded.
        self._loading: _Loading | None = None
        self._told: list[str] = []
        self._lock = threading.Lock()

    # --- The questions ----------------------------------------------------------------------

    def admits(self, origin: str) -> bool:
        """Return whether ``origin`` is among the loaded origins. Load them first if that is due.

        Raise ``SynchronousOnlyOperation`` if they have to be loaded in the thread of an event loop,
        which must not wait for a database. There, use ``await aadmits(origin)``.
        """
        known = self.known(origin)
        if known is None:
            self._refresh()
        return self._loaded.admits(origin) if known is None else known

    async def aadmits(self, origin: str) -> bool:
        """Do the same without blocking the event loop. A sync ``load`` runs in a thread."""
        known = self.known(origin)
        if known is None:
            await self._arefresh()
        return self._loaded.admits(origin) if known is None else known

    def __call__(self, request: Any, origin: str) -> bool:
        """Return ``admits(origin)``, as callables in ``origins`` do. The request is not used."""
        return self.admits(origin)

    def known(self, origin: str) -> bool | None:
        """Return whether ``origin`` is among them, or ``None`` where they have to be loaded."""
        if monotonic() < self._due or (self._ever and self._loading is not None):
            return self._loaded.admits(origin)
        return None

    def origins(self) -> tuple[str, ...]:
        """Return all origins and patterns. Load them first if that is due."""
        if self.known("") is None:
            self._refresh()
        return self._names

    @property
    def is_loaded(self) -> bool:
        """Whether loading has succeeded at least once."""
        return self._ever

    def forget(self) -> None:
        """Make the next request of this process load the origins again.

        Until they are loaded, requests beside it use the old ones.
        """
        with self._lock:
            self._due = _NEVER
            if self._loading is not None:
                # It may have read what was there before.
                self._loading.outdated = True

    # --- Loading ----------------------------------------------------------------------------

    def _begin(self, *, in_loop: bool) -> tuple[_Loading | None, bool]:
        """Return what is being loaded, if anybody has to wait for it, and who has to do it."""
        with self._lock:
            if monotonic() < self._due:
                return None, False
            if self._loading is not None:
                return (None if self._ever else self._loading), False
            self._loading = _Loading(in_loop=in_loop)
            return self._loading, True

    def _refresh(self) -> None:
        if _in_event_loop():
            raise SynchronousOnlyOperation(
                f"{self!r} has to load its origins, which cannot be done in an event loop. Await "
                "aadmits(), or use sync_to_async()."
            )
        loading, leading = self._begin(in_loop=False)
        if loading is None:
            return
        if leading:
            try:
                self._load(loading)
            finally:
                self._end(loading)
        elif loading.in_loop:
            # The event loop may need this very thread for it, which must not wait then.
            self._load(loading)
        else:
            loading.done.result()

    def _load(self, loading: _Loading) -> None:
        try:
            found = self._call()
            if not isinstance(found, _Found):
                found = async_to_sync(self._await)(found)
            self._succeed(loading, found)
        except Exception:
            self._fail(loading)

    async def _arefresh(self) -> None:
        loading, leading = self._begin(in_loop=True)
        if loading is None:
            return
        if leading:
            # In a task of its own: a visitor who goes away must not take it along, or each one
            # who comes and goes would begin it anew.
            loading.task = asyncio.ensure_future(self._aload(loading))
        await asyncio.shield(asyncio.wrap_future(loading.done))

    async def _aload(self, loading: _Loading) -> None:
        try:
            if iscoroutinefunction(self.load) or inspect.isasyncgenfunction(self.load):
                found = await self._await(self.load())
            else:
                # It may use the ORM, which refuses to run in the event loop's thread.
                found = await sync_to_async(self._call)()
                if not isinstance(found, _Found):
                    found = await self._await(found)
            self._succeed(loading, found)
        except Exception:
            self._fail(loading)
        finally:
            self._end(loading)

    def _call(self) -> Any:
        """Load and compile; return what has to be awaited first as it is."""
        try:
            found = self.load()
        except StopIteration as error:
            # Before Python 3.12 no future can carry it, and the request would wait for ever.
            raise RuntimeError("StopIteration") from error
        return found if _is_async(found) else _found(found)

    async def _await(self, found: Any) -> _Found:
        while inspect.isawaitable(found):
            found = await found
        if _is_async(found):
            found = [entry async for entry in found]
        # A queryset asks the database now. To compile many takes long, too.
        return await sync_to_async(_found)(found)

    def _succeed(self, loading: _Loading, found: _Found) -> None:
        with self._lock:
            self._loaded, self._names, self._ever = found.compiled, found.names, True
            self._due = _NEVER if loading.outdated else monotonic() + self.timeout
        if found.wrong and found.wrong != self._told:
            logger.warning(
                "%r ignores what is not an origin: %s%s",
                self,
                "; ".join(found.wrong),
                f"; and {found.more} more." if found.more else ".",
            )
        self._told = found.wrong

    def _fail(self, loading: _Loading) -> None:
        wait = min(_RETRY, self.timeout)
        with self._lock:
            self._due = monotonic() + wait
        kept = f"the {len(self._names)} of before stay" if self._ever else "nobody is admitted"
        logger.exception(
            "%r cannot load its origins, so %s. Another request tries again in %g seconds.",
            self,
            kept,
            wait,
        )

    def _end(self, loading: _Loading) -> None:
        with self._lock:
            self._loading = None
        loading.done.set_result(None)

    # --- What it looks like, to people and to programs ----------------------------------------

    def __repr__(self) -> str:
        name = getattr(self.load, "__qualname__", None) or repr(self.load)
        return f"CachedOrigins({name}, timeout={self.timeout:g})"

    def __deepcopy__(self, memo: Any) -> CachedOrigins:
        # As a function, which a copy of the settings shares: forget() has to reach it.
        return self

    def __reduce__(self) -> Any:
        return _rebuilt, (self.load, self.timeout)


class _Loading:
    """What is being loaded: where, who waits for it, and whether it is out of date already."""

    def __init__(self, *, in_loop: bool) -> None:
        self.in_loop = in_loop
        self.done: Future[None] = Future()
        # From now on nobody who waits for it can cancel it.
        self.done.set_running_or_notify_cancel()
        self.outdated = False
        #: The event loop itself holds no task.
        self.task: asyncio.Future[None] | None = None


class _Found:
    """What was loaded, compiled, and what is wrong with the rest of it."""

    def __init__(self, names: list[str], wrong: list[str], more: int) -> None:
        self.compiled = OriginSet(names)
        self.names, self.wrong, self.more = tuple(names), wrong, more


def _found(entries: Any) -> _Found:
    """Compile what ``load`` returned. Raise ``TypeError`` where that is no list of origins."""
    if isinstance(entries, (str, bytes, Mapping)) or not isinstance(entries, Iterable):
        raise TypeError(f"It has to return a list of origins, not {shown(entries)}")
    names: list[str] = []
    wrong: list[str] = []
    more = 0
    for entry in entries:
        try:
            names.append(normal(entry))
        except OriginError as error:
            if len(wrong) < _MOST_NAMED:
                wrong.append(_why(entry, error))
            else:
                more += 1
    return _Found(names, wrong, more)


def normal(entry: Any) -> str:
    """Return an entry in its normal form, or raise ``OriginError``."""
    if not isinstance(entry, str):
        raise OriginError("is not a string")
    if entry == "*" or entry in SPECIAL:
        # Whoever may write a row of a table must not open the site to every page there is.
        raise OriginError("can only be written in the policy itself")
    # What a browser sends is normal already, and faster to recognise: there may be a million.
    return entry if is_origin(entry) else parse_pattern(entry)


def _why(entry: Any, error: OriginError) -> str:
    if isinstance(entry, tuple) and len(entry) == 1:
        return f"{shown(entry)} {error} (write values_list(..., flat=True))"
    _, problems = field_values.origins([entry]) if isinstance(entry, str) else ((), ())
    hint = problems[0].hint if problems else ""
    return f"{shown(entry)} {error}{f' ({hint[:-1]})' if hint else ''}"


def _is_async(found: Any) -> bool:
    # A queryset can be iterated over in either way.
    return inspect.isawaitable(found) or (
        isinstance(found, AsyncIterable) and not isinstance(found, Iterable)
    )


def _in_event_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _check(load: Any, timeout: Any, place: Place) -> None:
    message = ""
    if isinstance(load, type) or not callable(load):
        message = (
            f"takes a function that returns the origins, not {shown(load)}. Write "
            "CachedOrigins(load), without calling it."
        )
    elif isinstance(timeout, bool) or not isinstance(timeout, (int, float)) or not timeout > 0:
        message = f"takes a timeout in seconds, above zero, not {shown(timeout)}."
    if message:
        raise with_filename(place, ImproperlyConfigured(f"CachedOrigins() at {place} {message}"))


def _rebuilt(load: Load, timeout: float) -> CachedOrigins:
    return CachedOrigins(load, timeout=timeout)
