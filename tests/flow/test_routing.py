"""Routers: where a message goes, and what they refuse."""

import asyncio
import enum
from collections.abc import Sized
from functools import partial
from typing import Any, Protocol, runtime_checkable

import pytest

from motet import DROP, Context, Flow, RoutingPolicy, agent, join, route
from motet.flow.routing import Router, label_of
from motet.kernel.errors import NotFound
from support import assert_empty, chain, node, within


class Bug:
    pass


class Crash(Bug):
    pass


class Hang(Crash):
    pass


class Idea:
    def __len__(self) -> int:
        return 3


class Kind(enum.Enum):
    BUG = "bug"
    IDEA = "idea"


class Word(enum.StrEnum):
    BUG = "bug"


@runtime_checkable
class Titled(Protocol):
    title: str


class Titles:
    title = "a title"


def size(number: int) -> str:
    return "small" if number < 10 else "big"


async def size_later(number: int) -> str:
    await asyncio.sleep(0)
    return size(number)


size_agent = agent(thread=False)(size)


def small(number: int) -> bool:
    return number < 10


def big(number: int) -> bool:
    return number >= 10


def place(name: str) -> Any:
    async def tell(payload: object, ctx: Context) -> str:
        return f"{ctx.agent} {payload}" if isinstance(payload, int | str) else ctx.agent

    return node(name, tell)


LEFT, RIGHT, REST = map(place, ("left", "right", "rest"))
WAYS = {"small": LEFT, "big": RIGHT}


async def outputs(flow: Flow[Any, Any], payload: object) -> list[Any]:
    run = await flow.submit(payload)
    await within(run)
    assert_empty(flow)
    return run.outputs


async def through(router: Router, payload: object) -> list[Any]:
    """Send a payload through a router alone, and one between two nodes: both have to go the same way."""
    alone = await outputs(Flow("f", router), payload)
    assert await outputs(Flow("f", node("first") >> router >> node("last")), payload) == alone
    return alone


@pytest.mark.parametrize(
    "router",
    [
        route(WAYS, by=size),
        route(WAYS, by=size_later),
        route(WAYS, by=size_agent),
        route(WAYS, by=partial(size)),
        route(WAYS, by=RoutingPolicy.from_dict({"rules": [{"less": 10, "to": "small"}], "default": "big"})),
        route({"small": LEFT}, by=size, default=RIGHT),
        route([(small, LEFT), (big, RIGHT)]),
        route([(small, LEFT)], default=RIGHT),
        route([(lambda number: number < 10, LEFT), (lambda number: True, RIGHT)]),
        route([(agent(thread=False)(small), LEFT), (agent(thread=False)(big), RIGHT)]),
        route({10: LEFT, 20: RIGHT}, by=lambda number: 10 if number < 10 else 20),
        route({True: LEFT, False: RIGHT}, by=small),
        route({Kind.BUG: LEFT, Kind.IDEA: RIGHT}, by=lambda number: Kind.BUG if number < 10 else Kind.IDEA),
        route({Kind.BUG: LEFT, Kind.IDEA: RIGHT}, by=lambda number: "bug" if number < 10 else "idea"),
        route({"bug": LEFT, "idea": RIGHT}, by=lambda number: Word.BUG if number < 10 else Kind.IDEA),
        route({Bug: LEFT, Idea: RIGHT}, by=lambda number: Bug if number < 10 else Idea),
    ],
)
async def test_every_form_sends_a_message_one_way(router):
    assert await through(router, 3) == ["left 3"]
    assert await through(router, 30) == ["right 30"]


@pytest.mark.parametrize(
    ("cases", "payload", "goes"),
    [
        ({Bug: LEFT, Idea: RIGHT}, Bug(), "left"),
        ({Bug: LEFT, Idea: RIGHT}, Idea(), "right"),
        ({Bug: LEFT, Idea: RIGHT}, Hang(), "left"),
        ({Bug: LEFT, Crash: RIGHT}, Hang(), "right"),
        ({Crash: RIGHT, Bug: LEFT}, Hang(), "right"),
        ({Bug: LEFT, Crash: RIGHT}, Bug(), "left"),
        ({int: LEFT, bool: RIGHT}, True, "right True"),
        ({int: LEFT, str: RIGHT}, True, "left True"),
        ({Sized: LEFT, Bug: RIGHT}, Idea(), "left"),
        ({object: LEFT, Bug: RIGHT}, Idea(), "left"),
        ({Titled: LEFT, Bug: RIGHT}, Titles(), "left"),
        ({Kind: LEFT, Bug: RIGHT}, Kind.BUG, "left"),
    ],
)
async def test_a_payload_goes_where_the_nearest_of_its_types_leads(cases, payload, goes):
    assert await through(route(cases), payload) == [goes]


