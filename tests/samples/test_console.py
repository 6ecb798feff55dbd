"""Every command in console blocks and in running text is one that its program understands."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cache
from importlib.util import find_spec
from typing import Any

import pytest
from django.core.management import CommandError, get_commands, load_command_class
from docutils import nodes

from cors_views.management.overview.risks import risks_named
from cors_views.management.overview.selection import UnknownName
from tests.samples import PAGES, ROOT, document
from tests.samples.shell import COMMANDS, IN_TEXT, Command

SAMPLE_PROJECT = ROOT / "sample_project"
#: The request headers that a reader may send with curl: what the docs are about.
HEADERS = {"origin", "access-control-request-method", "access-control-request-headers"}
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
CONFIGURED = (ROOT / "setup.cfg").read_text("utf-8")
DIALECTS: dict[str, Callable[[Command], None]] = {}


def dialect(*programs: str) -> Callable[[Callable[[Command], None]], Callable[[Command], None]]:
    """Register who understands the arguments of a program, and raises where it would not."""

    def register(judge: Callable[[Command], None]) -> Callable[[Command], None]:
        DIALECTS.update(dict.fromkeys(programs, judge))
        return judge

    return register


@cache
def options_of(*command: str) -> set[str]:
    """Return the options that a program lists."""
    said = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert said.returncode == 0, said.stderr
    return set(re.findall(r"(?<![\w-])(--?[A-Za-z][\w-]*)", said.stdout))


def offered(command: Command, *helped: str) -> None:
    written = {word.partition("=")[0] for word in command.words if re.match(r"--?[A-Za-z]", word)}
    assert written - options_of(*helped) == set()


def module_of(application: str) -> None:
    """An application is a module of the sample project and a name in it."""
    module, _, name = application.partition(":")
    file = SAMPLE_PROJECT / f"{module.replace('.', '/')}.py"
    assert re.search(rf"^{name} =", file.read_text("utf-8"), re.MULTILINE)


@dialect("manage.py", "django-admin")
def django(command: Command) -> None:
    name, *arguments = command.arguments
    ours = {file.stem: file for file in SAMPLE_PROJECT.glob("*/management/commands/[a-z]*.py")}
    if name in ours:
        # Its apps are not installed here, so that its modules cannot be imported.
        text = ours[name].read_text("utf-8")
        assert [
            word for word in arguments if word.startswith("-") and f'"{word}"' not in text
        ] == []
        return
    assert name in get_commands(), f"no such command: {name}"
    if name == "runserver" or (not command.sample.line and not arguments):
        # In running text a name alone stands for the command, whatever its arguments.
        return
    made: Any = load_command_class(get_commands()[name], name)
    options = made.create_parser("manage.py", name).parse_args(arguments)
    if getattr(options, "fail_on", None):
        risks_named(options.fail_on)


@dialect("python")
def python(command: Command) -> None:
    option, *arguments = command.arguments
    assert option == "-m"
    assert find_spec(arguments[0]), f"no such module: {arguments[0]}"
    offered(
        Command(command.sample, tuple(arguments), command.line),
        sys.executable,
        *command.arguments[:2],
        "--help",
    )


@dialect("pip")
def pip(command: Command) -> None:
    pytest.importorskip("pip", reason="pip knows its options")
    section = CONFIGURED.partition("[options.extras_require]")[2].partition("\n[")[0]
    extras = set(re.findall(r"^(\w+) =", section, re.MULTILINE))
    assert set(re.findall(r"\[(\w+)\]", " ".join(command.words))) <= extras
    files = [word for word in command.words if word.startswith("requirements/")]
    assert [name for name in files if not (ROOT / name).is_file()] == []
    offered(command, sys.executable, "-m", "pip", command.arguments[0], "--help")


@dialect("twine", "pre-commit")
def installed(command: Command) -> None:
    module = command.words[0].rpartition("/")[2].replace("-", "_")
    pytest.importorskip(module, reason="it knows its options")
    offered(command, sys.executable, "-m", module, command.arguments[0], "--help")


@dialect("curl")
def curl(command: Command) -> None:
    if not shutil.which("curl"):
        pytest.skip("curl knows its options, and is not installed")
    offered(command, "curl", "--help", "all")
    words = command.words
    sent = [words[at + 1] for at, word in enumerate(words) if word in ("-H", "--header")]
    assert {header.partition(":")[0].lower() for header in sent} <= HEADERS
    assert all(re.fullmatch(r"[\w-]+: \S.*", header) for header in sent)


@dialect("make")
def make(command: Command) -> None:
    targets = {word for word in command.arguments if "=" not in word}
    variables = {word.partition("=")[0] for word in command.arguments if "=" in word}
    assert targets <= set(re.findall(r"^([a-z][\w-]*):", MAKEFILE, re.MULTILINE))
    assert variables <= set(re.findall(r"^(\w+) \?=", MAKEFILE, re.MULTILINE))
    for word in command.arguments:
        if word.startswith("TOX="):
            tox(shlex.split(word.removeprefix("TOX=")))


def tox(arguments: list[str]) -> None:
    """What is handed on to tox names environments and labels that there are."""
    pytest.importorskip("tox", reason="it knows its environments")
    listing = [sys.executable, "-m", "tox", "list", "--no-desc", "-q"]
    for option, value in zip(arguments[::2], arguments[1::2], strict=True):
        more = ["-m", value] if option == "-m" else []
        listed = subprocess.run([*listing, *more], cwd=ROOT, capture_output=True, text=True).stdout
        right = {"-e": value in listed.split(), "-m": listed != "", "-p": value.isdigit()}
        assert right[option]


@dialect("gunicorn")
def gunicorn(command: Command) -> None:
    config = pytest.importorskip("gunicorn.config", reason="it knows its options").Config()
    given = vars(config.parser().parse_args(command.arguments))
    (application,) = given.pop("args")
    module_of(application)
    for name, value in given.items():
        if value is not None:
            config.set(name, value)


@dialect("uvicorn")
def uvicorn(command: Command) -> None:
    main = pytest.importorskip("uvicorn.main", reason="it knows its options").main
    context = main.make_context("uvicorn", list(command.arguments))
    module_of(context.params["app"])


@dialect("export")
def export(command: Command) -> None:
    """What is exported is what the settings of production read."""
    production = (SAMPLE_PROJECT / "shopsite/settings/production.py").read_text("utf-8")
    for name, _, value in (word.partition("=") for word in command.arguments):
        if name == "DJANGO_SETTINGS_MODULE":
            assert (SAMPLE_PROJECT / f"{value.replace('.', '/')}.py").is_file()
        else:
            assert f'"{name}"' in production


#: Programs that every reader knows, with arguments that say nothing about this package.
NOT_JUDGED = {
    ".": "sources a file that the command before it makes",
    "zcat": "writes out logs, packed or not",
}


@pytest.mark.parametrize("command", [pytest.param(one, id=one.name) for one in COMMANDS + IN_TEXT])
def test_that_the_program_understands_it(command: Command) -> None:
    program = "manage.py" if command.is_managed else command.words[0].rpartition("/")[2]
    if program in NOT_JUDGED or (command.words[0], command.arguments) == ("make", ()):
        return
    try:
        DIALECTS[program](command)
    except (CommandError, UnknownName, SystemExit) as error:
        pytest.fail(f"{command.line}: {error}")


def test_that_no_program_is_left_that_nobody_runs() -> None:
    run = {one.words[0].rpartition("/")[2] for one in COMMANDS + IN_TEXT}

    assert {*NOT_JUDGED, *DIALECTS} - run == set()


def test_that_every_option_in_running_text_exists() -> None:
    """Those of the commands that the pages are about: Django's, ours, the sample project's."""
    parsers = [
        load_command_class(app, name).create_parser("manage.py", name)
        for app, name in (("cors_views", "cors_policies"), ("cors_views", "cors_explain"))
    ] + [load_command_class("django.core", "check").create_parser("manage.py", "check")]
    known = {option for parser in parsers for option in parser._option_string_actions}
    for file in SAMPLE_PROJECT.glob("*/management/commands/*.py"):
        known |= set(re.findall(r"\"(--[a-z-]+)\"", file.read_text("utf-8")))
    literals = [node.astext() for page in PAGES for node in document(page).findall(nodes.literal)]

    written = {text.split()[0].partition("=")[0] for text in literals if text.startswith("--")}
    assert written - known == set()
