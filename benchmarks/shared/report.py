"""Writes the tables, for the terminal and for the pages in ``benchmarks/results``. No figure here but measured ones."""

from __future__ import annotations

import os
import platform
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from benchmarks.shared.peers import Peer
from benchmarks.shared.rows import Row
from benchmarks.shared.runner import Results, failures
from benchmarks.shared.suite import Section, Suite
from benchmarks.shared.workloads import Target, Workload

Versions = Mapping[str, Mapping[str, str]]


def number(value: float) -> str:
    """Write a figure with about three digits that mean something."""
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def cell(row: Row, peer: str) -> str:
    """Write median and range, or why there is none."""
    figures = row.figures.get(peer)
    if not figures:
        return row.notes.get(peer, "-")
    if len(figures) == 1:
        return number(figures[0])
    ordered = sorted(figures)
    half = len(ordered) // 2
    middle = ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
    return f"{number(middle)} ({number(ordered[0])} to {number(ordered[-1])})"


def target_text(target: Target, peers: Mapping[str, Peer]) -> str:
    """Write what must be reached."""
    if target.times is not None:
        return f"at least {target.times:g} x {peers[target.peer].name}"
    if target.least is not None:
        return f"at least {number(target.least)}"
    return "-" if target.most is None else f"at most {number(target.most)}"


def ratios(row: Row, section: Section, peers: Mapping[str, Peer]) -> str:
    """Write how Motet compares with each peer that has figures."""
    found = [(row.ratio(peer), peers[peer].name) for peer in section.peers]
    return ", ".join(f"{number(ratio)} x {name}" for ratio, name in found if ratio is not None) or "-"


def comparison(row: Row, section: Section, peers: Mapping[str, Peer]) -> list[str]:
    """Write the cells that say how Motet does."""
    return [
        cell(row, "motet"),
        ratios(row, section, peers),
        target_text(row.target, peers),
        {True: "yes", False: "no", None: "-"}[row.reached()],
    ]


def table(rows: Sequence[Row], section: Section, peers: Mapping[str, Peer]) -> str:
    """Write a Markdown table that is also readable as it stands."""
    head = ["workload", "unit", *(peers[peer].name for peer in section.peers)]
    body = [[row.title, row.unit, *(cell(row, peer) for peer in section.peers)] for row in rows]
    if section.compared:
        head += ["Motet", "Motet is", "target", "reached"]
        body = [cells + comparison(row, section, peers) for cells, row in zip(body, rows, strict=True)]
    widths = [max(len(line[i]) for line in [head, *body]) for i in range(len(head))]
    lines = [head, ["-" * width for width in widths], *body]
    return "\n".join(
        "| " + " | ".join(text.ljust(w) for text, w in zip(line, widths, strict=True)) + " |" for line in lines
    )


def tables(suite: Suite, results: Results) -> str:
    """Write each table of the suite that has rows."""
    rows = suite.rows(results)
    found = [(section, [row for row in rows if row.section == section.key]) for section in suite.sections]
    return "\n\n".join(
        f"## {section.title}\n\n{table(its_rows, section, suite.peers)}" for section, its_rows in found if its_rows
    )


def statement(workload: Workload, peers: Mapping[str, Peer], *, quick: bool) -> str:
    """Write what a workload does, and the size of each side."""
    sizes = ", ".join(
        f"{peers[side.peer].name}{f' by {side.label}' if side.label else ''} {workload.size(side, quick=quick):,}"
        for side in workload.sides
    )
    return f"- **{workload.name}**: {workload.statement}. Size: {sizes}."


def package_table(versions: Versions, peers: Mapping[str, Peer]) -> str:
    """Write who ran with which packages."""
    lines = ["| side | package | Python | pydantic |", "|---|---|---|---|"]
    for key, found in versions.items():
        names = [name for name in (peers[key].package, *peers[key].also) if name is not None]
        packages = ", ".join(f"{name} {found[name]}" for name in names) or "standard library"
        lines.append(f"| {peers[key].title} | {packages} | {found['python']} | {found['pydantic']} |")
    return "\n".join(lines)


def document(
    suite: Suite, workloads: Sequence[Workload], results: Results, versions: Versions, *, rounds: int, quick: bool
) -> str:
    """Write the whole page."""
    machine = f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    kind = "a smoke test: the sizes are far too small for figures that mean anything" if quick else f"{rounds} rounds"
    about = ", ".join([f"{datetime.now(UTC):%Y-%m-%d}", machine, python, *suite.facts(), kind])
    broken = Counter(where for where, _ in failures(results, suite.peers))
    parts = [
        f"# {suite.title}",
        f"{about}. Written by `python -m {suite.package}`.",
        suite.how_to_read,
        tables(suite, results),
        f"## Workloads\n\n{suite.common}",
        "\n".join(statement(workload, suite.peers, quick=quick) for workload in workloads),
        f"## Packages\n\n{package_table(versions, suite.peers)}",
    ]
    if broken:
        parts.append(
            "## Failed measurements\n\n"
            + "\n".join(f"- {where}: {times} of {rounds} rounds" for where, times in broken.items())
        )
    return "\n\n".join(parts) + "\n"
