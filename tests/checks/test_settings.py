"""The checks of the ``CORS_*`` settings: for each id what trips it, and what nearly does."""

from __future__ import annotations

import enum
import re
from typing import Any

import pytest
from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning, run_checks
from django.core.checks.registry import registry
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.utils.functional import SimpleLazyObject
from django.views.decorators.csrf import csrf_exempt

from cors_views import CorsPolicy, conf
from cors_views.checks.settings import check_settings
from cors_views.middleware import CorsMiddleware
from cors_views.testing import Browser, CorsError
from tests.checks.sites import BY_SETTINGS, SITE, answer, said_of
from tests.tables import urlconf


def ask(request: object, origin: str) -> bool:
    return True


def found(overrides: dict[str, Any]) -> list[CheckMessage]:
    with override_settings(**overrides):
        return check_settings()


def ids(messages: list[CheckMessage]) -> list[str]:
    return [message.id.removeprefix("cors_views.") for message in messages]


@pytest.mark.parametrize(
    ("expected", "overrides"),
    [
        pytest.param(["E001"], {"CORS_ALLOW_HEADERS": None}, id="E001-no-sequence"),
        pytest.param(["E001"], {"CORS_ALLOW_HEADERS": "*"}, id="E001-lone-star"),
        pytest.param(["E001"], {"CORS_ALLOW_HEADERS": ["x-a", 5]}, id="E001-no-string"),
        pytest.param(["E001"], {"CORS_ALLOW_HEADERS": ["x a"]}, id="E001-no-header-name"),
        pytest.param(["E002"], {"CORS_ALLOW_METHODS": "GET"}, id="E002-lone-string"),
        pytest.param(["E002"], {"CORS_ALLOW_METHODS": ["GET", "P T"]}, id="E002-no-method-name"),
        pytest.param(["E003"], {"CORS_ALLOW_CREDENTIALS": "yes"}, id="E003-no-boolean"),
        pytest.param(["E004"], {"CORS_PREFLIGHT_MAX_AGE": "10"}, id="E004-text"),
        pytest.param(["E004"], {"CORS_PREFLIGHT_MAX_AGE": -1}, id="E004-negative"),
        pytest.param(["E005"], {"CORS_ALLOW_ALL_ORIGINS": 1}, id="E005-no-boolean"),
        pytest.param(["E005"], {"CORS_ORIGIN_ALLOW_ALL": "True"}, id="E005-alias"),
        pytest.param(["E006"], {"CORS_ALLOWED_ORIGINS": object()}, id="E006-no-sequence"),
        pytest.param(["E006"], {"CORS_ALLOWED_ORIGINS": "https://a.example"}, id="E006-lone"),
        pytest.param(["E006"], {"CORS_ALLOWED_ORIGINS": [ask]}, id="E006-callable"),
        pytest.param(["E006"], {"CORS_ORIGIN_WHITELIST": [5]}, id="E006-alias"),
        pytest.param(["E007"], {"CORS_ALLOWED_ORIGIN_REGEXES": "x"}, id="E007-lone-string"),
        pytest.param(["E007"], {"CORS_ALLOWED_ORIGIN_REGEXES": ["("]}, id="E007-invalid"),
        pytest.param(["E007"], {"CORS_ORIGIN_REGEX_WHITELIST": [re.compile(b"x")]}, id="E007-b"),
        pytest.param(["E008"], {"CORS_EXPOSE_HEADERS": {"ETag": 1}}, id="E008-a-dict"),
        pytest.param(["E008"], {"CORS_EXPOSE_HEADERS": ["a:b"]}, id="E008-no-header-name"),
        pytest.param(["E009"], {"CORS_URLS_REGEX": 5}, id="E009-no-regex"),
        pytest.param(["E009"], {"CORS_URLS_REGEX": ["^/api/", "("]}, id="E009-invalid"),
        pytest.param(["E010"], {"CORS_OPT_IN": "yes"}, id="E010-no-boolean"),
        pytest.param(["E011"], {"CORS_POLICIES": ["partners"]}, id="E011-no-dict"),
        pytest.param(["E011"], {"CORS_POLICIES": {"x": []}}, id="E011-no-policy"),
        pytest.param(["E011"], {"CORS_POLICIES": {"x": {"orgins": []}}}, id="E011-unknown-field"),
        pytest.param(
            ["E011", "E011"],
            {"CORS_POLICIES": {"x": {"max_age": -1}, "y": {"methods": 5}, "z": {}}},
            id="E011-one-for-each-policy",
        ),
        pytest.param(["W059"], {"CORS_URLS_REGEX": "^api/"}, id="W059-no-slash"),
        pytest.param(["W059"], {"CORS_URLS_REGEX": ["^/x/", "v0.*"]}, id="W059-one-of-two"),
        pytest.param(["E012"], {"CORS_MODEL": "app.Site"}, id="E012-removed"),
        pytest.param(["E013"], {"CORS_ALLOWED_ORIGINS": ["a.example"]}, id="E013-no-scheme"),
        pytest.param(["E013"], {"CORS_ALLOWED_ORIGINS": ["https://"]}, id="E013-no-host"),
        pytest.param(["E013"], {"CORS_ALLOWED_ORIGINS": ["*"]}, id="E013-star"),
        pytest.param(["E013"], {"CORS_ORIGIN_WHITELIST": ["a.example"]}, id="E013-alias"),
        pytest.param(["E014"], {"CORS_ALLOWED_ORIGINS": ["https://a.example/"]}, id="E014-slash"),
        pytest.param(["E014"], {"CORS_ALLOWED_ORIGINS": ["https://a.example/x"]}, id="E014-path"),
        pytest.param(["E014"], {"CORS_ALLOWED_ORIGINS": ["https://a.example?x"]}, id="E014-query"),
        pytest.param(["E014"], {"CORS_ALLOWED_ORIGINS": ["https://a.example#x"]}, id="E014-hash"),
        pytest.param(["E015"], {"CORS_ALLOW_PRIVATE_NETWORK": None}, id="E015-no-boolean"),
        pytest.param(["E016"], {"CORS_REPLACE_HTTPS_REFERER": False}, id="E016-removed"),
        pytest.param(["E017"], {"CORS_ALLOWED_ORIGINS": ["https://u@a.example"]}, id="E017-user"),
        pytest.param(["E017"], {"CORS_ALLOWED_ORIGINS": ["https://*a.example"]}, id="E017-star"),
        pytest.param(["E017"], {"CORS_ALLOWED_ORIGINS": ["https://ä.example"]}, id="E017-unicode"),
        pytest.param(["W001"], {"CORS_ALLOW_HEADERS": ["x-a", "Cookie"]}, id="W001-request"),
        pytest.param(["W001"], {"CORS_EXPOSE_HEADERS": ["Set-Cookie"]}, id="W001-response"),
        pytest.param(
            ["E013", "E014", "E017", "E006"],
            {"CORS_ALLOWED_ORIGINS": ["a.example", "https://a.example/", "https://a..example", 5]},
            id="one-for-each-entry",
        ),
        pytest.param(
            ["E002", "E003", "E012"],
            {"CORS_ALLOW_METHODS": 5, "CORS_ALLOW_CREDENTIALS": 5, "CORS_MODEL": "x"},
            id="one-for-each-setting",
        ),
    ],
)
def test_that_a_mistake_is_found(expected: list[str], overrides: dict[str, Any]) -> None:
    assert ids(found(overrides)) == expected


