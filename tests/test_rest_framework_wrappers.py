"""Every wrapper that REST framework ships, above and below the decorator and below ``api_view``."""

from __future__ import annotations

import pytest
from django.views.decorators import cache, csrf

from tests.declarations.test_wrappers import Decorator, admitted, allow_app, answer
from tests.tables import Sender

pytest.importorskip("rest_framework", reason="is about Django REST framework")

from rest_framework import renderers
from rest_framework.decorators import (
    api_view,
    authentication_classes,
    parser_classes,
    permission_classes,
    renderer_classes,
    schema,
    throttle_classes,
)
from rest_framework.permissions import AllowAny

DRF: dict[str, Decorator] = {
    "authentication_classes": authentication_classes([]),
    "permission_classes": permission_classes([AllowAny]),
    "parser_classes": parser_classes([]),
    "throttle_classes": throttle_classes([]),
    "schema": schema(None),
    "csrf_exempt": csrf.csrf_exempt,
    "never_cache": cache.never_cache,
}


@pytest.mark.parametrize("name", DRF)
@pytest.mark.parametrize("place", ["above", "below"])
def test_below_api_view(send: Sender, name: str, place: str) -> None:
    wrap = DRF[name]
    marked = wrap(allow_app(answer)) if place == "above" else allow_app(wrap(answer))

    view = api_view(["GET"])(marked)
    view.cls.authentication_classes = []

    assert admitted(send, view) == (True, True)


def test_below_api_view_with_its_own_renderers() -> None:
    """renderer_classes is left to this: an empty list of renderers answers nothing."""
    wrapped = renderer_classes([renderers.JSONRenderer])(allow_app(answer))

    assert admitted(Sender("wsgi"), api_view(["GET"])(wrapped)) == (True, True)
