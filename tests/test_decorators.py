"""``cors_allow`` and ``cors_deny``: what they take, what they refuse, what they leave as it was."""

from __future__ import annotations

import functools
import gc
import inspect
import sys
import traceback
import tracemalloc
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View

import cors_views
from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.declarations.marks import Declaration, marks_along, own_marks
from tests.tables import ORIGIN, Sender, cors_headers, urlconf

SITE = override_settings(
    CORS_ALLOWED_ORIGINS=["https://site.example"],
    CORS_POLICIES={
        "partners": {"origins": ["https://partner.example"], "credentials": True},
        "public": {"origins": "*"},
        "brief": {"max_age": 5},
        "broken": {"origins": ["partner.example"]},
    },
)
PARTNERS = CorsPolicy(origins=["https://partner.example"], credentials=True)
PUBLIC = CorsPolicy(origins="*")


@pytest.fixture(autouse=True)
def _site() -> Any:
    with SITE:
        yield


def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    """Answer."""
    return HttpResponse("answer")


async def async_view(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def declared(decorated: Any) -> Declaration:
    """Return the one declaration on a callable."""
    (mark,) = marks_along(decorated)
    return mark.declaration


def line_of(function: Callable[..., Any], text: str) -> str:
    """Return the place in a function's source where ``text`` stands, as messages write it."""
    lines, first = inspect.getsourcelines(function)
    (offset,) = (number for number, line in enumerate(lines) if text in line)
    return f"{__file__}:{first + offset}"


# --- What is taken -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("decorator", "policies"),
    [
        pytest.param(cors_allow, (CorsPolicy(),), id="bare"),
        pytest.param(lambda view: cors_allow()(view), (CorsPolicy(),), id="called-with-nothing"),
        pytest.param(
            lambda view: cors_allow(origins=["https://A.example"], max_age=0)(view),
            (CorsPolicy(origins=["https://a.example"], max_age=0),),
            id="fields",
        ),
        pytest.param(
            lambda view: cors_allow(origins=[])(view), (CorsPolicy(origins=[]),), id="nobody"
        ),
        pytest.param(lambda view: cors_allow("partners")(view), (PARTNERS,), id="a-name"),
        pytest.param(lambda view: cors_allow(PUBLIC)(view), (PUBLIC,), id="a-policy"),
        pytest.param(
            lambda view: cors_allow("partners", PUBLIC)(view), (PARTNERS, PUBLIC), id="several"
        ),
        pytest.param(
            lambda view: cors_allow("brief")(view), (CorsPolicy(max_age=5),), id="one-that-refines"
        ),
        pytest.param(
            lambda view: cors_allow("partners", max_age=1, credentials=False)(view),
            (CorsPolicy(origins=["https://partner.example"], credentials=False, max_age=1),),
            id="a-name-with-fields-that-replace-its-own",
        ),
        pytest.param(
            lambda view: cors_allow(PUBLIC, origins=["https://a.example"])(view),
            (CorsPolicy(origins=["https://a.example"]),),
            id="a-policy-with-fields-that-replace-its-own",
        ),
    ],
)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda: view, id="function"),
        pytest.param(lambda: async_view, id="async-function"),
        pytest.param(lambda: type("Marked", (View,), {}), id="class"),
        pytest.param(lambda: functools.partial(view, x=1), id="partial"),
        pytest.param(lambda: View().setup, id="bound-method"),
    ],
)
def test_what_cors_allow_declares(
    make: Callable[[], Any], decorator: Any, policies: tuple[CorsPolicy, ...]
) -> None:
    declaration = declared(decorator(make()))

    assert declaration.resolve() == policies
    assert not declaration.deny


@pytest.mark.parametrize("decorate", [cors_deny, cors_deny()], ids=["bare", "called"])
def test_what_cors_deny_declares(decorate: Any) -> None:
    declaration = declared(decorate(view))

    assert declaration.deny
    assert declaration.resolve() == ()


def test_that_a_decorator_may_be_kept_and_used_again() -> None:
    partners = cors_allow("partners")

    decorated = [partners(view), partners(async_view)]

    assert [declared(each).resolve() for each in decorated] == [(PARTNERS,)] * 2


