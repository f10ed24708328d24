"""`aggregate`: results together."""

import pytest

from motet.executors.aggregate import aggregate
from motet.kernel.errors import InvalidPayload
from motet.tasks.executors import DEFAULT_EXECUTORS


@pytest.mark.parametrize("inputs", [{}, {"cpu": {"percent": 1}, "page": None, "title": "report"}, {"a": {"b": [1]}}])
async def test_all_results_by_name(inputs):
    assert await aggregate(inputs) == inputs
    assert DEFAULT_EXECUTORS.demo("aggregate", inputs) == inputs


async def test_what_it_is_given_is_not_what_it_gives():
    inputs = {"a": 1}
    given = await aggregate(inputs)
    given["b"] = 2
    assert inputs == {"a": 1}


@pytest.mark.parametrize("inputs", [[1], "text", None, {1: "a"}, 3])
async def test_what_is_no_collection_of_names_is_refused(inputs):
    with pytest.raises(InvalidPayload):
        await aggregate(inputs)


def test_it_takes_whatever_its_dependencies_give():
    assert aggregate.types[0].json_schema["additionalProperties"] is True
