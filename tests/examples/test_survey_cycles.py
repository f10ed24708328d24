"""Cycles in graphs, checked against the definition on random ones."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from survey_cycles import knots, way_round

NODES = "abcdefg"
GRAPHS = st.fixed_dictionaries({node: st.lists(st.sampled_from(NODES), max_size=4) for node in NODES})


@pytest.mark.parametrize(
    ("links", "found"),
    [
        ({}, []),
        ({"a": ["b"], "b": []}, []),
        ({"a": ["a"]}, []),
        ({"a": ["b"], "b": ["a"]}, [("a", "b")]),
        ({"a": ["b"], "b": ["c"], "c": ["a", "d"], "d": ["e"], "e": ["d"]}, [("a", "b", "c"), ("d", "e")]),
    ],
)
def test_knots_of_small_graphs(links, found):
    assert knots(links) == found


@given(GRAPHS)
def test_nodes_of_a_knot_are_those_that_lead_to_each_other(links):
    reached = {node: _reached(links, node) for node in links}
    together = {frozenset(b for b in links if b in reached[a] and a in reached[b]) for a in links}

    assert knots(links) == sorted(tuple(sorted(group)) for group in together if len(group) > 1)


@given(GRAPHS)
def test_a_way_round_goes_along_edges_of_its_knot(links):
    for knot in knots(links):
        way = way_round(links, knot)

        assert way[0] == way[-1] == knot[0]
        assert set(way) <= set(knot)
        assert all(after in links[before] for before, after in pairwise(way))


def test_a_way_round_is_a_shortest_one():
    links = {"a": ["b", "d"], "b": ["c"], "c": ["a"], "d": ["a"]}

    assert way_round(links, ("a", "b", "c", "d")) == ("a", "d", "a")


def test_what_is_no_knot_has_no_way_round():
    with pytest.raises(ValueError, match="'a' does not lead back"):
        way_round({"a": ["b"], "b": []}, ("a", "b"))


def test_a_long_chain_needs_no_recursion():
    links = {str(number): [str((number + 1) % 5000)] for number in range(5000)}

    assert [len(knot) for knot in knots(links)] == [5000]


def _reached(links, start):
    seen = [start]
    for node in seen:
        seen += [target for target in dict.fromkeys(links[node]) if target not in seen]
    return set(seen)
