"""What commands print in the README and in docs/ is what they print.

``...`` in a line of its own stands for any lines, and at the end of one for its rest.
"""

from __future__ import annotations

import contextlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test.utils import override_settings
from django.urls import path
from django.views import View

from cors_views import cors_allow
from tests.management.commands import run, run_in_shop, run_in_shop_terminal
from tests.samples import ROOT, everything, samples
from tests.samples.reader import reading
from tests.samples.shell import COMMANDS, Command
from tests.tables import Patterns, Sender

needs_the_line = pytest.mark.skipif(
    sys.version_info < (3, 11),
    reason="a bare decorator stands at the line of what it decorates, which is not what is printed",
)
#: Commands with what they print, by who compares it.
IN_THE_SHOP = [one for one in COMMANDS if one.printed and "sample_project/manage.py" in one.words]
IN_THE_README = [
    one
    for one in COMMANDS
    if one.printed and one.is_managed and one.sample.page_name == "README.rst"
]
#: Lines of the log, which stand by themselves.
LOGGED = [one for one in everything() if one.code.startswith("The browser refuses")]
CURLED = [one for one in COMMANDS if one.printed and one.words[0] == "curl"]


def shown(text: str) -> re.Pattern[str]:
    """Return what the output must match that a page shows."""
    lines = [
        r"(?:.*\n)*?"
        if line.strip() == "..."
        else re.sub(r"\\ \\\.\\\.\\\.$", " .*", re.escape(line)) + r"\n"
        for line in text.strip("\n").splitlines()
    ]
    return re.compile("".join(lines) + r"\n*")


def of(commands: list[Command]) -> Any:
    return pytest.mark.parametrize("command", [pytest.param(one, id=one.name) for one in commands])


@needs_the_line
@of(IN_THE_SHOP)
def test_what_the_commands_print_of_the_sample_project(command: Command) -> None:
    if command.redirected:
        output = run_in_shop(*command.arguments).err
    else:
        output = run_in_shop_terminal(*command.arguments, "--no-color", columns=116).out

    assert shown(command.printed).fullmatch(output), output


@contextlib.contextmanager
def shop_of_the_readme(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve the README's first block, as ``shop/views.py`` in a project of its own."""
    first, *others = [one for one in samples(ROOT / "README.rst") if one.language == "python"]
    settings = next(one for one in others if one.is_settings)
    names: dict[str, Any] = {"__name__": "shop.views"}
    # Places are told from the folder that Python imports from.
    patch.syspath_prepend(folder)
    with (
        reading("README.rst") as reader,
        override_settings(CORS_POLICIES=reader.run(settings)["CORS_POLICIES"]),
    ):
        exec(compile(first.code, folder / "shop" / "views.py", "exec"), names)
        with override_settings(ROOT_URLCONF=Patterns(names["urlpatterns"])):
            yield


@needs_the_line
@of(IN_THE_README)
def test_what_the_commands_print_of_the_readme(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop_of_the_readme(tmp_path, monkeypatch):
        output = run(*command.arguments).out

    assert shown(command.printed).fullmatch(output), output


@of(
    [
        one
        for one in COMMANDS
        # tests/test_packaging.py runs the server.
        if one.sample.page_name == "README.rst" and one.is_managed and "runserver" not in one.words
    ]
)
def test_that_the_readmes_commands_run_on_its_site(
    command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with shop_of_the_readme(tmp_path, monkeypatch):
        done = run(*command.arguments)

    # Bad input would be 2; 1 is a refusal, which is what they show.
    assert done.status < 2, done.err


VIEWS = """
@cors_allow("partners")
class Orders(View):
    def put(self, request, number): ...
"""


def test_the_line_of_the_log(caplog: pytest.LogCaptureFixture) -> None:
    """docs/reasons.rst breaks it in two."""
    (sample,) = (one for one in samples(ROOT / "docs" / "reasons.rst") if one in LOGGED)
    names: dict[str, Any] = {"__name__": "shop.views", "cors_allow": cors_allow, "View": View}
    exec(compile("\n" * 10 + VIEWS, "/srv/shop/views.py", "exec"), names)
    routes = [path("orders/<int:number>/", names["Orders"].as_view())]

    with override_settings(ROOT_URLCONF=Patterns(routes)), caplog.at_level("DEBUG", "cors_views"):
        Sender("wsgi").preflight(
            "/orders/1/", "https://evil.example", "PUT", host="api.example.com"
        )

    assert " ".join(sample.code.split()) == caplog.messages[-1]


def test_that_nothing_is_printed_that_nobody_compares() -> None:
    """tests/test_sample_project.py asks what curl asks."""
    compared = [*IN_THE_SHOP, *IN_THE_README, *CURLED]

    assert [one.name for one in COMMANDS if one.printed and one not in compared] == []
    assert {one.arguments[0] for one in IN_THE_SHOP} == {"cors_policies", "cors_explain"}
    assert {one.sample.page_name for one in CURLED} <= {
        "sample_project/README.rst",
        "docs/sample_project.rst",
    }


def test_how_an_ellipsis_is_read() -> None:
    assert shown("a ...\n...\n  b").fullmatch("a c\nd\ne\n  b\n")
    assert not shown("a ...\n...\n  b").fullmatch("a c\nd\ne\nb\n")
    assert not shown("a").fullmatch("a b\n")
