"""What a name may be a slip of."""

from __future__ import annotations

from collections.abc import Sequence


def close_matches(name: str, known: Sequence[str], most: int = 3, cutoff: float = 0.6) -> str:
    """Return a question that names the entries of ``known`` that ``name`` may be a slip of.

    ``most`` is how many at most; ``cutoff`` is how alike they have to be, from 0 to 1. The defaults
    are those of ``difflib``.
    """
    # Only people who made a mistake need it.
    import difflib

    matches = difflib.get_close_matches(name, known, most, cutoff)
    return f"Did you mean {' or '.join(map(repr, matches))}?" if matches else ""
