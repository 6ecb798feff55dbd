"""CorsPolicy: an immutable value, validated as a whole when it is built."""

from __future__ import annotations

import copy
import dataclasses
import functools
import inspect
import pickle
import re
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import ImproperlyConfigured

from cors_views import CachedOrigins, CorsPolicy, cors_allow, cors_include
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.policies.policy import policy_of_entry


def ask(request: object, origin: str) -> bool:
    return False


#: One valid value for each field, and the form in which the policy holds it.
FIELDS = {
    "origins": (["HTTPS://A.example:443"], ("https://a.example",)),
    "origin_regexes": (["https://a"], (re.compile("https://a"),)),
    "methods": (["get", "PATCH"], ("GET", "PATCH")),
    "headers": (["X-A"], ("x-a",)),
    "expose_headers": (["ETag"], ("etag",)),
    "credentials": (True, True),
    "max_age": (600, 600),
    "private_network": (False, False),
    "enforce": ("report", "report"),
}
each_field = pytest.mark.parametrize(
    ("field", "given", "held"), [pytest.param(name, *FIELDS[name], id=name) for name in FIELDS]
)


# --- Built -------------------------------------------------------------------------------------


@each_field
def test_that_a_field_is_held_in_its_normal_form(field: str, given: Any, held: Any) -> None:
    policy = CorsPolicy(**{field: given})

    assert policy.set_fields() == {field: held}
    assert getattr(policy, field) == held


@each_field
def test_that_a_field_left_out_is_unset(field: str, given: Any, held: Any) -> None:
    assert getattr(CorsPolicy(), field) is None


def test_that_the_signature_says_what_may_be_left_out() -> None:
    parameters = inspect.signature(CorsPolicy).parameters.values()

    assert {repr(parameter.default) for parameter in parameters} == {"<left out>"}


#: What to write instead, by field.
INSTEAD = {
    "origins": "Write [] to admit nobody",
    "origin_regexes": "Write [] for none",
    "methods": "Write [] for none",
    "headers": "Write [] for none",
    "expose_headers": "Write [] for none",
    "credentials": "Write False",
    "max_age": "Write 0 to keep browsers from caching preflights",
    "private_network": "Write False",
}


