"""What the standards say, and nothing of ours: Fetch's lists and parsers, and what an origin is."""

from __future__ import annotations
