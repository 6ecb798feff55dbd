"""``CachedOrigins``: origins that live in a database, loaded once for all requests."""

from __future__ import annotations

import asyncio
import inspect
import logging
import os
import threading
from collections.abc import AsyncIterable, Awaitable, Callable, Iterable
from concurrent.futures import Future
from contextvars import ContextVar
from functools import partial
from time import monotonic
from typing import Any

from asgiref.sync import async_to_sync, iscoroutinefunction, sync_to_async
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation

from cors_views.policies.field_values import shown
from cors_views.policies.loaded_entries import Entries, compiled
from cors_views.policies.origin_sets import LoadedOrigins, OriginSet
from cors_views.support.source_places import Place, caller, with_filename

logger = logging.getLogger("cors_views")

#: What ``load`` may be: sync or async, a function or a generator of either kind.
Load = Callable[[], Any]

#: After so many seconds, or the timeout where that is less, loading is tried again that has failed.
_RETRY = 5.0
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
        #: How often forget() was called: by now, and when loading began of what is there.
        self._forgotten = self._loaded_after = 0
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
        if monotonic() < self._due:
            return self._loaded.admits(origin)
        loading = self._loading
        if self._ever and loading is not None and not loading.is_lost:
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
            # What is being loaded may have read what was there before.
            self._forgotten += 1

    # --- Loading ----------------------------------------------------------------------------

    def _begin(self, *, in_loop: bool) -> tuple[_Loading | None, bool]:
        """Return what is being loaded, if anybody has to wait for it, and who has to do it."""
        with self._lock:
            if monotonic() < self._due:
                return None, False
            if self._loading is not None:
                if not self._loading.is_lost:
                    # Where load itself asks, it would wait for itself.
                    waits = not self._ever and self._loading not in _LOADING_HERE.get()
                    return (self._loading if waits else None), False
                # Whoever waits for it in another event loop would wait for ever.
                self._loading.done.set_result(None)
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
        begun, here = self._forgotten, _LOADING_HERE.set((*_LOADING_HERE.get(), loading))
        try:
            found = self._call()
            if isinstance(found, Entries):
                self._succeed(begun, found)
            else:
                rest = self._aload(loading, begun, partial(self._await, found))
                async_to_sync(_to_its_end)(rest)
        except Exception:
            self._fail(begun)
        finally:
            _LOADING_HERE.reset(here)

    async def _arefresh(self) -> None:
        loading, leading = self._begin(in_loop=True)
        if loading is None:
            return
        if leading:
            loading.task = asyncio.ensure_future(self._aload(loading, self._forgotten, self._acall))
            # Not in the task itself: who cancels it before it runs would leave all waiting.
            loading.task.add_done_callback(lambda task: self._end(loading))
            await _to_its_end(loading.task)
        else:
            await asyncio.wrap_future(loading.done)

    async def _aload(
        self, loading: _Loading, begun: int, find: Callable[[], Awaitable[Entries]]
    ) -> None:
        # It is a task of its own, so this ends with it.
        _LOADING_HERE.set((*_LOADING_HERE.get(), loading))
        try:
            self._succeed(begun, await find())
        except (Exception, asyncio.CancelledError):
            # What load awaits may be cancelled, too: visitors must not ask for it again and again.
            self._fail(begun)

    async def _acall(self) -> Entries:
        if iscoroutinefunction(self.load) or inspect.isasyncgenfunction(self.load):
            return await self._await(self.load())
        # It may use the ORM, which refuses to run in the event loop's thread.
        found = await sync_to_async(self._call)()
        return found if isinstance(found, Entries) else await self._await(found)

    def _call(self) -> Any:
        """Load and compile; return what has to be awaited first as it is."""
        try:
            found = self.load()
        except (StopIteration, asyncio.CancelledError) as error:
            # Before Python 3.12 no future can carry the one, and the request would wait for ever.
            # The other would pass for a visitor who goes away.
            raise RuntimeError(type(error).__name__) from error
        return found if _is_async(found) else compiled(found)

    async def _await(self, found: Any) -> Entries:
        while inspect.isawaitable(found):
            found = await found
        if _is_async(found):
            found = [entry async for entry in found]
        # A queryset asks the database now. To compile many takes long, too.
        return await sync_to_async(compiled)(found)

    def _succeed(self, begun: int, found: Entries) -> None:
        with self._lock:
            if begun < self._loaded_after:
                # Beside it, another has loaded what was there after forget().
                return
            self._loaded, self._names, self._ever = found.origins, found.names, True
            self._loaded_after = begun
            self._due = _NEVER if begun < self._forgotten else monotonic() + self.timeout
        if found.wrong and found.wrong != self._told:
            logger.warning(
                "%r ignores what is not an origin: %s%s",
                self,
                "; ".join(found.wrong),
                f"; and {found.more} more." if found.more else ".",
            )
        self._told = found.wrong

    def _fail(self, begun: int) -> None:
        wait = min(_RETRY, self.timeout)
        with self._lock:
            outdated = begun < self._forgotten
            self._due = _NEVER if outdated else monotonic() + wait
        kept = f"the {len(self._names)} of before stay" if self._ever else "nobody is admitted"
        logger.exception(
            "%r cannot load its origins, so %s. %s",
            self,
            kept,
            "The next request tries again."
            if outdated
            else f"Another request tries again in {wait:g} seconds.",
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
    """What is being loaded: where, and who waits for it."""

    def __init__(self, *, in_loop: bool) -> None:
        self.in_loop = in_loop
        self.done: Future[None] = Future()
        # From now on nobody who waits for it can cancel it.
        self.done.set_running_or_notify_cancel()
        self.process = os.getpid()
        #: The event loop itself holds no task.
        self.task: asyncio.Future[None] | None = None

    @property
    def is_lost(self) -> bool:
        """Whether nobody will end it.

        Its event loop was closed before it was done, or this process is a fork of the one that
        loads, and has no such thread.
        """
        return self.process != os.getpid() or (
            self.task is not None and self.task.get_loop().is_closed()
        )


#: What this thread or task is loading.
_LOADING_HERE: ContextVar[tuple[_Loading, ...]] = ContextVar("_LOADING_HERE", default=())


async def _to_its_end(loading: Awaitable[None]) -> None:
    """Await it until it is done, whoever is cancelled meanwhile.

    A visitor who goes away must not take it along, or each one who comes and goes would begin it
    anew. Nor may the request end first: its thread and its connection to the database end with it.
    """
    task = asyncio.ensure_future(loading)
    try:
        await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise


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
