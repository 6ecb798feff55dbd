"""``CORS_URLS_REGEX`` against routes: what is said holds for every URL, and says enough."""

from __future__ import annotations

import importlib
import re
import sys
from typing import Any

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.test.utils import override_settings
from django.urls import URLResolver, include, path, re_path, resolve
from django.urls.exceptions import Resolver404
from django.urls.resolvers import RoutePattern
from django.utils.translation import gettext_lazy, override
from hypothesis import HealthCheck, event, example, given, settings
from hypothesis import strategies as st

from cors_views import conf
from cors_views.inspection import url_shapes
from cors_views.regexes import expressions
from cors_views.regexes.automata import Matching
from cors_views.resolution import pattern_paths
from tests.tables import Patterns

LANGUAGES = [("en", "English"), ("de", "German"), ("pt-br", "Brazilian Portuguese")]


def view(request: Any, *args: Any, **kwargs: Any) -> Any:
    raise AssertionError("No view is run here.")


def matching(regex: Any, *patterns: Any, **site: Any) -> Matching:
    """Return what is said of the first route of a URLconf."""
    with override_settings(
        CORS_URLS_REGEX=regex,
        ROOT_URLCONF=Patterns(patterns),
        **{"LANGUAGES": LANGUAGES, "LANGUAGE_CODE": "en", **site},
    ):
        return url_shapes.matching(next(pattern_paths.all_pattern_paths(), ()))


# --- Cases with a name -------------------------------------------------------------------------

ALWAYS, MAYBE, NEVER = Matching.ALWAYS, Matching.MAYBE, Matching.NEVER

LATER = pytest.mark.skipif(sys.version_info < (3, 11), reason="Python 3.10 knows no such construct")

#: As people write it who serve an API beside pages: spread out, with a comment and versions.
SPREAD = re.compile(
    r"""
    ^(
        /api/v[23]/search|    # what the widget asks for
        /api/v3/(footer|embed)/|
        /(?P<part>hooks|status)\b
    )
    """,
    re.VERBOSE,
)


