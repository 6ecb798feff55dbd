"""The fixtures for pytest, as other people's projects get them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from importlib.metadata import entry_points
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.http import HttpRequest, JsonResponse
from django.test import AsyncClient, Client
from django.urls import path

from cors_views import cors_allow
from cors_views.testing import AsyncBrowser, Browser
from tests.tables import urlconf

pytest_plugins = ["pytester"]

PAGE = "https://app.example.com"


@cors_allow(origins=[PAGE], credentials=True, methods=["GET", "PUT"])
def cookies(request: HttpRequest) -> JsonResponse:
    return JsonResponse(request.COOKIES)


@pytest.fixture(autouse=True)
def site() -> Any:
    with urlconf(path("cookies/", cookies)):
        yield


def test_that_pages_share_cookies_and_preflights(cors_browser: Callable[..., Browser]) -> None:
    one, other = cors_browser(PAGE), cors_browser(PAGE)
    one.client.cookies["a"] = "1"

    first = one.fetch("/cookies/", method="PUT", credentials="include")
    second = other.fetch("/cookies/", method="PUT", credentials="include")

    assert first.json() == second.json() == {"a": "1"}
    assert (len(first.verdict.exchanges), len(second.verdict.exchanges)) == (2, 1)


def test_that_the_cookies_are_those_of_the_client(
    client: Client, cors_browser: Callable[..., Browser]
) -> None:
    client.cookies["a"] = "1"

    assert cors_browser(PAGE).fetch("/cookies/", credentials="include").json() == {"a": "1"}


def test_that_arguments_are_passed_on(cors_browser: Callable[..., Browser]) -> None:
    mine = Client()

    page = cors_browser(PAGE, client=mine, server="https://api.example.com")

    assert page.client is mine
    assert page.fetch("/cookies/").url == "https://api.example.com/cookies/"


def test_the_async_sibling(
    async_client: AsyncClient, cors_async_browser: Callable[..., AsyncBrowser]
) -> None:
    async_client.cookies["a"] = "1"
    page = cors_async_browser(PAGE)

    response = async_to_sync(page.fetch)("/cookies/", credentials="include")

    assert response.json() == {"a": "1"}


def test_that_it_is_found_by_its_entry_point() -> None:
    found = [point.value for point in entry_points(group="pytest11") if point.name == "cors_views"]

    # Also where the tests run against an older egg-info: each names the one module.
    assert set(found) == {"cors_views.pytest_plugin"}


PROJECT = """
import sys

def test_early():
    # Django is not set up, and nobody has asked for a browser.
    assert "cors_views.pytest_plugin" in sys.modules
    assert "cors_views.testing" not in sys.modules
    assert "django.test" not in sys.modules
"""

COUNTED = """
import sys
import pytest
before = set(sys.modules)
import cors_views.pytest_plugin
print(*sorted(set(sys.modules) - before))
"""


def test_that_loading_it_imports_nothing_else() -> None:
    done = subprocess.run([sys.executable, "-c", COUNTED], capture_output=True, text=True)

    assert done.stdout.split() == ["cors_views", "cors_views.pytest_plugin"], done.stderr


@pytest.mark.parametrize(
    "django",
    [
        pytest.param("raise ImportError('no Django here')", id="not-importable"),
        pytest.param("raise RuntimeError('half an installation')", id="broken"),
        pytest.param("import no_such_module", id="lacks-a-dependency"),
    ],
)
def test_that_runs_without_a_django_are_left_alone(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, django: str
) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    pytester.makepyfile("def test_of_something_else():\n    assert True\n")
    package = pytester.mkpydir("django")
    (package / "__init__.py").write_text(django)
    # Before the installed one.
    monkeypatch.setenv("PYTHONPATH", str(pytester.path))

    result = pytester.runpytest_subprocess("-p", "no:django")

    assert result.ret == pytest.ExitCode.OK
    result.assert_outcomes(passed=1)


WITHOUT_PYTEST_DJANGO = """
import django, pytest
from django.conf import settings
from django.http import HttpResponse
from django.urls import path
from cors_views import cors_allow

urlpatterns = [path("x/", cors_allow(origins="*")(lambda request: HttpResponse("read")))]
settings.configure(
    ROOT_URLCONF=__name__,
    MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
    ALLOWED_HOSTS=["testserver"],
    SECRET_KEY="x",
)
django.setup()

@pytest.fixture
def client():
    return "somebody else's"

def test_read(cors_browser, client):
    assert cors_browser("https://a.example").fetch("/x/").text == "read"
"""


@pytest.mark.parametrize(
    "project",
    [
        pytest.param(PROJECT, id="loaded-early"),
        pytest.param(WITHOUT_PYTEST_DJANGO, id="used-without-pytest-django"),
    ],
)
def test_in_a_project_without_pytest_django(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, project: str
) -> None:
    monkeypatch.delenv("DJANGO_SETTINGS_MODULE", raising=False)
    pytester.makepyfile(project)

    result = pytester.runpytest_subprocess("-p", "no:django")

    result.assert_outcomes(passed=1)