@pytest.mark.parametrize(
    "write",
    [
        pytest.param(lambda fields: CorsPolicy(**fields), id="CorsPolicy"),
        pytest.param(lambda fields: cors_allow(**fields), id="cors_allow"),
        pytest.param(
            lambda fields: cors_allow(CorsPolicy(origins=[]), **fields), id="cors_allow-replacing"
        ),
        pytest.param(lambda fields: CorsPolicy(origins=[]).replace(**fields), id="replace"),
        pytest.param(lambda fields: cors_include([], **fields), id="cors_include"),
        pytest.param(
            lambda fields: cors_include([], policy=CorsPolicy(), **fields),
            id="cors_include-replacing",
        ),
        pytest.param(lambda fields: policy_of_entry(fields, "CORS_POLICIES"), id="CORS_POLICIES"),
    ],
)
@pytest.mark.parametrize("field", INSTEAD)
def test_that_none_is_refused_where_it_is_given(write: Callable[[Any], Any], field: str) -> None:
    """``os.environ.get("PARTNER_ORIGINS")`` is ``None`` where the variable is not set."""
    with pytest.raises(ImproperlyConfigured) as caught:
        write({field: None})

    assert (
        f"  {field}: None is not allowed. {INSTEAD[field]}, or leave {field} out to take it "
        "from the next layer."
    ) in str(caught.value)


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param({"origins": ""}, "'' is empty. Write [] to admit nobody; in a", id="origins"),
        pytest.param({"origins": [""]}, "'' is empty. Write [] to admit nobody", id="split"),
        pytest.param({"origins": " "}, "white space or control characters. Write []", id="blank"),
        pytest.param(
            {"origins": ","}, "holds a comma, but an entry is one origin. Write []", id="comma"
        ),
        pytest.param(
            {"origin_regexes": ""},
            "'' is not a list of regular expressions. Write [] instead.",
            id="regexes",
        ),
        pytest.param(
            {"origin_regexes": [""]},
            "'' is empty, so it matches no origin. Write [] to admit nobody",
            id="regex",
        ),
        pytest.param({"origin_regexes": [re.compile(" ")]}, "' ' is empty", id="compiled"),
        pytest.param({"methods": ""}, "'' is not a list of method names. Write []", id="methods"),
        pytest.param({"methods": [""]}, "'' is not a method name.", id="method"),
        pytest.param({"headers": [""]}, "'' is not a header name.", id="header"),
        pytest.param({"credentials": ""}, "'' is neither True nor False.", id="credentials"),
        pytest.param({"max_age": ""}, "'' is not a whole number of seconds.", id="max_age"),
    ],
)
def test_that_an_empty_text_is_refused(fields: dict[str, Any], problem: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        CorsPolicy(**fields)

    assert problem in str(caught.value)


def test_that_fields_are_given_by_keyword_alone() -> None:
    with pytest.raises(TypeError):
        CorsPolicy(["https://a.example"])


def test_that_an_unknown_field_is_an_error() -> None:
    with pytest.raises(TypeError, match="orgins"):
        CorsPolicy(orgins=["https://a.example"])


@pytest.mark.parametrize(
    ("fields", "held"),
    [
        pytest.param(
            {"origins": ["https://a.example", "https://A.example:443"]},
            {"origins": ("https://a.example",)},
            id="origins-that-are-the-same",
        ),
        pytest.param({"methods": ["get", "GET", "PUT"]}, {"methods": ("GET", "PUT")}, id="methods"),
        pytest.param({"headers": ["X-A", "x-a"]}, {"headers": ("x-a",)}, id="headers"),
        pytest.param({"origins": "*"}, {"origins": ("*",)}, id="lone-star"),
        pytest.param(
            {"origins": {"https://b.example", "https://a.example"}},
            {"origins": ("https://a.example", "https://b.example")},
            id="a-set-has-one-order",
        ),
        pytest.param(
            {"origins": ["https://b.example", "https://a.example"]},
            {"origins": ("https://b.example", "https://a.example")},
            id="a-list-keeps-its-order",
        ),
    ],
)
def test_that_a_field_holds_each_entry_once(fields: Any, held: Any) -> None:
    assert CorsPolicy(**fields).set_fields() == held


@pytest.mark.parametrize(
    ("fields", "names_origins", "any_origin"),
    [
        pytest.param({}, False, False, id="nothing"),
        pytest.param({"credentials": True, "max_age": 0}, False, False, id="other-fields"),
        pytest.param({"origins": ["https://a.example"]}, True, False, id="origins"),
        pytest.param({"origins": []}, True, False, id="no-origins-are-named-too"),
        pytest.param({"origin_regexes": ["x"]}, True, False, id="regexes"),
        pytest.param({"origin_regexes": []}, True, False, id="no-regexes-are-named-too"),
        pytest.param({"origins": [ask]}, True, False, id="a-callable"),
        pytest.param({"origins": "*"}, True, True, id="any-origin"),
        pytest.param({"origins": ["https://*.a.example:*"]}, True, False, id="a-pattern"),
    ],
)
def test_whether_a_policy_names_origins(fields: Any, names_origins: bool, any_origin: bool) -> None:
    policy = CorsPolicy(**fields)

    assert (policy.names_origins, policy.any_origin) == (names_origins, any_origin)


# --- Refused -----------------------------------------------------------------------------------


def here(offset: int) -> str:
    """Return the place so many lines below the call, as messages write it."""
    frame = inspect.currentframe()
    assert frame is not None
    assert frame.f_back is not None
    return f"{__file__}:{frame.f_back.f_lineno + offset}"


def test_that_one_message_holds_every_problem_with_value_field_and_place() -> None:
    place = here(2)
    with pytest.raises(ImproperlyConfigured) as caught:
        CorsPolicy(
            origins=["https://a.example/", "https://b.example"],
            origin_regexes=["("],
            methods=["TRACE"],
            headers=["a b"],
            expose_headers="ETag",
            credentials="yes",
            max_age=-1,
            private_network=1,
        )

    assert str(caught.value) == (
        f"Invalid CORS policy, declared at {place}:\n"
        "  origins: 'https://a.example/' ends in a slash; an origin is scheme, host and port."
        " Write 'https://a.example' instead.\n"
        "  origin_regexes: '(' is not a valid regular expression: missing ), unterminated "
        r"subpattern at position 0. Write an expression such as r'https://[a-z]+\.example\.com'."
        "\n"
        "  methods: 'TRACE' is a method that browsers do not let scripts send. Remove it.\n"
        "  headers: 'a b' is not a header name. Write names such as 'X-Requested-With'.\n"
        "  expose_headers: 'ETag' is not a list of header names. Write ['ETag'] instead.\n"
        "  credentials: 'yes' is neither True nor False. Write True instead.\n"
        "  max_age: -1 is negative. Write 0 to keep browsers from caching preflights.\n"
        "  private_network: 1 is neither True nor False. Write True instead."
    )


def by_partial() -> CorsPolicy:
    return functools.partial(CorsPolicy, max_age=-1)()


def by_replacing() -> CorsPolicy:
    return dataclasses.replace(CorsPolicy(), max_age=-1)


@pytest.mark.parametrize("build", [by_partial, by_replacing])
def test_that_the_place_is_in_the_code_of_whoever_builds(build: Callable[[], CorsPolicy]) -> None:
    _, first_line = inspect.getsourcelines(build)

    with pytest.raises(ImproperlyConfigured) as caught:
        build()

    assert f"declared at {__file__}:{first_line + 1}:" in str(caught.value)


NAME_THEM = "Name the origins that you trust with the user's cookies, or remove credentials."


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        pytest.param(
            {"origins": "*", "credentials": True},
            f"origins: '*' admits any origin, together with credentials=True. {NAME_THEM}",
            id="any-origin",
        ),
        pytest.param(
            {"origins": ["https://a.example", "*"], "credentials": True},
            f"origins: '*' admits any origin, together with credentials=True. {NAME_THEM}",
            id="any-origin-among-others",
        ),
        pytest.param(
            {"expose_headers": ["*"], "credentials": True},
            "expose_headers: '*' matches nothing together with credentials=True. Name the headers.",
            id="every-response-header",
        ),
    ],
)
def test_what_never_goes_with_credentials(fields: Any, problem: str) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        CorsPolicy(**fields)

    assert str(caught.value).splitlines()[1:] == [f"  {problem}"]


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"origins": "*", "credentials": False}, id="any-origin"),
        pytest.param({"origins": "*", "expose_headers": ["*"]}, id="every-response-header"),
        pytest.param({"origins": ["https://a.example"], "credentials": True}, id="named-origin"),
        pytest.param({"methods": ["*"], "headers": ["*"], "credentials": True}, id="other-stars"),
    ],
)
def test_what_goes_with_credentials_or_without(fields: Any) -> None:
    assert CorsPolicy(**fields).set_fields().keys() == fields.keys()