@pytest.mark.parametrize(
    ("regex", "route", "expected"),
    [
        # A text from the start.
        pytest.param(r"^/api/", path("api/<int:pk>/", view), ALWAYS, id="below-a-folder"),
        pytest.param(r"^/api/.*$", path("api/<int:pk>/", view), ALWAYS, id="a-folder-to-its-end"),
        pytest.param(r"/api/", path("api/<int:pk>/", view), ALWAYS, id="without-an-anchor"),
        pytest.param(r"\A/api/.*\Z", path("api/<int:pk>", view), ALWAYS, id="other-anchors"),
        pytest.param(r"^/api/.*$", path("admin/<int:pk>/", view), NEVER, id="another-folder"),
        pytest.param(r"api/", path("api/<int:pk>/", view), NEVER, id="no-slash-at-the-start"),
        pytest.param(r"^/api/u$", path("api/u", view), ALWAYS, id="one-url"),
        pytest.param(r"^/api/u$", path("api/users", view), NEVER, id="another-url"),
        pytest.param(r"^/api$", path("api/<int:pk>", view), NEVER, id="ends-before-the-route"),
        pytest.param(r"^/(api|auth)/v1/", path("auth/v1/<pk>", view), ALWAYS, id="two-folders"),
        pytest.param(r"^/(api|auth)/v1/", path("admin/<pk>", view), NEVER, id="none-of-two"),
        # What stands in a part that varies.
        pytest.param(r"^/\w+/api/", path("<slug:team>/api/", view), MAYBE, id="a-slug"),
        pytest.param(r"^/\d+/", path("<int:pk>/", view), MAYBE, id="a-number"),
        pytest.param(r"^/\d+/", path("<uuid:pk>/", view), NEVER, id="no-uuid-is-a-number"),
        pytest.param(r"^/[a-z]+/", path("<int:pk>/", view), NEVER, id="letters-for-a-number"),
        pytest.param(r"^/p/[^/]+/b/", path("p/<slug:x>/a/<pk>", view), NEVER, id="behind-it"),
        pytest.param(r"^/p/[^/]+/a/", path("p/<slug:x>/a/<pk>", view), MAYBE, id="in-it"),
        pytest.param(r"^/p/.*/b/", path("p/<path:x>", view), MAYBE, id="a-path"),
        pytest.param(r"^/p/\d{4}/", path("p/<int:year>/", view), MAYBE, id="repeated"),
        pytest.param(r"^/p/x{3}/", path("p/<int:year>/", view), NEVER, id="never-repeated"),
        pytest.param(r"^/p/\d{400}", path("p/<int:year>/", view), MAYBE, id="repeated-too-often"),
        pytest.param(r"^/p/x{400}", path("p/<int:year>/", view), NEVER, id="another-too-often"),
        pytest.param(r"^/p/x{0,400}", path("p/<int:year>/", view), ALWAYS, id="none-is-enough"),
        # As people spell it.
        pytest.param(r"^/api/|^/v1/", path("v1/<pk>", view), ALWAYS, id="two-at-the-top"),
        pytest.param(r"^/api/|^/v1/", path("admin/<pk>", view), NEVER, id="none-at-the-top"),
        pytest.param(r"(?i)^/API/", path("api/<pk>", view), ALWAYS, id="any-case"),
        pytest.param(r"(?i)^/API/", path("admin/<pk>", view), NEVER, id="any-case-of-another"),
        pytest.param(r"(?i:^/API/)", path("api/<pk>", view), ALWAYS, id="any-case-in-a-group"),
        pytest.param(r"^/(?i:A)pi/", path("aPi/<pk>", view), NEVER, id="case-behind-a-group"),
        pytest.param(r"(?i)^/[^a]pi/", path("Api/<pk>", view), NEVER, id="any-case-of-none"),
        pytest.param(r"^/(?P<p>api|v1)/", path("v1/<pk>", view), ALWAYS, id="a-named-group"),
        pytest.param(r"^/(?P<p>api|v1)/", path("x/<pk>", view), NEVER, id="a-group-of-others"),
        pytest.param(r"^/(?:v\d+/)?api/", path("v2/api/<pk>", view), ALWAYS, id="optional-group"),
        pytest.param(r"^/v[^\D2]/", path("v1/<pk>", view), ALWAYS, id="a-class-of-a-class"),
        pytest.param(r"^/v[^\D2]/", path("v2/<pk>", view), NEVER, id="a-class-without"),
        pytest.param(r"^/[^x]pi/", path("api/<pk>", view), ALWAYS, id="any-but-one"),
        pytest.param(SPREAD, path("api/v2/search/<q>", view), ALWAYS, id="spread-out"),
        pytest.param(SPREAD, path("api/v3/embed/<pk>", view), ALWAYS, id="spread-out-in-a-group"),
        pytest.param(SPREAD, path("api/v2/embed/<pk>", view), NEVER, id="spread-out-but-another"),
        pytest.param(SPREAD, path("projects/<slug:p>/edit/", view), NEVER, id="spread-out-pages"),
        pytest.param(SPREAD, re_path(r"^hooks/(\d+)/$", view), MAYBE, id="spread-out-at-a-border"),
        pytest.param(SPREAD, re_path(r"^$", view), NEVER, id="spread-out-the-first-page"),
        # What looks ahead or back, and what refers to what was matched.
        pytest.param(r"^/(?!admin/)", path("admin/a/<pk>", view), NEVER, id="all-but-a-folder"),
        pytest.param(r"^/(?!admin/)", path("api/<pk>", view), ALWAYS, id="not-that-folder"),
        pytest.param(r"^/(?!admin/)", path("<slug:x>/", view), MAYBE, id="perhaps-that-folder"),
        pytest.param(r"^(?!/(admin|jet)/).*$", path("jet/<pk>", view), NEVER, id="all-but-two"),
        pytest.param(r"^(?!/(admin|jet)/).*$", path("api/<pk>", view), ALWAYS, id="neither-of-two"),
        pytest.param(r"^(?!.*/private/)/", path("a/private/<pk>", view), NEVER, id="not-anywhere"),
        pytest.param(r"^/(?=api/)", path("api/<pk>", view), ALWAYS, id="ahead"),
        pytest.param(r"^/(?=api/)", path("admin/<pk>", view), NEVER, id="ahead-another"),
        pytest.param(r"^/a(?!^)/", path("a/<pk>", view), MAYBE, id="no-start-ahead"),
        pytest.param(r"^/api(?<!x)/", path("api/<pk>", view), MAYBE, id="behind"),
        pytest.param(r"^/x(?<!x)/", path("api/<pk>", view), NEVER, id="behind-another"),
        pytest.param(r"^/(\w)\1/", path("aa/<pk>", view), MAYBE, id="a-group-again"),
        pytest.param(r"^/(v)?(?(1)1|x)/", path("v1/<pk>", view), MAYBE, id="if-a-group"),
        pytest.param(r"^/(v)?(?(1)1|x)/", path("w1/<pk>", view), NEVER, id="if-no-group"),
        pytest.param(r"^/(?!)", path("<pk>", view), NEVER, id="nothing-at-all"),
        pytest.param(r"^/api\B/", path("admin/<pk>", view), NEVER, id="no-border"),
        pytest.param(r"(?m)^/api$", path("<path:x>", view), MAYBE, id="ends-of-lines"),
        pytest.param(r"(?m)^/api$", path("a/<path:x>", view), NEVER, id="ends-of-other-lines"),
        pytest.param(r"$", path("<pk>", view), NEVER, id="an-end-at-the-start"),
        pytest.param(r"^/a(\Z|/)", path("a/<pk>", view), ALWAYS, id="an-end-or-more"),
        pytest.param(r"^/(?>a|api)/", path("api/<pk>", view), MAYBE, id="atomic", marks=LATER),
        pytest.param(r"^/(?>a|b)/", path("api/<pk>", view), NEVER, id="atomic-of", marks=LATER),
        pytest.param(r"^/a++/", path("a/<pk>", view), MAYBE, id="possessive", marks=LATER),
        pytest.param(r"^/b++/", path("a/<pk>", view), NEVER, id="possessive-of", marks=LATER),
        pytest.param("(?i)^/\u017f/", path("s/<pk>", view), ALWAYS, id="a-letter-beyond-ascii"),
        pytest.param("(?i)^/s/", path("\u017f/<pk>", view), MAYBE, id="a-route-beyond-ascii"),
        # Several expressions.
        pytest.param([r"^/x/", r"^/api/"], path("api/<pk>", view), ALWAYS, id="the-second"),
        pytest.param([r"^/x/", r"^/v1/"], path("api/<pk>", view), NEVER, id="none"),
        pytest.param([], path("api/<pk>", view), NEVER, id="no-expression"),
        # Routes that are regular expressions themselves.
        pytest.param(r"^/api/", re_path(r"^api/(\d+)/$", view), ALWAYS, id="re-path"),
        pytest.param(r"^/api/u$", re_path("^api/us?$", view), MAYBE, id="re-path-optional"),
        pytest.param(r"^/api/u$", re_path("^api/users$", view), NEVER, id="re-path-text"),
        pytest.param(r"^/api/", re_path("^(?P<a>api|v1)/u$", view), MAYBE, id="re-path-group"),
        pytest.param(r"^/api/", re_path("^(?P<a>v1|v2)/u$", view), NEVER, id="re-path-other-group"),
        pytest.param(r"^/a/b", re_path("^a", view), MAYBE, id="re-path-without-an-end"),
        pytest.param(r"^/api/", re_path("legacy/?$", view), MAYBE, id="re-path-without-a-start"),
        pytest.param(r"^/api/$", re_path("legacy$", view), NEVER, id="re-path-with-another-end"),
        pytest.param(r"^/api/", re_path("^api/|^v1/", view), MAYBE, id="re-path-of-two"),
        pytest.param(r"^/api/", re_path("^(^v1)/$", view), NEVER, id="re-path-anchors"),
        pytest.param(r"^/api/", re_path("(?i)^API/u$", view), MAYBE, id="re-path-any-case"),
        pytest.param(r"^/v1/", re_path("(^v1)/$", view), MAYBE, id="re-path-anchor-in-a-group"),
        pytest.param(r"^/v1/", re_path("", view), MAYBE, id="re-path-of-nothing"),
        pytest.param(
            r"^/v1/", re_path("^(((x{9}){9}){9}){9}", view), MAYBE, id="re-path-too-large"
        ),
        pytest.param(r"^/api/", re_path("(?m)^v1", view), MAYBE, id="re-path-any-line"),
        pytest.param(
            r"^/api/v1/u$", re_path("^api/", include([re_path("^v1/u$", view)])), ALWAYS, id="inc"
        ),
        pytest.param(
            r"^/api/v1/u$", re_path("^api/", include([path("v2/u", view)])), NEVER, id="inc-other"
        ),
        pytest.param(
            r"^/api/", path("<int:v>/", include([path("api/", view)])), NEVER, id="inc-number"
        ),
        pytest.param(r"^/a$", re_path("^a$", include([path("", view)])), MAYBE, id="inc-that-ends"),
        # Languages.
        pytest.param(r"^/api/", i18n_patterns(path("x/", view))[0], NEVER, id="i18n-outside"),
        pytest.param(r"^/api/", i18n_patterns(path("x/<pk>", view))[0], NEVER, id="i18n-varies"),
        pytest.param(r"^/de/", i18n_patterns(path("x/<pk>", view))[0], MAYBE, id="i18n-one"),
        pytest.param(r"^/fr/", i18n_patterns(path("x/<pk>", view))[0], NEVER, id="i18n-unknown"),
        pytest.param(
            r"^/(en|de|pt-br)/x/", i18n_patterns(path("x/<pk>", view))[0], ALWAYS, id="i18n-all"
        ),
        pytest.param(
            r"^/x/",
            i18n_patterns(path("x/<pk>", view), prefix_default_language=False)[0],
            MAYBE,
            id="i18n-without-a-prefix",
        ),
        pytest.param(r"^/a/", path(gettext_lazy("a/"), view), ALWAYS, id="i18n-translated-route"),
    ],
)
def test_what_is_said_of_a_route(regex: Any, route: Any, expected: Matching) -> None:
    assert matching(regex, route) is expected


