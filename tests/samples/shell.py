"""The commands in console blocks and in running text, with what they print."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from docutils import nodes

from tests.samples import PAGES, Sample, document, everything

#: What a literal in running text begins with, if it is a command.
INLINE = re.compile(
    r"(?:[A-Z_]+=\S+ )*(make$|make |(\.venv/bin/)?"
    r"(manage\.py|django-admin|python|pip|gunicorn|uvicorn|curl|twine|pre-commit) )"
)
#: A variable of the Makefile's, which stands for a command with it.
VARIABLE = re.compile(r"(?!REQUIRE_)[A-Z_]+=\S.*")


@dataclass(frozen=True)
class Command:
    """One command: its words, where its output goes, and the lines that are printed below it."""

    sample: Sample
    words: tuple[str, ...]
    line: str
    redirected: bool = False
    printed: str = ""

    @property
    def name(self) -> str:
        return f"{self.sample.page_name} {self.line}"

    @property
    def is_managed(self) -> bool:
        return any(word.endswith("manage.py") for word in self.words[:2])

    @property
    def arguments(self) -> tuple[str, ...]:
        """What follows ``manage.py``, or else the program."""
        if not self.is_managed:
            return self.words[1:]
        at = next(i for i, word in enumerate(self.words) if word.endswith("manage.py"))
        return self.words[at + 1 :]


def commands(sample: Sample) -> Iterator[Command]:
    """Yield the commands of a block; where there are prompts, the other lines are output."""
    lines = re.sub(r"\\\n\s*", "", sample.code).splitlines()
    prompted = any(line.startswith("$ ") for line in lines)
    written = [at for at, line in enumerate(lines) if line.startswith("$ ") or not prompted]
    for at, end in zip(written, [*written[1:], len(lines)], strict=True):
        printed = "\n".join(lines[at + 1 : end])
        *others, last = _split(sample, lines[at].removeprefix("$ "))
        yield from others
        yield Command(sample, last.words, last.line, last.redirected, printed)


def _split(sample: Sample, line: str) -> list[Command]:
    """Return the commands of one line, joined by ``&&`` or ``|``."""
    found: list[list[str]] = [[]]
    line = re.sub(r"^([A-Z_]+=\S+ )+", "", line)
    for word in shlex.split(line, comments=True):
        if word in ("&&", "|"):
            found.append([])
        else:
            found[-1].append(word)
    made = []
    for words in found:
        target = words.index(">") if ">" in words else len(words)
        made.append(Command(sample, tuple(words[:target]), line.strip(), ">" in words))
    return made


def inline(page: Path) -> Iterator[Command]:
    """Yield the commands that stand in running text."""
    for node in document(page).findall(nodes.literal):
        text = " ".join(node.astext().split())
        if VARIABLE.fullmatch(text):
            text = f"make {text}"
        if INLINE.match(text) and "…" not in text:
            yield from _split(Sample(page, 0, "", text), text)


COMMANDS = [command for one in everything() if one.is_shell for command in commands(one)]
IN_TEXT = [command for page in PAGES for command in inline(page)]
