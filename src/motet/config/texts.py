"""What a text means for a setting: the same in a variable, in a file of secrets, and after `motet config set`."""

import json
from collections.abc import Mapping
from typing import Any, get_args, get_origin

from pydantic.fields import FieldInfo

__all__ = ["decoded"]


def decoded(field: FieldInfo, text: str) -> object:
    """Read a text as what a setting takes: JSON, `a,b` for a list, `a=1,b=2` for a table, anything else as it is.

    Args:
        field: The setting. What does not fit is returned as it is: whoever checks it says what is wrong.
        text: What was written.
    """
    kinds = {get_origin(each) for each in _kinds(field.annotation)}
    listed, mapped = tuple in kinds, Mapping in kinds
    if not listed and not mapped:
        return text
    if text.lstrip()[:1] in {"[", "{"}:
        try:
            return json.loads(text)
        except ValueError:
            return text
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if listed:
        return parts
    pairs = [part.partition("=") for part in parts]
    if not all(equals for _, equals, _ in pairs):
        return text
    return {name.strip(): value.strip() for name, _, value in pairs}


def _kinds(annotation: Any) -> tuple[Any, ...]:
    """Return the types of which a value may be, None left out."""
    origin = get_origin(annotation)
    if origin is None or origin in {tuple, Mapping}:
        return (annotation,)
    return tuple(kind for inner in get_args(annotation) for kind in _kinds(inner))
