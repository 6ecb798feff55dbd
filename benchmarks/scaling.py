"""Measure how the cost of CORS grows: with the origins allowed, and with the routes of a site.

A table has room for a small site and a large one; whether what lies between is flat, or a line,
takes a plot to see.
"""

from __future__ import annotations

import argparse
import csv
import importlib.util
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from benchmarks import sites
from benchmarks.measure import Figure, in_turn, shown
from benchmarks.sites import CONTENDERS, Site, handler
from benchmarks.table import DJANGO, OURS, THEIRS, requests_of, serve

if TYPE_CHECKING:
    from matplotlib.axes import Axes

ORIGINS = (1, 3, 10, 100, 1_000, 10_000, 100_000)
ROUTES = (10, 50, 200, 500, 1_000, 2_000)
PER_INCLUDE = 50
ROUNDS = 21
CALLS = 400
CALLS_OF_PREFLIGHTS = 100
#: django-cors-headers reads each origin anew for each request: how many it gets to read a round.
ORIGINS_READ = 100_000
RESULTS = Path(__file__).resolve().parent / "results"

PATTERNS = f"{OURS}, subdomain patterns"
ADDED, PREFLIGHT = "added to an allowed request", "preflight in total"


class Layout(NamedTuple):
    """A way to lay out the routes of a site."""

    label: str
    below_includes_of: int


FLAT, INCLUDES = Layout("flat", 0), Layout(f"includes of {PER_INCLUDE}", PER_INCLUDE)


class Point(NamedTuple):
    """One mark of one line."""

    plot: str
    line: str
    number: int
    figure: Figure


class Style(NamedTuple):
    """How a line is drawn: a colour for who serves, dashes for the variant of it."""

    colour: str
    dashes: str
    marker: str


# Blue and orange stay apart for those who see no red or green.
STYLES = {
    THEIRS: Style("#d55e00", "-", "s"),
    OURS: Style("#0072b2", "-", "o"),
    PATTERNS: Style("#0072b2", "--", "o"),
    f"{THEIRS}, {FLAT.label}": Style("#d55e00", "-", "s"),
    f"{THEIRS}, {INCLUDES.label}": Style("#d55e00", "--", "s"),
    f"{OURS}, {FLAT.label}": Style("#0072b2", "-", "o"),
    f"{OURS}, {INCLUDES.label}": Style("#0072b2", "--", "o"),
    f"{DJANGO} serving GET, {FLAT.label}": Style("#777777", "-", "^"),
    f"{DJANGO} serving GET, {INCLUDES.label}": Style("#777777", "--", "^"),
}


def points(rounds: int) -> Iterator[Point]:
    """Yield what both plots show."""
    for number in ORIGINS:
        yield from added_points(number, rounds)
    for number in ROUTES:
        yield from preflight_points(number, rounds)


