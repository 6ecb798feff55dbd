"""Whose pages may read: all origins of the table, loaded once for all requests."""

from __future__ import annotations

from collections.abc import Iterable

from django.db import transaction
from django.db.models.signals import post_delete, post_save

from cors_views import CachedOrigins
from tenants.models import Tenant


def load() -> Iterable[str]:
    return Tenant.objects.values_list("origin", flat=True)


# Other processes hear of a change after so many seconds.
tenants = CachedOrigins(load, timeout=60)


def forget(using: str | None = None, **kwargs: object) -> None:
    # Not before the commit: until then a request would load the old rows again.
    transaction.on_commit(tenants.forget, using=using)


def forget_when_saved() -> None:
    post_save.connect(forget, sender=Tenant)
    post_delete.connect(forget, sender=Tenant)
