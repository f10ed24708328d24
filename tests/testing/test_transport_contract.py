"""The contract of transports catches what it is there for: each of its tests fails for a transport that is broken."""

import asyncio
import gc
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from motet import Agent, MotetError
from motet.kernel.errors import AgentFailed, Unavailable
from motet.testing import loopback as client
from motet.testing import loopback_call as call
from motet.testing import loopback_server as server
from motet.testing import reaching
from motet.testing.loopback import Loopback
from motet.testing.loopback_call import LoopbackCall
from motet.testing.loopback_pipe import Pipe
from motet.testing.reaching import Reached
from motet.testing.transport_contract import TransportContract

pytestmark = pytest.mark.usefixtures("quick_collections")

TESTS = sorted(name for name in dir(TransportContract) if name.startswith("test_"))
PATCH = pytest.MonkeyPatch


@asynccontextmanager
async def through(served: Agent[Any, Any]) -> AsyncIterator[Reached]:
    loopback = Loopback(served)
    async with loopback as remote:
        yield Reached(remote, loopback.down, loopback.up)


@asynccontextmanager
async def direct(served: Agent[Any, Any]) -> AsyncIterator[Reached]:
    async def nothing() -> None:
        pass

    yield Reached(served, nothing, nothing)


@asynccontextmanager
async def leaking(served: Agent[Any, Any]) -> AsyncIterator[Reached]:
    async with through(served) as reached:
        asyncio.ensure_future(asyncio.sleep(3600))  # noqa: RUF006 - it is what leaks
        yield reached


@asynccontextmanager
async def dead_for_ever(served: Agent[Any, Any]) -> AsyncIterator[Reached]:
    async with through(served) as reached:

        async def never() -> None:
            pass

        yield Reached(reached.agent, reached.down, never)


def no_wire(patch: PATCH) -> Any:
    """Values by reference, in the same context."""
    return direct


def leaks(patch: PATCH) -> Any:
    """A task stays."""
    return leaking


def never_comes_back(patch: PATCH) -> Any:
    """A connection that was lost is never made again."""
    return dead_for_ever


def buffers_chunks(patch: PATCH) -> Any:
    """The first chunk comes after the last one."""
    emit, result = LoopbackCall._emit, LoopbackCall.result

    async def kept(self, frame):
        self.kept = [*getattr(self, "kept", []), frame]

    async def told(self, schema):
        try:
            return await result(self, schema)
        finally:
            for frame in getattr(self, "kept", []):
                await emit(self, frame)

    patch.setattr(LoopbackCall, "_emit", kept)
    patch.setattr(LoopbackCall, "result", told)


def numbers_for_text(patch: PATCH) -> Any:
    """Text that looks like a number becomes one, as a wire does that has no types."""
    encode = server.encode

    def loose(schema, value, agent, side):
        body = encode(schema, value, agent, side)
        return body.strip(b'"') if body.strip(b'"').isdigit() else body

    patch.setattr(server, "encode", loose)


def cuts_what_is_long(patch: PATCH) -> Any:
    """A limit that nobody told of."""
    decode = call.decode

    def short(schema, body, agent, side):
        value = decode(schema, body, agent, side)
        return value[: 2**20] if isinstance(value, str) else value

    patch.setattr(call, "decode", short)


def nothing_for_nan(patch: PATCH) -> Any:
    """NaN is written as null."""
    encode = server.encode

    def loose(schema, value, agent, side):
        return b"null" if isinstance(value, float) and value - value != 0 else encode(schema, value, agent, side)

    patch.setattr(server, "encode", loose)
    patch.setattr(client, "encode", lambda schema, value, agent, side: json.dumps(value).encode())


def checks_nothing(patch: PATCH) -> Any:
    """What does not fit is let through."""
    patch.setattr(client, "encode", lambda schema, value, agent, side: json.dumps(value, default=repr).encode())
    patch.setattr(server, "encode", lambda schema, value, agent, side: json.dumps(value, default=repr).encode())
    patch.setattr(server, "decode", lambda schema, body, agent, side: 7)


