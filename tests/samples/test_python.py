"""Every block of Python is run, and every statement of every function in it.

A page is read from top to bottom: a block may use what the blocks above it defined, and what
``prepared.py`` hands to its page. A block that needs anything else fails with a NameError. Then
the views that it defines are asked by pages at every origin that it names.
"""

from __future__ import annotations

from typing import Any

import pytest
from django.core.checks import run_checks
from django.db import transaction
from django.db.models.signals import post_delete, post_save
from django.dispatch import Signal
from django.http import HttpResponse
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import path

from cors_views import CorsPolicy, cors_allow
from tests.samples import ROOT, Sample, everything
from tests.samples.prepared import DONE, FRESH, NEEDED, PREPARED, Tenant, sign_in
from tests.samples.reader import Reader, read, reading
from tests.samples.site import site_of
from tests.tables import CREDENTIALS, ORIGIN, Patterns, Sender, cors_headers, urlconf

PYTHON = [one for one in everything() if one.language == "python" and not one.is_tests]
#: The origins that every page asks from, beside those that its block names.
ORIGINS = {
    "https://partner.example",
    "https://www.example.com",
    *(r["origin"] for r in Tenant.rows),
}


@pytest.mark.django_db
@pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in PYTHON])
def test_the_block_runs_and_so_does_all_that_it_defines(
    sample: Sample, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    reader.run(sample)
    if sample.is_settings:
        return
    site = site_of(sample, reader.names)
    with site.settings(site.patterns):
        found = [one for one in run_checks() if one.id and one.id.startswith("cors_views.")]
    site.ask_everything(caplog, ORIGINS)
    for (page_name, name), does in DONE.items():
        if sample.page_name == page_name and name in sample.defined:
            does(reader.names)

    assert site.failures == []
    if site.patterns:
        assert found == []
        assert set(site.origins) - site.admitted == set()
    assert reader.not_run(sample) == []


# --- What single samples promise ----------------------------------------------------------------


OLD, NEW = "https://rye.example", "https://new.example"


def admitted(page: Reader) -> list[str]:
    tenants = page.names["tenants"]
    request = RequestFactory().get("/menu/rye/", headers={"origin": NEW})
    assert page.names["tenant_may"](None, request) == tenants.admits(NEW)
    return [origin for origin in (OLD, NEW) if tenants.admits(origin)]


saved_or_deleted = pytest.mark.parametrize(
    "signal", [post_save, post_delete], ids=["saved", "deleted"]
)


@pytest.mark.django_db(transaction=True)
@saved_or_deleted
def test_a_tenant_is_asked_about_once_and_known_as_soon_as_it_is_saved(
    monkeypatch: pytest.MonkeyPatch, signal: Signal
) -> None:
    with read("docs/tenants.rst") as page:
        assert admitted(page) == [OLD]

        monkeypatch.setattr(Tenant, "rows", ({"slug": "new", "origin": NEW},))
        assert admitted(page) == [OLD]
        signal.send(Tenant, instance=Tenant(), using="default")

        assert admitted(page) == [NEW]


@pytest.mark.django_db(transaction=True)
@saved_or_deleted
def test_a_tenant_that_is_saved_in_a_transaction_is_known_as_soon_as_that_is_committed(
    monkeypatch: pytest.MonkeyPatch, signal: Signal
) -> None:
    with read("docs/tenants.rst") as page:
        with transaction.atomic():
            signal.send(Tenant, instance=Tenant(), using="default")
            # Another request, which sees nothing of this transaction, goes on with the old ones.
            assert admitted(page) == [OLD]
            monkeypatch.setattr(Tenant, "rows", ({"slug": "new", "origin": NEW},))

        assert admitted(page) == [NEW]


@pytest.mark.django_db
def test_signing_in_makes_a_new_token_and_its_answer_has_it() -> None:
    with read("docs/cookies.rst") as page:
        signed_in, answers = sign_in(page.names)

    assert signed_in.json()["user"] == "ada"
    assert signed_in.headers[ORIGIN] == "https://www.example.org"
    assert signed_in.headers[CREDENTIALS] == "true"
    # A wrong password, the token from before, the one of the answer.
    assert answers == [400, 403, 200]


def test_the_tenant_of_a_url_admits_its_own_origin() -> None:
    with read("docs/tenants.rst") as page:
        menu, asked = page.names["menu"], page.names["is_this_tenants"]
        with override_settings(ROOT_URLCONF=Patterns([path("menu/<slug:tenant>/", menu)])):
            request = RequestFactory().options("/menu/rye/")

            assert asked(request, "https://rye.example")
            assert not asked(request, "https://spelt.example")


@pytest.mark.parametrize("mode", ["wsgi", "asgi"])
def test_a_public_project_is_anybodys_with_one_copy_and_another_is_nobodys(mode: str) -> None:
    send, origins = Sender(mode), ("https://a.example", "https://b.example", None)

    def told(project: str) -> list[dict[str, str]]:
        url = f"/projects/{project}/"
        answers = [send.actual(url, origin) for origin in origins]
        assert {answer.status_code for answer in answers} == {200}
        return [cors_headers(answer) for answer in answers]

    with (
        read("docs/tenants.rst") as page,
        override_settings(
            ROOT_URLCONF="shop.urls",
            MIDDLEWARE=page.settings["MIDDLEWARE"],
            **{name: page.settings[name] for name in ("CORS_POLICIES", "CORS_OPT_IN")},
            SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        ),
    ):
        assert told("bread") == [{ORIGIN: "*"}] * 3
        assert told("cake") == [{}] * 3
        preflights = {
            project: cors_headers(send.preflight(f"/projects/{project}/", origins[0], "GET"))
            for project in ("bread", "cake")
        }
    assert preflights["bread"][ORIGIN] == "*"
    assert preflights["cake"] == {}


def test_asking_a_callable_the_same_costs_a_copy_for_each_origin() -> None:
    view = cors_allow(origins=[lambda request, origin: True])(lambda request: HttpResponse())
    with urlconf(path("", view)):
        told = [
            cors_headers(Sender("wsgi").actual("/", f"https://{name}.example")) for name in "ab"
        ]

    assert told == [{ORIGIN: f"https://{name}.example", "vary": "origin"} for name in "ab"]


def settings_of(page_name: str) -> list[Sample]:
    return [one for one in PYTHON if one.page_name == page_name and one.is_settings]


def test_each_environment_says_whose_the_storefront_is() -> None:
    page_name = "docs/environments.rst"
    with reading(page_name) as page:
        policies = [page.run(one)["CORS_POLICIES"] for one in settings_of(page_name)]

    assert {frozenset(each) for each in policies} == {frozenset({"storefront", "public"})}
    base, development, production, preview, hosts = (each["storefront"] for each in policies)
    assert base["origins"] == []
    assert development == CorsPolicy(
        origins=["http://localhost:*", "http://127.0.0.1:*"], credentials=True
    )
    assert production["origins"] == ["https://www.example.com", "https://shop.example.com"]
    assert CorsPolicy(**preview).admits("https://branch.preview.example.com")
    assert [name for name in hosts if name != "origin_regexes"] == []


VERCEL = "https://myapp-{}-myteam.vercel.app"
NETLIFY = "https://{}--mysite.netlify.app"


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        pytest.param(VERCEL.format("git-branch"), True, id="branch at Vercel"),
        pytest.param(VERCEL.format("stranger"), True, id="stranger at Vercel"),
        pytest.param("https://myapp-git-branch-others.vercel.app", False, id="team of others"),
        pytest.param(NETLIFY.format("branch"), True, id="branch at Netlify"),
        pytest.param("https://branch--other.netlify.app", False, id="site of others"),
    ],
)
def test_whom_the_regexes_for_previews_admit(origin: str, admitted: bool) -> None:
    with read("docs/environments.rst") as page:
        previews = CorsPolicy(**page.settings["CORS_POLICIES"]["storefront"])

    assert previews.admits(origin) is admitted


