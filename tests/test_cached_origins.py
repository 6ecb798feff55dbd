"""Origins that a function loads: when, by whom, and what becomes of what it returns."""

from __future__ import annotations

import asyncio
import copy
import json
import logging
import pickle
import re
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync, sync_to_async
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
        if isinstance(self.origins, Exception):
            raise self.origins
        return self.origins


# --- What load may be ----------------------------------------------------------------------------


def as_function() -> Any:
    return [SHOP]


def as_generator() -> Iterator[str]:
    yield SHOP


async def as_coroutine() -> Any:
    return {SHOP}


async def as_async_generator() -> AsyncIterator[str]:
    yield SHOP


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


ROWS = [
    pytest.param(SHOP, SHOP, True, id="written-as-a-browser-sends-it"),
    pytest.param("https://Shop.Example:443", SHOP, True, id="normalised"),
    pytest.param("https://*.shop.example", "https://eu.shop.example", True, id="subdomains"),
    pytest.param("https://*.shop.example", SHOP, False, id="subdomains-without-the-domain"),
    pytest.param("http://localhost:*", "http://localhost:3000", True, id="any-port"),
    pytest.param("app://shop", "app://shop", True, id="another-scheme"),
    pytest.param("https://shop.example/", SHOP, False, id="with-a-path"),
    pytest.param("shop.example", SHOP, False, id="without-a-scheme"),
    pytest.param("*", SHOP, False, id="any-origin"),
    pytest.param("null", "null", False, id="null"),
    pytest.param("file://", "file://", False, id="file"),
    pytest.param("", SHOP, False, id="an-empty-text"),
    pytest.param(None, SHOP, False, id="None"),
    pytest.param((SHOP,), SHOP, False, id="a-row-of-values-list"),
    pytest.param(re.compile("https://.*"), SHOP, False, id="a-regex"),
    pytest.param(lambda request, origin: True, SHOP, False, id="a-callable"),
]


@pytest.mark.parametrize(("entry", "origin", "admitted"), ROWS)
def test_what_an_entry_admits(entry: Any, origin: str, admitted: bool) -> None:
    assert CachedOrigins(lambda: [entry]).admits(origin) is admitted


def test_that_invalid_entries_are_logged_once_and_the_others_count(
    clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Loader("https://a.example/x", (SHOP,), "*", "b", "c", "d", "e\nf", SHOP)
    cached = CachedOrigins(load, timeout=60)

    admitted = [cached.admits(SHOP)]
    clock.now += 61
    admitted.append(cached.admits(SHOP))

    assert (admitted, load.calls, len(caplog.records)) == ([True, True], 2, 1)
    said = caplog.records[0].getMessage()
    assert caplog.records[0].levelname == "WARNING"
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
    returned: Any, caplog: pytest.LogCaptureFixture
) -> None:
    cached = CachedOrigins(lambda: returned)

    assert not cached.admits(SHOP)
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


@pytest.fixture
def tenants(db: None) -> Callable[[], Any]:
    Group.objects.create(name=SHOP)
    return lambda: Group.objects.values_list("name", flat=True)


@pytest.mark.django_db
def test_that_requests_cause_no_query_and_a_refresh_causes_one(
    send: Sender, clock: Clock, tenants: Any, django_assert_num_queries: Any
) -> None:
    view = cors_allow(origins=[CachedOrigins(tenants, timeout=60)])(answer)

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


def test_that_the_others_go_on_with_the_old_origins_while_one_loads(clock: Clock) -> None:
    loading, go_on = threading.Event(), threading.Event()
    load = Loader(SHOP)

    def slow() -> Any:
        found = load()
        if load.calls > 1:
            loading.set()
            assert go_on.wait(20)
        return found

    cached = CachedOrigins(slow)
    assert cached.admits(SHOP)
    clock.now += 61
    load.origins = [OTHER]
    answers: list[bool] = []
    first = threading.Thread(target=lambda: answers.append(cached.admits(OTHER)))
    first.start()
    assert loading.wait(20)
    beside = [cached.admits(SHOP), cached.admits(OTHER), async_to_sync(cached.aadmits)(SHOP)]
    go_on.set()
    first.join()

    assert beside == [True, False, True]
    assert answers == [True]
    assert (load.calls, cached.admits(SHOP)) == (2, False)


