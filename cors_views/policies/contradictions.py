"""What a policy refuses as a whole: fields that contradict each other, beside wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from cors_views.policies import field_values
from cors_views.policies.enforced_anywhere import ENFORCING
from cors_views.policies.field_values import Problem
from cors_views.policies.fields import TABLE, given_none
from cors_views.support.source_places import caller, with_filename


def valid_fields(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the values of a declared policy in their normal form, or raise and say where it is."""
    values, problems = validated(given)
    if problems:
        place = caller()
        report = field_values.report(problems, f"declared at {place}")
        raise with_filename(place, ImproperlyConfigured(report))
    if values.get("enforce"):
        ENFORCING.declare()
    return values


def validated(given: Mapping[str, Any]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values in their normal form, and every problem there is."""
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for field, value in given.items():
        if value is None:
            # Somebody meant a value: a variable of the environment is not set, for instance.
            problems.append(given_none(field))
            continue
        entry = TABLE[field]
        checked, wrong = entry.check(value, field)
        values[field] = entry.normal(checked)
        problems += wrong
    if values.get("credentials"):
        problems += _with_credentials(values)
    return values, problems


def _with_credentials(values: Mapping[str, Any]) -> list[Problem]:
    problems = []
    if "*" in (values.get("origins") or ()):
        hint = "Name the origins that you trust with the user's cookies, or remove credentials."
        message = "admits any origin, together with credentials=True"
        problems.append(Problem("origins", "*", "any-with-credentials", message, hint))
    if "*" in (values.get("expose_headers") or ()):
        # Fetch, "main fetch": '*' is taken literally where the page asks with credentials.
        hint = "Name the headers."
        message = "matches nothing together with credentials=True"
        problems.append(Problem("expose_headers", "*", "star-with-credentials", message, hint))
    return problems
