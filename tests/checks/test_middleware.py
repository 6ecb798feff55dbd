"""Where the middleware stands: what is reported, and the near misses that are not."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import corsheaders.middleware
import corsheaders.signals
import pytest
from django.conf.urls.i18n import i18n_patterns
from django.core.checks import Error, Warning
from django.http import HttpResponse
from django.middleware.common import CommonMiddleware
from django.middleware.locale import LocaleMiddleware
from django.test.utils import override_settings
from django.urls import URLResolver, path
from django.urls.resolvers import RoutePattern
from django.utils.functional import cached_property

from cors_views import cors_allow, cors_include
from cors_views.checks.middleware import check_middleware
from cors_views.middleware import CorsMiddleware
from tests.tables import urlconf

OURS = "cors_views.middleware.CorsMiddleware"
THEIRS = "corsheaders.middleware.CorsMiddleware"
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"


class OwnCors(CorsMiddleware):
    """A site's own subclass."""


class MovedCors(CorsMiddleware):
    """A subclass that was one of the middleware of django-cors-headers before."""

    def is_enabled(self, request: Any) -> bool:
        return not request.path.startswith("/private/")


class OwnCommon(CommonMiddleware):
    """A site's own subclass."""


def harmless(get_response: Any) -> Any:
    """Answer nothing, as a middleware that chooses the URLconf does."""
    return get_response


# name -> (MIDDLEWARE, further INSTALLED_APPS, ids)
STACKS: dict[str, tuple[list[str], list[str], list[str]]] = {
    "on top": ([OURS, COMMON], [], []),
    "alone": ([OURS], [], []),
    "a subclass": ([f"{__name__}.OwnCors", COMMON], [], []),
    "a subclass that moved over": ([f"{__name__}.MovedCors", COMMON], [], ["W046"]),
    "below what answers nothing": ([f"{__name__}.harmless", OURS, COMMON], [], []),
    "below what does not exist": (["no.such.Middleware", OURS], [], []),
    "missing": ([COMMON], [], ["W052"]),
    "twice": ([OURS, COMMON, OURS], [], ["E031"]),
    "twice, once as a subclass": ([OURS, f"{__name__}.OwnCors"], [], ["E031"]),
    "below CommonMiddleware": ([COMMON, OURS], [], ["W032"]),
    "below a subclass of CommonMiddleware": ([f"{__name__}.OwnCommon", OURS], [], ["W032"]),
    "below SecurityMiddleware": (
        ["django.middleware.security.SecurityMiddleware", OURS],
        [],
        ["W032"],
    ),
    "below CSRF protection": (["django.middleware.csrf.CsrfViewMiddleware", OURS], [], ["W032"]),
    "below LoginRequiredMiddleware": (
        ["django.contrib.auth.middleware.LoginRequiredMiddleware", OURS],
        [],
        ["W032"],
    ),
    "below sessions": (
        ["django.contrib.sessions.middleware.SessionMiddleware", OURS],
        [],
        ["W032"],
    ),
    "below GZip": (["django.middleware.gzip.GZipMiddleware", OURS], [], ["W032"]),
    "below the cache": (["django.middleware.cache.UpdateCacheMiddleware", OURS], [], ["W032"]),
    "below WhiteNoise, by name": (
        [WHITENOISE, OURS],
        [],
        [],
    ),
    "below WhiteNoise and what is above it": (
        ["django.middleware.security.SecurityMiddleware", WHITENOISE, OURS],
        [],
        ["W032"],
    ),
    "below LocaleMiddleware": (["django.middleware.locale.LocaleMiddleware", OURS], [], []),
    "django-cors-headers in INSTALLED_APPS": ([OURS], ["corsheaders"], ["E033"]),
    "django-cors-headers by its app config": (
        [OURS],
        ["corsheaders.apps.CorsHeadersAppConfig"],
        ["E033"],
    ),
    "the middleware of django-cors-headers, ours missing": (
        ["corsheaders.middleware.CorsMiddleware"],
        [],
        ["E033", "W052"],
    ),
}


