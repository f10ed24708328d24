"""The rows that are derived: compositions beside the same by hand, and everything once more for the newer Python."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.middleware.workloads import COMPOSITIONS, GATHERED, MOTET, NEWER, NOTHING, TIMES, WORKLOADS
from benchmarks.shared.rows import Row, measured_rows
from benchmarks.shared.runner import Outcome, Results
from benchmarks.shared.workloads import Side


def newer_section(section: str) -> str:
    """Name the table of the newer Python that goes with one of the suite's own."""
    return f"{section}_newer"


def derived_rows(results: Results) -> list[Row]:
    """Make the rows that no workload measures by itself."""
    found = beside_rows(results)
    on_newer = newer_results(results)
    newer = [row for name, outcomes in on_newer.items() for row in measured_rows(WORKLOADS[name], outcomes)]
    return found + [replace(row, section=newer_section(row.section)) for row in newer + beside_rows(on_newer)]


def beside_rows(results: Results) -> list[Row]:
    """Make the rows that say how many times as long as by hand a composition takes."""
    return [
        row
        for name, outcomes in results.items()
        if WORKLOADS[name].section == COMPOSITIONS
        for row in measured_rows(
            WORKLOADS[name],
            outcomes,
            title=f"{name} / by hand",
            metric=TIMES,
            target=GATHERED.get(name, NOTHING),
        )
    ]


def newer_results(results: Results) -> Results:
    """Put Motet on the newer Python in the place of Motet; nothing where there was no newer one."""
    return {name: as_newer(outcomes) for name, outcomes in results.items() if any(map(is_newer, outcomes))}


def as_newer(outcomes: Mapping[Side, Outcome]) -> dict[Side, Outcome]:
    """Leave Motet on the suite's own Python out, and name the other one as if it were it."""
    return {
        replace(side, peer=MOTET) if side.peer == NEWER else side: outcome
        for side, outcome in outcomes.items()
        if side.peer != MOTET
    }


def is_newer(side: Side) -> bool:
    """Say whether a side runs on the newer Python."""
    return side.peer.endswith("_newer")
