"""Hints, obeyed to the letter: what they say to write is valid, admits what was meant, and no more.

What a hint says is read from its text as a person reads it, and written. Whoever words one
differently teaches ``obeyed`` to read it.
"""

from __future__ import annotations

import ast
import re
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.test.utils import override_settings
from hypothesis import example, given, settings
from hypothesis import strategies as st

from cors_views import CorsPolicy, conf
from cors_views.checks.route_policies import check_uses
from cors_views.checks.settings import check_settings
from cors_views.inspection.policies_in_use import policy_of_settings
from cors_views.policies.field_values import origin_regexes, origins
from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.spelling_hints import correction

ORIGINS, REGEXES = "CORS_ALLOWED_ORIGINS", "CORS_ALLOWED_ORIGIN_REGEXES"
A, B, APP = "https://a.example", "https://b.example", "https://app.example.com"
#: Nobody means any of them.
STRANGERS = (
    "null",
    "file://",
    "https://evil.org",
    "http://evil.org",
    "https://evil-example.com",
    "https://evilexample.com",
    "https://example.com.evil.org",
    "https://app.example.org",
    "https://app-evil.org",
    "https://appxexample.com",
    "https://evil.example",
    "http://192.168.2.7",
    "http://192.168.1.7.evil.org",
    "http://localhost.evil.org",
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
)

_LITERAL = r"""(?:r?'[^']*'|r?"[^"]*"|\[[^\]]*\])"""
_WRITE = re.compile(rf"Write ({_LITERAL}(?:, {_LITERAL})*)(?: in (\w+))? instead\.")
_SET = re.compile(r"Write (CORS_\w+) = (\S+) instead\.")
_RENAME = re.compile(r"Did you mean '(CORS_\w+)'\?$")


def obeyed(values: dict[str, Any], setting: str, entry: Any, hint: str) -> dict[str, Any]:
    """Return the settings after somebody did what a hint says, or else what they were."""
    written, assigned, renamed = _WRITE.search(hint), _SET.search(hint), _RENAME.search(hint)
    values = dict(values)
    if assigned:
        del values[setting]
        values[assigned[1]] = ast.literal_eval(assigned[2])
    elif renamed:
        values[renamed[1]] = values.pop(setting)
    elif written:
        meant = list(ast.literal_eval(f"[{written[1]}]"))
        if meant and isinstance(meant[0], list):
            values[setting] = meant[0]
            return values
        values[setting] = [each for each in values[setting] if each is not entry]
        where = written[2] or setting
        values[where] = [*values.get(where, []), *meant]
    elif "remove it" in hint.lower():
        values[setting] = [each for each in values[setting] if each is not entry]
    return values


def messages() -> list[Any]:
    found = [*check_settings(), *(m for use in policy_of_settings() for m in check_uses([use]))]
    # A list of suffixes knows more than a text does. What is only said is not advised.
    return [each for each in found if each.level >= 30]


def admitted() -> OriginSet:
    policy = conf.cors_settings().policy
    return OriginSet(policy.origins or (), policy.origin_regexes or ())


