"""System checks: what is wrong with settings and declarations, and what to write instead."""

from __future__ import annotations

from django.core.checks import Tags, register

from cors_views.checks.declarations import check_declarations, check_public_views
from cors_views.checks.middleware import check_middleware
from cors_views.checks.settings import check_settings


def register_checks() -> None:
    """Register every check under the tags of Django that it belongs to."""
    register(Tags.security)(check_settings)
    register(Tags.security)(check_middleware)
    register(Tags.security, Tags.urls)(check_declarations)
    register(Tags.security, Tags.urls, deploy=True)(check_public_views)
