"""The tutorial, done: each step in a project on disk, by a real server, with what it promises."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path

import django
import pytest

from tests.project import Project
from tests.samples import ROOT, samples

PAGE = "http://127.0.0.1:8001"
OTHER = "http://127.0.0.1:8002"
ALLOWED = "access-control-allow-origin"
STEPS = [one for one in samples(ROOT / "docs" / "tutorial.rst") if one.language == "python"]


@pytest.fixture
def bakery(tmp_path: Path) -> Project:
    return Project(tmp_path, sys.executable, "bakery")


def test_the_tutorial(bakery: Project) -> None:
    view, urls, settings, declared, policies, class_view, class_urls = STEPS

    bakery.write(view)
    bakery.write(urls)
    bakery.write(settings)
    with bakery.served() as server:
        status, headers, body = server.ask("GET", "/loaves/", PAGE)
        said = server.log.read_text()
    assert (status, json.loads(body)) == (200, {"rye": 4, "spelt": 2})
    assert ALLOWED not in headers
    logged, header = (
        next(
            one.code
            for one in samples(ROOT / "docs" / "tutorial.rst")
            if begins in one.code[: len(begins)]
        )
        for begins in ("The browser refuses", "X-Cors-Views")
    )
    assert logged in said
    assert header == f"X-Cors-Views: {headers['x-cors-views']}"

    bakery.write(declared)
    with bakery.served() as server:
        assert server.ask("GET", "/loaves/", PAGE)[1][ALLOWED] == PAGE
        assert server.ask("GET", "/loaves/", PAGE)[1]["vary"] == "origin"
        assert ALLOWED not in server.ask("GET", "/loaves/", OTHER)[1]

    for step in (policies, class_view, class_urls):
        bakery.write(step)
    asked = {"access_control_request_method": "PUT"}
    with bakery.served() as server:
        assert server.ask("GET", "/loaves/", OTHER)[1][ALLOWED] == "*"
        told = server.ask("OPTIONS", "/loaves/", PAGE, **asked)[1]
        assert (told[ALLOWED], "PUT" in told["access-control-allow-methods"]) == (PAGE, True)
        assert ALLOWED not in server.ask("OPTIONS", "/loaves/", OTHER, **asked)[1]
        status, headers, body = server.ask("PUT", "/loaves/", PAGE, '{"rye": 3}')
        assert (status, headers[ALLOWED], json.loads(body)["rye"]) == (200, PAGE, 3)

    assert "no issues" in bakery.run("manage.py", "check").stdout


def test_what_a_deployment_lacks_is_said_by_django_alone(bakery: Project) -> None:
    for step in STEPS:
        bakery.write(step)

    said = bakery.outcome("manage.py", "check", "--deploy")

    ids = set(re.findall(r"\?: \((\w+\.\w+)\)", said.stderr))
    assert {one for one in ids if not one.startswith("security.W")} == (
        {"mail.E001"} if django.VERSION >= (6, 1) else set()
    )
    assert "cors_views." not in said.stdout + said.stderr
    assert said.returncode == (1 if django.VERSION >= (6, 1) else 0)


def test_the_mistakes_that_it_suggests(bakery: Project) -> None:
    for step in STEPS:
        bakery.write(step)

    views = bakery.folder / "bakery" / "views.py"
    views.write_text(views.read_text().replace('"shop"', '"shp"'))
    with pytest.raises(AssertionError, match=r"'shp'.*\n?.*shop"):
        bakery.run("manage.py", "check")
    views.write_text(views.read_text().replace('"shp"', '"shop"'))
    settings = bakery.folder / "bakery" / "settings.py"
    settings.write_text(settings.read_text().replace(f'{PAGE}"', f'{PAGE}/"'))
    with pytest.raises(AssertionError, match=f"{PAGE}/"):
        bakery.run("manage.py", "check")