def failures_alike(patch: PATCH) -> Any:
    """Every error is one class, as with an HTTP status of 500."""
    patch.setattr(call, "from_payload", lambda payload: AgentFailed(payload["message"]))


def no_causes(patch: PATCH) -> Any:
    """The chain of causes is lost."""
    made = call.from_payload
    patch.setattr(call, "from_payload", lambda payload: made({**payload, "cause": None}))


def silent_ends(patch: PATCH) -> Any:
    """An error over there is told to nobody."""
    failed = server._failed
    patch.setattr(
        server,
        "_failed",
        lambda number, error: failed(-1 if "from within" in str(error) else number, error),
    )


def loses_chunks(patch: PATCH) -> Any:
    """Chunks of agents further down do not come."""
    emit = LoopbackCall._emit

    async def some(self, frame):
        if not frame.head["path"]:
            await emit(self, frame)

    patch.setattr(LoopbackCall, "_emit", some)


def errors_overtake(patch: PATCH) -> Any:
    """An error comes before the chunks that were sent before it."""
    told = LoopbackCall.told

    def first(self, frame):
        if frame.head["kind"] == "error":
            while not self._frames.empty():
                self._frames.get_nowait()
        told(self, frame)

    patch.setattr(LoopbackCall, "told", first)
    patch.setattr(call.LoopbackCall, "_emit", late(LoopbackCall._emit))


def late(emit):
    async def slowly(self, frame):
        await reaching.turns(20)
        await emit(self, frame)

    return slowly


def forgets_restarts(patch: PATCH) -> Any:
    """What was taken back over there still counts here."""

    async def nothing(self, path, since):
        pass

    patch.setattr(LoopbackCall, "_restart", nothing)


def takes_back_too_much(patch: PATCH) -> Any:
    """A restart takes back what the caller itself has emitted."""

    async def all_of_it(self, path, since):
        self._ctx.scope.channel.push(None, self._ctx.path[:1], 1)

    patch.setattr(LoopbackCall, "_restart", all_of_it)


def never_cancels(patch: PATCH) -> Any:
    """The other side does not hear that nobody waits any more."""
    patch.setattr(LoopbackCall, "end", lambda self: None)


def never_cancels_nor_ends(patch: PATCH) -> Any:
    """And deadlines do not cross either."""
    never_cancels(patch)
    no_deadlines(patch)


def unbounded(patch: PATCH) -> Any:
    """Whatever is produced is sent."""
    patch.setattr(server, "WINDOW", 10**9)


def one_reader_for_all(patch: PATCH) -> Any:
    """A slow reader of one stream holds up the calls of everybody."""
    read = Pipe.read
    told = LoopbackCall.told

    def full(self, frame):
        told(self, frame)
        if self._frames.qsize() > 8:
            stuck.append(self)

    async def waiting(self):
        while stuck and stuck[-1]._frames.qsize() > 8 and not self._closed:
            await asyncio.sleep(0)
        return await read(self)

    stuck: list[Any] = []
    patch.setattr(LoopbackCall, "told", full)
    patch.setattr(Pipe, "read", waiting)


def one_at_a_time(patch: PATCH) -> Any:
    """One client serves one call."""
    begin = Loopback.call
    lock = asyncio.Lock()

    async def alone(self, payload, ctx):
        async with lock:
            return await begin(self, payload, ctx)

    patch.setattr(Loopback, "call", alone)


def answers_to_whoever_asks(patch: PATCH) -> Any:
    """Nobody looks at the numbers of answers: what comes next is the answer."""
    read = Pipe.read

    async def waiting(self, back):
        while (frame := await read(back)) is not None:
            if self._calls:
                next(iter(self._calls.values())).told(frame)

    patch.setattr(Loopback, "_read", waiting)


def waits_for_the_end(patch: PATCH) -> Any:
    """Whoever is cancelled waits until the other side has done with it."""
    result = LoopbackCall.result

    async def stubborn(self, schema):
        task = asyncio.ensure_future(result(self, schema))
        try:
            return await asyncio.shield(task)
        except asyncio.CancelledError:
            self.end()
            await task
            raise

    patch.setattr(LoopbackCall, "result", stubborn)


