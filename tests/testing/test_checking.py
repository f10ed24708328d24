"""Assertions on events, chunks and JSON say where the difference is."""

import dataclasses
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from motet import Backoff, Flow
from motet.kernel.events import ChunkEmitted, NodeEnded, NodeStarted, RunEnded, RunStarted
from motet.middleware import Retry
from motet.testing import (
    Chunks,
    Recorder,
    assert_chunks,
    assert_events,
    assert_same_json,
    echo,
    event,
    run_one,
    scripted,
)
from motet.testing.showing import Difference


async def recorded():
    recorder = Recorder()
    await (await Flow("pair", echo("a") >> echo("b")).submit(1, observer=recorder))
    return recorder


async def test_events_in_order_with_others_between_are_enough():
    recorder = await recorded()
    assert_events(recorder, [RunStarted, event(NodeEnded, node="a"), (NodeStarted, {"node": "b"}), RunEnded])
    assert_events(recorder, [])
    assert_events(recorder.of(NodeStarted), [event(NodeStarted, node="a"), event(NodeStarted, node="b")], exact=True)
    assert_events(await run_one(echo(), 1), [])


@pytest.mark.parametrize(
    ("expected", "exact", "told"),
    [
        (
            [RunStarted, event(NodeEnded, node="b", status="failed")],
            False,
            "The nearest is NodeEnded(flow='pair', node='b', status='completed'), whose status is 'completed'.",
        ),
        ([RunEnded, RunStarted], False, "no RunStarted came after RunEnded. One came before that: is the order"),
        ([ChunkEmitted], False, "no ChunkEmitted came. There is no ChunkEmitted at all."),
        ([RunStarted, RunEnded], True, "RunEnded was next, and NodeStarted(flow='pair', node='a') came."),
        ([RunStarted], True, "6 events came, 1 expected: the last ones are too many."),
    ],
)
async def test_a_missing_event_is_told_with_the_nearest(expected, exact, told):
    with pytest.raises(AssertionError) as caught:
        assert_events(await recorded(), expected, exact=exact)
    assert told in str(caught.value)
    assert "RunStarted(flow='pair')" in str(caught.value)


async def test_chunks_of_outcomes_streams_and_lists_are_checked():
    model = scripted([Chunks("a", "b")] * 2, name="model")
    outcome = await run_one(model, 1)
    assert_chunks(outcome, ["a", "b"])
    assert_chunks(list(outcome.chunks), ["a", "b"])
    async with model.stream(1) as stream:
        await assert_chunks(stream, ["a", "b"])
    tried = scripted([Chunks("a", OSError()), Chunks("a", "b")]).using(Retry(attempts=2, backoff=Backoff(initial=0)))
    outcome = await run_one(tried, 1)
    assert_chunks(outcome, ["a", "b"])
    assert_chunks(outcome, ["a", "a", "b"], raw=True)
    with pytest.raises(AssertionError, match="1 restart left out what was emitted before; raw=True counts it"):
        assert_chunks(outcome, ["a", "a", "b"])


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        (["a", "x"], "2 chunks came, 2 expected; they part at number 2."),
        (["a"], "2 chunks came, 1 expected; they part at number 2."),
        (["a", "b", "c"], "2 chunks came, 3 expected; they part at number 3."),
    ],
)
async def test_chunks_that_differ_are_shown_beside_one_another(expected, told):
    outcome = await run_one(scripted([Chunks("a", "b")], name="model"), 1)
    with pytest.raises(AssertionError) as caught:
        assert_chunks(outcome, expected)
    assert str(caught.value).splitlines()[0] == told
    assert "'b' from 'model'" in str(caught.value)
    async with scripted([Chunks("a", "b")]).stream(1) as stream:
        with pytest.raises(AssertionError, match="they part at"):
            await assert_chunks(stream, expected)


class Model(BaseModel):
    name: str
    sizes: tuple[int, ...] = ()


@dataclasses.dataclass
class Point:
    x: int


@pytest.mark.parametrize(
    ("got", "expected"),
    [
        ({"a": 1, "b": [1, 2]}, {"b": [1.0, 2], "a": 1}),
        (Model(name="x", sizes=(1, 2)), {"name": "x", "sizes": [1, 2]}),
        ([Point(1)], [{"x": 1}]),
        (None, None),
    ],
)
def test_the_same_data_passes_whatever_it_is_made_of(got, expected):
    assert_same_json(got, expected)