@pytest.mark.parametrize(
    ("regex", "expected"),
    [
        pytest.param(r"^.*$", ALWAYS, id="the-default"),
        pytest.param(r"^/api/", MAYBE, id="a-folder"),
        pytest.param(r"^api/", NEVER, id="what-no-url-begins-with"),
    ],
)
def test_what_is_said_of_urls_without_a_route(regex: str, expected: Matching) -> None:
    assert matching(regex) is expected


class Anywhere(RoutePattern):
    """A part of a route that is matched by rules of its own."""

    def match(self, path: str) -> Any:
        return "", (), {}


def test_a_part_with_rules_of_its_own_may_match_anything() -> None:
    assert matching(r"^/api/", URLResolver(Anywhere("admin/"), [path("x/", view)])) is MAYBE


def test_where_python_has_no_parser_any_route_may_match(monkeypatch: pytest.MonkeyPatch) -> None:
    def no_module(name: str) -> Any:
        raise ImportError(name)

    for cached in (expressions.parsed, expressions.automaton_of):
        cached.cache_clear()
    monkeypatch.setattr(importlib, "import_module", no_module)

    assert matching(r"^/api/", path("admin/<pk>", view)) is MAYBE
    assert matching(r"^/api/", re_path(r"^admin/(\d+)", view)) is MAYBE
    # What is known letter by letter needs no parser.
    assert matching(r"^/api/", path("admin/", view)) is NEVER


