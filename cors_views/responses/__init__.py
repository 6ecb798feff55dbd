"""What becomes of a response: the headers that are written on it, and the refusal in its place."""

from __future__ import annotations