@pytest.mark.parametrize(
    ("got", "expected", "lines"),
    [
        ({"a": 1}, {"a": 2}, ["1 place:", "  /a: expected 2, got 1"]),
        ({"a": True}, {"a": 1}, ["  /a: expected 1, got True"]),
        ([1], [1, {"b": 2}], ["  /1: missing, expected {'b': 2}"]),
        ([1, 2], [1], ["  /1: unexpected 2"]),
        ({"a": {"b": 1}}, {"a": {"c": 1}}, ["2 places:", "  /a/c: missing, expected 1", "  /a/b: unexpected 1"]),
        ("x", "y", ["  (the value): expected 'y', got 'x'"]),
        ("n" * 200 + "x", "n" * 200 + "y", ["the texts part at character 200"]),
        ({"a": [1]}, {"a": {"b": 1}}, ["  /a: expected {'b': 1}, got [1]"]),
    ],
)
def test_each_place_that_differs_is_named(got, expected, lines):
    with pytest.raises(AssertionError) as caught:
        assert_same_json(got, expected)
    for line in lines:
        assert line in str(caught.value)


def test_what_may_differ_is_left_out():
    got, expected = {"id": 1, "items": [{"id": 5, "n": 1}]}, {"id": 2, "items": [{"id": 6, "n": 1}]}
    assert_same_json(got, expected, ignore=["/id", "/items/*/id"])
    with pytest.raises(AssertionError, match="/items/0/id: expected 6, got 5"):
        assert_same_json(got, expected, ignore="/id")
    with pytest.raises(AssertionError, match="/identity"):
        assert_same_json({"identity": 1}, {"identity": 2}, ignore="/id")


@pytest.mark.parametrize(
    ("key", "pointer"),
    [
        ("a/b", "/a~1b"),
        ("a~b", "/a~0b"),
        ("~1", "/~01"),
        ("a: b", "/a: b"),
        ("", "/"),
        ("a/b", "/*"),
        ("a: b", "/*"),
        ("[", "/["),
        ("*", "/*"),
    ],
)
def test_a_pointer_is_written_as_in_rfc_6901(key, pointer):
    assert_same_json({key: {"id": 1}}, {key: {"id": 2}}, ignore=[f"{pointer}/id"])
    assert_same_json({key: {"id": 1}}, {key: {"id": 2}}, ignore=pointer)
    with pytest.raises(AssertionError):
        assert_same_json({key: {"id": 1}}, {key: {"id": 2}}, ignore=[f"{pointer}x/id", f"{pointer}/i", "/other"])


@pytest.mark.parametrize(
    ("key", "pointer"), [("a: b", "/a"), ("a/b", "/a"), ("a/b", "/a/b"), ("ab", "/a"), ("a", "/a/b"), ("a", "/a/")]
)
def test_a_pointer_hides_nothing_else(key, pointer):
    with pytest.raises(AssertionError, match="differs in 1 place"):
        assert_same_json({key: 1}, {key: 2}, ignore=[pointer])


def test_a_place_is_told_as_the_pointer_that_leaves_it_out():
    got, expected = {"a/b": [{"~": 1}]}, {"a/b": [{"~": 2}]}
    with pytest.raises(AssertionError) as caught:
        assert_same_json(got, expected)
    assert "  /a~1b/0/~0: expected 2, got 1" in str(caught.value)
    assert_same_json(got, expected, ignore=["/a~1b/0/~0"])


@given(st.lists(st.text("~/01*a "), min_size=1).map(tuple))
def test_every_place_can_be_left_out_by_what_is_told_of_it(steps):
    told = str(Difference(steps, "")).removesuffix(": ")
    value: object = 1
    other: object = 2
    for step in reversed(steps):
        value, other = {step: value}, {step: other}
    assert_same_json(value, other, ignore=[told])
    with pytest.raises(AssertionError, match=re.escape(f"  {told}: expected 2, got 1")):
        assert_same_json(value, other, ignore=[f"{told}/"])


def test_the_pointer_to_everything_leaves_out_everything():
    assert_same_json(1, 2, ignore=[""])


@pytest.mark.parametrize("pointer", ["id", "items/*", "/a~b", "/a~2", "#/a"])
def test_what_is_no_pointer_is_refused(pointer):
    with pytest.raises(ValueError, match="is no JSON pointer: it is empty, or begins with /"):
        assert_same_json(1, 1, ignore=[pointer])
