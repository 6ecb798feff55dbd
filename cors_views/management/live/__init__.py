"""What is deployed, asked over HTTP as a browser asks it, and held against the code."""

from __future__ import annotations
