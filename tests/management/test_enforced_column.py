"""What ``cors_policies`` says of ``enforce``: in its table, in Markdown, in JSON and in CI."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from tests.management.commands import run
from tests.tables import urlconf

APP, OTHER = "https://app.example", "https://other.example"

pytestmark = pytest.mark.usefixtures("nothing_enforces")


def view(request: Any) -> HttpResponse:
    return HttpResponse("ran")


ENFORCING = CorsPolicy(origins=[APP], enforce=True)
ON = {"CORS_ENFORCE": True, "CORS_ALLOWED_ORIGINS": [APP]}

# name -> (pattern, settings, what JSON says of each policy, whether CI is told, what people read)
ROWS: dict[str, tuple[Any, dict[str, Any], list[Any], bool, str]] = {
    "nothing": (path("v/", cors_allow(origins=[APP])(view)), {}, [False], True, ""),
    "a policy": (path("v/", cors_allow(ENFORCING)(view)), {}, [True], False, "yes"),
    "a policy that only reports": (
        path("v/", cors_allow(origins=[APP], enforce="report")(view)),
        {},
        ["report"],
        True,
        "report only",
    ),
    "the settings": (path("v/", view), ON, [True], False, "yes"),
    "the settings, and the view does not": (
        path("v/", cors_allow(enforce=False)(view)),
        ON,
        [False],
        True,
        "",
    ),
    "a policy with origins takes it from the settings": (
        path("v/", cors_allow(origins=[OTHER])(view)),
        ON,
        [True],
        False,
        "yes",
    ),
    "a denial": (path("v/", cors_deny(enforce=True)(view)), {}, [True], False, "yes"),
    "a denial by itself": (path("v/", cors_deny(view)), {}, [False], True, ""),
    "a denial takes it from the settings": (path("v/", cors_deny(view)), ON, [True], False, "yes"),
    "a denial that is refined": (
        path("v/", cors_allow(enforce=True)(cors_deny(view))),
        {},
        [True],
        False,
        "yes",
    ),
    "an include": (
        path("", cors_include([path("v/", view)], policy=cors_deny(enforce=True))),
        {},
        [True],
        False,
        "yes",
    ),
    # The strictest counts for whom none of them admits.
    "one of two": (
        path("v/", cors_allow(CorsPolicy(origins=[OTHER]), ENFORCING)(view)),
        {},
        [True, True],
        False,
        "yes",
    ),
    "the settings, which do not apply": (
        path("v/", view),
        {**ON, "CORS_OPT_IN": True},
        [False],
        True,
        "",
    ),
    "the settings, whose regex matches elsewhere": (
        path("v/", view),
        {**ON, "CORS_URLS_REGEX": r"^/api/"},
        [False],
        True,
        "",
    ),
    "the settings, whose regex matches": (
        path("v/", view),
        {**ON, "CORS_URLS_REGEX": r"^/v/"},
        [True],
        False,
        "yes",
    ),
    "the settings, whose regex may match": (
        path("v/<slug:name>/", view),
        {**ON, "CORS_URLS_REGEX": r"^/v/open"},
        [True],
        True,
        "yes",
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_is_said_of_enforce(name: str) -> None:
    pattern, settings, said, told, shown = ROWS[name]
    with override_settings(**settings), urlconf(pattern):
        document = json.loads(run("cors_policies", format="json").out)
        table = run("cors_policies", "--route=v", "--fail-on=unenforced")
        markdown = run("cors_policies", "--route=v", format="markdown").out

    assert [policy["enforce"] for policy in document["routes"][0]["policies"]] == said
    assert (table.status, "unenforced" in table.err) == ((1, True) if told else (0, False))
    header, *lines = table.out.splitlines()
    # Where nothing enforces, nobody has to read a column about it.
    assert ("Enforced" in header) is bool(shown)
    if shown:
        assert lines[0][header.index("Enforced") :].startswith(f"{shown} ")
    assert ("enforced" in lines[-1]) is (shown == "yes")
    # A document to commit has it always, so that its diff shows the row that has changed.
    assert f"| {shown} |".replace("|  |", "| |") in markdown.replace("|  |", "| |")
    assert "| Enforced |" in markdown


def test_routes_that_enforce_share_no_row_with_those_that_do_not() -> None:
    enforced = cors_allow(enforce=True)(lambda request: view(request))
    routes = [
        path(f"{name}/{number}/", each)
        for name, each in {"on": enforced, "off": view}.items()
        for number in range(12)
    ]
    with urlconf(path("", cors_include(routes, policy=cors_deny))):
        lines = run("cors_policies").out.splitlines()

    assert [line.split()[:6] for line in lines if "more" in line] == [
        ["/on/0/", "and", "11", "more", "any", "nobody"],
        ["/off/0/", "and", "11", "more", "any", "nobody"],
    ]
    assert ["yes" in line.split() for line in lines if "more" in line] == [True, False]
