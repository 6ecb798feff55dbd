"""What a function has loaded: the entries that are origins or patterns, and what others lack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from cors_views.policies import field_values
from cors_views.policies.field_values import shown
from cors_views.policies.origin_sets import OriginSet
from cors_views.policies.patterns import OriginError, parse_pattern
from cors_views.standard.origins import SPECIAL, is_origin

#: So many invalid entries does one line of the log name.
_MOST_NAMED = 5


class Entries:
    """What was loaded, compiled, and what is wrong with the rest of it."""

    def __init__(self, names: list[str], wrong: list[str], more: int) -> None:
        self.origins = OriginSet(names)
        self.names, self.wrong, self.more = tuple(names), wrong, more


def compiled(entries: Any) -> Entries:
    """Compile what ``load`` returned. Raise ``TypeError`` where that is no list of origins."""
    if isinstance(entries, (str, bytes, Mapping)) or not isinstance(entries, Iterable):
        raise TypeError(f"It has to return a list of origins, not {shown(entries)}")
    names: list[str] = []
    wrong: list[str] = []
    more = 0
    for entry in entries:
        try:
            names.append(normal(entry))
        except OriginError as error:
            if len(wrong) < _MOST_NAMED:
                wrong.append(_why(entry, error))
            else:
                more += 1
    return Entries(names, wrong, more)


def normal(entry: Any) -> str:
    """Return an entry in its normal form, or raise ``OriginError``."""
    if not isinstance(entry, str):
        raise OriginError("is not a string")
    if entry == "*" or entry in SPECIAL:
        # Whoever may write a row of a table must not open the site to every page there is.
        raise OriginError("can only be written in the policy itself")
    # What a browser sends is normal already, and faster to recognise: there may be a million.
    return entry if is_origin(entry) else parse_pattern(entry)


def _why(entry: Any, error: OriginError) -> str:
    if isinstance(entry, tuple) and len(entry) == 1:
        return f"{shown(entry)} {error} (write values_list(..., flat=True))"
    _, problems = field_values.origins([entry]) if isinstance(entry, str) else ((), ())
    hint = problems[0].hint if problems else ""
    return f"{shown(entry)} {error}{f' ({hint[:-1]})' if hint else ''}"
