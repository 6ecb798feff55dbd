"""Regular expressions for origins that admit more than was meant, and who gets in."""

from __future__ import annotations

import functools
import itertools
import re
from collections.abc import Callable, Iterator
from typing import Any

from cors_views.inspection.hosts import is_local, is_public_suffix, is_reserved, site_of
from cors_views.regexes.automata import Automaton, Unreadable
from cors_views.regexes.expressions import parsed, whole_automaton_of
from cors_views.regexes.repetitions import few_ways
from cors_views.standard.origins import MAX_LENGTH, is_origin

#: Origins that nobody means: who admits one of them admits whoever registers a name there.
_STRANGERS = tuple(
    f"{scheme}://{name}.{suffix}"
    for scheme in ("https", "http")
    for name in ("stranger", "abc", "www.stranger", "strangerfromelsewhere")
    for suffix in ("com", "app", "dev", "io", "net", "org", "de", "fr", "xyz")
)
_EXTENSIONS = (
    "chrome-extension://abcdefghijklmnopabcdefghijklmnop",
    "moz-extension://3c078156-979c-498b-8990-85f7987dd929",
    "safari-web-extension://3C078156-979C-498B-8990-85F7987DD929",
)
#: Who admits all of these admits every host.
_UNRELATED = ("https://abc.xyz", "https://www.stranger.com", "https://strangerfromelsewhere.de")
_SERVERS_OF_DEVELOPMENT = tuple(
    f"{scheme}://{host}:{port}"
    for scheme in ("http", "https")
    for host in ("localhost", "127.0.0.1", "[::1]")
    for port in (3000, 5173, 8000, 8080, 4200)
)
_STRANGER = "stranger"
#: So many ways, as a power of two, to match a text of so many letters, as most that are tried here
#: have, take ``re`` a few milliseconds at worst.
_FEW, _LONGEST_TRIED = 20, 64
#: What makes somebody else's host of a text that a host begins with.
_BEHIND = (f".{_STRANGER}.com", f"{_STRANGER}.com", _STRANGER, f".{_STRANGER}")
_THIS_MACHINE = re.compile(r"(?<![\w-])(?:localhost|127\\?\.|\[?::1)")
#: What is no part of a host's name: classes, sets, groups, the scheme of an alternative behind it.
_NO_NAME = re.compile(r"\\[A-Za-z]|\[[^]]*\]|\(\?P<\w+>|https?")
#: The letters of an expression that stand for others: classes, sets, numbers of repetitions.
_UNSPELT = re.compile(r"\\[A-Za-z0-9]|\[[^]]{2,}\]|\{[^}]*\}|\(\?:")
#: So many texts of a long expression are looked at.
_MOST_SPELT = 50
#: What a pattern says letter by letter at its end, or as a whole.
_LITERAL = r"(?:[A-Za-z0-9:/_-]|\\[.:/_-])"


@functools.lru_cache(maxsize=256)
def whole_match(regex: re.Pattern[str]) -> Callable[[str], bool]:
    """Return what tells whether ``regex`` matches the whole of a text, without ever hanging.

    A check must not be slow because what it looks at is. Where neither ``re`` nor an automaton is
    known to be quick, nothing matches.
    """
    try:
        if few_ways(regex, _LONGEST_TRIED, _FEW):
            return lambda text: len(text) <= _LONGEST_TRIED and regex.fullmatch(text) is not None
        return whole_automaton_of(regex).matches
    except Unreadable:
        return lambda text: False


def stranger_of(regex: re.Pattern[str]) -> str:
    """Return an origin that a regex admits although nobody can have meant it, or nothing."""
    matches = whole_match(regex)
    strangers = (f"{origin}{port}" for port in _ports(regex) for origin in _STRANGERS)
    return suffix_of(regex) or next(filter(matches, (*strangers, *_EXTENSIONS)), "")


def suffix_of(regex: re.Pattern[str]) -> str:
    """Return an origin below a public suffix below which a regex admits all, or nothing."""
    matches = whole_match(regex)
    tails = [tail for tail in endings(regex) if tail.startswith(".") and is_public_suffix(tail[1:])]
    return next(filter(matches, (f"https://{_STRANGER}{tail}" for tail in tails)), "")


