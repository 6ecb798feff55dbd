"""Declarations are never lost: below other decorators, above them, and in Django's own views."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable
from typing import Any

import pytest
from asgiref.sync import (
    async_to_sync,
    iscoroutinefunction,
    markcoroutinefunction,
    sync_to_async,
)
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connections, transaction
from django.http import HttpResponse
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_safe

from cors_views import CorsPolicy, cors_allow, cors_deny
from cors_views.declarations.marks import marks_along, own_marks, wrapped
from tests.tables import MAX_AGE, ORIGIN, Sender, cors_headers, urlconf

APP = "https://app.example"
allow = cors_allow(origins=[APP], max_age=7)


@pytest.fixture(autouse=True)
def _site() -> Any:
    with override_settings(
        CORS_ALLOWED_ORIGINS=["https://site.example"],
        # login_required wants a user, and nobody's session needs no database.
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MIDDLEWARE=[
            "cors_views.middleware.CorsMiddleware",
            "django.contrib.sessions.middleware.SessionMiddleware",
            "django.contrib.auth.middleware.AuthenticationMiddleware",
        ],
    ):
        yield


def view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


async def async_view(request: Any, *args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


def answers(send: Sender, callback: Any, origin: str = APP) -> tuple[int, bool, str | None]:
    """Return the status of a GET, whether ``origin`` may read it, and its preflight's max-age."""
    with urlconf(path("view/", callback)):
        actual = send.actual("/view/", origin)
        preflight = cors_headers(send.preflight("/view/", origin, "PUT", ask="x-a"))
    admitted = cors_headers(actual).get(ORIGIN) == origin
    # A browser that gets one without the other would read nothing or ask in vain.
    assert admitted == (preflight.get(ORIGIN) == origin)
    return actual.status_code, admitted, preflight.get(MAX_AGE)


# --- Other decorators --------------------------------------------------------------------------


def wrapping(callback: Any) -> Any:
    """Wrap a callback as hand-made decorators do."""
    if iscoroutinefunction(callback):

        @functools.wraps(callback)
        async def inner(*args: Any, **kwargs: Any) -> Any:
            return await callback(*args, **kwargs)

    else:

        @functools.wraps(callback)
        def inner(*args: Any, **kwargs: Any) -> Any:
            return callback(*args, **kwargs)

    return inner


def hiding(callback: Any) -> Any:
    """Wrap a callback so that nothing but ``__wrapped__`` tells of it."""

    def inner(*args: Any, **kwargs: Any) -> Any:
        return callback(*args, **kwargs)

    inner.__wrapped__ = callback
    return inner


def syncing(callback: Any) -> Any:
    """Wrap an async callback in a sync one, which must not inherit a mark that says async."""

    @functools.wraps(callback)
    def inner(*args: Any, **kwargs: Any) -> Any:
        return async_to_sync(callback)(*args, **kwargs)

    return inner


class Instance:
    """A decorator that returns an instance, as class-based decorators do."""

    def __init__(self, callback: Any) -> None:
        functools.update_wrapper(self, callback)
        self.callback = callback

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        return self.callback(*args, **kwargs)


DECORATORS = [
    pytest.param(wrapping, view, 200, id="wraps"),
    pytest.param(wrapping, async_view, 200, id="wraps-async"),
    pytest.param(hiding, view, 200, id="wrapped-attribute-alone"),
    pytest.param(Instance, view, 200, id="callable-instance"),
    pytest.param(functools.partial, view, 200, id="partial"),
    pytest.param(functools.partial, async_view, 200, id="partial-async"),
    pytest.param(csrf_exempt, view, 200, id="csrf_exempt"),
    pytest.param(csrf_exempt, async_view, 200, id="csrf_exempt-async"),
    pytest.param(never_cache, view, 200, id="never_cache"),
    pytest.param(require_safe, view, 200, id="require_safe"),
    pytest.param(login_required, view, 302, id="login_required"),
    pytest.param(login_required, async_view, 302, id="login_required-async"),
    pytest.param(sync_to_async, view, 200, id="sync_to_async"),
    pytest.param(async_to_sync, async_view, 200, id="async_to_sync"),
    pytest.param(syncing, async_view, 200, id="wraps-async-to-be-sync"),
    pytest.param(
        lambda callback: csrf_exempt(wrapping(functools.partial(wrapping(callback)))),
        view,
        200,
        id="four-deep",
    ),
]


@pytest.mark.parametrize(("other", "callback", "status"), DECORATORS)
def test_that_a_declaration_below_another_decorator_counts(
    send: Sender, other: Callable[[Any], Any], callback: Any, status: int
) -> None:
    assert answers(send, other(allow(callback))) == (status, True, "7")


