"""Routes that an earlier one hides: what is said of them is what Django does."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.test.utils import override_settings
from django.urls import URLPattern, include, path, re_path, register_converter, resolve
from django.urls.converters import StringConverter
from django.urls.resolvers import RoutePattern
from django.utils.translation import gettext_lazy

from cors_views.inspection.hidden_routes import hidden_among
from cors_views.resolution import pattern_paths
from tests.tables import Patterns


def first(request: Any, **kwargs: Any) -> Any:
    raise AssertionError("No view is run here.")


def second(request: Any, **kwargs: Any) -> Any:
    raise AssertionError("No view is run here.")


class Picky(URLPattern):
    """Leaves every URL to the routes behind it."""

    def resolve(self, path: Any) -> Any:
        return None


class Half(RoutePattern):
    """Matches by rules of its own."""

    def match(self, path: str) -> Any:
        return None


class Failing(StringConverter):
    """Fails for whatever it is given."""

    def to_python(self, value: str) -> str:
        raise LookupError(value)


register_converter(Failing, "failing")

# name -> (the patterns, a URL, whether the second route is hidden)
HIDDEN: dict[str, tuple[list[Any], str, bool]] = {
    "the same": ([path("a/", first), path("a/", second)], "/a/", True),
    "another": ([path("a/", first), path("b/", second)], "/b/", False),
    "an include twice": (
        [path("v/", include([path("a/", first)])), path("v/", include([path("a/", second)]))],
        "/v/a/",
        True,
    ),
    "an include, and the same without one": (
        [path("v/", include([path("a/", first)])), path("v/a/", second)],
        "/v/a/",
        True,
    ),
    "an include of nothing": (
        [path("", include([path("a/", first)])), path("a/", second)],
        "/a/",
        True,
    ),
    "the root of an include": (
        [path("a/", include([path("", first)])), path("a/", second)],
        "/a/",
        True,
    ),
    "includes of other routes": (
        [path("v/", include([path("a/", first)])), path("v/", include([path("b/", second)]))],
        "/v/b/",
        False,
    ),
    "a variable": ([path("<int:pk>/", first), path("<int:pk>/", second)], "/7/", True),
    "a variable by another name": (
        [path("<int:pk>/", first), path("<int:id>/", second)],
        "/7/",
        True,
    ),
    "a variable of another kind": (
        [path("<int:pk>/", first), path("<str:pk>/", second)],
        "/x/",
        False,
    ),
    "a variable of the kind that is meant": (
        [path("<pk>/", first), path("<str:pk>/", second)],
        "/x/",
        True,
    ),
    "a variable at the end of an include": (
        # It takes all that it can get, and nothing is left for the rest.
        [path("<path:rest>", include([path("a/", first)])), path("<path:rest>a/", second)],
        "/x/a/",
        False,
    ),
    "an expression": ([re_path("^a/$", first), re_path("^a/$", second)], "/a/", True),
    "an expression without an end": (
        [re_path("^a/$", first), re_path("^a/", second)],
        "/a/b",
        False,
    ),
    "an expression that looks like a route": (
        [re_path("a/", first), path("a/", second)],
        "/a/",
        True,
    ),
    "an expression that does not fit": (
        [re_path("^[0-9]+/$", first), path("a/", second)],
        "/a/",
        False,
    ),
    "a variable that fits, too": (
        [path("<slug:name>/", first), path("search/", second)],
        "/search/",
        True,
    ),
    "a variable that does not fit": (
        [path("<int:pk>/", first), path("search/", second)],
        "/search/",
        False,
    ),
    "a variable that fits, but later": (
        [path("search/", first), path("<slug:name>/", second)],
        "/other/",
        False,
    ),
    "a variable that fits, of an include": (
        [path("v/", include([path("<slug:name>/", first)])), path("v/search/", second)],
        "/v/search/",
        True,
    ),
    "a variable of an include that takes what is before it": (
        [path("<slug:team>/", include([path("a/", first)])), path("v/a/", second)],
        "/v/a/",
        True,
    ),
    "an expression within an include": (
        [path("v/", include([re_path("^[a-z]+/$", first)])), path("v/a/", second)],
        "/v/a/",
        True,
    ),
    "an expression within another include": (
        [path("w/", include([re_path("^[a-z]+/$", first)])), path("v/a/", second)],
        "/v/a/",
        False,
    ),
    "everything": ([re_path("", first), path("a/", second)], "/a/", True),
    "what fits, and resolves by its own rules": (
        [Picky(RoutePattern("<slug:name>/", is_endpoint=True), first), path("a/", second)],
        "/a/",
        False,
    ),
    "a variable whose converter fails": (
        [path("<failing:name>/", first), path("a/", second), path("b/c/", first)],
        "/b/c/",
        False,
    ),
    "a variable that fits, below a language": (
        [*i18n_patterns(path("<slug:name>/", first)), *i18n_patterns(path("a/", second))],
        "/en/a/",
        True,
    ),
    "expressions of which one is an include's": (
        [re_path("^a", include([re_path("b$", first)])), re_path("^ab$", second)],
        "/ab",
        True,
    ),
    "what is matched by its own rules": (
        [URLPattern(Half("a/", is_endpoint=True), first), path("a/", second)],
        "/a/",
        False,
    ),
    "what resolves by its own rules": (
        [Picky(RoutePattern("a/", is_endpoint=True), first), path("a/", second)],
        "/a/",
        False,
    ),
    "what is translated": (
        [path(gettext_lazy("a/"), first), path(gettext_lazy("a/"), second)],
        "/a/",
        # In some language the two may differ.
        False,
    ),
    "below a language": (
        [*i18n_patterns(path("a/", first)), *i18n_patterns(path("a/", second))],
        "/en/a/",
        True,
    ),
}


@pytest.mark.parametrize("name", HIDDEN)
def test_a_route_whose_urls_an_earlier_one_takes_is_hidden(name: str) -> None:
    patterns, url, expected = HIDDEN[name]
    with override_settings(ROOT_URLCONF=Patterns(patterns), LANGUAGE_CODE="en"):
        every = pattern_paths.of_the_site()
        hidden = hidden_among(every)
        reached = resolve(url).func

    assert hidden == ({every[1]} if expected else set())
    assert expected <= (reached is first)


def test_each_route_is_hidden_by_the_first_that_is_alike() -> None:
    patterns = [path("a/", first), path("a/", second), path("b/", first), path("a/", second)]
    with override_settings(ROOT_URLCONF=Patterns(patterns)):
        every = pattern_paths.of_the_site()

        assert hidden_among(every) == {every[1], every[3]}