class Kind:
    """What a parser of some later Python might say."""

    def __init__(self, name: str) -> None:
        self.name = name


@pytest.mark.parametrize(
    "items",
    [
        pytest.param([(Kind("LATER"), None)], id="unknown-construct"),
        pytest.param([(Kind("IN"), [(Kind("LATER"), None)])], id="unknown-member-of-a-set"),
        pytest.param([(Kind("IN"), [(Kind("CATEGORY"), Kind("LATER"))])], id="unknown-category"),
    ],
)
def test_what_a_later_python_may_parse_may_match(
    items: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expressions, "parsed", lambda regex: items)

    assert matching(r"^/later/", path("admin/<pk>", view)) is MAYBE


def test_what_is_too_large_may_match() -> None:
    assert matching(r"^/((((x{9}){9}){9}){9})", path("admin/<pk>", view)) is MAYBE


# --- Whatever people write ---------------------------------------------------------------------

WORDS = ("api", "v1", "admin", "en", "de", "x")

#: Parts of a route, each with how its texts are made.
PARTS: dict[str, st.SearchStrategy[str]] = {
    "<int:{}>/": st.sampled_from(["1/", "42/", "007/"]),
    "<slug:{}>/": st.sampled_from(["api/", "v1/", "a-b_1/", "admin/"]),
    "<{}>/": st.sampled_from(["api/", "x/", "a.b/", "A/", "é/", "a\nb/"]),
    "<uuid:{}>/": st.just("00000000-0000-4000-8000-000000000000/"),
    "<path:{}>": st.sampled_from(["api/v1/x", "x", "admin/", "v1/1"]),
}
RE_PARTS: dict[str, st.SearchStrategy[str]] = {
    r"(?P<{}>\d+)/": st.sampled_from(["1/", "42/"]),
    r"(?P<{}>[^/.]+)/": st.sampled_from(["api/", "x/", "é/", "a\nb/"]),
    r"(?P<{}>api|v1)/": st.sampled_from(["api/", "v1/"]),
    r"(?i:API)/": st.sampled_from(["api/", "aPi/"]),
    r"(?:x/)?": st.sampled_from(["", "x/"]),
    r"v[12]/?": st.sampled_from(["v1/", "v2"]),
    r"(?!admin)\w+/": st.sampled_from(["api/", "x/"]),
}


