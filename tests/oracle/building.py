"""Makes Django serve what is written, with the public names of ``cors_views``."""

from __future__ import annotations

import functools
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.test.utils import override_settings
from django.urls import include, path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from cors_views.signals import check_request_enabled
from tests.oracle.written import Class, Fields, Mark, Marks, Route
from tests.tables import Patterns

try:
    from rest_framework.decorators import action, api_view, authentication_classes
    from rest_framework.views import APIView
    from rest_framework.viewsets import ViewSet

    from cors_views.rest_framework import CorsMixin
except ImportError:
    CorsMixin = APIView = ViewSet = None

#: The views that ran, by URL.
RAN: list[str] = []
#: What the middleware below writes itself, where it keeps a request from its view.
EARLY = {"Access-Control-Allow-Credentials": "true"}


def answer_early(get_response: Any) -> Any:
    """A middleware below, which keeps some requests from their views."""

    def middleware(request: HttpRequest) -> Any:
        if "HTTP_X_EARLY" in request.META:
            return HttpResponse("early", status=403, headers=EARLY)
        return get_response(request)

    return middleware


# --- Declarations --------------------------------------------------------------------------------


def policy(fields: Fields) -> CorsPolicy:
    return CorsPolicy(**fields)


def denial(mark: Mark) -> Any:
    return cors_deny if mark.enforce is None else cors_deny(enforce=mark.enforce)


def allow(mark: Mark, written: int) -> Any:
    """Return the decorator for a mark, written in one of the ways there are."""
    if mark.denies:
        return denial(mark)
    if mark.names:
        return cors_allow(*mark.names)
    if len(mark.policies) > 1:
        return cors_allow(*map(policy, mark.policies))
    fields = mark.policies[0]
    if written % 3 == 0:
        return cors_allow(policy(fields))
    if written % 3 == 1 or not fields:
        return cors_allow(**fields) if fields or written % 2 else cors_allow
    # A field by keyword replaces that of the policy.
    name = min(fields)
    return cors_allow(policy(fields), **{name: fields[name]})


def value(mark: Mark) -> Any:
    """Return what stands for a mark where a value is taken."""
    if mark.denies:
        return denial(mark)
    values = list(mark.names) or [policy(each) for each in mark.policies]
    return values[0] if len(values) == 1 else values


