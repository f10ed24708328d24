"""`Guard`: what a hook refuses does not pass, chunks included."""

import asyncio

import pytest

from middleware.worlds import Emit, Script
from motet import Backoff, Context, agent
from motet.kernel.error_payload import from_payload, to_payload
from motet.kernel.errors import Fault
from motet.kernel.events import Intervened
from motet.middleware.errors import Refused
from motet.middleware.guard import Guard, Replace
from motet.middleware.retry import Retry
from support import Recorder, until, within


async def chunks_of(stream):
    return [(chunk.value, chunk.path, chunk.since) async for chunk in stream]


@pytest.mark.parametrize("verdict", [None, True])
async def test_what_a_hook_lets_pass_passes(verdict):
    guard = Guard(lambda value, ctx: verdict, lambda value, ctx: verdict)
    assert await Script("out").agent.using(guard)("in") == "out"
    assert guard.counters() == {"passed": 2, "refused": 0, "replaced": 0}


@pytest.mark.parametrize(("verdict", "reason"), [(False, "it was not let pass"), ("rude", "rude"), ("", "it was not")])
@pytest.mark.parametrize(("side", "fault"), [("input", Fault.CALLER), ("output", Fault.AGENT)])
async def test_what_a_hook_refuses_does_not_pass_and_is_not_tried_again(verdict, reason, side, fault):
    script = Script("out")
    guard = Guard(**{side: lambda value, ctx: verdict})
    recorder = Recorder()
    with pytest.raises(Refused, match=f"The {side} of 'scripted' was refused: {reason}") as caught:
        await script.agent.using(Retry(3), guard)("in", observer=recorder)
    assert caught.value.fault == fault
    assert type(from_payload(to_payload(caught.value))) is Refused
    assert script.calls == int(side == "output")
    assert guard.counters() == {"passed": 0, "refused": 1, "replaced": 0}
    assert [(event.by, event.what, event.key) for event in recorder.of(Intervened)] == [("guard", "refused", side)]


async def test_a_hook_may_replace_what_it_sees():
    seen = []

    @agent
    async def keep(payload):
        seen.append(payload)
        return "secret"

    guard = Guard(lambda value, ctx: Replace(value.strip()), lambda value, ctx: Replace("***"))
    assert await keep.using(guard)(" in ") == "***"
    assert seen == ["in"]
    assert guard.counters()["replaced"] == 2


async def test_a_hook_may_be_async_and_an_agent():
    @agent
    async def polite(text: str, ctx: Context) -> bool:
        return "please" in text and ctx.path == ("scripted", "polite")

    work = Script("out").agent.using(Guard(input=polite))
    assert await work("please") == "out"
    with pytest.raises(Refused):
        await work("now")


async def test_what_could_not_be_checked_does_not_pass():
    script = Script("out")

    def broken(value, ctx):
        raise RuntimeError("hook broken")

    with pytest.raises(RuntimeError, match="hook broken"):
        await script.agent.using(Guard(input=broken))("in")
    assert script.calls == 0


async def test_a_hook_that_says_nonsense_is_told_so():
    with pytest.raises(TypeError, match="said 1: a hook returns None or True"):
        await Script("out").agent.using(Guard(output=lambda value, ctx: 1))("in")


@pytest.mark.parametrize("verdict", [None, "rude", Replace("***")])
async def test_chunks_are_held_back_until_the_output_has_passed(verdict):
    checked = asyncio.Event()

    async def slow_check(value, ctx):
        await checked.wait()
        return verdict

    work = Script((Emit("a"), Emit("b"), "ab")).agent.using(Guard(output=slow_check))
    async with work.stream("in") as stream:
        reading = asyncio.ensure_future(chunks_of(stream))
        for _ in range(10):
            await asyncio.sleep(0)
        assert not stream._channel._buffer
        assert stream._channel.seq == 0
        checked.set()
        if verdict == "rude":
            with pytest.raises(Refused):
                await within(reading)
        else:
            expected = [("a", ("scripted",), None), ("b", ("scripted",), None)] if verdict is None else []
            assert await within(reading) == expected
            assert await stream.result() == ("ab" if verdict is None else "***")


async def test_chunks_of_agents_below_keep_their_paths():
    @agent
    async def below(payload, ctx: Context):
        await ctx.emit(payload)
        return payload

    @agent(use=[Guard(output=lambda value, ctx: None)])
    async def around(payload, ctx: Context):
        await ctx.emit("own")
        return await below(payload)

    @agent
    async def outermost(payload):
        return await around(payload)

    async with outermost.stream("x") as stream:
        assert await chunks_of(stream) == [
            ("own", ("outermost", "around"), None),
            ("x", ("outermost", "around", "below"), None),
        ]


async def test_without_holding_they_pass_at_once():
    script = Script((Emit("a"), "out"))
    async with script.agent.using(Guard(output=lambda value, ctx: False, hold=False)).stream("in") as stream:
        assert (await anext(stream)).value == "a"
        with pytest.raises(Refused):
            await stream.result()


async def test_a_retry_inside_takes_back_what_is_held():
    script = Script((Emit("a"), OSError()), (Emit("b"), "out"))
    work = script.agent.using(Guard(output=lambda value, ctx: None), Retry(2, backoff=Backoff(0)))
    async with work.stream("in") as stream:
        assert await chunks_of(stream) == [("b", ("scripted",), None)]


async def test_a_retry_outside_takes_back_what_was_let_go():
    first = []

    async def once(value, ctx):
        if not first:
            first.append(value)
            raise OSError

    script = Script((Emit("a"), "out"))
    work = script.agent.using(Retry(2, backoff=Backoff(0)), Guard(output=once))
    async with work.stream("in") as stream:
        assert await chunks_of(stream) == [("a", ("scripted",), None)]

    @agent(name="around", use=[Retry(2, backoff=Backoff(0))])
    async def around(payload, ctx: Context):
        await Script((Emit("a"), "out")).agent.using(Guard(output=lambda value, ctx: None))(payload)
        if len(first) == 1:
            first.append(payload)
            raise OSError
        return "done"

    async with around.stream("in") as stream:
        path = ("around", "scripted")
        assert await chunks_of(stream) == [("a", path, None), (None, ("around",), 1), ("a", path, None)]


async def test_an_agent_that_emits_without_end_is_refused():
    @agent(use=[Guard(output=lambda value, ctx: None, max_held=10)])
    async def endless(payload, ctx: Context):
        while True:
            await ctx.emit("x")

    async with endless.stream("in") as stream:
        with pytest.raises(Refused, match="more than 10 chunks"):
            await within(chunks_of(stream))


async def test_cancelling_the_caller_cancels_a_hook_that_is_asked():
    asked, ended = asyncio.Event(), []

    async def slow(value, ctx):
        asked.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(value)

    task = asyncio.ensure_future(Script("out").agent.using(Guard(output=slow))("in"))
    await within(asked.wait())
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await within(task)
    await until(lambda: ended == ["out"])


@pytest.mark.parametrize("options", [{"input": "x"}, {"output": 1}, {"input": print, "max_held": 0}])
def test_what_cannot_be_asked_is_refused_at_once(options):
    with pytest.raises(ValueError, match="it is a"):
        Guard(**options)


def test_somebody_has_to_be_asked():
    with pytest.raises(ValueError, match="asks nobody"):
        Guard()
