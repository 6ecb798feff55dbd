"""``manage.py cors_policies``: who may read what, and where that is declared."""

from __future__ import annotations

import shutil
import sys
from argparse import ArgumentParser
from typing import Any

from django.urls import URLResolver
from django.utils.translation import override

from cors_views import conf
from cors_views.management import overview_formats
from cors_views.management.base import (
    REFUSED,
    CorsCommand,
    bad_input,
    language_of_routes,
    origin_of,
    resolver_of,
)
from cors_views.management.joined_rows import for_people
from cors_views.management.overview import rows
from cors_views.management.overview_formats import Shown
from cors_views.management.selection import RISKS, Filters, UnknownName, findings, risks_named
from cors_views.middleware import CorsMiddleware

#: In a narrower terminal than this the columns would be slivers; it breaks the lines itself.
_NARROWEST = 72


def _width() -> int:
    return max(shutil.get_terminal_size().columns, _NARROWEST)


class Command(CorsCommand):
    """Print the policy of every route, and fail on what a team does not want."""

    help = "Show who may read what across origins: each route, its methods, its policy, its place."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Add the options."""
        parser.add_argument(
            "--format",
            choices=("table", "json", "markdown"),
            default="table",
            help="a table for people, JSON for programs, or Markdown to commit",
        )
        parser.add_argument(
            "--group-by", choices=("app", "policy", "audience"), help="put the rows below headings"
        )
        for option, metavar, text in (
            ("--app", "LABEL", "only routes whose view is in this app"),
            ("--route", "TEXT", "only routes that hold this text, or match this glob"),
            ("--ignore", "TEXT", "no routes that hold this text, or match this glob"),
            ("--policy", "NAME", "only what this policy of CORS_POLICIES is part of"),
        ):
            parser.add_argument(
                option, action="append", default=[], metavar=metavar, help=f"{text}; repeatable"
            )
        parser.add_argument(
            "--all",
            action="store_true",
            help="list each route, even where the same is to be said of many",
        )
        parser.add_argument("--origin", help="only what a page of this origin may reach")
        parser.add_argument("--urlconf", metavar="MODULE", help="instead of ROOT_URLCONF")
        parser.add_argument(
            "--no-lines",
            action="store_true",
            help="leave line numbers out, which change with every edit above them",
        )
        parser.add_argument(
            "--fail-on",
            metavar="RISKS",
            help=f"exit with 1 where a route has one of these: {', '.join(RISKS)}",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        """Print the overview; exit with 1 where ``--fail-on`` finds something."""
        origin = origin_of(options["origin"]) if options["origin"] is not None else ""
        resolver = resolver_of(options["urlconf"])
        with override(language_of_routes(resolver)):
            shown = self._shown(resolver, origin, options)
            self.stdout.write(self._document(shown, options["format"], resolver.urlconf_name))
            self._report(shown)

    def _shown(self, resolver: URLResolver, origin: str, options: dict[str, Any]) -> Shown:
        filters = Filters(
            options["app"], options["route"], options["ignore"], options["policy"], origin
        )
        try:
            risks = risks_named(options["fail_on"]) if options["fail_on"] is not None else []
            selected = filters.select(rows(resolver))
        except UnknownName as error:
            raise bad_input(error) from error
        json = options["format"] == "json"
        return Shown(
            selected if json else for_people(selected),
            findings(selected, risks),
            origin,
            options["group_by"],
            not options["no_lines"],
            _width() if self.stdout.isatty() else None,
            options["verbosity"] > 1,
            # Whoever names routes wants to see them.
            every=json or options["all"] or bool(options["route"]),
            in_effect=conf.has_middleware(CorsMiddleware),
            filtered=any(filters),
        )

    def _document(self, shown: Shown, wanted: str, urlconf: Any) -> str:
        if wanted == "json":
            return overview_formats.as_json(shown, str(getattr(urlconf, "__name__", urlconf)))
        if wanted == "markdown":
            return overview_formats.as_markdown(shown)
        return overview_formats.as_table(shown, self.paint)

    def _report(self, shown: Shown) -> None:
        if shown.findings:
            for line in overview_formats.as_lines(shown):
                self.stderr.write(line)
            sys.exit(REFUSED)
