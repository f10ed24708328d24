"""The same call in another scope."""

import asyncio

from motet import Budget, Context, agent
from motet.kernel.channel import Channel
from motet.kernel.scope import Scope
from motet.kernel.within import Within


def around_and_within(channel=None):
    around = Context(Scope(channel=channel), "x", Context(Scope(), "top"))
    return around, Within(around, around.scope.derive({"budget": Budget(tokens=1)}))


def test_it_is_the_same_call():
    around, inside = around_and_within()
    for name in ("span", "parent_span", "path", "agent", "parent", "host", "trace"):
        assert getattr(inside, name) == getattr(around, name)
    assert inside.scope is not around.scope


async def test_its_chunks_are_those_of_the_call():
    channel = Channel()
    around, inside = around_and_within(channel)
    await Context(inside.scope, "below", inside).emit(1)
    assert around.first_chunk == 1
    await around.restart()
    assert (channel.pull().value, channel.pull().since) == (1, 1)


async def test_what_the_call_has_emitted_before_still_counts():
    around, _ = around_and_within(Channel())
    await around.emit(1)
    assert Within(around, around.scope).first_chunk == around.first_chunk == 1


async def test_a_stream_begun_inside_ends_with_the_call():
    @agent
    async def endless(payload):
        await asyncio.Event().wait()

    around, inside = around_and_within()
    stream = endless.stream(1)
    task = asyncio.create_task(endless(1))
    inside.begun(task, Channel())
    around.abandon()
    await asyncio.wait([task])
    assert task.cancelled()
    await stream.aclose()
