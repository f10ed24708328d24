"""What `>>` builds: places and the edges between them, as plain data that a flow reads its graph from."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

__all__ = ["Wirable", "Wire", "Wiring", "as_wiring"]

T = TypeVar("T")


class Wirable:
    """Something that `>>` connects: an agent, a node, a router, a join, or a wiring of those.

    A list stands for several at once: `a >> [b, c]` fans out, `[b, c] >> d` fans in.
    """

    def wiring(self) -> "Wiring":
        """Return this as a wiring: here, one place that is both its start and its end."""
        return Wiring((self,), (self,), (self,), ())

    def __rshift__(self, after: "Wirable | Sequence[Wirable]") -> "Wiring":
        return connect(self.wiring(), as_wiring(after))

    def __rrshift__(self, before: "Wirable | Sequence[Wirable]") -> "Wiring":
        return connect(as_wiring(before), self.wiring())


@dataclass(frozen=True, slots=True)
class Wire:
    """An edge between two places. `label` names the case of a router that it stands for."""

    source: Wirable
    target: Wirable
    label: str | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Wiring(Wirable):
    """Places and the edges between them.

    Args:
        places: Every place, in the order in which it was first named.
        starts: Where an edge into this wiring leads.
        ends: Where an edge out of this wiring comes from.
        wires: The edges.
    """

    places: tuple[Wirable, ...]
    starts: tuple[Wirable, ...]
    ends: tuple[Wirable, ...]
    wires: tuple[Wire, ...]

    def wiring(self) -> "Wiring":
        """Return this wiring."""
        return self


def connect(before: Wiring, after: Wiring) -> Wiring:
    """Lead every end of one wiring to every start of another."""
    between = tuple(Wire(end, start) for end in before.ends for start in after.starts)
    # A router's way back to where the wiring has been is no end of it: what follows the router follows its ways out.
    back = {id(wire.target) for wire in after.wires if wire.label is not None} & set(map(id, before.places))
    ends = tuple(end for end in after.ends if id(end) not in back)
    return Wiring(
        distinct((*before.places, *after.places)),
        before.starts,
        ends or after.ends,
        (*before.wires, *between, *after.wires),
    )


def as_wiring(what: "Wirable | Sequence[Wirable]") -> Wiring:
    """Read what stands beside a `>>`.

    Raises:
        TypeError: It is nothing that can be connected.
    """
    if isinstance(what, Wirable):
        return what.wiring()
    if isinstance(what, list | tuple) and what:
        parts = [as_wiring(part) for part in what]
        return Wiring(
            distinct(tuple(place for part in parts for place in part.places)),
            distinct(tuple(start for part in parts for start in part.starts)),
            distinct(tuple(end for part in parts for end in part.ends)),
            tuple(wire for part in parts for wire in part.wires),
        )
    raise TypeError(
        f"`>>` connects agents, nodes and lists of them, not {what!r}: a plain function becomes an agent with @agent"
    )


def distinct(items: tuple[T, ...]) -> tuple[T, ...]:
    """Drop what is repeated, by identity, and keep the order."""
    return tuple({id(item): item for item in items}.values())
