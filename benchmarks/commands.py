"""What ``check`` and ``cors_policies`` take on a site of 10,000 routes: seconds and memory.

Each figure is that of a fresh process. ``check`` runs the checks of cors_views alone; classes have
a method for each of GET, POST, PUT, PATCH and DELETE. All views share one policy, or each has an
origin of its own. ``--diff`` compares with a site where each
route had another origin; ``--replay`` reads a log of 10,000 requests for 5,000 distinct paths, half
of which are refused.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.fresh import printed_by

ROUTES = 10_000
#: So many paths are in the log, each of which was asked for by two origins.
PATHS = 5_000
APP, BEFORE = "https://app.example.com", "https://before.example.com"
#: What is measured: the arguments, where ``FILE`` is one that is made beforehand.
COMMANDS = {
    "check": ["check", "--tag", "security"],
    "cors_policies": ["cors_policies"],
    "cors_policies --format json": ["cors_policies", "--format", "json"],
    "cors_policies --diff": ["cors_policies", "--diff", "FILE"],
    "cors_policies --replay": ["cors_policies", "--replay", "FILE"],
}
VIEWS = ("functions", "classes", "classes with policies of their own")


def taken(command: str, views: str) -> tuple[float, float]:
    """Return the seconds of the processor, and the megabytes that came on top of the site."""
    with _file(command, views) as file:
        seconds, megabytes = printed_by("commands", command, views, "--file", file)
    return seconds, megabytes


@contextmanager
def _file(command: str, views: str) -> Iterator[str]:
    """Yield the file that a command reads, made in another process."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "file"
        if command.endswith("--diff"):
            printed_by("commands", "cors_policies --format json", views, "--into", str(file))
            file.write_text(file.read_text("utf-8").replace(APP, BEFORE), "utf-8")
        if command.endswith("--replay"):
            with file.open("w", encoding="utf-8") as log:
                for number in range(PATHS):
                    for origin in (APP, BEFORE):
                        path = f"/r{number * (ROUTES // PATHS)}/7/"
                        json.dump({"origin": origin, "method": "GET", "path": path}, log)
                        log.write("\n")
        yield str(file)


def _measure(command: str, views: str, file: str) -> tuple[float, float, str]:
    import django
    from django.conf import settings

    settings.configure(
        INSTALLED_APPS=["cors_views"],
        MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
        ROOT_URLCONF="urls_of_the_site",
        SECRET_KEY="benchmarks",
    )
    django.setup()
    from django.core import management
    from django.urls import path

    urls: Any = type(sys)("urls_of_the_site")
    urls.urlpatterns = [
        path(f"r{number}/<int:pk>/", _view(views, number)) for number in range(ROUTES)
    ]
    sys.modules["urls_of_the_site"] = urls
    arguments = [file if each == "FILE" else each for each in COMMANDS[command]]
    out = io.StringIO()
    before, start = _peak(), time.process_time()
    management.call_command(*arguments, stdout=out, stderr=io.StringIO())
    return time.process_time() - start, _peak() - before, out.getvalue()


def _view(views: str, number: int) -> Any:
    from django.http import HttpRequest, HttpResponse
    from django.views import View

    from cors_views import cors_allow

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponse("answer")

    own = [f"https://tenant{number}.example.com"] if views.endswith("own") else []
    declare = cors_allow(origins=[APP, *own])
    if views == "functions":
        return declare(answer)
    methods = dict.fromkeys(("get", "post", "put", "patch", "delete"), answer)
    return declare(type("Answer", (View,), methods)).as_view()


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3


def main() -> None:
    """Print a line for each command and kind of views, or be the process that is measured."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commands", description=__doc__)
    parser.add_argument("command", nargs="?", choices=COMMANDS, help=argparse.SUPPRESS)
    parser.add_argument("views", nargs="?", choices=VIEWS, help=argparse.SUPPRESS)
    parser.add_argument("--file", default="", help=argparse.SUPPRESS)
    parser.add_argument("--into", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.command:
        *taken_by_it, printed = _measure(options.command, options.views, options.file)
        if options.into:
            Path(options.into).write_text(printed, "utf-8")
        print(json.dumps(taken_by_it))
        return
    for command in COMMANDS:
        for views in VIEWS:
            seconds, megabytes = taken(command, views)
            print(f"{command}, {ROUTES:,} {views}: {seconds:.1f} s, {megabytes:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
