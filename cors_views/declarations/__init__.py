"""What a decorator, an attribute or an include leaves behind, and what it means."""

from __future__ import annotations
