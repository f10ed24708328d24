"""The contract of protocol adapters, on calls: what goes along with them, how they end, and what is left of them."""

import asyncio
import traceback
from typing import Any, ClassVar, Final

from motet.kernel.context import Context
from motet.kernel.errors import AgentFailed, Fault, InvalidPayload, MotetError, NotFound, QueueFull, Unavailable
from motet.kernel.function import agent
from motet.testing.adapter_messages import echo, said, works
from motet.testing.raw_peer import RawPeer, Serve
from motet.testing.reaching import soon, turns, until

__all__ = ["AdapterCalls"]

PEERS: Final = 50
"""How many come at once."""

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"

NO_TRACEPARENTS: Final = (
    "",
    "x",
    f"00-{TRACE}-{SPAN}",
    f"00-{'0' * 32}-{SPAN}-01",
    f"00-{TRACE}-{'0' * 16}-01",
    f"00-{TRACE.upper()}-{SPAN}-01",
    f"ff-{TRACE}-{SPAN}-01",
    f"00-{TRACE[1:]}g-{SPAN}-01",
    "0" * 1000,
)
"""What is none, by https://www.w3.org/TR/trace-context/."""


class AdapterCalls:
    """What becomes of a message."""

    outlasts: ClassVar[bool] = False
    """Whether work goes on when its peer is gone, as in a protocol whose peers come back for the result."""

    async def test_an_error_says_what_it_is_and_whose_fault(self, serve: Serve) -> None:
        """By its code, its message and its fault; and nothing of where it was raised."""
        errors = (
            NotFound("nobody is called so"),
            InvalidPayload("the field a.b is missing"),
            AgentFailed("it broke"),
            Unavailable("the base is away"),
            QueueFull("later"),
            ValueError("no such thing"),
        )

        @agent
        async def failing(payload: int) -> int:
            raise errors[payload]

        async with serve(failing) as door:
            peer = door()
            for number, error in enumerate(errors):
                answer = await said(peer, peer.message(f"{number}"))
                assert answer is not None, f"{error!r} was told by closing the connection"
                code, fault = (
                    (error.code, error.fault) if isinstance(error, MotetError) else ("agent_failed", Fault.AGENT)
                )
                assert (answer.code, answer.fault) == (code, fault), f"{error!r} was told as {answer}"
                assert str(error) in answer.message
                for secret in ("Traceback", __file__, *(line.filename for line in traceback.extract_stack())):
                    assert secret.encode() not in answer.raw, f"{secret!r} is nobody's business"

    async def test_an_output_that_is_no_data_is_an_error(self, serve: Serve) -> None:
        """Not the caller's fault, and no answer of `null`; the next call works."""

        @agent(validate="none")
        async def odd(payload: Any) -> Any:
            return object() if payload == "odd" else payload

        async with serve(odd) as door:
            peer = door()
            answer = await said(peer, peer.message('"odd"'))
            assert answer is not None, "the connection was closed instead of an answer"
            assert answer.code, f"it was answered with {answer.output!r}"
            await works(peer)

    async def test_work_that_is_cancelled_from_within_is_answered(self, serve: Serve) -> None:
        """The peer has cancelled nothing, and does not hang."""

        @agent
        async def gone(payload: Any) -> Any:
            if payload == "fine":
                return payload
            raise asyncio.CancelledError

        async with serve(gone) as door:
            peer = door()
            answer = await said(peer, peer.message('"x"'))
            assert answer is not None, "the connection was closed instead of an answer"
            assert answer.code == "cancelled"
            await works(peer)

    async def test_many_peers_at_once_are_each_given_their_own_answer(self, serve: Serve) -> None:
        """In whatever order their calls end."""
        gates = [asyncio.Event() for _ in range(PEERS)]
        begun: list[int] = []

        @agent
        async def slow(payload: int) -> str:
            begun.append(payload)
            await gates[payload].wait()
            return f"answer {payload}"

        async def one(peer: RawPeer, number: int) -> object:
            answer = await said(peer, peer.message(f"{number}"))
            return answer and answer.output

        async with serve(slow) as door:
            calls = [asyncio.ensure_future(one(door(), number)) for number in range(PEERS)]
            try:
                await until(lambda: len(begun) == PEERS, f"only some of {PEERS} peers are served at once")
                for gate in reversed(gates):
                    gate.set()
                    await asyncio.sleep(0)
                answers = await soon(asyncio.gather(*calls))
            finally:
                for call in calls:
                    call.cancel()
        assert answers == [f"answer {number}" for number in range(PEERS)]

    async def test_one_who_sends_nonsense_harms_no_other(self, serve: Serve) -> None:
        """Whose call was under way."""
        gate, begun = asyncio.Event(), asyncio.Event()

        @agent
        async def slow(payload: Any) -> Any:
            if payload == "slow":
                begun.set()
                await gate.wait()
            return payload

        async with serve(slow) as door:
            patient, rude = door(), door()
            await soon(patient.send(patient.message('"slow"')))
            await soon(begun.wait())
            for data in rude.garbage:
                await said(rude, data)
            gate.set()
            answer = await soon(patient.receive())
            assert answer is not None, "somebody else's nonsense has closed this connection"
            assert answer.output == "slow"

    async def test_work_ends_when_the_peer_that_wanted_it_is_gone_unless_it_outlasts_it(self, serve: Serve) -> None:
        """And others are served."""
        begun, gate, ended = asyncio.Event(), asyncio.Event(), asyncio.Event()
        how: list[str] = []

        @agent
        async def slow(payload: Any) -> Any:
            if payload == "fine":
                return payload
            begun.set()
            try:
                await gate.wait()
                how.append("done")
            except asyncio.CancelledError:
                how.append("cancelled")
                raise
            finally:
                ended.set()

        async with serve(slow) as door:
            peer = door()
            await soon(peer.send(peer.message('"long"')))
            await soon(begun.wait())
            await soon(peer.leave())
            await works(peer)
            if self.outlasts:
                gate.set()
            await soon(ended.wait())
        assert how == ["done" if self.outlasts else "cancelled"]

    async def test_a_deadline_ends_the_work(self, serve: Serve) -> None:
        """The answer says so, and the next call works."""
        ended = asyncio.Event()

        @agent
        async def endless(payload: Any) -> Any:
            if payload == "fine":
                return payload
            try:
                await asyncio.Event().wait()
            finally:
                ended.set()

        async with serve(endless) as door:
            peer = door()
            answer = await said(peer, peer.message('"long"', deadline=0.05))
            assert answer is not None, "the connection was closed instead of an answer"
            assert answer.code == "deadline_exceeded"
            await soon(ended.wait())
            await works(peer)

    async def test_a_trace_goes_on_and_what_is_none_is_not_believed(self, serve: Serve) -> None:
        """Then a new one begins, and the call is answered all the same."""

        @agent
        async def where(payload: Any, ctx: Context) -> list[str]:
            return [ctx.trace, ctx.parent_span]

        traces = set()
        async with serve(where) as door:
            peer = door()
            answer = await said(peer, peer.message("1", traceparent=f"00-{TRACE}-{SPAN}-01"))
            assert answer is not None
            assert answer.output == [TRACE, SPAN]
            for text in NO_TRACEPARENTS:
                answer = await said(peer, peer.message("1", traceparent=text))
                assert answer is not None, f"the connection was closed for the traceparent {text[:60]!r}"
                assert not answer.code, f"the traceparent {text[:60]!r} was answered with {answer}"
                trace, parent = answer.output
                assert len(trace) == 32
                assert (trace != TRACE, parent) == (True, ""), f"{text[:60]!r} was believed"
                traces.add(trace)
        assert len(traces) == len(NO_TRACEPARENTS)

    async def test_nothing_is_left_behind(self, serve: Serve) -> None:
        """No task, whatever was under way when the block was left."""
        before = asyncio.all_tasks()
        begun = asyncio.Event()

        @agent
        async def endless(payload: Any) -> Any:
            begun.set()
            await asyncio.Event().wait()

        async with serve(echo) as door:
            for _ in range(3):
                peer = door()
                await works(peer)
                await soon(peer.leave())
        async with serve(endless) as door:
            peer = door()
            await soon(peer.send(peer.message("1")))
            await soon(begun.wait())
        await soon(peer.leave())
        await turns()
        left = asyncio.all_tasks() - before
        for task in left:
            task.cancel()
        assert not left, f"tasks left behind: {left}"
