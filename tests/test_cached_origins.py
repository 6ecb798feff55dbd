"""Origins that a function loads: when, by whom, and what becomes of what it returns."""

from __future__ import annotations

import asyncio
import copy
import gc
import json
import logging
import os
import pickle
import subprocess
import sys
import threading
from asyncio import CancelledError
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Any, ClassVar
from unittest import mock

import pytest
from asgiref.sync import ThreadSensitiveContext, async_to_sync, sync_to_async
from django.contrib.auth.models import Group
from django.core.exceptions import ImproperlyConfigured, SynchronousOnlyOperation
from django.http import HttpResponse
from django.urls import path

from cors_views import CachedOrigins, CorsPolicy, cached_origins, cors_allow
from tests.management.commands import run
from tests.tables import CREDENTIALS, ORIGIN, Sender, cors_headers, urlconf

SHOP = "https://shop.example"
OTHER = "https://other.example"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


async def answer_async(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Clock:
    """Time that passes when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(cached_origins, "monotonic", clock)
    return clock


class Loader:
    """Returns what a test says, or raises it, and counts how often."""

    def __init__(self, *origins: Any) -> None:
        self.origins: Any = origins
        self.calls = 0

    def __call__(self) -> Any:
        self.calls += 1
        if isinstance(self.origins, BaseException):
            raise self.origins
        return self.origins


def told(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    """Return what the package said; asyncio says when it collects the tasks of other tests."""
    return [record for record in caplog.records if record.name == "cors_views"]


@pytest.fixture
def lost_tasks() -> Iterator[None]:
    """Let asyncio complain of tasks that a test loses here, and not within another test."""
    yield
    with mock.patch.object(logging.getLogger("asyncio"), "disabled", True):
        gc.collect()


@dataclass
class How:
    """How ``load`` is written, and how it is asked for: each either sync or async."""

    load: str
    question: str

    def cached(self, load: Callable[[], Any], **options: Any) -> CachedOrigins:
        """Return origins that this function loads; what it waits for blocks no event loop."""

        async def aload() -> Any:
            return await asyncio.to_thread(load)

        return CachedOrigins(aload if self.load == "async" else load, **options)

    def ask(self, cached: CachedOrigins, origin: str) -> bool:
        if self.question == "async":
            return async_to_sync(asyncio.wait_for)(cached.aadmits(origin), 20)
        return cached.admits(origin)


@pytest.fixture(params=["sync", "async"], ids="{}-load".format)
def load_is(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(params=["sync", "async"], ids="{}-question".format)
def question_is(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def how(load_is: str, question_is: str) -> How:
    """Run the test four times: both ways to write ``load``, and both to ask."""
    return How(load_is, question_is)


# --- What load may be ----------------------------------------------------------------------------


def as_function() -> Any:
    return [SHOP]


def as_generator() -> Iterator[str]:
    yield SHOP


async def as_coroutine() -> Any:
    return {SHOP}


async def as_async_generator() -> AsyncIterator[str]:
    yield SHOP


class Noted(tuple[str]):
    """Notes which thread reads it."""

    threads: ClassVar[list[int]] = []

    def __new__(cls, *origins: str) -> Noted:
        return super().__new__(cls, origins)

    def __iter__(self) -> Iterator[str]:
        self.threads.append(threading.get_ident())
        return super().__iter__()


async def as_coroutine_of(found: Any) -> Any:
    return found


LOADS: list[Any] = [
    pytest.param(as_function, id="a-function"),
    pytest.param(as_generator, id="a-generator"),
    pytest.param(as_coroutine, id="a-coroutine-function"),
    pytest.param(as_async_generator, id="an-async-generator"),
    pytest.param(lambda: as_coroutine(), id="a-function-that-returns-a-coroutine"),
    pytest.param(lambda: as_async_generator(), id="a-function-that-returns-an-async-generator"),
]


@pytest.mark.parametrize("load", LOADS)
@pytest.mark.parametrize("view", [answer, answer_async])
def test_what_load_may_be(send: Sender, load: Any, view: Any) -> None:
    allowed = cors_allow(origins=[CachedOrigins(load)], credentials=True)(view)
    with urlconf(path("v/", allowed)):
        admitted = cors_headers(send.actual("/v/", SHOP))
        preflight = cors_headers(send.preflight("/v/", SHOP, "PUT"))
        refused = cors_headers(send.actual("/v/", OTHER))

    assert admitted == {ORIGIN: SHOP, CREDENTIALS: "true", "vary": "origin"}
    assert preflight[ORIGIN] == SHOP
    assert refused == {"vary": "origin"}


def test_that_invalid_entries_are_logged_once_and_the_others_count(
    how: How, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Loader("https://a.example/x", (SHOP,), "*", "b", "c", "d", "e\nf", SHOP)
    cached = how.cached(load, timeout=60)

    admitted = [how.ask(cached, SHOP)]
    clock.now += 61
    admitted.append(how.ask(cached, SHOP))

    (record,) = told(caplog)
    assert (admitted, load.calls, record.levelname) == ([True, True], 2, "WARNING")
    said = record.getMessage()
    assert "'https://a.example/x' has a path" in said
    assert "Write 'https://a.example' instead" in said
    assert "values_list(..., flat=True)" in said
    assert "'*' can only be written in the policy itself" in said
    assert said.endswith("and 2 more.")
    assert "\n" not in said


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param(SHOP, id="one-text"),
        pytest.param(None, id="nothing"),
        pytest.param({SHOP: 1}, id="a-dict"),
        pytest.param(7, id="a-number"),
    ],
)
def test_that_what_is_no_list_counts_as_a_failure(
    returned: Any, how: How, caplog: pytest.LogCaptureFixture
) -> None:
    cached = how.cached(lambda: returned)

    assert not how.ask(cached, SHOP)
    assert not cached.is_loaded
    assert "return a list of origins" in caplog.text


def test_that_a_stopiteration_is_a_failure_as_any_other(send: Sender) -> None:
    view = cors_allow(origins=[CachedOrigins(lambda: next(iter(())))])(answer)
    with urlconf(path("v/", view)):
        assert cors_headers(send.actual("/v/", SHOP)) == {"vary": "origin"}


@pytest.mark.parametrize(
    ("load", "timeout", "said"),
    [
        pytest.param([SHOP], 60, "without calling it", id="a-list"),
        pytest.param(None, 60, "takes a function", id="None"),
        pytest.param(Loader, 60, "takes a function", id="a-class"),
        pytest.param(as_function, 0, "above zero, not 0", id="no-time"),
        pytest.param(as_function, -1, "above zero", id="negative"),
        pytest.param(as_function, "60", "above zero, not '60'", id="a-text"),
        pytest.param(as_function, True, "above zero", id="True"),
        pytest.param(as_function, None, "above zero", id="no-timeout"),
        pytest.param(as_function, float("nan"), "above zero", id="not-a-number"),
    ],
)
def test_what_is_refused_where_it_is_written(load: Any, timeout: Any, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=said) as raised:
        CachedOrigins(load, timeout=timeout)

    assert __file__ in str(raised.value)
    assert raised.value.filename == __file__  # type: ignore[attr-defined]


def test_that_it_decorates_no_view() -> None:
    with pytest.raises(TypeError, match="by keyword, origins="):
        cors_allow(CachedOrigins(as_function))  # type: ignore[call-overload]


# --- When it is loaded ---------------------------------------------------------------------------


def names() -> Any:
    return Group.objects.values_list("name", flat=True)


def list_of_names() -> Any:
    return list(names())


async def names_async() -> Any:
    return names()


async def names_one_by_one() -> Any:
    return [name async for name in names()]


async def names_yielded() -> AsyncIterator[str]:
    async for name in names():
        yield name


@pytest.mark.parametrize(
    "load",
    [
        pytest.param(names, id="a-queryset"),
        pytest.param(list_of_names, id="a-list"),
        pytest.param(names_async, id="async-a-queryset"),
        pytest.param(names_one_by_one, id="async-for"),
        pytest.param(names_yielded, id="an-async-generator"),
    ],
)
@pytest.mark.parametrize("view", [answer, answer_async])
@pytest.mark.django_db
def test_that_requests_cause_no_query_and_a_refresh_causes_one(
    send: Sender, clock: Clock, load: Any, view: Any, django_assert_num_queries: Any
) -> None:
    Group.objects.create(name=SHOP)
    view = cors_allow(origins=[CachedOrigins(load, timeout=60)])(view)

    def asked(*origins: str) -> list[bool]:
        return [ORIGIN in cors_headers(send.actual("/v/", origin)) for origin in origins]

    strangers = [f"https://stranger-{number}.example" for number in range(20)]
    with urlconf(path("v/", view)):
        with django_assert_num_queries(0):
            assert asked("no origin", "https://shop.example/") == [False, False]
        with django_assert_num_queries(1):
            assert asked(SHOP) == [True]
        with django_assert_num_queries(0):
            assert asked(SHOP, *strangers) == [True, *[False] * 20]
            send.preflight("/v/", SHOP, "PUT", "x-token")
        clock.now += 60
        with django_assert_num_queries(1):
            assert asked(*strangers, SHOP) == [*[False] * 20, True]


def test_that_the_others_go_on_with_the_old_origins_while_one_loads(how: How, clock: Clock) -> None:
    loading, go_on = threading.Event(), threading.Event()
    load = Loader(SHOP)

    def slow() -> Any:
        found = load()
        if load.calls > 1:
            loading.set()
            assert go_on.wait(20)
        return found

    cached = how.cached(slow)
    assert how.ask(cached, SHOP)
    clock.now += 61
    load.origins = [OTHER]
    answers: list[bool] = []
    first = threading.Thread(target=lambda: answers.append(how.ask(cached, OTHER)))
    first.start()
    assert loading.wait(20)
    beside = [cached.admits(SHOP), cached.admits(OTHER), async_to_sync(cached.aadmits)(SHOP)]
    go_on.set()
    first.join()

    assert beside == [True, False, True]
    assert answers == [True]
    assert (load.calls, cached.admits(SHOP)) == (2, False)


def test_that_many_threads_load_once_and_wait_for_the_first_time(how: How) -> None:
    load = Loader(SHOP)
    started = threading.Barrier(8)
    go_on = threading.Event()

    def slow() -> Any:
        assert go_on.wait(20)
        return load()

    cached = how.cached(slow)
    answers: list[bool] = []

    def ask() -> None:
        started.wait()
        answers.append(how.ask(cached, SHOP))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()

    assert (answers, load.calls) == ([True] * 8, 1)


def test_that_many_tasks_load_once_and_wait_for_the_first_time(load_is: str) -> None:
    load = Loader(SHOP)
    cached = How(load_is, "async").cached(load)

    async def ask() -> list[bool]:
        return await asyncio.gather(*[cached.aadmits(SHOP) for _ in range(50)])

    assert asyncio.run(ask()) == [True] * 50
    assert load.calls == 1


def test_that_who_comes_when_it_has_just_been_loaded_does_not_load_again(
    how: How, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Loader(SHOP)
    cached = how.cached(load, timeout=60)
    monkeypatch.setattr(cached_origins, "monotonic", lambda: 1_000.0)
    how.ask(cached, SHOP)
    # It is due when the question is asked. When its turn has come, somebody else has loaded it.
    times = [1_061.0, 1_001.0]
    monkeypatch.setattr(cached_origins, "monotonic", lambda: times.pop(0))

    assert (how.ask(cached, SHOP), load.calls) == (True, 1)


@dataclass
class Held:
    """A load that waits in the midst, in the event loop or in a thread, until it is let go on."""

    load_is: str
    cached: CachedOrigins = field(init=False)
    load: Loader = field(default_factory=lambda: Loader(SHOP))
    begun: threading.Event = field(default_factory=threading.Event)
    go_on: threading.Event = field(default_factory=threading.Event)
    #: Where each half of it has run.
    threads: list[int] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cached = CachedOrigins(self._aload if self.load_is == "async" else self._load)

    def _load(self) -> Any:
        self._begin()
        assert self.go_on.wait(20)
        return self._end()

    async def _aload(self) -> Any:
        # As the async ORM does.
        await sync_to_async(self._begin)()
        while not self.go_on.is_set():
            await asyncio.sleep(0.001)
        return await sync_to_async(self._end)()

    def _begin(self) -> None:
        self.threads.append(threading.get_ident())
        self.begun.set()

    def _end(self) -> Any:
        self.threads.append(threading.get_ident())
        return self.load()

    async def until_begun(self) -> None:
        while not self.begun.is_set():
            await asyncio.sleep(0.001)


def test_that_visitors_who_go_away_do_not_take_the_loading_along(load_is: str) -> None:
    held = Held(load_is)

    async def scene() -> list[bool]:
        visitors = [asyncio.create_task(held.cached.aadmits(SHOP)) for _ in range(3)]
        await held.until_begun()
        for visitor in visitors[:2]:
            visitor.cancel()
        await asyncio.sleep(0.01)
        held.go_on.set()
        gone = await asyncio.gather(*visitors[:2], return_exceptions=True)
        assert [type(each) for each in gone] == [CancelledError] * 2
        return [await visitors[2], await held.cached.aadmits(SHOP)]

    assert asyncio.run(scene()) == [True, True]
    assert held.load.calls == 1


def test_that_the_request_that_loads_ends_after_it_in_the_thread_that_it_has(load_is: str) -> None:
    """Django's handler closes the connection of that thread, and then the thread."""
    held = Held(load_is)

    async def request() -> None:
        async with ThreadSensitiveContext():
            held.threads.append(await sync_to_async(threading.get_ident)())
            await held.cached.aadmits(SHOP)

    async def scene() -> bool:
        visitor = asyncio.create_task(request())
        await held.until_begun()
        visitor.cancel()
        await asyncio.sleep(0.01)
        assert not visitor.done()
        held.go_on.set()
        await asyncio.wait([visitor])
        assert visitor.cancelled()
        return await held.cached.aadmits(SHOP)

    assert asyncio.run(scene())
    assert held.load.calls == 1
    assert len(set(held.threads)) == 1


def test_that_a_sync_request_that_is_cancelled_does_not_take_an_async_load_along() -> None:
    """Under ASGI, below sync middleware: asgiref cancels what the thread awaits."""
    held = Held("async")

    async def scene() -> bool:
        visitor = asyncio.create_task(sync_to_async(held.cached.admits)(SHOP))
        await held.until_begun()
        visitor.cancel()
        await asyncio.sleep(0.01)
        held.go_on.set()
        await asyncio.wait([visitor])
        return held.cached.admits(SHOP)

    assert asyncio.run(scene())
    assert held.load.calls == 1


@pytest.mark.parametrize("begun", [False, True], ids=["before-it-begins", "while-it-runs"])
def test_that_loading_goes_on_elsewhere_when_its_event_loop_ends(begun: bool, clock: Clock) -> None:
    """All tasks are cancelled then, some of them before they have run at all."""
    held = Held("async")

    async def leave() -> None:
        visitors.append(asyncio.ensure_future(held.cached.aadmits(SHOP)))
        if begun:
            await held.until_begun()

    async def scene() -> bool:
        return await asyncio.wait_for(held.cached.aadmits(SHOP), 20)

    visitors: list[Any] = []
    asyncio.run(leave())
    held.go_on.set()
    clock.now += 5

    assert asyncio.run(scene())
    assert held.load.calls == 1


@pytest.mark.parametrize(
    "times", [pytest.param(0, id="the-first-time"), pytest.param(1, id="later")]
)
@pytest.mark.usefixtures("lost_tasks")
def test_that_loading_goes_on_elsewhere_when_its_event_loop_is_closed(
    question_is: str, times: int, clock: Clock
) -> None:
    """Not asyncio.run(), but somebody who closes a loop with a task in it: it never ends."""
    load = Loader(SHOP)

    async def aload() -> Any:
        if load.calls == times:
            load.calls += 1
            await asyncio.Event().wait()
        return load()

    cached, how = CachedOrigins(aload), How("async", question_is)
    answers = [how.ask(cached, SHOP) for _ in range(times)]
    clock.now += 61
    load.origins = [OTHER]
    loop = asyncio.new_event_loop()
    visitor = loop.create_task(cached.aadmits(SHOP))
    loop.run_until_complete(asyncio.sleep(0.01))
    loop.close()
    answers += [how.ask(cached, SHOP), how.ask(cached, OTHER)]

    assert answers == [*[True] * times, False, True]
    assert not visitor.done()


def test_that_a_thread_does_not_wait_for_a_loop_that_waits_for_it() -> None:
    """Both use asgiref's one thread for what is sensitive to threads."""

    async def scene() -> list[bool]:
        cached = CachedOrigins(as_function)
        in_loop = asyncio.create_task(cached.aadmits(SHOP))
        in_thread = asyncio.create_task(sync_to_async(cached.admits)(SHOP))
        return await asyncio.wait_for(asyncio.gather(in_thread, in_loop), 20)

    assert asyncio.run(scene()) == [True, True]


def test_that_a_thread_beside_a_loading_loop_loads_by_itself() -> None:
    async def scene() -> bool:
        go_on, begun = asyncio.Event(), asyncio.Event()
        calls = 0

        async def slow() -> Any:
            nonlocal calls
            calls += 1
            if calls == 1:
                begun.set()
                await go_on.wait()
            return [SHOP]

        cached = CachedOrigins(slow)
        waiting = asyncio.create_task(cached.aadmits(SHOP))
        await begun.wait()
        admitted = await sync_to_async(cached.admits)(SHOP)
        go_on.set()
        return admitted and await waiting

    assert asyncio.run(scene())


def test_that_nothing_leaves_the_event_loop_while_nothing_is_to_be_loaded() -> None:
    cached = CachedOrigins(as_function)
    policy = CorsPolicy(origins=[cached])

    async def scene() -> list[bool]:
        await policy.aadmits(SHOP)
        # Without a single step of the loop, so without a thread: it is done at the first one.
        answers = []
        for asked in (cached.aadmits(SHOP), policy.aadmits(SHOP), policy.aadmits(OTHER)):
            try:
                asked.send(None)
            except StopIteration as done:
                answers.append(done.value)
        return answers

    assert asyncio.run(scene()) == [True, True, False]


def test_that_a_sync_load_runs_in_a_thread_and_not_in_the_loops() -> None:
    threads: list[int] = []

    def load() -> Any:
        threads.append(threading.get_ident())
        return [SHOP]

    async def scene() -> int:
        await CachedOrigins(load).aadmits(SHOP)
        return threading.get_ident()

    assert threads != [asyncio.run(scene())]


def test_that_an_async_load_runs_in_the_event_loop_of_who_awaits_it() -> None:
    loops: list[Any] = []

    async def load() -> Any:
        loops.append(asyncio.get_running_loop())
        return [SHOP]

    async def scene() -> list[Any]:
        await CachedOrigins(load).aadmits(SHOP)
        return [asyncio.get_running_loop()]

    assert asyncio.run(scene()) == loops


@pytest.mark.parametrize(
    "returned",
    [
        pytest.param(lambda: Noted(SHOP), id="a-list"),
        pytest.param(lambda: as_coroutine_of(Noted(SHOP)), id="a-coroutine"),
    ],
)
def test_that_what_was_loaded_is_read_outside_of_the_loop(load_is: str, returned: Any) -> None:
    """A queryset asks the database when it is read."""
    Noted.threads.clear()

    async def aload() -> Any:
        return returned()

    async def scene() -> int:
        assert await CachedOrigins(aload if load_is == "async" else returned).aadmits(SHOP)
        return threading.get_ident()

    in_loop = asyncio.run(scene())

    assert Noted.threads
    assert in_loop not in Noted.threads


def test_that_the_sync_question_is_refused_in_an_event_loop_where_it_would_load() -> None:
    cached = CachedOrigins(as_function)

    async def scene() -> bool:
        with pytest.raises(SynchronousOnlyOperation, match="aadmits"):
            cached.admits(SHOP)
        await cached.aadmits(SHOP)
        return cached.admits(SHOP)

    assert asyncio.run(scene())


# --- Where it fails ------------------------------------------------------------------------------


#: What an async load awaits may have been cancelled: that is no exception, to Python.
FAILURES = [
    pytest.param(OSError("no database"), id="raises"),
    pytest.param(CancelledError("no database"), id="awaits-what-is-cancelled"),
]


@pytest.mark.parametrize("failure", FAILURES)
@pytest.mark.parametrize("view", [answer, answer_async])
def test_that_nobody_is_admitted_before_the_first_success(
    send: Sender,
    load_is: str,
    view: Any,
    failure: Any,
    clock: Clock,
    caplog: pytest.LogCaptureFixture,
) -> None:
    load = Loader()
    load.origins = failure
    view = cors_allow(origins=[How(load_is, "").cached(load, timeout=60)])(view)
    with urlconf(path("v/", view)):
        refused = [cors_headers(send.actual("/v/", SHOP)) for _ in range(3)]
        load.origins = [SHOP]
        clock.now += 5
        admitted = cors_headers(send.actual("/v/", SHOP))

    assert refused == [{"vary": "origin"}] * 3
    assert admitted[ORIGIN] == SHOP
    # A stranger cannot make it ask a database that is down again and again.
    assert load.calls == 2
    assert "nobody is admitted" in caplog.text
    assert "no database" in caplog.text


@pytest.mark.parametrize("failure", FAILURES)
def test_that_the_old_origins_stay_where_loading_fails(
    how: How, failure: Any, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Loader(SHOP)
    cached = how.cached(load, timeout=60)
    admitted = [how.ask(cached, SHOP)]
    load.origins = failure
    clock.now += 61
    # The second time nobody asks for them: a stranger cannot make it ask again and again.
    admitted += [how.ask(cached, SHOP), how.ask(cached, SHOP)]
    load.origins = [OTHER]
    clock.now += 5
    later = [how.ask(cached, SHOP), how.ask(cached, OTHER)]

    assert (admitted, later, load.calls) == ([True] * 3, [False, True], 3)
    assert [record.levelno for record in told(caplog)] == [logging.ERROR]
    assert "the 1 of before stay" in caplog.text
    assert "Another request tries again in 5 seconds." in caplog.text


# --- A load that asks, and forks -----------------------------------------------------------------


def test_that_a_load_that_asks_does_not_wait_for_itself(load_is: str, question_is: str) -> None:
    """As one does that sends a request to a view of the site whose policy holds these origins."""
    asked: list[bool] = []

    def load() -> Any:
        asked.append(cached.admits(SHOP))
        return [SHOP]

    async def aload() -> Any:
        asked.append(await cached.aadmits(SHOP))
        return [SHOP]

    cached = CachedOrigins(aload if load_is == "async" else load)
    answers: list[bool] = []
    # Whoever waits for itself does so for ever, and is to fail this test alone.
    thread = threading.Thread(
        target=lambda: answers.append(How(load_is, question_is).ask(cached, SHOP)), daemon=True
    )
    thread.start()
    thread.join(20)

    assert (answers, asked) == ([True], [False])


#: What a server does that loads the site before it forks: a thread of it may be loading just then.
FORKED = """
import os, sys, threading
from cors_views import CachedOrigins, cached_origins

now, calls, begun, forked = [0.0], [], threading.Event(), threading.Event()
cached_origins.monotonic = lambda: now[0]

def load():
    calls.append(None)
    if len(calls) == {at_call}:
        begun.set()
        forked.wait()
        return ["https://of.the.parent"]
    return [f"https://call-{{len(calls)}}.example"]

cached = CachedOrigins(load)
for _ in range({at_call} - 1):
    cached.admits("https://any.example")
now[0] += 61
threading.Thread(target=cached.admits, args=("https://any.example",)).start()
begun.wait()
if not os.fork():
    print(*cached.origins(), flush=True)
    os._exit(0)
os.wait()
forked.set()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="Windows has no fork().")
@pytest.mark.parametrize(
    "at_call", [pytest.param(1, id="the-first-time"), pytest.param(2, id="later")]
)
def test_that_a_fork_loads_what_a_thread_of_its_parent_was_loading(at_call: int) -> None:
    script = [sys.executable, "-W", "ignore", "-c", FORKED.format(at_call=at_call)]
    printed = subprocess.run(script, capture_output=True, text=True, timeout=30, check=True).stdout

    assert printed.strip() == f"https://call-{at_call + 1}.example"


# --- forget() ------------------------------------------------------------------------------------


def test_that_forget_makes_the_next_request_load(how: How, clock: Clock) -> None:
    load = Loader(SHOP)
    cached = how.cached(load)
    how.ask(cached, SHOP)
    load.origins = [OTHER]
    before = how.ask(cached, SHOP)
    cached.forget()
    after = [how.ask(cached, SHOP), how.ask(cached, OTHER)]

    assert (before, after, load.calls) == (True, [False, True], 2)


def test_that_what_was_being_loaded_when_it_was_forgotten_is_loaded_again(how: How) -> None:
    load = Loader(SHOP)

    def load_and_forget() -> Any:
        found = load()
        if load.calls == 1:
            load.origins = [OTHER]
            cached.forget()
        return found

    cached = how.cached(load_and_forget)

    assert [how.ask(cached, SHOP), how.ask(cached, SHOP), load.calls] == [True, False, 2]


def test_that_loading_that_failed_when_it_was_forgotten_is_tried_again_at_once(
    how: How, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Loader(SHOP)

    def load_and_forget() -> Any:
        if load.calls == 1:
            load.origins = [OTHER]
            cached.forget()
            load.calls += 1
            raise OSError("no database")
        return load()

    cached = how.cached(load_and_forget)
    answers = [how.ask(cached, SHOP)]
    clock.now += 61
    answers += [how.ask(cached, SHOP), how.ask(cached, SHOP)]

    assert answers == [True, True, False]
    assert told(caplog)[0].getMessage().endswith("stay. The next request tries again.")


@pytest.mark.parametrize(
    ("order", "loads"),
    [
        pytest.param(["event loop", "forget", "thread"], 3, id="before-the-thread-is-done"),
        pytest.param(
            ["forget", "event loop", "another", "thread"], 3, id="another-loads-meanwhile"
        ),
    ],
)
def test_that_forget_reaches_a_thread_that_loads_beside_an_event_loop(
    order: list[str], loads: int
) -> None:
    """The thread has read what was there before, and ends when others have gone on."""
    rows, calls = [SHOP], 0
    read, go_on = threading.Event(), threading.Event()

    async def scene() -> bool:
        loop_goes_on = asyncio.Event()

        def load() -> Any:
            nonlocal calls
            calls += 1
            found, call = [*rows], calls

            async def later() -> Any:
                if call == 1:
                    await loop_goes_on.wait()
                elif call == 2:
                    read.set()
                    await asyncio.to_thread(go_on.wait)
                return found

            return later()

        cached = CachedOrigins(load)
        in_loop = asyncio.create_task(cached.aadmits(SHOP))
        while calls < 1:
            await asyncio.sleep(0)
        beside = asyncio.create_task(asyncio.to_thread(cached.admits, SHOP))
        await asyncio.to_thread(read.wait)
        for step in order:
            if step == "event loop":
                loop_goes_on.set()
                await in_loop
            elif step == "forget":
                rows.clear()
                cached.forget()
            elif step == "another":
                await cached.aadmits(SHOP)
            else:
                go_on.set()
                await beside
        return await cached.aadmits(SHOP)

    assert (asyncio.run(scene()), calls) == (False, loads)


# --- Among other things --------------------------------------------------------------------------


def test_that_a_copy_is_the_same_and_a_policy_with_it_can_be_pickled() -> None:
    cached = CachedOrigins(as_function, timeout=5)
    policy = CorsPolicy(origins=[cached])
    policy.admits(SHOP)

    again = pickle.loads(pickle.dumps(policy))

    assert copy.deepcopy({"x": policy})["x"] == policy
    assert again.admits(SHOP)
    assert repr(again) == "CorsPolicy(origins=[CachedOrigins(as_function, timeout=5)])"


def test_that_written_origins_and_several_policies_count_beside_it(send: Sender) -> None:
    first = CorsPolicy(
        origins=[CachedOrigins(as_function), "https://own.example"], credentials=True
    )
    view = cors_allow(first, CorsPolicy(origins=[CachedOrigins(lambda: [OTHER])]))(answer)
    with urlconf(path("v/", view)):
        found = {
            origin: cors_headers(send.actual("/v/", origin)).get(CREDENTIALS)
            for origin in (SHOP, "https://own.example", OTHER)
        }

    assert found == {SHOP: "true", "https://own.example": "true", OTHER: None}


def a_million() -> Iterator[str]:
    return (f"https://shop-{number}.example" for number in range(1_000_000))


def test_a_million_tenants() -> None:
    cached = CachedOrigins(a_million)

    assert cached.admits("https://shop-999999.example")
    assert not cached.admits("https://shop-1000000.example")
    assert len(cached.origins()) == 1_000_000


# --- What people see -----------------------------------------------------------------------------


def none_yet() -> Any:
    return []


def broken() -> Any:
    raise OSError("no database")


def several() -> Any:
    return [f"https://s{number}.example" for number in range(7)]


@pytest.mark.parametrize(
    ("load", "said"),
    [
        pytest.param(
            as_function,
            "1 loaded by tests.test_cached_origins.as_function: https://shop.example",
            id="one",
        ),
        pytest.param(
            several,
            "7 loaded by tests.test_cached_origins.several: https://s0.example",
            id="many",
        ),
        pytest.param(none_yet, "0 loaded by tests.test_cached_origins.none_yet", id="none"),
        pytest.param(
            broken,
            "the origins of tests.test_cached_origins.broken, which cannot be loaded now",
            id="no-database",
        ),
    ],
)
def test_what_cors_policies_shows(load: Any, said: str) -> None:
    view = cors_allow(origins=[CachedOrigins(load)])(answer)
    with urlconf(path("v/", view)):
        assert said in run("cors_policies").out
        assert said in run("cors_policies", "--format=markdown").out.replace("`", "")


def test_what_cors_policies_says_in_json() -> None:
    view = cors_allow(origins=[CachedOrigins(several)])(answer)
    with urlconf(path("v/", view)):
        said = json.loads(run("cors_policies", "--format=json").out)
    shown = said["routes"][0]["policies"][0]

    assert shown["asks"] == []
    assert shown["loaded"] == [
        {
            "by": "tests.test_cached_origins.several",
            "count": 7,
            "origins": [f"https://s{number}.example" for number in range(7)],
        }
    ]


@pytest.mark.parametrize(
    ("origin", "reached"),
    [
        pytest.param(SHOP, True, id="of-a-tenant"),
        pytest.param(OTHER, False, id="of-nobody"),
    ],
)
def test_whom_cors_policies_and_cors_explain_let_in(origin: str, reached: bool) -> None:
    view = cors_allow(origins=[CachedOrigins(as_function)])(answer)
    with urlconf(path("v/", view)):
        overview = run("cors_policies", f"--origin={origin}", "--format=json").out
        explained = run("cors_explain", origin, "GET", "/v/")

    assert ('"reach": "admitted"' in overview) is reached
    assert explained.status == (0 if reached else 1)
