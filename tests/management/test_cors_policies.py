"""``manage.py cors_policies``: what it lists, in which form, and what it refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.contrib.syndication.views import Feed
from django.core.checks import run_checks
from django.core.management import color
from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import URLPattern, include, path, re_path
from django.urls.resolvers import RoutePattern
from django.utils import translation
from django.views import View
from django.views.decorators.http import require_GET, require_POST

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations import marks
from cors_views.signals import check_request_enabled
from tests.management.commands import ROOT, run, run_in_shop, run_in_shop_terminal
from tests.tables import Patterns, urlconf

pytest.importorskip("rest_framework", reason="lists routes of Django REST framework, too")

from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.urlpatterns import format_suffix_patterns

APP = "https://app.example"
OTHER = "https://other.example"
HERE = "tests/management/test_cors_policies.py"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def is_tenant(request: Any, origin: str) -> bool:
    return True


class Asker:
    def __call__(self, request: Any, origin: str) -> bool:
        return True


def receiver(**kwargs: Any) -> bool:
    return True


@cors_allow(origins=[APP], credentials=True)
class Orders(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    @cors_allow(max_age=0)
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")

    # Called, because before Python 3.11 a bare decorator stands at the line of what it decorates.
    @cors_deny()
    def delete(self, request: Any) -> HttpResponse:
        return HttpResponse("delete")


class GraphQL(View):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("dispatched")


class Reader(View):
    @cors_allow(origins=[APP])
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")


class Latest(Feed):
    pass


@api_view(["GET"])
@cors_allow("public")
def listing(request: Any, format: str | None = None) -> Response:
    return Response([])


def document(*arguments: str) -> Any:
    done = run("cors_policies", "--format=json", *arguments)
    assert done.status == 0, done.err
    return json.loads(done.out)


# name -> (settings, view, for each row what is said of it)
ROWS: dict[str, tuple[dict[str, Any], Any, list[dict[str, Any]]]] = {
    "nothing declared, nothing set": (
        {},
        answer,
        [{"methods": ["*"], "access": "allow", "origins": [], "layer": "settings"}],
    ),
    "nothing declared": (
        {"CORS_ALLOWED_ORIGINS": [OTHER, APP]},
        answer,
        [{"origins": [APP, OTHER], "declared_at": {"setting": "CORS_ALLOWED_ORIGINS"}}],
    ),
    "an older name of a setting": (
        {"CORS_ORIGIN_ALLOW_ALL": True},
        answer,
        [{"origins": ["*"], "declared_at": {"setting": "CORS_ORIGIN_ALLOW_ALL"}}],
    ),
    "regular expressions of the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"https://\w+\.example"]},
        answer,
        [
            {
                "origin_regexes": [r"https://\w+\.example"],
                "declared_at": {"setting": "CORS_ALLOWED_ORIGIN_REGEXES"},
            }
        ],
    ),
    "a URL that the settings leave out": (
        {"CORS_URLS_REGEX": "^/api/", "CORS_ALLOW_ALL_ORIGINS": True},
        answer,
        [{"access": "none", "origins": [], "declared_at": {"setting": "CORS_URLS_REGEX"}}],
    ),
    "a view that is not opted in": (
        {"CORS_OPT_IN": True, "CORS_ALLOW_ALL_ORIGINS": True},
        answer,
        [{"access": "none", "origins": [], "declared_at": {"setting": "CORS_OPT_IN"}}],
    ),
    "a view that is": (
        {"CORS_OPT_IN": True, "CORS_ALLOWED_ORIGINS": [APP]},
        cors_allow(answer),
        [{"access": "allow", "origins": [APP], "declared_at": {"setting": "CORS_ALLOWED_ORIGINS"}}],
    ),
    "a named policy": (
        {},
        cors_allow("partners")(answer),
        [{"origins": [OTHER], "policy": "partners", "layer": "route"}],
    ),
    "two policies": (
        {},
        cors_allow("partners", "public")(answer),
        [
            {"position": 1, "policy": "partners", "origins": [OTHER]},
            {"position": 2, "policy": "public", "origins": ["*"]},
        ],
    ),
    "a policy of its own": (
        {},
        cors_allow(origins=[APP], headers=["X-B", "X-A"], expose_headers=["ETag"], max_age=5)(
            answer
        ),
        [
            {
                "policy": None,
                "headers": ["x-a", "x-b"],
                "expose_headers": ["etag"],
                "max_age": 5,
                "credentials": False,
                "private_network": False,
            }
        ],
    ),
    "callables": (
        {},
        cors_allow(origins=[APP, is_tenant, Asker()])(answer),
        [
            {
                "origins": [APP],
                "asks": [
                    "tests.management.test_cors_policies.is_tenant",
                    "tests.management.test_cors_policies.Asker",
                ],
            }
        ],
    ),
    "a closed route": ({}, cors_deny(answer), [{"access": "deny", "layer": "route", "offers": []}]),
    "a closed route that is enforced": (
        {},
        cors_deny(answer, enforce=True),
        [{"access": "deny", "enforce": True}],
    ),
    "methods of a view that shows none": (
        {},
        cors_allow(origins=[APP], methods=["PUT", "GET"])(answer),
        [{"methods": ["*"], "offers": ["GET", "PUT"]}],
    ),
    "a class, method by method": (
        {},
        Orders.as_view(),
        [
            {"methods": ["GET", "HEAD", "OPTIONS"], "layer": "class", "refined_by": []},
            {"methods": ["POST"], "layer": "class", "max_age": 0},
            {"methods": ["DELETE"], "access": "deny", "layer": "handler"},
        ],
    ),
    "a handler of two methods": (
        {},
        Reader.as_view(),
        [
            {"methods": ["GET", "HEAD"], "layer": "handler"},
            {"methods": ["OPTIONS"], "layer": "settings"},
        ],
    ),
    "methods that are not offered": (
        {"CORS_ALLOW_METHODS": ["GET"]},
        Orders.as_view(),
        [
            # OPTIONS needs an offer; GET, HEAD and POST do not.
            {"methods": ["GET", "HEAD", "OPTIONS"], "not_offered": ["OPTIONS"]},
            {"methods": ["POST"], "not_offered": []},
            {"methods": ["DELETE"], "not_offered": []},
        ],
    ),
    "a class that overrides dispatch()": (
        {},
        cors_allow(origins="*")(GraphQL.as_view()),
        [{"methods": ["*"], "origins": ["*"]}],
    ),
    "a function for one method": (
        {},
        cors_allow(origins=[APP])(require_POST(answer)),
        [{"methods": ["POST"]}],
    ),
    "a class that serves no OPTIONS": (
        {},
        cors_allow(origins=[OTHER])(Reader.as_view(http_method_names=["get"])),
        [{"methods": ["GET"], "origins": [APP]}],
    ),
}


@pytest.mark.parametrize("name", ROWS)
def test_what_json_says_of_a_route(name: str) -> None:
    site, view, expected = ROWS[name]

    with override_settings(**site), urlconf(path("v/", view)):
        (route, _) = document()["routes"]

    assert [
        {field: policy[field] for field in wanted}
        for policy, wanted in zip(route["policies"], expected)
    ] == expected
    assert len(route["policies"]) == len(expected)


def test_places_are_the_same_on_every_machine() -> None:
    with urlconf(path("v/", Orders.as_view())):
        get, post, delete = document()["routes"][0]["policies"]

    line = get["declared_at"]["line"]
    assert get["declared_at"] == {"file": HERE, "line": line}
    assert post["declared_at"] == get["declared_at"]
    assert post["refined_by"] == [{"layer": "handler", "file": HERE, "line": line + 5}]
    assert delete["declared_at"] == {"file": HERE, "line": line + 10}


# name -> (pattern, what is said of the route itself)
ROUTES: dict[str, tuple[Any, dict[str, Any]]] = {
    "a function": (
        path("v/", answer, name="answer"),
        {"route": "/v/", "name": "answer", "view": f"{__name__}.answer"},
    ),
    "a decorated function": (
        path("v/", cors_allow("public")(answer)),
        {"view": f"{__name__}.answer"},
    ),
    "a class": (
        path("v/<int:pk>/", Orders.as_view()),
        {"route": "/v/<int:pk>/", "view": f"{__name__}.Orders"},
    ),
    "an @api_view": (path("v/", listing), {"view": f"{__name__}.listing"}),
    "an instance": (path("v/", Latest()), {"view": f"{__name__}.Latest", "app": "tests"}),
    "a regular expression": (re_path(r"^v/(\d+)/$", answer), {"route": "/v/<var>/"}),
    "without a name": (path("v/", answer), {"name": None}),
    "in a namespace": (
        path("a/", include(([path("v/", answer, name="v")], "app"), namespace="space")),
        {"route": "/a/v/", "name": "space:v"},
    ),
    "an installed app": (
        path("login/", include("django.contrib.auth.urls")),
        {"app": "auth", "view": "django.contrib.auth.views.LoginView"},
    ),
}


@pytest.mark.parametrize("name", ROUTES)
def test_what_json_says_of_the_route_itself(name: str) -> None:
    pattern, expected = ROUTES[name]

    with urlconf(pattern):
        route = document()["routes"][0]

    assert {field: route[field] for field in expected} == expected


def test_what_nothing_resolves_is_listed_last() -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[APP], CORS_URLS_REGEX="^/api/"), urlconf():
        said = document()

    assert said["version"] == 1
    assert said["routes"] == [
        {
            "route": None,
            "app": None,
            "name": None,
            "view": None,
            "reached": True,
            "policies": [said["routes"][0]["policies"][0]],
        }
    ]
    assert said["routes"][0]["policies"][0]["origins"] == [APP]


class Unknowable:
    """A view that answers, but whose class makes no sense."""

    view_class = type("Broken", (), {"as_view": None, "__mro__": ()})
    initkwargs = 5

    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse("answer")


@cors_deny
class Closed(Unknowable):
    pass


@pytest.mark.usefixtures("nothing_enforces")
def test_a_declared_view_that_nobody_understands_is_listed_as_closed(caplog: Any) -> None:
    with urlconf(path("v/", Closed())):
        route = document()["routes"][0]
        table = run("cors_policies").out

    assert route["view"] == f"{__name__}.Closed"
    assert route["policies"][0]["access"] == "deny"
    assert (route["policies"][0]["layer"], route["policies"][0]["declared_at"]) == ("none", {})
    assert re.search(r"/v/ +any +nobody +none +cannot be understood", table)


def test_an_undeclared_view_that_nobody_understands_is_listed_under_the_settings(
    caplog: Any,
) -> None:
    with urlconf(path("v/", Unknowable())):
        route = document()["routes"][0]

    assert route["view"] == f"{__name__}.Unknowable"
    assert (route["policies"][0]["access"], route["policies"][0]["layer"]) == ("allow", "settings")


# name -> (settings, arguments of i18n_patterns, the language, the route)
LANGUAGES: dict[str, tuple[dict[str, Any], dict[str, Any], str | None, str]] = {
    "as Django matches it": ({}, {}, "en-us", "/en/v/"),
    "a language of its own": ({}, {}, "de", "/de/v/"),
    "a language that is none": ({}, {}, "xx", "/xx/v/"),
    "no language": ({}, {}, None, "/en-us/v/"),
    "the default without a prefix": (
        {"LANGUAGE_CODE": "en-us"},
        {"prefix_default_language": False},
        "en-us",
        "/v/",
    ),
}


@pytest.mark.parametrize("name", LANGUAGES)
def test_routes_with_a_language_are_those_that_django_matches(name: str) -> None:
    site, options, language, route = LANGUAGES[name]
    patterns = Patterns(i18n_patterns(path("v/", answer), **options))

    with override_settings(**site, ROOT_URLCONF=patterns), translation.override(language):
        assert document()["routes"][0]["route"] == route


@pytest.fixture
def _receiver() -> Any:
    check_request_enabled.connect(receiver)
    yield
    check_request_enabled.disconnect(receiver)


@pytest.mark.usefixtures("_receiver")
def test_receivers_are_named_where_they_are_asked() -> None:
    site = {"CORS_ALLOWED_ORIGINS": [APP], "CORS_URLS_REGEX": "^/api/"}
    patterns = [
        path("api/v/", answer),
        path("v/", answer),
        path("named/", cors_allow(origins=[APP])(answer)),
    ]
    with override_settings(**site), urlconf(*patterns):
        inside, outside, named, _ = (route["policies"][0] for route in document()["routes"])
        reached = document("--origin", APP)["routes"]
        table = run("cors_policies").out

    assert (inside["origins"], inside["asks"]) == ([APP], ["check_request_enabled"])
    assert (outside["origins"], outside["asks"]) == ([], ["check_request_enabled"])
    assert (named["origins"], named["asks"]) == ([APP], [])
    assert re.search(rf"^/api/v/ +any +{APP}, asks check_request_enabled +s", table, re.MULTILINE)
    assert re.search(r"^/v/ +any +asks check_request_enabled +settings", table, re.MULTILINE)
    assert [(each["route"], each["policies"][0]["reach"]) for each in reached] == [
        ("/api/v/", "admitted"),
        ("/v/", "asked"),
        ("/named/", "admitted"),
        (None, "admitted"),
    ]


# --- For people --------------------------------------------------------------------------------

# A file of its own, whose lines do not move when a test is written.
SOURCE = """\
from django.http import HttpResponse
from django.urls import path
from django.views import View
from cors_views import cors_allow, cors_deny, cors_include