# --- A value -----------------------------------------------------------------------------------


@each_field
def test_that_no_field_can_be_set_or_deleted(field: str, given: Any, held: Any) -> None:
    policy = CorsPolicy(**{field: given})

    with pytest.raises(AttributeError):
        setattr(policy, field, given)
    with pytest.raises(AttributeError):
        delattr(policy, field)
    assert getattr(policy, field) == held


def test_that_a_policy_takes_no_other_attribute() -> None:
    with pytest.raises(AttributeError):
        CorsPolicy().origin = "https://a.example"


def test_that_a_policy_does_not_change_with_the_list_it_was_built_from() -> None:
    origins = ["https://a.example"]
    policy = CorsPolicy(origins=origins)

    origins.append("https://evil.example")

    assert policy.origins == ("https://a.example",)


ALL = {field: given for field, (given, _) in FIELDS.items()}


@pytest.mark.parametrize(
    "twin",
    [
        pytest.param(lambda policy: CorsPolicy(**ALL), id="built-again"),
        pytest.param(lambda policy: policy.replace(), id="replaced-nothing"),
        pytest.param(lambda policy: policy_of_entry(ALL, "here"), id="from-a-dict"),
        pytest.param(copy.copy, id="copied"),
        pytest.param(copy.deepcopy, id="deeply-copied"),
        pytest.param(lambda policy: pickle.loads(pickle.dumps(policy)), id="pickled"),
    ],
)
def test_that_equal_policies_are_one_key(twin: Callable[[CorsPolicy], CorsPolicy]) -> None:
    policy = CorsPolicy(**ALL)

    assert twin(policy) == policy
    assert len({policy, twin(policy)}) == 1


