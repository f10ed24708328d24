"""The contract of middleware catches what it is there for: each of its tests fails for a middleware that is broken."""

import asyncio
import gc
from typing import Any

import pytest

from motet import Context, Middleware, MotetError
from motet.kernel.channel import Channel
from motet.kernel.context import CURRENT
from motet.kernel.message import Chunk
from motet.kernel.relay import Relay
from motet.kernel.scope import Scope
from motet.kernel.within import Within
from motet.testing import reaching
from motet.testing.middleware_contract import MiddlewareContract

pytestmark = pytest.mark.usefixtures("quick_collections")

TESTS = sorted(name for name in dir(MiddlewareContract) if name.startswith("test_"))


class Broken(Middleware):
    """A middleware that does nothing, for others to do something wrong."""

    def wrap(self, call, agent):
        async def wrapped(payload: Any, ctx: Context) -> Any:
            return await self.around(call, agent, payload, ctx)

        return wrapped

    async def around(self, call, agent, payload, ctx):
        return await call(payload, ctx)


async def inside(call, payload, ctx, scope):
    """Call in another scope."""
    within = Within(ctx, scope)
    token = CURRENT.set(within)
    try:
        return await call(payload, within)
    finally:
        CURRENT.reset(token)


class ChangesPayloads(Broken):
    async def around(self, call, agent, payload, ctx):
        return await call(f"{payload} ", ctx)


class ChangesOutputs(Broken):
    async def around(self, call, agent, payload, ctx):
        return f"{await call(payload, ctx)} "


class OtherErrors(Broken):
    async def around(self, call, agent, payload, ctx):
        try:
            return await call(payload, ctx)
        except TypeError as error:
            raise ValueError(str(error)) from None


class WorksOn(Broken):
    """What is cancelled goes on in a task of its own."""

    async def around(self, call, agent, payload, ctx):
        return await asyncio.shield(asyncio.ensure_future(call(payload, ctx)))


class SwallowsCancellation(Broken):
    async def around(self, call, agent, payload, ctx):
        try:
            return await call(payload, ctx)
        except asyncio.CancelledError:
            return "cancelled"


class LosesContext(Broken):
    """Below, there is nothing of what the caller gave."""

    async def around(self, call, agent, payload, ctx):
        return await inside(call, payload, ctx, Scope(channel=ctx.scope.channel, observer=ctx.scope.observer))


class LosesDeadline(Broken):
    async def around(self, call, agent, payload, ctx):
        scope = ctx.scope.derive({})
        scope.deadline = None
        return await inside(call, payload, ctx, scope)


class CallsTwice(Broken):
    """To an observer it is two calls."""

    async def around(self, call, agent, payload, ctx):
        return await agent(payload)


class OneFailureForAll(Broken):
    def __init__(self) -> None:
        self.failed: Exception | None = None

    async def around(self, call, agent, payload, ctx):
        try:
            output = await call(payload, ctx)
        except Exception as error:
            self.failed = error
            raise
        await reaching.turns(5)
        if self.failed is not None:
            raise self.failed
        return output


class LastAnswerForAll(Broken):
    def __init__(self) -> None:
        self.last: Any = None

    async def around(self, call, agent, payload, ctx):
        self.last = await call(payload, ctx)
        await asyncio.sleep(0)
        return self.last


class RemembersByPayload(Broken):
    def __init__(self) -> None:
        self.known: dict[str, Any] = {}

    async def around(self, call, agent, payload, ctx):
        if payload not in self.known:
            self.known[payload] = await call(payload, ctx)
        return self.known[payload]


class OddCounters(Broken):
    def counters(self):
        return {"name": "odd"}


class CountsItsReaders(Broken):
    def __init__(self) -> None:
        self.reads = 0

    def counters(self):
        self.reads += 1
        return {"reads": self.reads}


class Leaks(Broken):
    async def around(self, call, agent, payload, ctx):
        ctx.scope.clock.now()
        self.task = asyncio.ensure_future(asyncio.sleep(3600))
        return await call(payload, ctx)


class Keeping(Relay):
    def __init__(self, target, keep) -> None:
        super().__init__(target)
        self.kept: list[Chunk] = []
        self.keep = keep

    def push(self, value, path, since=None):
        return self.keep(self, value, path, since)


