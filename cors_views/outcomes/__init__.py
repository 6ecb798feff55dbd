"""What was decided for a request, as people are told: in the log, the panel and the commands."""

from __future__ import annotations
