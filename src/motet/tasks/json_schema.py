"""Whether a value meets a JSON schema, as far as the schemas go that pydantic writes for the types of answers.

Only the keywords below are looked at: an answer that passes is checked again by the type itself, when the task that
asked goes on. Source: JSON Schema, draft 2020-12, "Validation".
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

__all__ = ["mismatch"]

DEEPEST: Final = 64

_TYPES: Final[Mapping[str, Callable[[object], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
}


def mismatch(value: object, schema: Mapping[str, Any]) -> str:
    """Say why a value does not meet a schema.

    Args:
        value: JSON data.
        schema: The schema; an empty one takes anything.

    Returns:
        The first reason, with its place; "" where there is none.
    """
    return _mismatch(value, schema, schema.get("$defs", {}), "the answer", DEEPEST)


def _mismatch(value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any], place: str, depth: int) -> str:
    if "$ref" in schema:
        schema = defs.get(str(schema["$ref"]).rpartition("/")[2], {})
    if depth == 0:
        return ""
    options = schema.get("anyOf") or schema.get("oneOf")
    if options:
        reasons = [_mismatch(value, option, defs, place, depth - 1) for option in options]
        return "" if "" in reasons else " or ".join(dict.fromkeys(reasons))
    if "const" in schema and value != schema["const"]:
        return f"{place} is not {schema['const']!r}"
    if "enum" in schema and value not in schema["enum"]:
        return f"{place} is none of {', '.join(map(repr, schema['enum']))}"
    kind = schema.get("type")
    if isinstance(kind, str) and not _TYPES.get(kind, _any)(value):
        return f"{place} is no {kind}"
    return _bounds(value, schema, place) or _parts(value, schema, defs, place, depth)


def _parts(value: Any, schema: Mapping[str, Any], defs: Mapping[str, Any], place: str, depth: int) -> str:
    if isinstance(value, dict):
        for name in schema.get("required", ()):
            if name not in value:
                return f"{place} lacks {name!r}"
        known = schema.get("properties", {})
        others = schema.get("additionalProperties", True)
        for name, item in value.items():
            if name not in known and others is False:
                return f"{place} has {name!r}, which is not known"
            inner = known.get(name, others if isinstance(others, dict) else {})
            reason = _mismatch(item, inner, defs, f"{name!r} of {place}", depth - 1)
            if reason:
                return reason
    if isinstance(value, list) and isinstance(schema.get("items"), dict):
        for index, item in enumerate(value):
            reason = _mismatch(item, schema["items"], defs, f"entry {index} of {place}", depth - 1)
            if reason:
                return reason
    return ""


def _bounds(value: Any, schema: Mapping[str, Any], place: str) -> str:
    for keyword, (measure, fits, words) in _BOUNDS.items():
        if keyword in schema:
            size = measure(value)
            if size is not None and not fits(size, schema[keyword]):
                return f"{place} {words} {schema[keyword]}"
    return ""


def _number(value: object) -> float | None:
    return value if isinstance(value, int | float) and not isinstance(value, bool) else None


def _length(value: object) -> int | None:
    return len(value) if isinstance(value, str) else None


def _size(value: object) -> int | None:
    return len(value) if isinstance(value, list) else None


def _any(_: object) -> bool:
    return True


_Measure = Callable[[object], float | None]
_BOUNDS: Final[Mapping[str, tuple[_Measure, Callable[[float, float], bool], str]]] = {
    "minimum": (_number, lambda size, bound: size >= bound, "is less than"),
    "exclusiveMinimum": (_number, lambda size, bound: size > bound, "is not more than"),
    "maximum": (_number, lambda size, bound: size <= bound, "is more than"),
    "exclusiveMaximum": (_number, lambda size, bound: size < bound, "is not less than"),
    "minLength": (_length, lambda size, bound: size >= bound, "has fewer characters than"),
    "maxLength": (_length, lambda size, bound: size <= bound, "has more characters than"),
    "minItems": (_size, lambda size, bound: size >= bound, "has fewer entries than"),
    "maxItems": (_size, lambda size, bound: size <= bound, "has more entries than"),
}
