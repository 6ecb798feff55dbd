"""A browser's half of CORS, without any I/O: what it sends for a page, and what the page gets.

Fetch, https://fetch.spec.whatwg.org/, is the authority; sections are those of its review draft of
June 2026. ``cors_views.testing`` and ``manage.py cors_explain`` drive it.
"""

from __future__ import annotations

from cors_views.browsing.engine import Browsing, browse
from cors_views.browsing.exchanges import Check, Exchange, NoAnswer, Received, Sent, Step, Verdict
from cors_views.browsing.pages import PageRequest, page_request
from cors_views.browsing.preflight_cache import PreflightCache

__all__ = [
    "Browsing",
    "Check",
    "Exchange",
    "NoAnswer",
    "PageRequest",
    "PreflightCache",
    "Received",
    "Sent",
    "Step",
    "Verdict",
    "browse",
    "page_request",
]
