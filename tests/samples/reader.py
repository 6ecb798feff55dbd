"""Runs the Python of one page from top to bottom, and remembers which statements have run."""

from __future__ import annotations

import ast
import contextlib
import sys
from collections.abc import Iterator
from importlib import import_module
from types import ModuleType
from typing import Any
from unittest import mock

from django.dispatch import Signal
from django.http import HttpResponse
from django.test.utils import override_settings

from cors_views.declarations import marks
from tests.samples import PACKAGE, ROOT, Sample, samples
from tests.samples.prepared import FRESH, PREPARED


class Reader:
    """Runs the blocks of one page in turn, as somebody does who reads from top to bottom."""

    def __init__(self, settings: dict[str, Any] = FRESH) -> None:
        self.settings = dict(settings)
        self.names: dict[str, Any] = {
            "__name__": "a_sample",
            "__ran__": self._note,
            "__answer__": HttpResponse,
        }
        self._waiting: set[int] = set()

    def run(self, sample: Sample) -> dict[str, Any]:
        """Run a block and return what it defined, or which settings it wrote."""
        tree = ast.parse("\n" * (sample.line - 1) + sample.code, str(sample.page))
        self._waiting |= _mark(tree)
        code = compile(tree, str(sample.page), "exec")
        if sample.is_settings:
            name = (sample.file or "settings").replace("/", ".")
            given: dict[str, Any] = {
                "__name__": name,
                "__package__": name.rpartition(".")[0],
                "__file__": str(sample.page),
            }
            exec(code, given)
            if given["__package__"]:
                self._module(name, given)
            new = {
                name: expanded(value, self.settings.get(name, []))
                for name, value in given.items()
                if name.isupper()
            }
            self.settings.update(new)
            return new
        exec(code, self.names)
        if sample.file:
            self._module(sample.file.replace("/", "."), self.names)
        return {name: self.names[name] for name in sample.defined}

    def not_run(self, sample: Sample) -> list[str]:
        """Return the statements in a block's functions that nothing has run so far."""
        lines = sample.code.splitlines()
        numbers = range(sample.line, sample.line + len(lines))
        return [lines[at - sample.line].strip() for at in numbers if at in self._waiting]

    def _note(self, line: int) -> None:
        self._waiting.discard(line)

    def _module(self, name: str, names: dict[str, Any]) -> None:
        """Let later blocks import what this one defined."""
        parts = name.split(".")
        for depth in range(1, len(parts) + 1):
            full = ".".join(parts[:depth])
            module = sys.modules.setdefault(full, ModuleType(full))
            if depth > 1:
                setattr(sys.modules[".".join(parts[: depth - 1])], parts[depth - 1], module)
        vars(sys.modules[name]).update(
            {key: value for key, value in names.items() if not key.startswith("__")}
        )


def _mark(tree: ast.Module) -> set[int]:
    """Let each statement in a function say that it runs; return the lines of all of them.

    A body of nothing but ``...`` stands for a view that answers something, so it does.
    """
    lines: set[int] = set()
    for function in ast.walk(tree):
        if not isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if _is_stub(function):
            answer = ast.parse("return __answer__()").body[0]
            function.body = [ast.fix_missing_locations(ast.copy_location(answer, function.body[0]))]
            continue
        for node in list(ast.walk(function)):
            for name in ("body", "orelse", "finalbody"):
                statements = getattr(node, name, None)
                if isinstance(statements, list) and not _is_marked(statements):
                    lines |= {one.lineno for one in statements}
                    setattr(node, name, [two for one in statements for two in (_call(one), one)])
    return lines


def _is_stub(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return [ast.unparse(one) for one in function.body] == ["..."]


def _is_marked(statements: list[ast.stmt]) -> bool:
    return bool(statements) and ast.unparse(statements[0]).startswith(
        ("__ran__", "return __answer")
    )


def _call(statement: ast.stmt) -> ast.stmt:
    call = ast.parse(f"__ran__({statement.lineno})").body[0]
    for node in ast.walk(call):
        ast.copy_location(node, statement)
    return call


def expanded(value: Any, before: Any) -> Any:
    """Return a list whose ``...`` stands for what was there before."""
    if not isinstance(value, list) or ... not in value:
        return value
    return [one for entry in value for one in (before if entry is ... else [entry])]


def laid_over(settings: dict[str, Any]) -> dict[str, Any]:
    """Return those settings that tell how requests are answered: apps cannot come and go here."""
    return {
        name: value
        for name, value in settings.items()
        if name.startswith(("CORS_", "CSRF_", "SESSION_", "SECURE_"))
    }


@contextlib.contextmanager
def reading(page_name: str) -> Iterator[Reader]:
    """Return a reader of a page; what its blocks leave behind in the process goes afterwards."""
    reader = Reader()
    known = dict(sys.modules)
    try:
        with contextlib.ExitStack() as stack:
            stack.enter_context(_receivers_restored())
            # What is declared here concerns no check of another test.
            stack.enter_context(mock.patch.object(marks, "_everything_applied", set()))
            if page_name.startswith(PACKAGE.name):
                # Not its __name__: what a sample declares is not declared by us.
                reader.names = vars(import_module(_dotted(page_name))) | reader.names
            if page_name in PREPARED:
                stack.enter_context(PREPARED[page_name](reader.names))
            yield reader
    finally:
        for name in set(sys.modules) - set(known):
            if getattr(sys.modules[name], "__file__", None) is None:
                del sys.modules[name]


def read_up_to(reader: Reader, sample: Sample, stack: contextlib.ExitStack) -> None:
    """Run the blocks of a page above one of them, each under the settings of those before it."""
    if sample.page.suffix != ".rst":
        return
    for earlier in samples(sample.page):
        if earlier == sample:
            break
        if earlier.language == "python" and not earlier.is_tests:
            stack.enter_context(override_settings(**laid_over(reader.settings)))
            reader.run(earlier)
    # The views of these blocks have had their routes, in tests of their own.
    marks._everything_applied.clear()
    stack.enter_context(override_settings(**laid_over(reader.settings)))


@contextlib.contextmanager
def read(page_name: str) -> Iterator[Reader]:
    """Return somebody who has read the whole of a page."""
    with reading(page_name) as reader, contextlib.ExitStack() as stack:
        end = Sample(ROOT / page_name, 0, "", "")
        read_up_to(reader, end, stack)
        yield reader


def _dotted(page_name: str) -> str:
    return page_name.removesuffix(".py").removesuffix("/__init__").replace("/", ".")


@contextlib.contextmanager
def _receivers_restored() -> Iterator[None]:
    from django.db.models.signals import post_delete, post_save

    from cors_views.signals import check_request_enabled, cors_decided

    signals: tuple[Signal, ...] = (post_save, post_delete, check_request_enabled, cors_decided)
    before = [list(signal.receivers) for signal in signals]
    try:
        yield
    finally:
        for signal, receivers in zip(signals, before, strict=True):
            with signal.lock:
                signal.receivers = receivers
                signal.sender_receivers_cache.clear()
