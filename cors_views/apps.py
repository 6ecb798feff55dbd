"""The app configuration, which registers the system checks."""

from __future__ import annotations

from django.apps import AppConfig


class CorsViewsConfig(AppConfig):
    """``cors_views`` in ``INSTALLED_APPS``."""

    name = "cors_views"
    verbose_name = "CORS views"

    def ready(self) -> None:
        from cors_views.checks import register_checks

        register_checks()
