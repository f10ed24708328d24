"""The middleware suite: who takes part, its tables and its words, as the Pythons that are there allow."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from benchmarks.middleware.pythons import OWN, Python
from benchmarks.middleware.rows import derived_rows, newer_section
from benchmarks.middleware.workloads import AGENKIT, COMPOSITIONS, CONTEXT, FLOOR, LAYERS, MOTET, NEWER, NEWER_FLOOR
from benchmarks.middleware.workloads import WORKLOADS as EVERY
from benchmarks.shared.peers import Peer
from benchmarks.shared.suite import Section, Suite

TITLES = {
    LAYERS: "Middleware, over a bare call",
    COMPOSITIONS: "Agents of agents",
    CONTEXT: "For context",
}

HOW_TO_READ = """\
Every cell is the median of the rounds, with minimum and maximum in brackets, of processor time. "Over bare" is what a
call with something around it takes more than a call of the same agent without; both are measured in turn, slice by
slice, in one process, as sequential awaits. "Motet is" says how many times as good as the other side Motet is, by the
medians: above 1, Motet is the better one. The floor is what one would write by hand with asyncio alone: no traces, no
counters, no events. "By hand" is an agent of the same library that makes the same calls with `await` and
`asyncio.gather`. Every measurement is a process of its own, warmed up before the clock starts; within a round the sides
take turns. Each output is checked, and a wrong one counts as failed."""

APART = """\
Agenkit needs Python 3.12, so it has tables of its own, with Motet and the floor measured once more on {newer}. Some
things cost less there: a task can begin at once, as those of Motet's `Timeout` do, and `asyncio.wait_for`, which
Agenkit's timeout and circuit breaker stand on, needs no task any more."""

MISSING = """\
Agenkit needs Python 3.12, and nothing was found that starts one, so it is left out."""

DESIGN = """\
The design's figures for Agenkit, in microseconds, are those of Python 3.11, which it is not made for: retry 0.19,
timeout 12.9, circuit breaker 13.7, rate limit 1.15, cache hit 4.2, batch 32, the stack 30.6, parallel of 10 and of 100
55 and 461."""

COMMON = """\
The payload is a short string and agents give it back as it came, without validation. In Agenkit it is the content of a
`Message`; its circuit breaker has a timeout of its own, which cannot be turned off."""


def make_suite(python: Python | None) -> Suite:
    """Make the suite.

    Args:
        python: The interpreter for Agenkit, where there is one; where that is not the suite's own, Motet is measured
            on both.
    """
    peers = make_peers(python)
    return Suite(
        name="middleware",
        title="Middleware benchmarks",
        about="Measure what middleware and compositions add to a call, beside Agenkit and beside plain asyncio.",
        peers=peers,
        workloads={
            name: replace(each, sides=[side for side in each.sides if side.peer in peers])
            for name, each in EVERY.items()
        },
        sections=make_sections(python),
        how_to_read="\n\n".join([HOW_TO_READ, *notes(python)]),
        common=COMMON,
        derive=derived_rows,
    )


def make_peers(python: Python | None) -> dict[str, Peer]:
    """Say who takes part."""
    peers = [Peer(FLOOR, "asyncio by hand", short="floor"), Peer(MOTET, "Motet", "motet")]
    if python is not None:
        base = "" if python.own else python.path
        peers.insert(0, Peer(AGENKIT, "Agenkit", "agenkit", "agenkit.txt", base=base))
        if base:
            title, pins = f"asyncio by hand on {python.name}", "motet.txt"
            peers += [
                Peer(NEWER_FLOOR, title, pins=pins, short=f"floor on {python.name}", module=FLOOR, base=base),
                Peer(NEWER, f"Motet on {python.name}", "motet", pins, module=MOTET, base=base),
            ]
    return {peer.key: peer for peer in peers}


def make_sections(python: Python | None) -> list[Section]:
    """Make the tables of the suite's own Python, and of the other one where there is one."""
    if python is not None and python.own:
        return [Section(key, f"{title}, {OWN.name}", (AGENKIT, FLOOR)) for key, title in TITLES.items()]
    sections = [Section(key, f"{title}, {OWN.name}", (FLOOR,)) for key, title in TITLES.items()]
    if python is None:
        return sections
    return sections + [
        Section(newer_section(key), f"{title}, {python.name}, beside Agenkit", (AGENKIT, NEWER_FLOOR))
        for key, title in TITLES.items()
    ]


def notes(python: Python | None) -> Sequence[str]:
    """Say what must be known about Agenkit and the Pythons."""
    if python is None:
        return [MISSING, DESIGN]
    return [DESIGN] if python.own else [APART.format(newer=python.name), DESIGN]