@pytest.mark.parametrize("credentials", [False, True])
@pytest.mark.parametrize(
    ("policy", "with_credentials", "without"),
    [
        pytest.param("the page's", ["W043", "W043"], ["W043", "W043"], id="regexes"),
        pytest.param({"origins": ["https://*.vercel.app"]}, ["E038"], [], id="vercel.app"),
        pytest.param({"origins": ["https://*.netlify.app"]}, ["E038"], [], id="netlify.app"),
        pytest.param({"origins": [VERCEL.format("git-main")]}, [], [], id="by name"),
    ],
)
def test_what_the_checks_say_about_previews(
    policy: Any, with_credentials: list[str], without: list[str], credentials: bool
) -> None:
    pytest.importorskip("publicsuffixlist", reason="E038 knows suffixes of one label without it")
    cross_site = {"SESSION_COOKIE_SAMESITE": "None", "CSRF_COOKIE_SAMESITE": "None"}
    cross_site |= {"SESSION_COOKIE_SECURE": True, "CSRF_COOKIE_SECURE": True}
    with read("docs/environments.rst") as page:
        given = page.settings["CORS_POLICIES"]["storefront"] if policy == "the page's" else policy
        shown = CorsPolicy(**given, credentials=credentials)
        view = cors_allow(shown, methods=["GET"])(lambda request: HttpResponse())
        with (
            urlconf(path("", view)),
            override_settings(**cross_site, MIDDLEWARE=["cors_views.middleware.CorsMiddleware"]),
        ):
            found = [one.id.partition(".")[2] for one in run_checks() if "cors_" in one.id]

    assert found == (with_credentials if credentials else without)


