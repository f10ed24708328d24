"""From what users wire to nodes and edges."""

from functools import reduce
from itertools import pairwise
from operator import rshift

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import Context, Flow, Node, Policy, RetryPolicy, agent, join, route
from motet.flow.graph import Edge, Graph, build
from motet.kernel.errors import InvalidGraph
from motet.kernel.wiring import Wirable
from support import echo, node, within


@agent(validate="none")
async def other(payload: object) -> object:
    return payload


def plain(payload: object) -> object:
    return payload


def kind(payload: object) -> str:
    return str(payload)


A, B, C, D, E = map(node, "abcde")


def told(graph: Graph) -> tuple[str, str]:
    """Tell a graph's nodes and edges by their names, a router's labels after a colon."""
    edges = [
        f"{graph.names[edge.source]}>{graph.names[edge.target]}{f':{edge.label}' if edge.label else ''}"
        for edge in graph.edges
    ]
    return " ".join(graph.names), " ".join(edges)


@pytest.mark.parametrize(
    ("parts", "pairs", "nodes", "edges"),
    [
        ([A], [], "a", ""),
        ([A, B], [], "a b", ""),
        ([A >> B >> C], [], "a b c", "a>b b>c"),
        ([A >> [B, C] >> D], [], "a b c d", "a>b a>c b>d c>d"),
        ([A >> [B, [C, D]] >> E], [], "a b c d e", "a>b a>c a>d b>e c>e d>e"),
        ([A >> [B >> C, D] >> E], [], "a b c d e", "a>b a>d b>c c>e d>e"),
        ([[A, B]], [], "a b", ""),
        ([[A >> B, C]], [], "a b c", "a>b"),
        ([A >> B, B >> C], [], "a b c", "a>b b>c"),
        ([A >> B, A >> B], [], "a b", "a>b"),
        ([A >> B >> A], [], "a b", "a>b b>a"),
        ([A >> A], [], "a", "a>a"),
        ([], [(A, B), (B, C)], "a b c", "a>b b>c"),
        ([], [(A, B), (A, B)], "a b", "a>b"),
        ([A >> B], [(A, B), (A, C)], "a b c", "a>b a>c"),
        ([C], [(A, B)], "c a b", "a>b"),
        ([], [(A, [B, C])], "a b c", "a>b a>c"),
        ([], [([A, B], [C])], "a b c", "a>c b>c"),
        ([], [[A, B]], "a b", "a>b"),
        ([], [(A >> B, C >> D)], "a b c d", "a>b b>c c>d"),
    ],
)
def test_what_users_wire_becomes_nodes_and_edges(parts, pairs, nodes, edges):
    assert told(build("g", parts, pairs)) == (nodes, edges)


def test_an_agent_is_one_place_however_often_it_is_named():
    graph = build("g", [echo >> other, other >> echo], [(echo, other)])
    assert told(graph) == ("echo other", "echo>other other>echo")
    assert [place.agent for place in graph.nodes] == [echo, other]


def test_one_agent_stands_in_two_places_as_two_nodes():
    first, second = Node(echo, name="first"), Node(echo, name="second")
    graph = build("g", [first >> second >> echo], [])
    assert told(graph) == ("first second echo", "first>second second>echo")
    assert graph.nodes[:2] == (first, second)
    assert {place.agent for place in graph.nodes} == {echo}


def test_a_node_is_named_after_its_agent_unless_it_is_named():
    assert Node(echo).name == "echo"
    assert Node(echo, name="other").name == "other"
    assert repr(Node(echo)) == "<Node echo>"


def test_a_node_knows_what_its_agent_takes_and_gives():
    @agent
    async def length(text: str, ctx: Context) -> int:
        return len(text)

    place = Node(length)
    assert (place.taken.type, place.given.type) == (str, int)
    router = route({"a": A}, by=kind)
    assert (router.taken, router.given) == (None, None)
    assert join().given.name == "list[Any]"


def test_the_ways_of_a_router_are_edges_with_labels():
    graph = build("g", [A >> route({"x": B, "y": [C, D], "z": None}, by=kind, default=E)], [])
    assert told(graph) == ("a route b c d e", "a>route route>b:x route>c:y route>d:y route>e:otherwise")


