"""Views that register themselves for a model, and a URLconf that asks the registry for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import HttpResponse
from django.urls import include, path
from django.views import View

from cors_views import cors_allow, cors_deny, cors_include
from tests.sites import PAGE, PARTNER, Deployment

_registry: dict[str, list[tuple[str, str, type[View]]]] = {}


def register_view(model: str, name: str = "", *, detail: bool = True) -> Callable[[Any], Any]:
    """Register a view of a model; the URLconf includes what is registered."""

    def register(view: Any) -> Any:
        _registry.setdefault(model, []).append((name, "<int:pk>/" if detail else "", view))
        return view

    return register


def urls_of(model: str) -> list[Any]:
    return [
        path(f"{prefix}{name}", view.as_view(), name=f"{model}-{name or 'view'}")
        for name, prefix, view in _registry[model]
    ]


class Page(View):
    def get(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("page")

    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("saved")


@register_view("site", detail=False)
class SiteList(Page):
    pass


@register_view("site")
@cors_allow(origins=[PARTNER])
class SiteView(Page):
    pass


# The mark stands above the registration: what is registered is the same class.
@cors_allow("public")
@register_view("site", "log/")
class SiteLog(Page):
    @cors_deny
    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("saved")


@register_view("rack")
class RackView(Page):
    pass


@register_view("rack", "delete/")
class RackDelete(RackView):
    @cors_deny
    def post(self, request: Any, **kwargs: Any) -> HttpResponse:
        return HttpResponse("deleted")


urlpatterns = [
    path("sites/", include(urls_of("site"))),
    path("racks/", cors_include(urls_of("rack"), policy="pages")),
    path("plugins/racks/", include(urls_of("rack"))),
]

DEPLOYMENTS = {
    "settings": Deployment({"CORS_ALLOWED_ORIGINS": [PAGE]}),
    "everybody": Deployment({"CORS_ALLOW_ALL_ORIGINS": True}),
    "opt-in": Deployment({"CORS_ALLOWED_ORIGINS": [PAGE], "CORS_OPT_IN": True}),
}
