"""The rows that are derived from several workloads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from benchmarks.flow.workloads import WORKLOADS
from benchmarks.shared.harness import Sample
from benchmarks.shared.rows import Row
from benchmarks.shared.runner import Outcome, Results
from benchmarks.shared.workloads import Side, Target

HOPS = 10
FLAT = 1.5


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
