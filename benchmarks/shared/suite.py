"""What a suite is: its workloads, who takes part, its tables, and the words of its page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from benchmarks.shared.peers import Peer
from benchmarks.shared.rows import Row, measured_rows
from benchmarks.shared.runner import Results, Surroundings
from benchmarks.shared.workloads import Workload


@dataclass(frozen=True, slots=True)
class Section:
    """One table of the page.

    Args:
        key: What its rows bear.
        title: Stands above it.
        peers: Its columns before Motet's.
        compared: Whether Motet takes part in it, so that there is something to compare.
    """

    key: str
    title: str
    peers: Sequence[str]
    compared: bool = True


@contextmanager
def nothing(workload: Workload) -> Iterator[Mapping[str, str]]:
    """Be the surroundings of workloads that need none."""
    yield {}


def no_rows(results: Results) -> list[Row]:
    """Derive nothing."""
    return []


@dataclass(frozen=True, slots=True)
class Suite:
    """One suite of benchmarks.

    Args:
        name: Of its package and of its page.
        title: Stands above its page.
        about: First line of the help.
        peers: Who takes part, by key.
        workloads: What is measured, by name.
        sections: The tables, in their order.
        how_to_read: Stands above the tables.
        common: Stands above the statements of the workloads.
        derive: Makes the rows that no workload measures by itself.
        surroundings: What is around each child.
        facts: Says further what the figures depend on, such as the versions of servers.
    """

    name: str
    title: str
    about: str
    peers: Mapping[str, Peer]
    workloads: Mapping[str, Workload]
    sections: Sequence[Section]
    how_to_read: str
    common: str
    derive: Callable[[Results], list[Row]] = no_rows
    surroundings: Surroundings = nothing
    facts: Callable[[], Sequence[str]] = tuple

    @property
    def package(self) -> str:
        """Where its sides are."""
        return f"benchmarks.{self.name}"

    def rows(self, results: Results) -> list[Row]:
        """Make every row, measured ones first."""
        measured = [row for name, outcomes in results.items() for row in measured_rows(self.workloads[name], outcomes)]
        return measured + self.derive(results)
