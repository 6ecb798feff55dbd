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

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include, declarations
from cors_views.checks import check_declarations
from cors_views.declarations import DeclaresCors
from tests.tables import urlconf

APP = "https://app.example"


@pytest.fixture(autouse=True)
def _nothing_else_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Forget the declarations of other test modules, which no route of these sites reaches."""
    monkeypatch.setattr(declarations, "_everything_applied", set())


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def view(whole: Any, **handlers: Any) -> Any:
    """Return a view of GET, POST and DELETE with decorators on the class and on handlers."""
    methods = {
        name: handlers.get(name, lambda method: method)(lambda self, request: HttpResponse())
        for name in ("get", "post", "delete")
    }
    return whole(type("V", (View,), methods)).as_view()


allow_app = cors_allow(origins=[APP])
cached = cors_allow(origins=[APP], max_age=60)
refined = cors_allow(max_age=0)
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
        "cors_deny",
        "the policy",
    ]


def test_a_cached_preflight_is_reported_once_for_all_routes_of_a_view() -> None:
    callback = view(cached, post=cors_deny)

    with urlconf(path("v/", callback), path("v.json", callback), path("v.xml", callback)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W022")

    assert message.msg.startswith("/v/ and 2 more routes: for 60 seconds after a preflight for ")


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