@pytest.mark.parametrize(
    "other",
    [
        pytest.param(CorsPolicy(), id="nothing-set"),
        pytest.param(CorsPolicy(origins=["https://b.example"], max_age=1), id="another-origin"),
        pytest.param(CorsPolicy(origins=["https://a.example"], max_age=0), id="another-age"),
        pytest.param(CorsPolicy(origins=["https://a.example"]), id="a-field-unset"),
        pytest.param(("https://a.example",), id="no-policy"),
    ],
)
def test_that_a_difference_in_any_field_counts(other: object) -> None:
    assert CorsPolicy(origins=["https://a.example"], max_age=1) != other


# --- repr --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        pytest.param({}, "CorsPolicy()", id="nothing-set"),
        pytest.param(
            {"credentials": True, "origins": ["https://A.example"], "max_age": 0},
            "CorsPolicy(origins=['https://a.example'], credentials=True, max_age=0)",
            id="set-fields-in-the-documented-order",
        ),
        pytest.param({"origins": []}, "CorsPolicy(origins=[])", id="empty-is-not-unset"),
        pytest.param({"origins": [ask]}, "CorsPolicy(origins=[ask])", id="callables-by-name"),
        pytest.param(
            {"origin_regexes": [r"https://\w+"]},
            r"CorsPolicy(origin_regexes=['https://\\w+'])",
            id="regexes-by-pattern",
        ),
        pytest.param(
            {"methods": ["A", "B", "C", "D", "E", "F", "G", "H"]},
            "CorsPolicy(methods=['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'])",
            id="eight-are-shown",
        ),
        pytest.param(
            {"methods": ["A", "B", "C", "D", "E", "F", "G", "H", "I"]},
            "CorsPolicy(methods=['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H', … 1 more])",
            id="the-ninth-is-counted",
        ),
        pytest.param(
            {"methods": [f"M{number}" for number in range(16)]},
            "CorsPolicy(methods=['M0', 'M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', … 8 more])",
            id="sixteen",
        ),
        pytest.param(
            {"methods": [f"M{number}" for number in range(5000)]},
            "CorsPolicy(methods=['M0', 'M1', 'M2', 'M3', 'M4', 'M5', 'M6', 'M7', … 4,992 more])",
            id="thousands",
        ),
    ],
)
def test_repr(fields: Any, text: str) -> None:
    assert repr(CorsPolicy(**fields)) == text


# --- replace and refine ------------------------------------------------------------------------


def test_replace() -> None:
    policy = CorsPolicy(origins=["https://a.example"], credentials=True, max_age=1)

    replaced = policy.replace(origins=["https://B.example"], max_age=2)

    assert replaced == CorsPolicy(origins=["https://b.example"], credentials=True, max_age=2)
    assert policy == CorsPolicy(origins=["https://a.example"], credentials=True, max_age=1)


@pytest.mark.parametrize(
    ("fields", "changes", "problem"),
    [
        pytest.param({}, {"max_age": -1}, "max_age: -1 is negative.", id="the-new-value"),
        pytest.param(
            {"origins": ["https://a.example"], "credentials": True},
            {"origins": "*"},
            "origins: '*' admits any origin, together with credentials=True.",
            id="a-new-value-against-an-old-one",
        ),
    ],
)
def test_that_a_replaced_policy_is_validated_as_a_whole(
    fields: Any, changes: Any, problem: str
) -> None:
    policy = CorsPolicy(**fields)

    place = here(2)
    with pytest.raises(ImproperlyConfigured) as caught:
        policy.replace(**changes)

    assert f"declared at {place}:\n  {problem}" in str(caught.value)


def test_that_a_field_that_is_no_field_cannot_be_replaced() -> None:
    with pytest.raises(TypeError, match="orgins"):
        CorsPolicy().replace(orgins=[])