@st.composite
def routes(draw: st.DrawFn) -> tuple[Any, str]:
    """Return a URL pattern and a URL that it should match."""
    names = iter("abcdefghijkl")

    def part(parts: dict[str, st.SearchStrategy[str]]) -> tuple[str, str]:
        if draw(st.booleans()):
            word = draw(st.sampled_from(WORDS))
            return f"{word}/", f"{word}/"
        template = draw(st.sampled_from(sorted(parts)))
        return template.replace("{}", next(names)), draw(parts[template])

    def level(inner: Any, url: str) -> tuple[Any, str]:
        kind = draw(st.sampled_from([path, re_path]))
        found = [part(PARTS if kind is path else RE_PARTS) for _ in range(draw(st.integers(1, 2)))]
        written, text = ("".join(each) for each in zip(*found))
        if kind is re_path:
            written = f"{draw(st.sampled_from(['^', '^', '']))}{written}"
        if inner is None:
            end = draw(st.sampled_from(["$", "$", r"\Z", ""])) if kind is re_path else ""
            more = draw(st.sampled_from(["", "api/"])) if kind is re_path and not end else ""
            return kind(f"{written}{end}", view), f"{text}{more}"
        return kind(written, include([inner])), text + url

    pattern, url = level(None, "")
    for _ in range(draw(st.integers(0, 2))):
        pattern, url = level(pattern, url)
    if draw(st.booleans()):
        default_too = draw(st.booleans())
        (pattern,) = i18n_patterns(pattern, prefix_default_language=default_too)
        prefix = draw(st.sampled_from(["en/", "de/", "pt-br/"]))
        url = f"{'' if prefix == 'en/' and not default_too else prefix}{url}"
    return pattern, f"/{url}"


