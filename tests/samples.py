"""The code in the README and in docs/, block by block, and what each needs to run."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

from docutils import nodes
from docutils.core import publish_doctree

ROOT = Path(__file__).parent.parent
PAGES = [
    ROOT / "README.rst",
    ROOT / "SECURITY.rst",
    ROOT / "CONTRIBUTING.rst",
    ROOT / "sample_project" / "README.rst",
    *sorted((ROOT / "docs").rglob("*.rst")),
]
FILE = re.compile(r"# ([\w/]+)\.py\b")


@dataclass(frozen=True)
class Sample:
    """A block of code in a page; ``file`` is what its first line says that it belongs to."""

    page: Path
    line: int
    language: str
    code: str

    @property
    def name(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    @property
    def file(self) -> str | None:
        match = FILE.match(self.code)
        return match[1] if match else None

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


def samples(page: Path) -> list[Sample]:
    """Return the blocks of a page, as docutils reads it; what only Sphinx knows it passes over."""
    tree = publish_doctree(
        page.read_text("utf-8"),
        source_path=str(page),
        settings_overrides={"report_level": 5, "halt_level": 5, "syntax_highlight": "none"},
    )
    return [
        Sample(page, _line(page, node.astext()), _language(node), node.astext())
        for node in tree.findall(nodes.literal_block)
        if Path(node.source or page).resolve() == page
    ]


def _language(node: nodes.Element) -> str:
    return next((name for name in node["classes"] if name != "code"), "")


def _line(page: Path, code: str) -> int:
    """Return where a block begins: docutils forgets it when it highlights."""
    block = [line.strip() for line in code.splitlines()]
    lines = [line.strip() for line in page.read_text("utf-8").splitlines()]
    starts = range(len(lines) - len(block) + 1)
    return next((at + 1 for at in starts if lines[at : at + len(block)] == block), 0)


def expanded(value: Any, before: Any) -> Any:
    """Return a list whose ``...`` stands for what was there before."""
    if not isinstance(value, list) or ... not in value:
        return value
    return [one for entry in value for one in (before if entry is ... else [entry])]


class Reader:
    """Runs the blocks of one page in turn, as somebody does who reads from top to bottom."""

    def __init__(self, settings: dict[str, Any]) -> None:
        self.settings = dict(settings)
        self.names: dict[str, Any] = {"__name__": "a_sample"}

    def run(self, sample: Sample) -> dict[str, Any]:
        """Run a block and return what it defined."""
        code = compile("\n" * (sample.line - 1) + sample.code, str(sample.page), "exec")
        before = set(self.names)
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
        return {name: self.names[name] for name in set(self.names) - before}

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


def everything() -> Iterator[Sample]:
    for page in PAGES:
        yield from samples(page)
