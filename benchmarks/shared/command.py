"""The command line of a suite: ``python -m benchmarks.SUITE``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.shared.peers import BENCHMARKS, prepare, versions
from benchmarks.shared.report import document, tables
from benchmarks.shared.runner import Runner, failures, run_all
from benchmarks.shared.suite import Suite
from benchmarks.shared.workloads import Workload

ROUNDS = 5
BOUND = 120.0


def parse(suite: Suite, arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog=f"python -m {suite.package}", description=suite.about)
    parser.add_argument("--rounds", type=int, default=None, help=f"measurements of each side (default {ROUNDS})")
    parser.add_argument(
        "--only", action="append", choices=sorted(suite.workloads), metavar="WORKLOAD", help="measure this; repeatable"
    )
    parser.add_argument(
        "--side", action="append", choices=sorted(suite.peers), metavar="SIDE", help="measure only this; repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test: small sizes, one round")
    parser.add_argument("--bound", type=float, default=BOUND, help="seconds a child may take (default %(default)g)")
    parser.add_argument("--output", type=Path, help="write the page here (default, for a full run: benchmarks/results)")
    parser.add_argument("--list", action="store_true", help="list the workloads and leave")
    return parser.parse_args(arguments)


def choose(suite: Suite, only: Sequence[str] | None, sides: Sequence[str] | None) -> list[Workload]:
    """Pick the workloads, in their order, with the sides that take part; leave out those where none does."""
    picked = [workload for name, workload in suite.workloads.items() if only is None or name in only]
    if sides is not None:
        picked = [replace(each, sides=[side for side in each.sides if side.peer in sides]) for each in picked]
    return [workload for workload in picked if workload.sides]


def main(suite: Suite, arguments: Sequence[str]) -> int:
    """Run a suite.

    Returns:
        0 if every child gave a sample, otherwise 1. A missed target is a result, not a failure.
    """
    options = parse(suite, arguments)
    chosen = choose(suite, options.only, options.side)
    if options.list:
        width = max(map(len, suite.workloads)) + 2
        print("\n".join(f"{workload.name:<{width}}{workload.statement}" for workload in chosen))
        return 0
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    taking_part = {side.peer for workload in chosen for side in workload.sides}
    peers = [peer for key, peer in suite.peers.items() if key in taking_part]
    for peer in peers:
        prepare(peer)
    found = {peer.key: versions(peer) for peer in peers}
    runner = Runner(suite.package, suite.peers, suite.surroundings, options.bound)
    started = time.monotonic()
    results = run_all(runner, chosen, rounds=rounds, quick=options.quick)
    print(f"measured in {time.monotonic() - started:.0f} s", file=sys.stderr)
    print(tables(suite, results))
    partial = options.only or options.side or options.quick
    output = options.output or (None if partial else BENCHMARKS / "results" / f"{suite.name}.md")
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(document(suite, chosen, results, found, rounds=rounds, quick=options.quick))
    broken = failures(results, suite.peers)
    for where, reason in broken:
        print(f"failed: {where}: {reason}", file=sys.stderr)
    return 1 if broken else 0
