"""Checks of policies that refuse on the server: whom they refuse by mistake, or do not refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views.inspection.csrf_protection import is_csrf_protected
from cors_views.inspection.policies_in_use import (
    PolicyInUse,
    governed_methods,
    listed,
    setting_of,
)
from cors_views.protocol.effective_policies import EffectivePolicy, RoutePolicies
from cors_views.resolution.pattern_paths import PatternPath
from cors_views.resolution.route_names import route_name
from cors_views.resolution.wrapped_views import served_methods
from cors_views.signals import check_request_enabled
from cors_views.standard.methods import SAFE_METHODS


def check_enforced(
    in_use: Iterable[PolicyInUse], surveyed: Iterable[tuple[PatternPath, RoutePolicies]]
) -> Iterator[CheckMessage]:
    """Report policies that enforce in vain, and forms that they break, once for each place."""
    found: dict[str, CheckMessage] = {}
    for use in in_use:
        for message in (*_refuses_nobody(use), *_forms(use)):
            found.setdefault(str(message), message)
    for denial in _denials(surveyed):
        for message in _forms_denied(*denial):
            found.setdefault(str(message), message)
    yield from found.values()


def check_reported(
    in_use: Iterable[PolicyInUse], surveyed: Iterable[tuple[PatternPath, RoutePolicies]]
) -> Iterator[CheckMessage]:
    """Report, before production, what only reports."""
    denied = (
        _enforced_by(effective)
        for _, effective, _ in _denials(surveyed)
        if effective.enforce == "report"
    )
    places = dict.fromkeys(
        [*(use.sources["enforce"] for use in in_use if use.policy.enforce == "report"), *denied]
    )
    for place in places:
        by_settings = place == "setting CORS_ENFORCE"
        written = "CORS_ENFORCE = True" if by_settings else "enforce=True"
        yield Info(
            f"enforce='report', from the {place}, refuses nobody: it only logs.",
            hint=f"Write {written} once the log shows no request that you need.",
            id="cors_views.I068",
        )


def _denials(
    surveyed: Iterable[tuple[PatternPath, RoutePolicies]],
) -> Iterator[tuple[PatternPath, EffectivePolicy, tuple[str, ...] | None]]:
    """Yield where a ``cors_deny`` counts, with the methods that it governs."""
    for pattern_path, route_policies in surveyed:
        if route_policies.uniform and not route_policies.other.denied:
            # Nearly all of many routes.
            continue
        for effective, methods in governed_methods(pattern_path, route_policies):
            if effective.denied:
                yield pattern_path, effective, methods


def _enforced_by(effective: EffectivePolicy) -> str:
    """Return what says whether a ``cors_deny`` enforces: itself, or the settings."""
    denying = effective.counting_layers[0]
    return str(denying) if denying.declaration.fields else f"setting {setting_of('enforce')}"


def _refuses_nobody(use: PolicyInUse) -> Iterator[CheckMessage]:
    if use.policy.enforce and use.policy.any_origin:
        yield Warning(
            f"The {use.where()} admits any origin, so enforce={use.policy.enforce!r} refuses "
            "nobody there.",
            hint="Name the origins that may send requests, or write enforce=False.",
            id="cors_views.W066",
        )


def _forms(use: PolicyInUse) -> Iterator[CheckMessage]:
    """Warn where another site may post a form by CSRF protection, and not by the policy."""
    asks = use.compiled.origins.callables or (
        use.effective.signal and check_request_enabled.receivers
    )
    if use.policy.enforce is not True or asks or not use.pattern_path:
        return
    if not _takes_forms(use.pattern_path):
        return
    forms = [origin for origin in _trusted() if not use.compiled.origins.admits(origin)]
    if forms:
        yield _broken(
            forms,
            use.where(),
            "add the origin to the policy, or decorate the view that takes them with "
            "@cors_allow(enforce=False)",
        )


def _forms_denied(
    pattern_path: PatternPath, effective: EffectivePolicy, methods: tuple[str, ...] | None
) -> Iterator[CheckMessage]:
    """The same where ``cors_deny`` has it from the settings; its own ``enforce`` is meant."""
    if (
        effective.enforce is True
        and not effective.counting_layers[0].declaration.fields
        and (methods is None or "POST" in methods)
        and _takes_forms(pattern_path)
        and (forms := _trusted())
    ):
        place = f"{effective.counting_layers[0]}, at {route_name(pattern_path)},"
        yield _broken(forms, place, "write cors_deny(enforce=False) there")


def _takes_forms(pattern_path: PatternPath) -> bool:
    callback = pattern_path[-1].callback
    served = served_methods(callback)
    return not (served is not None and served <= SAFE_METHODS) and is_csrf_protected(callback)


def _trusted() -> list[str]:
    return [origin for origin in settings.CSRF_TRUSTED_ORIGINS if "*" not in origin]


def _broken(forms: list[str], place: str, remedy: str) -> Warning:
    return Warning(
        f"CSRF_TRUSTED_ORIGINS lets {listed(forms)} post forms, and the {place} refuses them on "
        "the server.",
        hint=f"If you need these forms, {remedy}.",
        id="cors_views.W067",
    )
