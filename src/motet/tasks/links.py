"""The references within a task array: parents, dependencies and `$from`."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from motet.tasks.entries import Entry, Wanted
from motet.tasks.hints import shown
from motet.tasks.names import Names, Told
from motet.tasks.references import FROM

__all__ = ["Links", "link"]


@dataclass(slots=True, eq=False)
class Links:
    """Whom each entry means, by place.

    Args:
        parents: The parent of each entry; None where it names none, or none that is known.
        lost: The entries that name a parent, but none that is known.
        waits: What each entry depends on.
        optional: What of that does not have to complete, for entries that depend on something like that.
        broken: How many references mean nobody; infinity where a list of them cannot be read.
    """

    parents: list[int | None] = field(default_factory=list)
    lost: set[int] = field(default_factory=set)
    waits: list[Sequence[int]] = field(default_factory=list)
    optional: dict[int, set[int]] = field(default_factory=dict)
    broken: float = 0


def link(entries: Sequence[Entry], tell: Told) -> Links:
    """Find whom the entries mean, by id first and then by name, and write names into their `$from` objects.

    Args:
        entries: The entries; the objects in their `sources` are changed.
        tell: Takes each problem.
    """
    names = Names(entries, tell)
    links = Links()
    for place, entry in enumerate(entries):
        links.parents.append(_link_parent(entry, place, links, names, tell))
        links.waits.append(_link_dependencies(entries, place, links, names, tell) if entry.dependencies else ())
        if entry.sources:
            _settle(entries, place, links.waits[place], names, tell)
        links.broken += entry.broken
    links.broken += len(links.lost)
    return links


def _link_parent(entry: Entry, index: int, links: Links, names: Names, tell: Told) -> int | None:
    parent = None if entry.parent is None else names.find(index, "parent", entry.parent)
    if entry.parent_id is not None:
        other = names.find(index, "parent_id", entry.parent_id)
        if None not in {parent, other} and parent != other:
            told = f"{shown(entry.parent_id)} is not {shown(entry.parent)}, the parent"
            tell(index, "parent_id", f"{told}: write one of them only")
        parent = other if parent is None else parent
    if parent is None and (entry.lost or entry.parent is not None or entry.parent_id is not None):
        links.lost.add(index)
    return parent


def _link_dependencies(entries: Sequence[Entry], index: int, links: Links, names: Names, tell: Told) -> list[int]:
    waits: list[int] = []
    called: dict[str, int] = {}
    for number, wanted in enumerate(entries[index].dependencies):
        at = f"dependencies.{number}"
        place = names.find(index, at, wanted) if isinstance(wanted, str) else _find(wanted, index, at, names, tell)
        if place is None:
            links.broken += 1
            continue
        waits.append(place)
        if isinstance(wanted, Wanted) and not wanted.required:
            links.optional.setdefault(index, set()).add(place)
        name = entries[place].name
        if name in called:
            tell(index, at, _twice(name, same=called[name] == place))
        called[name] = place
    return waits


def _find(wanted: Wanted | None, index: int, field: str, names: Names, tell: Told) -> int | None:
    """Find the task that a dependency means which is written as an object; None was told already."""
    if wanted is None:
        return None
    by_id = None if wanted.id is None else names.find(index, f"{field}.id", wanted.id)
    by_name = None if wanted.name is None else names.find(index, f"{field}.name", wanted.name, name=True)
    if None not in {by_id, by_name} and by_id != by_name:
        told = f"id {shown(wanted.id)} and name {shown(wanted.name)} are two tasks"
        tell(index, field, f"{told}: write a dependency for each")
    return by_name if by_id is None else by_id


def _twice(name: str, *, same: bool) -> str:
    if same:
        return f"{shown(name)} is a dependency already: write it only once"
    return f"another dependency is called {shown(name)}, too, and results arrive by name: give one another name"


def _settle(entries: Sequence[Entry], index: int, waits: Sequence[int], names: Names, tell: Told) -> None:
    """Write the names of dependencies into the `$from` objects of an entry."""
    called = {entries[place].name: place for place in waits}
    known = called | {entries[place].id: place for place in waits}
    for at, source in entries[index].sources:
        text = str(source[FROM])
        if text in known:
            source[FROM] = entries[known[text]].name
        elif text in names.ids_first:
            tell(index, at, f"{shown(text)} is no dependency of this task: add it to its dependencies")
        else:
            names.unknown(index, at, text, "dependency", called)
