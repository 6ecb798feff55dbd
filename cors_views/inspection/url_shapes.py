"""Whether ``CORS_URLS_REGEX`` matches the URLs of a route, before one of them is asked for."""

from __future__ import annotations

import functools
import re
from typing import Any

from django.conf import settings
from django.urls.resolvers import LocalePrefixPattern, RegexPattern, RoutePattern
from django.utils.translation import override

from cors_views import conf
from cors_views.regexes.automata import Automaton, Matching, Unreadable
from cors_views.regexes.expressions import add, automaton_of, begins_anchored, fixed_beginning
from cors_views.regexes.repetitions import is_ambiguous

#: The default of ``CORS_URLS_REGEX``, as in django-cors-headers.
_EVERY_URL = r"^.*$"


def may_match(pattern_path: tuple[Any, ...]) -> bool:
    """Return whether ``CORS_URLS_REGEX`` matches a URL of a route, or may match one.

    Where nobody can be sure it may: a view must not look closed that is open.
    """
    return matching(pattern_path) is not Matching.NEVER


def matching(pattern_path: tuple[Any, ...]) -> Matching:
    """Return which URLs of a route ``CORS_URLS_REGEX`` matches: all, none, or some, perhaps.

    The empty pattern path stands for the URLs that no route has, which are anywhere.
    """
    if any(regex.pattern == _EVERY_URL for regex in conf.cors_settings().urls_regexes):
        # Nearly every site has it, and perhaps thousands of routes.
        return Matching.ALWAYS
    if not any(map(_depends_on_language, pattern_path)):
        return _matching(pattern_path)
    possible, impossible = _languages(conf.cors_settings(), pattern_path[0].pattern)
    found = {Matching.NEVER} if impossible else set()
    for language in possible:
        with override(language):
            found.add(_matching(pattern_path))
        if len(found) > 1:
            return Matching.MAYBE
    return found.pop()


@functools.lru_cache(maxsize=16)
def _languages(site: conf.CorsSettings, first: Any) -> tuple[tuple[str, ...], bool]:
    """Return in which languages URLs may match that begin so, and whether there are others.

    There may be a hundred languages, and as many routes in each: most end with the prefix.
    """
    every = sorted({settings.LANGUAGE_CODE, *dict(settings.LANGUAGES)})
    if not isinstance(first, LocalePrefixPattern):
        return tuple(every), False
    possible = []
    for language in every:
        with override(language):
            beginning = f"/{_fixed(first, last=False)[0]}"
        if any(_against(regex, beginning) is not Matching.NEVER for regex in site.urls_regexes):
            possible.append(language)
    return tuple(possible), len(possible) < len(every)


def _depends_on_language(entry: Any) -> bool:
    pattern = entry.pattern
    written = getattr(pattern, "_route", getattr(pattern, "_regex", ""))
    # What is translated is a lazy object.
    return isinstance(pattern, LocalePrefixPattern) or not isinstance(written, str)


def _matching(pattern_path: tuple[Any, ...]) -> Matching:
    site = conf.cors_settings()
    beginning, varies = beginning_of(pattern_path)
    # A check must not hang at what it looks at: what cannot be judged is not run either.
    judged = (is_ambiguous(regex, beyond_ascii=True) for regex in site.urls_regexes)
    if not varies and all(ambiguous is False for ambiguous in judged):
        return Matching.ALWAYS if site.matches_url(beginning) else Matching.NEVER
    found = {_compare(regex, beginning, pattern_path) for regex in site.urls_regexes}
    likeliest = (Matching.ALWAYS, Matching.MAYBE)
    return next((each for each in likeliest if each in found), Matching.NEVER)


def _against(regex: re.Pattern[str], beginning: str) -> Matching:
    try:
        return automaton_of(regex).against(beginning)
    except Unreadable:
        return Matching.MAYBE


def _compare(regex: re.Pattern[str], beginning: str, pattern_path: tuple[Any, ...]) -> Matching:
    found = _against(regex, beginning)
    try:
        if found is Matching.MAYBE and not automaton_of(regex).meets(_urls_of(pattern_path)):
            return Matching.NEVER
    except Unreadable:
        pass
    return found


def beginning_of(pattern_path: tuple[Any, ...]) -> tuple[str, bool]:
    """Return what each URL of a route begins with, and whether more of it follows."""
    beginning, whole = "/", bool(pattern_path)
    for number, entry in enumerate(pattern_path, 1):
        text, whole = _fixed(entry.pattern, last=number == len(pattern_path))
        beginning += text
        if not whole:
            break
    return beginning, not whole


def _fixed(pattern: Any, *, last: bool) -> tuple[str, bool]:
    """Return what a part of a route begins with letter by letter, and whether that is all."""
    literal = _literal(pattern)
    if literal is not None:
        return literal, True
    if _is_known(pattern, RoutePattern):
        return str(pattern).partition("<")[0], False
    try:
        if _is_known(pattern, RegexPattern) and begins_anchored(pattern.regex):
            text, whole, ends = fixed_beginning(pattern.regex)
            # Behind an expression without an end a URL may go on, and an include does.
            return text, whole and ends == last
    except Unreadable:
        pass
    return "", False


def _literal(pattern: Any) -> str | None:
    """Return a part of a route that says all of itself letter by letter."""
    if _is_known(pattern, LocalePrefixPattern):
        return str(pattern.language_prefix)
    written = str(pattern) if _is_known(pattern, RoutePattern) else "<"
    return None if "<" in written else written


def _is_known(pattern: Any, kind: Any) -> bool:
    """Return whether a part of a route is matched as Django does it, by nobody's own rules."""
    return isinstance(pattern, kind) and type(pattern).match is kind.match


def _urls_of(pattern_path: tuple[Any, ...]) -> Automaton:
    """Return the URLs of a route; where it cannot be told what a part matches, more than those."""
    urls = Automaton()
    at = urls.text("/", urls.start)
    for entry in pattern_path:
        literal = _literal(entry.pattern)
        at = _added(urls, entry.pattern, at) if literal is None else urls.text(literal, at)
    if pattern_path and _literal(pattern_path[-1].pattern) is not None:
        urls.skip(at, urls.ended)
    else:
        # A route ends by itself; behind an expression without an end a URL may go on.
        urls.accept(at)
    return urls


def _added(urls: Automaton, pattern: Any, at: int) -> int:
    if not (_is_known(pattern, RoutePattern) or _is_known(pattern, RegexPattern)):
        return urls.anything(at)
    try:
        # It is searched for, so without an anchor it begins anywhere.
        begin = at if begins_anchored(pattern.regex) else urls.anything(at)
        return add(urls, pattern.regex, begin)
    except Unreadable:
        return urls.anything(at)
