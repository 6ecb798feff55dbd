"""What the docs promise is what the code has: settings, fields, check ids, differences."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from django.conf import settings as site
from django.core.management import load_command_class
from django.core.management.base import BaseCommand
from django.test.utils import override_settings

import cors_views
from cors_views import conf, defaults, testing
from cors_views.management.overview.risks import RISKS
from cors_views.policies.fields import FIELDS
from cors_views.protocol.reasons import Reason
from tests.management.commands import run
from tests.samples import PAGES as EVERY_PAGE
from tests.tables import urlconf
from tests.test_drop_in import DIFFERENCES, NORMALISED

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.rst").read_text()
SETTINGS_PAGE = (ROOT / "docs" / "settings.rst").read_text()
POLICIES = (ROOT / "docs" / "policies.rst").read_text()
MOVING = (ROOT / "docs" / "moving.rst").read_text()
PACKAGE = Path(cors_views.__file__).parent
SOURCES = {path: path.read_text() for path in PACKAGE.rglob("*.py")}


def plain(text: str) -> str:
    """Return text without markup and line breaks, so that prose can be compared."""
    return " ".join(text.replace("`", "").split())


SETTINGS = sorted(
    {name for text in SOURCES.values() for name in re.findall(r"\"(CORS_[A-Z_]+)\"", text)}
    # Removed long ago, and a name of flask-cors; the checks say so.
    - {"CORS_MODEL", "CORS_REPLACE_HTTPS_REFERER", "CORS_SUPPORTS_CREDENTIALS"}
)


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_documented(setting: str) -> None:
    assert f"``{setting}``" in SETTINGS_PAGE


def test_every_documented_setting_exists() -> None:
    assert sorted(set(re.findall(r"``(CORS_[A-Z_]+)``", SETTINGS_PAGE))) == SETTINGS


@pytest.mark.parametrize("field", FIELDS)
def test_every_field_is_documented(field: str) -> None:
    assert re.search(rf"^``{field}`` ", POLICIES, re.MULTILINE)


@pytest.mark.parametrize("difference", DIFFERENCES)
def test_every_intended_difference_is_documented(difference: str) -> None:
    assert plain(difference) in plain(MOVING)


#: What else differs from django-cors-headers than what a browser is told.
OTHER_DIFFERENCES = (
    "a receiver of `check_request_enabled` is called at most once per request",
    "settings are read once, not in each request",
    "a subclass of the middleware of django-cors-headers has no equivalent",
    "`manage.py check` has more errors",
    "`manage.py check` looks at the position of the middleware",
    "`corsheaders.E013` had two meanings",
)


def test_no_other_difference_is_documented_and_what_opens_a_site_comes_first() -> None:
    table = MOVING.partition("* - Difference")[2]
    rows = [plain(row) for row in re.findall(r"^   \* - (.+)$", table, re.MULTILINE)]

    assert set(rows) == {plain(row) for row in (*DIFFERENCES, *OTHER_DIFFERENCES)}
    assert rows[0] == NORMALISED


def test_every_alias_is_documented_beside_its_setting() -> None:
    for setting, alias in conf.ALIASES.items():
        row = SETTINGS_PAGE.partition(f"\n``{setting}`` ")[2].partition("\n``CORS")[0]
        assert f"``{alias}``" in row


CHECKS = (ROOT / "docs" / "checks.rst").read_text()
CHECK_IDS = sorted(
    {
        number
        for path, text in SOURCES.items()
        if path.parent.name == "checks" or path.match("policies/fields.py")
        for number in re.findall(r"\"(?:cors_views\.)?([EWI]0\d\d)\"", text)
    }
)


@pytest.mark.parametrize("number", CHECK_IDS)
def test_every_check_is_documented(number: str) -> None:
    assert f"\n``cors_views.{number}`` " in CHECKS


def test_every_documented_check_exists() -> None:
    assert sorted(re.findall(r"^``cors_views\.(\w+)`` ", CHECKS, re.MULTILINE)) == CHECK_IDS


REASONS = (ROOT / "docs" / "reasons.rst").read_text()


def test_every_reason_is_documented_and_every_documented_one_exists() -> None:
    documented = re.findall(r"^``([A-Z_]+)`` ", REASONS, re.MULTILINE)

    assert documented == [reason.name for reason in Reason]


COMMANDS = (ROOT / "docs" / "commands.rst").read_text()
JSON = (ROOT / "docs" / "json_output.rst").read_text()


@pytest.mark.parametrize("risk", RISKS)
def test_every_risk_is_documented(risk: str) -> None:
    assert f"\n``{risk}`` " in COMMANDS


def test_every_field_of_the_json_is_documented() -> None:
    with override_settings(CORS_ALLOW_ALL_ORIGINS=True), urlconf():
        said = json.loads(run("cors_policies", "--format=json", "--origin=null").out)
    fields = {*said, *said["routes"][0], *said["routes"][0]["policies"][0], "reach"}

    # Those of a route stand in a sentence.
    assert {field for field in fields if f"``{field}``" not in JSON} == set()


@pytest.mark.parametrize("command", ["cors_policies", "cors_explain"])
def test_every_option_of_the_commands_is_documented(command: str) -> None:
    parser = load_command_class("cors_views", command).create_parser("manage.py", command)
    inherited = BaseCommand().create_parser("manage.py", "x")
    options = set(parser._option_string_actions) - set(inherited._option_string_actions)

    assert {option for option in options if f"``{option}" not in COMMANDS} == set()


API = (ROOT / "docs" / "api.rst").read_text()


PUBLIC = [
    f"{module.__name__}.{name}"
    for module in (cors_views, testing)
    for name in module.__all__
    if name != "Reason"
]


@pytest.mark.parametrize(
    "name",
    [
        *PUBLIC,
        "cors_views.middleware.CorsMiddleware",
        "cors_views.asgi.CorsASGI",
        "cors_views.panels.CorsPanel",
        "cors_views.pytest_plugin.cors_async_browser",
        "cors_views.pytest_plugin.cors_browser",
        "cors_views.reasons.Reason",
        "cors_views.rest_framework.CorsMixin",
        "cors_views.rest_framework.Declarable",
    ],
)
def test_every_public_name_has_a_place_in_the_reference(name: str) -> None:
    assert re.search(rf"^.. (?:auto\w+|py:data):: {re.escape(name)}$", API, re.MULTILINE)


@pytest.mark.parametrize("name", ["default_headers", "default_methods"])
def test_every_default_is_in_the_settings_page(name: str) -> None:
    for value in getattr(defaults, name):
        assert re.search(rf"\b{re.escape(value)}\b", SETTINGS_PAGE)


#: A simple table: its first border, the lines in between, its last border.
TABLE = re.compile(r"(?<=\n\n)( *=+(?: +=+)+)\n(.+?\n)\1\n(?=\n|\Z)", re.DOTALL)


def split_rows(text: str) -> list[str]:
    """Return the rows of simple tables that reST may have made of the rest of the row above.

    A line with text in its first column begins a row. Nobody meant one whose other columns are
    empty, or one that the row above had no room for in any column.
    """
    found = []
    for border, body in TABLE.findall(text):
        starts = [match.start() for match in re.finditer("=+", border)]
        widths = [len(each) for each in border.split()]
        above: list[str] = []
        for line in body.splitlines():
            cells = [
                line[start:end].strip()
                for start, end in zip(starts, [*starts[1:], None], strict=True)
            ]
            if set(line) <= set("= "):
                above = []
                continue
            if cells[0] and above:
                had_no_room = all(
                    len(f"{before} {cell.split()[0]}") > width
                    for before, cell, width in zip(above, cells, widths, strict=True)
                    if cell
                )
                if not any(cells[1:]) or (" " in above[0] and had_no_room):
                    found.append(cells[0])
            above = cells
    return found


@pytest.mark.parametrize(
    "page", EVERY_PAGE, ids=[page.relative_to(ROOT).as_posix() for page in EVERY_PAGE]
)
def test_that_no_row_of_a_table_is_split_in_two(page: Path) -> None:
    assert split_rows(page.read_text()) == []


PAGES = sorted((ROOT / "docs").glob("*.rst"))


def test_every_page_is_in_the_table_of_contents() -> None:
    listed = re.findall(r"^   (\w+)$", (ROOT / "docs" / "index.rst").read_text(), re.MULTILINE)

    assert sorted(listed) == [page.stem for page in PAGES if page.stem != "index"]


@pytest.mark.parametrize(
    "page", EVERY_PAGE, ids=[page.relative_to(ROOT).as_posix() for page in EVERY_PAGE]
)
def test_every_setting_that_is_named_exists(page: Path) -> None:
    named = set(re.findall(r"``((?:CORS|CSRF|SESSION|SECURE)_[A-Z_]+)", page.read_text()))
    removed = {"CORS_MODEL", "CORS_REPLACE_HTTPS_REFERER"}

    assert named - set(SETTINGS) - set(conf.ALIASES.values()) - removed - set(dir(site)) == set()


def test_that_the_supported_versions_are_those_of_the_classifiers_and_of_tox() -> None:
    page = (ROOT / "docs" / "versions.rst").read_text()
    listed = {
        (django, python)
        for django, pythons in re.findall(
            r"^(\d\.\d)(?: LTS)? +((?:3\.\d+(?:, )?)+)", page, re.MULTILINE
        )
        for python in pythons.split(", ")
    }
    config = (ROOT / "setup.cfg").read_text()
    tested = {
        (f"{django[0]}.{django[1]}", f"3.{minor}")
        for minors, django in re.findall(
            r"^    py\{?3([\d,]+)\}?-django(\d\d)-", config, re.MULTILINE
        )
        for minor in minors.replace(",3", ",").split(",")
    }

    assert listed == tested
    assert {django for django, _ in listed} == set(
        re.findall(r"Framework :: Django :: (\d\.\d)$", config, re.MULTILINE)
    )
    assert {python for _, python in listed} == set(
        re.findall(r"Python :: (3\.\d+)$", config, re.MULTILINE)
    )
