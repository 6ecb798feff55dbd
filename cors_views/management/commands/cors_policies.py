"""``manage.py cors_policies``: who may read what, and where that is declared."""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from collections.abc import Iterable
from typing import Any

from django.utils.translation import override

from cors_views.conf import installed_middleware
from cors_views.management.base import (
    REFUSED,
    CorsCommand,
    bad_input,
    language_of_routes,
    origin_of,
    resolver_of,
)
from cors_views.management.comparing import github
from cors_views.management.comparing.differences import GAINED, compare
from cors_views.management.comparing.earlier import earlier_document
from cors_views.management.comparing.report import Report, as_json, as_markdown, as_table
from cors_views.management.comparing.sites import Site, site_of
from cors_views.management.overview import json_format, markdown, tables
from cors_views.management.overview.columns import Shown
from cors_views.management.overview.joined_rows import for_people
from cors_views.management.overview.risks import CHANGES, RISKS, findings, risks_named
from cors_views.management.overview.rows import Row, rows
from cors_views.management.overview.selection import Filters, UnknownName
from cors_views.management.replaying import log_lines
from cors_views.management.replaying import report as replay_report
from cors_views.management.replaying.rehearsal import rehearse
from cors_views.middleware import CorsMiddleware
from cors_views.support.escaping import quoted

#: In a narrower terminal than this the columns would be slivers; it breaks the lines itself.
_NARROWEST = 72
#: What does not go with these two.
_ALONE = {
    "diff": ("origin", "policy", "group_by"),
    "replay": ("origin", "policy", "group_by", "app", "route", "ignore"),
}


