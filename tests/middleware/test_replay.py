"""Chunks of one call, emitted by another one: at its place, with its numbers, and what counts still counts."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from motet.kernel.channel import Channel
from motet.kernel.context import Context
from motet.kernel.events import ChunkEmitted
from motet.kernel.message import Chunk
from motet.kernel.scope import Scope
from motet.middleware.replay import Replay, drain
from support import Recorder, within


def itself(value: object) -> object:
    return value


def read(channel: Channel) -> list[Chunk]:
    found = []
    while (chunk := channel.pull()) is not None:
        found.append(chunk)
    return found


def counting(chunks: list[Chunk]) -> list[Chunk]:
    """Keep what counts, as a reader does."""
    kept: list[Chunk] = []
    for chunk in chunks:
        kept = [known for known in kept if not chunk.replaces(known)]
        kept += [] if chunk.restart else [chunk]
    return kept


def caller(channel: Channel | None = None, **options: Any) -> Context:
    """Make the context of a call that is inside another one."""
    return Context(Scope(channel=channel, **options), "caller", Context(Scope(channel=channel, **options), "top"))


async def test_chunks_get_the_place_and_the_numbers_of_the_call():
    channel, recorder = Channel(), Recorder()
    ctx = caller(channel, observer=recorder)
    await ctx.parent.emit("before")
    replay = Replay(ctx, itself)
    for chunk in [Chunk("a", 5, ()), Chunk("b", 9, ("inner", "deep"))]:
        await replay.emit(chunk)
    assert [(chunk.value, chunk.seq, chunk.path) for chunk in read(channel)] == [
        ("before", 1, ("top",)),
        ("a", 2, ("top", "caller")),
        ("b", 3, ("top", "caller", "inner", "deep")),
    ]
    assert (ctx.first_chunk, ctx.parent.first_chunk) == (2, 1)
    assert [event.seq for event in recorder.of(ChunkEmitted)] == [1, 2, 3]


async def test_every_emission_has_a_copy_of_its_own():
    channel = Channel()
    value = [1]
    await Replay(caller(channel), list).emit(Chunk(value, 1, ()))
    copy = read(channel)[0].value
    assert copy == value
    assert copy is not value
    await Replay(caller(None), lambda value: pytest.fail("nobody listens")).emit(Chunk(value, 1, ()))


async def test_taking_back_leaves_what_the_call_had_emitted_before():
    channel = Channel()
    ctx = caller(channel)
    replay = Replay(ctx, itself)
    await replay.undo()
    await ctx.emit("before")
    await replay.emit(Chunk("a", 1, ()))
    await replay.emit(Chunk("b", 2, ("inner",)))
    await replay.undo()
    await replay.emit(Chunk("c", 3, ()))
    chunks = read(channel)
    assert [chunk.value for chunk in counting(chunks)] == ["before", "c"]
    assert ctx.first_chunk == 1
    await ctx.restart()
    assert counting([*chunks, *read(channel)]) == []


async def test_a_restart_of_what_never_came_here_is_none():
    channel = Channel()
    replay = Replay(caller(channel), itself)
    await replay.emit(Chunk("a", 1, ()))
    await replay.emit(Chunk(None, 3, (), since=2))
    assert len(read(channel)) == 1


@pytest.mark.parametrize(("since", "left"), [(1, []), (2, ["a"]), (3, ["a"]), (4, ["a"]), (5, ["a"]), (6, ["a", "b"])])
async def test_a_restart_finds_what_it_is_about_where_some_chunks_went_elsewhere(since, left):
    channel = Channel()
    ctx = caller(channel)
    replay = Replay(ctx, itself)
    await replay.emit(Chunk("a", 1, ()))
    await replay.emit(Chunk("b", 5, ()))  # 2, 3 and 4 were for others
    await ctx.parent.emit("noise")
    await replay.emit(Chunk(None, 7, (), since=since))
    assert [chunk.value for chunk in counting(read(channel)) if chunk.value != "noise"] == left


async def test_a_pipe_is_drained_until_it_is_closed():
    channel, pipe = Channel(), Channel(2)
    draining = asyncio.create_task(drain(pipe, Replay(caller(channel), itself)))
    for number in range(10):
        if pipe.push(Chunk(number, number + 1, ()), ()):
            await pipe.room()
    pipe.close()
    await within(draining)
    assert [chunk.value for chunk in read(channel)] == list(range(10))


async def test_a_slow_reader_holds_up_what_fills_the_pipe():
    channel, pipe = Channel(3), Channel(2)
    draining = asyncio.create_task(drain(pipe, Replay(caller(channel), itself)))
    pushed = []

    async def filling():
        for number in range(10):
            pushed.append(number)
            if pipe.push(Chunk(number, number + 1, ()), ()):
                await pipe.room()

    tasks = [draining, asyncio.create_task(filling())]
    for _ in range(100):
        await asyncio.sleep(0)
    assert 3 <= len(pushed) <= 3 + 2 + 1
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)


PATHS = [(), ("a",), ("a", "b"), ("c",)]
STEP = st.tuples(st.sampled_from(["emit", "emit", "emit", "restart", "noise", "skip"]), st.integers(0, 3))


@given(st.lists(STEP, max_size=30))
def test_whatever_is_begun_again_the_same_chunks_count_in_both_streams(steps):
    asyncio.run(compare(steps))


async def compare(steps: list[tuple[str, int]]) -> None:
    source, target = Channel(1000), Channel(1000)
    work = Context(Scope(channel=source), "work")
    contexts = [work, Context(work.scope, "a", work)]
    contexts += [Context(work.scope, "b", contexts[1]), Context(work.scope, "c", work)]
    ctx = caller(target)
    replay = Replay(ctx, itself)
    told: list[Chunk] = []
    skipped = set()
    for number, (what, which) in enumerate(steps):
        if what == "noise":
            await ctx.parent.emit("noise")
        elif what == "restart":
            await contexts[which].restart()
        else:
            await contexts[which].emit(number)
        for chunk in read(source):
            below = Chunk(chunk.value, chunk.seq, chunk.path[1:], chunk.since)
            told.append(below)
            if what == "skip":
                skipped.add(number)  # a chunk that was for somebody else
            else:
                await replay.emit(below)
    there = [chunk for chunk in counting(read(target)) if chunk.value != "noise"]
    here = [chunk for chunk in counting(told) if chunk.value not in skipped]
    assert [(chunk.value, chunk.path) for chunk in there] == [
        (chunk.value, ("top", "caller", *chunk.path)) for chunk in here
    ]
