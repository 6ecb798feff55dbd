"""What the blocks of a page need and do not say."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any
from unittest import mock

from asgiref.sync import async_to_sync
from django.http import HttpResponse, JsonResponse
from django.test import Client, RequestFactory
from django.test.utils import override_settings
from django.urls import path
from django.utils.module_loading import import_string
from django.views import View

from cors_views import cors_allow
from tests.tables import Patterns, urlconf

#: The settings of a fresh project, as far as a sample says ``...`` for them, and the named
#: policies that samples use without saying so each time.
FRESH: dict[str, Any] = {
    "INSTALLED_APPS": ["django.contrib.auth", "django.contrib.contenttypes"],
    "MIDDLEWARE": [
        "django.middleware.security.SecurityMiddleware",
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.middleware.common.CommonMiddleware",
        "django.middleware.csrf.CsrfViewMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
    ],
    "DEBUG_TOOLBAR_PANELS": [],
    "CORS_POLICIES": {
        "partners": {"origins": ["https://partner.example"]},
        "public": {"origins": "*"},
        "storefront": {"origins": ["https://www.example.com"], "credentials": True},
    },
}

#: What a part of a URL is, where a test has to write it out.
IN_URLS = {"tenant": "rye", "format": "json"}


@contextlib.contextmanager
def modules(**named: dict[str, Any]) -> Iterator[None]:
    """Let ``import`` find modules with these names; ``__`` stands for a dot."""
    with contextlib.ExitStack() as stack:
        for name, names in named.items():
            dotted = name.replace("__", ".")
            made = ModuleType(dotted)
            vars(made).update(names)
            stack.enter_context(mock.patch.dict(sys.modules, {dotted: made}))
            package, _, last = dotted.rpartition(".")
            if package:
                stack.enter_context(
                    mock.patch.object(sys.modules[package], last, made, create=True)
                )
        yield


def _urls() -> dict[str, Any]:
    """Return a URLconf of somebody else's."""
    return {"urlpatterns": [path("theirs/", lambda request: HttpResponse())]}


@contextlib.contextmanager
def _readme(names: dict[str, Any]) -> Iterator[None]:
    with modules(partner={}, partner__urls=_urls()):
        yield


class Tenant:
    """A model as far as the samples ask one: two tenants, with an origin each."""

    rows = (
        {"slug": "rye", "origin": "https://rye.example"},
        {"slug": "spelt", "origin": "https://spelt.example"},
    )

    class Found(list[Any]):
        def exists(self) -> bool:
            return bool(self)

        async def aexists(self) -> bool:
            return bool(self)

    class objects:
        @staticmethod
        def filter(**wanted: str) -> Tenant.Found:
            return Tenant.Found(row for row in Tenant.rows if wanted.items() <= row.items())

        @staticmethod
        def values_list(name: str, flat: bool) -> list[str]:
            return [row[name] for row in Tenant.rows]


@contextlib.contextmanager
def _tenants(names: dict[str, Any]) -> Iterator[None]:
    names |= {"Tenant": Tenant, "Project": Project}
    projects = path("projects/<slug:project>/", lambda request, project: HttpResponse())
    with modules(shop={}, shop__urls={"urlpatterns": [projects]}):
        yield


async def _application(scope: Any, receive: Any, send: Any) -> None:
    """Stand for the consumers of a site."""


@contextlib.contextmanager
def _beside_django(names: dict[str, Any]) -> Iterator[None]:
    routing = {"websocket_urlpatterns": [], "consumers": _application}
    with modules(shop={}, shop__routing=routing):
        yield


class Project:
    """A model as far as the recipe for public projects asks it."""

    class objects:
        @staticmethod
        def filter(slug: str, public: bool) -> Tenant.Found:
            return Tenant.Found(one for one in ("bread",) if one == slug and public)


