"""The way of chunks: ordered, numbered and bounded."""

import asyncio
from collections import deque

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from motet.kernel.channel import Channel
from support import until, within


def pulled(channel):
    taken = []
    while (chunk := channel.pull()) is not None:
        taken.append((chunk.value, chunk.seq))
    return taken


@pytest.mark.parametrize("limit", [0, -1])
def test_a_buffer_holds_at_least_one_chunk(limit):
    with pytest.raises(ValueError, match="at least 1 chunk"):
        Channel(limit)


def test_chunks_come_out_in_order_with_numbers_from_one():
    channel = Channel()
    for value in "abc":
        channel.push(value, ("x",))
    assert pulled(channel) == [("a", 1), ("b", 2), ("c", 3)]
    assert channel.pull() is None


def test_a_writer_is_told_when_the_buffer_is_full():
    channel = Channel(2)
    assert [channel.push(number, ()) for number in range(3)] == [False, True, True]


async def test_a_writer_waits_until_half_the_buffer_is_free():
    channel = Channel(4)
    for number in range(4):
        channel.push(number, ())
    writer = asyncio.create_task(channel.room())
    for _ in range(2):
        await asyncio.sleep(0)
        assert not writer.done()
        channel.pull()
    await within(writer)


async def test_writers_hold_one_chunk_each_beyond_the_limit():
    channel, most = Channel(3), 0

    async def write(name):
        for number in range(20):
            if channel.push((name, number), ()):
                await channel.room()

    writers = [asyncio.create_task(write(name)) for name in range(5)]
    values = []
    async with asyncio.timeout(20):
        while not all(writer.done() for writer in writers) or channel._buffer:
            most = max(most, len(channel._buffer))
            chunk = channel.pull()
            if chunk is not None:
                values.append(chunk.value)
            await asyncio.sleep(0)
    assert most <= 3 + 4
    for name in range(5):
        assert [number for who, number in values if who == name] == list(range(20))


async def test_a_cancelled_writer_waits_no_longer():
    channel = Channel(1)
    channel.push(1, ())
    writer = asyncio.create_task(channel.room())
    await until(lambda: bool(channel._writers))
    writer.cancel()
    await asyncio.wait([writer])
    assert not channel._writers


async def test_closing_lets_writers_go_and_drops_what_they_push():
    channel = Channel(1)
    channel.push(1, ())
    writer = asyncio.create_task(channel.room())
    await until(lambda: bool(channel._writers))
    channel.close()
    await within(writer)
    assert not channel.push(2, ())
    assert channel.seq == 2
    assert pulled(channel) == [(1, 1)]


def test_closing_discards_what_waits_if_asked_to():
    channel = Channel()
    channel.push(1, ())
    channel.close(discard=True)
    assert pulled(channel) == []


@pytest.mark.parametrize("event", [lambda channel: channel.push(1, ()), lambda channel: channel.close()])
async def test_a_reader_waits_for_a_chunk_or_the_end(event):
    channel = Channel()
    reader = asyncio.create_task(channel.wait())
    await asyncio.sleep(0)
    assert not reader.done()
    event(channel)
    await within(reader)
    await within(channel.wait())


async def test_a_second_reader_is_refused_and_the_first_reads_on():
    channel = Channel()
    reader = asyncio.create_task(channel.wait())
    await asyncio.sleep(0)
    with pytest.raises(RuntimeError, match="one reader"):
        await channel.wait()
    channel.push(1, ())
    await within(reader)


async def test_a_cancelled_reader_makes_room_for_another():
    channel = Channel()
    reader = asyncio.create_task(channel.wait())
    await asyncio.sleep(0)
    reader.cancel()
    await asyncio.wait([reader])
    again = asyncio.create_task(channel.wait())
    await asyncio.sleep(0)
    channel.push(1, ())
    await within(again)


async def test_a_writer_whom_nobody_reads_lets_the_event_loop_have_its_turn():
    channel = Channel()
    channel.close()

    async def write():
        while True:
            if channel.push(1, ()):
                await channel.room()

    writer = asyncio.create_task(write())
    for _ in range(10):
        await asyncio.sleep(0)
    writer.cancel()
    await asyncio.wait([writer])
    assert 64 <= channel.seq <= 64 * 12


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["push", "pull", "close", "discard"]), max_size=40), st.integers(1, 5))
def test_a_channel_behaves_like_a_queue(steps, limit):
    channel, model, seq, closed = Channel(limit), deque(), 0, False
    for step in steps:
        if step == "push":
            seq += 1
            if not closed:
                model.append(seq)
            assert channel.push("x", ()) == (not closed and len(model) >= limit)
        elif step == "pull":
            chunk = channel.pull()
            assert (chunk and chunk.seq) == (model.popleft() if model else None)
        else:
            closed = True
            channel.close(discard=step == "discard")
            if step == "discard":
                model.clear()
    assert (channel.seq, channel.closed) == (seq, closed)
