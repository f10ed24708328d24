"""How an answer of a stand-in for a model is sent: at once or slowly, whole or in chunks, to its end or not."""

import asyncio
import json
from typing import Final

from motet.testing.http_peer import Reply
from motet.testing.llm_answers import Disconnect, Fixed, Garbage, Gate, Slow
from motet.testing.llm_wire import Completion, event

__all__ = ["Sending"]

EVENTS: Final = {"content-type": "text/event-stream; charset=utf-8", "cache-control": "no-cache"}
POLL: Final = 0.001
"""Seconds between two looks at a gate, which belongs to another thread."""


class Sending:
    """Sends one answer.

    Args:
        reply: The way to the client.
        streaming: Whether it wants chunks.
    """

    def __init__(self, reply: Reply, streaming: bool) -> None:
        self._reply = reply
        self._streaming = streaming

    async def send(self, completion: Completion, how: Fixed) -> None:
        """Send an answer, as slowly or incompletely as is asked for."""
        if isinstance(how, Slow):
            await _waited(how.first)
        if self._streaming:
            await self._in_chunks(completion, how)
        elif isinstance(how, Disconnect):
            body = json.dumps(completion.whole()).encode()
            await self._reply.begin(200, {"content-type": "application/json", "content-length": str(len(body))})
            await self._reply.send(body[: len(body) // 2])
            self._reply.disconnect()
        else:
            await self._reply.json(200, completion.whole())

    async def garbage(self, answer: Garbage) -> None:
        """Send what no client expects."""
        if answer.raw:
            await self._reply.raw(answer.raw)
            return
        headers = EVENTS if self._streaming else {"content-type": "application/json"}
        await self._reply.begin(200, headers)
        await self._reply.send(answer.body)
        await self._reply.end()

    async def _in_chunks(self, completion: Completion, how: Fixed) -> None:
        await self._reply.begin(200, EVENTS)
        await self._reply.send(event(completion.first()))
        for number, chunk in enumerate(completion.content()):
            if isinstance(how, Disconnect) and number == how.after:
                break
            if isinstance(how, Slow) and number:
                await _waited(how.each)
            await self._reply.send(event(chunk))
        if isinstance(how, Disconnect):
            self._reply.disconnect()
            return
        for chunk in completion.last():
            await self._reply.send(event(chunk))
        await self._reply.send(event("[DONE]"))
        await self._reply.end()


async def _waited(how_long: float | Gate) -> None:
    if not isinstance(how_long, Gate):
        await asyncio.sleep(how_long)
        return
    while not how_long.is_open:  # noqa: ASYNC110 - it is opened from another thread
        await asyncio.sleep(POLL)
