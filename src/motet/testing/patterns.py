"""What an event has to look like: its kind, and some of its fields."""

import dataclasses
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from motet.kernel.events import Event
from motet.testing.showing import nearest, same, shown

__all__ = ["Pattern", "Wanted", "brief", "event", "pattern_of"]

QUIET: Final = frozenset({"trace", "at", "span", "parent", "seconds", "payload", "output"})
"""Fields that say little to people, or too much; a pattern that asks for one is told of it all the same."""


@dataclass(frozen=True, slots=True)
class Pattern:
    """What an event has to look like. Made by `event`.

    Args:
        kind: Its class.
        fields: What its fields have to be. A class stands for its instances, a function says itself whether a value
            will do, anything else has to be equal.
    """

    kind: type[Event]
    fields: Mapping[str, object] = field(default_factory=dict)

    def matches(self, told: Event) -> bool:
        """Tell whether an event looks like that."""
        return isinstance(told, self.kind) and not any(True for _ in self.misfits(told))

    def misfits(self, told: Event) -> Iterator[str]:
        """Say, of an event of the kind, which fields are otherwise."""
        for name, wanted in self.fields.items():
            value = getattr(told, name)
            if not _fits(wanted, value):
                yield f"{name} is {shown(value, 40)}"

    def __str__(self) -> str:
        told = ", ".join(f"{name}={_wanted(value)}" for name, value in self.fields.items())
        return f"{self.kind.__name__}({told})" if told else self.kind.__name__


Wanted = Pattern | type[Event] | tuple[type[Event], Mapping[str, object]]
"""A pattern, or a class of events, or that and some fields."""


def event(kind: type[Event], **fields: object) -> Pattern:
    """Say what an event has to look like: `event(NodeEnded, node="write", error=ConnectionError)`.

    Args:
        kind: Its class.
        **fields: What its fields have to be: values, classes for their instances, or functions that tell.

    Raises:
        TypeError: Events of that class have no such field, so that none could ever match.
    """
    given: object = kind
    if not (isinstance(given, type) and issubclass(given, Event)):
        raise TypeError(f"{shown(given)} is no class of events: take one from motet.kernel.events, such as NodeStarted")
    known = [one.name for one in dataclasses.fields(kind)]
    for name in fields:
        if name not in known:
            raise TypeError(f"{kind.__name__} has no field {name!r}: {nearest(name, known)}")
    return Pattern(kind, fields)


def pattern_of(wanted: Wanted) -> Pattern:
    """Read what stands for a pattern."""
    if isinstance(wanted, Pattern):
        return wanted
    if isinstance(wanted, tuple):
        kind, fields = wanted
        return event(kind, **fields)
    return event(wanted)


def brief(told: Event) -> str:
    """Show an event in a few words: without ids, times and payloads, and without what is empty."""
    values = ((one.name, getattr(told, one.name)) for one in dataclasses.fields(told))
    said = ", ".join(f"{name}={shown(value, 40)}" for name, value in values if not _quiet(name, value))
    return f"{type(told).__name__}({said})"


def _quiet(name: str, value: object) -> bool:
    usual = (name == "attempt" and value == 1) or (name == "restart" and value is False)
    return name in QUIET or usual or value is None or (isinstance(value, str | tuple) and not value)


def _fits(wanted: object, value: object) -> bool:
    if isinstance(wanted, type):
        return isinstance(value, wanted) or value is wanted
    if callable(wanted):
        return bool(wanted(value))
    return same(wanted, value)


def _wanted(wanted: object) -> str:
    return str(getattr(wanted, "__name__", wanted)) if callable(wanted) else shown(wanted, 40)
