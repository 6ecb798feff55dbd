"""``shopsite.settings`` are those of development, unless a module below is named itself."""

from __future__ import annotations

import os

if not os.environ.get("DJANGO_SETTINGS_MODULE", "").startswith(f"{__name__}."):
    from shopsite.settings.development import *  # noqa: F403