# name -> (setting, entry, what was meant)
ENTRIES: dict[str, tuple[str, Any, list[str]]] = {
    "two strings for lack of a comma": (ORIGINS, f"{A}{B}", [A, B]),
    "two strings with ports for lack of a comma": (
        ORIGINS,
        "http://localhost:3000http://localhost:5173",
        ["http://localhost:3000", "http://localhost:5173"],
    ),
    "two extensions for lack of a comma": (
        ORIGINS,
        "chrome-extension://abcmoz-extension://def",
        ["chrome-extension://abc", "moz-extension://def"],
    ),
    "quotes": (ORIGINS, f'"{A}"', [A]),
    "single quotes": (ORIGINS, f"'{A}'", [A]),
    "backticks": (ORIGINS, f"`{A}`", [A]),
    "angle brackets": (ORIGINS, f"<{A}>", [A]),
    "the first of a list in JSON": (ORIGINS, f'["{A}"', [A]),
    "the last of a list in JSON": (ORIGINS, f' "{A}"]', [A]),
    "a list in JSON": (ORIGINS, f'["{A}", "{B}"]', [A, B]),
    "a comma between": (ORIGINS, f"{A},{B}", [A, B]),
    "a semicolon between": (ORIGINS, f"{A}; {B}", [A, B]),
    "a comma behind": (ORIGINS, f"{A},", [A]),
    "a comma before": (ORIGINS, f",{A}", [A]),
    "a comma alone": (ORIGINS, ",", []),
    "nothing": (ORIGINS, "", []),
    "a blank": (ORIGINS, " ", []),
    "a blank behind": (ORIGINS, f"{A} ", [A]),
    "a line break": (ORIGINS, f"{A}\n", [A]),
    "a space of no width": (ORIGINS, "https://a\u200b.example", [A]),
    "a slash behind": (ORIGINS, f"{A}/", [A]),
    "a slash and a comma behind": (ORIGINS, f"{A}/,", [A]),
    "a path": (ORIGINS, f"{A}/login", [A]),
    "a star for a path": (ORIGINS, f"{A}/*", [A]),
    "a star for a path below a pattern": (ORIGINS, "https://*.example.com/*", [APP]),
    "a colon behind": (ORIGINS, f"{A}:", [A]),
    "no scheme": (ORIGINS, "a.example", [A]),
    "no scheme, but its slashes": (ORIGINS, "//a.example", [A]),
    "no scheme for this machine": (ORIGINS, "localhost:3000", ["http://localhost:3000"]),
    "no scheme for an address": (ORIGINS, "192.168.1.7:3000", ["http://192.168.1.7:3000"]),
    "no scheme for a domain and all below it": (ORIGINS, ".example.com", [APP]),
    "a domain and all below it": (ORIGINS, "https://.example.com", ["https://example.com", APP]),
    "a scheme without its colon": (ORIGINS, "https//a.example", [A]),
    "a scheme with one slash": (ORIGINS, "https:/a.example", [A]),
    "a scheme with three slashes": (ORIGINS, "https:///a.example", [A]),
    "a scheme with backslashes": (ORIGINS, "https:\\\\a.example", [A]),
    "a scheme without slashes": (ORIGINS, "https:a.example", [A]),
    "a scheme twice": (ORIGINS, f"https://{A}", [A]),
    "both schemes": (ORIGINS, "http*://a.example", [A, "http://a.example"]),
    "both schemes, as in a regex": (ORIGINS, "https?://a.example", [A, "http://a.example"]),
    "any scheme": (ORIGINS, "*://a.example", [A]),
    "user info": (ORIGINS, "https://user:word@a.example", [A]),
    "Unicode": (ORIGINS, "https://bücher.example", ["https://xn--bcher-kva.example"]),
    "a star for a part of a label": (
        ORIGINS,
        "https://app-*.example.com",
        [f"{APP[:11]}-x{APP[11:]}"],
    ),
    "a star at the end of a label": (ORIGINS, "https://app*.example.com", [APP]),
    "a star at the start of a label": (ORIGINS, "https://*app.example.com", [APP]),
    "a star before a domain": (ORIGINS, "https://*example.com", ["https://example.com", APP]),
    "a star for a label in the middle": (
        ORIGINS,
        "https://app.*.example.com",
        ["https://app.eu.example.com"],
    ),
    "two stars for a label": (ORIGINS, "https://**.example.com", [APP]),
    "two labels of stars": (ORIGINS, "https://*.*.example.com", ["https://a.b.example.com"]),
    "a star and a port": (ORIGINS, "https://a*.example.com:8443", [f"{APP}:8443"]),
    "a star and any port": (ORIGINS, "https://a*.example.com:*", [f"{APP}:8443", APP]),
    "a star in an address": (ORIGINS, "http://192.168.1.*", ["http://192.168.1.7"]),
    "a star for the rest of an address": (
        ORIGINS,
        "http://192.168.1.*:*",
        ["http://192.168.1.7:3000"],
    ),
    "stars in an address": (ORIGINS, "http://10.0.*.*:80", ["http://10.0.3.4"]),
    "a star for any port": (ORIGINS, "http://localhost*", ["http://localhost:3000"]),
    "a star for any port of an address": (ORIGINS, "http://127.0.0.1*", ["http://127.0.0.1:8000"]),
    "a star in a port": (ORIGINS, "http://localhost:30*", ["http://localhost:3000"]),
    "a star in a port of a host": (ORIGINS, f"{APP}:80*", [f"{APP}:8080"]),
    "a regex among the origins": (
        ORIGINS,
        r"^https://[a-z]+\.example\.com$",
        [APP],
    ),
    "a regex with dots for any character": (ORIGINS, "https://(app|www).example.com", [APP]),
    "a whole origin as a regex": (ORIGINS, r"^https://app\.example\.com$", [APP]),
    "a compiled regex among the origins": (
        ORIGINS,
        re.compile(r"https://[a-z]+\.example\.com"),
        [APP],
    ),
    "a list in the list": (ORIGINS, [A, B], [A, B]),
    "a tuple in the list": (ORIGINS, (A,), [A]),
    "a set in the list": (ORIGINS, {A}, [A]),
    "bytes": (ORIGINS, A.encode(), [A]),
    "a pattern among the regexes": (REGEXES, "https://*.example.com", [APP]),
    "a pattern among the regexes, with escaped dots": (REGEXES, r"https://*\.example\.com", [APP]),
    "a pattern among the regexes, with its ends": (REGEXES, "^https://*.example.com$", [APP]),
    "a pattern of ports among the regexes": (
        REGEXES,
        "http://localhost:*",
        ["http://localhost:3000", "http://localhost"],
    ),
    "a pattern without a scheme among the regexes": (REGEXES, "*.example.com", [APP]),
    "a regex that repeats a repetition": (REGEXES, r"https://([a-z]+)+\.example\.com", [APP]),
    "a regex of labels that repeats a repetition": (
        REGEXES,
        r"https://([a-z0-9-]+\.?)+\.example\.com",
        [APP, "https://a.b.example.com"],
    ),
    "a regex with dots in its labels": (REGEXES, r"https://(.+\.)*example\.com", [APP]),
    "a regex with a dot for any character": (REGEXES, r"https://app.example\.com", [APP]),
    "a regex that begins like a host": (REGEXES, r"https://app\.example\.com.*", [APP]),
    "a regex that ends like a host": (REGEXES, r"https://.*example\.com", [APP]),
    "a regex of letters that ends like a host": (
        REGEXES,
        r"^https://[a-z0-9.-]*example\.com$",
        [APP],
    ),
    "a regex that begins like this machine": (
        REGEXES,
        r"^http://localhost:",
        ["http://localhost:3000"],
    ),
    "a regex with a path": (REGEXES, r"https://app\.example\.com/.*", [APP]),
    "a regex without a scheme": (REGEXES, r"^app\.example\.com$", [APP]),
    "a regex without a scheme for this machine": (
        REGEXES,
        r"localhost:[0-9]+",
        ["http://localhost:3000"],
    ),
    "a regex of an end alone": (REGEXES, r"\.example\.com$", [APP]),
    "a regex in upper case": (REGEXES, r"https://App\.example\.com", [APP]),
    "a regex with a slash behind": (REGEXES, r"https://app\.example\.com/$", [APP]),
}