@pytest.mark.parametrize(
    ("nearer", "base", "result"),
    [
        pytest.param({}, {"max_age": 1}, {"max_age": 1}, id="nothing-over-something"),
        pytest.param({"max_age": 0}, {}, {"max_age": 0}, id="something-over-nothing"),
        pytest.param(
            {"max_age": 0, "methods": ["GET"]},
            {"max_age": 1, "headers": ["x-a"]},
            {"max_age": 0, "methods": ["GET"], "headers": ["x-a"]},
            id="field-by-field",
        ),
        pytest.param(
            {"methods": []}, {"methods": ["GET"]}, {"methods": []}, id="an-empty-field-is-set"
        ),
        pytest.param(
            {"credentials": False},
            {"origins": ["https://a.example"], "credentials": True},
            {"origins": ["https://a.example"], "credentials": False},
            id="false-is-set",
        ),
        pytest.param(
            {"credentials": True},
            {"origins": "*"},
            {"origins": "*", "credentials": False},
            id="credentials-over-any-origin",
        ),
        pytest.param(
            {"origins": "*"},
            {"origins": ["https://a.example"], "credentials": True},
            {"origins": "*", "credentials": False},
            id="any-origin-over-credentials",
        ),
    ],
)
def test_refine(nearer: Any, base: Any, result: Any) -> None:
    assert CorsPolicy(**nearer).refine(CorsPolicy(**base)) == CorsPolicy(**result)


def test_that_every_response_header_may_meet_credentials_by_refining() -> None:
    exposing = CorsPolicy(expose_headers=["*"])

    refined = exposing.refine(CorsPolicy(origins=["https://a.example"], credentials=True))

    assert (refined.expose_headers, refined.credentials) == (("*",), True)


def test_that_refining_changes_neither_policy() -> None:
    nearer, base = CorsPolicy(max_age=0), CorsPolicy(max_age=1)

    nearer.refine(base)

    assert (nearer, base) == (CorsPolicy(max_age=0), CorsPolicy(max_age=1))


# --- Entries of CORS_POLICIES ------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        pytest.param({"origins": ["https://A.example"], "max_age": 0}, id="a-dict"),
        pytest.param(
            MappingProxyType({"origins": ["https://a.example"], "max_age": 0}), id="any-mapping"
        ),
        pytest.param(CorsPolicy(origins=["https://a.example"], max_age=0), id="a-policy"),
    ],
)
def test_entry(value: Any) -> None:
    policy = policy_of_entry(value, "settings.CORS_POLICIES['x']")

    assert policy == CorsPolicy(origins=["https://a.example"], max_age=0)


UNKNOWN = "is not a policy field."


@pytest.mark.parametrize(
    ("value", "problems"),
    [
        pytest.param(
            ["https://a.example"],
            ["policy: ['https://a.example'] is neither a CorsPolicy nor a dict of its fields."],
            id="no-dict",
        ),
        pytest.param(
            {"orgins": []},
            [f"'orgins' {UNKNOWN} Did you mean 'origins' or 'origin_regexes'?"],
            id="unknown-field-with-close-matches",
        ),
        pytest.param(
            {"zzz": None},
            [f"'zzz' {UNKNOWN} The fields are {', '.join(FIELDS)}."],
            id="unknown-field-like-no-other",
        ),
        pytest.param(
            {"Headers": ["x-a"], "max_age": -1, "origins": "*", "credentials": True},
            [
                f"'Headers' {UNKNOWN} Did you mean 'headers'?",
                "max_age: -1 is negative. Write 0 to keep browsers from caching preflights.",
                f"origins: '*' admits any origin, together with credentials=True. {NAME_THEM}",
            ],
            id="every-problem-at-once",
        ),
    ],
)
def test_entry_that_is_refused(value: Any, problems: list[str]) -> None:
    with pytest.raises(ImproperlyConfigured) as caught:
        policy_of_entry(value, "settings.CORS_POLICIES['x']")

    assert str(caught.value).splitlines() == [
        "Invalid CORS policy, settings.CORS_POLICIES['x']:",
        *(f"  {problem}" for problem in problems),
    ]


