"""LangGraph's side: a compiled `StateGraph` with the checkpointers for SQLite and PostgreSQL, called with `invoke`.

``durability="sync"`` puts each step's checkpoint on disk before the next step starts. The checkpointer for SQLite turns
WAL mode on by itself (``synchronous`` is FULL by default). In the loop, messages are a list with a reducer, so that
each checkpoint holds them all; the second way keeps them in a `DeltaChannel`, which is marked as beta.
"""

from __future__ import annotations

import operator
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import Annotated, Any, TypedDict

import psycopg
from langgraph.channels.delta import DeltaChannel
from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.checkpoint.postgres import PostgresSaver
from langgraph.checkpoint.sqlite import SqliteSaver
from langgraph.graph import END, START, StateGraph

from benchmarks.flow.langgraph import WORKLOADS as IN_MEMORY
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main, require
from benchmarks.tasks import place

STEPS = 10
WARM = 5
SQLITE = "langgraph.sqlite"
BETWEEN = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA")

Checkpointer = AbstractContextManager[BaseCheckpointSaver[Any]]


class State(TypedDict):
    """What a chain carries."""

    item: dict[str, Any]


def add_all(messages: list[str], writes: list[list[str]]) -> list[str]:
    """Add the messages of many turns."""
    return [*messages, *(message for write in writes for message in write)]


class Talk(TypedDict):
    """What a loop carries."""

    turns: int
    messages: Annotated[list[str], operator.add]


class DeltaTalk(TypedDict):
    """What a loop carries, kept as what each turn adds."""

    turns: int
    messages: Annotated[list[str], DeltaChannel(add_all)]


def step(state: State) -> State:
    """Do nothing."""
    return {"item": state["item"]}


def speak(state: dict[str, Any]) -> dict[str, list[str]]:
    """Add 1 KB."""
    return {"messages": [place.turn_text(len(state["messages"]))]}


def again(state: dict[str, Any]) -> str:
    """Go round until there are enough messages."""
    return "speak" if len(state["messages"]) < state["turns"] else END


def on_sqlite() -> Checkpointer:
    """Open the checkpointer on an empty SQLite file."""
    return SqliteSaver.from_conn_string(str(place.file(SQLITE)))


@contextmanager
def on_postgres() -> Iterator[BaseCheckpointSaver[Any]]:
    """Open the checkpointer on the empty database."""
    with PostgresSaver.from_conn_string(place.database()) as saver:
        saver.setup()
        yield saver


def config(thread: str, limit: int = 25) -> dict[str, Any]:
    """Name a run, and say how many steps it may take."""
    return {"configurable": {"thread_id": thread}, "recursion_limit": limit}


def durable(n: int, *, opened: Callable[[], Checkpointer]) -> Sample:
    """Invoke a chain of ten no-op steps `n` times, one at a time, each in a thread of its own."""
    graph = StateGraph(State).add_sequence([(f"n{i}", step) for i in range(STEPS)])
    with opened() as saver:
        app = graph.add_edge(START, "n0").add_edge(f"n{STEPS - 1}", END).compile(checkpointer=saver)

        def run(number: int) -> Any:
            state: State = {"item": {"n": number, "text": "payload"}}
            return app.invoke(state, config(str(number)), durability="sync")["item"]

        for number in range(n, n + WARM):
            run(number)
        with Stopwatch() as watch:
            outputs = [run(number) for number in range(n)]
        kept = app.get_state(config(str(n - 1))).values["item"]
    require([output["n"] for output in outputs] == list(range(n)), "the outputs are not the inputs")
    require(kept["n"] == n - 1, "the last state is not in the database")
    return watch.sample(n * STEPS)


def talk(turns: int, saver: BaseCheckpointSaver[Any], state: type) -> Stopwatch:
    """Go round the loop in one run and check what came out."""
    graph = StateGraph(state).add_node("speak", speak).add_edge(START, "speak")
    app = graph.add_conditional_edges("speak", again, ["speak", END]).compile(checkpointer=saver)
    with Stopwatch() as watch:
        given = {"turns": turns, "messages": []}
        messages = app.invoke(given, config("talk", turns + 10), durability="sync")["messages"]
    require(messages == [place.turn_text(turn) for turn in range(turns)], "turns got lost")
    return watch


def loop_sqlite(n: int, *, state: type = Talk) -> Sample:
    """Go `n` turns in one run on SQLite, and see what is stored."""
    path = place.file(SQLITE)
    counts = {"statements": 0, "commits": 0}

    def count(statement: str) -> None:
        counts["commits"] += statement.startswith("COMMIT")
        counts["statements"] += not statement.startswith(BETWEEN)

    connection = sqlite3.connect(path, check_same_thread=False)
    saver = SqliteSaver(connection)
    saver.setup()
    size, columns = place.sqlite_bytes(path), place.sqlite_column_bytes(path)
    connection.set_trace_callback(count)
    watch = talk(n, saver, state)
    connection.close()
    return watch.sample(
        n,
        bytes=place.sqlite_bytes(path) - size,
        column_bytes=place.sqlite_column_bytes(path) - columns,
        **counts,
    )


def loop_postgres(n: int, *, state: type = Talk) -> Sample:
    """Go `n` turns in one run on PostgreSQL, and see what is stored."""
    with on_postgres() as saver, psycopg.connect(place.database(), autocommit=True) as beside:

        def stored() -> int:
            row = beside.execute(place.POSTGRES_BYTES).fetchone()
            return int(row[0]) if row else 0

        before = stored()
        watch = talk(n, saver, state)
        return watch.sample(n, bytes=stored() - before)


WORKLOADS: dict[str, Workload] = {
    "steps10_memory": IN_MEMORY["steps10"],
    "fanout1000_memory": IN_MEMORY["fanout1000"],
    "steps10_sqlite": partial(durable, opened=on_sqlite),
    "steps10_postgres": partial(durable, opened=on_postgres),
    "loop_sqlite": loop_sqlite,
    "loop_postgres": loop_postgres,
    "loop_sqlite_delta": partial(loop_sqlite, state=DeltaTalk),
    "loop_postgres_delta": partial(loop_postgres, state=DeltaTalk),
}

if __name__ == "__main__":
    main(WORKLOADS)
