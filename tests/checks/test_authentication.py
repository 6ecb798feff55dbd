"""What the checks make of the authentication of REST framework's views."""

from __future__ import annotations

from typing import Any

import pytest
from django.test.utils import override_settings
from django.urls import path

from tests.checks.sites import SITE, found, marked, of, short
from tests.management.commands import run
from tests.tables import urlconf

pytest.importorskip("rest_framework", reason="is about Django REST framework")

from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.response import Response
from rest_framework.views import APIView


class SessionView(APIView):
    authentication_classes = [SessionAuthentication]

    def post(self, request: Any) -> Response:
        return Response()


class ExemptAuthentication(SessionAuthentication):
    def enforce_csrf(self, request: Any) -> None:
        return None


class ExemptView(SessionView):
    authentication_classes = [ExemptAuthentication]


class ComputedView(SessionView):
    @property
    def authentication_classes(self) -> Any:
        return [SessionAuthentication]


class TokenView(SessionView):
    authentication_classes = [TokenAuthentication]


NEW = of("https://new.example.com")

#: A view whose policy names an origin that CSRF protection does not trust, and what is found.
VIEWS: dict[str, tuple[Any, list[str]]] = {
    "session authentication": (marked(SessionView, NEW), ["W036"]),
    "switched off": (marked(ExemptView, NEW), []),
    "given to as_view()": (
        NEW(TokenView.as_view(authentication_classes=[SessionAuthentication])),
        ["W036"],
    ),
    "taken away by as_view()": (NEW(SessionView.as_view(authentication_classes=[])), []),
    "computed": (marked(ComputedView, NEW), []),
    "token authentication": (marked(TokenView, NEW), []),
    "session authentication, without credentials": (
        of("https://new.example.com", credentials=False)(SessionView.as_view()),
        [],
    ),
}


@pytest.mark.parametrize("name", VIEWS)
def test_an_origin_that_csrf_protection_does_not_trust(name: str) -> None:
    view, expected = VIEWS[name]

    with override_settings(**SITE), urlconf(path("v/", view)):
        assert short(found()) == expected


@pytest.mark.parametrize(
    ("url", "options", "said"),
    [
        pytest.param("https://api.example.com/v/", ["--credentials"], True, id="a session"),
        # Another scheme is another site, and SameSite=Lax keeps the session there.
        pytest.param("http://api.example.com/v/", ["--credentials"], False, id="kept at home"),
        pytest.param("https://api.example.com/v/", [], False, id="no credentials"),
    ],
)
def test_that_cors_explain_speaks_of_a_token(url: str, options: list[str], said: bool) -> None:
    with override_settings(**SITE), urlconf(path("v/", NEW(SessionView.as_view()))):
        done = run("cors_explain", "https://new.example.com", "POST", url, *options)

    assert "The page may read the answer." in done.out
    assert ("CSRF protection is not applied here" in done.out) is said
