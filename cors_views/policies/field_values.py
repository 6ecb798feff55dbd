"""What each field of a policy may hold: one function a field, used by policies and by settings.

Each function takes the raw value and returns the part of it that is valid, as it was written, and
a list of problems. A policy refuses to be built while there are problems; the ``CORS_*`` settings
go on with what is valid, because they must never raise while a site is serving.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence, Set
from typing import Any, NamedTuple

from cors_views.policies.enforced_anywhere import Enforce
from cors_views.policies.origin_sets import OriginCallable
from cors_views.policies.patterns import OriginError, parse_pattern
from cors_views.policies.spelling_hints import (
    AN_ORIGIN,
    EMPTY,
    boolean_meant,
    correction,
    cure,
    number_meant,
    once,
    origins_in,
    text_of,
    where_to_write,
)
from cors_views.standard.header_values import is_token
from cors_views.standard.methods import is_forbidden_method, is_method
from cors_views.standard.request_headers import is_forbidden_request_header
from cors_views.standard.response_headers import CORS_RESPONSE_HEADERS, FORBIDDEN_RESPONSE_HEADERS


class _Unset:
    """The value of an argument that is not given. ``None`` is given, by mistake."""

    def __repr__(self) -> str:
        return "<left out>"


UNSET: Any = _Unset()

_LONGEST_SHOWN = 200
#: Python refuses to print numbers of thousands of digits; long before that it is a mistake.
_TOO_LONG_MAX_AGE = 10**100


class Problem(NamedTuple):
    """One thing wrong with one value of one field.

    ``kind`` is a short stable name that the system checks map to their ids.
    """

    field: str
    value: Any
    kind: str
    message: str
    hint: str = ""

    @property
    def sentence(self) -> str:
        """What is wrong, without the cure; a long value is cut."""
        if self.kind == "field":
            # The name is wrong, whatever the value.
            return f"{self.field!r} {self.message}."
        return f"{self.field}: {shown(self.value)} {self.message}."

    def __str__(self) -> str:
        return f"{self.sentence} {self.hint}" if self.hint else self.sentence


def shown(value: Any) -> str:
    """Return a value for a message; a long one is cut."""
    whole = _repr(value)
    return f"{whole[:_LONGEST_SHOWN]}…" if len(whole) > _LONGEST_SHOWN else whole


def _repr(value: Any) -> str:
    """Return the repr of a value; a value may be too large for one, or raise."""
    try:
        return repr(value)
    except Exception:
        return f"<{type(value).__name__}>"


#: Kind, message and hint of what is wrong with a name.
Wrong = tuple[str, str, str]
_ENDLESS = "has a repetition inside a repetition: one request can keep a worker busy for hours"
_A_REGEX = r"Write an expression such as r'https://[a-z]+\.example\.com'."


def origins(value: Any, field: str = "origins") -> tuple[list[str | OriginCallable], list[Problem]]:
    """Check origins: a sequence of patterns and callables, ``"*"``, or a single one of them."""
    lone = callable(value) and not isinstance(value, type)
    if isinstance(value, str):
        lone = not _are_origins(value)
    if lone:
        value = [value]
    entries, problems = _entries(value, field, "origins or callables", origins_in)
    valid: list[str | OriginCallable] = []
    for entry in entries:
        if isinstance(entry, str):
            try:
                valid.append(entry if entry == "*" else parse_pattern(entry))
            except OriginError as error:
                problems.append(Problem(field, entry, error.kind, str(error), cure(entry, field)))
        elif callable(entry) and not isinstance(entry, type):
            valid.append(entry)
        else:
            message, text = "is neither a string nor a callable", text_of(entry)
            hint = cure(text, field) if text else AN_ORIGIN
            problems.append(Problem(field, entry, "type", message, hint))
    return valid, problems


def _are_origins(text: str) -> bool:
    """Return whether a text holds several origins."""
    return len(correction(text).origins) > 1


def in_text(text: str) -> list[str]:
    """Return the names that somebody wrote in one string, with commas or white space between."""
    return text.replace(",", " ").split()


def origin_regexes(
    value: Any, field: str = "origin_regexes"
) -> tuple[list[re.Pattern[str]], list[Problem]]:
    """Check regexes: a sequence of strings or compiled patterns that match a whole origin."""
    valid, problems = regexes(value, field, beyond_ascii=False)
    empty = [regex for regex in valid if not regex.pattern.strip()]
    problems += [
        Problem(field, regex.pattern, "regex", "is empty, so it matches no origin", EMPTY)
        for regex in empty
    ]
    return [regex for regex in valid if regex not in empty], problems


def _one_regex(text: str) -> list[str]:
    return [text] if text.strip() else []


def regexes(
    value: Any, field: str, *, beyond_ascii: bool = True
) -> tuple[list[re.Pattern[str]], list[Problem]]:
    """Check regular expressions, whatever they are for; paths hold letters beyond ASCII."""
    # A comma or a blank may be part of an expression.
    entries, problems = _entries(value, field, "regular expressions", _one_regex)
    if entries:
        # Here, not above: a site without regular expressions starts without what judges them.
        from cors_views.regexes.repetitions import is_ambiguous
    valid: list[re.Pattern[str]] = []
    for entry in entries:
        if isinstance(entry, re.Pattern) and isinstance(entry.pattern, str):
            regex = entry
        elif isinstance(entry, str):
            try:
                regex = re.compile(entry)
            # OverflowError and RecursionError are what re raises for sizes beyond its limits.
            except (re.error, OverflowError, RecursionError) as error:
                message = f"is not a valid regular expression: {error}"
                hint = where_to_write(entry, field) or _A_REGEX
                problems.append(Problem(field, entry, "regex", message, hint))
                continue
        else:
            message = "is neither a string nor a compiled str pattern"
            problems.append(Problem(field, entry, "type", message, _A_REGEX))
            continue
        # What hangs a worker at a hostile header serves everybody else: the settings may keep it.
        valid.append(regex)
        hint = where_to_write(regex.pattern, field) if "*" in regex.pattern else ""
        if hint:
            message = "is an origin pattern, not a regular expression"
            problems.append(Problem(field, regex.pattern, "pattern", message, hint))
        elif is_ambiguous(regex, beyond_ascii=beyond_ascii):
            problems.append(Problem(field, regex.pattern, "endless", _ENDLESS, once(regex)))
    return valid, problems


def methods(value: Any, field: str = "methods") -> tuple[list[str], list[Problem]]:
    """Check methods: a sequence of method names, or ``["*"]`` for all."""
    return _names(value, field, "method names", _method_problem)


def headers(value: Any, field: str = "headers") -> tuple[list[str], list[Problem]]:
    """Check request headers: a sequence of names; ``"*"`` covers all but Authorization."""
    return _names(value, field, "header names", _request_header_problem)


def expose_headers(value: Any, field: str = "expose_headers") -> tuple[list[str], list[Problem]]:
    """Check response headers to expose: a sequence of names, or ``["*"]`` for all."""
    return _names(value, field, "header names", _response_header_problem)


def boolean(value: Any, field: str) -> tuple[bool | None, list[Problem]]:
    """Check a yes-or-no field: ``True`` or ``False``, nothing that merely counts as one."""
    if isinstance(value, bool):
        return value, []
    return None, [Problem(field, value, "type", "is neither True nor False", boolean_meant(value))]


def enforce(value: Any, field: str = "enforce") -> tuple[Enforce | None, list[Problem]]:
    """Check whether to refuse on the server: ``True``, ``False``, or ``"report"``."""
    if isinstance(value, bool):
        return value, []
    if isinstance(value, str) and value == "report":
        return "report", []
    meant = boolean_meant(value).replace("True or False", "True, False or 'report'")
    return None, [Problem(field, value, "type", "is neither True nor False nor 'report'", meant)]


def max_age(value: Any, field: str = "max_age") -> tuple[int | None, list[Problem]]:
    """Check a preflight's lifetime: a whole number of seconds, zero or more."""
    if isinstance(value, bool) or not isinstance(value, int):
        message = "is not a whole number of seconds"
        return None, [Problem(field, value, "type", message, number_meant(value))]
    if value < 0:
        hint = "Write 0 to keep browsers from caching preflights."
        return None, [Problem(field, value, "negative", "is negative", hint)]
    if value >= _TOO_LONG_MAX_AGE:
        hint = "Browsers keep preflights for 86400 seconds at most."
        return None, [Problem(field, hex(value)[:20], "long", "has more than 100 digits", hint)]
    return value, []


