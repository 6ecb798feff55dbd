"""What the commands print as JSON is what the schemas say that come with the package."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views import View
from jsonschema import Draft202012Validator

import cors_views
from cors_views import cors_allow, cors_deny
from tests.management.commands import run, run_in_shop
from tests.tables import urlconf

SCHEMAS = Path(cors_views.__file__).parent / "management" / "schemas"
APP = "https://app.example"


def closed(schema: Any) -> Any:
    """Return a schema that names every field there is: users may get more, tests may not."""
    if isinstance(schema, list):
        return [closed(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    more = {"additionalProperties": False} if "properties" in schema else {}
    return {key: closed(value) for key, value in schema.items()} | more


def validator(name: str) -> Draft202012Validator:
    schema = json.loads((SCHEMAS / f"{name}.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(closed(schema))


def assert_valid(name: str, text: str) -> Any:
    document = json.loads(text)
    wrong = [f"{each.json_path}: {each.message}" for each in validator(name).iter_errors(document)]
    assert wrong == []
    return document


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


def is_tenant(request: Any, origin: str) -> bool:
    return True


@cors_allow(origins=[APP], credentials=True)
class Orders(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @cors_allow(max_age=0)
    def put(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    @cors_deny()
    def delete(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse()


ROUTES = [
    path("view/", view),
    path("view/", view),
    path("orders/", Orders.as_view(), name="orders"),
    path("asks/", cors_allow(origins=[is_tenant], origin_regexes=[r"https://\w+\.example"])(view)),
    path("none/", cors_deny(view, enforce=True)),
]


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="all"),
        pytest.param([f"--origin={APP}"], id="origin"),
        pytest.param(["--no-lines"], id="no-lines"),
        pytest.param(["--fail-on=credentials,undeclared"], id="fail-on"),
        pytest.param(["--route=orders"], id="filtered"),
    ],
)
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"CORS_ALLOWED_ORIGINS": [APP]}, id="origins"),
        pytest.param({"CORS_OPT_IN": True, "CORS_ENFORCE": "report"}, id="opt-in"),
        pytest.param({"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/v"}, id="urls-regex"),
    ],
)
def test_the_policies(arguments: list[str], settings: dict[str, Any]) -> None:
    with override_settings(**settings), urlconf(*ROUTES):
        done = run("cors_policies", "--format=json", *arguments)

    document = assert_valid("cors_policies", done.out)
    assert document["version"] == 1
    assert document["filtered"] is any(each.startswith(("--o", "--r")) for each in arguments)


def test_the_policies_of_a_whole_project() -> None:
    assert_valid("cors_policies", run_in_shop("cors_policies", "--format=json").out)


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"CORS_ALLOWED_ORIGINS": [APP]}, id="origins"),
        pytest.param({"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/v"}, id="urls-regex"),
    ],
)
def test_what_differs(tmp_path: Path, settings: dict[str, Any]) -> None:
    file = tmp_path / "before.json"
    with urlconf(path("gone/", view), path("view/", cors_deny(view, enforce=True))):
        file.write_text(run("cors_policies", "--format=json").out)

    with override_settings(**settings), urlconf(*ROUTES, path("<int:pk>/", view)):
        done = run("cors_policies", "--format=json", f"--diff={file}")

    assert_valid("cors_policies_diff", done.out)


def test_that_what_is_missing_is_noticed() -> None:
    with urlconf(*ROUTES):
        document = json.loads(run("cors_policies", "--format=json").out)
    del document["routes"][0]["policies"][0]["offers"]
    document["more"] = 1

    assert len(list(validator("cors_policies").iter_errors(document))) == 2


@pytest.mark.parametrize(
    ("regex", "text"),
    [
        pytest.param(re.compile("https://A"), "https://A", id="none"),
        pytest.param(re.compile("https://A", re.IGNORECASE), "(?i)https://A", id="ignore-case"),
        pytest.param(re.compile("(?i)https://A"), "(?i)https://A", id="in-the-pattern"),
        pytest.param(
            re.compile("https://A # (", re.VERBOSE | re.ASCII), "(?ax)https://A # (", id="verbose"
        ),
    ],
)
def test_that_an_expression_brings_its_flags(regex: re.Pattern[str], text: str) -> None:
    with urlconf(path("", cors_allow(origin_regexes=[regex])(view))):
        document = json.loads(run("cors_policies", "--format=json").out)

    assert document["routes"][0]["policies"][0]["origin_regexes"] == [text]
    assert re.compile(text).flags == regex.flags
