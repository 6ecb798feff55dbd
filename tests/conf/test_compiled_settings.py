"""The ``CORS_*`` settings: read once, compiled, and never a reason to fail a request."""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.utils.functional import SimpleLazyObject

from cors_views import CorsPolicy, conf
from cors_views.defaults import default_headers, default_methods
from tests.management.commands import run
from tests.tables import Sender, urlconf

APP, OTHER = "https://app.example", "https://other.example"


def ask(request: object, origin: str) -> bool:
    return True


def fail() -> Any:
    raise OSError("the file with the origins is gone")


UNREADABLE: Any = SimpleLazyObject(fail)


class Unlistable(dict[str, Any]):
    def __iter__(self) -> Any:
        raise OSError("the file with the policies is gone")


# --- The settings as one policy ----------------------------------------------------------------


def test_that_a_site_without_settings_has_the_defaults_of_django_cors_headers() -> None:
    site = conf.cors_settings()

    assert site.policy.set_fields() == {
        "origins": (),
        "origin_regexes": (),
        "methods": ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT"),
        "headers": (
            "accept",
            "authorization",
            "content-type",
            "user-agent",
            "x-csrftoken",
            "x-requested-with",
        ),
        "expose_headers": (),
        "credentials": False,
        "max_age": 86400,
        "private_network": False,
        "enforce": False,
    }
    assert site.policy.methods == default_methods
    assert site.policy.headers == default_headers
    assert not site.opt_in
    assert site.problems == ()


@pytest.mark.parametrize(
    ("setting", "value", "field", "held"),
    [
        pytest.param("CORS_ALLOW_ALL_ORIGINS", True, "origins", ("*",), id="all-origins"),
        pytest.param("CORS_ORIGIN_ALLOW_ALL", True, "origins", ("*",), id="all-origins-alias"),
        pytest.param("CORS_ALLOWED_ORIGINS", [APP, OTHER], "origins", (APP, OTHER), id="origins"),
        pytest.param("CORS_ORIGIN_WHITELIST", (APP,), "origins", (APP,), id="origins-alias"),
        pytest.param(
            "CORS_ALLOWED_ORIGINS",
            ["HTTPS://App.example:443", APP],
            "origins",
            (APP,),
            id="origins-normalised",
        ),
        pytest.param(
            "CORS_ALLOWED_ORIGINS",
            ["https://*.app.example:*", "null"],
            "origins",
            ("https://*.app.example:*", "null"),
            id="origins-may-be-patterns",
        ),
        pytest.param("CORS_ALLOWED_ORIGINS", {OTHER, APP}, "origins", (APP, OTHER), id="a-set"),
        pytest.param(
            "CORS_ALLOWED_ORIGIN_REGEXES",
            ["x", re.compile("y")],
            "origin_regexes",
            (re.compile("x"), re.compile("y")),
            id="regexes",
        ),
        pytest.param(
            "CORS_ORIGIN_REGEX_WHITELIST",
            ["x"],
            "origin_regexes",
            (re.compile("x"),),
            id="regexes-alias",
        ),
        # As they are written: an undeclared view's answer is django-cors-headers', byte for byte.
        pytest.param("CORS_ALLOW_METHODS", ["get", "GET"], "methods", ("get", "GET"), id="methods"),
        pytest.param("CORS_ALLOW_METHODS", {"PUT", "GET"}, "methods", ("GET", "PUT"), id="a-set-2"),
        pytest.param("CORS_ALLOW_HEADERS", ["X-A"], "headers", ("X-A",), id="headers"),
        # Old defaults of django-cors-headers held such names, and browsers ignore them.
        pytest.param(
            "CORS_ALLOW_HEADERS",
            ["dnt", "accept-encoding"],
            "headers",
            ("dnt", "accept-encoding"),
            id="headers-that-browsers-forbid",
        ),
        pytest.param("CORS_EXPOSE_HEADERS", ["ETag"], "expose_headers", ("ETag",), id="expose"),
        pytest.param("CORS_ALLOW_CREDENTIALS", True, "credentials", True, id="credentials"),
        pytest.param("CORS_PREFLIGHT_MAX_AGE", 600, "max_age", 600, id="max-age"),
        pytest.param("CORS_PREFLIGHT_MAX_AGE", 0, "max_age", None, id="max-age-0-sends-none"),
        pytest.param("CORS_ALLOW_PRIVATE_NETWORK", True, "private_network", True, id="private"),
    ],
)
def test_setting(setting: str, value: Any, field: str, held: Any) -> None:
    with override_settings(**{setting: value}):
        policy = conf.cors_settings().policy

    assert getattr(policy, field) == held


