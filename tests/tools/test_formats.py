"""Tools in the formats of OpenAI, Anthropic and the Model Context Protocol."""

from typing import Any

import pytest
from pydantic import BaseModel

from motet import agent
from motet.kernel.errors import InvalidAgent
from motet.tools.spec import ToolSpec
from motet.tools.tool import tool
from motet.tools.toolbox import Toolbox


class Node(BaseModel):
    """A place in a tree."""

    name: str
    children: list["Node"] = []


class Hits(BaseModel):
    hits: list[str]


@tool
async def search(query: str, limit: int = 5) -> Hits:
    """Search the index.

    Args:
        query: What to look for.
    """
    return Hits(hits=[query] * limit)


@tool
async def plant(tree: Node) -> str:
    """Plant a tree."""
    return tree.name


@tool
async def store(values: dict[str, int]) -> None:
    """Store values."""


TOOLS = Toolbox(search, plant, store)
SEARCH = {
    "type": "object",
    "properties": {
        "query": {"type": "string", "description": "What to look for."},
        "limit": {"type": "integer", "default": 5},
    },
    "required": ["query"],
    "additionalProperties": False,
}


def test_openai_takes_functions_with_parameters():
    written = TOOLS.openai()
    assert written[0] == {
        "type": "function",
        "function": {"name": "search", "description": "Search the index.", "parameters": SEARCH},
    }
    assert [entry["function"]["name"] for entry in written] == ["search", "plant", "store"]


def test_openai_strictly():
    by_name = {entry["function"]["name"]: entry["function"] for entry in TOOLS.openai(strict=True)}
    assert by_name["search"]["strict"] is True
    assert by_name["search"]["parameters"] == {
        "type": "object",
        "properties": {
            "query": {"type": "string", "description": "What to look for."},
            "limit": {"anyOf": [{"type": "integer"}, {"type": "null"}]},
        },
        "required": ["query", "limit"],
        "additionalProperties": False,
    }
    assert by_name["plant"]["strict"] is True


def test_a_tool_without_a_strict_form_is_written_without():
    assert TOOLS.only("store").openai(strict=True) == TOOLS.only("store").openai()


def test_anthropic_takes_an_input_schema():
    assert TOOLS.anthropic()[0] == {"name": "search", "description": "Search the index.", "input_schema": SEARCH}


def test_mcp_tells_the_output_where_it_is_an_object():
    written = TOOLS.mcp()
    assert written[0] == {
        "name": "search",
        "description": "Search the index.",
        "inputSchema": SEARCH,
        "outputSchema": {
            "type": "object",
            "properties": {"hits": {"type": "array", "items": {"type": "string"}}},
            "required": ["hits"],
        },
    }
    assert all("outputSchema" not in entry for entry in written[1:])


@pytest.mark.parametrize("strict", [False, True])
def test_a_recursive_model_refers_to_itself(strict):
    parameters = TOOLS.only("plant").openai(strict=strict)[0]["function"]["parameters"]
    assert parameters["properties"]["tree"] == {"$ref": "#/$defs/Node"}
    node = parameters["$defs"]["Node"]
    assert node["description"] == "A place in a tree."
    children = node["properties"]["children"]
    assert {"type": "array", "items": {"$ref": "#/$defs/Node"}}.items() <= (
        children["anyOf"][0] if strict else children
    ).items()


async def test_an_agent_with_a_recursive_payload_is_an_object_at_its_root():
    @agent
    async def prune(tree: Node) -> Node:
        return tree

    for written in (Toolbox(prune).mcp()[0]["inputSchema"], Toolbox(prune).mcp()[0]["outputSchema"]):
        assert written["type"] == "object"
        assert written["properties"]["children"]["items"] == {"$ref": "#/$defs/Node"}


def test_a_result_is_no_output_to_tell_of():
    assert search.spec.output is not None
    assert tool(name="again")(search).spec.output is None


@pytest.mark.parametrize("name", ["", "a b", "ü", "a" * 65, "a.b", "<lambda>", "a\n"])
def test_a_name_that_models_cannot_call_is_refused_when_a_format_is_asked_for(name):
    box = Toolbox(tool(name=name or " ")(lambda x: x))
    for write in (box.openai, box.anthropic, box.mcp):
        with pytest.raises(InvalidAgent, match="say name= where the tool is made"):
            write()


def test_the_longest_name_is_fine():
    assert Toolbox(tool(name="a-_9" * 16)(lambda x: x)).mcp()


def test_what_json_schema_cannot_say_is_refused():
    class Opaque:
        """Nothing that JSON knows."""

    @agent
    async def takes(what: Opaque) -> None:
        """Take it."""

    with pytest.raises(InvalidAgent, match="cannot be told what 'takes' takes"):
        Toolbox(takes).openai()


def test_what_is_written_can_be_changed_without_changing_the_tool():
    TOOLS.anthropic()[0]["input_schema"]["properties"] = {}
    assert TOOLS.anthropic()[0]["input_schema"] == SEARCH


def test_a_spec_is_plain_data():
    spec: Any = search.spec
    assert spec == ToolSpec("search", "Search the index.", SEARCH, spec.output)
