"""A row of the overview in words, the same ones in every format for people."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from cors_views.cached_origins import CachedOrigins
from cors_views.inspection.policies_in_use import listed
from cors_views.management.overview.rows import Row
from cors_views.management.overview.view_names import app_of
from cors_views.policies.enforced_anywhere import Enforce
from cors_views.resolution.layer_order import Layer
from cors_views.resolution.wrapped_views import name_of

ANYBODY, NOBODY, NEVER = "any origin", "nobody", "never reached"
#: What is said of ``enforce``: nothing where nobody is refused on the server.
ENFORCED: dict[Enforce, str] = {True: "yes", "report": "report only", False: ""}


def route(row: Row) -> str:
    """Return the route, whether that with a format suffix is the same, and how many others are."""
    if row.routes > 1 and row.effective.undeclared:
        return f"{row.routes} routes that declare nothing"
    more = f" and {row.routes - 1} more" if row.routes > 1 else ""
    return f"{row.route}{' (+ .format)' if row.suffixed else ''}{more}"


def audience(row: Row) -> list[str]:
    """Return who may read the answers: origins, patterns, regexes, and who is asked."""
    if row.hidden:
        return [NEVER]
    entries: list[str] = []
    if not row.only_asked:
        written = [origin for origin in row.policy.origins or () if isinstance(origin, str)]
        entries += [ANYBODY] if row.policy.any_origin else sorted(written)
        entries += [f"regex {regex.pattern}" for regex in row.policy.origin_regexes or ()]
        entries += map(loaded, row.loading)
    entries += [f"asks {name}" for name in row.asks]
    return entries or [NOBODY]


def loaded(cached: CachedOrigins) -> str:
    """Return how many origins a function has loaded, which of them, and its name."""
    origins, name = sorted(cached.origins()), name_of(cached.load)
    if not cached.is_loaded:
        return f"the origins of {name}, which cannot be loaded now"
    which = f": {listed(origins)}" if origins else ""
    return f"{len(origins):,} loaded by {name}{which}"


def if_matched(row: Row, text: str) -> str:
    """Return a text with the condition that it is true under, where it is not for every URL."""
    return f"{text}, where CORS_URLS_REGEX matches" if row.depends_on_url else text


def methods(row: Row) -> str:
    """Return the methods of a row, without those that go along with others.

    HEAD is served by what serves GET, and OPTIONS is there on every class.
    """
    if row.hidden:
        return "none"
    if row.routes > 1 and row.effective.undeclared:
        return "what they serve"
    if row.methods is None:
        return f"any (offers {', '.join(row.only_offered)})" if row.only_offered else "any"
    sent = [name for name in row.methods if name not in row.not_offered]
    shown = [name for name in sent if not (name == "HEAD" and "GET" in sent)]
    shown = _without_options(shown) or shown
    refused = _without_options(row.not_offered) or ([] if shown else row.not_offered)
    return ", ".join([*shown, *([f"not offered: {', '.join(refused)}"] if refused else [])])


def _without_options(names: Sequence[str]) -> list[str]:
    return [name for name in names if name != "OPTIONS"]


def policy_name(row: Row) -> str:
    """Return the name in ``CORS_POLICIES`` of what names the origins, if it has one."""
    source = row.sources.get("origins")
    return source.policy_name if source else ""


def policy(row: Row) -> str:
    """Return that name and whether its policy was changed on the spot, or who closes the view."""
    if row.access == "deny" and row.decided_by:
        return "cors_deny"
    name = policy_name(row)
    changed = row.decided_by and row.decided_by.declaration.fields
    return f"{name}, changed" if name and changed else name


def layer(row: Row) -> str:
    """Return the name of the layer that decides."""
    if row.decided_by:
        return row.decided_by.name
    return "settings" if row.setting else "none"


def declared_at(row: Row, *, lines: bool) -> str:
    """Return where that is declared, and what refines it; ``lines`` is whether with lines."""
    if row.decided_by:
        decisive = place(row.decided_by, lines=lines)
    else:
        decisive = row.setting or "cannot be understood"
    refining = [f"{layer.name} {place(layer, lines=lines)}" for layer in _refining(row)]
    return ", refined by ".join([decisive, *refining])


def _refining(row: Row) -> Iterable[Layer]:
    # What stands on a closed view or behind a setting that closes it changes nothing.
    return row.refined_by if row.compiled else ()


def place(layer: Layer, *, lines: bool) -> str:
    """Return the place of a layer, which is the same on every machine."""
    found = layer.declaration.place
    return f"{found.module_file}:{found.line}" if lines else found.module_file


def field(row: Row, name: str) -> str:
    """Return one field of the policy; the setting's name for names that are the site's.

    So a list that every view shares is written out once, for the URLs that no route has.
    """
    value = getattr(row.policy, name)
    if not isinstance(value, tuple):
        return "" if value is None else str(value)
    if value and row.pattern_path and row.sources[name].layer is None:
        return row.sources[name].setting
    return ", ".join(value)


def grouped(rows: Iterable[Row], by: str | None) -> list[tuple[str, list[Row]]]:
    """Return the rows below headings: by ``app``, ``policy`` or ``audience``, or below none."""
    groups: dict[str, list[Row]] = {}
    for row in rows:
        for heading in _headings(row, by):
            groups.setdefault(heading, []).append(row)
    return sorted(groups.items(), key=lambda group: _rank(group[0])) if by else list(groups.items())


def _headings(row: Row, by: str | None) -> Sequence[str]:
    if by == "app":
        return [app_of(row.pattern_path) or "no app"]
    if by == "policy":
        return sorted(row.policy_names) or ["no named policy"]
    return [", ".join(audience(row))] if by == "audience" else [""]


def _rank(heading: str) -> tuple[bool, bool, str]:
    last = heading in (NOBODY, NEVER) or heading.startswith("no ")
    return last, heading != ANYBODY, heading


def summary(rows: Sequence[Row]) -> str:
    """Return how much there is of what, in one line."""
    routes = {row.pattern_path for row in rows if row.pattern_path}
    suffixed = len({row.pattern_path for row in rows if row.suffixed})
    more = f" ({suffixed} also with a format suffix)" if suffixed else ""
    anybody = sum(row.policy.any_origin for row in rows)
    credentials = sum(bool(row.policy.credentials) for row in rows)
    hidden = sum(row.hidden for row in rows)
    nobody = sum(not row.admits_somebody for row in rows) - hidden
    counted = f"{_count(len(routes), 'route')}{more}, {_count(len(rows), 'rule')}"
    kinds = f"{anybody} for any origin, {credentials} with credentials, {nobody} for nobody"
    depends = sum(row.depends_on_url for row in rows)
    matched = f", {depends} only where CORS_URLS_REGEX matches" if depends else ""
    never = f", {hidden} never reached" if hidden else ""
    enforced = sum(row.enforce is True for row in rows)
    refused = f", {enforced} enforced" if enforced else ""
    return f"{counted}: {kinds}{refused}{matched}{never}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
