"""Classes that serve POST without showing it: no preflight that others got may let it run.

Fetch, "CORS-preflight cache": POST needs no naming, so a header that was allowed for GET goes with
it for as long as the answer is kept.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.mixins import AccessMixin
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.generic import TemplateView

from cors_views import cors_allow, cors_deny
from tests.tables import MAX_AGE, METHODS, ORIGIN, Sender, cors_headers, urlconf

APP = "https://app.example"


def posted(*args: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("post")


class Readable(View):
    """Pages of APP may read it; nobody may post."""

    @cors_allow(origins=[APP])
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")


class ByDispatch(Readable):
    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return posted() if request.method == "POST" else super().dispatch(request)


class BySetup(Readable):
    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.post = posted


class ByRefusal(Readable):
    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return posted()


class ByGetattr(Readable):
    def __getattr__(self, name: str) -> Any:
        if name == "post":
            return posted
        raise AttributeError(name)


class ByGetattribute(Readable):
    def __getattribute__(self, name: str) -> Any:
        return posted if name == "post" else super().__getattribute__(name)


class ByInit(Readable):
    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.post = posted


class ByNew(Readable):
    def __new__(cls, **kwargs: Any) -> Any:
        made = super().__new__(cls)
        vars(made)["post"] = posted
        return made


class ByAsView(Readable):
    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:  # type: ignore[override]
        def view(request: Any) -> Any:
            return posted() if request.method == "POST" else shown(request)

        shown = super().as_view(**initkwargs)
        view.view_class = cls  # type: ignore[attr-defined]
        return view


class Mixed:
    """A plain mixin, far from any view."""

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return posted() if request.method == "POST" else super().dispatch(request)  # type: ignore[misc]


class ByMixin(Mixed, Readable):
    pass


@method_decorator(never_cache, name="dispatch")
class Decorated(ByDispatch):
    """The decorator wraps what the base overrides."""


class ByProperty(Readable):
    @property
    def post(self) -> Any:
        return posted


class ByDescriptor(Readable):
    class OnInstances:
        def __get__(self, instance: Any, owner: type) -> Any:
            if instance is None:
                raise AttributeError("post")
            return posted

    post = OnInstances()


class Hidden(type):
    def __getattribute__(cls, name: str) -> Any:
        if name == "post":
            raise AttributeError(name)
        return super().__getattribute__(name)


class ByMetaclass(Readable, metaclass=Hidden):
    def post(self, request: Any) -> Any:
        return posted()


class BySetattr(Readable):
    def __setattr__(self, name: str, value: Any) -> None:
        super().__setattr__(name, value)
        vars(self)["post"] = posted


HIDING = [
    ByDispatch,
    BySetup,
    ByRefusal,
    ByGetattr,
    ByGetattribute,
    ByInit,
    ByNew,
    ByAsView,
    ByMixin,
    Decorated,
    ByProperty,
    ByDescriptor,
    ByMetaclass,
    BySetattr,
]


#: (view class, what as_view() is given)
VIEWS = [
    *(pytest.param(view, {}, id=view.__name__) for view in HIDING),
    # View.__init__() sets it on the instance, so that the class does not show it.
    pytest.param(Readable, {"dispatch": posted}, id="as_view(dispatch=...)"),
    pytest.param(Readable, {"http_method_not_allowed": posted}, id="as_view(http_method_...=...)"),
]


@pytest.mark.parametrize(("view", "given"), VIEWS)
@pytest.mark.parametrize("closed", [True, False], ids=["cors_deny", "undeclared"])
def test_no_preflight_for_get_is_kept(send: Sender, view: Any, given: Any, closed: bool) -> None:
    entry = (cors_deny(type("Closed", (view,), {})) if closed else view).as_view(**given)

    with urlconf(path("v/", entry)):
        answer = send.actual("/v/", method="POST", content_type="application/json")
        preflight = cors_headers(send.preflight("/v/", APP, "GET", "content-type"))

    assert answer.content == b"post"
    assert preflight[ORIGIN] == APP
    assert preflight[METHODS] == "GET, HEAD"
    assert preflight[MAX_AGE] == "0"


def wider(**fields: Any) -> Any:
    return cors_allow(origins=[APP], **fields)(type("Wider", (ByDispatch,), {}))


@method_decorator(csrf_exempt, name="dispatch")
class Exempt(Readable):
    pass


class OfDjango(AccessMixin, Readable, TemplateView):
    pass


# name -> (view class, Access-Control-Max-Age of a preflight for GET with content-type)
KEPT: dict[str, tuple[Any, str]] = {
    "what overrides nothing serves what it shows": (Readable, "86400"),
    "a decorated dispatch is still Django's": (Exempt, "86400"),
    "Django's own classes serve what they show": (OfDjango, "86400"),
    "the class admits as much as the handler": (wider(), "86400"),
    "the class allows fewer headers than the handler": (wider(headers=["accept"]), "0"),
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_known_or_admitted_is_kept(send: Sender, name: str) -> None:
    view, expected = KEPT[name]

    with urlconf(path("v/", view.as_view())):
        preflight = cors_headers(send.preflight("/v/", APP, "GET", "content-type"))

    assert preflight[MAX_AGE] == expected


def test_a_max_age_that_opens_a_hidden_post_is_reported() -> None:
    kept = type("Kept", (ByDispatch,), {"get": cors_allow(max_age=60)(ByDispatch.get)})

    with urlconf(path("v/", kept.as_view())), override_settings(CORS_ALLOWED_ORIGINS=[]):
        found = [each.msg for each in run_checks() if each.id == "cors_views.W022"]

    assert len(found) == 1
    assert "a browser sends POST with headers that need a preflight" in found[0]


# --- Methods that http_method_names leaves out, and that run all the same ------------------------


class Secret(View):
    @cors_deny
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("secret")


class NamesAsText(Secret):
    # Django asks whether a name is "in" it.
    http_method_names = "get post"  # type: ignore[assignment]


class Everything:
    def __contains__(self, name: object) -> bool:
        return True

    def __iter__(self) -> Any:
        return iter(())


class NamesThatAreAsked(Secret):
    http_method_names = Everything()  # type: ignore[assignment]


class NamesFromSetup(Secret):
    http_method_names = ["options"]

    def setup(self, request: Any, *args: Any, **kwargs: Any) -> None:
        super().setup(request, *args, **kwargs)
        self.http_method_names = ["get"]


class NamesOfNobody(Secret):
    http_method_names: list[str] = []

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        return self.get(request)


@pytest.mark.parametrize(
    "entry",
    [
        pytest.param(view.as_view(), id=view.__name__)
        for view in (NamesAsText, NamesThatAreAsked, NamesFromSetup, NamesOfNobody)
    ],
)
def test_a_denied_handler_that_runs_is_closed(send: Sender, entry: Any) -> None:
    with urlconf(path("v/", entry)), override_settings(CORS_ALLOW_ALL_ORIGINS=True):
        answer = send.actual("/v/", APP)
        preflight = send.preflight("/v/", APP, "GET", "x-one")

    assert answer.content == b"secret"
    assert ORIGIN not in cors_headers(answer) | cors_headers(preflight)


def test_a_denied_action_of_a_viewset_that_names_its_methods_late_is_closed(send: Sender) -> None:
    viewsets = pytest.importorskip("rest_framework.viewsets", reason="is about its viewsets")

    class Late(viewsets.ViewSet):  # type: ignore[misc, name-defined]
        http_method_names = ["options"]
        authentication_classes: list[Any] = []

        def __init__(self, **given: Any) -> None:
            super().__init__(**given)
            self.http_method_names = ["get"]

        @cors_deny
        def list(self, request: Any) -> HttpResponse:
            return HttpResponse("secret")

    entry = Late.as_view({"get": "list"})
    with urlconf(path("v/", entry)), override_settings(CORS_ALLOW_ALL_ORIGINS=True):
        answer = send.actual("/v/", APP)

    assert answer.content == b"secret"
    assert ORIGIN not in cors_headers(answer)


def test_an_opening_counts_only_where_its_handler_is_sure_to_run(send: Sender) -> None:
    class Opened(NamesOfNobody):
        get = cors_allow(origins=[APP])(Secret.get.__wrapped__)  # type: ignore[attr-defined]

    with urlconf(path("v/", cors_deny(Opened).as_view())):
        answer = send.actual("/v/", APP)

    assert answer.content == b"secret"
    assert cors_headers(answer) == {}


def test_a_handler_that_does_not_run_stays_unreached() -> None:
    with urlconf(path("v/", Secret.as_view(http_method_names=["post"]))):
        found = [each.msg for each in run_checks() if each.id == "cors_views.W023"]

    assert any("Secret.get" in message for message in found)