def without(field: str) -> Callable[[PATCH], Any]:
    def mutant(patch: PATCH) -> Any:
        begin = LoopbackCall.begin

        def less(self, head, body):
            changed = {name: value for name, value in head.items() if name != field}
            begin(self, {"metadata": {}, "traceparent": "", **changed}, body)

        patch.setattr(LoopbackCall, "begin", less)

    mutant.__doc__ = f"The {field} does not cross."
    mutant.__name__ = f"no_{field}"
    return mutant


no_deadlines, no_metadata, no_trace = without("deadline"), without("metadata"), without("traceparent")


def trace_of_the_caller(patch: PATCH) -> Any:
    """The span around the call here crosses, and not the call's own."""
    head = client._head

    def odd(ctx):
        told = head(ctx)
        if ctx.parent is not None:
            told["traceparent"] = ctx.parent.traceparent
        return told

    patch.setattr(client, "_head", odd)


def other_errors_for_the_dead(patch: PATCH) -> Any:
    """A peer that dies is some error, and no `Unavailable`."""

    async def result(self, schema):
        try:
            return await original(self, schema)
        except Unavailable as error:
            raise AgentFailed(str(error)) from error

    original = LoopbackCall.result
    patch.setattr(LoopbackCall, "result", result)


def hangs_on_the_dead(patch: PATCH) -> Any:
    """A call under way never hears that its peer has died."""
    patch.setattr(LoopbackCall, "lost", lambda self: None)


CAUGHT: dict[Callable[[PATCH], Any], list[str]] = {
    no_wire: ["nothing_is_shared", "output_that_is_no_json", "metadata", "peer_that_dies"],
    leaks: ["nothing_is_left"],
    never_comes_back: ["peer_that_dies"],
    buffers_chunks: ["a_chunk_is_there"],
    numbers_for_text: ["values_of_many_types"],
    cuts_what_is_long: ["something_big"],
    nothing_for_nan: ["a_number_that_json"],
    checks_nothing: ["a_payload_that_does_not_fit", "output_that_is_no_json"],
    failures_alike: ["an_error_comes_back", "an_exception_of_other_code", "work_that_is_cancelled"],
    no_causes: ["an_error_comes_back", "an_exception_of_other_code"],
    silent_ends: ["work_that_is_cancelled"],
    loses_chunks: ["chunks_come_in_order"],
    errors_overtake: ["an_error_comes_after"],
    forgets_restarts: ["what_an_agent_takes_back"],
    takes_back_too_much: ["what_an_agent_takes_back"],
    never_cancels: ["leaving_a_stream", "cancelling_the_caller"],
    never_cancels_nor_ends: ["a_deadline_ends", "a_deadline_crosses"],
    unbounded: ["a_slow_reader"],
    one_reader_for_all: ["a_slow_reader"],
    one_at_a_time: ["a_hundred_calls"],
    answers_to_whoever_asks: ["a_hundred_calls", "cancelling_the_caller"],
    waits_for_the_end: ["cancelling_the_caller"],
    no_deadlines: ["a_deadline_crosses"],
    no_metadata: ["metadata"],
    no_trace: ["the_span_here"],
    trace_of_the_caller: ["the_span_here"],
    other_errors_for_the_dead: ["peer_that_dies"],
    hangs_on_the_dead: ["peer_that_dies"],
}
CASES = [(mutant, part) for mutant, parts in CAUGHT.items() for part in parts]


def named(part: str) -> str:
    """Find the test that a part of its name means."""
    (name,) = [name for name in TESTS if part in name]
    return name


@pytest.mark.parametrize(("mutant", "part"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_transport_is_caught(mutant, part, monkeypatch):
    monkeypatch.setattr(reaching, "SOON", 0.4)
    reach = mutant(monkeypatch) or through
    with pytest.raises((AssertionError, MotetError)):
        asyncio.run(getattr(TransportContract(), named(part))(reach))
    gc.collect()  # what a broken transport leaves is told of here, and not in the test of somebody else


def test_every_test_of_the_contract_has_a_transport_that_it_catches():
    assert {named(part) for _, part in CASES} == set(TESTS)
