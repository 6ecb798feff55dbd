"""``cors_include``: as ``include()`` in everything else, with a policy for what is below."""

from __future__ import annotations

import re
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from django.conf.urls.static import static
from django.contrib import admin
from django.contrib.staticfiles.urls import staticfiles_urlpatterns
from django.core.exceptions import ImproperlyConfigured
from django.http import HttpResponse
from django.test.utils import override_settings
from django.urls import include, path, reverse

from cors_views import CorsPolicy, cors_allow, cors_deny, cors_include
from tests.tables import EXPOSE, ORIGIN, Sender, assert_cors_headers, cors_headers, urlconf

APP = "https://app.example"
OTHER = "https://other.example"


def answer(request: Any) -> HttpResponse:
    return HttpResponse("answer")


def module(**attributes: Any) -> Any:
    made = ModuleType("made")
    made.__dict__.update(urlpatterns=[path("v/", answer, name="v")], **attributes)
    return made


TARGETS: dict[str, tuple[tuple[Any, ...], str]] = {
    "a list of patterns": (([path("v/", answer, name="v")],), "v"),
    "a module": ((module(),), "v"),
    "a module with an app_name": ((module(app_name="shop"),), "shop:v"),
    "a module with a namespace": ((module(app_name="shop"), "partners"), "partners:v"),
    "patterns and an app_name": ((([path("v/", answer, name="v")], "shop"),), "shop:v"),
    "a dotted path": (("tests.urls",), ""),
    "the 3-tuple of an admin site": ((([path("v/", answer, name="v")], "a", "b"),), "b:v"),
}


@pytest.mark.parametrize("name", TARGETS)
def test_every_target_of_include(send: Sender, name: str) -> None:
    args, view_name = TARGETS[name]

    with urlconf(path("x/", cors_include(*args, origins=[APP]))):
        url = reverse(view_name) if view_name else "/x/plain/"
        response = send.actual(url, APP)
        preflight = send.preflight(url, APP, "GET")

    assert response.status_code == 200
    assert_cors_headers(response, {ORIGIN: APP, "vary": "origin"})
    assert ORIGIN in preflight


# name -> (arguments, who is admitted)
POLICIES: dict[str, tuple[dict[str, Any], set[str]]] = {
    "a name": ({"policy": "partners"}, {OTHER}),
    "a policy": ({"policy": CorsPolicy(origins=[APP])}, {APP}),
    "several": ({"policy": ["partners", CorsPolicy(origins=[APP])]}, {APP, OTHER}),
    "fields": ({"origins": [APP]}, {APP}),
    "a name with fields": ({"policy": "partners", "origins": [APP]}, {APP}),
    "cors_deny": ({"policy": cors_deny}, set()),
}


@pytest.mark.parametrize("name", POLICIES)
def test_every_policy_of_an_include(send: Sender, name: str) -> None:
    policy, admitted = POLICIES[name]

    with urlconf(path("x/", cors_include([path("v/", answer)], **policy))):
        found = {
            origin for origin in (APP, OTHER) if ORIGIN in send.actual("/x/v/", origin).headers
        }

    assert found == admitted


