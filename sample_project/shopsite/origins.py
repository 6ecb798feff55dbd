"""The one place that knows the hosts and ports: a port N makes the API and three pages.

Names below ``.localhost`` belong to this machine (RFC 6761), without any entry in a hosts file. The
shop's own front end is another origin than its API but the same site (``shop.localhost``), so that
``SameSite=Lax`` cookies go along; the other two are other sites.
"""

from __future__ import annotations

import os

from django.core.exceptions import ImproperlyConfigured

DEFAULT_PORT = 8000
LAST_BASE_PORT = 65535 - 3


def base_port(value: str) -> int:
    """Return the port of the API; the pages take the next three."""
    if not value.isdecimal() or not 1 <= int(value) <= LAST_BASE_PORT:
        raise ImproperlyConfigured(
            f"PLAYGROUND_PORT is {value!r}: write a number from 1 to {LAST_BASE_PORT}, "
            f"such as PLAYGROUND_PORT={DEFAULT_PORT}."
        )
    return int(value)


PORT = base_port(os.environ.get("PLAYGROUND_PORT", str(DEFAULT_PORT)))

API = f"http://api.shop.localhost:{PORT}"
STOREFRONT = f"http://www.shop.localhost:{PORT + 1}"
PARTNER = f"http://partner.localhost:{PORT + 2}"
STRANGER = f"http://stranger.localhost:{PORT + 3}"