@pytest.mark.parametrize(
    ("origin", "admitted"),
    [
        pytest.param("http://localhost:5173", True, id="a port"),
        pytest.param("http://localhost", True, id="no port"),
        pytest.param("http://127.0.0.1:3000", True, id="the address"),
        pytest.param("http://[::1]:3000", False, id="IPv6, which is not listed"),
        pytest.param("https://localhost:5173", False, id="another scheme"),
    ],
)
def test_that_localhost_is_admitted_as_the_page_says(origin: str, admitted: bool) -> None:
    page_name = "docs/policies.rst"
    local = next(one for one in settings_of(page_name) if "localhost" in one.code)
    with reading(page_name) as page:
        origins = page.run(local)["CORS_ALLOWED_ORIGINS"]

    assert CorsPolicy(origins=origins).admits(origin) is admitted
    assert CorsPolicy(origins=["http://[::1]:*"]).admits("http://[::1]:3000")


@pytest.mark.parametrize("page_name", ["docs/environments.rst", "docs/deployment.rst"])
def test_no_environment_trusts_a_placeholder(
    page_name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the variable is unset, the settings fail, and admit nobody by default."""
    of_page = settings_of(page_name)
    at = next(at for at, one in enumerate(of_page) if "os.environ" in one.code)
    with reading(page_name) as page:
        for sample in of_page[:at]:
            page.run(sample)
        for name in ("STOREFRONT_ORIGINS", "SHOP_STOREFRONTS"):
            monkeypatch.delenv(name, raising=False)

        with pytest.raises(KeyError, match="STOREFRONT"):
            page.run(of_page[at])


def test_the_layers_of_the_page_about_who_wins() -> None:
    app = "https://app.example.com"
    sender = Sender("wsgi")

    def told(path: str, method: str) -> tuple[str | None, str | None]:
        headers = cors_headers(sender.preflight(path, app, method))
        return headers.get(ORIGIN), headers.get(CREDENTIALS)

    with (
        read("docs/nearest.rst") as page,
        override_settings(
            ROOT_URLCONF=Patterns(page.names["urlpatterns"]),
            CORS_POLICIES=FRESH["CORS_POLICIES"],
            MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
        ),
    ):
        for root in ("/orders/", "/v1/orders/"):
            assert told(root, "POST") == told(root, "PUT") == (app, "true")
            assert told(root, "GET") == ("*", None)
            assert told(root, "DELETE") == (None, None)
        for method in ("GET", "PUT", "POST", "DELETE"):
            assert told("/closed/", method) == (None, None)


def test_at_which_level_the_policy_of_a_reused_method_is() -> None:
    pytest.importorskip("rest_framework", reason="cors_action_policies are the mixin's")
    sender = Sender("wsgi")
    with (
        read("docs/nearest.rst") as page,
        urlconf(
            path("middle/", page.names["Middle"].as_view()),
            path("prices/", page.names["Prices"].as_view()),
        ),
    ):
        told = {
            (url, method): [
                name
                for name in ("base", "middle")
                if ORIGIN
                in cors_headers(sender.preflight(f"/{url}/", f"https://{name}.example.com", method))
            ]
            for url in ("middle", "prices")
            for method in ("GET", "PUT")
        }

    assert told == {
        ("middle", "GET"): ["middle"],
        ("middle", "PUT"): ["middle"],
        ("prices", "GET"): ["middle"],
        ("prices", "PUT"): [],
    }


def test_below_an_include_that_opts_in_a_deny_closes_and_a_policy_is_its_own() -> None:
    sender, stranger = Sender("wsgi"), "https://stranger.example"
    with (
        read("docs/opt_in.rst") as page,
        override_settings(
            ROOT_URLCONF=Patterns(page.names["urlpatterns"]),
            MIDDLEWARE=["cors_views.middleware.CorsMiddleware"],
        ),
    ):
        told = {
            (name, origin): cors_headers(sender.actual(f"/bakery/{name}/", origin)).get(ORIGIN)
            for name in ("loaves", "takings", "prices", "none")
            for origin in ("https://app.example.com", stranger)
        }

    assert {key: value for key, value in told.items() if value} == {
        ("loaves", "https://app.example.com"): "https://app.example.com",
        ("prices", "https://app.example.com"): "*",
        ("prices", stranger): "*",
    }


def test_the_read_me_lists_nothing_twice() -> None:
    """What the pages say in full, the README links to: fields, settings and differences."""
    readme = (ROOT / "README.rst").read_text("utf-8")

    assert "``origin_regexes``" not in readme
    assert "``CORS_PREFLIGHT_MAX_AGE``" not in readme
    assert "* - Difference" not in readme


def test_nothing_is_prepared_for_a_page_that_is_gone() -> None:
    pages = {one.page_name for one in PYTHON}

    assert {*PREPARED, *NEEDED, *(page for page, _ in DONE)} <= pages
