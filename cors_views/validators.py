"""Validators for fields of models and forms in which people write origins."""

from __future__ import annotations

from django.core.exceptions import ValidationError

from cors_views.policies import field_values
from cors_views.policies.field_values import shown
from cors_views.policies.loaded_entries import normal
from cors_views.policies.patterns import OriginError


def validate_origin(value: str) -> None:
    """Raise ``ValidationError`` where ``value`` is not one origin, and say what to write instead.

    Use it on the field that ``CachedOrigins`` reads, which ignores no value that this accepts.
    ``"*"``, ``"null"``, ``"file://"`` and patterns are refused. A pattern admits anybody who can
    get a subdomain, and not everybody knows that anybody can get one of ``https://*.github.io``.
    So is another spelling than the one that browsers send: ``unique=True`` would not see that two
    rows are the same origin, and who removes one of them would still admit it.
    """
    try:
        found = normal(value)
    except OriginError as error:
        _, problems = field_values.origins([value])
        hint = f" {problems[0].hint}" if problems and problems[0].hint else ""
        message = f"{shown(value)} {error}.{hint}"
    else:
        if found == value and "*" not in value:
            return
        message = (
            f"{shown(value)} is a pattern. Write each origin that you mean."
            if "*" in value
            else f"{shown(value)} is not spelled as browsers send it. Write {shown(found)} instead."
        )
    raise ValidationError(message, code="origin")
