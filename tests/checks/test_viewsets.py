"""A viewset that denies ``update()``, which ``partial_update()`` of REST framework calls."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_deny
from cors_views.checks import check_declarations
from cors_views.testing import Browser, CorsError
from tests.tables import Spy, urlconf

pytest.importorskip("rest_framework", reason="is about Django REST framework")

from rest_framework.mixins import UpdateModelMixin
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from cors_views.rest_framework import CorsMixin

APP = "https://app.example.com"
ran = Spy()


class Orders(CorsMixin, UpdateModelMixin, GenericViewSet):
    authentication_classes: list[Any] = []
    cors_policy = CorsPolicy(origins=[APP])

    def update(self, request: Any, *args: Any, **kwargs: Any) -> Response:
        ran.note("update")
        return Response()


def orders(**attributes: Any) -> Any:
    actions = attributes.pop("actions", {"put": "update", "patch": "partial_update"})
    return type("Closed", (Orders,), attributes).as_view(actions)


def own(self: Any, request: Any) -> Response:
    return Response()


closed = {"cors_action_policies": {"update": cors_deny}}
patch_alone = {"actions": {"patch": "partial_update"}}

# name -> (view, whether PATCH is asked about)
VIEWSETS: dict[str, tuple[Any, bool]] = {
    "update denied": (orders(**closed), True),
    "update denied by a decorator": (orders(update=cors_deny(Orders.update)), True),
    "both denied": (
        orders(cors_action_policies={"update": cors_deny, "partial_update": cors_deny}),
        False,
    ),
    "update denied, and PATCH declared": (
        orders(cors_action_policies={"update": cors_deny, "partial_update": CorsPolicy(max_age=0)}),
        False,
    ),
    "update denied, and PATCH of one's own": (orders(**closed, partial_update=own), False),
    "update denied, and no PATCH": (orders(**closed, actions={"put": "update"}), False),
    "PATCH without PUT": (orders(**closed, **patch_alone), False),
    "the whole viewset denied": (orders(cors_policy=cors_deny), False),
    "nothing denied": (orders(), False),
}


@pytest.mark.parametrize("name", VIEWSETS)
def test_that_a_patch_that_calls_a_denied_update_is_asked_about(name: str) -> None:
    view, asked = VIEWSETS[name]

    with urlconf(path("a/", view), path("b/", view)):
        messages = [each for each in check_declarations() if each.id == "cors_views.I055"]

    assert [each.msg.startswith("PUT at /a/ and 1 more route is denied") for each in messages] == (
        [True] if asked else []
    )


@pytest.mark.parametrize(("name", "runs"), [("update denied", True), ("both denied", False)])
def test_that_it_really_runs(name: str, runs: bool) -> None:
    ran.calls.clear()
    site = override_settings(MIDDLEWARE=["cors_views.middleware.CorsMiddleware"])

    with site, urlconf(path("v/", VIEWSETS[name][0])):
        page = Browser(APP)
        with pytest.raises(CorsError):
            page.fetch("/v/", method="PUT")
        if runs:
            assert page.fetch("/v/", method="PATCH").ok
        else:
            with pytest.raises(CorsError):
                page.fetch("/v/", method="PATCH")

    assert ran.calls == (["update"] if runs else [])