@pytest.mark.parametrize("alone", [True, False], ids=["alone", "beside-another"])
@pytest.mark.parametrize("name", ENTRIES)
def test_that_a_hint_is_obeyed_with_what_was_meant_and_nothing_else(name: str, alone: bool) -> None:
    setting, entry, meant = ENTRIES[name]
    others = [] if alone else [{ORIGINS: "https://x.test", REGEXES: r"https://x\.test"}[setting]]
    values: dict[str, Any] = {setting: [*others, entry]}
    for turn in range(3):
        with override_settings(**values):
            said = messages()
        if not said:
            assert turn, "nothing was said at first"
            break
        values = obeyed(values, setting, entry, str(said[0].hint))
        setting = setting if setting in values and entry in values[setting] else REGEXES
        entry = (values.get(setting) or [None])[-1]

    with override_settings(**values):
        assert messages() == []
        assert [origin for origin in meant if not admitted().admits(origin)] == []
        assert [origin for origin in STRANGERS if admitted().admits(origin)] == []


# name -> entry. Nobody can tell what was meant, or it is anybody's.
UNKNOWN = {
    "a top-level domain of any name": "https://example.*",
    "a name of any ending at a registry": "https://my*.com",
    "a name of any ending at a registry of two labels": "https://my*.co.uk",
    "every host": "https://*",
    "every host at every port": "https://*:*",
    "every extension": "chrome-extension://*",
    "every extension of Firefox": "moz-extension://*",
    "two hosts in one": "https://good.example@evil.example",
    "a Cyrillic letter": "https://аpp.example",
    "a blank in a name": "https://a b.example",
    "a word": "app",
    "a script": "javascript:alert(1)",
    "a variable of a file": "https://${FRONTEND}",
    "a variable of a file within a host": "https://${FRONTEND_HOST}.example.com",
    "a variable with a default": "https://${FRONTEND:-a.example}",
    "a variable of a shell": "https://$FRONTEND.example.com",
    "a variable of a template": "https://{{ frontend }}",
    "a variable of Python": "https://%(frontend)s.example.com",
    "a variable of Windows": "https://%FRONTEND%",
    "a star in a path without a host": "/*",
    "a regex that never ends": r"https://(\w+)+(\w-?)*.example.com",
    "a regex that is none": r"https://(app\.example\.com",
    "a regex without a scheme": r".*\.example\.com",
}


