"""What `>>` builds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet import agent
from motet.kernel.wiring import Wirable, Wire, Wiring, as_wiring


class Place(Wirable):
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


A, B, C, D, E = map(Place, "abcde")


def told(wiring):
    """Tell a wiring's places, starts, ends and wires by their names."""
    edges = ["".join(map(repr, (wire.source, wire.target))) for wire in wiring.wires]
    parts = ["".join(map(repr, part)) for part in (wiring.places, wiring.starts, wiring.ends)]
    return (*parts, " ".join(edges))


@pytest.mark.parametrize(
    ("wiring", "wanted"),
    [
        (A.wiring(), ("a", "a", "a", "")),
        (A >> B, ("ab", "a", "b", "ab")),
        (A >> B >> C, ("abc", "a", "c", "ab bc")),
        (A >> (B >> C), ("abc", "a", "c", "ab bc")),
        (A >> [B, C], ("abc", "a", "bc", "ab ac")),
        (A >> (B, C), ("abc", "a", "bc", "ab ac")),
        ([A, B] >> C, ("abc", "ab", "c", "ac bc")),
        (A >> [B, C] >> D, ("abcd", "a", "d", "ab ac bd cd")),
        ([A, B] >> (C >> D), ("abcd", "ab", "d", "ac bc cd")),
        (A >> [B >> C, D] >> E, ("abcde", "a", "e", "ab ad bc ce de")),
        (A >> [B, [C, D]], ("abcd", "a", "bcd", "ab ac ad")),
        (A >> [B, B], ("ab", "a", "b", "ab")),
        (A >> A, ("a", "a", "a", "aa")),
        (A >> B >> A, ("ab", "a", "a", "ab ba")),
        ((A >> [B, C]) >> [D, E], ("abcde", "a", "de", "ab ac bd be cd ce")),
    ],
)
def test_what_is_connected(wiring, wanted):
    assert told(wiring) == wanted


def test_wiring_changes_nothing_that_it_connects():
    first = A >> B
    assert told(first >> C) != told(first) == ("ab", "a", "b", "ab")


def test_a_wiring_is_its_own_wiring():
    wiring = A >> B
    assert wiring.wiring() is as_wiring(wiring) is wiring


def test_places_are_told_apart_by_identity():
    twin = Place("a")
    assert told(A >> twin) == ("aa", "a", "a", "aa")


def test_agents_are_connected_like_any_place():
    @agent
    async def first(payload): ...

    @agent
    async def second(payload): ...

    assert (first >> second).wires == (Wire(first, second),)


def plain(payload):
    return payload


@pytest.mark.parametrize("thing", [plain, 3, None, "b", [], (), [B, plain], [[]], {B}])
def test_what_cannot_be_connected_is_refused(thing):
    with pytest.raises(TypeError, match="a plain function becomes an agent with @agent"):
        A >> thing
    with pytest.raises(TypeError, match="a plain function becomes an agent with @agent"):
        thing >> A


WIRINGS = st.recursive(
    st.sampled_from([A, B, C, D, E]).map(Place.wiring),
    lambda inner: (
        st.tuples(inner, inner).map(lambda two: two[0] >> two[1])
        | st.lists(inner, min_size=1, max_size=3).map(as_wiring)
    ),
    max_leaves=8,
)


@given(WIRINGS, WIRINGS, WIRINGS)
def test_connecting_is_associative_and_keeps_everything(first, second, third):
    left, right = (first >> second) >> third, first >> (second >> third)
    assert (left.places, left.starts, left.ends) == (right.places, right.starts, right.ends)
    assert set(left.wires) == set(right.wires)
    assert {*left.starts, *left.ends} <= set(left.places)
    assert all(wire.source in left.places and wire.target in left.places for wire in left.wires)
    assert isinstance(left, Wiring)
