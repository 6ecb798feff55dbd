"""What comes from a request, on its way to a person: escaped, on one line, and cut.

A terminal obeys escape sequences, a log is read line by line, and nobody reads on without end.
"""

from __future__ import annotations

#: How many characters of a value are shown.
LONGEST = 200


def quoted(value: str, longest: int = LONGEST) -> str:
    """Return a value in quotes, for the middle of a sentence."""
    # repr() writes out all that str.isprintable() refuses: controls, what turns the direction of
    # the text, what is no space but looks like one, lone surrogates.
    return repr(_cut(value, longest))


def escaped(value: str, longest: int = LONGEST) -> str:
    """Return a value without quotes, where it stands by itself."""
    text = _cut(value, longest)
    if text.isprintable():
        return text
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)


def _cut(value: str, longest: int) -> str:
    return value if len(value) <= longest else f"{value[:longest]}…"
