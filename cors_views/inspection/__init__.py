"""The policies of the whole site, laid out for checks and commands."""

from __future__ import annotations
