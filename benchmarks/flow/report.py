"""Writes the tables, for the terminal and for ``benchmarks/results/flow.md``. No figure here but measured ones."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.flow.peers import PEERS
from benchmarks.flow.rows import Row, all_rows
from benchmarks.flow.runner import Results, failures
from benchmarks.flow.workloads import WORKLOADS, Target, Workload

FLOW = ("penguiflow", "floor")
FIELD = ("langgraph", "pydantic_graph", "penguiflow", "floor")
SHORT = {**{key: peer.title for key, peer in PEERS.items()}, "floor": "floor"}

HOW_TO_READ = """\
Every cell is the median of the rounds, with minimum and maximum in brackets. "Motet is" says how many times as good as
the other side Motet is, by the medians: above 1, Motet is the better one, for rates as for times and sizes. The floor
is bare asyncio tasks with one bounded `asyncio.Queue` per edge: no traces, errors, cancellation or observers. Every
measurement is a process of its own, warmed up before the clock starts; within a round the sides take turns. Each run's
outputs are checked, and a wrong one counts as failed."""


COMMON = """\
The payload is a pydantic model with an int and a str; nodes are async and return their payload; inboxes hold 64; each
message is a trace of its own."""


def number(value: float) -> str:
    """Write a figure with about three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(figures: Sequence[float] | None) -> str:
    """Write median and range."""
    if not figures:
        return "-"
    if len(figures) == 1:
        return number(figures[0])
    ordered = sorted(figures)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return f"{number(middle)} ({number(ordered[0])} to {number(ordered[-1])})"


def target_text(target: Target) -> str:
    """Write what must be reached."""
    if target.times is not None:
        return f"at least {target.times:g} x {SHORT[target.peer]}"
    if target.least is not None:
        return f"at least {number(target.least)}"
    return "-" if target.most is None else f"at most {number(target.most)}"


def ratios(row: Row, peers: Sequence[str]) -> str:
    """Write how Motet compares with each peer that has figures."""
    found = [(row.ratio(peer), SHORT[peer]) for peer in peers]
    return ", ".join(f"{number(ratio)} x {name}" for ratio, name in found if ratio is not None) or "-"


def table(rows: Sequence[Row], peers: Sequence[str]) -> str:
    """Write a Markdown table that is also readable as it stands."""
    head = ["workload", "unit", *(SHORT[peer] for peer in peers), "Motet", "Motet is", "target", "reached"]
    body = [
        [
            row.title,
            row.unit,
            *(cell(row.figures.get(peer)) for peer in peers),
            cell(row.figures.get("motet")) if row.figures.get("motet") else "failed",
            ratios(row, peers),
            target_text(row.target),
            {True: "yes", False: "no", None: "-"}[row.reached()],
        ]
        for row in rows
    ]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *body]
    return "\n".join(
        "| " + " | ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)) + " |" for line in lines
    )


def tables(results: Results) -> str:
    """Write the table of flows and the table beside the field, whichever has rows."""
    rows = all_rows(results)
    flow = [row for row in rows if not row.field]
    beside = [row for row in rows if row.field]
    parts = []
    if flow:
        parts.append(f"## Flow\n\n{table(flow, FLOW)}")
    if beside:
        parts.append(f"## Beside the field\n\n{table(beside, FIELD)}")
    return "\n\n".join(parts)


def statement(workload: Workload, *, quick: bool) -> str:
    """Write what a workload does, and the size of each side."""
    sizes = ", ".join(
        f"{SHORT[side.peer]}{f' by {side.label}' if side.label else ''} {workload.size(side, quick=quick):,}"
        for side in workload.sides
    )
    return f"- **{workload.name}**: {workload.statement}. Size: {sizes}."


def package_table(versions: Mapping[str, Mapping[str, str]]) -> str:
    """Write who ran with which packages."""
    lines = ["| side | package | Python | pydantic |", "|---|---|---|---|"]
    for key, found in versions.items():
        package = PEERS[key].package
        name = "standard library" if package is None else f"{package} {found[package]}"
        lines.append(f"| {PEERS[key].title} | {name} | {found['python']} | {found['pydantic']} |")
    return "\n".join(lines)


def document(results: Results, versions: Mapping[str, Mapping[str, str]], *, rounds: int, quick: bool) -> str:
    """Write the whole page."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    kind = "a smoke test: the sizes are far too small for figures that mean anything" if quick else f"{rounds} rounds"
    broken = Counter(where for where, _ in failures(results))
    parts = [
        "# Flow benchmarks",
        f"{datetime.now(UTC):%Y-%m-%d}, {machine}, {python}, {kind}. Written by `python -m benchmarks.flow`.",
        HOW_TO_READ,
        tables(results),
        f"## Workloads\n\n{COMMON}",
        "\n".join(statement(WORKLOADS[name], quick=quick) for name in results),
        f"## Packages\n\n{package_table(versions)}",
    ]
    if broken:
        parts.append(
            "## Failed measurements\n\n"
            + "\n".join(f"- {where}: {times} of {rounds} rounds" for where, times in broken.items())
        )
    return "\n\n".join(parts) + "\n"
