"""What all checks have in common: sites that are broken, silence, and names that are gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import URLResolver, path
from django.urls.resolvers import RoutePattern
from django.views import View

from cors_views import CorsPolicy, cors_allow, cors_include
from tests.checks.sites import APP, answer, found, short
from tests.tables import urlconf


def test_every_check_can_be_silenced_the_django_way() -> None:
    view = cors_allow(origins=["null"])(answer)

    with override_settings(SILENCED_SYSTEM_CHECKS=["cors_views.W040"]), urlconf(path("v/", view)):
        assert all(message.is_silenced() for message in found())


def test_a_broken_view_raises_nothing_in_the_checks(caplog: Any) -> None:
    class Strange(View):
        http_method_names = 7  # type: ignore[assignment]

    def strange(request: Any) -> HttpResponse:
        return HttpResponse("strange")

    strange.view_class = Strange  # type: ignore[attr-defined]
    with urlconf(path("v/", strange), path("w/", answer)):
        assert short(found(deploy=True)) == []

    assert "cannot be found, so the CORS_* settings apply" in caplog.text


class Duck:
    """What Django takes for a pattern because it resolves."""

    pattern = "duck"

    def resolve(self, path: str) -> None:
        return None

    def check(self) -> list[Any]:
        return []


BROKEN: dict[str, Any] = {
    "a string": "x",
    "an empty string": "",
    "nothing": None,
    "a tuple instead of path()": ("v/", answer),
    "something that resolves": Duck(),
    "an include that cannot be read": URLResolver(RoutePattern("x/"), "no.such.module"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_mistake_in_urlpatterns_is_left_to_django(name: str) -> None:
    from cors_views.checks.every_check import check_declarations, check_public_views

    with urlconf(BROKEN[name], path("v/", cors_allow(origins=["null"])(answer))):
        assert short(check_declarations()) == ["W040"]
        assert check_public_views() == []


def test_a_site_without_urls() -> None:
    with override_settings(ROOT_URLCONF=None):
        from cors_views.checks.every_check import check_declarations, check_public_views

        assert check_declarations() == check_public_views() == []


def test_an_include_and_a_gone_name_raise_nothing() -> None:
    routes = [
        path("a/", cors_include([path("v/", answer)], policy="partners")),
        path("b/", cors_allow("partners", max_age=5)(answer)),
        path("c/", cors_allow("partners", CorsPolicy(origins=[APP]))(answer)),
    ]

    with override_settings(CORS_POLICIES={}), urlconf(*routes):
        assert [message.id for message in run_checks() if "cors" in message.id] == []