def _entries(
    value: Any, field: str, what: str, meant: Callable[[str], list[str]] = in_text
) -> tuple[list[Any], list[Problem]]:
    """Return what a sequence field holds; a lone string would be taken letter by letter.

    ``meant`` returns the entries that somebody may have meant by one.
    """
    # First what nearly everybody writes: an abstract class takes its time to answer.
    if isinstance(value, (list, tuple)):
        return list(value), []
    if isinstance(value, Set):
        return sorted(value, key=_repr), []
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes, bytearray)):
        return list(value), []
    hint = f"Write {meant(value)!r} instead." if isinstance(value, str) else "Write a list."
    if value is None:
        hint = "Write [] for none."
    return [], [Problem(field, value, "sequence", f"is not a list of {what}", hint)]


def _names(
    value: Any, field: str, what: str, judge: Callable[[str], Wrong | None]
) -> tuple[list[str], list[Problem]]:
    entries, problems = _entries(value, field, what)
    valid = []
    for entry in entries:
        if not isinstance(entry, str):
            problems.append(Problem(field, entry, "type", "is not a string", f"Write {what}."))
            continue
        wrong = judge(entry)
        if wrong is not None:
            problems.append(Problem(field, entry, *wrong))
        # The browser only ignores a name that it forbids, so the settings may keep it.
        if wrong is None or wrong[0] == "forbidden":
            valid.append(entry)
    return valid, problems


def _method_problem(name: str) -> Wrong | None:
    if not is_method(name):
        return "token", "is not a method name", "Write names such as 'GET' and 'PATCH'."
    if is_forbidden_method(name):
        return "method", "is a method that browsers do not let scripts send", "Remove it."
    return None


def _header_problem(name: str) -> Wrong | None:
    if not is_token(name):
        return "token", "is not a header name", "Write names such as 'X-Requested-With'."
    if name.lower() in CORS_RESPONSE_HEADERS:
        return "forbidden", "is a CORS response header; the middleware writes it", "Remove it."
    return None


def _request_header_problem(name: str) -> Wrong | None:
    wrong = _header_problem(name)
    if wrong is None and is_forbidden_request_header(name):
        return "forbidden", "is a header that browsers do not let scripts set", "Remove it."
    return wrong


def _response_header_problem(name: str) -> Wrong | None:
    wrong = _header_problem(name)
    if wrong is None and name.lower() in FORBIDDEN_RESPONSE_HEADERS:
        return "forbidden", "is a header that browsers do not show to scripts", "Remove it."
    return wrong


def report(problems: Iterable[Problem], declared: str) -> str:
    """Return one message for all problems of one declaration."""
    lines = "\n".join(f"  {problem}" for problem in problems)
    return f"Invalid CORS policy, {declared}:\n{lines}"
