"""What a name may be a slip of, as a question."""

from __future__ import annotations

import pytest

from cors_views.support.close_matches import close_matches


@pytest.mark.parametrize(
    ("name", "question"),
    [
        pytest.param("pubic", "Did you mean 'public'?", id="one"),
        pytest.param("partner", "Did you mean 'partners' or 'party'?", id="two-the-closest-first"),
        pytest.param("zzz", "", id="none"),
    ],
)
def test_close_matches(name: str, question: str) -> None:
    assert close_matches(name, ["partners", "public", "party"]) == question


def test_that_three_close_matches_are_named_at_most() -> None:
    known = ["cat", "bat", "hat", "rat", "elephant"]

    assert close_matches("mat", known).count("'") == 6
    assert close_matches("mat", known, most=1).count("'") == 2
    assert close_matches("giraffe", known) == ""
