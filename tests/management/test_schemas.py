"""What the commands print as JSON is what the schemas say that come with the package."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
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


def redirects(request: HttpRequest) -> HttpResponse:
    return HttpResponseRedirect("https://elsewhere.example/")


CORS = "cors_views.middleware.CorsMiddleware"
OTHER = "https://other.example"
ASKED = [*ROUTES, path("away/", cors_allow(origins=[APP])(redirects))]
# id -> (arguments, exit status, what the document says)
EXPLAINED: dict[str, tuple[list[str], int, dict[str, Any]]] = {
    "readable": (
        [APP, "GET", "/orders/"],
        0,
        {
            "verdict": "readable",
            "reason": None,
            "status": 200,
            "route": "/orders/",
            "view": "tests.management.test_schemas.Orders",
            "change": None,
            "live": False,
        },
    ),
    "refused": (
        [OTHER, "GET", "/orders/", "--credentials"],
        1,
        {"verdict": "refused", "reason": "ORIGIN_NOT_ADMITTED", "status": None},
    ),
    "a-header": (
        [APP, "GET", "/orders/", "-H", "X-A"],
        1,
        {"reason": "HEADER_NOT_ALLOWED", "missing": ["x-a"]},
    ),
    "a-callable": ([APP, "GET", "/asks/"], 0, {"verdict": "readable"}),
    "enforced": ([APP, "GET", "/none/"], 1, {"reason": "DENIED"}),
    "another-server": ([APP, "GET", "/away/", "--run"], 1, {"verdict": "unknown", "status": None}),
    "a-redirect": (
        [APP, "GET", "/orders", "--run"],
        0,
        {"redirected_to": "http://localhost/orders/"},
    ),
    "no-route": (
        [APP, "GET", "/nowhere/"],
        1,
        {"route": None, "view": None, "reason": "ORIGIN_NOT_ADMITTED"},
    ),
    "the-site-itself": (["http://localhost", "GET", "/orders/"], 0, {"verdict": "readable"}),
}


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_is_explained(name: str) -> None:
    arguments, status, said = EXPLAINED[name]
    stack = [CORS, "django.middleware.common.CommonMiddleware"]

    with override_settings(MIDDLEWARE=stack, ALLOWED_HOSTS=["localhost"]), urlconf(*ASKED):
        done = run("cors_explain", *arguments, "--format=json")

    document = assert_valid("cors_explain", done.out)
    assert done.status == status
    assert {key: document[key] for key in said} == said


def test_that_the_place_is_said_that_decides() -> None:
    with override_settings(MIDDLEWARE=[CORS]), urlconf(*ASKED):
        document = json.loads(run("cors_explain", OTHER, "PUT", "/orders/", "--format=json").out)

    decided = document["decided"]
    assert (decided["layer"], decided["enforced"]) == ("class", False)
    assert decided["declared_at"]["file"] == "tests/management/test_schemas.py"
    assert "write @cors_allow(" in document["change"]
    assert [exchange["kind"] for exchange in document["exchanges"]] == ["preflight"]


def test_that_nothing_decides_where_there_is_no_middleware() -> None:
    with override_settings(MIDDLEWARE=[]), urlconf(*ASKED):
        done = run("cors_explain", APP, "GET", "/orders/", "--format=json")

    assert assert_valid("cors_explain", done.out)["decided"] is None


def test_that_no_secret_is_printed() -> None:
    header = ["-H", "Authorization: Bearer abc"]
    with override_settings(MIDDLEWARE=[CORS]), urlconf(path("", cors_allow(origins="*")(view))):
        done = run("cors_explain", APP, "GET", "/", *header, "--format=json")

    assert "abc" not in done.out
    assert "authorization" in done.out


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
