"""Which middlewares a site has installed, of Django's and of others."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from cors_views.conf.settings_cache import keep


@keep
def appends_slash() -> bool:
    """Return whether Django redirects a URL that only lacks its final slash."""
    from django.middleware.common import CommonMiddleware

    return settings.APPEND_SLASH and has_middleware(CommonMiddleware)


@keep
def has_locale() -> bool:
    """Return whether LocaleMiddleware, or a subclass of it, chooses a language for each request."""
    from django.middleware.locale import LocaleMiddleware

    return has_middleware(LocaleMiddleware)


@keep
def chooses_language() -> bool:
    """Return whether a language is chosen for each request as Django's LocaleMiddleware does."""
    from django.middleware.locale import LocaleMiddleware

    return has_locale() and all(
        each.process_request is LocaleMiddleware.process_request
        and each.__call__ is LocaleMiddleware.__call__
        for each in _installed(LocaleMiddleware)
    )


@keep
def protects_from_csrf() -> bool:
    """Return whether CsrfViewMiddleware looks at each request."""
    from django.middleware.csrf import CsrfViewMiddleware

    return has_middleware(CsrfViewMiddleware)


def has_middleware(wanted: type) -> bool:
    """Return whether a middleware, or a subclass of it, is installed."""
    return next(_installed(wanted), None) is not None


def _installed(wanted: type) -> Iterator[Any]:
    for path in settings.MIDDLEWARE:
        try:
            middleware = import_string(path)
        except Exception:  # noqa: S112 Django says what is wrong with it
            continue
        if isinstance(middleware, type) and issubclass(middleware, wanted):
            yield middleware