@pytest.mark.parametrize(("other", "callback", "status"), DECORATORS)
def test_that_a_declaration_above_another_decorator_counts(
    send: Sender, other: Callable[[Any], Any], callback: Any, status: int
) -> None:
    assert answers(send, allow(other(callback))) == (status, True, "7")


@pytest.mark.parametrize(("other", "callback", "status"), DECORATORS)
def test_that_a_decorator_between_two_declarations_keeps_their_order(
    send: Sender, other: Callable[[Any], Any], callback: Any, status: int
) -> None:
    decorated = cors_allow(max_age=3)(other(allow(callback)))

    assert answers(send, decorated) == (status, True, "3")


@pytest.mark.parametrize(("other", "callback", "status"), DECORATORS)
def test_that_what_is_not_declared_stays_the_site_s(
    send: Sender, other: Callable[[Any], Any], callback: Any, status: int
) -> None:
    # Without this row the tests above could pass for a site that admits everybody.
    assert answers(send, other(callback)) == (status, False, None)


# --- What Django reads from a callback ---------------------------------------------------------


class Api:
    def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse("answer")


class AsyncApi:
    def __init__(self) -> None:
        markcoroutinefunction(self)

    async def __call__(self, request: Any) -> HttpResponse:
        return HttpResponse("answer")


CSRF = "django.middleware.csrf.CsrfViewMiddleware"
LOGIN = "django.contrib.auth.middleware.LoginRequiredMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"

# attribute -> (its value, the middleware that reads it, a request, the status and the Location)
READ_BY_MIDDLEWARE: dict[str, tuple[Any, str, tuple[str, str], tuple[int, str | None]]] = {
    "csrf_exempt": (True, CSRF, ("POST", "/view/"), (200, None)),
    "login_required": (False, LOGIN, ("GET", "/view/"), (200, None)),
    "login_url": ("/enter/", LOGIN, ("GET", "/view/"), (302, "/enter/?next=/view/")),
    "redirect_field_name": (
        "back",
        LOGIN,
        ("GET", "/view/"),
        (302, "/accounts/login/?back=/view/"),
    ),
    "should_append_slash": (False, COMMON, ("GET", "/view"), (404, None)),
}


@pytest.mark.parametrize("attribute", READ_BY_MIDDLEWARE)
@pytest.mark.parametrize("base", [Api, AsyncApi])
def test_what_a_class_tells_middlewares_of_its_instances_is_kept(
    base: type[Any], attribute: str
) -> None:
    value, middleware, asked, answered = READ_BY_MIDDLEWARE[attribute]
    client = Client(enforce_csrf_checks=True)

    def answer(callback: Any) -> tuple[int, str | None]:
        with urlconf(path("view/", callback)):
            response = client.generic(*asked)
        return response.status_code, response.headers.get("Location")

    told = type("Told", (base,), {attribute: value})
    with override_settings(MIDDLEWARE=[*settings.MIDDLEWARE, middleware]):
        assert answer(told()) == answered
        assert answer(allow(told())) == answered
        assert answer(allow(base())) != answered


