"""The arguments of a call as models send them: a mapping, or JSON text, or what was meant to be that."""

import json
from collections.abc import Mapping
from typing import Any

from motet.kernel.errors import InvalidPayload
from motet.tools.json_schema import allows_null, resolved

__all__ = ["Arguments", "read_arguments"]

Arguments = Mapping[str, object] | str | None
"""What may be sent; nothing at all stands for no arguments."""


def read_arguments(name: str, sent: Arguments, schema: Mapping[str, Any]) -> Mapping[str, object]:
    """Read the arguments of a call.

    Args:
        name: The tool's name, for errors.
        sent: What came.
        schema: The JSON schema of the arguments. What may be left out, and is null although its schema does not
            allow that, counts as left out: that is what models do whose tools are strict.

    Raises:
        InvalidPayload: It is no JSON, or no object.
    """
    try:
        given = _parsed(sent) if isinstance(sent, str) else sent
        if given is None:
            return {}
        if isinstance(given, Mapping):
            made: Mapping[str, object] = _without_nulls(given, schema, schema)
            return made
    except (ValueError, RecursionError) as error:
        raise InvalidPayload(f"The arguments of {name!r} are no JSON: {_why(error)}. Write a JSON object.") from error
    raise InvalidPayload(f"The arguments of {name!r} are {_kind(given)}: write a JSON object, with a key for each.")


def _parsed(text: str) -> Any:
    return json.loads(text) if text.strip() else None


def _why(error: Exception) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"{error.msg} at line {error.lineno}, column {error.colno}"
    return "too much stands inside one another" if isinstance(error, RecursionError) else str(error)


def _kind(value: object) -> str:
    kinds = {bool: "a boolean", int: "a number", float: "a number", str: "a string", list: "a list"}
    return kinds.get(type(value), f"of type {type(value).__name__}")


def _without_nulls(value: Any, schema: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    node = resolved(schema, root)
    if isinstance(value, list) and isinstance(node.get("items"), Mapping):
        return [_without_nulls(item, node["items"], root) for item in value]
    if not isinstance(value, Mapping):
        return value
    objects = [option for option in node.get("anyOf", ()) if resolved(option, root).get("type") == "object"]
    if len(objects) == 1:
        return _without_nulls(value, objects[0], root)
    properties, required = node.get("properties", {}), node.get("required", ())
    kept: dict[str, object] = {}
    for key, item in value.items():
        inner = properties.get(key, {})
        if item is not None or key in required or allows_null(inner, root):
            kept[key] = _without_nulls(item, inner, root)
    return kept
