"""Time several ways to do one thing, in turn, so that what disturbs one disturbs all."""

from __future__ import annotations

import asyncio
import gc
import statistics
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple


class Figure(NamedTuple):
    """Microseconds: the median over the rounds, and the quartiles around it."""

    median: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{shown(self.median)} ({shown(self.low)}–{shown(self.high)})"


def shown(microseconds: float) -> str:
    """Return a figure with three digits that count."""
    if microseconds >= 100:
        return f"{microseconds:,.0f}"
    return f"{microseconds:.1f}" if microseconds >= 10 else f"{microseconds:.2f}"


class Timings:
    """The timings of all contenders, round by round, in microseconds for one call."""

    def __init__(self, rounds: Mapping[str, list[float]]) -> None:
        self.rounds = rounds

    def total(self, name: str) -> Figure:
        """Return what a call takes."""
        return _figure(self.rounds[name])

    def added(self, name: str, over: str) -> Figure:
        """Return what ``name`` takes longer than ``over``, compared within each round."""
        return _figure([a - b for a, b in zip(self.rounds[name], self.rounds[over])])


def _figure(values: list[float]) -> Figure:
    low, median, high = statistics.quantiles(values, n=4)
    return Figure(median, low, high)


def in_turn(
    contenders: Mapping[str, Callable[[], Any]], *, rounds: int, calls: Mapping[str, int] | int
) -> Timings:
    """Time each contender ``calls`` times in each round, by the processor's time of this thread."""
    timings: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    for number in range(-1, rounds):
        # Nobody always comes first, or always after the one that fills the processor's caches.
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            times = calls if isinstance(calls, int) else calls[name]
            elapsed = _time(contenders[name], times)
            if number >= 0:
                timings[name].append(elapsed / times / 1000)
    return Timings(timings)


def _time(call: Callable[[], Any], times: int) -> int:
    gc.collect()
    gc.disable()
    try:
        start = time.thread_time_ns()
        for _ in range(times):
            call()
        return time.thread_time_ns() - start
    finally:
        gc.enable()


def in_turn_async(
    contenders: Mapping[str, Callable[[], Awaitable[Any]]], *, rounds: int, calls: int
) -> Timings:
    """The same as ``in_turn``, for what is awaited, in one event loop."""

    async def repeat(call: Callable[[], Awaitable[Any]]) -> int:
        start = time.thread_time_ns()
        for _ in range(calls):
            await call()
        return time.thread_time_ns() - start

    timings: dict[str, list[float]] = {name: [] for name in contenders}
    names = list(contenders)
    with asyncio.Runner() as runner:
        for number in range(-1, rounds):
            turn = number % len(names)
            for name in names[turn:] + names[:turn]:
                gc.collect()
                gc.disable()
                elapsed = runner.run(repeat(contenders[name]))
                gc.enable()
                if number >= 0:
                    timings[name].append(elapsed / calls / 1000)
    return Timings(timings)
