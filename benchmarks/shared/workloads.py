"""What a workload is made of: its statement, its sides with their sizes, its metric and its target."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.shared.harness import Sample


@dataclass(frozen=True, slots=True)
class Metric:
    """How a sample becomes one figure.

    Args:
        unit: Shown in the tables.
        of: Takes the figure out of a sample, None if it is not in there.
        more_is_better: False for times and sizes.
    """

    unit: str
    of: Callable[[Sample], float | None]
    more_is_better: bool = True


def rate(what: str) -> Metric:
    """Count things per second of wall time."""
    return Metric(f"{what}/s", lambda sample: sample.count / sample.seconds)


def micros(what: str) -> Metric:
    """Take microseconds of wall time per thing."""
    return Metric(f"us/{what}", lambda sample: sample.seconds / sample.count * 1e6, more_is_better=False)


def further(key: str, unit: str, *, per_thing: bool = False) -> Metric:
    """Take one of the further figures of a sample, as it is or divided by the count; less is better."""

    def of(sample: Sample) -> float | None:
        value = sample.extra.get(key)
        return value if value is None or not per_thing else value / sample.count

    return Metric(unit, of, more_is_better=False)


@dataclass(frozen=True, slots=True)
class Target:
    """What Motet must reach, from the design: at least so many times a peer, or at least or at most a value."""

    times: float | None = None
    peer: str = ""
    least: float | None = None
    most: float | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One peer in one workload.

    Args:
        peer: Key of the peer.
        n: Size of the measurement.
        call: Name of the workload in the peer's module, if it is not that of the workload.
        label: What a second way of Motet is called in the tables.
    """

    peer: str
    n: int
    call: str = ""
    label: str = ""


@dataclass(frozen=True, slots=True)
class Workload:
    """One comparison: its sides are measured in turn, round after round.

    Args:
        name: What the command line calls it, and each side's module too.
        statement: What is done, for the page.
        metric: How samples become figures.
        sides: Who takes part, with the size for each.
        target: What Motet must reach.
        quick: What a smoke test divides the sizes by.
        section: Key of the table that its row belongs to.
        store: What must be there before a child starts: ``sqlite``, ``duckdb``, ``postgresql`` or nothing.
    """

    name: str
    statement: str
    metric: Metric
    sides: Sequence[Side]
    target: Target
    quick: int = 20
    section: str = ""
    store: str = ""

    def call(self, side: Side) -> str:
        """Name the workload in the module of a side."""
        return side.call or self.name

    def size(self, side: Side, *, quick: bool) -> int:
        """Give the size for a side; a smoke test divides it by `quick`."""
        return max(2, side.n // self.quick) if quick else side.n
