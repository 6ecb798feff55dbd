from __future__ import annotations

from django.db import models

from cors_views.validators import validate_origin


class Tenant(models.Model):
    """Another shop, which offers our goods in pages of its own."""

    name = models.CharField(max_length=80)
    origin = models.CharField(
        max_length=255,
        unique=True,
        validators=[validate_origin],
        help_text="Scheme and host of its pages, such as https://corner-store.example.",
    )

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name
