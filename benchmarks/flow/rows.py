"""From samples to rows: figures, medians, ratios, targets, and the rows that are derived from several workloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from benchmarks.flow.harness import Sample
from benchmarks.flow.runner import Outcome, Results
from benchmarks.flow.workloads import WORKLOADS, Side, Target, Workload

HOPS = 10
FLAT = 1.5

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
        field: Whether the row belongs to the second table, beside the field.
    """

    title: str
    unit: str
    figures: Figures
    target: Target
    more_is_better: bool = True
    field: bool = False

    def middle(self, peer: str) -> float | None:
        """Give the median of a peer, or None where it has no figures."""
        figures = self.figures.get(peer)
        return median(figures) if figures else None

    def ratio(self, peer: str) -> float | None:
        """Say how many times as good as a peer Motet is: above 1, Motet is the better one."""
        motet, other = self.middle("motet"), self.middle(peer)
        if not motet or not other:
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


def measured_rows(workload: Workload, outcomes: Mapping[Side, Outcome]) -> list[Row]:
    """Make one row for each way Motet does a workload, with the peers' figures repeated in it."""
    metric = workload.metric
    figures = {side: [metric.of(sample) for sample in outcome.samples] for side, outcome in outcomes.items()}
    peers = {side.peer: values for side, values in figures.items() if side.peer != "motet"}
    return [
        Row(
            f"{workload.name}, {side.label}" if side.label else workload.name,
            metric.unit,
            {**peers, "motet": values},
            workload.target,
            metric.more_is_better,
            workload.field,
        )
        for side, values in figures.items()
        if side.peer == "motet"
    ]


def combine(results: Results, names: Sequence[str], how: Callable[..., float]) -> dict[str, dict[str, list[float]]]:
    """Put the samples of several workloads together, round by round.

    Args:
        results: All that was measured.
        names: The workloads whose samples `how` takes, in its order.
        how: Makes one figure of one sample of each.

    Returns:
        Figures by label of the Motet side ("" for the only one), then by peer.
    """
    if not all(name in results for name in names):
        return {}
    found: dict[str, dict[str, list[float]]] = {}
    peers: dict[str, list[float]] = {}
    for side in WORKLOADS[names[0]].sides:
        samples = [by_label(results[name], side) for name in names]
        values = [how(*together) for together in zip(*samples, strict=False)]
        if side.peer == "motet":
            found[side.label] = {"motet": values}
        else:
            peers[side.peer] = values
    return {label: {**peers, **values} for label, values in found.items()}


def by_label(outcomes: Mapping[Side, Outcome], like: Side) -> list[Sample]:
    """Find the samples of the side with the same peer and label."""
    for side, outcome in outcomes.items():
        if (side.peer, side.label) == (like.peer, like.label):
            return outcome.samples
    return []


def cpu_per_hop(sample: Sample) -> float:
    """Take the processor time of a chain of ten by message and node, in microseconds."""
    return sample.cpu / (sample.count * HOPS) * 1e6


def cpu_per_further_hop(ten: Sample, one: Sample) -> float:
    """Take what nine more nodes cost each message, by node, in microseconds: the cost of a run itself drops out."""
    return (ten.cpu / ten.count - one.cpu / one.count) / (HOPS - 1) * 1e6


def growth(many: Sample, none: Sample) -> float:
    """Say how many times as long a cancel takes with many others queued as with none."""
    return (many.seconds / many.count) / (none.seconds / none.count)


def derived_rows(results: Results) -> list[Row]:
    """Make the rows that no workload measures by itself."""
    recipes: list[tuple[str, str, Sequence[str], Callable[..., float], Target]] = [
        ("CPU per hop: chain10 / 10", "us/hop", ["chain10"], cpu_per_hop, Target(most=2.5)),
        ("CPU per further hop: (chain10 - chain1) / 9", "us/hop", ["chain10", "chain1"], cpu_per_further_hop, Target()),
        ("cancel: 10,000 queued / 0 queued", "x", ["cancel_10000", "cancel_0"], growth, Target(most=FLAT)),
    ]
    return [
        Row(f"{title}, {label}" if label else title, unit, figures, target, more_is_better=False)
        for title, unit, names, how, target in recipes
        for label, figures in combine(results, names, how).items()
    ]


def all_rows(results: Results) -> list[Row]:
    """Make every row, measured ones first."""
    measured = [row for name, outcomes in results.items() for row in measured_rows(WORKLOADS[name], outcomes)]
    return measured + derived_rows(results)