def test_that_all_origins_and_credentials_stay_together_in_the_settings() -> None:
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True):
        policy = conf.cors_settings().policy

    assert (policy.any_origin, policy.credentials) == (True, True)


def test_that_a_policy_of_its_own_origins_takes_no_trust_from_the_settings() -> None:
    with override_settings(
        CORS_ALLOWED_ORIGINS=[APP],
        CORS_ALLOWED_ORIGIN_REGEXES=["x"],
        CORS_ALLOW_CREDENTIALS=True,
        CORS_ALLOW_PRIVATE_NETWORK=True,
        CORS_ALLOW_METHODS=["GET"],
        CORS_ALLOW_HEADERS=["x-a"],
        CORS_EXPOSE_HEADERS=["x-b"],
        CORS_PREFLIGHT_MAX_AGE=1,
    ):
        base = conf.cors_settings().base

    assert base == CorsPolicy(
        methods=["GET"],
        headers=["x-a"],
        expose_headers=["x-b"],
        max_age=1,
        credentials=False,
        private_network=False,
        enforce=False,
    )


# --- What is invalid ---------------------------------------------------------------------------

EMPTY = {
    "CORS_ALLOW_ALL_ORIGINS": ("any_origin", False),
    "CORS_ORIGIN_ALLOW_ALL": ("any_origin", False),
    "CORS_ALLOWED_ORIGINS": ("origins", ()),
    "CORS_ORIGIN_WHITELIST": ("origins", ()),
    "CORS_ALLOWED_ORIGIN_REGEXES": ("origin_regexes", ()),
    "CORS_ORIGIN_REGEX_WHITELIST": ("origin_regexes", ()),
    "CORS_ALLOW_METHODS": ("methods", ()),
    "CORS_ALLOW_HEADERS": ("headers", ()),
    "CORS_EXPOSE_HEADERS": ("expose_headers", ()),
    "CORS_ALLOW_CREDENTIALS": ("credentials", False),
    "CORS_PREFLIGHT_MAX_AGE": ("max_age", None),
    "CORS_ALLOW_PRIVATE_NETWORK": ("private_network", False),
}
WRONG_TYPES = [
    pytest.param(None, id="none"),
    pytest.param("yes", id="text"),
    pytest.param(b"*", id="bytes"),
    pytest.param(1.5, id="fraction"),
    pytest.param({APP: True}, id="dict"),
    pytest.param(iter([APP]), id="iterator"),
    pytest.param(object(), id="object"),
    pytest.param(ask, id="function"),
    pytest.param(dict, id="class"),
]


@pytest.mark.parametrize("setting", EMPTY)
@pytest.mark.parametrize("value", WRONG_TYPES)
def test_that_a_setting_of_the_wrong_type_counts_as_empty(setting: str, value: Any) -> None:
    field, empty = EMPTY[setting]

    with override_settings(**{setting: value}):
        site = conf.cors_settings()

    assert getattr(site.policy, field) == empty
    assert [(problem.field, problem.value) for problem in site.problems] == [(setting, value)]


@pytest.mark.parametrize("setting", [*EMPTY, "CORS_URLS_REGEX", "CORS_OPT_IN", "CORS_POLICIES"])
@pytest.mark.parametrize(
    "value",
    [
        *WRONG_TYPES,
        pytest.param("*", id="star"),
        pytest.param([None, 5, [], {}, b"x", ask, dict], id="entries-of-wrong-types"),
        pytest.param(["", "(", "a b", "\0", "x" * 1000, "https://a.example/"], id="bad-strings"),
        pytest.param(-1, id="negative"),
        pytest.param(10**30, id="huge"),
        pytest.param(UNREADABLE, id="raises-when-it-is-read"),
        pytest.param(Unlistable(a=1), id="a-dict-that-raises"),
        pytest.param({"a": UNREADABLE}, id="an-entry-that-raises"),
    ],
)
@pytest.mark.usefixtures("nothing_enforces")
def test_that_no_setting_breaks_a_request_or_a_command(
    send: Sender, setting: str, value: Any
) -> None:
    settings = override_settings(**{"CORS_ALLOW_ALL_ORIGINS": True, setting: value})

    with urlconf(path("view/", lambda request: HttpResponse("answer"))), settings:
        actual = send.actual("/view/", APP)
        preflight = send.preflight("/view/", APP, "PUT", ask="x-a")
        run_checks(include_deployment_checks=True)
        listed = run("cors_policies")
        explained = run("cors_explain", APP, "GET", "/view/")

    assert (actual.status_code, actual.content) == (200, b"answer")
    assert preflight.status_code == 200
    assert listed.status == 0
    assert explained.status in (0, 1)


