"""The code in the README, in docs/ and in docstrings, block by block.

Here the blocks are read. The modules beside this one run them, one for each kind, and
``registry.py`` lists what none of them runs, with the reason.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.core import publish_doctree

import cors_views

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = Path(cors_views.__file__).resolve().parent
PAGES = [
    *sorted(ROOT.glob("*.rst")),
    ROOT / "sample_project" / "README.rst",
    *sorted(page for page in (ROOT / "docs").rglob("*.rst") if "_build" not in page.parts),
]
SOURCES = sorted(PACKAGE.rglob("*.py"))
FILE = re.compile(r"# ([\w/]+)\.py\b")


@dataclass(frozen=True)
class Sample:
    """A block of code in a page; ``file`` is what its first line says that it belongs to."""

    page: Path
    line: int
    language: str
    code: str

    @property
    def page_name(self) -> str:
        """The page as the tables name it: below the checkout, or the package's own name."""
        base = PACKAGE.parent if self.page.is_relative_to(PACKAGE) else ROOT
        return self.page.relative_to(base).as_posix()

    @property
    def name(self) -> str:
        return f"{self.page_name}:{self.line}"

    @property
    def file(self) -> str | None:
        match = FILE.match(self.code)
        return match[1] if match else None

    @property
    def defined(self) -> list[str]:
        """The functions and classes that the block defines."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
        return [node.name for node in ast.parse(self.code).body if isinstance(node, kinds)]

    @property
    def is_settings(self) -> bool:
        """Whether all that it assigns are settings."""
        if self.file:
            return "settings" in self.file
        statements = ast.parse(self.code).body
        names = [
            target.id
            for node in statements
            if isinstance(node, ast.Assign)
            for target in node.targets
            if isinstance(target, ast.Name)
        ]
        others = [node for node in statements if not isinstance(node, ast.Assign | ast.Import)]
        return bool(names) and not others and all(name.isupper() for name in names)

    @property
    def is_tests(self) -> bool:
        """Whether pytest would find tests in it."""
        return any(re.match(r"test_|\w+Tests$", name) for name in self.defined)

    @property
    def is_shell(self) -> bool:
        """Whether it holds commands, with or without what they print."""
        by_sight = not self.language and re.match(r"\$ |make |pip |python ", self.code)
        return self.language == "console" or bool(by_sight)


@cache
def document(page: Path) -> nodes.document:
    """Return a page as docutils reads it; what only Sphinx knows it passes over."""
    return _parsed(page.read_text("utf-8"), page)


def _parsed(text: str, page: Path) -> nodes.document:
    return publish_doctree(
        text,
        source_path=str(page),
        settings_overrides={"report_level": 5, "halt_level": 5, "syntax_highlight": "none"},
    )


@cache
def samples(page: Path) -> list[Sample]:
    """Return the blocks of a page, doctests among them, which need no directive."""
    lines = page.read_text("utf-8").splitlines()
    return list(_blocks(document(page), page, lines))


@cache
def docstring_samples(source: Path) -> list[Sample]:
    """Return the blocks in the docstrings of a module and of what it defines."""
    text = source.read_text("utf-8")
    lines = text.splitlines()
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    return [
        sample
        for node in ast.walk(ast.parse(text))
        if isinstance(node, documented) and (docstring := ast.get_docstring(node))
        for sample in _blocks(_parsed(docstring, source), source, lines)
    ]


def everything() -> Iterator[Sample]:
    for page in PAGES:
        yield from samples(page)
    for source in SOURCES:
        yield from docstring_samples(source)


def _blocks(tree: nodes.document, page: Path, lines: list[str]) -> Iterator[Sample]:
    for node in (*tree.findall(nodes.literal_block), *tree.findall(nodes.doctest_block)):
        # A directive that docutils does not know is quoted in a message; files are included.
        quoted = isinstance(node.parent, nodes.system_message)
        if not quoted and Path(node.source or page).resolve() == page:
            code = textwrap.dedent(node.astext())
            yield Sample(page, _line(lines, code), _language(node), code)


def _language(node: nodes.Element) -> str:
    if isinstance(node, nodes.doctest_block):
        return "doctest"
    return next((name for name in node["classes"] if name != "code"), "")


def _line(lines: list[str], code: str) -> int:
    """Return where a block begins: docutils forgets it when it highlights."""
    block = [line.strip() for line in code.splitlines()]
    stripped = [line.strip() for line in lines]
    starts = range(len(lines) - len(block) + 1)
    return next((at + 1 for at in starts if stripped[at : at + len(block)] == block), 0)