@pytest.mark.parametrize(
    "overrides",
    [
        pytest.param({}, id="no-setting-at-all"),
        pytest.param({"CORS_ALLOW_HEADERS": {"x-a", "*"}}, id="E001-a-set"),
        pytest.param({"CORS_ALLOW_HEADERS": []}, id="E001-empty"),
        pytest.param({"CORS_ALLOW_METHODS": ("get", "*")}, id="E002-a-tuple-in-lower-case"),
        pytest.param({"CORS_ALLOW_CREDENTIALS": False}, id="E003-boolean"),
        pytest.param({"CORS_PREFLIGHT_MAX_AGE": 0}, id="E004-zero"),
        pytest.param({"CORS_ALLOW_ALL_ORIGINS": True}, id="E005-boolean"),
        pytest.param({"CORS_ALLOWED_ORIGINS": {"https://a.example"}}, id="E006-a-set"),
        pytest.param({"CORS_ORIGIN_WHITELIST": ["https://a.example"]}, id="W003-the-alias-alone"),
        pytest.param({"CORS_ALLOWED_ORIGIN_REGEXES": ["x", re.compile("y")]}, id="E007-both-kinds"),
        pytest.param({"CORS_EXPOSE_HEADERS": ["*"]}, id="E008-star"),
        pytest.param({"CORS_URLS_REGEX": re.compile("^/api/")}, id="E009-compiled"),
        pytest.param({"CORS_URLS_REGEX": ["^/api/", re.compile("^/x")]}, id="E009-sequence"),
        pytest.param({"CORS_OPT_IN": True}, id="E010-boolean"),
        pytest.param({"CORS_URLS_REGEX": ".*api/"}, id="W059-a-slash-in-anything"),
        pytest.param({"CORS_URLS_REGEX": r"(?:(\w)\1|/)+"}, id="W059-what-nobody-can-judge"),
        pytest.param(
            {"CORS_POLICIES": {"x": {"origins": []}, "y": CorsPolicy()}}, id="E011-dict-and-policy"
        ),
        pytest.param({"CORS_POLICIES": {}}, id="E011-no-policies"),
        pytest.param({"CORS_MODELS": "app.Site"}, id="E012-another-name"),
        pytest.param({"CORS_ALLOWED_ORIGINS": ["tauri://localhost"]}, id="E013-another-scheme"),
        pytest.param({"CORS_ALLOWED_ORIGINS": ["null", "file://"]}, id="E013-opaque-origins"),
        pytest.param({"CORS_ALLOWED_ORIGINS": ["https://A.example:443"]}, id="E014-normalised"),
        pytest.param({"CORS_ALLOW_PRIVATE_NETWORK": True}, id="E015-boolean"),
        pytest.param({"CORS_ALLOWED_ORIGINS": ["https://*.a.example:*"]}, id="E017-a-pattern"),
        pytest.param({"CORS_ALLOWED_ORIGINS": ["https://xn--4ca.example"]}, id="E017-punycode"),
        pytest.param({"CORS_ALLOW_METHODS": ["get", "post"]}, id="W058-needs-no-offer"),
        pytest.param({"CORS_ALLOW_METHODS": ["patch", "PATCH"]}, id="W058-both-spellings"),
        pytest.param({"CORS_ALLOW_METHODS": ["patch", "*"]}, id="W058-beside-a-star"),
        pytest.param({"CORS_ALLOW_METHODS": ["propfind"]}, id="W058-somebody's-own"),
        pytest.param({"CORS_ALLOW_HEADERS": ["user-agent"]}, id="W001-no-longer-forbidden"),
        pytest.param({"CORS_EXPOSE_HEADERS": ["Cookie"]}, id="W001-forbidden-in-requests-alone"),
    ],
)
def test_that_what_nearly_is_a_mistake_is_none(overrides: dict[str, Any]) -> None:
    assert found(overrides) == []