@pytest.mark.parametrize(
    ("origins", "message"),
    [
        pytest.param([re.compile("a")], "neither a string nor a callable", id="a-regex"),
        pytest.param(["https://a.example,https://b.example"], "holds a comma", id="comma"),
    ],
)
def test_that_an_entry_nobody_could_look_up_is_refused(origins: Any, message: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"test_policy\.py:\d+") as caught:
        CorsPolicy(origins=origins)

    assert message in str(caught.value)


# --- Callables that are equal ------------------------------------------------------------------


@dataclasses.dataclass(frozen=True)
class Admits:
    """A callable that is equal to all of its kind, since what it admits is not compared."""

    origin: str = dataclasses.field(compare=False)

    def __call__(self, request: Any, origin: str) -> bool:
        return origin == self.origin


class Unhashable:
    __hash__ = None  # type: ignore[assignment]

    def __call__(self, request: Any, origin: str) -> bool:
        return True


A, B = Admits("https://a.example"), Admits("https://b.example")


def test_that_callables_are_told_apart_by_identity() -> None:
    assert A == B
    assert CorsPolicy(origins=[A]) != CorsPolicy(origins=[B])
    assert CorsPolicy(origins=[A]) == CorsPolicy(origins=[A])
    assert hash(CorsPolicy(origins=[A])) == hash(CorsPolicy(origins=[A]))
    assert len({CorsPolicy(origins=[A]), CorsPolicy(origins=[B]), CorsPolicy(origins=[A])}) == 2


def test_that_equal_callables_of_one_policy_are_all_kept() -> None:
    policy = CorsPolicy(origins=[A, B, "https://c.example", A, "https://c.example"])

    assert policy.origins is not None
    assert [id(origin) for origin in policy.origins[:2]] == [id(A), id(B)]
    assert policy.origins[2:] == ("https://c.example",)


def test_that_a_callable_need_not_be_hashable() -> None:
    origin = Unhashable()
    policy = CorsPolicy(origins=[origin])

    assert policy == CorsPolicy(origins=[origin])
    assert hash(policy) == hash(CorsPolicy(origins=[origin]))


def test_that_a_policy_is_equal_to_nothing_else() -> None:
    assert CorsPolicy() != CorsPolicy(origins=[])
    assert CorsPolicy() != CorsPolicy(origin_regexes=[])
    assert CorsPolicy() != "CorsPolicy()"


def test_copy_replace() -> None:
    """``copy.replace()`` of Python 3.13 asks for ``__replace__``."""
    policy = CorsPolicy(origins=["https://a.example"])

    assert policy.__replace__(max_age=1) == CorsPolicy(origins=["https://a.example"], max_age=1)


# --- The bare question --------------------------------------------------------------------------

APP, STRANGER = "https://app.example", "https://stranger.example"


def nothing() -> list[str]:
    return []


def yes(request: object, origin: str) -> bool:
    return True


def no(request: object, origin: str) -> bool:
    return False


async def yes_async(request: object, origin: str) -> bool:
    return True


def broken(request: object, origin: str) -> bool:
    raise OSError("no database")


def only_with_a_request(request: object, origin: str) -> bool:
    return request == "a request"


#: The fields of a policy, an origin, and whether it is admitted: by admits(), and by aadmits().
ADMITTED: list[Any] = [
    pytest.param({"origins": [APP]}, APP, True, True, id="named"),
    pytest.param({"origins": [APP]}, STRANGER, False, False, id="not-named"),
    pytest.param({"origins": ["https://*.example"]}, APP, True, True, id="a-pattern"),
    pytest.param({"origin_regexes": ["https://a.*"]}, APP, True, True, id="a-regex"),
    pytest.param({"origins": "*"}, STRANGER, True, True, id="any-origin"),
    pytest.param({"origins": "*"}, "https://a.example/", False, False, id="no-origin-at-all"),
    pytest.param({"origins": "*"}, "null", True, True, id="null-under-any-origin"),
    pytest.param({"origins": [APP]}, "null", False, False, id="null"),
    pytest.param({"origins": []}, APP, False, False, id="nobody"),
    pytest.param({"max_age": 5}, APP, False, False, id="no-origins-named"),
    pytest.param({"origins": [CachedOrigins(lambda: [APP])]}, APP, True, True, id="loaded"),
    pytest.param({"origins": [CachedOrigins(nothing)]}, APP, False, False, id="loaded-in-vain"),
    pytest.param({"origins": [yes]}, APP, TypeError, True, id="a-callable"),
    pytest.param({"origins": [no]}, APP, TypeError, False, id="a-callable-that-refuses"),
    pytest.param({"origins": [yes_async]}, APP, TypeError, True, id="an-async-callable"),
    pytest.param({"origins": [broken]}, APP, TypeError, False, id="a-callable-that-raises"),
    pytest.param({"origins": [no, APP]}, APP, True, True, id="named-beside-a-callable"),
    pytest.param({"origins": [yes]}, "no origin", False, False, id="a-callable-and-no-origin"),
    pytest.param(
        {"origins": [no, CachedOrigins(lambda: [APP])]}, APP, True, True, id="loaded-and-callable"
    ),
    pytest.param({"origins": [only_with_a_request]}, APP, TypeError, True, id="given-the-request"),
]


