"""Views, patterns and matches of any kind: what nobody understands, and what nobody expected.

Where nothing is declared the settings answer, as with django-cors-headers. Where something may be
declared the route is closed, and the log says so. None of it may ever end in an error of ours.
"""

from __future__ import annotations

import functools
import gc
import weakref
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import ResolverMatch, URLPattern, URLResolver, clear_url_caches, path
from django.urls.resolvers import RoutePattern
from django.utils.decorators import method_decorator
from django.views import View

from cors_views import cors_deny, cors_include
from cors_views.declarations import marks
from cors_views.declarations.attributes import DeclaresCors
from cors_views.inspection import policies_in_use
from cors_views.resolution import combining_layers, lookup
from tests.resolution.test_layer_order import allow, origin, who_reads
from tests.tables import ORIGIN, Patterns, Sender, cors_headers, urlconf

OURS = "cors_views.middleware.CorsMiddleware"
allow_route = allow("route")


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=[origin("settings")]):
        yield


def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


class Plain(View):
    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("get")

    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("post")


class Holder:
    """A callable that keeps something else than Django does under the same name."""

    view_class, initkwargs = View, 5

    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse("held")


#: What makes a view that nobody understands: each instance says which methods it has.
OWN_METHODS = property(lambda self: ["get", "post"])


def odd(
    whole: Any = None, bases: tuple[Any, ...] = (Plain,), given: Any = None, **attributes: Any
) -> Any:
    made = type("Made", bases, attributes)
    view = (whole(made) if whole else made).as_view(**given or {})
    # Only now: as_view() reads them of the class.
    made.http_method_names = OWN_METHODS  # type: ignore[attr-defined]
    return view


def odd_api_view(below: Any = None) -> Any:
    decorators = pytest.importorskip("rest_framework.decorators")
    view = decorators.api_view(["GET"])(below(answer) if below else answer)
    view.cls.http_method_names = OWN_METHODS
    return view


def odd_viewset(**attributes: Any) -> Any:
    viewsets = pytest.importorskip("rest_framework.viewsets")
    shown = {"list": answer, "authentication_classes": [], "http_method_names": OWN_METHODS}
    return type("Made", (viewsets.ViewSet,), shown | attributes).as_view({"get": "list"})


def included(view: Any, **fields: Any) -> Any:
    return path("", cors_include([path("v/", view)], **fields))


# name -> URL pattern of /v/, made when it is needed
UNDECLARED: dict[str, Any] = {
    "http_method_names is a property": lambda: path("v/", odd()),
    "http_method_names of a viewset is a property": lambda: path("v/", odd_viewset()),
    "http_method_names of an @api_view is a property": lambda: path("v/", odd_api_view()),
    "initkwargs are no keywords": lambda: path("v/", Holder()),
    "a reader of the attributes that says nothing": lambda: path(
        "v/", odd(bases=(DeclaresCors, Plain))
    ),
}


@pytest.mark.parametrize("name", UNDECLARED)
def test_where_nothing_is_declared_the_settings_answer(
    send: Sender, caplog: Any, name: str
) -> None:
    with urlconf(UNDECLARED[name]()):
        assert who_reads(send, "/v/") == {"settings"}
        (unclear,) = policies_in_use.not_understood()

    assert "cannot be found, so the CORS_* settings apply, because it declares none" in caplog.text
    assert not unclear.closed
    assert unclear.pattern_path[-1].pattern._route == "v/"
    assert isinstance(unclear.error, (TypeError, AttributeError))


# name -> URL pattern of /v/, made when it is needed
DECLARED: dict[str, Any] = {
    "the route": lambda: path("v/", allow_route(odd())),
    "a handler": lambda: path("v/", odd(get=allow_route(Plain.get))),
    "another handler": lambda: path("v/", odd(post=allow_route(Plain.post))),
    "the class": lambda: path("v/", odd(allow_route)),
    "dispatch": lambda: path("v/", odd(method_decorator(allow_route, name="dispatch"))),
    "a base": lambda: path("v/", odd(bases=(allow_route(type("Base", (Plain,), {})),))),
    "the include": lambda: included(odd(), origins=[origin("route")]),
    "cors_policy": lambda: path("v/", odd(bases=(DeclaresCors, Plain), cors_policy=cors_deny)),
    "cors_policy of as_view()": lambda: path(
        "v/", odd(bases=(DeclaresCors, Plain), given={"cors_policy": cors_deny})
    ),
    "cors_action_policies": lambda: path(
        "v/", odd(bases=(DeclaresCors, Plain), cors_action_policies={"get": cors_deny})
    ),
    "an action of a viewset": lambda: path("v/", odd_viewset(list=allow_route(answer))),
    "below @api_view": lambda: path("v/", odd_api_view(below=allow_route)),
    "a callable instance": lambda: path("v/", allow_route(type("Made", (Holder,), {}))()),
    "the route, below a bare wrapper": lambda: Decorating(bare, path("v/", allow_route(odd()))),
}