def test_an_edge_behind_a_router_starts_at_the_ends_of_its_ways():
    graph = build("g", [A >> route({"x": B >> C, "y": D}, by=kind) >> E], [])
    assert told(graph) == ("a route b c d e", "a>route route>b:x route>d:y b>c c>e d>e")


def test_two_labels_that_lead_to_one_node_are_two_edges():
    graph = build("g", [route({"x": A, "y": A}, by=kind)], [])
    assert graph.edges == (Edge(0, 1, "x"), Edge(0, 1, "y"))


def test_a_router_may_lead_to_a_router_and_to_a_join():
    inner = route({"x": B, "y": C}, by=kind)
    graph = build("g", [A >> route({"far": inner, "near": D}, by=kind) >> join() >> E], [])
    assert told(graph) == (
        "a route route_2 b c d join e",
        "a>route route>route_2:far route>d:near route_2>b:x route_2>c:y b>join c>join d>join join>e",
    )


@pytest.mark.parametrize(
    ("wanted", "places"),
    [
        ("join join_2 join_3", [join(), join(), join()]),
        ("route join route_2", [route({"x": None, "y": A}, by=kind), join(), route({"x": A}, by=kind)]),
        ("join_2 join", [join(), join(name="join")]),
        ("join_3 join_2 join join_4", [join(), join(name="join_2"), join(name="join"), join()]),
        ("join_2 join", [join(), Node(echo, name="join")]),
        ("same same", [join(name="same"), join(name="same")]),
    ],
)
def test_routers_and_joins_without_a_name_are_numbered(wanted, places):
    names = build("g", places, []).names
    assert [name for name in names if name != "a"] == wanted.split()


@given(st.lists(st.sampled_from(["join", "join_2", "join_3", "route", None, None, None]), min_size=1, max_size=9))
def test_a_number_never_makes_two_names_alike(names):
    graph = build("g", [join(name=name) for name in names], [])
    given_names = [name for name in names if name is not None]
    made = list(graph.names)
    for name in given_names:
        made.remove(name)
    assert len(set(made)) == len(made)
    assert not set(made) & set(given_names)


@pytest.mark.parametrize(
    ("parts", "entries", "exits"),
    [
        ([A], "a", "a"),
        ([A, B], "a b", "a b"),
        ([A >> B >> C], "a", "c"),
        ([[A, B] >> C], "a b", "c"),
        ([A >> [B, C]], "a", "b c"),
        ([A >> B >> A], "a", ""),
        ([A >> A], "a", ""),
        ([A >> A, A >> B], "a", "b"),
        ([C >> A >> B >> A], "c", ""),
        ([A >> B >> A, C >> A], "c", ""),
        ([route({"x": A, "y": None}, by=kind)], "route", "a"),
        ([A >> join()], "a", "join"),
    ],
)
def test_inputs_enter_where_nothing_leads_and_leave_where_nothing_goes_on(parts, entries, exits):
    graph = build("g", parts, [])
    assert [graph.names[index] for index in graph.entries] == entries.split()
    assert [graph.names[index] for index in graph.exits] == exits.split()


def test_edges_are_told_from_both_of_their_ends():
    graph = build("g", [A >> [B, C] >> D], [])
    assert [graph.incoming(index) for index in range(4)] == [
        (),
        [Edge(0, 1)],
        [Edge(0, 2)],
        [Edge(1, 3), Edge(2, 3)],
    ]
    assert [graph.outgoing(index) for index in range(4)] == [
        [Edge(0, 1), Edge(0, 2)],
        [Edge(1, 3)],
        [Edge(2, 3)],
        (),
    ]
    assert [graph.upstream(index) for index in range(4)] == [set(), {0}, {0}, {0, 1, 2}]


def test_a_graph_knows_its_cycles():
    graph = build("g", [A >> B >> C >> B, C >> D], [])
    assert {graph.names[index] for index in graph.cyclic()} == {"b", "c"}
    assert graph.closing() == {(2, 1)}
    assert graph.upstream(1) == {0, 2}


