"""The quick way to a view's patterns finds what Django's resolver finds, whatever the URLconf.

Random URLconfs and URLs; the resolver itself is the oracle.
"""

from __future__ import annotations

import re
import runpy
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import pytest
from django.conf.urls.i18n import i18n_patterns
from django.http import Http404, HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import (
    ResolverMatch,
    URLPattern,
    URLResolver,
    clear_url_caches,
    get_resolver,
    include,
    path,
    re_path,
    register_converter,
    resolvers,
)
from django.urls.resolvers import RegexPattern, RoutePattern
from django.utils.translation import gettext_lazy
from django.views.decorators.common import no_append_slash
from hypothesis import given, settings
from hypothesis import strategies as st

from cors_views import cors_deny
from cors_views.middleware import CorsMiddleware
from cors_views.resolution import lookup, pattern_paths, pattern_walk
from cors_views.resolution.pattern_paths import PatternPath, find_pattern_paths, pattern_path_of
from tests.tables import Patterns


class Even:
    """A converter that takes even numbers alone, and finds that two is no page at all."""

    regex = "[0-9]+"

    def to_python(self, value: str) -> int:
        if value == "2":
            raise Http404
        if int(value) % 2:
            raise ValueError
        return int(value)

    def to_url(self, value: int) -> str:
        return str(value)


class Breaking:
    """A converter whose regular expression is an alternative to what stands before it, too."""

    regex = "x)|(?P<other>a/?"

    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


register_converter(Even, "even_in_walk")
register_converter(Breaking, "breaking_in_walk")