@pytest.mark.parametrize("name", UNKNOWN)
def test_that_a_hint_says_nothing_to_write_where_nobody_can_know(name: str) -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[UNKNOWN[name]]):
        (message,) = check_settings()

    assert not _WRITE.search(message.hint)
    assert correction(UNKNOWN[name]).origins == ()


@pytest.mark.parametrize("name", [n for n, row in ENTRIES.items() if row[0] == ORIGINS])
def test_that_a_declaration_gets_the_same_advice(name: str) -> None:
    entry = ENTRIES[name][1]
    _, in_settings = origins([entry], ORIGINS)

    with pytest.raises(ImproperlyConfigured) as caught:
        CorsPolicy(origins=[entry])

    advised = in_settings[0].hint.replace(REGEXES, "origin_regexes")
    assert str(caught.value).endswith(advised)


def _mangled(draw: Any) -> tuple[list[str], str]:
    host = st.from_regex(
        r"[a-z][a-z0-9-]{0,8}[a-z]\.(?:example\.com|test|localhost)", fullmatch=True
    )
    port = st.sampled_from(["", ":8080", ":3000"])
    meant = [
        f"{draw(st.sampled_from(['https', 'http']))}://{draw(host)}{draw(port)}"
        for _ in range(draw(st.integers(1, 3)))
    ]
    quote = draw(st.sampled_from(["", '"', "'"]))
    between = draw(st.sampled_from([",", ", ", ";", " ", "\n", ""]))
    tail = draw(st.sampled_from(["", "/", ","])) if between else ""
    before, behind = draw(st.sampled_from([("", ""), ("[", "]"), ("(", ")"), (" ", " ")]))
    return meant, f"{before}{between.join(f'{quote}{one}{tail}{quote}' for one in meant)}{behind}"


@given(st.composite(_mangled)())
@example(([A, B], f'["{A}", "{B}"]'))
@settings(derandomize=True, deadline=None)
def test_that_origins_are_found_however_a_file_of_variables_has_them(
    case: tuple[list[str], str],
) -> None:
    meant, text = case

    _, problems = origins([text])

    for problem in problems:
        written = _WRITE.search(problem.hint)
        assert written is not None, problem
        assert ast.literal_eval(f"[{written[1]}]") == list(dict.fromkeys(meant))


# name -> (settings, the setting that is meant)
NAMES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "a plural too much": (
        {"CORS_ALLOWED_ORIGINS_REGEXES": [r"https://[a-z]+\.example\.com"]},
        {REGEXES: [r"https://[a-z]+\.example\.com"]},
    ),
    "a singular": ({"CORS_ALLOWED_ORIGIN": [A]}, {ORIGINS: [A]}),
    "allow for allowed": ({"CORS_ALLOW_ORIGINS": [A]}, {ORIGINS: [A]}),
    "allowed for allow": ({"CORS_ALLOWED_METHODS": ["GET"]}, {"CORS_ALLOW_METHODS": ["GET"]}),
    "allowed for allow, with all": (
        {"CORS_ALLOWED_ALL_ORIGINS": True},
        {"CORS_ALLOW_ALL_ORIGINS": True},
    ),
    "the words of an older name": (
        {"CORS_ORIGINS_ALLOW_ALL": True},
        {"CORS_ALLOW_ALL_ORIGINS": True},
    ),
    "all headers": ({"CORS_ALLOW_ALL_HEADERS": True}, {"CORS_ALLOW_HEADERS": ["*"]}),
    "all methods": ({"CORS_ALLOW_ALL_METHODS": True}, {"CORS_ALLOW_METHODS": ["*"]}),
    "exposed": ({"CORS_EXPOSED_HEADERS": ["etag"]}, {"CORS_EXPOSE_HEADERS": ["etag"]}),
    "a word short": ({"CORS_MAX_AGE": 600}, {"CORS_PREFLIGHT_MAX_AGE": 600}),
    "a letter short": ({"CORS_ALLOWED_ORGINS": [A]}, {ORIGINS: [A]}),
    "a letter short, in policies": (
        {"CORS_POLICES": {"a": {"origins": [A]}}},
        {"CORS_POLICIES": {"a": {"origins": [A]}}},
    ),
    "one policy": (
        {"CORS_POLICY": {"a": {"origins": [A]}}},
        {"CORS_POLICIES": {"a": {"origins": [A]}}},
    ),
    "an underscore short": ({"CORS_OPTIN": True}, {"CORS_OPT_IN": True}),
    "a letter twice": ({"CORS_OPT_INN": True}, {"CORS_OPT_IN": True}),
    "the name of another library": (
        {"CORS_SUPPORTS_CREDENTIALS": True},
        {"CORS_ALLOW_CREDENTIALS": True},
    ),
    "one URL": ({"CORS_URL_REGEX": "^/api/"}, {"CORS_URLS_REGEX": "^/api/"}),
}