def test_a_real_admin_site(send: Sender) -> None:
    site = admin.AdminSite()
    stack = [
        "cors_views.middleware.CorsMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ]

    with (
        override_settings(MIDDLEWARE=stack),
        urlconf(path("admin/", cors_include(site.urls, origins=[APP]))),
    ):
        response = send.actual("/admin/", APP)
        url = reverse("admin:login")

    assert url == "/admin/login/"
    assert response.status_code == 302
    assert_cors_headers(response, {ORIGIN: APP, "vary": "Cookie, origin"})


# To close a response is to end its request, and then Django looks at its connections.
@pytest.mark.django_db
@pytest.mark.parametrize("url", ["/static/shop.woff2", "/media/shop.woff2"])
def test_the_files_of_a_development_server(send: Sender, tmp_path: Path, url: str) -> None:
    """As docs/deployment.rst says: ``runserver --nostatic``, and Django's helpers with a policy."""
    (tmp_path / "shop.woff2").write_text("a font")
    static_files = {"STATIC_URL": "/static/", "STATICFILES_DIRS": [tmp_path]}

    with override_settings(DEBUG=True, **static_files):
        media = static("/media/", document_root=tmp_path)
        patterns = staticfiles_urlpatterns()
        with urlconf(*(path("", cors_include(each, origins="*")) for each in (patterns, media))):
            response = send.actual(url, APP)
            response.close()

    assert response.status_code == 200
    assert_cors_headers(response, {ORIGIN: "*"})


def test_includes_nest_and_refine(send: Sender) -> None:
    inner = cors_include([path("v/", answer)], expose_headers=["x-inner"])
    between = include([path("", inner)])

    with urlconf(path("x/", cors_include([path("", between)], origins=[APP], credentials=True))):
        headers = cors_headers(send.actual("/x/v/", APP))

    assert headers[ORIGIN] == APP
    assert headers[EXPOSE] == "x-inner"
    assert headers["access-control-allow-credentials"] == "true"


MISTAKES: dict[str, tuple[dict[str, Any], type[Exception], str]] = {
    "an unknown name": (
        {"policy": "partnes"},
        ImproperlyConfigured,
        "Did you mean 'partners'?",
    ),
    "an invalid field": (
        {"origins": ["app.example"]},
        ImproperlyConfigured,
        "origins: 'app.example' has no scheme. Write 'https://app.example' instead.",
    ),
    "an origin for a name": ({"policy": APP}, TypeError, f"origins=['{APP}']"),
    "no policy at all": (
        {"policy": []},
        ImproperlyConfigured,
        "[] is not a policy. To admit nobody",
    ),
    "None for a policy": (
        {"policy": None},
        ImproperlyConfigured,
        "None is not a policy. To admit nobody, write",
    ),
    "None beside fields": (
        {"policy": None, "max_age": 5},
        ImproperlyConfigured,
        "None is not a policy.",
    ),
    "an empty text": ({"policy": ""}, ImproperlyConfigured, "'' is not a policy. To admit nobody"),
    "an unknown field": ({"origin": [APP]}, TypeError, "origin"),
    "several with fields": (
        {"policy": ["partners", "public"], "max_age": 5},
        TypeError,
        "not both",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_refused_where_they_are_written(name: str) -> None:
    arguments, error, message = MISTAKES[name]

    with pytest.raises(error) as raised:
        cors_include([path("v/", answer)], **arguments)

    assert message in str(raised.value)
    assert vars(raised.value)["filename"] == __file__
    if error is ImproperlyConfigured:
        assert "test_urls.py:" in str(raised.value)


def test_an_include_around_an_include_keeps_both(send: Sender) -> None:
    inner = cors_include([path("v/", answer)], policy=cors_deny)

    with urlconf(path("x/", cors_include(inner, max_age=5))):
        assert_cors_headers(send.actual("/x/v/", APP), {})
        assert_cors_headers(send.preflight("/x/v/", APP, "GET"), {})


def test_a_second_namespace_for_a_3_tuple_is_refused() -> None:
    with pytest.raises(TypeError, match="has a namespace already") as raised:
        cors_include(([], "app", "name"), "other", origins=[APP])

    assert vars(raised.value)["filename"] == __file__


@pytest.mark.parametrize("decorator", [cors_allow(origins=[APP]), cors_allow, cors_deny])
def test_decorating_an_include_is_refused(decorator: Any) -> None:
    with pytest.raises(TypeError, match="cors_include") as raised:
        decorator(include([path(f"v{number}/", answer) for number in range(100)]))

    # The hint is not lost behind a hundred routes.
    assert len(str(raised.value)) < 500


@pytest.mark.parametrize(
    ("target", "shown"), [("tests.urls", "tests.urls"), ([], "a list of patterns")]
)
def test_the_repr_says_what_is_included(target: Any, shown: str) -> None:
    assert shown in repr(cors_include(target, origins=[APP])[0])


@pytest.mark.parametrize(
    ("given", "written"),
    [
        pytest.param("partners", "'partners'", id="a-name"),
        pytest.param(cors_deny, "cors_deny", id="cors_deny"),
        pytest.param(
            cors_deny(enforce=True), "cors_deny(enforce=True)", id="cors_deny-that-enforces"
        ),
        pytest.param(CorsPolicy(max_age=1), "CorsPolicy(max_age=1)", id="a-policy"),
        pytest.param(["partners", "public"], "['partners', 'public']", id="a-list"),
    ],
)
@pytest.mark.parametrize("target", [([], "app"), ([], "app", "name")], ids=["a-pair", "3-tuple"])
def test_a_policy_in_the_place_of_the_namespace_is_refused(
    target: Any, given: Any, written: str
) -> None:
    with pytest.raises(TypeError, match=re.escape(f"write policy={written}.")) as raised:
        cors_include(target, given)

    assert vars(raised.value)["filename"] == __file__


def test_a_misspelt_policy_in_the_place_of_the_namespace_is_named() -> None:
    with pytest.raises(ImproperlyConfigured, match="without providing an app_name") as raised:
        cors_include([], "partner")

    assert f"{__file__}:" in str(raised.value)
    assert str(raised.value).endswith("If you mean a policy, write policy='partner'.")


@pytest.mark.parametrize(
    ("arguments", "policy"),
    [
        pytest.param(([], "app"), {"policy": cors_deny}, id="a-policy-as-well"),
        pytest.param((([], "app", "a", "b"),), {}, id="no-namespace"),
    ],
)
def test_what_django_refuses_for_another_reason_is_left_to_it(
    arguments: tuple[Any, ...], policy: dict[str, Any]
) -> None:
    with pytest.raises(ImproperlyConfigured) as raised:
        cors_include(*arguments, **policy)

    assert "policy" not in str(raised.value)


# name -> (arguments of cors_include, what is to be written, whether that enforces)
BESIDE_A_DENIAL: dict[str, tuple[dict[str, Any], str, bool]] = {
    "enforce": ({"policy": cors_deny, "enforce": True}, "cors_deny(enforce=True)", True),
    "enforce that is called": (
        {"policy": cors_deny(), "enforce": True},
        "cors_deny(enforce=True)",
        True,
    ),
    "another enforce": (
        {"policy": cors_deny(enforce=True), "enforce": "report"},
        "cors_deny(enforce='report')",
        False,
    ),
    "another field": (
        {"policy": cors_deny(enforce=True), "max_age": 3},
        "cors_deny(enforce=True)",
        True,
    ),
    "a field that cors_deny does not have": (
        {"policy": cors_deny, "max_age": 3},
        "cors_deny",
        False,
    ),
    "an enforce that is none": ({"policy": cors_deny, "enforce": "yes"}, "cors_deny", False),
    "a list": ({"policy": [cors_deny(enforce=True)]}, "cors_deny(enforce=True)", True),
    "a policy": ({"policy": [CorsPolicy(origins=[APP]), cors_deny]}, "cors_deny", False),
}


@pytest.mark.parametrize(
    ("arguments", "written", "enforces"), BESIDE_A_DENIAL.values(), ids=BESIDE_A_DENIAL
)
def test_what_stands_beside_a_denial_is_refused_and_what_is_advised_works(
    send: Sender, arguments: dict[str, Any], written: str, enforces: bool
) -> None:
    patterns = [path("v/", answer)]
    advised = re.escape(f"Write policy={written} instead.")
    with pytest.raises(TypeError, match=f"cors_deny stands alone, .*{advised}") as raised:
        cors_include(patterns, **arguments)
    assert vars(raised.value)["filename"] == __file__

    obeyed = cors_include(patterns, policy=eval(written, {"cors_deny": cors_deny}))
    with urlconf(path("", obeyed)):
        assert send.actual("/v/", APP).status_code == (403 if enforces else 200)


def test_an_include_stands_for_its_module_in_everything_else() -> None:
    included = cors_include(
        module(handler404="shop.views.missing", app_name="shop"), policy="public"
    )

    assert included[0].handler404 == "shop.views.missing"
    with pytest.raises(AttributeError):
        included[0].__wrapped__  # noqa: B018


def test_an_include_without_a_policy_opts_in_what_is_below(send: Sender) -> None:
    included = cors_include(([path("v/", answer)], "app"), "other")

    with (
        override_settings(CORS_OPT_IN=True, CORS_ALLOWED_ORIGINS=[APP]),
        urlconf(path("x/", included), path("v/", answer)),
    ):
        assert included[1:] == ("app", "other")
        assert cors_headers(send.actual("/x/v/", APP))[ORIGIN] == APP
        assert ORIGIN not in cors_headers(send.actual("/v/", APP))
