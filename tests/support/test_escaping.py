"""What comes from a request, on its way to a person."""

from __future__ import annotations

import pytest

from cors_views.support.escaping import LONGEST, escaped, quoted

# name -> (value, how it is shown without quotes, and with them)
VALUES: dict[str, tuple[str, str, str]] = {
    "a plain value": ("https://app.example", "https://app.example", "'https://app.example'"),
    "nothing": ("", "", "''"),
    "letters of other alphabets": ("größe", "größe", "'größe'"),
    "a quote": ("it's", "it's", '"it\'s"'),
    "a line of its own": ("a\nb\r\n", r"a\nb\r\n", r"'a\nb\r\n'"),
    "a terminal's escape sequence": ("\x1b[2J", r"\x1b[2J", r"'\x1b[2J'"),
    "the other escape character": ("\x9b2J", r"\x9b2J", r"'\x9b2J'"),
    "a change of direction": ("a\u202eb", r"a\u202eb", r"'a\u202eb'"),
    "a line separator": ("a\u2028b", r"a\u2028b", r"'a\u2028b'"),
    "what was no UTF-8": ("\udcff", r"\udcff", r"'\udcff'"),
    "a NUL": ("\0", r"\x00", r"'\x00'"),
    "too much": ("x" * 201, f"{'x' * LONGEST}…", f"'{'x' * LONGEST}…'"),
    "as much as goes": ("x" * 200, "x" * 200, f"'{'x' * 200}'"),
}


@pytest.mark.parametrize("name", VALUES)
def test_how_a_value_is_shown(name: str) -> None:
    value, bare, in_quotes = VALUES[name]

    assert escaped(value) == bare
    assert quoted(value) == in_quotes


def test_that_more_is_shown_where_it_is_asked_for() -> None:
    assert escaped("x" * 300, 250) == f"{'x' * 250}…"
