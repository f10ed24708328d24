"""What is measured: each workload with its statement, its sides with their sizes, its unit and its target.

Sizes differ between sides so that each child measures for about a second; rates do not depend on them.
"""

from __future__ import annotations

from benchmarks.shared.workloads import Side, Target, Workload, further, micros, rate

BYTES_PER_RUN = further("bytes", "bytes/run", per_thing=True)


def chain(name: str, statement: str, *, times: float | None, pf: int, floor: int, motet: int) -> Workload:
    """Describe a pipelined chain; Motet runs it by `map` and, in a second row, by `send` and `outputs`."""
    sides = [Side("penguiflow", pf), *([Side("floor", floor)] if floor else [])]
    sides += [Side("motet", motet, label="map"), Side("motet", motet, f"{name}_send", "send/outputs")]
    return Workload(name, statement, rate("messages"), sides, Target(times=times, peer="penguiflow"))


def cancel(unrelated: int, pf: int, target: Target) -> Workload:
    """Describe cancelling with so many unrelated messages in the queue."""
    sides = [Side("penguiflow", pf), Side("floor", 5000), Side("motet", 5000)]
    statement = f"cancel one queued run while {unrelated:,} runs of others are queued before the same node"
    return Workload(f"cancel_{unrelated}", statement, micros("cancel"), sides, target)


def loop(name: str, statement: str, *, pf: int, floor: int, motet: int) -> Workload:
    """Describe a loop of one run, counted in iterations."""
    sides = [Side("penguiflow", pf), *([Side("floor", floor)] if floor else []), Side("motet", motet)]
    return Workload(name, statement, rate("iterations"), sides, Target(times=10, peer="penguiflow"))


LIMIT_OF_CANCEL = Target(most=60)
PIPELINED = "pipelined: outputs are consumed while inputs are submitted; no validation"
VALIDATED = "chain10 with validation on both sides of each node"
OBSERVED = "chain10 with one no-op observer (middleware) attached"
WAITING = "chain10 whose nodes give the event loop one turn each, so that messages meet in inboxes"
SENT_ROUND = "a controller node sends its message to itself until a count is reached"
ROUTED_ROUND = "a step and a router send a message round until a count is reached"
DRIVEN_ROUND = (
    "a controller loop that the library drives (`loop()`; working memory in PenguiFlow) until a count is reached"
)

WORKLOADS: dict[str, Workload] = {
    each.name: each
    for each in (
        chain("chain1", f"chain of 1 no-op node, {PIPELINED}", times=10, pf=15_000, floor=300_000, motet=150_000),
        chain("chain5", f"chain of 5 no-op nodes, {PIPELINED}", times=20, pf=4_000, floor=100_000, motet=50_000),
        chain("chain10", f"chain of 10 no-op nodes, {PIPELINED}", times=20, pf=2_000, floor=60_000, motet=30_000),
        chain("chain10_validate", VALIDATED, times=8, pf=2_000, floor=40_000, motet=20_000),
        chain("chain10_observed", OBSERVED, times=8, pf=2_000, floor=0, motet=20_000),
        chain("chain10_waiting", WAITING, times=None, pf=1_500, floor=30_000, motet=10_000),
        Workload(
            "roundtrip10",
            "chain of 10 no-op nodes, one message at a time: submit, await the result, next",
            micros("message"),
            [Side("penguiflow", 2_000), Side("floor", 20_000), Side("motet", 10_000)],
            Target(most=60),
        ),
        Workload(
            "fanout10",
            "each message goes to 10 nodes and their results are joined to one, pipelined",
            rate("traces"),
            [
                Side("penguiflow", 1_000),
                Side("floor", 40_000),
                Side("motet", 10_000, label="join(10)"),
                Side("motet", 10_000, "fanout10_drained", "join()"),
            ],
            Target(times=10, peer="penguiflow"),
        ),
        Workload(
            "chunks",
            "one node emits many chunks in one run, a consumer reads them all; bounded, so the producer waits",
            rate("chunks"),
            [Side("penguiflow", 100_000), Side("floor", 300_000), Side("motet", 300_000)],
            Target(times=3, peer="penguiflow"),
        ),
        loop("loop_send", SENT_ROUND, pf=10_000, floor=1_000_000, motet=100_000),
        loop("loop_cycle", ROUTED_ROUND, pf=5_000, floor=100_000, motet=50_000),
        loop("loop_agent", DRIVEN_ROUND, pf=10_000, floor=0, motet=200_000),
        cancel(0, 20_000, LIMIT_OF_CANCEL),
        cancel(1_000, 1_000, LIMIT_OF_CANCEL),
        cancel(10_000, 100, LIMIT_OF_CANCEL),
        Workload(
            "memory",
            "queue 10,000 runs and divide what Python holds more than before by them; payloads were there before",
            BYTES_PER_RUN,
            [Side("penguiflow", 10_000), Side("floor", 10_000), Side("motet", 10_000)],
            Target(most=1024),
            quick=1,
        ),
        Workload(
            "steps10",
            "no-op chain of 10 in memory, one run at a time, counted in steps",
            rate("steps"),
            [
                Side("langgraph", 500),
                Side("pydantic_graph", 1_500),
                Side("penguiflow", 2_000),
                Side("floor", 20_000),
                Side("motet", 10_000),
            ],
            Target(least=100_000),
            section="field",
        ),
        Workload(
            "fanout1000",
            "spread one run over 1000 messages of the same no-op step and join them, in memory, counted in tasks",
            rate("tasks"),
            [
                Side("langgraph", 5),
                Side("pydantic_graph", 10),
                Side("floor", 500),
                Side("motet", 50),
            ],
            Target(least=40_000),
            quick=5,
            section="field",
        ),
    )
}