def serving(request: Any) -> HttpResponse:
    return HttpResponse("served")


@pytest.mark.parametrize(
    ("method", "hint"),
    [
        pytest.param(
            "patch", "Write 'PATCH'. A page that calls fetch() with 'patch' needs both.", id="patch"
        ),
        pytest.param("put", "Write 'PUT'.", id="which-browsers-write-in-upper-case"),
        pytest.param("Delete", "Write 'DELETE'.", id="a-capital"),
    ],
)
def test_a_method_in_lower_case_is_named_with_what_to_write(method: str, hint: str) -> None:
    app, site = "https://app.example", {"CORS_ALLOWED_ORIGINS": ["https://app.example"]}

    def reads(methods: list[str]) -> bool:
        with override_settings(**site, CORS_ALLOW_METHODS=methods), urlconf(path("v/", serving)):
            try:
                return Browser(app).fetch("/v/", method=method.upper()).ok
            except CorsError:
                return False

    (message,) = found({"CORS_ALLOW_METHODS": ["GET", method]})

    assert (message.id, message.hint) == ("cors_views.W058", hint)
    assert f"CORS_ALLOW_METHODS holds {method!r}, " in message.msg
    assert (reads(["GET", method]), reads(["GET", method.upper()])) == (False, True)


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        pytest.param(
            {"CORS_ALLOWED_ORIGINS": ["https://a.example/"]},
            Error(
                "CORS_ALLOWED_ORIGINS: 'https://a.example/' ends in a slash; an origin is scheme, "
                "host and port.",
                hint="Write 'https://a.example' instead.",
                id="cors_views.E014",
            ),
            id="what-to-write-instead",
        ),
        pytest.param(
            {"CORS_ALLOWED_ORIGINS": ["*"]},
            Error(
                "CORS_ALLOWED_ORIGINS: '*' has no scheme.",
                hint="Remove '*' and write CORS_ALLOW_ALL_ORIGINS = True for any origin.",
                id="cors_views.E013",
            ),
            id="which-setting-to-use",
        ),
        pytest.param(
            {"CORS_ALLOWED_ORIGINS": [ask]},
            Error(
                f"CORS_ALLOWED_ORIGINS: {ask!r} is not a string.",
                hint="Connect a receiver to check_request_enabled, or write the callable in "
                "the policy of a view.",
                id="cors_views.E006",
            ),
            id="where-callables-go",
        ),
        pytest.param(
            {"CORS_URLS_REGEX": 5},
            Error(
                "CORS_URLS_REGEX: 5 is not a list of regular expressions.",
                hint="Write a path, as in r'^/api/'.",
                id="cors_views.E009",
            ),
            id="regex-of-a-path",
        ),
        pytest.param(
            {"CORS_ALLOW_METHODS": "GET"},
            Error(
                "CORS_ALLOW_METHODS: 'GET' is not a list of method names.",
                hint="Write ['GET'] instead.",
                id="cors_views.E002",
            ),
            id="a-list-of-the-lone-string",
        ),
        pytest.param(
            {"CORS_ORIGIN_WHITELIST": ["a.example"]},
            Error(
                "CORS_ORIGIN_WHITELIST: 'a.example' has no scheme.",
                hint="Write 'https://a.example' instead.",
                id="cors_views.E013",
            ),
            id="the-alias-that-is-set",
        ),
        pytest.param(
            {"CORS_POLICIES": ["x"]},
            Error(
                "CORS_POLICIES is not a dict of policies by name.",
                hint="Write CORS_POLICIES = "
                '{"partners": {"origins": ["https://partner.example.com"]}}.',
                id="cors_views.E011",
            ),
            id="what-policies-look-like",
        ),
        pytest.param(
            {"CORS_MODEL": "app.Site"},
            Error(
                "The setting CORS_MODEL was removed from django-cors-headers in version 2.0 and "
                "has no effect.",
                hint="Write a callable in a policy's origins, or a receiver of "
                "check_request_enabled.",
                id="cors_views.E012",
            ),
            id="what-replaces-cors-model",
        ),
        pytest.param(
            {"CORS_REPLACE_HTTPS_REFERER": True},
            Error(
                "The setting CORS_REPLACE_HTTPS_REFERER was removed from django-cors-headers in "
                "version 4.0, and has no effect.",
                hint="List the origins in CSRF_TRUSTED_ORIGINS.",
                id="cors_views.E016",
            ),
            id="what-replaces-cors-replace-https-referer",
        ),
    ],
)
def test_that_a_hint_says_what_to_write(overrides: dict[str, Any], message: CheckMessage) -> None:
    assert found(overrides) == [message]


