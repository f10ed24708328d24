"""Task arrays: what JSON, the command line and Python carry, made into a tree or into a list of all its problems."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from motet.kernel.agent import Agent
from motet.tasks.definition import EMPTY, Definition, Dependency
from motet.tasks.entries import Entry, read_entry
from motet.tasks.errors import InvalidPlan, Problem
from motet.tasks.fields import read_text
from motet.tasks.hints import shown
from motet.tasks.json_data import OBJECTS
from motet.tasks.layout import Layout, lay_out
from motet.tasks.links import Links, link
from motet.tasks.names import Told

__all__ = ["Plan", "make_plan"]


@dataclass(frozen=True, slots=True)
class Plan:
    """A task tree that can run, not stored yet.

    Args:
        name: What people call the tree.
        root: The place (`seq`) of its root.
        definitions: Its tasks in the order of the array; `seq` counts from 1.
        agents: Executors that were given as objects, by the id that their tasks name.
    """

    name: str
    root: int
    definitions: tuple[Definition, ...]
    agents: Mapping[str, Agent[Any, Any]]


def make_plan(entries: Sequence[Mapping[str, Any]], *, name: str | None = None) -> Plan:
    """Make a tree of an array of tasks.

    Each entry is a mapping; null counts as not given. `name` names the task, and so does `id`, within the array; one
    of them is there. `executor` is the id of an executor, or an agent; `schemas.method` is another spelling of it. A
    task without is a group, done when its children are. `inputs` is an object of JSON data, in which
    `{"$from": dependency, "path": JSON pointer}` stands for a result, and `{"$literal": value}` for the value itself.
    `parent` or `parent_id` names another entry; if several have none, the one that needs all others is the root, and
    they are its children. `dependencies` is a list of names, ids, `{"id": ...}` or
    `{"name": ..., "required": false}`. `priority` is 0 to 3, or "urgent", "high", "normal", "low"; `retry` the number
    of attempts, or what `Retry` takes; `timeout` seconds; `not_before` seconds since 1970, or ISO 8601;
    `concurrency_key` a text. All other keys stay with the task as they are, but for those that look like a misspelt
    one of these, and those in which a task tells how it runs: they are problems.

    Args:
        entries: The array. Nothing of it is kept, and nothing is changed.
        name: What to call the tree; the name of its root unless given.

    Returns:
        The tree; the `seq` of each task is its place in the array, from 1.

    Raises:
        InvalidPlan: The array is no tree; its `problems` are all there are, each with its entry and field.
    """
    problems: list[Problem] = []
    title = name if name is None else read_text(name, "name", partial(_note, problems, None))
    read = list(_read(entries, problems))
    tell = partial(_note, problems)
    agents = _agents(read, tell)
    links = link(read, tell)
    layout = lay_out(read, links, tell)
    if problems or layout.root is None:
        raise InvalidPlan.of(sorted(problems, key=lambda problem: -1 if problem.index is None else problem.index))
    return Plan(
        title or read[layout.root].name,
        layout.root + 1,
        tuple(_definitions(read, links, layout)),
        agents,
    )


def _note(problems: list[Problem], index: int | None, field: str, message: str) -> None:
    problems.append(Problem(index, field, message))


def _read(entries: object, problems: list[Problem]) -> Iterator[Entry]:
    if not isinstance(entries, Sequence) or isinstance(entries, str | bytes | bytearray):
        _note(problems, None, "", f'{shown(entries)} is no array of tasks: write a list, as in [{{"name": ...}}]')
        return
    if not entries:
        _note(problems, None, "", "the array is empty: a tree has at least one task")
    for index, raw in enumerate(entries):
        if isinstance(raw, OBJECTS):
            yield read_entry(raw, partial(_note, problems, index))
        else:
            _note(problems, index, "", f'{shown(raw)} is no task: write an object, as in {{"name": ...}}')
            # It could have been anything: nothing follows from what it does not say.
            yield Entry(group=False, lost=True, broken=math.inf)


def _agents(entries: Sequence[Entry], tell: Told) -> dict[str, Agent[Any, Any]]:
    agents: dict[str, Agent[Any, Any]] = {}
    for place, entry in enumerate(entries):
        if entry.agent is not None and entry.executor is not None:
            first = agents.setdefault(entry.executor, entry.agent)
            if first is not entry.agent:
                told = f"another agent is called {shown(entry.executor)}, too"
                tell(place, "executor", f"{told}: give one of the agents another name")
    return agents


def _definitions(entries: Sequence[Entry], links: Links, layout: Layout) -> Iterator[Definition]:
    for place, entry in enumerate(entries):
        parent = layout.parents[place]
        waits, optional = links.waits[place], links.optional.get(place, ())
        yield Definition(
            place + 1,
            entry.name,
            entry.executor,
            entry.inputs or EMPTY,
            None if parent is None else parent + 1,
            tuple([Dependency(other + 1, entries[other].name, other not in optional) for other in waits]),
            extra=entry.extra or EMPTY,
            **(entry.plain or {}),
        )