WIRES = st.lists(st.tuples(st.sampled_from([A, B, C, D]), st.sampled_from([A, B, C, D])), min_size=1, max_size=12)


@given(WIRES)
def test_explicit_edges_and_wirings_build_the_same_graph(pairs):
    written = build("g", [], pairs)
    wired = build("g", [source >> target for source, target in pairs], [])
    assert (written.nodes, written.edges) == (wired.nodes, wired.edges)
    wanted = dict.fromkeys((source.name, target.name) for source, target in pairs)
    names = written.names
    assert [(names[edge.source], names[edge.target]) for edge in written.edges] == list(wanted)


def test_a_graph_with_nothing_in_it_says_what_to_put_there():
    with pytest.raises(InvalidGraph, match="it has no nodes: wire some agents, as in Flow"):
        build("g", [], [])


class Unplaceable(Wirable):
    pass


@pytest.mark.parametrize(
    ("parts", "pairs", "message"),
    [
        (["agent"], [], "not 'agent'.*@agent"),
        ([None], [], "not None"),
        ([plain], [], "a plain function becomes an agent with @agent"),
        ([[]], [], r"not \[\]"),
        ([3], [], "not 3"),
        ([Unplaceable()], [], "only agents and nodes can"),
        ([], [("a", "b")], "not 'a'.*@agent"),
        ([], [(plain, plain)], "a plain function becomes an agent with @agent"),
        ([], [(A, None)], "not None"),
        ([], [A, B], r"An edge is a pair, as in edges=\[\(first, second\)\], not <Node a>"),
        ([], [(A,)], "An edge is a pair"),
        ([], [(A, B, C)], "An edge is a pair"),
        ([], [None], "An edge is a pair.*not None"),
    ],
)
def test_what_cannot_be_wired_is_refused_with_what_to_do(parts, pairs, message):
    with pytest.raises(TypeError, match=message):
        build("g", parts, pairs)


def test_a_flow_whose_name_was_forgotten_says_so():
    with pytest.raises(TypeError, match=r"A flow begins with its name, as in Flow\('name', first >> second\)"):
        Flow(A >> B)  # type: ignore[arg-type]


@pytest.mark.parametrize("thing", [plain, "agent", 3, A, A >> B])
def test_a_node_holds_an_agent_and_nothing_else(thing):
    with pytest.raises(TypeError, match="A node holds an agent.*@agent"):
        Node(thing)


def test_a_nodes_policy_is_a_policy():
    with pytest.raises(TypeError, match=r"as in Policy\(retry=RetryPolicy\(\)\)"):
        Node(echo, policy=RetryPolicy())  # type: ignore[arg-type]
    assert Node(echo, policy=Policy(timeout=1)).policy.timeout == 1


async def test_a_long_chain_is_built_and_run():
    places = [node(f"n{number}") for number in range(2_000)]
    flow = Flow("long", edges=list(pairwise(places)))
    assert await within(flow(1)) == 1
    assert told(flow.graph) == told(build("long", [reduce(rshift, places)], []))


def test_what_follows_a_router_that_leads_back_follows_its_way_out():
    draft, review, publish, notify = (node(name) for name in ("draft", "review", "publish", "notify"))
    loop = draft >> review >> route({"again": draft, "done": publish}, by=str) >> notify
    graph = Flow("f", loop, cycles=True).graph
    names = {(graph.names[edge.source], graph.names[edge.target]) for edge in graph.edges}
    assert names == {
        ("draft", "review"),
        ("review", "route"),
        ("route", "draft"),
        ("route", "publish"),
        ("publish", "notify"),
    }


def test_what_follows_a_plain_cycle_follows_its_last_node():
    one, two, three = node("one"), node("two"), node("three")
    graph = Flow("f", one >> two >> one >> three, cycles=True).graph
    assert (0, 2) in graph.pairs


@pytest.mark.parametrize("sizes", [{"concurrency": "3"}, {"inbox": 0}])
def test_a_flow_refuses_sizes_that_are_none(sizes):
    with pytest.raises(InvalidGraph, match="whole number of at least 1"):
        Flow("f", node("n"), **sizes)
