"""What a model is told of a tool."""

import pytest
from pydantic import BaseModel, TypeAdapter

from motet.kernel.errors import InvalidAgent
from motet.kernel.schema import ANY, Schema
from motet.tools.result import ToolResult
from motet.tools.spec import ToolSpec, spec_of


class Hit(BaseModel):
    title: str


HIT = {"type": "object", "properties": {"title": {"type": "string"}}, "required": ["title"]}


@pytest.mark.parametrize(
    ("given", "output"),
    [(Schema(Hit), HIT), (Schema(list[Hit]), None), (Schema(str), None), (ANY, None), (Schema(ToolResult), None)],
)
def test_an_output_is_told_where_it_is_an_object(given, output):
    assert spec_of("x", "Do it.", Schema(Hit), given) == ToolSpec("x", "Do it.", HIT, output)


@pytest.mark.parametrize("taken", [ANY, Schema(str), Schema(Hit | None), Schema(type)])
def test_arguments_that_are_no_object_cannot_be_told(taken):
    with pytest.raises(InvalidAgent, match="cannot be told what 'x' takes"):
        spec_of("x", "", taken, ANY)


def test_a_spec_goes_through_json_and_back():
    adapter = TypeAdapter(ToolSpec)
    spec = spec_of("x", "Do it.", Schema(Hit), Schema(Hit))
    assert adapter.validate_json(adapter.dump_json(spec)) == spec
