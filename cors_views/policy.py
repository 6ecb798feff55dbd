"""What a field of a policy takes, for annotations of your own."""

from __future__ import annotations

from cors_views.policies.policy import CorsPolicy, Fields, Names, Origins, Regexes

__all__ = ["CorsPolicy", "Fields", "Names", "Origins", "Regexes"]