def test_that_a_policy_s_problems_stand_in_one_message() -> None:
    (message,) = found({"CORS_POLICIES": {"x": {"orgins": [], "max_age": -1}, "y": {}}})

    assert message.msg == (
        "Invalid CORS policy, settings.CORS_POLICIES['x']:\n"
        "  'orgins' is not a policy field. Did you mean 'origins' or"
        " 'origin_regexes'?\n"
        "  max_age: -1 is negative. Write 0 to keep browsers from caching preflights."
    )


def test_that_what_a_browser_merely_ignores_is_a_warning() -> None:
    (message,) = found({"CORS_ALLOW_HEADERS": ["cookie"]})

    assert isinstance(message, Warning)
    assert message.msg == (
        "CORS_ALLOW_HEADERS: 'cookie' is a header that browsers do not let scripts set."
    )


def test_that_the_checks_run_with_those_of_security_and_can_be_silenced() -> None:
    with override_settings(
        CORS_ALLOW_METHODS=5, CORS_OPT_IN=5, SILENCED_SYSTEM_CHECKS=["cors_views.E002"]
    ):
        ours = [
            message
            for message in run_checks(tags=["security"])
            if message.id in {"cors_views.E002", "cors_views.E010"}
        ]

        assert [(message.id, message.is_silenced()) for message in ours] == [
            ("cors_views.E002", True),
            ("cors_views.E010", False),
        ]


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        pytest.param("CORS_ALLOWED_ORIGIN", "Did you mean 'CORS_ALLOWED_ORIGINS'", id="singular"),
        pytest.param("CORS_POLICY", "Did you mean 'CORS_POLICIES'", id="policies"),
        pytest.param("CORS_ORIGINS", "Did you mean 'CORS_ALLOWED_ORIGINS'?", id="a-word-short"),
        pytest.param("CORS_MAX_AGE", "Did you mean 'CORS_PREFLIGHT_MAX_AGE'?", id="of-another"),
        pytest.param("CORS_OF_SOMEBODY_ELSE", "", id="like-no-other"),
        pytest.param("CORS_EXTRA_ALLOWED_ORIGINS", "", id="a-setting-of-the-project-s-own"),
    ],
)
def test_that_a_misspelt_setting_is_named(name: str, hint: str) -> None:
    with override_settings(**{name: []}):
        found = [message for message in check_settings() if message.id == "cors_views.W002"]

    assert [message.msg for message in found] == ([f"There is no setting {name}."] if hint else [])
    assert all(message.hint.startswith(hint) for message in found)


