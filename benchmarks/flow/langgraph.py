"""LangGraph's side: a compiled `StateGraph` without checkpointer, called with `ainvoke`.

The state holds the payload under one key; every step returns an update of that key.
"""

from __future__ import annotations

import operator
from typing import Annotated, Any, TypedDict

from langgraph.graph import END, START, StateGraph
from langgraph.types import Send

from benchmarks.flow.harness import TASKS, Item, check_outputs, check_spread, make_items, warm
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main


class State(TypedDict):
    """What a chain carries."""

    item: Item


class SpreadState(TypedDict):
    """What a spread carries: what to do, and what was done."""

    items: list[Item]
    done: Annotated[list[Item], operator.add]


async def step(state: State) -> State:
    """Do nothing."""
    return {"item": state["item"]}


async def spread_step(state: State) -> dict[str, list[Item]]:
    """Do nothing with one item of a spread."""
    return {"done": [state["item"]]}


def spread(state: SpreadState) -> list[Send]:
    """Send each item to a step of its own."""
    return [Send("work", {"item": item}) for item in state["items"]]


async def join(state: SpreadState) -> dict[str, Any]:
    """Stand behind the spread: runs once, after every step of it."""
    return {}


async def steps10(n: int) -> Sample:
    """Invoke a chain of ten no-op steps `n` times, one at a time."""
    graph = StateGraph(State).add_sequence([(f"n{i}", step) for i in range(10)])
    app = graph.add_edge(START, "n0").add_edge("n9", END).compile()

    async def run(items: list[Item]) -> list[Item]:
        return [(await app.ainvoke({"item": item}))["item"] for item in items]

    await run(make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await run(items)
    check_outputs(outputs, n)
    return watch.sample(n * 10)


async def fanout1000(n: int) -> Sample:
    """Spread `n` runs over a thousand steps each with `Send`, and join them by a reducer."""
    graph = StateGraph(SpreadState).add_node("work", spread_step).add_node("join", join)
    app = graph.add_conditional_edges(START, spread, ["work"]).add_edge("work", "join").add_edge("join", END).compile()
    items = make_items(TASKS)

    async def run(times: int) -> list[list[Item]]:
        return [(await app.ainvoke({"items": items, "done": []}))["done"] for _ in range(times)]

    await run(1)
    with Stopwatch() as watch:
        outputs = await run(n)
    for batch in outputs:
        check_spread(batch, TASKS)
    return watch.sample(n * TASKS)


WORKLOADS: dict[str, Workload] = {"steps10": steps10, "fanout1000": fanout1000}

if __name__ == "__main__":
    main(WORKLOADS)
