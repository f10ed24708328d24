"""How compositions are drawn."""

import pytest

from compose.voices import adding, twice
from motet import Flow, agent, loop
from motet.compose.sketching import chain, spot, spread
from motet.kernel.sketch import Arrow, Sketch, Spot


@agent
async def other(payload): ...


def test_an_agent_with_an_inside_is_a_box():
    inner = Flow("inner", twice >> other)
    assert spot(inner, "here") == Spot("here", "flow", inner.sketch())
    loose = Flow("loose", twice, other)
    assert spot(loose, "here") == Spot("here", "flow", loose.sketch())
    again = loop(twice, until=bool)
    assert spot(again, "here") == Spot("here", "flow", again.sketch())


@pytest.mark.parametrize("shape", ["agent", "join"])
def test_a_plain_agent_and_a_function_are_single_places(shape):
    assert spot(twice, "here", shape) == spot(len, "here", shape) == Spot("here", shape)
    assert spot(Flow("f", twice), "here", shape) == Spot("here", shape)


def test_a_chain_of_one_keeps_what_is_inside_and_its_shape():
    boxed = chain("s", [Spot("x", "flow", Sketch("i", (Spot("a"), Spot("b")), (Arrow("a", "b"),)))])

    class Boxed(type(twice)):
        def sketch(self):
            return boxed

    made = Boxed(len)
    assert spot(made, "here") == Spot("here", "flow", boxed.spots[0].inside)
    assert chain("s", []).spots == ()


def test_what_stands_beside_one_another_has_a_fork_and_a_join():
    sketch = spread("s", [twice, twice], fork="fork", join="twice", labels=["x", "y"], then=len, then_name="join")
    assert [(place.name, place.shape) for place in sketch.spots] == [
        ("fork", "router"),
        ("twice", "agent"),
        ("twice_2", "agent"),
        ("twice_3", "join"),
        ("join", "agent"),
    ]
    assert sketch.arrows == (
        Arrow("fork", "twice", "x"),
        Arrow("fork", "twice_2", "y"),
        Arrow("twice", "twice_3"),
        Arrow("twice_2", "twice_3"),
        Arrow("twice_3", "join"),
    )


def test_agents_keep_their_names_where_a_fork_is_called_alike():
    sketch = spread("s", [adding(1)], fork="add_1", join="join")
    assert [place.name for place in sketch.spots] == ["add_1_2", "add_1", "join"]
