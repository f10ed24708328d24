"""What tasks that do nothing give, so that the inputs of others find what they refer to."""

from collections.abc import Iterable, Mapping, Sequence

from motet.tasks.definition import Definition

__all__ = ["asked_for"]


def asked_for(definitions: Iterable[Definition]) -> dict[str, object]:
    """Make up results that have what the inputs of other tasks take from them.

    Args:
        definitions: The tasks.

    Returns:
        The results, by the name of the task; none for a task of which nobody takes a part.
    """
    made_up: dict[str, object] = {}
    for definition in definitions:
        for name, path in _references(dict(definition.inputs)):
            steps = [step.replace("~1", "/").replace("~0", "~") for step in path.split("/")[1:]]
            if steps:  # a place in a list is found in an object that has its number as a key, too
                made_up[name] = _with(made_up.get(name), steps)
    return made_up


def _with(value: object, steps: Sequence[str]) -> object:
    if not steps:
        return value
    known = value if isinstance(value, dict) else {}
    return {**known, steps[0]: _with(known.get(steps[0]), steps[1:])}


def _references(value: object) -> list[tuple[str, str]]:
    if isinstance(value, Mapping):
        if "$from" in value:
            return [(str(value["$from"]), str(value.get("path", "")))]
        return [] if "$literal" in value else [pair for item in value.values() for pair in _references(item)]
    return [pair for item in value for pair in _references(item)] if isinstance(value, list) else []