@pytest.mark.parametrize(
    ("setting", "value", "field", "valid", "problems"),
    [
        pytest.param(
            "CORS_ALLOWED_ORIGINS",
            ["app.example", APP, "https://app.example/x", 5],
            "origins",
            (APP,),
            ["app.example", "https://app.example/x", 5],
            id="origins",
        ),
        pytest.param(
            "CORS_ALLOWED_ORIGINS",
            [APP, "*"],
            "origins",
            (APP,),
            ["*"],
            id="star-is-no-origin-e013",
        ),
        pytest.param(
            "CORS_ALLOWED_ORIGINS", [APP, ask], "origins", (APP,), [ask], id="callable-has-a-signal"
        ),
        pytest.param("CORS_ALLOWED_ORIGINS", APP, "origins", (), [APP], id="lone-origin"),
        pytest.param("CORS_ALLOWED_ORIGINS", "*", "origins", (), ["*"], id="lone-star-as-origin"),
        pytest.param(
            "CORS_ALLOWED_ORIGIN_REGEXES",
            ["(", "x", re.compile(b"y")],
            "origin_regexes",
            (re.compile("x"),),
            ["(", re.compile(b"y")],
            id="regexes",
        ),
        pytest.param(
            "CORS_ALLOW_METHODS",
            ["GET", "a b", 5],
            "methods",
            ("GET",),
            ["a b", 5],
            id="methods",
        ),
        pytest.param(
            "CORS_ALLOW_HEADERS", ["x-a", "x:a"], "headers", ("x-a",), ["x:a"], id="headers"
        ),
        pytest.param(
            "CORS_EXPOSE_HEADERS", ["x-a", ""], "expose_headers", ("x-a",), [""], id="expose"
        ),
    ],
)
def test_that_an_invalid_entry_is_left_out(
    setting: str, value: Any, field: str, valid: Any, problems: list[Any]
) -> None:
    with override_settings(**{setting: value}):
        site = conf.cors_settings()

    assert getattr(site.policy, field) == valid
    assert [problem.value for problem in site.problems] == problems
    assert {problem.field for problem in site.problems} == {setting}


@pytest.mark.parametrize(
    ("setting", "field", "message"),
    [
        pytest.param(
            "CORS_ALLOW_METHODS", "methods", "is not a list of method names", id="methods"
        ),
        pytest.param(
            "CORS_ALLOW_HEADERS", "headers", "is not a list of header names", id="headers"
        ),
        pytest.param(
            "CORS_EXPOSE_HEADERS", "expose_headers", "is not a list of header names", id="expose"
        ),
    ],
)
def test_that_a_lone_star_counts_as_a_list_of_it_and_is_a_problem(
    setting: str, field: str, message: str
) -> None:
    with override_settings(**{setting: "*"}):
        site = conf.cors_settings()

    assert getattr(site.policy, field) == ("*",)
    assert list(map(str, site.problems)) == [f"{setting}: '*' {message}. Write ['*'] instead."]


def test_that_a_problem_names_the_alias_that_is_set() -> None:
    with override_settings(CORS_ORIGIN_WHITELIST=["app.example"]):
        problems = conf.cors_settings().problems

    assert [problem.field for problem in problems] == ["CORS_ORIGIN_WHITELIST"]


