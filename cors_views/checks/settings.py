"""Checks of the ``CORS_*`` settings.

The ids up to E015 are those of django-cors-headers, with ``cors_views`` for ``corsheaders``.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Warning
from django.core.exceptions import ImproperlyConfigured

from cors_views import conf
from cors_views.defaults import default_methods
from cors_views.inspection.useless_regexes import matches_no_path
from cors_views.policies.field_values import Problem
from cors_views.policies.fields import TABLE
from cors_views.standard.methods import SAFELISTED_METHODS

_IDS = {
    **{field.setting: field.check_id for field in TABLE.values()},
    "CORS_ALLOW_ALL_ORIGINS": "E005",
    "CORS_URLS_REGEX": "E009",
    "CORS_OPT_IN": "E010",
}
_IDS_BY_KIND = {
    "incomplete": "E013",
    "path": "E014",
    "origin": "E017",
    "forbidden": "W001",
    "endless": "W005",
    "pattern": "E018",
}
_REGEXES = "CORS_ALLOWED_ORIGIN_REGEXES"
_BY_ALIAS = {alias: setting for setting, alias in conf.ALIASES.items()}

E011_TYPE = Error(
    "CORS_POLICIES is not a dict of policies by name.",
    hint='Write CORS_POLICIES = {"partners": {"origins": ["https://partner.example.com"]}}.',
    id="cors_views.E011",
)
E012 = Error(
    "The setting CORS_MODEL was removed from django-cors-headers in version 2.0 and has no effect.",
    hint="Write a callable in a policy's origins, or a receiver of check_request_enabled.",
    id="cors_views.E012",
)
E016 = Error(
    "The setting CORS_REPLACE_HTTPS_REFERER was removed from django-cors-headers in version 4.0, "
    "and has no effect.",
    hint="List the origins in CSRF_TRUSTED_ORIGINS.",
    id="cors_views.E016",
)


def check_settings(**kwargs: Any) -> list[CheckMessage]:
    """Report every ``CORS_*`` setting, and every entry of one, that was left out as invalid."""
    return [
        *(_message(problem) for problem in conf.cors_settings().problems),
        *_check_policies(),
        *_check_names(),
        *_check_aliases(),
        *_check_case(),
        *_check_paths(),
        *([E012] if hasattr(settings, "CORS_MODEL") else []),
        *([E016] if hasattr(settings, "CORS_REPLACE_HTTPS_REFERER") else []),
    ]


def _check_names() -> list[CheckMessage]:
    """Report settings that nobody reads and that look like a slip of one that somebody does."""
    return [
        Warning(f"There is no setting {name}.", hint=hint, id="cors_views.W002")
        for name, hint in conf.slips().items()
    ]


def _check_paths() -> list[CheckMessage]:
    """Report expressions for paths that match none, most for lack of the slash at their start."""
    return [
        Warning(
            f"CORS_URLS_REGEX = {regex.pattern!r} matches no path: every path begins with a slash.",
            hint="Begin the path with a slash, as in r'^/api/'.",
            id="cors_views.W059",
        )
        for regex in conf.cors_settings().urls_regexes
        if matches_no_path(regex)
    ]


def _check_aliases() -> list[CheckMessage]:
    return [
        Warning(
            f"{alias} has no effect, because its newer name {setting} is set too.",
            hint=f"Move its value to {setting}, and remove it.",
            id="cors_views.W003",
        )
        for setting, alias in conf.ALIASES.items()
        if hasattr(settings, setting) and hasattr(settings, alias)
    ]


def _check_case() -> list[CheckMessage]:
    """Report methods in lower case: they are sent as they are written, as ever, to no avail."""
    methods = conf.cors_settings().policy.methods or ()
    return [
        Warning(
            f"CORS_ALLOW_METHODS holds {method!r}, and preflight answers of views that declare "
            "no policy have it in this spelling. Method names are case-sensitive, so browsers "
            f"refuse {method.upper()}.",
            hint=f"Write {method.upper()!r}.{_BOTH if method == 'patch' else ''}",
            id="cors_views.W058",
        )
        for method in methods
        # Fetch, "CORS-safelisted method": the others need no offer.
        if method.upper() in {*default_methods} - SAFELISTED_METHODS
        and {method.upper(), "*"}.isdisjoint(methods)
    ]


#: Fetch, "normalize a method", leaves this one alone that a page writes in lower case.
_BOTH = " A page that calls fetch() with 'patch' needs both."


def _message(problem: Problem) -> CheckMessage:
    setting = _BY_ALIAS.get(problem.field, problem.field)
    number = _IDS_BY_KIND.get(problem.kind, _IDS[setting])
    kind = Warning if number.startswith("W") else Error
    return kind(
        problem.sentence,
        hint=problem.hint.replace(_REGEXES, conf.name_in_use(_REGEXES)) or None,
        id=f"cors_views.{number}",
    )


def _check_policies() -> list[CheckMessage]:
    if not conf.policies_are_a_mapping():
        return [E011_TYPE]
    messages: list[CheckMessage] = []
    for name in conf.policy_names():
        try:
            conf.policy(name)
        except ImproperlyConfigured as error:
            hint = f"Correct CORS_POLICIES[{name!r}]; until then it admits nobody."
            messages.append(Error(str(error), hint=hint, id="cors_views.E011"))
    return messages
