"""What two states of a site differ in, route by route and method by method."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cors_views.management.comparing import audiences
from cors_views.management.comparing.entries import ANY, Entry
from cors_views.management.comparing.rights import EITHER, READ, RUN
from cors_views.management.comparing.sites import Governed, Place, Route, Rule, Site
from cors_views.management.overview.rows import in_order
from cors_views.regexes.kinds import Effort

GAINED, LOST = "gained", "lost"
#: What is not certain: which URLs of the route ``CORS_URLS_REGEX`` opens.
URLS = "urls"
#: Who is not admitted, whoever that is.
OTHERS = Entry("others", "")
#: What may be spent on telling expressions apart: some seconds.
_STEPS = 2_000_000


class Change(NamedTuple):
    """Who gained or lost what, with some methods of one route.

    ``what``, ``cookies``, ``example`` and ``unsure`` are those of a ``Gain``. ``route`` is ``None``
    for the URLs that no route has. ``place`` is where it is declared today, or was.
    """

    direction: str
    who: tuple[Entry, ...]
    example: str
    what: tuple[str, ...]
    cookies: str
    unsure: str
    route: str | None
    methods: tuple[str, ...]
    place: Place


class Comparison(NamedTuple):
    """All changes, and the routes that are new or gone."""

    changes: list[Change]
    new: list[str]
    gone: list[str]

    def of(self, direction: str) -> list[Change]:
        """Return the changes for the better, or for the worse."""
        return [change for change in self.changes if change.direction == direction]


def compare(before: Site, after: Site) -> Comparison:
    """Return what differs between two states of a site."""
    return Comparison(
        list(_Comparing(before, after).changes()),
        _only_in(after, before),
        _only_in(before, after),
    )


def _only_in(site: Site, other: Site) -> list[str]:
    return [
        route.name for key, route in site.routes.items() if key not in other.routes and route.name
    ]


#: What a gain of one method is, beside the method.
_Told = tuple["tuple[Entry, ...]", str, "tuple[str, ...]", str, str, Place]
_NO_ROUTE = Route(None, None, None, {}, None)


class _Comparing:
    def __init__(self, before: Site, after: Site) -> None:
        self.before, self.after = before, after
        self.same_urls = before.urls_regexes == after.urls_regexes
        self.effort = Effort(_STEPS)
        # Many routes have the same rules.
        self._known: dict[tuple[tuple[Rule, ...], tuple[Rule, ...]], list[audiences.Gain]] = {}

    def changes(self) -> Iterator[Change]:
        """Yield what changed, in the order of the newer site, and then of what is gone."""
        for key in {**self.after.routes, **self.before.routes}:
            old = self.before.routes.get(key, _NO_ROUTE)
            new = self.after.routes.get(key, _NO_ROUTE)
            yield from self._of_route(key[0], old, new)

    def _of_route(self, name: str | None, old: Route, new: Route) -> Iterator[Change]:
        methods = in_order({*old.methods, *new.methods})
        # What a "*" offers beside those that have a name.
        every = (*methods, ANY) if old.others or new.others else methods
        # Most methods of a route are governed alike, by the same object.
        alike: dict[tuple[int, int], tuple[Governed, Governed, list[str]]] = {}
        for method in every:
            was, now = old.governed(method), new.governed(method)
            alike.setdefault((id(was), id(now)), (was, now, []))[2].append(method)
        for direction in (GAINED, LOST):
            found: dict[_Told, set[str]] = {}
            for was, now, those in alike.values():
                for told in self._gains(was, now, direction):
                    found.setdefault(told, set()).update(those)
            for (who, example, what, cookies, unsure, place), gaining in found.items():
                named = tuple(method for method in every if method in gaining)
                if named == every:
                    # All that have a name stand for any.
                    named = methods
                yield Change(direction, who, example, what, cookies, unsure, name, named, place)
        if old is not _NO_ROUTE and new is not _NO_ROUTE:
            yield from self._of_enforcement(name, old, new, methods)

    def _of_enforcement(
        self, name: str | None, old: Route, new: Route, methods: tuple[str, ...]
    ) -> Iterator[Change]:
        for direction in (GAINED, LOST):
            found: dict[tuple[str, Place], list[str]] = {}
            for method in methods:
                was, now = old.governed(method), new.governed(method)
                lets_in = self._lets_in(*((was, now) if direction == GAINED else (now, was)))
                if lets_in is not None:
                    found.setdefault((lets_in, _place(was, now)), []).append(method)
            for (unsure, place), those in found.items():
                yield Change(
                    direction, (OTHERS,), "", (RUN,), EITHER, unsure, name, tuple(those), place
                )

    def _lets_in(self, less: Governed, more: Governed) -> str | None:
        """Return whether more than before reaches the view, and what of it is not certain."""
        if not less.enforced:
            return None
        if not more.enforced:
            return ""
        # Nothing is refused at a URL that CORS_URLS_REGEX leaves out.
        as_before = not more.url_matters or (less.url_matters and self.same_urls)
        return None if as_before else URLS

    def _gains(self, was: Governed, now: Governed, direction: str) -> Iterator[_Told]:
        """Yield what a method gains, or loses, which is what it had beyond what it has."""
        less, more = (was, now) if direction == GAINED else (now, was)
        key = less.rules, more.rules
        if key not in self._known:
            self._known[key] = audiences.gains(*key, self.effort)
        for gain in self._known[key]:
            place = now.places[gain.rule] if direction == GAINED else _place(was, now)
            yield gain.who, gain.example, gain.what, gain.cookies, gain.unsure, place
        if less.url_matters and less.rules and not (more.url_matters and self.same_urls):
            # The rest of what they have now they may have had for other URLs of the route.
            who = tuple(
                Entry(kind, text)
                for rule in more.rules
                for kind, texts in (
                    ("origin", sorted(rule.origins)),
                    ("regex", rule.regexes),
                    ("asks", rule.asks),
                )
                for text in texts
                if rule.grant.without.reads
            )
            if who:
                yield who, "", (READ,), EITHER, URLS, _place(was, now)


def _place(was: Governed, now: Governed) -> Place:
    """Return where it is declared today, or was where no policy governs any more."""
    return (now.places or was.places)[0]
