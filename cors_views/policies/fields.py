"""The fields of a policy, one entry each: all that the package knows of one stands here.

Whoever adds a field adds an entry, the argument to ``CorsPolicy`` and to ``cors_allow``, and a line
to docs/policies.rst.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, NamedTuple

from cors_views.defaults import default_headers, default_methods
from cors_views.policies import field_values
from cors_views.policies.field_values import Problem
from cors_views.policies.origin_sets import distinct
from cors_views.standard.response_headers import (
    ALLOW_CREDENTIALS,
    ALLOW_HEADERS,
    ALLOW_METHODS,
    ALLOW_ORIGIN,
    ALLOW_PRIVATE_NETWORK,
    EXPOSE_HEADERS,
    MAX_AGE,
)
from cors_views.support.close_matches import close_matches

#: Takes a value and the name under which it is given; returns what is valid, and the problems.
Check = Callable[[Any, str], tuple[Any, list[Problem]]]


def _as_is(value: Any) -> Any:
    return value


class Field(NamedTuple):
    """One field of a policy.

    ``name``
        The name in Python, and the key in the JSON of ``cors_policies``.
    ``check``, ``normal``
        What the field may hold, and the normal form of what it holds.
    ``instead_of_none``
        What to write where ``None`` was meant for nothing.
    ``setting``, ``check_id``, ``default``, ``check_setting``, ``of_setting``
        The setting, the system check that reports a wrong value, what it is where it is not set,
        what it may hold (the same as the field, unless something else is said), and what its value
        is to a policy.
    ``inherited``, ``if_not_inherited``
        Whether a policy that names its origins takes the field from the settings, and what it has
        there if not: whom a site trusts is not inherited.
    ``header``, ``constant_value``
        The response header that it is sent as, empty for a field that is not sent, and its value
        there if each answer has it, empty for none. The rest is decided request by request, in
        ``protocol.preflight_answers``.
    ``label``
        The heading of its column where ``cors_policies`` shows details, if it has one.
    ``json``
        What ``cors_policies`` says of it in JSON, where that depends on nothing else.
    """

    name: str
    check: Check
    instead_of_none: str
    setting: str
    check_id: str
    default: Any
    header: str
    normal: Callable[[Any], Any] = _as_is
    check_setting: Check | None = None
    of_setting: Callable[[Any], Any] = tuple
    inherited: bool = True
    if_not_inherited: Any = None
    constant_value: Callable[[Any], str] | None = None
    label: str = ""
    json: Callable[[Any], Any] | None = None


def _distinct(items: Iterable[Any]) -> tuple[Any, ...]:
    return tuple(dict.fromkeys(items))


def _upper(names: Sequence[str]) -> tuple[str, ...]:
    # Django upper-cases every request's method, so no handler ever sees another spelling.
    return _distinct(name.upper() for name in names)


def _lower(names: Sequence[str]) -> tuple[str, ...]:
    # RFC 9110 section 5.1: header names are case-insensitive.
    return _distinct(name.lower() for name in names)


def _lone_star(check: Check) -> Check:
    """Let a lone ``"*"`` count as ``["*"]``: sites have lived with it, and it works by accident."""

    def checked(value: Any, field: str) -> tuple[list[str], list[Problem]]:
        valid, problems = check(value, field)
        lone = isinstance(value, str) and value == "*"
        return ["*"] if lone else valid, problems

    return checked


#: The fields by their names, in the order in which they are documented.
TABLE = {
    field.name: field
    for field in (
        Field(
            "origins",
            check=field_values.origins,
            normal=distinct,
            instead_of_none="Write [] to admit nobody",
            setting="CORS_ALLOWED_ORIGINS",
            check_id="E006",
            default=(),
            of_setting=_distinct,
            inherited=False,
            header=ALLOW_ORIGIN,
        ),
        Field(
            "origin_regexes",
            check=field_values.origin_regexes,
            normal=_distinct,
            instead_of_none="Write [] for none",
            setting="CORS_ALLOWED_ORIGIN_REGEXES",
            check_id="E007",
            default=(),
            inherited=False,
            header=ALLOW_ORIGIN,
        ),
        Field(
            "methods",
            check=field_values.methods,
            normal=_upper,
            instead_of_none="Write [] for none",
            setting="CORS_ALLOW_METHODS",
            check_id="E002",
            default=default_methods,
            check_setting=_lone_star(field_values.methods),
            header=ALLOW_METHODS,
        ),
        Field(
            "headers",
            check=field_values.headers,
            normal=_lower,
            instead_of_none="Write [] for none",
            setting="CORS_ALLOW_HEADERS",
            check_id="E001",
            default=default_headers,
            check_setting=_lone_star(field_values.headers),
            header=ALLOW_HEADERS,
            label="Headers",
            json=lambda names: sorted(names or ()),
        ),
        Field(
            "expose_headers",
            check=field_values.expose_headers,
            normal=_lower,
            instead_of_none="Write [] for none",
            setting="CORS_EXPOSE_HEADERS",
            check_id="E008",
            default=(),
            check_setting=_lone_star(field_values.expose_headers),
            header=EXPOSE_HEADERS,
            constant_value=lambda names: ", ".join(names or ()),
            label="Exposed",
            json=lambda names: sorted(names or ()),
        ),
        Field(
            "credentials",
            check=field_values.boolean,
            instead_of_none="Write False",
            setting="CORS_ALLOW_CREDENTIALS",
            check_id="E003",
            default=False,
            of_setting=bool,
            inherited=False,
            if_not_inherited=False,
            header=ALLOW_CREDENTIALS,
            constant_value=lambda value: "true" if value else "",
        ),
        Field(
            "max_age",
            check=field_values.max_age,
            instead_of_none="Write 0 to keep browsers from caching preflights",
            setting="CORS_PREFLIGHT_MAX_AGE",
            check_id="E004",
            default=86400,
            # A setting of 0 sends no header at all, as in django-cors-headers; a policy's is sent.
            of_setting=lambda seconds: seconds or None,
            header=MAX_AGE,
            label="Max age",
            json=_as_is,
        ),
        Field(
            "private_network",
            check=field_values.boolean,
            instead_of_none="Write False",
            setting="CORS_ALLOW_PRIVATE_NETWORK",
            check_id="E015",
            default=False,
            of_setting=bool,
            inherited=False,
            if_not_inherited=False,
            header=ALLOW_PRIVATE_NETWORK,
            json=bool,
        ),
        Field(
            "enforce",
            check=field_values.enforce,
            instead_of_none="Write False",
            setting="CORS_ENFORCE",
            check_id="E065",
            default=False,
            # Whoever meant to refuse and slipped must not have let everybody in.
            of_setting=lambda value: value if isinstance(value, (bool, str)) else True,
            header="",
        ),
    )
}
FIELDS = tuple(TABLE)
#: The fields that a policy with origins of its own takes from the settings.
INHERITED = tuple(field.name for field in TABLE.values() if field.inherited)
#: Name, header and value of what is sent on each answer, in the order of the headers.
_CONSTANT = sorted(
    (
        (each.name, each.header, each.constant_value)
        for each in TABLE.values()
        if each.constant_value
    ),
    key=lambda sent: sent[1],
)


def constant_headers(policy: Any) -> tuple[tuple[str, str], ...]:
    """Return what a policy sends on each answer, beside Access-Control-Allow-Origin."""
    sent = ((header, value(getattr(policy, name))) for name, header, value in _CONSTANT)
    return tuple((header, text) for header, text in sent if text)


def given_none(field: str) -> Problem:
    """Return what is wrong with a field of a policy that is given ``None``."""
    hint = f"{TABLE[field].instead_of_none}, or leave {field} out to take it from the next layer."
    return Problem(field, None, "none", "is not allowed", hint)


def field_hint(field: Any) -> str:
    """Return which field of a policy a name may be a slip of, or else all of them."""
    return close_matches(str(field), FIELDS) or f"The fields are {', '.join(FIELDS)}."
