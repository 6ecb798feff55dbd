"""Checks of what declarations make together: the ids that a site trips, and its near misses."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.checks import check_declarations, check_public_views
from cors_views.declarations import marks
from cors_views.declarations.marks import DeclaresCors
from tests.tables import urlconf

APP = "https://app.example"


@pytest.fixture(autouse=True)
def _nothing_else_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the declarations of other test modules, which no route of these sites reaches."""
    monkeypatch.setattr(marks, "_everything_applied", set())


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def view(whole: Any, **handlers: Any) -> Any:
    """Return a view of GET, POST and DELETE with decorators on the class and on handlers."""
    methods = {
        name: handlers.get(name, lambda method: method)(lambda self, request: HttpResponse())
        for name in ("get", "post", "delete")
    }
    return whole(type("V", (View,), methods)).as_view()


def asked(request: Any, origin: str) -> bool:
    return False


class Equal:
    """Callables that compare equal are not one."""

    def __call__(self, request: Any, origin: str) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Equal)

    def __hash__(self) -> int:
        return 1


allow_app = cors_allow(origins=[APP])
cached = cors_allow(origins=[APP], max_age=60)
refined = cors_allow(max_age=0)
with_attribute = type("V", (View,), {"cors_policy": None, "cors_action_policies": None})
ALL_WITH_CREDENTIALS = {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True}

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    "nothing declared": (ALL_WITH_CREDENTIALS, answer, ["cors_views.W042"]),
    "a policy that stands alone": (
        {**ALL_WITH_CREDENTIALS, "CORS_OPT_IN": True},
        allow_app(answer),
        [],
    ),
    "any origin, and credentials refined over it": (
        {},
        cors_allow(credentials=True)(cors_allow(origins="*")(answer)),
        ["cors_views.W020"],
    ),
    "any origin, refined without credentials": (
        {},
        cors_allow(max_age=5)(cors_allow(origins="*")(answer)),
        [],
    ),
    "the settings' any origin and credentials, refined": (
        ALL_WITH_CREDENTIALS,
        cors_allow(answer),
        ["cors_views.W020", "cors_views.W042"],
    ),
    "credentials refined away": (
        {**ALL_WITH_CREDENTIALS, "CORS_OPT_IN": True},
        cors_allow(credentials=False)(answer),
        [],
    ),
    "all headers exposed, and credentials refined over it": (
        {},
        cors_allow(credentials=True)(cors_allow(origins=[APP], expose_headers=["*"])(answer)),
        ["cors_views.W021"],
    ),
    "all headers exposed without credentials": (
        {},
        cors_allow(origins=[APP], expose_headers=["*"])(answer),
        [],
    ),
    "max_age beside a denied POST": ({}, view(cached, post=cors_deny), ["cors_views.W022"]),
    "max_age of 0 beside a denied POST": (
        {},
        view(cors_allow(origins=[APP], max_age=0), post=cors_deny),
        [],
    ),
    "no max_age beside a denied POST": ({}, view(allow_app, post=cors_deny), []),
    "max_age beside a POST for others": (
        {},
        view(cached, post=cors_allow(origins=["https://other.example"])),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for everybody": (
        {},
        view(cached, post=cors_allow(origins="*")),
        [],
    ),
    "max_age beside a POST for the same, in another order": (
        {},
        view(
            cors_allow(origins=[APP, "https://b.example"], max_age=60),
            post=cors_allow(origins=["https://b.example", APP]),
        ),
        [],
    ),
    "max_age beside a POST for more": (
        {},
        view(cached, post=cors_allow(origins=["https://b.example", APP])),
        [],
    ),
    "max_age beside a POST for fewer": (
        {},
        view(
            cors_allow(origins=[APP, "https://b.example"], max_age=60),
            post=cors_allow(origins=[APP]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for a wider pattern": (
        {},
        view(
            cors_allow(
                origins=[
                    "https://*.a.app.example",
                    "https://b.app.example",
                    "https://*.c.app.example:*",
                    "https://d.app.example:*",
                ],
                max_age=60,
            ),
            post=cors_allow(origins=["https://*.app.example", "https://*.app.example:*"]),
        ),
        [],
    ),
    "max_age beside a POST for a narrower pattern": (
        {},
        view(
            cors_allow(origins=["https://*.app.example"], max_age=60),
            post=cors_allow(origins=["https://*.a.app.example"]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for one port of any": (
        {},
        view(
            cors_allow(origins=["http://localhost:*"], max_age=60),
            post=cors_allow(origins=["http://localhost:5173", "http://localhost"]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a POST for two audiences that together are it": (
        {},
        view(
            cors_allow(origins=[APP, "https://b.example"], max_age=60),
            post=cors_allow(CorsPolicy(origins=[APP]), CorsPolicy(origins=["https://b.example"])),
        ),
        [],
    ),
    "max_age for any origin beside a POST for one": (
        {},
        view(cors_allow(origins="*", max_age=60), post=cors_allow(origins=[APP])),
        ["cors_views.W022"],
    ),
    "max_age beside a POST whose expression admits it": (
        {},
        view(cached, post=cors_allow(origin_regexes=[r"https://app\.example"])),
        [],
    ),
    "max_age of an expression beside the same one": (
        {},
        view(
            cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example"], max_age=60),
            post=cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example", "https://b"]),
        ),
        [],
    ),
    "max_age of an expression beside another": (
        {},
        view(
            cors_allow(origin_regexes=[r"https://[a-z]+\.app\.example"], max_age=60),
            post=cors_allow(origin_regexes=[r"https://[a-c]+\.app\.example"]),
        ),
        ["cors_views.W022"],
    ),
    "max_age of a callable beside the same one": (
        {},
        view(cors_allow(origins=[asked], max_age=60), post=cors_allow(origins=[APP, asked])),
        [],
    ),
    "max_age of a callable beside one that equals it": (
        {},
        view(
            cors_allow(origins=[Equal()], max_age=60),
            post=cors_allow(origins=[Equal()]),
        ),
        ["cors_views.W022"],
    ),
    "max_age beside a DELETE for any header": (
        {},
        view(cached, delete=cors_allow(headers=["*"], max_age=0)),
        [],
    ),
    "max_age beside a DELETE for others, which is not named": (
        {},
        view(cached, delete=cors_allow(origins=["https://other.example"])),
        [],
    ),
    "max_age beside a DELETE that allows fewer headers": (
        {},
        view(cached, delete=cors_allow(headers=["x-one"], max_age=0)),
        ["cors_views.W022"],
    ),
    "cors_deny given to as_view() without CorsMixin": (
        {},
        with_attribute.as_view(cors_policy=cors_deny),
        ["cors_views.W024"],
    ),
    "a policy given to as_view() without CorsMixin": (
        {},
        with_attribute.as_view(cors_action_policies={"get": "partners"}),
        ["cors_views.W024"],
    ),
    "nothing given to as_view() without CorsMixin": ({}, with_attribute.as_view(), []),
    "cors_deny given to as_view() with the attributes": (
        {},
        type("Declares", (DeclaresCors, View), {}).as_view(cors_policy=cors_deny),
        # It is about as_view(), which CorsMixin would have.
        ["cors_views.W024"],
    ),
    "cors_deny around what as_view() gives": ({}, cors_deny(with_attribute.as_view()), []),
    "a policy behind one for any origin": (
        {},
        cors_allow("public", "partners")(answer),
        ["cors_views.W025"],
    ),
    "cors_allow above cors_deny": ({}, allow_app(cors_deny(answer)), ["cors_views.W026"]),
    "cors_deny above cors_allow": ({}, cors_deny(allow_app(answer)), ["cors_views.W026"]),
    "origins above origins": (
        {},
        allow_app(cors_allow("partners")(answer)),
        ["cors_views.W026"],
    ),
    "two audiences above origins": (
        {},
        cors_allow("partners", "public")(allow_app(answer)),
        ["cors_views.W026"],
    ),
    "cors_allow above cors_deny, on a class": (
        {},
        view(lambda cls: allow_app(cors_deny(cls))),
        ["cors_views.W026"],
    ),
    "cors_allow above cors_deny, on a handler": (
        {},
        view(allow_app, get=lambda method: cors_allow(origins="*")(cors_deny(method))),
        ["cors_views.W026"],
    ),
    "a decorator above the attribute of a class": (
        {},
        allow_app(type("Declares", (DeclaresCors, View), {"cors_policy": "partners"})).as_view(),
        # The other one is about as_view(), which CorsMixin would have.
        ["cors_views.W024", "cors_views.W026"],
    ),
    "a refinement above cors_deny, which stays closed": ({}, refined(cors_deny(answer)), []),
    "cors_allow on a class above that of its base": (
        {},
        allow_app(type("Child", (cors_deny(type("Base", (View,), {})),), {})).as_view(),
        [],
    ),
    "cors_allow round as_view() above that of the class": (
        {},
        allow_app(cors_deny(type("Shut", (View,), {})).as_view()),
        [],
    ),
    "a policy for any origin behind another": ({}, cors_allow("partners", "public")(answer), []),
    "two audiences of different trust": (
        {},
        cors_allow(CorsPolicy(origins=[APP], credentials=True), "public")(answer),
        [],
    ),
    "max_age with credentials beside a POST without": (
        {},
        view(
            cors_allow(origins=[APP], credentials=True, max_age=60),
            post=cors_allow(origins=[APP]),
        ),
        ["cors_views.W022"],
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_what_declarations_make_together(name: str) -> None:
    settings, callback, expected = SITES[name]

    with override_settings(**settings), urlconf(path("v/", callback)):
        found = [message for message in run_checks(tags=["security"]) if "cors" in message.id]

    assert sorted({message.id for message in found}) == expected
    assert all(message.hint for message in found)


def test_both_places_are_reported_once() -> None:
    marked = cors_allow(credentials=True)(cors_allow(origins="*")(answer))

    with urlconf(path("a/", marked), path("b/", marked)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W020")

    assert message.msg.count("test_declarations.py:") == 2


@pytest.mark.parametrize(
    ("settings", "fields", "through"),
    [
        pytest.param(ALL_WITH_CREDENTIALS, {}, True, id="both-from-settings"),
        pytest.param({"CORS_ALLOW_ALL_ORIGINS": True}, {"credentials": True}, False, id="one-each"),
    ],
)
def test_a_declaration_between_two_settings_is_named_once(
    settings: dict[str, Any], fields: dict[str, Any], through: bool
) -> None:
    marked = cors_allow(**fields)(answer)

    with override_settings(**settings), urlconf(path("v/", marked)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W020")

    assert message.msg.count("test_declarations.py:") == 1
    assert (", by way of the route policy" in message.msg) is through


def test_what_another_declaration_covers_on_one_route_alone_is_no_mistake() -> None:
    public = allow_app(answer)
    priced = allow_app(type("Prices", (View,), {}).as_view())
    nested = cors_include([path("v/", answer)], policy="partners")
    routes = [
        path("public/", public),
        path("closed/", cors_deny(public)),
        path("prices/", priced),
        path("partner/prices/", cors_allow("partners")(priced)),
        path("api/", cors_include([path("v/", answer), path("n/", nested)], policy="public")),
    ]

    with urlconf(*routes):
        assert [message.id for message in run_checks() if "W026" in message.id] == []


@pytest.mark.parametrize(
    ("settings", "include", "asked"),
    [
        pytest.param({}, {}, True, id="without-a-policy"),
        pytest.param({"CORS_OPT_IN": True}, {}, False, id="which-opts-in"),
        pytest.param({}, {"policy": "public"}, False, id="with-a-name"),
        pytest.param({}, {"max_age": 5}, False, id="with-a-field"),
        pytest.param({}, {"policy": cors_deny}, False, id="closed"),
    ],
)
def test_an_include_without_a_policy_is_asked_about(
    settings: dict[str, Any], include: dict[str, Any], asked: bool
) -> None:
    routes = [path("a/", answer), path("b/", answer)]

    with override_settings(**settings), urlconf(path("in/", cors_include(routes, **include))):
        found = [message.id for message in run_checks() if "I027" in message.id]

    assert found == (["cors_views.I027"] if asked else [])


def test_all_that_stands_below_what_ends_the_search_is_named() -> None:
    callback = allow_app(cors_allow(max_age=5)(cors_deny(answer)))

    with urlconf(path("v/", callback)):
        messages = [message.msg for message in run_checks() if "W026" in message.id]

    assert sorted(message.partition(" at ")[0] for message in messages) == [
        "The cors_deny",
        "The policy",
    ]


def test_a_cached_preflight_is_reported_once_for_all_routes_of_a_view() -> None:
    callback = view(cached, post=cors_deny)

    with urlconf(path("v/", callback), path("v.json", callback), path("v.xml", callback)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W022")

    assert message.msg.startswith(
        "/v/ and 2 more routes: for 60 seconds after a preflight for DELETE, GET, HEAD or OPTIONS, "
        "a browser sends POST with headers that need a preflight, which the policy of POST does "
        "not admit. "
    )


def test_an_include_and_a_gone_name_raise_nothing() -> None:
    routes = [
        path("a/", cors_include([path("v/", answer)], policy="partners")),
        path("b/", cors_allow("partners", max_age=5)(answer)),
        path("c/", cors_allow("partners", CorsPolicy(origins=[APP]))(answer)),
    ]

    with override_settings(CORS_POLICIES={}), urlconf(*routes):
        assert [message.id for message in run_checks() if "cors" in message.id] == []


def losing(view: Any) -> Any:
    return lambda request: view(request)


def test_each_class_that_shares_a_method_decorator_is_reached_by_itself() -> None:
    partners = method_decorator(cors_allow("partners"), name="dispatch")
    kept = partners(type("Kept", (View,), {}))
    lost = partners(type("Lost", (View,), {}))
    line = sys._getframe().f_lineno - 1

    with urlconf(path("kept/", kept.as_view()), path("lost/", losing(lost.as_view()))):
        (message,) = check_declarations()

    assert message.id == "cors_views.W023"
    assert f"declares on what method_decorator decorates at {__file__}:{line}." in message.msg


def test_a_declaration_on_a_partial_is_missed_where_a_wrapper_lost_it() -> None:
    named = functools.update_wrapper(functools.partial(answer), answer)

    with urlconf(path("v/", losing(cors_deny(named)))):
        (message,) = check_declarations()

    assert message.id == "cors_views.W023"
    assert "test_declarations.answer" in message.msg


@pytest.mark.parametrize(
    "decorators",
    [
        pytest.param([cors_allow("partners")], id="alone"),
        pytest.param([cors_allow("partners"), never_cache], id="around-another"),
        pytest.param([never_cache, cors_allow("partners")], id="below-another"),
    ],
)
def test_what_method_decorator_does_in_each_request_declares_nothing_new(
    decorators: list[Any],
) -> None:
    class Reader(View):
        @method_decorator(decorators)
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse("get")

    with urlconf(path("v/", Reader.as_view())):
        Client().get("/v/")

        assert check_declarations() == []


def test_that_a_lost_declaration_has_its_causes_named() -> None:
    with urlconf(path("v/", losing(cors_deny(answer)))):
        (message,) = check_declarations()

    assert message.hint == (
        "Is it below a decorator without functools.wraps? Then write it above that, or in the "
        "URLconf. Overriding a method drops its decorator: decorate the override again. Does a "
        "setting or a registry put another class in place of this one? Decorate that one. Does an "
        "earlier route match the same URLs? Then remove one of the two. Else route the view."
    )


class Stand(View):
    """What a setting puts in place of another class."""

    def get(self, request: Any) -> HttpResponse:
        return HttpResponse()


def standing_in(default: type) -> type:
    """Give the class that a setting names, as registries of large projects do."""
    return Stand


def test_that_a_class_that_another_stands_in_for_loses_its_declaration_aloud() -> None:
    @allow_app
    class Default(View):
        pass

    with urlconf(path("v/", standing_in(Default).as_view())):
        (message,) = check_declarations()
    with urlconf(path("v/", allow_app(Stand).as_view())):
        obeyed = [each for each in check_declarations() if "Stand" in each.msg]

    assert message.id == "cors_views.W023"
    assert "Default" in message.msg
    assert "another class in place of this one? Decorate that one." in message.hint
    assert obeyed == []


class Puzzle(View):
    """A class that nobody can ask for its methods."""

    http_method_names = 7  # type: ignore[assignment]


def puzzle(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("puzzle")


puzzle.view_class = Puzzle  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        pytest.param(False, [], id="nothing-declared"),
        pytest.param(True, ["cors_views.W057"], id="something-declared"),
    ],
)
def test_that_a_view_that_cannot_be_understood_is_named(
    declared: bool, expected: list[str]
) -> None:
    other = path("w/", allow_app(answer) if declared else answer)

    with urlconf(path("v/<int:pk>/", puzzle), other):
        messages = check_declarations()

    assert [message.id for message in messages] == expected
    assert all("at /v/<int:pk>/ cannot be understood (TypeError: " in each.msg for each in messages)
    assert all("so the CORS_* settings govern it" in each.msg for each in messages)


def test_that_a_view_that_declares_and_cannot_be_understood_is_closed_and_named() -> None:
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return puzzle(request, *args, **kwargs)

    with urlconf(path("v/", allow_app(puzzle))):
        (message,) = check_declarations()
    marks._everything_applied.clear()
    with urlconf(path("v/", allow_app(wrapped))):
        assert check_declarations() == []

    assert message.id == "cors_views.W057"
    assert "so pages of other origins read nothing of it" in message.msg


class Raising:
    """A callable that cannot even be unwrapped."""

    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse()

    @property
    def __wrapped__(self) -> Any:
        raise RuntimeError("not now")


def test_that_a_view_that_cannot_be_unwrapped_is_named_and_hides_nothing() -> None:
    losing(allow_app(answer))

    with urlconf(path("v/", Raising())):
        messages = check_declarations()

    assert sorted(message.id for message in messages) == ["cors_views.W023", "cors_views.W057"]


LISTED: dict[str, tuple[dict[str, Any], str]] = {
    "a list beside any origin": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOWED_ORIGINS": [APP]},
        "CORS_ALLOWED_ORIGINS has no effect: CORS_ALLOW_ALL_ORIGINS = True admits any origin.",
    ),
    "two lists beside any origin, by their old names": (
        {
            "CORS_ORIGIN_ALLOW_ALL": True,
            "CORS_ORIGIN_WHITELIST": [APP],
            "CORS_ORIGIN_REGEX_WHITELIST": ["https://a"],
        },
        (
            "CORS_ORIGIN_WHITELIST and CORS_ORIGIN_REGEX_WHITELIST have no effect: "
            "CORS_ORIGIN_ALLOW_ALL = True admits any origin."
        ),
    ),
    "an empty list beside any origin": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOWED_ORIGINS": []},
        "",
    ),
    "a list alone": ({"CORS_ALLOW_ALL_ORIGINS": False, "CORS_ALLOWED_ORIGINS": [APP]}, ""),
    "any origin alone": ({"CORS_ALLOW_ALL_ORIGINS": True}, ""),
}


@pytest.mark.parametrize("name", LISTED)
def test_that_a_list_beside_any_origin_is_a_question_of_production(name: str) -> None:
    settings, expected = LISTED[name]
    one_of_two = {key: value for key, value in settings.items() if "ALL" not in key.split("_")}

    with urlconf(path("v/", require_GET(answer))), override_settings(**settings):
        said = [each.msg for each in check_public_views()]
        before = [each.id for each in check_declarations()]
        with override_settings(**{key: [] for key in one_of_two}):
            assert check_public_views() == []

    assert said == ([expected] if expected else [])
    assert "cors_views.W054" not in before


TRUSTING = {"CORS_ALLOWED_ORIGINS": [APP], "CORS_ALLOW_CREDENTIALS": True}
own = cors_allow(origins=[APP], credentials=True)

# name -> (settings, decorator of one of two views, whether the other one is asked about)
HALF_WAY: dict[str, tuple[dict[str, Any], Any, bool]] = {
    "a view has the settings' origin in a policy of its own": (TRUSTING, own, True),
    "the same under CORS_OPT_IN": ({**TRUSTING, "CORS_OPT_IN": True}, own, False),
    "the same under CORS_URLS_REGEX": ({**TRUSTING, "CORS_URLS_REGEX": "^/api/"}, own, False),
    "the same where CORS_URLS_REGEX names the other": (
        {**TRUSTING, "CORS_URLS_REGEX": "^/b/"},
        own,
        False,
    ),
    "the same, settings without credentials": ({"CORS_ALLOWED_ORIGINS": [APP]}, own, False),
    "the same, settings for another origin": (
        {**TRUSTING, "CORS_ALLOWED_ORIGINS": ["https://b.example"]},
        own,
        False,
    ),
    "a view that is public": (TRUSTING, cors_allow(origins="*"), False),
    "a view for somebody else": (
        TRUSTING,
        cors_allow(origins=["https://b.example"], credentials=True),
        False,
    ),
    "a view without credentials": (TRUSTING, allow_app, False),
    "a view that refines the settings": (TRUSTING, refined, False),
    "a view that is closed": (TRUSTING, cors_deny, False),
    "nothing declared": (TRUSTING, lambda view: view, False),
}


@pytest.mark.parametrize("name", HALF_WAY)
def test_what_the_settings_still_open_half_way_of_a_move(name: str) -> None:
    settings, decorate, asked_about = HALF_WAY[name]

    with override_settings(**settings), urlconf(path("a/", decorate(answer)), path("b/", answer)):
        messages = [each for each in check_declarations() if each.id == "cors_views.I056"]
    with override_settings(**settings), urlconf(path("a/", decorate(answer))):
        alone = [each.id for each in check_declarations()]

    assert [message.msg.partition(" no policy")[0] for message in messages] == (
        ["/b/ declares"] if asked_about else []
    )
    assert "cors_views.I056" not in alone
