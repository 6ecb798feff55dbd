"""From a URL to the patterns that lead to its view, and all such paths of the site."""

from __future__ import annotations

import logging
import operator
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple, TypeVar

from django.conf import settings
from django.http import HttpRequest
from django.urls import ResolverMatch, URLResolver, get_resolver
from django.urls.exceptions import Resolver404
from django.utils.translation import (
    get_language,
    get_language_from_path,
    get_language_from_request,
    override,
)

from cors_views.conf import installed_middleware
from cors_views.conf.settings_cache import keep
from cors_views.declarations.marks import wrapped
from cors_views.resolution.pattern_walk import walk
from cors_views.resolution.wrapped_views import adds_nothing
from cors_views.support.memory import remembered

logger = logging.getLogger("cors_views")

T = TypeVar("T")

#: The resolvers that lead to a URLconf entry, from outside, and the entry itself.
PatternPath = tuple[Any, ...]


def resolve(request: HttpRequest) -> ResolverMatch | None:
    """Return the match of a request, or ``None`` where nothing matches.

    For a URL that Django would redirect to its form with a final slash, that is the other's match.
    """
    found = _in_its_languages(request, _match)
    return found[0] if found else None


def find_pattern_paths(request: HttpRequest) -> list[PatternPath]:
    """Return the path of patterns of the match of a request; an empty list where nothing matches.

    Several where nobody knows in which language Django will resolve the URL.
    """
    return _in_its_languages(request, _pattern_path)


def _in_its_languages(
    request: HttpRequest, look: Callable[[URLResolver, str], T | None]
) -> list[T]:
    urlconf = getattr(request, "urlconf", None) or _root_urlconf()
    resolver = get_resolver(urlconf)
    prefixes = _language_prefixes(urlconf)
    if prefixes is None:
        one = look(resolver, request.path_info)
        return [] if one is None else [one]
    found = []
    for language in _languages_of(request, *prefixes):
        with override(language):
            one = look(resolver, request.path_info)
        if one is not None:
            found.append(one)
    return found


@keep
def _root_urlconf() -> str:
    root: str = settings.ROOT_URLCONF
    return root


def _match(resolver: URLResolver, path: str) -> ResolverMatch | None:
    try:
        return resolver.resolve(path)
    except Resolver404:
        if path.endswith("/") or not installed_middleware.appends_slash():
            return None
    match = _match(resolver, f"{path}/")
    return match if match and getattr(match.func, "should_append_slash", True) else None


def _pattern_path(resolver: URLResolver, path: str) -> PatternPath | None:
    """Return the path of patterns of ``_match``.

    The patterns themselves do the matching. The matches that Django makes of it, one at each level
    and for a view that does not run, would take four times as long.
    """
    try:
        found = walk(resolver, path)
        if not found and not path.endswith("/") and installed_middleware.appends_slash():
            found = walk(resolver, f"{path}/")
            if found and not getattr(found[-1].callback, "should_append_slash", True):
                return None
        return found or None
    except Exception:
        # Something that may match as it likes, or that fails: Django knows what comes of it.
        match = _match(resolver, path)
        return None if match is None else pattern_path_of(match)


def import_all(resolver: URLResolver) -> None:
    """Import a URLconf with all that it includes: what is named by a string is not, until then."""
    # Once each: a URLconf may include itself.
    resolvers = {id(resolver): resolver}
    waiting = [resolver]
    while waiting:
        # The property is what imports it.
        for pattern in waiting.pop().url_patterns:
            if isinstance(pattern, URLResolver) and id(pattern) not in resolvers:
                resolvers[id(pattern)] = pattern
                waiting.append(pattern)


@keep
def _language_prefixes(urlconf: Any) -> tuple[bool, bool] | None:
    """Return whether URLs begin with a language, and whether those of the default do, too.

    ``None`` where no middleware of Django chooses a language and no URL has one.
    """
    if not settings.USE_I18N:
        return None
    # Here, not above: it imports what a site without languages may do without.
    from django.conf.urls.i18n import is_language_prefix_patterns_used

    prefixes: tuple[bool, bool] = is_language_prefix_patterns_used(urlconf)
    return prefixes if prefixes[0] or installed_middleware.has_locale() else None


def _languages_of(request: HttpRequest, prefixed: bool, default_too: bool) -> tuple[str, ...]:
    """Return the languages that Django may resolve in.

    It is one if LocaleMiddleware chooses it: above it the thread still has the last one. Another
    middleware may choose by the prefix, by the host, or not at all.
    """
    asked = get_language_from_request(request) if installed_middleware.has_locale() else None
    if asked and not prefixed:
        return (asked,)
    in_path, default = get_language_from_path(request.path_info), settings.LANGUAGE_CODE
    if installed_middleware.chooses_language():
        return (in_path or (asked if asked and default_too else default),)
    # All but these two lead to the same views, where routes are not translated.
    another = next((code for code, _ in settings.LANGUAGES if code not in (in_path, default)), None)
    return tuple(dict.fromkeys(filter(None, (in_path, asked, default, get_language(), another))))


class ByHand(NamedTuple):
    """What stands for a URLconf entry where another view was matched than that of the entry.

    ``entry_callback`` is what the entry names, where the other view shows no connection with it.
    """

    callback: Any
    pattern: Any = ""
    name: str | None = None
    entry_callback: Any = None


def pattern_path_of(match: ResolverMatch) -> PatternPath:
    """Return the path of patterns that a match names.

    ``resolve()`` of a pattern may put another view on the match, or make a match of its own, and
    so may a middleware, or the view. What is served is taken for the view of the match.
    """
    tried: Any = getattr(match, "tried", None)
    pattern_path = tuple(tried[-1]) if tried else ()
    callback = getattr(pattern_path[-1], "callback", None) if pattern_path else None
    if pattern_path and callback is match.func:
        return pattern_path
    resolvers = tuple(step for step in pattern_path if hasattr(step, "urlconf_name"))
    entry = pattern_path[-1] if len(resolvers) < len(pattern_path) else None
    if callback is not None and adds_nothing(match.func, callback):
        # What wraps each match, as agents that measure do, is still the entry: its route is kept.
        return pattern_path
    wraps = any(step is callback for step in wrapped(match.func))
    by_hand = ByHand(
        match.func, getattr(entry, "pattern", ""), entry_callback=None if wraps else callback
    )
    return (*resolvers, by_hand)


class _PatternPath(tuple[Any, ...]):
    """A path of patterns, equal to itself alone. Patterns may be of a class with an ``__eq__``."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        return (
            isinstance(other, tuple)
            and len(self) == len(other)
            and all(map(operator.is_, self, other))
        )

    def __hash__(self) -> int:
        return hash((*map(id, self),))


def all_pattern_paths(resolver: URLResolver | None = None) -> Iterator[PatternPath]:
    """Yield the path of every route of the site, in the order of the URLconf.

    What Django's own checks complain of in a URLconf is left out.
    """
    return map(_PatternPath, _below(get_resolver() if resolver is None else resolver))


def _below(resolver: URLResolver) -> Iterator[PatternPath]:
    try:
        patterns = list(resolver.url_patterns)
    except Exception:
        logger.exception("The URLs of %r cannot be read.", resolver)
        return
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            for pattern_path in _below(pattern):
                yield (pattern, *pattern_path)
        elif hasattr(pattern, "callback"):
            yield (pattern,)


def of_the_site() -> list[PatternPath]:
    """Return the path of every route below ``ROOT_URLCONF``."""
    return _of(get_resolver())


@remembered
def _of(resolver: URLResolver) -> list[PatternPath]:
    return list(all_pattern_paths(resolver))
