"""A JSON schema in brief: what a person needs to know to write a value, and an example of one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

__all__ = ["brief", "example"]

Schema = Mapping[str, Any]

DEPTH: Final = 3
"""How many objects deep the brief form and the example go."""

_SAMPLES: Final[dict[str, object]] = {
    "string": "...",
    "integer": 1,
    "number": 1.5,
    "boolean": True,
    "null": None,
    "array": [],
    "object": {},
}

_FORMATS: Final[dict[str, str]] = {
    "date": "2025-01-31",
    "date-time": "2025-01-31T12:00:00Z",
    "time": "12:00:00",
    "duration": "PT1H30M",
    "uuid": "123e4567-e89b-12d3-a456-426614174000",
    "uri": "https://example.com",
    "email": "name@example.com",
    "path": "file.txt",
}


def brief(schema: Schema) -> str:
    """Write a JSON schema in a few words, as in `{"text": string, "limit"?: integer = 5}`.

    Args:
        schema: As pydantic makes it; an empty one allows everything.
    """
    return _Place(schema.get("$defs", {})).brief(schema)


def example(schema: Schema) -> object:
    """Make up a value that has the form that a JSON schema asks for: what is required, and nothing else."""
    return _Place(schema.get("$defs", {})).example(schema)


@dataclass(frozen=True, slots=True)
class _Place:
    """Where in a schema we are.

    Args:
        defs: What references refer to.
        depth: How many objects are around.
        within: The definitions that we are in, to end a type that contains itself.
    """

    defs: Schema
    depth: int = 0
    within: tuple[str, ...] = ()

    def brief(self, schema: Schema) -> str:
        name, schema = self._resolved(schema)
        if name in self.within:
            return name
        here = replace(self, within=(*self.within, name)) if name else self
        if "const" in schema:
            return _json(schema["const"])
        if "enum" in schema:
            return " | ".join(_json(value) for value in schema["enum"])
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return " | ".join(dict.fromkeys(here.brief(option) for option in options))
        return here.typed(schema)

    def typed(self, schema: Schema) -> str:
        kind = schema.get("type")
        if kind == "array":
            places = schema.get("prefixItems") or [schema.get("items", {})]
            return f"[{', '.join(self.brief(place) for place in places)}]"
        if kind == "object" and schema.get("properties"):
            return self._fields(schema) if self.depth < DEPTH else "{...}"
        if kind == "object" and isinstance(schema.get("additionalProperties"), Mapping):
            return f"{{string: {self.brief(schema['additionalProperties'])}}}"
        if kind is None:
            return "any JSON"
        return f"{kind} ({schema['format']})" if "format" in schema else str(kind)

    def _fields(self, schema: Schema) -> str:
        inside = replace(self, depth=self.depth + 1)
        fields = []
        for name, field in schema["properties"].items():
            mark = "" if name in schema.get("required", ()) else "?"
            default = f" = {_json(field['default'])}" if field.get("default") not in (None, [], {}) else ""
            fields.append(f"{_json(name)}{mark}: {inside.brief(field)}{default}")
        return f"{{{', '.join(fields)}}}"

    def example(self, schema: Schema) -> object:
        _, schema = self._resolved(schema)
        given = [*schema.get("examples", ()), *(schema[key] for key in ("default", "const") if key in schema)]
        choices = [*given, *schema.get("enum", ())]
        if choices:
            return choices[0]
        options = schema.get("anyOf") or schema.get("oneOf")
        if options:
            return self.example(options[0])
        kind, inside = schema.get("type", "string"), replace(self, depth=self.depth + 1)
        if kind == "object" and self.depth < DEPTH:
            properties = schema.get("properties", {})
            return {name: inside.example(properties[name]) for name in schema.get("required", ())}
        if kind == "array" and self.depth < DEPTH:
            places = schema.get("prefixItems") or [schema[key] for key in ("items",) if key in schema]
            return [inside.example(place) for place in places]
        return _FORMATS.get(schema.get("format", ""), _SAMPLES.get(kind))

    def _resolved(self, schema: Schema) -> tuple[str, Schema]:
        """Follow a reference to its definition; what stands beside it, such as a default, stays."""
        reference = schema.get("$ref")
        if not isinstance(reference, str):
            return "", schema
        name = reference.rpartition("/")[2]
        return name, {**self.defs.get(name, {}), **{key: value for key, value in schema.items() if key != "$ref"}}


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)
