"""What each field of a policy may hold: permitted as it comes out, prohibited with the reason."""

from __future__ import annotations

import re
from collections import deque
from typing import Any

import pytest

from cors_views.policies import field_values
from cors_views.policies.field_values import Problem


def ask(request: object, origin: str) -> bool:
    return False


class Asks:
    def __call__(self, request: object, origin: str) -> bool:
        return False


ASKS = Asks()
IGNORING_CASE = re.compile("x", re.IGNORECASE)


def check(field: str, value: Any) -> tuple[Any, list[Problem]]:
    if field in {"credentials", "private_network"}:
        return field_values.boolean(value, field)
    return getattr(field_values, field)(value)


@pytest.mark.parametrize(
    ("field", "value", "valid"),
    [
        pytest.param("origins", ["https://B.example:443"], ["https://b.example"], id="origin"),
        pytest.param("origins", ("null", "file://"), ["null", "file://"], id="opaque-written-out"),
        pytest.param("origins", {"https://a.example"}, ["https://a.example"], id="origins-set"),
        pytest.param("origins", [], [], id="origins-empty"),
        pytest.param(
            "origins", deque(["https://a.example"]), ["https://a.example"], id="another-sequence"
        ),
        pytest.param("origins", "*", ["*"], id="lone-star"),
        pytest.param("origins", ["*"], ["*"], id="star-in-a-list"),
        pytest.param("origins", "https://a.example", ["https://a.example"], id="lone-origin"),
        pytest.param("origins", ask, [ask], id="lone-callable"),
        pytest.param("origins", [ask, ASKS], [ask, ASKS], id="function-and-callable-instance"),
        pytest.param("origin_regexes", ["x"], [re.compile("x")], id="regex-string"),
        pytest.param("origin_regexes", (IGNORING_CASE,), [IGNORING_CASE], id="regex-compiled"),
        pytest.param("origin_regexes", [], [], id="regexes-empty"),
        pytest.param("methods", ["GET", "PROPFIND"], ["GET", "PROPFIND"], id="methods"),
        pytest.param("methods", ["*"], ["*"], id="methods-star"),
        pytest.param("methods", ["M" * 64], ["M" * 64], id="method-as-long-as-it-may-be"),
        pytest.param("methods", frozenset({"PUT", "GET"}), ["GET", "PUT"], id="methods-set-sorted"),
        pytest.param("headers", ["X-A", "authorization"], ["X-A", "authorization"], id="headers"),
        pytest.param(
            "headers", ["*", "authorization"], ["*", "authorization"], id="headers-star-and-named"
        ),
        pytest.param("headers", ["user-agent"], ["user-agent"], id="user-agent-may-be-set"),
        pytest.param("expose_headers", ["ETag", "Link"], ["ETag", "Link"], id="expose-headers"),
        pytest.param("max_age", 10**100 - 1, 10**100 - 1, id="max-age-of-100-digits"),
        pytest.param("expose_headers", ["*"], ["*"], id="expose-headers-star"),
        # Only a request may not carry it; what a server answers with is its own affair.
        pytest.param("expose_headers", ["Date"], ["Date"], id="expose-what-no-request-may-carry"),
        pytest.param("credentials", True, True, id="credentials"),
        pytest.param("credentials", False, False, id="no-credentials"),
        pytest.param("private_network", True, True, id="private-network"),
        pytest.param("max_age", 0, 0, id="max-age-zero"),
        pytest.param("max_age", 86400, 86400, id="max-age-a-day"),
    ],
)
def test_permitted(field: str, value: Any, valid: Any) -> None:
    assert check(field, value) == (valid, [])


NO_SEQUENCE = {
    "origins": "is not a list of origins or callables",
    "origin_regexes": "is not a list of regular expressions",
    "methods": "is not a list of method names",
    "headers": "is not a list of header names",
    "expose_headers": "is not a list of header names",
}


@pytest.mark.parametrize("field", NO_SEQUENCE)
@pytest.mark.parametrize(
    "value",
    [
        pytest.param(5, id="a-number"),
        pytest.param(True, id="a-boolean"),
        pytest.param(b"GET", id="bytes-whose-entries-are-numbers"),
        pytest.param({"GET": True}, id="a-dict"),
        pytest.param(iter(["GET"]), id="an-iterator-that-is-empty-the-second-time"),
        pytest.param(str, id="a-class"),
    ],
)
def test_that_a_sequence_is_a_sequence(field: str, value: Any) -> None:
    valid, problems = check(field, value)

    assert valid == []
    assert [problem[:4] for problem in problems] == [(field, value, "sequence", NO_SEQUENCE[field])]


