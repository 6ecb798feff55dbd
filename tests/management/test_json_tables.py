"""The tables of docs/json_output.rst list each field that commands print as JSON, and its type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest
from docutils import nodes

from cors_views.management.json_shapes import schema_of
from tests.samples import ROOT, document

#: The section of each schema.
SECTIONS = {
    "cors_policies": "The policies",
    "cors_policies_diff": "The differences",
    "cors_policies_replay": "The rehearsal",
    "cors_explain": "The exchange",
}
PAGE = document(ROOT / "docs" / "json_output.rst")


class Row(NamedTuple):
    """A field in a table: its type, and the words on it."""

    kind: str
    meaning: str


def section(title: str) -> Any:
    found = [each for each in PAGE.findall(nodes.section) if each[0].astext() == title]
    # In the section of another command it would be another.
    (only,) = found
    return only


def rows(table: Any) -> Iterator[list[str]]:
    for row in table.findall(nodes.row):
        yield [" ".join(entry.astext().split()) for entry in row.children]


def tables(title: str) -> dict[str, dict[str, Row]]:
    """Return the tables of a section: the fields of each object, by where it is."""
    found = {}
    for table in section(title).findall(nodes.table):
        (head, *_), *fields = rows(table)
        for at in head.removeprefix("Field").removeprefix(" of ").split(", "):
            found[at] = {name: Row(kind, meaning) for name, kind, meaning in fields}
    return found


PLACE = {
    name: Row(kind, meaning)
    for table in PAGE.findall(nodes.table)
    for (head, *_), *fields in [list(rows(table))]
    if head == "Field of a place"
    for name, kind, meaning in fields
}


def objects(name: str) -> dict[str, Any]:
    """Return the schema of each object of a document, by where it is; "" is the document."""
    whole = schema_of(name)
    found: dict[str, Any] = {}

    def walk(schema: Any, at: str) -> None:
        schema = resolved(schema, whole)
        if "items" in schema:
            walk(schema["items"], at)
        elif "properties" in schema:
            found[at] = schema
            for field, inner in schema["properties"].items():
                walk(inner, f"{at}.{field}" if at else field)

    walk(whole, "")
    return found


def resolved(schema: Any, whole: Any) -> Any:
    reference = schema.get("$ref")
    return whole["$defs"][reference.rpartition("/")[2]] if reference else schema


def kind_of(schema: Any) -> str:
    """Return the type of a field, as the tables name it."""
    if schema.get("$ref", "").endswith("/place"):
        return "place"
    if "const" in schema or "enum" in schema:
        values = schema.get("enum", [schema.get("const")])
        kinds = dict.fromkeys("null" if value is None else NAMES[type(value)] for value in values)
        return " or ".join(sorted(kinds, key=lambda kind: (kind == "null", kind)))
    if schema.get("type") == "array":
        return f"list of {schema['items'].get('type', 'object').replace('array', 'list')}s"
    types = schema["type"]
    return types if isinstance(types, str) else " or ".join(types)


NAMES = {str: "string", bool: "boolean", int: "integer"}


@pytest.mark.parametrize("name", SECTIONS)
def test_that_each_field_has_its_row(name: str) -> None:
    documented, whole = tables(SECTIONS[name]), objects(name)
    places = {at for at in whole if at.endswith("declared_at")}
    # What is small stands in the row of the field that holds it.
    small = {at for at in whole if at not in documented and at not in places}

    for at in whole.keys() - places - small:
        fields = whole[at]["properties"]
        kinds = {field: kind_of(schema) for field, schema in fields.items()}
        assert {field: row.kind for field, row in documented[at].items()} == kinds
    for at in small:
        holder, _, field = at.rpartition(".")
        meaning = documented[holder][field].meaning
        assert [inner for inner in whole[at]["properties"] if inner not in meaning] == []
    assert documented.keys() <= whole.keys()


@pytest.mark.parametrize("name", SECTIONS)
def test_that_each_value_is_named(name: str) -> None:
    documented = tables(SECTIONS[name])

    for at, schema in objects(name).items():
        for field, inner in schema["properties"].items():
            values = [value for value in inner.get("enum", ()) if isinstance(value, str)]
            unnamed = [v for v in values if f'"{v}"' not in documented[at][field].meaning]
            assert unnamed == [], field


def test_that_a_place_has_its_table() -> None:
    for name in SECTIONS:
        fields = schema_of(name)["$defs"]["place"]["properties"]
        assert {field: kind_of(schema) for field, schema in fields.items()} == {
            field: row.kind for field, row in PLACE.items()
        }


def test_that_the_page_says_which_fields_may_be_missing() -> None:
    missing = {
        (name, field)
        for name in SECTIONS
        for at, schema in objects(name).items()
        for field in schema["properties"].keys() - set(schema.get("required", ()))
        if not at.endswith(("declared_at", "refined_by"))
    }

    assert missing == {("cors_policies", "reach")}
    assert "except reach, and those of places" in PAGE.astext()


def test_that_the_page_says_which_schema_and_version() -> None:
    (head, *listed), *_ = (list(rows(each)) for each in PAGE.findall(nodes.table))

    assert head == ["Command", "Schema", "Version"]
    assert {schema: version for _, schema, version in listed} == {
        f"{name}.json": str(schema_of(name)["properties"]["version"]["const"]) for name in SECTIONS
    }
    for name, title in SECTIONS.items():
        schema = schema_of(name)
        version = schema["properties"]["version"]["const"]
        assert tables(title)[""]["version"].meaning == str(version)
        assert schema["$id"] == f"urn:cors-views:{name}:{version}"
