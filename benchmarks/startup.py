"""What cors_views costs a site once: its imports, and the first request among many routes.

Run by itself this is one start of one contender: it prints the milliseconds that it took.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.table import Row

ROUTES = 2_000
_GOAL = 10.0
_ROOT = Path(__file__).resolve().parents[1]
_APPS = {"Django": [], "cors_views": ["cors_views"], "declared": ["cors_views"]}


def main(contender: str) -> None:
    """Start a site, answer one request, and print how long both took."""
    # What every site has imported before it meets its apps does not count.
    import django
    import django.core.handlers.wsgi
    import django.urls
    import django.utils.cache
    from django.conf import settings
    from django.http import HttpResponse

    def answer(request: object, pk: int) -> HttpResponse:
        return HttpResponse("answer")

    start = time.thread_time_ns()
    apps = _APPS[contender]
    settings.configure(
        SECRET_KEY="benchmarks",
        ALLOWED_HOSTS=["*"],
        ROOT_URLCONF="urls_of_the_site",
        INSTALLED_APPS=apps,
        MIDDLEWARE=["cors_views.middleware.CorsMiddleware"] if apps else [],
    )
    django.setup()
    view = answer
    if apps:
        from cors_views import cors_allow

        if contender == "cors_views":
            view = cors_allow(origins=["https://app.example.com"])(answer)
    patterns = []
    for number in range(ROUTES):
        if contender == "declared":
            view = cors_allow(origins=["https://app.example.com"])(answer)
        patterns.append(django.urls.path(f"r{number}/<int:pk>/", view))
    urls = type(sys)("urls_of_the_site")
    urls.urlpatterns = patterns
    sys.modules["urls_of_the_site"] = urls
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": f"/r{ROUTES // 2}/1/",
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "wsgi.input": sys.stdin.buffer,
        "HTTP_ORIGIN": "https://app.example.com",
    }
    application = django.core.handlers.wsgi.WSGIHandler()
    response = application(environ, lambda status, headers: None)
    elapsed = time.thread_time_ns() - start
    assert response.status_code == 200
    assert ("access-control-allow-origin" in response.headers) is bool(apps)
    print(elapsed / 1e6)


def milliseconds(rounds: int) -> dict[str, float]:
    """Return the median of each contender, started in turn in fresh processes."""
    found: dict[str, list[float]] = {contender: [] for contender in _APPS}
    # A site that is deployed has its bytecode beside it.
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    for number in range(-1, rounds):
        for contender, values in found.items():
            run = subprocess.run(
                [sys.executable, "-m", "benchmarks.startup", contender],
                cwd=_ROOT,
                capture_output=True,
                check=True,
                env=environment,
                text=True,
            )
            if number >= 0:
                values.append(float(run.stdout))
    return {contender: statistics.median(values) for contender, values in found.items()}


def rows(rounds: int) -> Iterator[Row]:
    """Yield what a start takes, and what it takes to declare a policy at every route."""
    # Not at the top: it would configure Django, which main() does for itself.
    from benchmarks.table import Row

    taken = milliseconds(rounds)
    added = taken["cors_views"] - taken["Django"]
    declared = taken["declared"] - taken["cors_views"]
    case = f"start and first request, {ROUTES:,} routes"
    yield Row(case, "", f"{added:.1f} ms", added / _GOAL, "", 1, f"{_GOAL:g} ms")
    yield Row(f"{ROUTES:,} declarations, each its own", "", f"{declared:.1f} ms", 0, "", None, "")


if __name__ == "__main__":
    main(sys.argv[1])
