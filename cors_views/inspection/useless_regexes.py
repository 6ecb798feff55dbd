"""Regular expressions that match no origin, and the origin that each may have been written for."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator

from cors_views.inspection.wide_regexes import lookalike_of, stranger_of
from cors_views.policies.spelling_hints import variable_advice
from cors_views.regexes.automata import Unreadable
from cors_views.regexes.expressions import automaton_of, whole_automaton_of
from cors_views.standard.origins import is_origin

_LITERAL = r"(?:[A-Za-z0-9:/_-]|\\[.:/_-])"
#: What any origin of the web looks like, and more: host, and port.
_OF_THE_WEB = r"https?://(?:[a-z0-9_.-]+|\[[0-9a-f:.]+\])(?::[0-9]+)?"
#: Schemes that are neither http nor https, whose hosts may have upper case.
_OTHER_SCHEMES = (
    r"(?:[a-gi-z]|h[a-su-z0-9+.-]|ht[a-su-z0-9+.-]|htt[a-oq-z0-9+.-]|http[a-rt-z0-9+.-]|"
    r"https[a-z0-9+.-])[a-z0-9+.-]*|ht{0,2}"
)
_AN_ORIGIN = re.compile(rf"null|{_OF_THE_WEB}|(?:{_OTHER_SCHEMES})://[A-Za-z0-9_.~:\[\]-]*")
_A_PATH = re.compile(r"/.*")
_BEHIND_THE_HOST = re.compile(r"(\^?[a-z?+.-]+\??:(?:\\?/){2}[^/]+?)\(?\\?/[^/\[\]]*")
_LOCAL = re.compile(r"\^?(?:localhost|127\\?\.)")
_WHOLE = (
    r"Write the whole origin, scheme, host and port, as in r'https://[a-z0-9-]+\.example\.com' "
    r"or r'http://localhost:[0-9]+'."
)


def matches_nothing(regex: re.Pattern[str]) -> bool:
    """Return whether a regex matches no whole origin: it is a part of one, or more than one has.

    django-cors-headers is content with the beginning of one.
    """
    if "|" not in regex.pattern and not regex.flags & (re.IGNORECASE | re.VERBOSE):
        match = re.fullmatch(rf"\^?({_LITERAL}+)\$?", regex.pattern)
        if match is not None and not is_origin(match[1].replace("\\", "")):
            return True
        # A host of the web does not end so; those of apps may end as they like.
        if re.fullmatch(r"\^?https?\??:.+[-:/]\$?", regex.pattern):
            return True
    try:
        return not whole_automaton_of(regex).meets(whole_automaton_of(_AN_ORIGIN))
    except Unreadable:
        return False


def what_was_meant(regex: re.Pattern[str]) -> str:
    """Return what to write instead of a regex that matches no origin."""
    advice = variable_advice(regex.pattern)
    if advice:
        return advice
    better = next(filter(functools.partial(_is_strict, regex.flags), _completions(regex)), "")
    return f"Write r'{better}' instead." if better else _WHOLE


def _completions(regex: re.Pattern[str]) -> Iterator[str]:
    pattern = regex.pattern
    lower = re.sub(r"\\.|\[[^]]*\]|[A-Z]+", _lower, pattern)
    for text in dict.fromkeys((pattern, lower)):
        bare = text.removesuffix("$")
        yield f"{bare}[0-9]+" if bare.endswith(":") else bare.removesuffix("/")
        path = _BEHIND_THE_HOST.fullmatch(bare)
        if path:
            yield path[1]
        scheme, start = "http" if _LOCAL.match(text) else "https", text.removeprefix("^")
        label = "[a-z0-9-]+" if start.startswith(r"\.") else ""
        yield f"{scheme}://{label}{start}"


def _lower(match: re.Match[str]) -> str:
    return match[0].lower() if match[0].isalpha() else match[0]


def _is_strict(flags: int, better: str) -> bool:
    try:
        regex = re.compile(better, flags)
    except re.error:
        return False
    return not matches_nothing(regex) and not stranger_of(regex) and lookalike_of(regex) is None


def matches_no_path(regex: re.Pattern[str]) -> bool:
    """Return whether a regex matches the beginning of no path, each of which begins with "/"."""
    try:
        return not automaton_of(regex).meets(whole_automaton_of(_A_PATH))
    except Unreadable:
        return False