@pytest.mark.parametrize("field", sorted(NO_SEQUENCE.keys() - {"origins"}))
@pytest.mark.parametrize("value", ["GET", "*"])
def test_that_a_lone_string_is_not_taken_letter_by_letter(field: str, value: str) -> None:
    hint = f"Write [{value!r}] instead."

    assert check(field, value) == (
        [],
        [Problem(field, value, "sequence", NO_SEQUENCE[field], hint)],
    )


@pytest.mark.parametrize(
    ("field", "value", "meant"),
    [
        pytest.param("methods", "GET, POST", ["GET", "POST"], id="methods"),
        pytest.param("headers", "x-a x-b", ["x-a", "x-b"], id="headers-with-a-blank"),
        pytest.param("expose_headers", "ETag,\nLink,", ["ETag", "Link"], id="line-and-last-comma"),
        pytest.param("expose_headers", "", [], id="empty"),
        pytest.param("origin_regexes", "https://[a-z]{1,3}", ["https://[a-z]{1,3}"], id="regex"),
        pytest.param(
            "origins",
            "https://a.example,https://b.example",
            ["https://a.example", "https://b.example"],
            id="origins",
        ),
        pytest.param(
            "origins", "https://a.example  null", ["https://a.example", "null"], id="null"
        ),
    ],
)
def test_that_several_names_in_one_string_are_told_apart(
    field: str, value: str, meant: list[str]
) -> None:
    hint = f"Write {meant!r} instead."

    assert check(field, value) == (
        [],
        [Problem(field, value, "sequence", NO_SEQUENCE[field], hint)],
    )


@pytest.mark.parametrize(
    ("value", "hint"),
    [
        pytest.param(
            "https://a.example, https://b.example",
            "Write 'https://a.example', 'https://b.example' instead.",
            id="two-origins",
        ),
        pytest.param("https://a.example ", "Write 'https://a.example' instead.", id="a-blank"),
        pytest.param(
            "https://a.example, b",
            "Write an origin such as 'https://app.example.com' or 'https://*.example.com'.",
            id="an-origin-and-something-else",
        ),
    ],
)
def test_that_several_origins_in_one_entry_are_told_apart(value: str, hint: str) -> None:
    assert [problem.hint for problem in check("origins", [value])[1]] == [hint]


def test_that_a_lone_origin_with_something_else_is_no_list() -> None:
    value = "https://a.example, b"

    assert check("origins", value) == check("origins", [value])


TOO_LONG = "M" * 65
FORBIDDEN_METHOD = "is a method that browsers do not let scripts send"
FORBIDDEN_IN_REQUESTS = "is a header that browsers do not let scripts set"
FORBIDDEN_IN_RESPONSES = "is a header that browsers do not show to scripts"
OURS = "is a CORS response header; the middleware writes it"


