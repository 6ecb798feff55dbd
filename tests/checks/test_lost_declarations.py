"""Declarations that nobody reaches, reads or understands, and what looks like them."""

from __future__ import annotations

import functools
import sys
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from cors_views import cors_allow, cors_deny, cors_include
from cors_views.checks import check_declarations
from cors_views.declarations import marks
from cors_views.declarations.attributes import DeclaresCors
from tests.checks.declared import APP, answer, ids_of
from tests.tables import urlconf

allow_app = cors_allow(origins=[APP])
with_attribute = type("V", (View,), {"cors_policy": None, "cors_action_policies": None})

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
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
}


@pytest.mark.parametrize("name", SITES)
def test_what_declarations_make_together(name: str) -> None:
    settings, view, expected = SITES[name]

    assert ids_of(settings, view) == expected


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
    assert "checks.declared.answer" in message.msg


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
        "setting or a registry put another class in place of this one? Decorate that one. Does "
        "an earlier route match the same URLs? Then remove one of the two. Otherwise add a "
        "route for the view."
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
    assert all("at /v/<int:pk>/ declares (TypeError: " in each.msg for each in messages)
    assert all("so the CORS_* settings apply to it" in each.msg for each in messages)


def test_that_a_view_that_declares_and_cannot_be_understood_is_closed_and_named() -> None:
    def wrapped(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return puzzle(request, *args, **kwargs)

    with urlconf(path("v/", allow_app(puzzle))):
        (message,) = check_declarations()
    marks._everything_applied.clear()
    with urlconf(path("v/", allow_app(wrapped))):
        assert check_declarations() == []

    assert message.id == "cors_views.W057"
    assert "so no page of another origin can read it" in message.msg


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


def test_that_an_include_that_is_dropped_is_written_around_what_drops_it() -> None:
    drf = pytest.importorskip("rest_framework.urlpatterns", reason="makes patterns anew")
    patterns = [path("v/", answer)]
    dropped = drf.format_suffix_patterns([path("a/", cors_include(patterns, policy=cors_deny))])
    with urlconf(*dropped):
        (message,) = check_declarations()
    marks._everything_applied.clear()
    obeyed = cors_include(drf.format_suffix_patterns(patterns), policy=cors_deny)
    with urlconf(path("a/", obeyed)):
        assert check_declarations() == []

    assert message.id == "cors_views.W023"
    assert "Then write cors_include() around its result." in message.hint


# --- What one route loses and another reaches ----------------------------------------------------


def secret(*args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("secret")


class Calls:
    """A callable that stands around a view and shows it nowhere."""

    def __init__(self, view: Any) -> None:
        self.view = view

    def __call__(self, request: Any) -> Any:
        return self.view(request)


class CallsBySlot(Calls):
    __slots__ = ("view",)


def called(view: Any, request: Any) -> Any:
    return view(request)


def calling(view: Any) -> Any:
    return type("Calling", (View,), {"get": lambda self, request: view(request)}).as_view()


def made_by_a_factory() -> Any:
    """Return another view of the same name, declared at the same line, each time."""
    return cors_deny(secret)


class Denied(View):
    get = cors_deny(secret)


class Overriding(Denied):
    get = secret


class OverridingAgain(Overriding):
    get = staticmethod(lambda *args, **kwargs: secret())


def kept_and(lose: Any) -> tuple[Any, Any]:
    view = cors_deny(secret)
    return view, lose(view)


# name -> a view that keeps what is declared, and one that loses it
LOSING: dict[str, Any] = {
    "a function": lambda: kept_and(losing),
    "a function around a function": lambda: kept_and(lambda view: losing(losing(view))),
    "a partial": lambda: kept_and(lambda view: functools.partial(called, view)),
    "a partial, by keyword": lambda: kept_and(lambda view: functools.partial(called, view=view)),
    "a callable instance": lambda: kept_and(Calls),
    "a callable instance with slots": lambda: kept_and(CallsBySlot),
    "a handler of a class": lambda: kept_and(calling),
    "a view of the same factory": lambda: (made_by_a_factory(), losing(made_by_a_factory())),
    "a class-based view": lambda: (Denied.as_view(), losing(Denied.as_view())),
    "an override": lambda: (Denied.as_view(), Overriding.as_view()),
    "an override of an override": lambda: (Denied.as_view(), OverridingAgain.as_view()),
}


def named(kept: Any, *lost: Any) -> list[str]:
    """Return what is said of what a first route keeps, and others lose."""
    routes = [path(f"lost/{number}/", view) for number, view in enumerate(lost)]
    with urlconf(path("kept/", kept), *routes):
        messages = check_declarations()

    assert {each.id for each in messages} <= {"cors_views.W069"}
    return [each.msg for each in messages]


@pytest.mark.parametrize("name", LOSING)
def test_that_what_one_route_loses_is_named_though_another_reaches_it(name: str) -> None:
    kept, lost = LOSING[name]()
    (message,) = named(kept, lost)

    assert f"The policy that {__file__}:" in message
    assert message.endswith(
        "does not count for /lost/0/, though the view there holds what it is declared on."
    )


def test_that_routes_that_lose_the_same_are_named_once() -> None:
    view = cors_deny(secret)

    (message,) = named(view, losing(view), Calls(view), losing(losing(view)))

    assert "does not count for /lost/0/ and 2 more routes, though" in message


def raising_cell() -> Any:
    def view(request: Any) -> Any:
        return later(request)

    if view is None:
        later = secret
    return view


class Odd(Calls):
    @property
    def __wrapped__(self) -> Any:
        raise RuntimeError("not now")


# name -> a view that keeps what is declared, and one of which there is nothing to say
KEEPING: dict[str, Any] = {
    "wraps": lambda: kept_and(lambda view: functools.wraps(view)(losing(view))),
    "an entry that names origins": lambda: kept_and(lambda view: allow_app(losing(view))),
    "an entry that denies": lambda: kept_and(lambda view: cors_deny(losing(view))),
    "a class that denies": lambda: kept_and(
        lambda view: cors_deny(type("Closed", (View,), {"get": losing(view)})).as_view()
    ),
    "an override that declares": lambda: (
        Denied.as_view(),
        type("Own", (Denied,), {"get": allow_app(secret)}).as_view(),
    ),
    "an override in a class that declares": lambda: (
        Denied.as_view(),
        allow_app(type("Own", (Denied,), {"get": secret})).as_view(),
    ),
    "an override in a class that denies": lambda: (
        Denied.as_view(),
        cors_deny(type("Own", (Denied,), {"get": secret})).as_view(),
    ),
    "an override of what allows": lambda: (
        type("Base", (View,), {"get": allow_app(secret)}).as_view(),
        type(
            "Sub", (type("Base", (View,), {"get": allow_app(secret)}),), {"get": secret}
        ).as_view(),
    ),
    "a name without a value": lambda: (cors_deny(secret), raising_cell()),
    "an odd callable": lambda: (cors_deny(secret), Calls(Odd(secret))),
    "a view that holds itself": lambda: (cors_deny(secret), holding_itself()),
    "a class that is called": lambda: (cors_deny(secret), HttpResponse),
}


def holding_itself() -> Any:
    def view(request: Any) -> Any:
        return view(request)

    return view


@pytest.mark.parametrize("name", KEEPING)
def test_that_nothing_is_said_where_nothing_is_lost(name: str) -> None:
    kept, other = KEEPING[name]()

    assert named(kept, other) == []


def test_that_the_hint_works() -> None:
    view = cors_deny(secret)
    (lost,) = named(view, losing(view))
    obeyed = [functools.wraps(view)(losing(view)), cors_deny(losing(view)), allow_app(losing(view))]

    assert lost
    assert named(view, *obeyed) == []
