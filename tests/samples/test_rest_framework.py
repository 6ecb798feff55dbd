"""The example of docs/rest_framework.rst works as it is pasted into a new project."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from tests.project import Project
from tests.samples import ROOT, samples

pytest.importorskip("rest_framework", reason="is what the page is about")

APP, OTHER = "https://app.example.com", "https://other.example"
BLOCKS = [
    one
    for one in samples(ROOT / "docs" / "rest_framework.rst")
    if (one.file or "").startswith("shop/")
]


def test_the_example_works_in_a_new_project(tmp_path: Path) -> None:
    project = Project(tmp_path, sys.executable, "shop")
    for block in BLOCKS:
        project.write(block)
    project.run("manage.py", "migrate", "--verbosity", "0")

    assert "no issues" in project.run("manage.py", "check").stdout
    with project.served() as server:

        def reads(method: str, path: str, origin: str) -> str | None:
            headers = server.ask(method, path, origin)[1]
            return headers.get("access-control-allow-origin")

        def sends(method: str, path: str, origin: str) -> bool:
            told = {"access-control-request-method": method}
            headers = server.ask("OPTIONS", path, origin, **told)[1]
            return method in headers.get("access-control-allow-methods", "")

        created = server.ask(
            "POST", "/api/orders/", APP, '{"product": "jug"}', content_type="application/json"
        )
        assert created[0] == 201
        assert json.loads(created[2]) == {"1": "mug", "2": "jug"}
        assert created[1]["access-control-allow-origin"] == APP
        assert created[1]["access-control-allow-credentials"] == "true"
        assert (reads("GET", "/api/orders/", APP), reads("GET", "/api/orders/", OTHER)) == (
            APP,
            None,
        )
        for path in ("/api/orders/stats/", "/api/orders/export/"):
            assert {reads("GET", path, origin) for origin in (APP, OTHER)} == {"*"}
        assert sends("POST", "/api/orders/", APP)
        assert not sends("POST", "/api/orders/", OTHER)
        assert not sends("DELETE", "/api/orders/1/", APP)
        assert reads("DELETE", "/api/orders/9/", APP) is None