@pytest.mark.parametrize(
    ("field", "value", "kind", "message"),
    [
        pytest.param("origins", 5, "type", "is neither a string nor a callable", id="number"),
        pytest.param("origins", None, "type", "is neither a string nor a callable", id="none"),
        pytest.param(
            "origins", Asks, "type", "is neither a string nor a callable", id="class-not-instance"
        ),
        pytest.param("origins", "", "origin", "is empty", id="empty"),
        pytest.param("origins", "a.example", "incomplete", "has no scheme", id="no-scheme"),
        pytest.param(
            "origins",
            "https://a.example/",
            "path",
            "ends in a slash; an origin is scheme, host and port",
            id="slash",
        ),
        pytest.param("origins", "https://u@a.example", "origin", "has user info", id="user-info"),
        pytest.param(
            "origin_regexes",
            "(",
            "regex",
            "is not a valid regular expression: missing ), unterminated subpattern at position 0",
            id="regex-invalid",
        ),
        pytest.param(
            "origin_regexes", 5, "type", "is neither a string nor a compiled str pattern", id="int"
        ),
        pytest.param(
            "origin_regexes",
            re.compile(b"x"),
            "type",
            "is neither a string nor a compiled str pattern",
            id="regex-of-bytes-that-no-string-matches",
        ),
        pytest.param("methods", 5, "type", "is not a string", id="method-number"),
        pytest.param("methods", "TRACE", "method", FORBIDDEN_METHOD, id="trace"),
        pytest.param("methods", "connect", "method", FORBIDDEN_METHOD, id="connect-any-case"),
        pytest.param("methods", "", "token", "is not a method name", id="method-empty"),
        pytest.param(
            "methods", "GET, PUT", "token", "is not a method name", id="two-in-one-string"
        ),
        pytest.param("methods", "GET\n", "token", "is not a method name", id="method-newline"),
        pytest.param("methods", TOO_LONG, "token", "is not a method name", id="method-too-long"),
        pytest.param("headers", 5, "type", "is not a string", id="header-number"),
        pytest.param("headers", "x a", "token", "is not a header name", id="header-with-a-space"),
        pytest.param("headers", "x-a:", "token", "is not a header name", id="header-with-a-colon"),
        pytest.param("headers", "x-ä", "token", "is not a header name", id="header-latin-1"),
        pytest.param("expose_headers", 5, "type", "is not a string", id="expose-number"),
        pytest.param("expose_headers", "x a", "token", "is not a header name", id="expose-space"),
    ],
)
def test_prohibited_entry(field: str, value: Any, kind: str, message: str) -> None:
    valid, problems = check(field, [value])

    assert [problem[:4] for problem in problems] == [(field, value, kind, message)]
    assert valid == []


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        pytest.param("headers", "Cookie", FORBIDDEN_IN_REQUESTS, id="cookie"),
        pytest.param("headers", "sec-x", FORBIDDEN_IN_REQUESTS, id="sec-prefix"),
        pytest.param("headers", "Access-Control-Allow-Origin", OURS, id="ours"),
        pytest.param("expose_headers", "Set-Cookie", FORBIDDEN_IN_RESPONSES, id="set-cookie"),
        pytest.param("expose_headers", "access-control-max-age", OURS, id="expose-ours"),
    ],
)
def test_that_what_a_browser_forbids_is_told_apart(field: str, value: str, message: str) -> None:
    # The system checks only warn about these names where they stand in the CORS_* settings.
    valid, problems = check(field, [value])

    assert [problem[:4] for problem in problems] == [(field, value, "forbidden", message)]
    assert valid == [value]


@pytest.mark.parametrize(
    ("field", "value", "kind", "message"),
    [
        pytest.param("credentials", 1, "type", "is neither True nor False", id="one"),
        pytest.param("credentials", "true", "type", "is neither True nor False", id="text"),
        pytest.param("private_network", [], "type", "is neither True nor False", id="empty-list"),
        pytest.param(
            "max_age", "600", "type", "is not a whole number of seconds", id="text-number"
        ),
        pytest.param("max_age", 1.5, "type", "is not a whole number of seconds", id="fraction"),
        pytest.param(
            "max_age", True, "type", "is not a whole number of seconds", id="true-is-no-1"
        ),
        pytest.param("max_age", -1, "negative", "is negative", id="negative"),
    ],
)
def test_prohibited_value(field: str, value: Any, kind: str, message: str) -> None:
    valid, problems = check(field, value)

    assert valid is None
    assert [problem[:4] for problem in problems] == [(field, value, kind, message)]


def test_that_a_number_too_long_to_print_is_shown_by_its_beginning() -> None:
    valid, problems = field_values.max_age(10**100)

    assert valid is None
    assert [problem.sentence for problem in problems] == [
        "max_age: '0x1249ad2594c37ceb0b' has more than 100 digits."
    ]
    assert field_values.max_age(10**101)[0] is None


class Hostile:
    """An object that cannot be shown, nor hashed, nor asked."""

    def __repr__(self) -> str:
        raise ValueError("repr")

    def __hash__(self) -> int:
        raise ValueError("hash")

    def __call__(self, request: object, origin: str) -> bool:
        return True


def test_that_a_value_which_raises_is_a_problem_like_any_other() -> None:
    valid, problems = field_values.methods([Hostile()])

    assert valid == []
    assert [str(problem) for problem in problems] == [
        "methods: <Hostile> is not a string. Write method names."
    ]


def test_that_an_entry_of_another_type_does_not_hide_the_rest() -> None:
    valid, problems = field_values.methods([5, "GET", "a b"])

    assert valid == ["GET"]
    assert [problem.value for problem in problems] == [5, "a b"]


