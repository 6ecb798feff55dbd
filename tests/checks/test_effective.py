"""Checks of the policies that routes really get: what trips each, and its near miss."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.checks import run_checks
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import path
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from publicsuffixlist import PublicSuffixList
from rest_framework.authentication import SessionAuthentication, TokenAuthentication
from rest_framework.decorators import api_view
from rest_framework.response import Response
from rest_framework.views import APIView

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include, declarations
from cors_views.checks.sites import public_suffix_list
from tests.tables import urlconf

APP = "https://app.example.com"
CORS = "cors_views.middleware.CorsMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"

#: A server at api.example.com, whose cookies may go where SameSite lets them.
SITE: dict[str, Any] = {
    "ALLOWED_HOSTS": ["api.example.com"],
    "CSRF_TRUSTED_ORIGINS": [APP, "https://*.trusted.example.com"],
    "MIDDLEWARE": [CORS, SESSION, CSRF],
}


@pytest.fixture(autouse=True)
def _nothing_else_is_declared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(declarations, "_everything_applied", set())


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


class Reader(View):
    def get(self, request: Any) -> HttpResponse:
        return HttpResponse("get")


class Writer(Reader):
    def post(self, request: Any) -> HttpResponse:
        return HttpResponse("post")


class SessionView(APIView):
    authentication_classes = [SessionAuthentication]

    def post(self, request: Any) -> Response:
        return Response()


class TokenView(SessionView):
    authentication_classes = [TokenAuthentication]


def of(*origins: str, **fields: Any) -> Any:
    return cors_allow(origins=list(origins), **{"credentials": True, **fields})


def by_regex(regex: str) -> Any:
    # What CSRF protection thinks of the origins is not the question here.
    return csrf_exempt(cors_allow(origin_regexes=[regex], credentials=True)(answer))


def marked(view: Any, decorator: Any) -> Any:
    return decorator(type("Marked", (view,), {})).as_view()


def stranger(**settings: Any) -> dict[str, Any]:
    """Return the settings of a server that knows its hosts, and not the origin's."""
    return {
        **SITE,
        "CSRF_TRUSTED_ORIGINS": ["https://*.other.org", "https://other.org"],
        **settings,
    }


OTHER = "https://other.org"
NONE = {"SESSION_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SAMESITE": "None"}

