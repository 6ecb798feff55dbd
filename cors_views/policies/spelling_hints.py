"""What to write instead of a text that is no origin, so that it admits what was meant and no more.

What cannot be told apart from a stranger's origin is left to whoever wrote it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from cors_views.policies.patterns import OriginError, below, looks_like_a_regex, parse_pattern
from cors_views.standard.origins import DEFAULT_PORTS

#: What separates origins in one text: commas, semicolons, white space, and a further scheme.
_BETWEEN = re.compile(
    r"[,;\s]+|(?<=[^/\s])(?=(?:https?|wss?|(?:chrome|moz|safari-web)-extension)://)"
)
#: What a value brings along from JSON, from a file of variables or from an angle-bracketed link.
_AROUND = "\"'`[]()<>"
_A_SLOPPY_SCHEME = re.compile(r"(https?|wss?)[:/\\]+(?=[^:/\\])", re.IGNORECASE)
_BOTH_SCHEMES = re.compile(
    r"(?:\*|https?\*|https\?|http\(s\)\?|\((?:https\|http|http\|https)\))://"
)
_IN_A_REGEX = re.compile(r"[\\()|+?^$]|\[[^]]*\]")
_STARRED = re.compile(r"([a-z][a-z0-9+.-]*)://([\w*.-]+)(?::([0-9*]+))?", re.IGNORECASE)
#: How files of variables and templates write what is to be replaced by a value.
_VARIABLE = re.compile(r"\$\{\w+[^}]*\}|\$[A-Z_]\w+|\{\{.*\}\}|%\(\w+\)s|%[A-Z_]\w+%")
#: This machine, and a star for any port that no colon stands before.
_LOCAL_AND_STAR = re.compile(r"(https?)://(localhost|127\.0\.0\.1)\*", re.IGNORECASE)
_LABEL = "[a-z0-9-]"
_DOT = r"\."
_PART_OF_AN_ADDRESS = "[0-9]{1,3}"
_QUANTIFIERS = "*+?{"

#: What to do with an empty text.
EMPTY = (
    "Write [] to admit nobody; in a list remove it. Often it comes from an extra comma, "
    "or from a variable that is not set."
)
_EACH_DOMAIN = "Name each host: anybody can register a name that this would admit."
_EACH_HOST = "Name the hosts that you mean."
_ID = "Write the id of the extension, which chrome://extensions shows."
_HOST_PERMISSION = (
    "Remove it: each browser gives the extension another origin. With a host permission in its "
    "manifest it needs no CORS."
)
_NOT_EXPANDED = (
    "Write the value of the variable: this is its name, which nothing has replaced by the value."
)
#: Where regular expressions stand beside origins.
REGEXES_BESIDE = {
    "origins": "origin_regexes",
    "CORS_ALLOWED_ORIGINS": "CORS_ALLOWED_ORIGIN_REGEXES",
    "CORS_ORIGIN_WHITELIST": "CORS_ORIGIN_REGEX_WHITELIST",
}
#: What to write where nobody knows better.
AN_ORIGIN = "Write an origin such as 'https://app.example.com' or 'https://*.example.com'."
_NO_REPEATED_REPETITION = (
    "Repeat a label only together with a required dot, as in "
    r"r'https://([a-z0-9-]+\.)+example\.com'."
)


class Correction(NamedTuple):
    """What to write: origins in place of the text, a regular expression elsewhere, or advice."""

    origins: tuple[str, ...] = ()
    regex: str = ""
    advice: str = ""


def correction(text: str) -> Correction:
    """Return what to write instead of a text that is no origin and no pattern of origins."""
    visible = "".join(letter for letter in text if letter.isprintable() or letter.isspace())
    bare = visible.strip(f"{_AROUND},; \t\r\n")
    if not bare:
        return Correction(advice=EMPTY)
    if variable_advice(bare):
        return Correction(advice=_NOT_EXPANDED)
    both = _BOTH_SCHEMES.match(bare)
    if both:
        bare = ",".join(f"{scheme}://{bare[both.end() :]}" for scheme in ("https", "http"))
    # https://https://a.example
    bare = re.sub(r"^(?:https?://)+(?=https?://)", "", bare)
    origins = _origins(bare)
    if origins:
        return Correction(origins)
    if looks_like_a_regex(bare) or ("*" not in bare and _IN_A_REGEX.search(bare)):
        return _of_regex(visible.strip("\"'`,; \t\r\n"))
    return _of_star(bare) if "*" in bare else Correction()


def variable_advice(text: str) -> str:
    """Return what to do where a text holds the name of a variable in place of its value."""
    return _NOT_EXPANDED if _VARIABLE.search(text) else ""


def _origins(text: str) -> tuple[str, ...]:
    """Return the origins that stand in a text, or nothing where one of them is none."""
    pieces = [piece for each in _BETWEEN.split(text) if (piece := each.strip(_AROUND))]
    with_scheme = ["://" in piece or piece == "null" for piece in pieces]
    if any(with_scheme) and not all(with_scheme) and len(pieces) > 1:
        # A blank within a name, rather than two of them.
        return ()
    found = [_one(piece) for piece in pieces]
    return tuple(dict.fromkeys(one for each in found for one in each)) if all(found) else ()


def _one(piece: str) -> tuple[str, ...]:
    tidy = _A_SLOPPY_SCHEME.sub(r"\1://", piece.removeprefix("//"), count=1).rstrip(":")
    scheme, _, host = tidy.rpartition("://")
    if host.startswith("."):
        # As in ALLOWED_HOSTS: the domain and all below it.
        before = scheme or "https"
        return tuple(
            one for name in (host[1:], below(host[1:])) for one in _one(f"{before}://{name}")
        )
    if re.match(r"\*[a-z0-9-]+\.[a-z0-9-]+(?::|$)", host, re.IGNORECASE):
        return tuple(
            one for name in (host[1:], below(host[1:])) for one in _one(f"{scheme}://{name}")
        )
    if host.startswith("**."):
        tidy = f"{scheme}://{host[1:]}"
    try:
        return (parse_pattern(tidy),)
    except OriginError as error:
        return (error.hint,) if error.hint else ()


def _of_regex(text: str) -> Correction:
    plain = pattern_of(text)
    if plain:
        return Correction(plain)
    from cors_views.regexes.repetitions import is_ambiguous

    better = escaped(text)
    try:
        of_origins = "://" in better and "://*" not in better
        return Correction(
            regex=better if of_origins and not is_ambiguous(re.compile(better)) else ""
        )
    except re.error:
        return Correction()


def pattern_of(regex: str) -> tuple[str, ...]:
    """Return the origin or pattern that a text is but for the signs of a regular expression."""
    plain = re.sub(r"\\([./:-])", r"\1", regex.removeprefix("^").removesuffix("$"))
    try:
        return (parse_pattern(plain),)
    except OriginError:
        return ()


def _of_star(text: str) -> Correction:
    local = _LOCAL_AND_STAR.fullmatch(text)
    if local:
        return Correction((f"{local[1]}://{local[2]}:*".lower(),))
    match = _STARRED.fullmatch(text)
    if match is None:
        return Correction()
    scheme, host, port = match[1].lower(), match[2].lower(), match[3]
    if scheme.endswith("-extension"):
        chromium = scheme == "chrome-extension"
        return Correction(advice=_ID if chromium else _HOST_PERMISSION)
    labels = host.split(".")
    if "*" not in host:
        inner = labels
    elif set(host) <= set("*."):
        return Correction(advice=_EACH_HOST)
    elif all(label.isdigit() or label == "*" for label in labels) and labels[0].isdigit():
        labels += ["*"] * (4 - len(labels))
        inner = [_PART_OF_AN_ADDRESS if label == "*" else label for label in labels]
    elif _is_somebodys(host.rpartition("*")[2].split(".")[1:]):
        inner = [_label(label) for label in labels]
    else:
        return Correction(advice=_EACH_DOMAIN)
    default = DEFAULT_PORTS.get(scheme)
    digits = f":{port}".replace("*", "[0-9]*")
    behind = {None: "", default: "", "*": "(:[0-9]+)?"}.get(port, digits)
    return Correction(regex=f"{scheme}://{_DOT.join(inner)}{behind}")


def _label(label: str) -> str:
    if label == "*":
        return f"{_LABEL}+"
    return re.sub(r"\*+", lambda _: f"{_LABEL}*", label)


def _is_somebodys(labels: list[str]) -> bool:
    """Return whether labels are a domain that somebody has, as far as two labels tell."""
    # co.uk and its like are the registry's.
    of_a_registry = len(labels) == 2 and len(labels[1]) == 2 and len(labels[0]) <= 3
    return len(labels) >= 2 and not of_a_registry


def text_of(entry: Any) -> str:
    """Return the text that somebody meant by an entry that is none: a list in a list, bytes."""
    if isinstance(entry, re.Pattern):
        return str(entry.pattern)
    if isinstance(entry, bytes):
        return entry.decode("latin-1")
    if isinstance(entry, (list, tuple, set, frozenset)) and all(isinstance(x, str) for x in entry):
        return ",".join(sorted(entry) if isinstance(entry, (set, frozenset)) else entry)
    return ""


def cure(entry: str, field: str) -> str:
    """Return what to write instead of an entry that is no origin."""
    found = correction(entry)
    if found.origins:
        return f"Write {', '.join(map(repr, found.origins))} instead."
    if found.regex:
        return f"Write r'{found.regex}' in {REGEXES_BESIDE.get(field, field)} instead."
    return found.advice or AN_ORIGIN


def origins_in(text: str) -> list[str]:
    """Return the origins that somebody wrote in one string."""
    return list(correction(text).origins)


def where_to_write(text: str, field: str) -> str:
    """Return where to write a text that stands among regular expressions and is an origin."""
    beside = {regexes: where for where, regexes in REGEXES_BESIDE.items()}.get(field)
    found = correction(text).origins or pattern_of(text)
    if not (beside and found):
        return ""
    return f"Write {', '.join(map(repr, found))} in {beside} instead."


def is_a_pattern(regex: str) -> bool:
    """Return whether a text among regular expressions is a pattern of origins, which E018 says."""
    return "*" in regex and bool(correction(regex).origins or pattern_of(regex))


def once(regex: re.Pattern[str]) -> str:
    """Return what to write instead of a regular expression that repeats a repetition."""
    from cors_views.regexes.repetitions import repeated_once

    better = repeated_once(regex)
    return f"Write r'{better}' instead." if better else _NO_REPEATED_REPETITION


def boolean_meant(value: Any) -> str:
    """Return what to write instead of what an environment variable or a comma makes of a bool."""
    value = _before_a_comma(value)
    text = value.strip().lower() if isinstance(value, str) else value
    for meant, others in ((True, ("true", "yes", "on", "1")), (False, ("false", "no", "off", "0"))):
        if isinstance(text, (str, int)) and (text == meant or text in others):
            return f"Write {meant} instead."
    return "Write True or False."


def _before_a_comma(value: Any) -> Any:
    """Return what stands before the comma that made a tuple of it, or the value itself."""
    return value[0] if isinstance(value, tuple) and len(value) == 1 else value


def number_meant(value: Any) -> str:
    """Return what to write instead of what an environment variable or a comma makes of a number."""
    value = _before_a_comma(value)
    text = str(value) if type(value) is int and abs(value) < 10**9 else value
    known = isinstance(text, str) and re.fullmatch(r"\s*[0-9]{1,9}\s*", text)
    return f"Write {int(text)} instead." if known else "Write a number such as 600."


def escaped(pattern: str) -> str:
    """Return ``pattern`` with each dot escaped that stands for a dot and matches any character.

    Such a dot stands inside of a host, ``app.example``, without a quantifier. One that begins or
    ends a group, or stands in a set, was meant for what it says.
    """
    found = set(_loose_dots(pattern))
    return "".join(
        f"\\{character}" if index in found else character for index, character in enumerate(pattern)
    )


def _loose_dots(pattern: str) -> Iterator[int]:
    in_set, index = False, 0
    while index < len(pattern):
        character = pattern[index]
        if character == "\\":
            index += 1
        elif character == "[":
            in_set = True
        elif character == "]":
            in_set = False
        elif character == "." and not in_set and _is_in_host(pattern, index):
            yield index
        index += 1


def _is_in_host(pattern: str, index: int) -> bool:
    before, after = pattern[index - 1 : index], pattern[index + 1 : index + 2]
    alone = before in ("", *"/(|^.-") or after in ("", *_QUANTIFIERS, *")|$.-\\")
    return not alone