def every_host_of(regex: re.Pattern[str]) -> str:
    """Return an origin of somebody's where a regex admits every host there is, or nothing."""
    matches = whole_match(regex)
    found = ([f"{origin}{port}" for origin in _UNRELATED] for port in _ports(regex))
    return next((origins[0] for origins in found if all(map(matches, origins))), "")


def local_of(regex: re.Pattern[str]) -> str:
    """Return a server for development on the own machine that a regex admits, or nothing."""
    return next(filter(whole_match(regex), _SERVERS_OF_DEVELOPMENT), "")


def _ports(regex: re.Pattern[str]) -> list[str]:
    """Return the ports that a regex may name, and none."""
    return list(dict.fromkeys(["", ":8443", *re.findall(r":[1-9][0-9]+", regex.pattern)]))


def endings(regex: re.Pattern[str]) -> list[str]:
    """Return what a regex says letter by letter at its end, once for each of its alternatives."""
    try:
        return [ending for ending, _ in _endings(parsed(regex))][:_MOST_SPELT]
    except Unreadable:
        return []


def _endings(items: Any) -> list[tuple[str, bool]]:
    """Return endings, each with whether the alternative that it ends says nothing else."""
    found = [("", True)]
    for kind, argument in reversed(list(items)):
        before = _before(str(kind), argument)
        if before is None:
            return [(ending, False) for ending, _ in found]
        found = [
            (f"{start}{ending}", known) if whole else (ending, False)
            for ending, whole in found[:_MOST_SPELT]
            for start, known in (before if whole else before[:1])
        ]
    return found


def _before(kind: str, argument: Any) -> list[tuple[str, bool]] | None:
    if kind == "LITERAL":
        return [(chr(argument), True)]
    if kind == "AT":
        return [("", True)]
    if kind == "SUBPATTERN":
        return _endings(argument[3])
    if kind == "BRANCH":
        return [ending for branch in argument[1] for ending in _endings(branch)]
    # What may be missing, such as a port.
    return [("", True)] if kind in ("MAX_REPEAT", "MIN_REPEAT") and argument[:2] == (0, 1) else None


def may_admit(regex: re.Pattern[str], origin: str) -> bool:
    """Return whether a regex may admit an origin, or any below ``https://*.example.com``."""
    wanted = Automaton()
    before, wildcard, behind = origin.partition("*")
    at = wanted.text(before, wanted.start)
    wanted.skip(wanted.text(behind, wanted.anything(at) if wildcard else at), wanted.ended)
    if wildcard:
        # As in CsrfViewMiddleware, '*.example.com' trusts example.com too.
        wanted.skip(wanted.text(behind[1:], at), wanted.ended)
    try:
        return whole_automaton_of(regex).meets(wanted)
    except Unreadable:
        return True


def special_of(regex: re.Pattern[str]) -> str:
    """Return which origin without a host a regex admits, or nothing."""
    return next(filter(whole_match(regex), ("null", "file://")), "")


def admits_plain_http(regex: re.Pattern[str]) -> bool:
    """Return whether a regex is written for http too, for hosts beyond this machine."""
    before, *hosts = regex.pattern.replace("\\/", "/").split("://")
    for host in hosts:
        if _ends_in_http(before) and not _names_this_machine(host):
            return True
        before = host
    # Not every expression spells out what stands before the host.
    probes = [f"http://{host}" for host in (f"{_STRANGER}{_tail(regex)}", *_spelt(regex))]
    return any(not is_local(probe) for probe in filter(whole_match(regex), probes))


def _ends_in_http(pattern: str) -> bool:
    """Return whether the end of a part of an expression, from any of its groups on, is "http"."""
    for start in (0, *(match.end() for match in re.finditer(r"[(|^:]", pattern))):
        try:
            if re.fullmatch(pattern[start:], "http"):
                return True
        except re.error:
            # A group that begins before it.
            continue
    return False