def plain(view: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator of somebody else."""

    @functools.wraps(view)
    def wrapper(*args: Any, **kwargs: Any) -> Any:
        return view(*args, **kwargs)

    return wrapper


def decorated(view: Any, marks: Marks, between: tuple[Any, ...] = ()) -> Any:
    """Put marks on a view, the last of them first, with decorators of others in between."""
    for index, mark in enumerate(reversed(marks)):
        view = allow(mark, index + len(marks))(view)
        if between:
            view = between[index % len(between)](view)
    return view


# --- Views ---------------------------------------------------------------------------------------


def answering(route: Route) -> Callable[..., HttpResponse]:
    def answer(*args: Any, **kwargs: Any) -> HttpResponse:
        RAN.append(route.url)
        return HttpResponse("view", status=route.status, headers=dict(route.own))

    return answer


def function_view(route: Route) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        return answering(route)()

    others = (plain, csrf_exempt, functools.partial, plain)
    return decorated(view, route.entry, others[len(route.url) % 2 :])


def api_function(route: Route) -> Any:
    def view(request: HttpRequest) -> HttpResponse:
        return answering(route)()

    below = authentication_classes([])(decorated(view, route.below))
    return decorated(api_view(list(route.listed))(below), route.entry)


def handler(route: Route, marks: Marks) -> Any:
    def handle(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        return answering(route)()

    if route.kind == "viewset" and len(marks) % 2:
        # As an extra action; what is declared may stand above the decorator and below it.
        return decorated(action(detail=False)(decorated(handle, marks[1:])), marks[:1])
    return decorated(handle, marks, (plain,) if len(route.url) % 2 else ())


def hiding(route: Route, where: str, owner: list[type]) -> dict[str, Any]:
    """Return what answers POST where nobody sees it; ``owner`` will hold the class."""

    def dispatch(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if request.method == "POST" and where == "dispatch":
            return answering(route)()
        return super(owner[0], self).dispatch(request, *args, **kwargs)

    def setup(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super(owner[0], self).setup(request, *args, **kwargs)
        self.post = answering(route)

    def initial(self: Any, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        super(owner[0], self).initial(request, *args, **kwargs)
        self.post = answering(route)

    def http_method_not_allowed(self: Any, request: HttpRequest, *args: Any, **kw: Any) -> Any:
        return answering(route)()

    body: dict[str, Any] = {
        "dispatch": dispatch,
        "super": dispatch,
        "setup": setup,
        "initial": initial,
        "http_method_not_allowed": http_method_not_allowed,
    }
    return {"dispatch" if where == "super" else where: body[where]} if where else {}


def made_class(route: Route, one: Class, bases: tuple[type, ...]) -> type:
    body: dict[str, Any] = {name: handler(route, m) for name, m in one.handlers.items()}
    owner: list[type] = []
    body |= hiding(route, one.hides, owner)
    if one.cors_policy is not None:
        body["cors_policy"] = value(one.cors_policy)
    if one.action_policies:
        body["cors_action_policies"] = {
            name: value(mark) for name, mark in one.action_policies.items()
        }
    made = type("Random", bases, body)
    owner.append(made)
    for name, marks in one.wrapped.items():
        for index, mark in enumerate(reversed(marks)):
            made = method_decorator(allow(mark, index), name=name)(made)
    for index, (on_dispatch, mark) in enumerate(reversed(one.above)):
        decorator = allow(mark, index)
        made = (method_decorator(decorator, name="dispatch") if on_dispatch else decorator)(made)
    return made


def class_of(route: Route) -> type:
    frameworks: dict[str, tuple[type, ...]] = {"view": (View,)}
    if APIView is not None:
        frameworks |= {"apiview": (CorsMixin, APIView), "viewset": (CorsMixin, ViewSet)}
    made: dict[int, type] = {}
    last = len(route.classes) - 1
    for index in range(last, -1, -1):
        one = route.classes[index]
        bases = tuple(made[base] for base in one.bases)
        if index == last:
            bases = frameworks[route.kind]
        made[index] = made_class(route, one, bases)
    leaf: Any = made[0]
    if route.kind != "view":
        leaf.authentication_classes = leaf.permission_classes = []
    return leaf


def class_view(route: Route) -> Any:
    given: dict[str, Any] = {}
    if len(route.http_method_names) < 7:
        given["http_method_names"] = list(route.http_method_names)
    if route.cors_policy is not None:
        given["cors_policy"] = value(route.cors_policy)
    positional = [dict(route.actions)] if route.kind == "viewset" else []
    made: Any = class_of(route)
    return decorated(made.as_view(*positional, **given), route.entry)


BUILDERS = {"function": function_view, "api_view": api_function}


def url_of(route: Route) -> Any:
    """Return the pattern of a route, below its includes."""
    view = BUILDERS.get(route.kind, class_view)(route)
    *prefixes, name = route.url.rstrip("/").split("/")
    pattern = path(f"{name}/", view)
    for index, prefix in enumerate(reversed(prefixes)):
        mark = route.includes[index]
        inner: Any = [pattern]
        if mark is None:
            pattern = path(f"{prefix}/", include(inner))
        else:
            pattern = path(f"{prefix}/", cors_include(inner, policy=value(mark)))
    return pattern


@contextmanager
def served(settings: dict[str, Any], routes: tuple[Route, ...], receivers: Any) -> Any:
    """Serve a site; ``settings`` are as they are written, valid or not."""
    with ExitStack() as stack:
        stack.enter_context(override_settings(**settings))
        for receiver in receivers:
            check_request_enabled.connect(receiver)
            stack.callback(check_request_enabled.disconnect, receiver)
        stack.enter_context(
            override_settings(ROOT_URLCONF=Patterns([url_of(route) for route in routes]))
        )
        yield
