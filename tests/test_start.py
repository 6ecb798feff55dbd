"""A site starts with no more of the package than it needs. Modules are counted, not seconds."""

from __future__ import annotations

import subprocess
import sys

STARTED = """
import sys
import django.core.handlers.wsgi
import django.urls
import django.utils.cache
from django.conf import settings

settings.configure(
    INSTALLED_APPS=["cors_views"],
    MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
    SECRET_KEY="start",
    **{settings_of_the_site},
)
django.setup()
from django.core.handlers.wsgi import WSGIHandler

# Of the standard library and Django, nearly all is imported by any site.
before = set(sys.modules)
WSGIHandler()
from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.urls import cors_include

cors_allow(origins=["https://app.example.com"])(lambda request: None)
print(*sorted(set(sys.modules) - before))
"""
#: So many modules of ours a site needs to serve and to declare.
MOST = 65
#: What checks and commands, hints, the log and people need, and a site that serves does not.
LATER = (
    "cors_views.browsing",
    "cors_views.checks.every_check",
    "cors_views.inspection",
    "cors_views.management",
    "cors_views.panels",
    "cors_views.regexes",
    "cors_views.rest_framework",
    "cors_views.testing",
    "rest_framework",
)


def imported(settings: str) -> list[str]:
    code = STARTED.replace("{settings_of_the_site}", settings)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_that_a_site_starts_without_what_it_does_not_need() -> None:
    modules = imported("{}")

    assert "cors_views.middleware" in modules
    assert [name for name in modules if name.startswith(LATER)] == []


def test_that_no_more_modules_are_imported_than_today() -> None:
    """Whoever needs another module at the start may count it here; most can wait."""
    modules = imported("{}")
    ours = [name for name in modules if name.startswith("cors_views")]

    assert len(ours) <= MOST
    # The log quotes its commands.
    assert sorted(set(modules) - set(ours)) == ["shlex"]


def test_that_regular_expressions_are_judged_where_there_are_some() -> None:
    modules = imported("{'CORS_ALLOWED_ORIGIN_REGEXES': [r'^https://[a-z]+\\.example\\.com$']}")

    assert "cors_views.regexes.repetitions" in modules
