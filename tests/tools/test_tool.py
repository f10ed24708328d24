"""`@tool`: functions and agents that models may call, and the boundary that no error passes."""

import functools
import threading

import pytest
from pydantic import BaseModel, Field

from motet import Context
from motet.kernel.errors import InvalidAgent
from motet.tools.result import ToolResult
from motet.tools.tool import Tool, tool


class Hit(BaseModel):
    title: str
    score: float = 1.0


@tool
async def search(query: str, limit: int = Field(5, ge=1)) -> list[Hit]:
    """Search the index.

    It is a good one.

    Args:
        query: What to look for.
        limit: How many.
    """
    return [Hit(title=query)] * limit


async def test_a_call_takes_a_mapping_and_gives_a_result():
    result = await search({"query": "x", "limit": "2"})
    assert result == ToolResult([Hit(title="x")] * 2, None, '[{"title":"x","score":1.0},{"title":"x","score":1.0}]')
    assert await search.call_with(query="x", limit=2) == result


def test_a_tool_describes_itself():
    card = search.card
    assert (card.name, card.description) == ("search", "Search the index.")
    assert card.input_schema["additionalProperties"] is False
    assert card.input_schema["properties"]["query"]["description"] == "What to look for."
    assert "value" in card.output_schema["properties"]
    assert search.function.__name__ == "search"
    assert (search.__doc__, search.__module__) == ("Search the index.", __name__)
    assert 'nsearch["search"]' in search.draw()
    named = tool(name="find", description="Another.")(search.function)
    assert (named.name, named.description, repr(named)) == ("find", "Another.", "<Tool find>")


def sync(query: str) -> str:
    return f"{query} in {threading.current_thread() is not threading.main_thread()}"


async def coroutine(query: str) -> str:
    return query


async def chunks(query: str):
    yield query
    yield "!"


class Desk:
    @tool
    def find(self, query: str) -> str:
        """Find at a desk."""
        return f"{query} at {self!r}"

    @tool
    @staticmethod
    def shout(query: str) -> str:
        return query.upper()

    async def ask(self, query: str) -> str:
        return query

    def __call__(self, query: str) -> str:
        return query

    def __repr__(self) -> str:
        return "a desk"


class Slotted:
    __slots__ = ()

    @tool
    def find(self, query: str) -> str:
        return query


@pytest.mark.parametrize(
    ("made", "name", "value"),
    [
        (tool(sync), "sync", "x in True"),
        (tool(thread=False)(sync), "sync", "x in False"),
        (tool(coroutine), "coroutine", "x"),
        (tool(chunks), "chunks", "x!"),
        (tool(Desk().ask), "ask", "x"),
        (tool(Desk()), "Desk", "x"),
        (Desk().find, "find", "x at a desk"),
        (Desk().shout, "shout", "X"),
        (Slotted().find, "find", "x"),
        (tool(functools.partial(coroutine)), "coroutine", "x"),
        (tool(lambda query: query), "<lambda>", "x"),
    ],
)
async def test_every_way_to_write_a_tool_is_called_alike(made, name, value):
    assert made.name == name
    assert list(made.card.input_schema["properties"]) == ["query"]
    result = await made({"query": "x"})
    assert (result.value, result.error) == (value, None)


def test_a_method_is_one_tool_for_each_instance():
    one, other = Desk(), Desk()
    assert one.find is one.find
    assert one.find is not other.find
    assert isinstance(Desk.find, Tool)
    assert one.find.description == "Find at a desk."


def test_a_function_that_a_class_only_holds_does_not_take_the_instance():
    class Holder:
        find = search

    assert Holder().find is search


async def test_a_parameter_of_a_plain_function_may_be_called_self():
    @tool
    def odd(self: int, ctx: Context) -> int:
        return self + len(ctx.path)

    assert (await odd.call_with(self=1)).value == 2


@pytest.mark.parametrize("wrong", [3, Hit, "search", classmethod(sync)])
def test_what_cannot_be_a_tool_is_refused(wrong):
    with pytest.raises(InvalidAgent, match="is no tool"):
        tool(wrong)


@pytest.mark.parametrize("options", [{"timeout": 0}, {"timeout": -1}, {"timeout": float("nan")}, {"max_text": 5}])
def test_a_bound_that_makes_no_sense_is_refused(options):
    with pytest.raises(InvalidAgent, match="'sync' says"):
        tool(**options)(sync)
