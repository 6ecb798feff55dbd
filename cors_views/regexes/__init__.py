"""What regular expressions match, and how long they take, read from the expressions alone."""

from __future__ import annotations
