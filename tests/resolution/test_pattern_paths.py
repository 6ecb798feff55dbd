"""Routing beyond path(): languages in the URL, a URLconf set by the request, real wrappers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import iscoroutinefunction, markcoroutinefunction
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpResponse
from django.middleware.locale import LocaleMiddleware
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.utils import translation
from django.utils.functional import lazy

from cors_views import cors_allow, cors_deny, cors_include
from cors_views.declarations import marks
from cors_views.signals import check_request_enabled
from cors_views.support.source_places import Place
from tests.tables import ORIGIN, Patterns, Sender, assert_cors_headers, cors_headers, urlconf

APP = "https://app.example"
SITE = "https://site.example"
ADMITTED = {ORIGIN: APP, "vary": "origin"}
ADMITTED_SITE = {ORIGIN: SITE, "vary": "origin"}
REFUSED = {"vary": "origin"}

allow_app = cors_allow(origins=[APP])


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


@pytest.fixture(autouse=True)
def _site() -> Iterator[None]:
    with override_settings(CORS_ALLOWED_ORIGINS=[SITE]):
        yield


# --- Languages in the URL ------------------------------------------------------------------------

I18N = {
    "LANGUAGES": [("en", "English"), ("de", "German")],
    "LANGUAGE_CODE": "en",
    "USE_I18N": True,
    "MIDDLEWARE": [
        "cors_views.middleware.CorsMiddleware",
        "django.middleware.locale.LocaleMiddleware",
        "django.middleware.common.CommonMiddleware",
    ],
}

# name -> (language left over on the thread, default language has a prefix, path, is it APP's?)
LANGUAGES: dict[str, tuple[str, bool, str, bool]] = {
    "German, after English": ("en", True, "/de/v/", True),
    "English, after German": ("de", True, "/en/v/", True),
    "German, the default has no prefix": ("en", False, "/de/v/", True),
    "no prefix, after German": ("de", False, "/v/", True),
    "no prefix, where the default has one: a redirect to it": ("de", True, "/v/", False),
    "a language that the site does not have": ("en", True, "/fr/v/", False),
    "a slash to append, in German": ("en", True, "/de/v", True),
}


@pytest.mark.parametrize("name", LANGUAGES)
@pytest.mark.parametrize("shape", ["a marked view", "an include within"])
def test_language_prefixes(send: Sender, name: str, shape: str) -> None:
    left_over, prefixed, url, declared = LANGUAGES[name]
    pattern = (
        path("v/", allow_app(answer))
        if shape == "a marked view"
        else path("", cors_include([path("v/", answer)], origins=[APP]))
    )
    routes = i18n_patterns(pattern, prefix_default_language=prefixed)

    with override_settings(**I18N), urlconf(*routes):
        with translation.override(left_over):
            preflight = send.preflight(url, APP, "GET")
        with translation.override(left_over):
            actual = send.actual(url, APP)
            settings = send.actual(url, SITE)

    assert (ORIGIN in preflight) == declared
    assert_cors_headers(
        actual, ADMITTED | cookies(actual) if declared else REFUSED | cookies(actual)
    )
    assert (ORIGIN in settings) == (not declared)


def cookies(response: Any) -> dict[str, str]:
    """Return the Vary that LocaleMiddleware adds to, where it looked at Accept-Language."""
    vary = cors_headers(response).get("vary", "")
    assert vary.split(", ")[-1] == "origin"
    return {"vary": vary}


def test_translated_routes_without_a_prefix_do_not_follow_the_last_request(send: Sender) -> None:
    """Whoever asks in German must not change what an English preflight resolves to."""

    def delete_or_not() -> str:
        return "loeschen/" if translation.get_language() == "de" else "delete/"

    route = path(lazystr_of(delete_or_not), cors_deny(answer))
    site = {**I18N, "CORS_ALLOW_ALL_ORIGINS": True}

    with override_settings(**site), urlconf(route), translation.override("de"):
        preflight = send.preflight("/delete/", APP, "DELETE", accept_language="en")
        german = send.preflight("/loeschen/", APP, "DELETE", accept_language="de")

    assert_cors_headers(preflight, {})
    assert_cors_headers(german, {})


GERMAN = {"accept-language": "de"}
# The second one takes the comma by which AsyncClient adds a cookie header of its own.
GERMAN_COOKIE = {"cookie": "django_language=de; other=1"}
WITHOUT_LOCALE = {"MIDDLEWARE": [name for name in I18N["MIDDLEWARE"] if "locale" not in name]}

# name -> (default language has a prefix, settings, path, headers, is it the view's?)
BESIDE_PREFIXES: dict[str, tuple[bool, dict[str, Any], str, dict[str, str], bool]] = {
    "the language that is asked for": (True, {}, "/benutzer/", GERMAN, True),
    "not the default language": (True, {}, "/users/", GERMAN, False),
    "the language of the cookie": (True, {}, "/benutzer/", GERMAN_COOKIE, True),
    "no language is asked for": (True, {}, "/users/", {}, True),
    "the default has no prefix": (False, {}, "/users/", GERMAN, True),
    "the default has no prefix, in German": (False, {}, "/benutzer/", GERMAN, False),
    "no LocaleMiddleware": (True, WITHOUT_LOCALE, "/users/", GERMAN, True),
}


@pytest.mark.parametrize("name", BESIDE_PREFIXES)
def test_translated_routes_beside_prefixes_are_resolved_as_django_does(
    send: Sender, name: str
) -> None:
    """A preflight that misses the view, where the request does not, would open what denies."""

    def users() -> str:
        return "benutzer/" if translation.get_language() == "de" else "users/"

    prefixed, site, url, headers, found = BESIDE_PREFIXES[name]
    translated = path(lazystr_of(users), cors_deny(answer))
    beside = i18n_patterns(path("home/", answer), prefix_default_language=prefixed)
    site = {**I18N, **site, "CORS_ALLOW_ALL_ORIGINS": True}
    asks = {"origin": APP, "access-control-request-method": "DELETE", **headers}

    with override_settings(**site), urlconf(translated, *beside):
        with translation.override("en"):
            actual = send("DELETE", url, {"origin": APP, **headers})
            preflights = [send("OPTIONS", url, asks)]
        with translation.override("de"):
            preflights.append(send("OPTIONS", url, asks))

    assert (actual.status_code == 200) == found
    assert [ORIGIN in preflight for preflight in preflights] == [not found] * 2


def test_a_closed_view_is_found_in_any_language_where_nobody_knows_which() -> None:
    """Another middleware than LocaleMiddleware may choose German."""

    names = {"en": "users/", "de": "benutzer/", "fr": "utilisateurs/"}

    def users() -> str:
        return names.get(translation.get_language() or "en", "users/")

    routes = [path(lazystr_of(users), cors_deny(answer)), *i18n_patterns(path("home/", answer))]
    site = {**I18N, **WITHOUT_LOCALE, "CORS_ALLOW_ALL_ORIGINS": True}
    languages = [*I18N["LANGUAGES"], ("fr", "French")]

    # That of the thread is one of them.
    with (
        override_settings(**{**site, "LANGUAGES": languages}),
        urlconf(*routes),
        translation.override("fr"),
    ):
        preflights = [Client().options(f"/{url}", headers=ASKS_FOR_GET) for url in names.values()]

    assert [ORIGIN in preflight for preflight in preflights] == [False] * 3


def by_host(get_response: Any) -> Any:
    """Choose the language by the host, which is that of English pages."""

    def chosen(request: Any) -> Any:
        with translation.override("en"):
            return get_response(request)

    return chosen


def by_prefix(get_response: Any) -> Any:
    """Choose it by the path, as LocaleMiddleware does."""

    def chosen(request: Any) -> Any:
        with translation.override(translation.get_language_from_path(request.path_info) or "en"):
            return get_response(request)

    return chosen


class EnglishFirst(LocaleMiddleware):
    def process_request(self, request: Any) -> None:
        translation.activate("en")
        request.LANGUAGE_CODE = "en"


class EnglishAround(LocaleMiddleware):
    def __call__(self, request: Any) -> Any:
        with translation.override("en"):
            return self.get_response(request)


class Unchanged(LocaleMiddleware):
    def process_response(self, request: Any, response: Any) -> Any:
        response["X-Language"] = request.LANGUAGE_CODE
        return super().process_response(request, response)


def prices(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("prices")


def orders(request: Any, **kwargs: Any) -> HttpResponse:
    return HttpResponse("orders")


AMBIGUOUS = [
    *i18n_patterns(
        path("prices/", allow_app(prices)),
        path("news/", allow_app(prices)),
        path("plain/", prices),
    ),
    path("<slug:shop>/prices/", cors_deny(orders)),
    path("<slug:shop>/plain/", orders),
]
#: name -> (what chooses the language, the path, whether a preflight is allowed, what answers)
CHOSEN: dict[str, tuple[Any, str, bool, bytes]] = {
    "LocaleMiddleware": (LocaleMiddleware, "/de/prices/", True, b"prices"),
    "a subclass that chooses as it does": (Unchanged, "/de/prices/", True, b"prices"),
    "nothing": (None, "/de/prices/", False, b"orders"),
    "the host": (by_host, "/de/prices/", False, b"orders"),
    "a subclass, in its own way": (EnglishFirst, "/de/prices/", False, b"orders"),
    "a subclass, around the site": (EnglishAround, "/de/prices/", False, b"orders"),
    "the prefix": (by_prefix, "/de/prices/", False, b"prices"),
    "the host, and the prefix of the default language": (by_host, "/en/prices/", False, b"prices"),
    "the prefix, and no other view": (by_prefix, "/de/news/", True, b"prices"),
    "nothing, and the views declare nothing": (None, "/de/plain/", False, b"orders"),
}


@pytest.mark.parametrize("name", CHOSEN)
@pytest.mark.parametrize("left_over", ["en", "de"])
def test_a_preflight_gets_no_policy_of_a_view_that_another_language_has(
    name: str, left_over: str
) -> None:
    """The request may reach another view in the language that a middleware below chooses."""
    chooser, url, allowed, body = CHOSEN[name]
    middleware = [I18N["MIDDLEWARE"][0]]
    if chooser is not None:
        middleware.append(f"{chooser.__module__}.{chooser.__qualname__}")
    asks = {"origin": APP, "access-control-request-method": "DELETE"}
    client = Client()

    with override_settings(**{**I18N, "MIDDLEWARE": middleware}), urlconf(*AMBIGUOUS):
        with translation.override(left_over):
            preflight = client.options(url, headers=asks)
            site = client.options(url, headers={**asks, "origin": SITE})
        with translation.override("en"):
            actual = client.delete(url, headers={"origin": APP})

    assert (ORIGIN in preflight) is allowed
    # The settings answer where no view declares anything.
    assert (ORIGIN in site) is ("plain" in url)
    assert actual.content == body


def test_a_view_that_enforces_is_found_in_every_language() -> None:
    routes = [
        *i18n_patterns(path("prices/", cors_allow(origins="*")(prices))),
        path("<slug:shop>/prices/", cors_deny(enforce=True)(orders)),
        *i18n_patterns(path("news/", cors_allow(origins="*")(prices))),
        path("<slug:shop>/news/", cors_deny(orders)),
    ]
    site = {**I18N, "MIDDLEWARE": I18N["MIDDLEWARE"][:1]}

    with override_settings(**site), urlconf(*routes):
        enforced, others = (
            [Client().delete(url, headers={"origin": APP}).status_code for _ in range(2)]
            for url in ("/de/prices/", "/de/news/")
        )

    # Where none of the views enforces, they run.
    assert (enforced, others) == ([403, 403], [200, 200])


def test_a_view_that_an_entry_gets_later_counts() -> None:
    entry: Any = path("v/", allow_app(answer))

    with urlconf(entry):
        before = Client().options("/v/", headers=ASKS_FOR_GET)
        entry.callback = cors_deny(answer)
        after = Client().options("/v/", headers=ASKS_FOR_GET)

    assert (ORIGIN in before, ORIGIN in after) == (True, False)


ASKS_FOR_GET = {"origin": APP, "access-control-request-method": "GET"}


def lazystr_of(function: Any) -> Any:
    return lazy(function, str)()


# --- A URLconf that the request names ------------------------------------------------------------

PARTNER_SITE = Patterns([path("v/", allow_app(answer))])


def choose_urlconf(get_response: Any) -> Any:
    """Serve the partners' host from its own URLconf, as django-hosts does."""

    def prepare(request: Any) -> Any:
        if request.META.get("HTTP_X_SITE") == "partner":
            request.urlconf = PARTNER_SITE
        return get_response(request)

    if not iscoroutinefunction(get_response):
        return prepare

    async def aprepare(request: Any) -> Any:
        return await prepare(request)

    return aprepare


