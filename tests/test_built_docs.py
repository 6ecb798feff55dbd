"""The pages that readers get: built once, as ``make docs`` does, and read as HTML."""

from __future__ import annotations

import fcntl
import json
import os
import re
import subprocess
import sys
from collections import defaultdict
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from cors_views.protocol.reasons import Reason
from tests.test_docs import CHECK_IDS, ROOT, SETTINGS

pytest.importorskip("furo", reason="the documentation is built with requirements/docs.txt")
stemmer = pytest.importorskip("snowballstemmer", reason="Sphinx brings it").stemmer("english")


class Page(HTMLParser):
    """What a page can be linked to by, and where its own links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        found = dict(attributes)
        self.ids.add(found.get("id") or "")
        if tag == "a":
            self.links.append(found.get("href") or "")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the pages once, however many processes run these tests."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    out = folder / "built-docs"
    with (folder / "built-docs.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (out / "objects.inv").exists():
            command = [sys.executable, "-m", "sphinx", "-W", "-n", "-q", "-d", f"{out}-doctrees"]
            subprocess.run([*command, str(ROOT / "docs"), str(out)], check=True)
    return out


@cache
def page_at(path: Path) -> Page:
    return Page(path.read_text("utf-8"))


def test_every_link_within_the_pages_leads_somewhere(built: Path) -> None:
    lost = []
    for path in sorted(built.glob("*.html")):
        for link in page_at(path).links:
            url = urlsplit(link)
            target = path.parent / url.path if url.path else path
            if url.scheme or url.path.startswith("_"):
                continue
            if not target.is_file() or (
                url.fragment
                and target.suffix == ".html"
                and unquote(url.fragment) not in page_at(target).ids
            ):
                lost.append(f"{path.name}: {link}")

    assert lost == []


@pytest.mark.parametrize(
    ("page", "name"),
    [
        *[("checks", f"cors_views.{number}") for number in CHECK_IDS],
        *[("reasons", reason.name) for reason in Reason],
        *[("settings", setting) for setting in SETTINGS if "_ORIGIN_" not in setting],
    ],
)
def test_that_a_name_can_be_linked_to(built: Path, page: str, name: str) -> None:
    assert name in page_at(built / f"{page}.html").ids


def test_that_a_mention_of_a_check_leads_to_its_row(built: Path) -> None:
    assert "checks.html#cors_views.W032" in page_at(built / "installation.html").links


@cache
def index(built: Path) -> dict[str, object]:
    """Return what Sphinx searches in the browser."""
    text = (built / "searchindex.js").read_text("utf-8")
    loaded: dict[str, object] = json.loads(text.removeprefix("Search.setIndex(").rstrip(")"))
    return loaded


def found(built: Path, query: str) -> list[str]:
    """Return the pages that the search shows for a query, best first.

    It stems the words, leaves out numbers, wants all others, and counts a title (15) for more than
    a text (5).
    """
    names = index(built)["docnames"]
    script = (built / "_static" / "language_data.js").read_text("utf-8")
    words = re.search(r"stopwords = .*?(\[.*?\])", script)
    assert words
    ignored = json.loads(words[1])
    scores: list[dict[str, int]] = []
    for word in re.findall(r"\w+", query.lower()):
        if word in ignored or word.isdigit():
            continue
        score: dict[str, int] = defaultdict(int)
        for where, worth in (("terms", 5), ("titleterms", 15)):
            pages = index(built)[where].get(stemmer.stemWord(word), [])  # type: ignore[attr-defined]
            for number in pages if isinstance(pages, list) else [pages]:
                name = names[number]  # type: ignore[index]
                score[name] = max(score[name], worth)
        scores.append(score)
    everywhere = set.intersection(*(set(score) for score in scores))
    return sorted(everywhere, key=lambda name: (-sum(score[name] for score in scores), name))


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("migration", "moving"),
        ("migrating", "moving"),
        ("custom header", "policies"),
        ("opt in", "opt_in"),
        ("CORS_OPT_IN", "opt_in"),
        ("who wins", "nearest"),
        ("precedence", "nearest"),
        ("static files", "deployment"),
        ("fonts", "deployment"),
        ("media", "deployment"),
        ("bucket", "deployment"),
        ("nostatic", "deployment"),
        ("WebSocket", "asgi"),
        ("Channels", "asgi"),
        ("management commands", "commands"),
        ("api reference", "api"),
        ("logging", "reasons"),
        ("deprecation policy", "versions"),
        ("supported versions", "versions"),
        ("semantic versioning", "versions"),
        ("fail ci", "commands"),
        ("replay", "reviews"),
        ("json schema", "json_output"),
        ("strawberry", "third_party"),
        ("graphene", "third_party"),
        ("graphql", "third_party"),
        ("ninja", "third_party"),
        ("enforce", "enforce"),
        ("localhost", "policies"),
        ("csrf 403", "cookies"),
        ("vercel", "environments"),
        ("netlify", "environments"),
        ("python 3.14", "versions"),
        ("licence", "versions"),
    ],
)
def test_that_the_search_finds(built: Path, query: str, page: str) -> None:
    assert page in found(built, query)[:3]
