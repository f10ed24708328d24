"""The flow suite: who takes part, its tables and its words."""

from __future__ import annotations

from benchmarks.flow.rows import derived_rows
from benchmarks.flow.workloads import WORKLOADS
from benchmarks.shared.peers import Peer
from benchmarks.shared.suite import Section, Suite

PEERS = {
    peer.key: peer
    for peer in (
        Peer("penguiflow", "PenguiFlow", "penguiflow", "penguiflow.txt"),
        Peer("langgraph", "LangGraph", "langgraph", "langgraph.txt"),
        Peer("pydantic_graph", "pydantic-graph", "pydantic-graph", "pydantic-graph.txt"),
        Peer("floor", "bare tasks + asyncio.Queue", short="floor"),
        Peer("motet", "Motet", "motet"),
    )
}

HOW_TO_READ = """\
Every cell is the median of the rounds, with minimum and maximum in brackets. "Motet is" says how many times as good as
the other side Motet is, by the medians: above 1, Motet is the better one, for rates as for times and sizes. The floor
is bare asyncio tasks with one bounded `asyncio.Queue` per edge: no traces, errors, cancellation or observers. Every
measurement is a process of its own, warmed up before the clock starts; within a round the sides take turns. Each run's
outputs are checked, and a wrong one counts as failed."""

COMMON = """\
The payload is a pydantic model with an int and a str; nodes are async and return their payload; inboxes hold 64; each
message is a trace of its own."""

SUITE = Suite(
    name="flow",
    title="Flow benchmarks",
    about="Measure flows beside other libraries.",
    peers=PEERS,
    workloads=WORKLOADS,
    sections=(
        Section("", "Flow", ("penguiflow", "floor")),
        Section("field", "Beside the field", ("langgraph", "pydantic_graph", "penguiflow", "floor")),
    ),
    how_to_read=HOW_TO_READ,
    common=COMMON,
    derive=derived_rows,
)
