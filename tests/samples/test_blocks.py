"""No block is overlooked: each has a language that something runs, or an entry with a reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.samples import PAGES, SOURCES, Sample, docstring_samples, everything, samples
from tests.samples.registry import INCLUDED, LANGUAGES, SHOWN, entry

BLOCKS = list(everything())
#: How reStructuredText writes code; the first is how we do.
WRITTEN = re.compile(
    r"^ *\.\. (code-block|sourcecode|code|highlight|parsed-literal)::", re.MULTILINE
)


def name_of(page: Path) -> str:
    return f"{page.parent.name}/{page.name}"


@pytest.mark.parametrize("sample", [pytest.param(one, id=one.name) for one in BLOCKS])
def test_that_somebody_runs_it(sample: Sample) -> None:
    """One without a language holds commands, or is registered. Python gets its label."""
    assert sample.language in LANGUAGES or sample.is_shell or entry(sample)


@pytest.mark.parametrize("page", [*PAGES, *SOURCES], ids=name_of)
def test_that_as_many_are_found_as_are_written(page: Path) -> None:
    """docutils and the text itself agree, so that none is lost by a slip of indentation."""
    found = samples(page) if page.suffix == ".rst" else docstring_samples(page)

    written = WRITTEN.findall(page.read_text("utf-8"))
    assert written == ["code-block"] * len([one for one in found if one.language])
    assert all(one.line for one in found)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_that_what_is_included_is_looked_at(page: Path) -> None:
    text = page.read_text("utf-8")

    included = re.findall(r"^ *\.\. (?:literal)?include:: (\S+)", text, re.MULTILINE)
    assert set(included) <= INCLUDED.keys()
    assert all((page.parent / name).is_file() for name in included)


def test_that_no_entry_is_left_over() -> None:
    texts = "".join(page.read_text("utf-8") for page in PAGES)

    assert {entry(one) for one in BLOCKS} - {None} == SHOWN.keys()
    assert [name for name in INCLUDED if f"include:: {name}\n" not in texts] == []
    assert {one.language for one in BLOCKS} >= LANGUAGES.keys()
