"""Who the tenants of the demo are: the partner's site is one, until somebody removes it."""

from __future__ import annotations

from django.contrib.auth.models import User

from shop import demo_data
from shopsite import origins
from tenants.models import Tenant


def fill() -> None:
    Tenant.objects.get_or_create(origin=origins.PARTNER, defaults={"name": "Corner store"})
    manager, _ = User.objects.get_or_create(username=demo_data.MANAGER)
    manager.is_staff = manager.is_superuser = True
    # Hashing is slow by design: only when it changes something.
    if not manager.check_password(demo_data.PASSWORD):
        manager.set_password(demo_data.PASSWORD)
    manager.save()
