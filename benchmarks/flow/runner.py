"""Runs the children: each measurement is a process of its own, and the sides of a workload take turns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from benchmarks.flow.harness import Sample
from benchmarks.flow.peers import PEERS, ROOT, environment
from benchmarks.flow.workloads import Side, Workload


@dataclass(slots=True)
class Outcome:
    """What the rounds of one side gave: samples, and what went wrong in those that gave none."""

    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


Results = dict[str, dict[Side, Outcome]]


def run_child(workload: Workload, side: Side, n: int, bound: float) -> Sample | str:
    """Measure one side once.

    Args:
        workload: What is measured.
        side: Whose turn it is.
        n: Size of the measurement.
        bound: Seconds after which the child is killed.

    Returns:
        The sample, or one line that says why there is none.
    """
    peer = PEERS[side.peer]
    command = [peer.python, "-m", f"benchmarks.flow.{peer.key}", workload.call(side), str(n)]
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=environment(peer), cwd=ROOT, timeout=bound
        )
    except subprocess.TimeoutExpired:
        return f"not finished after {bound:.0f} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return f"exit code {done.returncode}: {lines[-1] if lines else 'no message'}"
    return Sample(**json.loads(done.stdout.strip().splitlines()[-1]))


def run_all(workloads: Iterable[Workload], *, rounds: int, quick: bool, bound: float) -> Results:
    """Measure workload after workload, each in rounds over its sides (A B C, A B C, ...)."""
    results: Results = {}
    for workload in workloads:
        outcomes = results[workload.name] = {side: Outcome() for side in workload.sides}
        for number in range(1, rounds + 1):
            for side, outcome in outcomes.items():
                size = workload.size(side, quick=quick)
                measured = run_child(workload, side, size, bound)
                report(workload, side, size, f"{number}/{rounds}", measured)
                if isinstance(measured, Sample):
                    outcome.samples.append(measured)
                else:
                    outcome.failures.append(measured)
    return results


def report(workload: Workload, side: Side, size: int, place: str, measured: Sample | str) -> None:
    """Say on standard error what a child gave."""
    if isinstance(measured, Sample):
        value = f"{workload.metric.of(measured):12,.1f} {workload.metric.unit:<13} in {measured.seconds:.2f} s"
    else:
        value = measured
    name = f"{side.peer} {side.label}".strip()
    print(f"{workload.name:<17} {place:>5}  {name:<20} n={size:<8} {value}", file=sys.stderr, flush=True)


def failures(results: Mapping[str, Mapping[Side, Outcome]]) -> list[tuple[str, str]]:
    """List what went wrong, as the measurement and the reason; reasons may hold paths, so pages leave them out."""
    return [
        (f"{name}, {PEERS[side.peer].title}{f' by {side.label}' if side.label else ''}", reason)
        for name, outcomes in results.items()
        for side, outcome in outcomes.items()
        for reason in outcome.failures
    ]
