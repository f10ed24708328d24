"""Whether what a layer says fits: a pure decision."""

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import TypeAdapter, ValidationError

from motet.config.environment import variable_of
from motet.config.errors import InvalidConfig, Problem
from motet.config.file_layers import PROFILES
from motet.config.keys import Leaf, leaf_of, slipped, suggestion
from motet.config.layer import Layer
from motet.config.section import Section
from motet.config.settings import SECTIONS, section_class
from motet.config.shown import shown
from motet.config.source import ARGUMENT
from motet.config.words import allowed

__all__ = ["check_value", "problems_of"]


def problems_of(layer: Layer) -> list[Problem]:
    """List what is wrong with a layer."""
    found: list[Problem] = []
    for name, values in layer.values.items():
        if name not in SECTIONS:
            found.append(
                Problem(layer.source_at((name,)), f"there is no section {_dotted(name)}{_meant(layer, name)}", name)
            )
        elif not isinstance(values, Mapping):
            found.append(Problem(layer.source(name), f"{name} is a table of settings, and no value", name))
        else:
            found += _of_section(layer, name, values)
    return found


def _of_section(layer: Layer, name: str, values: Mapping[str, object]) -> list[Problem]:
    section: type[Section] = section_class(name)
    try:
        section.model_validate(values)
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False)
        return [_problem(layer, (name, *problem["loc"]), problem["type"], problem["input"]) for problem in problems]
    return []


def _problem(layer: Layer, place: tuple[int | str, ...], kind: str, given: object) -> Problem:
    path = tuple(str(step) for step in place)
    full, source = _dotted(*path), layer.source_at(path)
    leaf = next((found for end in range(len(path), 0, -1) if (found := leaf_of(_dotted(*path[:end])))), None)
    if leaf is not None:
        return Problem(source, f"{full}{_given(leaf, given)}: {_takes(leaf)}", leaf.key)
    if kind == "extra_forbidden":
        return Problem(source, f"there is no setting {full}{suggestion('.'.join(path))}", full)
    return Problem(source, f"{full} is a table of settings, and no value", full)


def _dotted(*path: str) -> str:
    """Write a key; a name that holds a dot is quoted, as in a file."""
    return ".".join(f'"{name}"' if "." in name else name for name in path)


def check_value(leaf: Leaf, value: object) -> Any:
    """Return a value as what a setting takes.

    Args:
        leaf: The setting.
        value: What it is to be.

    Raises:
        InvalidConfig: It does not fit; the message says what would.
    """
    adapter: TypeAdapter[Any] = TypeAdapter(leaf.field.rebuild_annotation(), config={"hide_input_in_errors": True})
    try:
        return adapter.validate_python(value)
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        path = ".".join([leaf.key, *map(str, first["loc"])])
        told = f"{path}{_given(leaf, first['input'])}: {_takes(leaf)}"
    raise InvalidConfig(told, problems=[Problem(ARGUMENT, told, leaf.key).detail()])


def _given(leaf: Leaf, value: object) -> str:
    """Say what was given, unless it is a secret or long."""
    told = repr(shown(leaf, value))
    if leaf.secret or (leaf.url and "@" in told):  # where a password would stand in what is no URL, nobody knows
        return " does not fit"
    return f" cannot be {told}" if len(told) <= 80 else " does not fit"


def _takes(leaf: Leaf) -> str:
    return f"it takes {allowed(leaf.schema()) if leaf.url is None else f'a URL such as {leaf.url.example}'}"


def _meant(layer: Layer, name: str) -> str:
    if leaf_of(name) is not None:
        return suggestion(name)
    key = slipped(name) if layer.name == "environment" else None
    if key is not None:
        return f": did you mean {variable_of(key)}?"
    tables = [PROFILES] if layer.written is not None and layer.written.profile is None else []
    close = get_close_matches(name, [*SECTIONS, *tables], n=1)
    return f": did you mean {close[0]}?" if close else f": there are {', '.join(SECTIONS)}"
