"""What ``cors_policies`` lists: a row for each policy of each route, chosen, joined and printed."""

from __future__ import annotations