def answer(request):
    return HttpResponse()

@cors_allow(origins=["https://app.example"], credentials=True)
class Orders(View):
    def get(self, request): ...

    @cors_allow(max_age=0)
    def post(self, request): ...

    @cors_deny()
    def delete(self, request): ...

urlpatterns = [
    path("orders/", Orders.as_view()),
    path("both/", cors_allow("partners", "public")(answer)),
    path("mine/", cors_allow("partners", methods=["GET", "PUT"])(answer)),
    path("free/", answer),
    path("in/", cors_include([path("<slug:name>/", answer)], policy="public")),
]
"""
SITE: dict[str, Any] = {"CORS_ALLOWED_ORIGINS": [APP]}


@pytest.fixture
def _site() -> Iterator[None]:
    names: dict[str, Any] = {"__name__": "views"}
    exec(compile(SOURCE, str(ROOT / "views.py"), "exec"), names)
    with override_settings(**SITE), urlconf(*names["urlpatterns"]):
        yield


PIPED = """\
Route             Methods                Origins                Cookies  Policy             Layer     Declared at
/orders/          GET                    https://app.example    yes                         class     views.py:9
/orders/          POST                   https://app.example    yes                         class     views.py:9, refined by handler views.py:13
/orders/          DELETE                 nobody                          cors_deny          handler   views.py:16
/both/            any                    https://other.example           partners           route     views.py:21
/both/            any                    else any origin                 public             route     views.py:21
/mine/            any (offers GET, PUT)  https://other.example           partners, changed  route     views.py:22
/free/            any                    https://app.example                                settings  CORS_ALLOWED_ORIGINS
/in/<slug:name>/  any                    any origin                      public             include   views.py:24
any other URL     any                    https://app.example                                settings  CORS_ALLOWED_ORIGINS

