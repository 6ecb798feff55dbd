"""The names of the settings, and which of them a name that nobody reads is a slip of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from cors_views.policies.fields import TABLE

#: Each setting that has an older name, which counts where the newer one is not set.
ALIASES = {
    "CORS_ALLOW_ALL_ORIGINS": "CORS_ORIGIN_ALLOW_ALL",
    "CORS_ALLOWED_ORIGINS": "CORS_ORIGIN_WHITELIST",
    "CORS_ALLOWED_ORIGIN_REGEXES": "CORS_ORIGIN_REGEX_WHITELIST",
}
#: Every setting under its newer name.
SETTINGS = (
    *ALIASES,
    "CORS_URLS_REGEX",
    *(field.setting for field in TABLE.values() if field.setting not in ALIASES),
    "CORS_POLICIES",
    "CORS_OPT_IN",
)
#: Removed from django-cors-headers. Checks of their own name them.
_REMOVED = ("CORS_MODEL", "CORS_REPLACE_HTTPS_REFERER")
#: What other libraries call a setting, in words that ours have not.
_OF_OTHERS = {"CORS_SUPPORTS_CREDENTIALS": "CORS_ALLOW_CREDENTIALS"}
_KNOWN = (*SETTINGS, *ALIASES.values())
_NEWER = {alias: setting for setting, alias in ALIASES.items()}


def slips(held: Any) -> dict[str, tuple[str, ...]]:
    """Return what settings hold that nobody reads, each with what its author may have meant.

    A name is a slip where all its words are words of our settings. Any other word makes it one of
    the project's own, and so does a value that a setting holds that may be meant.
    """
    unknown = [
        name for name in dir(held) if name.startswith("CORS_") and name not in (*_KNOWN, *_REMOVED)
    ]
    meant = {name: _meant_by(name) for name in unknown}
    return {
        name: found
        for name, found in meant.items()
        if found and not any(_is_used(held, name, setting) for setting in found)
    }


def _is_used(held: Any, name: str, setting: str) -> bool:
    """Return whether the value of a setting was made from that of another one."""
    ours, theirs = getattr(held, name), getattr(held, setting, None)
    if isinstance(ours, (list, tuple, set)) and isinstance(theirs, (list, tuple, set)):
        return all(each in theirs for each in ours)
    return theirs is not None and bool(ours == theirs)


def _meant_by(name: str) -> tuple[str, ...]:
    """Return the settings that share most words with a name, or nearly all letters."""
    if name in _OF_OTHERS:
        return (_OF_OTHERS[name],)
    words = _known_words(name)
    likeness = {setting: _likeness(words, setting) for setting in _KNOWN}
    best = max(likeness.values())
    if best < 0.5:
        return _spelt_alike(name)
    found = [setting for setting, how_much in likeness.items() if how_much == best]
    # An alias and its newer name are one setting.
    return tuple(dict.fromkeys(_NEWER.get(setting, setting) for setting in found))


def _spelt_alike(name: str) -> tuple[str, ...]:
    """Return the setting that a name is but for an underscore or a letter doubled."""
    return tuple(setting for setting in SETTINGS if _letters(setting) == _letters(name))


def _letters(name: str) -> str:
    return re.sub(r"(.)\1", r"\1", name.replace("_", ""))


def _likeness(words: set[str], setting: str) -> float:
    """Return which part of the words of a name and a setting are in both; one has to say more."""
    theirs = set(_stems(setting))
    shared = words & theirs
    return len(shared) / len(words | theirs) if shared - {"ALLOW"} else 0


def _known_words(name: str) -> set[str]:
    """Return the words of a name as our settings have them, or none where one is of others."""
    found = [_known_word(stem) for stem in _stems(name)]
    return set(found) if all(found) else set()


def _known_word(stem: str) -> str:
    import difflib

    vocabulary = {word for setting in _KNOWN for word in _stems(setting)}
    alike = difflib.get_close_matches(stem, sorted(vocabulary), 1, 0.8)
    return stem if stem in vocabulary else alike[0] if alike and len(stem) > 3 else ""


def _stems(name: str) -> Iterable[str]:
    """Return the words of a name without their endings: ALLOWED and ALLOW are one."""
    for word in name.split("_")[1:]:
        single = f"{word[:-3]}Y" if word.endswith("IES") else word.removesuffix("S")
        yield single.removesuffix("ED").removesuffix("E")


def hint(value: Any, meant: Sequence[str]) -> str:
    """Return what to write instead of a slip that holds ``value``."""
    if value is True and meant[0] in ("CORS_ALLOW_HEADERS", "CORS_ALLOW_METHODS"):
        return f'Write {meant[0]} = ["*"] instead.'
    return f"Did you mean {' or '.join(map(repr, meant))}?"