@pytest.mark.parametrize("name", STACKS)
def test_where_the_middleware_stands(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    middleware, apps, expected = STACKS[name]
    # Not override_settings, which would load the apps; the check only reads their names.
    site = SimpleNamespace(MIDDLEWARE=middleware, INSTALLED_APPS=["cors_views", *apps])
    monkeypatch.setattr("cors_views.checks.middleware.settings", site)

    messages = check_middleware()

    assert [message.id for message in messages] == [f"cors_views.{number}" for number in expected]
    assert all(message.hint for message in messages)


def test_the_message_names_what_stands_above_and_the_hint_what_to_move() -> None:
    session = "django.contrib.sessions.middleware.SessionMiddleware"

    with override_settings(MIDDLEWARE=[session, COMMON, OURS]):
        (message,) = check_middleware()

    assert f"below {session}, {COMMON}" in message.msg
    assert message.hint == f'Move "{OURS}" above "{session}" in MIDDLEWARE.'


@pytest.mark.parametrize(
    ("middleware", "hint"),
    [
        pytest.param(
            [COMMON],
            f"Add \"{OURS}\" to MIDDLEWARE, at the top, or remove 'cors_views' from "
            "INSTALLED_APPS.",
            id="missing",
        ),
        pytest.param(
            ["cors_views.middleware.CORSMiddleware", COMMON],
            f'Write "{OURS}" instead of "cors_views.middleware.CORSMiddleware".',
            id="misspelt",
        ),
        pytest.param(["cors_views"], f'Write "{OURS}" instead of "cors_views".', id="the-package"),
    ],
)
def test_the_hint_says_how_the_middleware_is_written(
    middleware: list[str], hint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Not override_settings, which would import the middleware.
    site = SimpleNamespace(MIDDLEWARE=middleware, INSTALLED_APPS=["cors_views"])
    monkeypatch.setattr("cors_views.checks.middleware.settings", site)

    (message,) = check_middleware()

    assert message.hint == hint


@pytest.mark.parametrize(
    ("middleware", "message"),
    [
        pytest.param(
            [OURS, "corsheaders.middleware.CorsMiddleware"],
            "django-cors-headers is installed as well: both middlewares would write an answer.",
            id="beside-ours",
        ),
        pytest.param(
            ["corsheaders.middleware.CorsMiddleware"],
            "django-cors-headers is installed as well.",
            id="instead-of-ours",
        ),
    ],
)
def test_two_middlewares_are_only_mentioned_where_both_are_there(
    middleware: list[str], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    site = SimpleNamespace(MIDDLEWARE=middleware, INSTALLED_APPS=["cors_views"])
    monkeypatch.setattr("cors_views.checks.middleware.settings", site)

    assert [each.msg for each in check_middleware() if "E033" in str(each.id)] == [message]


def test_the_message_about_a_subclass_names_the_method_that_nobody_calls() -> None:
    with override_settings(MIDDLEWARE=[f"{__name__}.MovedCors", COMMON]):
        (message,) = check_middleware()

    assert f"{__name__}.MovedCors.is_enabled() is never called" in message.msg
    assert "cors_deny" in message.hint


def test_the_message_about_django_cors_headers_names_what_is_left_of_it() -> None:
    # Not override_settings, which would load the app.
    for apps, middleware, hint in (
        (["corsheaders"], [OURS], "Remove 'corsheaders' from INSTALLED_APPS. "),
        ([], [OURS, THEIRS], f"Remove '{THEIRS}' from MIDDLEWARE. "),
    ):
        site = SimpleNamespace(MIDDLEWARE=middleware, INSTALLED_APPS=apps)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("cors_views.checks.middleware.settings", site)
            (message,) = check_middleware()

        assert message.hint.startswith(hint)
        assert "cors_views.signals instead of" in message.hint
        assert ("both middlewares" in message.msg) == bool(middleware[1:])


@pytest.mark.parametrize(
    "method",
    [
        name
        for name, member in vars(corsheaders.middleware.CorsMiddleware).items()
        if callable(member) and not name.startswith("_")
    ],
)
def test_every_method_of_the_other_middleware_is_known(method: str) -> None:
    moved = type("Moved", (CorsMiddleware,), {method: None})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys.modules[__name__], "MovedCors", moved)
        with override_settings(MIDDLEWARE=[f"{__name__}.MovedCors", COMMON]):
            messages = check_middleware()

    assert [message.id for message in messages] == ["cors_views.W046"]


def test_receivers_that_stayed_with_django_cors_headers_are_reported() -> None:
    def receiver(sender: Any, request: Any, **kwargs: Any) -> bool:
        return True

    with override_settings(MIDDLEWARE=[OURS]):
        assert check_middleware() == []
        corsheaders.signals.check_request_enabled.connect(receiver)
        try:
            (message,) = check_middleware()
        finally:
            corsheaders.signals.check_request_enabled.disconnect(receiver)

    assert message.id == "cors_views.W044"
    assert message.hint == "Write: from cors_views.signals import check_request_enabled"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


# name -> (what makes the URLs, ids): a second settings module leaves the middleware out on purpose
WITHOUT: dict[str, tuple[Callable[[], Any], list[tuple[str, type]]]] = {
    "nothing declared": (lambda: path("v/", answer), [("W052", Warning)]),
    "a view declares": (lambda: path("v/", cors_allow("partners")(answer)), [("E030", Error)]),
    "an include declares": (
        lambda: path("in/", cors_include([path("v/", answer)], policy="partners")),
        [("E030", Error)],
    ),
    "what is only imported with the URLs declares": (
        lambda: Lazy(lambda: [path("v/", cors_allow("partners")(answer))]),
        [("E030", Error)],
    ),
}


class Lazy(URLResolver):
    """An include whose views are imported when somebody reads its URLs."""

    def __init__(self, make: Callable[[], list[Any]]) -> None:
        super().__init__(RoutePattern(""), "no.module")
        self.make = make

    @cached_property
    def url_patterns(self) -> list[Any]:
        return self.make()


@pytest.mark.parametrize("name", WITHOUT)
def test_that_a_missing_middleware_is_an_error_where_something_relies_on_it(name: str) -> None:
    make, expected = WITHOUT[name]

    with override_settings(MIDDLEWARE=[COMMON]), urlconf(make()):
        messages = check_middleware()
    with override_settings(MIDDLEWARE=[OURS, COMMON]), urlconf(make()):
        obeyed = check_middleware()

    assert [(message.id, type(message)) for message in messages] == [
        (f"cors_views.{number}", kind) for number, kind in expected
    ]
    assert obeyed == []


LOCALE = "django.middleware.locale.LocaleMiddleware"


class Elsewhere(LocaleMiddleware):
    """A site's own subclass."""


@pytest.mark.parametrize("middleware", [LOCALE, f"{__name__}.Elsewhere"])
def test_that_languages_are_a_reason_only_where_urls_have_their_prefix(middleware: str) -> None:
    with override_settings(MIDDLEWARE=[middleware, OURS]):
        with urlconf(path("v/", answer)):
            assert check_middleware() == []
        with urlconf(*i18n_patterns(path("v/", answer))):
            (message,) = check_middleware()

    assert (message.id, middleware in message.msg) == ("cors_views.W032", True)


def test_that_a_urlconf_that_cannot_be_read_leaves_the_languages_open() -> None:
    with override_settings(MIDDLEWARE=[LOCALE, OURS], ROOT_URLCONF="no.such.module"):
        assert [message.id for message in check_middleware()] == ["cors_views.W032"]


def test_that_whitenoise_without_its_star_is_reported(monkeypatch: pytest.MonkeyPatch) -> None:
    site = SimpleNamespace(
        MIDDLEWARE=[WHITENOISE, OURS], INSTALLED_APPS=[], WHITENOISE_ALLOW_ALL_ORIGINS=False
    )
    monkeypatch.setattr("cors_views.checks.middleware.settings", site)

    assert [message.id for message in check_middleware()] == ["cors_views.W032"]


CACHE = "django.middleware.cache.UpdateCacheMiddleware"
HOSTS = "django_hosts.middleware.HostsRequestMiddleware"


@pytest.mark.parametrize(
    ("above", "kept", "whitenoise", "order"),
    [
        pytest.param([COMMON], False, False, [OURS, COMMON], id="one"),
        pytest.param([COMMON, CACHE], True, False, [OURS, COMMON, CACHE], id="a-cache"),
        pytest.param(
            [COMMON, WHITENOISE], False, True, [OURS, COMMON, WHITENOISE], id="WhiteNoise-behind"
        ),
        pytest.param(
            [WHITENOISE, COMMON], False, False, [WHITENOISE, OURS, COMMON], id="WhiteNoise-first"
        ),
        pytest.param(
            [HOSTS, COMMON], False, False, [HOSTS, OURS, COMMON], id="a-chooser-of-hosts-first"
        ),
        pytest.param(
            [COMMON, HOSTS], False, False, [HOSTS, OURS, COMMON], id="a-chooser-of-hosts-behind"
        ),
    ],
)
def test_that_the_hint_says_what_moves_and_what_changes(
    above: list[str],
    kept: bool,
    whitenoise: bool,
    order: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site = SimpleNamespace(MIDDLEWARE=[*above, OURS], INSTALLED_APPS=[])
    monkeypatch.setattr("cors_views.checks.middleware.settings", site)

    (message,) = check_middleware()
    for what, where in re.findall(r'[Mm]ove "(\S+)" above "(\S+)"', message.hint):
        site.MIDDLEWARE.remove(what)
        site.MIDDLEWARE.insert(site.MIDDLEWARE.index(where), what)

    assert order == site.MIDDLEWARE
    assert check_middleware() == []
    assert ("the cache may serve them" in message.msg) is kept
    assert ("WhiteNoise serves then" in message.hint) is whitenoise