@pytest.mark.parametrize("name", NAMES)
def test_that_a_setting_one_word_off_is_renamed_as_the_hint_says(name: str) -> None:
    wrong, right = NAMES[name]
    (setting,) = wrong

    with override_settings(**wrong):
        (message,) = check_settings()
    values = obeyed(wrong, setting, None, str(message.hint))

    assert message.id == "cors_views.W002"
    assert values == right
    with override_settings(**values):
        assert check_settings() == []


@pytest.mark.parametrize(
    "values",
    [
        pytest.param({"CORS_EXTRA_ALLOWED_ORIGINS": [A]}, id="a-word-of-the-project"),
        pytest.param({"CORS_ALLOWED_ORIGIN_PATTERNS": [A]}, id="a-word-of-the-project-behind"),
        pytest.param({"CORS_DEV_ORIGINS": [A]}, id="a-word-of-the-project-within"),
        pytest.param({"CORS_PARTNER_HEADERS": [A]}, id="headers-of-partners"),
        pytest.param({"CORS_ENABLED": True}, id="nothing-in-common"),
        pytest.param({"CORS_ALLOW": True}, id="nothing-that-says-what"),
        pytest.param({"CORS_ORIGINS": [A], ORIGINS: [A]}, id="what-a-setting-is-made-of"),
        pytest.param({"CORS_ORIGINS": [A], ORIGINS: [A, B]}, id="what-a-setting-holds"),
        pytest.param({"CORS_MAX_AGE": 60, "CORS_PREFLIGHT_MAX_AGE": 60}, id="the-same-number"),
    ],
)
def test_that_a_setting_of_the_project_is_no_slip(values: dict[str, Any]) -> None:
    with override_settings(**values):
        assert check_settings() == []


def test_that_a_name_which_may_be_one_of_two_names_both() -> None:
    with override_settings(CORS_HEADERS=["etag"]):
        (message,) = check_settings()

    assert message.hint == "Did you mean 'CORS_ALLOW_HEADERS' or 'CORS_EXPOSE_HEADERS'?"


def test_that_the_older_name_is_proposed_where_that_one_is_in_use() -> None:
    with override_settings(CORS_ALLOWED_ORIGIN=[A], CORS_ORIGIN_WHITELIST=[B]):
        (message,) = check_settings()

    assert message.hint == "Did you mean 'CORS_ORIGIN_WHITELIST'?"


def test_that_a_view_that_names_a_policy_finds_the_misspelt_setting() -> None:
    with (
        override_settings(CORS_POLICES={"suppliers": {"origins": [A]}}),
        pytest.raises(ImproperlyConfigured) as caught,
    ):
        conf.policy("suppliers")

    assert str(caught.value) == (
        "There is no CORS policy named 'suppliers'. There is no setting CORS_POLICES either. "
        "Did you mean 'CORS_POLICIES'?"
    )


@pytest.mark.parametrize("alias", [False, True], ids=["newer-names", "older-names"])
def test_that_a_regex_is_moved_to_the_setting_that_counts(alias: bool) -> None:
    names = (
        ("CORS_ORIGIN_WHITELIST", "CORS_ORIGIN_REGEX_WHITELIST") if alias else (ORIGINS, REGEXES)
    )

    with override_settings(**{names[0]: [r"https://[a-z]+\.example\.com"], names[1]: []}):
        (message,) = check_settings()

    assert message.hint == rf"Write r'https://[a-z]+\.example\.com' in {names[1]} instead."


