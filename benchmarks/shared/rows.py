"""From samples to rows: figures, medians, ratios and targets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from benchmarks.shared.runner import UNFINISHED, Outcome
from benchmarks.shared.workloads import Metric, Side, Target, Workload

Figures = Mapping[str, Sequence[float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table.

    Args:
        title: What is measured.
        unit: Of every figure in the row.
        figures: The figures of each peer, one for each round.
        target: What Motet must reach.
        more_is_better: False for times and sizes.
        section: Key of the table it belongs to.
        notes: What stands in the cell of a side that took part without giving a figure.
    """

    title: str
    unit: str
    figures: Figures
    target: Target
    more_is_better: bool = True
    section: str = ""
    notes: Mapping[str, str] = field(default_factory=dict)

    def middle(self, peer: str) -> float | None:
        """Give the median of a peer, or None where it has no figures."""
        figures = self.figures.get(peer)
        return median(figures) if figures else None

    def ratio(self, peer: str) -> float | None:
        """Say how many times as good as a peer Motet is: above 1, Motet is the better one; None without two figures.

        A difference that is lost in the noise may come out at 0 or below, and is no times of anything.
        """
        motet, other = self.middle("motet") or 0.0, self.middle(peer) or 0.0
        if motet <= 0 or other <= 0:
            return None
        return motet / other if self.more_is_better else other / motet

    def reached(self) -> bool | None:
        """Compare the median with the target; None where either is missing."""
        motet, target = self.middle("motet"), self.target
        if motet is None:
            return None
        if target.most is not None:
            return motet <= target.most
        if target.least is not None:
            return motet >= target.least
        ratio = self.ratio(target.peer)
        return None if target.times is None or ratio is None else ratio >= target.times


def note(outcome: Outcome) -> str:
    """Say in a word or two why a side gave no figure."""
    return next((reason for reason in outcome.failures if reason.startswith(UNFINISHED)), "failed")


def measured_rows(
    workload: Workload,
    outcomes: Mapping[Side, Outcome],
    *,
    title: str = "",
    metric: Metric | None = None,
    target: Target | None = None,
) -> list[Row]:
    """Make one row for each way Motet does a workload, with the peers' figures repeated in it; one if it does not.

    Args:
        workload: What was measured.
        outcomes: What its sides gave.
        title: Of the rows, if it is not the name of the workload.
        metric: What to take out of the samples, if it is not the metric of the workload.
        target: What Motet must reach in it, if it is not the target of the workload.
    """
    title, metric, target = title or workload.name, metric or workload.metric, target or workload.target
    figures = {
        side: [value for sample in outcome.samples if (value := metric.of(sample)) is not None]
        for side, outcome in outcomes.items()
    }
    notes = {side.peer: note(outcome) for side, outcome in outcomes.items() if not outcome.samples}
    peers = {side.peer: values for side, values in figures.items() if side.peer != "motet"}
    ways: list[Side | None] = [side for side in figures if side.peer == "motet"]
    return [
        Row(
            f"{title}, {side.label}" if side is not None and side.label else title,
            metric.unit,
            {**peers, "motet": figures[side]} if side is not None else peers,
            target,
            metric.more_is_better,
            workload.section,
            notes,
        )
        for side in (ways or [None])
    ]