# --- CORS_URLS_REGEX ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regex", "matching", "other"),
    [
        pytest.param(r"^/api/", ["/api/", "/api/x"], ["/", "/x/api/", "/API/"], id="string"),
        pytest.param(r"/api/", ["/api/x"], ["/x/api/"], id="from-the-start-without-an-anchor"),
        pytest.param(r"^/api/$", ["/api/"], ["/api/x"], id="whole-where-it-says-so"),
        pytest.param(re.compile("/api/", re.IGNORECASE), ["/API/x"], ["/x"], id="compiled"),
        pytest.param(
            ["^/api/", re.compile("^/feed")], ["/api/", "/feeds/"], ["/", "/x"], id="sequence"
        ),
        pytest.param({"^/api/", "^/feed/"}, ["/api/", "/feed/"], ["/x"], id="set"),
        pytest.param([], [], ["/", "/api/"], id="none"),
        pytest.param(["(", "^/api/"], ["/api/"], ["/x"], id="an-invalid-one-is-left-out"),
        pytest.param("(", [], ["/", "("], id="invalid-matches-nothing"),
        pytest.param(None, [], ["/"], id="wrong-type-matches-nothing"),
        pytest.param(b"/", [], ["/"], id="bytes-match-nothing"),
    ],
)
def test_urls_regex(regex: Any, matching: list[str], other: list[str]) -> None:
    with override_settings(CORS_URLS_REGEX=regex):
        site = conf.cors_settings()

    assert [url for url in matching + other if site.matches_url(url)] == matching


def test_that_every_url_matches_where_no_regex_is_set() -> None:
    assert conf.cors_settings().matches_url("/")
    assert conf.cors_settings().matches_url("")


def test_opt_in() -> None:
    with override_settings(CORS_OPT_IN=True):
        assert conf.cors_settings().opt_in


# --- CORS_POLICIES -----------------------------------------------------------------------------

POLICIES = {
    "partners": {"origins": [APP]},
    "party": CorsPolicy(origins=[OTHER]),
    "broken": {"origins": ["app.example"], "maxage": 1},
}


@pytest.mark.parametrize(
    ("name", "policy"),
    [
        pytest.param("partners", CorsPolicy(origins=[APP]), id="a-dict"),
        pytest.param("party", CorsPolicy(origins=[OTHER]), id="a-policy"),
    ],
)
def test_policy(name: str, policy: CorsPolicy) -> None:
    with override_settings(CORS_POLICIES=POLICIES):
        assert conf.policy(name) == policy


@pytest.mark.parametrize(
    ("policies", "name", "message"),
    [
        pytest.param(
            POLICIES,
            "partner",
            "There is no CORS policy named 'partner'. Did you mean 'partners' or 'party'?",
            id="close-matches",
        ),
        pytest.param(
            POLICIES,
            "zzz",
            "There is no CORS policy named 'zzz'. CORS_POLICIES defines 'broken', 'partners',"
            " 'party'.",
            id="like-no-other",
        ),
        pytest.param(
            {},
            "partners",
            "There is no CORS policy named 'partners'. CORS_POLICIES defines none.",
            id="no-policies",
        ),
        pytest.param(
            ["partners"],
            "partners",
            "There is no CORS policy named 'partners': CORS_POLICIES has to be a dict of "
            "policies by name, but is of type list.",
            id="policies-of-the-wrong-type",
        ),
        pytest.param(
            UNREADABLE,
            "partners",
            "There is no CORS policy named 'partners': CORS_POLICIES has to be a dict of"
            " policies by name, but raises OSError when it is read.",
            id="policies-that-raise",
        ),
        pytest.param(
            {"partners": UNREADABLE},
            "partners",
            "settings.CORS_POLICIES['partners'] raises OSError when it is read.",
            id="a-policy-that-raises",
        ),
        pytest.param(
            POLICIES,
            "broken",
            "Invalid CORS policy, settings.CORS_POLICIES['broken']:\n"
            "  'maxage' is not a policy field. Did you mean 'max_age'?\n"
            "  origins: 'app.example' has no scheme. Write 'https://app.example' instead.",
            id="invalid",
        ),
    ],
)
def test_that_a_policy_that_cannot_be_had_is_an_error(
    policies: Any, name: str, message: str
) -> None:
    with (
        override_settings(CORS_POLICIES=policies),
        pytest.raises(ImproperlyConfigured) as caught,
    ):
        conf.policy(name)

    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("policies", "names", "mapping"),
    [
        pytest.param(POLICIES, ["broken", "partners", "party"], True, id="sorted"),
        pytest.param(MappingProxyType({"x": {}}), ["x"], True, id="any-mapping"),
        pytest.param({}, [], True, id="none"),
        pytest.param(["x"], [], False, id="a-list"),
        pytest.param(None, [], False, id="no-dict"),
        pytest.param(UNREADABLE, [], False, id="raises-when-it-is-read"),
        pytest.param(Unlistable(a=1), [], False, id="a-dict-that-raises"),
    ],
)
def test_policy_names(policies: Any, names: list[str], mapping: bool) -> None:
    with override_settings(CORS_POLICIES=policies):
        assert conf.policy_names() == names
        assert conf.policies_are_a_mapping() is mapping