async def test_another_type_of_the_same_name_is_no_case():
    def make() -> type:
        return type("Bug", (), {})

    with pytest.raises(NotFound, match=r"no case for '.*\.Bug', only for \['Bug'\]"):
        await within(Flow("f", route({Bug: LEFT}))(make()()))


async def test_the_first_predicate_that_holds_decides():
    asked: list[str] = []

    def ask(name: str, answer: bool) -> Any:
        def predicate(payload: object) -> bool:
            asked.append(name)
            return answer

        return predicate

    router = route([(ask("one", answer=False), LEFT), (ask("two", answer=True), RIGHT), (ask("three", True), REST)])
    assert await outputs(Flow("f", router), 1) == ["right 1"]
    assert asked == ["one", "two"]


async def test_a_list_leads_to_several_nodes():
    assert sorted(await through(route({"x": [LEFT, RIGHT]}, by=lambda _: "x"), 1)) == ["left 1", "right 1"]


@pytest.mark.parametrize(
    "router",
    [
        route({"small": None, "big": RIGHT}, by=size),
        route({"big": RIGHT}, by=size, default=DROP),
        route([(small, None)], default=RIGHT),
        route([(big, RIGHT)], default=DROP),
        route({str: RIGHT}, default=DROP),
    ],
)
async def test_a_case_may_drop_messages(router):
    flow = Flow("f", node("first") >> router)
    run = await flow.submit(3)
    assert await within(run) is None
    assert run.outputs == []
    assert_empty(flow)


@pytest.mark.parametrize(
    ("router", "message"),
    [
        (
            route({"a": LEFT, "b": RIGHT}, by=lambda _: "c"),
            "The router 'route' has no case for 'c', only for ['a', 'b']: add the case, or give it a default (default=",
        ),
        (route({"a": LEFT}, by=lambda _: None), "'route' has no case for 'None', only for ['a']"),
        (route({"a": LEFT}, by=lambda _: "otherwise"), "'route' has no case for 'otherwise', only for ['a']"),
        (route([(lambda _: False, LEFT)], name="pick"), "'pick' has no case for 'no case', only for ['case 1']"),
        (route({Bug: LEFT}), "'route' has no case for 'builtins.int', only for ['Bug']"),
        (route({"a": LEFT}, by=RoutingPolicy(())), "'route' has no case for 'no rule', only for ['a']"),
    ],
)
async def test_a_payload_without_a_case_fails_the_run_and_names_the_cases(router, message):
    flow = Flow("f", node("first") >> router)
    with pytest.raises(NotFound) as caught:
        await within(flow(1))
    assert message in str(caught.value)
    assert_empty(flow)


async def test_an_error_names_a_router_as_the_graph_does():
    flow = Flow("f", route({"x": route({"a": LEFT}, by=lambda _: "b")}, by=lambda _: "x"))
    assert flow.graph.names[:2] == ("route", "route_2")
    with pytest.raises(NotFound, match="The router 'route_2' has no case for 'b'"):
        await within(flow(1))


@pytest.mark.parametrize("later", [False, True])
async def test_an_error_of_what_decides_fails_the_run(later):
    def fail(payload: object) -> str:
        raise ZeroDivisionError(payload)

    async def fail_later(payload: object) -> str:
        await asyncio.sleep(0)
        return fail(payload)

    decide = fail_later if later else fail
    for router in (route({"a": LEFT}, by=decide), route([(decide, LEFT)], default=RIGHT)):
        flow = Flow("f", node("first") >> router)
        with pytest.raises(ZeroDivisionError) as caught:
            await within(flow(1))
        assert caught.value.__notes__ == ["in node 'route' of flow 'f'"]
        assert_empty(flow)


async def test_cancelling_a_run_interrupts_what_decides():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(payload: object) -> str:
        begun.set()
        try:
            await asyncio.sleep(3600)
        finally:
            ended.set()
        return "a"

    flow = Flow("f", route({"a": LEFT}, by=hang))
    run = await flow.submit(1)
    await within(begun.wait())
    run.cancel()
    await within(ended.wait())
    await flow.stop()
    assert_empty(flow)


async def test_an_agent_that_decides_belongs_to_the_trace():
    traces: list[str] = []

    @agent(validate="none")
    async def decide(payload: object, ctx: Context) -> str:
        traces.append(ctx.trace)
        assert ctx.path == ("f", "route", "decide")
        return "a"

    run = await Flow("f", route({"a": LEFT}, by=decide)).submit(1)
    await within(run)
    assert traces == [run.trace]


async def test_routers_stand_behind_routers():
    inner = route({"odd": LEFT, "even": RIGHT}, by=lambda number: "odd" if number % 2 else "even")
    flow = Flow("f", route({"small": inner, "big": REST}, by=size))
    assert [(await outputs(flow, number))[0] for number in (1, 2, 30)] == ["left 1", "right 2", "rest 30"]