# name -> (settings, view, ids)
SITES: dict[str, tuple[dict[str, Any], Any, list[str]]] = {
    # W034
    "private network in the settings": (
        {"CORS_ALLOW_PRIVATE_NETWORK": True},
        answer,
        ["W034"],
    ),
    "private network in a policy": ({}, of(APP, private_network=True)(answer), ["W034"]),
    "private network in settings that no route uses": (
        {"CORS_ALLOW_PRIVATE_NETWORK": True},
        of(APP)(answer),
        [],
    ),
    # W043
    "any host by a regex, with credentials": (SITE, by_regex(r"https://.*"), ["W043"]),
    "any host of a registry by a regex, with credentials": (
        SITE,
        by_regex(r"https://[a-z]+\.com"),
        ["W043"],
    ),
    "any host by a regex, without credentials": (
        {},
        cors_allow(origin_regexes=[r"https://.*"], methods=["GET"])(answer),
        [],
    ),
    "a dot that is no dot": (SITE, by_regex(r"https://app.example\.com"), ["W043"]),
    "a dot that is no dot, without credentials": (
        {},
        cors_allow(origin_regexes=[r"https://\w+.example.com"])(answer),
        ["W043"],
    ),
    "a dot that is no dot in the settings": (
        {"CORS_ALLOWED_ORIGIN_REGEXES": [r"^https://app\.example.com$"]},
        answer,
        ["W043"],
    ),
    "dots that are dots": (SITE, by_regex(r"https://app\.(eu|us)[.]example\.com"), []),
    "a dot for many characters": (SITE, by_regex(r"https://.+\.example\.com"), []),
    "a dot for one character": (SITE, by_regex(r"https://(.|..)\.example\.com"), []),
    "a dot in a set": (SITE, by_regex(r"https://[a-z.x]+\.example\.com"), []),
    # W035
    "credentials for another site": (stranger(), of(OTHER)(answer), ["W035", "W035"]),
    "credentials for another site, SameSite=None": (stranger(**NONE), of(OTHER)(answer), []),
    "credentials for another site, sessions only": (
        stranger(MIDDLEWARE=[CORS, SESSION]),
        of(OTHER)(answer),
        ["W035"],
    ),
    "credentials for another site, no cookies at all": (
        stranger(MIDDLEWARE=[CORS]),
        of(OTHER)(answer),
        [],
    ),
    "no credentials for another site": (stranger(), of(OTHER, credentials=False)(answer), []),
    "credentials for a host of the same site": (SITE, of(APP)(answer), []),
    "credentials where nobody knows the hosts": (
        stranger(ALLOWED_HOSTS=["*"]),
        of(OTHER)(answer),
        [],
    ),
    "credentials for localhost while developing": (
        stranger(ALLOWED_HOSTS=[], DEBUG=True, CSRF_TRUSTED_ORIGINS=["http://localhost:5173"]),
        of("http://localhost:5173")(answer),
        [],
    ),
    "credentials for another site while developing": (
        stranger(ALLOWED_HOSTS=[], DEBUG=True),
        of(OTHER)(answer),
        ["W035", "W035"],
    ),
    # W036
    "an origin that CSRF protection does not trust": (
        SITE,
        of("https://new.example.com")(answer),
        ["W036"],
    ),
    "one that it trusts": (SITE, of(APP)(answer), []),
    "one below a wildcard that it trusts": (
        SITE,
        of("https://a.trusted.example.com")(answer),
        [],
    ),
    "a wildcard that it trusts": (SITE, of("https://*.trusted.example.com")(answer), []),
    "a wildcard that is wider": (SITE, of("https://*.example.com")(answer), ["W036"]),
    "a port that it cannot know": (SITE, of(f"{APP}:*")(answer), ["W036"]),
    "not trusted, but read-only": (
        SITE,
        marked(Reader, of("https://new.example.com")),
        [],
    ),
    "not trusted, and it writes": (
        SITE,
        marked(Writer, of("https://new.example.com")),
        ["W036"],
    ),
    "not trusted, but exempt": (SITE, csrf_exempt(of("https://new.example.com")(answer)), []),
    "not trusted, but exempt below": (
        SITE,
        of("https://new.example.com")(csrf_exempt(answer)),
        [],
    ),
    "not trusted, but no CSRF protection": (
        {**SITE, "MIDDLEWARE": [CORS]},
        of("https://new.example.com")(answer),
        [],
    ),
    "DRF's session authentication": (
        SITE,
        marked(SessionView, of("https://new.example.com")),
        ["W036"],
    ),
    "DRF's token authentication": (SITE, marked(TokenView, of("https://new.example.com")), []),
    # W037
    "plain http": (
        {**SITE, "CSRF_TRUSTED_ORIGINS": ["http://app.example.com"]},
        of("http://app.example.com")(answer),
        ["W037"],
    ),
    "plain http without credentials": (
        SITE,
        of("http://app.example.com", credentials=False)(answer),
        [],
    ),
    "plain http on this machine": (
        {
            "ALLOWED_HOSTS": ["*"],
            "CSRF_TRUSTED_ORIGINS": [
                "http://localhost:5173",
                "http://127.0.0.1:5173",
                "http://[::1]:5173",
                "http://app.localhost",
            ],
        },
        of(
            "http://localhost:5173",
            "http://127.0.0.1:5173",
            "http://[::1]:5173",
            "http://app.localhost",
        )(answer),
        [],
    ),
    # W038
    "all subdomains of a public suffix": (
        {"ALLOWED_HOSTS": ["*"]},
        of("https://*.github.io")(answer),
        ["W038"],
    ),
    "all subdomains of a suffix of one label": (
        {"ALLOWED_HOSTS": ["*"]},
        of("https://*.com:*")(answer),
        ["W038"],
    ),
    "all subdomains of one's own": (
        {"ALLOWED_HOSTS": ["*"]},
        of("https://*.example.com")(answer),
        [],
    ),
    "all subdomains of localhost": (
        {"ALLOWED_HOSTS": ["*"]},
        of("http://*.localhost:*")(answer),
        [],
    ),
    "all subdomains of a public suffix, without credentials": (
        {},
        of("https://*.github.io", credentials=False)(answer),
        [],
    ),
    # W040
    "null": ({}, cors_allow(origins=["null"])(answer), ["W040"]),
    "file://": ({}, cors_allow(origins=["file://"])(answer), ["W040"]),
    "null in the settings": ({"CORS_ALLOWED_ORIGINS": ["null"]}, answer, ["W040"]),
    "any origin, which holds null": ({}, cors_allow(origins="*")(answer), []),
    # W041
    "a long max_age": ({}, cors_allow(origins=[APP], max_age=86401)(answer), ["W041"]),
    "a long max_age in the settings": ({"CORS_PREFLIGHT_MAX_AGE": 86401}, answer, ["W041"]),
    "the longest max_age": ({}, cors_allow(origins=[APP], max_age=86400)(answer), []),
    # W042
    "any origin and credentials in the settings": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
        answer,
        ["W042"],
    ),
    "any origin in the settings": ({"CORS_ALLOW_ALL_ORIGINS": True}, answer, []),
    "settings that no route uses": (
        {"CORS_ALLOW_ALL_ORIGINS": True, "CORS_ALLOW_CREDENTIALS": True},
        cors_deny(answer),
        [],
    ),
    "settings that nothing is opted in to": (
        {
            "CORS_ALLOW_ALL_ORIGINS": True,
            "CORS_ALLOW_CREDENTIALS": True,
            "CORS_OPT_IN": True,
        },
        answer,
        [],
    ),
    # Callables and regexes are nobody's to judge.
    "a callable and a regex with credentials": (
        stranger(),
        cors_allow(
            CorsPolicy(
                origins=[lambda request, origin: True],
                origin_regexes=[r"https://\w+\.example\.com"],
                credentials=True,
            )
        )(answer),
        [],
    ),
}


