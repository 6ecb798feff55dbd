"""The defaults of ``CORS_ALLOW_HEADERS`` and ``CORS_ALLOW_METHODS``, to be extended in settings."""

from __future__ import annotations

default_headers = (
    "accept",
    "authorization",
    "content-type",
    "user-agent",
    "x-csrftoken",
    "x-requested-with",
)

default_methods = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
