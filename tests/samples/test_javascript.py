"""What runs in a page is JavaScript that node can read, in HTML that closes what it opens.

That it does what the page says, a real Chromium sees: tests/browser/test_samples.py.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.samples import Sample, everything

HTML = [one for one in everything() if one.language == "html"]
JAVASCRIPT = [one for one in everything() if one.language == "javascript"]
#: Elements without an end.
VOID = {"br", "hr", "img", "input", "link", "meta"}


@pytest.fixture(scope="module")
def node() -> str:
    found = shutil.which("node")
    if found is None and os.environ.get("REQUIRE_NODE"):
        pytest.fail("REQUIRE_NODE is set, and there is no node")
    if found is None:
        pytest.skip("JavaScript is checked where there is node")
    return found


class Page(HTMLParser):
    """Notes the elements that are open, what was wrong, and the scripts."""

    def __init__(self, code: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.scripts: list[str] = []
        self.declared = False
        self.feed(code)
        self.close()

    def handle_decl(self, decl: str) -> None:
        self.declared = decl.lower() == "doctype html"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(f"</{tag}>")

    def handle_data(self, data: str) -> None:
        if self.open[-1:] == ["script"]:
            self.scripts.append(data)


def said_by(node: str, code: str, file: Path) -> str:
    """Return what node says of a module that it does not run."""
    file.write_text(code)
    return subprocess.run([node, "--check", str(file)], capture_output=True, text=True).stderr


def test_that_chromium_runs_the_blocks_of_each_page() -> None:
    """Those of a further page need a test of their own in tests/browser/test_samples.py."""
    assert [one.page_name for one in HTML] == ["docs/tutorial.rst"]
    assert [one.page_name for one in JAVASCRIPT] == ["docs/cookies.rst"]


@pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in JAVASCRIPT])
def test_that_node_can_read_it(sample: Sample, node: str, tmp_path: Path) -> None:
    assert said_by(node, sample.code, tmp_path / "sample.mjs") == ""


@pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in HTML])
def test_that_a_page_is_whole(sample: Sample) -> None:
    page = Page(sample.code)

    assert (page.declared, page.open, page.wrong) == (True, [], [])


@pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in HTML])
def test_that_node_can_read_a_pages_scripts(sample: Sample, node: str, tmp_path: Path) -> None:
    scripts = Page(sample.code).scripts

    assert scripts
    assert said_by(node, "\n".join(scripts), tmp_path / "sample.js") == ""
