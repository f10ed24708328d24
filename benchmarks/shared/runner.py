"""Runs the children: each measurement is a process of its own, and the sides of a workload take turns."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from benchmarks.shared.harness import Sample
from benchmarks.shared.peers import ROOT, Peer, environment
from benchmarks.shared.workloads import Side, Workload

Surroundings = Callable[[Workload], AbstractContextManager[Mapping[str, str]]]
"""What must be there around a child of a workload; gives environment variables that tell the child where."""


UNFINISHED = "not finished after"


class SurroundingsError(Exception):
    """What a workload needs around it cannot be had, such as a database server."""


@dataclass(slots=True)
class Outcome:
    """What the rounds of one side gave: samples, and what went wrong in those that gave none."""

    samples: list[Sample] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)


Results = dict[str, dict[Side, Outcome]]


@dataclass(frozen=True, slots=True)
class Runner:
    """How children are run.

    Args:
        package: The package of the suite; the sides are its modules.
        peers: Who takes part, by key.
        surroundings: What is around each child.
        bound: Seconds after which a child is killed.
    """

    package: str
    peers: Mapping[str, Peer]
    surroundings: Surroundings
    bound: float


def measure(runner: Runner, workload: Workload, side: Side, n: int) -> Sample | str:
    """Measure one side once, within its surroundings; see `run_child`."""
    try:
        with runner.surroundings(workload) as variables:
            return run_child(runner, workload, side, n, variables)
    except SurroundingsError as error:
        return str(error)


def run_child(runner: Runner, workload: Workload, side: Side, n: int, variables: Mapping[str, str]) -> Sample | str:
    """Measure one side once.

    Args:
        runner: How children are run.
        workload: What is measured.
        side: Whose turn it is.
        n: Size of the measurement.
        variables: Environment variables that the child gets besides those of its side.

    Returns:
        The sample, or one line that says why there is none.
    """
    peer = runner.peers[side.peer]
    command = [peer.python, "-m", f"{runner.package}.{peer.module or peer.key}", workload.call(side), str(n)]
    env = {**environment(peer), **variables}
    try:
        done = subprocess.run(
            command, check=False, capture_output=True, text=True, env=env, cwd=ROOT, timeout=runner.bound
        )
    except subprocess.TimeoutExpired:
        return f"{UNFINISHED} {runner.bound:.0f} s"
    if done.returncode:
        lines = done.stderr.strip().splitlines()
        return f"exit code {done.returncode}: {lines[-1] if lines else 'no message'}"
    return Sample(**json.loads(done.stdout.strip().splitlines()[-1]))


def run_all(runner: Runner, workloads: Iterable[Workload], *, rounds: int, quick: bool) -> Results:
    """Measure workload after workload, each in rounds over its sides (A B C, A B C, ...)."""
    results: Results = {}
    for workload in workloads:
        outcomes = results[workload.name] = {side: Outcome() for side in workload.sides}
        for number in range(1, rounds + 1):
            for side, outcome in outcomes.items():
                size = workload.size(side, quick=quick)
                measured = measure(runner, workload, side, size)
                report(workload, side, size, f"{number}/{rounds}", measured)
                if isinstance(measured, Sample):
                    outcome.samples.append(measured)
                else:
                    outcome.failures.append(measured)
    return results


def report(workload: Workload, side: Side, size: int, place: str, measured: Sample | str) -> None:
    """Say on standard error what a child gave."""
    if isinstance(measured, Sample):
        figure = workload.metric.of(measured)
        value = f"{figure or 0:12,.1f} {workload.metric.unit:<13} in {measured.seconds:.2f} s"
    else:
        value = measured
    name = f"{side.peer} {side.label}".strip()
    print(f"{workload.name:<19} {place:>5}  {name:<21} n={size:<8} {value}", file=sys.stderr, flush=True)


def failures(results: Mapping[str, Mapping[Side, Outcome]], peers: Mapping[str, Peer]) -> list[tuple[str, str]]:
    """List what went wrong, as the measurement and the reason; reasons may hold paths, so pages leave them out."""
    return [
        (f"{name}, {peers[side.peer].title}{f' by {side.label}' if side.label else ''}", reason)
        for name, outcomes in results.items()
        for side, outcome in outcomes.items()
        for reason in outcome.failures
    ]