@contextlib.contextmanager
def _moving(names: dict[str, Any]) -> Iterator[None]:
    names |= {
        name: lambda request: HttpResponse()
        for name in ("home", "feed", "latest", "contact", "orders")
    }
    with modules(shop={}, shop__api={}, shop__api__urls=_urls()):
        yield


@contextlib.contextmanager
def _environments(names: dict[str, Any]) -> Iterator[None]:
    """Have the settings modules of a project there, and what production gets from outside."""
    given = {
        "STOREFRONT_ORIGINS": "https://www.example.com https://shop.example.com",
        "SHOP_STOREFRONTS": "https://www.example.org",
    }
    names_of = ("base", "development", "production", "preview", "preview_hosts")
    made = [f"settings__{name}" for name in names_of]
    with modules(**{name: {} for name in ("settings", *made)}), mock.patch.dict(os.environ, given):
        yield


class _Document(View):
    """A view of django-oauth-toolkit's; tests/responses/test_view_headers.py has its header."""

    def get(self, request: Any) -> JsonResponse:
        return JsonResponse({})


@contextlib.contextmanager
def _third_party(names: dict[str, Any]) -> Iterator[None]:
    graphql = {"GraphQLView": import_string("tests.test_other_frameworks.GraphQLView")}
    names["schema"] = None
    names["ninja_api"] = import_string("tests.test_other_frameworks.shop")("samples")
    # The real admin wants to be installed, with its tables.
    admin = {"site": SimpleNamespace(urls=(_urls()["urlpatterns"], "admin", "admin"))}
    theirs: dict[str, dict[str, Any]] = {}
    for app in ("allauth", "oauth2_provider", "wagtail"):
        theirs |= {app: {}, f"{app}__urls": _urls()}
    documents = dict.fromkeys(("ConnectDiscoveryInfoView", "JwksInfoView"), _Document)
    theirs["oauth2_provider__views"] = documents
    theirs |= {"strawberry": {}, "strawberry__django": {}, "strawberry__django__views": graphql}
    with modules(**theirs, django__contrib__admin=admin):
        yield


@contextlib.contextmanager
def _mixin(names: dict[str, Any]) -> Iterator[None]:
    for name in ("cors_views.CorsPolicy", "cors_views.cors_deny"):
        names[name.rpartition(".")[2]] = import_string(name)
    names["ModelViewSet"] = import_string("rest_framework.viewsets.ModelViewSet")
    yield


@contextlib.contextmanager
def _testing(names: dict[str, Any]) -> Iterator[None]:
    @cors_allow(origins=["https://app.example.com"], credentials=True)
    def orders(request: Any) -> JsonResponse:
        return JsonResponse([], safe=False)

    names["client"] = Client()
    with urlconf(path("orders/", orders)):
        yield


@contextlib.contextmanager
def _watching(names: dict[str, Any]) -> Iterator[None]:
    try:
        yield
    finally:
        if "DECISIONS" in names:
            # Whoever reads the page again makes it again.
            import_string("prometheus_client.REGISTRY").unregister(names["DECISIONS"])


#: A key that names no page is a mistake.
PREPARED: dict[str, Callable[[dict[str, Any]], contextlib.AbstractContextManager[None]]] = {
    "README.rst": _readme,
    "docs/asgi.rst": _beside_django,
    "docs/deployment.rst": _environments,
    "docs/environments.rst": _environments,
    "docs/moving.rst": _moving,
    "docs/tenants.rst": _tenants,
    "docs/third_party.rst": _third_party,
    "docs/watching.rst": _watching,
    "cors_views/asgi.py": _beside_django,
    "cors_views/cached_origins.py": _tenants,
    "cors_views/rest_framework.py": _mixin,
    "cors_views/testing/__init__.py": _testing,
}


def _loading(names: dict[str, Any]) -> None:
    assert names["tenants"].origins() == tuple(row["origin"] for row in Tenant.rows)


