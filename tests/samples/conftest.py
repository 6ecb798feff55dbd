"""A reader for whoever runs the blocks of a page, one by one."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import pytest

from tests.samples import Sample
from tests.samples.prepared import NEEDED
from tests.samples.reader import Reader, read_up_to, reading


@pytest.fixture
def reader(sample: Sample) -> Iterator[Reader]:
    """Return a reader who has read the page up to the block."""
    pytest.importorskip(NEEDED.get(sample.page_name, "django"), reason="is what the page is about")
    with reading(sample.page_name) as reader, contextlib.ExitStack() as stack:
        read_up_to(reader, sample, stack)
        yield reader
