"""JSON schemas as data: walked, tidied for models, and brought into the shape that strict modes ask for."""

from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["JsonSchema", "allows_null", "is_object", "resolved", "rooted", "strict", "tidied"]

JsonSchema = dict[str, Any]

_BY_NAME: Final = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
_LISTED: Final = ("anyOf", "oneOf", "allOf", "prefixItems")
_SINGLE: Final = ("items", "additionalProperties", "not", "contains", "propertyNames", "if", "then", "else")
_TOLD: Final = (
    *("minLength", "maxLength", "pattern", "format", "minItems", "maxItems", "uniqueItems", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minProperties", "maxProperties"),
)
"""What strict modes do not take everywhere: it is said in words instead, and checked when the call comes."""
_DROPPED: Final = ("default", "examples", "discriminator", "deprecated", "readOnly", "writeOnly", "$schema")
_CLOSED: Final = ("patternProperties", "propertyNames", "prefixItems", "not", "if", "dependentSchemas", "contains")
"""What no strict mode can say."""
_KINDS: Final = ("type", "anyOf", "$ref", "enum")


def tidied(schema: Mapping[str, Any]) -> JsonSchema:
    """Return a schema without the titles, which repeat the names."""
    return _mapped(schema, lambda node: {key: value for key, value in node.items() if key != "title"})


def rooted(schema: Mapping[str, Any]) -> JsonSchema:
    """Return a schema whose root says itself what it is: that of a recursive model only refers to it."""
    return {**resolved(schema, schema), **({"$defs": schema["$defs"]} if "$defs" in schema else {})}


def resolved(schema: Mapping[str, Any], root: Mapping[str, Any]) -> JsonSchema:
    """Return what a schema refers to, or the schema itself.

    Args:
        schema: A part of `root`.
        root: Where the definitions are.
    """
    reference = str(schema.get("$ref", ""))
    target = root.get("$defs", {}).get(reference.removeprefix("#/$defs/"))
    if target is None:
        return dict(schema)
    beside = {key: value for key, value in schema.items() if key not in {"$ref", "$defs"}}
    return {**target, **beside}


def is_object(schema: Mapping[str, Any]) -> bool:
    """Tell whether a schema, with its definitions, wants an object."""
    return resolved(schema, schema).get("type") == "object"


def allows_null(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    """Tell whether None fits a part of a schema."""
    node = resolved(schema, root)
    kind = node.get("type")
    if kind is not None:
        return kind == "null" or (isinstance(kind, list) and "null" in kind)
    if "enum" in node or "const" in node:
        return None in node.get("enum", [node.get("const", ...)])
    options = node.get("anyOf") or node.get("oneOf")
    return options is None or any(allows_null(option, root) for option in options)


def strict(schema: Mapping[str, Any]) -> JsonSchema | None:
    """Return a schema as strict modes want it: every property is required, and no other is allowed.

    What may be left out may be null instead.

    Args:
        schema: A schema whose root is an object.

    Returns:
        None if it cannot be said so: it holds a mapping with any keys, a value of any type, or a tuple.
    """
    try:
        return _mapped(schema, _strictly)
    except _LooseError:
        return None


class _LooseError(Exception):
    """A part of a schema has no strict form."""


def _strictly(node: JsonSchema) -> JsonSchema:
    made = {key: value for key, value in node.items() if key not in _DROPPED}
    if "oneOf" in made:
        made["anyOf"] = made.pop("oneOf")
    if "const" in made:
        made["enum"] = [made.pop("const")]
    if any(key in made for key in _CLOSED) or not any(key in made for key in _KINDS):
        raise _LooseError
    told = ", ".join(f"{key} {made.pop(key)}" for key in _TOLD if key in made)
    if told:
        made["description"] = f"{made['description']} ({told})" if made.get("description") else told
    if made.get("type") == "object":
        return _closed(made)
    if made.get("type") == "array" and "items" not in made:
        raise _LooseError
    return _alone(made) if "$ref" in made else made


def _closed(node: JsonSchema) -> JsonSchema:
    if "properties" not in node and node.get("additionalProperties", True) is not False:
        raise _LooseError
    properties, required = node.get("properties", {}), node.get("required", [])
    every = {key: value if key in required else _nullable(value) for key, value in properties.items()}
    return {**node, "properties": every, "required": list(every), "additionalProperties": False}


def _alone(node: JsonSchema) -> JsonSchema:
    """Move a reference away from what stands beside it: it has to stand alone."""
    beside = {key: value for key, value in node.items() if key not in {"$ref", "$defs"}}
    return {**beside, "anyOf": [{"$ref": node["$ref"]}]} if beside else node


def _nullable(node: JsonSchema) -> JsonSchema:
    options = node.get("anyOf", [{key: value for key, value in node.items() if key != "description"}])
    if not any(option.get("type") == "null" for option in options):
        options = [*options, {"type": "null"}]
    return {**{key: node[key] for key in ("description",) if key in node}, "anyOf": options}


def _mapped(schema: Mapping[str, Any], change: Callable[[JsonSchema], JsonSchema]) -> JsonSchema:
    """Change every schema within a schema, the inner ones first; values, such as defaults, are left alone."""
    made = dict(schema)
    for key in _BY_NAME:
        if isinstance(made.get(key), Mapping):
            made[key] = {name: _inside(inner, change) for name, inner in made[key].items()}
    for key in _LISTED:
        if isinstance(made.get(key), list):
            made[key] = [_inside(inner, change) for inner in made[key]]
    for key in _SINGLE:
        if key in made:
            made[key] = _inside(made[key], change)
    return change(made)


def _inside(schema: Any, change: Callable[[JsonSchema], JsonSchema]) -> Any:
    return _mapped(schema, change) if isinstance(schema, Mapping) else schema  # True and False are schemas, too
