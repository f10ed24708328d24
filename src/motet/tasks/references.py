"""`{"$from": "name", "path": "/pointer"}` in the inputs of a task stands for the result of a dependency.

`{"$literal": value}` stands for the value itself, whatever it looks like.
"""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from motet.kernel.errors import InvalidPayload
from motet.tasks.definition import Definition
from motet.tasks.hints import Tell, meant, shown
from motet.tasks.json_data import duplicate
from motet.tasks.json_pointer import NOWHERE, follow, is_pointer

__all__ = ["FROM", "LITERAL", "check_references", "effective_inputs", "marked", "references"]

FROM: Final = "$from"
LITERAL: Final = "$literal"
PATH: Final = "path"


def references(inputs: Mapping[str, object]) -> set[str]:
    """Return the names that inputs take results from.

    Args:
        inputs: The inputs of a definition.
    """
    return {str(source[FROM]) for _, source in marked(dict(inputs), "") if FROM in source}


def marked(value: object, field: str) -> Iterator[tuple[str, dict[str, object]]]:
    """Walk through JSON data.

    Args:
        value: The data.
        field: Where it stands.

    Yields:
        Where an object with `$from` or `$literal` stands, and that object; nothing inside of it is looked at.
    """
    if isinstance(value, dict):
        if FROM in value or LITERAL in value:
            yield field, value
            return
        for key, item in value.items():
            if isinstance(item, dict | list):
                yield from marked(item, f"{field}.{key}")
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if isinstance(item, dict | list):
                yield from marked(item, f"{field}.{place}")


def check_references(inputs: dict[str, object], field: str, tell: Tell) -> list[tuple[str, dict[str, object]]]:
    """Check how references are written, and bring each into its shortest form.

    Args:
        inputs: JSON data, which is changed.
        field: Where it stands.
        tell: Takes each problem.

    Returns:
        Where each reference that is well written stands, and its object. Whom it names is not looked at.
    """
    found: list[tuple[str, dict[str, object]]] = []
    for place, source in marked(inputs, field):
        if source is inputs:
            marker = FROM if FROM in source else LITERAL
            tell(place, f'the inputs are an object of named values: write {{"some_name": {{"{marker}": ...}}}}')
        elif LITERAL in source:
            if len(source) > 1:
                tell(place, f'an object with "{LITERAL}" has no other key: put the whole value under it')
        elif _well_written(source, place, tell):
            found.append((place, source))
    return found


def _well_written(source: dict[str, object], field: str, tell: Tell) -> bool:
    problems: list[str] = []
    for key in source.keys() - {FROM, PATH}:
        near = meant(key, (PATH,))
        hint = f'did you mean "{near}"?' if near else f'write only "{FROM}" and "{PATH}"'
        problems.append(
            f'{shown(key)} means nothing beside "{FROM}": {hint} (an object that is meant as it is stands in '
            f'{{"{LITERAL}": ...}})'
        )
    if not isinstance(source[FROM], str):
        problems.append(f'"{FROM}" is {shown(source[FROM])}: write the name of a dependency')
    path = source.get(PATH)
    if path is None or path == "":
        source.pop(PATH, None)
    elif not isinstance(path, str) or not is_pointer(path):
        problems.append(f'"{PATH}" is {shown(path)}: write a JSON pointer such as "/items/0" (RFC 6901)')
    for problem in sorted(problems):
        tell(field, problem)
    return not problems


def effective_inputs(
    definition: Definition, results: Mapping[str, object], accepts: Callable[[str], bool]
) -> dict[str, object]:
    """Make what an attempt of a task gets: the defined inputs, and the results of its dependencies.

    A result arrives where a `$from` says, or else under the dependency's name, unless an input of that name is
    defined. Nothing is shared with the definition or the results.

    Args:
        definition: The task.
        results: The results of the dependencies that completed, by name. One that is not here ended in another way:
            nothing arrives under its name, and a `$from` to it gives None.
        accepts: Whether the executor takes an input of that name; a result that it does not take is left out.

    Raises:
        InvalidPayload: A `$from` points to something that the result does not have, or to no dependency.
    """
    taken = references(definition.inputs)
    for name in taken.difference(dependency.name for dependency in definition.dependencies):
        raise InvalidPayload(
            f"Task {definition.name!r} takes an input from {name!r}, which it does not depend on",
            task=definition.name,
            dependency=name,
        )
    inputs = {key: _filled(value, definition.name, results) for key, value in definition.inputs.items()}
    for dependency in definition.dependencies:
        name = dependency.name
        if name in results and name not in taken and name not in inputs and accepts(name):
            inputs[name] = duplicate(results[name])
    return inputs


def _filled(value: object, task: str, results: Mapping[str, object]) -> object:
    if isinstance(value, list):
        return [_filled(item, task, results) for item in value]
    if not isinstance(value, dict):
        return value
    if FROM in value:
        return _taken(str(value[FROM]), str(value.get(PATH) or ""), task, results)
    if LITERAL in value:
        return duplicate(value[LITERAL])
    return {key: _filled(item, task, results) for key, item in value.items()}


def _taken(name: str, pointer: str, task: str, results: Mapping[str, object]) -> object:
    if name not in results:
        return None
    found = follow(pointer, results[name])
    if found is NOWHERE:
        raise InvalidPayload(
            f"Task {task!r} takes {pointer!r} from the result of {name!r}, which has nothing there",
            task=task,
            dependency=name,
            pointer=pointer,
        )
    return duplicate(found)
