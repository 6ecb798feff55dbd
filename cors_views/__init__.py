"""Per-view CORS for Django and Django REST framework.

This module is importable from a settings file: it reads no setting and imports no DRF.
"""

from __future__ import annotations

from cors_views.decorators import cors_allow, cors_deny
from cors_views.policy import CorsPolicy
from cors_views.urls import cors_include

__all__ = ["CorsPolicy", "cors_allow", "cors_deny", "cors_include"]
__version__ = "0.1.0.dev0"
