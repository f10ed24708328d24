"""Looking into a payload along a dotted path."""

import inspect
from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["MISSING", "reach", "steps_of"]

MISSING: Final = object()
"""What is found where a path leads nowhere."""


def steps_of(path: str | None) -> tuple[str, ...]:
    """Read a path, such as "order.items.0.price"; None is the way to the payload itself.

    Raises:
        ValueError: It is no path.
    """
    if path is None:
        return ()
    steps = tuple(path.split("."))
    if not all(steps):
        raise ValueError(f"at={path!r}: a path is made of names and indexes with dots between, as in 'items.0.price'")
    return steps


def reach(value: Any, steps: Sequence[str]) -> Any:
    """Follow a path into models, dataclasses and other objects, mappings and sequences.

    Args:
        value: Where the path begins.
        steps: Keys, indexes and names of attributes. Methods, and attributes with an underscore in front, are no data.

    Returns:
        What is there; `MISSING` where the path leads nowhere.
    """
    for step in steps:
        value = _step(value, step)
        if value is MISSING:
            break
    return value


def _step(value: Any, step: str) -> Any:
    index = int(step) if step.removeprefix("-").isdecimal() else None
    if isinstance(value, Mapping):
        key = step if step in value or index is None else index
        return value.get(key, MISSING)
    if isinstance(value, Sequence) and index is not None:
        inside = not isinstance(value, str | bytes) and -len(value) <= index < len(value)
        return value[index] if inside else MISSING
    found = MISSING if step.startswith("_") else getattr(value, step, MISSING)
    return MISSING if inspect.isroutine(found) else found
