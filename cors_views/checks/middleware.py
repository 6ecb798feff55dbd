"""Checks of where the middleware stands."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.conf.urls.i18n import is_language_prefix_patterns_used
from django.core.checks import CheckMessage, Error, Warning

from cors_views.checks.tenants import chosen_by, class_of, is_ours, names_of
from cors_views.declarations.marks import anything_applied
from cors_views.resolution.pattern_paths import all_pattern_paths

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

_LOCALE = "django.middleware.locale.LocaleMiddleware"
_WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
_CACHES = (
    "django.middleware.cache.CacheMiddleware",
    "django.middleware.cache.FetchFromCacheMiddleware",
    "django.middleware.cache.UpdateCacheMiddleware",
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
    "Receivers are connected to corsheaders.signals.check_request_enabled, which is never sent.",
    hint="Write: from cors_views.signals import check_request_enabled",
    id="cors_views.W044",
)


def check_middleware(**kwargs: Any) -> list[CheckMessage]:
    """Report where the middleware is missing, is there twice, or stands too low."""
    paths = [path for path in settings.MIDDLEWARE if isinstance(path, str)]
    classes = [class_of(path) for path in paths]
    ours = [index for index, found in enumerate(classes) if is_ours(found)]
    messages: list[CheckMessage] = []
    messages += _installed_as_well(paths, beside_ours=bool(ours))
    messages += [message for index in ours for message in _never_asked(classes[index])]
    signals = sys.modules.get("corsheaders.signals")
    if signals is not None and signals.check_request_enabled.has_listeners():
        messages.append(W044)
    if not ours:
        return [*messages, _missing(paths)]
    if len(ours) > 1:
        messages.append(E031)
    messages += _stands_below(paths, classes, ours[0])
    return messages


def _stands_below(paths: list[str], classes: list[Any], ours: int) -> list[CheckMessage]:
    """Warn where something above the middleware may answer by itself, without CORS headers."""
    above = [index for index in range(ours) if _answers(paths[index], classes[index])]
    if not above:
        return []
    names = [paths[index] for index in above]
    cached = _any_of(_CACHES, names, [classes[index] for index in above])
    kept = ", and the cache may serve them to everybody" if cached else ""
    first = above[0]
    # What chooses the URLconf or the tenant has to stay above: a preflight is judged by it.
    moved = [
        paths[index]
        for index in range(first, ours)
        if index not in above and chosen_by(paths[index], classes[index])
    ]
    hint = "".join(f'Move "{path}" above "{names[0]}" in MIDDLEWARE, then ' for path in moved)
    hint += f'{"move" if moved else "Move"} "{paths[ours]}" above "{names[0]}" in MIDDLEWARE.'
    if _any_of((_WHITENOISE,), paths[first:ours], classes[first:ours]):
        hint += (
            " Static files that WhiteNoise serves then get a Vary header, and CORS headers "
            "where the CORS_* settings admit the origin."
        )
    return [
        Warning(
            f"CorsMiddleware stands below {', '.join(names)}. Responses from above it have no "
            f"CORS headers, so a page gets a CORS error instead of the response{kept}.",
            hint=hint,
            id="cors_views.W032",
        )
    ]


def _missing(paths: list[str]) -> CheckMessage:
    """Report that the middleware is missing: an error where a view relies on it.

    A second settings module, of a worker or an internal host, may leave it out on purpose.
    """
    meant = [path for path in paths if path.partition(".")[0] == "cors_views"]
    hint = (
        f'Write "{_OURS}" instead of "{meant[0]}".'
        if meant
        else f'Add "{_OURS}" to MIDDLEWARE, at the top'
    )
    if _is_anything_declared():
        return Error(
            "cors_views is installed, but its middleware is not: no policy has any effect.",
            hint=hint if meant else f"{hint}.",
            id="cors_views.E030",
        )
    return Warning(
        "cors_views is installed, but its middleware is not: the CORS_* settings have no effect.",
        hint=hint if meant else f"{hint}, or remove 'cors_views' from INSTALLED_APPS.",
        id="cors_views.W052",
    )


def _is_anything_declared() -> bool:
    if getattr(settings, "ROOT_URLCONF", None):
        # Only what is imported has declared anything, and nobody may have read the URLs yet.
        for _ in all_pattern_paths():
            pass
    return anything_applied()


def _installed_as_well(paths: list[str], *, beside_ours: bool) -> list[CheckMessage]:
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
    both = ": both middlewares would write an answer" if middleware and beside_ours else ""
    return [
        Error(
            f"django-cors-headers is installed as well{both}.",
            hint=f"Remove {' and '.join(places)}. Its settings keep working. Import "
            "cors_views.defaults and cors_views.signals instead of corsheaders.defaults "
            "and corsheaders.signals.",
            id="cors_views.E033",
        )
    ]


def _never_asked(middleware: type) -> list[CheckMessage]:
    """Warn where a subclass that moved over overrides what only django-cors-headers asks."""
    name = f"{middleware.__module__}.{middleware.__qualname__}"
    return [
        Warning(
            f"{name}.{method}() is never called: only the middleware of django-cors-headers "
            "calls it. Views that it closed may be open now.",
            hint="Write @cors_deny above the views that it closed. For what it opened, write a "
            "callable in a policy's origins, or a receiver of check_request_enabled.",
            id="cors_views.W046",
        )
        for method in _NOT_OURS
        if hasattr(middleware, method)
    ]


def _answers(path: str, found: Any) -> bool:
    """Return whether a middleware may answer a request by itself, in a way that pages may not read.

    LocaleMiddleware redirects nothing where no URL has a language prefix.
    """
    names = {path, *names_of(found)}
    if _LOCALE in names and not _has_language_prefixes():
        names.discard(_LOCALE)
    if _WHITENOISE in names and getattr(settings, "WHITENOISE_ALLOW_ALL_ORIGINS", True):
        # Its answers carry '*' already.
        names.discard(_WHITENOISE)
    return not names.isdisjoint(_ANSWERS)


def _has_language_prefixes() -> bool:
    urlconf = getattr(settings, "ROOT_URLCONF", "")
    try:
        return bool(urlconf) and is_language_prefix_patterns_used(urlconf)[0]
    except Exception:  # a URLconf that cannot be read is Django's to report
        return True


def _any_of(wanted: Iterable[str], paths: list[str], classes: list[Any]) -> bool:
    found = {name for each in classes for name in names_of(each)} | {*paths}
    return not found.isdisjoint(wanted)
