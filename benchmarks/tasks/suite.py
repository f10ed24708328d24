"""The task suite: who takes part, its tables and its words."""

from __future__ import annotations

from benchmarks.shared.peers import Peer
from benchmarks.shared.suite import Section, Suite
from benchmarks.tasks.rows import further_rows
from benchmarks.tasks.surroundings import facts, surroundings
from benchmarks.tasks.workloads import WORKLOADS

LANGGRAPH = ("langgraph-durable.txt", ("langgraph-checkpoint-sqlite", "langgraph-checkpoint-postgres", "psycopg"))
STORAGE = ("storage.txt", ("psycopg", "duckdb"))

PEERS = {
    peer.key: peer
    for peer in (
        Peer(
            "aipartnerupflow",
            "aipartnerupflow",
            "aipartnerupflow",
            "aipartnerupflow.txt",
            also=("sqlalchemy", "duckdb"),
        ),
        Peer("langgraph", "LangGraph", "langgraph", LANGGRAPH[0], also=LANGGRAPH[1]),
        Peer(
            "langgraph_delta",
            "LangGraph with DeltaChannel (beta)",
            "langgraph",
            LANGGRAPH[0],
            short="LangGraph, delta",
            module="langgraph",
            also=LANGGRAPH[1],
        ),
        Peer("dbos", "DBOS", "dbos", "dbos.txt", also=("sqlalchemy", "psycopg")),
        Peer("raw_one", "raw storage, one row per commit", "asyncpg", STORAGE[0], "raw 1", "raw", STORAGE[1]),
        Peer("raw_hundred", "raw storage, 100 rows per commit", "asyncpg", STORAGE[0], "raw 100", "raw", STORAGE[1]),
        Peer("motet", "Motet", "motet"),
    )
}

HOW_TO_READ = """\
Every cell is the median of the rounds, with minimum and maximum in brackets. "Motet is" says how many times as good as
the other side Motet is, by the medians: above 1, Motet is the better one, for rates as for times and sizes. "raw 1" and
"raw 100" write rows with one and with a hundred in each commit, and do nothing else. Every measurement is a process of
its own, with an empty folder or database of its own, warmed up before the clock starts; within a round the sides take
turns. What came out is checked, in the database too where there is a tree, and a wrong result counts as failed."""

COMMON = """\
A tree is created before the clock starts, except where creating it is what is measured. aipartnerupflow gets small
trees, because its time for each task grows with the tree; it does not execute a fan-out on PostgreSQL at all. The text
of a turn in the loop is 1 KB of random letters, and what a database holds when it is empty is not counted."""

SUITE = Suite(
    name="tasks",
    title="Task benchmarks",
    about="Measure durable tasks beside other libraries and beside raw storage.",
    peers=PEERS,
    workloads=WORKLOADS,
    sections=(
        Section("trees", "Task trees", ("aipartnerupflow", "raw_one", "raw_hundred")),
        Section("large", "Large trees", ()),
        Section("floor", "The raw storage floor", ("raw_one", "raw_hundred"), compared=False),
        Section("field", "Beside the field", ("langgraph", "dbos", "raw_one")),
        Section("loop", "What a loop leaves in the database", ("langgraph", "langgraph_delta", "dbos")),
    ),
    how_to_read=HOW_TO_READ,
    common=COMMON,
    derive=further_rows,
    surroundings=surroundings,
    facts=facts,
)
