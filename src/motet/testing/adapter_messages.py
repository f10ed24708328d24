"""The contract of protocol adapters, on messages: whatever somebody sends, it is answered, and nobody else suffers."""

import asyncio
import json
from typing import Any, Final

from motet.kernel.agent import Agent
from motet.kernel.errors import Fault
from motet.kernel.function import agent
from motet.testing.raw_peer import RawAnswer, RawPeer, Serve
from motet.testing.reaching import soon, turns

__all__ = ["AdapterMessages", "said"]

VALUES: Final = (
    '"123"',
    '"true"',
    '"null"',
    '""',
    r'"\u0000 \n \u2028 \" \\ é 日本 😀"',
    "9007199254740993",
    "-0.0",
    "0.1",
    "1e300",
    "true",
    "null",
    "[]",
    '{"": null, "a": [1, 1.5, false, {"b": []}]}',
)
"""JSON texts whose values have to come back as they are."""

NO_JSON: Final = ("NaN", "Infinity", "-Infinity", "nul", "{'a': 1}", "[1,]", "01", '"\x01"', "[1", '"')
"""What some readers take for JSON, and is none."""

ONES: Final = 5000
"""Digits of a number that is longer than Python reads from text: int('1' * ONES) fails."""


@agent
async def echo(payload: Any) -> Any:
    """Give back what came."""
    return payload


def counting() -> tuple[Agent[Any, Any], list[object]]:
    """Make an agent that gives back what came, and the list of what came."""
    called: list[object] = []

    @agent
    async def kept(payload: Any) -> Any:
        called.append(payload)
        return payload

    return kept, called


async def said(peer: RawPeer, data: bytes) -> RawAnswer | None:
    """Send something, and wait for what comes of it."""
    await soon(peer.send(data))
    return await soon(peer.receive())


async def works(peer: RawPeer) -> None:
    """Check that a call is answered; the connection may have been closed after the last answer."""
    answer = await said(peer, peer.message('"fine"')) or await said(peer, peer.message('"fine"'))
    assert answer is not None, "the connection was closed instead of an answer"
    assert answer.output == "fine", f"an ordinary call was answered with {answer}"


def is_refused(answer: RawAnswer | None, what: object) -> None:
    """Check that something was refused as the caller's fault; closing the connection says so as well."""
    if answer is not None:
        assert answer.code, f"{what!r} was taken, and answered with {answer.output!r}"
        assert answer.fault is Fault.CALLER, f"{what!r} is the caller's fault, and the answer says {answer.fault}"


class AdapterMessages:
    """What comes in."""

    async def test_values_come_back_as_they_were(self, serve: Serve) -> None:
        """With their types: the text "123" is no number, 1.0 is not 1, nothing is null by mistake."""
        async with serve(echo) as door:
            peer = door()
            for text in VALUES:
                answer = await said(peer, peer.message(text))
                assert answer is not None, f"{text} was answered by closing the connection"
                assert not answer.code, f"{text} was refused with {answer}"
                assert repr(answer.output) == repr(json.loads(text)), f"{text} came back as {answer.output!r}"

    async def test_a_payload_that_does_not_fit_is_the_callers_fault(self, serve: Serve) -> None:
        """Nobody is called, the answer says what is wrong, and the next call works."""
        called: list[int] = []

        @agent
        async def number(payload: int) -> int:
            called.append(payload)
            return payload

        async with serve(number) as door:
            peer = door()
            answer = await said(peer, peer.message('"no number"'))
            assert answer is not None, "the connection was closed instead of an answer"
            assert (answer.code, answer.fault, bool(answer.message)) == ("invalid_payload", Fault.CALLER, True)
            answer = await said(peer, peer.message("7"))
            assert answer is not None
            assert answer.output == 7
        assert called == [7]

    async def test_what_is_no_message_is_the_callers_fault(self, serve: Serve) -> None:
        """It is answered, or the connection is closed; nobody is called, and the next call works."""
        kept, called = counting()
        async with serve(kept) as door:
            peer = door()
            assert peer.garbage, "there is nothing to try"
            for data in peer.garbage:
                is_refused(await said(peer, data), data)
                await works(peer)
        assert called == ["fine"] * len(peer.garbage)

    async def test_a_payload_that_is_no_json_is_the_callers_fault(self, serve: Serve) -> None:
        """NaN does not become null, and what is cut off does not become what it looks like."""
        kept, called = counting()
        async with serve(kept) as door:
            peer = door()
            for text in NO_JSON:
                is_refused(await said(peer, peer.message(text)), text)
                await works(peer)
            wrong = peer.message('"é"').replace("é".encode(), b"\xff\xfe")  # as many bytes: its length is right
            is_refused(await said(peer, wrong), wrong)
            await works(peer)
        assert called == ["fine"] * (len(NO_JSON) + 1)

    async def test_what_is_too_deep_or_too_long_to_read_harms_nobody(self, serve: Serve) -> None:
        """It is refused, or comes back as it was."""
        deep, half = "[" * 100_000 + "]" * 100_000, r'"\ud800"'
        async with serve(echo) as door:
            peer = door()
            answer = await said(peer, peer.message(deep))
            is_refused(answer, "[[[...")
            await works(peer)
            for text, value in (("1" * ONES, (10**ONES - 1) // 9), (half, "\ud800")):
                answer = await said(peer, peer.message(text))
                if answer is not None and not answer.code:
                    assert answer.output == value, f"{text[:20]} came back as something else"
                else:
                    is_refused(answer, text[:20])
                await works(peer)

    async def test_something_big_comes_back_whole_or_is_refused(self, serve: Serve) -> None:
        """Eight megabytes; a limit is said to be one."""
        text = "0123456789abcdé " * 2**19
        async with serve(echo) as door:
            peer = door()
            answer = await said(peer, peer.message(json.dumps(text, ensure_ascii=False)))
            if answer is not None and not answer.code:
                assert answer.output == text, "something big came back as something else"
            else:
                is_refused(answer, "something big")
            await works(peer)

    async def test_a_message_may_come_in_pieces(self, serve: Serve) -> None:
        """Of one byte each, as a network may cut it."""
        async with serve(echo) as door:
            peer = door()
            for byte in peer.message('"é 日本"'):
                await soon(peer.send(bytes([byte])))
                await turns(2)
            answer = await soon(peer.receive())
            assert answer is not None, "the connection was closed instead of an answer"
            assert answer.output == "é 日本"
            await works(peer)

    async def test_a_message_that_is_cut_off_calls_nobody(self, serve: Serve) -> None:
        """Wherever the peer was lost."""
        kept, called = counting()
        async with serve(kept) as door:
            whole = len(door().message("123456789"))
            for size in (1, whole // 4, whole // 2, 3 * whole // 4, whole - 1):
                peer = door()
                await soon(peer.send(peer.message("123456789")[:size]))
                await asyncio.sleep(0.02)
                await soon(peer.leave())
            await works(door())
        assert called == ["fine"], f"{called[0]} was made of a message that was cut off"
