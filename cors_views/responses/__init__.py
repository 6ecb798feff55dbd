"""What becomes of an answer: headers, or the refusal in the view's place; what is kept and told."""

from __future__ import annotations