@pytest.mark.parametrize("setting", conf.ALIASES)
def test_an_old_name_beside_the_new_one_is_reported(setting: str) -> None:
    alias = conf.ALIASES[setting]

    with override_settings(**{setting: [], alias: []}):
        messages = {message.id: message for message in check_settings()}

    assert messages["cors_views.W003"].msg.startswith(
        f"{alias} has no effect, because its newer name {setting} is set"
    )
    assert messages["cors_views.W003"].hint == f"Move its value to {setting}, and remove it."


def test_that_a_star_is_not_turned_into_every_origin_where_credentials_are_allowed() -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=["*"], CORS_ALLOW_CREDENTIALS=True):
        (message,) = check_settings()

    assert message.hint == "Name the origins that you trust with credentials."


class Hostile:
    """An object that answers nothing without raising."""

    def __eq__(self, other: object) -> bool:
        raise ValueError("eq")

    def __hash__(self) -> int:
        raise ValueError("hash")

    def __repr__(self) -> str:
        raise ValueError("repr")

    def __call__(self, request: Any, origin: str) -> bool:
        raise ValueError("call")


HUGE = 10**5000
# name -> (settings, id)
HOSTILE: dict[str, tuple[dict[str, Any], str]] = {
    "an entry": ({"CORS_ALLOWED_ORIGINS": [Hostile()]}, "E006"),
    "a setting": ({"CORS_ALLOW_METHODS": Hostile()}, "E002"),
    "a header": ({"CORS_ALLOW_HEADERS": [Hostile()]}, "E001"),
    "a regex": ({"CORS_ALLOWED_ORIGIN_REGEXES": [Hostile()]}, "E007"),
    "a lazy object, as an entry": (
        {"CORS_ALLOWED_ORIGINS": [SimpleLazyObject(lambda: "https://a.example")]},
        "E006",
    ),
    "a lazy object, as a number": ({"CORS_PREFLIGHT_MAX_AGE": SimpleLazyObject(int)}, "E004"),
    "a lazy object that raises": (
        {"CORS_ALLOWED_ORIGINS": [SimpleLazyObject(lambda: 1 / 0)]},
        "E006",
    ),
    "a number too large to print, below zero": ({"CORS_PREFLIGHT_MAX_AGE": -HUGE}, "E004"),
    "a number too large to print, for a yes or no": ({"CORS_ALLOW_CREDENTIALS": HUGE}, "E003"),
    "a number too large to print, as an origin": ({"CORS_ALLOWED_ORIGINS": [HUGE]}, "E006"),
    "a number too large to print, in a policy": (
        {"CORS_POLICIES": {"a": {"max_age": -HUGE}}},
        "E011",
    ),
    "a number too large to print, as a policy": ({"CORS_POLICIES": {"a": HUGE}}, "E011"),
    "policies that raise when they are read": (
        {"CORS_POLICIES": SimpleLazyObject(lambda: 1 / 0)},
        "E011",
    ),
    "a policy that raises when it is read": (
        {"CORS_POLICIES": {"a": SimpleLazyObject(lambda: 1 / 0)}},
        "E011",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_that_no_value_makes_a_check_raise_or_keeps_the_site_from_starting(name: str) -> None:
    settings, number = HOSTILE[name]

    with override_settings(**settings):
        messages = check_settings()
        CorsMiddleware(lambda request: HttpResponse())

    assert [message.id for message in messages] == [f"cors_views.{number}"]


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        pytest.param("MIDDLEWARE", None, id="no-middleware"),
        pytest.param("ROOT_URLCONF", ["no", "name"], id="an-unhashable-urlconf"),
    ],
)
def test_that_a_check_that_fails_says_so_and_lets_the_others_go_on(
    setting: str, value: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ours = [
        check
        for check in registry.get_checks(include_deployment_checks=True)
        if check.__module__.startswith("cors_views")
    ]
    # Not override_settings: other receivers of its signal fail at values such as these.
    monkeypatch.setattr(settings, setting, value)

    messages = [message for check in ours for message in check(app_configs=None)]

    failed = [message for message in messages if message.id == "cors_views.W004"]
    assert failed
    assert "crashed with" in failed[0].msg
    assert f"{failed[0].msg.split(' ')[2]} failed." in caplog.messages


def test_that_policies_may_be_named_by_an_enum() -> None:
    class Name(str, enum.Enum):
        PARTNERS = "partners"

    with override_settings(CORS_POLICIES={Name.PARTNERS: {"origins": ["https://a.example"]}}):
        assert check_settings() == []
        assert conf.policy("partners").origins == ("https://a.example",)


def test_that_every_check_is_registered_once_though_the_apps_are_loaded_again() -> None:
    with override_settings(INSTALLED_APPS=[*settings.INSTALLED_APPS, "django.contrib.sites"]):
        ours = [
            check.__name__
            for check in registry.get_checks(include_deployment_checks=True)
            if check.__module__.startswith("cors_views")
        ]

    assert sorted(ours) == sorted(set(ours))
    assert len(ours) == 4


# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "a regex that would try for ever": (
        {
            **SITE,
            **BY_SETTINGS,
            "CORS_ALLOWED_ORIGIN_REGEXES": [
                r"https://([a-z0-9-]+\.?)+\.a-company-of-a-long-name\.example\.com"
            ],
            "CORS_URLS_REGEX": r"^/(\w+/?)+$",
        },
        csrf_exempt(answer),
        ["W005", "W005"],
    ),
    "a regex with limits that would try for ever": (
        {
            **SITE,
            **BY_SETTINGS,
            "CORS_ALLOWED_ORIGIN_REGEXES": [r"https://([a-z0-9.]{1,15}){1,15}\.a\.example\.com"],
        },
        csrf_exempt(answer),
        ["W005"],
    ),
    "a pattern among the regexes": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": ["https://*.example.com"]},
        csrf_exempt(answer),
        ["E018"],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    assert said_of(settings, view) == expected
