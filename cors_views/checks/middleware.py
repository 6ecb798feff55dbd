"""Checks of where the middleware stands."""

from __future__ import annotations

import sys
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.utils.module_loading import import_string

from cors_views.middleware import CorsMiddleware

_OURS = "cors_views.middleware.CorsMiddleware"
#: What may answer a request, or change who it is for, before anything below sees it.
_ANSWERS = (
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "django.contrib.auth.middleware.RemoteUserMiddleware",
    "django.contrib.flatpages.middleware.FlatpageFallbackMiddleware",
    "django.contrib.redirects.middleware.RedirectFallbackMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.cache.CacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.middleware.gzip.GZipMiddleware",
    "django.middleware.http.ConditionalGetMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
)

#: What sites override in the middleware of django-cors-headers. Ours asks none of it.
_NOT_OURS = (
    "add_response_headers",
    "check_preflight",
    "check_signal",
    "is_enabled",
    "origin_found_in_white_lists",
    "regex_domain_match",
)

E031 = Error(
    "CorsMiddleware stands in MIDDLEWARE more than once.",
    hint="Keep the first one.",
    id="cors_views.E031",
)
W044 = Warning(
    "Receivers are connected to corsheaders.signals.check_request_enabled, which nobody sends.",
    hint="Write: from cors_views.signals import check_request_enabled",
    id="cors_views.W044",
)


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """Report where the middleware is missing, is there twice, or stands too low."""
    paths = [path for path in settings.MIDDLEWARE if isinstance(path, str)]
    classes = [_class(path) for path in paths]
    ours = [
        index
        for index, found in enumerate(classes)
        if isinstance(found, type) and issubclass(found, CorsMiddleware)
    ]
    messages: list[CheckMessage] = []
    messages += _installed_as_well(paths)
    messages += [message for index in ours for message in _never_asked(classes[index])]
    signals = sys.modules.get("corsheaders.signals")
    if signals is not None and signals.check_request_enabled.has_listeners():
        messages.append(W044)
    if not ours:
        return [*messages, _missing(paths)]
    if len(ours) > 1:
        messages.append(E031)
    above = [paths[index] for index in range(ours[0]) if _answers(paths[index], classes[index])]
    if above:
        messages.append(
            Warning(
                f"CorsMiddleware stands below {', '.join(above)}. Answers made above it carry no "
                "CORS headers, so a front end sees a CORS error instead of them, and a cache "
                "there keeps them for everybody.",
                hint=f'Move "{paths[ours[0]]}" above "{above[0]}" in MIDDLEWARE.',
                id="cors_views.W032",
            )
        )
    return messages


def _missing(paths: list[str]) -> CheckMessage:
    meant = [path for path in paths if path.partition(".")[0] == "cors_views"]
    return Error(
        "cors_views is installed, but its middleware is not: no policy has any effect.",
        hint=f'Write "{_OURS}" instead of "{meant[0]}".'
        if meant
        else f'Add "{_OURS}" to MIDDLEWARE, at the top.',
        id="cors_views.E030",
    )


def _installed_as_well(paths: list[str]) -> list[CheckMessage]:
    apps, middleware = (
        [name for name in names if name.split(".")[0] == "corsheaders"]
        for names in (map(str, settings.INSTALLED_APPS), paths)
    )
    places = [
        *(f"{name!r} from INSTALLED_APPS" for name in apps),
        *(f"{name!r} from MIDDLEWARE" for name in middleware),
    ]
    if not places:
        return []
    both = ": both middlewares would write an answer" if middleware else ""
    return [
        Error(
            f"django-cors-headers is installed as well{both}.",
            hint=f"Remove {' and '.join(places)}. Its settings keep working; imports of "
            "corsheaders.defaults and corsheaders.signals change their first word.",
            id="cors_views.E033",
        )
    ]


def _never_asked(middleware: type) -> list[CheckMessage]:
    """Warn where a subclass that moved over overrides what only django-cors-headers asks."""
    name = f"{middleware.__module__}.{middleware.__qualname__}"
    return [
        Warning(
            f"{name}.{method}() is never called: it belongs to the middleware of "
            "django-cors-headers. What it kept closed may be open now.",
            hint="Write cors_deny on the views that it closed. For what it opened, write a "
            "callable in a policy's origins, or a receiver of check_request_enabled.",
            id="cors_views.W046",
        )
        for method in _NOT_OURS
        if hasattr(middleware, method)
    ]


def _class(path: str) -> Any:
    try:
        return import_string(path)
    except Exception:  # whatever a module raises while it is imported is Django's to report
        return None


def _answers(path: str, found: Any) -> bool:
    if path in _ANSWERS:
        return True
    names = {f"{base.__module__}.{base.__qualname__}" for base in getattr(found, "__mro__", ())}
    return not names.isdisjoint(_ANSWERS)
