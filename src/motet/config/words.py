"""What a setting takes, in words."""

import json
from collections.abc import Mapping
from typing import Any, Final

from motet.config.section import NONE

__all__ = ["allowed"]

_BOUNDS: Final = {
    "minimum": "{} or more",
    "ge": "{} or more",
    "exclusiveMinimum": "more than {}",
    "gt": "more than {}",
    "maximum": "at most {}",
    "le": "at most {}",
}
_HOLDERS: Final = {
    "array": ("items", "a list, each of its parts"),
    "object": ("additionalProperties", "a table, each value of it"),
}
_TYPES: Final = {
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "null": NONE,
    "string": "a text",
}


def allowed(schema: Mapping[str, Any]) -> str:
    """Say in a few words what a JSON schema lets pass."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(allowed(each) for each in schema["anyOf"]))
    if "enum" in schema:
        return "one of " + ", ".join(json.dumps(each) for each in schema["enum"])
    if "const" in schema:
        return json.dumps(schema["const"])
    kind = schema.get("type")
    for holder, (inner, words) in _HOLDERS.items():
        if kind == holder:
            return f"{words} {allowed(schema.get(inner, {}))}"
    bounds = [words.format(f"{schema[bound]:g}") for bound, words in _BOUNDS.items() if bound in schema]
    return ", ".join([_TYPES.get(str(kind), "a value"), *dict.fromkeys(bounds)])
