"""The ``CORS_*`` settings: each as it is written, and all of them compiled.

What is read is checked, compiled once and kept until ``setting_changed`` says otherwise. Nothing
here raises for a bad setting, because system checks do not run while serving: what is invalid
admits nothing and stands in ``problems``, where the checks find it.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from cors_views.conf import setting_names
from cors_views.conf.settings_cache import keep
from cors_views.policies import field_values
from cors_views.policies.field_values import Problem
from cors_views.policies.fields import TABLE, Check, Field
from cors_views.policies.patterns import OriginError, parse_pattern
from cors_views.policies.policy import CorsPolicy, unchecked
from cors_views.policies.spelling_hints import cure, origins_in

logger = logging.getLogger("cors_views")

ALIASES = setting_names.ALIASES
#: What each setting is where it is not set.
_DEFAULTS: dict[str, Any] = {
    "CORS_ALLOW_ALL_ORIGINS": False,
    "CORS_URLS_REGEX": r"^.*$",
    **{field.setting: field.default for field in TABLE.values()},
}


@dataclass(frozen=True, eq=False)
class CorsSettings:
    """The settings of a site, compiled."""

    #: The settings as one policy. Unlike a declared one it may hold any origin and credentials.
    policy: CorsPolicy
    #: What a policy that names its origins takes from the settings: neither origins nor trust.
    base: CorsPolicy
    urls_regexes: tuple[re.Pattern[str], ...]
    opt_in: bool
    problems: tuple[Problem, ...]
    #: Whether ``CORS_URLS_REGEX`` holds its default, which matches whatever is on one line.
    matches_every_line: bool

    def matches_url(self, path_info: str) -> bool:
        """Return whether ``CORS_URLS_REGEX`` matches from the start of the path, whole or not."""
        if self.matches_every_line and "\n" not in path_info:
            return True
        for regex in self.urls_regexes:  # noqa: SIM110 any() takes as long again, on every request
            if regex.match(path_info):
                return True
        return False


def name_in_use(setting: str) -> str:
    """Return the name under which ``setting`` is set: its own, or its older alias."""
    alias = ALIASES.get(setting)
    return alias if alias and not _is_set(setting) and _is_set(alias) else setting


def _is_set(name: str) -> bool:
    try:
        return hasattr(settings, name)
    except Exception:
        # Django looks at what it holds, and a lazy object may raise then.
        return True


def slips() -> dict[str, str]:
    """Return the settings that nobody reads and that look like slips, with what to write."""
    return {
        name: setting_names.hint(getattr(settings, name), [name_in_use(each) for each in meant])
        for name, meant in setting_names.slips(settings).items()
    }


def _read(setting: str) -> tuple[str, Any]:
    name = name_in_use(setting)
    return name, getattr(settings, name, _DEFAULTS.get(setting, False))


class Settings:
    """The settings as they are written, or what they are by default, under their newer names.

    ``conf`` is what ``corsheaders.conf`` has under that name, for code that moves over.
    """

    def __getattr__(self, name: str) -> Any:
        """Return a setting of django-cors-headers."""
        if name not in _DEFAULTS:
            raise AttributeError(f"{name!r} is not a setting of django-cors-headers")
        return _read(name)[1]


conf = Settings()


@keep
def cors_settings() -> CorsSettings:
    """Return the compiled settings."""
    problems: list[Problem] = []

    def checked(setting: str, check: Check) -> Any:
        try:
            name, value = _read(setting)
            valid, wrong = check(value, name)
        except Exception as error:
            # A lazy object looks like what it wraps, and may raise when it is asked.
            hint = "Write the value itself, not something that computes it when it is read."
            problem = Problem(setting, error, "type", "was raised when the setting was read", hint)
            valid, wrong = (), [problem]
        problems.extend(wrong)
        return valid

    def read(field: Field) -> Any:
        check = _CHECKS.get(field.name) or field.check_setting or field.check
        return field.of_setting(checked(field.setting, check))

    values = {field.name: read(field) for field in TABLE.values() if field.inherited}
    all_origins = checked("CORS_ALLOW_ALL_ORIGINS", field_values.boolean)
    trust = {field.name: read(field) for field in TABLE.values() if not field.inherited}
    if all_origins:
        trust["origins"] = ("*",)
    urls_regexes = tuple(checked("CORS_URLS_REGEX", _urls_regexes))
    default = re.compile(_DEFAULTS["CORS_URLS_REGEX"])
    return CorsSettings(
        policy=unchecked({**values, **trust}),
        base=unchecked({**values, **{name: TABLE[name].if_not_inherited for name in trust}}),
        urls_regexes=urls_regexes,
        matches_every_line=default in urls_regexes,
        # Whoever meant to restrict the settings and slipped must not have opened them.
        opt_in=checked("CORS_OPT_IN", field_values.boolean) is not False,
        problems=tuple(problems),
    )


def _instead_of_star() -> str:
    if getattr(settings, "CORS_ALLOW_CREDENTIALS", False):
        return "Name the origins that you trust with credentials."
    return "Remove '*' and write CORS_ALLOW_ALL_ORIGINS = True for any origin."


_NO_CALLABLE = (
    "Connect a receiver to check_request_enabled, or write the callable in the policy of a view."
)


def _instead_of_lone(value: Any, field: str) -> str:
    """Return what to write instead of something that is no list of origins."""
    if not isinstance(value, str):
        return _NO_CALLABLE
    if value == "*":
        return _instead_of_star()
    try:
        return f"Write {[parse_pattern(value)]!r} instead."
    except OriginError:
        meant = origins_in(value)
    if meant or not value.strip():
        return f"Write {meant!r} instead."
    return cure(value, field)


def _origins(value: Any, field: str) -> tuple[list[Any], list[Problem]]:
    """Check the origins of the settings, where no lone string, ``"*"`` or callable may stand."""
    if isinstance(value, str) or callable(value):
        # As for every other sequence: a lone string would be taken letter by letter.
        message = "is not a list of origins"
        return [], [Problem(field, value, "sequence", message, _instead_of_lone(value, field))]
    valid, problems = field_values.origins(value, field)
    for entry in valid:
        if callable(entry):
            problems.append(Problem(field, entry, "type", "is not a string", _NO_CALLABLE))
        elif entry == "*":
            problems.append(
                Problem(field, entry, "incomplete", "has no scheme", _instead_of_star())
            )
    return [entry for entry in valid if not callable(entry) and entry != "*"], problems


#: What a setting may hold where only the settings themselves tell what to write instead.
_CHECKS: dict[str, Check] = {"origins": _origins}


def _urls_regexes(value: Any, field: str) -> tuple[list[re.Pattern[str]], list[Problem]]:
    if value == _DEFAULTS["CORS_URLS_REGEX"]:
        # Nothing to judge, and what judges it takes its time to import.
        return [re.compile(value)], []
    lone = isinstance(value, (str, re.Pattern))
    valid, problems = field_values.regexes([value] if lone else value, field)
    return valid, [problem._replace(hint="Write a path, as in r'^/api/'.") for problem in problems]
