"""Django REST framework: every way to declare and route a view, its errors and preflights."""

from __future__ import annotations

import abc
import functools
import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.checks import run_checks
from django.core.exceptions import ImproperlyConfigured
from django.db import transaction
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import include, path, re_path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.declarations import marks
from tests.management.commands import run
from tests.resolution.test_layer_order import allow, of_class, on_dispatch, origin, who_reads
from tests.tables import (
    METHODS,
    ORIGIN,
    Sender,
    Spy,
    assert_cors_headers,
    cors_headers,
    urlconf,
)

pytest.importorskip("rest_framework", reason="is about Django REST framework")

from rest_framework import exceptions, permissions, routers
from rest_framework.decorators import action, api_view, permission_classes
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.response import Response
from rest_framework.throttling import BaseThrottle
from rest_framework.urlpatterns import format_suffix_patterns
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet, ModelViewSet, ReadOnlyModelViewSet, ViewSet

from cors_views.rest_framework import CorsMixin

HANDLER = [origin("handler")]
POLICY = {
    layer: CorsPolicy(origins=[origin(layer)])
    for layer in ("handler", "route", "class", "base", "include", "other")
}


@pytest.fixture(autouse=True)
def _site(settings: Any) -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=[origin("settings")]):
        yield


class Orders(CorsMixin, ViewSet):
    """Two actions on the list, three on the detail, and one of its own."""

    authentication_classes: list[Any] = []

    def list(self, request: Any, **kwargs: Any) -> Response:
        return Response("list")

    def create(self, request: Any, **kwargs: Any) -> Response:
        return Response("create")

    def retrieve(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response("retrieve")

    def destroy(self, request: Any, pk: str, **kwargs: Any) -> Response:
        return Response("destroy")


def viewset(whole: Any = None, bases: Any = (Orders,), **attributes: Any) -> Any:
    made = type("Made", bases, attributes)
    return whole(made) if whole else made


def routed(made: Any, router: Any = routers.SimpleRouter) -> list[Any]:
    registered = router()
    registered.register("orders", made, basename="order")
    return registered.urls


def marked(decorator: Any, name: str = "create") -> dict[str, Any]:
    return {name: decorator(getattr(Orders, name))}


class Plain(APIView):
    authentication_classes: list[Any] = []

    def get(self, request: Any) -> Response:
        return Response("get")

    def post(self, request: Any) -> Response:
        return Response("post")


def function(request: Any) -> Response:
    return Response("function")


def api(above: Any = None, below: Any = None) -> Any:
    """Return an @api_view with decorators above and below it."""
    view = api_view(["GET", "POST"])(below(function) if below else function)
    view.cls.authentication_classes = []
    return above(view) if above else view


def rewrapped(view: Any) -> Any:
    """Wrap the handlers of a view's class in place, as drf-spectacular does to extend schemas."""
    for method in ("get", "post"):
        handler = vars(view.cls)[method]

        @functools.wraps(handler)
        def wrapper(*args: Any, handler: Any = handler, **kwargs: Any) -> Any:
            return handler(*args, **kwargs)

        setattr(view.cls, method, wrapper)
    return view


def documented(*names: str) -> Any:
    """Return a class decorator that wraps handlers, inherited ones too, as extend_schema_view."""

    def decorator(view: Any) -> Any:
        for name in names:
            handler = getattr(view, name)

            @functools.wraps(handler)
            def wrapper(*args: Any, handler: Any = handler, **kwargs: Any) -> Any:
                return handler(*args, **kwargs)

            setattr(view, name, wrapper)
        return view

    return decorator


WITH_MIXIN = (CorsMixin, Plain)
OPEN_CREATE = viewset(**marked(allow("base")))
CLOSED_CREATE = viewset(bases=(OPEN_CREATE,), cors_action_policies={"create": cors_deny})
DENIED_CREATE = viewset(**marked(cors_deny))
OPENED_CREATE = viewset(bases=(DENIED_CREATE,), cors_action_policies={"create": POLICY["handler"]})
DENIED = on_dispatch(Orders, cors_deny)
OPENED = viewset(bases=(DENIED,), cors_policy=POLICY["class"])


class Unmapped(Orders):
    """Has what Django REST framework serves though no action is mapped to it."""

    @allow("handler")
    def post(self, request: Any, **kwargs: Any) -> Response:
        return Response("post")


# name -> (URL patterns, path, who reads GET, who reads POST)
SITES: dict[str, tuple[list[Any], str, set[str], set[str]]] = {
    # APIView.
    "APIView, undeclared": ([path("v/", Plain.as_view())], "/v/", {"settings"}, {"settings"}),
    "APIView, class": (
        [path("v/", of_class(Plain, allow("class")).as_view())],
        "/v/",
        {"class"},
        {"class"},
    ),
    "APIView, dispatch": (
        [path("v/", on_dispatch(Plain, allow("class")).as_view())],
        "/v/",
        {"class"},
        {"class"},
    ),
    "APIView, handler over class": (
        [
            path(
                "v/",
                of_class(
                    type("V", (Plain,), {"post": allow("handler")(Plain.post)}), allow("class")
                ).as_view(),
            )
        ],
        "/v/",
        {"class"},
        {"handler"},
    ),
    "APIView, denied handler": (
        [path("v/", type("V", (Plain,), {"post": cors_deny(Plain.post)}).as_view())],
        "/v/",
        {"settings"},
        set(),
    ),
    "APIView, route over class": (
        [path("v/", allow("route")(of_class(Plain, allow("class")).as_view()))],
        "/v/",
        {"route"},
        {"route"},
    ),
    "APIView, denied route": (
        [path("v/", cors_deny(of_class(Plain, allow("class")).as_view()))],
        "/v/",
        set(),
        set(),
    ),
    "APIView with the mixin, cors_policy": (
        [path("v/", viewset(bases=WITH_MIXIN, cors_policy=POLICY["class"]).as_view())],
        "/v/",
        {"class"},
        {"class"},
    ),
    "APIView with the mixin, handlers by name": (
        [
            path(
                "v/",
                viewset(
                    bases=WITH_MIXIN,
                    cors_policy=POLICY["class"],
                    cors_action_policies={"post": POLICY["handler"]},
                ).as_view(),
            )
        ],
        "/v/",
        {"class"},
        {"handler"},
    ),
    "as_view(cors_policy=...) is the route": (
        [
            path(
                "v/",
                viewset(bases=WITH_MIXIN, cors_policy=POLICY["class"]).as_view(
                    cors_policy=POLICY["route"]
                ),
            )
        ],
        "/v/",
        {"route"},
        {"route"},
    ),
    "as_view(cors_policy=cors_deny) closes the route": (
        [
            path(
                "v/",
                viewset(bases=WITH_MIXIN, post=allow("handler")(Plain.post)).as_view(
                    cors_policy=cors_deny
                ),
            )
        ],
        "/v/",
        set(),
        set(),
    ),
    "a decorator around as_view(cors_policy=...)": (
        [
            path(
                "v/", allow("route")(viewset(bases=WITH_MIXIN).as_view(cors_policy=POLICY["other"]))
            )
        ],
        "/v/",
        {"route"},
        {"route"},
    ),
    # @api_view.
    "@api_view, undeclared": ([path("v/", api())], "/v/", {"settings"}, {"settings"}),
    "@api_view, above": ([path("v/", api(above=allow("route")))], "/v/", {"route"}, {"route"}),
    "@api_view, below": ([path("v/", api(below=allow("route")))], "/v/", {"route"}, {"route"}),
    "@api_view, above and below: the outer one": (
        [path("v/", api(above=allow("route"), below=allow("other")))],
        "/v/",
        {"route"},
        {"route"},
    ),
    "@api_view, denied below": ([path("v/", api(below=cors_deny))], "/v/", set(), set()),
    "@api_view, below another DRF decorator": (
        [
            path(
                "v/",
                api(
                    below=lambda view: permission_classes([permissions.AllowAny])(
                        allow("route")(view)
                    )
                ),
            )
        ],
        "/v/",
        {"route"},
        {"route"},
    ),
    "@api_view, above another DRF decorator": (
        [
            path(
                "v/",
                api(
                    below=lambda view: allow("route")(
                        permission_classes([permissions.AllowAny])(view)
                    )
                ),
            )
        ],
        "/v/",
        {"route"},
        {"route"},
    ),
    "@api_view, its handler wrapped by a class decorator": (
        [path("v/", rewrapped(api(below=allow("route"))))],
        "/v/",
        {"route"},
        {"route"},
    ),
    "@api_view in an include": (
        [path("", cors_include([path("v/", api())], origins=[origin("include")]))],
        "/v/",
        {"include"},
        {"include"},
    ),
    # Viewsets.
    "viewset, undeclared": (routed(Orders), "/orders/", {"settings"}, {"settings"}),
    "viewset, cors_policy": (
        routed(viewset(cors_policy=POLICY["class"])),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset, a name": (routed(viewset(cors_policy="partners")), "/orders/", {"other"}, {"other"}),
    "viewset, several": (
        routed(viewset(cors_policy=["partners", POLICY["class"]])),
        "/orders/",
        {"other", "class"},
        {"other", "class"},
    ),
    "viewset, cors_deny": (routed(viewset(cors_policy=cors_deny)), "/orders/", set(), set()),
    "viewset, decorated class": (
        routed(viewset(allow("class"))),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset, a class decorator over cors_policy": (
        routed(viewset(allow("class"), cors_policy=POLICY["other"])),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset, dispatch": (
        routed(viewset(method_decorator(allow("class"), name="dispatch"))),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset, action by name over class": (
        routed(
            viewset(cors_policy=POLICY["class"], cors_action_policies={"create": POLICY["handler"]})
        ),
        "/orders/",
        {"class"},
        {"handler"},
    ),
    "viewset, denied action": (
        routed(viewset(cors_policy=POLICY["class"], cors_action_policies={"create": cors_deny})),
        "/orders/",
        {"class"},
        set(),
    ),
    "viewset, decorated action over class": (
        routed(viewset(cors_policy=POLICY["class"], **marked(allow("handler")))),
        "/orders/",
        {"class"},
        {"handler"},
    ),
    "viewset, an action's entry over its decorator": (
        routed(
            viewset(cors_action_policies={"create": POLICY["handler"]}, **marked(allow("other")))
        ),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, the decorator of a derived class over the entry of its base": (
        routed(
            viewset(
                bases=(viewset(cors_action_policies={"create": POLICY["other"]}),),
                **marked(allow("handler")),
            )
        ),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, the entry of a derived class over the decorator of its base": (
        routed(
            viewset(
                bases=(viewset(**marked(allow("other"))),),
                cors_action_policies={"create": POLICY["handler"]},
            )
        ),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, entries add to those of the base": (
        routed(
            viewset(
                bases=(viewset(cors_action_policies={"create": POLICY["handler"]}),),
                cors_action_policies={"list": POLICY["route"]},
            )
        ),
        "/orders/",
        {"route"},
        {"handler"},
    ),
    "viewset, an overridden action keeps the entry of its base, not its decorator": (
        routed(
            viewset(
                bases=(
                    viewset(
                        cors_action_policies={"create": POLICY["handler"]}, **marked(allow("other"))
                    ),
                ),
                create=Orders.create,
            )
        ),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, an inherited action wrapped by a class decorator stays behind a nearer deny": (
        routed(viewset(documented("create"), bases=(CLOSED_CREATE,))),
        "/orders/",
        {"settings"},
        set(),
    ),
    "viewset, an inherited action wrapped by method_decorator stays behind a nearer deny": (
        routed(
            viewset(method_decorator(never_cache, name="create"), bases=(CLOSED_CREATE,)),
        ),
        "/orders/",
        {"settings"},
        set(),
    ),
    "viewset, an inherited action wrapped by hand stays behind a nearer deny": (
        routed(viewset(bases=(CLOSED_CREATE,), create=never_cache(OPEN_CREATE.create))),
        "/orders/",
        {"settings"},
        set(),
    ),
    "viewset, an inherited action wrapped twice stays behind a nearer policy": (
        routed(
            viewset(
                documented("create"),
                bases=(
                    viewset(
                        documented("create"),
                        bases=(OPEN_CREATE,),
                        cors_action_policies={"create": POLICY["handler"]},
                    ),
                ),
            )
        ),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, an inherited action decorated again is nearer than a deny": (
        routed(viewset(bases=(CLOSED_CREATE,), create=allow("handler")(OPEN_CREATE.create))),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, an inherited action wrapped by a class decorator keeps its policy": (
        routed(viewset(documented("create"), bases=(OPEN_CREATE,))),
        "/orders/",
        {"settings"},
        {"base"},
    ),
    "viewset, a method of HTTP that no action maps": (
        [path("orders/", Unmapped.as_view({"get": "list"}))],
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, an action before the method of HTTP of the same name": (
        [path("orders/", Unmapped.as_view({"get": "list", "post": "create"}))],
        "/orders/",
        {"settings"},
        {"settings"},
    ),
    "viewset, cors_policy of the base": (
        routed(viewset(bases=(viewset(cors_policy=POLICY["base"]),))),
        "/orders/",
        {"base"},
        {"base"},
    ),
    "viewset, class over base": (
        routed(viewset(bases=(viewset(cors_policy=POLICY["base"]),), cors_policy=POLICY["class"])),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset, an entry opens what the base denies": (
        routed(OPENED_CREATE),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, a denied action is taken over": (
        routed(viewset(bases=(OPENED_CREATE,), create=DENIED_CREATE.create)),
        "/orders/",
        {"settings"},
        set(),
    ),
    "viewset, a denied action is taken over, and wrapped below that": (
        routed(
            documented("create")(
                viewset(bases=(viewset(bases=(OPENED_CREATE,), create=DENIED_CREATE.create),))
            )
        ),
        "/orders/",
        {"settings"},
        set(),
    ),
    "viewset, a denied action is wrapped, not taken over": (
        routed(documented("create")(viewset(bases=(OPENED_CREATE,)))),
        "/orders/",
        {"settings"},
        {"handler"},
    ),
    "viewset, a policy that is taken over comes no nearer than a deny": (
        routed(viewset(bases=(CLOSED_CREATE,), create=OPEN_CREATE.create)),
        "/orders/",
        {"settings"},
        set(),
    ),
    "viewset, cors_policy opens what the dispatch of the base denies": (
        routed(OPENED),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset, a denied dispatch is taken over": (
        routed(viewset(bases=(OPENED,), dispatch=DENIED.dispatch)),
        "/orders/",
        set(),
        set(),
    ),
    "viewset, a refining action keeps the class's origins": (
        routed(
            viewset(
                cors_policy=POLICY["class"], cors_action_policies={"create": CorsPolicy(max_age=0)}
            )
        ),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset in an include": (
        [path("", cors_include(routed(Orders), origins=[origin("include")]))],
        "/orders/",
        {"include"},
        {"include"},
    ),
    "viewset over an include": (
        [
            path(
                "",
                cors_include(routed(viewset(cors_policy=POLICY["class"])), origins=["https://x.y"]),
            )
        ],
        "/orders/",
        {"class"},
        {"class"},
    ),
    "viewset by hand": (
        [
            path(
                "v/",
                viewset(cors_action_policies={"create": POLICY["handler"]}).as_view(
                    {"get": "list", "post": "create"}
                ),
            )
        ],
        "/v/",
        {"settings"},
        {"handler"},
    ),
    "viewset by hand, decorated in the URLconf": (
        [
            path(
                "v/",
                allow("route")(
                    viewset(cors_policy=POLICY["class"]).as_view({"get": "list", "post": "create"})
                ),
            )
        ],
        "/v/",
        {"route"},
        {"route"},
    ),
    "viewset by hand, initkwargs": (
        [
            path(
                "v/",
                Orders.as_view(
                    {"get": "list", "post": "create"}, detail=False, cors_policy=POLICY["route"]
                ),
            )
        ],
        "/v/",
        {"route"},
        {"route"},
    ),
    "viewset by hand, one action for two methods": (
        [
            path(
                "v/",
                viewset(cors_action_policies={"list": POLICY["handler"]}).as_view(
                    {"get": "list", "post": "list"}
                ),
            )
        ],
        "/v/",
        {"handler"},
        {"handler"},
    ),
    "viewset behind a decorator of Django": (
        [
            path(
                "v/",
                never_cache(
                    viewset(cors_policy=POLICY["class"]).as_view({"get": "list", "post": "create"})
                ),
            )
        ],
        "/v/",
        {"class"},
        {"class"},
    ),
    "DefaultRouter": (
        routed(viewset(cors_policy=POLICY["class"]), routers.DefaultRouter),
        "/orders/",
        {"class"},
        {"class"},
    ),
    "DefaultRouter, format suffix": (
        routed(viewset(cors_policy=POLICY["class"]), routers.DefaultRouter),
        "/orders.json",
        {"class"},
        {"class"},
    ),
    "format_suffix_patterns": (
        format_suffix_patterns(
            [
                path(
                    "v",
                    allow("route")(
                        type(
                            "V",
                            (Plain,),
                            {
                                "get": lambda self, request, format=None: Response("get"),
                                "post": lambda self, request, format=None: Response("post"),
                            },
                        ).as_view()
                    ),
                )
            ]
        ),
        "/v.json",
        {"route"},
        {"route"},
    ),
    "versioned URLs": (
        [re_path(r"^(?P<version>v[12])/", include(routed(viewset(cors_policy=POLICY["class"]))))],
        "/v2/orders/",
        {"class"},
        {"class"},
    ),
    "a router in a router's include": (
        [path("shop/<int:shop>/", cors_include(routed(Orders), origins=[origin("include")]))],
        "/shop/7/orders/",
        {"include"},
        {"include"},
    ),
}


@pytest.mark.parametrize("name", SITES)
def test_the_nearest_policy(send: Sender, name: str) -> None:
    patterns, url, get, post = SITES[name]

    with urlconf(*patterns):
        assert who_reads(send, url, "GET") == get
        assert who_reads(send, url, "POST") == post
        # A viewset learns about HEAD only while it serves its first GET or HEAD.
        assert who_reads(send, url, "HEAD") == get


# --- @action -------------------------------------------------------------------------------------


class WithActions(CorsMixin, ViewSet):
    authentication_classes: list[Any] = []
    cors_policy = POLICY["class"]
    cors_action_policies = {"by_name": POLICY["handler"]}

    @action(detail=False)
    def plain(self, request: Any) -> Response:
        return Response("plain")

    @allow("handler")
    @action(detail=False)
    def above(self, request: Any) -> Response:
        return Response("above")

    @action(detail=False)
    @allow("handler")
    def below(self, request: Any) -> Response:
        return Response("below")

    @action(detail=False)
    def by_name(self, request: Any) -> Response:
        return Response("by_name")

    @action(detail=False, cors_policy=POLICY["route"])
    def by_keyword(self, request: Any) -> Response:
        return Response("by_keyword")

    @cors_deny
    @action(detail=False)
    def denied(self, request: Any) -> Response:
        return Response("denied")

    @action(detail=True, methods=["get"])
    def mapped(self, request: Any, pk: str) -> Response:
        return Response("mapped")

    @mapped.mapping.post
    @allow("handler")
    def mapped_post(self, request: Any, pk: str) -> Response:
        return Response("mapped_post")

    @mapped.mapping.delete
    def mapped_delete(self, request: Any, pk: str) -> Response:
        return Response("mapped_delete")

    @cors_deny
    @action(detail=False, methods=["get", "options"])
    def denied_options(self, request: Any) -> Response:
        return Response("denied_options")

    @action(detail=False)
    def readable(self, request: Any) -> Response:
        return Response("readable")

    @readable.mapping.options
    @allow("handler")
    def readable_options(self, request: Any) -> Response:
        return Response("readable_options")


# name -> (path, method, who reads)
ACTIONS: dict[str, tuple[str, str, set[str]]] = {
    "without a policy of its own": ("/orders/plain/", "GET", {"class"}),
    "decorated above @action": ("/orders/above/", "GET", {"handler"}),
    "decorated below @action": ("/orders/below/", "GET", {"handler"}),
    "named in cors_action_policies": ("/orders/by_name/", "GET", {"handler"}),
    "@action(cors_policy=...) is the route": ("/orders/by_keyword/", "GET", {"route"}),
    "denied": ("/orders/denied/", "GET", set()),
    "two methods of one URL, the first": ("/orders/1/mapped/", "GET", {"class"}),
    "two methods of one URL, the second": ("/orders/1/mapped/", "POST", {"handler"}),
    "a denied action that serves OPTIONS too": ("/orders/denied_options/", "OPTIONS", set()),
    "another action for OPTIONS": ("/orders/readable/", "OPTIONS", {"handler"}),
    "beside another action for OPTIONS": ("/orders/readable/", "GET", {"class"}),
    "OPTIONS that no action serves": ("/orders/plain/", "OPTIONS", {"class"}),
    "OPTIONS in the map of as_view()": ("/by-map/", "OPTIONS", {"handler"}),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_actions(send: Sender, name: str) -> None:
    url, method, expected = ACTIONS[name]

    by_map = path("by-map/", WithActions.as_view({"get": "plain", "options": "by_name"}))

    with urlconf(by_map, *routed(WithActions)):
        assert who_reads(send, url, method) == expected


def test_actions_of_one_url_do_not_bleed(send: Sender) -> None:
    with urlconf(*routed(WithActions)):
        get = cors_headers(send.preflight("/orders/1/mapped/", origin("class"), "GET"))
        post = cors_headers(send.preflight("/orders/1/mapped/", origin("handler"), "POST"))

    assert get[METHODS] == "DELETE, GET, OPTIONS"
    assert get["access-control-max-age"] == "0"
    assert post[METHODS] == "POST"


# --- Methods offered -----------------------------------------------------------------------------

# name -> (view, methods that a preflight names)
OFFERED: dict[str, tuple[Any, str]] = {
    "a viewset's list route": (
        Orders.as_view({"get": "list", "post": "create"}, cors_policy=POLICY["class"]),
        "GET, OPTIONS, POST",
    ),
    "a list-only viewset never advertises DELETE": (
        Orders.as_view({"get": "list"}, cors_policy=POLICY["class"]),
        "GET, OPTIONS",
    ),
    "a detail route": (
        Orders.as_view({"get": "retrieve", "delete": "destroy"}, cors_policy=POLICY["class"]),
        "DELETE, GET, OPTIONS",
    ),
    "http_method_names of the class": (
        viewset(http_method_names=["get"], cors_policy=POLICY["class"]).as_view(
            {"get": "list", "post": "create"}
        ),
        "GET",
    ),
    "http_method_names of as_view()": (
        Orders.as_view(
            {"get": "list", "post": "create"},
            cors_policy=POLICY["class"],
            http_method_names=["post", "options"],
        ),
        "OPTIONS, POST",
    ),
    "a method of HTTP that no action maps": (
        viewset(bases=(Unmapped,), cors_policy=POLICY["class"]).as_view({"put": "create"}),
        "OPTIONS, PUT",
    ),
    "get() that no action maps serves no HEAD": (
        viewset(get=Orders.list, cors_policy=POLICY["class"]).as_view({"put": "create"}),
        "GET, OPTIONS, PUT",
    ),
    "an APIView": (of_class(Plain, allow("class")).as_view(), "GET, OPTIONS, POST"),
    "an @api_view": (api(above=allow("class")), "GET, OPTIONS, POST"),
}


@pytest.mark.parametrize("name", OFFERED)
def test_the_methods_offered_are_those_implemented(send: Sender, name: str) -> None:
    view, expected = OFFERED[name]

    with urlconf(path("v/", view)):
        before = cors_headers(send.preflight("/v/", origin("class"), "GET"))
        send.actual("/v/", origin("class"), "HEAD")
        after = cors_headers(send.preflight("/v/", origin("class"), "GET"))

    assert before[METHODS] == expected
    # Serving a HEAD request adds "head" to the viewset's map, which must change nothing.
    assert after == before


# --- A POST that no attribute shows --------------------------------------------------------------


class Readable(APIView):
    authentication_classes: list[Any] = []

    @allow("handler")
    def get(self, request: Any) -> Response:
        return Response("get")


class Initialising(Readable):
    """Clients that cannot send PUT send POST."""

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        # REST framework looks for the method only after this.
        self.post = self.change

    def change(self, request: Any) -> Response:
        return Response("change")


# name -> (view class, Access-Control-Max-Age of a preflight for GET)
HIDDEN: dict[str, tuple[Any, str]] = {
    "initial() may bind a post()": (Initialising, "0"),
    "initial() of REST framework binds none": (Readable, "86400"),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_post_that_initial_serves(send: Sender, name: str) -> None:
    view, expected = HIDDEN[name]

    with urlconf(path("v/", view.as_view())):
        posted = send.actual("/v/", origin("handler"), "POST")
        preflight = send.preflight("/v/", origin("handler"), "GET", "content-type")

    assert posted.status_code == (200 if expected == "0" else 405)
    assert preflight.headers["access-control-max-age"] == expected


def test_the_table_shows_a_method_that_no_action_maps() -> None:
    with urlconf(path("v/", Unmapped.as_view({"get": "list"}))):
        route = json.loads(run("cors_policies", "--format", "json").out)["routes"][0]

    assert {tuple(row["methods"]): row["layer"] for row in route["policies"]} == {
        ("GET", "HEAD", "OPTIONS"): "settings",
        ("POST",): "handler",
    }


# --- Errors and preflights -----------------------------------------------------------------------


class Refusing(BaseThrottle):
    def allow_request(self, request: Any, view: Any) -> bool:
        return False


class NotAcceptable(BaseContentNegotiation):
    def select_parser(self, request: Any, parsers: Any) -> Any:
        return parsers[0]

    def select_renderer(self, request: Any, renderers: Any, format_suffix: Any = None) -> Any:
        if request.headers.get("accept") == "image/png":
            raise exceptions.NotAcceptable
        return renderers[0], "application/json"


def failing(error: Exception) -> Any:
    def get(self: Any, request: Any) -> Response:
        raise error

    return get


class Authentication:
    def authenticate(self, request: Any) -> Any:
        raise exceptions.AuthenticationFailed("who are you?")

    def authenticate_header(self, request: Any) -> str:
        return "Bearer"


# name -> (attributes of the view, how it is asked, status)
ERRORS: dict[str, tuple[dict[str, Any], dict[str, Any], int]] = {
    "401": ({"authentication_classes": [Authentication]}, {}, 401),
    "403": ({"permission_classes": [permissions.IsAuthenticated]}, {}, 403),
    "404": ({"get": failing(exceptions.NotFound())}, {}, 404),
    "405": ({}, {"method": "DELETE"}, 405),
    "406": ({"content_negotiation_class": NotAcceptable}, {"accept": "image/png"}, 406),
    "415": (
        {"post": lambda self, request: Response(request.data)},
        {"method": "POST", "content_type": "image/png"},
        415,
    ),
    "429": ({"throttle_classes": [Refusing]}, {}, 429),
    "500": ({"get": failing(RuntimeError("broken"))}, {}, 500),
}


@pytest.mark.parametrize("name", ERRORS)
def test_errors_are_readable_and_preflights_never_meet_them(send: Sender, name: str) -> None:
    attributes, asked, status = ERRORS[name]
    view = of_class(type("V", (Plain,), attributes), allow("class")).as_view()
    headers = {"origin": origin("class"), "accept": asked.get("accept", "*/*")}

    with urlconf(path("v/", view)):
        response = send(
            asked.get("method", "GET"),
            "/v/",
            headers,
            data="x",
            content_type=asked.get("content_type", "application/json"),
        )
        preflight = send.preflight("/v/", origin("class"), "GET")

    assert response.status_code == status
    assert cors_headers(response)[ORIGIN] == origin("class")
    assert "origin" in cors_headers(response)["vary"]
    assert preflight.status_code == 200
    assert ORIGIN in preflight


def test_a_preflight_runs_nothing_of_the_view(send: Sender, spy: Spy) -> None:
    class Noting:
        def __getattribute__(self, name: str) -> Any:
            spy.note(name)
            return object.__getattribute__(self, name)

    class Watched(Plain):
        authentication_classes = [Noting]
        permission_classes = [Noting]
        throttle_classes = [Noting]

        def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
            spy.note("initial")

    with urlconf(path("v/", allow("route")(Watched.as_view()))):
        response = send.preflight("/v/", origin("route"), "POST", "authorization")

    assert ORIGIN in response
    assert spy.calls == []


@pytest.fixture
def spy() -> Spy:
    return Spy()


BROWSABLE: dict[str, Any] = {
    "INSTALLED_APPS": [
        "django.contrib.auth",
        "django.contrib.contenttypes",
        "django.contrib.staticfiles",
        "cors_views",
        "rest_framework",
    ],
    "STATIC_URL": "/static/",
    "TEMPLATES": [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}],
}


def test_the_browsable_api_carries_the_policy(send: Sender) -> None:
    with (
        override_settings(**BROWSABLE),
        urlconf(path("v/", of_class(Plain, allow("class")).as_view())),
    ):
        page = send.actual("/v/", origin("class"), accept="text/html")
        refused = send.actual("/v/", origin("other"), accept="text/html")

    assert b"<title>" in page.content
    assert_cors_headers(page, {ORIGIN: origin("class"), "vary": "Accept, origin"})
    assert_cors_headers(refused, {"vary": "Accept, origin"})


def test_the_metadata_of_an_options_request_carries_the_policy(send: Sender) -> None:
    with urlconf(path("v/", of_class(Plain, allow("class")).as_view())):
        response = send.actual("/v/", origin("class"), "OPTIONS", accept="application/json")

    assert response.json()["renders"]
    assert_cors_headers(response, {ORIGIN: origin("class"), "vary": "Accept, origin"})


# --- Mistakes ------------------------------------------------------------------------------------


class Abstract(CorsMixin):
    """Names an action to come; nothing is judged before as_view()."""

    cors_action_policies = {"export": "public"}


def listing(made: Any) -> Any:
    return made.as_view({"get": "list"})


# name -> (what raises, what the message holds)
MISTAKES: dict[str, tuple[Any, tuple[str, ...]]] = {
    "an unknown action, with the close match": (
        lambda: listing(viewset(cors_action_policies={"lst": "public"})),
        ("names 'lst', but", "has no such action", "Did you mean 'list'?", "__.py:"),
    ),
    "an unknown action of an abstract mixin": (
        lambda: listing(viewset(bases=(Abstract, Orders))),
        (
            "Abstract.cors_action_policies",
            "names 'export'",
            "It has create, destroy, list, retrieve",
        ),
    ),
    "what the viewset has, but is no action": (
        lambda: listing(viewset(cors_action_policies={"initialize_request": "public"})),
        ("names 'initialize_request'",),
    ),
    "an action that is not implemented": (
        lambda: listing(
            viewset(
                bases=(CorsMixin, ReadOnlyModelViewSet), cors_action_policies={"destroy": cors_deny}
            )
        ),
        ("names 'destroy'",),
    ),
    "a handler that an APIView has not": (
        lambda: viewset(bases=WITH_MIXIN, cors_action_policies={"put": "public"}).as_view(),
        ("names 'put'", "It has get, options, post"),
    ),
    "an unknown policy": (
        lambda: listing(viewset(cors_policy="partnes")),
        ("Made.cors_policy at ", "named 'partnes'. Did you mean 'partners'?"),
    ),
    "an unknown policy of an action": (
        lambda: listing(viewset(cors_action_policies={"list": "publik"})),
        ("Made.cors_action_policies['list'] at ", "Did you mean 'public'?"),
    ),
    "an unknown policy of the route": (
        lambda: Orders.as_view({"get": "list"}, cors_policy="publik"),
        ("Orders.as_view(cors_policy=...) at ", "__.py:", "Did you mean 'public'?"),
    ),
    "no policy at all": (
        lambda: listing(viewset(cors_policy=[])),
        ("Made.cors_policy at ", "[] is not a policy. To admit nobody, write cors_deny."),
    ),
    "None over a base that declares": (
        lambda: listing(viewset(bases=(viewset(cors_policy="public"),), cors_policy=None)),
        ("Made.cors_policy at ", "None is not a policy.", "To declare nothing, leave it out."),
    ),
    "None where no base declares": (
        lambda: listing(viewset(cors_policy=None)),
        ("Made.cors_policy at ", "None is not a policy."),
    ),
    "None of a mixin": (
        lambda: listing(viewset(bases=(type("Mixin", (), {"cors_policy": None}), Orders))),
        ("Mixin.cors_policy at ", "None is not a policy."),
    ),
    "None given to as_view()": (
        lambda: Orders.as_view({"get": "list"}, cors_policy=None),
        ("Orders.as_view(cors_policy=...) at ", "None is not a policy."),
    ),
    "None for an action": (
        lambda: listing(viewset(cors_action_policies={"list": None})),
        ("Made.cors_action_policies['list'] at ", "None is not a policy."),
    ),
    "None for all actions": (
        lambda: listing(viewset(cors_action_policies=None)),
        ("Made.cors_action_policies at ", "is None, not a dict of policies by action"),
    ),
    "an empty list for all actions": (
        lambda: listing(viewset(cors_action_policies=[])),
        ("Made.cors_action_policies at ", "is [], not a dict of policies by action"),
    ),
    "no dict": (
        lambda: listing(viewset(cors_action_policies=["list"])),
        ("not a dict of policies by action", '{"list": "public"}'),
    ),
    "the actions' policies given to as_view()": (
        lambda: Orders.as_view({"get": "list"}, cors_action_policies={"list": "public"}),
        ("cors_action_policies", "on the class"),
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_in_as_view(name: str) -> None:
    mistake, message = MISTAKES[name]

    with pytest.raises(ImproperlyConfigured) as raised:
        mistake()

    for part in message:
        assert part.replace("__.py", "test_rest_framework.py") in str(raised.value)
    assert vars(raised.value)["filename"] == __file__


def test_a_mistake_in_an_action_is_reported_where_the_viewset_is() -> None:
    class Wrong(CorsMixin, ViewSet):
        @action(detail=False, cors_policy="publik")
        def export(self, request: Any) -> Any: ...

    router = routers.SimpleRouter()
    router.register("wrong", Wrong, "wrong")

    with pytest.raises(ImproperlyConfigured, match=r"test_rest_framework\.py:") as raised:
        assert router.urls

    assert vars(raised.value)["filename"] == __file__


def test_a_mistake_in_a_plain_mixin_is_reported_where_the_view_is_made() -> None:
    class Plain:
        cors_policy = "publik"

    with pytest.raises(ImproperlyConfigured, match=r"Plain\.cors_policy at") as raised:
        listing(viewset(bases=(CorsMixin, Plain, ViewSet)))

    assert vars(raised.value)["filename"] == __file__


def test_an_origin_for_a_policy_is_refused() -> None:
    with pytest.raises(TypeError, match="For an origin write"):
        listing(viewset(cors_policy="https://app.example"))


def test_every_action_may_be_named() -> None:
    everything = ["list", "create", "retrieve", "update", "partial_update", "destroy"]
    made = viewset(
        bases=(CorsMixin, ModelViewSet),
        cors_action_policies=dict.fromkeys(everything, "public"),
    )

    assert made.as_view({"get": "list"}).cls is made


@pytest.mark.parametrize(
    "attributes",
    [
        pytest.param({"cors_policy": None}, id="None-over-a-base-that-declares"),
        pytest.param({"cors_policy": ""}, id="an-empty-text"),
        pytest.param({"cors_policy": []}, id="an-empty-list"),
        pytest.param({"cors_action_policies": {"list": None}}, id="None-for-an-action"),
        pytest.param({"cors_action_policies": None}, id="None-for-all-actions"),
        pytest.param({"cors_action_policies": ["partners"]}, id="no-dict"),
    ],
)
def test_what_means_no_policy_admits_nobody_where_its_error_was_swallowed(
    send: Sender, caplog: Any, attributes: dict[str, Any]
) -> None:
    base = viewset(cors_policy=POLICY["base"])
    made = type("Wrong", (base,), attributes)
    # As after a try around as_view(), or with the mixin after the viewset.
    view = ViewSet.as_view.__func__(made, {"get": "list"})

    with urlconf(path("v/", view)):
        assert who_reads(send, "/v/") == set()

    assert "admits nobody" in caplog.text


def test_none_given_to_as_view_admits_nobody_where_its_error_was_swallowed(send: Sender) -> None:
    made = viewset(cors_policy=POLICY["base"])
    view = ViewSet.as_view.__func__(made, {"get": "list"}, cors_policy=None)

    with urlconf(path("v/", view)):
        assert who_reads(send, "/v/") == set()


def test_a_policy_that_a_swallowed_error_let_through_admits_nobody(
    send: Sender, caplog: Any
) -> None:
    """With the mixin after the viewset, DRF's as_view() is found first and checks nothing."""
    made = type(
        "Wrong",
        (ViewSet, CorsMixin),
        {"cors_policy": "partnes", "list": Orders.list, "authentication_classes": []},
    )

    with urlconf(path("v/", made.as_view({"get": "list"}))):
        assert who_reads(send, "/v/") == set()

    with urlconf(path("v/", made.as_view({"get": "list"}))):
        message = f"{__name__}.Wrong has CorsMixin after ViewSetMixin: its"
        assert "W024" in [number for number, text in found() if text.startswith(message)]
    assert "invalid" in caplog.text
    assert "Did you mean 'partners'?" in caplog.text


def test_the_mixin_describes_no_api() -> None:
    """drf-spectacular, for one, takes the first docstring along the MRO."""
    assert [each.__doc__ for each in CorsMixin.__mro__[:-1]] == [None, None]
    described = type("Described", (CorsMixin, ViewSet), {})
    assert inspect.getdoc(described) == inspect.getdoc(ViewSet)
    assert described().get_view_description() == ""
    assert described.as_view({"get": "list"}).__doc__ is None


# --- CORS_OPT_IN ---------------------------------------------------------------------------------


def test_the_mixin_opts_in_only_what_its_attributes_name(send: Sender) -> None:
    made = viewset(cors_action_policies={"create": CorsPolicy(max_age=1)})

    with override_settings(CORS_OPT_IN=True), urlconf(*routed(made)):
        assert who_reads(send, "/orders/", "GET") == set()
        assert who_reads(send, "/orders/", "POST") == {"settings"}


# --- Without DRF ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lacking", "said"),
    [
        pytest.param("rest_framework", "pip install djangorestframework", id="not-there"),
        # As an old release of it fails on a new Django.
        pytest.param("rest_framework.generics", "import of rest_framework.generics", id="broken"),
    ],
)
def test_without_drf_only_the_mixin_is_missing(lacking: str, said: str) -> None:
    code = f"""
import sys
sys.modules["{lacking}"] = None
import cors_views
try:
    import cors_views.rest_framework
except ImportError as error:
    print(error)
"""
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )

    assert said in done.stdout


# --- What the checks find ------------------------------------------------------------------------


@pytest.fixture
def _only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(marks, "_everything_applied", set())


def found() -> list[tuple[str, str]]:
    return [
        (message.id.removeprefix("cors_views."), message.msg)
        for message in run_checks()
        if message.id.startswith("cors_views.")
    ]


def destroying(view: Any) -> Any:
    """Wrap as careless decorators do, keeping nothing of what is wrapped."""

    def wrapper(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        return view(request, *args, **kwargs)

    return wrapper


@pytest.mark.usefixtures("_only_these")
def test_a_declaration_that_no_route_reaches_is_found() -> None:
    made = viewset(
        cors_action_policies={"retrieve": "public"}, **marked(allow("handler"), "destroy")
    )
    abstract = viewset(bases=(CorsMixin, GenericViewSet), cors_policy="public")
    concrete = viewset(bases=(abstract, Orders))
    cors_include([], policy="public")
    patterns = [
        path("lost/", destroying(cors_allow(origins=HANDLER)(function))),
        path("kept/", never_cache(transaction.atomic(cors_allow(origins=HANDLER)(function)))),
        path("made/", made.as_view({"get": "list"})),
        path("concrete/", concrete.as_view({"get": "list"})),
        # Django REST framework serves its POST all the same.
        path("unmapped/", viewset(post=allow("handler")(function)).as_view({"get": "list"})),
    ]

    with urlconf(*patterns):
        messages = found()

    assert [identifier for identifier, _ in messages] == ["W023"] * 4
    text = "\n".join(message for _, message in messages)
    assert "cors_include of a list of patterns" in text
    assert "Made.cors_action_policies['retrieve']" in text
    assert "test_rest_framework.Orders.destroy" in text
    assert "test_rest_framework.function" in text
    assert text.count("test_rest_framework.py:") == 3


@pytest.mark.usefixtures("_only_these")
def test_attributes_without_the_mixin_are_found() -> None:
    forgotten = type("Forgotten", (Plain,), {"cors_policy": "public"})

    with urlconf(path("v/", forgotten.as_view())):
        ((identifier, message),) = found()

    assert identifier == "W024"
    assert "Forgotten.cors_policy has no effect" in message


@pytest.mark.usefixtures("_only_these")
@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("cors_polcy", ["W024"]),
        ("cors_action_policy", ["W024"]),
        ("cors_headers_of_our_own", []),
    ],
)
def test_a_misspelt_attribute_of_the_mixin_is_found(attribute: str, expected: list[str]) -> None:
    made = viewset(**{attribute: "public"})

    with urlconf(path("v/", made.as_view({"get": "list"}))):
        assert [identifier for identifier, _ in found()] == expected


def test_a_class_is_named_by_its_own_place_whatever_makes_it() -> None:
    class Abstract(CorsMixin, ViewSet, abc.ABC):
        cors_policy = "partnes"

    with pytest.raises(ImproperlyConfigured, match=rf"at {re.escape(__file__)}:\d+"):
        Abstract.as_view({"get": "list"})


def test_a_class_made_in_the_name_of_another_module_is_named_by_who_made_it() -> None:
    made = type("Made", (CorsMixin, ViewSet), {"__module__": "of.nobody", "cors_policy": "partnes"})

    with pytest.raises(ImproperlyConfigured, match=rf"at {re.escape(__file__)}:\d+"):
        made.as_view({"get": "list"})


@pytest.mark.usefixtures("_only_these")
def test_what_as_view_returns_is_named_by_its_class() -> None:
    def close(view: type[View]) -> Any:
        return cors_deny(view.as_view())

    one, other = type("One", (Plain,), {}), type("Other", (Plain,), {})
    patterns = [path("kept/", close(one)), path("lost/", destroying(close(other)))]

    with urlconf(*patterns):
        ((identifier, message),) = found()

    assert identifier == "W023"
    assert "test_rest_framework.Other" in message


@pytest.mark.usefixtures("_only_these")
def test_format_suffix_patterns_that_drop_an_include_are_found() -> None:
    patterns = format_suffix_patterns(
        [path("api/", cors_include([path("v", function)], policy="public"))]
    )

    with urlconf(*patterns):
        assert [identifier for identifier, _ in found()] == ["W023"]


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(cors_allow(origins=["https://a.example"]), id="what-cors_allow-returns"),
        pytest.param({"origins": []}, id="a-dict"),
    ],
)
def test_that_an_attribute_that_is_no_policy_is_told_what_to_write(value: Any) -> None:
    class Wrong(CorsMixin, APIView):
        cors_policy = value

    with pytest.raises(TypeError) as caught:
        Wrong.as_view()

    assert str(caught.value).endswith(" Write CorsPolicy(...), or the name of a policy.")