choose_urlconf.sync_capable = choose_urlconf.async_capable = True  # type: ignore[attr-defined]


def test_a_urlconf_set_above_is_used_for_preflights_and_answers(send: Sender) -> None:
    above = [f"{__name__}.choose_urlconf", "cors_views.middleware.CorsMiddleware"]

    with override_settings(MIDDLEWARE=above), urlconf(path("v/", answer)):
        preflight = send.preflight("/v/", APP, "GET", x_site="partner")
        actual = send.actual("/v/", APP, x_site="partner")
        main = send.actual("/v/", SITE)

    assert ORIGIN in preflight
    assert_cors_headers(actual, ADMITTED)
    assert_cors_headers(main, ADMITTED_SITE)


def test_a_urlconf_set_below_is_used_for_answers(send: Sender) -> None:
    """A preflight is answered before anything below can say so: the docs tell to place it above."""
    below = ["cors_views.middleware.CorsMiddleware", f"{__name__}.choose_urlconf"]

    with override_settings(MIDDLEWARE=below), urlconf(path("v/", answer)):
        assert_cors_headers(send.actual("/v/", APP, x_site="partner"), ADMITTED)


# --- Broken routing ------------------------------------------------------------------------------


class BrokenConverter:
    regex = "[a-z]+"

    def to_python(self, value: str) -> str:
        raise RuntimeError("broken converter")

    def to_url(self, value: str) -> str:
        return value