def _names_this_machine(host: str) -> bool:
    """Return whether a part of an expression names hosts of this machine alone."""
    others, found = _THIS_MACHINE.subn("", host)
    return found > 0 and not re.search("[a-z]{2}", _NO_NAME.sub("", others))


def _tail(regex: re.Pattern[str]) -> str:
    """Return what a pattern says letter by letter at its end."""
    match = re.search(rf"({_LITERAL}+)\$?\Z", regex.pattern[-MAX_LENGTH:])
    return match[1].replace("\\", "") if match else ""


def lookalike_of(regex: re.Pattern[str]) -> tuple[str, str] | None:
    """Return an origin of somebody else's that a regex admits for its own, and the cure.

    That is ``https://strangerexample.com`` for ``https://.*example\\.com``, and
    ``https://example.com.stranger.com`` for ``https://example\\.com.*``.
    """
    matches = whole_match(regex)
    for host, hint in _lookalikes(regex):
        for scheme, port in itertools.product(("https", "http"), ("", ":8443")):
            origin = f"{scheme}://{host}{port}"
            if matches(origin) and is_origin(origin) and _is_a_strangers(host):
                return origin, hint
    return None


#: What stands before a host and need not end in a dot, and what may stand behind one.
_LOOSE_BEFORE = re.compile(r"((?:\.|\\w|\[[^\]]*\])[*+])(?=[A-Za-z0-9])")
_LOOSE_BEHIND = re.compile(r"(?:\.[*+]|\(\.[*+]\)\??|\[[^\]]*\][*+]|\(\\\.\[a-z\][*+]?\)\?)(\$?)$")


def strict(regex: re.Pattern[str]) -> str:
    """Return an expression for what a regex that admits look-alikes must have meant, if known."""
    before = _LOOSE_BEFORE.sub(r"(\1\.)?", regex.pattern, count=1)
    for loose in (before, regex.pattern):
        for better in (loose, _LOOSE_BEHIND.sub(r"(:[0-9]+)?\1", loose)):
            if better != regex.pattern and _is_strict(re.compile(better, regex.flags), regex):
                return better
    return ""


def _is_strict(better: re.Pattern[str], regex: re.Pattern[str]) -> bool:
    try:
        meant = whole_automaton_of(better).meets(whole_automaton_of(regex))
    except Unreadable:
        return False
    return meant and not stranger_of(better) and lookalike_of(better) is None


def _spelt(regex: re.Pattern[str]) -> list[str]:
    """Return what a regex spells out, hosts and parts of them."""
    spelt = re.findall(rf"(?:{_LITERAL}|\[\.\])+", _UNSPELT.sub("(", regex.pattern))[:_MOST_SPELT]
    return [re.sub(r"[\\\[\]]", "", text).rpartition("//")[2].strip(":") for text in spelt]


_NAME_THEM = "Name the hosts that are yours."


def _lookalikes(regex: re.Pattern[str]) -> Iterator[tuple[str, str]]:
    """Yield hosts with a stranger's name before, behind or inside of what a regex spells out."""
    texts = _spelt(regex)
    joined = [f"{text}{following}" for text, following in itertools.pairwise(texts)]
    for text in (*texts, *joined):
        # What begins with a hyphen is the rest of a name, not a host that lacks a dot before it.
        is_rest = text.startswith("-") and text in texts
        hint = _NAME_THEM if is_rest else r"Write an escaped dot before the host: \."
        yield f"{_STRANGER}{text}", hint
    for text, behind in itertools.product(texts, _BEHIND):
        for host in (f"{text}{behind}", f"www{text}{behind}"):
            yield host, "Write out what may follow the host: r'(:[0-9]+)?' for a port."
    for text, following in itertools.pairwise(texts):
        yield f"{text}{_STRANGER}{following}", _NAME_THEM


def _is_a_strangers(host: str) -> bool:
    """Return whether anybody can register the domain of a host that holds a stranger's name."""
    site = site_of(host)
    return _STRANGER in site and not is_reserved(site.partition(".")[2])