def test_that_many_threads_load_once_and_wait_for_the_first_time() -> None:
    load = Loader(SHOP)
    started = threading.Barrier(8)
    go_on = threading.Event()

    def slow() -> Any:
        assert go_on.wait(20)
        return load()

    cached = CachedOrigins(slow)
    answers: list[bool] = []

    def ask() -> None:
        started.wait()
        answers.append(cached.admits(SHOP))

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    go_on.set()
    for thread in threads:
        thread.join()

    assert (answers, load.calls) == ([True] * 8, 1)


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_that_many_tasks_load_once_and_wait_for_the_first_time(kind: str) -> None:
    load = Loader(SHOP)

    async def slow() -> Any:
        await asyncio.sleep(0)
        return load()

    cached = CachedOrigins(load if kind == "sync" else slow)

    async def ask() -> list[bool]:
        return await asyncio.gather(*[cached.aadmits(SHOP) for _ in range(50)])

    assert asyncio.run(ask()) == [True] * 50
    assert load.calls == 1


@pytest.mark.parametrize("question", ["sync", "async"])
def test_that_who_comes_when_it_has_just_been_loaded_does_not_load_again(
    question: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    load = Loader(SHOP)
    cached = CachedOrigins(load, timeout=60)
    ask = cached.admits if question == "sync" else async_to_sync(cached.aadmits)
    monkeypatch.setattr(cached_origins, "monotonic", lambda: 1_000.0)
    ask(SHOP)
    # It is due when the question is asked. When its turn has come, somebody else has loaded it.
    times = [1_061.0, 1_001.0]
    monkeypatch.setattr(cached_origins, "monotonic", lambda: times.pop(0))

    assert (ask(SHOP), load.calls) == (True, 1)


def test_that_a_visitor_who_goes_away_does_not_take_the_loading_along() -> None:
    load = Loader(SHOP)

    async def scene() -> list[bool]:
        go_on = asyncio.Event()

        async def slow() -> Any:
            await go_on.wait()
            return load()

        cached = CachedOrigins(slow)
        visitors = [asyncio.create_task(cached.aadmits(SHOP)) for _ in range(3)]
        await asyncio.sleep(0)
        for visitor in visitors[:2]:
            visitor.cancel()
        await asyncio.sleep(0)
        go_on.set()
        return [await visitors[2], await cached.aadmits(SHOP)]

    assert asyncio.run(scene()) == [True, True]
    assert load.calls == 1


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


@pytest.mark.django_db
def test_that_a_queryset_of_an_async_load_is_read_outside_of_the_loop(tenants: Any) -> None:
    async def load() -> Any:
        return tenants()

    assert async_to_sync(CachedOrigins(load).aadmits)(SHOP)


def test_that_the_sync_question_is_refused_in_an_event_loop_where_it_would_load() -> None:
    cached = CachedOrigins(as_function)

    async def scene() -> bool:
        with pytest.raises(SynchronousOnlyOperation, match="aadmits"):
            cached.admits(SHOP)
        await cached.aadmits(SHOP)
        return cached.admits(SHOP)

    assert asyncio.run(scene())


# --- Where it fails ------------------------------------------------------------------------------


def test_that_nobody_is_admitted_before_the_first_success(
    send: Sender, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Loader()
    load.origins = OSError("no database")
    view = cors_allow(origins=[CachedOrigins(load, timeout=60)])(answer)
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


@pytest.mark.parametrize("question", ["sync", "async"])
def test_that_the_old_origins_stay_where_loading_fails(
    question: str, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    load = Loader(SHOP)
    cached = CachedOrigins(load, timeout=60)
    ask = cached.admits if question == "sync" else async_to_sync(cached.aadmits)
    admitted = [ask(SHOP)]
    load.origins = OSError("no database")
    clock.now += 61
    admitted.append(ask(SHOP))

    assert admitted == [True, True]
    assert [record.levelno for record in caplog.records] == [logging.ERROR]
    assert "the 1 of before stay" in caplog.text


# --- forget() ------------------------------------------------------------------------------------


def test_that_forget_makes_the_next_request_load(clock: Clock) -> None:
    load = Loader(SHOP)
    cached = CachedOrigins(load)
    cached.admits(SHOP)
    load.origins = [OTHER]
    before = cached.admits(SHOP)
    cached.forget()

    assert (before, cached.admits(SHOP), cached.admits(OTHER), load.calls) == (True, False, True, 2)


def test_that_what_was_being_loaded_when_it_was_forgotten_is_loaded_again() -> None:
    load = Loader(SHOP)

    def load_and_forget() -> Any:
        found = load()
        if load.calls == 1:
            load.origins = [OTHER]
            cached.forget()
        return found

    cached = CachedOrigins(load_and_forget)

    assert [cached.admits(SHOP), cached.admits(SHOP), load.calls] == [True, False, 2]


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
