"""What was gained and lost in words, the same ones in every format for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cors_views.inspection.policies_in_use import listed
from cors_views.management.comparing.differences import GAINED, OTHERS, URLS, Change
from cors_views.management.comparing.entries import ANY, Entry
from cors_views.management.comparing.rights import (
    EITHER,
    PRIVATE_NETWORK,
    READ,
    RUN,
    SEE,
    SEND,
    WITH,
    WITHOUT,
)
from cors_views.management.comparing.sites import Place
from cors_views.management.overview.joined_rows import FEW, without_suffix
from cors_views.management.overview.rows import UNROUTED
from cors_views.management.overview.wording import ANYBODY
from cors_views.support.escaping import escaped

#: The methods that a view may be asked with which shows none.
_EVERY = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"}

_READING = {EITHER: "read, with cookies too", WITHOUT: "read", WITH: "read with cookies"}


def who(change: Change) -> str:
    """Return who gains or loses; the first of many."""
    text = listed([_entry(entry) for entry in change.who])
    return f"{text} (such as {escaped(change.example)})" if change.example else text


def _entry(entry: Entry) -> str:
    if entry == OTHERS:
        return "origins that are not admitted"
    if entry.kind == "origin":
        return ANYBODY if entry.text == ANY else escaped(entry.text)
    return f"{'regex' if entry.kind == 'regex' else 'whom'} {escaped(entry.text)}" + (
        " admits" if entry.kind == "asks" else ""
    )


def may(change: Change) -> str:
    """Return what is gained or lost, and what of it is not certain."""
    text = _may(change)
    if not change.unsure:
        return text
    gained = change.direction == GAINED
    if change.unsure == URLS:
        # Of what is refused on the server they get more where it leaves more out.
        where = "before" if gained != (change.what == (RUN,)) else "now"
        return f"{text}, perhaps: {where} CORS_URLS_REGEX does not match some URLs of the route"
    whom = "was admitted before" if gained else "is admitted now"
    return f"{text}, perhaps: this command cannot tell who {whom}"


def _may(change: Change) -> str:
    if change.what == (READ,):
        return _READING[change.cookies]
    if change.what == (RUN,):
        return f"reach the view: {'no longer' if change.direction == GAINED else 'now'} refused"
    parts = []
    for prefix, verb in ((SEND, "send"), (SEE, "see")):
        names = [each.removeprefix(prefix) for each in change.what if each.startswith(prefix)]
        shown = ["any header" if name == ANY else escaped(name) for name in names]
        parts += [f"{verb} {listed(shown)}"] if shown else []
    parts += ["reach a private network"] if PRIVATE_NETWORK in change.what else []
    return ", ".join(parts) + (" with cookies" if change.cookies == WITH else "")


def methods(change: Change) -> str:
    """Return the methods without those that go along with others."""
    names = [name for name in change.methods if not (name == "HEAD" and "GET" in change.methods)]
    if set(change.methods) >= _EVERY:
        return "any"
    shown = [name for name in names if name != "OPTIONS"] or names
    return ", ".join("any other" if name == ANY else name for name in shown)


def place(where: Place) -> str:
    """Return where it is declared."""
    if not where.file:
        return escaped(where.setting) or "cannot be understood"
    return escaped(where.file if where.line is None else f"{where.file}:{where.line}")


def routes_in_one(changes: Sequence[Change], *, every: bool) -> list[tuple[str, Change]]:
    """Return changes with their route, those in one of which the same is to be said of many."""
    alike: dict[Change, list[str | None]] = {}
    for change in changes:
        alike.setdefault(change._replace(route=None), []).append(change.route)
    return [
        (route, change)
        for change, routes in alike.items()
        for route in routes_named(routes, every=every)
    ]


def routes_named(names: Iterable[str | None], *, every: bool) -> list[str]:
    """Return routes for people: format suffixes with their route, and many in one."""
    known = list(names)
    shown: dict[str, str] = {}
    for name in known:
        base = next((each for each in without_suffix(name or "") if each in known), name)
        text = escaped(base) if base is not None else UNROUTED
        shown[text] = f"{text} (+ .format)" if base != name else shown.get(text, text)
    if every or len(shown) <= FEW:
        return list(shown.values())
    return [f"{next(iter(shown.values()))} and {len(shown) - 1} more"]