@pytest.mark.usefixtures("nothing_enforces")
@pytest.mark.parametrize("declared", [False, True], ids=["nothing declared", "something declared"])
def test_a_broken_converter_fails_where_django_meets_it(
    send: Sender, caplog: Any, monkeypatch: pytest.MonkeyPatch, declared: bool
) -> None:
    """Which view was meant is unknown; where any view may deny, nobody is admitted."""
    everything = {marks.AppliedDeclaration(Place("views.py", 1), "view")} if declared else set()
    monkeypatch.setattr(marks, "_everything_applied", everything)
    from django.urls import converters
    from django.urls.converters import register_converter

    register_converter(BrokenConverter, "cors_views_broken")
    try:
        with urlconf(path("<cors_views_broken:value>/", answer)):
            preflight = send.preflight("/abc/", SITE, "GET")
            actual = send.actual("/abc/", SITE)
    finally:
        del converters.REGISTERED_CONVERTERS["cors_views_broken"]
        converters.get_converters.cache_clear()

    assert preflight.status_code == 200
    assert (ORIGIN in preflight) == (not declared)
    assert actual.status_code == 500
    assert "Resolving '/abc/' failed" in caplog.text


# --- Sync below async ----------------------------------------------------------------------------


def sync_only(get_response: Any) -> Any:
    """Be a middleware that only knows sync, so that under ASGI ours runs in a thread."""

    def middleware(request: Any) -> Any:
        return get_response(request)

    return middleware


async def ayes(*args: Any, **kwargs: Any) -> bool:
    return True


def test_async_callables_and_receivers_work_above_a_sync_only_middleware(send: Sender) -> None:
    stack = ["cors_views.middleware.CorsMiddleware", f"{__name__}.sync_only"]
    routes = [path("callable/", cors_allow(origins=[ayes])(answer)), path("signal/", answer)]
    check_request_enabled.connect(ayes)

    try:
        with override_settings(MIDDLEWARE=stack), urlconf(*routes):
            assert_cors_headers(send.actual("/callable/", APP), ADMITTED)
            assert_cors_headers(send.actual("/signal/", APP), ADMITTED)
    finally:
        check_request_enabled.disconnect(ayes)


def test_the_middleware_below_ours_may_be_marked_by_hand() -> None:
    from cors_views.middleware import CorsMiddleware

    async def get_response(request: Any) -> HttpResponse:
        return HttpResponse()

    class Marked:
        def __init__(self) -> None:
            markcoroutinefunction(self)

        def __call__(self, request: Any) -> Any:
            return get_response(request)

    assert CorsMiddleware(Marked()).async_mode