@pytest.mark.parametrize(("fields", "origin", "at_once", "asked"), ADMITTED)
def test_whom_a_policy_admits(fields: Any, origin: str, at_once: Any, asked: bool) -> None:
    policy = CorsPolicy(**fields)

    if at_once is TypeError:
        with pytest.raises(TypeError, match=r"await aadmits\(origin, request\)"):
            policy.admits(origin)
    else:
        assert policy.admits(origin) is at_once
    assert async_to_sync(policy.aadmits)(origin, "a request") is asked


class Agrees(list[str]):
    """A list that says of everything that they are equal."""

    def __eq__(self, other: object) -> bool:
        return True

    def __ne__(self, other: object) -> bool:
        return False

    __hash__ = None  # type: ignore[assignment]


def test_that_a_value_counts_whatever_it_is_equal_to() -> None:
    assert CorsPolicy(origins=Agrees([APP])).origins == (APP,)


def test_that_a_field_that_is_none_hides_no_other_problem() -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        CorsPolicy(origins=None, max_age=-1)  # type: ignore[arg-type]

    assert "origins" in str(raised.value)
    assert "max_age: -1 is negative" in str(raised.value)


@pytest.mark.parametrize(
    ("fields", "declared"),
    [
        pytest.param({"origins": [APP]}, False, id="not-said"),
        pytest.param({"enforce": False}, False, id="not-enforced"),
        pytest.param({"enforce": True}, True, id="enforced"),
        pytest.param({"enforce": "report"}, True, id="reported"),
    ],
)
@pytest.mark.usefixtures("nothing_enforces")
def test_that_a_policy_that_enforces_is_noted(fields: Any, declared: bool) -> None:
    CorsPolicy(**fields)

    assert ENFORCING.declared is declared


class Watched(type(ENFORCING)):  # type: ignore[misc]
    """Remembers what the requests of other threads could have read."""

    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        if name == "possible":
            self.__dict__.setdefault("read", []).append(value)


@pytest.mark.parametrize(
    ("declared", "by_settings", "last"),
    [
        pytest.param(True, False, True, id="a policy enforces"),
        pytest.param(False, True, True, id="a setting enforces"),
        pytest.param(False, False, False, id="nothing enforces"),
    ],
)
def test_that_no_request_reads_that_nothing_enforces_where_something_does(
    declared: bool, by_settings: bool, last: bool
) -> None:
    enforcing = Watched()
    if declared:
        enforcing.declare()

    enforcing.settle(by_settings)

    assert enforcing.read[-1] is last
    assert set(enforcing.read) == {True, last}


def test_that_only_those_who_need_a_request_are_named() -> None:
    policy = CorsPolicy(origins=[CachedOrigins(lambda: [STRANGER]), no])

    with pytest.raises(TypeError) as raised:
        policy.admits(APP)

    assert str(raised.value).startswith("Only [no] can tell whether ")


@pytest.mark.parametrize("field", FIELDS)
def test_that_policies_that_differ_in_a_field_are_not_equal(field: str) -> None:
    value, _ = FIELDS[field]

    assert CorsPolicy() != CorsPolicy(**{field: value})
