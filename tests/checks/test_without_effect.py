"""Declarations that others around or before them leave nothing to say."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.test.utils import override_settings
from django.urls import path
from django.views import View

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations.attributes import DeclaresCors
from tests.checks.declared import APP, answer, ids_of, view
from tests.tables import urlconf

allow_app = cors_allow(origins=[APP])
refined = cors_allow(max_age=0)

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
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
}


@pytest.mark.parametrize("name", SITES)
def test_what_declarations_make_together(name: str) -> None:
    settings, view, expected = SITES[name]

    assert ids_of(settings, view) == expected


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