5 routes, 9 rules: 2 for any origin, 2 with credentials, 1 for nobody.
"""  # noqa: E501


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize("columns", ["40", "200"])
def test_in_a_pipe_every_line_is_complete_whatever_the_width(
    columns: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    assert run("cors_policies").out == PIPED


# columns -> what stands there
IN_A_TERMINAL = {
    "100": """\
  Methods           Origins                Cookies  Policy            Layer     Declared at
/orders/
  GET               https://app.example    yes                        class     views.py:9
  POST              https://app.example    yes                        class     views.py:9, refined
                                                                                by handler
                                                                                views.py:13
  DELETE            nobody                          cors_deny         handler   views.py:16
/both/
  any               https://other.example           partners          route     views.py:21
                    else any origin                 public            route     views.py:21
/mine/
  any (offers GET,  https://other.example           partners,         route     views.py:22
  PUT)                                              changed
/free/
  any               https://app.example                               settings  CORS_ALLOWED_ORIGINS
/in/<slug:name>/
  any               any origin                      public            include   views.py:24
any other URL
  any               https://app.example                               settings  CORS_ALLOWED_ORIGINS

5 routes, 9 rules: 2 for any origin, 2 with credentials, 1 for nobody.
""",
    "80": """\
  Methods  Origins             Cookies  Policy     Layer     Declared at
/orders/
  GET      https://app.        yes                 class     views.py:9
           example
  POST     https://app.        yes                 class     views.py:9, refined
           example                                           by handler
                                                             views.py:13
  DELETE   nobody                       cors_deny  handler   views.py:16
/both/
  any      https://other.               partners   route     views.py:21
           example
           else any origin              public     route     views.py:21
/mine/
  any      https://other.               partners,  route     views.py:22
  (offers  example                      changed
  GET,
  PUT)
/free/
  any      https://app.                            settings  CORS_ALLOWED_
           example                                           ORIGINS
/in/<slug:name>/
  any      any origin                   public     include   views.py:24
any other URL
  any      https://app.                            settings  CORS_ALLOWED_
           example                                           ORIGINS

5 routes, 9 rules: 2 for any origin, 2 with credentials, 1 for nobody.
""",
}


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize("columns", IN_A_TERMINAL)
def test_in_a_terminal_the_table_fits(columns: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", columns)

    done = run("cors_policies", terminal=True, no_color=True)

    assert done.out == IN_A_TERMINAL[columns]


@pytest.mark.usefixtures("_site")
def test_columns_are_never_slivers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "72")
    wide = run("cors_policies", terminal=True).out
    monkeypatch.setenv("COLUMNS", "20")

    assert run("cors_policies", terminal=True).out == wide
    assert max(map(len, wide.splitlines())) <= 72


MARKDOWN = """\
# Which origins may read which routes

| Route | Methods | Origins | Cookies | Enforced | Headers | Exposed | Max age | Policy | Layer | Declared at |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
| /orders/ | GET | https://app.example | yes |  | `CORS_ALLOW_HEADERS` |  | 86400 |  | class | views.py |
| /orders/ | POST | https://app.example | yes |  | `CORS_ALLOW_HEADERS` |  | 0 |  | class | views.py, refined by handler views.py |
| /orders/ | DELETE | nobody |  |  |  |  |  | `cors_deny` | handler | views.py |