@pytest.mark.parametrize("name", DECLARED)
def test_where_anything_is_declared_it_is_closed(send: Sender, caplog: Any, name: str) -> None:
    with urlconf(DECLARED[name]()):
        assert who_reads(send, "/v/") == set()
        (unclear,) = policies_in_use.not_understood()

    assert "cannot be found, so it is denied" in caplog.text
    assert unclear.closed


class Unshowable(Holder):
    """Has no text, not even for the log."""

    def __repr__(self) -> str:
        raise RuntimeError("no")


class Unreadable(Holder):
    """Nothing can be asked of it, not even what it declares."""

    @property
    def cls(self) -> Any:
        raise RuntimeError("no")


@pytest.mark.parametrize(
    ("applied", "readers"), [(set(), {"settings"}), ({"something"}, set())], ids=["none", "some"]
)
def test_where_nobody_can_tell_any_declaration_of_the_process_closes(
    send: Sender, monkeypatch: Any, applied: set[Any], readers: set[str]
) -> None:
    monkeypatch.setattr(marks, "_everything_applied", applied)

    with urlconf(path("v/", Unreadable())):
        assert who_reads(send, "/v/") == readers


# --- What is of an unusual kind, and understood --------------------------------------------------


class Unhashable(URLPattern):
    def __eq__(self, other: object) -> bool:
        return self is other

    __hash__ = None  # type: ignore[assignment]


class Alike(URLPattern):
    """Each is equal to each other one."""

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Alike)

    def __hash__(self) -> int:
        return 1


