"""A field of a policy is one entry of a table: a copy of the package gets one more, and goes on."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import cors_views
from cors_views.policies.fields import FIELDS, TABLE, constant_headers
from cors_views.policies.policy import CorsPolicy

PACKAGE = Path(cors_views.__file__).parent

#: What whoever adds a field writes: the entry behind the last one, and the typed signatures.
ENTRY = """
        Field(
            "tags",
            check=field_values.methods,
            instead_of_none="Write [] for none",
            setting="CORS_TAGS",
            check_id="E099",
            default=(),
            header="x-cors-tags",
            normal=tuple,
            constant_value=lambda names: " ".join(names or ()),
            label="Tags",
            json=lambda names: list(names or ()),
        ),
    )
}
FIELDS ="""
EDITS = [
    ("policies/fields.py", "\n    )\n}\nFIELDS =", ENTRY),
    (
        "policies/policy.py",
        "\n    private_network: bool\n",
        "\n    private_network: bool\n    tags: Names\n",
    ),
    (
        "policies/policy.py",
        "\n    private_network: bool | None = None\n",
        "\n    private_network: bool | None = None\n    tags: tuple[str, ...] | None = None\n",
    ),
    (
        "policies/policy.py",
        "\n        private_network: bool = UNSET,\n",
        "\n        private_network: bool = UNSET,\n        tags: Names = UNSET,\n",
    ),
    (
        "decorators.py",
        "\n    private_network: bool = ...,\n",
        "\n    private_network: bool = ...,\n    tags: Names = ...,\n",
    ),
]
SITE = """
import io, json, sys
import django
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import SystemCheckError
from django.http import HttpResponse
from django.test import override_settings
from django.urls import path

APP, OTHER = "https://app.example.com", "https://other.example.com"
settings.configure(
    ALLOWED_HOSTS=["testserver"],
    CORS_ALLOWED_ORIGINS=[APP],
    CORS_EXPOSE_HEADERS=["X-Cors-Tags"],
    CORS_POLICIES={"partners": {"origins": [APP], "tags": ["named"]}},
    CORS_TAGS=["of", "the", "site"],
    INSTALLED_APPS=["cors_views"],
    MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
    ROOT_URLCONF="__main__",
    SECRET_KEY="-",
)
django.setup()

from django.views import View
from cors_views import CorsPolicy, cors_allow
from cors_views.testing import Browser


def answer(request):
    return HttpResponse()


@cors_allow(origins=[APP], tags=["of-the-class"])
class Refined(View):
    @cors_allow(tags=["of", "get"])
    def get(self, request):
        return HttpResponse()

    def put(self, request):
        return HttpResponse()


urlpatterns = [
    path("own/", Refined.as_view()),
    path("inherited/", cors_allow(origins=[APP])(answer)),
    path("named/", cors_allow("partners")(answer)),
    path("undeclared/", answer),
]
ROUTES = ["/own/", "/inherited/", "/named/", "/undeclared/"]


def run(*arguments):
    out = io.StringIO()
    try:
        call_command(*arguments, stdout=out, stderr=out)
    except SystemExit:
        pass
    except SystemCheckError as error:
        return str(error)
    return out.getvalue()


page = Browser(APP)
with override_settings(CORS_TAGS="one"):
    wrong = run("check")
print(json.dumps({
    "package": sys.modules["cors_views"].__file__,
    "check": run("check"),
    "wrong": wrong,
    "received": {route: page.fetch(route).headers.get("x-cors-tags") for route in ROUTES},
    "table": run("cors_policies", "--format", "markdown"),
    "json": json.loads(run("cors_policies", "--format", "json")),
    "explained": {route: run("cors_explain", OTHER, "GET", route) for route in ROUTES},
    "repr": repr(CorsPolicy(tags=["a"]).refine(CorsPolicy(tags=["b"], max_age=1))),
}))
"""


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Return what a site says whose package has the field ``tags``, in a process of its own."""
    folder = tmp_path_factory.mktemp("copy")
    shutil.copytree(PACKAGE, folder / "cors_views", ignore=shutil.ignore_patterns("__pycache__"))
    for name, old, new in EDITS:
        file = folder / "cors_views" / name
        text = file.read_text("utf-8")
        assert text.count(old) == 1, (name, old)
        file.write_text(text.replace(old, new), "utf-8")
    (folder / "site_with_tags.py").write_text(SITE, "utf-8")
    # Nobody counts the lines of the copy.
    inherited = {key: value for key, value in os.environ.items() if "COV" not in key}
    inherited.pop("DJANGO_SETTINGS_MODULE", None)
    done = subprocess.run(
        [sys.executable, "site_with_tags.py"],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**inherited, "PYTHONPATH": str(folder)},
        check=False,
        timeout=60,
    )
    assert done.stderr == ""
    found = json.loads(done.stdout)
    assert Path(found["package"]).is_relative_to(folder)
    return found


