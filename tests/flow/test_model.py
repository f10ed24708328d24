"""Random graphs against a plain model: nothing is lost, nothing comes twice, order is kept, and the books are empty."""

import asyncio
from collections import Counter, defaultdict
from dataclasses import dataclass, replace
from typing import Any

import hypothesis.strategies as st
from hypothesis import event, given, settings

from motet import Backoff, Context, Flow, Node, Policy, RetryPolicy, join, route
from motet.flow.join import Join
from motet.kernel.errors import DeadlineExceeded
from support import assert_empty, echo, node


@dataclass(frozen=True)
class Item:
    """A message: the way it took, its place among what was made of its ancestors, and how often it went round."""

    way: tuple[str, ...] = ()
    place: tuple[int, ...] = ()
    laps: int = 0
    parts: tuple["Item", ...] = ()


@dataclass(frozen=True)
class Plan:
    """A random graph: what each node does, where it leads, and which node may lead back."""

    kinds: tuple[str, ...]
    slots: tuple[int, ...]
    inboxes: tuple[int, ...]
    edges: tuple[tuple[int, int], ...]
    back: tuple[int, int] | None


LAPS = 2
RETRIES = Policy(retry=RetryPolicy(attempts=2, backoff=Backoff(initial=0.0001, jitter=False)))
KINDS = ["pass", "slow", "flaky", "subflow", "double", "filter", "fail", "join"]


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    size = draw(st.integers(1, 7))
    edges = []
    for target in range(1, size):
        sources = draw(st.sets(st.integers(0, target - 1), min_size=1, max_size=3))
        edges += [(source, target) for source in sorted(sources)]
    back = None
    kinds = list(draw(st.lists(st.sampled_from(KINDS), min_size=size, max_size=size)))
    kinds[0] = "pass" if kinds[0] == "join" else kinds[0]
    if size > 1 and draw(st.booleans()):
        back = (size - 1, draw(st.integers(0, size - 1)))
        # What a join waits for in a cycle depends on the order of events: the model would have to be the runtime.
        kinds = ["slow" if kind == "join" else kind for kind in kinds]
    # Where every path doubles, a graph of seven nodes has ten thousand messages: two doublings show as much.
    doubles = [index for index, kind in enumerate(kinds) if kind == "double"]
    kinds = ["pass" if index in doubles[2:] else kind for index, kind in enumerate(kinds)]
    small = st.lists(st.integers(1, 3), min_size=size, max_size=size)
    return Plan(tuple(kinds), tuple(draw(small)), tuple(draw(small)), tuple(edges), back)


def made(kind: str, name: str, item: Item) -> list[Item]:
    """Say what a node makes of a message."""
    onward = replace(item, way=(*item.way, name))
    if kind == "double":
        return [replace(onward, place=(*item.place, number)) for number in range(2)]
    if kind == "filter":
        return [] if sum(item.place) % 2 else [onward]
    return [onward]


def expected(plan: Plan) -> tuple[list[Item], bool]:
    """Work a single input through the graph; return the outputs, and whether a node fails on the way."""
    inboxes: dict[int, list[Item]] = defaultdict(list)
    inboxes[0].append(Item())
    outputs: list[Item] = []
    fails = False
    leads = {index: [target for source, target in plan.edges if source == index] for index in range(len(plan.kinds))}
    while any(inboxes.values()):
        index = min(number for number, waiting in inboxes.items() if waiting)
        items, inboxes[index] = inboxes[index], []
        kind, name = plan.kinds[index], f"n{index}"
        if kind == "join":
            items = [Item(parts=tuple(items))]
        for item in items:
            fails = fails or kind == "fail"
            for onward in [item] if kind == "join" else made(kind, name, item):
                if plan.back is not None and index == plan.back[0] and onward.laps < LAPS:
                    inboxes[plan.back[1]].append(replace(onward, laps=onward.laps + 1))
                    continue
                for target in leads[index]:
                    inboxes[target].append(onward)
                if not leads[index]:
                    outputs.append(onward)
    return outputs, fails


def joined(item: Any) -> Item:
    """Make a message of what a join gives, and of what joins behind joins give."""
    return Item(parts=tuple(map(joined, item))) if isinstance(item, list) else item


def worker(kind: str, tried: set[tuple[int, Item]]) -> Any:
    """Make the function of a node; `tried` remembers what a flaky one has failed for."""

    async def work(item: Any, ctx: Context) -> Any:
        message = joined(item)
        if kind == "fail":
            raise ArithmeticError(ctx.agent)
        if kind == "flaky" and (id(ctx.scope), message) not in tried:
            tried.add((id(ctx.scope), message))
            raise ConnectionError
        if kind in {"slow", "subflow"}:
            for _ in range(sum(message.place) % 3 + 1):
                await asyncio.sleep(0)
        results = made(kind, ctx.agent, message)
        for result in results[:-1]:
            await ctx.send(result)
        return results[-1] if results else None

    return work