1 route, 3 rules: 0 for any origin, 2 with credentials, 1 for nobody.
"""  # noqa: E501


@pytest.mark.usefixtures("_site")
def test_markdown_without_lines_changes_with_access_alone() -> None:
    done = run("cors_policies", "--format=markdown", "--no-lines", "--route=orders")

    assert done.out == MARKDOWN


@pytest.mark.usefixtures("_site")
def test_markdown_writes_out_the_settings_once_and_keeps_routes_literal() -> None:
    out = run("cors_policies", "--format=markdown").out

    assert out.count("accept, authorization, content-type") == 1
    assert "| `/in/<slug:name>/` | any |" in out
    assert "| views.py:9 |" in out


def test_markdown_keeps_a_regex_within_its_cell() -> None:
    with urlconf(path("v/", cors_allow(origin_regexes=["https://(a|b)\\.example"])(answer))):
        out = run("cors_policies", "--format=markdown").out

    assert r"| `regex https://(a\|b)\.example` |" in out


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize(
    ("by", "headings"),
    [
        ("app", ["tests", "no app"]),
        ("policy", ["partners", "public", "no named policy"]),
        ("audience", ["any origin", APP, OTHER, "nobody"]),
    ],
)
def test_rows_stand_below_headings(by: str, headings: list[str]) -> None:
    site = {"INSTALLED_APPS": ["cors_views", "django.contrib.staticfiles"]}
    with override_settings(**site):
        out = run("cors_policies", "--format=markdown", f"--group-by={by}").out
        table = run("cors_policies", f"--group-by={by}").out

    found = [line.removeprefix("## ") for line in out.splitlines() if line.startswith("## ")]
    assert found == [heading.replace("tests", "views") for heading in headings]
    for heading in found:
        assert f"\n{heading}\nRoute" in f"\n{table}"


@pytest.mark.usefixtures("_site")
def test_a_long_list_of_origins_is_cut_in_a_table_alone() -> None:
    many = [f"https://{number}.example" for number in "abcdefgh"]

    with override_settings(CORS_ALLOWED_ORIGINS=many[::-1]):
        table = run("cors_policies").out
        markdown = run("cors_policies", "--format=markdown").out

    assert "https://e.example and 3 more " in table
    assert ", ".join(many) in markdown


class Editor(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    def put(self, request: Any) -> HttpResponse:
        return HttpResponse("put")


# methods that are offered -> how the table puts it
OFFERED = {"GET, PUT": "GET, PUT", "GET": "GET, not offered: PUT", "OPTIONS, PUT": "GET, PUT"}


@pytest.mark.parametrize("offered", OFFERED)
def test_what_is_not_offered_is_said(offered: str) -> None:
    view = cors_allow(origins=[APP], methods=offered.split(", "))(Editor.as_view())

    with urlconf(path("v/", view)):
        table = run("cors_policies").out

    assert re.search(rf"^/v/ +{OFFERED[offered]} +{APP}", table, re.MULTILINE)


# methods of the settings -> how the table puts a class, and a function
WRITTEN = {
    "GET, put": ("GET, not offered: PUT", r"any \(offers GET, put\)"),
    "GET, PUT": ("GET, PUT", r"any \(offers GET, PUT\)"),
    "*": ("GET, PUT", "any"),
}


@pytest.mark.parametrize("written", WRITTEN)
def test_methods_of_the_settings_are_offered_as_they_are_written(written: str) -> None:
    routes = [path("class/", Editor.as_view()), path("function/", answer)]
    site = {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_METHODS": written.split(", ")}

    with override_settings(**site), urlconf(*routes):
        table = run("cors_policies", "--all").out

    for route, said in zip(("class", "function"), WRITTEN[written]):
        assert re.search(rf"^/{route}/ +{said} +{APP}", table, re.MULTILINE)


@pytest.mark.parametrize(
    ("methods", "counted"), [(["GET", "put"], ["POST"]), (["GET", "PUT"], ["POST", "PUT"])]
)
def test_what_a_stranger_may_send_is_what_the_wire_offers(
    methods: list[str], counted: list[str]
) -> None:
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_METHODS": methods}

    with override_settings(**site), urlconf(path("v/", answer)):
        (message,) = (
            found
            for found in run_checks(include_deployment_checks=True)
            if found.id == "cors_views.W039"
        )

    assert message.msg.startswith(f"Any origin may send {', '.join(counted)} to /v/ ")


def hiding() -> list[Any]:
    """Return a URLconf that includes twice below one prefix; the second has the policy."""
    return [
        path("v/", include([path("a/", answer), path("b/", answer)])),
        path("v/", cors_include([path("a/", Editor.as_view())], origins="*")),
    ]


def test_a_route_behind_one_of_the_same_text_is_never_reached() -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[APP]), urlconf(*hiding()):
        table = run("cors_policies", "--all").out
        markdown = run("cors_policies", "--format=markdown").out
        said = document()["routes"]
        for_origin = run("cors_policies", "--all", "--origin", OTHER).out
        risky = run("cors_policies", "--all", "--fail-on=any-origin,any-origin-unsafe,undeclared")

    assert re.search(rf"^/v/a/ +none +never reached +include +{HERE}:\d+$", table, re.MULTILINE)
    assert table.endswith("0 for any origin, 0 with credentials, 0 for nobody, 1 never reached.\n")
    assert "| /v/a/ | none | never reached |" in markdown
    assert [(each["route"], each["reached"], len(each["policies"])) for each in said] == [
        ("/v/a/", True, 1),
        ("/v/b/", True, 1),
        ("/v/a/", False, 0),
        (None, True, 1),
    ]
    assert "/v/a/" not in for_origin
    assert "any-origin" not in risky.err
    assert risky.err.count("undeclared: ") == 2


def test_routes_that_are_never_reached_share_a_row_and_a_heading_of_their_own() -> None:
    routes = [path(f"{number}/", answer) for number in (1, 2, 1, 2)]

    with override_settings(CORS_ALLOWED_ORIGINS=[APP]), urlconf(*routes):
        table = run("cors_policies", "--group-by=audience").out

    _, heading, rows = table.partition("never reached\n")
    assert heading
    assert re.search("^2 routes that declare nothing +none +never reached", rows, re.MULTILINE)


def test_a_policy_of_a_route_that_is_never_reached_is_reported_as_such(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(marks, "_everything_applied", set())

    with urlconf(*hiding()):
        found = run_checks(include_deployment_checks=True)

    ours = [each for each in found if str(each.id).startswith("cors_views.")]
    assert [each.id for each in ours] == ["cors_views.W023"]
    assert "Does an earlier route match the same URLs?" in str(ours[0].hint)


@pytest.mark.parametrize(
    ("middleware", "said"),
    [
        pytest.param(["cors_views.middleware.CorsMiddleware"], False, id="there"),
        pytest.param([], True, id="missing"),
        pytest.param(["django.middleware.common.CommonMiddleware"], True, id="others"),
    ],
)
def test_it_is_said_where_nothing_has_an_effect(middleware: list[str], said: bool) -> None:
    sentence = "CorsMiddleware is not in MIDDLEWARE, so none of this has any effect."

    with override_settings(MIDDLEWARE=middleware), urlconf(path("v/", Orders.as_view())):
        table, markdown = run("cors_policies").out, run("cors_policies", "--format=markdown").out
        in_json = document()["middleware"]

    assert [sentence in table, sentence in markdown, not in_json] == [said] * 3


class Silent(View):
    @cors_allow(origins=[APP])
    def options(self, request: Any) -> HttpResponse:
        return HttpResponse("options")


def test_options_has_no_row_beside_other_methods_and_keeps_its_own() -> None:
    site = {"CORS_ALLOWED_ORIGINS": [OTHER], "CORS_ALLOW_METHODS": ["GET"]}
    with override_settings(**site), urlconf(path("v/", Reader.as_view())):
        table, in_full = run("cors_policies").out, document()["routes"][0]["policies"]
    with urlconf(path("v/", Silent.as_view())):
        alone = run("cors_policies").out

    assert "OPTIONS" not in table
    assert re.search(rf"^/v/ +GET +{APP}", table, re.MULTILINE)
    assert [each["methods"] for each in in_full] == [["GET", "HEAD"], ["OPTIONS"]]
    assert re.search(rf"^/v/ +OPTIONS +{APP}", alone, re.MULTILINE)


def test_a_name_without_any_seam_is_cut_where_the_column_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    long = f"https://{'a' * 60}.example"

    with urlconf(path("v/", cors_allow(origins=[long])(answer))):
        out = run("cors_policies", terminal=True).out

    assert max(map(len, out.splitlines())) <= 80
    assert "a" * 34 not in out
    assert out.count("a" * 20) == 2


@pytest.mark.usefixtures("_site")
def test_more_verbosity_shows_headers_too() -> None:
    out = run("cors_policies", verbosity=2).out

    assert re.search(r"^Route .* Headers .* Max age ", out)
    assert "accept, authorization, content-type" in out


def test_routes_of_format_suffixes_are_folded_for_people_alone() -> None:
    patterns = format_suffix_patterns(
        [path("v/", listing), re_path(r"^w/$", listing), path("x", listing)]
    )

    with urlconf(*patterns):
        table = run("cors_policies").out
        routes = [route["route"] for route in document()["routes"]]

    assert re.findall(r"^/\S+ \(\+ \.format\)|^/\S+", table, re.MULTILINE) == [
        "/v/ (+ .format)",
        "/w/ (+ .format)",
        "/x (+ .format)",
    ]
    assert "3 routes (3 also with a format suffix), 4 rules: 3 for any origin" in table
    assert len(routes) == 7


def test_what_ignores_a_route_ignores_its_format_suffix() -> None:
    with urlconf(*format_suffix_patterns([path("v/", listing), path("w/", listing)])):
        found = run("cors_policies", "--fail-on=any-origin", "--ignore=/v/", "--format=json")

    assert [each["route"] for each in json.loads(found.out)["findings"]] == [
        "/w/",
        "/w<drf_format_suffix:format>",
    ]


def test_a_format_suffix_with_another_policy_is_not_folded() -> None:
    with urlconf(path("v/", listing), path("v<drf_format_suffix:format>", cors_deny(listing))):
        table = run("cors_policies").out

    assert "(+ .format)" not in table
    assert "/v<drf_format_suffix:format>  GET      nobody" in table


# --- What is selected --------------------------------------------------------------------------

# arguments -> the routes that are listed
SELECTED: dict[str, list[str | None]] = {
    "--route orders": ["/orders/"],
    "--route /o --route fre": ["/orders/", "/free/"],
    "--route /*r*/": ["/orders/", "/free/"],
    "--route <slug:name>": ["/in/<slug:name>/"],
    "--ignore orders --ignore /?ree/": ["/both/", "/mine/", "/in/<slug:name>/", None],
    "--policy partners": ["/both/", "/mine/"],
    "--policy partners --policy public": ["/both/", "/mine/", "/in/<slug:name>/"],
    "--app views": ["/orders/", "/both/", "/mine/", "/free/", "/in/<slug:name>/"],
    "--app views --policy public --route in": ["/in/<slug:name>/"],
    f"--origin {APP}": ["/orders/", "/both/", "/free/", "/in/<slug:name>/", None],
    "--origin HTTPS://Other.Example:443": ["/both/", "/mine/", "/in/<slug:name>/"],
    "--origin null": ["/both/", "/in/<slug:name>/"],
}


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize("arguments", SELECTED)
def test_what_is_selected(arguments: str) -> None:
    routes = document(*arguments.split())["routes"]

    assert [route["route"] for route in routes] == SELECTED[arguments]


@pytest.mark.usefixtures("_site")
def test_what_an_origin_reaches_ends_with_the_policy_that_answers() -> None:
    (both,) = document("--origin", OTHER, "--route=both")["routes"]
    (table,) = re.findall("^/both/.*", run("cors_policies", "--origin", OTHER).out, re.MULTILINE)

    assert [policy["policy"] for policy in both["policies"]] == ["partners"]
    assert both["policies"][0]["reach"] == "admitted"
    assert table.split() == ["/both/", "any", "admitted", "partners", "route", "views.py:21"]


def test_who_is_asked_about_an_origin_is_named() -> None:
    view = cors_allow(CorsPolicy(origins=[is_tenant]), "public")(answer)

    with urlconf(path("v/", view)):
        (route,) = document("--origin", APP)["routes"]
        out = run("cors_policies", "--origin", APP).out
        markdown = run("cors_policies", "--origin", APP, "--format=markdown").out

    assert [policy["reach"] for policy in route["policies"]] == ["asked", "admitted"]
    assert f"asked per request: {__name__}.is_tenant" in out
    assert f"Only what `{APP}` reaches." in markdown


def test_another_urlconf_is_read() -> None:
    said = document("--urlconf", "tests.urls")

    assert said["urlconf"] == "tests.urls"


# --- What fails --------------------------------------------------------------------------------

# risk -> a view that has it, and its near miss
RISKS: dict[str, tuple[Any, Any]] = {
    "any-origin": (cors_allow(origins="*"), cors_allow(origins=[APP])),
    "any-origin, by a regex": (
        cors_allow(origin_regexes=["https://.*"]),
        cors_allow(origin_regexes=[r"https://.*\.app\.example"]),
    ),
    "any-origin-unsafe": (
        cors_allow(origins="*"),
        lambda view: cors_allow(origins="*")(require_GET(view)),
    ),
    "any-origin-unsafe, by a POST that no preflight asks about": (
        cors_allow(origins="*", methods=["GET"]),
        lambda view: cors_allow(origins="*", methods=["GET"])(require_GET(view)),
    ),
    "any-origin, by a public suffix": (
        cors_allow(origins=["https://*.co.uk", "https://*.com"]),
        cors_allow(origins=["https://*.example.com"]),
    ),
    "asked": (cors_allow(origins=[is_tenant]), cors_allow(origins="*")),
    "credentials": (cors_allow(origins=[APP], credentials=True), cors_allow(origins=[APP])),
    "null": (cors_allow(origins=["null"]), cors_allow(origins=[APP])),
    "null, by a regex": (
        cors_allow(origin_regexes=["https://a|null"]),
        cors_allow(origin_regexes=["https://a"]),
    ),
    "plain-http": (
        cors_allow(origins=["http://app.example"]),
        cors_allow(origins=["http://localhost:8000", APP]),
    ),
    "plain-http, by a regex": (
        cors_allow(origin_regexes=[r"https?://app\.example"]),
        cors_allow(origin_regexes=[r"https://app\.example"]),
    ),
    "plain-http, by a regex that leaves the scheme open": (
        cors_allow(origin_regexes=[r".*\.site\.com"]),
        cors_allow(origin_regexes=[r"https://.*\.site\.com"]),
    ),
    "plain-http, by the second of two origins": (
        cors_allow(origin_regexes=[r"https://a\.site\.com|http://b\.site\.com"]),
        cors_allow(origin_regexes=[r"https://a\.site\.com|https://b\.site\.com"]),
    ),
    "plain-http, by a group that begins before the scheme": (
        cors_allow(origin_regexes=[r"(https://a|http://b)\.site\.com"]),
        cors_allow(origin_regexes=[r"(https://a|https://b)\.site\.com"]),
    ),
    "plain-http, by a group around the scheme": (
        cors_allow(origin_regexes=[r"(https?:)//a\.site\.com"]),
        cors_allow(origin_regexes=[r"(https:)//a\.site\.com"]),
    ),
    "plain-http, beside this machine": (
        cors_allow(origin_regexes=[r"http://(localhost|intranet\.site\.com)"]),
        cors_allow(origin_regexes=[r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"]),
    ),
    "plain-http, by a name that holds a number of this machine": (
        cors_allow(origin_regexes=[r"http://app127\.site\.com"]),
        cors_allow(origin_regexes=[r"http://localhost|https://app127\.site\.com"]),
    ),
    "plain-http, below any number of labels": (
        cors_allow(origin_regexes=[r"http://(?:[a-z]+\.)+x\.site\.com"]),
        cors_allow(origin_regexes=[r"https://(?:[a-z]+\.)+x\.site\.com"]),
    ),
    "private-network": (
        cors_allow(origins=[APP], private_network=True),
        cors_allow(origins=[APP]),
    ),
    "undeclared": (lambda view: view, cors_allow),
}


@pytest.mark.parametrize("name", RISKS)
def test_a_risk_fails_and_its_near_miss_does_not(name: str) -> None:
    risk = name.partition(",")[0]
    statuses = []
    for decorate in RISKS[name]:
        with override_settings(**SITE), urlconf(path("v/", decorate(answer))):
            done = run("cors_policies", f"--fail-on={risk}", "--route=v")
        statuses.append((done.status, done.err.startswith(f"{risk}: /v/ any")))

    assert statuses == [(1, True), (0, False)]


class _Reading(View):
    def get(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")


class _Writing(_Reading):
    def post(self, request: HttpRequest) -> HttpResponse:
        return HttpResponse("ok")


@pytest.mark.parametrize(
    ("view", "status"),
    [
        pytest.param(answer, 1, id="a function takes any method"),
        pytest.param(require_GET(answer), 0, id="a function that only reads"),
        pytest.param(_Writing.as_view(), 1, id="a class with a POST"),
        pytest.param(_Reading.as_view(), 0, id="a class that only reads"),
        pytest.param(cors_allow(origins=[])(_Writing.as_view()), 1, id="nobody may read it"),
        pytest.param(
            cors_allow(origins=[APP], enforce="report")(_Writing.as_view()), 1, id="reported alone"
        ),
        pytest.param(cors_allow(origins=[APP], enforce=True)(_Writing.as_view()), 0, id="enforced"),
        pytest.param(cors_deny(enforce=True)(_Writing.as_view()), 0, id="denied and enforced"),
    ],
)
def test_what_strangers_may_run_is_unenforced(view: Any, status: int) -> None:
    with override_settings(**SITE), urlconf(path("v/", view)):
        done = run("cors_policies", "--fail-on=unenforced", "--route=v")

    assert (done.status, done.err.startswith("unenforced: /v/")) == (status, bool(status))


def test_what_is_closed_or_admits_nobody_is_no_risk() -> None:
    every = "--fail-on=" + ",".join(sorted({name.partition(",")[0] for name in RISKS}))
    closed = [path("a/", cors_deny(answer)), path("b/", cors_allow(origins=[])(answer))]

    with urlconf(*closed, path("c/", answer)):
        assert run("cors_policies", every).status == 0


@pytest.mark.parametrize("option", ["--ignore", "--route"])
def test_an_empty_text_does_not_stand_for_every_route(option: str) -> None:
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True), urlconf(path("v/", answer)):
        done = run("cors_policies", f"{option}=", "--fail-on=undeclared")

    assert (done.status, "empty text" in done.err) == (2, True)


# CORS_URLS_REGEX, a route, and whether some URL of the route is one that it matches
VARYING: dict[str, tuple[Any, Any, bool]] = {
    "a number": (r"^/api/\d+$", path("api/<int:pk>", answer), True),
    "a converter for anything": (r"^/api/.*$", path("<path:rest>", answer), True),
    "another folder": (r"^/api/.*$", path("admin/<path:rest>", answer), False),
    "a group in the route": (r"^/api/.*$", re_path("^(?P<part>api|v1)/u$", answer), True),
    "the end of a regex": (r"^/api/u$", re_path("^api/u$", answer), True),
    "the end of another": (r"^/api/u$", re_path("^api/users$", answer), False),
    "a letter that may be missing": (r"^/api/u$", re_path("^api/us?$", answer), True),
    "one of two folders": (r"^/(api|auth)/v1/.*$", path("auth/<str:version>/u", answer), True),
    "none of two folders": (r"^/(api|auth)/v1/.*$", path("admin/<int:pk>", answer), False),
    "two expressions in one": (r"^/api/|^/v1/", path("v1/<int:pk>", answer), True),
    "any case": (r"(?i:^/API/)", path("api/<int:pk>", answer), True),
    "spread out": (re.compile(r"^/apis ?/", re.VERBOSE), path("api/<int:pk>", answer), True),
    "a route without an end": (r"^/graphql/.*$", re_path("^graphql", answer), True),
    "a route without a beginning": (r"^/api/.*$", re_path("legacy/?$", answer), True),
    "an include by a regex": (
        r"^/api/v1/u$",
        re_path("^api/", include([re_path("^v1/u$", answer)])),
        True,
    ),
    "another include by a regex": (
        r"^/api/v1/u$",
        re_path("^api/", include([re_path("^v2/u$", answer)])),
        False,
    ),
    "a letter of the expression that may be missing": (
        r"^/apis?/\d+$",
        path("api/<int:pk>", answer),
        True,
    ),
}


@pytest.mark.parametrize(("regex", "route", "open_"), VARYING.values(), ids=VARYING)
def test_a_route_that_varies_is_closed_only_where_no_url_of_it_can_match(
    regex: Any, route: Any, open_: bool
) -> None:
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": regex}
    with override_settings(**site), urlconf(route):
        assert run("cors_policies", "--fail-on=undeclared").status == int(open_)


def test_a_language_in_front_of_a_route_may_be_any() -> None:
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": "^/de/api/"}
    with override_settings(**site), urlconf(*i18n_patterns(path("api/", answer))):
        assert run("cors_policies", "--fail-on=undeclared").status == 1


# --- Where CORS_URLS_REGEX has a say -----------------------------------------------------------


def test_where_the_regex_may_match_that_is_said() -> None:
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": r"^/(api/|files/\d)"}
    routes = [path("api/<pk>", answer), path("files/<pk>", answer), path("in/<pk>", answer)]
    with override_settings(**site), urlconf(*routes):
        said = document()["routes"]
        done = run("cors_policies", "--fail-on=any-origin", "--all")
        reached = run("cors_policies", "--origin", APP).out
        grouped = run("cors_policies", "--group-by=audience").out

    assert [
        (each["route"], each["policies"][0]["urls_regex"], each["policies"][0]["origins"])
        for each in said
    ] == [
        ("/api/<pk>", "always", ["*"]),
        ("/files/<pk>", "maybe", ["*"]),
        ("/in/<pk>", "never", []),
        (None, "maybe", ["*"]),
    ]
    where = "any origin, where CORS_URLS_REGEX matches"
    assert re.search(r"^/api/<pk> +any +any origin +settings", done.out, re.MULTILINE)
    assert re.search(rf"^/files/<pk> +any +{where} +settings", done.out, re.MULTILINE)
    assert re.search(r"^/in/<pk> +any +nobody +settings", done.out, re.MULTILINE)
    assert re.search(rf"^any other URL +any +{where} +settings", done.out, re.MULTILINE)
    assert done.out.endswith("1 for nobody, 2 only where CORS_URLS_REGEX matches.\n")
    assert done.err == (
        "any-origin: /api/<pk> any: any origin; settings, CORS_ALLOW_ALL_ORIGINS\n"
        f"any-origin: /files/<pk> any: {where}; settings, CORS_ALLOW_ALL_ORIGINS\n"
    )
    assert re.search(r"^/files/<pk> +any +admitted, where CORS_URLS_REGEX m", reached, re.MULTILINE)
    assert grouped.count("any origin\n") == 1


def test_the_check_of_any_origin_says_the_same() -> None:
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": r"^/(api/|files/\d)"}
    routes = [path("api/<pk>", answer), path("files/<pk>", answer), path("in/<pk>", answer)]
    with override_settings(**site), urlconf(*routes):
        messages = run_checks(include_deployment_checks=True)
        done = run("cors_policies", "--fail-on=any-origin-unsafe", "--all")

    told = [each.msg for each in messages if each.id == "cors_views.W039"]
    assert [
        re.findall(r"to (\S+) and read the answer( where [A-Z_]+)?", each) for each in told
    ] == [
        [("/api/<pk>", "")],
        [("/files/<pk>", " where CORS_URLS_REGEX")],
    ]
    assert re.findall(r": (/\S+)", done.err) == ["/api/<pk>", "/files/<pk>"]


@pytest.mark.parametrize(
    ("regex", "status", "access"),
    [
        pytest.param(r"^.*$", 1, "allow", id="open-everywhere"),
        pytest.param(r"^/api/", 0, "allow", id="open-where-it-matches"),
        pytest.param(r"^api/", 0, "none", id="open-nowhere"),
    ],
)
def test_urls_without_a_route_are_a_risk_where_nothing_closes_them(
    regex: str, status: int, access: str
) -> None:
    site = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_URLS_REGEX": regex}
    with override_settings(**site), urlconf(path("api/", cors_allow(origins=[APP])(answer))):
        assert document()["routes"][-1]["policies"][0]["access"] == access
        assert run("cors_policies", "--fail-on=any-origin").status == status


# --- At the size of a large site ---------------------------------------------------------------

LARGE = [
    *(path(f"api/{number}/<pk>/", answer) for number in range(1200)),
    *(path(f"pages/{number}/", Orders.as_view()) for number in range(400)),
    path("one/", cors_allow("partners")(answer)),
    *i18n_patterns(*(path(f"page/{number}/", require_GET(answer)) for number in range(400))),
]


@pytest.fixture
def _large() -> Iterator[None]:
    site = {"CORS_ALLOWED_ORIGINS": [APP, OTHER], "CORS_URLS_REGEX": "^/api/"}
    with override_settings(**site, ROOT_URLCONF=Patterns(LARGE)):
        yield


@pytest.mark.usefixtures("_large")
def test_a_site_of_two_thousand_routes_is_read_at_a_glance() -> None:
    lines = [re.split(r"  +", line) for line in run("cors_policies").out.splitlines()]

    assert [line[:3] for line in lines[1:-2]] == [
        ["/pages/0/ and 399 more", "GET", APP],
        ["/pages/0/ and 399 more", "POST", APP],
        ["/pages/0/ and 399 more", "DELETE", "nobody"],
        ["/one/", "any", OTHER],
        ["1200 routes that declare nothing", "what they serve", f"{APP}, {OTHER}"],
        ["400 routes that declare nothing", "what they serve", "nobody"],
        ["any other URL", "any", f"{APP}, {OTHER}, where CORS_URLS_REGEX matches"],
    ]
    assert lines[-1][0].startswith("2001 routes, 2802 rules:")


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize(
    ("arguments", "at_most"),
    [
        pytest.param(["--group-by=audience"], 20, id="by-audience"),
        pytest.param(["--group-by=app"], 20, id="by-app"),
        pytest.param(["--group-by=policy"], 20, id="by-policy"),
        pytest.param(["--format=markdown"], 20, id="markdown"),
        pytest.param([f"--origin={OTHER}"], 20, id="what-one-origin-reaches"),
        pytest.param(["--all", "--group-by=audience"], 2825, id="each-route-once"),
    ],
)
def test_no_form_for_people_says_the_same_twice(arguments: list[str], at_most: int) -> None:
    assert len(run("cors_policies", *arguments).out.splitlines()) <= at_most


@pytest.mark.usefixtures("_large")
def test_what_is_found_in_many_routes_is_one_line() -> None:
    gathered = run("cors_policies", "--fail-on=undeclared,credentials")
    listed_ = run("cors_policies", "--fail-on=undeclared", "--all")

    get, post = "/pages/0/ and 399 more GET", "/pages/0/ and 399 more POST"
    place, handler = _place_of_orders(), _place_of_orders(5)
    assert gathered.err == (
        "undeclared: 1200 routes that declare nothing what they serve: https://app.example, "
        "https://other.example; settings, CORS_ALLOWED_ORIGINS\n"
        f"credentials: {get}: https://app.example; class, {place}\n"
        f"credentials: {post}: https://app.example; class, {place}, refined by handler {handler}\n"
    )
    assert len(listed_.err.splitlines()) == 1200
    assert (gathered.status, listed_.status) == (1, 1)


def _place_of_orders(below: int = 0) -> str:
    with urlconf(path("v/", Orders.as_view())):
        line = document()["routes"][0]["policies"][0]["declared_at"]["line"]
    return f"{HERE}:{line + below}"


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize(
    ("arguments", "routes"),
    [
        pytest.param(["--all"], 2802, id="all"),
        pytest.param(["--route=/api/7"], 111, id="named-routes"),
    ],
)
def test_who_asks_for_routes_sees_each(arguments: list[str], routes: int) -> None:
    _, *lines, _, _ = run("cors_policies", *arguments).out.splitlines()

    assert len(lines) == routes
    assert not any("more" in line or "declare nothing" in line for line in lines)


@pytest.mark.usefixtures("_large")
def test_json_is_complete_at_any_size() -> None:
    assert len(document()["routes"]) == 2002


def test_what_nothing_resolves_is_not_called_undeclared() -> None:
    with override_settings(**SITE), urlconf():
        assert run("cors_policies", "--fail-on=undeclared").status == 0


@pytest.mark.usefixtures("_site")
def test_findings_name_the_route_and_the_place_and_leave_the_output_alone() -> None:
    done = run("cors_policies", "--fail-on", "any-origin, credentials")

    assert done.out == PIPED
    assert done.err == (
        "credentials: /orders/ GET: https://app.example; class, views.py:9\n"
        "credentials: /orders/ POST: https://app.example; class, views.py:9, refined by handler "
        "views.py:13\n"
        "any-origin: /both/ any: any origin; route policy 'public', views.py:21\n"
        "any-origin: /in/<slug:name>/ any: any origin; include policy 'public', views.py:24\n"
    )
    assert done.status == 1


@pytest.mark.usefixtures("_site")
def test_findings_are_in_the_json_too() -> None:
    done = run("cors_policies", "--format=json", "--fail-on=any-origin", "--ignore=in")
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True), urlconf():
        everywhere = run("cors_policies", "--format=json", "--fail-on=any-origin", "--no-lines")

    assert json.loads(done.out)["findings"] == [
        {
            "risk": "any-origin",
            "route": "/both/",
            "methods": ["*"],
            "declared_at": {"file": "views.py", "line": 21},
        }
    ]
    assert json.loads(everywhere.out)["findings"] == [
        {
            "risk": "any-origin",
            "route": None,
            "methods": ["*"],
            "declared_at": {"setting": "CORS_ALLOW_ALL_ORIGINS"},
        }
    ]
    assert (done.status, everywhere.status) == (1, 1)


# --- Bad input ---------------------------------------------------------------------------------


# arguments -> what stands on stderr
BAD_INPUT = {
    "--app viewz": "No route belongs to an app 'viewz'. Did you mean 'views'?",
    "--app nothing": "No route belongs to an app 'nothing'. Routes belong to views.",
    "--policy partner": "There is no CORS policy named 'partner'. Did you mean 'partners'?",
    "--route nope": "No route matches 'nope'.",
    "--route URL": "No route matches 'URL'.",
    "--ignore nope": "No route matches 'nope'.",
    "--fail-on anyorigin": "--fail-on does not know 'anyorigin'. Did you mean 'any-origin'",
    "--fail-on=": "--fail-on does not know ''. It knows any-origin, ",
    "--fail-on any-origin,x": "--fail-on does not know 'x'. It knows any-origin, ",
    "--origin https://app.example/": "Write 'https://app.example'.",
    "--origin app.example": "it has no scheme",
    "--origin https://*.example": "a pattern, not the origin of a page",
    "--format yaml": "argument --format: invalid choice: 'yaml'",
    "--urlconf tests.nowhere": (
        "The URLconf 'tests.nowhere' cannot be read: ModuleNotFoundError: No module named"
    ),
    "--nonsense": "unrecognized arguments: --nonsense",
}


@pytest.mark.usefixtures("_site")
@pytest.mark.parametrize("arguments", BAD_INPUT)
def test_bad_input_is_refused_in_one_line(arguments: str) -> None:
    done = run("cors_policies", *arguments.split())

    assert BAD_INPUT[arguments] in done.err
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)


def test_a_broken_project_is_one_line_too() -> None:
    with override_settings(ROOT_URLCONF=Hashable(path("v/", include(Hashable())))):
        done = run("cors_policies")

    assert "ImproperlyConfigured" in done.err
    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)


class Hashable(SimpleNamespace):
    """A URLconf whose patterns are no list where there are none."""

    def __init__(self, *patterns: Any) -> None:
        super().__init__(urlpatterns=list(patterns) or None)

    __hash__ = object.__hash__


# --- As a process ------------------------------------------------------------------------------


def test_a_process_says_it_by_its_exit_status() -> None:
    fine = run_in_shop("cors_policies", "--route=orders")
    found = run_in_shop("cors_policies", "--fail-on=any-origin", "--route=postage")
    wrong = run_in_shop("cors_policies", "--fromat=json")

    assert (fine.status, found.status, wrong.status) == (0, 1, 2)
    assert fine.err == ""
    assert "\x1b" not in fine.out
    assert found.err == (
        "any-origin: /api/postage/ POST: any origin; handler, shop/views/services.py:32\n"
    )
    assert wrong.out == ""
    assert wrong.err == (
        "manage.py cors_policies: unrecognized arguments: --fromat=json (see --help)\n"
    )


def test_a_broken_urlconf_is_one_line_of_a_process() -> None:
    done = run_in_shop("cors_policies", "--urlconf=shopsite.nowhere")

    assert (done.status, done.out, done.err.count("\n")) == (2, "", 1)
    assert "Traceback" not in done.err


@pytest.mark.usefixtures("_site")
def test_what_a_caller_keeps_has_no_colour(monkeypatch: pytest.MonkeyPatch) -> None:
    # As where the command is called in a terminal, by something that keeps what it prints.
    monkeypatch.setattr(color, "supports_color", lambda: True)
    monkeypatch.delenv("DJANGO_COLORS", raising=False)

    assert run("cors_policies").out == PIPED
    assert "\x1b" in run("cors_policies", terminal=True).out


def test_colour_is_for_terminals() -> None:
    coloured = run_in_shop_terminal("cors_policies", "--route=postage")
    plain = run_in_shop_terminal("cors_policies", "--route=postage", "--no-color")
    forced = run_in_shop("cors_policies", "--route=postage", "--force-color")

    assert "\x1b[33;1many origin\x1b[0m" in coloured.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out
    assert "\x1b" not in plain.out
    assert "\x1b" in forced.out


@pytest.mark.parametrize("wanted", ["/users/<pk>/", "<pk>", "/users/*"])
def test_the_filter_for_routes_knows_regular_expressions_as_they_are_shown(wanted: str) -> None:
    with urlconf(re_path(r"^users/(?P<pk>[^/.]+)/$", answer), path("other/", answer)):
        done = run("cors_policies", "--route", wanted)

    assert (done.status, done.err) == (0, "")
    assert "/users/<pk>/" in done.out
    assert "other" not in done.out


def test_format_suffixes_of_regular_expressions_are_folded() -> None:
    routes = [re_path(r"^w/$", answer), re_path(r"^w\.(?P<format>(json|xml))/?$", answer)]

    with urlconf(*routes):
        done = run("cors_policies", "--route", "w")

    assert "/w/ (+ .format)" in done.out
    assert "<format>" not in done.out


class Equal(URLPattern):
    """A pattern that is equal to every other."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 1


class Unhashable(Equal):
    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize("kind", [Equal, Unhashable])
def test_that_patterns_that_say_they_are_equal_are_routes_of_their_own(kind: Any) -> None:
    patterns = [
        kind(RoutePattern(route, is_endpoint=True), view)
        for route, view in (("a/", answer), ("a/", answer), ("b/", cors_allow(origins="*")(answer)))
    ]
    with urlconf(*patterns):
        found = json.loads(run("cors_policies", "--format", "json").out)["routes"]
        messages = [each.msg for each in run_checks(include_deployment_checks=True)]

    assert [(each["route"], each["reached"]) for each in found[:3]] == [
        ("/a/", True),
        ("/a/", False),
        ("/b/", True),
    ]
    assert found[2]["policies"][0]["origins"] == ["*"]
    assert any("/b/" in message for message in messages)