@pytest.mark.parametrize("base", [Api, AsyncApi])
def test_a_class_that_keeps_requests_out_of_a_transaction_still_does(
    base: type[Any], send: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A transaction fails here: for the async view in Django, for the other in pytest-django."""
    monkeypatch.setitem(connections.settings["default"], "ATOMIC_REQUESTS", True)
    told = transaction.non_atomic_requests(type("Told", (base,), {}))

    assert answers(send, allow(told())) == (200, True, "7")
    assert answers(send, allow(base())) == (500, True, "7")


# --- Stacked declarations ----------------------------------------------------------------------

briefly = cors_allow(max_age=3)
to_other = cors_allow(origins=["https://other.example"])


@pytest.mark.parametrize(
    ("stack", "admitted", "max_age"),
    [
        pytest.param([briefly, allow], True, "3", id="refined-by-the-outer"),
        pytest.param([allow, briefly], True, "7", id="alone-over-a-refining-one"),
        pytest.param([briefly, cors_allow(max_age=5), allow], True, "3", id="refined-twice"),
        pytest.param([cors_allow, briefly, cors_allow, allow], True, "3", id="bare-ones-between"),
        pytest.param([to_other, allow], False, None, id="the-outer-names-other-origins"),
        pytest.param([allow, to_other], True, "7", id="the-inner-names-other-origins"),
        pytest.param([cors_deny, allow], False, None, id="denied-outside"),
        pytest.param([allow, cors_deny], True, "7", id="opened-by-origins-over-a-denial"),
        pytest.param(
            [briefly, cors_deny, allow], False, None, id="refining-a-denial-opens-nothing"
        ),
        pytest.param([cors_allow(origins=[]), allow], False, None, id="nobody-outside"),
    ],
)
def test_that_the_outer_declaration_is_nearer(
    send: Sender, stack: list[Any], admitted: bool, max_age: str | None
) -> None:
    decorated: Any = view
    for decorator in reversed(stack):
        decorated = decorator(decorated)

    assert answers(send, decorated) == (200, admitted, max_age)


# --- Classes -----------------------------------------------------------------------------------


class Replies(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("answer")

    def put(self, request: Any) -> HttpResponse:
        return HttpResponse("answer")


def in_dispatch(*decorators: Any) -> Callable[[type], type]:
    return method_decorator(list(decorators), name="dispatch")


@pytest.mark.parametrize(
    ("decorators", "admitted", "max_age"),
    [
        pytest.param([allow], True, "7", id="class"),
        pytest.param([in_dispatch(allow)], True, "7", id="dispatch"),
        pytest.param([method_decorator(allow, name="dispatch")], True, "7", id="without-a-list"),
        pytest.param([in_dispatch(briefly, allow)], True, "3", id="dispatch-list-outer-first"),
        pytest.param([in_dispatch(allow, briefly)], True, "7", id="dispatch-list-other-way-round"),
        pytest.param([in_dispatch(csrf_exempt, allow)], True, "7", id="dispatch-below-another"),
        pytest.param([in_dispatch(allow, csrf_exempt)], True, "7", id="dispatch-above-another"),
        pytest.param([briefly, in_dispatch(allow)], True, "3", id="class-over-dispatch"),
        pytest.param([in_dispatch(briefly), allow], True, "3", id="dispatch-over-class"),
        pytest.param([in_dispatch(briefly), in_dispatch(allow)], True, "3", id="dispatch-twice"),
        pytest.param([in_dispatch(login_required), allow], True, "7", id="login-required-outside"),
        pytest.param([in_dispatch(cors_deny), allow], False, None, id="denied-in-dispatch"),
        pytest.param([in_dispatch(cors_allow, allow)], True, "7", id="bare-in-a-list"),
    ],
)
def test_that_a_declaration_on_a_class_counts(
    send: Sender, decorators: list[Any], admitted: bool, max_age: str | None
) -> None:
    marked: Any = type("Marked", (Replies,), {})
    for decorator in reversed(decorators):
        marked = decorator(marked)

    assert answers(send, marked.as_view())[1:] == (admitted, max_age)


@pytest.mark.parametrize(
    ("decorate", "max_age"),
    [
        pytest.param(method_decorator(allow), "7", id="method_decorator"),
        pytest.param(method_decorator([briefly, allow]), "3", id="list-outer-first"),
        pytest.param(method_decorator([csrf_exempt, allow]), "7", id="below-another"),
        pytest.param(method_decorator([allow, csrf_exempt]), "7", id="above-another"),
        pytest.param(lambda method: allow(method_decorator(never_cache)(method)), "7", id="over"),
        pytest.param(lambda method: method_decorator(never_cache)(allow(method)), "7", id="under"),
        pytest.param(lambda method: briefly(method_decorator(allow)(method)), "3", id="stacked"),
    ],
)
def test_that_a_declaration_on_a_method_counts(
    send: Sender, decorate: Callable[[Any], Any], max_age: str
) -> None:
    class Marked(View):
        @decorate
        def get(self, request: Any) -> HttpResponse:
            return HttpResponse("answer")

        @decorate
        def put(self, request: Any) -> HttpResponse:
            return HttpResponse("answer")

    assert answers(send, Marked.as_view()) == (200, True, max_age)


class OnlyOnClass(classmethod):
    """As Django's ``classonlymethod``."""


@pytest.mark.parametrize("decorate", [allow, cors_allow], ids=["called", "bare"])
@pytest.mark.parametrize("member", [staticmethod, classmethod, OnlyOnClass])
def test_that_what_a_class_body_makes_of_functions_may_be_decorated(
    send: Sender, member: Any, decorate: Any
) -> None:
    def get(*given: Any) -> HttpResponse:
        return HttpResponse(f"given {len(given)}")

    marked = type("Marked", (View,), {"get": allow(decorate(member(get)))})

    assert type(vars(marked)["get"]) is member
    with urlconf(path("v/", marked.as_view())):
        response = send.actual("/v/", APP)
    assert response.content == (b"given 1" if member is staticmethod else b"given 2")
    assert cors_headers(response)[ORIGIN] == APP


@pytest.mark.parametrize(
    "member",
    [property(view), functools.cached_property(view), functools.partialmethod(view)],
    ids=["property", "cached_property", "partialmethod"],
)
def test_that_what_cannot_be_called_is_refused_where_it_is_decorated(member: Any) -> None:
    with pytest.raises(TypeError, match=r"test_marks\.py:\d+ decorates a view, not"):
        allow(member)


def test_that_method_decorator_on_a_child_does_not_bring_the_parent_s_policy_nearer(
    send: Sender,
) -> None:
    # method_decorator copies the marks of the inherited dispatch onto the new one, and copies
    # them last: under one name for every declaration the parent's would win.
    parent = in_dispatch(cors_allow(origins=["https://parent.example"], max_age=1))(
        type("Parent", (Replies,), {})
    )
    child = in_dispatch(allow)(type("Child", (parent,), {}))

    assert answers(send, child.as_view()) == (200, True, "7")
    assert answers(send, child.as_view(), "https://parent.example") == (200, False, None)


# --- How they are found ------------------------------------------------------------------------


def ages(marks: list[Any]) -> list[int]:
    """Return the max_age of each mark's policy, which tells the declarations here apart."""
    return [mark.declaration.policies[0].max_age for mark in marks]


def test_that_own_marks_are_those_of_the_holder_alone() -> None:
    inner = cors_allow(max_age=1)(view)
    outer = functools.partial(inner)

    assert ages(own_marks(inner)) == [1]
    assert own_marks(outer) == []
    assert ages(marks_along(outer)) == [1]


def test_that_own_marks_of_a_class_come_outermost_first() -> None:
    marked = type("Marked", (), {})

    cors_allow(max_age=1)(briefly(allow(marked)))

    assert ages(own_marks(marked)) == [1, 3, 7]


def test_that_own_marks_of_a_class_are_not_inherited() -> None:
    parent = cors_allow(max_age=1)(type("Parent", (), {}))
    child = type("Child", (parent,), {})

    assert ages(own_marks(parent)) == [1]
    assert own_marks(child) == []


@pytest.mark.parametrize(
    "holder",
    [
        pytest.param(object(), id="without-a-dict"),
        pytest.param(None, id="none"),
        pytest.param(5, id="a-number"),
        pytest.param(len, id="builtin"),
    ],
)
def test_that_what_cannot_hold_a_mark_has_none(holder: Any) -> None:
    assert own_marks(holder) == []
    assert marks_along(holder) == []


def test_that_a_mark_that_was_copied_outwards_is_found_once() -> None:
    decorated = wrapping(wrapping(cors_allow(max_age=1)(view)))

    assert ages(marks_along(decorated)) == [1]


def test_that_marks_come_outermost_first() -> None:
    decorated = functools.partial(cors_allow(max_age=1)(functools.partial(briefly(allow(view)))))

    assert ages(marks_along(decorated)) == [1, 3, 7]


@pytest.mark.parametrize(
    "member",
    [
        pytest.param(staticmethod, id="staticmethod"),
        pytest.param(classmethod, id="classmethod"),
        pytest.param(functools.partialmethod, id="partialmethod"),
    ],
)
def test_that_a_mark_is_found_behind_what_a_class_body_makes_of_functions(
    member: Callable[[Any], Any],
) -> None:
    assert ages(marks_along(member(allow(view)))) == [7]


def test_that_a_mark_is_found_on_a_bound_method() -> None:
    class Site:
        @allow
        def index(self, request: Any) -> None: ...

    assert ages(marks_along(Site().index)) == [7]


def test_that_wrappers_are_followed_inwards() -> None:
    inner = wrapping(view)
    outer = functools.partial(inner)

    assert list(wrapped(outer)) == [outer, inner, view]


class Everything:
    """Has every attribute, as mocks do."""

    def __getattr__(self, name: str) -> Any:
        return Everything()


def circular() -> Any:
    def first() -> None: ...

    def second() -> None: ...

    first.__wrapped__, second.__wrapped__ = second, first
    return first


@pytest.mark.parametrize(
    "holder",
    [pytest.param(circular(), id="cycle"), pytest.param(Everything(), id="every-attribute")],
)
def test_that_the_search_ends(holder: Any) -> None:
    steps = list(itertools.islice(wrapped(holder), 1000))

    assert len(steps) == 100
    assert marks_along(holder) == []


def test_that_fields_replace_those_of_a_named_policy_as_it_is_now() -> None:
    with override_settings(CORS_POLICIES={"x": {"origins": [APP], "max_age": 1}}):
        (mark,) = marks_along(cors_allow("x", max_age=2)(view))

    with override_settings(CORS_POLICIES={"x": {"origins": "*", "max_age": 1}}):
        assert mark.declaration.resolve() == (CorsPolicy(origins="*", max_age=2),)