class WithSink(Broken):
    """Chunks take their way through here."""

    async def around(self, call, agent, payload, ctx):
        if ctx.scope.channel is None:
            return await call(payload, ctx)
        keeping = Keeping(ctx.scope.channel, self.keep)
        output = await inside(call, payload, ctx, ctx.scope.derive({}, keeping))
        for chunk in keeping.kept:
            if ctx.scope.channel.push(chunk.value, chunk.path, chunk.since):
                await ctx.scope.channel.room()
        return output

    def keep(self, sink, value, path, since):
        return sink.target.push(value, path, since)


class BuffersChunks(WithSink):
    def keep(self, sink, value, path, since):
        sink.kept.append(Chunk(value, 1, path, since))
        return False


class LosesStreams(WithSink):
    def keep(self, sink, value, path, since):
        return False


class LosesPaths(WithSink):
    def keep(self, sink, value, path, since):
        return sink.target.push(value, path[:1], since)


class LosesRestarts(WithSink):
    def keep(self, sink, value, path, since):
        return since is None and sink.target.push(value, path, since)


class Unbounded(WithSink):
    """Whoever emits never waits for whoever reads."""

    def keep(self, sink, value, path, since):
        sink.target.push(value, path, since)
        return False


class MixesStreams(Broken):
    """The chunks of all calls go to the first stream."""

    def __init__(self) -> None:
        self.channel: Channel | None = None

    async def around(self, call, agent, payload, ctx):
        self.channel = self.channel or ctx.scope.channel
        return await inside(call, payload, ctx, ctx.scope.derive({}, self.channel))


class LooksOtherwise(Broken):
    def wrap(self, call, agent):
        agent.name = f"{agent.name} wrapped"
        return super().wrap(call, agent)


CAUGHT: dict[type[Broken], list[str]] = {
    ChangesPayloads: ["looks_the_same"],
    ChangesOutputs: ["looks_the_same", "chunks_pass_in_order", "around_a_flow"],
    OtherErrors: ["an_error_comes_out"],
    WorksOn: ["cancelling_the_caller", "a_deadline_is_seen", "no_task_is_left", "leaving_a_stream"],
    SwallowsCancellation: ["cancelling_the_caller"],
    LosesContext: ["metadata_and_the_trace", "calls_at_once"],
    LosesDeadline: ["a_deadline_is_seen"],
    CallsTwice: ["metadata_and_the_trace"],
    OneFailureForAll: ["calls_at_once"],
    LastAnswerForAll: ["calls_at_once", "streams_at_once"],
    RemembersByPayload: ["one_instance_around"],
    OddCounters: ["its_counters"],
    CountsItsReaders: ["its_counters"],
    Leaks: ["no_task_is_left"],
    BuffersChunks: ["a_chunk_is_seen"],
    LosesStreams: ["chunks_pass_in_order", "around_a_flow"],
    LosesPaths: ["chunks_pass_in_order"],
    LosesRestarts: ["a_restart_passes"],
    Unbounded: ["a_slow_reader"],
    MixesStreams: ["streams_at_once"],
    LooksOtherwise: ["looks_the_same"],
}
CASES = [(broken, part) for broken, parts in CAUGHT.items() for part in parts]


def named(part: str) -> str:
    """Find the test that a part of its name means."""
    (name,) = [name for name in TESTS if part in name]
    return name


@pytest.mark.parametrize(("broken", "part"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_middleware_is_caught(broken, part, monkeypatch):
    monkeypatch.setattr(reaching, "SOON", 0.4)
    with pytest.raises((AssertionError, MotetError, TypeError)):
        asyncio.run(getattr(MiddlewareContract(), named(part))(broken()))
    gc.collect()  # what is left is told of here, and not in the test of somebody else


@pytest.mark.parametrize("name", TESTS)
async def test_one_that_does_nothing_is_not_caught(name):
    await getattr(MiddlewareContract(), name)(Broken())


def test_every_test_of_the_contract_has_a_middleware_that_it_catches():
    assert {named(part) for _, part in CASES} == set(TESTS)
