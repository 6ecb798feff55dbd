"""Fixtures for pytest: browsers whose pages share cookies and cached preflights.

pytest loads this module by its entry point, in every run of an environment: before Django is set
up, before coverage is measured, and in projects without Django. So this module imports nothing but
pytest; the fixtures import the rest.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from cors_views.testing import AsyncBrowser, Browser


@pytest.fixture
def cors_browser(request: pytest.FixtureRequest) -> Callable[..., Browser]:
    """Return a function that opens pages: ``cors_browser("https://app.example.com")``.

    The arguments are those of ``cors_views.testing.Browser``. The pages of one test share cookies
    and cached preflights. If the test uses pytest-django's ``client``, they share its cookies, so
    ``client.force_login(user)`` logs the visitor in.
    """
    from django.test import Client

    from cors_views.testing import Browser

    shared = _shared(request, "client", Client)
    return lambda origin, **options: Browser(origin, **shared | options)


@pytest.fixture
def cors_async_browser(request: pytest.FixtureRequest) -> Callable[..., AsyncBrowser]:
    """Like ``cors_browser``, for ``AsyncBrowser`` and pytest-django's ``async_client``."""
    from django.test import AsyncClient

    from cors_views.testing import AsyncBrowser

    shared = _shared(request, "async_client", AsyncClient)
    return lambda origin, **options: AsyncBrowser(origin, **shared | options)


def _shared(request: pytest.FixtureRequest, name: str, kind: type[Any]) -> dict[str, Any]:
    """Return what the pages of one test have in common."""
    from cors_views.testing import PreflightCache

    # Only where the test asks for it: a fixture of that name may be anybody's.
    client = request.getfixturevalue(name) if name in request.fixturenames else None
    return {
        "client": client if isinstance(client, kind) else kind(),
        "preflights": PreflightCache(),
    }
