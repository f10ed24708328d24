"""The one call shape: the checks around a call, and what becomes of a generator's chunks."""

import dataclasses
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Annotated, Any, Literal, NamedTuple

import pytest
from pydantic import BaseModel, Field
from typing_extensions import TypedDict

from motet import agent
from motet.kernel.adapt import reduced
from motet.kernel.errors import Fault, InvalidAgent, InvalidPayload, is_retryable


class Model(BaseModel):
    number: int


class Opaque:
    """Something that pydantic knows nothing of."""


@dataclasses.dataclass
class Point:
    x: int


@dataclasses.dataclass
class Holder:
    opaque: Opaque


class Typed(TypedDict):
    x: int


class Pair(NamedTuple):
    x: int
    y: str


OPAQUE = Opaque()


@pytest.mark.parametrize(
    ("type_", "given", "wanted"),
    [
        (Model, {"number": "3"}, Model(number=3)),
        (Point, {"x": "3"}, Point(3)),
        (Typed, {"x": "3"}, {"x": 3}),
        (Pair, (1, "a"), Pair(1, "a")),
        (list[int], ["1", 2], [1, 2]),
        (Annotated[int, Field(gt=0)], "1", 1),
        (int | None, None, None),
        (Model | str, "x", "x"),
        (None, None, None),
        (Literal["a", "b"], "b", "b"),
        (Opaque, OPAQUE, OPAQUE),
        (list[Opaque], [OPAQUE], [OPAQUE]),
        (Any, OPAQUE, OPAQUE),
        (object, 3, 3),
    ],
)
async def test_whatever_pydantic_can_check_is_taken_and_given(type_, given, wanted):
    async def echo(payload: type_) -> type_:
        return payload

    assert await agent(echo)(given) == wanted


async def test_a_dataclass_that_holds_what_pydantic_does_not_know_is_checked_as_a_whole():
    @agent
    async def same(payload: Holder) -> Holder:
        return payload

    holder = Holder(OPAQUE)
    assert await same(holder) is holder
    with pytest.raises(InvalidPayload, match="instance of Holder"):
        await same({"opaque": OPAQUE})


async def lying(payload: int) -> int:
    return "no number"


@pytest.mark.parametrize(
    ("sides", "given", "wanted"),
    [
        ("both", "3", "output"),
        ("both", "x", "input"),
        ("in", "x", "input"),
        ("in", 3, None),
        ("out", "x", "output"),
        ("none", "x", None),
    ],
)
async def test_each_side_is_checked_as_asked_for(sides, given, wanted):
    made = agent(validate=sides)(lying)
    if wanted is None:
        assert await made(given) == "no number"
    else:
        with pytest.raises(InvalidPayload) as caught:
            await made(given)
        assert caught.value.details["side"] == wanted


async def test_a_side_that_does_not_exist_is_refused():
    with pytest.raises(InvalidAgent, match="both, in, out, none"):
        await agent(validate="input")(lying)(1)


async def test_a_validation_error_names_agent_side_and_field_and_is_not_retryable():
    @agent(name="sums")
    async def total(models: list[Model]) -> int:
        return 1

    with pytest.raises(InvalidPayload, match=r"The input of 'sums'.*1\.number: ") as caught:
        await total([{"number": 1}, {"number": "x"}])
    error = caught.value
    assert (error.details["agent"], error.details["side"]) == ("sums", "input")
    assert [problem["field"] for problem in error.details["problems"]] == ["1.number"]
    assert error.fault is Fault.CALLER
    assert not is_retryable(error)
    assert error.__cause__ is not None


async def test_a_wrong_output_is_the_agents_fault():
    with pytest.raises(InvalidPayload, match=r"The output of 'lying'.*\(value\)") as caught:
        await agent(lying)(1)
    assert caught.value.fault is Fault.AGENT


async def untyped(payload):
    yield payload


async def strings(payload) -> AsyncIterator[str]:
    for value in payload:
        yield value


async def numbers(payload) -> AsyncGenerator[int, None]:
    for value in payload:
        yield value


async def words(payload) -> AsyncIterator[Literal["a", "b"]]:
    for value in payload:
        yield value


async def bare(payload) -> AsyncIterator:
    yield payload


async def wrongly_annotated(payload) -> list[int]:
    yield payload


def longest(chunks: list[str]) -> int:
    return max(map(len, chunks))


def quoted(chunks: list[str]) -> "int":
    return len(chunks)


@pytest.mark.parametrize(
    ("function", "reduce", "given", "wanted"),
    [
        (strings, None, ["a", "b"], "ab"),
        (strings, None, [], ""),
        (numbers, None, [1, 2], [1, 2]),
        (numbers, None, [], []),
        (words, None, ["a", "b"], ["a", "b"]),
        (untyped, None, "x", "x"),
        (untyped, None, 1, [1]),
        (bare, None, "x", "x"),
        (wrongly_annotated, None, "x", "x"),
        (strings, longest, ["a", "bcd"], 3),
        (strings, quoted, ["a"], 1),
        (numbers, sum, [1, 2], 3),
    ],
)
async def test_the_output_of_a_generator_is_its_chunks_reduced(function, reduce, given, wanted):
    made = agent(reduce=reduce)(function)
    assert await made(given) == wanted
    if not made.types[1].open:
        made.types[1].validator("x", "output")(wanted)


async def test_what_a_reduce_makes_is_checked():
    def wrong(chunks: list[str]) -> int:
        return "x"

    with pytest.raises(InvalidPayload, match="output of 'strings'"):
        await agent(reduce=wrong)(strings)(["a"])


@pytest.mark.parametrize(("chunks", "output"), [(["a", "b"], "ab"), ([], []), (["a", 1], ["a", 1]), ([None], [None])])
def test_chunks_of_no_known_type_are_reduced_by_what_they_are(chunks, output):
    assert reduced(chunks) == output
