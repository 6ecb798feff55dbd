"""Links between the pages, with their anchors, and the places in code that the pages name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from docutils import nodes

from tests.samples import PACKAGE, PAGES, ROOT, document

LINK = re.compile(r"`[^`<]+\s<([^`>]+)>`_")
PLACE = re.compile(r"([\w/]+\.py):(\d+)")
SAMPLE_PROJECT = ROOT / "sample_project"
#: Places in files that do not exist, which tests make: tests/samples/test_printed.py.
MADE = {"srv/shop/views.py", "shop/views.py"}
#: What looks like a file or is one, and is not in the repository.
ELSEWHERE = {
    "api/": "a route",
    "dist/": "make package makes it",
    "docs/_build/html": "make docs makes it",
    "fuzz/found": "make fuzz makes it",
    "page/index.html": "the reader of the tutorial makes it",
    "text/plain": "a content type",
}

of_pages = pytest.mark.parametrize(
    "page", PAGES, ids=[page.relative_to(ROOT).as_posix() for page in PAGES]
)


def anchors(page: Path) -> set[str]:
    """Return what a fragment can name: sections, and targets that are written out."""
    return {
        name
        for node in document(page).findall(lambda node: isinstance(node, nodes.Element))
        for name in node["ids"]
        if isinstance(node, nodes.section | nodes.document | nodes.target)
    }


@of_pages
def test_that_every_link_leads_somewhere(page: Path) -> None:
    """GitHub follows these as they are; ``make docs`` turns those to pages into their own."""
    lost = []
    for link in LINK.findall(page.read_text("utf-8")):
        name, _, anchor = " ".join(link.split()).partition("#")
        if re.match("https?:", name):
            continue
        target = (page.parent / name).resolve() if name else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)

    assert lost == []


@of_pages
def test_that_every_image_is_there(page: Path) -> None:
    images = re.findall(r"^ *\.\. (?:image|figure):: (\S+)", page.read_text("utf-8"), re.MULTILINE)

    assert [image for image in images if not (page.parent / image).is_file()] == []


@of_pages
def test_that_every_place_in_code_declares_something(page: Path) -> None:
    for name, line in PLACE.findall(page.read_text("utf-8")):
        if name.lstrip("/") in MADE:
            continue
        lines = (SAMPLE_PROJECT / name.lstrip("/")).read_text("utf-8").splitlines()
        assert re.match(r"\s*(@|class |def |async def |path\()", lines[int(line) - 1])


@of_pages
def test_that_every_file_that_is_named_exists(page: Path) -> None:
    """From the root, the package, the sample project, or beside the page."""
    named = re.findall(r"``((?:[\w.]+/)+[\w.-]*)``", page.read_text("utf-8"))
    folders = (ROOT, PACKAGE.parent, PACKAGE, SAMPLE_PROJECT, page.parent)

    lost = [name for name in named if not any((folder / name).exists() for folder in folders)]
    assert set(lost) <= ELSEWHERE.keys()


def test_that_no_entry_is_left_over() -> None:
    texts = "".join(page.read_text("utf-8") for page in PAGES)

    assert [name for name in (*MADE, *ELSEWHERE) if name not in texts] == []
