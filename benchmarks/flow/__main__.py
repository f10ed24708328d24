"""The command line of the flow benchmarks: ``python -m benchmarks.flow``."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks.flow.peers import BENCHMARKS, PEERS, prepare, versions
from benchmarks.flow.report import document, tables
from benchmarks.flow.runner import failures, run_all
from benchmarks.flow.workloads import WORKLOADS, Workload

RESULT = BENCHMARKS / "results" / "flow.md"
ROUNDS = 5
BOUND = 120.0


def parse(arguments: Sequence[str]) -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.flow", description=__doc__)
    parser.add_argument("--rounds", type=int, default=None, help=f"measurements of each side (default {ROUNDS})")
    parser.add_argument(
        "--only", action="append", choices=sorted(WORKLOADS), metavar="WORKLOAD", help="measure this one; repeatable"
    )
    parser.add_argument("--quick", action="store_true", help="a smoke test: small sizes, one round")
    parser.add_argument("--bound", type=float, default=BOUND, help="seconds a child may take (default %(default)g)")
    parser.add_argument("--output", type=Path, help="write the page here (default, for a full run: benchmarks/results)")
    parser.add_argument("--list", action="store_true", help="list the workloads and leave")
    return parser.parse_args(arguments)


def choose(only: Sequence[str] | None) -> list[Workload]:
    """Pick the workloads, in their order."""
    return [workload for name, workload in WORKLOADS.items() if only is None or name in only]


def main(arguments: Sequence[str]) -> int:
    """Run the suite.

    Returns:
        0 if every child gave a sample, otherwise 1. A missed target is a result, not a failure.
    """
    options = parse(arguments)
    chosen = choose(options.only)
    if options.list:
        print("\n".join(f"{workload.name:<18}{workload.statement}" for workload in chosen))
        return 0
    rounds = options.rounds or (1 if options.quick else ROUNDS)
    taking_part = {side.peer for workload in chosen for side in workload.sides}
    peers = [peer for key, peer in PEERS.items() if key in taking_part]
    for peer in peers:
        prepare(peer)
    found = {peer.key: versions(peer) for peer in peers}
    started = time.monotonic()
    results = run_all(chosen, rounds=rounds, quick=options.quick, bound=options.bound)
    print(f"measured in {time.monotonic() - started:.0f} s", file=sys.stderr)
    print(tables(results))
    output = options.output or (None if options.only or options.quick else RESULT)
    if output is not None:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(document(results, found, rounds=rounds, quick=options.quick))
    broken = failures(results)
    for where, reason in broken:
        print(f"failed: {where}: {reason}", file=sys.stderr)
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
