"""The contract of protocol adapters: one that is right passes, and each test fails for one that is broken."""

import asyncio
import gc
import json
import traceback
from functools import partial
from typing import Any

import pytest

from motet import MotetError
from motet.kernel.errors import AgentFailed, Fault
from motet.testing import reaching
from motet.testing.adapter_contract import ProtocolAdapterContract
from motet.testing.raw_peer import Serve
from testing.http_door import serve_http
from testing.lines import Lines, serve_lines

pytestmark = pytest.mark.usefixtures("quick_collections")

TESTS = sorted(name for name in dir(ProtocolAdapterContract) if name.startswith("test_"))


class TestLines(ProtocolAdapterContract):
    @pytest.fixture
    def serve(self) -> Serve:
        return serve_lines


class TestHttp(ProtocolAdapterContract):
    @pytest.fixture
    def serve(self) -> Serve:
        return serve_http


class Lasting(Lines):
    """Work goes on when nobody waits for it, until the server ends."""

    async def first(self, work: "asyncio.Task[bytes]", gone: "asyncio.Future[None]") -> None:
        try:
            await asyncio.wait((work, gone), return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                self.connections.add(work)
                work.add_done_callback(self.connections.discard)
        except asyncio.CancelledError:
            work.cancel()
            await asyncio.wait((work,))
            raise
        finally:
            gone.cancel()
            await asyncio.wait((gone,))


class TestLasting(ProtocolAdapterContract):
    outlasts = True

    @pytest.fixture
    def serve(self) -> Serve:
        return partial(serve_lines, kind=Lasting)


class NumbersForText(Lines):
    """Text that looks like a number becomes one."""

    async def called(self, message: dict[str, Any]) -> bytes:
        body = await super().called(message)
        return body.strip(b'"') if body.strip(b'"').isdigit() else body


class ChecksNothing(Lines):
    """What does not fit is let through."""

    def payload(self, data: object) -> object:
        return 7 if data == "no number" else data


class BlamesItself(Lines):
    """Everything is a fault of the server, as with an HTTP status of 500."""

    def failed(self, error: BaseException) -> bytes:
        told = json.loads(super().failed(error))
        told["error"]["fault"] = "system"
        return json.dumps(told).encode()


class Believes(Lines):
    """What is no message is taken for an empty one."""

    def read(self, line: bytes) -> dict[str, Any]:
        try:
            return super().read(line)
        except MotetError:
            return {"payload": None}


class HangsOnNonsense(Lines):
    """Nobody answers what cannot be read."""

    def read(self, line: bytes) -> dict[str, Any]:
        try:
            return super().read(line)
        except MotetError:
            gone.append(self)
            raise

    async def answer(self, line: bytes) -> bytes:
        count = len(gone)
        answer = await super().answer(line)
        if len(gone) > count:
            await asyncio.Event().wait()
        return answer


gone: list[Lines] = []


class TakesNaN(Lines):
    """The reader of Python's standard library takes more than JSON."""

    def read(self, line: bytes) -> dict[str, Any]:
        try:
            return json.loads(line)
        except ValueError:
            return super().read(line)


class DiesOfDepth(Lines):
    """What is too deep ends the server."""

    dead = False

    def read(self, line: bytes) -> dict[str, Any]:
        self.dead = self.dead or (len(line) > 100_000 and line.endswith(b"]}\n"))
        if self.dead:
            raise MemoryError
        return super().read(line)


class CutsWhatIsLong(Lines):
    """A limit that nobody is told of."""

    async def called(self, message: dict[str, Any]) -> bytes:
        if isinstance(message["payload"], str):
            message["payload"] = message["payload"][: 2**20]
        return await super().called(message)


class OneReadOneMessage(Lines):
    """What comes at once is taken for a message."""

    async def line(self, reader: asyncio.StreamReader) -> bytes | None:
        return await reader.read(2**16) or None


class TakesHalves(Lines):
    """What was there when the peer was lost is taken for a message."""

    async def line(self, reader: asyncio.StreamReader) -> bytes | None:
        try:
            return await reader.readuntil(b"\n")
        except asyncio.IncompleteReadError as error:
            return error.partial.removesuffix(b"}") + b"}" if error.partial.endswith(b"9}") else None


class TellsAll(Lines):
    """Errors come with where they were raised."""

    def failed(self, error: BaseException) -> bytes:
        told = json.loads(super().failed(error))
        told["error"]["details"]["where"] = traceback.format_exception(error)
        return json.dumps(told).encode()


class FailuresAlike(Lines):
    """Every error is the same."""

    def failed(self, error: BaseException) -> bytes:
        return super().failed(AgentFailed("internal error"))


class NullForOddities(Lines):
    """An output that is no data becomes nothing."""

    async def called(self, message: dict[str, Any]) -> bytes:
        try:
            return await super().called(message)
        except MotetError as error:
            if error.fault is Fault.CALLER and message["payload"] != "odd":
                raise
            return b"null"


class SilentEnds(Lines):
    """Work that was cancelled is answered by nobody."""

    async def answer(self, line: bytes) -> bytes:
        answer = await super().answer(line)
        if b'"cancelled"' in answer:
            await asyncio.Event().wait()
        return answer


class OneAtATime(Lines):
    """There is one worker."""

    def __init__(self, agent: Any) -> None:
        super().__init__(agent)
        self.lock = asyncio.Lock()

    async def answer(self, line: bytes) -> bytes:
        async with self.lock:
            return await super().answer(line)


class ThrowsEverybodyOut(Lines):
    """Nonsense ends all connections."""

    def failed(self, error: BaseException) -> bytes:
        mine = asyncio.current_task()
        for task in self.connections:
            if task is not mine and len(self.connections) > 1:
                task.cancel()
        return super().failed(error)


class NeverLooks(Lines):
    """Nobody notices that the peer has gone."""

    async def gone(self, reader: asyncio.StreamReader) -> None:
        await asyncio.Event().wait()


class Timeless(Lines):
    """Deadlines are passed over."""

    async def called(self, message: dict[str, Any]) -> bytes:
        return await super().called({**message, "deadline": None})


class Untraced(Lines):
    """Each call begins a trace."""

    async def called(self, message: dict[str, Any]) -> bytes:
        return await super().called({**message, "traceparent": ""})


class RefusesOddTraces(Lines):
    """A call with a broken header is refused."""

    def trace(self, text: str) -> str:
        if len(text) != 55 or text != text.lower():
            raise ValueError("no traceparent")
        return text


class MendsTraces(Lines):
    """A broken header is made one that is right."""

    def trace(self, text: str) -> str:
        return text.lower()


class Leaks(Lines):
    """A task stays."""

    async def called(self, message: dict[str, Any]) -> bytes:
        asyncio.ensure_future(asyncio.sleep(3600))  # noqa: RUF006 - it is what leaks
        return await super().called(message)


CAUGHT: dict[type[Lines], list[str]] = {
    NumbersForText: ["values_come_back"],
    ChecksNothing: ["a_payload_that_does_not_fit"],
    BlamesItself: ["a_payload_that_does_not_fit", "what_is_no_message", "payload_that_is_no_json", "an_error_says"],
    Believes: ["what_is_no_message", "payload_that_is_no_json", "too_deep"],
    HangsOnNonsense: ["what_is_no_message"],
    TakesNaN: ["payload_that_is_no_json"],
    DiesOfDepth: ["too_deep"],
    CutsWhatIsLong: ["something_big"],
    OneReadOneMessage: ["in_pieces", "something_big"],
    TakesHalves: ["cut_off"],
    TellsAll: ["an_error_says"],
    FailuresAlike: ["an_error_says", "a_deadline", "cancelled_from_within", "a_payload_that_does_not_fit"],
    NullForOddities: ["output_that_is_no_data"],
    SilentEnds: ["cancelled_from_within"],
    OneAtATime: ["many_peers", "one_who_sends_nonsense"],
    ThrowsEverybodyOut: ["one_who_sends_nonsense"],
    NeverLooks: ["the_peer_that_wanted_it_is_gone"],
    Lasting: ["the_peer_that_wanted_it_is_gone"],
    Timeless: ["a_deadline"],
    Untraced: ["a_trace_goes_on"],
    RefusesOddTraces: ["a_trace_goes_on"],
    MendsTraces: ["a_trace_goes_on"],
    Leaks: ["nothing_is_left"],
}
CASES = [(mutant, part) for mutant, parts in CAUGHT.items() for part in parts]


def named(part: str) -> str:
    """Find the test that a part of its name means."""
    (name,) = [name for name in TESTS if part in name]
    return name


@pytest.mark.parametrize(("mutant", "part"), CASES, ids=lambda value: getattr(value, "__name__", value))
def test_a_broken_adapter_is_caught(mutant: type[Lines], part: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reaching, "SOON", 0.5)
    with pytest.raises(AssertionError):
        asyncio.run(getattr(ProtocolAdapterContract(), named(part))(partial(serve_lines, kind=mutant)))
    gc.collect()  # what a broken adapter leaves is told of here, and not in the test of somebody else


def test_every_test_of_the_contract_has_an_adapter_that_it_catches() -> None:
    assert {named(part) for _, part in CASES} == set(TESTS)