def test_that_a_name_is_looked_up_when_it_is_used() -> None:
    decorated = cors_allow("partners")(view)

    with override_settings(CORS_POLICIES={"partners": {"origins": ["https://other.example"]}}):
        policies = declared(decorated).resolve()

    assert policies == (CorsPolicy(origins=["https://other.example"]),)
    assert declared(decorated).resolve() == (PARTNERS,)


# --- What is refused ---------------------------------------------------------------------------

A_POLICY = "takes policies, or names from CORS_POLICIES, not "
BY_KEYWORD = ". Write the fields of a policy by keyword, origins=[...], or as CorsPolicy(...)."
A_NAME = "for the name of a policy. For an origin write"


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        pytest.param(
            lambda: cors_allow("https://a.example"),
            f"cors_allow() at {{here}} takes 'https://a.example' {A_NAME}"
            " origins=['https://a.example'], or CorsPolicy(origins=['https://a.example']).",
            id="origin-given-positionally",
        ),
        pytest.param(
            lambda: cors_allow("partners", "https://*.a.example:*"),
            f"cors_allow() at {{here}} takes 'https://*.a.example:*' {A_NAME}"
            " origins=['https://*.a.example:*'], or CorsPolicy(origins=['https://*.a.example:*']).",
            id="pattern-beside-a-name",
        ),
        pytest.param(
            lambda: cors_allow("*"),
            f"cors_allow() at {{here}} takes '*' {A_NAME} origins='*', or CorsPolicy(origins='*').",
            id="star-given-positionally",
        ),
        pytest.param(
            lambda: cors_allow("null"),
            f"cors_allow() at {{here}} takes 'null' {A_NAME}"
            " origins=['null'], or CorsPolicy(origins=['null']).",
            id="null-given-positionally",
        ),
        pytest.param(
            lambda: cors_allow(["https://a.example"]),
            f"cors_allow() at {{here}} {A_POLICY}['https://a.example']{BY_KEYWORD}",
            id="list-given-positionally",
        ),
        pytest.param(
            lambda: cors_allow("partners", view),
            f"cors_allow() at {{here}} {A_POLICY}{view!r}. Call the result with the view: "
            "cors_allow(...)(view).",
            id="the-view-beside-a-name",
        ),
        pytest.param(
            lambda: cors_allow({"origins": []}),
            f"cors_allow() at {{here}} {A_POLICY}{{'origins': []}}{BY_KEYWORD}",
            id="dict-given-positionally",
        ),
        pytest.param(
            lambda: cors_allow("partners", "public", max_age=1),
            "cors_allow() at {here} takes one policy with fields that replace its own, or several"
            " policies, not both. Define the policy you mean in CORS_POLICIES.",
            id="several-and-fields",
        ),
        pytest.param(
            lambda: cors_allow("partners", "brief"),
            "cors_allow() at {here} lists several policies, but 'brief' names no origins. Each "
            "of several policies has to name its origins.",
            id="a-name-without-origins-among-several",
        ),
        pytest.param(
            lambda: cors_allow(CorsPolicy(max_age=1), PUBLIC),
            "cors_allow() at {here} lists several policies, but CorsPolicy(max_age=1) names no "
            "origins. Each of several policies has to name its origins.",
            id="a-policy-without-origins-among-several",
        ),
        pytest.param(
            lambda: cors_allow()(path("x/", view)),
            "cors_allow at {here} decorates a view, not <URLPattern 'x/'>. Decorate the view"
            " itself, inside of path().",
            id="what-path-returns",
        ),
        pytest.param(
            lambda: cors_allow()(include([])),
            "cors_allow at {here} decorates a view, not ([], None, None). For a whole URLconf use"
            " cors_include().",
            id="what-include-returns",
        ),
        pytest.param(
            lambda: cors_deny(include([])),
            "cors_deny at {here} decorates a view, not ([], None, None). For a whole URLconf use"
            " cors_include().",
            id="what-include-returns-denied",
        ),
        pytest.param(
            lambda: cors_deny("partners"),
            "cors_deny at {here} decorates a view, not 'partners'. Write it above a"
            " function or a class.",
            id="a-name-denied",
        ),
        pytest.param(
            lambda: cors_deny()(5),
            "cors_deny at {here} decorates a view, not 5. Write it above a function or a class.",
            id="a-number-denied",
        ),
        pytest.param(
            lambda: cors_allow(origins="*")(CorsPolicy()),
            "cors_allow at {here} decorates a view, not CorsPolicy(). Write it above a function"
            " or a class.",
            id="a-policy-decorated",
        ),
    ],
)
def test_type_error(declare: Callable[[], Any], message: str) -> None:
    place = f"{__file__}:{inspect.getsourcelines(declare)[1]}"

    with pytest.raises(TypeError) as caught:
        declare()

    # A dict in a message has braces of its own.
    assert str(caught.value) == message.replace("{here}", place)
    assert vars(caught.value)["filename"] == __file__
    # One traceback, whose last line is the message.
    assert "another exception" not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize(
    ("declare", "field"),
    [
        pytest.param(lambda: cors_allow(orgins=["https://a.example"]), "orgins", id="alone"),
        pytest.param(lambda: cors_allow("partners", orgins=[]), "orgins", id="beside-a-name"),
        pytest.param(lambda: cors_deny(origins=[]), "origins", id="cors-deny-has-no-fields"),
    ],
)
def test_that_a_field_that_is_no_field_is_a_type_error(
    declare: Callable[[], Any], field: str
) -> None:
    with pytest.raises(TypeError, match=f"'{field}'"):
        declare()


