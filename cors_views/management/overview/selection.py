"""Which rows of the overview are shown: its filters."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from cors_views import conf
from cors_views.management.overview.joined_rows import without_suffix
from cors_views.management.overview.rows import Row
from cors_views.management.overview.view_names import app_of
from cors_views.support.close_matches import close_matches


class UnknownName(ValueError):  # noqa: N818 the message is all of it
    """A filter names what does not exist; the message says what does."""


class Filters(NamedTuple):
    """What of the overview is wanted; an empty filter wants all."""

    apps: Sequence[str] = ()
    routes: Sequence[str] = ()
    ignored: Sequence[str] = ()
    policies: Sequence[str] = ()
    origin: str = ""

    def select(
        self, rows: Iterable[Row], known: Iterable[tuple[str | None, str]] = ()
    ) -> list[Row]:
        """Return the rows that pass. Raise ``UnknownName`` for a filter that cannot match.

        A slip of the pen must not look like a site that opens nothing. ``known`` are routes that
        there are beside those of the rows, each with its app.
        """
        found = list(rows)
        self._check([*map(_named, found), *known])
        answering = _answering(found, self.origin) if self.origin else found
        return [row for row in answering if self._wants(row)]

    def _check(self, known: Sequence[tuple[str | None, str]]) -> None:
        labels = sorted({app for route, app in known if route})
        for label in self.apps:
            check_known(label, labels, "No route belongs to an app", "Routes belong to")
        for name in self.policies:
            names = conf.policy_names()
            check_known(name, names, "There is no CORS policy named", "CORS_POLICIES defines")
        for pattern in (*self.routes, *self.ignored):
            if not pattern:
                raise UnknownName(
                    "An empty text matches every route. Write a text, or leave the option out."
                )
            if not any(_matches(route, pattern) for route, _ in known):
                raise UnknownName(f"No route matches {pattern!r}.")

    def wants(self, route: str | None, app: str) -> bool:
        """Return whether a route passes, ``None`` for the URLs that have none."""
        return (
            (not self.apps or app in self.apps)
            and (not self.routes or any(_matches(route, pattern) for pattern in self.routes))
            and not any(_matches(route, pattern) for pattern in self.ignored)
        )

    def _wants(self, row: Row) -> bool:
        return self.wants(*_named(row)) and (
            not self.policies or not row.policy_names.isdisjoint(self.policies)
        )


def _named(row: Row) -> tuple[str | None, str]:
    return (row.route, app_of(row.pattern_path)) if row.pattern_path else (None, "")


def _answering(rows: Iterable[Row], origin: str) -> Iterator[Row]:
    """Yield what can answer an origin: of several policies none after the first that admits it."""
    answered = False
    for row in rows:
        if row.number == 0:
            answered = False
        if not answered and row.reach(origin):
            yield row
            answered = row.reach(origin) == "admitted"


def check_known(name: str, known: Sequence[str], nobody: str, all_of_them: str) -> None:
    """Raise ``UnknownName`` for a name that is not known, and say which are."""
    if name not in known:
        hint = close_matches(name, known) or f"{all_of_them} {', '.join(known) or 'none'}."
        raise UnknownName(f"{nobody} {name!r}. {hint}")


def _matches(route: str | None, pattern: str) -> bool:
    """Return whether a route holds a text, or matches a glob as a whole.

    What is said of a route is said of the same with a format suffix.
    """
    if route is None:
        return False
    names = (route, *without_suffix(route))
    return any(pattern in name or fnmatch.fnmatchcase(name, pattern) for name in names)
