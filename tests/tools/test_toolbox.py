"""Toolboxes: looked up by name, never changed, and never raising at a model."""

import pytest

from motet import Budget, agent
from motet.kernel.errors import BudgetExceeded, DeadlineExceeded, InvalidAgent, NotFound
from motet.tools.tool import Tool, tool
from motet.tools.toolbox import Toolbox


@tool
async def search(query: str, limit: int = 5) -> list[str]:
    return [query] * limit


def delete(name: str) -> str:
    return name


@agent
async def shout(text: str) -> str:
    return text.upper()


BOX = Toolbox(search, delete, shout)


def test_tools_functions_and_agents_are_looked_up_by_name():
    assert list(BOX) == ["search", "delete", "shout"]
    assert BOX["search"] is search
    assert all(isinstance(made, Tool) for made in BOX.values())
    assert (len(BOX), "delete" in BOX, "x" in BOX) == (3, True, False)
    assert repr(BOX) == "<Toolbox search, delete, shout>"
    with pytest.raises(KeyError):
        BOX["x"]


def test_nothing_can_be_put_in_afterwards():
    with pytest.raises(TypeError):
        BOX["x"] = search
    with pytest.raises(AttributeError):
        BOX.tools = {}
    with pytest.raises(TypeError):
        BOX._tools["x"] = search


def test_toolboxes_join():
    both = Toolbox(search) | Toolbox(delete) | shout
    assert dict(both).keys() == dict(BOX).keys()
    assert list(Toolbox(Toolbox(search), delete)) == ["search", "delete"]
    assert not Toolbox()


def test_two_tools_of_one_name_are_refused():
    with pytest.raises(InvalidAgent, match="Two tools are called 'search'"):
        Toolbox(search, tool(name="search")(delete))
    with pytest.raises(InvalidAgent, match="Two tools are called 'search'"):
        BOX | search


def test_parts_of_a_toolbox():
    assert list(BOX.only("shout", "search")) == ["shout", "search"]
    assert list(BOX.without("search")) == ["delete", "shout"]
    assert list(BOX.without()) == list(BOX)
    assert list(BOX.only()) == []
    for part in (BOX.only, BOX.without):
        with pytest.raises(NotFound, match="did you mean 'search'"):
            part("serch")


@pytest.mark.parametrize(
    "arguments", [{"query": "x", "limit": 2}, '{"query": "x", "limit": 2}', '{"query":"x","limit":"2"}']
)
async def test_a_call_takes_a_mapping_or_json_text(arguments):
    assert (await BOX.call("search", arguments)).value == ["x", "x"]


async def test_null_for_what_may_be_left_out_is_taken_as_strict_models_send_it():
    assert len((await BOX.call("search", '{"query": "x", "limit": null}')).value) == 5
    assert not (await search({"query": "x", "limit": None})).ok


@pytest.mark.parametrize(
    ("name", "arguments", "code", "told"),
    [
        ("search", '{"query": ', "invalid_payload", "are no JSON"),
        ("search", "[]", "invalid_payload", "are a list"),
        ("search", None, "invalid_payload", "query: Field required"),
        ("search", {"query": 3}, "invalid_payload", "query: Input should be a valid string"),
        ("serch", {}, "not_found", "There is no tool 'serch': did you mean 'search'"),
        ("fly", {}, "not_found", "There is no tool 'fly': there are 'search', 'delete', 'shout'"),
        ("", {}, "not_found", "There is no tool ''"),
        ("x" * 1_000_000, {}, "not_found", "There is no tool 'xxx"),
        ("__class__", {}, "not_found", "There is no tool"),
        ("shout", {"input": []}, "invalid_payload", "valid string"),
    ],
)
async def test_whatever_is_wrong_with_a_call_is_data(name, arguments, code, told):
    result = await BOX.call(name, arguments)
    assert result.error["code"] == code
    assert told in result.text
    assert len(result.text) < 400


async def test_an_empty_toolbox_says_so():
    assert "none is here" in (await Toolbox().call("x")).text


async def test_a_hundred_tools_are_not_all_told():
    box = Toolbox(*(tool(name=f"t{number}")(delete) for number in range(100)))
    assert (await box.call("zzz")).text.count("'t") == 20


async def test_the_options_of_a_call_are_those_of_the_tool():
    @tool
    async def spends(ctx) -> None:
        ctx.spend(tokens=2)

    with pytest.raises(DeadlineExceeded):
        await BOX.call("search", {"query": "x"}, deadline=0)
    with pytest.raises(BudgetExceeded):
        await Toolbox(spends).call("spends", budget=Budget(tokens=1))


def test_tools_in_a_list_are_told_how_to_be_given():
    with pytest.raises(InvalidAgent, match=r"one by one: write Toolbox\(\*tools\)"):
        Toolbox([lambda: None])