@pytest.mark.parametrize(
    ("declare", "message"),
    [
        pytest.param(
            lambda: cors_allow("partner"),
            "cors_allow() at {here}: There is no CORS policy named 'partner'. Did you mean"
            " 'partners'?",
            id="unknown-name-with-close-matches",
        ),
        pytest.param(
            lambda: cors_allow("partners", "zzz"),
            "cors_allow() at {here}: There is no CORS policy named 'zzz'. CORS_POLICIES defines"
            " 'brief', 'broken', 'partners', 'public'.",
            id="unknown-name-like-no-other",
        ),
        pytest.param(
            lambda: cors_allow("broken"),
            "cors_allow() at {here}: Invalid CORS policy, settings.CORS_POLICIES['broken']:\n"
            "  origins: 'partner.example' has no scheme. Write 'https://partner.example' instead.",
            id="name-of-an-invalid-policy",
        ),
        pytest.param(
            lambda: cors_allow(max_age=-1),
            "Invalid CORS policy, declared at {here}:\n"
            "  max_age: -1 is negative. Write 0 to keep browsers from caching preflights.",
            id="invalid-field",
        ),
        pytest.param(
            lambda: cors_allow("partners", max_age=-1),
            "Invalid CORS policy, declared at {here}:\n"
            "  max_age: -1 is negative. Write 0 to keep browsers from caching preflights.",
            id="invalid-replacement",
        ),
        pytest.param(
            lambda: cors_allow(PUBLIC, credentials=True),
            "cors_allow() at {here}: Invalid CORS policy, declared at {here}:\n"
            "  origins: '*' admits any origin, together with credentials=True. Name the origins"
            " that you trust with the user's cookies, or remove credentials.",
            id="replacement-that-does-not-go-with-the-rest",
        ),
    ],
)
def test_improperly_configured(declare: Callable[[], Any], message: str) -> None:
    place = f"{__file__}:{inspect.getsourcelines(declare)[1]}"

    with pytest.raises(ImproperlyConfigured) as caught:
        declare()

    assert str(caught.value) == message.replace("{here}", place)
    # What runserver watches until the mistake is corrected.
    assert vars(caught.value)["filename"] == __file__


# --- Where it was declared ---------------------------------------------------------------------


def declares_bare() -> Any:
    @cors_allow  # bare
    def decorated(request: Any) -> None: ...

    return decorated


def declares_called() -> Any:
    @cors_allow("partners")  # called
    def decorated(request: Any) -> None: ...

    return decorated


def declares_denied() -> Any:
    @cors_deny  # denied
    def decorated(request: Any) -> None: ...

    return decorated


