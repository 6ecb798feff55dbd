"""Small sites in the shapes that projects have, each with the settings that it is served under."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

PAGE = "https://app.example"
PARTNER = "https://partner.example"
STRANGER = "https://stranger.com"

POLICIES: dict[str, Any] = {
    "pages": {"origins": [PAGE], "credentials": True},
    "partners": {"origins": [PARTNER, "https://*.partner.example"], "max_age": 60},
    "public": {"origins": "*", "expose_headers": ["ETag"]},
}


@dataclass(frozen=True)
class Deployment:
    """Settings that a site is served under, and the checks that they give cause to."""

    settings: dict[str, Any] = field(default_factory=dict)
    checks: frozenset[str] = frozenset()