def _after_saving(names: dict[str, Any]) -> None:
    from django.db.models.signals import post_save
    from django.test import TestCase

    with TestCase.captureOnCommitCallbacks(execute=True):
        post_save.send(sender=Tenant, instance=Tenant(), using="default")


def _joining(names: dict[str, Any]) -> None:
    assert async_to_sync(names["may_join"])("https://eu.shop.example")


def sign_in(names: dict[str, Any]) -> tuple[Any, list[int]]:
    """Sign in as the page about cookies says.

    Return that answer, and how a wrong password before it was answered, then the token from before
    signing in, then the one from after.
    """
    from django.contrib.auth.models import User

    user = {"username": "ada", "password": "a long one"}
    User.objects.create_user(**user)
    client, origin = Client(enforce_csrf_checks=True), "https://www.example.org"

    def send(method: str, token: str = "", **changed: str) -> Any:
        headers = {"origin": origin, "x-csrftoken": token}
        return getattr(client, method)("/session/", user | changed, headers=headers, secure=True)

    with override_settings(
        CSRF_TRUSTED_ORIGINS=[origin],
        MIDDLEWARE=["cors_views.middleware.CorsMiddleware", *FRESH["MIDDLEWARE"]],
        ROOT_URLCONF=Patterns([path("session/", names["session"])]),
    ):
        before = send("get").json()
        refused = send("post", before["csrf"], password="another")
        signed_in = send("post", before["csrf"])
        later = [send("post", told["csrf"]) for told in (before, signed_in.json())]
    return signed_in, [answer.status_code for answer in (refused, *later)]


def _signing_in(names: dict[str, Any]) -> None:
    sign_in(names)


def _asking_for_projects(names: dict[str, Any]) -> None:
    chosen = names["public_projects"](lambda request: getattr(request, "urlconf", None))
    paths = ("/projects/bread/", "/projects/cake/", "/elsewhere/")
    asked = [chosen(RequestFactory().get(each)) for each in paths]
    assert asked == ["shop.public_urls", None, None]


def _deciding(names: dict[str, Any]) -> None:
    view = cors_allow(origins=["https://www.example.com"])(lambda request: HttpResponse())
    preflight = {"access-control-request-method": "PUT"}
    with urlconf(path("orders/", view)):
        for origin in ("https://www.example.com", "https://stranger.example"):
            Client().get("/orders/", headers={"origin": origin})
            Client().get("/no-route/", headers={"origin": origin})
            Client().options("/orders/", headers={"origin": origin, **preflight})


def _comparing(names: dict[str, Any]) -> None:
    policy = {"origins": ["https://a.example"], "origin_regexes": [], "asks": [], "loaded": []}
    report = {"routes": [{"policies": [policy]}]}
    assert names["never_seen"](report, []) == ["https://a.example"]


#: What a reader does beside asking the views, by page and by what the block defines.
DONE = {
    ("docs/asgi.rst", "may_join"): _joining,
    ("docs/cookies.rst", "session"): _signing_in,
    ("docs/tenants.rst", "tenant_origins"): _loading,
    ("docs/tenants.rst", "forget"): _after_saving,
    ("docs/tenants.rst", "public_projects"): _asking_for_projects,
    ("docs/watching.rst", "watch"): _deciding,
    ("docs/watching.rst", "log_decision"): _deciding,
    ("docs/watching.rst", "count_decision"): _deciding,
    ("docs/watching.rst", "note_on_the_span"): _deciding,
    ("docs/watching.rst", "never_seen"): _comparing,
}

#: Pages whose blocks need a package that is an extra.
NEEDED = {
    "docs/asgi.rst": "channels",
    "docs/nearest.rst": "rest_framework",
    "docs/rest_framework.rst": "rest_framework",
    "docs/third_party.rst": "ninja",
    "docs/reasons.rst": "debug_toolbar",
    "docs/watching.rst": "opentelemetry.sdk",
    "cors_views/rest_framework.py": "rest_framework",
}