def declares_beforehand() -> Any:
    partners = cors_allow("partners")  # kept

    return partners(view)


def declares_for_dispatch() -> Any:
    @method_decorator(cors_allow("partners"), name="dispatch")  # for dispatch
    class Marked(View): ...

    return Marked.dispatch


def declares_bare_for_dispatch() -> Any:
    # Django calls cors_allow here, in a frame of its own.
    @method_decorator(cors_allow, name="dispatch")  # bare in a frame of Django's
    class Marked(View): ...

    return Marked.dispatch


def declares_in_urlconf() -> Any:
    return path("x/", cors_allow("partners")(view)).callback  # in the URLconf


@pytest.mark.parametrize(
    ("declares", "text"),
    [
        pytest.param(declares_bare, "# bare", id="bare"),
        pytest.param(declares_called, "# called", id="called"),
        pytest.param(declares_denied, "# denied", id="denied"),
        pytest.param(declares_beforehand, "# kept", id="where-it-was-called-not-applied"),
        pytest.param(declares_for_dispatch, "# for dispatch", id="method-decorator"),
        pytest.param(
            declares_bare_for_dispatch, "# bare in a frame", id="method-decorator-of-the-bare-one"
        ),
        pytest.param(declares_in_urlconf, "# in the URLconf", id="urlconf"),
    ],
)
def test_that_a_declaration_knows_its_place(declares: Callable[[], Any], text: str) -> None:
    file, _, line = line_of(declares, text).rpartition(":")
    places = {f"{file}:{line}"}
    if sys.version_info < (3, 11):
        # There a bare decorator is called from the line of what it decorates, the next one.
        places.add(f"{file}:{int(line) + 1}")

    assert str(declared(declares()).place) in places


# --- What stays as it was ----------------------------------------------------------------------

DECORATORS = pytest.mark.parametrize(
    "decorate",
    [
        pytest.param(cors_allow, id="bare"),
        pytest.param(cors_allow(origins="*"), id="called"),
        pytest.param(cors_deny, id="denied"),
    ],
)


@DECORATORS
def test_that_a_function_keeps_its_looks(decorate: Any) -> None:
    decorated = decorate(view)

    assert decorated is not view
    assert decorated.__name__ == "view"
    assert decorated.__qualname__ == "view"
    assert decorated.__module__ == __name__
    assert decorated.__doc__ == "Answer."
    assert decorated.__wrapped__ is view
    assert inspect.signature(decorated) == inspect.signature(view)


@DECORATORS
def test_that_a_function_keeps_its_attributes(decorate: Any) -> None:
    def exempt(request: Any) -> None: ...

    exempt.csrf_exempt = True

    assert decorate(exempt).csrf_exempt is True


@DECORATORS
def test_that_a_view_is_called_with_what_it_was_called_with(decorate: Any) -> None:
    def echo(*args: Any, **kwargs: Any) -> Any:
        return args, kwargs

    assert decorate(echo)("request", 1, pk=2) == (("request", 1), {"pk": 2})


@DECORATORS
@pytest.mark.parametrize(
    ("callable_", "asynchronous"),
    [
        pytest.param(view, False, id="sync"),
        pytest.param(async_view, True, id="async"),
        pytest.param(functools.partial(async_view), True, id="async-partial"),
        pytest.param(functools.partial(view), False, id="sync-partial"),
    ],
)
def test_that_a_function_stays_sync_or_async(
    callable_: Any, asynchronous: bool, decorate: Any
) -> None:
    assert iscoroutinefunction(decorate(callable_)) is asynchronous


@DECORATORS
def test_that_inspect_sees_an_async_function_too(decorate: Any) -> None:
    # Django 6.1 asks inspect, not asgiref.
    assert inspect.iscoroutinefunction(decorate(async_view))
    assert not inspect.iscoroutinefunction(decorate(view))


@DECORATORS
def test_that_an_async_handler_leaves_its_class_async(decorate: Any) -> None:
    class Asynchronous(View):
        @decorate
        async def get(self, request: Any) -> HttpResponse:
            return HttpResponse("answer")

    assert Asynchronous.view_is_async
    assert iscoroutinefunction(Asynchronous.as_view())


