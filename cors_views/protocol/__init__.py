"""What a policy answers to a request, and why a browser refuses."""

from __future__ import annotations
