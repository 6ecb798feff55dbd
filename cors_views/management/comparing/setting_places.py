"""Where a setting is written: its file and its line."""

from __future__ import annotations

import ast
import sys
from pathlib import Path

from django.conf import settings


def place_of_setting(name: str) -> tuple[str, int | None]:
    """Return the file and the line of the last assignment to a setting, or else nothing.

    The settings module is looked at first, then the other modules of its package, which it may
    have the setting from.
    """
    # Settings that were given by settings.configure() have no module.
    module = getattr(settings, "SETTINGS_MODULE", None) or ""
    package = module.partition(".")[0]
    others = sorted(other for other in sys.modules if other.startswith(f"{package}."))
    for each in dict.fromkeys((module, *others)):
        found = sys.modules.get(each)
        file = getattr(found, "__file__", None) if hasattr(found, name) else None
        line = _line_of(name, file) if file else None
        if file and line:
            return file, line
    return "", None


def _line_of(name: str, file: str) -> int | None:
    try:
        tree = ast.parse(Path(file).read_bytes())
    except (OSError, SyntaxError, ValueError):
        # Compiled, or within an archive.
        return None
    lines = [
        node.lineno
        for node in ast.walk(tree)
        if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Store)
    ]
    return max(lines, default=None)