def added_points(number: int, rounds: int) -> Iterator[Point]:
    """Yield what is added to an allowed request by so many origins."""
    site, of_patterns = Site(sites.origins(number)), Site(sites.patterns(number))
    with site.active():
        calls = {
            DJANGO: _allowed(site, DJANGO),
            THEIRS: _allowed(site, THEIRS),
            OURS: _allowed(site, OURS),
            PATTERNS: _allowed(of_patterns, OURS),
        }
        _assert_answers(calls)
        times = dict.fromkeys(calls, CALLS)
        times[THEIRS] = min(CALLS, max(1, ORIGINS_READ // number))
        timings = in_turn(calls, rounds=rounds, calls=times)
    for line in (THEIRS, OURS, PATTERNS):
        yield Point(ADDED, line, number, timings.added(line, DJANGO))


def _allowed(site: Site, contender: str) -> Callable[[], Any]:
    server = handler(CONTENDERS[contender])
    return serve(server, requests_of(site, contender)["allowed"])


def preflight_points(number: int, rounds: int) -> Iterator[Point]:
    """Yield what a preflight takes on a site of so many routes, beside Django serving the URL."""
    calls: dict[str, Callable[[], Any]] = {}
    layouts = {
        layout: Site(sites.origins(3), routes=number, below_includes_of=layout.below_includes_of)
        for layout in (FLAT, INCLUDES)
    }
    # Both layouts allow the same in the settings, so that one of them stands for both.
    with layouts[FLAT].active():
        for layout, site in layouts.items():
            url = middle(number, layout)
            calls[f"{THEIRS}, {layout.label}"] = _preflight(site, THEIRS, url)
            calls[f"{OURS}, {layout.label}"] = _preflight(site, OURS, url)
            calls[f"{DJANGO} serving GET, {layout.label}"] = serve(
                handler(CONTENDERS[DJANGO]), sites.wsgi_requests(site.plain, url)
            )
        _assert_answers(calls)
        timings = in_turn(calls, rounds=rounds, calls=CALLS_OF_PREFLIGHTS)
    for line in calls:
        yield Point(PREFLIGHT, line, number, timings.total(line))


def middle(number: int, layout: Layout) -> str:
    """Return the URL of the route in the middle; below includes, of the include in the middle."""
    if not layout.below_includes_of:
        return f"/r{number // 2}/1/"
    step = min(layout.below_includes_of, number)
    group = number // step // 2
    return f"/group{group}/r{group * step + step // 2}/1/"


def _preflight(site: Site, contender: str, url: str) -> Callable[[], Any]:
    asked = {
        "origin": site.allowed[1],
        "access_control_request_method": "PUT",
        "access_control_request_headers": "content-type",
    }
    make = sites.wsgi_requests(site.urlconf_of(contender), url, "OPTIONS", **asked)
    return serve(handler(CONTENDERS[contender]), make)


def _assert_answers(calls: dict[str, Callable[[], Any]]) -> None:
    """See that everybody does the same work: a refusal would be cheap to serve."""
    for line, call in calls.items():
        response = call()
        assert response.status_code == 200, (line, response)
        admitted = "access-control-allow-origin" in response.headers
        assert admitted is not line.startswith(DJANGO), (line, response.headers)


def write_numbers(measured: list[Point], to: Path) -> None:
    """Keep the numbers, for whoever wants to draw them otherwise."""
    with to.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(["plot", "line", "number", "median µs", "lower quartile", "upper quartile"])
        for plot, line, number, figure in measured:
            writer.writerow([plot, line, number, *(f"{value:.3f}" for value in figure)])


def draw(measured: list[Point], to: Path) -> None:
    """Draw both plots side by side, the same bytes for the same numbers."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import LogLocator

    # Text stays text: the file is a tenth of the size, and can be searched.
    matplotlib.rcParams.update({"svg.fonttype": "none", "svg.hashsalt": OURS, "font.size": 10})
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(11, 4.6), layout="constrained")
    _plot(left, [point for point in measured if point.plot == ADDED])
    left.set(title="What CORS adds to an allowed request", xlabel="origins allowed")
    left.set_ylabel("microseconds added (log scale)")
    _plot(right, [point for point in measured if point.plot == PREFLIGHT])
    right.set(title="What a preflight takes in total", xlabel="routes of the site")
    right.set_ylabel("microseconds (log scale)")
    # It spans little more than a decade, whose ends alone would be too few marks to read it by.
    right.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    figure.savefig(to, facecolor="white", metadata={"Date": None})
    pyplot.close(figure)


def _plot(axes: Axes, measured: list[Point]) -> None:
    for line in dict.fromkeys(point.line for point in measured):
        marks = [(point.number, point.figure.median) for point in measured if point.line == line]
        style = STYLES[line]
        axes.loglog(
            *zip(*marks),
            label=line,
            color=style.colour,
            linestyle=style.dashes,
            marker=style.marker,
            markersize=4,
        )
    axes.set_xticks(sorted({point.number for point in measured}))
    axes.minorticks_off()
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter("{x:,g}")
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#dddddd", linewidth=0.6)
    axes.legend(frameon=False, fontsize="small")


def main() -> None:
    """Measure and print; draw the plots and keep the numbers if that is asked for."""
    options = _options()
    # Before the minutes of measuring, not after them.
    if options.write and importlib.util.find_spec("matplotlib") is None:
        sys.exit("To draw the plots, install matplotlib: pip install matplotlib")
    measured = []
    for point in points(options.rounds):
        measured.append(point)
        median = shown(point.figure.median)
        print(f"{point.plot:28} {point.line:42} {point.number:>8,} {median:>9} µs", flush=True)
    if options.write:
        RESULTS.mkdir(exist_ok=True)
        write_numbers(measured, RESULTS / "scaling.csv")
        draw(measured, RESULTS / "scaling.svg")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser("python -m benchmarks.scaling", description=__doc__)
    parser.add_argument("--rounds", type=_rounds, default=ROUNDS, help="(default: %(default)s)")
    parser.add_argument(
        "--write", action="store_true", help="write results/scaling.svg and results/scaling.csv"
    )
    return parser.parse_args()


def _rounds(text: str) -> int:
    if (rounds := int(text)) < 2:
        raise argparse.ArgumentTypeError("quartiles take at least two rounds")
    return rounds


if __name__ == "__main__":
    main()
