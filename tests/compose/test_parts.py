"""The agents that a composition is made of."""

from collections.abc import Sequence
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from compose.voices import twice
from motet import Agent, Context
from motet.compose.parts import agent_of, agents_of, any_of, check_concurrency, check_word, common, listed, told, unique
from motet.kernel.errors import InvalidAgent
from motet.kernel.schema import ANY, Schema


class Many(Agent[Any, Any], Sequence):  # type: ignore[type-arg]
    """An agent that is a collection as well."""

    async def call(self, payload: Any, ctx: Context) -> Any:
        return payload

    def __len__(self) -> int:
        return 0

    def __getitem__(self, index: int) -> Any:  # type: ignore[override]
        raise IndexError


def test_an_agent_may_be_a_collection_as_well():
    many = Many()
    assert agents_of("x", (twice, many)) == (twice, many)


@pytest.mark.parametrize(
    ("agents", "message"),
    [
        ((), "x() is made of at least one agent: x(first, second)"),
        (([twice],), f"x() takes its agents one by one, not {[twice]!r}: write x(*agents)"),
        (({},), "x() takes its agents one by one, not {}: write x(*agents)"),
        (("ab",), "x() takes an agent, not 'ab': a plain function becomes an agent with @agent"),
        ((twice, print), f"x() takes an agent, not {print!r}: a plain function becomes an agent with @agent"),
        ((Many,), "x() takes an agent, not its class: make one, as in Many()"),
    ],
)
def test_what_is_no_agent_is_refused_with_what_to_write(agents, message):
    with pytest.raises(InvalidAgent) as caught:
        agents_of("x", agents)
    assert str(caught.value) == message
    if agents and agents[-1] is print:
        with pytest.raises(InvalidAgent, match="y takes an agent"):
            agent_of("y", print)


@pytest.mark.parametrize("number", [0, -1, True, False, 1.0, "2"])
def test_a_concurrency_is_a_number_from_1(number):
    with pytest.raises(InvalidAgent, match="number from 1, or None"):
        check_concurrency("x", number)
    check_concurrency("x", 1)
    check_concurrency("x", None)


def test_an_unknown_word_is_refused_with_those_that_there_are():
    check_word("x", "errors", "a", ("a", "b"))
    with pytest.raises(InvalidAgent, match=r"x\(errors=\['a'\]\): it is one of 'a', 'b'"):
        check_word("x", "errors", ["a"], ("a", "b"))


@pytest.mark.parametrize(
    ("names", "wanted"),
    [
        ("a b c", "a b c"),
        ("a a a", "a a_2 a_3"),
        ("a a_2 a", "a a_2 a_3"),
        ("a a a_2 a_2", "a a_3 a_2 a_2_2"),
        ("a_2 a_2 a a", "a_2 a_2_2 a a_3"),
    ],
)
def test_names_that_repeat_are_numbered(names, wanted):
    assert unique(names.split()) == tuple(wanted.split())


@given(st.lists(st.sampled_from(["a", "a_2", "a_2_2", "a_3", "b"]), max_size=12))
def test_names_become_unique_and_the_first_of_each_keeps_its_own(names):
    made = unique(names)
    assert len(set(made)) == len(names) == len(made)
    assert all(made[names.index(name)] == name for name in names)


def test_many_alike_are_numbered_without_looking_at_all_of_them_each_time():
    assert unique(["a"] * 50_000)[-1] == "a_50000"


@pytest.mark.parametrize(
    ("count", "wanted"),
    [(1, "0"), (2, "0 and 1"), (3, "0, 1 and 2"), (5, "0, 1, 2, 3 and 4"), (6, "0, 1, 2, 3 and 2 more")],
)
def test_names_are_told_in_a_row(count, wanted):
    assert told(list(map(str, range(count))), last=" and ") == wanted
    assert told(["a", "b"]) == "a, b"


def test_types_of_several_are_put_together():
    text, number = Schema(str), Schema(int)
    assert any_of([text]).type is any_of([text, text]).type is str
    assert any_of([text, number]).type == str | int
    assert any_of([text], bytes).type == str | bytes
    assert any_of([text, ANY]).open
    assert common([text, text]).type is common([text, ANY]).type is str
    assert common([text, number]).open
    assert common([ANY, Schema(object)]).open
    assert listed(any_of([text, number])).type == list[str | int]
    assert get_args(listed(ANY).type) == (Any,)
