"""What ``check`` and ``cors_policies`` take on a site of 10,000 routes: seconds and memory.

Each figure is that of a fresh process. ``check`` runs the checks of cors_views alone; classes have
a method for each of GET, POST, PUT, PATCH and DELETE.
"""

from __future__ import annotations

import argparse
import io
import json
import resource
import sys
import time
from typing import Any

from benchmarks.fresh import printed_by

ROUTES = 10_000
COMMANDS, VIEWS = ("check", "cors_policies"), ("functions", "classes")


def taken(command: str, views: str) -> tuple[float, float]:
    """Return the seconds of the processor, and the megabytes that came on top of the site."""
    seconds, megabytes = printed_by("commands", command, views)
    return seconds, megabytes


def _measure(command: str, views: str) -> tuple[float, float]:
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
    urls.urlpatterns = [path(f"r{number}/<int:pk>/", _view(views)) for number in range(ROUTES)]
    sys.modules["urls_of_the_site"] = urls
    arguments = ["--tag", "security"] if command == "check" else []
    before, start = _peak(), time.process_time()
    management.call_command(command, *arguments, stdout=io.StringIO(), stderr=io.StringIO())
    return time.process_time() - start, _peak() - before


def _view(views: str) -> Any:
    from django.http import HttpRequest, HttpResponse
    from django.views import View

    from cors_views import cors_allow

    def answer(request: HttpRequest, pk: int) -> HttpResponse:
        return HttpResponse("answer")

    declare = cors_allow(origins=["https://app.example.com"])
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
    options = parser.parse_args()
    if options.command:
        print(json.dumps(_measure(options.command, options.views)))
        return
    for command in COMMANDS:
        for views in VIEWS:
            seconds, megabytes = taken(command, views)
            print(f"{command}, {ROUTES:,} {views}: {seconds:.1f} s, {megabytes:.0f} MB", flush=True)


if __name__ == "__main__":
    main()
