"""Checks of policies that refuse on the server: whom they refuse by mistake, or do not refuse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.conf import settings
from django.core.checks import CheckMessage, Info, Warning

from cors_views.inspection.csrf_protection import is_csrf_protected
from cors_views.inspection.policies_in_use import PolicyInUse, listed
from cors_views.resolution.wrapped_views import served_methods
from cors_views.signals import check_request_enabled
from cors_views.standard.methods import SAFE_METHODS


def check_enforced(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report policies that enforce in vain, and forms that they break, once for each place."""
    found: dict[str, CheckMessage] = {}
    for use in in_use:
        for message in (*_refuses_nobody(use), *_forms(use)):
            found.setdefault(str(message), message)
    yield from found.values()


def check_reported(in_use: Iterable[PolicyInUse]) -> Iterator[CheckMessage]:
    """Report, before production, what only reports."""
    places = dict.fromkeys(
        use.sources["enforce"] for use in in_use if use.policy.enforce == "report"
    )
    for place in places:
        by_settings = place == "setting CORS_ENFORCE"
        written = "CORS_ENFORCE = True" if by_settings else "enforce=True"
        yield Info(
            f"enforce='report', from the {place}, refuses nobody: it only logs.",
            hint=f"Write {written} once the log shows no request that you need.",
            id="cors_views.I068",
        )


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
    callback = use.pattern_path[-1].callback
    served = served_methods(callback)
    if (served is not None and served <= SAFE_METHODS) or not is_csrf_protected(callback):
        return
    forms = [
        origin
        for origin in settings.CSRF_TRUSTED_ORIGINS
        if "*" not in origin and not use.compiled.origins.admits(origin)
    ]
    if forms:
        yield Warning(
            f"CSRF_TRUSTED_ORIGINS lets {listed(forms)} post forms, and the {use.where()} refuses "
            "them on the server.",
            hint="If you need these forms, add the origin to the policy, or decorate the view "
            "that takes them with @cors_allow(enforce=False).",
            id="cors_views.W067",
        )
