"""Which layer's policy is the nearest: tables of sites, each asked who may read which method.

Every declaration names an origin after its layer (https://class.example and so on), so that the
admitted origins say which declaration won. ``who_reads`` asks both halves of the protocol, the
preflight and the actual request, and insists that they agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from tests.tables import CREDENTIALS, MAX_AGE, METHODS, ORIGIN, Sender, cors_headers, urlconf

LAYERS = ("handler", "route", "class", "base", "include", "settings", "other")


def origin(layer: str) -> str:
    return f"https://{layer}.example"


def allow(*layers: str, **fields: Any) -> Callable[[Any], Any]:
    """Return a decorator that admits the origins of these layers."""
    return cors_allow(origins=[origin(layer) for layer in layers], **fields)


def who_reads(send: Sender, path: str, method: str = "GET") -> set[str]:
    """Return the layers whose origins may read ``method``; preflight and answer must agree."""
    by_preflight = {
        layer
        for layer in LAYERS
        if ORIGIN in cors_headers(send.preflight(path, origin(layer), method))
    }
    by_answer = {
        layer
        for layer in LAYERS
        if ORIGIN in cors_headers(send.actual(path, origin(layer), method))
    }
    assert by_preflight == by_answer
    return by_answer


@pytest.fixture(autouse=True)
def _site():
    with override_settings(CORS_ALLOWED_ORIGINS=[origin("settings")]):
        yield


def answer(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


async def aanswer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Plain(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


class Marked(View):
    """A handler of its own policy beside one without."""

    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    @allow("handler")
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


class Closed(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")

    @cors_deny
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


def of_class(view: type[View], decorator: Any) -> type[View]:
    """Return a subclass of ``view`` with the decorator on the class."""
    return decorator(type(f"{view.__name__}Decorated", (view,), {}))


def on_dispatch(view: type[View], decorator: Any) -> type[View]:
    subclass = type(f"{view.__name__}Dispatch", (view,), {})
    return method_decorator(decorator, name="dispatch")(subclass)


def rebuilt(view: type[View], source: type[View]) -> type[View]:
    """Return a subclass with the attributes of another, as decorators that make a class anew do."""
    return type("Rebuilt", (view,), {name: vars(source)[name] for name in vars(source)})


BASE = of_class(Plain, allow("base"))


def below(decorator_or_fields: dict[str, Any], *patterns: Any) -> Any:
    return path("", cors_include(list(patterns), **decorator_or_fields))


INCLUDE = {"origins": [origin("include")]}
DENY = {"policy": cors_deny}

# name -> (URL patterns, who reads GET, who reads POST); the URL is always /v/.
SITES: dict[str, tuple[list[Any], set[str], set[str]]] = {
    # One layer at a time.
    "nothing declared": ([path("v/", answer)], {"settings"}, {"settings"}),
    "function view": ([path("v/", allow("route")(answer))], {"route"}, {"route"}),
    "async function view": ([path("v/", allow("route")(aanswer))], {"route"}, {"route"}),
    "class": ([path("v/", of_class(Plain, allow("class")).as_view())], {"class"}, {"class"}),
    "dispatch": ([path("v/", on_dispatch(Plain, allow("class")).as_view())], {"class"}, {"class"}),
    "as_view() result": ([path("v/", allow("route")(Plain.as_view()))], {"route"}, {"route"}),
    "include": ([below(INCLUDE, path("v/", answer))], {"include"}, {"include"}),
    "handler, beside an undeclared one": (
        [path("v/", Marked.as_view())],
        {"settings"},
        {"handler"},
    ),
    "what a class decorator copied from a base stays behind a nearer class": (
        [path("v/", rebuilt(of_class(BASE, allow("class")), BASE).as_view())],
        {"class"},
        {"class"},
    ),
    # Each pair of layers.
    "handler over route": (
        [path("v/", allow("route")(Marked.as_view()))],
        {"route"},
        {"handler"},
    ),
    "handler over class": (
        [path("v/", of_class(Marked, allow("class")).as_view())],
        {"class"},
        {"handler"},
    ),
    "handler over dispatch": (
        [path("v/", on_dispatch(Marked, allow("class")).as_view())],
        {"class"},
        {"handler"},
    ),
    "handler over include": (
        [below(INCLUDE, path("v/", Marked.as_view()))],
        {"include"},
        {"handler"},
    ),
    "route over class": (
        [path("v/", allow("route")(of_class(Plain, allow("class")).as_view()))],
        {"route"},
        {"route"},
    ),
    "route over dispatch": (
        [path("v/", allow("route")(on_dispatch(Plain, allow("class")).as_view()))],
        {"route"},
        {"route"},
    ),
    "route over include": (
        [below(INCLUDE, path("v/", allow("route")(answer)))],
        {"route"},
        {"route"},
    ),
    "class over include": (
        [below(INCLUDE, path("v/", of_class(Plain, allow("class")).as_view()))],
        {"class"},
        {"class"},
    ),
    "class over base": (
        [path("v/", of_class(of_class(Plain, allow("base")), allow("class")).as_view())],
        {"class"},
        {"class"},
    ),
    "class over its base's dispatch": (
        [path("v/", of_class(on_dispatch(Plain, allow("base")), allow("class")).as_view())],
        {"class"},
        {"class"},
    ),
    "dispatch over its base's dispatch": (
        [path("v/", on_dispatch(on_dispatch(Plain, allow("base")), allow("class")).as_view())],
        {"class"},
        {"class"},
    ),
    "an inherited dispatch stays behind the classes between": (
        [
            path(
                "v/",
                on_dispatch(
                    of_class(on_dispatch(Plain, allow("base")), allow("class")),
                    cors_allow(max_age=1),
                ).as_view(),
            )
        ],
        {"class"},
        {"class"},
    ),
    "dispatch over its base class": (
        [path("v/", on_dispatch(of_class(Plain, allow("base")), allow("class")).as_view())],
        {"class"},
        {"class"},
    ),
    "base, inherited": (
        [path("v/", type("Child", (of_class(Plain, allow("base")),), {}).as_view())],
        {"base"},
        {"base"},
    ),
    "inner include over outer": (
        [below({"origins": [origin("other")]}, below(INCLUDE, path("v/", answer)))],
        {"include"},
        {"include"},
    ),
    # Stacks at one place: the outer one is nearer.
    "stacked decorators": (
        [path("v/", allow("route")(allow("other")(answer)))],
        {"route"},
        {"route"},
    ),
    "a decorated function decorated in the URLconf": (
        [path("v/", allow("route")(csrf_exempt(allow("other")(answer))))],
        {"route"},
        {"route"},
    ),
    "class decorator over dispatch decorator": (
        [
            path(
                "v/",
                of_class(
                    Plain,
                    lambda c: allow("class")(method_decorator(allow("other"), name="dispatch")(c)),
                ).as_view(),
            )
        ],
        {"class"},
        {"class"},
    ),
    "dispatch decorator over class decorator": (
        [
            path(
                "v/",
                of_class(
                    Plain,
                    lambda c: method_decorator(allow("class"), name="dispatch")(allow("other")(c)),
                ).as_view(),
            )
        ],
        {"class"},
        {"class"},
    ),
    "a list given to method_decorator, first is outermost": (
        [path("v/", on_dispatch(Plain, [allow("class"), allow("other")]).as_view())],
        {"class"},
        {"class"},
    ),
    # cors_deny.
    "deny on a function view": ([path("v/", cors_deny(answer))], set(), set()),
    "deny called": ([path("v/", cors_deny()(answer))], set(), set()),
    "deny on a handler": ([path("v/", Closed.as_view())], {"settings"}, set()),
    "deny on a handler, class allows": (
        [path("v/", of_class(Closed, allow("class")).as_view())],
        {"class"},
        set(),
    ),
    "deny on the route closes it, handlers included": (
        [path("v/", cors_deny(Marked.as_view()))],
        set(),
        set(),
    ),
    "deny on the route, below an allow there": (
        [path("v/", allow("route")(cors_deny(Marked.as_view())))],
        {"route"},
        {"handler"},
    ),
    "deny on the class is a default that a handler opens": (
        [path("v/", of_class(Marked, cors_deny).as_view())],
        set(),
        {"handler"},
    ),
    "deny on the include is a default that a view opens": (
        [below(DENY, path("v/", allow("route")(answer)))],
        {"route"},
        {"route"},
    ),
    "deny on the include closes the rest": ([below(DENY, path("v/", answer))], set(), set()),
    "deny on the base, opened by the class": (
        [path("v/", of_class(of_class(Plain, cors_deny), allow("class")).as_view())],
        {"class"},
        {"class"},
    ),
    "deny between two classes that share one decorator": (
        [
            path(
                "v/",
                of_class(
                    of_class(of_class(Plain, shared := allow("class")), cors_deny), shared
                ).as_view(),
            )
        ],
        {"class"},
        {"class"},
    ),
    "a refining policy nearer than a deny stays denied": (
        [path("v/", cors_allow(max_age=5)(cors_deny(answer)))],
        set(),
        set(),
    ),
    # Refining and standing alone.
    "bare decorator, the settings' origins": (
        [path("v/", cors_allow(answer))],
        {"settings"},
        {"settings"},
    ),
    "bare decorator, called": ([path("v/", cors_allow()(answer))], {"settings"}, {"settings"}),
    "refining handler keeps the class's origins": (
        [
            path(
                "v/",
                of_class(
                    type("V", (Plain,), {"post": cors_allow(max_age=0)(Plain.post)}), allow("class")
                ).as_view(),
            )
        ],
        {"class"},
        {"class"},
    ),
    "refining class keeps the include's origins": (
        [below(INCLUDE, path("v/", of_class(Plain, cors_allow(max_age=0)).as_view()))],
        {"include"},
        {"include"},
    ),
    "refining route keeps the class's origins": (
        [path("v/", cors_allow(max_age=0)(of_class(Plain, allow("class")).as_view()))],
        {"class"},
        {"class"},
    ),
    "an empty list names origins: nobody": (
        [below(INCLUDE, path("v/", cors_allow(origins=[])(answer)))],
        set(),
        set(),
    ),
    "regexes alone name origins": (
        [path("v/", cors_allow(origin_regexes=[r"https://(route|other)\.example"])(answer))],
        {"route", "other"},
        {"route", "other"},
    ),
    # Names, several, policies with fields.
    "a named policy": ([path("v/", cors_allow("partners")(answer))], {"other"}, {"other"}),
    "a policy object": (
        [path("v/", cors_allow(CorsPolicy(origins=[origin("route")]))(answer))],
        {"route"},
        {"route"},
    ),
    "a named policy with its origins replaced": (
        [path("v/", cors_allow("partners", origins=[origin("route")])(answer))],
        {"route"},
        {"route"},
    ),
    "several policies admit all their origins": (
        [path("v/", cors_allow("partners", CorsPolicy(origins=[origin("route")]))(answer))],
        {"other", "route"},
        {"other", "route"},
    ),
    # Methods and inheritance.
    "a method overridden without its decorator has none": (
        [path("v/", type("V", (Marked,), {"post": Plain.post}).as_view())],
        {"settings"},
        {"settings"},
    ),
    "an inherited method keeps its decorator": (
        [path("v/", type("V", (Marked,), {}).as_view())],
        {"settings"},
        {"handler"},
    ),
    "a method decorated again: the outer one": (
        [path("v/", type("V", (Marked,), {"post": allow("route")(Marked.post)}).as_view())],
        {"settings"},
        {"route"},
    ),
    "method_decorator on a method": (
        [
            path(
                "v/",
                type(
                    "V", (Plain,), {"post": method_decorator(allow("handler"))(Plain.post)}
                ).as_view(),
            )
        ],
        {"settings"},
        {"handler"},
    ),
    "method_decorator over a marked method": (
        [
            path(
                "v/",
                type(
                    "V",
                    (Plain,),
                    {"post": method_decorator(allow("handler"))(allow("other")(Plain.post))},
                ).as_view(),
            )
        ],
        {"settings"},
        {"handler"},
    ),
    "a dispatch that is overridden without decorator": (
        [
            path(
                "v/",
                type(
                    "V",
                    (on_dispatch(Plain, allow("base")),),
                    {"dispatch": lambda self, *a, **k: View.dispatch(self, *a, **k)},
                ).as_view(),
            )
        ],
        {"base"},
        {"base"},
    ),
    # Wrappers.
    "functools.partial": ([path("v/", partial(allow("route")(answer)))], {"route"}, {"route"}),
    "partial of as_view()": (
        [path("v/", partial(of_class(Plain, allow("class")).as_view()))],
        {"class"},
        {"class"},
    ),
    "decorated partial": ([path("v/", allow("route")(partial(answer)))], {"route"}, {"route"}),
    "csrf_exempt above": ([path("v/", csrf_exempt(allow("route")(answer)))], {"route"}, {"route"}),
    "csrf_exempt below": ([path("v/", allow("route")(csrf_exempt(answer)))], {"route"}, {"route"}),
    "sync_to_async": ([path("v/", sync_to_async(allow("route")(answer)))], {"route"}, {"route"}),
    "login_not_required": (
        [path("v/", login_not_required(of_class(Marked, allow("class")).as_view()))],
        {"class"},
        {"handler"},
    ),
    # Routing.
    "re_path": ([re_path(r"^v/$", allow("route")(answer))], {"route"}, {"route"}),
    "plain include around a marked view": (
        [path("", include([path("v/", allow("route")(answer))]))],
        {"route"},
        {"route"},
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_the_nearest_policy(send: Sender, name: str) -> None:
    patterns, get, post = SITES[name]

    with urlconf(*patterns):
        assert who_reads(send, "/v/", "GET") == get
        assert who_reads(send, "/v/", "POST") == post


def test_one_function_under_two_routes_keeps_them_apart(send: Sender) -> None:
    with urlconf(path("a/", allow("route")(answer)), path("b/", answer)):
        assert who_reads(send, "/a/") == {"route"}
        assert who_reads(send, "/b/") == {"settings"}


def test_one_view_below_two_includes_has_two_policies(send: Sender) -> None:
    shared = [path("v/", answer)]

    with urlconf(
        path("a/", cors_include(shared, origins=[origin("include")])),
        path("b/", cors_include(shared, policy="partners")),
    ):
        assert who_reads(send, "/a/v/") == {"include"}
        assert who_reads(send, "/b/v/") == {"other"}


# --- What a policy takes from the layers behind it ---------------------------------------------

TRUSTING = {
    "CORS_ALLOW_CREDENTIALS": True,
    "CORS_ALLOW_PRIVATE_NETWORK": True,
    "CORS_PREFLIGHT_MAX_AGE": 77,
    "CORS_EXPOSE_HEADERS": ["x-settings"],
    "CORS_ALLOW_HEADERS": ["x-allowed"],
}


def test_a_policy_with_origins_takes_no_trust_from_the_settings(send: Sender) -> None:
    with override_settings(**TRUSTING), urlconf(path("v/", allow("route")(answer))):
        response = send.preflight(
            "/v/", origin("route"), "PUT", access_control_request_private_network="true"
        )

    assert cors_headers(response) == {
        ORIGIN: origin("route"),
        METHODS: "DELETE, GET, OPTIONS, PATCH, POST, PUT",
        "access-control-allow-headers": "x-allowed",
        "access-control-expose-headers": "x-settings",
        MAX_AGE: "77",
        "vary": "origin",
    }


def test_a_refining_policy_keeps_the_trust_of_the_settings(send: Sender) -> None:
    with override_settings(**TRUSTING), urlconf(path("v/", cors_allow(max_age=0)(answer))):
        response = send.preflight(
            "/v/", origin("settings"), "PUT", access_control_request_private_network="true"
        )

    assert cors_headers(response) == {
        ORIGIN: origin("settings"),
        CREDENTIALS: "true",
        METHODS: "DELETE, GET, OPTIONS, PATCH, POST, PUT",
        "access-control-allow-headers": "x-allowed",
        "access-control-expose-headers": "x-settings",
        "access-control-allow-private-network": "true",
        MAX_AGE: "0",
        "vary": "origin",
    }


def test_a_refining_policy_keeps_the_fields_of_every_layer_behind_it(send: Sender) -> None:
    view = type("V", (Plain,), {"post": cors_allow(expose_headers=["x-handler"])(Plain.post)})
    decorated = of_class(view, cors_allow(credentials=True))

    with urlconf(below({**INCLUDE, "max_age": 9}, path("v/", decorated.as_view()))):
        headers = cors_headers(send.preflight("/v/", origin("include"), "POST"))

    assert headers[ORIGIN] == origin("include")
    assert headers[CREDENTIALS] == "true"
    assert headers[MAX_AGE] == "9"
    assert headers["access-control-expose-headers"] == "x-handler"


def test_several_policies_never_mix_their_fields(send: Sender) -> None:
    trusted = CorsPolicy(origins=[origin("route")], credentials=True, expose_headers=["x-route"])
    view = cors_allow(trusted, CorsPolicy(origins="*", expose_headers=["x-any"]))(answer)

    with urlconf(path("v/", view)):
        first = cors_headers(send.actual("/v/", origin("route")))
        second = cors_headers(send.actual("/v/", origin("other")))

    assert first == {
        ORIGIN: origin("route"),
        CREDENTIALS: "true",
        "access-control-expose-headers": "x-route",
        "vary": "origin",
    }
    assert second == {
        ORIGIN: "*",
        "access-control-expose-headers": "x-any",
        "vary": "origin",
    }


def test_a_refining_policy_refines_each_of_several(send: Sender) -> None:
    several = cors_allow(
        CorsPolicy(origins=[origin("route")], max_age=1), CorsPolicy(origins=[origin("other")])
    )
    with urlconf(path("v/", cors_allow(expose_headers=["x-both"])(several(answer)))):
        exposed = {
            layer: cors_headers(send.actual("/v/", origin(layer)))["access-control-expose-headers"]
            for layer in ("route", "other")
        }

    assert exposed == {"route": "x-both", "other": "x-both"}


ANY_WITH_CREDENTIALS = {
    "credentials refine any origin": cors_allow(credentials=True)(cors_allow(origins="*")(answer)),
    "the settings' credentials and any origin, refined": cors_allow(answer),
}


@pytest.mark.parametrize("name", ANY_WITH_CREDENTIALS)
def test_any_origin_and_credentials_never_meet_by_composition(send: Sender, name: str) -> None:
    view = ANY_WITH_CREDENTIALS[name]

    with (
        override_settings(CORS_ALLOW_ALL_ORIGINS=True, CORS_ALLOW_CREDENTIALS=True),
        urlconf(path("v/", view)),
    ):
        assert cors_headers(send.actual("/v/", origin("other"))) == {ORIGIN: "*"}


def test_a_name_that_is_gone_admits_nobody(send: Sender, caplog: Any) -> None:
    view = cors_allow("partners")(answer)

    with override_settings(CORS_POLICIES={}), urlconf(path("v/", view)):
        assert who_reads(send, "/v/") == set()

    assert "There is no CORS policy named 'partners'" in caplog.text
    assert "test_layer_order.py:" in caplog.text


def test_an_overridden_name_takes_effect(send: Sender) -> None:
    with urlconf(path("v/", cors_allow("partners")(answer))):
        assert who_reads(send, "/v/") == {"other"}
        with override_settings(CORS_POLICIES={"partners": {"origins": [origin("class")]}}):
            assert who_reads(send, "/v/") == {"class"}
        assert who_reads(send, "/v/") == {"other"}


# --- CORS_OPT_IN -------------------------------------------------------------------------------

# name -> (URL patterns, who reads GET, who reads POST) under CORS_OPT_IN
OPTED_IN: dict[str, tuple[list[Any], set[str], set[str]]] = {
    "nothing declared": ([path("v/", answer)], set(), set()),
    "bare function view": ([path("v/", cors_allow(answer))], {"settings"}, {"settings"}),
    "bare handler opts in that handler alone": (
        [path("v/", type("V", (Plain,), {"post": cors_allow(Plain.post)}).as_view())],
        set(),
        {"settings"},
    ),
    "bare class opts in all of it": (
        [path("v/", of_class(Plain, cors_allow).as_view())],
        {"settings"},
        {"settings"},
    ),
    "include opts in everything below": (
        [below({"max_age": 5}, path("v/", answer))],
        {"settings"},
        {"settings"},
    ),
    "a policy with origins needs no settings": (
        [path("v/", allow("route")(answer))],
        {"route"},
        {"route"},
    ),
}


@pytest.mark.parametrize("name", OPTED_IN)
def test_opt_in(send: Sender, name: str) -> None:
    patterns, get, post = OPTED_IN[name]

    with override_settings(CORS_OPT_IN=True), urlconf(*patterns):
        assert who_reads(send, "/v/", "GET") == get
        assert who_reads(send, "/v/", "POST") == post


# --- Callables that are equal ------------------------------------------------------------------


@dataclass(frozen=True)
class Admits:
    """A callable that is equal to all of its kind, since what it admits is not compared."""

    origin: str = field(compare=False)

    def __call__(self, request: Any, origin: str) -> bool:
        return origin == self.origin


def asking(layer: str) -> Callable[[Any], Any]:
    return cors_allow(origins=[Admits(origin(layer))])


# name -> (URL patterns, who reads /v/, who posts to /v/, who reads /w/)
EQUAL: dict[str, tuple[list[Any], set[str], set[str], set[str]]] = {
    "two routes": (
        [path("v/", asking("route")(answer)), path("w/", asking("other")(answer))],
        {"route"},
        {"route"},
        {"other"},
    ),
    "a handler over a class": (
        [
            path(
                "v/",
                asking("class")(
                    type("V", (Plain,), {"post": asking("handler")(Plain.post)})
                ).as_view(),
            ),
            path("w/", asking("other")(answer)),
        ],
        {"class"},
        {"handler"},
        {"other"},
    ),
    "fields that replace those of a named policy": (
        [
            path("v/", cors_allow("partners", origins=[Admits(origin("route"))])(answer)),
            path("w/", cors_allow("partners", origins=[Admits(origin("other"))])(answer)),
        ],
        {"route"},
        {"route"},
        {"other"},
    ),
    "two of one policy": (
        [
            path(
                "v/",
                cors_allow(origins=[Admits(origin("route")), Admits(origin("class"))])(answer),
            ),
            path("w/", asking("other")(answer)),
        ],
        {"route", "class"},
        {"route", "class"},
        {"other"},
    ),
    "several policies": (
        [
            path(
                "v/",
                cors_allow(
                    CorsPolicy(origins=[Admits(origin("route"))]),
                    CorsPolicy(origins=[Admits(origin("class"))]),
                )(answer),
            ),
            path("w/", asking("other")(answer)),
        ],
        {"route", "class"},
        {"route", "class"},
        {"other"},
    ),
}


@pytest.mark.parametrize("name", EQUAL)
def test_callables_that_are_equal_are_not_one(send: Sender, name: str) -> None:
    patterns, get, post, other = EQUAL[name]

    with urlconf(*patterns):
        assert who_reads(send, "/v/", "GET") == get
        assert who_reads(send, "/v/", "POST") == post
        assert who_reads(send, "/w/") == other


class Unhashable(Admits):
    __hash__ = None  # type: ignore[assignment]


@pytest.mark.parametrize(
    "view",
    [
        pytest.param(cors_allow(origins=[Unhashable(origin("route"))])(answer), id="a function"),
        pytest.param(
            cors_allow("partners", origins=[Unhashable(origin("route"))])(
                type("V", (Plain,), {})
            ).as_view(),
            id="a class, over a named policy",
        ),
    ],
)
def test_a_callable_need_not_be_hashable(send: Sender, view: Any) -> None:
    with urlconf(path("v/", view)):
        assert who_reads(send, "/v/") == {"route"}


def test_a_view_that_is_equal_to_anything_is_a_view(send: Sender) -> None:
    class Meta(type):
        def __eq__(cls, other: object) -> bool:
            return True

        __hash__ = type.__hash__

    view = cors_allow(Meta("V", (Plain,), {}))

    with override_settings(CORS_OPT_IN=True), urlconf(path("v/", view.as_view())):
        assert who_reads(send, "/v/") == {"settings"}