def view(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("answer")


def other(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("another")


class Swapping(URLPattern):
    """An entry that puts another view on the match."""

    def resolve(self, path: str) -> ResolverMatch | None:
        match = super().resolve(path)
        if match:
            match.func = other
        return match


class Backwards(URLResolver):
    """A resolver whose patterns are another list each time, and in another order."""

    @property
    def url_patterns(self) -> Any:
        return list(reversed(super().url_patterns))


def swapping(pattern: URLPattern) -> URLPattern:
    return Swapping(pattern.pattern, pattern.callback, pattern.default_args, pattern.name)


def backwards(resolver: URLResolver) -> URLResolver:
    return Backwards(resolver.pattern, resolver.urlconf_name, namespace=resolver.namespace)


def overridden(entry: Any) -> Any:
    """Return an entry whose own ``resolve`` matches one path alone."""
    resolve = entry.resolve
    entry.resolve = lambda path: resolve(path) if path.endswith("a/") else None
    return entry


ROUTES = [
    "",
    "a/",
    "a",
    "b/",
    "a/b/",
    "<int:pk>/",
    "<slug:name>",
    "<path:rest>",
    "<even_in_walk:n>/",
    "de/b/<int:pk>/",
    "a/<slug:name>/b",
    "b/<even_in_walk:n>",
    gettext_lazy("b/"),
]
REGEXES = [r"^a/$", r"a", r"^(?P<name>[ab])/$", r"^([ab]+)/?$", r"b/$|^a/b", r"^$"]
PREFIXES = ["", "a", "a/", "b/", "a/b/", "b/<slug:name>/", "<int:pk>/", "<slug:name>/"]

views = st.sampled_from([view, other, no_append_slash(lambda request: HttpResponse("closed"))])
entries = st.one_of(
    st.builds(path, st.sampled_from(ROUTES), views),
    st.builds(re_path, st.sampled_from(REGEXES), views),
)
entries = st.one_of(entries, entries, entries.map(swapping), entries.map(overridden))


def included(inner: Any) -> Any:
    resolver = st.one_of(
        st.builds(
            lambda prefix, each: path(prefix, include(each)), st.sampled_from(PREFIXES), inner
        ),
        st.builds(
            lambda prefix, each: re_path(prefix, include((each, "app"))),
            st.sampled_from([r"^a/", r"^(?:a|b)/", r"b/?"]),
            inner,
        ),
    )
    resolver = st.one_of(resolver, resolver, resolver.map(backwards), resolver.map(overridden))
    return st.lists(st.one_of(entries, resolver), max_size=4)


urlpatterns = st.recursive(st.lists(entries, max_size=4), included, max_leaves=12)
segments = st.lists(st.sampled_from(["a", "b", "1", "2", "4", "de", "", "\n"]), max_size=4)
paths = st.builds(
    lambda parts, slash: "/" + "/".join(parts) + ("/" if slash else ""), segments, st.booleans()
)
languages = st.sampled_from(["no languages", "prefixes", "prefixes but for the default"])
SITE = {
    "LANGUAGES": [("en", "English"), ("de", "German")],
    "LANGUAGE_CODE": "en",
    "MIDDLEWARE": [
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
}


def by_django(request: HttpRequest) -> PatternPath | str | None:
    try:
        match = pattern_paths.resolve(request)
        return None if match is None else pattern_path_of(match)
    except Exception as error:
        return type(error).__name__


def by_walk(request: HttpRequest) -> PatternPath | str | None:
    try:
        found = find_pattern_paths(request)
        return found[0] if found else None
    except Exception as error:
        return type(error).__name__


@settings(derandomize=True, deadline=None, max_examples=600)
@given(urlpatterns, paths, languages, st.booleans(), st.booleans(), st.sampled_from(["", "/app"]))
def test_that_the_walk_finds_what_the_resolver_finds(
    patterns: list[Any], url: str, language: str, appends: bool, of_request: bool, prefix: str
) -> None:
    request = RequestFactory().get(prefix + url, SCRIPT_NAME=prefix, PATH_INFO=url)
    request.path_info = url
    if language != "no languages":
        patterns = i18n_patterns(*patterns, prefix_default_language=language == "prefixes")
    conf: Any = Patterns(patterns)
    root: Any = Patterns([path("", view)]) if of_request else conf
    if of_request:
        request.urlconf = conf
    with override_settings(
        ROOT_URLCONF=root, APPEND_SLASH=appends, USE_I18N=language != "no languages", **SITE
    ):
        found = by_django(request)

        assert by_walk(request) == found
        assert found is None or not leads_nowhere(request)


def leads_nowhere(request: HttpRequest) -> bool:
    """Return whether it is known at once that a URL has no view, after another was looked for."""
    lookup.effective_policy_of(request)
    with patch.object(lookup, "find_route_policies", wraps=lookup.find_route_policies) as resolving:
        lookup.effective_policy_of(request)
    return not resolving.called


@pytest.mark.parametrize("kind", [URLResolver, URLPattern])
def test_that_a_resolve_of_another_class_is_asked(
    kind: type[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever replaces Django's own resolve(), as some agents do, decides."""
    resolve = kind.resolve

    def nothing(self: Any, path: str) -> Any:
        if path.endswith("closed/"):
            raise resolvers.Resolver404({"path": path})
        return resolve(self, path)

    monkeypatch.setattr(kind, "resolve", nothing)
    with override_settings(ROOT_URLCONF=Patterns([path("closed/", view), path("open/", view)])):
        assert not find_pattern_paths(RequestFactory().get("/closed/"))
        assert find_pattern_paths(RequestFactory().get("/open/"))


def test_that_patterns_that_are_replaced_while_serving_are_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with override_settings(ROOT_URLCONF=Patterns([path("before/", view)])):
        assert find_pattern_paths(RequestFactory().get("/before/"))
        now = [path("after/", view)]
        monkeypatch.setattr(URLResolver, "url_patterns", property(lambda self: now))

        assert not find_pattern_paths(RequestFactory().get("/before/"))
        assert find_pattern_paths(RequestFactory().get("/after/"))


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        pytest.param(URLResolver, "resolve", id="of-a-resolver"),
        pytest.param(URLPattern, "resolve", id="of-a-pattern"),
        pytest.param(RoutePattern, "match", id="of-a-route"),
        pytest.param(RegexPattern, "match", id="of-a-regex"),
    ],
)
def test_what_is_replaced_before_this_package_is_imported(
    monkeypatch: pytest.MonkeyPatch, kind: Any, name: str
) -> None:
    """As by a settings module that makes all URLs the same in capitals."""
    djangos = getattr(kind, name)
    monkeypatch.setattr(kind, name, lambda self, path: djangos(self, path.lower()))
    imported_now = runpy.run_path(pattern_walk.__file__)

    with pytest.raises(TypeError, match="Something else than Django"):
        imported_now["walk"](URLResolver(RegexPattern("^/"), [path("v/", view)]), "/V/")


APP = "https://app.example.com"


@cors_deny
def closed(request: Any) -> HttpResponse:
    raise AssertionError("A middleware below has answered.")


def in_small_letters(kind: Any, name: str) -> Any:
    """Return a change that lets capitals match as small letters do."""
    djangos = getattr(kind, name)
    small = lambda self, path: djangos(self, path.lower())  # noqa: E731
    return lambda monkeypatch, root: monkeypatch.setattr(kind, name, small)


#: What opens a way to a closed view after a first 404, and the URL that leads there from then on.
OPENED: dict[str, tuple[Any, str]] = {
    "nothing has to": (lambda monkeypatch, root: None, "/closed/"),
    "nothing has to, and the slash is appended": (lambda monkeypatch, root: None, "/closed"),
    "a pattern that is added": (
        lambda monkeypatch, root: root.url_patterns.append(path("new/", closed)),
        "/new/",
    ),
    "a list of patterns that is exchanged": (
        lambda monkeypatch, root: monkeypatch.setattr(
            URLResolver, "url_patterns", property(lambda self: [path("new/", closed)])
        ),
        "/new/",
    ),
    "the resolve of all resolvers": (in_small_letters(URLResolver, "resolve"), "/CLOSED/"),
    "the resolve of all patterns": (in_small_letters(URLPattern, "resolve"), "/CLOSED/"),
    "the match of all routes": (in_small_letters(RoutePattern, "match"), "/CLOSED/"),
    "the match of all regexes": (in_small_letters(RegexPattern, "match"), "/CLOSED/"),
    "the resolve of the root": (
        lambda monkeypatch, root: setattr(root, "resolve", get_resolver(Elsewhere).resolve),
        "/elsewhere/",
    ),
    "the class of the root": (
        lambda monkeypatch, root: monkeypatch.setattr(root, "__class__", InSmallLetters),
        "/CLOSED/",
    ),
}


class InSmallLetters(URLResolver):
    """A resolver that lets capitals match as small letters do."""

    def resolve(self, path: str) -> ResolverMatch:
        return super().resolve(path.lower())


Elsewhere: Any = Patterns([path("elsewhere/", closed)])


TO_THE_APP = "Access-Control-Allow-Origin"


def answered_below(url: str, urlconf: Any = None) -> Any:
    """Return the headers of what a middleware below answers, which leaves no match on a request."""
    middleware = CorsMiddleware(lambda request: HttpResponse("below"))
    request = RequestFactory().get(url, headers={"Origin": APP})
    # Two slashes are no host, as the factory takes them for.
    request.path_info = url
    if urlconf is not None:
        request.urlconf = urlconf  # type: ignore[attr-defined]
    return middleware(request).headers


@pytest.mark.parametrize(("change", "url"), OPENED.values(), ids=OPENED)
def test_that_a_view_stays_closed_after_a_404(
    change: Any, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    conf: Any = Patterns([path("closed/", closed), path("b/", view)])
    with override_settings(ROOT_URLCONF=conf, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        for _ in range(2):
            assert TO_THE_APP in answered_below("/nowhere/")

        change(monkeypatch, get_resolver(conf))

        assert TO_THE_APP not in answered_below(url)


def test_that_a_view_stays_closed_where_the_root_matches_in_its_own_way() -> None:
    conf: Any = Patterns([path("closed/", closed)])
    with override_settings(ROOT_URLCONF=conf, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        pattern = get_resolver(conf).pattern
        djangos = pattern.match
        pattern.match = lambda path: djangos(path.lower())  # type: ignore[method-assign]

        assert TO_THE_APP in answered_below("/nowhere/")
        assert TO_THE_APP not in answered_below("/CLOSED/")


@pytest.mark.parametrize("of_request", [False, True], ids=["of the settings", "of the request"])
def test_that_a_view_stays_closed_in_another_urlconf(of_request: bool) -> None:
    conf: Any = Patterns([path("closed/", closed)])
    with override_settings(ROOT_URLCONF=conf, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        for _ in range(2):
            assert TO_THE_APP in answered_below("/elsewhere/")

        with override_settings(ROOT_URLCONF=conf if of_request else Elsewhere):
            assert TO_THE_APP not in answered_below(
                "/elsewhere/", Elsewhere if of_request else None
            )


def test_that_a_404_is_known_by_its_first_segment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails after an upgrade of Django, answers are right, and take their time."""
    middleware = CorsMiddleware(lambda request: HttpResponse("below"))
    walked = []
    walk = pattern_walk._walk
    monkeypatch.setattr(
        pattern_walk, "_walk", lambda *parts: walked.append(parts[1]) or walk(*parts)
    )
    with override_settings(ROOT_URLCONF=Patterns([path("a/<int:pk>/", view), path("", view)])):
        for url in ("/b/", "/c/", "/d", "/ab/", "//", "/a/x/"):
            middleware(RequestFactory().get(url))

    assert walked[0] == "/b/"
    assert {"/c/", "/d", "/ab/"}.isdisjoint(walked)
    assert "/a/x/" in walked


def test_that_a_404_has_the_policy_of_the_settings_as_they_are() -> None:
    middleware = CorsMiddleware(lambda request: HttpResponse("below"))

    def told() -> str | None:
        # Somebody has read ROOT_URLCONF, and nobody has asked about a URL yet, as whoever enforces
        # does of a request with an Origin.
        get_resolver()
        return middleware(RequestFactory().get("/nowhere/")).headers.get(TO_THE_APP)

    with override_settings(
        ROOT_URLCONF=Patterns([path("a/", view)]), CORS_ALLOW_ALL_ORIGINS=True, **SITE
    ):
        assert [told(), told()] == ["*", "*"]
        with override_settings(CORS_ALLOW_ALL_ORIGINS=False):
            assert told() is None
        assert told() == "*"


#: What Django's private look-up may be one day.
PRIVATE: dict[str, Any] = {
    "gone": SimpleNamespace(),
    "something that knows no resolver": SimpleNamespace(_get_cached_resolver=lambda urlconf: None),
    "called in another way": SimpleNamespace(_get_cached_resolver=lambda urlconf, more: None),
}


@pytest.mark.parametrize("name", PRIVATE)
def test_that_a_404_is_known_whatever_django_keeps_its_resolvers_in(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lookup, "resolvers", PRIVATE[name])
    with override_settings(
        ROOT_URLCONF=Patterns([path("closed/", closed)]), CORS_ALLOWED_ORIGINS=[APP], **SITE
    ):
        for _ in range(2):
            assert TO_THE_APP in answered_below("/nowhere/")
            assert TO_THE_APP not in answered_below("/closed/")


def test_that_django_keeps_its_resolvers_where_they_are_looked_up() -> None:
    """Where this fails after an upgrade of Django, answers are right, and take their time."""
    conf: Any = Patterns([path("a/", view)])
    before = get_resolver(conf)

    assert resolvers._get_cached_resolver(conf) is before
    clear_url_caches()
    assert resolvers._get_cached_resolver(conf) is get_resolver(conf) is not before


def test_that_a_view_stays_closed_where_another_resolver_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before: Any = Patterns([path("a/", closed)])
    after: Any = Patterns([path("new/", closed)])
    with override_settings(ROOT_URLCONF=before, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        for _ in range(2):
            assert TO_THE_APP in answered_below("/new/")
        djangos = resolvers._get_cached_resolver
        monkeypatch.setattr(resolvers, "_get_cached_resolver", lambda urlconf=None: djangos(after))

        assert TO_THE_APP not in answered_below("/new/")


def in_capitals_too(pattern: Any) -> None:
    """Let a pattern match by a regular expression of one's own, before the first request."""
    pattern.regex = re.compile(pattern.regex.pattern, re.IGNORECASE)


def otherwise(pattern: Any) -> None:
    """The same by an expression without flags."""
    pattern.regex = re.compile("^CLOSED/(?P<pk>[0-9]+)/$")


@pytest.mark.parametrize("change", [in_capitals_too, otherwise])
@pytest.mark.parametrize("below", ["", "api/"], ids=["in the root", "in an include"])
def test_that_a_view_stays_closed_where_a_route_has_a_regex_of_its_own(
    below: str, change: Any
) -> None:
    entry = path("closed/<int:pk>/", closed)
    change(entry.pattern)
    conf: Any = Patterns([path(below, include([entry])), path("b/", view)] if below else [entry])
    with override_settings(ROOT_URLCONF=conf, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        for _ in range(2):
            assert TO_THE_APP in answered_below("/nowhere/")
            assert TO_THE_APP not in answered_below(f"/{below}CLOSED/1/")


class CapitalsToo:
    """``re`` for a module of Django: whatever it compiles matches capitals, too."""

    def __getattr__(self, name: str) -> Any:
        return getattr(re, name)

    @staticmethod
    def compile(regex: str) -> re.Pattern[str]:
        return re.compile(regex, re.IGNORECASE)


#: (what is replaced, with what), before the first request: each route matches capitals, too.
FOR_ALL_ROUTES: dict[str, tuple[Any, str, Any]] = {
    "the attribute of all routes": (
        RoutePattern,
        "regex",
        property(lambda self: re.compile(self._regex, re.IGNORECASE)),
    ),
    "its descriptor": (
        resolvers.LocaleRegexRouteDescriptor
        if hasattr(resolvers, "LocaleRegexRouteDescriptor")
        else resolvers.LocaleRegexDescriptor,
        "__get__",
        lambda self, pattern, cls=None: re.compile(pattern._regex, re.IGNORECASE),
    ),
    "the module that compiles": (resolvers, "re", CapitalsToo()),
}


@pytest.mark.parametrize("name", FOR_ALL_ROUTES)
@pytest.mark.parametrize("below", ["", "api/"], ids=["in the root", "in an include"])
def test_that_a_view_stays_closed_where_all_routes_have_other_regexes(
    below: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(*FOR_ALL_ROUTES[name])
    entry = path("closed/<int:pk>/", closed)
    conf: Any = Patterns([path(below, include([entry])), path("b/", view)] if below else [entry])
    with override_settings(ROOT_URLCONF=conf, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        for _ in range(2):
            assert TO_THE_APP in answered_below("/nowhere/")
            assert TO_THE_APP not in answered_below(f"/{below}CLOSED/1/")


def test_that_a_view_stays_closed_where_the_root_has_a_regex_of_its_own() -> None:
    conf: Any = Patterns([path("closed/", closed)])
    with override_settings(ROOT_URLCONF=conf, CORS_ALLOWED_ORIGINS=[APP], **SITE):
        get_resolver(conf).pattern.regex = re.compile("^/(?:shop/)?")
        for _ in range(2):
            assert TO_THE_APP in answered_below("/nowhere/")
            assert TO_THE_APP not in answered_below("/shop/closed/")


#: Entries of a root, and URLs of which no first letter or segment says that they lead nowhere.
BEGINNINGS: dict[str, tuple[Any, tuple[str, ...]]] = {
    "the root itself": ([path("", closed)], ("/",)),
    "a route that begins with a slash": ([path("/closed/", closed)], ("//closed/",)),
    "one letter": ([path("a", closed), path("b/", closed)], ("/a", "/b/", "/b")),
    "no ASCII": ([path("ä/", closed), path("日本/", closed)], ("/ä/", "/日本/", "/日本")),
    "the same letter twice": ([path("ab/", closed), path("ac/", closed)], ("/ab/", "/ac/")),
    "an include": ([path("ab/", include([path("c/", closed)]))], ("/ab/c/", "/ab/c")),
}


@pytest.mark.parametrize("name", BEGINNINGS)
def test_that_a_view_stays_closed_however_its_route_begins(name: str) -> None:
    patterns, urls = BEGINNINGS[name]
    with override_settings(ROOT_URLCONF=Patterns(patterns), CORS_ALLOWED_ORIGINS=[APP], **SITE):
        for url in ("/nowhere/", *urls, "/nowhere/", *urls):
            assert (TO_THE_APP in answered_below(url)) is (url == "/nowhere/"), url


#: What stands before, or instead of, an entry that is looked up by the first segment of its route.
FIRST: dict[str, tuple[Any, str]] = {
    "one that begins otherwise": (lambda: path("b/", other), "a/"),
    "one that begins alike": (lambda: path("a/b/", other), "a/"),
    "one without a slash": (lambda: path("a", include([path("/", other)])), "a/"),
    "one with a converter first": (lambda: path("<slug:name>/", other), "a/"),
    "a regular expression": (lambda: re_path("^A/|^a", other), "a/"),
    "a small letter for a capital": (lambda: path("A/", other), "a/"),
    "an alternative in a converter": (lambda: path("b/<breaking_in_walk:n>", other), "a/"),
    "a resolver below": (lambda: path("b/", include([path("a/", other)])), "b/a/"),
    "an entry that resolves by itself": (lambda: overridden(path("b/a/", other)), "b/a/"),
    "a resolver of another class": (lambda: backwards(path("b/", include([]))), "b/"),
    "a pattern that matches by itself": (lambda: matching_all(path("b/", other)), "a/"),
    "a route that is translated": (lambda: path(gettext_lazy("a/"), other), "a/"),
}


def matching_all(entry: Any) -> Any:
    entry.pattern.match = lambda path: ("", (), {})
    return entry


@pytest.mark.parametrize(("first", "url"), FIRST.values(), ids=FIRST)
def test_that_an_entry_before_another_keeps_its_turn(first: Any, url: str) -> None:
    patterns = [path("c/", view), first(), path("a/", view), path("b/", view)]
    request = RequestFactory().get(f"/{url}")

    with override_settings(ROOT_URLCONF=Patterns(patterns)):
        assert by_walk(request) == by_django(request) is not None


CHANGES: dict[str, tuple[Any, str]] = {
    "added at the end": (lambda patterns: patterns.append(path("c/", other)), "/c/"),
    "added before": (lambda patterns: patterns.insert(0, path("a/", other)), "/a/"),
    "replaced": (lambda patterns: patterns.__setitem__(0, path("a/", other)), "/a/"),
    "removed": (lambda patterns: patterns.pop(0), "/a/"),
}


@pytest.mark.parametrize(("change", "url"), CHANGES.values(), ids=CHANGES)
def test_that_patterns_may_change_while_the_site_runs(change: Any, url: str) -> None:
    conf: Any = Patterns([path("a/", view), path("b/", view)])
    request = RequestFactory().get(url)
    with override_settings(ROOT_URLCONF=conf):
        before = by_walk(request)
        change(get_resolver(conf).url_patterns)
        after = by_walk(request)

        assert after == by_django(request) != before


class Listing(list[Any]):
    """A list that shows other entries each time."""

    def __iter__(self) -> Any:
        return reversed([self[index] for index in range(len(self))])


@pytest.mark.parametrize("kind", [tuple, Listing], ids=["a tuple", "a list of another class"])
def test_that_patterns_may_stand_in_something_else_than_a_list(kind: Any) -> None:
    below = include((kind([path("<slug:name>/", other), path("a/", view)]), "app"))
    request = RequestFactory().get("/b/a/")

    with override_settings(ROOT_URLCONF=Patterns([path("b/", below)])):
        assert by_walk(request) == by_django(request) is not None


# APPEND_SLASH makes a slash of nothing.
@pytest.mark.parametrize(("path_info", "found"), [("", True), ("a/", False), ("//a/", False)])
def test_that_a_path_may_begin_otherwise_than_with_one_slash(path_info: str, found: bool) -> None:
    request = RequestFactory().get("/")
    request.path_info = path_info

    with override_settings(ROOT_URLCONF=Patterns([path("a/", view), path("", other)])):
        assert by_walk(request) == by_django(request)
        assert (by_walk(request) is not None) is found


def test_that_few_routes_are_tried_of_many(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this fails after an upgrade of Django, answers are right, and take their time."""
    patterns = [path(f"r{number}/<int:pk>/", view) for number in range(1_000)]
    tried = []
    match = RoutePattern.match

    def noting(self: Any, path: str) -> Any:
        tried.append(self)
        return match(self, path)

    monkeypatch.setattr(RoutePattern, "match", noting)
    monkeypatch.setattr(pattern_walk, "MATCH_ROUTE", noting)
    with override_settings(ROOT_URLCONF=Patterns(patterns)):
        (found,) = find_pattern_paths(RequestFactory().get("/r999/1/"))

    assert found == (patterns[999],)
    assert tried == [patterns[999].pattern]
