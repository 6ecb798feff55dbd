"""Browsers for tests: what can a page at some origin read of this site?

.. code-block:: python

    page = Browser("https://app.example.com", client=client)
    assert page.fetch("/orders/", credentials="include").json() == []
"""

from __future__ import annotations

from cors_views.browsing import PreflightCache
from cors_views.protocol.reasons import Reason
from cors_views.testing.browsers import AsyncBrowser, Browser
from cors_views.testing.results import CorsError, Response

__all__ = ["AsyncBrowser", "Browser", "CorsError", "PreflightCache", "Reason", "Response"]