@DECORATORS
def test_that_a_class_is_marked_in_place(decorate: Any) -> None:
    class Marked(View):
        """Answer."""

    decorated = decorate(Marked)

    assert decorated is Marked
    assert len(own_marks(Marked)) == 1


@DECORATORS
def test_that_a_decorated_function_has_no_mark_itself(decorate: Any) -> None:
    decorate(view)

    assert marks_along(view) == []


def test_that_decorating_in_the_urlconf_leaves_other_routes_of_the_view_alone(
    send: Sender,
) -> None:
    patterns = [
        path("site/", view),
        path("partners/", cors_allow("partners")(view)),
        path("nobody/", cors_deny(view)),
    ]

    with urlconf(*patterns):
        admitted = {
            (route, origin)
            for route in ("site", "partners", "nobody")
            for origin in ("site", "partner")
            if ORIGIN in cors_headers(send.actual(f"/{route}/", f"https://{origin}.example"))
        }

    assert admitted == {("site", "site"), ("partners", "partner")}


def test_that_decorating_as_view_leaves_other_routes_of_the_class_alone(send: Sender) -> None:
    class Both(View):
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse("answer")

    with urlconf(
        path("site/", Both.as_view()), path("partners/", cors_allow("partners")(Both.as_view()))
    ):
        site = send.actual("/site/", "https://partner.example")
        partners = send.actual("/partners/", "https://partner.example")

    assert ORIGIN not in cors_headers(site)
    assert cors_headers(partners)[ORIGIN] == "https://partner.example"


# --- What method_decorator does on every request -----------------------------------------------


@pytest.mark.parametrize("decorator", [cors_allow(origins="*"), cors_allow, cors_deny])
def test_that_applying_for_each_request_keeps_nothing(decorator: Any) -> None:
    # method_decorator applies the decorator again for each request, to a new partial.
    @method_decorator(decorator, name="dispatch")
    class Marked(View):
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse("answer")

    serve, request = Marked.as_view(), RequestFactory().get("/")
    only_ours = [tracemalloc.Filter(True, f"{cors_views.__path__[0]}/*")]

    def kept_after(requests: int) -> int:
        for _ in range(requests):
            serve(request)
        gc.collect()
        traces = tracemalloc.take_snapshot().filter_traces(only_ours).traces
        return len(traces)

    tracemalloc.start()
    try:
        few = kept_after(10)
        many = kept_after(500)
    finally:
        tracemalloc.stop()

    # One object for each request would be 500 more.
    assert many - few < 50


@pytest.mark.parametrize(
    ("ours", "said"),
    [
        pytest.param(cors_allow, "takes policies, or names", id="cors_allow"),
        pytest.param(cors_deny, r"Write cors_deny instead\.", id="cors_deny"),
        pytest.param(CorsPolicy, "takes policies, or names", id="CorsPolicy"),
    ],
)
def test_that_the_library_itself_is_no_view(ours: Any, said: str) -> None:
    with pytest.raises(TypeError, match=said):
        cors_allow(ours)


@pytest.mark.parametrize("value", [None, ["https://a.example"]])
def test_that_a_misspelt_field_is_named_with_its_place(value: Any) -> None:
    with pytest.raises(
        TypeError, match=r"test_decorators\.py:\d+: 'orgins' is not a policy field"
    ) as caught:
        cors_allow(orgins=value)  # type: ignore[call-overload]

    assert "Did you mean 'origins'" in str(caught.value)


def test_that_nobody_can_widen_a_declaration_afterwards() -> None:
    origins = ["https://a.example"]
    decorated = cors_allow("partners", origins=origins)(view)

    origins.append("https://evil.example")

    assert declared(decorated).resolve()[0].origins == ("https://a.example",)


def test_that_a_misspelt_field_hides_nothing_else_that_is_wrong() -> None:
    with pytest.raises(TypeError) as caught:
        cors_allow(orgins=["https://a.example"], max_age="600", methods="get", credential=True)

    for wrong in (
        "'orgins' is not a policy field",
        "'credential' is not a policy field",
        "max_age: '600'",
        "'get'",
    ):
        assert wrong in str(caught.value)
