"""What a policy is: its fields, the patterns of its origins, and what to write for a mistake."""

from __future__ import annotations
