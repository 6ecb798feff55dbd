"""Why a browser does not let a page have the answer."""

from __future__ import annotations

from cors_views.protocol.reasons import Reason

__all__ = ["Reason"]
