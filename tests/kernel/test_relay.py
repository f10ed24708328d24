"""A way into a stream that can be closed, without the stream noticing that it was there."""

import asyncio

from motet import Context, agent
from motet.kernel.channel import Channel
from motet.kernel.context import CURRENT
from motet.kernel.relay import Relay
from motet.kernel.scope import Scope
from motet.kernel.within import Within
from support import until, within


def pulled(channel):
    taken = []
    while (chunk := channel.pull()) is not None:
        taken.append((chunk.value, chunk.seq, chunk.path, chunk.since))
    return taken


def test_chunks_pass_with_the_numbers_of_the_stream():
    channel = Channel(3)
    relay = Relay(channel)
    channel.push("before", ("x",))
    assert relay.seq == 1
    assert relay.push("a", ("x", "y")) is False
    assert relay.push(None, ("x",), 2) is True
    assert relay.seq == channel.seq == 3
    assert pulled(channel) == [("before", 1, ("x",), None), ("a", 2, ("x", "y"), None), (None, 3, ("x",), 2)]
    assert relay.source is channel


def test_nothing_passes_once_it_is_closed():
    channel = Channel()
    relay = Relay(Relay(channel))
    relay.close()
    assert relay.push("late", ("x",)) is False
    assert pulled(channel) == []
    assert relay.source is relay


def test_nobody_need_listen():
    relay = Relay(None)
    assert relay.push("a", ("x",)) is False
    assert relay.source is relay


async def test_a_writer_waits_for_the_reader_at_its_end():
    channel = Channel(1)
    relay = Relay(channel)
    relay.push("a", ())
    writer = asyncio.ensure_future(relay.room())
    await asyncio.sleep(0)
    assert not writer.done()
    channel.pull()
    await within(writer)


async def test_a_writer_that_nobody_hears_can_still_be_cancelled():
    @agent
    async def endless(payload, ctx: Context):
        while True:
            await ctx.emit(payload)

    relay = Relay(None)
    around = Context(Scope(), "top")
    token = CURRENT.set(Within(around, around.scope.derive({}, relay)))
    task = asyncio.ensure_future(endless("x"))
    CURRENT.reset(token)
    await until(lambda: relay.seq > 200)
    task.cancel()
    await within(asyncio.wait([task]))
    assert task.cancelled()


async def test_a_call_that_is_tried_again_takes_back_what_passed_and_nothing_else():
    channel = Channel()
    top = Context(Scope(channel=channel), "top")
    await top.emit("own")
    call = Context(top.scope, "call", top)
    relay = Relay(channel)
    inside = Within(call, call.scope.derive({}, relay))
    await Context(inside.scope, "below", inside).emit("through")
    relay.close()
    await Context(inside.scope, "below", inside).emit("late")
    await call.restart()
    assert pulled(channel) == [
        ("own", 1, ("top",), None),
        ("through", 2, ("top", "call", "below"), None),
        (None, 3, ("top", "call"), 2),
    ]
    assert top.first_chunk == 1