def build(plan: Plan) -> Flow[Any, Any]:
    """Make the flow of a plan."""
    tried: set[tuple[int, Item]] = set()
    places: list[Node] = []
    for index, kind in enumerate(plan.kinds):
        name = f"n{index}"
        if kind == "join":
            places.append(join(name=name))
            continue
        slots, inbox = plan.slots[index], plan.inboxes[index]
        place = node(name, worker(kind, tried), concurrency=slots, inbox=inbox, policy=RETRIES)
        if kind == "subflow":
            place = Node(Flow(name, place >> Node(echo)), concurrency=slots, inbox=inbox)
        places.append(place)
    edges: list[Any] = [(places[source], places[target]) for source, target in plan.edges]
    if plan.back is None:
        return Flow("f", edges=edges) if edges else Flow("f", places[0])
    source, target = plan.back

    async def lap(item: Item) -> Item:
        return replace(item, laps=item.laps + 1)

    round_again = node("round", lap, inbox=1)
    gate = route({"again": round_again, "on": node("on")}, by=lambda item: "again" if item.laps < LAPS else "on")
    return Flow("f", places[0], places[source] >> gate, edges=[*edges, (round_again, places[target])], cycles=True)


def plain(item: Item | list[Item]) -> Item:
    """Bring what may come in any order into one order."""
    item = joined(item)
    return replace(item, parts=tuple(sorted(map(plain, item.parts), key=repr)))


def assert_ordered(outputs: list[Any]) -> None:
    """Check that messages of one origin which took the same way came out in the order in which they were made."""
    ways: dict[Item, list[tuple[int, ...]]] = defaultdict(list)
    for item in map(joined, outputs):
        ways[replace(plain(item), place=())].append(item.place)
    for places in ways.values():
        if len(set(places)) == len(places):  # two joins may give the same: those two origins cannot be told apart
            assert places == sorted(places)


@settings(max_examples=300)
@given(
    plan=plans(),
    count=st.integers(1, 6),
    cancels=st.dictionaries(st.integers(0, 5), st.integers(0, 12), max_size=3),
    late=st.sets(st.integers(0, 5), max_size=2),
    observed=st.booleans(),
)
def test_random_graphs_behave_as_the_model(
    plan: Plan, count: int, cancels: dict[int, int], late: set[int], observed: bool
) -> None:
    wanted, fails = expected(plan)
    event(f"fails: {fails}")
    event(f"cycle: {plan.back is not None}")
    asyncio.run(_bounded(plan, wanted, fails, count, cancels, late, observed))


async def _bounded(plan: Plan, *arguments: Any) -> None:
    """Fail, and show where everything stands, when a flow hangs."""
    flow = build(plan)
    try:
        async with asyncio.timeout(400):  # some double a message many times over
            await _compare(plan, flow, *arguments)
    except TimeoutError:
        raise AssertionError(f"the flow hangs: {flow._runtime.program.states}") from None


async def _compare(
    plan: Plan,
    flow: Flow[Any, Any],
    wanted: list[Item],
    fails: bool,
    count: int,
    cancels: dict[int, int],
    late: set[int],
    observed: bool,
) -> None:
    outside = asyncio.all_tasks()
    options: dict[str, Any] = {"observer": lambda _: None} if observed else {}
    deadlines = [0.0005 if number in late else None for number in range(count)]
    runs = [await flow.submit(Item(), deadline=deadline, **options) for deadline in deadlines]
    for turn in range(13):
        for number, when in cancels.items():
            if when == turn and number < count:
                runs[number].cancel()
        await asyncio.sleep(0)
    for number, run in enumerate(runs):
        await run.ended()
        if run.status == "cancelled":
            assert number in cancels
            continue
        if number in late and isinstance(run.error, DeadlineExceeded | ConnectionError):
            continue  # the second: there was no time for another attempt
        assert run.status == ("failed" if fails else "completed"), run.error
        if not fails:
            outputs = [plain(item) for item in run.outputs]
            ways = [replace(plain(item), way=_without_helpers(item.way)) for item in wanted]
            found = [replace(item, way=_without_helpers(item.way)) for item in outputs]
            assert Counter(found) == Counter(ways)
            assert_ordered(run.outputs)
    await flow.stop()
    assert_empty(flow)
    assert asyncio.all_tasks() == outside


def _without_helpers(way: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name in way if name not in {"round", "on"})


def test_the_model_knows_a_join() -> None:
    plan = Plan(("double", "pass", "join"), (1, 1, 1), (1, 1, 1), ((0, 1), (0, 2), (1, 2)), None)
    (output,), fails = expected(plan)
    assert not fails
    assert len(output.parts) == 4
    assert isinstance(build(plan).graph.nodes[2], Join)