# --- CORS_OPT_IN -------------------------------------------------------------------------------


def test_that_a_slip_in_opt_in_does_not_open_the_settings() -> None:
    with override_settings(CORS_OPT_IN="yes"):
        assert conf.cors_settings().opt_in is True


def test_that_a_number_too_long_to_print_is_no_max_age() -> None:
    with override_settings(CORS_PREFLIGHT_MAX_AGE=10**5000):
        assert conf.cors_settings().policy.max_age is None
        assert [problem.kind for problem in conf.cors_settings().problems] == ["long"]


def test_that_methods_browsers_never_send_are_left_out() -> None:
    with override_settings(CORS_ALLOW_METHODS=["GET", "TRACE"]):
        assert conf.cors_settings().policy.methods == ("GET",)


def test_that_several_origins_in_one_string_are_told_apart() -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=f"{APP},https://b.example"):
        problems = conf.cors_settings().problems

    assert [problem.hint for problem in problems] == [
        f"Write [{APP!r}, 'https://b.example'] instead."
    ]


@pytest.mark.parametrize(
    ("setting", "hint"),
    [
        ("CORS_ALLOWED_ORIGINS", "Write [] for none."),
        ("CORS_ALLOWED_ORIGIN_REGEXES", "Write [] for none."),
        ("CORS_ALLOW_METHODS", "Write [] for none."),
        ("CORS_ALLOW_HEADERS", "Write [] for none."),
        ("CORS_EXPOSE_HEADERS", "Write [] for none."),
        ("CORS_ALLOW_ALL_ORIGINS", "Write True or False."),
        ("CORS_ALLOW_CREDENTIALS", "Write True or False."),
        ("CORS_OPT_IN", "Write True or False."),
        ("CORS_URLS_REGEX", "Write a path, as in r'^/api/'."),
    ],
)
def test_none_in_a_setting_opens_nothing_and_is_named(setting: str, hint: str) -> None:
    with override_settings(**{setting: None}):
        site = conf.cors_settings()

    (problem,) = site.problems
    assert (problem.field, problem.hint) == (setting, hint)
    opened = (site.policy.origins, site.policy.origin_regexes, site.policy.credentials)
    assert opened == ((), (), False)
    assert site.opt_in == (setting == "CORS_OPT_IN")
    assert site.matches_url("/") == (setting != "CORS_URLS_REGEX")


def test_an_empty_regex_for_urls_matches_all_of_them_and_one_for_origins_none() -> None:
    with override_settings(CORS_URLS_REGEX="", CORS_ALLOWED_ORIGIN_REGEXES=[""]):
        site = conf.cors_settings()

    assert site.matches_url("/anything/")
    assert site.policy.origin_regexes == ()
    assert [problem.field for problem in site.problems] == ["CORS_ALLOWED_ORIGIN_REGEXES"]


@pytest.mark.parametrize("value", ["yes", "#", 1, []])
def test_that_who_meant_to_refuse_and_slipped_refuses(value: Any) -> None:
    with override_settings(CORS_ENFORCE=value):
        assert conf.cors_settings().policy.enforce is True


@pytest.mark.parametrize("name", ["CORS_ALLOW_HEADERS", "CORS_ALLOW_METHODS"])
@pytest.mark.parametrize("value", ["#", "", "**", "x"])
def test_that_no_other_text_counts_as_the_star(name: str, value: str) -> None:
    with override_settings(**{name: value}):
        policy = conf.cors_settings().policy

    assert "*" not in ((policy.headers if name == "CORS_ALLOW_HEADERS" else policy.methods) or ())
