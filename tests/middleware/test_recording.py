"""A recording: what counts is kept, within bounds, and whoever reads along has a pace of their own."""

import asyncio
import threading

import pytest

from middleware.test_replay import caller, itself, read
from motet.kernel.channel import PAUSE, Channel
from motet.kernel.context import Context
from motet.kernel.scope import Scope
from motet.middleware import recording as module
from motet.middleware.recording import Recording
from motet.middleware.replay import Replay
from support import until, within


def working(recording: Recording) -> Context:
    return Context(Scope(channel=recording), "work", Context(Scope(channel=Channel()), "top"))


def made(pipe: Channel | None = None, *, kept: bool = True, copy: bool = True) -> Recording:
    return Recording(2, pipe, kept=kept, copy=copy)


async def test_what_counts_is_kept_with_paths_below_the_work():
    recording = made()
    work = working(recording)
    inner = Context(work.scope, "inner", work)
    for context, value in [(work, 1), (inner, 2), (inner, 3)]:
        await context.emit(value)
    await inner.restart()
    await inner.emit(4)
    kept = recording.counting()
    assert [(chunk.value, chunk.path) for chunk in kept] == [(1, ()), (4, ("inner",))]
    assert work.parent.first_chunk == 0  # the stream around has numbers of its own
    await work.restart()
    assert recording.counting() == ()


async def test_what_is_kept_is_a_copy_and_the_pipe_gets_the_original():
    pipe = Channel()
    recording = made(pipe)
    value = [1]
    await working(recording).emit(value)
    value.append(2)
    assert recording.counting()[0].value == [1]
    assert pipe.pull().value.value is value
    shared = made(copy=False)
    await working(shared).emit(value)
    assert shared.counting()[0].value is value


async def test_a_value_that_cannot_be_copied_ends_the_recording_and_goes_on_to_the_reader(caplog):
    pipe = Channel()
    recording = made(pipe)
    lock = threading.Lock()
    await working(recording).emit(lock)
    assert recording.counting() is None
    assert recording.given_up
    assert pipe.pull().value.value is lock
    assert "A chunk that cannot be copied is not kept, nor are the others" in caplog.text


@pytest.mark.parametrize(("bound", "limit", "value"), [("MOST_CHUNKS", 3, "x"), ("MOST_BYTES", 700, "x" * 150)])
async def test_a_recording_that_grows_too_long_is_given_up(monkeypatch, bound, limit, value):
    monkeypatch.setattr(module, bound, limit)
    pipe = Channel()
    recording = made(pipe)
    work = working(recording)
    for number in range(4):
        assert recording.counting() is not None, number
        await work.emit(value)
    assert recording.counting() is None
    await work.emit("last")
    assert len(read(pipe)) == 5


async def test_nothing_is_kept_where_nothing_shall_be():
    recording = made(kept=False)
    await working(recording).emit(1)
    assert recording.counting() is None
    assert not await recording.follow(Replay(caller(Channel()), itself))


async def test_who_reads_along_gets_what_there_is_and_then_what_comes():
    recording = made()
    work = working(recording)
    await work.emit(1)
    streams = [Channel(), Channel()]
    followers = [asyncio.create_task(recording.follow(Replay(caller(stream), itself))) for stream in streams]
    await until(lambda: all(stream.seq == 1 for stream in streams))
    await work.emit(2)
    await until(lambda: all(stream.seq == 2 for stream in streams))
    recording.end()
    assert await within(asyncio.gather(*followers)) == [True, True]
    assert [[chunk.value for chunk in read(stream)] for stream in streams] == [[1, 2]] * 2


async def test_a_slow_reader_holds_up_nobody():
    recording = made()
    work = working(recording)
    slow, quick = Channel(1), Channel(1000)
    followers = [asyncio.create_task(recording.follow(Replay(caller(stream), itself))) for stream in (slow, quick)]
    for number in range(200):
        await within(work.emit(number))
    recording.end()
    assert await within(followers[1])
    assert len(read(quick)) == 200
    assert slow.seq == 1
    slow.close()
    assert await within(followers[0])


async def test_who_reads_along_is_told_when_it_is_given_up(monkeypatch):
    monkeypatch.setattr(module, "MOST_CHUNKS", 2)
    recording = made()
    work = working(recording)
    follower = asyncio.create_task(recording.follow(Replay(caller(Channel()), itself)))
    for number in range(3):
        await work.emit(number)
    assert not await within(follower)


async def test_when_its_first_reader_has_left_nothing_waits_and_everything_is_kept():
    pipe = Channel(1)
    recording = made(pipe)
    work = working(recording)
    emitting = asyncio.create_task(work.emit(1))
    await asyncio.sleep(0)
    assert not emitting.done()
    recording.close()
    await within(emitting)
    for number in range(2 * PAUSE):
        await within(work.emit(number))
    assert len(recording.counting()) == 1 + 2 * PAUSE


async def test_work_that_only_emits_lets_the_event_loop_have_its_turn():
    recording = made()
    work = working(recording)

    async def endless():
        while True:
            await work.emit(1)

    task = asyncio.create_task(endless())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
