"""A JSON schema in full, as people read it: each field with its type, its default, its limits and what it is for."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from rich.console import RenderableType
from rich.text import Text

from motet.cli.brief import brief
from motet.cli.paper import table

__all__ = ["attributes_of", "fields", "limits"]

Schema = Mapping[str, Any]

_LIMITS: Final = {
    "exclusiveMinimum": "more than {}",
    "minimum": "at least {}",
    "exclusiveMaximum": "less than {}",
    "maximum": "at most {}",
    "multipleOf": "a multiple of {}",
    "minLength": "at least {} characters",
    "maxLength": "at most {} characters",
    "minItems": "at least {} items",
    "maxItems": "at most {} items",
    "pattern": "matches {}",
}


def fields(title: str, schema: Schema) -> Iterator[RenderableType]:
    """Yield the fields of an object as a table, and those of the objects in it; anything else in brief.

    Args:
        title: What is above the first column.
        schema: As pydantic makes it.
    """
    definitions: Mapping[str, Schema] = schema.get("$defs", {})
    yield from _fields(title, schema, definitions)
    for name, inner in definitions.items():
        if inner.get("properties"):
            yield ""
            yield from _fields(name, inner, definitions)


def _fields(title: str, schema: Schema, definitions: Mapping[str, Schema]) -> Iterator[RenderableType]:
    properties: Mapping[str, Schema] = schema.get("properties", {})
    if not properties:
        yield Text.assemble((title, "bold"), f": {brief({**schema, '$defs': definitions})}")
        return
    documented = attributes_of(schema.get("description", ""))
    told = {
        name: _told(inner, documented.get(name, documented.get(f"{name}_", ""))) for name, inner in properties.items()
    }
    headings = ("type", "default", *(["description"] if any(told.values()) else []))
    made = table(title, *headings, broken=headings)
    required = set(schema.get("required", ()))
    for name, inner in properties.items():
        bare = {key: value for key, value in inner.items() if key != "default"} | {"$defs": definitions}
        default = "required" if name in required else _written(inner["default"]) if "default" in inner else ""
        cells: list[RenderableType] = [Text(name), Text(brief(bare)), Text(default)]
        made.add_row(*cells, *([Text(told[name])] if any(told.values()) else []))
    yield made


def attributes_of(docstring: str) -> dict[str, str]:
    """Read what a Google-style docstring says of each attribute, or of each argument.

    Args:
        docstring: Without the indentation that it has in the source.
    """
    found: dict[str, str] = {}
    section = re.search(r"^(?:Attributes|Args):\n((?:(?:[ \t]+.*)?\n?)*)", docstring, re.MULTILINE)
    name = ""
    for line in section[1].splitlines() if section else ():
        first = re.fullmatch(r" {4}(\w+)(?: \([^)]*\))?: (.*)", line)
        if first:
            name, found[first[1]] = first[1], first[2]
        elif name and line.strip():
            found[name] += f" {line.strip()}"
    return found


def limits(schema: Schema) -> str:
    """Say what a value has to keep to beside its type."""
    options = [option for option in schema.get("anyOf", ()) if option.get("type") != "null"]
    told = [words.format(schema[key]) for key, words in _LIMITS.items() if key in schema]
    return ", ".join([*told, *(limits(options[0]).split(", ") if len(options) == 1 and limits(options[0]) else [])])


def _told(field: Schema, documented: str) -> str:
    described, limited = field.get("description", documented), limits(field)
    return f"{described} ({limited})" if described and limited else described or limited


def _written(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
