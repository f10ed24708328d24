"""Reachable, in a cycle, closing a cycle: against the plain definitions."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.flow.order import back_edges, find_cycle, in_cycles, reachable, shortest

DEEP = 5_000


class Index(int):
    """The index of a node that counts how often it is looked at."""

    looks = 0

    def __eq__(self, other: object) -> bool:
        Index.looks += 1
        return int(self) == other

    def __hash__(self) -> int:
        Index.looks += 1
        return int.__hash__(self)


@st.composite
def graphs(draw):
    """Draw a size, and edges between nodes of that range, self-loops and repetitions included."""
    size = draw(st.integers(1, 7))
    nodes = st.integers(0, size - 1)
    return size, draw(st.lists(st.tuples(nodes, nodes), max_size=14))


def closure(size, pairs):
    """Tell for each node where a way of at least one edge leads: Warshall's definition."""
    leads = {node: {target for source, target in pairs if source == node} for node in range(size)}
    for middle in range(size):
        for node in range(size):
            if middle in leads[node]:
                leads[node] |= leads[middle]
    return leads


@given(graphs(), st.data())
def test_reachable_is_the_starts_and_what_ways_from_them_lead_to(graph, data):
    size, pairs = graph
    starts = data.draw(st.sets(st.integers(0, size - 1)))
    leads = closure(size, pairs)
    assert reachable(pairs, starts) == starts.union(*(leads[start] for start in starts))


@given(graphs())
def test_in_cycles_are_the_nodes_that_lead_to_themselves(graph):
    size, pairs = graph
    leads = closure(size, pairs)
    assert in_cycles(size, pairs) == {node for node in range(size) if node in leads[node]}


@given(graphs(), st.data())
def test_without_its_back_edges_a_graph_has_no_cycle(graph, data):
    size, pairs = graph
    closing = back_edges(size, pairs, data.draw(st.lists(st.integers(0, size - 1), max_size=3)))
    assert closing <= set(pairs)
    assert not in_cycles(size, [pair for pair in pairs if pair not in closing])


@given(graphs())
def test_a_back_edge_lies_in_a_cycle(graph):
    size, pairs = graph
    leads = closure(size, pairs)
    assert all(source in leads[target] or source == target for source, target in back_edges(size, pairs, [0]))


@given(graphs(), st.data())
def test_a_cycle_is_found_exactly_where_there_is_one(graph, data):
    size, pairs = graph
    cycle = find_cycle(size, pairs, data.draw(st.lists(st.integers(0, size - 1), max_size=2)))
    assert bool(cycle) == bool(in_cycles(size, pairs))
    assert len(set(cycle)) == len(cycle)
    assert set(pairwise([*cycle, *cycle[:1]])) <= set(pairs)


@given(graphs(), st.data())
def test_a_shortest_way_is_a_way_and_none_is_shorter(graph, data):
    size, pairs = graph
    start, end = data.draw(st.integers(0, size - 1)), data.draw(st.integers(0, size - 1))
    way = shortest(pairs, start, end)
    assert bool(way) == (end in reachable(pairs, [start]))
    if way:
        assert (way[0], way[-1]) == (start, end)
        assert set(pairwise(way)) <= set(pairs)
        reached = {start}
        for _ in way[1:-1]:
            reached |= {target for source, target in pairs if source in reached}
        assert start == end or end not in reached


@pytest.mark.parametrize(
    ("pairs", "starts", "closing", "cyclic"),
    [
        ([], [0], set(), set()),
        ([(0, 1), (1, 2)], [0], set(), set()),
        ([(0, 0)], [0], {(0, 0)}, {0}),
        ([(0, 1), (1, 0)], [0], {(1, 0)}, {0, 1}),
        ([(0, 1), (1, 0)], [1], {(0, 1)}, {0, 1}),
        ([(0, 1), (1, 2), (2, 1)], [0], {(2, 1)}, {1, 2}),
        ([(0, 1), (0, 2), (1, 2)], [0], set(), set()),
        ([(0, 1), (1, 0), (1, 2), (2, 3), (3, 2)], [0], {(1, 0), (3, 2)}, {0, 1, 2, 3}),
        ([(0, 1), (1, 0), (1, 2), (2, 3), (3, 4), (4, 3)], [0], {(1, 0), (4, 3)}, {0, 1, 3, 4}),
        ([(0, 1), (2, 2)], [0], {(2, 2)}, {2}),
    ],
)
def test_which_edges_close_a_cycle_and_which_nodes_are_in_one(pairs, starts, closing, cyclic):
    assert back_edges(5, pairs, starts) == closing
    assert in_cycles(5, pairs) == cyclic


def test_a_cycle_is_told_from_where_it_is_entered():
    assert find_cycle(4, [(0, 1), (1, 2), (2, 3), (3, 1)], [0]) == [1, 2, 3]
    assert find_cycle(2, [(0, 0), (0, 1)], [0]) == [0]
    assert find_cycle(2, [(0, 1)], [0]) == []


def test_a_way_to_where_one_stands_is_that_node_alone():
    assert shortest([(0, 1)], 0, 0) == [0]
    assert shortest([(0, 1)], 1, 0) == []


@pytest.mark.parametrize("closed", [False, True])
def test_deep_chains_are_walked_without_recursion(closed):
    pairs = [*pairwise(range(DEEP)), *([(DEEP - 1, 0)] if closed else [])]
    everything = set(range(DEEP))
    assert reachable(pairs, [0]) == everything
    assert in_cycles(DEEP, pairs) == (everything if closed else set())
    assert back_edges(DEEP, pairs, [0]) == ({(DEEP - 1, 0)} if closed else set())
    assert find_cycle(DEEP, pairs, [0]) == (list(range(DEEP)) if closed else [])
    assert shortest(pairs, 0, DEEP - 1) == list(range(DEEP))


@pytest.mark.parametrize("question", [in_cycles, lambda size, pairs: back_edges(size, pairs, [0])])
@pytest.mark.parametrize("closed", [False, True])
def test_the_work_grows_with_the_graph_and_not_with_its_square(question, closed):
    def looks(size):
        nodes = [Index(number) for number in range(size)]
        pairs = [*pairwise(nodes), *([(nodes[-1], nodes[0])] if closed else [])]
        Index.looks = 0
        question(size, pairs)
        return Index.looks

    assert looks(2_000) < 11 * looks(200)
