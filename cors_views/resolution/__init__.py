"""Which policy is nearest: from a URL to its view, its layers and what they make together."""

from __future__ import annotations