def found(deploy: bool = False) -> list[Any]:
    messages = run_checks(include_deployment_checks=deploy)
    return [message for message in messages if message.id.startswith("cors_views.")]


def short(messages: list[Any]) -> list[str]:
    return sorted(message.id.removeprefix("cors_views.") for message in messages)


@pytest.mark.parametrize("name", SITES)
def test_the_policies_in_use(name: str) -> None:
    settings, view, expected = SITES[name]

    with override_settings(**{"ALLOWED_HOSTS": ["*"], **settings}), urlconf(path("v/", view)):
        messages = found()

    assert short(messages) == expected
    assert all(message.hint for message in messages)


DEPLOYED: dict[str, tuple[Any, list[str]]] = {
    "any origin, and it writes": (cors_allow(origins="*")(answer), ["W039"]),
    "any origin, and a class that writes": (
        marked(Writer, cors_allow(origins="*")),
        ["W039"],
    ),
    "any origin, read-only": (marked(Reader, cors_allow(origins="*")), []),
    "any origin, read-only by its methods": (
        cors_allow(origins="*", methods=["GET"])(answer),
        [],
    ),
    "any origin for the reading handler alone": (
        type(
            "V",
            (Writer,),
            {"get": cors_allow(origins="*")(Reader.get), "post": cors_deny(Writer.post)},
        ).as_view(),
        [],
    ),
    "a named origin, and it writes": (cors_allow(origins=[APP])(answer), []),
}


