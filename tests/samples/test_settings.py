"""Every block of settings is put to use: by Django's checks, a request, and ``logging`` itself."""

from __future__ import annotations

import contextlib
import logging
import logging.config
from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import pytest
from django.conf import settings as site
from django.core.checks import run_checks
from django.http import HttpRequest, JsonResponse
from django.middleware.csrf import get_token
from django.test import Client
from django.test.utils import override_settings
from django.urls import path
from django.utils.module_loading import import_string

from cors_views import CorsPolicy, cors_allow
from tests.samples import Sample, everything
from tests.samples.reader import Reader, laid_over
from tests.tables import Patterns

SETTINGS = [one for one in everything() if one.language == "python" and one.is_settings]
#: What ``check --deploy`` finds nothing in, so that what it finds is the sample's.
PRODUCTION: dict[str, Any] = {
    "ALLOWED_HOSTS": ["api.example.com"],
    "CSRF_COOKIE_SECURE": True,
    "DEBUG": False,
    "SECRET_KEY": "".join(map(chr, range(33, 120))),
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SECURE_HSTS_SECONDS": 3600,
    "SECURE_SSL_REDIRECT": True,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_ENGINE": "django.contrib.sessions.backends.signed_cookies",
    "X_FRAME_OPTIONS": "DENY",
}
#: No setting of Django's or ours, but of a package that a page is about.
OTHERS = {"DEBUG_TOOLBAR_PANELS", "REST_AUTH"}


def visited(request: HttpRequest) -> JsonResponse:
    """Set the cookies that the settings are about."""
    request.session["visited"] = True
    get_token(request)
    return JsonResponse({"secure": request.is_secure()})


def of(samples: list[Sample]) -> Any:
    return pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in samples])


@contextlib.contextmanager
def used(reader: Reader, new: dict[str, Any]) -> Iterator[None]:
    """Lay the settings over those of production, on a site that uses each policy."""
    middleware = reader.settings["MIDDLEWARE"]
    if "cors_views.middleware.CorsMiddleware" not in middleware:
        middleware = ["cors_views.middleware.CorsMiddleware", *middleware]
    middleware = [*middleware, "django.middleware.clickjacking.XFrameOptionsMiddleware"]
    # Which views write is no question of the settings, unless they speak of it.
    speaks_of_csrf = "CSRF_TRUSTED_ORIGINS" in new
    with override_settings(
        **{**PRODUCTION, **laid_over(reader.settings), "MIDDLEWARE": middleware}
    ):
        routes = []
        for name, policy in site.CORS_POLICIES.items():
            given = policy if isinstance(policy, CorsPolicy) else CorsPolicy(**policy)
            sends = speaks_of_csrf and given.credentials and name in new.get("CORS_POLICIES", ())
            methods = ["GET", "POST"] if sends else ["GET"]
            routes.append(path(f"{name}/", cors_allow(name, methods=methods)(visited)))
        with override_settings(ROOT_URLCONF=Patterns([*routes, path("undeclared/", visited)])):
            yield


@of(SETTINGS)
def test_that_the_checks_of_a_deployment_find_nothing(sample: Sample, reader: Reader) -> None:
    new = reader.run(sample)

    # A server on the own machine is for development; the checks of a deployment say so.
    deployed = "settings/development.py" not in sample.code
    with used(reader, new):
        found = run_checks(include_deployment_checks=deployed)
    # The toolbar is installed for its own tests alone.
    ids = [str(one.id) for one in found if not str(one.id).startswith("debug_toolbar.")]
    # Names at a host that others share; the page says which check reports them.
    expected = ["cors_views.W043"] * 2 if "settings/preview_hosts.py" in sample.code else []
    assert ids == expected


@of(SETTINGS)
def test_that_every_name_is_known(sample: Sample, reader: Reader) -> None:
    new = reader.run(sample)

    known = {name for name in dir(site) if name.isupper()} | OTHERS
    ours = {name for name in new if name.startswith("CORS_")}
    assert set(new) - known - ours == set()
    for dotted in (*new.get("MIDDLEWARE", ()), *new.get("DEBUG_TOOLBAR_PANELS", ())):
        assert import_string(dotted)
    for app in new.get("INSTALLED_APPS", ()):
        assert find_spec(app)


@of(SETTINGS)
def test_that_a_request_is_served_by_https(sample: Sample, reader: Reader) -> None:
    """Django looks at SameSite only when it sets a cookie, and at the proxy's header only then."""
    new = reader.run(sample)

    with used(reader, new):
        client = Client(headers={"host": "api.example.com"})
        cookies = client.get("/undeclared/", secure=True).cookies
        proxied = client.get("/undeclared/", headers={"x-forwarded-proto": "https"})
    assert set(cookies) == {"csrftoken", "sessionid"}
    assert all(cookie["secure"] for cookie in cookies.values())
    if "SECURE_PROXY_SSL_HEADER" in new:
        assert proxied.json() == {"secure": True}


@of([one for one in SETTINGS if "LOGGING" in one.code])
def test_that_the_log_is_shown(
    sample: Sample,
    reader: Reader,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    new = reader.run(sample)
    logger = logging.getLogger("cors_views")
    for name in ("handlers", "level", "propagate"):
        monkeypatch.setattr(logger, name, getattr(logger, name))
    # It would close those of pytest.
    monkeypatch.setattr(logging.config, "_clearExistingHandlers", lambda: None)

    logging.config.dictConfig(new["LOGGING"])
    with used(reader, new):
        Client(headers={"host": "api.example.com", "origin": "https://evil.example"}).get(
            "/undeclared/", secure=True
        )

    assert set(new["LOGGING"]["loggers"]) == {"cors_views"}
    assert (
        "The browser refuses GET '/undeclared/' from 'https://evil.example'"
        in capsys.readouterr().err
    )
