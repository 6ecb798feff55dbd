"""What all of the package uses: places in the source, texts of strangers, questions asked once."""

from __future__ import annotations