def numbered(view: Any) -> Any:
    """Return a view with a key in its ``__dict__`` that is no string."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> HttpResponse:
        return view(*args, **kwargs)

    vars(wrapper)[7] = "seven"  # type: ignore[index]
    return wrapper


# name -> what makes the URL pattern of a view
UNUSUAL: dict[str, Any] = {
    "a pattern with __eq__ and no __hash__": lambda route, view: Unhashable(
        RoutePattern(route, is_endpoint=True), view
    ),
    "patterns that are equal": lambda route, view: Alike(
        RoutePattern(route, is_endpoint=True), view
    ),
    "a key that is no string": lambda route, view: path(route, numbered(view)),
}


@pytest.mark.parametrize("name", UNUSUAL)
def test_what_is_unusual_is_understood(send: Sender, name: str) -> None:
    make = UNUSUAL[name]

    with urlconf(
        make("a/", allow_route(answer)), make("b/", answer), make("c/", cors_deny(answer))
    ):
        read = [who_reads(send, f"/{letter}/") for letter in "abcab"]

    assert read == [{"route"}, {"settings"}, set(), {"route"}, {"settings"}]


# --- Another view on the match than that of the pattern -----------------------------------------


class Decorating(URLResolver):
    """Decorates the views of an include while it resolves, as recipes for that do."""

    def __init__(self, decorator: Any, *patterns: Any) -> None:
        super().__init__(RoutePattern(""), list(patterns))
        self.decorator = decorator

    def resolve(self, path: str) -> Any:
        match = super().resolve(path)
        match.func = self.decorator(match.func)
        return match


class Matching(URLResolver):
    """Makes a match of its own, which says nothing of patterns."""

    def __init__(self, view: Any) -> None:
        super().__init__(RoutePattern(""), [])
        self.view = view

    def resolve(self, path: str) -> Any:
        return ResolverMatch(self.view, (), {}, captured_kwargs={}, extra_kwargs={})


def unmarked(view: Any) -> Any:
    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> HttpResponse:
        return view(*args, **kwargs)

    return wrapper


def bare(view: Any) -> Any:
    """A decorator without functools.wraps, as many are written."""

    def inner(*args: Any, **kwargs: Any) -> HttpResponse:
        return view(*args, **kwargs)

    return inner


class WrappingItself(URLPattern):
    """Wraps the view of its match, as packages do that decorate a whole include."""

    def resolve(self, path: str) -> Any:
        match = super().resolve(path)
        if match:
            match.func = bare(match.func)
        return match


class Caller:
    """A callable that stands in for a view, and does not say for which."""

    def __init__(self, view: Any) -> None:
        self.view = view

    def __call__(self, *args: Any, **kwargs: Any) -> HttpResponse:
        return self.view(*args, **kwargs)


@cors_deny
class DeniedCaller(Caller):
    pass


def claiming(view: Any) -> Any:
    wrapper = unmarked(view)
    wrapper.view_class = Readable
    return wrapper


class Readable(Plain):
    get = allow("handler")(Plain.get)


def below(*patterns: Any, **fields: Any) -> Any:
    return path("", cors_include(list(patterns), **fields))


INCLUDE = {"origins": [origin("include")]}

# name -> (URL pattern of /v/, who reads)
MATCHES: dict[str, tuple[Any, set[str]]] = {
    "a policy": (Decorating(allow_route, path("v/", answer)), {"route"}),
    "cors_deny": (Decorating(cors_deny, path("v/", answer)), set()),
    "cors_deny over a policy": (Decorating(cors_deny, path("v/", allow_route(answer))), set()),
    "a wrapper over a policy": (Decorating(unmarked, path("v/", allow_route(answer))), {"route"}),
    "a wrapper over cors_deny": (Decorating(unmarked, path("v/", cors_deny(answer))), set()),
    "a wrapper": (Decorating(unmarked, path("v/", answer)), {"settings"}),
    "a bare wrapper": (Decorating(bare, path("v/", answer)), {"settings"}),
    "a bare wrapper over a policy": (Decorating(bare, path("v/", allow_route(answer))), {"route"}),
    "a bare wrapper over cors_deny": (Decorating(bare, path("v/", cors_deny(answer))), set()),
    "a bare wrapper over a denied class": (
        Decorating(bare, path("v/", cors_deny(type("Made", (Plain,), {})).as_view())),
        set(),
    ),
    "a bare wrapper over a handler": (
        Decorating(bare, path("v/", Readable.as_view())),
        {"handler"},
    ),
    "a bare wrapper over a handler of a denied route": (
        Decorating(bare, path("v/", cors_deny(Readable.as_view()))),
        set(),
    ),
    "a bare wrapper of the pattern itself": (
        WrappingItself(RoutePattern("v/", is_endpoint=True), cors_deny(answer)),
        set(),
    ),
    "a policy over a bare wrapper over cors_deny": (
        Decorating(lambda view: allow_route(bare(view)), path("v/", cors_deny(answer))),
        {"route"},
    ),
    "cors_deny over a bare wrapper over a handler": (
        Decorating(lambda view: cors_deny(bare(view)), path("v/", Readable.as_view())),
        set(),
    ),
    "an instance over cors_deny": (Decorating(Caller, path("v/", cors_deny(answer))), set()),
    "an instance of a denied class": (
        Decorating(DeniedCaller, path("v/", allow_route(answer))),
        set(),
    ),
    "an instance of a denied class that says what it wraps": (
        Decorating(
            lambda view: functools.update_wrapper(DeniedCaller(view), view), path("v/", answer)
        ),
        set(),
    ),
    "a wrapper that says it is of a class": (Decorating(claiming, path("v/", answer)), {"handler"}),
    # Whether what is on the match calls what the pattern names, nobody can tell.
    "another view in place of an undeclared one": (
        Decorating(lambda view: answer, path("v/", unmarked)),
        {"settings"},
    ),
    "another view in place of a denied one": (
        Decorating(lambda view: answer, path("v/", cors_deny(unmarked))),
        set(),
    ),
    "a declared view in place of a denied one": (
        Decorating(lambda view: allow_route(answer), path("v/", cors_deny(unmarked))),
        {"route"},
    ),
    "another class in place of a view with a policy": (
        Decorating(lambda view: Plain.as_view(), path("v/", allow_route(answer))),
        {"route"},
    ),
    "another class in place of a denied class": (
        Decorating(
            lambda view: Plain.as_view(),
            path("v/", cors_deny(type("Made", (Plain,), {})).as_view()),
        ),
        set(),
    ),
    "a handler of another class in place of a denied view": (
        Decorating(lambda view: Readable.as_view(), path("v/", cors_deny(answer))),
        set(),
    ),
    "a policy below an include": (
        below(Decorating(allow_route, path("v/", answer)), **INCLUDE),
        {"route"},
    ),
    "a wrapper below an include": (
        below(Decorating(unmarked, path("v/", answer)), **INCLUDE),
        {"include"},
    ),
    "an include below a wrapper": (
        Decorating(unmarked, below(path("v/", answer), **INCLUDE)),
        {"include"},
    ),
    "a match without patterns": (Matching(answer), {"settings"}),
    "a match without patterns, of a declared view": (Matching(allow_route(answer)), {"route"}),
    "a match without patterns, below an include": (below(Matching(answer), **INCLUDE), {"include"}),
    "a match without patterns, below a denied include": (
        below(Matching(answer), policy=cors_deny),
        set(),
    ),
}


@pytest.mark.parametrize("name", MATCHES)
def test_the_view_of_the_match_counts(send: Sender, name: str) -> None:
    pattern, expected = MATCHES[name]

    # Another route first, so that what failed before it stands in what was tried.
    with urlconf(path("x/", cors_deny(answer)), pattern):
        assert [who_reads(send, "/v/") for _ in range(2)] == [expected, expected]


def left_on_the_match(func: Any) -> Any:
    """Return a denied view that writes on its match what did not serve."""

    @cors_deny
    def view(request: Any) -> HttpResponse:
        request.resolver_match.func = func
        return HttpResponse("secret")

    return view


@pytest.mark.parametrize(
    "func",
    [
        pytest.param(answer, id="a function"),
        pytest.param(Plain.as_view(), id="a class-based view"),
        pytest.param(str, id="a type"),
        pytest.param(None, id="nothing"),
    ],
)
def test_what_a_view_writes_on_its_match_opens_nothing(send: Sender, func: Any) -> None:
    with urlconf(path("v/", left_on_the_match(func))):
        assert who_reads(send, "/v/") == set()


class Setting:
    """A middleware below ours that leaves another match, and answers itself."""

    match: Any = None

    def __init__(self, get_response: Any) -> None:
        pass

    def __call__(self, request: Any) -> HttpResponse:
        request.resolver_match = self.match
        return HttpResponse("set")


class MatchWithoutText:
    def __repr__(self) -> str:
        raise RuntimeError("no")


# name -> (match, who may read where nothing is declared anywhere, and where something is)
LEFT: dict[str, tuple[Any, bool, bool]] = {
    "without tried": (SimpleNamespace(func=answer), True, True),
    "without tried, of a denied view": (SimpleNamespace(func=cors_deny(answer)), False, False),
    "without a view": (SimpleNamespace(tried=None), True, False),
    "nothing that is a match": (7, True, False),
    "nothing that has a text": (MatchWithoutText(), True, False),
    "of a view that has no text": (SimpleNamespace(func=Unshowable()), True, True),
    "of a denied view that has no text": (
        SimpleNamespace(func=cors_deny(type("Made", (Unshowable,), {}))()),
        False,
        False,
    ),
    "tried is of another kind": (SimpleNamespace(func=answer, tried=5), True, False),
    "tried holds other things than patterns": (
        SimpleNamespace(func=answer, tried=[["a", "b"]]),
        True,
        True,
    ),
}


@pytest.mark.parametrize("declared", [False, True], ids=["nothing declared", "something declared"])
@pytest.mark.parametrize("name", LEFT)
def test_a_match_may_be_of_any_kind(
    send: Sender, monkeypatch: Any, name: str, declared: bool
) -> None:
    match, alone, beside = LEFT[name]
    monkeypatch.setattr(Setting, "match", match)
    monkeypatch.setattr(marks, "_everything_applied", {"something"} if declared else set())

    with override_settings(MIDDLEWARE=[OURS, f"{__name__}.Setting"]), urlconf():
        response = send.actual("/v/", origin("settings"))

    assert response.content == b"set"
    assert (ORIGIN in cors_headers(response)) == (beside if declared else alone)


# --- What is kept --------------------------------------------------------------------------------


class Dynamic(URLResolver):
    """Makes its patterns anew each time, as a site that reads them from its database does."""

    made: list[weakref.ref[Any]] = []

    def __init__(self) -> None:
        super().__init__(RoutePattern(""), [])

    @property
    def url_patterns(self) -> list[Any]:  # type: ignore[override]
        pattern = path("v/", allow_route(answer))
        self.made.append(weakref.ref(pattern))
        return [pattern]


def test_patterns_that_are_made_for_each_request_are_not_kept_for_ever(
    send: Sender, monkeypatch: Any
) -> None:
    monkeypatch.setattr(lookup, "_MOST_ROUTES", 5)
    monkeypatch.setattr(Dynamic, "made", [])

    with urlconf(Dynamic()):
        for _ in range(20):
            assert ORIGIN in cors_headers(send.actual("/v/", origin("route")))
        gc.collect()
        alive = [made for made in Dynamic.made if made() is not None]

    assert len(Dynamic.made) >= 20
    assert len(alive) <= 6


# name -> (what each match is wrapped in, whether the route is built once)
WRAPPED: dict[str, tuple[Any, bool]] = {
    "as an agent does that measures": (unmarked, True),
    "twice": (lambda view: unmarked(unmarked(view)), True),
    "in a partial": (functools.partial, True),
    "in a policy, made for each request": (allow_route, False),
    "without a word of it": (bare, True),
    "in an instance": (Caller, False),
}


@pytest.mark.parametrize("view", [allow_route(answer), Readable.as_view()], ids=["route", "class"])
@pytest.mark.parametrize("name", WRAPPED)
def test_a_route_whose_matches_are_wrapped_is_kept(
    send: Sender, monkeypatch: Any, name: str, view: Any
) -> None:
    wrapper, kept = WRAPPED[name]
    built: list[Any] = []
    combine = lookup.combine
    monkeypatch.setattr(lookup, "combine", lambda each: built.append(each) or combine(each))

    with urlconf(Decorating(wrapper, path("v/", view))):
        answers = [
            cors_headers(send.actual("/v/", origin(layer))).get(ORIGIN)
            for layer in ("route", "handler", "other") * 2
        ]

    assert answers[:3] == answers[3:]
    assert len(set(answers)) > 1
    assert (len(built) == 1) is kept


@pytest.mark.parametrize("view", [allow_route(answer), Readable.as_view()], ids=["route", "class"])
def test_a_match_of_a_kept_route_is_not_taken_apart_again(
    send: Sender, monkeypatch: Any, view: Any
) -> None:
    taken_apart: list[Any] = []
    find = lookup.pattern_path_of

    with urlconf(path("v/", view)):
        send.actual("/v/", origin("route"))
        monkeypatch.setattr(
            lookup, "pattern_path_of", lambda match: taken_apart.append(match) or find(match)
        )
        send.actual("/v/", origin("route"))

    assert not taken_apart


def test_patterns_of_a_urlconf_that_django_has_forgotten_go(send: Sender) -> None:
    site = Patterns([path("v/", allow_route(answer))])

    with override_settings(ROOT_URLCONF=site):
        assert who_reads(send, "/v/") == {"route"}
        old = weakref.ref(site.urlpatterns[0])
        site.urlpatterns = [path("v/", cors_deny(answer))]
        clear_url_caches()
        assert who_reads(send, "/v/") == set()
        gc.collect()
        kept = old() is not None

    assert not kept


def test_origins_that_are_made_for_each_request_are_not_kept_for_ever(
    send: Sender, monkeypatch: Any
) -> None:
    monkeypatch.setattr(combining_layers, "_MOST_SETS", 5)
    routes = [path(f"{number}/", allow(str(number))(answer)) for number in range(20)]

    with urlconf(*routes):
        answers = [
            cors_headers(send.actual(f"/{number}/", origin(str(number)))).get(ORIGIN)
            for number in range(20)
        ]

        assert len(combining_layers._origin_sets) <= 5
    assert answers == [origin(str(number)) for number in range(20)]
