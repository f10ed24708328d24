"""pydantic-graph's side: graphs made with `GraphBuilder`, run with `Graph.run`, without instrumentation."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from pydantic_graph import Graph, GraphBuilder, StepContext, reduce_list_append

from benchmarks.flow.harness import TASKS, Item, check_outputs, check_spread, make_items, warm
from benchmarks.shared.harness import Sample, Stopwatch, Workload, main


async def step(ctx: StepContext[None, None, Item]) -> Item:
    """Do nothing."""
    return ctx.inputs


async def split(ctx: StepContext[None, None, list[Item]]) -> list[Item]:
    """Give the items that are spread."""
    return ctx.inputs


def build_chain(length: int) -> Graph[None, None, Item, Item]:
    """Build a chain of no-op steps."""
    builder = GraphBuilder(input_type=Item, output_type=Item, auto_instrument=False)
    steps = [builder.step(step, node_id=f"n{i}") for i in range(length)]
    places: list[Any] = [builder.start_node, *steps, builder.end_node]
    builder.add(*(builder.edge_from(a).to(b) for a, b in pairwise(places)))
    return builder.build()


def build_spread() -> Graph[None, None, list[Item], list[Item]]:
    """Build a spread over one no-op step, and its join."""
    builder = GraphBuilder(input_type=list[Item], output_type=list[Item], auto_instrument=False)
    first, work = builder.step(split, node_id="split"), builder.step(step, node_id="work")
    join = builder.join(reduce_list_append, initial_factory=list[Item])
    builder.add(
        builder.edge_from(builder.start_node).to(first),
        builder.edge_from(first).map().to(work),
        builder.edge_from(work).to(join),
        builder.edge_from(join).to(builder.end_node),
    )
    return builder.build()


async def steps10(n: int) -> Sample:
    """Run a chain of ten no-op steps `n` times, one at a time."""
    graph = build_chain(10)

    async def run(items: list[Item]) -> list[Item]:
        return [await graph.run(inputs=item) for item in items]

    await run(make_items(warm(n)))
    items = make_items(n)
    with Stopwatch() as watch:
        outputs = await run(items)
    check_outputs(outputs, n)
    return watch.sample(n * 10)


async def fanout1000(n: int) -> Sample:
    """Spread `n` runs over a thousand steps each with `map`, and join them."""
    graph = build_spread()
    items = make_items(TASKS)
    await graph.run(inputs=items)
    with Stopwatch() as watch:
        outputs = [await graph.run(inputs=items) for _ in range(n)]
    for batch in outputs:
        check_spread(batch, TASKS)
    return watch.sample(n * TASKS)


WORKLOADS: dict[str, Workload] = {"steps10": steps10, "fanout1000": fanout1000}

if __name__ == "__main__":
    main(WORKLOADS)