class Command(CorsCommand):
    """Print the policy of every route, and fail on what a team does not want."""

    help = (
        "Show which origins may read which routes: methods, policies, and where they are declared."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--format",
            choices=("table", "json", "markdown", "github"),
            default="table",
            help="a table for people, JSON for programs, Markdown to commit, or annotations "
            "for GitHub checks",
        )
        parser.add_argument(
            "--group-by",
            choices=("app", "policy", "audience"),
            help="group the rows below headings",
        )
        for option, metavar, text in (
            ("--app", "LABEL", "only routes whose view is in this app"),
            ("--route", "TEXT", "only routes that hold this text, or match this glob"),
            ("--ignore", "TEXT", "no routes that hold this text, or match this glob"),
            ("--policy", "NAME", "only what this policy of CORS_POLICIES applies to"),
        ):
            parser.add_argument(
                option, action="append", default=[], metavar=metavar, help=f"{text}; repeatable"
            )
        parser.add_argument(
            "--all",
            action="store_true",
            help="list each route, even if many routes have the same policy",
        )
        parser.add_argument("--origin", help="only the routes that a page of this origin may reach")
        parser.add_argument(
            "--urlconf", metavar="MODULE", help="URLconf to use instead of ROOT_URLCONF"
        )
        parser.add_argument(
            "--no-lines",
            action="store_true",
            help="omit line numbers, which change with every edit above them",
        )
        parser.add_argument(
            "--diff",
            metavar="FILE",
            help="show who gained or lost access since this file was written with --format json",
        )
        parser.add_argument(
            "--replay",
            metavar="FILE",
            help="say which requests of a log the site would refuse now: lines of JSON with "
            "origin, method, path and count, or - for what is piped in",
        )
        parser.add_argument(
            "--skip-bad-lines",
            action="store_true",
            help="leave out lines of the log that are no requests, and say how many",
        )
        parser.add_argument(
            "--fail-on",
            metavar="RISKS",
            help=f"exit with status 1 if a route has one of these: {', '.join((*RISKS, *CHANGES))}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the overview; exit with 1 where ``--fail-on`` finds something."""
        origin = origin_of(options["origin"]) if options["origin"] is not None else ""
        risks = _risks(options)
        earlier = earlier_document(options["diff"]) if options["diff"] is not None else None
        resolver = resolver_of(options["urlconf"])
        name = str(getattr(resolver.urlconf_name, "__name__", resolver.urlconf_name))
        with override(language_of_routes(resolver)):
            if options["replay"] is not None:
                self._replay(risks, options, name)
                return
            every = list(rows(resolver))
            filters = Filters(
                options["app"], options["route"], options["ignore"], options["policy"], origin
            )
            if earlier is None:
                shown = self._shown(every, filters, risks, options)
                self._print(self._document(shown, options["format"], name))
                self._report(shown)
            else:
                self._compare(earlier, every, filters, risks, options, name)

    def _shown(
        self,
        every: list[Row],
        filters: Filters,
        risks: list[str],
        options: dict[str, Any],
        known: Iterable[tuple[str | None, str]] = (),
    ) -> Shown:
        try:
            selected = filters.select(every, known)
        except UnknownName as error:
            raise bad_input(error) from error
        json = options["format"] == "json"
        return Shown(
            selected if json else for_people(selected),
            findings(selected, risks),
            filters.origin,
            options["group_by"],
            not options["no_lines"],
            self.width(_NARROWEST),
            options["verbosity"] > 1,
            # Whoever names routes wants to see them.
            every=json or options["all"] or bool(options["route"]),
            in_effect=installed_middleware.has_middleware(CorsMiddleware),
            filtered=any(filters),
        )

    def _document(self, shown: Shown, wanted: str, urlconf: str) -> str:
        if wanted == "json":
            return json_format.as_json(shown, urlconf)
        if wanted == "markdown":
            return markdown.as_markdown(shown)
        if wanted == "github":
            return "\n".join(github.of_findings(shown))
        return tables.as_table(shown, self.paint)

    def _print(self, text: str) -> None:
        if text:
            self.tell(text)

    def _report(self, shown: Shown, **found: int) -> None:
        """Say what ``--fail-on`` found, the changes by their number, and exit."""
        for _, line in tables.as_lines(shown):
            self.stderr.write(line)
        for risk, number in found.items():
            if number:
                self.stderr.write(f"{risk}: {number:,}, which the output names")
        if shown.findings or any(found.values()):
            sys.exit(REFUSED)

    # --- What would be refused -----------------------------------------------------------------

    def _replay(self, risks: list[str], options: dict[str, Any], urlconf: str) -> None:
        skipped = log_lines.Skipped()
        requests = log_lines.read(options["replay"], skipped if options["skip_bad_lines"] else None)
        report = replay_report.Report(
            rehearse(requests, options["urlconf"]),
            installed_middleware.has_middleware(CorsMiddleware),
            not options["no_lines"],
            options["all"],
            self.width(_NARROWEST),
            skipped,
        )
        if options["format"] == "json":
            self._print(replay_report.as_json(report, urlconf))
        elif options["format"] == "markdown":
            self._print(replay_report.as_markdown(report))
        else:
            self._print(replay_report.as_table(report, self.paint))
        refused = sum(report.counted.refused.values()) if "refused" in risks else 0
        self._report(Shown(()), refused=refused)

    # --- What changed --------------------------------------------------------------------------

    def _compare(
        self,
        earlier: dict[str, Any],
        every: list[Row],
        filters: Filters,
        risks: list[str],
        options: dict[str, Any],
        urlconf: str,
    ) -> None:
        before = site_of(earlier, earlier["routes"])
        known = [(route.name, route.app or "") for route in before.routes.values()]
        shown = self._shown(every, filters, risks, options, known)
        whole = shown._replace(rows=every)
        after = site_of(json_format.heading(whole, urlconf), json_format.routes(whole))
        if before.urlconf != after.urlconf and _has_others(before, after):
            raise bad_input(
                f"{quoted(options['diff'])} was written for another site: its URLconf is "
                f"{quoted(before.urlconf)}, the URLconf here is {urlconf!r}, and they have no "
                "route in common. Name a file that was written here, or choose the URLconf "
                "with --urlconf."
            )
        comparison = compare(before.only(filters.wants), after.only(filters.wants))
        report = Report(comparison, options["all"] or bool(options["route"]), shown.width)
        if options["format"] == "json":
            text = as_json(comparison, urlconf)
        elif options["format"] == "markdown":
            text = as_markdown(report)
        elif options["format"] == "github":
            changes = github.of_changes(comparison, every=report.every)
            text = "\n".join((*changes, *github.of_findings(shown)))
        else:
            text = as_table(report, self.paint)
        self._print(text)
        self._report(shown, gained=len(report.rows(GAINED)) if "gained" in risks else 0)


def _has_others(before: Site, after: Site) -> bool:
    """Return whether two sites have routes, and none in common."""
    old, new = before.names(), after.names()
    return bool(old and new) and old.isdisjoint(new)


def _risks(options: dict[str, Any]) -> list[str]:
    """Return what ``--fail-on`` names. Refuse options that do not go together."""
    try:
        risks = risks_named(options["fail_on"]) if options["fail_on"] is not None else []
    except UnknownName as error:
        raise bad_input(error) from error
    _check_options(options, risks)
    return risks


def _check_options(options: dict[str, Any], risks: list[str]) -> None:
    asked = {option for option in ("diff", "replay") if options[option] is not None}
    if len(asked) > 1:
        raise bad_input("--diff and --replay say different things. Write two commands.")
    for risk, option in CHANGES.items():
        if risk in risks and option.removeprefix("--") not in asked:
            raise bad_input(f"--fail-on {risk} needs {option} FILE.")
    if options["skip_bad_lines"] and "replay" not in asked:
        raise bad_input("--skip-bad-lines needs --replay FILE, whose lines it is about.")
    if "replay" in asked and set(risks) - {"refused"}:
        raise bad_input("--replay looks at requests alone: beside it --fail-on knows refused.")
    if options["format"] == "github" and ("replay" in asked or not (asked or risks)):
        raise bad_input("--format github needs --diff or --fail-on, which say what to annotate.")
    for command in asked:
        for option in _ALONE[command]:
            if options[option]:
                name = option.replace("_", "-")
                raise bad_input(f"--{command} looks at the whole site. Leave --{name} out.")