def test_that_the_checks_go_on(said: Any) -> None:
    assert said["check"] == "System check identified no issues (0 silenced).\n"


def test_that_a_wrong_setting_is_reported(said: Any) -> None:
    assert "(cors_views.E099) CORS_TAGS: 'one' is not a list" in said["wrong"]


def test_that_a_page_gets_the_nearest_value(said: Any) -> None:
    assert said["received"] == {
        "/own/": "of get",
        "/inherited/": "of the site",
        "/named/": "named",
        "/undeclared/": "of the site",
    }


def test_that_a_policy_holds_it_and_refines_it(said: Any) -> None:
    assert said["repr"] == "CorsPolicy(max_age=1, tags=['a'])"


def test_that_the_table_has_a_column_for_it(said: Any) -> None:
    header, _, *rows = [
        [cell.strip() for cell in line.split("|")[1:-1]]
        for line in said["table"].splitlines()
        if line.startswith("|")
    ]
    column = header.index("Tags")
    shown = {(row[0], row[1]): row[column] for row in rows}

    assert shown == {
        ("/own/", "GET"): "of, get",
        ("/own/", "PUT"): "of-the-class",
        ("/inherited/", "any"): "`CORS_TAGS`",
        ("/named/", "any"): "named",
        ("/undeclared/", "any"): "`CORS_TAGS`",
        ("any other URL", "any"): "of, the, site",
    }


def test_that_the_json_has_a_key_for_it(said: Any) -> None:
    found = {route["route"]: route["policies"][0]["tags"] for route in said["json"]["routes"]}

    assert found == {
        "/own/": ["of", "get"],
        "/inherited/": ["of", "the", "site"],
        "/named/": ["named"],
        "/undeclared/": ["of", "the", "site"],
        None: ["of", "the", "site"],
    }


@pytest.mark.parametrize(
    ("route", "advised"),
    [
        pytest.param(
            "/own/",
            "@cors_allow(origins=['https://app.example.com', 'https://other.example.com'], "
            "tags=['of', 'get'])",
            id="refined",
        ),
        pytest.param("/inherited/", "add 'https://other.example.com' to origins", id="inherited"),
        pytest.param(
            "/named/",
            "CorsPolicy(origins=['https://other.example.com'], tags=['named'])",
            id="named",
        ),
        pytest.param("/undeclared/", "CORS_ALLOWED_ORIGINS", id="undeclared"),
    ],
)
def test_that_a_refusal_is_explained(said: Any, route: str, advised: str) -> None:
    assert "Refused, ORIGIN_NOT_ADMITTED" in said["explained"][route]
    assert advised in said["explained"][route]


def test_that_each_field_of_the_table_is_a_field_of_the_policy() -> None:
    assert tuple(CorsPolicy.__dataclass_fields__) == FIELDS


def test_what_is_sent_on_each_answer() -> None:
    policy = CorsPolicy(origins=["https://a.example"], credentials=True, expose_headers=["X-B"])

    assert constant_headers(policy) == (
        ("access-control-allow-credentials", "true"),
        ("access-control-expose-headers", "x-b"),
    )
    assert constant_headers(CorsPolicy()) == ()


@pytest.mark.parametrize("field", ["headers", "expose_headers"])
def test_that_the_json_of_names_is_sorted_and_never_null(field: str) -> None:
    json = TABLE[field].json

    assert json is not None
    assert json(("x-b", "x-a")) == ["x-a", "x-b"]
    assert json(None) == []