def test_that_a_regex_is_moved_to_the_older_name_where_only_that_is_in_use() -> None:
    with override_settings(
        CORS_ALLOWED_ORIGINS=[r"https://[a-z]+\.example\.com"], CORS_ORIGIN_REGEX_WHITELIST=[]
    ):
        (message,) = check_settings()

    assert message.hint.endswith(" in CORS_ORIGIN_REGEX_WHITELIST instead.")


@pytest.mark.parametrize(
    ("setting", "value", "meant"),
    [
        pytest.param(ORIGINS, f'["{A}", "{B}"]', [A, B], id="JSON"),
        pytest.param(ORIGINS, f"{A},{B}", [A, B], id="commas"),
        pytest.param(ORIGINS, A, [A], id="one"),
        pytest.param(ORIGINS, "", [], id="nothing"),
        pytest.param(REGEXES, r"https://a\.example", [r"https://a\.example"], id="a-regex"),
        pytest.param("CORS_ALLOW_METHODS", "GET, PUT", ["GET", "PUT"], id="methods"),
    ],
)
def test_that_a_lone_string_is_written_as_the_list_that_it_means(
    setting: str, value: str, meant: list[str]
) -> None:
    with override_settings(**{setting: value}):
        (message,) = check_settings()
    values = obeyed({setting: value}, setting, None, str(message.hint))

    assert values == {setting: meant}
    with override_settings(**values):
        assert check_settings() == []


@pytest.mark.parametrize(
    ("setting", "value", "meant"),
    [
        pytest.param("CORS_ALLOW_CREDENTIALS", (True,), True, id="a-comma-behind"),
        pytest.param("CORS_ALLOW_CREDENTIALS", "True", True, id="true-in-a-variable"),
        pytest.param("CORS_ALLOW_CREDENTIALS", "off", False, id="off-in-a-variable"),
        pytest.param("CORS_ALLOW_ALL_ORIGINS", 0, False, id="a-number"),
        pytest.param("CORS_OPT_IN", " 1 ", True, id="a-number-in-a-variable"),
        pytest.param("CORS_PREFLIGHT_MAX_AGE", "600", 600, id="seconds-in-a-variable"),
        pytest.param("CORS_PREFLIGHT_MAX_AGE", (600,), 600, id="seconds-and-a-comma"),
    ],
)
def test_that_a_lone_value_is_written_as_what_it_means(
    setting: str, value: Any, meant: object
) -> None:
    with override_settings(**{setting: value}):
        (message,) = check_settings()

    assert message.hint == f"Write {meant} instead."
    with override_settings(**{setting: meant}):
        assert check_settings() == []


@pytest.mark.parametrize("value", ["perhaps", 2, None, (True, False), [True], 1.5], ids=repr)
def test_that_nothing_is_guessed_of_a_lone_value_that_means_nothing(value: Any) -> None:
    with override_settings(CORS_ALLOW_CREDENTIALS=value, CORS_PREFLIGHT_MAX_AGE=str(value) * 9):
        hints = [message.hint for message in check_settings()]

    assert "Write True or False." in hints
    assert "Write a number such as 600." in hints or value == 2


def test_that_nothing_is_moved_where_there_is_nowhere_to_go() -> None:
    _, problems = origin_regexes(["https://*.example.com"], "CORS_URLS_REGEX")

    assert [problem.kind for problem in problems] == []


@pytest.mark.parametrize(
    "origin",
    [pytest.param(entry, id=name) for name, entry in UNKNOWN.items() if "variable" in name],
)
def test_that_a_variable_without_its_value_is_told_to_be_one(origin: str) -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[origin]):
        (message,) = check_settings()

    assert str(message.hint).startswith("Write the value of the variable")


@pytest.mark.parametrize(
    ("origin", "number", "said"),
    [
        pytest.param(f"{A}{B}", "E014", "is two origins without a comma", id="two-without-a-comma"),
        pytest.param(f"https://{A}", "E014", "has two schemes", id="a-scheme-twice"),
        pytest.param(f'"{A}"', "E017", "has quotes inside its quotes", id="quotes"),
        pytest.param(f"'{A}'", "E017", "has quotes inside its quotes", id="single-quotes"),
        pytest.param(f'"{A}', "E017", "has quotes inside its quotes", id="a-quote-before-it"),
        pytest.param(f"{A}/login", "E014", "has a path", id="a-path"),
    ],
)
def test_that_a_message_names_what_is_wrong(origin: str, number: str, said: str) -> None:
    with override_settings(CORS_ALLOWED_ORIGINS=[origin]):
        (message,) = check_settings()

    assert message.id == f"cors_views.{number}"
    assert said in message.msg