@pytest.mark.parametrize(
    ("field", "value", "hint"),
    [
        pytest.param(
            "origins", "A.example/x", "Write 'https://a.example' instead.", id="missing-scheme"
        ),
        pytest.param(
            "origins",
            ["https://a.example/"],
            "Write 'https://a.example' instead.",
            id="trailing-slash",
        ),
        pytest.param(
            "origins",
            [re.compile("https://a")],
            "Write 'https://a' instead.",
            id="a-regex-among-origins",
        ),
        pytest.param(
            "origins",
            [5],
            "Write an origin such as 'https://app.example.com' or 'https://*.example.com'.",
            id="a-number-among-origins",
        ),
        pytest.param(
            "max_age", -1, "Write 0 to keep browsers from caching preflights.", id="negative-age"
        ),
    ],
)
def test_that_a_hint_says_what_to_write(field: str, value: Any, hint: str) -> None:
    _, problems = check(field, value)

    assert [problem.hint for problem in problems] == [hint]


def test_that_valid_entries_stay_beside_invalid_ones() -> None:
    origins = ["https://a.example", "a.example", "https://b.example", 5]

    valid, problems = field_values.origins(origins)

    assert valid == ["https://a.example", "https://b.example"]
    assert [problem.value for problem in problems] == ["a.example", 5]


def test_that_a_problem_names_the_field_as_its_reader_knows_it() -> None:
    _, problems = field_values.methods(["a b"], "CORS_ALLOW_METHODS")

    assert str(problems[0]) == (
        "CORS_ALLOW_METHODS: 'a b' is not a method name. Write names such as 'GET' and 'PATCH'."
    )


@pytest.mark.parametrize(
    ("problem", "text"),
    [
        pytest.param(
            Problem("max_age", -1, "negative", "is negative", "Write 0."),
            "max_age: -1 is negative. Write 0.",
            id="with-a-hint",
        ),
        pytest.param(
            Problem("max_age", -1, "negative", "is negative"),
            "max_age: -1 is negative.",
            id="without",
        ),
        pytest.param(
            Problem("origins", "x" * 198, "origin", "is too long"),
            f"origins: '{'x' * 198}' is too long.",
            id="two-hundred-characters-are-shown",
        ),
        pytest.param(
            Problem("origins", "x" * 1_000_000, "origin", "is too long"),
            f"origins: '{'x' * 199}… is too long.",
            id="a-megabyte-is-cut",
        ),
    ],
)
def test_problem_as_text(problem: Problem, text: str) -> None:
    assert str(problem) == text


def test_that_a_report_holds_every_problem() -> None:
    problems = [Problem("max_age", -1, "k", "is negative"), Problem("methods", "", "k", "is none")]

    assert field_values.report(problems, "declared at views.py:3") == (
        "Invalid CORS policy, declared at views.py:3:\n"
        "  max_age: -1 is negative.\n"
        "  methods: '' is none."
    )


@pytest.mark.parametrize("value", [True, False, "report"])
def test_what_enforce_may_be(value: Any) -> None:
    assert field_values.enforce(value) == (value, [])


@pytest.mark.parametrize("value", ["", "repor", "reports", "true", 1, 0, 1.5, [True], None])
def test_what_enforce_may_not_be(value: Any) -> None:
    valid, (problem,) = field_values.enforce(value)

    assert valid is None
    assert problem.message == "is neither True nor False nor 'report'"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        pytest.param("origin_regexes", [1, "("], id="regexes-of-a-wrong-type-first"),
        pytest.param("origin_regexes", ["(", 1], id="regexes-that-do-not-compile-first"),
        pytest.param("methods", [1, "NO METHOD"], id="names"),
    ],
)
def test_that_every_entry_is_looked_at(field: str, value: Any) -> None:
    _, problems = check(field, value)

    assert [problem.value for problem in problems] == value


#: Many ways to read a text of letters beyond ASCII, of which no origin has any.
AMBIGUOUS_BEYOND_ASCII = "(?:я|яя)+x"


def test_that_an_expression_for_origins_is_judged_by_the_letters_of_origins() -> None:
    assert field_values.origin_regexes([AMBIGUOUS_BEYOND_ASCII])[1] == []


def test_that_an_expression_for_paths_is_judged_by_every_letter() -> None:
    _, (problem,) = field_values.regexes([AMBIGUOUS_BEYOND_ASCII], "CORS_URLS_REGEX")

    assert problem.kind == "endless"
