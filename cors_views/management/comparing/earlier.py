"""Reads what ``cors_policies --format json`` wrote earlier, or says in one line why it cannot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from cors_views.management.base import bad_input, unreadable
from cors_views.management.json_shapes import misfit
from cors_views.management.overview.json_format import VERSION
from cors_views.support.escaping import escaped, quoted

#: No site says so much, and whoever reads it needs some times of that.
_LARGEST = 256 * 1024 * 1024
_AGAIN = "Write it with: manage.py cors_policies --format json"


def earlier_document(file: str) -> dict[str, Any]:
    """Return what a file says of a site. Raise ``CommandError`` where it says nothing of one."""
    document = _parsed(file, _read(file))
    name = quoted(file)
    version = document.get("version") if isinstance(document, dict) else None
    if type(version) is int and version > VERSION:
        raise bad_input(
            f"{name} is of version {version}, which a later cors_views wrote. This one reads up "
            f"to version {VERSION}. Upgrade it, or write the file again with this one."
        )
    wrong = misfit(document, "cors_policies")
    if wrong:
        raise bad_input(
            f"{name} is not what cors_policies --format json writes: {escaped(wrong)}. {_AGAIN}"
        )
    if document["filtered"]:
        raise bad_input(
            f"{name} was written with a filter, so the rest of the site would look new. Write "
            "it without a filter, and pass the filters together with --diff."
        )
    return dict(document)


def _read(file: str) -> bytes:
    try:
        with Path(file).open("rb") as opened:
            content = opened.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        raise bad_input(unreadable(file, error, _AGAIN)) from error
    if len(content) > _LARGEST:
        raise bad_input(f"{quoted(file)} is larger than any site's policies. {_AGAIN}")
    return content


def _parsed(file: str, content: bytes) -> Any:
    name = quoted(file)
    try:
        # Of bytes it tells UTF-16, too, which PowerShell writes.
        return json.loads(content)
    except UnicodeDecodeError as error:
        raise bad_input(f"{name} is not UTF-8. {_AGAIN}") from error
    except json.JSONDecodeError as error:
        raise bad_input(f"{name} is not JSON, see its line {error.lineno}. {_AGAIN}") from error
    except (RecursionError, ValueError) as error:
        raise bad_input(f"{name} is JSON that cannot be read. {_AGAIN}") from error
