"""The app configuration, which registers the system checks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig


class CorsViewsConfig(AppConfig):
    """``cors_views`` in ``INSTALLED_APPS``."""

    name = "cors_views"
    verbose_name = "CORS views"

    def ready(self) -> None:
        from cors_views.checks import register_checks

        register_checks()


if TYPE_CHECKING:
    CorsHeadersAppConfig = CorsViewsConfig
else:

    def __getattr__(name: str) -> object:
        """Answer to the name of django-cors-headers, for an entry of ``INSTALLED_APPS``.

        A second name in the module would be a second configuration to Django, which has to guess.
        """
        if name == "CorsHeadersAppConfig":
            return CorsViewsConfig
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
