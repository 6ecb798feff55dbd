"""The shapes of what the commands print as JSON, and whether a document has one of them.

Only what our own schemas use of JSON Schema is understood here.
"""

from __future__ import annotations

import functools
import json
from pathlib import Path
from typing import Any

_TYPES: dict[str, Any] = {
    "array": list,
    "boolean": bool,
    "integer": int,
    "null": type(None),
    "object": dict,
    "string": str,
}


@functools.cache
def schema_of(name: str) -> dict[str, Any]:
    """Return a schema of this package by its name."""
    file = Path(__file__).parent / "schemas" / f"{name}.json"
    found: dict[str, Any] = json.loads(file.read_text("utf-8"))
    return found


def misfit(document: Any, name: str) -> str:
    """Return where a document first differs from a schema, in words, or nothing."""
    whole = schema_of(name)
    return _misfit(document, whole, whole, "")


def _misfit(value: Any, schema: dict[str, Any], whole: dict[str, Any], at: str) -> str:
    if "$ref" in schema:
        schema = whole["$defs"][schema["$ref"].rpartition("/")[2]]
    where = at or "the document"
    if "const" in schema:
        known = type(value) is type(schema["const"]) and value == schema["const"]
        return "" if known else f"{where} is not {json.dumps(schema['const'])}"
    if "enum" in schema:
        # True is 1 to Python, and not to JSON.
        known = any(
            value is each or (value == each and isinstance(value, str)) for each in schema["enum"]
        )
        return "" if known else f"{where} is not one of {_listed(schema['enum'])}"
    types = schema.get("type", [])
    types = [types] if isinstance(types, str) else types
    if types and not any(_is(value, kind) for kind in types):
        return f"{where} is not of the type {' or '.join(types)}"
    if isinstance(value, dict):
        return _misfit_of_fields(value, schema, whole, at)
    if isinstance(value, list):
        if schema["items"] == {"type": "string"} and all(type(each) is str for each in value):
            # Nearly all lists, and the longest.
            return ""
        found = (
            _misfit(each, schema["items"], whole, f"{at}[{number}]")
            for number, each in enumerate(value)
        )
        return next(filter(None, found), "")
    return ""


def _misfit_of_fields(
    value: dict[str, Any], schema: dict[str, Any], whole: dict[str, Any], at: str
) -> str:
    before = f"{at}." if at else ""
    for name in schema.get("required", ()):
        if name not in value:
            return f"{before}{name} is missing"
    found = (
        _misfit(value[name], inner, whole, f"{before}{name}")
        for name, inner in schema["properties"].items()
        if name in value
    )
    return next(filter(None, found), "")


def _is(value: Any, kind: str) -> bool:
    return isinstance(value, _TYPES[kind]) and not (kind == "integer" and isinstance(value, bool))


def _listed(values: list[Any]) -> str:
    return ", ".join(map(json.dumps, values))
