"""The defaults of ``CORS_ALLOW_HEADERS`` and ``CORS_ALLOW_METHODS``, to be extended in settings."""

from __future__ import annotations

#: What a script may send unless ``CORS_ALLOW_HEADERS`` says otherwise.
default_headers = (
    "accept",
    "authorization",
    "content-type",
    "user-agent",
    "x-csrftoken",
    "x-requested-with",
)

#: What a preflight is offered unless ``CORS_ALLOW_METHODS`` says otherwise.
default_methods = ("DELETE", "GET", "OPTIONS", "PATCH", "POST", "PUT")