@pytest.mark.parametrize("name", DEPLOYED)
def test_any_origin_on_what_is_not_read_only_is_a_question_of_production(name: str) -> None:
    view, expected = DEPLOYED[name]

    with urlconf(path("v/", view)):
        assert short(found()) == []
        assert short(found(deploy=True)) == expected


def test_messages_name_route_file_and_line_and_hints_the_line_to_write() -> None:
    with override_settings(**SITE), urlconf(path("orders/", of("https://new.example.com")(answer))):
        (message,) = found()

    assert re.search(r"test_effective\.py:\d+, at /orders/", message.msg)
    assert "https://new.example.com" in message.msg
    assert message.hint == "Write CSRF_TRUSTED_ORIGINS = ['https://new.example.com']."


def test_that_a_field_which_a_policy_takes_from_the_settings_is_blamed_on_them() -> None:
    view = cors_allow(origins=[APP])(answer)

    with override_settings(**SITE, CORS_PREFLIGHT_MAX_AGE=86401), urlconf(path("v/", view)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W041")

    assert message.msg.startswith("max_age = 86401, from the CORS_* settings, is longer than any")


def test_that_a_hint_escapes_the_dot_and_nothing_else() -> None:
    view = cors_allow(origin_regexes=[r"https://[a-z.]+\.eu.(example|.)\.com:.+"])(answer)

    with override_settings(**SITE), urlconf(path("v/", view)):
        (message,) = (found for found in run_checks() if found.id == "cors_views.W043")

    assert message.hint == r"Write r'https://[a-z.]+\.eu\.(example|.)\.com:.+' instead."


def test_a_policy_is_reported_once_for_all_its_routes() -> None:
    view = cors_allow(origins=["null"])(answer)
    routes = [path(f"{number}/", view) for number in range(20)]

    with urlconf(*routes, path("", cors_include(routes[:3], policy="partners"))):
        assert short(found()) == ["W040"]


@pytest.fixture
def _no_list(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(sys.modules, "publicsuffixlist", None)
    public_suffix_list.cache_clear()
    yield
    public_suffix_list.cache_clear()


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_the_check_says_what_it_did_not_check() -> None:
    view = of("https://*.github.io", "https://*.com")(answer)

    with override_settings(ALLOWED_HOSTS=["*"]), urlconf(path("v/", view)):
        unchecked, public = found()

    assert (unchecked.id, public.id) in (
        ("cors_views.W038", "cors_views.I038"),
        ("cors_views.I038", "cors_views.W038"),
    )
    by_id = {message.id: message for message in (unchecked, public)}
    assert "https://*.com" in by_id["cors_views.W038"].msg
    assert "https://*.github.io" in by_id["cors_views.I038"].msg
    assert "[psl]" in by_id["cors_views.I038"].hint


@pytest.mark.usefixtures("_no_list")
def test_without_the_list_two_labels_are_a_site() -> None:
    with override_settings(**SITE), urlconf(path("v/", of(APP)(answer))):
        assert short(found()) == []


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
    with urlconf(path("v/", strange), path("w/", api_view(["GET"])(answer))):
        assert short(found(deploy=True)) == []

    assert "cannot be found, so it is denied" in caplog.text


def test_a_site_without_urls() -> None:
    with override_settings(ROOT_URLCONF=None):
        from cors_views.checks.declarations import check_declarations, check_public_views

        assert check_declarations() == check_public_views() == []


def test_the_list_is_read_once_however_many_policies_there_are(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reads = []
    package = SimpleNamespace(PublicSuffixList=lambda: reads.append(1) or PublicSuffixList())
    monkeypatch.setitem(sys.modules, "publicsuffixlist", package)
    public_suffix_list.cache_clear()
    routes = [path(f"{n}/", of(f"https://*.a{n}.example.com")(answer)) for n in range(5)]

    with override_settings(**SITE), urlconf(*routes):
        assert found()

    public_suffix_list.cache_clear()
    assert reads == [1]