def _alternatives(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.lists(inner, min_size=1, max_size=3).map("|".join)


PIECES = st.sampled_from([*WORDS, *WORDS, "ap", "A", r"\d", r"\w", "[^/]", "[a-z-]", ".", "/", "é"])
REPEATED = st.builds(
    str.__add__, PIECES, st.sampled_from(["", "", "", "?", "*", "+", "+?", "{2}", "{1,3}"])
)
ATOMS = st.recursive(
    REPEATED,
    lambda inner: st.one_of(
        st.builds("".join, st.lists(inner, max_size=3)),
        st.builds(
            "{}{}){}".format,
            st.sampled_from(["(", "(?:", "(?i:"]),
            _alternatives(inner),
            st.sampled_from(["", "", "?", "*", "{2}"]),
        ),
        st.builds("({}{})".format, st.sampled_from(["?=", "?!", "?<!x", "?<=/"]), st.just("")),
        st.builds("(?{}{})".format, st.sampled_from(["=", "!"]), _alternatives(inner)),
        st.sampled_from([r"\b", "$", "^", r"\Z", r"(v)\d?\1", r"(a)?(?(1)pi|x)"]),
    ),
    max_leaves=6,
)
BEGINNINGS = st.sampled_from(
    ["^/", "^/", "/", r"\A/", "(?i)^/", "(?x) ^ / ", "^/(?P<part>api|v1)/", "^/(?!admin/)", "^", ""]
)
ENDS = st.sampled_from(["", "", "/", "/.*$", ".*", "$", r"\Z"])


@st.composite
def regexes(draw: st.DrawFn) -> str:
    """Return an expression of the families that people write."""
    alternatives = draw(st.lists(st.builds("".join, st.tuples(ATOMS, ENDS)), max_size=2))
    begun = draw(BEGINNINGS)
    return begun + f"|{'^/' if '^' in begun else '/'}".join(alternatives)


def _compiles(regex: str) -> bool:
    try:
        re.compile(regex)
    except re.error:
        return False
    return True


@settings(deadline=None, suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow])
@example(route=(path("api/<slug:a>/", view), "/api/x/"), regex=r"^/api/\w+|^/v1/")
@example(route=(re_path("api/", view), "/v1/api/"), regex=r"^/v1/")
@example(route=(re_path("^v[12]/?", view), "/v2api/"), regex=r"(?i)^/V2A")
@given(route=routes(), regex=regexes().filter(_compiles))
def test_what_is_said_holds_for_a_url_of_the_route(route: tuple[Any, str], regex: str) -> None:
    pattern, url = route
    site = {"CORS_URLS_REGEX": regex, "LANGUAGES": LANGUAGES, "LANGUAGE_CODE": "en"}
    with override_settings(**site, ROOT_URLCONF=Patterns([pattern])):
        chain = next(pattern_paths.all_pattern_paths())
        if not _is_url_of(url, chain):
            event("no URL of the route")
            return
        said = url_shapes.matching(chain)
        matches = conf.cors_settings().matches_url(url)

    event(f"{said.value}, {'a match' if matches else 'no match'}")
    assert said is not (NEVER if matches else ALWAYS) or "\n" in url


def _is_url_of(url: str, chain: Any) -> bool:
    """Return whether Django, in some language, finds the route for a URL."""

    def found(language: str) -> bool:
        with override(language):
            try:
                return pattern_paths.pattern_path_of(resolve(url)) == chain
            except Resolver404:
                return False

    return any(found(language) for language, _ in LANGUAGES)
