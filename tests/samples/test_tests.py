"""The tests that the README and docs/testing.rst show are run by pytest, on their page's site."""

from __future__ import annotations

import ast

import pytest

from tests.samples import ROOT, Sample, everything, samples
from tests.samples.reader import Reader

pytest_plugins = ["pytester"]

TESTS = [one for one in everything() if one.language == "python" and one.is_tests]

#: The site that the examples of the docs are about.
SITE_OF_THE_DOCS = """
import json
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.urls import path
from cors_views import cors_allow

APP, PARTNER = "https://app.example.com", "https://partner.example"

@cors_allow(origins=[APP, PARTNER], expose_headers=["X-Stock-Version"], methods=["GET"])
def stock(request):
    return JsonResponse({}, headers={"X-Stock-Version": "7"})

@cors_allow(origins=[APP], credentials=True, methods=["GET", "PUT"])
def profile(request):
    if request.method == "PUT":
        return HttpResponse(status=204)
    user = getattr(request, "user", None)
    return JsonResponse({"name": user.get_username() if user else ""})

@cors_allow(origins=[APP, PARTNER], credentials=True)
def cookies(request):
    return JsonResponse(request.COOKIES)

urlpatterns = [path("stock/", stock), path("profile/", profile), path("cookies/", cookies)]

ROOT_URLCONF = "docs_site"
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "cors_views"
]
MIDDLEWARE = [
    "cors_views.middleware.CorsMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
"""
#: What both are run with.
SHARED = """
SECRET_KEY = "x"
ALLOWED_HOSTS = ["testserver"]
USE_TZ = True
"""


def quickstart() -> str:
    """Return the README's own project, in one module."""
    reader, code = Reader(), [SHARED, 'ROOT_URLCONF = "docs_site"\n']
    for sample in samples(ROOT / "README.rst"):
        if sample.file and sample.is_settings:
            new = reader.run(sample)
            code += [f"{name} = {value!r}\n" for name, value in new.items()]
        elif sample.file:
            code.append(sample.code)
    return "".join(code)


SITE_WITH_CHANNELS = """
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "cors_views"
]
CORS_POLICIES = {"storefront": {"origins": ["https://www.example.com"]}}
"""
CONSUMERS = """
from channels.generic.websocket import WebsocketConsumer
from django.urls import path

websocket_urlpatterns = [path("ws/stock/", WebsocketConsumer.as_asgi())]
"""
SITES = {
    "README.rst": quickstart,
    "docs/asgi.rst": lambda: SHARED + SITE_WITH_CHANNELS,
    "docs/testing.rst": lambda: SHARED + SITE_OF_THE_DOCS,
}


def shop_with_channels(pytester: pytest.Pytester) -> None:
    """Write what the first block of the page shows, and the consumers that it imports."""
    pytest.importorskip("channels", reason="the page is about Channels")
    shop = pytester.mkpydir("shop")
    (shop / "asgi.py").write_text(samples(ROOT / "docs" / "asgi.rst")[0].code)
    (shop / "routing.py").write_text(CONSUMERS)


def functions(sample: Sample) -> int:
    tree = ast.parse(sample.code)
    found = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))
    return sum(node.name.startswith("test_") for node in found)


@pytest.mark.parametrize("page_name", SITES)
def test_that_the_tests_of_a_page_pass(page_name: str, pytester: pytest.Pytester) -> None:
    blocks = [one for one in TESTS if one.page_name == page_name]
    for number, block in enumerate(blocks):
        pytester.makepyfile(**{f"test_{number}": block.code})
    pytester.makepyfile(docs_site=SITES[page_name]())
    if page_name == "docs/asgi.rst":
        shop_with_channels(pytester)

    outcomes = pytester.runpytest_subprocess("--ds=docs_site").parseoutcomes()

    assert set(outcomes) == {"passed"}
    assert outcomes["passed"] >= sum(map(functions, blocks)) > 0


def test_that_each_page_with_tests_has_a_site() -> None:
    assert {one.page_name for one in TESTS} == set(SITES)