async def test_a_router_leads_into_a_join():
    async def spread(count: int, ctx: Context) -> None:
        for number in range(count):
            await ctx.send(number)

    router = route({"odd": LEFT, "even": RIGHT}, by=lambda number: "odd" if number % 2 else "even")
    flow = Flow("f", node("spread", spread) >> router >> join())
    assert await outputs(flow, 4) == [["left 1", "left 3", "right 0", "right 2"]]
    straight = Flow("f", node("spread", spread) >> route({"small": join(2)}, by=size))
    assert await outputs(straight, 4) == [[0, 1], [2, 3]]


async def test_a_subflow_is_a_way_like_any_other():
    flow = Flow("f", route({"small": chain(2), "big": LEFT}, by=size))
    assert (await outputs(flow, 3), await outputs(flow, 30)) == ([3], ["left 30"])


async def test_messages_of_one_run_keep_their_order_behind_a_router_that_takes_its_time():
    async def spread(count: int, ctx: Context) -> None:
        for number in range(count):
            await ctx.send(number)

    async def uneven(number: int) -> str:
        for _ in range((number * 7) % 5):
            await asyncio.sleep(0)
        return "all"

    flow = Flow("f", node("spread", spread) >> route({"all": LEFT}, by=uneven))
    assert await outputs(flow, 20) == [f"left {number}" for number in range(20)]


@pytest.mark.parametrize(
    ("key", "label"),
    [("a", "a"), (1, "1"), (None, "None"), (Kind.BUG, "bug"), (Word.BUG, "bug"), (Bug, "Bug"), ((1, 2), "(1, 2)")],
)
def test_how_a_key_is_written_as_a_label(key, label):
    assert label_of(key) == label


def test_predicates_are_labels_by_their_names_where_they_have_one_of_their_own():
    def label(*tests: Any) -> list[str]:
        return list(route([(test, LEFT) for test in tests]).ways)

    assert label(small, big) == ["small", "big"]
    assert label(small, lambda _: True) == ["small", "case 2"]
    assert label(small, big, small) == ["case 1", "big", "case 3"]
    assert label(partial(small), agent(big)) == ["case 1", "big"]


def other_bug() -> type:
    return type("Bug", (), {})


@pytest.mark.parametrize(
    ("arguments", "kind", "message"),
    [
        ({"cases": {}}, ValueError, "at least one case"),
        ({"cases": []}, ValueError, "at least one case"),
        ({"cases": {"a": LEFT}}, ValueError, "needs by=: a function that names the case"),
        ({"cases": {Bug: LEFT, "idea": RIGHT}}, ValueError, "needs by="),
        ({"cases": {list[int]: LEFT}}, ValueError, "needs by="),
        ({"cases": {"a": LEFT}, "by": "kind"}, TypeError, "takes a function, an agent or a RoutingPolicy.*not 'kind'"),
        ({"cases": {"1": LEFT, 1: RIGHT}, "by": size}, ValueError, "several cases that are called '1'"),
        ({"cases": {Bug: LEFT, other_bug(): RIGHT}}, ValueError, "several cases that are called 'Bug'"),
        ({"cases": {"otherwise": LEFT}, "by": size, "default": RIGHT}, ValueError, "'otherwise'"),
        ({"cases": {"a": None}, "by": size}, ValueError, "no case that leads anywhere"),
        ({"cases": [(small, None)], "default": DROP}, ValueError, "no case that leads anywhere"),
        ({"cases": [(small, LEFT)], "by": size}, ValueError, "predicates and by="),
        ({"cases": [LEFT, RIGHT]}, TypeError, r"pairs of a predicate and a node: route\(\[\(is_urgent, page\)\]\)"),
        ({"cases": [("small", LEFT)]}, TypeError, "'small' is no function"),
        ({"cases": [(LEFT, small)]}, TypeError, "<Node left> is no function"),
    ],
)
def test_a_router_refuses_what_makes_no_sense(arguments, kind, message):
    with pytest.raises(kind, match=message):
        route(**arguments)


@pytest.mark.parametrize("target", ["place", small, 3, []])
def test_a_way_leads_to_what_can_stand_in_a_graph(target):
    with pytest.raises(TypeError, match="connects agents, nodes and lists of them"):
        Flow("f", route({"a": target}, by=size))
    with pytest.raises(TypeError, match="connects agents, nodes and lists of them"):
        Flow("f", route({"a": LEFT}, by=size, default=target))


@pytest.mark.parametrize("target", [DROP, None])
async def test_a_case_may_drop_its_messages(target):
    flow = Flow("f", node("start") >> route({"spam": target, "mail": node("end")}, by=lambda text: text))
    assert await flow("mail") == "mail"
    assert await flow("spam") is None
    assert await Flow("g", node("start") >> route([(bool, node("end")), (lambda _: True, target)]))("") is None
