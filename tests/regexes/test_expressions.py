"""What an expression begins with, read from the expression itself."""

from __future__ import annotations

import re

import pytest

from cors_views.regexes.expressions import begins_anchored

EXPRESSIONS = {
    "an anchor": (r"^a", True),
    "no anchor": (r"a", False),
    "each alternative": (r"^a|^b", True),
    "one alternative of two": (r"^a|b", False),
    "alternatives in a group": (r"(^a|\Ab)c", True),
    "the beginning of any line": (r"(?m)^a", False),
    "the beginning of the text, whatever the lines": (r"(?m)\Aa", True),
    "nothing": (r"", False),
}


@pytest.mark.parametrize(("pattern", "anchored"), EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_whether_a_search_finds_it_at_the_start_alone(pattern: str, anchored: bool) -> None:
    assert begins_anchored(re.compile(pattern)) is anchored
