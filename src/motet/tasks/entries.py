"""One entry of a task array, read by itself: what it says of its task, and whom it refers to."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.tasks.custom import misspelt, read_custom
from motet.tasks.fields import READERS, read_text
from motet.tasks.hints import Tell, meant, shown
from motet.tasks.json_data import to_json_data
from motet.tasks.references import check_references

__all__ = ["Entry", "Wanted", "read_entry"]

DEPENDENCY_KEYS: Final = ("name", "id", "required")

HOW_TO_DEPEND: Final = '"name", {"id": "..."} or {"name": "...", "required": false}'


@dataclass(frozen=True, slots=True)
class Wanted:
    """A dependency that an entry writes as an object.

    Args:
        name: The other one's name.
        id: The other one's id; at least one of the two is there.
        required: Whether it has to complete.
    """

    name: str | None
    id: str | None
    required: bool = True


@dataclass(slots=True, eq=False)
class Entry:
    """What an entry says.

    Args:
        name: The task's name; "" where it has none, which is a problem.
        id: What it is known by within the array.
        executor: The id of its executor.
        agent: The executor itself, where it was given.
        method: The id of its executor in the other spelling.
        named: Whether a name or id is written at all, even badly.
        group: Whether no executor is named at all, not even badly.
        inputs: The inputs, as JSON data.
        sources: Where each `$from` stands, and its object within the inputs.
        parent: The name or id of its parent.
        parent_id: The same in the other spelling.
        dependencies: Names or ids, or what says more; None for one that cannot be read.
        lost: Whether it names a parent in a way that cannot be read.
        broken: Infinity where the dependencies are no list, so that there could be any number of them; 0 otherwise.
        plain: What a definition takes as it is.
        extra: The user's own fields.
    """

    name: str = ""
    id: str | None = None
    executor: str | None = None
    agent: Agent[Any, Any] | None = None
    method: str | None = None
    named: bool = False
    group: bool = True
    inputs: dict[str, object] | None = None
    sources: Sequence[tuple[str, dict[str, object]]] = ()
    parent: str | None = None
    parent_id: str | None = None
    dependencies: Sequence[str | Wanted | None] = ()
    lost: bool = False
    broken: float = 0
    plain: dict[str, Any] | None = None
    extra: dict[str, object] | None = None


def read_entry(raw: Mapping[Any, object], tell: Tell) -> Entry:
    """Read an entry; null counts as not given in every field but the user's own.

    Args:
        raw: The entry. Nothing of it is kept, and nothing is changed.
        tell: Takes each problem.

    Returns:
        What could be read. Whether those exist whom it refers to is not looked at.
    """
    entry = Entry()
    for key, value in raw.items():
        take = _SETTERS.get(key)
        if take is None:
            _own(entry, key, value, tell)
        elif value is not None:
            take(entry, key, value, tell)
    if not entry.named:
        tell("name", "the task has no name: write one, by which others refer to it")
    entry.name = entry.name or entry.id or ""
    _settle_executor(entry, tell)
    return entry


def _own(entry: Entry, key: Any, value: object, tell: Tell) -> None:
    kept = read_custom(key, value, tell)
    if isinstance(key, str):
        _keep(entry, key, kept)
    # That a field is not there which was only misspelt is no problem of its own.
    meant_field = misspelt(key)
    entry.named |= meant_field in {"name", "id"}
    entry.group &= meant_field not in {"executor", "schemas"}
    entry.lost |= meant_field in {"parent", "parent_id"}
    entry.broken += math.inf if meant_field == "dependencies" else 0


def _keep(entry: Entry, key: str, value: object) -> None:
    if entry.extra is None:
        entry.extra = {}
    entry.extra[key] = value


def _settle_executor(entry: Entry, tell: Tell) -> None:
    if entry.group:
        written = {"inputs": entry.inputs, **(entry.plain or {})}
        for unused in (field for field in ("inputs", "retry", "timeout") if written.get(field)):
            tell(unused, "a task without executor is a group, which never runs: leave it out, or name an executor")
    elif entry.executor is None:
        entry.executor = entry.method
    elif entry.method is not None and entry.method != entry.executor:
        tell("schemas.method", f"{shown(entry.method)} is not {shown(entry.executor)}: name the executor only once")


def _set_plain(entry: Entry, key: str, value: object, tell: Tell) -> None:
    if entry.plain is None:
        entry.plain = {}
    entry.plain[key] = READERS[key](value, key, tell)


def _set_name(entry: Entry, key: str, value: object, tell: Tell) -> None:
    entry.named = True
    entry.name = read_text(value, key, tell) or ""


def _set_id(entry: Entry, key: str, value: object, tell: Tell) -> None:
    entry.named = True
    entry.id = read_text(value, key, tell)


def _set_executor(entry: Entry, key: str, value: object, tell: Tell) -> None:
    entry.group = False
    if isinstance(value, str):
        entry.executor = read_text(value, key, tell)
    elif isinstance(value, Agent):
        entry.agent, entry.executor = value, read_text(value.name, key, tell)
    else:
        tell(key, f"{shown(value)} is no executor: write its id, or in Python pass the agent itself")


def _set_schemas(entry: Entry, key: str, value: object, tell: Tell) -> None:
    if not isinstance(value, Mapping):
        tell(key, f'{shown(value)} is no object: write {{"method": "..."}} with the id of an executor')
        return
    rest = dict(value)
    method = rest.pop("method", None)
    if method is not None:
        entry.group = False
        entry.method = read_text(method, f"{key}.method", tell)
    if rest:
        _keep(entry, key, to_json_data(rest, key, tell))


def _set_inputs(entry: Entry, key: str, value: object, tell: Tell) -> None:
    inputs = to_json_data(value, key, tell)
    if isinstance(inputs, dict):
        entry.inputs = inputs
        entry.sources = check_references(inputs, key, tell)
    elif inputs is not None:
        tell(key, f'{shown(value)} is no object: write the inputs by name, as in {{"url": "..."}}')


def _set_parent(entry: Entry, key: str, value: object, tell: Tell) -> None:
    entry.parent = read_text(value, key, tell)
    entry.lost |= entry.parent is None


def _set_parent_id(entry: Entry, key: str, value: object, tell: Tell) -> None:
    entry.parent_id = read_text(value, key, tell)
    entry.lost |= entry.parent_id is None


def _set_dependencies(entry: Entry, key: str, value: object, tell: Tell) -> None:
    if isinstance(value, list | tuple):
        entry.dependencies = [
            item if type(item) is str and item else _wanted(item, f"{key}.{place}", tell)
            for place, item in enumerate(value)
        ]
    else:
        tell(key, f"{shown(value)} is no list of dependencies: write a list, and in it {HOW_TO_DEPEND}")
        entry.broken = math.inf


def _wanted(item: object, field: str, tell: Tell) -> str | Wanted | None:
    if not isinstance(item, Mapping):
        if isinstance(item, str):
            return read_text(item, field, tell)
        tell(field, f"{shown(item)} is no dependency: write {HOW_TO_DEPEND}")
        return None
    for key in item:
        if key not in DEPENDENCY_KEYS:
            near = meant(key, DEPENDENCY_KEYS) if isinstance(key, str) else ""
            hint = f'did you mean "{near}"?' if near else f"write {HOW_TO_DEPEND}"
            tell(field, f"{shown(key)} means nothing in a dependency: {hint}")
    required = item.get("required")
    if required is not None and not isinstance(required, bool):
        tell(f"{field}.required", f"{shown(required)} is neither true nor false: write one of them")
    name, id_ = (
        None if item.get(key) is None else read_text(item[key], f"{field}.{key}", tell) for key in ("name", "id")
    )
    if item.get("name") is None and item.get("id") is None:
        tell(field, f"the dependency names no task: write {HOW_TO_DEPEND}")
    return None if name is None and id_ is None else Wanted(name, id_, required is not False)


_SETTERS: Final[Mapping[str, Callable[[Entry, str, object, Tell], None]]] = MappingProxyType(
    {
        "name": _set_name,
        "id": _set_id,
        "executor": _set_executor,
        "schemas": _set_schemas,
        "inputs": _set_inputs,
        "parent": _set_parent,
        "parent_id": _set_parent_id,
        "dependencies": _set_dependencies,
        **dict.fromkeys(READERS, _set_plain),
    }
)
"""What takes each field."""
